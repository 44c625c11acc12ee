#pragma once

#include <complex>
#include <span>
#include <string_view>
#include <vector>

#include "biopotential/signal/design.hpp"

namespace biopotential::inline v0::signal {

using Complex = std::complex<double>;

/// Zeros, poles and gain.
struct Zpk {
    std::vector<Complex> z;
    std::vector<Complex> p;
    double k = 1;
};

// From the analog low-pass prototype with its edge at 1 rad/s to another band, and on to z (rate 2).
[[nodiscard]] Zpk to_lowpass(const Zpk& f, double w0);
[[nodiscard]] Zpk to_highpass(const Zpk& f, double w0);
[[nodiscard]] Zpk to_bandpass(const Zpk& f, double w0, double width);
[[nodiscard]] Zpk to_bandstop(const Zpk& f, double w0, double width);
[[nodiscard]] Zpk bilinear(const Zpk& f);

/// Second-order sections in SciPy's order: poles nearest to the unit circle last, each with its nearest zeros.
[[nodiscard]] Array<double> to_sos(Zpk f);

/// The digital filter of an analog prototype, as every IIR design makes it.
[[nodiscard]] Zpk digital_roots(std::string_view function, const Zpk& prototype, std::span<const double> cutoff_hz,
                                double fs, BandType type);

}  // namespace biopotential::inline v0::signal
