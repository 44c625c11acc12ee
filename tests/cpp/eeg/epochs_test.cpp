#include "biopotential/eeg/epochs.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace biopotential {
namespace {

TEST(FixedEpochs, AsManyAsFit) {
    const auto epochs = eeg::fixed_epochs(1050, 100, 2);
    ASSERT_EQ(epochs.size(), 5U);
    EXPECT_EQ(epochs[4].first, 800);
    EXPECT_EQ(epochs[4].n, 200);
    EXPECT_EQ(eeg::fixed_epochs(1050, 100, 2, 0.5).size(), 18U);
    EXPECT_TRUE(eeg::fixed_epochs(199, 100, 2).empty());
    EXPECT_TRUE(eeg::fixed_epochs(0, 100, 2).empty());
}

TEST(FixedEpochs, DoNotDriftAtARateThatIsNotWhole) {
    const auto epochs = eeg::fixed_epochs(static_cast<Index>(128.5 * 3600), 128.5, 1);
    ASSERT_EQ(epochs.size(), 3599U) << "the last of 3600 would need a sample that isn't there";
    EXPECT_EQ(epochs[1000].first, 128500);
    EXPECT_EQ(epochs[1000].n, 129);
}

TEST(FixedEpochs, DoNotCrossGaps) {
    const Segment segments[] = {{0, 0, 450}, {9'000'000'000, 450, 200}, {20'000'000'000, 650, 100}};
    const auto epochs = eeg::fixed_epochs(segments, 100, 2);
    ASSERT_EQ(epochs.size(), 3U);
    EXPECT_EQ(epochs[1].first, 200);
    EXPECT_EQ(epochs[2].first, 450);
}

TEST(FixedEpochs, Refuses) {
    EXPECT_THROW((void)eeg::fixed_epochs(100, 0, 1), std::invalid_argument);
    EXPECT_THROW((void)eeg::fixed_epochs(100, 100, 0), std::invalid_argument);
    EXPECT_THROW((void)eeg::fixed_epochs(100, 100, 0.001), std::invalid_argument);
    EXPECT_THROW((void)eeg::fixed_epochs(100, 100, 1, -1), std::invalid_argument);
    EXPECT_THROW((void)eeg::fixed_epochs(100, 100, std::numeric_limits<double>::infinity()), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
