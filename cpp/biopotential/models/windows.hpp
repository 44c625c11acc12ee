#pragma once

#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::models {

/// Names of the features that rr_side_features() computes.
[[nodiscard]] const std::vector<std::string>& side_feature_names();

/// Rhythm around each beat, as networks take it in: shape (n_beats, n_features), columns in the order of `names`.
///
/// "pre_rr_s", "post_rr_s": interval to the beat before and after, in seconds, at most 3. "local_rr_s": median of the
/// 10 intervals before and the 10 after (fewer at the ends). "pre_ratio", "post_ratio": the intervals over that median,
/// at most 3. The interval that the first and the last beat lack is the local median.
///
/// \param r_peaks  ascending sample positions; none, or at least two
/// \throws std::invalid_argument  unknown name, one beat only, positions that do not ascend
[[nodiscard]] Array<double> rr_side_features(std::span<const Index> r_peaks, double fs,
                                             std::span<const std::string> names);

/// Windows of a signal, shape (n_windows, n_channels, n): window i holds samples starts[i] ... starts[i] + n - 1;
/// beyond the ends of the signal its first or last sample is held.
/// \throws std::invalid_argument  an empty signal with windows to cut
[[nodiscard]] Array<double> cut_windows(const MatrixView& x, std::span<const Index> starts, Index n);

}  // namespace biopotential::inline v0::models
