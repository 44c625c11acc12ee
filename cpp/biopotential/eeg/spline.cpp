#include "biopotential/eeg/spline.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/eeg/channels.hpp"

namespace biopotential::inline v0::eeg {

namespace {

/// Sum over n of (2n + 1) / (n (n + 1))^power P_n(c) / 4 pi, for each cosine.
Matrix legendre_series(const Matrix& cosines, int power, int n_terms) {
    return cosines.unaryExpr([=](double c) {
        double before = 1;
        double now = c;
        double sum = 0;
        for (int n = 1; n <= n_terms; ++n) {
            sum += (2 * n + 1) / std::pow(static_cast<double>(n) * (n + 1), power) * now;
            const double next = ((2 * n + 1) * c * now - n * before) / (n + 1);
            before = now;
            now = next;
        }
        return sum / (4 * std::numbers::pi);
    });
}

void require_options(const char* function, const SplineOptions& options) {
    if (options.stiffness < 2 || options.n_terms < 1 || !(options.lambda2 >= 0 && std::isfinite(options.lambda2))) {
        throw_invalid(function, "stiffness >= 2, n_terms >= 1 and a finite lambda2 >= 0",
                      std::to_string(options.stiffness) + ", " + std::to_string(options.n_terms) + ", " +
                          std::to_string(options.lambda2));
    }
}

Matrix directions(const char* function, const MatrixView& places) {
    if (places.cols() != 3) {
        throw_invalid(function, "places of shape (n, 3)", std::to_string(places.cols()) + " columns");
    }
    Matrix out = places;
    for (Index i = 0; i < out.rows(); ++i) {
        const double length = out.row(i).norm();
        if (!(length > 0 && std::isfinite(length))) {
            throw_invalid(function, "finite places away from the middle of the head", length);
        }
        out.row(i) /= length;
    }
    return out;
}

void require_places(const char* function, const Matrix& at) {
    if (at.rows() < 3) {
        throw_invalid(function, "at least 3 good channels", std::to_string(at.rows()));
    }
    for (Index i = 0; i < at.rows(); ++i) {
        for (Index k = 0; k < i; ++k) {
            if ((at.row(i) - at.row(k)).norm() < 1e-9) {
                throw_invalid(function, "good channels at different places", "two at one");
            }
        }
    }
}

Matrix cosines(const Matrix& a, const Matrix& b) {
    return (a * b.transpose()).cwiseMax(-1.0).cwiseMin(1.0);
}

Matrix places_of(const char* function, std::span<const std::string> channels) {
    Matrix at(static_cast<Index>(channels.size()), 3);
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const auto found = electrode_position(channels[i]);
        if (!found) {
            throw_invalid(function, "names of the 10-10 system", channels[i]);
        }
        at.row(static_cast<Index>(i)) << found->x, found->y, found->z;
    }
    return at;
}

void require_names(const char* function, const MatrixView& x, std::span<const std::string> channels) {
    if (static_cast<Index>(channels.size()) != x.rows()) {
        throw_invalid(function, std::to_string(x.rows()) + " channel names", std::to_string(channels.size()));
    }
}

/// weights * x, in stretches of samples.
template <class Weights, class Out>
void apply(const Weights& weights, const Matrix& x, Out&& out) {
    parallel_for_ranges(x.cols(), 2048, [&](Index first, Index last) {
        out.middleCols(first, last - first).noalias() = weights * x.middleCols(first, last - first);
    });
}

}  // namespace

Array<double> spline_weights(const MatrixView& from, const MatrixView& to, const SplineOptions& options) {
    require_options("spline_weights", options);
    const Matrix source = directions("spline_weights", from);
    const Matrix target = directions("spline_weights", to);
    require_places("spline_weights", source);
    const Index n = source.rows();
    Eigen::MatrixXd system = Eigen::MatrixXd::Ones(n + 1, n + 1);
    system.topLeftCorner(n, n) = legendre_series(cosines(source, source), options.stiffness, options.n_terms);
    system.diagonal().head(n).array() += options.lambda2;
    system(n, n) = 0;
    Eigen::MatrixXd right = Eigen::MatrixXd::Ones(n + 1, target.rows());
    right.topRows(n) = legendre_series(cosines(source, target), options.stiffness, options.n_terms);
    Array<double> out({target.rows(), n});
    // The system is symmetric: right^T system^-1 = (system^-1 right)^T.
    out.matrix() = system.partialPivLu().solve(right).topRows(n).transpose();
    return out;
}

Array<double> interpolate(const MatrixView& x, std::span<const std::string> channels, std::span<const Index> bad,
                          const SplineOptions& options) {
    require_names("interpolate", x, channels);
    std::vector<bool> is_bad(channels.size());
    for (const Index c : bad) {
        if (c < 0 || c >= x.rows()) {
            throw_invalid("interpolate", "positions of channels below " + std::to_string(x.rows()), std::to_string(c));
        }
        is_bad[static_cast<std::size_t>(c)] = true;
    }
    Array<double> out({x.rows(), x.cols()});
    out.matrix() = x;
    std::vector<Index> good_rows;
    std::vector<Index> bad_rows;
    for (Index c = 0; c < x.rows(); ++c) {
        (is_bad[static_cast<std::size_t>(c)] ? bad_rows : good_rows).push_back(c);
    }
    if (bad_rows.empty()) {
        return out;
    }
    const Matrix at = places_of("interpolate", channels);
    const Matrix source = at(good_rows, Eigen::all);
    const Matrix target = at(bad_rows, Eigen::all);
    require_places("interpolate", source);
    const Array<double> weights = spline_weights(MatrixView(source), MatrixView(target), options);
    const Matrix good = x(good_rows, Eigen::all);
    Matrix made(static_cast<Index>(bad_rows.size()), x.cols());
    apply(weights.matrix(), good, made);
    for (std::size_t i = 0; i < bad_rows.size(); ++i) {
        out.matrix().row(bad_rows[i]) = made.row(static_cast<Index>(i));
    }
    return out;
}

Array<double> surface_laplacian(const MatrixView& x, std::span<const std::string> channels, double radius,
                                const SplineOptions& options) {
    require_options("surface_laplacian", options);
    require_names("surface_laplacian", x, channels);
    if (!(radius > 0 && std::isfinite(radius))) {
        throw_invalid("surface_laplacian", "a finite radius > 0", radius);
    }
    const Matrix at = places_of("surface_laplacian", channels);
    require_places("surface_laplacian", at);
    const Index n = x.rows();
    Eigen::MatrixXd g = legendre_series(cosines(at, at), options.stiffness, options.n_terms);
    g.diagonal().array() += options.lambda2;
    const Eigen::MatrixXd h = legendre_series(cosines(at, at), options.stiffness - 1, options.n_terms);
    const Eigen::MatrixXd inverse = g.inverse();
    const Eigen::RowVectorXd sums = inverse.colwise().sum();
    Eigen::MatrixXd average = Eigen::MatrixXd::Identity(n, n);
    average.array() -= 1.0 / static_cast<double>(n);
    Eigen::MatrixXd coefficients = inverse * average;
    const Eigen::RowVectorXd constant = coefficients.colwise().sum() / sums.sum();
    coefficients -= sums.transpose() * constant;
    const Matrix transform = h.transpose() * coefficients / (radius * radius);
    const Matrix samples = x;
    Array<double> out({n, x.cols()});
    apply(transform, samples, out.matrix());
    return out;
}

}  // namespace biopotential::inline v0::eeg
