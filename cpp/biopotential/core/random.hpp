#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0 {

/// Next number of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA): turns any seed into well mixed words.
[[nodiscard]] std::uint64_t splitmix64(std::uint64_t& state);

/// A generator of random numbers that gives the same numbers for a seed on every platform and in every release.
///
/// xoshiro256++ 1.0 (Blackman & Vigna 2021, ACM TOMS 47:36) seeded by four words of SplitMix64. Integers and uniform
/// numbers are equal to the bit everywhere; normal numbers up to the rounding of the platform's logarithm.
/// The standard library's distributions are not used, because their results differ between implementations.
class Random {
  public:
    explicit Random(std::uint64_t seed);
    /// From the generator's own state; not all four words zero. \throws std::invalid_argument
    explicit Random(const std::array<std::uint64_t, 4>& state);

    /// 64 random bits.
    [[nodiscard]] std::uint64_t next();
    /// In [0, 1): the top 53 bits of next() times 2^-53.
    [[nodiscard]] double uniform();
    /// In [low, high).
    [[nodiscard]] double uniform(double low, double high);
    /// Whole, in [0, n), without bias. \throws std::invalid_argument  n < 1
    [[nodiscard]] Index integer(Index n);
    /// Mean 0, standard deviation 1: Marsaglia's polar method, whose second number is kept for the next call.
    [[nodiscard]] double normal();
    /// A generator for a part of the work, so that parts can be made in any order.
    [[nodiscard]] Random split();

  private:
    std::array<std::uint64_t, 4> state_;
    std::optional<double> spare_;
};

}  // namespace biopotential::inline v0
