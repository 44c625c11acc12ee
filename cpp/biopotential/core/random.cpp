#include "biopotential/core/random.hpp"

#include <bit>
#include <cmath>

#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0 {

std::uint64_t splitmix64(std::uint64_t& state) {
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

Random::Random(std::uint64_t seed) : state_{} {
    for (std::uint64_t& word : state_) {
        word = splitmix64(seed);
    }
}

Random::Random(const std::array<std::uint64_t, 4>& state) : state_(state) {
    if (state_ == std::array<std::uint64_t, 4>{}) {
        throw_invalid("Random", "a state with a word that is not 0", "four zeros");
    }
}

std::uint64_t Random::next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

double Random::uniform() {
    return static_cast<double>(next() >> 11U) * 0x1.0p-53;
}

double Random::uniform(double low, double high) {
    return low + (high - low) * uniform();
}

Index Random::integer(Index n) {
    if (n < 1) {
        throw_invalid("Random::integer", "n >= 1", static_cast<double>(n));
    }
    const auto bound = static_cast<std::uint64_t>(n);
    const std::uint64_t reject_below = (0 - bound) % bound;
    std::uint64_t bits = next();
    while (bits < reject_below) {
        bits = next();
    }
    return static_cast<Index>(bits % bound);
}

double Random::normal() {
    if (spare_) {
        const double value = *spare_;
        spare_.reset();
        return value;
    }
    double u = 0;
    double v = 0;
    double s = 0;
    do {
        u = 2 * uniform() - 1;
        v = 2 * uniform() - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    const double factor = std::sqrt(-2 * std::log(s) / s);
    spare_ = v * factor;
    return u * factor;
}

Random Random::split() {
    return Random(next());
}

}  // namespace biopotential::inline v0
