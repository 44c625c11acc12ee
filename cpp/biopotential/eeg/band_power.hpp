#pragma once

#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/eeg/epochs.hpp"

namespace biopotential::inline v0::eeg {

struct Band {
    std::string name;
    double low_hz = 0, high_hz = 0;  ///< both edges belong to the band
};

/// Delta 0.5-4, theta 4-8, alpha 8-12, sigma 12-16, beta 16-30, gamma 30-40 Hz.
[[nodiscard]] std::vector<Band> default_bands();

struct BandPowerOptions {
    std::vector<Band> bands = default_bands();
    double window_s = 4;  ///< Welch windows (Hamming, half overlapping, median); an epoch that is shorter is one window
    double edge_share = 0.95;  ///< of the spectral edge
};

/// Shapes in epochs, channels, bands, frequencies. NaN where the channel holds NaN or infinity in that epoch.
struct BandPower {
    Array<double> absolute;       ///< unit^2, (n_epochs, n_channels, n_bands)
    Array<double> relative;       ///< absolute over the power from the lowest to the highest band edge
    Array<double> edge_hz;        ///< lowest frequency with `edge_share` of that power below it, (n_epochs, n_channels)
    Array<double> alpha_peak_hz;  ///< highest local maximum from 7 to 13 Hz, refined by a parabola through the log
                                  ///< power; NaN where there is none, (n_epochs, n_channels)
    Array<double> freqs;          ///< Hz, (n_freqs,)
    Array<double> psd;            ///< unit^2 / Hz, (n_epochs, n_channels, n_freqs)
};

/// Power in frequency bands by Welch's method and Simpson's rule, as yasa.bandpower defines it (Vallat & Walker 2021,
/// eLife 10:e70092).
///
/// \param x       shape (n_channels, n_samples)
/// \param epochs  all of one length, inside x; none: the whole signal is one epoch
/// \throws std::invalid_argument  a band that holds fewer than two frequencies, epochs outside x or of several lengths
[[nodiscard]] BandPower band_power(const MatrixView& x, double fs, std::span<const Epoch> epochs = {},
                                   const BandPowerOptions& options = {});

}  // namespace biopotential::inline v0::eeg
