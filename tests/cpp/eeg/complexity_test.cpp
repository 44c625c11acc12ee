#include "biopotential/eeg/complexity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "biopotential/core/random.hpp"
#include "biopotential/core/threads.hpp"

namespace biopotential {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Matrix row(const std::vector<double>& values) {
    Matrix x(1, static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), x.data());
    return x;
}

Matrix line(Index n) {
    Matrix x(1, n);
    x.row(0).setLinSpaced(0, static_cast<double>(n - 1));
    return x;
}

Matrix noise(Index rows, Index n) {
    Random random(7);
    Matrix x(rows, n);
    for (Index i = 0; i < x.size(); ++i) {
        x.data()[i] = random.normal();
    }
    return x;
}

// The example of Bandt & Pompe 2002: six pairs, four ascending; five triples with patterns 2, 2, 1.
TEST(PermEntropy, IsThatOfThePaper) {
    const Matrix x = row({4, 7, 9, 10, 6, 11, 3});
    EXPECT_NEAR(eeg::perm_entropy(x, 2)[0], -(4.0 / 6 * std::log2(4.0 / 6) + 2.0 / 6 * std::log2(2.0 / 6)), 1e-14);
    EXPECT_NEAR(eeg::perm_entropy(x, 3)[0], -(0.8 * std::log2(0.4) + 0.2 * std::log2(0.2)), 1e-14);
    EXPECT_EQ(eeg::perm_entropy(line(50), 4, 2, true)[0], 0);
}

TEST(SampleEntropy, OfRegularSignals) {
    std::vector<double> alternating(100);
    for (std::size_t i = 0; i < alternating.size(); ++i) {
        alternating[i] = static_cast<double>(i % 2);
    }
    EXPECT_EQ(eeg::sample_entropy(row(alternating), 2, 0.5)[0], 0);
    EXPECT_TRUE(std::isnan(eeg::sample_entropy(Matrix::Constant(1, 100, 3.0))[0])) << "nothing is nearer than 0";
    EXPECT_EQ(eeg::app_entropy(Matrix::Constant(1, 100, 3.0))[0], 0);
    // 1 2 and 1 2 agree, 1 2 9 and 1 2 5 don't.
    EXPECT_EQ(eeg::sample_entropy(row({1, 2, 9, 1, 2, 5, 20}), 2, 0.5)[0], std::numeric_limits<double>::infinity());
}

TEST(SampleEntropy, CountsPairs) {
    // Templates of two: (0,0) (0,1) (1,0) (0,0); one pair agrees over two samples and none over three, then one of one.
    EXPECT_EQ(eeg::sample_entropy(row({0, 0, 1, 0, 0, 1}), 2, 0.5)[0], 0);
    // Pairs of single samples among the first five (0 0 1 0 0): six, of which the next agrees for three.
    EXPECT_NEAR(eeg::sample_entropy(row({0, 0, 1, 0, 0, 1}), 1, 0.5)[0], -std::log(2.0 / 6), 1e-14);
}

// The example of Kaspar & Schuster 1987: 0 . 001 . 10 . 100 . 1000 . 101
TEST(LempelZiv, IsThatOfThePaper) {
    EXPECT_EQ(eeg::lziv_complexity(row({0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1}))[0], 6);
    EXPECT_NEAR(eeg::lziv_complexity(row({0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1}), true)[0], 6.0 / (16.0 / 4),
                1e-14);
    EXPECT_THROW((void)eeg::lziv_complexity(row({0, -1, 1})), std::invalid_argument);
}

TEST(Fractals, OfALineAreOne) {
    EXPECT_NEAR(eeg::higuchi_fd(line(500))[0], 1, 1e-6);
    EXPECT_NEAR(eeg::katz_fd(line(500))[0], 1, 1e-12);
    EXPECT_EQ(eeg::petrosian_fd(line(500))[0], 1);
}

TEST(Fractals, OfNoise) {
    EXPECT_NEAR(eeg::higuchi_fd(noise(1, 5000))[0], 2, 0.02);
    EXPECT_NEAR(eeg::detrended_fluctuation(noise(1, 5000))[0], 0.5, 0.08);
    Matrix walk = noise(1, 5000);
    for (Index i = 1; i < walk.cols(); ++i) {
        walk(0, i) += walk(0, i - 1);
    }
    EXPECT_NEAR(eeg::higuchi_fd(walk)[0], 1.5, 0.05);
    EXPECT_NEAR(eeg::detrended_fluctuation(walk)[0], 1.5, 0.1);
}

