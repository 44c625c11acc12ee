#pragma once

#include <optional>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

// Complexity measures of each channel: x of shape (n_channels, n_samples), result of shape (n_channels,), channels in
// parallel. Definitions and defaults are antropy's, so that the numbers agree with it to rounding. A channel that holds
// NaN or infinity gives NaN and leaves the others alone; so does one for which the measure isn't defined (constant,
// where it divides by a spread). A signal that is too short for the parameters is std::invalid_argument.

/// Sample entropy (Richman & Moorman 2000, Am J Physiol 278:H2039): -log of how often templates that agree over `order`
/// samples (Chebyshev distance) agree over one more.
///
/// Below 5000 samples agreement means a distance < tolerance, from 5000 up <= tolerance: antropy switches there from a
/// count to a tree, and users compare with it. NaN where no templates of length `order` agree, infinity where only the
/// longer ones don't.
/// \param tolerance  absent: 0.2 * standard deviation (ddof 0) of the channel
[[nodiscard]] Array<double> sample_entropy(const MatrixView& x, Index order = 2, std::optional<double> tolerance = {});

/// Approximate entropy (Pincus 1991, PNAS 88:2297); self matches count, distance <= tolerance.
[[nodiscard]] Array<double> app_entropy(const MatrixView& x, Index order = 2, std::optional<double> tolerance = {});

/// Permutation entropy in bits (Bandt & Pompe 2002, PRL 88:174102); ties are ordered by position.
/// \param order  2 to 8
[[nodiscard]] Array<double> perm_entropy(const MatrixView& x, Index order = 3, Index delay = 1, bool normalize = false);

enum class EntropySpectrum {
    fft,   ///< periodogram of the whole channel
    welch  ///< Hann windows of nperseg samples, half overlapping
};

struct SpectralEntropyOptions {
    EntropySpectrum method = EntropySpectrum::fft;
    Index nperseg = 256;     ///< welch
    bool normalize = false;  ///< divide by log2 of the number of frequencies
};

/// Shannon entropy of the power spectrum in bits, DC included (Inouye et al. 1991, EEG Clin Neurophysiol 79:204).
[[nodiscard]] Array<double> spectral_entropy(const MatrixView& x, double fs,
                                             const SpectralEntropyOptions& options = {});

/// Entropy in bits of the normalized singular values of the delay embedding (Roberts et al. 1999, MBEC 37:93).
[[nodiscard]] Array<double> svd_entropy(const MatrixView& x, Index order = 3, Index delay = 1, bool normalize = false);

/// Lempel-Ziv complexity (LZ 1976, IEEE TIT 22:75) of each channel's values cut to whole symbols >= 0: number of
/// phrases; with `normalize` divided by n / log_b(n), b the number of different symbols. Found with a suffix automaton
/// in linear time.
/// \throws std::invalid_argument  values < 0 (binarize first: x >= median)
[[nodiscard]] Array<double> lziv_complexity(const MatrixView& symbols, bool normalize = false);

/// Higuchi's fractal dimension (Higuchi 1988, Physica D 31:277).
[[nodiscard]] Array<double> higuchi_fd(const MatrixView& x, Index kmax = 10);
/// Katz's fractal dimension (Katz 1988, Comput Biol Med 18:145).
[[nodiscard]] Array<double> katz_fd(const MatrixView& x);
/// Petrosian's fractal dimension (Petrosian 1995, CBMS).
[[nodiscard]] Array<double> petrosian_fd(const MatrixView& x);
/// Exponent of the detrended fluctuation analysis (Peng et al. 1994, PRE 49:1685): windows of 4 samples to a tenth of
/// the signal in steps of 1.2, not overlapping, linear trends. At least 40 samples.
[[nodiscard]] Array<double> detrended_fluctuation(const MatrixView& x);

struct Hjorth {
    Array<double> activity;    ///< variance, ddof 0; shape (n_channels,)
    Array<double> mobility;    ///< 1 / sample; Hz where fs was given
    Array<double> complexity;  ///< mobility of the derivative over mobility
};

/// Hjorth's parameters (Hjorth 1970, EEG Clin Neurophysiol 29:306).
[[nodiscard]] Hjorth hjorth(const MatrixView& x, std::optional<double> fs = {});

/// Sum of the absolute differences between neighbours (Esteller et al. 2001, EMBC); `mean` divides by their number.
[[nodiscard]] Array<double> line_length(const MatrixView& x, bool mean = false);

/// Changes of the sign bit; 0 counts as positive. `normalize` divides by the number of samples.
[[nodiscard]] Array<double> zero_crossings(const MatrixView& x, bool normalize = false);

}  // namespace biopotential::inline v0::eeg
