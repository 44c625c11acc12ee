#include "biopotential/core/statistics.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace biopotential::inline v0 {

double median_in_place(std::vector<double>& v) {
    if (v.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
    std::nth_element(v.begin(), middle, v.end());
    return v.size() % 2 == 1 ? *middle : 0.5 * (*middle + *std::max_element(v.begin(), middle));
}

double quantile_in_place(std::vector<double>& v, double q) {
    if (v.empty()) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const double at = q * static_cast<double>(v.size() - 1);
    const auto low = v.begin() + static_cast<std::ptrdiff_t>(at);
    std::nth_element(v.begin(), low, v.end());
    const double rest = at - static_cast<double>(low - v.begin());
    if (rest == 0 || low + 1 == v.end()) {
        return *low;
    }
    return *low + rest * (*std::min_element(low + 1, v.end()) - *low);
}

}  // namespace biopotential::inline v0
