#pragma once

#include <string>

namespace biopotential::inline v0 {

/// The library's version, "0.1.0".
[[nodiscard]] std::string version();

}  // namespace biopotential::inline v0
