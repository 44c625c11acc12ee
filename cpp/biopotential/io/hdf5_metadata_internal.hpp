#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

constexpr int container_schema_version = 1;

struct StoredChannel {
    Channel channel;
    std::optional<std::int32_t> missing;  ///< the digital value that stands for a missing sample
};

struct StoredRecording {
    Recording recording;                               ///< without samples
    std::vector<std::vector<StoredChannel>> channels;  ///< by signal
};

/// Everything but the samples as JSON, and back. \throws ParseError
[[nodiscard]] std::string metadata_json(const Recording& recording,
                                        const std::vector<std::vector<std::optional<std::int32_t>>>& missing);
[[nodiscard]] StoredRecording parse_metadata(const std::string& json, const std::string& file);

}  // namespace biopotential::inline v0::io
