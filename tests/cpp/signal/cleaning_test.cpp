#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "biopotential/signal/baseline.hpp"
#include "biopotential/signal/line_noise.hpp"
#include "biopotential/signal/smoothing.hpp"

namespace biopotential {
namespace {

using signal::Edge;

Matrix row(std::initializer_list<double> values) {
    Matrix x(1, static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), x.data());
    return x;
}

void expect_row(const Array<double>& got, std::initializer_list<double> want) {
    ASSERT_EQ(got.size(), static_cast<Index>(want.size()));
    Index i = 0;
    for (const double v : want) {
        EXPECT_NEAR(got[i], v, 1e-12) << i;
        ++i;
    }
}

TEST(Smoothing, QuadraticTapsOfFivePoints) {
    // Savitzky & Golay's table: (-3 12 17 12 -3) / 35.
    expect_row(signal::savgol_taps({.window_length = 5, .order = 2}),
               {-3 / 35.0, 12 / 35.0, 17 / 35.0, 12 / 35.0, -3 / 35.0});
}

TEST(Smoothing, PolynomialsPassUnchangedWithTheirDerivatives) {
    Matrix x(1, 40);
    for (Index i = 0; i < 40; ++i) {
        const double t = 0.1 * static_cast<double>(i);
        x(0, i) = 1 + 2 * t - 0.5 * t * t * t;
    }
    const auto y = signal::savgol_filter(x, {.window_length = 9, .order = 3});
    const auto d = signal::savgol_filter(x, {.window_length = 9, .order = 3, .derivative = 1, .spacing = 0.1});
    for (Index i = 0; i < 40; ++i) {
        const double t = 0.1 * static_cast<double>(i);
        EXPECT_NEAR(y(0, i), x(0, i), 1e-11);
        EXPECT_NEAR(d(0, i), 2 - 1.5 * t * t, 1e-10);
    }
}

TEST(Smoothing, WindowsAtTheEnds) {
    const Matrix x = row({1, 5, 2, 8, 3});
    expect_row(signal::median_filter(x, 3), {1, 2, 5, 3, 3});
    expect_row(signal::median_filter(x, 3, Edge::nearest), {1, 2, 5, 3, 3});
    expect_row(signal::moving_average(x, 3, Edge::reflect), {7 / 3.0, 8 / 3.0, 5, 13 / 3.0, 14 / 3.0});
    expect_row(signal::moving_average(x, 2, Edge::mirror), {3, 3, 3.5, 5, 5.5});
    expect_row(signal::moving_minimum(x, 3), {1, 1, 2, 2, 3});
    expect_row(signal::moving_maximum(x, 3), {5, 5, 8, 8, 8});
    expect_row(signal::moving_maximum(x, 99), {8, 8, 8, 8, 8});
}

TEST(Smoothing, SpikesAreReplaced) {
    const auto d = signal::hampel(row({1, 2, 1, 2, 50, 2, 1, 2, 1}), 3);
    EXPECT_TRUE(d.replaced[4]);
    EXPECT_EQ(d.y[4], 2);
    EXPECT_FALSE(d.replaced[3]);
}

TEST(Smoothing, EnergyOfAnEvenSeries) {
    expect_row(signal::teager_kaiser(row({1, 2, 4, 8})), {0, 0, 0, 0});
    expect_row(signal::teager_kaiser(row({0, 1, 0, -1, 0})), {1, 1, 1, 1, 1});
}

TEST(Baseline, StraightLinesAreAllTrend) {
    Matrix x(2, 200);
    for (Index i = 0; i < 200; ++i) {
        x(0, i) = 3 - 0.2 * static_cast<double>(i);
        x(1, i) = i % 2 == 0 ? 1 : -1;
    }
    const auto y = signal::detrend_smoothness_priors(x, 300);
    for (Index i = 0; i < 200; ++i) {
        EXPECT_NEAR(y(0, i), 0, 1e-8);
        EXPECT_NEAR(y(1, i), x(1, i), 5e-2);
    }
}

TEST(Baseline, SplineThroughTwoKnotsIsALine) {
    const double t[] = {0, 2};
    const double v[] = {1, 5};
    const double at[] = {-1, 0.5, 3};
    expect_row(signal::cubic_spline(t, v, at), {-1, 2, 7});
    const double thrice[] = {0, 1, 1};
    EXPECT_THROW((void)signal::cubic_spline(thrice, thrice, at), std::invalid_argument);
}

TEST(LineNoise, SineGoesAndAnotherOneStays) {
    constexpr double fs = 250;
    Matrix x(1, 5000);
    for (Index i = 0; i < 5000; ++i) {
        const double t = 2 * std::numbers::pi * static_cast<double>(i) / fs;
        x(0, i) = 5 * std::sin(50 * t + 1) + std::sin(10 * t);
    }
    signal::LineFitOptions options;
    options.freqs_hz = {50};
    options.width_hz = 0;  // only the nearest frequency: neighbours would carry the same sine again
    const auto y = signal::remove_lines(x, fs, options);
    for (Index i = 0; i < 5000; ++i) {
        EXPECT_NEAR(y(0, i), std::sin(20 * std::numbers::pi * static_cast<double>(i) / fs), 1e-3);
    }
}

TEST(LineNoise, OneSourceOfLineIsOneComponent) {
    constexpr double fs = 500;
    Matrix x(3, 4000);
    unsigned seed = 3;
    for (Index i = 0; i < 4000; ++i) {
        const double line = std::sin(2 * std::numbers::pi * 50 * static_cast<double>(i) / fs);
        for (Index c = 0; c < 3; ++c) {
            seed = seed * 1664525U + 1013904223U;
            const double noise = static_cast<double>(seed) / 4294967296.0 - 0.5;
            x(c, i) = static_cast<double>(c + 1) * line + 0.01 * noise;
        }
    }
    const auto y = signal::zapline(x, 50, fs);
    double left = 0;
    for (Index i = 100; i < 3900; ++i) {
        left = std::max(left, std::abs(y(2, i)));
    }
    EXPECT_LT(left, 0.05);
    EXPECT_THROW((void)signal::zapline(x.topRows(1), 50, fs), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
