#include "biopotential/core/check.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0 {

namespace {

/// Of contiguous samples, without a branch for each: adding one to an exponent of all ones carries into the sign bit.
bool all_finite(const double* x, Index n) {
    std::uint64_t any = 0;
    for (Index i = 0; i < n; ++i) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, x + i, sizeof bits);
        any |= (bits & 0x7ff0000000000000U) + 0x0010000000000000U;
    }
    return any >> 63 == 0;
}

}  // namespace

void require_sampling_rate(std::string_view function, double fs) {
    if (!(std::isfinite(fs) && fs > 0)) {
        throw_invalid(function, "a sampling rate fs in Hz, finite and > 0", fs);
    }
}

void require_positive(std::string_view function, std::string_view name, double value) {
    if (!(std::isfinite(value) && value > 0)) {
        throw_invalid(function, std::string(name) + " finite and > 0", value);
    }
}

void require_finite(std::string_view function, const MatrixView& x) {
    for (Index c = 0; c < x.rows(); ++c) {
        const double* const row = x.data() + c * x.outerStride();
        if (x.innerStride() == 1 && all_finite(row, x.cols())) {
            continue;
        }
        for (Index i = 0; i < x.cols(); ++i) {
            const double v = row[i * x.innerStride()];
            if (!std::isfinite(v)) {
                throw_invalid(
                    function, "finite samples",
                    std::to_string(v) + " in channel " + std::to_string(c) + " at sample " + std::to_string(i));
            }
        }
    }
}

void require_finite(std::string_view function, Samples x) {
    require_finite(function, as_row(x));
}

void require_positions(std::string_view function, std::span<const Index> positions, Index n_samples) {
    for (std::size_t i = 0; i < positions.size(); ++i) {
        if (positions[i] < 0 || positions[i] >= n_samples) {
            const bool bounded = n_samples != std::numeric_limits<Index>::max();
            throw_invalid(function,
                          bounded ? "positions inside the signal of " + std::to_string(n_samples) + " samples"
                                  : "positions from 0 on",
                          std::to_string(positions[i]));
        }
        if (i > 0 && positions[i] <= positions[i - 1]) {
            throw_invalid(function, "positions that ascend",
                          std::to_string(positions[i]) + " after " + std::to_string(positions[i - 1]));
        }
    }
}

void require_length(std::string_view function, Index n_samples, Index n) {
    if (n_samples < n) {
        throw_invalid(function, "at least " + std::to_string(n) + " samples", std::to_string(n_samples));
    }
}

}  // namespace biopotential::inline v0
