#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

struct Spindle {
    Index channel = 0;
    Index first = 0, last = 0;      ///< samples, both belong to it
    Index peak = 0;                 ///< the most prominent one
    double amplitude_uv = 0;        ///< peak to peak, without the line, broad band
    double sigma_amplitude_uv = 0;  ///< peak to peak in the spindle band
    double rms_uv = 0;              ///< without the line, broad band
    double abs_power = 0;           ///< median log10 of the power in the spindle band, uV^2
    double rel_power = 0;           ///< median share of the spindle band in the broad band
    double frequency_hz = 0;        ///< median instantaneous frequency
    Index oscillations = 0;         ///< positive peaks
    double symmetry = 0;            ///< position of the peak, 0 to 1
};

struct SpindleOptions {
    double low_hz = 12, high_hz = 15;
    double broad_low_hz = 1, broad_high_hz = 30;
    double shortest_s = 0.5, longest_s = 2;  ///< exclusive
    double min_distance_s = 0.5;             ///< nearer ones are one
    double rel_power = 0.2;                  ///< share of the spindle band in 2 s windows
    double correlation = 0.65;               ///< of spindle and broad band in 0.3 s windows
    double rms_sd = 1.5;      ///< RMS of the spindle band: so many trimmed standard deviations above its mean ...
    double rms_most_uv = 10;  ///< ... and this at most
};

/// Sleep spindles where all three criteria hold; equal to yasa.spindles_detect (Vallat & Walker 2021, eLife 10:e70092;
/// after Lacourse et al. 2019, J Neurosci Methods 316:3).
/// \param x        uV, shape (n_channels, n_samples); NaN and infinity are refused
/// \param include  samples that count, such as those of N2 and N3, shape (n_samples,); none: all
/// \return         ascending in channel and time
/// \throws std::invalid_argument  fs <= 2 * broad_high_hz or < 20, bands or limits that contradict, less than 2 s
[[nodiscard]] std::vector<Spindle> spindles(const MatrixView& x, double fs, std::span<const std::uint8_t> include = {},
                                            const SpindleOptions& options = {});

struct SlowWave {
    Index channel = 0;
    Index first = 0, negative_peak = 0, middle = 0, positive_peak = 0, last = 0;  ///< samples; crossings of zero
    double negative_uv = 0, positive_uv = 0;                                      ///< at the peaks
    double peak_to_peak_uv = 0;
    double slope_uv_per_s = 0;  ///< from the negative peak to the middle
    double frequency_hz = 0;    ///< 1 / duration
};

struct SlowWaveOptions {
    double low_hz = 0.3, high_hz = 1.5;
    double negative_shortest_s = 0.3, negative_longest_s = 1.5;
    double positive_shortest_s = 0.1, positive_longest_s = 1;
    double negative_least_uv = 40, negative_most_uv = 200;
    double positive_least_uv = 10, positive_most_uv = 150;
    double peak_to_peak_least_uv = 75, peak_to_peak_most_uv = 350;
};

/// Slow waves: a negative half wave and the positive one after it; equal to yasa.sw_detect (after Massimini et al.
/// 2004, J Neurosci 24:6862, and Carrier et al. 2011, Eur J Neurosci 33:758). Parameters as spindles.
[[nodiscard]] std::vector<SlowWave> slow_waves(const MatrixView& x, double fs,
                                               std::span<const std::uint8_t> include = {},
                                               const SlowWaveOptions& options = {});

}  // namespace biopotential::inline v0::eeg
