#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of Christov 2004, algorithm 1.
struct ChristovOptions {
    double mains_s = 0.020;   ///< moving average over a period of the mains: 1 / 60 s for 60 Hz
    double muscle_s = 0.028;  ///< ... against muscle noise
    double slope_s = 0.040;   ///< ... of the slope
    double share = 0.6;       ///< of the highest slope of a beat that the threshold takes
    double refractory_s = 0.200;
    double decay_s = 1.200;            ///< from the refractory time to here the threshold falls to `share` of itself
    double integral_s = 0.350;         ///< span of the threshold that follows noise
    double integral_rate = 5.0 / 3.0;  ///< how fast it does, a second: 1 / 150 a sample at 250 Hz
};

/// Locate R peaks in one lead (Christov 2004, BioMedical Engineering OnLine 3:28): the smoothed absolute slope against
/// the sum of a threshold that a beat sets and that then falls, one that follows noise and one that falls as the next
/// beat is due. After five seconds without a beat the first is learnt anew. Each beat on the fiducial that find_r_peaks
/// defines. Gaps are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_christov(Samples ecg, double fs, const ChristovOptions& options = {});

}  // namespace biopotential::inline v0::ecg
