#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

enum class RawType : std::uint8_t { int8, uint8, int16, uint16, int32, float32, float64 };
[[nodiscard]] std::int64_t raw_bytes(RawType type);

/// Samples that stand in a file at equal distances.
struct RawLayout {
    RawType type = RawType::int16;
    bool big_endian = false;
    std::int64_t offset = 0;  ///< byte of the first sample of the first channel
    Index n_channels = 0, n_samples = 0;
    bool multiplexed = true;              ///< sample after sample, else channel after channel
    std::optional<std::int32_t> missing;  ///< the whole number that stands for a missing sample

    [[nodiscard]] std::int64_t bytes() const { return n_channels * n_samples * raw_bytes(type); }
};

/// Samples read from the file when asked for; whole numbers are digital, floating-point ones physical after scaling.
/// \throws ParseError  the file holds less
[[nodiscard]] std::shared_ptr<const SampleSource> make_raw_source(std::shared_ptr<const ByteSource> source,
                                                                  const RawLayout& layout,
                                                                  const std::vector<Channel>& channels);

/// A signal without gaps in memory whose digital samples hold a code for missing ones.
[[nodiscard]] Signal make_signal_with_missing(Array<std::int32_t> digital, double fs, std::vector<Channel> channels,
                                              std::int32_t missing);

}  // namespace biopotential::inline v0::io
