#include "biopotential/eeg/simulate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace biopotential {
namespace {

TEST(Simulate, IsTheSameForASeed) {
    const std::vector<std::string> names{"Fp1", "Cz", "O2"};
    eeg::SimulateOptions options;
    options.muscle_per_minute = 10;
    const eeg::Simulated a = eeg::simulate(20, 128.5, names, options);
    const eeg::Simulated b = eeg::simulate(20, 128.5, names, options);
    options.seed = 2;
    const eeg::Simulated c = eeg::simulate(20, 128.5, names, options);
    ASSERT_EQ(a.x.shape(), (Array<double>::Shape{3, 2570}));
    double difference = 0;
    for (Index i = 0; i < a.x.size(); ++i) {
        ASSERT_EQ(a.x[i], b.x[i]);
        difference = std::max(difference, std::abs(a.x[i] - c.x[i]));
    }
    EXPECT_GT(difference, 1);
    EXPECT_EQ(a.blink_peaks, b.blink_peaks);
}

TEST(Simulate, EachPartAlone) {
    eeg::SimulateOptions silent;
    silent.background_uv = silent.sensor_uv = silent.alpha_uv = silent.blinks_per_minute = silent.mains_uv = 0;
    const std::vector<std::string> names{"Fp1", "Cz", "T7", "O2"};
    const eeg::Simulated nothing = eeg::simulate(5, 100, names, silent);
    for (const double v : nothing.x) {
        ASSERT_EQ(v, 0);
    }
    eeg::SimulateOptions mains = silent;
    mains.mains_uv = 3;
    mains.mains_hz = 25;
    const eeg::Simulated hum = eeg::simulate(1, 100, names, mains);
    EXPECT_NEAR(hum.x(2, 1), 3, 1e-12);
    EXPECT_NEAR(hum.x(0, 3), -3, 1e-12);

    eeg::SimulateOptions blinks = silent;
    blinks.blinks_per_minute = 20;
    const eeg::Simulated blinking = eeg::simulate(60, 100, names, blinks);
    ASSERT_GT(blinking.blink_peaks.size(), 12U);
    for (const Index peak : blinking.blink_peaks) {
        EXPECT_NEAR(blinking.x(0, peak), 150, 2);
        EXPECT_EQ(blinking.x(3, peak), 0);
    }

    eeg::SimulateOptions muscle = silent;
    muscle.muscle_per_minute = 20;
    const eeg::Simulated tense = eeg::simulate(60, 100, names, muscle);
    ASSERT_GT(tense.muscle.size(), 12U);
    double inside = 0;
    for (const eeg::Epoch& burst : tense.muscle) {
        for (Index i = burst.first; i < burst.first + burst.n; ++i) {
            inside += tense.x(2, i) * tense.x(2, i);
        }
    }
    double total = 0;
    for (const double v : tense.x.row(2)) {
        total += v * v;
    }
    EXPECT_NEAR(inside, total, 1e-9 * total);
    EXPECT_EQ(tense.x(1, tense.muscle[0].first + 5), 0);
}

TEST(Simulate, EyesAndFaults) {
    eeg::SimulateOptions options;
    options.eyes_block_s = 4;
    options.faulty = {{"Cz", eeg::Fault::flat}, {"O2", eeg::Fault::noisy}};
    const eeg::Simulated out = eeg::simulate(14, 100, {"Cz", "O2", "O1"}, options);
    ASSERT_EQ(out.eyes_closed.size(), 2U);
    EXPECT_EQ(out.eyes_closed[0].first, 400);
    EXPECT_EQ(out.eyes_closed[1].first, 1200);
    EXPECT_EQ(out.eyes_closed[1].n, 200);
    double noisy = 0;
    double clean = 0;
    for (Index i = 0; i < 1400; ++i) {
        ASSERT_EQ(out.x(0, i), 0);
        noisy += out.x(1, i) * out.x(1, i);
        clean += out.x(2, i) * out.x(2, i);
    }
    EXPECT_GT(noisy, 4 * clean);
}

TEST(Simulate, Refuses) {
    EXPECT_THROW((void)eeg::simulate(1, 100, {"nose"}), std::invalid_argument);
    EXPECT_THROW((void)eeg::simulate(0, 100, {"Cz"}), std::invalid_argument);
    EXPECT_THROW((void)eeg::simulate(1, 0, {"Cz"}), std::invalid_argument);
    EXPECT_THROW((void)eeg::simulate(1e-9, 100, {"Cz"}), std::invalid_argument);
    EXPECT_THROW((void)eeg::simulate(1e15, 100, {"Cz"}), std::invalid_argument);
    eeg::SimulateOptions options;
    options.blink_uv = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW((void)eeg::simulate(1, 100, {"Cz"}, options), std::invalid_argument);
    options = {};
    options.faulty = {{"Oz", eeg::Fault::flat}};
    EXPECT_THROW((void)eeg::simulate(1, 100, {"Cz"}, options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
