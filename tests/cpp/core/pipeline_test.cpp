#include "biopotential/core/pipeline.hpp"

#include <gtest/gtest.h>

#include "biopotential/core/errors.hpp"

namespace biopotential {
namespace {

TEST(Pipeline, SurvivesTheRoundTrip) {
    Pipeline pipeline;
    pipeline.steps.push_back({"bandpass", {{"low", 0.5}, {"high", 40.0}, {"method", std::string("iir")}}, 1});
    pipeline.steps.push_back({"notch", {{"freqs", std::vector<double>{50, 100}}, {"strict", true}}, 2});
    EXPECT_EQ(parse_pipeline(to_json(pipeline)), pipeline);
    EXPECT_EQ(parse_pipeline(to_json(Pipeline{})), Pipeline{});
}

class Refused : public ::testing::TestWithParam<const char*> {};

TEST_P(Refused, WithParseError) {
    EXPECT_THROW((void)parse_pipeline(GetParam()), ParseError);
}

INSTANTIATE_TEST_SUITE_P(
    Documents, Refused,
    ::testing::Values("", "{", "[]", "{}", R"({"schema_version": 2, "steps": []})", R"({"schema_version": 1})",
                      R"({"schema_version": 1, "steps": {}})", R"({"schema_version": 1, "steps": [], "more": 1})",
                      R"({"schema_version": 1, "steps": [{}]})", R"({"schema_version": 1, "steps": [{"function": 3}]})",
                      R"({"schema_version": 1, "steps": [{"function": "a", "version": 0}]})",
                      R"({"schema_version": 1, "steps": [{"function": "a", "parameters": []}]})",
                      R"({"schema_version": 1, "steps": [{"function": "a", "parameters": {"x": null}}]})",
                      R"({"schema_version": 1, "steps": [{"function": "a", "parameters": {"x": ["y"]}}]})"));

}  // namespace
}  // namespace biopotential
