#include "biopotential/eeg/spline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "biopotential/eeg/channels.hpp"
#include "biopotential/eeg/robust_reference.hpp"
#include "biopotential/eeg/simulate.hpp"

namespace biopotential {
namespace {

const std::vector<std::string> names{"Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3",
                                     "Cz",  "C4",  "T8", "P7", "P3", "Pz", "P4", "P8", "O1"};

/// A field that changes linearly over the head.
Matrix linear_field() {
    Matrix x(static_cast<Index>(names.size()), 3);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto at = eeg::electrode_position(names[i]);
        x.row(static_cast<Index>(i)) << at->x, at->y + 2, 1;
    }
    return x;
}

TEST(SplineWeights, SumToOneAndReproduceASmoothField) {
    const Matrix x = linear_field();
    const Index bad[] = {9, 3};
    const Array<double> out = eeg::interpolate(x, names, bad);
    for (const Index c : bad) {
        EXPECT_NEAR(out(c, 0), x(c, 0), 0.02);
        EXPECT_NEAR(out(c, 1), x(c, 1), 0.02);
        EXPECT_NEAR(out(c, 2), 1, 1e-9) << "a constant stays one";
    }
    EXPECT_EQ(out(0, 0), x(0, 0));
}

TEST(SurfaceLaplacian, OfAConstantIsZeroAndOfALinearFieldPoints) {
    const Matrix x = linear_field();
    const Array<double> out = eeg::surface_laplacian(x, names);
    for (Index c = 0; c < out.shape(0); ++c) {
        EXPECT_NEAR(out(c, 2), 0, 1e-9);
    }
    EXPECT_LT(out(7, 0), out(9, 0)) << "T7 is the sink of a field to the right";
    EXPECT_LT(out(9, 0), out(11, 0));
    const Array<double> small = eeg::surface_laplacian(x, names, 2);
    EXPECT_NEAR(small(7, 0), out(7, 0) / 4, 1e-12);
}

TEST(RobustReference, LeavesABadChannelOut) {
    eeg::SimulateOptions options;
    options.faulty = {{"C4", eeg::Fault::noisy}};
    options.noise_uv = 300;
    const eeg::Simulated sim = eeg::simulate(20, 200, names, options);
    const eeg::RobustReference out = eeg::robust_reference(view(sim.x), names, 200);
    EXPECT_NE(std::find(out.interpolated.begin(), out.interpolated.end(), 10), out.interpolated.end());
    double largest = 0;
    for (const double v : out.x.row(10)) {
        largest = std::max(largest, std::abs(v));
    }
    EXPECT_LT(largest, 200);
    EXPECT_EQ(out.reference.size(), 4000);
    EXPECT_NEAR(out.x(0, 77) + out.reference[77], sim.x(0, 77), 1e-9);
}

TEST(Spline, Refuses) {
    const Matrix x = linear_field();
    const Index bad[] = {40};
    EXPECT_THROW((void)eeg::interpolate(x, names, bad), std::invalid_argument);
    EXPECT_THROW((void)eeg::interpolate(x, std::span(names).first(5), {}), std::invalid_argument);
    EXPECT_THROW((void)eeg::surface_laplacian(x, names, -1), std::invalid_argument);
    const Matrix two = Matrix::Identity(2, 3);
    EXPECT_THROW((void)eeg::spline_weights(two, two), std::invalid_argument);
    const Matrix middle = Matrix::Zero(1, 3);
    EXPECT_THROW((void)eeg::spline_weights(Matrix(Matrix::Identity(3, 3)), middle), std::invalid_argument);
    EXPECT_THROW((void)eeg::spline_weights(Matrix(Matrix::Identity(3, 2)), middle), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
