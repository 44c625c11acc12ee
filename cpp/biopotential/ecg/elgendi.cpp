#include "biopotential/ecg/elgendi.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

std::vector<Index> find_r_peaks_elgendi(Samples ecg, double fs, const ElgendiOptions& options) {
    return detail::detect_in_lead("find_r_peaks_elgendi", ecg, fs, [&](const detail::WorkingLead& lead) {
        std::vector<double> y = detail::zero_phase_bandpass(lead.x, options.low_hz, options.high_hz, lead.fs);
        for (double& v : y) {
            v *= v;
        }
        const std::vector<double> qrs = detail::moving_mean(y, to_samples(options.qrs_s, lead.fs));
        const std::vector<double> beat = detail::moving_mean(y, to_samples(options.beat_s, lead.fs));
        const std::vector<double> around = detail::moving_mean(y, to_samples(2.0, lead.fs));
        const Index least = to_samples(options.least_width_s, lead.fs);
        const Index apart = to_samples(options.refractory_s, lead.fs);
        const auto n = static_cast<Index>(y.size());
        // The mean of what is typical, so that an artefact doesn't raise it.
        std::vector<double> means;
        for (Index i = to_samples(1.0, lead.fs); i < n; i += to_samples(2.0, lead.fs)) {
            means.push_back(around[static_cast<std::size_t>(i)]);
        }
        const double offset =
            means.empty() ? 0.0 : options.offset * detail::median_in_place(means) + detail::rounding * detail::rounding;
        const auto above = [&](Index i) {
            const auto k = static_cast<std::size_t>(i);
            return qrs[k] > beat[k] + offset;
        };
        std::vector<Index> beats;
        for (Index i = 0; i < n;) {
            if (!above(i)) {
                ++i;
                continue;
            }
            const Index first = i;
            while (i < n && above(i)) {
                ++i;
            }
            const Index top = first + (std::max_element(qrs.begin() + first, qrs.begin() + i) - (qrs.begin() + first));
            if (i - first >= least && (beats.empty() || top - beats.back() > apart)) {
                beats.push_back(top);
            }
        }
        return beats;
    });
}

}  // namespace biopotential::inline v0::ecg
