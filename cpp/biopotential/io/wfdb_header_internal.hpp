#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/findings_internal.hpp"

namespace biopotential::inline v0::io {

constexpr std::int32_t no_missing = std::numeric_limits<std::int32_t>::max();

/// A signal format of signal(5).
struct WfdbFormat {
    int number;
    Index group_samples, group_bytes;
    std::int32_t missing;  ///< the digital value that stands for a missing sample
    int bits;
    [[nodiscard]] bool is_flac() const { return number == 508 || number == 516 || number == 524; }
};

/// Null where there is no such format.
[[nodiscard]] const WfdbFormat* find_format(std::int64_t number);
/// Bytes that hold `n` samples.
[[nodiscard]] Index required_bytes(const WfdbFormat& format, Index n);
/// Samples that `bytes` hold.
[[nodiscard]] Index held_samples(const WfdbFormat& format, Index bytes);

struct WfdbSignalLine {
    std::string file;  ///< "~": a signal of which no sample is stored
    const WfdbFormat* format = nullptr;
    Index samples_per_frame = 1, skew = 0;
    std::int64_t byte_offset = 0;  ///< FLAC: samples
    Channel channel;
    std::int64_t initial = 0;
    std::optional<std::int64_t> checksum;
    std::int64_t at = 0;  ///< byte offset of the line in the header
    [[nodiscard]] bool is_null() const { return file == "~"; }
};

struct WfdbSegmentLine {
    std::string name;  ///< "~": a gap
    Index n_frames = 0;
    std::int64_t at = 0;
    [[nodiscard]] bool is_gap() const { return name == "~"; }
};

struct WfdbHeader {
    Index n_signals = 0;
    double fs = 250;
    Index n_frames = 0;  ///< 0: as many as the file holds
    std::vector<WfdbSignalLine> lines;
    std::optional<Index> n_segments;  ///< of a multi-segment record, which has segments instead of lines
    std::vector<WfdbSegmentLine> segments;
    Identity identity;
};

/// \throws ParseError
[[nodiscard]] WfdbHeader parse_wfdb_header(const ByteSource& source, Findings& findings);

/// The header of a multi-segment record with the files of its segments beside it (wfdb_segments.cpp).
[[nodiscard]] Recording read_segments(const std::filesystem::path& header_path, WfdbHeader header, Findings& findings);

/// Samples of one signal line, opened.
class WfdbChannel {
  public:
    virtual ~WfdbChannel() = default;
    virtual void read(Index first, std::span<std::int32_t> out) const = 0;
    /// The same in physical units, missing samples as NaN.
    virtual void read_physical(Index first, const Scaling& scaling, std::span<double> out) const = 0;
    [[nodiscard]] virtual std::int32_t missing() const = 0;
};

/// Open the signal files of a record of one segment; sets n_frames where the header leaves it open.
[[nodiscard]] std::vector<std::shared_ptr<const WfdbChannel>> open_signals(const std::filesystem::path& header_path,
                                                                           WfdbHeader& header);

}  // namespace biopotential::inline v0::io
