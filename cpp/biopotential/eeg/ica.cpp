#include "biopotential/eeg/ica.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <functional>
#include <numbers>
#include <numeric>
#include <ranges>
#include <set>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/random.hpp"
#include "biopotential/core/threads.hpp"

namespace biopotential::inline v0::eeg {

namespace {

using Square = Eigen::MatrixXd;
/// Samples that are worked on at once: 20 components of them fit the second-level cache.
constexpr Index block = 2048;

/// t = tanh(y) and the sum of log cosh(y), to 1e-15: exp(-2|y|) by reduction to [-ln 2 / 2, ln 2 / 2] and a polynomial.
BIOPOTENTIAL_CLONES void tanh_kernel(const double* __restrict y, double* __restrict t, double* __restrict e, Index n) {
    constexpr double shift = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves the rounded value in the low bits
    for (Index i = 0; i < n; ++i) {
        const double x = std::max(-2 * std::abs(y[i]), -700.0);
        const double k = x * std::numbers::log2e + shift;
        const double whole = k - shift;
        const double r = (x - whole * 0.693147180369123816490) - whole * 1.90821492927058770002e-10;
        double p = 1.0 / 6227020800.0;
        p = p * r + 1.0 / 479001600.0;
        p = p * r + 1.0 / 39916800.0;
        p = p * r + 1.0 / 3628800.0;
        p = p * r + 1.0 / 362880.0;
        p = p * r + 1.0 / 40320.0;
        p = p * r + 1.0 / 5040.0;
        p = p * r + 1.0 / 720.0;
        p = p * r + 1.0 / 120.0;
        p = p * r + 1.0 / 24.0;
        p = p * r + 1.0 / 6.0;
        p = p * r + 0.5;
        p = p * r + 1.0;
        p = p * r + 1.0;
        const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(k) + 1023) << 52);
        e[i] = p * power;
        const double magnitude = (1 - e[i]) / (1 + e[i]);
        t[i] = y[i] < 0 ? -magnitude : magnitude;
    }
}

/// What a step needs to know about the sources y = W x.
struct Moments {
    Square score;           // E tanh(y_i) z_j, z being y or x
    Eigen::VectorXd slope;  // E (1 - tanh(y_i)^2)
    Eigen::VectorXd power;  // E y_j^2
    double loss = 0;        // sum of E log cosh y_i
};

/// Sums over blocks are added in order, so that the number of threads doesn't matter.
Moments moments(const Square& w, const Matrix& x, bool of_sources, bool with_loss) {
    const Index n = w.rows();
    const Index n_blocks = (x.cols() + block - 1) / block;
    std::vector<Moments> parts(static_cast<std::size_t>(n_blocks));
    parallel_for(n_blocks, [&](Index b) {
        const Index first = b * block;
        const Index length = std::min(block, x.cols() - first);
        const Matrix y = w * x.middleCols(first, length);
        Matrix t(n, length);
        Matrix e(n, length);
        tanh_kernel(y.data(), t.data(), e.data(), t.size());
        Moments& m = parts[static_cast<std::size_t>(b)];
        if (of_sources) {
            m.score = t * y.transpose();
        } else {
            m.score = t * x.middleCols(first, length).transpose();
        }
        m.slope = static_cast<double>(length) - t.array().square().rowwise().sum();
        m.power = y.array().square().rowwise().sum();
        if (with_loss) {
            // log cosh y = |y| + log(1 + exp(-2|y|)) - log 2
            m.loss = (y.array().abs() + e.array().log1p()).sum() - static_cast<double>(y.size()) * std::numbers::ln2;
        }
    });
    Moments out = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i) {
        out.score += parts[i].score;
        out.slope += parts[i].slope;
        out.power += parts[i].power;
        out.loss += parts[i].loss;
    }
    const auto samples = static_cast<double>(x.cols());
    out.score /= samples;
    out.slope /= samples;
    out.power /= samples;
    out.loss /= samples;
    return out;
}

/// (W W^T)^(-1/2) W
Square decorrelated(const Square& w) {
    const Eigen::SelfAdjointEigenSolver<Square> solver(w * w.transpose());
    return solver.eigenvectors() * solver.eigenvalues().cwiseMax(1e-300).cwiseSqrt().cwiseInverse().asDiagonal() *
           solver.eigenvectors().transpose() * w;
}

struct Fit {
    Square w;
    int iterations = 0;
    bool converged = false;
};

