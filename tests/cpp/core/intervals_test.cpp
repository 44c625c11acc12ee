#include "biopotential/core/intervals.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "biopotential/core/check.hpp"

namespace biopotential {
namespace {

TEST(Intervals, AreThoseAroundEachEvent) {
    const std::vector<Index> at{0, 100, 150, 300};
    const IntervalContext around = interval_context("test", at, 100);
    EXPECT_TRUE(std::isnan(around.before_s[0]));
    EXPECT_DOUBLE_EQ(around.after_s[0], 1.0);
    EXPECT_DOUBLE_EQ(around.before_s[2], 0.5);
    EXPECT_DOUBLE_EQ(around.after_s[2], 1.5);
    EXPECT_TRUE(std::isnan(around.after_s[3]));
    EXPECT_DOUBLE_EQ(around.local_s[1], 1.0);
}

TEST(Intervals, TheMedianIsOfTenOnEachSide) {
    std::vector<Index> at{0};
    for (Index i = 0; i < 40; ++i) {
        at.push_back(at.back() + (i < 20 ? 100 : 50));
    }
    const IntervalContext around = interval_context("test", at, 100);
    EXPECT_DOUBLE_EQ(around.local_s[10], 1.0);
    EXPECT_DOUBLE_EQ(around.local_s[20], 0.75);  // ten of each
    EXPECT_DOUBLE_EQ(around.local_s[30], 0.5);
}

TEST(Intervals, OfNoneOrOneEvent) {
    EXPECT_EQ(interval_context("test", {}, 100).local_s.size(), 0);
    const std::vector<Index> one{5};
    EXPECT_TRUE(std::isnan(interval_context("test", one, 100).local_s[0]));
}

TEST(Check, PositionsAscendInsideTheSignal) {
    const std::vector<Index> good{0, 3, 9}, equal{3, 3}, negative{-1, 2};
    EXPECT_NO_THROW(require_positions("test", good, 10));
    EXPECT_NO_THROW(require_positions("test", good));
    EXPECT_THROW(require_positions("test", good, 9), std::invalid_argument);
    EXPECT_THROW(require_positions("test", equal, 10), std::invalid_argument);
    EXPECT_THROW(require_positions("test", negative, 10), std::invalid_argument);
    EXPECT_THROW((void)interval_context("test", good, 0), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