TEST(Hjorth, OfASine) {
    constexpr double w = 2 * std::numbers::pi / 25;
    Matrix x(1, 2501);
    for (Index i = 0; i < x.cols(); ++i) {
        x(0, i) = 3 * std::sin(w * static_cast<double>(i));
    }
    const eeg::Hjorth out = eeg::hjorth(x, 100.0);
    EXPECT_NEAR(out.activity[0], 4.5, 0.01);
    EXPECT_NEAR(out.mobility[0], 100 * 2 * std::sin(w / 2), 0.05);
    EXPECT_NEAR(out.complexity[0], 1, 0.002);
}

TEST(TimeDomain, Counts) {
    const Matrix x = row({1, -1, 1, 1, -2});
    EXPECT_EQ(eeg::line_length(x)[0], 7);
    EXPECT_EQ(eeg::line_length(x, true)[0], 7.0 / 4);
    EXPECT_EQ(eeg::zero_crossings(x)[0], 3);
    EXPECT_EQ(eeg::zero_crossings(x, true)[0], 0.6);
    EXPECT_EQ(eeg::zero_crossings(row({0, 1, 0}))[0], 0);
}

TEST(SpectralEntropy, OfALineAndOfNoise) {
    Matrix x(1, 1000);
    for (Index i = 0; i < x.cols(); ++i) {
        x(0, i) = std::sin(2 * std::numbers::pi * 0.05 * static_cast<double>(i));
    }
    EXPECT_NEAR(eeg::spectral_entropy(x, 100)[0], 0, 1e-9);
    eeg::SpectralEntropyOptions options;
    options.method = eeg::EntropySpectrum::welch;
    options.normalize = true;
    EXPECT_NEAR(eeg::spectral_entropy(noise(1, 50000), 100, options)[0], 1, 0.01);
    EXPECT_TRUE(std::isnan(eeg::spectral_entropy(Matrix::Constant(1, 100, 2.0), 100)[0]));
}

TEST(SvdEntropy, IsZeroForOneComponent) {
    EXPECT_NEAR(eeg::svd_entropy(Matrix::Constant(1, 100, 2.0))[0], 0, 1e-9);
    EXPECT_TRUE(std::isnan(eeg::svd_entropy(Matrix::Zero(1, 100))[0]));
    EXPECT_NEAR(eeg::svd_entropy(noise(1, 20000), 3, 1, true)[0], 1, 0.001);
}

TEST(Complexity, AChannelWithNanLeavesTheOthersAlone) {
    Matrix x = noise(3, 600);
    const Matrix clean = x;
    x(1, 7) = nan;
    const auto check = [&](const Array<double>& out, const Array<double>& expected) {
        EXPECT_EQ(out[0], expected[0]);
        EXPECT_TRUE(std::isnan(out[1]));
        EXPECT_EQ(out[2], expected[2]);
    };
    check(eeg::sample_entropy(x), eeg::sample_entropy(clean));
    check(eeg::app_entropy(x), eeg::app_entropy(clean));
    check(eeg::perm_entropy(x), eeg::perm_entropy(clean));
    check(eeg::higuchi_fd(x), eeg::higuchi_fd(clean));
    check(eeg::hjorth(x).complexity, eeg::hjorth(clean).complexity);
}

TEST(Complexity, DoesNotDependOnThreads) {
    const Matrix x = noise(50, 300);
    const int before = num_threads();
    set_num_threads(1);
    const Array<double> one = eeg::sample_entropy(x);
    const Array<double> petrosian = eeg::petrosian_fd(x);
    set_num_threads(3);
    const Array<double> three = eeg::sample_entropy(x);
    const Array<double> again = eeg::petrosian_fd(x);
    set_num_threads(before);
    for (Index c = 0; c < 50; ++c) {
        EXPECT_EQ(one[c], three[c]);
        EXPECT_EQ(petrosian[c], again[c]);
    }
}

TEST(Complexity, Refuses) {
    EXPECT_THROW((void)eeg::sample_entropy(Matrix::Zero(1, 3)), std::invalid_argument);
    EXPECT_THROW((void)eeg::sample_entropy(Matrix::Zero(1, 100), 0), std::invalid_argument);
    EXPECT_THROW((void)eeg::sample_entropy(Matrix::Zero(1, 100), 2, -1.0), std::invalid_argument);
    EXPECT_THROW((void)eeg::perm_entropy(Matrix::Zero(1, 100), 9), std::invalid_argument);
    EXPECT_THROW((void)eeg::perm_entropy(Matrix::Zero(1, 2), 3), std::invalid_argument);
    EXPECT_THROW((void)eeg::detrended_fluctuation(Matrix::Zero(1, 39)), std::invalid_argument);
    EXPECT_THROW((void)eeg::hjorth(Matrix::Zero(1, 100), 0.0), std::invalid_argument);
    EXPECT_THROW((void)eeg::spectral_entropy(Matrix::Zero(1, 100), -1), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
