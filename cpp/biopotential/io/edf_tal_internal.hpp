#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// Seconds as EDF+ writes them, exact to the ns; `sign` also where they are positive.
[[nodiscard]] std::string seconds_text(std::int64_t ns, bool sign);

/// An event as a time-stamped annotation list (TAL); an event of one channel names it.
[[nodiscard]] std::string event_tal(const Event& event, std::int64_t base_ns, const std::vector<std::string>& names);

}  // namespace biopotential::inline v0::io
