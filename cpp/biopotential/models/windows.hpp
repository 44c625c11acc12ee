#pragma once

#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::models {

/// Names of the features of a beat beside its window: those of rr_side_features(), then those of
/// shape_side_features().
[[nodiscard]] const std::vector<std::string>& side_feature_names();

/// Whether shape_side_features() computes it, which needs the beats' windows.
[[nodiscard]] bool is_shape_feature(const std::string& name);

/// Rhythm around each beat, as networks take it in: shape (n_beats, n_features), columns in the order of `names`.
///
/// "pre_rr_s", "post_rr_s": interval to the beat before and after, in seconds. "local_rr_s": median of the 10 intervals
/// before and the 10 after (fewer at the ends). "pre_ratio", "post_ratio": the intervals over that median;
/// "pre2_ratio", "pre3_ratio", "post2_ratio": those one and two further away. "pair_ratio": pre and post over twice the
/// median. "pre_change", "post_change": pre over the interval before it, post over pre. "pre_long_ratio",
/// "post_long_ratio", "local_long_ratio": over the median of 150 intervals on each side, which tells a run from the
/// rest. "early_share": of the 30 beats on each side, how many come before 0.88 of their median.
/// "irregularity", "irregularity2", "irregularity4": median, over 10 beats on each side, of how far an interval is from
/// the nearest of the 1, 2, 4 before it, over the local median: fibrillation stays irregular, bigeminy does not.
/// "irregularity2_long": over 50 beats on each side. All at most 3. The interval that the first and the last beat lack
/// is the local median.
///
/// \param r_peaks  ascending sample positions; none, or at least two
/// \throws std::invalid_argument  unknown name, one beat only, positions that do not ascend
[[nodiscard]] Array<double> rr_side_features(std::span<const Index> r_peaks, double fs,
                                             std::span<const std::string> names);

/// What a window must hold for shape_side_features(), seconds before and after the R peak, and its least rate in Hz.
inline constexpr double shape_before_s = 0.28, shape_after_s = 0.55, shape_least_fs = 50;

/// How each beat looks beside the others of its stretch: shape (n_beats, n_features), within -5 and 5.
///
/// The stretch's usual beat is the median of those that resemble each other (correlation of at least 0.9 over the QRS,
/// -0.12 to 0.16 s, in three rounds from the median of all; of at most 2,000, evenly spaced). Each beat is moved by up
/// to 40 ms onto it, and all amplitudes are over the usual QRS's. "usual_correlation", "usual_correlation_beat" (-0.16
/// to 0.45 s), "usual_correlation_t" (0.16 to 0.55 s), "usual_correlation_p" (-0.28 to -0.07 s): correlation with the
/// usual beat. "usual_error_qrs", "usual_error_t", "usual_error_p": root mean square difference from it.
/// "qrs_amplitude", "qrs_max", "qrs_min", "qrs_area": of the beat. "qrs_width_s": between the first and last slope
/// above 0.3 of the steepest; "qrs_width15_change_s", "qrs_width30_change_s", "qrs_width50_change_s": less the usual
/// beat's, at 0.15, 0.3 and 0.5. "slope": steepest over the usual beat's; "sharpness": steepest per sample over the
/// amplitude. "p_amplitude": peak to peak where P is. "t_max_change", "t_min_change": less the usual beat's.
/// "previous_correlation", "next_correlation": of the QRS with the neighbours'. "local_correlation": with the median of
/// the 8 beats on each side; "local_usual_correlation": of that median with the usual beat;
/// "usual_correlation_median": of usual_correlation over 5 beats on each side. "similar_share": of 200 beats, evenly
/// spaced, how many correlate by more than 0.9; "similar_pre_ratio", "similar_post_ratio": the mean pre_ratio and
/// post_ratio of those, which are below and above 1 where beats of that look come early.
///
/// \param windows  shape (n_beats, n_channels, n_samples), the first channel counts
/// \param before   samples from the window's start to the R peak
/// \param fs       of the windows, Hz, at least 50
/// \param rhythm   shape (n_beats, 2): pre_ratio and post_ratio
/// \throws std::invalid_argument  unknown name, windows that don't reach from 0.28 s before to 0.55 s after the R peak
[[nodiscard]] Array<double> shape_side_features(const Array<double>& windows, Index before, double fs,
                                                const Array<double>& rhythm, std::span<const std::string> names);

/// Windows of a signal, shape (n_windows, n_channels, n): window i holds samples starts[i] ... starts[i] + n - 1;
/// beyond the ends of the signal its first or last sample is held.
/// \throws std::invalid_argument  an empty signal with windows to cut
[[nodiscard]] Array<double> cut_windows(const MatrixView& x, std::span<const Index> starts, Index n);

}  // namespace biopotential::inline v0::models
