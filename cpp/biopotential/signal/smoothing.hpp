#pragma once

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

// Filters in the time domain. x of shape (n_channels, n_samples); NaN and infinity are refused (std::invalid_argument).

/// What lies beyond the ends of a signal.
enum class Edge {
    interpolate,  ///< savgol_filter: the polynomial of the last whole window
    mirror,       ///< reflection about the end samples: c b | a b c
    reflect,      ///< reflection about the ends: b a | a b c
    nearest,      ///< the end samples again and again
    zero,         ///< zeros
    wrap          ///< the other end
};

struct SavgolOptions {
    Index window_length = 11;  ///< odd
    int order = 3;             ///< of the polynomial, < window_length
    int derivative = 0;        ///< which derivative of the polynomial
    double spacing = 1;        ///< between samples, for derivatives (1 / fs)
    Edge edge = Edge::interpolate;
};

/// Taps of a Savitzky-Golay filter, shape (window_length,), for convolution; equal to scipy.signal.savgol_coeffs.
[[nodiscard]] Array<double> savgol_taps(const SavgolOptions& options);

/// Least-squares polynomials in a sliding window (Savitzky & Golay 1964, Anal. Chem. 36:1627); equal to
/// scipy.signal.savgol_filter.
[[nodiscard]] Array<double> savgol_filter(const MatrixView& x, const SavgolOptions& options = {});

/// Median of n (odd) samples around each; Edge::zero is equal to scipy.signal.medfilt, the others to
/// scipy.ndimage.median_filter.
[[nodiscard]] Array<double> median_filter(const MatrixView& x, Index n, Edge edge = Edge::zero);

/// Mean of n samples around each (n even: one more before than behind); equal to scipy.ndimage.uniform_filter1d.
[[nodiscard]] Array<double> moving_average(const MatrixView& x, Index n, Edge edge = Edge::reflect);

/// Smallest or largest of n (odd) samples around each; those beyond the ends don't count.
[[nodiscard]] Array<double> moving_minimum(const MatrixView& x, Index n);
[[nodiscard]] Array<double> moving_maximum(const MatrixView& x, Index n);

struct Despiked {
    Array<double> y;       ///< shape (n_channels, n_samples)
    Array<bool> replaced;  ///< where a sample was replaced
};

/// Hampel's filter: a sample further than `n_sigmas` * 1.4826 * MAD from the median of the `half_width` samples on both
/// sides (fewer at the ends) is replaced by that median (Davies & Gather 1993, JASA 88:782).
[[nodiscard]] Despiked hampel(const MatrixView& x, Index half_width, double n_sigmas = 3);

/// Teager-Kaiser energy x[i]^2 - x[i - 1] x[i + 1] (Kaiser 1990, ICASSP); the ends repeat their neighbours, and a
/// signal of fewer than 3 samples gives zeros.
[[nodiscard]] Array<double> teager_kaiser(const MatrixView& x);

}  // namespace biopotential::inline v0::signal
