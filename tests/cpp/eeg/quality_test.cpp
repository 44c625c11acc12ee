#include "biopotential/eeg/quality.hpp"

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
constexpr double fs = 200;

/// Channels that share one noise of 10 uV and have 3 uV of their own.
Matrix eeg_like(Index channels, Index n, std::uint64_t seed = 1) {
    Random random(seed);
    Matrix x(channels, n);
    for (Index i = 0; i < n; ++i) {
        const double common = 10 * random.normal();
        for (Index c = 0; c < channels; ++c) {
            x(c, i) = common + 3 * random.normal();
        }
    }
    return x;
}

TEST(FindBadChannels, NamesWhatIsWrong) {
    Matrix x = eeg_like(10, 12000);
    x.row(1).setConstant(7);
    x(2, 500) = nan;
    x.row(3) *= 20;
    Random random(2);
    for (Index i = 0; i < x.cols(); ++i) {
        x(4, i) = 10 * random.normal();
    }
    x.block(5, 3000, 1, 3000).setZero();
    const eeg::BadChannels out = eeg::find_bad_channels(x, fs);
    using Reasons = std::vector<std::string>;
    EXPECT_EQ(out.reasons[0], Reasons());
    EXPECT_EQ(out.reasons[1], Reasons{"flat"});
    EXPECT_EQ(out.reasons[2], Reasons{"missing"});
    EXPECT_EQ(out.reasons[3], Reasons{"deviation"});
    EXPECT_EQ(out.reasons[4].back(), "correlation");
    EXPECT_NE(std::ranges::find(out.reasons[5], "correlation"), out.reasons[5].end());
    EXPECT_EQ(out.reasons[5].back(), "dropout");
    EXPECT_TRUE(std::isnan(out.deviation_z[1]));
    EXPECT_EQ(out.low_correlation_share[0], 0);
    EXPECT_EQ(out.low_correlation_share[4], 1);
    EXPECT_NEAR(out.low_correlation_share[5], 0.25, 0.04);
}

TEST(FindBadChannels, ComparesFourOrMore) {
    const eeg::BadChannels out = eeg::find_bad_channels(eeg_like(3, 1000), fs);
    for (Index c = 0; c < 3; ++c) {
        EXPECT_TRUE(out.reasons[static_cast<std::size_t>(c)].empty());
        EXPECT_TRUE(std::isnan(out.noise_z[c]));
    }
    EXPECT_TRUE(eeg::find_bad_channels(Matrix(0, 1000), fs).reasons.empty());
    EXPECT_THROW((void)eeg::find_bad_channels(eeg_like(5, 399), fs), std::invalid_argument);
    EXPECT_THROW((void)eeg::find_bad_channels(eeg_like(5, 400), 0), std::invalid_argument);
    eeg::BadChannelOptions options;
    options.window_s = 100;
    EXPECT_THROW((void)eeg::find_bad_channels(eeg_like(5, 400), fs, options), std::invalid_argument);
}

TEST(FindArtefacts, EachReason) {
    Matrix x = eeg_like(6, 2000);
    x(0, 3) = nan;
    x.row(1).setConstant(5);
    x.row(2) = x.row(2).cwiseMin(20.0).cwiseMax(-20.0);
    x.block(2, 100, 1, 6).setConstant(20);
    x(3, 700) += 600;
    Random random(3);
    double before = 0;
    for (Index i = 0; i < 2000; ++i) {
        const double now = 60 * random.normal();
        x(4, i) = now - before;
        before = now;
    }
    const eeg::Epoch epochs[] = {{0, 2000}};
    const eeg::Artefacts out = eeg::find_artefacts(x, x, fs, epochs);
    EXPECT_EQ(out.reasons[0], eeg::missing);
    EXPECT_EQ(out.reasons[1], eeg::flat);
    EXPECT_EQ(out.reasons[2], eeg::clipped);
    EXPECT_EQ(out.reasons[3] & eeg::amplitude, eeg::amplitude);
    EXPECT_EQ(out.reasons[4] & eeg::muscle, eeg::muscle);
    EXPECT_EQ(out.reasons[5], 0);
    EXPECT_EQ(out.limit_uv[5], 400) << "one epoch has nothing to compare with";
}

TEST(FindArtefacts, TheLimitIsTheChannelsOwn) {
    const Index n = 20;
    Matrix x(2, n * 200);
    std::vector<eeg::Epoch> epochs;
    for (Index e = 0; e < n; ++e) {
        epochs.push_back({e * 200, 200});
        for (Index i = 0; i < 200; ++i) {
            const double wave = std::sin(2 * std::numbers::pi * static_cast<double>(i) / 200);
            x(0, e * 200 + i) = 10 * wave;
            x(1, e * 200 + i) = (250 + static_cast<double>(e)) * wave;
        }
    }
    x.block(0, 800, 1, 200) *= 9;
    x.block(1, 2000, 1, 200) *= 2;
    const eeg::Artefacts out = eeg::find_artefacts(x, x, fs, epochs);
    EXPECT_EQ(out.limit_uv[0], 150) << "no limit lies below the least";
    EXPECT_GT(out.limit_uv[1], 520);
    EXPECT_LT(out.limit_uv[1], 600);
    for (Index e = 0; e < n; ++e) {
        EXPECT_EQ(out.reasons(e, 0), e == 4 ? eeg::amplitude : 0) << e;
        EXPECT_EQ(out.reasons(e, 1), e == 10 ? eeg::amplitude : 0) << e;
    }
}

TEST(FindArtefacts, Refuses) {
    const Matrix x = eeg_like(2, 400);
    const eeg::Epoch outside[] = {{300, 200}};
    EXPECT_THROW((void)eeg::find_artefacts(x, x, fs, outside), std::invalid_argument);
    const eeg::Epoch inside[] = {{0, 200}};
    EXPECT_THROW((void)eeg::find_artefacts(x, x.leftCols(300), fs, inside), std::invalid_argument);
    EXPECT_THROW((void)eeg::find_artefacts(x, x, -1, inside), std::invalid_argument);
    EXPECT_EQ(eeg::find_artefacts(x, x, fs, {}).reasons.size(), 0);
}

TEST(FindBlinks, PeaksAndWidths) {
    Matrix x = 0.2 * eeg_like(1, 6000);
    const Index peaks[] = {700, 1900, 3150, 5000};
    for (const Index p : peaks) {
        for (Index i = p - 100; i < p + 100; ++i) {
            const double z = static_cast<double>(i - p) / (0.08 * fs);
            x(0, i) += 150 * std::exp(-z * z);
        }
    }
    x.block(0, 4000, 1, 400).array() += 150;  // a step and back, no blink
    const auto blinks = eeg::find_blinks(x, fs);
    std::vector<Index> found;
    for (const eeg::Blink& b : blinks) {
        found.push_back(b.peak);
        EXPECT_LT(b.first, b.peak);
        EXPECT_GT(b.first + b.n, b.peak);
    }
    for (const Index p : peaks) {
        EXPECT_TRUE(std::ranges::any_of(found, [&](Index f) { return std::abs(f - p) <= 5; })) << p;
    }
    EXPECT_LE(found.size(), 6U);
    EXPECT_TRUE(eeg::find_blinks(Matrix::Zero(2, 1000), fs).empty());
    EXPECT_TRUE(eeg::find_blinks(Matrix(0, 1000), fs).empty());
    EXPECT_THROW((void)eeg::find_blinks(Matrix::Zero(1, 300), fs), std::invalid_argument);
    EXPECT_THROW((void)eeg::find_blinks(Matrix::Constant(1, 1000, nan), fs), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
