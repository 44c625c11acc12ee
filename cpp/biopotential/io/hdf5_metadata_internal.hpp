#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

/// Length of a segment whose metadata leave it open: it goes on to the last sample that is stored.
constexpr Index open_length = -1;

/// Everything but the samples as JSON, and back. \throws ParseError
[[nodiscard]] std::string metadata_json(const Recording& recording,
                                        const std::vector<std::vector<std::optional<std::int32_t>>>& missing);
[[nodiscard]] StoredRecording parse_metadata(const std::string& json, const std::string& file);

/// An event as a line of JSON, and back; what follows the last whole line is left out.
[[nodiscard]] std::string event_line(const Event& event);
[[nodiscard]] std::vector<Event> parse_event_lines(std::string_view lines, const std::string& file);

}  // namespace biopotential::inline v0::io
