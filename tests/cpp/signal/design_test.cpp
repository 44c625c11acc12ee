#include "biopotential/signal/design.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace biopotential {
namespace {

using signal::BandType;

std::complex<double> response(const Array<double>& sos, double f, double fs) {
    const std::complex<double> z = std::polar(1.0, -2 * std::numbers::pi * f / fs);
    std::complex<double> h = 1;
    for (Index s = 0; s < sos.shape(0); ++s) {
        h *= (sos(s, 0) + z * (sos(s, 1) + z * sos(s, 2))) / (1.0 + z * (sos(s, 4) + z * sos(s, 5)));
    }
    return h;
}

TEST(Butter, FirstOrderAtAQuarterOfTheRateIsAMeanOfTwo) {
    const double cutoff = 25;
    const Array<double> sos = signal::butter(1, {&cutoff, 1}, 100, BandType::lowpass);
    ASSERT_EQ(sos.shape(), (Array<double>::Shape{1, 6}));
    const double want[] = {0.5, 0.5, 0, 1, 0, 0};
    for (Index i = 0; i < 6; ++i) {
        EXPECT_NEAR(sos[i], want[i], 1e-15);
    }
}

TEST(Butter, HasItsClosedFormMagnitude) {
    const double fs = 360;
    const double edges[] = {5, 15};
    const auto warp = [fs](double f) { return std::tan(std::numbers::pi * f / fs); };
    for (int order = 1; order <= 8; ++order) {
        const Array<double> low = signal::butter(order, {edges, 1}, fs, BandType::lowpass);
        const Array<double> high = signal::butter(order, {edges, 1}, fs, BandType::highpass);
        const Array<double> band = signal::butter(order, edges, fs, BandType::bandpass);
        const Array<double> stop = signal::butter(order, edges, fs, BandType::bandstop);
        for (const double f : {1.0, 5.0, 8.0, 15.0, 40.0, 100.0}) {
            const double w = warp(f);
            const double r = w / warp(edges[0]);
            const double q = (w * w - warp(edges[0]) * warp(edges[1])) / (w * (warp(edges[1]) - warp(edges[0])));
            EXPECT_NEAR(std::norm(response(low, f, fs)), 1 / (1 + std::pow(r, 2 * order)), 1e-9);
            EXPECT_NEAR(std::norm(response(high, f, fs)), 1 / (1 + std::pow(r, -2 * order)), 1e-9);
            EXPECT_NEAR(std::norm(response(band, f, fs)), 1 / (1 + std::pow(q, 2 * order)), 1e-9);
            EXPECT_NEAR(std::norm(response(stop, f, fs)), 1 / (1 + std::pow(q, -2 * order)), 1e-9);
        }
    }
}

TEST(Butter, RefusesEdgesOutsideTheBand) {
    for (const double f : {0.0, -1.0, 50.0, 60.0, std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_THROW((void)signal::butter(2, {&f, 1}, 100, BandType::lowpass), std::invalid_argument) << f;
    }
    const double reversed[] = {20, 10};
    EXPECT_THROW((void)signal::butter(2, reversed, 100, BandType::bandpass), std::invalid_argument);
    EXPECT_THROW((void)signal::butter(2, reversed, 100, BandType::lowpass), std::invalid_argument);
    const double good = 10;
    EXPECT_THROW((void)signal::butter(0, {&good, 1}, 100, BandType::lowpass), std::invalid_argument);
    EXPECT_THROW((void)signal::butter(2, {&good, 1}, 0, BandType::lowpass), std::invalid_argument);
}

TEST(DesignFir, HasMneLengthsAndUnitGain) {
    const Array<double> h = signal::design_fir(1.0, 40.0, 500);
    EXPECT_EQ(h.size(), 1651);  // 3.3 / 1 Hz * 500 Hz, made odd
    double dc = 0;
    std::complex<double> at_10 = 0;
    for (Index k = 0; k < h.size(); ++k) {
        EXPECT_NEAR(h[k], h[h.size() - 1 - k], 1e-15);
        dc += h[k];
        at_10 += h[k] * std::polar(1.0, 2 * std::numbers::pi * 10 * static_cast<double>(k) / 500);
    }
    EXPECT_NEAR(dc, 0, 1e-12);
    EXPECT_NEAR(std::abs(at_10), 1, 5e-3);
}

TEST(DesignFir, NotchHasThe3301TapsOfMne) {
    const double f = 50;
    EXPECT_EQ(signal::design_fir_notch({&f, 1}, 500).size(), 3301);
}

TEST(Window, HannIsPeriodicOrSymmetric) {
    const Array<double> periodic = signal::window(signal::WindowKind::hann, 4, true);
    const Array<double> symmetric = signal::window(signal::WindowKind::hann, 5, false);
    const double want[] = {0, 0.5, 1, 0.5, 0};
    for (Index i = 0; i < 4; ++i) {
        EXPECT_NEAR(periodic[i], want[i], 1e-15);
        EXPECT_NEAR(symmetric[i], want[i], 1e-15);
    }
    EXPECT_THROW((void)signal::window(signal::WindowKind::hann, 0, true), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
