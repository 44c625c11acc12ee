#include "biopotential/ecg/christov.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/slope_threshold_internal.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

constexpr double learn_s = 5.0;
constexpr double window_s = 0.050;

std::vector<Index> detect(const detail::WorkingLead& lead, const ChristovOptions& options) {
    const double fs = lead.fs;
    const auto n = static_cast<Index>(lead.x.size());
    const auto z = [](Index i) { return static_cast<std::size_t>(i); };
    const std::vector<double> smooth = detail::moving_mean(detail::moving_mean(lead.x, to_samples(options.mains_s, fs)),
                                                           to_samples(options.muscle_s, fs));
    // The paper's difference spans two samples at 250 Hz.
    const Index h = to_samples(0.004, fs);
    std::vector<double> slope(lead.x.size());
    for (Index i = h; i < n - h; ++i) {
        slope[z(i)] = std::abs(smooth[z(i + h)] - smooth[z(i - h)]);
    }
    slope = detail::moving_mean(slope, to_samples(options.slope_s, fs));
    const std::vector<double> highest = detail::trailing_maximum(slope, to_samples(window_s, fs));

    const Index refractory = to_samples(options.refractory_s, fs);
    const Index learn = to_samples(learn_s, fs);
    const Index span = to_samples(options.integral_s, fs);
    const Index window = to_samples(window_s, fs);
    detail::SlopeThreshold steep(options.share, options.refractory_s, options.decay_s,
                                 detail::typical_height(slope, fs), fs);
    const auto highest_in = [&](Index first, Index last) {
        return *std::max_element(slope.begin() + first, slope.begin() + std::min(n, last));
    };
    steep.learn(highest_in(0, learn));
    double noise = 0;  // the mean slope of the first span
    for (Index i = 0; i < std::min(n, span); ++i) {
        noise += slope[z(i)] / static_cast<double>(span);
    }
    std::vector<Index> beats;
    std::vector<double> intervals;
    double typical_rr = 0;
    Index last = -1;  // crossing of the last beat
    Index since = 0;  // of the last beat or the last learning
    for (Index i = 0; i < n; ++i) {
        if (i >= span) {
            noise += options.integral_rate / fs * (highest[z(i)] - highest[z(i - span + window)]);
        }
        if (last >= 0 && i < last + refractory) {
            continue;
        }
        if (last >= 0 && i == last + refractory) {
            steep.beat(highest_in(last, i));
        }
        if (i - since >= learn) {
            steep.learn(highest_in(since + refractory, i));
            since = i;
        }
        const double m = last < 0 ? steep.mean() : steep.at(i - last);
        double due = 0;
        if (typical_rr > 0) {
            // From two thirds of the expected interval on it falls 1.4 times slower than m, until the beat is due.
            const Index from = last + static_cast<Index>(2.0 / 3.0 * typical_rr);
            const Index to = last + static_cast<Index>(typical_rr);
            if (i > from) {
                due = (steep.at(std::min(i, to) - last) - steep.at(from - last)) / 1.4;
            }
        }
        if (!(slope[z(i)] > std::max(m + noise + due, detail::rounding))) {
            continue;
        }
        if (last >= 0 && i - last < learn) {
            intervals.push_back(static_cast<double>(i - last));
            const std::size_t first = intervals.size() > 5 ? intervals.size() - 5 : 0;
            typical_rr = 0;
            for (std::size_t k = first; k < intervals.size(); ++k) {
                typical_rr += intervals[k] / static_cast<double>(intervals.size() - first);
            }
        }
        last = since = i;
        const auto begin = slope.begin() + i;
        beats.push_back(i + (std::max_element(begin, slope.begin() + std::min(n, i + refractory / 2)) - begin));
    }
    return beats;
}

}  // namespace

std::vector<Index> find_r_peaks_christov(Samples ecg, double fs, const ChristovOptions& options) {
    return detail::detect_in_lead("find_r_peaks_christov", ecg, fs,
                                  [&](const detail::WorkingLead& lead) { return detect(lead, options); });
}

}  // namespace biopotential::inline v0::ecg
