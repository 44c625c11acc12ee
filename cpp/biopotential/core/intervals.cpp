#include "biopotential/core/intervals.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/statistics.hpp"

namespace biopotential::inline v0 {

IntervalContext interval_context(std::string_view function, std::span<const Index> positions, double fs) {
    require_sampling_rate(function, fs);
    require_positions(function, positions);
    constexpr Index neighbours = 10;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const auto n = static_cast<Index>(positions.size());
    std::vector<double> between;  // [i] runs from event i to event i + 1
    for (std::size_t i = 1; i < positions.size(); ++i) {
        between.push_back(static_cast<double>(positions[i] - positions[i - 1]) / fs);
    }
    const auto n_between = static_cast<Index>(between.size());
    IntervalContext out{Array<double>({n}), Array<double>({n}), Array<double>({n})};
    for (Index i = 0; i < n; ++i) {
        out.before_s[i] = i > 0 ? between[static_cast<std::size_t>(i - 1)] : nan;
        out.after_s[i] = i < n_between ? between[static_cast<std::size_t>(i)] : nan;
        std::vector<double> around(between.begin() + std::max<Index>(0, i - neighbours),
                                   between.begin() + std::min(n_between, i + neighbours));
        out.local_s[i] = median_in_place(around);
    }
    return out;
}

}  // namespace biopotential::inline v0
