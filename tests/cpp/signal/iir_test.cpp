#include "biopotential/signal/iir.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "biopotential/signal/fir_design.hpp"
#include "biopotential/signal/response.hpp"

namespace biopotential {
namespace {

using signal::BandType;
using signal::IirFamily;

double gain_at(const Array<double>& sos, double f, double fs) {
    const std::complex<double> z = std::polar(1.0, -2 * std::numbers::pi * f / fs);
    std::complex<double> h = 1;
    for (Index s = 0; s < sos.shape(0); ++s) {
        h *= (sos(s, 0) + z * (sos(s, 1) + z * sos(s, 2))) / (sos(s, 3) + z * (sos(s, 4) + z * sos(s, 5)));
    }
    return std::abs(h);
}

TEST(Iir, FamiliesLoseAtTheirEdgeWhatTheyPromise) {
    const double edge[] = {20};
    for (const int order : {1, 2, 3, 6, 9}) {
        const auto at_edge = [&](IirFamily family) {
            return 20 * std::log10(gain_at(signal::iir_sections({.family = family,
                                                                 .order = order,
                                                                 .ripple_db = 0.7,
                                                                 .attenuation_db = 50,
                                                                 .norm = signal::BesselNorm::magnitude},
                                                                edge, 250, BandType::lowpass),
                                           20, 250));
        };
        EXPECT_NEAR(at_edge(IirFamily::butterworth), -10 * std::log10(2.0), 1e-9) << order;
        EXPECT_NEAR(at_edge(IirFamily::chebyshev1), -0.7, 1e-9) << order;
        EXPECT_NEAR(at_edge(IirFamily::chebyshev2), -50, 1e-6) << order;
        EXPECT_NEAR(at_edge(IirFamily::elliptic), -0.7, 1e-9) << order;
        EXPECT_NEAR(at_edge(IirFamily::bessel), -10 * std::log10(2.0), 1e-9) << order;
    }
}

TEST(Iir, SecondOrderBesselHasTheRootsOfItsPolynomial) {
    // s^2 + 3 s + 3 = 0, normalised by sqrt(3), through the bilinear transform at a rate of 2.
    const double edge[] = {0.5 / std::numbers::pi * 2 * std::atan(0.25)};
    const auto roots = signal::iir_roots({.family = IirFamily::bessel, .order = 2}, edge, 1, BandType::lowpass);
    const std::complex<double> s = std::complex<double>(-1.5, std::sqrt(0.75)) / std::sqrt(3.0);
    const std::complex<double> want = (4.0 + s) / (4.0 - s);
    EXPECT_NEAR(std::abs(roots.poles[0] - want), 0, 1e-14);
    EXPECT_NEAR(std::abs(roots.poles[1] - std::conj(want)), 0, 1e-14);
}

TEST(Iir, PolynomialsMultiplyTheRootsOut) {
    signal::ZerosPolesGain f{Array<std::complex<double>>{2}, Array<std::complex<double>>{2}, 3};
    f.zeros[0] = 1;
    f.zeros[1] = -1;
    f.poles[0] = {0.5, 0.25};
    f.poles[1] = {0.5, -0.25};
    const auto p = signal::to_polynomials(f);
    const double b[] = {3, 0, -3};
    const double a[] = {1, -1, 0.3125};
    for (Index i = 0; i < 3; ++i) {
        EXPECT_DOUBLE_EQ(p.b[i], b[i]);
        EXPECT_DOUBLE_EQ(p.a[i], a[i]);
    }
}

TEST(Iir, OrderOfAKnownSpecification) {
    // tan warps 20 and 40 Hz at 160 Hz to 0.414 and 1: log10(9999 / 0.9953) / (2 log10(2.414)) = 5.23.
    const double pass[] = {20};
    const double stop[] = {40};
    const auto o = signal::buttord(pass, stop, 3, 40, 160);
    EXPECT_EQ(o.order, 6);
    EXPECT_THROW((void)signal::buttord(pass, pass, 3, 40, 160), std::invalid_argument);
    EXPECT_THROW((void)signal::buttord(pass, stop, 40, 3, 160), std::invalid_argument);
}

TEST(Iir, RefusesBadDesigns) {
    const double edge[] = {20};
    const auto design = [&](signal::IirDesign d) { (void)signal::iir_sections(d, edge, 250, BandType::lowpass); };
    EXPECT_THROW(design({.family = IirFamily::chebyshev1, .order = 3}), std::invalid_argument);
    EXPECT_THROW(design({.family = IirFamily::bessel, .order = 26}), std::invalid_argument);
    EXPECT_THROW(design({.family = IirFamily::elliptic, .order = 3, .ripple_db = 3, .attenuation_db = 2}),
                 std::invalid_argument);
    EXPECT_THROW((void)signal::iirpeak(125, 3, 250), std::invalid_argument);
}

TEST(Fir, EquirippleAlternatesBetweenItsBounds) {
    const double bands[] = {0, 20, 30, 125};
    const double desired[] = {1, 0};
    const Array<double> h = signal::remez(41, bands, desired, 250);
    const double one[] = {1};
    const auto r = signal::freqz({h.data(), 41}, one, 250, 5000);
    double pass = 0;
    double stop = 0;
    for (Index i = 0; i < r.freqs.size(); ++i) {
        const double g = std::abs(r.response[i]);
        if (r.freqs[i] <= 20) {
            pass = std::max(pass, std::abs(g - 1));
        } else if (r.freqs[i] >= 30) {
            stop = std::max(stop, g);
        }
    }
    EXPECT_NEAR(pass, stop, 0.01 * stop);
    for (Index i = 0; i < 41; ++i) {
        EXPECT_NEAR(h[i], h[40 - i], 1e-15);
    }
}

TEST(Fir, LeastSquaresOfEverythingIsADelay) {
    const double bands[] = {0, 50};
    const double desired[] = {1, 1};
    const Array<double> h = signal::firls(21, bands, desired, 100);
    for (Index i = 0; i < 21; ++i) {
        EXPECT_NEAR(h[i], i == 10 ? 1 : 0, 1e-14);
    }
}

TEST(Fir, MinimumPhaseOfASquareIsItsRoot) {
    // (1 + z/2)^2 is a linear-phase product with its mirror; the half-length filter is 1 + z/2 back again.
    const double h[] = {0.5, 1.25, 0.5};
    const Array<double> m = signal::minimum_phase(h, true, 4096);
    ASSERT_EQ(m.size(), 2);
    EXPECT_NEAR(m[0], 1, 1e-6);
    EXPECT_NEAR(m[1], 0.5, 1e-6);
}

TEST(Response, DelayOfADelay) {
    const double b[] = {0, 0, 0, 1};
    const double a[] = {1};
    const auto d = signal::group_delay(b, a, 100, 16);
    for (const double v : d.delay_samples) {
        EXPECT_NEAR(v, 3, 1e-12);
    }
    const auto text = signal::describe_fir(b, 100).text();
    EXPECT_NE(text.find("FIR allpass, 4 taps"), std::string::npos) << text;
}

}  // namespace
}  // namespace biopotential
