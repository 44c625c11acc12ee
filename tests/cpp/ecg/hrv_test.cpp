#include "biopotential/ecg/hrv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace biopotential {
namespace {

std::vector<Index> peaks_of(const std::vector<Index>& rr) {
    std::vector<Index> p{0};
    for (const Index v : rr) {
        p.push_back(p.back() + v);
    }
    return p;
}

TEST(HrvTime, EqualsClosedFormsOnAlternatingIntervals) {
    std::vector<Index> rr;
    for (int i = 0; i < 400; ++i) {
        rr.push_back(i % 2 == 0 ? 780 : 840);
    }
    const std::vector<Index> p = peaks_of(rr);
    const ecg::NnIntervals nn = ecg::nn_intervals(p, 1000);
    const ecg::HrvTime t = ecg::hrv_time(nn);
    EXPECT_EQ(t.n_nn, 400);
    EXPECT_NEAR(t.mean_nn_ms, 810, 1e-9);
    EXPECT_NEAR(t.sdnn_ms, 30 * std::sqrt(400.0 / 399), 1e-9);
    EXPECT_NEAR(t.rmssd_ms, 60, 1e-9);
    EXPECT_NEAR(t.pnn50_percent, 100, 1e-9);
    EXPECT_NEAR(t.hti, 2, 1e-9);
    EXPECT_TRUE(std::isnan(t.sdann_ms));
    const ecg::HrvNonlinear v = ecg::hrv_nonlinear(nn);
    EXPECT_NEAR(v.sd2_ms, 0, 1e-9);
    EXPECT_NEAR(v.sd1_ms, 60 / std::sqrt(2.0), 0.2);
}

TEST(HrvTime, ADifferenceOfFiftySharpDoesNotCount) {
    const std::vector<Index> p = peaks_of({800, 850, 800, 851});
    EXPECT_DOUBLE_EQ(ecg::hrv_time(ecg::nn_intervals(p, 1000)).nn50, 1);
}

TEST(NnIntervals, LeavesOutAPrematureBeatAndNoDifferenceCrossesIt) {
    std::vector<Index> rr(20, 800);
    rr[10] = 500;
    rr[11] = 1100;
    const std::vector<Index> p = peaks_of(rr);
    ecg::NnOptions options;
    options.exclude = ecg::Exclude::ectopic;
    const ecg::NnIntervals nn = ecg::nn_intervals(p, 1000, options);
    EXPECT_EQ(nn.nn_ms.size(), 18);
    EXPECT_EQ(nn.adjacent[10], 0);
    const ecg::HrvTime t = ecg::hrv_time(nn);
    EXPECT_DOUBLE_EQ(t.excluded_percent, 10);
    EXPECT_DOUBLE_EQ(t.rmssd_ms, 0);
    std::vector<std::uint8_t> normal(p.size(), 1);
    normal[11] = 0;
    options.exclude = ecg::Exclude::none;
    options.normal = normal;
    EXPECT_EQ(ecg::nn_intervals(p, 1000, options).nn_ms.size(), 18);
}

TEST(HrvFrequency, FindsThePowerOfASinusoid) {
    // 20 ms of amplitude have a power of 200 ms^2.
    std::vector<Index> p{0};
    while (p.back() < 600 * 10000) {
        const double t = static_cast<double>(p.back()) / 10000;
        p.push_back(p.back() + std::llround(10000 * (0.8 + 0.02 * std::sin(2 * std::numbers::pi * 0.1 * t))));
    }
    const ecg::HrvFrequency f = ecg::hrv_frequency(ecg::nn_intervals(p, 10000));
    EXPECT_NEAR(f.lf_ms2, 200, 10);
    EXPECT_LT(f.hf_ms2, 2);
    EXPECT_NEAR(f.lf_peak_hz, 0.1, 0.004);
    EXPECT_NEAR(f.lf_nu + f.hf_nu, 100, 1e-9);
}

TEST(Hrv, HasNoValuesForTooFewBeats) {
    for (const std::vector<Index>& p : {std::vector<Index>{}, {5}, {5, 805}}) {
        const ecg::NnIntervals nn = ecg::nn_intervals(p, 1000);
        EXPECT_TRUE(std::isnan(ecg::hrv_time(nn).sdnn_ms));
        EXPECT_TRUE(std::isnan(ecg::hrv_time(nn).rmssd_ms));
        EXPECT_TRUE(std::isnan(ecg::hrv_frequency(nn).hf_ms2));
        EXPECT_TRUE(std::isnan(ecg::hrv_nonlinear(nn).sampen));
        EXPECT_TRUE(std::isnan(ecg::hrv_nonlinear(nn).dfa_alpha1));
    }
    const std::vector<Index> down{5, 4};
    EXPECT_THROW((void)ecg::nn_intervals(down, 1000), std::invalid_argument);
    EXPECT_THROW((void)ecg::nn_intervals({}, 0), std::invalid_argument);
    ecg::HrvFrequencyOptions bands;
    bands.top_hz = 3;
    EXPECT_THROW((void)ecg::hrv_frequency(ecg::nn_intervals({}, 100), bands), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
