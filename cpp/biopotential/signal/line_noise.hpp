#pragma once

#include <optional>
#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

struct LineFitOptions {
    std::vector<double> freqs_hz;        ///< lines to remove; empty: those that an F test finds in each window
    double window_s = 10;                ///< windows of this length, half overlapping; the whole signal where shorter
    std::optional<double> bandwidth_hz;  ///< full width of the tapers; absent: half bandwidth 4 in units of fs / n
    double p = 0.05;                     ///< of the F test, divided by the number of samples (Bonferroni)
    std::optional<double> width_hz;      ///< of each line, besides its nearest frequency; absent: freqs / 200
};

/// Remove sinusoids that a multitaper regression fits in sliding windows (Thomson 1982; Mitra & Bokil 2008); equal to
/// mne.filter.notch_filter(method="spectrum_fit").
/// \param x  shape (n_channels, n_samples)
[[nodiscard]] Array<double> remove_lines(const MatrixView& x, double fs, const LineFitOptions& options = {});

struct ZaplineOptions {
    Index n_remove = 1;          ///< components to take out
    std::optional<Index> n_fft;  ///< length of the windows that measure the line; absent: about 1 s and whole periods
};

/// Remove line noise from many channels at once (de Cheveigne 2020, NeuroImage 207:116356): the signal without the
/// line's periods (a moving average of one period) is kept as it is; from the rest, the components whose share of
/// power at the line and its harmonics is largest are projected out.
/// \param x  shape (n_channels, n_samples), at least two channels and one window
[[nodiscard]] Array<double> zapline(const MatrixView& x, double line_hz, double fs, const ZaplineOptions& options = {});

}  // namespace biopotential::inline v0::signal
