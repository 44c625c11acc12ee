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
    double noise_z = 5;               ///< robust z of the ratio of what lies above and below 50 Hz; needs fs > 100 Hz
    double correlation = 0.4;         ///< a window is bad where the best neighbour correlates less ...
    double correlation_share = 0.01;  ///< ... and a channel is, where more than this share of windows is bad, or flat
    double window_s = 1;
    bool highpass = true;  ///< of 1 Hz; false where the signal is free of slow drift already
};

/// Shape (n_channels,) each. The numbers are NaN for missing and flat channels, and below four others.
struct BadChannels {
    /// "missing", "flat", "deviation", "noise", "correlation", "dropout"; empty: good
    std::vector<std::vector<std::string>> reasons;
    Array<double> deviation_z;
    Array<double> noise_z;
    Array<double> low_correlation_share;  ///< of the windows
    Array<double> dropout_share;          ///< of the windows: those in which the channel is flat
};

/// Bad channels by the deterministic criteria of the PREP pipeline (Bigdely-Shamlo et al. 2015, Front Neuroinform
/// 9:16), after a high-pass of 1 Hz; numbers equal to pyprep's. Only what is flat is judged more strictly: a channel
/// below flat_uv (pyprep: 1e-9 uV), a window below 1e-9 uV (pyprep: exactly 0). A channel with NaN is "missing" and
/// isn't compared with the others.
/// \param x  uV, shape (n_channels, n_samples), at least 2 s
[[nodiscard]] BadChannels find_bad_channels(const MatrixView& x, double fs, const BadChannelOptions& options = {});

enum Artefact : std::uint8_t {
    missing = 1,    ///< NaN or infinity
    flat = 2,       ///< peak to peak below flat_uv
    clipped = 4,    ///< clip_samples or more samples in a row at the channel's own extreme
    amplitude = 8,  ///< peak to peak within a second above the channel's limit
    muscle = 16     ///< more than muscle_share of the power above 1 Hz lies above 30 Hz, and it is more than muscle_uv
};

/// The amplitude limit of a channel is `amplitude_z` robust standard deviations above the median of its own epochs, and
/// at least peak_to_peak_uv. What is ordinary differs between channels, references and amplifiers: in 160 Hz recordings
/// of the EEG Motor Movement/Imagery data set the median within a second is 200 uV at Cz and 600 uV at Fp1, where
/// people blink, so a limit for all channels either voids the frontal ones or never applies to the others. Limits
/// by cross-validation (autoreject: Jas et al. 2017, NeuroImage 159:417) come out alike on these recordings: 360 to 390
/// uV at Cz, 700 to 1000 at Fp1, 4 to 5 % of the channel epochs lost.
struct ArtefactOptions {
    double flat_uv = 0.5;
    double peak_to_peak_uv = 150;
    double amplitude_z = 3;
    double few_epochs_uv = 400;  ///< the limit where a channel has fewer than 8 epochs to compare with
    Index clip_samples = 5;
    double muscle_share = 0.6;
    double muscle_uv = 10;  ///< RMS above 30 Hz
};

struct Artefacts {
    Array<std::uint8_t> reasons;  ///< a sum of Artefact, 0 where nothing speaks against it; (n_epochs, n_channels)
    Array<double> limit_uv;       ///< peak to peak within a second, (n_channels,)
};

/// Why an epoch of a channel can't be analysed; each channel is judged by itself.
/// \param x         uV as recorded, shape (n_channels, n_samples): missing, flat and clipped are judged by it
/// \param filtered  uV after a high-pass, same shape: amplitude and muscle are judged by it; may be x
/// \throws std::invalid_argument  shapes differ, epochs outside the signal, bad fs
[[nodiscard]] Artefacts find_artefacts(const MatrixView& x, const MatrixView& filtered, double fs,
                                       std::span<const Epoch> epochs, const ArtefactOptions& options = {});

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
