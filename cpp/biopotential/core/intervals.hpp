#pragma once

#include <span>
#include <string_view>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0 {

/// The intervals around each of several events, such as heartbeats.
struct IntervalContext {
    Array<double> before_s;  ///< (n_events,) since the event before; NaN for the first
    Array<double> after_s;   ///< (n_events,) to the event after; NaN for the last
    Array<double> local_s;   ///< (n_events,) median of the 10 intervals before and after (fewer at the ends); NaN alone
};

/// \param positions  ascending sample positions
/// \throws std::invalid_argument  bad fs, positions that do not ascend; `function` stands in the message
[[nodiscard]] IntervalContext interval_context(std::string_view function, std::span<const Index> positions, double fs);

}  // namespace biopotential::inline v0
