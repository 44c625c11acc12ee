#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/eeg/epochs.hpp"

namespace biopotential::inline v0::eeg {

enum class Fault {
    flat,  ///< a constant, as of an amplifier without a signal
    noisy  ///< white noise of noise_uv beside the signal, as of a dry electrode
};

struct FaultyChannel {
    std::string channel;
    Fault fault = Fault::flat;
};

struct SimulateOptions {
    double background_uv = 12;     ///< standard deviation of the 1/f background of each channel
    double correlation_rad = 2.5;  ///< backgrounds of electrodes at an angle a on the head correlate by exp(-a / this)
    double sensor_uv = 0.5;        ///< standard deviation of each channel's own white noise
    double alpha_uv = 20;          ///< amplitude at the back of the head with eyes closed, waxing and waning
    double alpha_hz = 10;
    double eyes_block_s = 0;        ///< eyes open and closed in turn, this long each; 0: alpha and blinks throughout
    double eyes_open_alpha = 0.2;   ///< what is left of alpha with eyes open
    double blinks_per_minute = 12;  ///< with eyes open
    double blink_uv = 150;          ///< at Fp1 and Fp2
    double muscle_per_minute = 0;   ///< bursts of 0.5 to 2 s over one temple
    double muscle_uv = 30;          ///< standard deviation at that temple
    double mains_uv = 2;            ///< amplitude, in all channels
    double mains_hz = 50;
    std::vector<FaultyChannel> faulty;
    double noise_uv = 80;
    std::uint64_t seed = 1;
};

/// The signal and what is true of it; positions in samples.
struct Simulated {
    Array<double> x;                 ///< uV, shape (n_channels, n_samples)
    std::vector<Index> blink_peaks;  ///< ascending
    std::vector<Epoch> eyes_closed;  ///< none where eyes_block_s is 0
    std::vector<Epoch> muscle;       ///< bursts, ascending in onset
};

/// EEG of channels at 10-10 positions, the same for a seed on every platform up to the rounding of the mathematical
/// library.
///
/// Each channel is the sum of: background (eight relaxations an octave apart, whose power falls as 1/f, mixed by the
/// Cholesky factor of the correlation between the electrodes), white noise, alpha (one oscillator whose phase
/// diffuses, strongest at the back), blinks (Gaussian, sigma 57 ms, strongest at Fp1 and Fp2), muscle (differenced
/// white noise, at the temples) and mains.
/// \throws std::invalid_argument  bad fs, less than one sample, an option < 0, a name that is no electrode's, a faulty
///                                channel that isn't among them
[[nodiscard]] Simulated simulate(double duration_s, double fs, const std::vector<std::string>& channels,
                                 const SimulateOptions& options = {});

}  // namespace biopotential::inline v0::eeg