Fit fastica(const Matrix& x, Square w, const IcaOptions& options) {
    Fit fit{std::move(w), 0, false};
    while (fit.iterations < options.max_iterations && !fit.converged) {
        const Moments m = moments(fit.w, x, false, false);
        const Square next = decorrelated(m.score - m.slope.asDiagonal() * fit.w);
        const double change = ((next * fit.w.transpose()).diagonal().cwiseAbs().array() - 1).abs().maxCoeff();
        fit.w = next;
        fit.converged = change < options.tolerance;
        ++fit.iterations;
    }
    return fit;
}

double dot(const Square& a, const Square& b) {
    return a.cwiseProduct(b).sum();
}

/// The approximate Hessian is made of 2 x 2 blocks [h_ij 1; 1 h_ji]; its small eigenvalues are raised.
struct Preconditioner {
    Square h;

    explicit Preconditioner(const Moments& m) : h(m.slope * m.power.transpose()) {
        // The second derivative along the diagonal holds a 1 more.
        h.diagonal().array() += 1;
        for (Index i = 0; i < h.rows(); ++i) {
            for (Index k = 0; k < i; ++k) {
                const double middle = 0.5 * (h(i, k) + h(k, i));
                const double spread = 0.5 * std::sqrt((h(i, k) - h(k, i)) * (h(i, k) - h(k, i)) + 4);
                if (const double least = middle - spread; least < 0.01) {
                    h(i, k) += 0.01 - least;
                    h(k, i) += 0.01 - least;
                }
            }
        }
    }
    [[nodiscard]] Square solve(const Square& g) const {
        Square out(g.rows(), g.cols());
        for (Index i = 0; i < g.rows(); ++i) {
            out(i, i) = g(i, i) / h(i, i);
            for (Index k = 0; k < i; ++k) {
                const double determinant = h(i, k) * h(k, i) - 1;
                out(i, k) = (h(k, i) * g(i, k) - g(k, i)) / determinant;
                out(k, i) = (h(i, k) * g(k, i) - g(i, k)) / determinant;
            }
        }
        return out;
    }
};

Fit picard(const Matrix& x, Square w, const IcaOptions& options) {
    constexpr std::size_t memory = 7;
    struct Step {
        Square s, y;
        double rho;
    };
    const Square identity = Square::Identity(w.rows(), w.rows());
    const auto loss_of = [](const Moments& m, const Square& unmixing) {
        return m.loss - std::log(std::abs(unmixing.determinant()));
    };
    Fit fit{std::move(w), 0, false};
    std::deque<Step> steps;
    Moments m = moments(fit.w, x, true, true);
    double loss = loss_of(m, fit.w);
    Square gradient = m.score - identity;
    while (true) {
        fit.converged = gradient.cwiseAbs().maxCoeff() < options.tolerance;
        if (fit.converged || fit.iterations >= options.max_iterations) {
            return fit;
        }
        const Preconditioner hessian(m);
        Square q = gradient;
        std::vector<double> weights;
        for (const Step& step : std::views::reverse(steps)) {
            weights.push_back(step.rho * dot(step.s, q));
            q -= weights.back() * step.y;
        }
        Square direction = hessian.solve(q);
        for (const Step& step : steps) {
            direction += (weights.back() - step.rho * dot(step.y, direction)) * step.s;
            weights.pop_back();
        }
        direction = -direction;
        if (dot(direction, gradient) >= 0) {
            steps.clear();
            direction = -hessian.solve(gradient);
        }
        bool moved = false;
        for (int attempt = 0; attempt < 2 && !moved; ++attempt) {
            double length = 1;
            for (int halving = 0; halving < 12; ++halving, length /= 2) {
                const Square next = (identity + length * direction) * fit.w;
                Moments trial = moments(next, x, true, true);
                const double trial_loss = loss_of(trial, next);
                const Square trial_gradient = trial.score - identity;
                // Near the end the loss no longer resolves the steps, but the gradient does.
                if (trial_loss < loss ||
                    (trial_loss <= loss + 1e-12 * std::abs(loss) && trial_gradient.norm() < gradient.norm())) {
                    Step step{length * direction, trial_gradient - gradient, 0};
                    const double curvature = dot(step.s, step.y);
                    if (curvature > 0) {
                        step.rho = 1 / curvature;
                        steps.push_back(std::move(step));
                        if (steps.size() > memory) {
                            steps.pop_front();
                        }
                    }
                    fit.w = next;
                    m = std::move(trial);
                    loss = trial_loss;
                    gradient = trial_gradient;
                    moved = true;
                    break;
                }
            }
            if (!moved) {
                steps.clear();
                direction = -hessian.solve(gradient);
            }
        }
        ++fit.iterations;
        if (!moved) {
            return fit;
        }
    }
}

}  // namespace

