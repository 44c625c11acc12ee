#include <gmock/gmock.h>

#include <cmath>

#include "biopotential/core/errors.hpp"
#include "biopotential/models/model.hpp"
#include "biopotential/models/package.hpp"
#include "biopotential/models/windows.hpp"

namespace biopotential::models {
namespace {

constexpr double fs = 100;
constexpr Index before = 30, length = 90;

/// Gaussian R waves of the given height, width and place within the window.
Array<double> bells(const std::vector<std::array<double, 3>>& beats) {
    Array<double> out({static_cast<Index>(beats.size()), 1, length});
    for (Index b = 0; b < out.shape(0); ++b) {
        const auto [height, width_s, shift] = beats[static_cast<std::size_t>(b)];
        for (Index i = 0; i < length; ++i) {
            const double t = (static_cast<double>(i - before) - shift) / fs;
            out(b, 0, i) = height * std::exp(-0.5 * t * t / (width_s * width_s));
        }
    }
    return out;
}

std::vector<double> column(const Array<double>& windows, const std::string& name) {
    Array<double> rhythm({windows.shape(0), 2});
    for (Index i = 0; i < windows.shape(0); ++i) {
        rhythm(i, 0) = i == 5 ? 0.6 : 1;
        rhythm(i, 1) = i == 5 ? 1.4 : 1;
    }
    const Array<double> out = shape_side_features(windows, before, fs, rhythm, std::vector<std::string>{name});
    return {out.begin(), out.end()};
}

TEST(Shape, AWideBeatStandsOut) {
    std::vector<std::array<double, 3>> beats(11, {1.0, 0.015, 0});
    beats[5] = {2.0, 0.05, 0};
    const Array<double> windows = bells(beats);
    const auto correlation = column(windows, "usual_correlation");
    EXPECT_NEAR(correlation[0], 1, 1e-12);
    EXPECT_LT(correlation[5], 0.9);
    const auto amplitude = column(windows, "qrs_amplitude");
    EXPECT_NEAR(amplitude[0], 1, 1e-6);
    EXPECT_NEAR(amplitude[5], 2, 0.05);
    EXPECT_NEAR(column(windows, "usual_error_qrs")[3], 0, 1e-12);
    EXPECT_GT(column(windows, "usual_error_qrs")[5], 1);
    EXPECT_EQ(column(windows, "qrs_width30_change_s")[4], 0);
    EXPECT_NEAR(column(windows, "qrs_width30_change_s")[5], 0.14, 0.05);
    EXPECT_LT(column(windows, "previous_correlation")[5], 0.9);
    EXPECT_LT(column(windows, "next_correlation")[4], 0.9);
    EXPECT_NEAR(column(windows, "local_correlation")[0], 1, 1e-12);
    EXPECT_NEAR(column(windows, "local_usual_correlation")[5], 1, 1e-12);
    EXPECT_NEAR(column(windows, "usual_correlation_median")[5], 1, 1e-12);
    EXPECT_NEAR(column(windows, "similar_share")[0], 9.0 / 11, 1e-12);
    EXPECT_EQ(column(windows, "similar_share")[5], 0);
    EXPECT_EQ(column(windows, "similar_pre_ratio")[0], 1);
    EXPECT_EQ(column(windows, "similar_pre_ratio")[5], 0.6);  // alone of its look: its own
    EXPECT_EQ(column(windows, "similar_post_ratio")[5], 1.4);
}

TEST(Shape, MovedBeatsAreMovedBack) {
    std::vector<std::array<double, 3>> beats(9, {1.0, 0.02, 0});
    beats[4] = {1.0, 0.02, 3};
    EXPECT_GT(column(bells(beats), "usual_correlation")[4], 0.9999);
}

TEST(Shape, NeverNan) {
    Array<double> flat({4, 1, length});
    for (const std::string& name : side_feature_names()) {
        if (is_shape_feature(name)) {
            for (const double v : column(flat, name)) {
                EXPECT_TRUE(std::isfinite(v)) << name;
            }
            EXPECT_EQ(column(bells({{1, 0.02, 0}}), name).size(), 1U) << name;
            EXPECT_TRUE(std::isfinite(column(bells({{1, 0.02, 0}}), name)[0])) << name;
            EXPECT_TRUE(column(Array<double>({0, 1, length}), name).empty()) << name;
            for (const double v : column(bells({{1, 0.02, 0}, {1e9, 0.02, 0}, {-1e9, 0.1, 5}}), name)) {
                EXPECT_LE(std::abs(v), 5) << name;
            }
        }
    }
}

TEST(Shape, BadInputIsRefused) {
    const Array<double> good = bells({{1, 0.02, 0}, {1, 0.02, 0}}), rhythm({2, 2});
    const std::vector<std::string> names{"slope"}, unknown{"pre_ratio"};
    EXPECT_THROW((void)shape_side_features(good, before, fs, rhythm, unknown), std::invalid_argument);
    EXPECT_THROW((void)shape_side_features(good, before, 40, rhythm, names), std::invalid_argument);
    EXPECT_THROW((void)shape_side_features(good, 10, fs, rhythm, names), std::invalid_argument);
    EXPECT_THROW((void)shape_side_features(good, 60, fs, rhythm, names), std::invalid_argument);
    EXPECT_THROW((void)shape_side_features(good, before, fs, Array<double>({2, 1}), names), std::invalid_argument);
    EXPECT_THROW((void)shape_side_features(good, before, fs, Array<double>({1, 2}), names), std::invalid_argument);
    EXPECT_THROW((void)shape_side_features(Array<double>({2, length}), before, fs, rhythm, names),
                 std::invalid_argument);
}

TEST(Rhythm, RunsAndIrregularity) {
    std::vector<Index> beats{0};
    for (Index i = 0; i < 100; ++i) {
        beats.push_back(beats.back() + (i >= 60 && i < 80 ? 50 : 100));  // a run at twice the rate
    }
    const auto of = [&](const std::vector<Index>& r, const std::string& name, Index beat) {
        return rr_side_features(r, 100, std::vector<std::string>{name})(beat, 0);
    };
    EXPECT_DOUBLE_EQ(of(beats, "pre_ratio", 72), 1);
    EXPECT_DOUBLE_EQ(of(beats, "pre_long_ratio", 72), 0.5);
    EXPECT_DOUBLE_EQ(of(beats, "local_long_ratio", 72), 0.5);
    EXPECT_DOUBLE_EQ(of(beats, "post_long_ratio", 80), 1);
    EXPECT_DOUBLE_EQ(of(beats, "pre_change", 61), 0.5);
    EXPECT_DOUBLE_EQ(of(beats, "post_change", 80), 2);
    EXPECT_DOUBLE_EQ(of(beats, "pre2_ratio", 0), of(beats, "pre_ratio", 0));
    EXPECT_DOUBLE_EQ(of(beats, "pair_ratio", 20), 1);
    EXPECT_DOUBLE_EQ(of(beats, "irregularity", 20), 0);

    std::vector<Index> bigeminy{0};
    for (Index i = 0; i < 100; ++i) {
        bigeminy.push_back(bigeminy.back() + (i % 2 == 0 ? 60 : 120));
    }
    EXPECT_GT(of(bigeminy, "irregularity", 50), 0.4);
    EXPECT_DOUBLE_EQ(of(bigeminy, "irregularity2", 50), 0);
    EXPECT_DOUBLE_EQ(of(bigeminy, "irregularity4", 50), 0);
    EXPECT_DOUBLE_EQ(of(bigeminy, "irregularity2_long", 50), 0);
    EXPECT_NEAR(of(bigeminy, "early_share", 50), 0.5, 0.02);
    EXPECT_DOUBLE_EQ(of(bigeminy, "post2_ratio", 30), of(bigeminy, "post_ratio", 31));
    EXPECT_DOUBLE_EQ(of(bigeminy, "pre3_ratio", 30), of(bigeminy, "pre_ratio", 28));
}

std::string beats_of_shape(double rate, Index window, Index start) {
    return R"({"schema_version":1,"name":"x","description":"x","network":[{"type":"flatten"},{"type":"concat_side"},
        {"type":"linear","out_features":1},{"type":"sigmoid"}],"input":{"n_channels":1,"fs":)" +
           std::to_string(rate) + R"(,"window_samples":)" + std::to_string(window) +
           R"(,"unit":"mV","side_features":["slope","pre_ratio"]},"preprocessing":{"schema_version":1,"steps":[]},
        "windowing":{"kind":"beats","before_samples":)" +
           std::to_string(start) + R"(},"classes":["a"],"intended_use":"x","disclaimer":"x","licence":"x",
        "members":{"weights.safetensors":")" +
           std::string(64, '0') + R"("}})";
}

