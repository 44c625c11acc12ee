#pragma once

#include <cstdint>
#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::ecg {

// Heart rate variability after the Task Force 1996 (Circulation 93:1043). Where the common libraries differ: standard
// deviations have ddof 1, pNNx counts over the differences, powers are in ms^2. What a recording is too short for is
// NaN.

/// Which RR intervals are no NN intervals.
enum class Exclude {
    none,
    implausible,  ///< outside [min_rr_s, max_rr_s]
    ectopic       ///< those, and intervals that differ from the median of the 11 around by more than max_deviation
};

struct NnOptions {
    Exclude exclude = Exclude::implausible;
    double min_rr_s = 0.25;
    double max_rr_s = 3.0;
    double max_deviation = 0.2;            ///< share of the local median
    std::span<const std::uint8_t> normal;  ///< (n_beats,) 0 where a beat is known not to be normal: both its
                                           ///< intervals are excluded. Empty: nothing is known
};

/// The NN intervals of a recording.
struct NnIntervals {
    Array<double> nn_ms;           ///< (n_nn,)
    Array<double> time_s;          ///< (n_nn,) the beat that ends the interval, from the first sample
    Array<std::uint8_t> adjacent;  ///< (n_nn,) 1 where the interval before is an NN interval too
    Index n_intervals = 0;         ///< RR intervals before exclusion
    double duration_s = 0;         ///< first to last beat
};

/// \param r_peaks  ascending sample positions
/// \throws std::invalid_argument  bad fs, positions that do not ascend, a mask of another length
[[nodiscard]] NnIntervals nn_intervals(std::span<const Index> r_peaks, double fs, const NnOptions& options = {});

struct HrvTime {
    Index n_nn = 0;
    double excluded_percent = 0;  ///< of the RR intervals
    double mean_nn_ms = 0, median_nn_ms = 0, min_nn_ms = 0, max_nn_ms = 0;
    double mean_hr_bpm = 0;    ///< 60000 / mean_nn_ms
    double sdnn_ms = 0;        ///< ddof 1
    double rmssd_ms = 0;       ///< over differences of adjacent NN intervals
    double sdsd_ms = 0;        ///< SD of the signed differences, ddof 1
    double nn50 = 0;           ///< differences of more than 50 ms, in floating point: 50 sharp may count
    double pnn50_percent = 0;  ///< of the differences
    double pnn20_percent = 0;
    double cvnn = 0;           ///< sdnn / mean
    double sdann_ms = 0;       ///< SD of the means of whole 5 min stretches; NaN below two
    double sdnn_index_ms = 0;  ///< mean of their SDs
    double hti = 0;            ///< triangular index, bins of 7.8125 ms
    double tinn_ms = 0;        ///< base of the triangle that fits that histogram best (least squares)
};
[[nodiscard]] HrvTime hrv_time(const NnIntervals& nn);

struct NnSpectrumOptions {
    double resample_hz = 4.0;  ///< natural cubic spline through the NN intervals at the beats that end them, straight
                               ///< lines where intervals were excluded
    double segment_s = 256.0;  ///< Welch: Hann, half overlap, linear trend of each segment removed
};
/// Spectrum of the NN intervals: freqs in Hz (n_freqs,), psd in ms^2/Hz (1, n_freqs); both empty where there are fewer
/// than 16 intervals or less than a minute.
/// \throws std::invalid_argument  options that are not > 0
[[nodiscard]] signal::Spectrum nn_spectrum(const NnIntervals& nn, const NnSpectrumOptions& options = {});

struct HrvFrequencyOptions {
    NnSpectrumOptions spectrum;
    double vlf_hz = 0.0033;  ///< lower edges of the bands, each [low, high)
    double lf_hz = 0.04;
    double hf_hz = 0.15;
    double top_hz = 0.40;
};

struct HrvFrequency {
    double vlf_ms2 = 0, lf_ms2 = 0, hf_ms2 = 0;
    double total_ms2 = 0;         ///< vlf + lf + hf
    double lf_nu = 0, hf_nu = 0;  ///< percent of total - vlf
    double lf_hf = 0;
    double lf_peak_hz = 0, hf_peak_hz = 0;
};
/// Powers are sums of bins times their width. LF and VLF need two minutes, HF one (Task Force); NaN below.
/// \throws std::invalid_argument  edges that do not ascend or lie above resample_hz / 2
[[nodiscard]] HrvFrequency hrv_frequency(const NnIntervals& nn, const HrvFrequencyOptions& options = {});

struct HrvNonlinear {
    double sd1_ms = 0, sd2_ms = 0, sd1_sd2 = 0;  ///< Poincare plot of adjacent NN intervals, ddof 1
    double sampen = 0;      ///< m = 2, r = 0.2 SD (ddof 1), Chebyshev, <= r; templates of adjacent intervals only
    double dfa_alpha1 = 0;  ///< windows of 4 to 11 beats, half overlapping, linear trend (Peng 1995, Chaos 5:82)
    double dfa_alpha2 = 0;  ///< 12 to 64 beats
};
[[nodiscard]] HrvNonlinear hrv_nonlinear(const NnIntervals& nn);

}  // namespace biopotential::inline v0::ecg
