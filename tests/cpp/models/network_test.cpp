#include "biopotential/models/network.hpp"

#include <gmock/gmock.h>

#include "biopotential/core/errors.hpp"
#include "biopotential/models/windows.hpp"

namespace biopotential::models {
namespace {

TEST(Network, PlansShapesAndSizes) {
    const auto layers =
        parse_network(R"([{"type":"conv1d","out_channels":4,"kernel_size":3},{"type":"max_pool1d","kernel_size":2},
        {"type":"flatten"},{"type":"concat_side"},{"type":"linear","out_features":2},{"type":"softmax"}])");
    const NetworkPlan plan = plan_network(layers, 2, 10, 3, 2);
    ASSERT_EQ(plan.tensors.size(), 4U);
    EXPECT_EQ(plan.tensors[0].name, "layers.0.weight");
    EXPECT_THAT(plan.tensors[0].shape, testing::ElementsAre(4, 2, 3));
    EXPECT_THAT(plan.tensors[2].shape,
                testing::ElementsAre(2, 19));  // 4 channels, (10 - 2) / 2 samples, 3 side features
    EXPECT_EQ(plan.n_parameters, 24 + 4 + 38 + 2);
    EXPECT_EQ(plan.n_activations, 32);
    EXPECT_THROW((void)plan_network(layers, 2, 10, 0, 2), ParseError);
    EXPECT_THROW((void)plan_network(layers, 2, 2, 3, 2), ParseError);
    EXPECT_THROW((void)plan_network(layers, 2, 10, 3, 5), ParseError);
}

TEST(Network, RefusesADeclarationThatAsksForATerabyte) {
    const auto wide = parse_network(
        R"([{"type":"conv1d","out_channels":65536,"kernel_size":65536,"padding":65536},{"type":"softmax"}])");
    EXPECT_THROW((void)plan_network(wide, 4096, 100, 0, 2), ParseError);
    const auto long_ = parse_network(R"([{"type":"adaptive_avg_pool1d","output_size":65536},{"type":"flatten"},
        {"type":"linear","out_features":65536},{"type":"softmax"}])");
    EXPECT_THROW((void)plan_network(long_, 4096, 100, 0, 2), ParseError);
}

class NetworkHostile : public testing::TestWithParam<const char*> {};
TEST_P(NetworkHostile, IsAParseError) {
    EXPECT_THROW((void)parse_network(GetParam()), ParseError);
}
INSTANTIATE_TEST_SUITE_P(Table, NetworkHostile,
                         testing::Values("[]", "{}", "3", R"([{"type":"exec"}])", R"([{"type":"relu","x":1}])",
                                         R"([{"type":"conv1d"}])", R"([{"type":"linear","out_features":0}])",
                                         R"([{"type":"linear","out_features":1.5}])",
                                         R"([{"type":"linear","out_features":1e300}])", R"([{"type":"residual"}])",
                                         R"([{"type":"linear","out_features":2,"bias":1}])",
                                         R"([{"type":"batch_norm1d","eps":0}])"));

TEST(Windows, HoldTheEndsAndFollowTheRhythm) {
    const std::vector<double> x{1, 2, 3};
    const std::vector<Index> starts{-1, 2};
    const Array<double> w = cut_windows(as_row(x), starts, 3);
    EXPECT_THAT(std::vector<double>(w.begin(), w.end()), testing::ElementsAre(1, 1, 2, 3, 3, 3));

    const std::vector<Index> beats{0, 100, 150, 300};
    const std::vector<std::string> names{"pre_rr_s", "post_ratio"};
    const Array<double> side = rr_side_features(beats, 100, names);
    EXPECT_DOUBLE_EQ(side(0, 0), 1.0);  // median of 1.0, 0.5, 1.5
    EXPECT_DOUBLE_EQ(side(2, 0), 0.5);
    EXPECT_DOUBLE_EQ(side(2, 1), 1.5);
    EXPECT_DOUBLE_EQ(side(3, 1), 1.0);
    EXPECT_THROW((void)rr_side_features(std::vector<Index>{5}, 100, names), std::invalid_argument);
    EXPECT_THROW((void)rr_side_features(std::vector<Index>{5, 5}, 100, names), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential::models
