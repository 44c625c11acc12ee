#include "biopotential/core/pipeline.hpp"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0 {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& name, const std::string& wanted, const json& came) {
    throw ParseError(name, std::nullopt, "wanted " + wanted + ", got " + came.dump().substr(0, 80));
}

Parameter parse_parameter(const std::string& name, const json& value) {
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_array()) {
        std::vector<double> numbers;
        for (const json& item : value) {
            if (!item.is_number()) {
                refuse(name, "a list of numbers", value);
            }
            numbers.push_back(item.get<double>());
        }
        return numbers;
    }
    refuse(name, "a number, truth value, text or list of numbers as parameter", value);
}

void require_keys(const std::string& name, const json& object, std::initializer_list<const char*> known) {
    if (!object.is_object()) {
        refuse(name, "an object", object);
    }
    for (const auto& [key, value] : object.items()) {
        bool found = false;
        for (const char* k : known) {
            found = found || key == k;
        }
        if (!found) {
            refuse(name, "no other key than the schema's", key);
        }
    }
}

}  // namespace

Pipeline parse_pipeline(const std::string& text, const std::string& name) {
    const json document = json::parse(text, nullptr, false);
    if (document.is_discarded()) {
        throw ParseError(name, std::nullopt, "wanted JSON, got text that is none");
    }
    require_keys(name, document, {"schema_version", "steps"});
    const auto version = document.find("schema_version");
    if (version == document.end() || !version->is_number_integer() || *version != Pipeline::schema_version) {
        refuse(name, "schema_version " + std::to_string(Pipeline::schema_version), document);
    }
    const auto steps = document.find("steps");
    if (steps == document.end() || !steps->is_array()) {
        refuse(name, "a list of steps", document);
    }
    Pipeline pipeline;
    for (const json& item : *steps) {
        require_keys(name, item, {"function", "version", "parameters"});
        PipelineStep step;
        const auto function = item.find("function");
        if (function == item.end() || !function->is_string()) {
            refuse(name, "a step with a function name", item);
        }
        step.function = function->get<std::string>();
        if (const auto v = item.find("version"); v != item.end()) {
            if (!v->is_number_integer() || *v < 1 || *v > 1000) {
                refuse(name, "a whole version from 1 on", item);
            }
            step.version = v->get<int>();
        }
        if (const auto parameters = item.find("parameters"); parameters != item.end()) {
            if (!parameters->is_object()) {
                refuse(name, "an object of parameters", item);
            }
            for (const auto& [key, value] : parameters->items()) {
                step.parameters[key] = parse_parameter(name, value);
            }
        }
        pipeline.steps.push_back(std::move(step));
    }
    return pipeline;
}

std::string to_json(const Pipeline& pipeline) {
    json steps = json::array();
    for (const PipelineStep& step : pipeline.steps) {
        json parameters = json::object();
        for (const auto& [key, value] : step.parameters) {
            std::visit([&, &key = key](const auto& v) { parameters[key] = v; }, value);
        }
        steps.push_back({{"function", step.function}, {"version", step.version}, {"parameters", parameters}});
    }
    return json{{"schema_version", Pipeline::schema_version}, {"steps", steps}}.dump();
}

}  // namespace biopotential::inline v0
