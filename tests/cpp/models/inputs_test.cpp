#include <gmock/gmock.h>

#include <numeric>

#include "biopotential/models/model.hpp"

namespace biopotential::models {
namespace {

InputSpec two_channels() {
    return {.n_channels = 2, .fs = 100, .window_samples = 4, .unit = "uV", .side_features = {}};
}
const Windowing every_third{.kind = Windowing::fixed, .step_samples = 3, .before_samples = 0};

TEST(Inputs, FixedWindowsLieAtTheirStep) {
    std::vector<double> x(20);
    std::iota(x.begin(), x.end(), 0.0);
    const Eigen::Map<const Eigen::Matrix<double, 2, 10, Eigen::RowMajor>> signal(x.data());
    const Inputs inputs = window_inputs(signal, 100, two_channels(), every_third, {});
    EXPECT_THAT(std::vector<Index>(inputs.starts.begin(), inputs.starts.end()), testing::ElementsAre(0, 3, 6));
    EXPECT_THAT(std::vector<double>(inputs.windows.begin() + 16, inputs.windows.end()),
                testing::ElementsAre(6, 7, 8, 9, 16, 17, 18, 19));
    EXPECT_EQ(inputs.side.size(), 0);
}

TEST(Inputs, BadSignalsAreRefused) {
    const Array<double> x({2, 10});
    EXPECT_EQ(window_inputs(view(Array<double>({2, 3})), 100, two_channels(), every_third, {}).windows.shape(0), 0);
    const Eigen::Matrix<double, 2, Eigen::Dynamic, Eigen::RowMajor> none(2, 0);
    EXPECT_EQ(window_inputs(none, 100, two_channels(), every_third, {}).windows.shape(0), 0);
    EXPECT_THROW((void)window_inputs(view(x), 0, two_channels(), every_third, {}), std::invalid_argument);
    EXPECT_THROW((void)window_inputs(view(x), 99, two_channels(), every_third, {}), std::invalid_argument);
    EXPECT_THROW((void)window_inputs(view(Array<double>({1, 10})), 100, two_channels(), every_third, {}),
                 std::invalid_argument);
    const Windowing beats{.kind = Windowing::beats, .step_samples = 0, .before_samples = 1};
    EXPECT_THROW((void)window_inputs(view(x), 100, two_channels(), beats, {}), std::invalid_argument);
    Array<double> missing({2, 10});
    missing(1, 3) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW((void)window_inputs(view(missing), 100, two_channels(), every_third, {}), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential::models
