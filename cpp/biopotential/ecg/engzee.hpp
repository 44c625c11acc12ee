#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of Lourenco et al. 2012.
struct EngzeeOptions {
    double mains_hz = 50.0;  ///< removed, 2 Hz to either side; 0: nothing is
    double share = 0.6;      ///< of the highest slope of a beat that the threshold takes
    double refractory_s = 0.200;
    double decay_s = 1.200;       ///< from the refractory time to here the threshold falls to `share` of itself
    double turn_s = 0.160;        ///< within this the slope changes its sign
    double turn_width_s = 0.010;  ///< ... for at least this long
};

/// Locate R peaks in one lead (Engelse & Zeelenberg 1979, Computers in Cardiology 6:37, with the thresholds of Lourenco
/// et al. 2012, BIOSIGNALS 49): a smoothed difference exceeds a threshold that falls after each beat, and
/// soon after changes its sign. Here either
/// direction may come first. After five seconds without a beat the
/// threshold is learnt anew. Each beat on the fiducial that find_r_peaks defines. Gaps are bridged and no beat is
/// reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_engzee(Samples ecg, double fs, const EngzeeOptions& options = {});

}  // namespace biopotential::inline v0::ecg
