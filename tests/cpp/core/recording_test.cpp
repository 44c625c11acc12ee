#include "biopotential/core/recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace biopotential {
namespace {

using ::testing::ElementsAre;

Signal digital_signal() {
    Array<std::int32_t> digital{2, 4};
    for (Index i = 0; i < digital.size(); ++i) {
        digital[i] = static_cast<std::int32_t>(10 * i);
    }
    std::vector<Channel> channels(2);
    channels[0].name = "I";
    channels[0].scaling = {10, 1, 200};  // WFDB: (d - baseline) / gain
    channels[1].name = "II";
    channels[1].scaling = {0, 0.5, 1};  // EDF: d * units per step
    return make_signal(digital, 250, channels);
}

TEST(Signal, ScalesDigitalSamples) {
    const Signal signal = digital_signal();
    const Array<double> x = signal.read(1, 2);
    EXPECT_THAT(x.row(0), ElementsAre(0.0, 10.0 / 200));
    EXPECT_THAT(x.row(1), ElementsAre(25.0, 30.0));
    EXPECT_THAT(signal.read_digital(1, 2).row(1), ElementsAre(50, 60));
}

TEST(Signal, RefusesPositionsOutside) {
    const Signal signal = digital_signal();
    EXPECT_THROW((void)signal.read(3, 2), std::invalid_argument);
    EXPECT_THROW((void)signal.read(-1, 1), std::invalid_argument);
    EXPECT_THROW((void)signal.read(0, -1), std::invalid_argument);
    const std::vector<Index> which{2};
    EXPECT_THROW((void)signal.read(0, 1, which), std::invalid_argument);
}

TEST(Signal, FindsChannelsByUniqueName) {
    Signal signal = digital_signal();
    EXPECT_EQ(signal.channel("II"), 1);
    EXPECT_THROW((void)signal.channel("V1"), std::invalid_argument);
    signal.channels[0].name = "II";
    EXPECT_THROW((void)signal.channel("II"), std::invalid_argument);
}

TEST(Signal, DurationCountsGaps) {
    Signal signal = digital_signal();
    signal.segments = {{0, 0, 2}, {1'000'000'000, 2, 2}};
    EXPECT_EQ(signal.n_samples(), 4);
    EXPECT_DOUBLE_EQ(signal.duration_s(), 1 + 2 / 250.0);
}

TEST(Signal, PhysicalMemoryHasNoDigitalSamples) {
    const Signal signal = make_signal(Array<double>{1, 3}, 100, {"Cz"}, "uV");
    EXPECT_THROW((void)signal.read_digital(0, 1), std::invalid_argument);
    EXPECT_THROW((void)make_signal(Array<double>{2, 3}, 100, {"Cz"}, "uV"), std::invalid_argument);
    EXPECT_THROW((void)make_signal(Array<double>{1, 3}, 0, {"Cz"}, "uV"), std::invalid_argument);
}

TEST(Time, SamplesSurviveTheRoundTrip) {
    for (const double fs : {128.0, 250.0, 256.0, 360.0, 999.7, 4096.0}) {
        for (const Index sample :
             {Index{0}, Index{1}, Index{7}, Index{650'000}, Index{86'400'000}, Index{2'000'000'003}}) {
            EXPECT_EQ(to_sample(to_ns(sample, fs), fs), sample) << fs;
        }
    }
}

TEST(SignalHash, FollowsSamplesAndNamesOnly) {
    Recording a;
    a.signals.push_back(digital_signal());
    Recording b;
    b.signals.push_back(digital_signal());
    b.format = "other";
    EXPECT_EQ(signal_sha256(a), signal_sha256(b));
    b.signals[0].channels[0].name = "V1";
    EXPECT_NE(signal_sha256(a), signal_sha256(b));
}

TEST(Recording, SignalNeedsOneRate) {
    Recording recording;
    EXPECT_THROW((void)recording.signal(), std::invalid_argument);
    recording.signals.push_back(digital_signal());
    EXPECT_EQ(recording.signal().fs, 250);
}

}  // namespace
}  // namespace biopotential
