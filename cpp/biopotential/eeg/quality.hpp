#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/eeg/epochs.hpp"

namespace biopotential::inline v0::eeg {

struct BadChannelOptions {
    double flat_uv = 0.1;             ///< a standard deviation below this is flat
    double deviation_z = 5;           ///< robust z of the amplitude (0.7413 * IQR) over channels
    double noise_z = 5;               ///< robust z of the share of power above 50 Hz; needs fs > 100 Hz
    double correlation = 0.4;         ///< a window is bad where the best neighbour correlates less ...
    double correlation_share = 0.01;  ///< ... and a channel is, where more than this share of windows is bad
    double window_s = 1;
};

/// Shape (n_channels,) each. The z values are NaN for flat channels and below four channels that aren't flat.
struct BadChannels {
    std::vector<std::vector<std::string>>
        reasons;  ///< "missing", "flat", "deviation", "noise", "correlation"; empty: good
    Array<double> deviation_z;
    Array<double> noise_z;
    Array<double> low_correlation_share;  ///< of the windows
};

/// Bad channels by the criteria of the PREP pipeline without its RANSAC (Bigdely-Shamlo et al. 2015, Front Neuroinform
/// 9:16), after a high-pass of 1 Hz. A channel with NaN is "missing" and isn't compared with the others.
/// \param x  uV, shape (n_channels, n_samples), at least 2 s
[[nodiscard]] BadChannels find_bad_channels(const MatrixView& x, double fs, const BadChannelOptions& options = {});

enum Artefact : std::uint8_t {
    missing = 1,    ///< NaN or infinity
    flat = 2,       ///< peak to peak below flat_uv
    clipped = 4,    ///< clip_samples or more samples in a row at the channel's own extreme
    amplitude = 8,  ///< peak to peak within a second above the limit: slow drift is none
    muscle = 16     ///< more than muscle_share of the power above 1 Hz lies above 30 Hz, and it is more than muscle_uv
};

struct ArtefactOptions {
    double flat_uv = 0.5;
    double peak_to_peak_uv = 400;
    Index clip_samples = 5;
    double muscle_share = 0.6;
    double muscle_uv = 10;  ///< RMS above 30 Hz
};

/// Why an epoch of a channel can't be analysed: a sum of Artefact, 0 where nothing speaks against it; shape (n_epochs,
/// n_channels).
/// \param x  uV, shape (n_channels, n_samples)
[[nodiscard]] Array<std::uint8_t> find_artefacts(const MatrixView& x, double fs, std::span<const Epoch> epochs,
                                                 const ArtefactOptions& options = {});

struct Blink {
    Index peak = 0, first = 0, n = 0;  ///< samples; the extent is that above half of the peak
    double amplitude_uv = 0;
};

struct BlinkOptions {
    double threshold_uv = 50;  ///< and at least 4 robust standard deviations
    double min_distance_s = 0.25;
    double shortest_s = 0.05, longest_s = 0.5;  ///< width at half of the peak
};

/// Blinks: deflections like those of the eyelids in the mean of frontal channels (Fp1, Fp2) after 1-10 Hz, positive.
/// \param frontal  uV, shape (n_channels, n_samples)
/// \throws std::invalid_argument  NaN, less than 2 s
[[nodiscard]] std::vector<Blink> find_blinks(const MatrixView& frontal, double fs, const BlinkOptions& options = {});

}  // namespace biopotential::inline v0::eeg
