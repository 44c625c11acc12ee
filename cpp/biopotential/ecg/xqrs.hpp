#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The constants of WFDB's XQRS.
struct XqrsOptions {
    double low_hz = 5.0;
    double high_hz = 20.0;
    double qrs_s = 0.100;      ///< width of the wavelet
    double wavelet_s = 0.011;  ///< half the width of its middle lobe
    double refractory_s = 0.200;
    double search_back = 1.66;  ///< a gap of this many mean RR intervals lowers the threshold to half
    double likeness = 0.6;      ///< with the wavelet, of a deflection that is learnt from as a beat
    int learn_beats = 8;
};

/// Locate R peaks in one lead as WFDB's XQRS does (wfdb-python, processing.XQRS): band-pass, matched to a Ricker
/// wavelet, squared, levels learnt from eight deflections that look like the wavelet, thresholds and search-back.
/// Either polarity and any unit: where learning fails, levels come from the signal and not from millivolts. Each beat
/// on the fiducial that find_r_peaks defines. Gaps are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_xqrs(Samples ecg, double fs, const XqrsOptions& options = {});

}  // namespace biopotential::inline v0::ecg