Ica ica(const MatrixView& x, const IcaOptions& options) {
    require_finite("ica", x);
    if (x.rows() < 1 || x.cols() <= x.rows()) {
        throw_invalid("ica", "more samples than channels", std::to_string(x.cols()));
    }
    require_positive("ica", "tolerance", options.tolerance);
    if (options.max_iterations < 1) {
        throw_invalid("ica", "max_iterations >= 1", options.max_iterations);
    }
    const Index channels = x.rows();
    const auto samples = static_cast<double>(x.cols());
    const Eigen::VectorXd mean = x.rowwise().mean();
    Matrix centered = x;
    centered.colwise() -= mean;
    Square covariance = Square::Zero(channels, channels);
    for (Index first = 0; first < centered.cols(); first += block) {
        const auto part = centered.middleCols(first, std::min(block, centered.cols() - first));
        covariance.noalias() += part * part.transpose();
    }
    covariance /= samples;
    const Eigen::SelfAdjointEigenSolver<Square> solver(covariance);
    const Eigen::VectorXd& values = solver.eigenvalues();  // ascending
    Index rank = 0;
    for (const double v : values) {
        rank += v > 1e-10 * values[channels - 1] && v > 0 ? 1 : 0;
    }
    if (rank == 0) {
        throw_invalid("ica", "a signal that varies", "a constant");
    }
    const Index n = options.n_components.value_or(rank);
    if (n < 1 || n > rank) {
        throw_invalid("ica", "n_components from 1 to the rank of the data, " + std::to_string(rank), std::to_string(n));
    }
    const Square vectors = solver.eigenvectors().rightCols(n);
    const Eigen::VectorXd kept = values.tail(n);
    const Square whitening = kept.cwiseSqrt().cwiseInverse().asDiagonal() * vectors.transpose();
    const Matrix white = whitening * centered;

    Random random(options.seed);
    Square start(n, n);
    for (Index i = 0; i < start.size(); ++i) {
        start.data()[i] = random.normal();
    }
    start = decorrelated(start);
    Fit fit = options.method == IcaMethod::fastica ? fastica(white, start, options) : picard(white, start, options);

    Square unmixing = fit.w * whitening;
    // Unit variance: fastica's already have it.
    const Eigen::VectorXd spread = (unmixing * covariance * unmixing.transpose()).diagonal().cwiseSqrt();
    unmixing = spread.cwiseInverse().asDiagonal() * unmixing;
    Square mixing = vectors * kept.cwiseSqrt().asDiagonal() * (spread.cwiseInverse().asDiagonal() * fit.w).inverse();
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](Index i) { return mixing.col(i).squaredNorm(); });
    Ica out{Array<double>({n, channels}),
            Array<double>({channels, n}),
            Array<double>({channels}),
            Array<double>({n}),
            fit.iterations,
            fit.converged};
    std::copy_n(mean.data(), channels, out.mean.data());
    for (Index i = 0; i < n; ++i) {
        const Index from = order[static_cast<std::size_t>(i)];
        Index largest = 0;
        mixing.col(from).cwiseAbs().maxCoeff(&largest);
        const double sign = mixing(largest, from) < 0 ? -1 : 1;
        out.unmixing.matrix().row(i) = sign * unmixing.row(from);
        out.mixing.matrix().col(i) = sign * mixing.col(from);
        out.explained[i] = mixing.col(from).squaredNorm() / covariance.trace();
    }
    return out;
}

Array<double> without_components(const MatrixView& x, const Ica& ica, std::span<const Index> exclude) {
    const Index n = ica.unmixing.shape(0);
    if (x.rows() != ica.unmixing.shape(1)) {
        throw_invalid("without_components", std::to_string(ica.unmixing.shape(1)) + " channels",
                      std::to_string(x.rows()));
    }
    Square taken = Square::Zero(x.rows(), x.rows());
    const std::set<Index> each(exclude.begin(), exclude.end());
    for (const Index i : each) {
        if (i < 0 || i >= n) {
            throw_invalid("without_components", "components below " + std::to_string(n), std::to_string(i));
        }
        taken += ica.mixing.matrix().col(i) * ica.unmixing.matrix().row(i);
    }
    const Eigen::VectorXd mean = Eigen::Map<const Eigen::VectorXd>(ica.mean.data(), x.rows());
    Array<double> out({x.rows(), x.cols()});
    parallel_for_ranges(x.cols(), block, [&](Index first, Index last) {
        Matrix part = x.middleCols(first, last - first);
        const Matrix centered = part.colwise() - mean;
        part.noalias() -= taken * centered;
        out.matrix().middleCols(first, last - first) = part;
    });
    return out;
}

}  // namespace biopotential::inline v0::eeg
