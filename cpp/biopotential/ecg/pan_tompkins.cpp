#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

std::vector<Index> find_r_peaks_pan_tompkins(Samples ecg, double fs, const PanTompkinsOptions& options) {
    return detail::detect_in_lead("find_r_peaks_pan_tompkins", ecg, fs, [&](const detail::WorkingLead& lead) {
        const auto n = static_cast<Index>(lead.x.size());
        const std::vector<double> y = detail::zero_phase_bandpass(lead.x, options.low_hz, options.high_hz, lead.fs);
        // Five-point derivative of the paper, on a spacing of 1 / 200 s whatever the rate.
        const Index h = to_samples(0.005, lead.fs);
        const auto at = [&](Index i) { return y[static_cast<std::size_t>(std::clamp<Index>(i, 0, n - 1))]; };
        std::vector<double> slope(lead.x.size());
        std::vector<double> squared(lead.x.size());
        for (Index i = 0; i < n; ++i) {
            const double d = (2 * at(i + 2 * h) + at(i + h) - at(i - h) - 2 * at(i - 2 * h)) / 8;
            slope[static_cast<std::size_t>(i)] = std::abs(d);
            squared[static_cast<std::size_t>(i)] = d * d;
        }
        const std::vector<double> integral = detail::moving_mean(squared, to_samples(options.integration_s, lead.fs));
        detail::ThresholdRules rules;
        rules.refractory_s = options.refractory_s;
        rules.t_wave_s = options.t_wave_s;
        rules.search_back = options.search_back;
        rules.search_back_after_s = options.t_wave_s;
        rules.slope_half_s = options.integration_s / 2;
        return detail::beats_by_thresholds(
            detail::find_candidates(integral, to_samples(options.refractory_s, lead.fs), detail::rounding), integral,
            slope, lead.fs, rules, [&](detail::Stretch s) {
                // Two seconds, as the paper's learning phase.
                const auto first = integral.begin() + s.first;
                const auto last = integral.begin() + std::min(s.last, s.first + to_samples(2.0, lead.fs));
                double sum = 0;
                for (auto v = first; v != last; ++v) {
                    sum += *v;
                }
                return detail::Levels{0.5 * *std::max_element(first, last),
                                      0.5 * sum / static_cast<double>(last - first)};
            });
    });
}

}  // namespace biopotential::inline v0::ecg
