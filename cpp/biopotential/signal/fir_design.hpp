#pragma once

#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/design.hpp"

namespace biopotential::inline v0::signal {

/// FIR by frequency sampling and a window, shape (n_taps,); equal to scipy.signal.firwin2.
///
/// The gain is interpolated between the points (freqs_hz, gains) on `n_freqs` frequencies (absent, 0: 1 + the next
/// power of two), transformed back and windowed.
/// \param freqs_hz       ascending from 0 to fs / 2; a frequency may occur twice, for a step
/// \param antisymmetric  types III and IV (phase of 90 degrees) instead of I and II
/// \throws std::invalid_argument  a gain at 0 or fs / 2 that the type can't have
[[nodiscard]] Array<double> firwin2(Index n_taps, std::span<const double> freqs_hz, std::span<const double> gains,
                                    double fs, const WindowShape& shape = WindowKind::hamming, Index n_freqs = 0,
                                    bool antisymmetric = false);

/// FIR of least weighted squared error in bands, shape (n_taps,), n_taps odd; equal to scipy.signal.firls.
///
/// \param bands_hz  edges of the bands in pairs, ascending inside [0, fs / 2]
/// \param desired   gain at every edge, linear in between
/// \param weights   one a band; empty: 1
[[nodiscard]] Array<double> firls(Index n_taps, std::span<const double> bands_hz, std::span<const double> desired,
                                  double fs, std::span<const double> weights = {});

/// Linear-phase FIR of least maximal weighted error in bands, shape (n_taps,): Parks & McClellan 1972, IEEE Trans.
/// Circuit Theory 19:189; as scipy.signal.remez(type="bandpass").
///
/// \param bands_hz      edges of the bands in pairs, ascending inside [0, fs / 2]
/// \param desired       gain of every band
/// \param weights       one a band; empty: 1
/// \param grid_density  points of the frequency grid for each degree of freedom
/// \throws std::invalid_argument  no convergence, which means bands or a length that make no sense
[[nodiscard]] Array<double> remez(Index n_taps, std::span<const double> bands_hz, std::span<const double> desired,
                                  double fs, std::span<const double> weights = {}, int grid_density = 16);

/// beta of a Kaiser window for an attenuation in dB (Kaiser 1974); scipy.signal.kaiser_beta.
[[nodiscard]] double kaiser_beta(double attenuation_db);
/// Attenuation in dB of a Kaiser-window filter with a transition of `width_hz`; scipy.signal.kaiser_atten.
[[nodiscard]] double kaiser_attenuation(Index n_taps, double width_hz, double fs);

struct KaiserDesign {
    Index n_taps;
    double beta;
};
/// Length and beta for an attenuation and a transition width; scipy.signal.kaiserord.
[[nodiscard]] KaiserDesign kaiser_order(double attenuation_db, double width_hz, double fs);

/// Minimum-phase filter of a linear-phase one by the homomorphic method (Oppenheim & Schafer); equal to
/// scipy.signal.minimum_phase. `half`: of half the length, whose gain is the square root; else of the same length.
[[nodiscard]] Array<double> minimum_phase(Samples h, bool half = true, Index n_fft = 0);

}  // namespace biopotential::inline v0::signal
