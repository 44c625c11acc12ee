#include "biopotential/eeg/aperiodic.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <optional>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/resample.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::eeg {

namespace {

using Vector = Eigen::VectorXd;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Model values and their derivatives by the parameters at p.
using Model = std::function<void(const Vector& p, Vector& values, Eigen::MatrixXd& jacobian)>;

/// Least squares with bounds by Levenberg and Marquardt's method: parameters at a bound that the gradient pushes
/// outwards rest, steps are cut at the bounds.
Vector fit_bounded(const Model& model, const Vector& y, Vector p, const Vector& low, const Vector& high) {
    const Index n = p.size();
    Vector values(y.size());
    Vector trial_values(y.size());
    Eigen::MatrixXd jacobian(y.size(), n);
    Eigen::MatrixXd trial_jacobian(y.size(), n);
    p = p.cwiseMax(low).cwiseMin(high);
    model(p, values, jacobian);
    double cost = (y - values).squaredNorm();
    double damping = 1e-3;
    for (int round = 0; round < 1000 && std::isfinite(cost); ++round) {
        const Vector gradient = jacobian.transpose() * (y - values);
        Eigen::MatrixXd normal = jacobian.transpose() * jacobian;
        Vector right = gradient;
        for (Index i = 0; i < n; ++i) {
            if ((p[i] <= low[i] && gradient[i] < 0) || (p[i] >= high[i] && gradient[i] > 0)) {
                normal.row(i).setZero();
                normal.col(i).setZero();
                normal(i, i) = 1;
                right[i] = 0;
            }
        }
        bool better = false;
        double gain = 0;
        while (damping < 1e16) {
            Eigen::MatrixXd damped = normal;
            damped.diagonal() += damping * normal.diagonal().cwiseMax(1e-12);
            const Vector next = (p + damped.ldlt().solve(right)).cwiseMax(low).cwiseMin(high);
            model(next, trial_values, trial_jacobian);
            const double trial = (y - trial_values).squaredNorm();
            if (trial < cost) {
                gain = cost - trial;
                p = next;
                cost = trial;
                values.swap(trial_values);
                jacobian.swap(trial_jacobian);
                damping = std::max(1e-12, damping / 5);
                better = true;
                break;
            }
            damping *= 4;
        }
        if (!better || gain <= 1e-13 * cost) {
            break;
        }
    }
    return p;
}

struct Line {
    double offset = 0, knee = 0, exponent = 0;
};

double at(const Line& line, double f) {
    return line.knee == 0 ? line.offset - line.exponent * std::log10(f)
                          : line.offset - std::log10(line.knee + std::pow(f, line.exponent));
}

Line fit_line(const Vector& f, const Vector& y) {
    const Vector x = f.array().log10();
    const double mx = x.mean();
    const double my = y.mean();
    const double sxx = (x.array() - mx).square().sum();
    const double slope = sxx > 0 ? ((x.array() - mx) * (y.array() - my)).sum() / sxx : 0;
    return {my - slope * mx, 0, -slope};
}

Line fit_knee(const Vector& f, const Vector& y, std::optional<Line> start) {
    const Index last = f.size() - 1;
    const Line guess =
        start.value_or(Line{y[0], 0, std::abs((y[last] - y[0]) / (std::log10(f[last]) - std::log10(f[0])))});
    const Vector logs = f.array().log();
    const Model model = [&](const Vector& p, Vector& values, Eigen::MatrixXd& jacobian) {
        for (Index i = 0; i < f.size(); ++i) {
            const double power = std::exp(p[2] * logs[i]);
            const double inside = p[1] + power;
            values[i] = p[0] - std::log10(inside);  // NaN, and so no better, where inside < 0
            const double scale = -1 / (std::numbers::ln10 * inside);
            jacobian(i, 0) = 1;
            jacobian(i, 1) = scale;
            jacobian(i, 2) = scale * power * logs[i];
        }
    };
    const Vector p = fit_bounded(model, y, Vector{{guess.offset, guess.knee, guess.exponent}},
                                 Vector::Constant(3, -infinity), Vector::Constant(3, infinity));
    return {p[0], p[1], p[2]};
}

/// A Gaussian: center, height, standard deviation.
struct Bump {
    double center = 0, height = 0, sd = 0;
};

Vector bumps_at(const Vector& f, const std::vector<Bump>& bumps) {
    Vector y = Vector::Zero(f.size());
    for (const Bump& b : bumps) {
        y.array() += b.height * (-(f.array() - b.center).square() / (2 * b.sd * b.sd)).exp();
    }
    return y;
}

double standard_deviation(const Vector& y) {
    return std::sqrt((y.array() - y.mean()).square().mean());
}

/// Standard deviation of a Gaussian guessed from the nearer side at which the spectrum falls to half; NaN where it
/// falls on neither.
double guessed_sd(const Vector& flat, Index peak, double step) {
    const double half = 0.5 * flat[peak];
    Index nearest = flat.size();
    for (Index i = peak - 1; i > 0; --i) {
        if (flat[i] <= half) {
            nearest = peak - i;
            break;
        }
    }
    for (Index i = peak + 1; i < flat.size() && i - peak < nearest; ++i) {
        if (flat[i] <= half) {
            nearest = i - peak;
        }
    }
    return nearest == flat.size() ? nan
                                  : static_cast<double>(nearest) * 2 * step / (2 * std::sqrt(2 * std::numbers::ln2));
}

std::vector<Bump> guess_bumps(const Vector& f, Vector flat, const AperiodicOptions& options) {
    std::vector<Bump> bumps;
    const double step = f[1] - f[0];
    // Every round takes the highest point away; the bound only guards against rounding.
    const Index most = std::min(options.max_peaks, f.size());
    while (static_cast<Index>(bumps.size()) < most) {
        Index peak = 0;
        const double height = flat.maxCoeff(&peak);
        if (height <= options.peak_threshold * standard_deviation(flat) || !(height > options.min_height)) {
            break;
        }
        double sd = guessed_sd(flat, peak, step);
        sd = std::isnan(sd) ? (options.narrowest_hz + options.widest_hz) / 4 : sd;
        sd = std::clamp(sd, options.narrowest_hz / 2, options.widest_hz / 2);
        bumps.push_back({f[peak], height, sd});
        flat -= bumps_at(f, {bumps.back()});
    }
    const double first = f[0];
    const double last = f[f.size() - 1];
    std::erase_if(bumps, [&](const Bump& b) { return b.center - first <= b.sd || last - b.center <= b.sd; });
    std::ranges::stable_sort(bumps, {}, &Bump::center);
    std::vector<bool> dropped(bumps.size());
    for (std::size_t i = 0; i + 1 < bumps.size(); ++i) {
        if (bumps[i].center + 0.75 * bumps[i].sd > bumps[i + 1].center - 0.75 * bumps[i + 1].sd) {
            dropped[bumps[i].height <= bumps[i + 1].height ? i : i + 1] = true;
        }
    }
    std::vector<Bump> kept;
    for (std::size_t i = 0; i < bumps.size(); ++i) {
        if (!dropped[i]) {
            kept.push_back(bumps[i]);
        }
    }
    return kept;
}

std::vector<Bump> fit_bumps(const Vector& f, const Vector& flat, const AperiodicOptions& options) {
    std::vector<Bump> bumps = guess_bumps(f, flat, options);
    if (bumps.empty()) {
        return bumps;
    }
    const auto n = static_cast<Index>(3 * bumps.size());
    Vector p(n);
    Vector low(n);
    Vector high(n);
    for (std::size_t b = 0; b < bumps.size(); ++b) {
        const auto i = static_cast<Index>(3 * b);
        p.segment(i, 3) << bumps[b].center, bumps[b].height, bumps[b].sd;
        low.segment(i, 3) << std::max(f[0], bumps[b].center - 3 * bumps[b].sd), 0, options.narrowest_hz / 2;
        high.segment(i, 3) << std::min(f[f.size() - 1], bumps[b].center + 3 * bumps[b].sd), infinity,
            options.widest_hz / 2;
    }
    const Model model = [&](const Vector& q, Vector& values, Eigen::MatrixXd& jacobian) {
        values.setZero();
        for (Index i = 0; i < q.size(); i += 3) {
            const double variance = q[i + 2] * q[i + 2];
            const Eigen::ArrayXd d = f.array() - q[i];
            const Eigen::ArrayXd shape = (-d.square() / (2 * variance)).exp();
            values.array() += q[i + 1] * shape;
            jacobian.col(i) = q[i + 1] * shape * d / variance;
            jacobian.col(i + 1) = shape;
            jacobian.col(i + 2) = q[i + 1] * shape * d.square() / (variance * q[i + 2]);
        }
    };
    p = fit_bounded(model, flat, p, low, high);
    for (std::size_t b = 0; b < bumps.size(); ++b) {
        const auto i = static_cast<Index>(3 * b);
        bumps[b] = {p[i], p[i + 1], p[i + 2]};
    }
    std::ranges::stable_sort(bumps, {}, &Bump::center);
    return bumps;
}

Vector line_at(const Vector& f, const Line& line) {
    return f.unaryExpr([&](double hz) { return at(line, hz); });
}

}  // namespace

