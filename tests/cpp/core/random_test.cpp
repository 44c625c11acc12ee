#include "biopotential/core/random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace biopotential {
namespace {

TEST(SplitMix64, GivesThePublishedSequenceOfSeedZero) {
    std::uint64_t state = 0;
    EXPECT_EQ(splitmix64(state), 0xE220A8397B1DCDAFULL);
    EXPECT_EQ(splitmix64(state), 0x6E789E6AA1B965F4ULL);
    EXPECT_EQ(splitmix64(state), 0x06C45D188009454FULL);
}

TEST(Random, GivesThePublishedSequenceOfItsState) {
    Random random(std::array<std::uint64_t, 4>{1, 2, 3, 4});
    for (const std::uint64_t expected : {41943041ULL, 58720359ULL, 3588806011781223ULL, 3591011842654386ULL}) {
        EXPECT_EQ(random.next(), expected);
    }
}

TEST(Random, RefusesAStateOfZeros) {
    EXPECT_THROW(Random(std::array<std::uint64_t, 4>{}), std::invalid_argument);
}

TEST(Random, SameSeedSameNumbersOtherSeedOthers) {
    Random a(7);
    Random b(7);
    Random c(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const double x = a.normal();
        EXPECT_EQ(x, b.normal());
        differs = differs || x != c.normal();
    }
    EXPECT_TRUE(differs);
}

TEST(Random, UniformAndNormalHaveTheirMoments) {
    Random random(1);
    constexpr int n = 200000;
    double mean_u = 0;
    double mean_n = 0;
    double square_n = 0;
    double fourth_n = 0;
    for (int i = 0; i < n; ++i) {
        const double u = random.uniform(2, 4);
        ASSERT_GE(u, 2);
        ASSERT_LT(u, 4);
        const double x = random.normal();
        mean_u += u / n;
        mean_n += x / n;
        square_n += x * x / n;
        fourth_n += x * x * x * x / n;
    }
    EXPECT_NEAR(mean_u, 3, 0.006);
    EXPECT_NEAR(mean_n, 0, 0.01);
    EXPECT_NEAR(square_n, 1, 0.02);
    EXPECT_NEAR(fourth_n, 3, 0.12);
}

TEST(Random, IntegersFillTheirRangeEvenly) {
    Random random(3);
    std::vector<int> count(7);
    for (int i = 0; i < 70000; ++i) {
        ++count.at(static_cast<std::size_t>(random.integer(7)));
    }
    for (const int c : count) {
        EXPECT_NEAR(c, 10000, 450);
    }
    EXPECT_THROW((void)random.integer(0), std::invalid_argument);
}

TEST(Random, PartsAreIndependentOfTheParent) {
    Random parent(5);
    Random part = parent.split();
    EXPECT_NE(part.next(), parent.next());
}

}  // namespace
}  // namespace biopotential
