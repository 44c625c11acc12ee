#include "biopotential/signal/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/smoothing.hpp"

namespace biopotential::inline v0::signal {

namespace {

/// L D L^T of a symmetric matrix with two diagonals below the main one.
class Pentadiagonal {
  public:
    /// I + weight * D^T D, D the second difference of n samples.
    Pentadiagonal(Index n, double weight) : d_(size(n)), l1_(size(n)), l2_(size(n)) {
        std::vector<double> main(size(n), 1.0);
        std::vector<double> first(size(n), 0.0);
        std::vector<double> second(size(n), 0.0);
        for (Index r = 0; r + 2 < n; ++r) {
            const std::size_t i = size(r);
            main[i] += weight;
            main[i + 1] += 4 * weight;
            main[i + 2] += weight;
            first[i] -= 2 * weight;
            first[i + 1] -= 2 * weight;
            second[i] += weight;
        }
        for (std::size_t i = 0; i < d_.size(); ++i) {
            d_[i] = main[i];
            if (i >= 1) {
                d_[i] -= l1_[i - 1] * l1_[i - 1] * d_[i - 1];
            }
            if (i >= 2) {
                d_[i] -= l2_[i - 2] * l2_[i - 2] * d_[i - 2];
            }
            double below = first[i];
            if (i >= 1) {
                below -= l2_[i - 1] * l1_[i - 1] * d_[i - 1];
            }
            l1_[i] = below / d_[i];
            l2_[i] = second[i] / d_[i];
        }
    }

    void solve(std::span<double> v) const {
        const std::size_t n = v.size();
        for (std::size_t i = 1; i < n; ++i) {
            v[i] -= l1_[i - 1] * v[i - 1] + (i >= 2 ? l2_[i - 2] * v[i - 2] : 0);
        }
        for (std::size_t i = n; i-- > 0;) {
            v[i] /= d_[i];
            v[i] -= (i + 1 < n ? l1_[i] * v[i + 1] : 0) + (i + 2 < n ? l2_[i] * v[i + 2] : 0);
        }
    }