Aperiodic aperiodic(Samples freqs, const MatrixView& psd, const AperiodicOptions& options) {
    const auto n_freqs = static_cast<Index>(freqs.size());
    if (psd.cols() != n_freqs) {
        throw_invalid("aperiodic", "as many powers as frequencies, " + std::to_string(n_freqs),
                      std::to_string(psd.cols()));
    }
    if (!(options.low_hz >= 0 && options.low_hz < options.high_hz)) {
        throw_invalid("aperiodic", "0 <= low_hz < high_hz",
                      std::to_string(options.low_hz) + " and " + std::to_string(options.high_hz));
    }
    if (!(options.narrowest_hz > 0 && options.narrowest_hz < options.widest_hz && std::isfinite(options.widest_hz))) {
        throw_invalid("aperiodic", "0 < narrowest_hz < widest_hz",
                      std::to_string(options.narrowest_hz) + " and " + std::to_string(options.widest_hz));
    }
    if (options.max_peaks < 0 || !(options.peak_threshold >= 0) || std::isnan(options.min_height)) {
        throw_invalid("aperiodic", "max_peaks and peak_threshold >= 0", options.peak_threshold);
    }
    require_finite("aperiodic", freqs);
    for (Index i = 1; i < n_freqs; ++i) {
        if (!(freqs[static_cast<std::size_t>(i)] > freqs[static_cast<std::size_t>(i - 1)])) {
            throw_invalid("aperiodic", "ascending frequencies", freqs[static_cast<std::size_t>(i)]);
        }
    }
    Index first = 0;
    while (first < n_freqs &&
           (freqs[static_cast<std::size_t>(first)] < options.low_hz || freqs[static_cast<std::size_t>(first)] <= 0)) {
        ++first;
    }
    Index last = n_freqs;
    while (last > first && freqs[static_cast<std::size_t>(last - 1)] > options.high_hz) {
        --last;
    }
    if (last - first < 4) {
        throw_invalid("aperiodic", "at least 4 frequencies in the range", std::to_string(last - first));
    }
    const Vector f = Eigen::Map<const Vector>(freqs.data() + first, last - first);
    const Index n = psd.rows();
    Aperiodic out{Array<double>({n}), Array<double>({n}),
                  Array<double>({n}), Array<double>({n}),
                  Array<double>({n}), std::vector<std::vector<SpectralPeak>>(static_cast<std::size_t>(n))};
    parallel_for(n, [&](Index s) {
        const Vector y = psd.row(s).segment(first, last - first).transpose().array().log10();
        if (!y.allFinite()) {
            out.offset[s] = out.knee[s] = out.exponent[s] = out.r_squared[s] = out.error[s] = nan;
            return;
        }
        const bool knee = options.mode == AperiodicMode::knee;
        const auto fit = [&](const Vector& hz, const Vector& power, std::optional<Line> start) {
            return knee ? fit_knee(hz, power, start) : fit_line(hz, power);
        };
        // Robust: fit, keep the points that peaks don't lift above the fit, fit again.
        Line line = fit(f, y, {});
        const Vector above = (y - line_at(f, line)).cwiseMax(0);
        std::vector<double> sorted(above.begin(), above.end());
        const double limit = quantile_in_place(sorted, 0.00025);
        Vector low_f(f.size());
        Vector low_y(f.size());
        Index count = 0;
        for (Index i = 0; i < f.size(); ++i) {
            if (above[i] <= limit) {
                low_f[count] = f[i];
                low_y[count++] = y[i];
            }
        }
        if (count >= (knee ? 3 : 2)) {
            line = fit(low_f.head(count), low_y.head(count), line);
        }
        const std::vector<Bump> bumps = fit_bumps(f, y - line_at(f, line), options);
        const Vector peaks = bumps_at(f, bumps);
        line = fit(f, y - peaks, {});
        const Vector aperiodic_part = line_at(f, line);
        const Vector model = aperiodic_part + peaks;
        out.offset[s] = line.offset;
        out.knee[s] = line.knee;
        out.exponent[s] = line.exponent;
        const Vector dy = y.array() - y.mean();
        const Vector dm = model.array() - model.mean();
        const double r = dy.dot(dm) / std::sqrt(dy.squaredNorm() * dm.squaredNorm());
        out.r_squared[s] = r * r;
        out.error[s] = (y - model).cwiseAbs().mean();
        for (const Bump& b : bumps) {
            Index nearest = 0;
            (f.array() - b.center).abs().minCoeff(&nearest);
            out.peaks[static_cast<std::size_t>(s)].push_back({b.center, peaks[nearest], 2 * b.sd});
        }
    });
    return out;
}

