#include "biopotential/signal/smoothing.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/kernels_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

void require_window(const char* function, Index n, bool odd) {
    if (n < 1 || n > (Index{1} << 30) || (odd && n % 2 == 0)) {
        throw_invalid(function, odd ? "an odd window of 1 to 2^30 samples" : "a window of 1 to 2^30 samples",
                      static_cast<double>(n));
    }
}

/// Position inside [0, n) whose sample stands at i beyond the ends; -1 for zero.
Index source(Index i, Index n, Edge edge) {
    if (i >= 0 && i < n) {
        return i;
    }
    const auto wrapped = [](Index v, Index period) { return ((v % period) + period) % period; };
    switch (edge) {
        case Edge::nearest:
            return i < 0 ? 0 : n - 1;
        case Edge::wrap:
            return wrapped(i, n);
        case Edge::reflect: {
            const Index p = wrapped(i, 2 * n);
            return p < n ? p : 2 * n - 1 - p;
        }
        case Edge::mirror: {
            if (n == 1) {
                return 0;
            }
            const Index p = wrapped(i, 2 * (n - 1));
            return p < n ? p : 2 * (n - 1) - p;
        }
        default:
            return -1;
    }
}

/// One channel with `before` and `after` samples beyond its ends.
std::vector<double> padded(const MatrixView& x, Index c, Index before, Index after, Edge edge) {
    const Index n = x.cols();
    std::vector<double> out(static_cast<std::size_t>(n + before + after));
    for (Index i = -before; i < n + after; ++i) {
        const Index at = source(i, n, edge);
        out[static_cast<std::size_t>(i + before)] = at < 0 ? 0.0 : x(c, at);
    }
    return out;
}

/// Run each channel through task(padded samples, out).
template <class Task>
Array<double> each_padded(const MatrixView& x, Index before, Index after, Edge edge, Task task) {
    Array<double> y{x.rows(), x.cols()};
    if (x.cols() == 0) {
        return y;
    }
    parallel_for(x.rows(), [&](Index c) { task(padded(x, c, before, after, edge), y.row(c)); });
    return y;
}

/// Powers 0 to order of t in columns.
Eigen::MatrixXd powers(const Eigen::VectorXd& t, int order) {
    Eigen::MatrixXd v(t.size(), order + 1);
    v.col(0).setOnes();
    for (int k = 1; k <= order; ++k) {
        v.col(k) = v.col(k - 1).cwiseProduct(t);
    }
    return v;
}

double falling_factorial(int n, int k) {
    double f = 1;
    for (int i = 0; i < k; ++i) {
        f *= n - i;
    }
    return f;
}

void require_savgol(const SavgolOptions& o) {
    require_window("savgol_filter", o.window_length, true);
    if (o.window_length > 100001) {
        throw_invalid("savgol_filter", "a window of at most 100,001 samples", static_cast<double>(o.window_length));
    }
    if (o.order < 0 || o.order >= o.window_length || o.order > 30) {
        throw_invalid("savgol_filter", "an order of 0 to 30, below window_length", o.order);
    }
    if (o.derivative < 0) {
        throw_invalid("savgol_filter", "a derivative >= 0", o.derivative);
    }
    require_positive("savgol_filter", "spacing", o.spacing);
}

/// Positions of a window's samples from its middle, in units of its half: -1 to 1.
Eigen::VectorXd window_positions(Index n) {
    if (n == 1) {
        return Eigen::VectorXd::Zero(1);
    }
    return Eigen::VectorXd::LinSpaced(n, -1, 1);
}

/// The samples of a sliding window in order: one comes, one goes.
class SortedWindow {
  public:
    explicit SortedWindow(std::vector<double> samples) : sorted_(std::move(samples)) {
        std::sort(sorted_.begin(), sorted_.end());
    }
    void insert(double v) { sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), v), v); }
    void erase(double v) { sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), v)); }
    void replace(double old, double v) {
        const auto from = std::lower_bound(sorted_.begin(), sorted_.end(), old);
        const auto to = std::upper_bound(sorted_.begin(), sorted_.end(), v);
        if (from < to) {
            std::move(from + 1, to, from);
            *(to - 1) = v;
        } else {
            std::move_backward(to, from, from + 1);
            *to = v;
        }
    }
    [[nodiscard]] double median() const {
        const std::size_t half = sorted_.size() / 2;
        return sorted_.size() % 2 == 1 ? sorted_[half] : 0.5 * (sorted_[half - 1] + sorted_[half]);
    }
    [[nodiscard]] const std::vector<double>& values() const { return sorted_; }

  private:
    std::vector<double> sorted_;
};

