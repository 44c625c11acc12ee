#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

struct SimulateOptions {
    double background_uv = 12;  ///< standard deviation of the 1/f background, half of it common to all channels
    double alpha_uv = 20;       ///< amplitude at the back of the head, waxing and waning
    double alpha_hz = 10;
    double blinks_per_minute = 12;
    double blink_uv = 150;  ///< at Fp1 and Fp2
    double mains_uv = 2;
    double mains_hz = 50;
    std::uint64_t seed = 1;
};

struct Simulated {
    Array<double> x;                 ///< uV, shape (n_channels, n_samples)
    std::vector<Index> blink_peaks;  ///< samples
};

/// EEG of channels at 10-10 positions: background, alpha, blinks and mains, the same for a seed on every platform up to
/// the rounding of the mathematical library.
/// \throws std::invalid_argument  bad fs, less than one sample, a name that is no electrode's
[[nodiscard]] Simulated simulate(double duration_s, double fs, const std::vector<std::string>& channels,
                                 const SimulateOptions& options = {});

}  // namespace biopotential::inline v0::eeg
