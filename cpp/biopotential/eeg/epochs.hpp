#pragma once

#include <span>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::eeg {

/// Samples [first, first + n) of a signal.
struct Epoch {
    Index first = 0, n = 0;
};

/// Epochs of `length_s` every `step_s` seconds, as many as fit; positions only, nothing is copied.
/// \param step_s  0: as long as the epochs
/// \throws std::invalid_argument  bad fs, less than one sample
[[nodiscard]] std::vector<Epoch> fixed_epochs(Index n_samples, double fs, double length_s, double step_s = 0);

/// The same within each segment: no epoch crosses a gap.
[[nodiscard]] std::vector<Epoch> fixed_epochs(std::span<const Segment> segments, double fs, double length_s,
                                              double step_s = 0);

}  // namespace biopotential::inline v0::eeg
