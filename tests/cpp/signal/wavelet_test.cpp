#include "biopotential/signal/wavelet.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "biopotential/signal/cross_spectra.hpp"
#include "biopotential/signal/time_frequency.hpp"

namespace biopotential {
namespace {

using signal::Extension;

Matrix ramp(Index n) {
    Matrix x(2, n);
    for (Index i = 0; i < n; ++i) {
        const auto t = static_cast<double>(i);
        x(0, i) = t * t - 3 * t;
        x(1, i) = std::sin(0.7 * t);
    }
    return x;
}

TEST(Wavelet, HaarIsSumAndDifference) {
    Matrix x(1, 4);
    x << 1, 3, 10, 4;
    const auto d = signal::dwt(x, signal::wavelet("haar"));
    const double r = std::numbers::sqrt2;
    EXPECT_NEAR(d.approximation[0], 4 / r, 1e-14);
    EXPECT_NEAR(d.approximation[1], 14 / r, 1e-14);
    EXPECT_NEAR(d.detail[0], -2 / r, 1e-14);
    EXPECT_NEAR(d.detail[1], 6 / r, 1e-14);
}

TEST(Wavelet, Daubechies4HasItsClosedForm) {
    const auto w = signal::wavelet("db2");
    const double s = std::sqrt(3.0);
    const double norm = 4 * std::numbers::sqrt2;
    const double want[] = {(1 + s) / norm, (3 + s) / norm, (3 - s) / norm, (1 - s) / norm};
    for (Index i = 0; i < 4; ++i) {
        EXPECT_NEAR(w.synthesis_low[i], want[i], 1e-15);
        EXPECT_EQ(w.analysis_low[i], w.synthesis_low[3 - i]);
    }
}

TEST(Wavelet, EveryWaveletAndExtensionComesBack) {
    const Matrix x = ramp(37);
    for (const std::string& name : signal::wavelet_names()) {
        const auto w = signal::wavelet(name);
        for (const Extension mode : {Extension::symmetric, Extension::smooth, Extension::periodization}) {
            const auto levels = signal::wavedec(x, w, 2, mode);
            const auto back = signal::waverec(levels, w, mode);
            for (Index c = 0; c < 2; ++c) {
                for (Index i = 0; i < 37; ++i) {
                    ASSERT_NEAR(back(c, i), x(c, i), 1e-8) << name;
                }
            }
        }
    }
    EXPECT_THROW((void)signal::wavelet("db21"), std::invalid_argument);
}

TEST(Wavelet, VanishingMomentsAnnihilatePolynomials) {
    Matrix x(1, 64);
    for (Index i = 0; i < 64; ++i) {
        x(0, i) = 2 - static_cast<double>(i) + 0.1 * static_cast<double>(i * i);
    }
    const auto d = signal::dwt(x, signal::wavelet("db3"), Extension::zero);
    for (Index k = 4; k < 28; ++k) {
        EXPECT_NEAR(d.detail[k], 0, 1e-11);
    }
}

TEST(Wavelet, StationaryTransformComesBack) {
    const Matrix x = ramp(48);
    const auto w = signal::wavelet("bior2.2");
    const auto back = signal::iswt(signal::swt(x, w, 3), w);
    for (Index i = 0; i < 48; ++i) {
        EXPECT_NEAR(back(0, i), x(0, i), 1e-9);
    }
    EXPECT_THROW((void)signal::swt(x, w, 5), std::invalid_argument);
}

TEST(TimeFrequency, PowerOfASineStandsAtItsFrequency) {
    Matrix x(1, 2000);
    for (Index i = 0; i < 2000; ++i) {
        x(0, i) = std::sin(2 * std::numbers::pi * 20 * static_cast<double>(i) / 250);
    }
    const double freqs[] = {10, 20, 40};
    const auto p = signal::morlet_power(x, freqs, 250);
    const auto decimated = signal::morlet_power(x, freqs, 250, {.n_cycles = {7}, .decimate = 4});
    EXPECT_GT(p(0, 1, 1000), 1e3 * p(0, 0, 1000));
    EXPECT_GT(p(0, 1, 1000), 1e3 * p(0, 2, 1000));
    for (Index i = 0; i < 500; ++i) {
        EXPECT_NEAR(decimated(0, 1, i), p(0, 1, 4 * i), 1e-12 * p(0, 1, 1000));
    }
}

TEST(Models, ReflectionOfAGeometricSeries) {
    Matrix x(1, 4);
    x << 1, -1, 1, -1;
    const auto m = signal::fit_ar(x, 1);
    EXPECT_NEAR(m.a(0, 1), 1, 1e-15);
    EXPECT_NEAR(m.variance[0], 0, 1e-15);
    const auto y = signal::fit_ar(x, 1, signal::ArMethod::yule_walker);
    EXPECT_NEAR(y.a(0, 1), 0.75, 1e-15);
}

TEST(CrossSpectra, CoherenceOfACopyIsOne) {
    const Matrix x = ramp(400);
    signal::WelchOptions options;
    options.nperseg = 64;
    const auto c = signal::coherence(x, x, 100, options);
    for (Index k = 1; k < 32; ++k) {
        EXPECT_NEAR(c.psd(1, k), 1, 1e-9);
    }
}

}  // namespace
}  // namespace biopotential
