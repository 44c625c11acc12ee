#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

namespace biopotential::inline v0 {

/// A parameter of a step: number, truth value, text, or list of numbers.
using Parameter = std::variant<double, bool, std::string, std::vector<double>>;

/// One preprocessing step: a function's name, its parameters, the version of what it computes.
struct PipelineStep {
    std::string function;  ///< "bandpass", "notch", "resample", "standardize" ...: what signal::apply knows
    std::map<std::string, Parameter> parameters;
    int version = 1;

    friend bool operator==(const PipelineStep&, const PipelineStep&) = default;
};

/// Declared preprocessing, executed by signal::apply: the same in datasets, model packages, reports and provenance.
struct Pipeline {
    static constexpr int schema_version = 1;
    std::vector<PipelineStep> steps;

    friend bool operator==(const Pipeline&, const Pipeline&) = default;
};

/// {"schema_version": 1, "steps": [{"function": "bandpass", "version": 1, "parameters": {"low": 0.5, "high": 40}},
/// ...]}
/// \throws ParseError  not that schema; `name` stands in the message
[[nodiscard]] Pipeline parse_pipeline(const std::string& json, const std::string& name = "<pipeline>");
[[nodiscard]] std::string to_json(const Pipeline& pipeline);

}  // namespace biopotential::inline v0
