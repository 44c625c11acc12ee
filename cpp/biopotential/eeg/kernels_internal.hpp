#pragma once

#include <cstdint>
#include <vector>

#include "biopotential/core/array.hpp"

// Loops over samples, compiled for several instruction sets and chosen at run time. Sums run in four parts, in the
// same order on each, so that the bits don't depend on the machine.

namespace biopotential::inline v0::eeg {

[[nodiscard]] bool all_finite(Samples x);
[[nodiscard]] double sum(Samples x);
/// Sum of (x - middle)^2.
[[nodiscard]] double sum_of_squares(Samples x, double middle);

struct SquareSums {
    double signal = 0, first = 0, second = 0;
};
/// Sums of squares of x, its differences and their differences, each around its mean; at least 3 samples.
[[nodiscard]] SquareSums square_sums(Samples x);

/// Sum of the absolute differences between neighbours.
[[nodiscard]] double path_length(Samples x);
/// Largest distance from the first sample.
[[nodiscard]] double largest_distance(Samples x);
/// How often the sign bit changes, of x or of its differences.
[[nodiscard]] Index sign_changes(Samples x);
[[nodiscard]] Index difference_sign_changes(Samples x);

/// Sums of |x[i + lag] - x[i]| over the i of each residue modulo lag, shape (lag,).
void lag_sums(Samples x, Index lag, std::vector<double>& sums);

/// Mean squared distance from each window's own line, summed over the windows of `n` samples that fit.
[[nodiscard]] double detrended_sum(Samples walk, Index n);

/// How often each ordinal pattern of `order` (2 to 5) samples occurs, by Lehmer code.
[[nodiscard]] std::vector<std::uint32_t> ordinal_counts(Samples x, Index order, Index delay);

/// Pairs of templates of `order` samples that agree within r, and those of them that agree over one more sample.
/// `strict`: a distance < r, else <= r. Templates begin at the first n - order samples.
struct Matches {
    std::uint64_t shorter = 0, longer = 0;
};
[[nodiscard]] Matches count_matches(Samples x, Index order, double r, bool strict);

}  // namespace biopotential::inline v0::eeg
