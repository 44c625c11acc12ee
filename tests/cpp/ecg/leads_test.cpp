#include "biopotential/ecg/leads.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace biopotential {
namespace {

TEST(LimbLeads, AreSumsOfIAndII) {
    Matrix x(2, 2);
    x << 1, -3, 4, 2;
    const Array<double> out = ecg::limb_leads(MatrixView(x));
    const std::array<double, 6> first{1, 4, 3, -2.5, -1, 3.5};
    for (Index lead = 0; lead < 6; ++lead) {
        EXPECT_DOUBLE_EQ(out(lead, 0), first[static_cast<std::size_t>(lead)]);
    }
    EXPECT_THROW((void)ecg::limb_leads(MatrixView(Matrix(3, 2))), std::invalid_argument);
}

TEST(FrankLeads, ALeadThatTakesNoPartMayBeMissing) {
    Matrix x = Matrix::Zero(2, 1);
    x(1, 0) = std::numeric_limits<double>::quiet_NaN();
    const Array<double> limbs = ecg::limb_leads(MatrixView(x));
    EXPECT_EQ(limbs(0, 0), 0);
    EXPECT_TRUE(std::isnan(limbs(2, 0)));
    EXPECT_THROW((void)ecg::frank_leads(MatrixView(x)), std::invalid_argument);
    EXPECT_THROW((void)ecg::leads_of_frank(MatrixView(x)), std::invalid_argument);
}

TEST(VectorMeasures, OppositeLoopsAreHalfATurnApart) {
    Matrix x = Matrix::Zero(8, 100);
    x.col(20) = Eigen::VectorXd::LinSpaced(8, 1, 2);
    x.col(60) = -x.col(20);
    const std::array<double, 2> q0{10, std::numeric_limits<double>::quiet_NaN()}, q1{30, 5}, t0{50, 8}, t1{70, 200};
    const auto out = ecg::vector_measures(MatrixView(x), 500, {q0, q1, t0, t1});
    EXPECT_NEAR(out.qrs_t_angle_deg[0], 180, 1e-5);
    EXPECT_NEAR(out.qrs_t_peak_angle_deg[0], 180, 1e-5);
    EXPECT_NEAR(out.ventricular_gradient[0], 0, 1e-12);
    EXPECT_DOUBLE_EQ(out.qrs_magnitude[0], out.t_magnitude[0]);
    EXPECT_TRUE(std::isnan(out.qrs_magnitude[1]));
    EXPECT_THROW((void)ecg::vector_measures(MatrixView(x), 500, {q0, q1, t0, std::span(t1).first(1)}),
                 std::invalid_argument);
    EXPECT_THROW((void)ecg::vector_measures(MatrixView(x), 0, {q0, q1, t0, t1}), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
