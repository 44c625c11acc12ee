#pragma once

#include <span>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// Rates and limits of delineate. The defaults serve human ECG of 20 to 300 beats a minute.
struct DelineateOptions {
    double min_probability = 0.5;  ///< a wave that is less likely than this to be there is reported as absent
    Index template_beats = 12;     ///< beats before and after that the P wave is compared with
};

/// Waves of every beat. A row a beat; positions are samples; NaN is a wave that is absent, or a measure that lacks one.
struct Delineation {
    Array<double> p_onset, p_peak, p_offset;  ///< (n_beats,)
    Array<double> qrs_onset, qrs_offset;      ///< (n_beats,)
    Array<double> t_onset, t_peak, t_offset;  ///< (n_beats,)
    Array<double> p_probability;              ///< (n_beats,) that there is a P wave, also where it is reported absent
    Array<double> t_probability;              ///< (n_beats,) that there is a T wave
    Array<double> rr_ms;                      ///< (n_beats,) interval that ends at the beat; NaN for the first
    Array<double> pr_ms, qrs_ms, qt_ms;       ///< (n_beats,) P onset to QRS onset, QRS, QRS onset to T offset
    Array<double> qtc_bazett_ms;              ///< QT / sqrt(RR in s) (1920)
    Array<double> qtc_fridericia_ms;          ///< QT / cbrt(RR in s) (1920)
    Array<double> qtc_framingham_ms;          ///< QT + 154 (1 - RR in s) (Sagie et al. 1992)
    Array<double> qtc_hodges_ms;              ///< QT + 1.75 (60 / RR in s - 60) (1983)
    Array<double> p_amplitude, q_amplitude;   ///< (n_leads, n_beats) from the level just before the QRS, signed
    Array<double> r_amplitude, s_amplitude;   ///< (n_leads, n_beats) Q and S: lowest before and after the R peak
    Array<double> t_amplitude;                ///< (n_leads, n_beats)
    Array<double> st_level;                   ///< (n_leads, n_beats) 60 ms after the QRS
    Array<double> st_slope_per_s;             ///< (n_leads, n_beats) from 20 to 80 ms after the QRS
};

/// Find onset, peak and offset of P, QRS and T around given R peaks, and measure them.
///
/// QRS: where the slope rises above and falls below a share of its height in the beat. T and P are sought in the signal
/// without the QRS (a straight line in its place) below 15 Hz. A wave's peak is the extreme that stands out most on
/// both sides; its ends are the corners of the signal, where it is farthest from the chord between the peak and the
/// level beyond (the triangle rule). P waves are probable where the neighbouring beats show the same wave at the same
/// place and little else (atrial fibrillation does not). Several leads: each is delineated by itself; onset, peak and
/// offset are the lower quartile, median and upper quartile over the leads that show the wave.
///
/// The order P onset < P peak < P offset <= QRS onset < QRS offset <= T onset < T peak < T offset holds in every row,
/// and T offset lies before the next row's P onset. NaN and infinite samples are bridged; a wave that touches them is
/// absent.
///
/// \param ecg      shape (n_leads, n_samples), any amplitude unit
/// \param r_peaks  ascending positions in ecg
/// \param fs       sampling rate in Hz, at least 50
/// \throws std::invalid_argument  bad fs, positions that do not ascend or lie outside
[[nodiscard]] Delineation delineate(const MatrixView& ecg, std::span<const Index> r_peaks, double fs,
                                    const DelineateOptions& options = {});

}  // namespace biopotential::inline v0::ecg
