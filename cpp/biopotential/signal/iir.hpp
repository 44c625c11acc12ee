#pragma once

#include <complex>
#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/design.hpp"

namespace biopotential::inline v0::signal {

/// A filter by its roots: gain * prod(z - zeros) / prod(z - poles).
struct ZerosPolesGain {
    Array<std::complex<double>> zeros;
    Array<std::complex<double>> poles;
    double gain = 1;
};

enum class IirFamily {
    butterworth,  ///< flat pass band
    chebyshev1,   ///< equal ripple in the pass band
    chebyshev2,   ///< equal ripple in the stop band
    elliptic,     ///< both: the steepest for an order
    bessel        ///< group delay as flat as an analog filter's can be
};

/// What a Bessel filter's cut-off means: the middle of the phase response (SciPy's default), the group delay in the
/// pass band (1 / cut-off), or a gain of -3 dB.
enum class BesselNorm { phase, delay, magnitude };

/// A classical IIR filter. Orders are 1 to 50 (Bessel: to 25); a band filter has twice as many poles.
struct IirDesign {
    IirFamily family = IirFamily::butterworth;
    int order = 4;
    double ripple_db = 0;       ///< largest loss in the pass band: chebyshev1, elliptic
    double attenuation_db = 0;  ///< smallest loss in the stop band: chebyshev2, elliptic
    BesselNorm norm = BesselNorm::phase;
};

/// Digital filter by the bilinear transform with prewarped edges; SciPy's butter, cheby1, cheby2, ellip and bessel.
///
/// \param cutoff_hz  one frequency (lowpass, highpass) or two ascending ones, inside (0, fs / 2): where the gain is
///                   -3 dB (butterworth), leaves the ripple (chebyshev1, elliptic), reaches the attenuation
///                   (chebyshev2), or as IirDesign::norm says
[[nodiscard]] ZerosPolesGain iir_roots(const IirDesign& design, std::span<const double> cutoff_hz, double fs,
                                       BandType type);
/// The same as second-order sections, shape (n_sections, 6).
[[nodiscard]] Array<double> iir_sections(const IirDesign& design, std::span<const double> cutoff_hz, double fs,
                                         BandType type);

/// A filter as b(z) / a(z), descending powers. Only for low orders: rounding moves the roots of long polynomials.
struct Polynomials {
    Array<double> b;
    Array<double> a;  ///< a[0] = 1
};
[[nodiscard]] Polynomials to_polynomials(const ZerosPolesGain& roots);

/// Second-order peak at `frequency_hz` with quality factor q, as one section, shape (1, 6); equal to
/// scipy.signal.iirpeak.
[[nodiscard]] Array<double> iirpeak(double frequency_hz, double q, double fs);

struct ButterworthOrder {
    int order = 0;
    Array<double> cutoff_hz;  ///< -3 dB frequencies for butter(), shape (1,) or (2,)
};

/// The lowest Butterworth order that loses at most `pass_db` in the pass band and at least `stop_db` in the stop band;
/// equal to scipy.signal.buttord. One edge each for a low-pass (pass < stop) or a high-pass, two for a band.
[[nodiscard]] ButterworthOrder buttord(std::span<const double> pass_hz, std::span<const double> stop_hz, double pass_db,
                                       double stop_db, double fs);

}  // namespace biopotential::inline v0::signal
