#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// What the samples of one channel are, found by reading them once.
struct SampleRange {
    bool any = false;                           ///< whether there is a sample that is not missing
    double physical_min = 0, physical_max = 0;  ///< of the samples that are not missing
    std::int64_t digital_min = 0, digital_max = 0;
    bool has_missing = false, has_infinite = false;
    std::optional<std::int32_t> missing;  ///< the digital value that stands for missing
    bool missing_is_unique = true;        ///< one value does, and no other sample has it
};

/// Read every sample of every channel; the digital fields only where the signal has digital samples, the physical ones
/// only where it has none or some of any channel's may be missing.
[[nodiscard]] std::vector<SampleRange> scan_samples(const Signal& signal);

/// The signal with digital samples of `bits` bits: itself where it has them, else scaled so that each channel's range
/// fills them; the smallest value stays free and stands for NaN. The scaling follows from physical limits that EDF's
/// eight characters hold.
/// \throws std::invalid_argument  infinite samples, or a range that eight characters cannot hold
[[nodiscard]] Signal digitize(std::string_view function, const Signal& signal, const std::vector<SampleRange>& ranges,
                              int bits);

enum class Rounding { nearest, down, up };
/// A number in at most eight characters without exponent, as EDF's header wants it; empty where that would lose more
/// than a part in 1,000.
[[nodiscard]] std::optional<std::string> eight_characters(double value, Rounding rounding);

}  // namespace biopotential::inline v0::io
