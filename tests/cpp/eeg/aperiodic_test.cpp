#include "biopotential/eeg/aperiodic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "biopotential/core/random.hpp"

namespace biopotential {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> frequencies(Index n, double step) {
    std::vector<double> f(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
        f[static_cast<std::size_t>(i)] = step * static_cast<double>(i);
    }
    return f;
}

Matrix spectrum(const std::vector<double>& f, double offset, double exponent, double height) {
    Matrix psd(1, static_cast<Index>(f.size()));
    for (std::size_t i = 0; i < f.size(); ++i) {
        const double hz = std::max(f[i], 1e-3);
        const double bump = height * std::exp(-(hz - 10) * (hz - 10) / 2);
        psd(0, static_cast<Index>(i)) = std::pow(10, offset - exponent * std::log10(hz) + bump);
    }
    return psd;
}

TEST(Aperiodic, FindsTheLineAndThePeak) {
    const auto f = frequencies(200, 0.25);
    const eeg::Aperiodic plain = eeg::aperiodic(f, spectrum(f, 1.3, 1.7, 0));
    EXPECT_NEAR(plain.offset[0], 1.3, 1e-12);
    EXPECT_NEAR(plain.exponent[0], 1.7, 1e-12);
    EXPECT_NEAR(plain.r_squared[0], 1, 1e-12);
    EXPECT_EQ(plain.knee[0], 0);
    const eeg::Aperiodic peaked = eeg::aperiodic(f, spectrum(f, 1.3, 1.7, 0.9));
    ASSERT_EQ(peaked.peaks[0].size(), 1U);
    EXPECT_NEAR(peaked.peaks[0][0].center_hz, 10, 0.01);
    EXPECT_NEAR(peaked.peaks[0][0].power, 0.9, 0.01);
    EXPECT_NEAR(peaked.peaks[0][0].bandwidth_hz, 2, 0.03);
    EXPECT_NEAR(peaked.exponent[0], 1.7, 0.01);
}

TEST(Aperiodic, FindsAKnee) {
    const auto f = frequencies(400, 0.25);
    Matrix psd(1, 400);
    for (Index i = 0; i < 400; ++i) {
        const double hz = std::max(f[static_cast<std::size_t>(i)], 1e-3);
        psd(0, i) = 1000 / (80 + hz * hz);
    }
    eeg::AperiodicOptions options;
    options.high_hz = 90;
    options.mode = eeg::AperiodicMode::knee;
    const eeg::Aperiodic out = eeg::aperiodic(f, psd, options);
    EXPECT_NEAR(out.offset[0], 3, 1e-4);
    EXPECT_NEAR(out.knee[0], 80, 0.05);
    EXPECT_NEAR(out.exponent[0], 2, 1e-4);
}

TEST(Aperiodic, SpectraWithoutPower) {
    const auto f = frequencies(200, 0.25);
    Matrix psd = spectrum(f, 1, 1, 0).replicate(3, 1);
    psd(0, 50) = nan;
    psd.row(1).setZero();
    const eeg::Aperiodic out = eeg::aperiodic(f, psd);
    EXPECT_TRUE(std::isnan(out.exponent[0]));
    EXPECT_TRUE(std::isnan(out.error[1]));
    EXPECT_NEAR(out.exponent[2], 1, 1e-9);
    EXPECT_EQ(eeg::aperiodic(f, Matrix(0, 200)).offset.size(), 0);
}

TEST(Aperiodic, Refuses) {
    const auto f = frequencies(200, 0.25);
    const Matrix psd = spectrum(f, 1, 1, 0);
    EXPECT_THROW((void)eeg::aperiodic(frequencies(10, 0.25), psd), std::invalid_argument);
    eeg::AperiodicOptions options;
    options.low_hz = 39.8;
    EXPECT_THROW((void)eeg::aperiodic(f, psd, options), std::invalid_argument);
    options = {};
    options.widest_hz = 0.1;
    EXPECT_THROW((void)eeg::aperiodic(f, psd, options), std::invalid_argument);
    auto backwards = f;
    std::reverse(backwards.begin(), backwards.end());
    EXPECT_THROW((void)eeg::aperiodic(backwards, psd), std::invalid_argument);
}

TEST(Irasa, SplitsASineFromNoise) {
    Random random(3);
    constexpr double fs = 200;
    Matrix x(1, 12000);
    for (Index i = 0; i < x.cols(); ++i) {
        x(0, i) = random.normal() + 2 * std::sin(2 * std::numbers::pi * 10 * static_cast<double>(i) / fs);
    }
    const eeg::Irasa out = eeg::irasa(x, fs);
    ASSERT_EQ(out.freqs.size(), 117);
    EXPECT_EQ(out.freqs[0], 1);
    EXPECT_EQ(out.freqs[116], 30);
    const double density = 2 / fs;  // of the noise, one-sided
    double mean = 0;
    for (Index i = 0; i < 117; ++i) {
        mean += out.aperiodic(0, i) / 117;
    }
    EXPECT_NEAR(mean, density, 0.35 * density);
    EXPECT_GT(out.oscillatory(0, 36), 50 * density) << "10 Hz";
    EXPECT_LT(std::abs(out.oscillatory(0, 80)), density);
}

TEST(Irasa, Refuses) {
    const Matrix x = Matrix::Random(1, 2000);
    EXPECT_THROW((void)eeg::irasa(x, 0), std::invalid_argument);
    EXPECT_THROW((void)eeg::irasa(x.leftCols(1000), 200), std::invalid_argument);
    EXPECT_THROW((void)eeg::irasa(Matrix::Constant(1, 2000, nan), 200), std::invalid_argument);
    eeg::IrasaOptions options;
    options.factors = {1.5};
    EXPECT_THROW((void)eeg::irasa(x, 200, options), std::invalid_argument);
    options.factors = {0.9, 1.5};
    EXPECT_THROW((void)eeg::irasa(x, 200, options), std::invalid_argument);
    options = {};
    options.high_hz = 100;
    EXPECT_THROW((void)eeg::irasa(x, 200, options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