TEST(Shape, ADeclarationNeedsWindowsThatReachFarEnough) {
    EXPECT_NO_THROW((void)parse_declaration(beats_of_shape(100, 90, 30)));
    EXPECT_THROW((void)parse_declaration(beats_of_shape(100, 80, 30)), ParseError);
    EXPECT_THROW((void)parse_declaration(beats_of_shape(100, 90, 20)), ParseError);
    EXPECT_THROW((void)parse_declaration(beats_of_shape(40, 90, 30)), ParseError);
}

TEST(Inputs, SideFeaturesStandInTheDeclaredOrder) {
    const Declaration d = parse_declaration(beats_of_shape(100, 90, 30));
    std::vector<double> x(1000);
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = std::sin(0.7 * static_cast<double>(i)) + (i % 100 == 0 ? 5 : 0);
    }
    const std::vector<Index> r{100, 200, 270, 400, 500};
    const Inputs inputs = beat_inputs(as_row(x), r, 100, d.input, d.windowing, d.preprocessing);
    const std::vector<std::string> ratios{"pre_ratio", "post_ratio"}, slope{"slope"};
    const Array<double> rhythm = rr_side_features(r, 100, ratios);
    const Array<double> shape = shape_side_features(inputs.windows, 30, 100, rhythm, slope);
    for (Index i = 0; i < 5; ++i) {
        EXPECT_EQ(inputs.side(i, 0), shape(i, 0));
        EXPECT_EQ(inputs.side(i, 1), rhythm(i, 0));
    }
}

}  // namespace
}  // namespace biopotential::models
