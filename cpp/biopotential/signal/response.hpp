#pragma once

#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/design.hpp"

namespace biopotential::inline v0::signal {

/// Frequency response of b(z) / a(z) at n frequencies k * fs / (2 n); equal to scipy.signal.freqz.
[[nodiscard]] FrequencyResponse freqz(Samples b, Samples a, double fs, Index n = 512);

struct GroupDelay {
    Array<double> freqs;          ///< Hz, shape (n,)
    Array<double> delay_samples;  ///< shape (n,); 0 where the gain is 0
};
/// -d phase / d omega of b(z) / a(z); equal to scipy.signal.group_delay.
[[nodiscard]] GroupDelay group_delay(Samples b, Samples a, double fs, Index n = 512);
/// The same of second-order sections: the sum of theirs.
[[nodiscard]] GroupDelay sos_group_delay(const MatrixView& sos, double fs, Index n = 512);

/// From where the gain has lost 1 dB to where it first reaches the attenuation of the stop band.
struct Transition {
    double pass_hz = 0;
    double stop_hz = 0;
};

/// A filter in words and numbers, read off its frequency response on 2^16 frequencies.
struct FilterDescription {
    std::string kind;                       ///< "FIR" or "IIR"
    std::string band;                       ///< "lowpass", "highpass", "bandpass", "bandstop", "allpass" or "multiband"
    Index length = 0;                       ///< taps, or sections
    double fs = 0;                          ///< Hz
    bool zero_phase = false;                ///< run forward and backward (IIR), or shifted by half its length (FIR)
    bool linear_phase = false;              ///< symmetric taps
    bool stable = true;                     ///< all poles inside the unit circle
    double peak_gain_db = 0;                ///< largest gain
    std::vector<double> half_power_hz;      ///< where the gain crosses -3 dB of the largest
    std::vector<double> half_amplitude_hz;  ///< -6 dB
    std::vector<Transition> transitions;    ///< in ascending frequency
    std::optional<double> attenuation_db;   ///< smallest loss beyond the transitions
    double length_s = 0;                    ///< of the taps; of an IIR filter, how long it rings
    double ringing_s = 0;                   ///< until the impulse response stays below 0.1 % of its maximum
    double delay_s = 0;                     ///< group delay at the largest gain, 0 for zero phase

    /// Several lines for people.
    [[nodiscard]] std::string text() const;
};

/// Describe taps; `zero_phase`: as fir_filter applies them.
[[nodiscard]] FilterDescription describe_fir(Samples h, double fs, bool zero_phase = false);
/// Describe sections; `zero_phase`: as sosfiltfilt applies them, with their gain squared.
[[nodiscard]] FilterDescription describe_sos(const MatrixView& sos, double fs, bool zero_phase = false);

}  // namespace biopotential::inline v0::signal
