#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "biopotential/core/random.hpp"
#include "biopotential/ecg/quality.hpp"
#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/ecg/simulate.hpp"

namespace biopotential {
namespace {

TEST(Simulate, IsTheSameForASeedAndAnotherForAnother) {
    ecg::SimulateOptions options;
    options.seed = 7;
    const ecg::Simulated a = ecg::simulate(20, 250, options);
    const ecg::Simulated b = ecg::simulate(20, 250, options);
    EXPECT_TRUE(std::equal(a.x.begin(), a.x.end(), b.x.begin()));
    options.seed = 8;
    EXPECT_NE(ecg::simulate(20, 250, options).r_peaks, a.r_peaks);
}

TEST(Simulate, LimbLeadsObeyEinthoven) {
    ecg::SimulateOptions options;
    options.leads = {"I", "II", "III", "aVR", "aVL", "aVF"};
    options.wander_mv = options.muscle_mv = options.mains_mv = 0;
    const ecg::Simulated s = ecg::simulate(5, 500, options);
    for (Index i = 0; i < s.x.shape(1); ++i) {
        EXPECT_NEAR(s.x(2, i), s.x(1, i) - s.x(0, i), 1e-12);
        EXPECT_NEAR(s.x(3, i), -(s.x(0, i) + s.x(1, i)) / 2, 1e-12);
        EXPECT_NEAR(s.x(3, i) + s.x(4, i) + s.x(5, i), 0, 1e-12);
    }
}

TEST(Simulate, BeatsAreFoundWhereTheyAre) {
    ecg::SimulateOptions options;
    options.ventricular_percent = 5;
    options.supraventricular_percent = 5;
    const ecg::Simulated s = ecg::simulate(300, 360, options);
    EXPECT_GT(std::count(s.labels.begin(), s.labels.end(), 'V'), 5);
    EXPECT_GT(std::count(s.labels.begin(), s.labels.end(), 'S'), 5);
    const std::vector<Index> found = ecg::find_r_peaks(view(s.x), 360);
    ASSERT_EQ(found.size(), s.r_peaks.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_LE(std::abs(found[i] - s.r_peaks[i]), s.labels[i] == 'V' ? 22 : 4) << i;
    }
}

TEST(Simulate, RefusesWhatItCannotMake) {
    ecg::SimulateOptions options;
    EXPECT_THROW((void)ecg::simulate(0, 250, options), std::invalid_argument);
    EXPECT_THROW((void)ecg::simulate(10, 10, options), std::invalid_argument);
    options.leads = {"V9"};
    EXPECT_THROW((void)ecg::simulate(10, 250, options), std::invalid_argument);
    options = {};
    options.heart_rate_bpm = 5;
    EXPECT_THROW((void)ecg::simulate(10, 250, options), std::invalid_argument);
    options = {};
    options.ventricular_percent = 80;
    options.supraventricular_percent = 30;
    EXPECT_THROW((void)ecg::simulate(10, 250, options), std::invalid_argument);
}

TEST(Quality, NamesWhatIsWrong) {
    const double fs = 250;
    ecg::Simulated s = ecg::simulate(60, fs);
    Random random(3);
    for (Index i = 0; i < s.x.shape(1); ++i) {
        double& v = s.x(0, i);
        if (i >= 2500 && i < 5000) {
            v = std::numeric_limits<double>::quiet_NaN();
        } else if (i >= 5000 && i < 7500) {
            v = 0.25;
        } else if (i >= 7500 && i < 10000) {
            v = i % 250 < 60 ? 5.0 : v;
        } else if (i >= 10000 && i < 12500) {
            v = random.normal();
        }
    }
    const ecg::Quality q = ecg::quality(view(s.x), fs);
    ASSERT_EQ(q.index.shape(), (std::vector<Index>{2, 6}));
    using enum ecg::QualityReason;
    const std::vector<ecg::QualityReason> wanted{none, missing, flat, clipped, noise, none};
    for (Index k = 0; k < 6; ++k) {
        EXPECT_EQ(static_cast<ecg::QualityReason>(q.reason(0, k)), wanted[static_cast<std::size_t>(k)])
            << k << " " << q.index(0, k);
        EXPECT_EQ(static_cast<ecg::QualityReason>(q.reason(1, k)), none) << k << " " << q.index(1, k);
        EXPECT_GE(q.index(0, k), 0);
        EXPECT_LE(q.index(0, k), 1);
    }
    EXPECT_EQ(ecg::quality(as_row({}), fs).index.size(), 0);
    EXPECT_THROW((void)ecg::quality(view(s.x), 0), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
