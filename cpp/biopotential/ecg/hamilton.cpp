#include "biopotential/ecg/hamilton.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

/// One slope is more than eight times the other: no QRS.
bool is_baseline_shift(const detail::WorkingLead& lead, Index at, const HamiltonOptions& options) {
    const auto n = static_cast<Index>(lead.x.size());
    const Index half = to_samples(options.baseline_s / 2, lead.fs);
    const Index h = to_samples(0.010, lead.fs);
    double up = 0;
    double down = 0;
    for (Index i = std::max<Index>(h, at - half); i < std::min(n, at + half + 1); ++i) {
        const double d = lead.x[static_cast<std::size_t>(i)] - lead.x[static_cast<std::size_t>(i - h)];
        up = std::max(up, d);
        down = std::max(down, -d);
    }
    return up < down / 8 || down < up / 8;
}

}  // namespace

std::vector<Index> find_r_peaks_hamilton(Samples ecg, double fs, const HamiltonOptions& options) {
    return detail::detect_in_lead("find_r_peaks_hamilton", ecg, fs, [&](const detail::WorkingLead& lead) {
        const std::vector<double> y = detail::zero_phase_bandpass(lead.x, options.low_hz, options.high_hz, lead.fs, 1);
        std::vector<double> slope(y.size(), 0.0);
        for (std::size_t i = 1; i + 1 < y.size(); ++i) {
            slope[i] = std::abs(y[i + 1] - y[i - 1]);
        }
        const std::vector<double> average = detail::moving_mean(slope, to_samples(options.average_s, lead.fs));
        std::vector<detail::Candidate> peaks =
            detail::find_candidates(average, to_samples(options.refractory_s, lead.fs), detail::rounding);
        std::erase_if(peaks, [&](const detail::Candidate& p) { return is_baseline_shift(lead, p.at, options); });
        detail::ThresholdRules rules;
        rules.share = options.threshold;
        rules.refractory_s = options.refractory_s;
        rules.t_wave_s = options.t_wave_s;
        rules.search_back = options.search_back;
        rules.search_back_after_s = options.t_wave_s;
        rules.last_eight = true;
        rules.slope_half_s = options.average_s;
        rules.least_level = 0.1;
        return detail::beats_by_thresholds(peaks, average, slope, lead.fs, rules, [&](detail::Stretch s) {
            const Samples part = Samples(average).subspan(
                static_cast<std::size_t>(s.first),
                static_cast<std::size_t>(std::min(s.last - s.first, to_samples(8.0, lead.fs))));
            return detail::Levels{detail::typical_height(part, lead.fs), 0};
        });
    });
}

}  // namespace biopotential::inline v0::ecg
