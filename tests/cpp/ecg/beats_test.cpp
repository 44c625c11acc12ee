#include "biopotential/ecg/beats.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace biopotential {
namespace {

TEST(BeatWindows, ReadsARampExactlyAtAnotherRate) {
    Matrix x(2, 1000);
    for (Index i = 0; i < 1000; ++i) {
        x(0, i) = static_cast<double>(i);
        x(1, i) = -2.0 * static_cast<double>(i);
    }
    const std::array<Index, 2> peaks{300, 601};
    for (const double fs_out : {100.0, 180.0, 250.0, 360.0, 500.0}) {
        const Array<double> w = ecg::beat_windows(MatrixView(x), peaks, 250, 0.2, 0.4, fs_out);
        ASSERT_EQ(w.shape(), (std::vector<Index>{2, 2, static_cast<Index>(std::lround(0.6 * fs_out))}));
        for (Index b = 0; b < 2; ++b) {
            for (Index k = 0; k < w.shape(2); ++k) {
                const double at = static_cast<double>(peaks[static_cast<std::size_t>(b)]) - 50 +
                                  static_cast<double>(k) * 250 / fs_out;
                EXPECT_NEAR(w(b, 0, k), at, 1e-9);
                EXPECT_NEAR(w(b, 1, k), -2 * at, 1e-9);
            }
        }
    }
}

TEST(BeatWindows, HoldsTheEndsOfTheRecording) {
    const std::vector<double> x{5, 6, 7, 8};
    const std::array<Index, 2> peaks{0, 3};
    const Array<double> w = ecg::beat_windows(as_row(x), peaks, 100, 0.02, 0.02, 100);
    EXPECT_EQ(std::vector<double>(w.begin(), w.end()), (std::vector<double>{5, 5, 5, 6, 6, 7, 8, 8}));
}

TEST(BeatWindows, RefusesBadPositions) {
    const std::vector<double> x(100, 0.0);
    for (const std::array<Index, 2>& peaks : {std::array<Index, 2>{-1, 5}, {5, 100}, {7, 7}, {9, 3}}) {
        EXPECT_THROW((void)ecg::beat_windows(as_row(x), peaks, 100, 0.1, 0.1, 50), std::invalid_argument);
    }
    EXPECT_THROW((void)ecg::beat_windows(as_row(x), {}, 100, 0.1, 0.1, 0), std::invalid_argument);
    EXPECT_THROW((void)ecg::beat_windows(as_row(x), {}, 100, -0.1, 0.1, 50), std::invalid_argument);
    EXPECT_EQ(ecg::beat_windows(as_row(x), {}, 100, 0.1, 0.1, 50).size(), 0);
}

TEST(RrFeatures, KnowsTheIntervalsAroundAPrematureBeat) {
    const std::array<Index, 6> peaks{0, 100, 200, 260, 400, 500};
    const ecg::RrFeatures f = ecg::rr_features(peaks, 100);
    EXPECT_TRUE(std::isnan(f.pre_rr_s[0]));
    EXPECT_TRUE(std::isnan(f.post_rr_s[5]));
    EXPECT_DOUBLE_EQ(f.pre_rr_s[3], 0.6);
    EXPECT_DOUBLE_EQ(f.post_rr_s[3], 1.4);
    EXPECT_DOUBLE_EQ(f.local_rr_s[3], 1.0);
    EXPECT_DOUBLE_EQ(f.pre_ratio[3], 0.6);
    EXPECT_EQ(ecg::rr_features({}, 100).pre_rr_s.size(), 0);
}

}  // namespace
}  // namespace biopotential
