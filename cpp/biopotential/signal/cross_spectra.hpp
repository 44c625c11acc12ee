#pragma once

#include <complex>
#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::signal {

struct CrossSpectrum {
    Array<double> freqs;                 ///< Hz, shape (n_freqs,)
    Array<std::complex<double>> values;  ///< shape (n_channels, n_freqs)
};

/// Cross spectral density of the channels of x with the same channels of y (conjugate of x times y), averaged over
/// Welch's segments; equal to scipy.signal.csd. Both of shape (n_channels, n_samples).
[[nodiscard]] CrossSpectrum csd(const MatrixView& x, const MatrixView& y, double fs, const WelchOptions& options = {});

/// |Pxy|^2 / (Pxx Pyy), magnitude-squared coherence; equal to scipy.signal.coherence. 0 / 0 is NaN.
[[nodiscard]] Spectrum coherence(const MatrixView& x, const MatrixView& y, double fs, const WelchOptions& options = {});

enum class LombNormalization {
    power,       ///< A^2 n / 4
    normalized,  ///< share of the signal's energy, 0 to 1
    amplitude    ///< A^2
};

/// Lomb-Scargle periodogram of unevenly sampled values (Lomb 1976, Ap&SS 39:447; Scargle 1982, ApJ 263:835); equal to
/// scipy.signal.lombscargle at 2 pi freqs_hz. Subtract the mean first, or ask for a floating one.
/// \param times_s  shape (n_samples,), seconds
/// \param x        shape (n_channels, n_samples)
/// \return         shape (n_channels, n_freqs)
[[nodiscard]] Array<double> lombscargle(Samples times_s, const MatrixView& x, std::span<const double> freqs_hz,
                                        LombNormalization normalization = LombNormalization::power,
                                        bool floating_mean = false);

/// x[i] + a[1] x[i - 1] + ... + a[order] x[i - order] = noise.
struct ArModel {
    Array<double> a;         ///< shape (n_channels, order + 1), a[0] = 1
    Array<double> variance;  ///< of the noise, shape (n_channels,)
};

enum class ArMethod {
    burg,        ///< Burg 1975: forward and backward errors; no window, always stable
    yule_walker  ///< biased autocorrelation, Levinson's recursion
};

/// Autoregressive model of each channel (minus its mean). \param order  1 to n_samples - 1
[[nodiscard]] ArModel fit_ar(const MatrixView& x, int order, ArMethod method = ArMethod::burg);

/// One-sided spectrum of a model on n_freqs frequencies from 0 to fs / 2, unit^2 / Hz.
[[nodiscard]] Spectrum ar_psd(const ArModel& model, double fs, Index n_freqs = 129);

/// Real cepstrum of each channel: inverse transform of the logarithm of the spectrum's magnitude, shape of x.
/// \throws std::invalid_argument  a spectrum with a zero
[[nodiscard]] Array<double> cepstrum(const MatrixView& x);

/// The signal of a short-time Fourier transform by overlap-add; equal to scipy.signal.istft with the same arguments.
/// \param values  shape (n_channels, n_freqs, n_times)
[[nodiscard]] Array<double> istft(const Array<std::complex<double>>& values, const StftOptions& options = {});

}  // namespace biopotential::inline v0::signal
