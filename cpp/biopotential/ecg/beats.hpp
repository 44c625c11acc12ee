#pragma once

#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// Beats cut from a signal and brought to one rate, for features and classifiers.
///
/// Each window runs from `before_s` before to `after_s` after the R peak, n = round((before_s + after_s) * fs_out)
/// samples; sample k lies at r_peak - before_s + k / fs_out. Below fs the signal is averaged over 1 / fs_out around
/// each point so that nothing aliases, then read by linear interpolation. Beyond the ends of the recording the first
/// or last sample is held. NaN comes through.
///
/// \param x        shape (n_channels, n_samples)
/// \param r_peaks  ascending sample positions
/// \return         shape (n_beats, n_channels, n)
/// \throws std::invalid_argument  fs, fs_out or the window not > 0; positions outside x or not ascending
[[nodiscard]] Array<double> beat_windows(const MatrixView& x, std::span<const Index> r_peaks, double fs,
                                         double before_s, double after_s, double fs_out);

/// The RR intervals around each beat.
struct RrFeatures {
    Array<double> pre_rr_s;    ///< (n_beats,) interval to the beat before; NaN for the first
    Array<double> post_rr_s;   ///< (n_beats,) interval to the beat after; NaN for the last
    Array<double> local_rr_s;  ///< (n_beats,) median of the 10 intervals before and after (fewer at the ends)
    Array<double> pre_ratio;   ///< (n_beats,) pre_rr_s / local_rr_s
    Array<double> post_ratio;  ///< (n_beats,) post_rr_s / local_rr_s
};

/// \param r_peaks  ascending sample positions
/// \throws std::invalid_argument  bad fs, positions that do not ascend
[[nodiscard]] RrFeatures rr_features(std::span<const Index> r_peaks, double fs);

}  // namespace biopotential::inline v0::ecg
