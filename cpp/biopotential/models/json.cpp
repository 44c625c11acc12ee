#include <set>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/models/json_internal.hpp"

namespace biopotential::inline v0::models::detail {

nlohmann::json parse_strict(const std::string& text, const std::string& name, int max_depth) {
    using nlohmann::json;
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > max_depth) {
            throw ParseError(name, std::nullopt,
                             "wanted at most " + std::to_string(max_depth) + " levels of JSON, got more");
        }
        if (event == json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
            throw ParseError(name, std::nullopt, "wanted each key once, got '" + parsed.get<std::string>() + "' again");
        }
        return true;
    };
    json document = json::parse(text, watch, false);
    if (document.is_discarded()) {
        throw ParseError(name, std::nullopt, "wanted JSON, got text that is none");
    }
    return document;
}

}  // namespace biopotential::inline v0::models::detail
