#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// Constants named as in the manual of WFDB's gqrs.
struct GqrsOptions {
    double qrs_s = 0.070;           ///< length of the QRS that the filter matches
    double threshold = 1.0;         ///< relative to the default; lower finds more
    double rr_s = 0.800;            ///< expected interval at the start
    double rr_deviation_s = 0.200;  ///< ... and its deviation
    double rr_min_s = 0.280;
    double rt_min_s = 0.250;  ///< a T wave peaks from so long
    double rt_max_s = 0.360;  ///< ... to so long after its QRS
};

/// Locate R peaks in one lead in the manner of WFDB's gqrs, built anew from its manual page: trapezoidal low-pass,
/// filter matched to a QRS, a peak of its squared output is a beat where it exceeds a threshold that follows the beats;
/// where the next beat is overdue (by the running mean and deviation of RR) the gap is searched with a lower threshold;
/// a peak at the T wave's time and about as high as T waves before is none. Any unit: the threshold comes from the
/// signal. Each beat on the fiducial that find_r_peaks defines. Gaps are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_gqrs(Samples ecg, double fs, const GqrsOptions& options = {});

}  // namespace biopotential::inline v0::ecg
