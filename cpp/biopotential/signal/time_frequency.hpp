#pragma once

#include <complex>
#include <span>
#include <string_view>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

struct MorletOptions {
    std::vector<double> n_cycles = {7};  ///< of each wavelet: one number, or one a frequency
    bool zero_mean = false;              ///< subtract the wavelet's mean; MNE's tfr_array_morlet and default say false
    Index decimate = 1;                  ///< keep every so many samples of the result
};

/// Convolution with Morlet wavelets (Tallon-Baudry 1997, J. Neurosci. 17:722), complex, shape
/// (n_channels, n_freqs, ceil(n_samples / decimate)); equal to mne.time_frequency.tfr_array_morlet(output="complex").
/// \param freqs_hz  inside (0, fs / 2]; the wavelets (10 standard deviations) are no longer than the signal
[[nodiscard]] Array<std::complex<double>> morlet_tfr(const MatrixView& x, std::span<const double> freqs_hz, double fs,
                                                     const MorletOptions& options = {});
/// The squared magnitude of it, without the complex values in between.
[[nodiscard]] Array<double> morlet_power(const MatrixView& x, std::span<const double> freqs_hz, double fs,
                                         const MorletOptions& options = {});

/// A wavelet for the continuous transform.
struct ContinuousWavelet {
    enum Kind {
        morlet,         ///< exp(-t^2 / 2) cos(5 t): PyWavelets' "morl"
        ricker,         ///< second derivative of a Gaussian: "mexh"
        complex_morlet  ///< exp(-t^2 / bandwidth + 2 pi i centre t) / sqrt(pi bandwidth): "cmorB-C"
    };
    Kind kind = morlet;
    double bandwidth = 1.5;
    double centre = 1.0;
};
/// "morl", "mexh" or "cmorB-C". \throws std::invalid_argument
[[nodiscard]] ContinuousWavelet continuous_wavelet(std::string_view name);

struct Cwt {
    Array<double> freqs;  ///< Hz, shape (n_scales,)
    Array<std::complex<double>>
        values;  ///< shape (n_channels, n_scales, n_samples); imaginary part 0 for real wavelets
};
/// Continuous wavelet transform at scales in samples; equal to pywt.cwt(method="fft"), its precision of 12 included.
[[nodiscard]] Cwt cwt(const MatrixView& x, std::span<const double> scales, const ContinuousWavelet& wavelet, double fs);

}  // namespace biopotential::inline v0::signal
