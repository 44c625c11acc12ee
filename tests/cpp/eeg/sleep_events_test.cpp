#include "biopotential/eeg/sleep_events.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "biopotential/core/random.hpp"

namespace biopotential {
namespace {

constexpr double fs = 100;

Matrix noise(double sd, Index n) {
    Random random(5);
    Matrix x(1, n);
    double state = 0;
    for (Index i = 0; i < n; ++i) {
        state = 0.95 * state + random.normal();
        x(0, i) = sd * 0.31 * state;
    }
    return x;
}

TEST(Spindles, AreFoundWhereTheyWerePut) {
    Matrix x = noise(8, 12000);
    const double times[] = {20, 50, 90};
    for (const double t : times) {
        for (Index i = 0; i < x.cols(); ++i) {
            const double d = static_cast<double>(i) / fs - t;
            x(0, i) += 30 * std::exp(-d * d / 0.25) * std::sin(2 * std::numbers::pi * 13.5 * d);
        }
    }
    const auto found = eeg::spindles(x, fs);
    ASSERT_EQ(found.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(found[i].channel, 0);
        EXPECT_LT(static_cast<double>(found[i].first) / fs, times[i]);
        EXPECT_GT(static_cast<double>(found[i].last) / fs, times[i]);
        EXPECT_NEAR(static_cast<double>(found[i].peak) / fs, times[i], 0.4);
        EXPECT_NEAR(found[i].frequency_hz, 13.5, 0.3);
        EXPECT_NEAR(found[i].sigma_amplitude_uv, 60, 10);
    }
    std::vector<std::uint8_t> include(12000);
    std::fill(include.begin() + 4000, include.begin() + 6000, std::uint8_t{1});
    const auto some = eeg::spindles(x, fs, include);
    ASSERT_EQ(some.size(), 1U);
    EXPECT_NEAR(static_cast<double>(some[0].peak) / fs, 50, 0.4);
}

TEST(SlowWaves, AreFoundWhereTheyWerePut) {
    Matrix x = noise(2, 12000);
    for (const double t : {20.0, 50.0, 90.0}) {
        for (Index i = 0; i < 120; ++i) {
            x(0, static_cast<Index>(t * fs) + i) -= 90 * std::sin(2 * std::numbers::pi * static_cast<double>(i) / 120);
        }
    }
    const auto found = eeg::slow_waves(x, fs);
    ASSERT_GE(found.size(), 3U);
    int near = 0;
    for (const eeg::SlowWave& w : found) {
        EXPECT_LT(w.first, w.negative_peak);
        EXPECT_LT(w.negative_peak, w.middle);
        EXPECT_LT(w.middle, w.positive_peak);
        EXPECT_LT(w.positive_peak, w.last);
        EXPECT_LE(w.negative_uv, -40);
        EXPECT_NEAR(w.peak_to_peak_uv, w.positive_uv - w.negative_uv, 1e-9);
        for (const double t : {20.3, 50.3, 90.3}) {
            near += std::abs(static_cast<double>(w.negative_peak) / fs - t) < 0.1 ? 1 : 0;
        }
    }
    EXPECT_EQ(near, 3);
}

TEST(SleepEvents, NothingAndRefusals) {
    EXPECT_TRUE(eeg::spindles(Matrix::Zero(2, 1000), fs).empty());
    EXPECT_TRUE(eeg::slow_waves(Matrix::Zero(2, 1000), fs).empty());
    EXPECT_TRUE(eeg::slow_waves(Matrix(0, 1000), fs).empty());
    EXPECT_THROW((void)eeg::spindles(Matrix::Zero(1, 199), fs), std::invalid_argument);
    EXPECT_THROW((void)eeg::spindles(Matrix::Zero(1, 1000), 50), std::invalid_argument);
    EXPECT_THROW((void)eeg::slow_waves(Matrix::Zero(1, 1000), 10), std::invalid_argument);
    const std::vector<std::uint8_t> few(10, 1);
    EXPECT_THROW((void)eeg::slow_waves(Matrix::Zero(1, 1000), fs, few), std::invalid_argument);
    EXPECT_THROW((void)eeg::spindles(Matrix::Constant(1, 1000, std::numeric_limits<double>::quiet_NaN()), fs),
                 std::invalid_argument);
    eeg::SpindleOptions options;
    options.low_hz = 16;
    EXPECT_THROW((void)eeg::spindles(Matrix::Zero(1, 1000), fs, {}, options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