/// Median distance of sorted values from their median: the distances grow on both sides, so they are merged.
double median_distance(const std::vector<double>& sorted, double median) {
    const std::size_t n = sorted.size();
    auto left =
        static_cast<std::ptrdiff_t>(std::upper_bound(sorted.begin(), sorted.end(), median) - sorted.begin()) - 1;
    std::size_t right = static_cast<std::size_t>(left + 1);
    double before = 0;
    double last = 0;
    for (std::size_t k = 0; k <= n / 2; ++k) {
        const bool go_left =
            left >= 0 && (right >= n || median - sorted[static_cast<std::size_t>(left)] <= sorted[right] - median);
        before = last;
        last = go_left ? median - sorted[static_cast<std::size_t>(left--)] : sorted[right++] - median;
    }
    return n % 2 == 1 ? last : 0.5 * (before + last);
}

/// Extreme of n samples around each (van Herk 1992): running extremes of blocks from both sides.
template <class Compare>
Array<double> moving_extreme(const char* function, const MatrixView& x, Index n, Compare better) {
    require_window(function, n, true);
    require_finite(function, x);
    // The repeated end sample is among those counted anyway where the window reaches beyond the end.
    return each_padded(x, n / 2, n / 2, Edge::nearest, [&](const std::vector<double>& p, std::span<double> out) {
        const std::size_t width = static_cast<std::size_t>(n);
        std::vector<double> forward(p);
        std::vector<double> backward(p);
        for (std::size_t i = 1; i < p.size(); ++i) {
            if (i % width != 0 && better(forward[i - 1], forward[i])) {
                forward[i] = forward[i - 1];
            }
        }
        for (std::size_t i = p.size() - 1; i-- > 0;) {
            if ((i + 1) % width != 0 && better(backward[i + 1], backward[i])) {
                backward[i] = backward[i + 1];
            }
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double a = backward[i];
            const double b = forward[i + width - 1];
            out[i] = better(a, b) ? a : b;
        }
    });
}

}  // namespace

Array<double> savgol_taps(const SavgolOptions& options) {
    require_savgol(options);
    const Index n = options.window_length;
    Array<double> h{n};
    if (options.derivative > options.order) {
        return h;
    }
    // The fitted coefficient is a sum over the samples: the row of the pseudo-inverse, through an orthogonal basis.
    const Eigen::MatrixXd v = powers(window_positions(n), options.order);
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(v);
    const Index m = options.order + 1;
    Eigen::VectorXd unit = Eigen::VectorXd::Zero(m);
    unit[options.derivative] = 1;
    Eigen::VectorXd row = Eigen::VectorXd::Zero(n);
    row.head(m) = qr.matrixQR().topRows(m).triangularView<Eigen::Upper>().transpose().solve(unit);
    row.applyOnTheLeft(qr.householderQ());
    const double half = n == 1 ? 1.0 : static_cast<double>(n - 1) / 2;
    const double scale = falling_factorial(options.derivative, options.derivative) /
                         std::pow(half * options.spacing, options.derivative);
    for (Index i = 0; i < n; ++i) {
        h[i] = row[n - 1 - i] * scale;
    }
    return h;
}

Array<double> savgol_filter(const MatrixView& x, const SavgolOptions& options) {
    require_finite("savgol_filter", x);
    const Array<double> taps = savgol_taps(options);
    const Index width = options.window_length;
    const Index half = width / 2;
    const bool fit = options.edge == Edge::interpolate;
    if (fit) {
        require_length("savgol_filter", x.cols(), width);
    }
    std::vector<double> reversed(taps.begin(), taps.end());
    std::reverse(reversed.begin(), reversed.end());
    // At the ends: polynomial of the first or last window, as a matrix from its samples to the samples of half of it.
    Eigen::MatrixXd left;
    if (fit && half > 0) {
        const Eigen::VectorXd t = window_positions(width);
        const Eigen::MatrixXd v = powers(t, options.order);
        Eigen::MatrixXd derivative = Eigen::MatrixXd::Zero(half, options.order + 1);
        const double unit = std::pow(static_cast<double>(half) * options.spacing, options.derivative);
        for (int k = options.derivative; k <= options.order; ++k) {
            for (Index i = 0; i < half; ++i) {
                derivative(i, k) =
                    falling_factorial(k, options.derivative) * std::pow(t[i], k - options.derivative) / unit;
            }
        }
        // derivative * pinv(v): solve with the transposed triangle.
        const Eigen::HouseholderQR<Eigen::MatrixXd> qr(v);
        const Index m = options.order + 1;
        Eigen::MatrixXd spread = Eigen::MatrixXd::Zero(width, half);
        spread.topRows(m) =
            qr.matrixQR().topRows(m).triangularView<Eigen::Upper>().transpose().solve(derivative.transpose());
        spread.applyOnTheLeft(qr.householderQ());
        left = spread.transpose();
    }
    const double mirror_sign = options.derivative % 2 == 0 ? 1 : -1;
    const Edge edge = fit ? Edge::nearest : options.edge;
    return each_padded(x, half, half, edge, [&](const std::vector<double>& p, std::span<double> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = dot(reversed.data(), p.data() + i, width);
        }
        if (fit && half > 0) {
            const Eigen::Map<const Eigen::VectorXd> first(p.data() + half, width);
            const auto n = static_cast<Index>(out.size());
            const Eigen::Map<const Eigen::VectorXd> last(p.data() + half + n - width, width);
            const Eigen::VectorXd begin = left * first;
            const Eigen::VectorXd end = left * last.reverse();
            for (Index i = 0; i < half; ++i) {
                out[static_cast<std::size_t>(i)] = begin[i];
                out[static_cast<std::size_t>(n - 1 - i)] = mirror_sign * end[i];
            }
        }
    });
}

