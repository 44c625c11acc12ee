#pragma once

#include <cstdint>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// Why a window cannot be analysed, the gravest first.
enum class QualityReason : std::uint8_t { none = 0, missing = 1, flat = 2, clipped = 3, noise = 4 };

struct QualityOptions {
    double window_s = 10.0;
    double max_missing = 0.2;   ///< share of NaN or infinite samples above which a window is missing
    double max_flat = 0.3;      ///< share of samples in constant stretches of at least 0.5 s
    double max_clipped = 0.02;  ///< share of samples that stay on the lead's extreme value for at least 20 ms
    double min_index = 0.4;     ///< quality index below which a window is noise
};

/// One value per lead and window, shape (n_leads, n_windows).
struct Quality {
    Array<double> start_s;       ///< (n_windows,)
    Array<double> end_s;         ///< (n_windows,)
    Array<double> missing;       ///< share of samples
    Array<double> flat;          ///< share of samples
    Array<double> clipped;       ///< share of samples
    Array<double> ksqi;          ///< kurtosis (normal noise: 3; ECG: mostly above 5)
    Array<double> ssqi;          ///< skewness
    Array<double> psqi;          ///< power 5-15 Hz / power 5-40 Hz
    Array<double> bassqi;        ///< 1 - power 0-1 Hz / power 0-40 Hz
    Array<double> hfsqi;         ///< 1 - power above 40 Hz / power 5 Hz and above
    Array<double> index;         ///< in [0, 1]
    Array<std::uint8_t> reason;  ///< QualityReason
};

/// Judge a recording window by window (indices after Li, Mark & Clifford 2008, Physiol Meas 29:15, and Clifford et al.
/// 2012, Physiol Meas 33:1419).
///
/// The index is the geometric mean of kurtosis, pSQI, basSQI and the share below 40 Hz, each brought to [0, 1], times
/// the share of samples that are there, alive and not clipped. The last window holds what remains and is at least half
/// as long as the others, or is part of the one before. Invariant to scale and offset.
///
/// \param x   shape (n_leads, n_samples), any amplitude unit; NaN and infinity count as missing
/// \throws std::invalid_argument  fs not finite or below 50, a window of less than one second
[[nodiscard]] Quality quality(const MatrixView& x, double fs, const QualityOptions& options = {});

}  // namespace biopotential::inline v0::ecg
