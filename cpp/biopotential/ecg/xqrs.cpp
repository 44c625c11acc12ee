#include "biopotential/ecg/xqrs.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"
#include "biopotential/signal/filter.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// Ricker's wavelet of 2 half + 1 samples, of unit energy.
std::vector<double> ricker(Index half, double width) {
    std::vector<double> out(z(2 * half + 1));
    double power = 0;
    for (Index i = -half; i <= half; ++i) {
        const double u = static_cast<double>(i) / width * (static_cast<double>(i) / width);
        out[z(i + half)] = (1 - u) * std::exp(-u / 2);
        power += out[z(i + half)] * out[z(i + half)];
    }
    for (double& v : out) {
        v /= std::sqrt(power);
    }
    return out;
}

class Learner {
  public:
    Learner(const std::vector<double>& band, const std::vector<double>& energy, const std::vector<double>& wavelet,
            double fs, const XqrsOptions& options)
        : band_(band), energy_(energy), wavelet_(wavelet), fs_(fs), options_(options) {}

    detail::Levels operator()(detail::Stretch s) const {
        const auto half = static_cast<Index>(wavelet_.size() / 2);
        double beats = 0;
        double noise = 0;
        int n_beats = 0;
        int n_noise = 0;
        Index last = s.first - to_samples(1.0, fs_);
        for (Index i = std::max(s.first, half); i < s.last - half && n_beats < options_.learn_beats; ++i) {
            const double v = std::abs(band_[z(i)]);
            if (!(v > detail::rounding) || v < highest(i, half)) {
                continue;
            }
            if (likeness(i, half) > options_.likeness && static_cast<double>(i - last) > 0.3 * fs_) {
                beats += energy_[z(i)];
                ++n_beats;
                last = i;
            } else {
                noise += energy_[z(i)];
                ++n_noise;
            }
        }
        if (n_beats < options_.learn_beats) {
            const double top = detail::typical_height(
                Samples(energy_).subspan(z(s.first), z(std::min(s.last - s.first, to_samples(8.0, fs_)))), fs_);
            return {top, top / 10};
        }
        beats /= n_beats;
        return {beats, n_noise > 0 ? std::min(noise / n_noise, beats) : beats / 10};
    }

  private:
    [[nodiscard]] double highest(Index at, Index half) const {
        double top = 0;
        for (Index i = at - half; i <= at + half; ++i) {
            top = std::max(top, std::abs(band_[z(i)]));
        }
        return top;
    }
    [[nodiscard]] double likeness(Index at, Index half) const {
        double product = 0;
        double power = 0;
        for (Index i = -half; i <= half; ++i) {
            const double v = band_[z(at + i)];
            product += v * wavelet_[z(i + half)];
            power += v * v;
        }
        return std::abs(product) / std::sqrt(power);
    }

    const std::vector<double>& band_;
    const std::vector<double>& energy_;
    const std::vector<double>& wavelet_;
    double fs_;
    const XqrsOptions& options_;
};

}  // namespace

std::vector<Index> find_r_peaks_xqrs(Samples ecg, double fs, const XqrsOptions& options) {
    return detail::detect_in_lead("find_r_peaks_xqrs", ecg, fs, [&](const detail::WorkingLead& lead) {
        const std::vector<double> band = detail::zero_phase_bandpass(lead.x, options.low_hz, options.high_hz, lead.fs);
        const std::vector<double> wavelet =
            ricker(to_samples(options.qrs_s / 2, lead.fs), std::max(1.0, options.wavelet_s * lead.fs));
        const Array<double> once = signal::fir_filter(wavelet, as_row(band));
        const Array<double> twice = signal::fir_filter(wavelet, view(once));
        std::vector<double> energy(twice.begin(), twice.end());
        for (double& v : energy) {
            v *= v;
        }
        detail::ThresholdRules rules;
        rules.refractory_s = options.refractory_s;
        rules.t_wave_s = 0;
        rules.search_back = options.search_back;
        rules.search_back_after_s = options.refractory_s;
        return detail::beats_by_thresholds(
            detail::find_candidates(energy, to_samples(options.qrs_s / 2, lead.fs), detail::rounding), energy, energy,
            lead.fs, rules, Learner(band, energy, wavelet, lead.fs, options));
    });
}

}  // namespace biopotential::inline v0::ecg
