#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of Martinez et al. 2004, section on QRS detection.
struct MartinezOptions {
    double threshold = 1.0;         ///< of each scale's RMS that a maximum reaches, half of it at the coarsest scale
    Index excerpt_samples = 65536;  ///< steps over which the RMS is taken
    double pair_s = 0.120;          ///< maxima of a QRS are no farther apart
    double refractory_s = 0.275;
    double search_back = 1.5;  ///< a gap of this many mean RR intervals is searched with half the thresholds
};

/// Locate R peaks in one lead (Martinez et al. 2004, IEEE TBME 51:570): maxima of the modulus of the wavelet transform
/// with the derivative of a quadratic-spline smoothing (Mallat's algorithme a trous) that can be followed through the
/// scales, in pairs of opposite sign. Scales are those nearest to the paper's at 250 Hz. Each beat on the fiducial that
/// find_r_peaks defines. Gaps are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_martinez(Samples ecg, double fs, const MartinezOptions& options = {});

}  // namespace biopotential::inline v0::ecg
