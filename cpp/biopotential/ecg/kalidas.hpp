#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of Kalidas & Tamil 2017.
struct KalidasOptions {
    double top_hz = 20.0;          ///< the level whose octave ends nearest to this is taken
    double integration_s = 0.150;  ///< width of the moving energy
    double refractory_s = 0.200;
    double t_wave_s = 0.360;    ///< nearer than this, a peak with less than half the slope is a T wave
    double search_back = 1.66;  ///< a gap of this many mean RR intervals lowers the threshold to half
};

/// Locate R peaks in one lead (Kalidas & Tamil 2017, IEEE BIBE 457): energy of one level of the stationary wavelet
/// transform (db3), then the thresholds of Pan & Tompkins. Each beat on the fiducial that find_r_peaks defines. Gaps
/// are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_kalidas(Samples ecg, double fs, const KalidasOptions& options = {});

}  // namespace biopotential::inline v0::ecg
