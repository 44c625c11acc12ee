#include "biopotential/ecg/quality.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::ecg {
namespace {

constexpr double flat_stretch_s = 0.5;
constexpr double rail_stretch_s = 0.02;
/// A window whose swing is below this share of the lead's usual swing is what an open input shows.
constexpr double dead_swing = 0.01;

/// Linear from 0 at `bad` to 1 at `good`.
double grade(double v, double bad, double good) {
    return std::isfinite(v) ? std::clamp((v - bad) / (good - bad), 0.0, 1.0) : 0.0;
}

/// Samples in stretches of one value that are at least `least` long and that `counts` says count.
template <class Counts>
Index in_stretches(Samples x, Index least, Counts counts) {
    Index total = 0;
    Index length = 1;
    const auto n = static_cast<Index>(x.size());
    for (Index i = 1; i <= n; ++i) {
        if (i < n && x[static_cast<std::size_t>(i)] == x[static_cast<std::size_t>(i - 1)]) {
            ++length;
            continue;
        }
        if (length >= least && counts(x[static_cast<std::size_t>(i - 1)])) {
            total += length;
        }
        length = 1;
    }
    return total;
}

struct Moments {
    double skewness, kurtosis;
};

Moments moments(Samples x) {
    double mean = 0;
    for (const double v : x) {
        mean += v / static_cast<double>(x.size());
    }
    double m2 = 0;
    double m3 = 0;
    double m4 = 0;
    for (const double v : x) {
        const double d = v - mean;
        m2 += d * d;
        m3 += d * d * d;
        m4 += d * d * d * d;
    }
    const auto n = static_cast<double>(x.size());
    m2 /= n;
    m3 /= n;
    m4 /= n;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    // Below rounding of the mean there is no shape.
    if (!(m2 > 1e-24 * mean * mean) || m2 <= 0) {
        return {nan, nan};
    }
    return {m3 / (m2 * std::sqrt(m2)), m4 / (m2 * m2)};
}

}  // namespace

Quality quality(const MatrixView& x, double fs, const QualityOptions& options) {
    require_sampling_rate("quality", fs);
    if (fs < 50) {
        throw_invalid("quality", "a sampling rate of at least 50 Hz", fs);
    }
    if (!(options.window_s >= 1 && std::isfinite(options.window_s))) {
        throw_invalid("quality", "a window of at least 1 s", options.window_s);
    }
    const Index n = x.cols();
    const Index window = detail::to_samples(options.window_s, fs);
    Index n_windows = n / window;
    if (n > 0 && (n_windows == 0 || 2 * (n - n_windows * window) >= window)) {
        ++n_windows;
    }
    const Index n_leads = x.rows();
    const auto table = [&] { return Array<double>({n_leads, n_windows}); };
    Quality out{Array<double>({n_windows}),
                Array<double>({n_windows}),
                table(),
                table(),
                table(),
                table(),
                table(),
                table(),
                table(),
                table(),
                table(),
                Array<std::uint8_t>({n_leads, n_windows})};
    const auto bounds = [&](Index k) {
        return std::pair<Index, Index>{k * window, k + 1 == n_windows ? n : (k + 1) * window};
    };
    for (Index k = 0; k < n_windows; ++k) {
        out.start_s[k] = static_cast<double>(bounds(k).first) / fs;
        out.end_s[k] = static_cast<double>(bounds(k).second) / fs;
    }
    parallel_for(n_leads, [&](Index c) {
        const detail::Bridged bridged = detail::bridge(x, c);
        const Samples lead(bridged.x);
        std::vector<std::uint8_t> present(static_cast<std::size_t>(n), 1);
        for (const detail::Stretch& gap : bridged.gaps) {
            std::fill(present.begin() + gap.first, present.begin() + gap.last, 0);
        }
        // The rails, from what is there; bridged samples lie between.
        double low = std::numeric_limits<double>::infinity();
        double high = -low;
        for (const double v : lead) {
            low = std::min(low, v);
            high = std::max(high, v);
        }
        std::vector<double> swings;
        for (Index k = 0; k < n_windows; ++k) {
            const auto [first, last] = bounds(k);
            const auto [a, b] = std::minmax_element(lead.begin() + first, lead.begin() + last);
            swings.push_back(*b - *a);
        }
        const std::vector<double> swing = swings;
        const double usual = detail::median_in_place(swings);
        for (Index k = 0; k < n_windows; ++k) {
            const auto [first, last] = bounds(k);
            const Samples part = lead.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
            const auto length = static_cast<double>(part.size());
            const double there = static_cast<double>(std::count(present.begin() + first, present.begin() + last, 1));
            const double missing = 1 - there / length;
            double flat = static_cast<double>(
                              in_stretches(part, detail::to_samples(flat_stretch_s, fs), [](double) { return true; })) /
                          length;
            if (swing[static_cast<std::size_t>(k)] < dead_swing * usual) {
                flat = 1;
            }
            const double clipped =
                high > low
                    ? static_cast<double>(in_stretches(part, std::max<Index>(3, detail::to_samples(rail_stretch_s, fs)),
                                                       [&](double v) { return v == low || v == high; })) /
                          length
                    : 0.0;
            const Moments shape = moments(part);
            double psqi = std::numeric_limits<double>::quiet_NaN();
            double bassqi = psqi;
            double hfsqi = psqi;
            if (std::isfinite(shape.kurtosis)) {
                signal::WelchOptions welch;
                welch.nperseg = std::min(static_cast<Index>(part.size()), detail::to_samples(2.0, fs));
                const signal::Spectrum s = signal::welch(as_row(part), fs, welch);
                const auto power = [&](double from, double to) {
                    double sum = 0;
                    for (Index i = 0; i < s.freqs.size(); ++i) {
                        sum += s.freqs[i] >= from && s.freqs[i] < to ? s.psd[i] : 0.0;
                    }
                    return sum;
                };
                const double above_5 = power(5, fs);
                psqi = power(5, 15) / power(5, 40);
                bassqi = 1 - power(0, 1) / power(0, 40);
                hfsqi = power(5, 40) / above_5;
            }
            double index = std::pow(grade(shape.kurtosis, 2.0, 5.0) * grade(psqi, 0.2, 0.5) * grade(bassqi, 0.2, 0.8) *
                                        grade(hfsqi, 0.3, 0.9),
                                    0.25);
            index *= (1 - missing) * (1 - std::min(1.0, flat)) * (1 - std::min(1.0, 5 * clipped));
            QualityReason reason = QualityReason::none;
            if (missing > options.max_missing) {
                reason = QualityReason::missing;
            } else if (flat > options.max_flat) {
                reason = QualityReason::flat;
            } else if (clipped > options.max_clipped) {
                reason = QualityReason::clipped;
            } else if (index < options.min_index) {
                reason = QualityReason::noise;
            }
            out.missing(c, k) = missing;
            out.flat(c, k) = flat;
            out.clipped(c, k) = clipped;
            out.ksqi(c, k) = shape.kurtosis;
            out.ssqi(c, k) = shape.skewness;
            out.psqi(c, k) = psqi;
            out.bassqi(c, k) = bassqi;
            out.hfsqi(c, k) = hfsqi;
            out.index(c, k) = index;
            out.reason(c, k) = static_cast<std::uint8_t>(reason);
        }
    });
    return out;
}

}  // namespace biopotential::inline v0::ecg
