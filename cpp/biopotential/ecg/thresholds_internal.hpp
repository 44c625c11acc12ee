#pragma once

#include <functional>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg::detail {

/// Typical heights of what is a beat and of what is none.
struct Levels {
    double beat = 0;
    double noise = 0;
};

/// How beats are told from noise by two running levels.
struct ThresholdRules {
    double share = 0.25;  ///< the threshold lies so far from the noise's level to the beats'
    double refractory_s = 0.200;
    double t_wave_s = 0.360;             ///< so soon after a beat, half its slope is needed; 0: never asked
    double search_back = 1.66;           ///< a gap of so many mean RR intervals is searched with half the threshold
    double search_back_after_s = 0.360;  ///< ... from so long after the beat before
    bool last_eight = false;             ///< levels are means of the last eight heights, not running ones
    double slope_half_s = 0.075;         ///< the slope is the steepest in so much on either side
    double least_level = 0.01;           ///< of the height that is typical of the record: nothing lower is learnt
};

/// Beats among the peaks of a detection signal.
///
/// Where for eight seconds there is none (after an artefact, levels are too high), levels are learnt from these and
/// they are looked through again. Linear cost whatever the signal.
/// \param peaks   ascending
/// \param signal  (n,) that the peaks come from
/// \param slope   (n,)
/// \param learn   levels from a stretch of steps
[[nodiscard]] std::vector<Index> beats_by_thresholds(const std::vector<Candidate>& peaks, Samples signal, Samples slope,
                                                     double fs, const ThresholdRules& rules,
                                                     const std::function<Levels(Stretch)>& learn);

/// Median of the maxima of two-second stretches.
[[nodiscard]] double typical_height(Samples signal, double fs);

/// Highest of the values in the last `width` steps up to each.
[[nodiscard]] std::vector<double> trailing_maximum(Samples x, Index width);

}  // namespace biopotential::inline v0::ecg::detail