Array<double> median_filter(const MatrixView& x, Index n, Edge edge) {
    require_window("median_filter", n, true);
    require_finite("median_filter", x);
    return each_padded(x, n / 2, n / 2, edge, [&](const std::vector<double>& p, std::span<double> out) {
        SortedWindow window({p.begin(), p.begin() + n});
        out[0] = window.median();
        for (std::size_t i = 1; i < out.size(); ++i) {
            window.replace(p[i - 1], p[i + static_cast<std::size_t>(n) - 1]);
            out[i] = window.median();
        }
    });
}

Array<double> moving_average(const MatrixView& x, Index n, Edge edge) {
    require_window("moving_average", n, false);
    require_finite("moving_average", x);
    return each_padded(x, n / 2, (n - 1) / 2, edge, [&](const std::vector<double>& p, std::span<double> out) {
        // Running sums of blocks from both sides: as cheap as one sum that slides, and without its drift.
        const std::size_t width = static_cast<std::size_t>(n);
        std::vector<double> forward(p);
        std::vector<double> backward(p);
        for (std::size_t i = 1; i < p.size(); ++i) {
            forward[i] += i % width != 0 ? forward[i - 1] : 0;
        }
        for (std::size_t i = p.size() - 1; i-- > 0;) {
            backward[i] += (i + 1) % width != 0 ? backward[i + 1] : 0;
        }
        for (std::size_t i = 0; i < out.size(); ++i) {
            const double sum = i % width == 0 ? backward[i] : backward[i] + forward[i + width - 1];
            out[i] = sum / static_cast<double>(n);
        }
    });
}

Array<double> moving_minimum(const MatrixView& x, Index n) {
    return moving_extreme("moving_minimum", x, n, std::less<>());
}

Array<double> moving_maximum(const MatrixView& x, Index n) {
    return moving_extreme("moving_maximum", x, n, std::greater<>());
}

Despiked hampel(const MatrixView& x, Index half_width, double n_sigmas) {
    if (half_width < 1 || half_width > (Index{1} << 28)) {
        throw_invalid("hampel", "half_width of 1 to 2^28", static_cast<double>(half_width));
    }
    if (!(std::isfinite(n_sigmas) && n_sigmas >= 0)) {
        throw_invalid("hampel", "n_sigmas finite and >= 0", n_sigmas);
    }
    require_finite("hampel", x);
    constexpr double normal_mad = 1.4826;  // standard deviation over MAD of a normal distribution
    const Index n = x.cols();
    Despiked out{Array<double>{x.rows(), n}, Array<bool>{x.rows(), n}};
    parallel_for(x.rows(), [&](Index c) {
        SortedWindow window({});
        for (Index i = 0; i < std::min(half_width, n); ++i) {
            window.insert(x(c, i));
        }
        for (Index i = 0; i < n; ++i) {
            if (i + half_width < n) {
                window.insert(x(c, i + half_width));
            }
            if (i > half_width) {
                window.erase(x(c, i - half_width - 1));
            }
            const double median = window.median();
            const double limit = n_sigmas * normal_mad * median_distance(window.values(), median);
            const bool spike = std::abs(x(c, i) - median) > limit;
            out.y(c, i) = spike ? median : x(c, i);
            out.replaced(c, i) = spike;
        }
    });
    return out;
}

Array<double> teager_kaiser(const MatrixView& x) {
    require_finite("teager_kaiser", x);
    const Index n = x.cols();
    Array<double> y{x.rows(), n};
    if (n < 3) {
        return y;
    }
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index i = 1; i + 1 < n; ++i) {
            y(c, i) = x(c, i) * x(c, i) - x(c, i - 1) * x(c, i + 1);
        }
        y(c, 0) = y(c, 1);
        y(c, n - 1) = y(c, n - 2);
    }
    return y;
}

}  // namespace biopotential::inline v0::signal
