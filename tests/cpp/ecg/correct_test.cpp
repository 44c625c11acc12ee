#include "biopotential/ecg/correct.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace biopotential {
namespace {

/// Beats with some respiration and noise, at 1000 Hz.
std::vector<Index> beats(int n) {
    std::mt19937 random(3);
    std::vector<Index> out;
    double t = 500;
    for (int i = 0; i < n; ++i) {
        out.push_back(static_cast<Index>(t));
        t += 800 + 35 * std::sin(0.5 * i) + 25 * std::sin(1.37 * i + 1) + static_cast<double>(random() % 8);
    }
    return out;
}

std::vector<std::size_t> faulty(const ecg::Corrected& c) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < c.faults.size(); ++i) {
        if (c.faults[i] != ecg::BeatFault::none) {
            out.push_back(i);
        }
    }
    return out;
}

TEST(CorrectRPeaks, LeavesACleanRhythmAlone) {
    const std::vector<Index> r = beats(200);
    const ecg::Corrected c = ecg::correct_r_peaks(r, 1000);
    EXPECT_TRUE(faulty(c).empty());
    EXPECT_EQ(c.rounds, 0);
    ASSERT_EQ(c.r_peaks.size(), r.size());
    for (std::size_t i = 0; i < r.size(); ++i) {
        EXPECT_NEAR(c.r_peaks[i], static_cast<double>(r[i]), 1e-6);
    }
}

TEST(CorrectRPeaks, FillsInAMissedBeat) {
    std::vector<Index> r = beats(200);
    const auto lost = static_cast<double>(r[100]);
    r.erase(r.begin() + 100);
    const ecg::Corrected c = ecg::correct_r_peaks(r, 1000);
    EXPECT_EQ(c.faults[100], ecg::BeatFault::missed);
    EXPECT_EQ(faulty(c).size(), 1U);
    ASSERT_EQ(c.r_peaks.size(), 200U);
    EXPECT_NEAR(c.r_peaks[100], lost, 60);
    EXPECT_EQ(c.changed[100], 1);
    EXPECT_EQ(std::count(c.changed.begin(), c.changed.end(), 1), 1);
}

TEST(CorrectRPeaks, TakesAnExtraBeatOut) {
    const std::vector<Index> clean = beats(200);
    std::vector<Index> r = clean;
    r.insert(r.begin() + 100, (r[99] + r[100]) / 2);
    const ecg::Corrected c = ecg::correct_r_peaks(r, 1000);
    EXPECT_EQ(c.faults[100], ecg::BeatFault::extra);
    ASSERT_EQ(c.r_peaks.size(), clean.size());
    for (std::size_t i = 0; i < clean.size(); ++i) {
        EXPECT_NEAR(c.r_peaks[i], static_cast<double>(clean[i]), i > 97 && i < 103 ? 60 : 1e-6);
    }
}

TEST(CorrectRPeaks, MovesAnEctopicBeat) {
    std::vector<Index> r = beats(200);
    const auto meant = static_cast<double>(r[100]);
    r[100] -= 300;
    const ecg::Corrected c = ecg::correct_r_peaks(r, 1000);
    EXPECT_NE(c.faults[100], ecg::BeatFault::none);
    ASSERT_EQ(c.r_peaks.size(), r.size());
    EXPECT_NEAR(c.r_peaks[100], meant, 90);
    EXPECT_EQ(r[100], static_cast<Index>(meant) - 300) << "the input stays";
}

TEST(CorrectRPeaks, HasNothingToSayOnFewBeats) {
    for (const int n : {0, 1, 2, 3}) {
        const ecg::Corrected c = ecg::correct_r_peaks(beats(n), 1000);
        EXPECT_EQ(c.r_peaks.size(), static_cast<std::size_t>(n));
        EXPECT_TRUE(faulty(c).empty());
    }
    const std::vector<Index> equal{0, 800, 1600, 2400, 3200, 4000};
    EXPECT_TRUE(faulty(ecg::correct_r_peaks(equal, 1000)).empty());
}

TEST(CorrectRPeaks, RefusesBadArguments) {
    EXPECT_THROW((void)ecg::correct_r_peaks(beats(5), 0), std::invalid_argument);
    EXPECT_THROW((void)ecg::correct_r_peaks(std::vector<Index>{3, 3}, 100), std::invalid_argument);
    ecg::CorrectOptions options;
    options.window = 0;
    EXPECT_THROW((void)ecg::correct_r_peaks(beats(5), 100, options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
