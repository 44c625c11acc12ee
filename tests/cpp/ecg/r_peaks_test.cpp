#include "biopotential/ecg/r_peaks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "train.hpp"

namespace biopotential {
namespace {

using test::every;
using test::qrs_train;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<Index> positions(const std::vector<double>& times_s, double fs) {
    std::vector<Index> out;
    for (const double t : times_s) {
        out.push_back(std::llround(t * fs));
    }
    return out;
}

void expect_near(const std::vector<Index>& found, const std::vector<Index>& wanted, Index tolerance) {
    ASSERT_EQ(found.size(), wanted.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_LE(std::abs(found[i] - wanted[i]), tolerance) << "beat " << i;
    }
}

TEST(FindRPeaks, FindsEveryBeatOfATrainAtAnyRateAndScale) {
    for (const double fs : {100.0, 128.5, 360.0, 1000.0}) {
        const std::vector<double> t = every(0.8, 30);
        for (const double amplitude : {1.0, -1.0, 1e-3, -2000.0}) {
            const std::vector<double> x = qrs_train(t, fs, 30, amplitude);
            expect_near(ecg::find_r_peaks(as_row(x), fs), positions(t, fs), 1);
        }
    }
}

TEST(FindRPeaks, FindsBeatsAtTheEndsOfTheHeartRateRange) {
    for (const double interval : {0.28, 0.4, 1.5, 2.2}) {
        const std::vector<double> t = every(interval, 40);
        expect_near(ecg::find_r_peaks(as_row(qrs_train(t, 250, 40)), 250), positions(t, 250), 1);
    }
}

TEST(FindRPeaks, ReportsNoBeatInNaN) {
    const double fs = 250;
    const std::vector<double> t = every(0.8, 60);
    std::vector<double> x = qrs_train(t, fs, 60);
    std::fill(x.begin() + 5000, x.begin() + 6000, nan);
    std::vector<Index> wanted = positions(t, fs);
    std::erase_if(wanted, [](Index p) { return p >= 5000 && p < 6000; });
    expect_near(ecg::find_r_peaks(as_row(x), fs), wanted, 1);
}

TEST(FindRPeaks, FindsNothingWhereThereIsNothing) {
    const double fs = 250;
    std::vector<double> x(5000, 0.0);
    EXPECT_TRUE(ecg::find_r_peaks(as_row(x), fs).empty());
    std::fill(x.begin(), x.end(), 3.7);
    EXPECT_TRUE(ecg::find_r_peaks(as_row(x), fs).empty());
    std::fill(x.begin(), x.end(), nan);
    EXPECT_TRUE(ecg::find_r_peaks(as_row(x), fs).empty());
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = std::sin(2 * std::numbers::pi * 50 * static_cast<double>(i) / fs);
    }
    EXPECT_TRUE(ecg::find_r_peaks(as_row(x), fs).empty());
    EXPECT_TRUE(ecg::find_r_peaks(as_row({}), fs).empty());
    EXPECT_TRUE(ecg::find_r_peaks(as_row(Samples(x).first(1)), fs).empty());
}

TEST(FindRPeaks, UsesTheLeadThatStillIsThere) {
    const double fs = 250;
    const std::vector<double> t = every(0.9, 120);
    Matrix x(2, static_cast<Index>(120 * fs));
    const std::vector<double> lead = qrs_train(t, fs, 120);
    for (Index i = 0; i < x.cols(); ++i) {
        x(0, i) = i < 15000 ? lead[static_cast<std::size_t>(i)] : 0.0;
        x(1, i) = i < 15000 ? 0.0 : -lead[static_cast<std::size_t>(i)];
    }
    expect_near(ecg::find_r_peaks(MatrixView(x), fs), positions(t, fs), 2);
}

TEST(FindRPeaks, RefusesRatesItCannotUse) {
    const std::vector<double> x(1000, 0.0);
    for (const double fs : {0.0, -1.0, nan, 20.0, std::numeric_limits<double>::infinity()}) {
        EXPECT_THROW((void)ecg::find_r_peaks(as_row(x), fs), std::invalid_argument);
    }
}

}  // namespace
}  // namespace biopotential
