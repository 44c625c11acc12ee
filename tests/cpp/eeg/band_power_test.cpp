#include "biopotential/eeg/band_power.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace biopotential {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Matrix sine(double hz, double fs, Index n, double amplitude) {
    Matrix x(1, n);
    for (Index i = 0; i < n; ++i) {
        x(0, i) = amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / fs);
    }
    return x;
}

// An impulse has the same density at each frequency above what the removed mean leaks into; Simpson's rule integrates a
// constant exactly.
TEST(BandPower, OfAnImpulseIsItsDensityTimesTheWidth) {
    constexpr Index n = 400;
    constexpr double fs = 100;
    Matrix x = Matrix::Zero(1, n);
    x(0, 150) = 3;
    double energy = 0;
    double at = 0;
    for (Index i = 0; i < n; ++i) {
        const double w = 0.54 - 0.46 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / n);
        energy += w * w;
        at = i == 150 ? w : at;
    }
    const double density = 2 * 9 * at * at / (fs * energy);
    const eeg::BandPower out = eeg::band_power(x, fs);
    ASSERT_EQ(out.absolute.shape(), (Array<double>::Shape{1, 1, 6}));
    const double widths[] = {4, 4, 4, 14, 10};
    for (Index b = 1; b < 6; ++b) {
        EXPECT_NEAR(out.absolute[b], density * widths[b - 1], 1e-12) << b;
    }
    EXPECT_NEAR(out.edge_hz[0], 0.5 + 0.95 * 39.5, 0.26);
}

TEST(BandPower, FindsThePeakBetweenFrequencies) {
    for (const double hz : {8.6, 10.0, 10.1, 11.4}) {
        const eeg::BandPower out = eeg::band_power(sine(hz, 128.5, 128 * 30, 20), 128.5);
        EXPECT_NEAR(out.alpha_peak_hz[0], hz, 0.06) << hz;
        EXPECT_GT(out.relative[2], 0.97) << hz;
    }
}

TEST(BandPower, EpochsAreMeasuredByThemselves) {
    Matrix x(2, 2000);
    x.row(0) = sine(10, 100, 2000, 5);
    x.row(1) = sine(20, 100, 2000, 7);
    x(1, 1500) = nan;
    const eeg::Epoch epochs[] = {{0, 1000}, {1000, 1000}};
    const eeg::BandPower both = eeg::band_power(x, 100, epochs);
    const eeg::BandPower alone = eeg::band_power(MatrixView(x.block(0, 1000, 1, 1000)), 100);
    for (Index b = 0; b < 6; ++b) {
        EXPECT_EQ(both.absolute(1, 0, b), alone.absolute(0, 0, b));
        EXPECT_TRUE(std::isnan(both.absolute(1, 1, b)));
        EXPECT_TRUE(std::isfinite(both.absolute(0, 1, b)));
    }
    EXPECT_TRUE(std::isnan(both.edge_hz(1, 1)));
    EXPECT_TRUE(std::isnan(both.psd(1, 1, 3)));
}

TEST(BandPower, OfAConstantIsZeroAndItsSharesUndefined) {
    const eeg::BandPower out = eeg::band_power(Matrix::Constant(1, 800, 4.0), 100);
    EXPECT_EQ(out.absolute[2], 0);
    EXPECT_TRUE(std::isnan(out.relative[2]));
    EXPECT_TRUE(std::isnan(out.edge_hz[0]));
}

TEST(BandPower, Refuses) {
    const Matrix x = Matrix::Zero(1, 800);
    EXPECT_THROW((void)eeg::band_power(x, 0), std::invalid_argument);
    EXPECT_THROW((void)eeg::band_power(x, nan), std::invalid_argument);
    EXPECT_THROW((void)eeg::band_power(x, 60), std::invalid_argument) << "40 Hz lies above fs / 2";
    EXPECT_THROW((void)eeg::band_power(Matrix::Zero(1, 1), 100), std::invalid_argument);
    eeg::BandPowerOptions options;
    options.bands = {{"thin", 10, 10.1}};
    EXPECT_THROW((void)eeg::band_power(x, 100, {}, options), std::invalid_argument);
    options.bands.clear();
    EXPECT_THROW((void)eeg::band_power(x, 100, {}, options), std::invalid_argument);
    const eeg::Epoch outside[] = {{700, 200}};
    EXPECT_THROW((void)eeg::band_power(x, 100, outside), std::invalid_argument);
    const eeg::Epoch uneven[] = {{0, 400}, {400, 300}};
    EXPECT_THROW((void)eeg::band_power(x, 100, uneven), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
