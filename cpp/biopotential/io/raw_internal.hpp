#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

enum class RawType : std::uint8_t {
    int8,
    uint8,
    int16,
    uint16,
    int32,
    float32,
    float64,
    int24,
    uint24,
    uint32,
    int64,
    uint64
};
[[nodiscard]] std::int64_t raw_bytes(RawType type);
/// Whole numbers that int32 holds: such samples are digital, the others are physical after scaling.
[[nodiscard]] constexpr bool is_digital(RawType type) {
    return type <= RawType::int32 || type == RawType::int24 || type == RawType::uint24;
}
/// The declared ranges of a channel whose file states none: its type's.
void set_type_range(Channel& channel, RawType type);

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

/// A channel's share of a record.
struct RecordChannel {
    RawType type = RawType::int16;
    std::int64_t offset = 0;  ///< bytes from the record's start
    Index n_samples = 0;      ///< in a record
    Scaling scaling;
    std::optional<std::int32_t> missing;  ///< the whole number that stands for a missing sample
};

/// Records of one kind that stand behind each other in the file.
struct RecordRun {
    std::int64_t at = 0;
    Index n_records = 0;
};

/// Samples in records, each a stretch of every channel, read from the file when asked for. The channels have one rate;
/// digital where all of them are.
/// \throws ParseError  the file holds less
[[nodiscard]] std::shared_ptr<const SampleSource> make_record_source(std::shared_ptr<const ByteSource> source,
                                                                     std::int64_t record_bytes, bool big_endian,
                                                                     std::vector<RecordChannel> channels,
                                                                     const std::vector<RecordRun>& runs);

/// A signal without gaps in memory whose digital samples hold a code for missing ones.
[[nodiscard]] Signal make_signal_with_missing(Array<std::int32_t> digital, double fs, std::vector<Channel> channels,
                                              std::int32_t missing);

}  // namespace biopotential::inline v0::io
