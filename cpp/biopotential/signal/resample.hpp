#pragma once

#include <optional>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

/// Change the rate by up / down through a polyphase FIR (Kaiser 5.0, 10 * max(up, down) taps a side, zeros beyond the
/// ends); equal to scipy.signal.resample_poly. Shape (n_channels, ceil(n_samples * up / down)).
/// \throws std::invalid_argument  up or down < 1, a ratio whose filter is out of reason, NaN or infinity
[[nodiscard]] Array<double> resample_poly(const MatrixView& x, Index up, Index down);

/// Change the number of samples to `num` by cutting or extending the spectrum of the whole (taken as periodic); equal
/// to scipy.signal.resample. Shape (n_channels, num).
[[nodiscard]] Array<double> resample(const MatrixView& x, Index num);

/// How resample_fft continues the signal: by `samples` odd-reflected on each side, zeros where the signal ends; absent,
/// up to the next power of two.
struct FftResampleOptions {
    std::optional<Index> pad_samples;
};

/// Resample from fs to new_fs (Hz) through the spectrum after odd reflection of the ends; equal to
/// mne.filter.resample(npad="auto"), which is what mne's Raw.resample does. Shape (n_channels, round(n new_fs / fs)).
[[nodiscard]] Array<double> resample_fft(const MatrixView& x, double fs, double new_fs,
                                         const FftResampleOptions& options = {});

/// Resample from rate fs to new_fs (Hz): polyphase where their ratio is a fraction of whole numbers up to 2000, through
/// the spectrum otherwise. The number of samples is ceil(n * up / down), or n * new_fs / fs rounded.
[[nodiscard]] Array<double> resample_to(const MatrixView& x, double fs, double new_fs);

}  // namespace biopotential::inline v0::signal
