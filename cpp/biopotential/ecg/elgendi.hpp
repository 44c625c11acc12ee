#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of Elgendi et al. 2010 and Elgendi 2013.
struct ElgendiOptions {
    double low_hz = 8.0;
    double high_hz = 20.0;
    double qrs_s = 0.120;          ///< moving average as long as a QRS
    double beat_s = 0.600;         ///< ... as long as a beat
    double least_width_s = 0.080;  ///< the first stays above the second at least as long
    double offset = 0.08;          ///< of the mean energy, that it must exceed it by
    double refractory_s = 0.300;
};

/// Locate R peaks in one lead (Elgendi, Jonkman, De Boer 2010, BIOSIGNALS 428; squared and with the offset of
/// Elgendi 2013, PLoS ONE 8:e73557): where a moving average of one QRS of
/// the squared band exceeds one of a whole beat. Each beat on the fiducial that find_r_peaks defines. Gaps are
/// bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_elgendi(Samples ecg, double fs, const ElgendiOptions& options = {});

}  // namespace biopotential::inline v0::ecg