  private:
    static std::size_t size(Index n) { return static_cast<std::size_t>(n); }
    std::vector<double> d_, l1_, l2_;
};

/// Odd number of samples nearest to a duration, at least 1.
Index odd_window(const char* name, double seconds, double fs) {
    require_positive("remove_baseline", name, seconds);
    const double n = 2 * std::floor(seconds * fs / 2) + 1;
    if (!(n < 1e9)) {
        throw_invalid("remove_baseline", std::string(name) + " of less than 1e9 samples", n);
    }
    return static_cast<Index>(n);
}

Array<double> spline_baseline(const MatrixView& x, double fs, const BaselineOptions& o) {
    if (o.points.size() < 2) {
        throw_invalid("remove_baseline", "two or more isoelectric points", std::to_string(o.points.size()));
    }
    std::vector<double> t;
    for (const Index p : o.points) {
        if (p < 0 || p >= x.cols() || (!t.empty() && !(static_cast<double>(p) > t.back()))) {
            throw_invalid("remove_baseline", "ascending points inside the signal", static_cast<double>(p));
        }
        t.push_back(static_cast<double>(p));
    }
    if (!(std::isfinite(o.around_s) && o.around_s >= 0)) {
        throw_invalid("remove_baseline", "around_s finite and >= 0", o.around_s);
    }
    const auto half = static_cast<Index>(std::min(o.around_s * fs / 2, 1e9));
    std::vector<double> at(static_cast<std::size_t>(x.cols()));
    for (std::size_t i = 0; i < at.size(); ++i) {
        at[i] = static_cast<double>(i);
    }
    Array<double> out{x.rows(), x.cols()};
    parallel_for(x.rows(), [&](Index c) {
        std::vector<double> level;
        for (const Index p : o.points) {
            const Index first = std::max<Index>(0, p - half);
            const Index last = std::min(x.cols() - 1, p + half);
            double sum = 0;
            for (Index i = first; i <= last; ++i) {
                sum += x(c, i);
            }
            level.push_back(sum / static_cast<double>(last - first + 1));
        }
        const Array<double> line = cubic_spline(t, level, at);
        std::copy(line.begin(), line.end(), out.row(c).begin());
    });
    return out;
}

}  // namespace

Array<double> detrend_smoothness_priors(const MatrixView& x, double lambda) {
    require_finite("detrend_smoothness_priors", x);
    if (!(lambda >= 0 && lambda <= 1e7)) {
        throw_invalid("detrend_smoothness_priors", "lambda of 0 to 1e7", lambda);
    }
    const Pentadiagonal system(x.cols(), lambda * lambda);
    Array<double> y{x.rows(), x.cols()};
    parallel_for(x.rows(), [&](Index c) {
        const std::span<double> row = y.row(c);
        for (Index i = 0; i < x.cols(); ++i) {
            row[static_cast<std::size_t>(i)] = x(c, i);
        }
        system.solve(row);
        for (Index i = 0; i < x.cols(); ++i) {
            row[static_cast<std::size_t>(i)] = x(c, i) - row[static_cast<std::size_t>(i)];
        }
    });
    return y;
}

Array<double> cubic_spline(Samples t, Samples v, Samples at) {
    if (t.size() != v.size() || t.size() < 2) {
        throw_invalid("cubic_spline", "two or more knots and as many values",
                      std::to_string(t.size()) + " and " + std::to_string(v.size()));
    }
    require_finite("cubic_spline", t);
    require_finite("cubic_spline", v);
    require_finite("cubic_spline", at);
    const std::size_t n = t.size();
    for (std::size_t i = 1; i < n; ++i) {
        if (!(t[i] > t[i - 1])) {
            throw_invalid("cubic_spline", "strictly ascending knots", t[i]);
        }
    }
    // Second derivatives at the inner knots: a tridiagonal system, its main diagonal dominant.
    std::vector<double> second(n, 0.0);
    std::vector<double> ratio(n, 0.0);
    for (std::size_t i = 1; i + 1 < n; ++i) {
        const double left = t[i] - t[i - 1];
        const double right = t[i + 1] - t[i];
        const double pivot = 2 * (left + right) - left * ratio[i - 1];
        const double bend = 6 * ((v[i + 1] - v[i]) / right - (v[i] - v[i - 1]) / left);
        ratio[i] = right / pivot;
        second[i] = (bend - left * second[i - 1]) / pivot;
    }
    for (std::size_t i = n - 1; i-- > 1;) {
        second[i] -= ratio[i] * second[i + 1];
    }
    Array<double> out{static_cast<Index>(at.size())};
    std::size_t k = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const double x = at[i];
        if (!(k + 1 < n && t[k] <= x && x < t[k + 1])) {
            const auto above = static_cast<std::size_t>(std::upper_bound(t.begin(), t.end(), x) - t.begin());
            k = std::clamp<std::size_t>(above, 1, n - 1) - 1;
        }
        const double h = t[k + 1] - t[k];
        const double a = (t[k + 1] - x) / h;
        const double b = (x - t[k]) / h;
        out[static_cast<Index>(i)] =
            a * v[k] + b * v[k + 1] + ((a * a * a - a) * second[k] + (b * b * b - b) * second[k + 1]) * h * h / 6;
    }
    return out;
}

Array<double> baseline(const MatrixView& x, double fs, const BaselineOptions& options) {
    require_sampling_rate("remove_baseline", fs);
    require_finite("remove_baseline", x);
    switch (options.method) {
        case BaselineMethod::median: {
            const Index first = odd_window("short_window_s", options.short_window_s, fs);
            const Index second = odd_window("long_window_s", options.long_window_s, fs);
            const Array<double> once = median_filter(x, first, Edge::nearest);
            return x.size() == 0 ? once : median_filter(view(once), second, Edge::nearest);
        }
        case BaselineMethod::morphological: {
            const Index open = odd_window("short_window_s", options.short_window_s, fs);
            const Index close = odd_window("long_window_s", options.long_window_s / 2, fs);
            if (x.size() == 0) {
                return Array<double>{x.rows(), x.cols()};
            }
            const Array<double> eroded = moving_minimum(x, open);
            const Array<double> opened = moving_maximum(view(eroded), open);
            const Array<double> dilated = moving_maximum(view(opened), close);
            return moving_minimum(view(dilated), close);
        }
        case BaselineMethod::spline:
            return spline_baseline(x, fs, options);
        case BaselineMethod::highpass:
            break;
    }
    FilterOptions filter;
    filter.method = FilterMethod::iir;
    filter.order = options.order;
    const Array<double> kept = highpass(x, options.cutoff_hz, fs, filter);
    Array<double> out{x.rows(), x.cols()};
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index i = 0; i < x.cols(); ++i) {
            out(c, i) = x(c, i) - kept(c, i);
        }
    }
    return out;
}

Array<double> remove_baseline(const MatrixView& x, double fs, const BaselineOptions& options) {
    Array<double> out = baseline(x, fs, options);
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index i = 0; i < x.cols(); ++i) {
            out(c, i) = x(c, i) - out(c, i);
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::signal
