#pragma once

#include <complex>
#include <optional>
#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/design.hpp"

namespace biopotential::inline v0::signal {

// Every function here takes x of shape (n_channels, n_samples), filters each channel by itself, returns the same shape
// and refuses NaN and infinity (std::invalid_argument): one such sample would spoil all that follow. A signal with gaps
// goes in segment by segment.

struct Filtered {
    Array<double> y;      ///< shape (n_channels, n_samples)
    Array<double> state;  ///< shape (n_sections, n_channels, 2): goes into the next call
};

/// Causal filter by second-order sections (direct form II transposed, from rest); equal to scipy.signal.sosfilt.
[[nodiscard]] Array<double> sosfilt(const MatrixView& sos, const MatrixView& x);

/// The same from a state of shape (n_sections, n_channels, 2), as SciPy's zi.
[[nodiscard]] Filtered sosfilt(const MatrixView& sos, const MatrixView& x, const Array<double>& state);

/// State of each section in a steady response to a step of 1, shape (n_sections, 2); equal to scipy.signal.sosfilt_zi.
[[nodiscard]] Array<double> sosfilt_zi(const MatrixView& sos);

/// How sosfiltfilt continues the signal beyond its ends, always by odd reflection.
enum class Padding {
    scipy,  ///< 3 times the number of taps; the signal must be longer
    mne     ///< as long as the filter rings (above 0.1 %), zeros where that is longer than the signal
};

struct SosFiltFiltOptions {
    Padding padding = Padding::scipy;
    std::optional<Index> pad_samples;  ///< instead of SciPy's default; 0 means none
};

/// Forward and backward: zero phase, squared response; equal to scipy.signal.sosfiltfilt (Gustafsson 1996's start
/// values are not used) or, with Padding::mne, to mne.filter.filter_data(method="iir").
[[nodiscard]] Array<double> sosfiltfilt(const MatrixView& sos, const MatrixView& x,
                                        const SosFiltFiltOptions& options = {});

/// Zero-phase FIR: convolution with h, shifted by (n_taps - 1) / 2, after MNE's "reflect_limited" odd reflection of up
/// to n_taps - 1 samples. Overlap-save through the FFT.
/// \param h  odd number of taps, symmetric for zero phase
[[nodiscard]] Array<double> fir_filter(Samples h, const MatrixView& x);

/// Causal FIR from rest, y[i] = sum_k h[k] x[i - k]; what FirStream gives block by block.
[[nodiscard]] Array<double> fir_filter_causal(Samples h, const MatrixView& x);

enum class FilterMethod {
    fir,  ///< MNE's automatic zero-phase FIR (design_fir, fir_filter)
    iir   ///< Butterworth of order 4, forward and backward (butter, sosfiltfilt)
};

struct FilterOptions {
    FilterMethod method = FilterMethod::fir;
    int order = 4;                     ///< iir
    Padding padding = Padding::scipy;  ///< iir
    FirDesignOptions fir;              ///< fir
};

/// Keep low to high (Hz).
[[nodiscard]] Array<double> bandpass(const MatrixView& x, double low, double high, double fs,
                                     const FilterOptions& options = {});
/// Keep what lies above `low` (Hz).
[[nodiscard]] Array<double> highpass(const MatrixView& x, double low, double fs, const FilterOptions& options = {});
/// Keep what lies below `high` (Hz).
[[nodiscard]] Array<double> lowpass(const MatrixView& x, double high, double fs, const FilterOptions& options = {});
/// Remove low to high (Hz).
[[nodiscard]] Array<double> bandstop(const MatrixView& x, double low, double high, double fs,
                                     const FilterOptions& options = {});

struct NotchOptions {
    FilterMethod method = FilterMethod::fir;
    std::optional<double> width_hz;  ///< fir: of each stop band; absent: frequency / 200
    double transition_hz = 1;        ///< fir: both sides together
    double q = 30;                   ///< iir: second-order notch forward and backward
};

/// Remove lines at the given frequencies (Hz); fir is equal to mne.filter.notch_filter.
[[nodiscard]] Array<double> notch_filter(const MatrixView& x, std::span<const double> freqs, double fs,
                                         const NotchOptions& options = {});

enum class Detrend { none, constant, linear };

/// Remove each channel's mean or least-squares line; equal to scipy.signal.detrend.
[[nodiscard]] Array<double> detrend(const MatrixView& x, Detrend kind = Detrend::linear);

/// Analytic signal: x + i times its Hilbert transform, by the FFT of the whole length; equal to scipy.signal.hilbert.
[[nodiscard]] Array<std::complex<double>> hilbert(const MatrixView& x);

}  // namespace biopotential::inline v0::signal
