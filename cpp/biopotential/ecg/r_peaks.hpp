#pragma once

#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// How find_r_peaks looks for beats. The defaults serve human ECG of 20 to 300 beats a minute.
struct RPeakOptions {
    double low_hz = 6.0;            ///< lower edge of the band in which QRS energy is measured
    double high_hz = 22.0;          ///< upper edge
    double energy_window_s = 0.12;  ///< width of the moving energy, about one QRS
    double threshold = 0.43;        ///< highest height, relative to the beats around, that a beat needs
    double refractory_s = 0.20;     ///< no two beats are nearer than this
    double missed_weight = 1.8;     ///< how much a gap of twice the local RR interval asks for a lower candidate
    double locate_before_s = 0.12;  ///< the fiducial is sought from this much before the middle of the energy ...
    double locate_after_s = 0.09;   ///< ... to this much after it
};

/// Locate R peaks in one lead or in several that are fused.
///
/// The energy of each lead in the QRS band (RMS in a window of one QRS, at about 100 Hz) is divided by the height of
/// the beats around; leads are fused by the mean of its roots, so that an artefact of one lead counts little, with
/// weights from how far their beats stand above what lies between. Candidates are the maxima of that energy. Which of
/// them are beats is the best path through all (dynamic programming, linear cost): a candidate gains by its height over
/// a threshold that rises with what lies between the beats, and pays for an RR interval that is much too short or long,
/// or for a wave that is much blunter than the beat just before it; thresholds with search-back approximate that. In
/// muscle noise heights are those of a filter matched to the beats around, and an early beat in a regular rhythm pays
/// more. The fiducial is the largest deflection of the QRS from the baseline, in either direction, in the lead that
/// shows the beats best.
///
/// NaN and infinite samples are bridged, and no beat is reported in them. Where the energy has no peaks that stand out
/// (flat line, mains only) or for minutes are no more alike than noise is, no beat is reported.
///
/// \param ecg    shape (n_leads, n_samples), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  fs not finite or below 50
[[nodiscard]] std::vector<Index> find_r_peaks(const MatrixView& ecg, double fs, const RPeakOptions& options = {});

/// The constants of Pan & Tompkins 1985 and Hamilton & Tompkins 1986.
struct PanTompkinsOptions {
    double low_hz = 5.0;
    double high_hz = 15.0;
    double integration_s = 0.150;
    double refractory_s = 0.200;
    double t_wave_s = 0.360;    ///< nearer than this, a peak with less than half the slope is a T wave
    double search_back = 1.66;  ///< a gap of this many mean RR intervals lowers the threshold to half
};

/// Locate R peaks in one lead with the classical detector (Pan & Tompkins 1985, IEEE TBME 32:230): band-pass,
/// derivative, square, moving integral, two adaptive thresholds with search-back. Zero-phase filters; each beat on the
/// fiducial that find_r_peaks defines. Gaps are bridged and no beat is reported in them.
///
/// \param ecg    shape (n_samples,), any amplitude unit
/// \param fs     sampling rate in Hz, at least 50
/// \return       ascending sample indices; empty if none
/// \throws std::invalid_argument  bad fs
[[nodiscard]] std::vector<Index> find_r_peaks_pan_tompkins(Samples ecg, double fs,
                                                           const PanTompkinsOptions& options = {});

}  // namespace biopotential::inline v0::ecg
