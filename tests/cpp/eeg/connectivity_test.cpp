#include "biopotential/eeg/connectivity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "biopotential/core/random.hpp"

namespace biopotential {
namespace {

constexpr double fs = 100;

std::vector<eeg::Epoch> epochs_of(Index n, Index length) {
    std::vector<eeg::Epoch> out;
    for (Index i = 0; i < n; ++i) {
        out.push_back({i * length, length});
    }
    return out;
}

/// Sines of 10 Hz, the second a quarter period behind the first, with a phase of its own in each epoch.
Matrix sines(Index n_epochs) {
    Random random(1);
    Matrix x(2, n_epochs * 200);
    for (Index e = 0; e < n_epochs; ++e) {
        const double start = random.uniform(0, 2 * std::numbers::pi);
        for (Index i = 0; i < 200; ++i) {
            const double phase = start + 2 * std::numbers::pi * 10 * static_cast<double>(i) / fs;
            x(0, e * 200 + i) = std::sin(phase);
            x(1, e * 200 + i) = 3 * std::sin(phase - std::numbers::pi / 2);
        }
    }
    return x;
}

TEST(Connectivity, OfAConstantLag) {
    eeg::ConnectivityOptions options;
    options.couplings = {eeg::Coupling::coh,  eeg::Coupling::imcoh, eeg::Coupling::plv,           eeg::Coupling::pli,
                         eeg::Coupling::wpli, eeg::Coupling::dpli,  eeg::Coupling::wpli2_debiased};
    options.low_hz = options.high_hz = 10;
    const eeg::Connectivity out = eeg::connectivity(sines(20), fs, epochs_of(20, 200), options);
    ASSERT_EQ(out.freqs.size(), 1);
    ASSERT_EQ(out.pairs.size(), 1U);
    for (std::size_t i = 0; i < out.values.size(); ++i) {
        EXPECT_NEAR(out.values[i][0], 1, 1e-4) << i;
    }
}

TEST(Connectivity, OfIndependentNoiseIsSmallAndUnbiased) {
    Random random(2);
    Matrix x(3, 200 * 100);
    for (Index i = 0; i < x.size(); ++i) {
        x.data()[i] = random.normal();
    }
    eeg::ConnectivityOptions options;
    options.couplings = {eeg::Coupling::ppc, eeg::Coupling::pli2_unbiased, eeg::Coupling::wpli2_debiased};
    const eeg::Connectivity out = eeg::connectivity(x, fs, epochs_of(100, 200), options);
    for (const Array<double>& values : out.values) {
        double mean = 0;
        for (const double v : values) {
            mean += v / static_cast<double>(values.size());
        }
        EXPECT_NEAR(mean, 0, 0.01);
    }
}

TEST(Connectivity, Names) {
    EXPECT_EQ(eeg::coupling_of("wpli"), eeg::Coupling::wpli);
    EXPECT_THROW((void)eeg::coupling_of("WPLI"), std::invalid_argument);
}

TEST(Connectivity, Refuses) {
    const Matrix x = sines(2);
    EXPECT_THROW((void)eeg::connectivity(x, 0, epochs_of(2, 200)), std::invalid_argument);
    EXPECT_THROW((void)eeg::connectivity(x, fs, {}), std::invalid_argument);
    EXPECT_THROW((void)eeg::connectivity(x, fs, epochs_of(3, 200)), std::invalid_argument);
    eeg::ConnectivityOptions options;
    options.low_hz = 60;
    options.high_hz = 70;
    EXPECT_THROW((void)eeg::connectivity(x, fs, epochs_of(2, 200), options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
