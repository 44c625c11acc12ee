#include "biopotential/ecg/kalidas.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"
#include "biopotential/signal/wavelet.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

/// Samples that one transform gives; its ends, which wrap around, come on top.
constexpr Index block = 1 << 15;

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// Details of one level, undelayed, block by block, so that a day needs no more memory than an hour.
std::vector<double> details(const std::vector<double>& x, int level) {
    const signal::Wavelet wavelet = signal::wavelet("db3");
    const auto n = static_cast<Index>(x.size());
    const Index margin = wavelet.analysis_low.size() << level;  // a multiple of 2^level
    // Where the energy of an impulse comes out tells the delay.
    std::vector<double> part(z(4 * margin), 0.0);
    part[z(2 * margin)] = 1;
    const Array<double> response = signal::swt(as_row(part), wavelet, level).front().detail;
    double power = 0;
    double moment = 0;
    for (Index i = 0; i < response.size(); ++i) {
        power += response[i] * response[i];
        moment += response[i] * response[i] * static_cast<double>(i - 2 * margin);
    }
    const auto delay = static_cast<Index>(std::lround(moment / power));
    std::vector<double> out(x.size());
    for (Index first = 0; first < n; first += block) {
        const Index length = (std::min(block, n - first) + (Index{1} << level) - 1) >> level << level;
        part.resize(z(length + 4 * margin));
        for (Index i = 0; i < static_cast<Index>(part.size()); ++i) {
            part[z(i)] = x[z(std::clamp<Index>(first - 2 * margin + i, 0, n - 1))];
        }
        const Array<double> d = signal::swt(as_row(part), wavelet, level).front().detail;
        for (Index i = 0; i < std::min(block, n - first); ++i) {
            out[z(first + i)] = d[2 * margin + i + delay];
        }
    }
    return out;
}

}  // namespace

std::vector<Index> find_r_peaks_kalidas(Samples ecg, double fs, const KalidasOptions& options) {
    return detail::detect_in_lead("find_r_peaks_kalidas", ecg, fs, [&](const detail::WorkingLead& lead) {
        const int level = std::max(1, static_cast<int>(std::lround(std::log2(lead.fs / options.top_hz))));
        std::vector<double> band = details(lead.x, level);
        std::vector<double> slope(band.size(), 0.0);
        for (std::size_t i = 1; i + 1 < band.size(); ++i) {
            slope[i] = std::abs(band[i + 1] - band[i - 1]);
        }
        for (double& v : band) {
            v *= v;
        }
        const std::vector<double> energy = detail::moving_mean(band, to_samples(options.integration_s, lead.fs));
        detail::ThresholdRules rules;
        rules.refractory_s = options.refractory_s;
        rules.t_wave_s = options.t_wave_s;
        rules.search_back = options.search_back;
        rules.search_back_after_s = options.t_wave_s;
        rules.slope_half_s = options.integration_s / 2;
        return detail::beats_by_thresholds(
            detail::find_candidates(energy, to_samples(options.refractory_s, lead.fs), detail::rounding), energy, slope,
            lead.fs, rules, [&](detail::Stretch s) {
                const Samples part =
                    Samples(energy).subspan(z(s.first), z(std::min(s.last - s.first, to_samples(8.0, lead.fs))));
                return detail::Levels{detail::typical_height(part, lead.fs), 0};
            });
    });
}

}  // namespace biopotential::inline v0::ecg