Irasa irasa(const MatrixView& x, double fs, const IrasaOptions& options) {
    require_sampling_rate("irasa", fs);
    require_positive("irasa", "window_s", options.window_s);
    if (!(options.low_hz > 0 && options.low_hz < options.high_hz && options.high_hz < fs / 2)) {
        throw_invalid("irasa", "0 < low_hz < high_hz < fs / 2",
                      std::to_string(options.low_hz) + " and " + std::to_string(options.high_hz));
    }
    if (options.factors.size() < 2) {
        throw_invalid("irasa", "at least two factors", std::to_string(options.factors.size()));
    }
    require_finite("irasa", x);
    std::vector<std::pair<Index, Index>> ratios;
    double largest = 1;
    for (const double h : options.factors) {
        if (!(h > 1 && h <= 100)) {
            throw_invalid("irasa", "factors in (1, 100]", h);
        }
        const auto parts = static_cast<Index>(std::llround(h * 10000));
        const Index common = std::gcd(parts, Index{10000});
        ratios.emplace_back(parts / common, 10000 / common);
        largest = std::max(largest, h);
    }
    signal::WelchOptions welch;
    welch.nperseg = static_cast<Index>(options.window_s * fs);
    welch.window = signal::WindowKind::hamming;
    welch.average = signal::Average::median;
    require_length("irasa", welch.nperseg, 2);
    require_length("irasa", x.cols(), static_cast<Index>(std::ceil(static_cast<double>(welch.nperseg) * largest)));
    Index first = 0;
    Index last = 0;
    for (Index i = 0; i <= welch.nperseg / 2; ++i) {
        const double f = static_cast<double>(i) * fs / static_cast<double>(welch.nperseg);
        first += f < options.low_hz ? 1 : 0;
        last += f <= options.high_hz ? 1 : 0;
    }
    const Index n_freqs = last - first;
    Irasa out{Array<double>({n_freqs}), Array<double>({x.rows(), n_freqs}), Array<double>({x.rows(), n_freqs})};
    for (Index i = 0; i < n_freqs; ++i) {
        out.freqs[i] = static_cast<double>(first + i) * fs / static_cast<double>(welch.nperseg);
    }
    const auto n_factors = static_cast<Index>(ratios.size());
    Array<double> means({x.rows(), n_factors, n_freqs});
    parallel_for(x.rows() * (n_factors + 1), [&](Index i) {
        const Index c = i / (n_factors + 1);
        const Index k = i % (n_factors + 1);
        const ContiguousRow row(x, c);
        const MatrixView one = as_row(row.samples());
        if (k == n_factors) {
            const signal::Spectrum whole = signal::welch(one, fs, welch);
            std::ranges::copy(
                whole.psd.row(0).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n_freqs)),
                out.oscillatory.row(c).begin());
            return;
        }
        const auto [up, down] = ratios[static_cast<std::size_t>(k)];
        const double h = static_cast<double>(up) / static_cast<double>(down);
        const signal::Spectrum longer = signal::welch(view(signal::resample_poly(one, up, down)), fs * h, welch);
        const signal::Spectrum shorter = signal::welch(view(signal::resample_poly(one, down, up)), fs / h, welch);
        for (Index f = 0; f < n_freqs; ++f) {
            means(c, k, f) = std::sqrt(longer.psd[first + f] * shorter.psd[first + f]);
        }
    });
    parallel_for(x.rows(), [&](Index c) {
        std::vector<double> values(static_cast<std::size_t>(n_factors));
        for (Index f = 0; f < n_freqs; ++f) {
            for (Index k = 0; k < n_factors; ++k) {
                values[static_cast<std::size_t>(k)] = means(c, k, f);
            }
            out.aperiodic(c, f) = median_in_place(values);
            out.oscillatory(c, f) -= out.aperiodic(c, f);
        }
    });
    return out;
}

}  // namespace biopotential::inline v0::eeg
