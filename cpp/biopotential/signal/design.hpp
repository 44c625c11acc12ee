#pragma once

#include <complex>
#include <optional>
#include <span>
#include <string_view>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

/// What a filter lets through.
enum class BandType { lowpass, highpass, bandpass, bandstop };

/// Window shapes. `kaiser` takes its beta and `tukey` its tapered fraction from WindowShape::parameter.
enum class WindowKind { boxcar, hann, hamming, blackman, kaiser, tukey };

struct WindowShape {
    WindowKind kind = WindowKind::hann;
    double parameter = 0;

    WindowShape(WindowKind kind = WindowKind::hann, double parameter = 0)  // NOLINT(google-explicit-constructor)
        : kind(kind), parameter(parameter) {}
};

/// Window of n samples: periodic for spectra, symmetric for filters. SciPy's values.
/// \throws std::invalid_argument  n < 1, tukey parameter outside [0, 1]
[[nodiscard]] Array<double> window(const WindowShape& shape, Index n, bool periodic);

/// Butterworth filter as second-order sections, shape (n_sections, 6) with rows b0 b1 b2 1 a1 a2, equal to
/// scipy.signal.butter(output="sos"): bilinear transform with prewarped edges, nearest pairing.
///
/// \param order      1 to 50; a band filter has twice that many poles
/// \param cutoff_hz  one frequency (lowpass, highpass) or two ascending ones, inside (0, fs / 2)
[[nodiscard]] Array<double> butter(int order, std::span<const double> cutoff_hz, double fs, BandType type);

/// Second-order notch at `frequency_hz` with quality factor q, as one section, shape (1, 6); equal to
/// scipy.signal.iirnotch.
[[nodiscard]] Array<double> iirnotch(double frequency_hz, double q, double fs);

/// FIR by the window method, shape (n_taps,), equal to scipy.signal.firwin: symmetric, gain 1 in the middle of the
/// first band that passes. `pass_zero`: DC lies in a band that passes.
/// \throws std::invalid_argument  cut-offs not ascending inside (0, fs / 2); even n_taps with a gain at fs / 2
[[nodiscard]] Array<double> firwin(Index n_taps, std::span<const double> cutoff_hz, double fs, bool pass_zero = true,
                                   const WindowShape& shape = WindowKind::hamming);

/// Transition widths in Hz of design_fir; absent means MNE's default min(max(edge / 4, 2), distance to DC or fs / 2).
struct FirDesignOptions {
    WindowKind window = WindowKind::hamming;  ///< hamming, hann or blackman
    std::optional<double> low_transition_hz;
    std::optional<double> high_transition_hz;
};

/// MNE-Python's automatic zero-phase FIR (method "firwin"), odd number of taps, shape (n_taps,).
///
/// `low` alone is a high-pass, `high` alone a low-pass; low < high is a band-pass, low > high a band-stop that removes
/// what lies between. The edges are those of the pass bands; -6 dB lies in the middle of each transition. A stop band
/// too narrow for the default transitions, which MNE refuses, gets transitions of a quarter of its width.
[[nodiscard]] Array<double> design_fir(std::optional<double> low, std::optional<double> high, double fs,
                                       const FirDesignOptions& options = {});

/// MNE-Python's FIR notch: stop bands of width `width_hz` (absent: frequency / 200) with transitions of half
/// `transition_hz` on each side.
/// \throws std::invalid_argument  a stop band leaves (0, fs / 2) or overlaps the next one
[[nodiscard]] Array<double> design_fir_notch(std::span<const double> frequencies_hz, double fs,
                                             std::optional<double> width_hz = {}, double transition_hz = 1.0);

struct FrequencyResponse {
    Array<double> freqs;                   ///< Hz, shape (n,)
    Array<std::complex<double>> response;  ///< shape (n,)
};

/// Frequency response of second-order sections at n frequencies k * fs / (2 n); equal to scipy.signal.freqz_sos.
[[nodiscard]] FrequencyResponse sosfreqz(const MatrixView& sos, double fs, Index n = 512);

/// Shape (n_sections, 6), finite, a0 = 1 and stable enough to run; throws std::invalid_argument otherwise.
void require_sos(std::string_view function, const MatrixView& sos);

}  // namespace biopotential::inline v0::signal
