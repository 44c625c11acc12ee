#pragma once

#include <string>
#include <vector>

namespace biopotential::inline v0::models::detail {

/// Names that shape_side_features() knows.
[[nodiscard]] const std::vector<std::string>& shape_names();

}  // namespace biopotential::inline v0::models::detail
