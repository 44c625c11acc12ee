#include <algorithm>
#include <cmath>
#include <limits>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/r_peaks.hpp"

namespace biopotential::inline v0::ecg {

using detail::Candidate;
using detail::find_candidates;
using detail::to_samples;

std::vector<Index> find_r_peaks_pan_tompkins(Samples ecg, double fs, const PanTompkinsOptions& options) {
    detail::require_rate("find_r_peaks_pan_tompkins", fs);
    require_finite("find_r_peaks_pan_tompkins", ecg);
    const auto n = static_cast<Index>(ecg.size());
    if (static_cast<double>(n) < 0.5 * fs) {
        return {};
    }
    const std::vector<double> y = detail::zero_phase_bandpass(ecg, options.low_hz, options.high_hz, fs);
    // Five-point derivative of the paper, on a spacing of 1 / 200 s whatever the rate.
    const Index h = to_samples(0.005, fs);
    const auto at = [&](Index i) { return y[static_cast<std::size_t>(std::clamp<Index>(i, 0, n - 1))]; };
    std::vector<double> slope(static_cast<std::size_t>(n));
    std::vector<double> squared(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
        const double d = (2 * at(i + 2 * h) + at(i + h) - at(i - h) - 2 * at(i - 2 * h)) / 8;
        slope[static_cast<std::size_t>(i)] = std::abs(d);
        squared[static_cast<std::size_t>(i)] = d * d;
    }
    const std::vector<double> integral = detail::moving_mean(squared, to_samples(options.integration_s, fs));
    double scale = 0;
    for (const double v : ecg) {
        scale = std::max(scale, std::abs(v));
    }
    const double rounding = 1e-18 * scale * scale;
    const std::vector<Candidate> peaks = find_candidates(integral, to_samples(options.refractory_s, fs),
                                                         std::max(rounding, std::numeric_limits<double>::min()));

    // Learning: two seconds.
    double signal_level = 0;
    double noise_level = 0;
    const Index learn = std::min(n, to_samples(2.0, fs));
    for (Index i = 0; i < learn; ++i) {
        signal_level = std::max(signal_level, integral[static_cast<std::size_t>(i)]);
        noise_level += integral[static_cast<std::size_t>(i)] / static_cast<double>(learn);
    }
    signal_level *= 0.5;
    noise_level *= 0.5;

    const auto steepest = [&](Index centre) {
        double top = 0;
        const Index half = to_samples(options.integration_s / 2, fs);
        for (Index i = std::max<Index>(0, centre - half); i < std::min(n, centre + half + 1); ++i) {
            top = std::max(top, slope[static_cast<std::size_t>(i)]);
        }
        return top;
    };
    std::vector<Index> beats;
    std::vector<double> intervals;
    const auto mean_rr = [&] {
        if (intervals.empty()) {
            return 1.0 * fs;
        }
        double sum = 0;
        const std::size_t first = intervals.size() > 8 ? intervals.size() - 8 : 0;
        for (std::size_t k = first; k < intervals.size(); ++k) {
            sum += intervals[k];
        }
        return sum / static_cast<double>(intervals.size() - first);
    };
    const auto accept = [&](const Candidate& p, double share) {
        signal_level = share * p.height + (1 - share) * signal_level;
        if (!beats.empty()) {
            intervals.push_back(static_cast<double>(p.at - beats.back()));
        }
        beats.push_back(p.at);
    };
    std::size_t searched = 0;  // peaks before this one are settled
    for (std::size_t k = 0; k < peaks.size(); ++k) {
        const Candidate& p = peaks[k];
        const double threshold = noise_level + 0.25 * (signal_level - noise_level);
        if (!beats.empty() && static_cast<double>(p.at - beats.back()) > options.search_back * mean_rr()) {
            // Search back: the highest peak of the gap above half the threshold.
            const Candidate* missed = nullptr;
            std::size_t where = searched;
            for (std::size_t j = searched; j < k; ++j) {
                if (static_cast<double>(peaks[j].at - beats.back()) > options.t_wave_s * fs &&
                    peaks[j].height > threshold / 2 && (missed == nullptr || peaks[j].height > missed->height)) {
                    missed = &peaks[j];
                    where = j + 1;
                }
            }
            if (missed != nullptr) {
                accept(*missed, 0.25);
                searched = where;
            }
        }
        bool beat = p.height > threshold;
        if (beat && !beats.empty()) {
            const auto since = static_cast<double>(p.at - beats.back());
            const bool t_wave = since < options.t_wave_s * fs && steepest(p.at) < 0.5 * steepest(beats.back());
            beat = since >= options.refractory_s * fs && !t_wave;
        }
        if (beat) {
            accept(p, 0.125);
            searched = k + 1;
        } else {
            noise_level = 0.125 * p.height + 0.875 * noise_level;
        }
    }
    // The fiducial: the largest deflection of the band-passed signal in the window.
    std::vector<Index> out;
    const Index half = to_samples(options.integration_s / 2, fs);
    for (const Index b : beats) {
        Index top = b;
        for (Index i = std::max<Index>(0, b - half); i < std::min(n, b + half + 1); ++i) {
            if (std::abs(y[static_cast<std::size_t>(i)]) > std::abs(y[static_cast<std::size_t>(top)])) {
                top = i;
            }
        }
        if (out.empty() || top > out.back()) {
            out.push_back(top);
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::ecg
