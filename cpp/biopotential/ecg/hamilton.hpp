#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of Hamilton 2002.
struct HamiltonOptions {
    double low_hz = 8.0;
    double high_hz = 16.0;
    double average_s = 0.080;
    double refractory_s = 0.200;
    double t_wave_s = 0.360;    ///< nearer than this, a peak with less than half the slope is a T wave
    double threshold = 0.45;    ///< from the mean height of the last eight noise peaks to that of the last eight beats
    double search_back = 1.5;   ///< a gap of this many mean RR intervals lowers the threshold to half
    double baseline_s = 0.220;  ///< a peak whose slopes in this window have one sign is a shift of the baseline
};

/// Locate R peaks in one lead (Hamilton 2002, Computers in Cardiology 29:101): band-pass, rectified derivative, moving
/// average, thresholds from the last eight beats and noise peaks, search-back. Zero-phase filters; each beat on the
/// fiducial that find_r_peaks defines. Gaps are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_hamilton(Samples ecg, double fs, const HamiltonOptions& options = {});

}  // namespace biopotential::inline v0::ecg
