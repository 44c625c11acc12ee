#pragma once

#include <vector>

namespace biopotential::inline v0 {

// Order statistics of finite values. Each reorders its argument and is NaN where there is no value.

/// Middle value, or the mean of the two in the middle.
[[nodiscard]] double median_in_place(std::vector<double>& v);

/// Quantile q in [0, 1] by linear interpolation between the ranks, as NumPy's default.
[[nodiscard]] double quantile_in_place(std::vector<double>& v, double q);

}  // namespace biopotential::inline v0
