#pragma once

#include <limits>
#include <span>
#include <string_view>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0 {

// Checks of arguments that many functions share. Each throws std::invalid_argument and names the function.

/// fs in Hz, finite and > 0.
void require_sampling_rate(std::string_view function, double fs);

/// A finite number > 0.
void require_positive(std::string_view function, std::string_view name, double value);

/// No NaN and no infinity; the message names the first channel and sample.
void require_finite(std::string_view function, const MatrixView& x);
void require_finite(std::string_view function, Samples x);

/// Sample positions that ascend inside [0, n_samples).
void require_positions(std::string_view function, std::span<const Index> positions,
                       Index n_samples = std::numeric_limits<Index>::max());

/// At least `n` samples a channel.
void require_length(std::string_view function, Index n_samples, Index n);

}  // namespace biopotential::inline v0
