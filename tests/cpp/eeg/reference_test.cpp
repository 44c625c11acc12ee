#include "biopotential/eeg/reference.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace biopotential {
namespace {

Matrix ramp(Index rows, Index n) {
    Matrix x(rows, n);
    for (Index i = 0; i < x.size(); ++i) {
        x.data()[i] = static_cast<double>((i * i) % 97);
    }
    return x;
}

TEST(Rereference, SubtractsTheMeanOfTheReference) {
    const Matrix x = ramp(4, 10001);
    const Array<double> average = eeg::rereference(x);
    EXPECT_LT(average.matrix().colwise().sum().cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_LT((average.matrix().row(0) - average.matrix().row(3) - x.row(0) + x.row(3)).cwiseAbs().maxCoeff(), 1e-12);
    const Index one[] = {2};
    const Array<double> single = eeg::rereference(x, one);
    EXPECT_EQ(single.matrix().row(2).cwiseAbs().maxCoeff(), 0);
    EXPECT_EQ(single(1, 9999), x(1, 9999) - x(2, 9999));
}

TEST(Rereference, TakesWindowsAndSpreadsMissingSamples) {
    Matrix x = ramp(3, 100);
    x(0, 40) = std::numeric_limits<double>::quiet_NaN();
    const Array<double> out = eeg::rereference(MatrixView(x.middleCols(30, 20)));
    EXPECT_TRUE(std::isnan(out(2, 10)));
    EXPECT_TRUE(std::isfinite(out(2, 11)));
    EXPECT_EQ(eeg::rereference(Matrix(3, 0)).size(), 0);
}

TEST(Rereference, Refuses) {
    const Matrix x = ramp(3, 10);
    const Index outside[] = {3};
    const Index twice[] = {1, 1};
    EXPECT_THROW((void)eeg::rereference(x, outside), std::invalid_argument);
    EXPECT_THROW((void)eeg::rereference(x, twice), std::invalid_argument);
    EXPECT_THROW((void)eeg::rereference(x, std::span<const Index>()), std::invalid_argument);
    EXPECT_THROW((void)eeg::rereference(Matrix(0, 10)), std::invalid_argument);
}

TEST(Bipolar, ChainsOfTheMontages) {
    EXPECT_EQ(eeg::longitudinal_montage().size(), 18U);
    EXPECT_EQ(eeg::transverse_montage().size(), 18U);
    const Matrix x = ramp(3, 50);
    const std::string names[] = {"EEG FP1-REF", "T3", "F7."};
    const eeg::Bipolar out = eeg::bipolar(x, names, eeg::longitudinal_montage());
    ASSERT_EQ(out.channels, (std::vector<std::string>{"Fp1-F7", "F7-T7"}));
    EXPECT_EQ(out.x(0, 7), x(0, 7) - x(2, 7));
    EXPECT_EQ(out.x(1, 7), x(2, 7) - x(1, 7));
}

TEST(Bipolar, Refuses) {
    const Matrix x = ramp(2, 10);
    const std::string two[] = {"Fp1", "Oz"};
    const std::string same[] = {"Fp1", "FP1."};
    EXPECT_THROW((void)eeg::bipolar(x, two, eeg::longitudinal_montage()), std::invalid_argument);
    EXPECT_THROW((void)eeg::bipolar(x, same, eeg::longitudinal_montage()), std::invalid_argument);
    EXPECT_THROW((void)eeg::bipolar(x, std::span(two, 1), eeg::longitudinal_montage()), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
