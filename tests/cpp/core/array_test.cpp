#include "biopotential/core/array.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace biopotential {
namespace {

using ::testing::ElementsAre;

TEST(Array, StartsZeroedAlignedAndOfTheAskedShape) {
    const Array<double> a{2, 3, 4};
    EXPECT_EQ(a.size(), 24);
    EXPECT_EQ(a.ndim(), 3);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % 64, 0U);
    EXPECT_EQ(std::accumulate(a.begin(), a.end(), 0.0), 0.0);
}

TEST(Array, IsRowMajor) {
    Array<int> a{2, 3};
    std::iota(a.begin(), a.end(), 0);
    EXPECT_EQ(a(1, 0), 3);
    EXPECT_THAT(a.row(1), ElementsAre(3, 4, 5));
    EXPECT_EQ(a.matrix()(0, 2), 2);
}

TEST(Array, EmptyAxesHoldNothing) {
    const Array<double> a{3, 0};
    EXPECT_EQ(a.size(), 0);
    EXPECT_EQ(a.matrix().size(), 0);
    EXPECT_EQ(Array<double>().size(), 0);
}

TEST(Array, CopiesShareAndClonesDoNot) {
    Array<int> a{2};
    Array<int> shared = a;
    Array<int> cloned = a.clone();
    a[0] = 7;
    EXPECT_EQ(shared[0], 7);
    EXPECT_EQ(cloned[0], 0);
}

TEST(ContiguousRow, CopiesOnlyStridedRows) {
    const std::vector<double> x{0, 1, 2, 3, 4, 5};
    using Stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    const MatrixView rows(Eigen::Map<const Matrix, 0, Stride>(x.data(), 2, 3, Stride(3, 1)));
    const MatrixView transposed(Eigen::Map<const Matrix, 0, Stride>(x.data(), 3, 2, Stride(1, 3)));
    EXPECT_EQ(ContiguousRow(rows, 1).samples().data(), x.data() + 3);
    EXPECT_THAT(ContiguousRow(transposed, 1).samples(), ElementsAre(1, 4));
}

}  // namespace
}  // namespace biopotential
