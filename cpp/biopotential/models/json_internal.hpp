#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace biopotential::inline v0::models::detail {

/// JSON as hostile input: no duplicate keys, at most `max_depth` levels (recursion over it is then bounded).
/// \throws ParseError
[[nodiscard]] nlohmann::json parse_strict(const std::string& text, const std::string& name, int max_depth);

}  // namespace biopotential::inline v0::models::detail
