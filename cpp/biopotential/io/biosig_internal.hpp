#pragma once

#include <filesystem>
#include <optional>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// Read a file through libbiosig, which knows formats that the native readers don't; the recording's format and a
/// warning say so. Samples come into memory, channels of lower rates repeated to the highest. Nothing where libbiosig
/// can't read it either. libbiosig isn't ours: this build option is for files from sources that are trusted.
/// \throws ParseError  its header claims more samples than such a file may hold
[[nodiscard]] std::optional<Recording> read_through_biosig(const std::filesystem::path& path);

}  // namespace biopotential::inline v0::io
