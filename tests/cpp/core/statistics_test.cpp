#include "biopotential/core/statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace biopotential {
namespace {

using Values = std::vector<double>;

TEST(Statistics, MedianIsTheMiddleOrTheMeanOfTwo) {
    Values odd{5, 1, 3};
    Values even{4, 1, 3, 2};
    EXPECT_EQ(median_in_place(odd), 3);
    EXPECT_EQ(median_in_place(even), 2.5);
}

TEST(Statistics, QuantileInterpolatesBetweenRanks) {
    Values v{40, 10, 30, 20};
    EXPECT_EQ(quantile_in_place(v, 0), 10);
    EXPECT_EQ(quantile_in_place(v, 1), 40);
    EXPECT_DOUBLE_EQ(quantile_in_place(v, 0.25), 17.5);
}

TEST(Statistics, NothingHasNone) {
    Values none;
    EXPECT_TRUE(std::isnan(median_in_place(none)));
    EXPECT_TRUE(std::isnan(quantile_in_place(none, 0.5)));
}

}  // namespace
}  // namespace biopotential
