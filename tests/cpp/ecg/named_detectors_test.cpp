#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

#include "biopotential/ecg/christov.hpp"
#include "biopotential/ecg/elgendi.hpp"
#include "biopotential/ecg/engzee.hpp"
#include "biopotential/ecg/gqrs.hpp"
#include "biopotential/ecg/hamilton.hpp"
#include "biopotential/ecg/kalidas.hpp"
#include "biopotential/ecg/martinez.hpp"
#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/ecg/xqrs.hpp"
#include "train.hpp"

namespace biopotential {
namespace {

using test::every;
using test::qrs_train;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Named {
    std::string name;
    std::function<std::vector<Index>(Samples, double)> find;
};

class NamedDetectors : public testing::TestWithParam<Named> {};

TEST_P(NamedDetectors, FindsTheBeatsOfATrainAtAnyRateAndScale) {
    for (const double fs : {100.0, 250.0, 360.0, 2000.0}) {
        const std::vector<double> t = every(0.8, 30);
        for (const double amplitude : {1.0, -1.0, 1e-3, -2000.0}) {
            const std::vector<Index> found = GetParam().find(qrs_train(t, fs, 30, amplitude), fs);
            ASSERT_EQ(found.size(), t.size()) << fs << " Hz, amplitude " << amplitude;
            for (std::size_t i = 0; i < t.size(); ++i) {
                EXPECT_NEAR(static_cast<double>(found[i]), t[i] * fs, 1.01) << fs << " Hz, beat " << i;
            }
        }
    }
}

TEST_P(NamedDetectors, ReportsNoBeatInNaN) {
    const double fs = 250;
    const std::vector<double> t = every(0.8, 60);
    std::vector<double> x = qrs_train(t, fs, 60);
    std::fill(x.begin() + 5000, x.begin() + 6000, nan);
    const std::vector<Index> found = GetParam().find(x, fs);
    std::size_t wanted = 0;
    for (const double s : t) {
        const auto at = static_cast<Index>(std::lround(s * fs));
        wanted += at < 5000 || at >= 6000 ? 1 : 0;
    }
    EXPECT_EQ(found.size(), wanted);
    for (const Index p : found) {
        EXPECT_TRUE(p < 5000 || p >= 6000) << p;
    }
}

TEST_P(NamedDetectors, FindsNothingInAConstant) {
    for (const double value : {0.0, 3.7, -1e9, nan}) {
        const std::vector<double> x(5000, value);
        EXPECT_TRUE(GetParam().find(x, 250).empty()) << value;
    }
    EXPECT_TRUE(GetParam().find({}, 250).empty());
}

TEST_P(NamedDetectors, RefusesRatesItCannotUse) {
    const std::vector<double> x(1000, 0.0);
    for (const double fs : {0.0, -1.0, nan, 20.0, std::numeric_limits<double>::infinity()}) {
        EXPECT_THROW((void)GetParam().find(x, fs), std::invalid_argument);
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, NamedDetectors,
    testing::Values(Named{"pan_tompkins", [](Samples x, double fs) { return ecg::find_r_peaks_pan_tompkins(x, fs); }},
                    Named{"hamilton", [](Samples x, double fs) { return ecg::find_r_peaks_hamilton(x, fs); }},
                    Named{"christov", [](Samples x, double fs) { return ecg::find_r_peaks_christov(x, fs); }},
                    Named{"elgendi", [](Samples x, double fs) { return ecg::find_r_peaks_elgendi(x, fs); }},
                    Named{"engzee", [](Samples x, double fs) { return ecg::find_r_peaks_engzee(x, fs); }},
                    Named{"martinez", [](Samples x, double fs) { return ecg::find_r_peaks_martinez(x, fs); }},
                    Named{"kalidas", [](Samples x, double fs) { return ecg::find_r_peaks_kalidas(x, fs); }},
                    Named{"gqrs", [](Samples x, double fs) { return ecg::find_r_peaks_gqrs(x, fs); }},
                    Named{"xqrs", [](Samples x, double fs) { return ecg::find_r_peaks_xqrs(x, fs); }}),
    [](const testing::TestParamInfo<Named>& tested) { return tested.param.name; });

}  // namespace
}  // namespace biopotential
