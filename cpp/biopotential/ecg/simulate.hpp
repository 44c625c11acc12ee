#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

struct SimulateOptions {
    std::vector<std::string> leads = {"II", "V1"};  ///< of I II III aVR aVL aVF V1 ... V6 (MLII is II)
    double heart_rate_bpm = 70;
    double lf_ms = 25;                    ///< SD of the RR interval at 0.1 Hz
    double hf_ms = 20;                    ///< ... at 0.25 Hz
    double ventricular_percent = 0;       ///< of the beats: premature, wide, with a compensatory pause
    double supraventricular_percent = 0;  ///< premature, narrow, without
    double wander_mv = 0.1;               ///< SD of the baseline, 0.05 to 0.4 Hz
    double muscle_mv = 0.01;              ///< SD of the muscle noise
    double mains_mv = 0.005;              ///< amplitude
    double mains_hz = 50;
    std::uint64_t seed = 0;
};

struct Simulated {
    Array<double> x;             ///< mV, shape (n_leads, n_samples)
    std::vector<Index> r_peaks;  ///< middle of each QRS, ascending
    std::vector<char> labels;    ///< N, V or S
};

/// An ECG with known beats, the same on every platform for a seed (up to the rounding of exp and sin).
///
/// Each wave is a Gaussian in time around the beat, P and T at distances that scale with the square root of the RR
/// interval (McSharry et al. 2003, IEEE TBME 50:289), here as a vector in space that Dower's matrix (Dower et al. 1980,
/// Clin Cardiol 3:87) projects on each lead, so that the leads fit each other. RR intervals vary in the LF and HF bands
/// by sums of sinusoids with random phases.
///
/// \param duration_s  length in seconds
/// \param fs          sampling rate in Hz, at least 50
/// \throws std::invalid_argument  bad duration, rate or option; a lead that is not known
[[nodiscard]] Simulated simulate(double duration_s, double fs, const SimulateOptions& options = {});

}  // namespace biopotential::inline v0::ecg
