#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

enum class RhythmKind : std::uint8_t {
    bradycardia = 0,
    tachycardia = 1,
    pause = 2,                ///< an interval longer than pause_s
    asystole = 3,             ///< an interval of at least asystole_s
    irregular = 4,            ///< RR intervals as disordered as in atrial fibrillation
    atrial_fibrillation = 5,  ///< ... and no P waves: probable atrial fibrillation
};

struct RhythmOptions {
    double bradycardia_bpm = 50;   ///< Kusumoto et al. 2019, Circulation 140:e382
    double tachycardia_bpm = 100;  ///< Page et al. 2016, Circulation 133:e506
    Index episode_beats = 8;       ///< intervals in a row that make brady- or tachycardia, each a median of 5
    double pause_s = 2;
    double asystole_s = 4;            ///< Clifford et al. 2015, Computing in Cardiology 42:273
    Index irregular_beats = 30;       ///< intervals of a window in which disorder is judged
    double irregular_entropy = -1.4;  ///< coefficient of sample entropy above which a window is irregular
    double af_probability = 0.5;      ///< probability above which a window of irregular_beats counts as fibrillation
};

/// One stretch of the timeline.
struct RhythmEpisode {
    RhythmKind kind = RhythmKind::pause;
    Index first = 0, last = 0;  ///< beats at its ends
    double onset_s = 0, duration_s = 0;
    double value = 0;  ///< brady-, tachycardia: lowest, highest rate (bpm); pause, asystole: seconds; irregular:
                       ///< entropy; fibrillation: highest probability
};

struct Rhythm {
    double mean_hr_bpm = 0;  ///< 60 / mean of the intervals that count
    double min_hr_bpm = 0;   ///< lowest and highest mean over 8 intervals in a row (or over all, if fewer)
    double max_hr_bpm = 0;
    double irregular_share = 0;           ///< of the time of intervals that count
    double af_share = 0;                  ///< of the same time; NaN without P waves
    Array<double> af_probability;         ///< (n_beats,) of the window around each beat; NaN: unknown
    Array<double> entropy;                ///< (n_beats,) coefficient of sample entropy around each beat; NaN: unknown
    std::vector<RhythmEpisode> episodes;  ///< ascending in onset
};

/// Coefficient of sample entropy of RR intervals (Lake & Moorman 2011, AJP Heart 300:H319): m = 1, the tolerance is
/// 30 ms, or what at least five matches of length two need; plus log of twice the tolerance, minus log of the mean
/// interval. NaN below 12 intervals.
[[nodiscard]] double coefficient_of_sample_entropy(std::span<const double> rr_s);

/// Probability that a stretch of beats is atrial fibrillation, from its RR intervals and P waves.
///
/// Logistic in seven numbers: size and spread of the differences of intervals (relative to the median interval), the
/// share of those above 10 %, correlation of neighbouring intervals, rate, and median and upper quartile of the
/// logarithm of the odds that there is a P wave. Fitted to the 390 + 2,408 recordings A and N of CinC 2017 that the
/// project has. NaN below 6 intervals.
///
/// \param rr_s           RR intervals in seconds
/// \param p_probability  of each beat's P wave, as delineate gives it
[[nodiscard]] double atrial_fibrillation_probability(std::span<const double> rr_s,
                                                     std::span<const double> p_probability);

/// Rate, pauses, brady- and tachycardia and irregularity of a row of beats.
///
/// \param times_s  ascending times of beats
/// \param counts   (n_beats,) 0 where the interval that ends at this beat is unknown: after a gap, in noise. The first
///                 value means nothing
/// \param p_probability  (n_beats,) of each beat's P wave; empty: fibrillation is not looked for
/// \throws std::invalid_argument  times that do not ascend, another length, an option that is not > 0
[[nodiscard]] Rhythm rhythm(std::span<const double> times_s, std::span<const std::uint8_t> counts,
                            const RhythmOptions& options = {}, std::span<const double> p_probability = {});

}  // namespace biopotential::inline v0::ecg
