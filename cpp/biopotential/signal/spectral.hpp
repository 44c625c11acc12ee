#pragma once

#include <optional>
#include <string_view>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/filter.hpp"

namespace biopotential::inline v0::signal {

// One-sided spectra of x, shape (n_channels, n_samples); NaN and infinity are refused (std::invalid_argument).

enum class Average { mean, median };
enum class Scaling {
    density,  ///< unit^2 / Hz
    spectrum  ///< unit^2
};

struct Spectrum {
    Array<double> freqs;  ///< Hz, shape (n_freqs,)
    Array<double> psd;    ///< shape (n_channels, n_freqs)
};

struct Spectrogram {
    Array<double> freqs;    ///< Hz, shape (n_freqs,)
    Array<double> times_s;  ///< middle of each segment, shape (n_times,)
    Array<double> psd;      ///< shape (n_channels, n_freqs, n_times)
};

struct WelchOptions {
    Index nperseg = 256;                    ///< samples a segment; more than the signal has means the whole signal
    std::optional<Index> noverlap;          ///< absent: nperseg / 2
    std::optional<Index> nfft;              ///< absent: nperseg; more pads with zeros
    WindowShape window = WindowKind::hann;  ///< periodic
    Detrend detrend = Detrend::constant;    ///< of each segment
    Average average = Average::mean;        ///< median: corrected for its bias
    Scaling scaling = Scaling::density;
};

/// Welch's averaged periodograms (Welch 1967); equal to scipy.signal.welch. MNE's defaults are Hamming, nperseg 256,
/// noverlap 0.
[[nodiscard]] Spectrum welch(const MatrixView& x, double fs, const WelchOptions& options = {});

struct PeriodogramOptions {
    std::optional<Index> nfft;  ///< absent: n_samples
    WindowShape window = WindowKind::boxcar;
    Detrend detrend = Detrend::constant;
    Scaling scaling = Scaling::density;
};

/// Periodogram of the whole signal; equal to scipy.signal.periodogram.
[[nodiscard]] Spectrum periodogram(const MatrixView& x, double fs, const PeriodogramOptions& options = {});

struct SpectrogramOptions {
    Index nperseg = 256;
    std::optional<Index> noverlap;  ///< absent: nperseg / 8
    std::optional<Index> nfft;
    WindowShape window = {WindowKind::tukey, 0.25};
    Detrend detrend = Detrend::constant;
    Scaling scaling = Scaling::density;
};

/// Periodograms of consecutive segments; equal to scipy.signal.spectrogram.
[[nodiscard]] Spectrogram spectrogram(const MatrixView& x, double fs, const SpectrogramOptions& options = {});

struct Stft {
    Array<double> freqs;
    Array<double> times_s;
    Array<std::complex<double>> values;  ///< shape (n_channels, n_freqs, n_times)
};

struct StftOptions {
    Index nperseg = 256;
    std::optional<Index> noverlap;  ///< absent: nperseg / 2
    std::optional<Index> nfft;
    WindowShape window = WindowKind::hann;
};

/// Short-time Fourier transform, scaled so that a sine of amplitude a gives |a / 2|, with half a segment of zeros
/// before and behind; equal to scipy.signal.stft.
[[nodiscard]] Stft stft(const MatrixView& x, double fs, const StftOptions& options = {});

struct Tapers {
    Array<double> windows;  ///< shape (k, n), each of energy 1
    Array<double> ratios;   ///< share of each one's energy inside the band, shape (k,)
};

/// Discrete prolate spheroidal sequences (Slepian 1978), symmetric or periodic; equal to
/// scipy.signal.windows.dpss(norm=2).
/// \param nw  half bandwidth times n, inside (0, n / 2)
[[nodiscard]] Tapers dpss(Index n, double nw, Index k, bool periodic = false);

struct MultitaperOptions {
    std::optional<double> bandwidth_hz;  ///< full width; absent: half bandwidth 4 in units of fs / n
    bool low_bias = true;                ///< keep tapers with more than 90 % of their energy inside the band
    bool per_hz = false;  ///< divide by fs: unit^2 / Hz (MNE's normalization="full"); else MNE's default "length"
    bool remove_dc = true;
};

/// Multitaper spectrum with weights sqrt(ratio) (Thomson 1982); equal to mne.time_frequency.psd_array_multitaper.
[[nodiscard]] Spectrum multitaper_psd(const MatrixView& x, double fs, const MultitaperOptions& options = {});

enum class Integration { simpson, trapezoid };

/// Integral of each channel's spectrum over low <= f <= high, shape (n_channels,): samples at both edges count and
/// nothing is interpolated, as YASA and the HRV libraries do. Simpson as scipy.integrate.simpson (Cartwright's end
/// correction). A band with fewer than two frequencies gives 0.
[[nodiscard]] Array<double> integrate_band(const Spectrum& spectrum, double low, double high,
                                           Integration rule = Integration::simpson);
/// The same for one row.
[[nodiscard]] double integrate_band(Samples freqs, Samples psd, double low, double high,
                                    Integration rule = Integration::simpson);

}  // namespace biopotential::inline v0::signal
