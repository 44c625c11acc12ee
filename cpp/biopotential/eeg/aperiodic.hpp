#pragma once

#include <limits>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

/// A bump of a spectrum above its aperiodic part.
struct SpectralPeak {
    double center_hz = 0;
    double power = 0;         ///< log10 of power above the aperiodic part, at the frequency nearest to the center
    double bandwidth_hz = 0;  ///< two standard deviations of the Gaussian
};

enum class AperiodicMode {
    fixed,  ///< log10 P = offset - exponent * log10 f
    knee    ///< log10 P = offset - log10(knee + f^exponent)
};

struct AperiodicOptions {
    double low_hz = 1, high_hz = 40;  ///< both edges belong to the range that is fitted
    AperiodicMode mode = AperiodicMode::fixed;
    double narrowest_hz = 0.5, widest_hz = 12;  ///< bandwidth of a peak
    Index max_peaks = std::numeric_limits<Index>::max();
    double min_height = 0;      ///< log10 of power
    double peak_threshold = 2;  ///< in standard deviations of what the peaks before left
};

/// One value or list per spectrum; NaN and no peaks where the spectrum holds NaN, infinity or no power in the range.
struct Aperiodic {
    Array<double> offset;    ///< log10 of power
    Array<double> knee;      ///< 0 with AperiodicMode::fixed
    Array<double> exponent;  ///< positive where power falls with frequency
    Array<double> r_squared;
    Array<double> error;                           ///< mean absolute difference of log10 power
    std::vector<std::vector<SpectralPeak>> peaks;  ///< ascending in frequency
};

/// Aperiodic part and peaks of power spectra (Donoghue et al. 2020, Nat Neurosci 23:1655): the algorithm of specparam,
/// with its defaults.
///
/// The numbers agree with specparam's within its own tolerance: it stops its fits at 1e-5, ours converge. A first guess
/// of a width above `widest_hz` starts at `widest_hz`.
/// \param freqs  Hz, ascending in equal steps, shape (n_freqs,)
/// \param psd    linear power, shape (n_spectra, n_freqs)
/// \throws std::invalid_argument  shapes that don't fit, fewer than 4 frequencies in the range, options that contradict
[[nodiscard]] Aperiodic aperiodic(Samples freqs, const MatrixView& psd, const AperiodicOptions& options = {});

struct IrasaOptions {
    double low_hz = 1, high_hz = 30;
    std::vector<double> factors = {1.1,  1.15, 1.2,  1.25, 1.3,  1.35, 1.4,  1.45, 1.5,
                                   1.55, 1.6,  1.65, 1.7,  1.75, 1.8,  1.85, 1.9};  ///< rounded to 4 digits, > 1
    double window_s = 4;
};

struct Irasa {
    Array<double> freqs;        ///< Hz, shape (n_freqs,)
    Array<double> aperiodic;    ///< unit^2 / Hz, shape (n_channels, n_freqs)
    Array<double> oscillatory;  ///< the whole spectrum minus the aperiodic part; can be negative
};

/// Aperiodic and oscillatory spectra by irregular resampling (Wen & Liu 2016, Brain Topogr 29:13); equal to yasa.irasa:
/// median over the factors of the geometric mean of the spectra of the signal resampled by h and 1/h, Welch with
/// Hamming windows and median.
/// \param x  shape (n_channels, n_samples); NaN and infinity are refused
/// \throws std::invalid_argument  a range outside (0, fs / 2), fewer than two factors or one <= 1, x shorter than the
///                                longest factor times the window
[[nodiscard]] Irasa irasa(const MatrixView& x, double fs, const IrasaOptions& options = {});

}  // namespace biopotential::inline v0::eeg
