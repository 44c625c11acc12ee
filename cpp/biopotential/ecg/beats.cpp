#include "biopotential/ecg/beats.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/intervals.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {

Array<double> beat_windows(const MatrixView& x, std::span<const Index> r_peaks, double fs, double before_s,
                           double after_s, double fs_out) {
    require_sampling_rate("beat_windows", fs);
    require_positive("beat_windows", "fs_out", fs_out);
    if (!(before_s >= 0 && after_s >= 0 && std::isfinite(before_s + after_s) && before_s + after_s > 0)) {
        throw_invalid("beat_windows", "before_s and after_s >= 0 with a sum > 0",
                      std::to_string(before_s) + " and " + std::to_string(after_s));
    }
    require_positions("beat_windows", r_peaks, x.cols());
    const Index n = static_cast<Index>(std::llround((before_s + after_s) * fs_out));
    if (n < 1) {
        throw_invalid("beat_windows", "a window of at least one sample", static_cast<double>(n));
    }
    const auto n_beats = static_cast<Index>(r_peaks.size());
    Array<double> out({n_beats, x.rows(), n});
    const double step = fs / fs_out;
    const Index half = step > 1 ? static_cast<Index>(std::floor((step - 1) / 2 + 1e-9)) : 0;
    const Index last = x.cols() - 1;
    std::vector<double> held;
    for (Index b = 0; b < n_beats; ++b) {
        const double start = static_cast<double>(r_peaks[static_cast<std::size_t>(b)]) - before_s * fs;
        const Index first = static_cast<Index>(std::floor(start)) - half;
        const Index count = static_cast<Index>(std::ceil(step * static_cast<double>(n))) + 2 * half + 2;
        held.resize(static_cast<std::size_t>(count));
        for (Index c = 0; c < x.rows(); ++c) {
            for (Index i = 0; i < count; ++i) {
                held[static_cast<std::size_t>(i)] = x(c, std::clamp<Index>(first + i, 0, last));
            }
            const auto smooth = [&](Index i) {
                double sum = 0;
                for (Index k = i - half; k <= i + half; ++k) {
                    sum += held[static_cast<std::size_t>(k)];
                }
                return sum / static_cast<double>(2 * half + 1);
            };
            for (Index k = 0; k < n; ++k) {
                const double at = start + static_cast<double>(k) * step - static_cast<double>(first);
                const auto i = static_cast<Index>(std::floor(at));
                const double rest = at - static_cast<double>(i);
                const double a = smooth(i);
                out(b, c, k) = rest == 0 ? a : a + rest * (smooth(i + 1) - a);
            }
        }
    }
    return out;
}

RrFeatures rr_features(std::span<const Index> r_peaks, double fs) {
    const IntervalContext rr = interval_context("rr_features", r_peaks, fs);
    const Index n = rr.local_s.size();
    RrFeatures out{rr.before_s, rr.after_s, rr.local_s, Array<double>({n}), Array<double>({n})};
    for (Index i = 0; i < n; ++i) {
        out.pre_ratio[i] = rr.before_s[i] / rr.local_s[i];
        out.post_ratio[i] = rr.after_s[i] / rr.local_s[i];
    }
    return out;
}

}  // namespace biopotential::inline v0::ecg
