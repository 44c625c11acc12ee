#include "biopotential/eeg/ica.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "biopotential/core/random.hpp"

namespace biopotential {
namespace {

/// Two sources with heavy tails, and their mixture.
Matrix mixture() {
    Random random(4);
    Matrix x(2, 20000);
    for (Index i = 0; i < x.cols(); ++i) {
        const double a = std::pow(random.normal(), 3);
        const double b = std::pow(random.normal(), 3);
        x(0, i) = 3 * a + b + 5;
        x(1, i) = a - 2 * b;
    }
    return x;
}

TEST(Ica, SeparatesAMixture) {
    const Matrix x = mixture();
    for (const eeg::IcaMethod method : {eeg::IcaMethod::picard, eeg::IcaMethod::fastica}) {
        eeg::IcaOptions options;
        options.method = method;
        const eeg::Ica out = eeg::ica(x, options);
        EXPECT_TRUE(out.converged);
        EXPECT_LT(out.iterations, 100);
        // The columns are those of [3 1; 1 -2], in order of their power, up to their scale.
        EXPECT_NEAR(out.mixing(1, 0) / out.mixing(0, 0), 1.0 / 3, 0.03);
        EXPECT_NEAR(out.mixing(0, 1) / out.mixing(1, 1), -0.5, 0.05);
        EXPECT_GT(out.mixing(0, 0), 0);
        EXPECT_NEAR(out.explained[0] + out.explained[1], 1, 0.01);
    }
}

TEST(Ica, TakesComponentsAway) {
    const Matrix x = mixture();
    const eeg::Ica out = eeg::ica(x);
    const Index all[] = {0, 1, 1};
    const Array<double> nothing = eeg::without_components(x, out, all);
    for (Index c = 0; c < 2; ++c) {
        for (Index i = 0; i < x.cols(); i += 997) {
            EXPECT_NEAR(nothing(c, i), out.mean[c], 1e-9) << "the mean stays";
        }
    }
    const Index none[] = {2};
    EXPECT_THROW((void)eeg::without_components(x, out, none), std::invalid_argument);
    EXPECT_THROW((void)eeg::without_components(x.topRows(1), out, {}), std::invalid_argument);
}

TEST(Ica, Refuses) {
    EXPECT_THROW((void)eeg::ica(Matrix::Constant(2, 100, 3.0)), std::invalid_argument);
    EXPECT_THROW((void)eeg::ica(Matrix::Random(5, 5)), std::invalid_argument);
    EXPECT_THROW((void)eeg::ica(Matrix(0, 5)), std::invalid_argument);
    EXPECT_THROW((void)eeg::ica(Matrix::Constant(2, 100, std::numeric_limits<double>::quiet_NaN())),
                 std::invalid_argument);
    eeg::IcaOptions options;
    options.n_components = 3;
    EXPECT_THROW((void)eeg::ica(Matrix::Random(2, 100), options), std::invalid_argument);
    options = {};
    options.tolerance = 0;
    EXPECT_THROW((void)eeg::ica(Matrix::Random(2, 100), options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
