#pragma once

#include <memory>
#include <string_view>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read an MFER recording (Medical waveform Format Encoding Rules, ISO 22077-1): frames of sequences of blocks, each
/// channel with its own type, rate, sensitivity, offset and code for missing samples; frames of one layout follow on
/// each other, frames of dominant beats are left out with a warning. Compressed frames are refused.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_mfer(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

/// Whether a file that starts so is MFER: by its preamble, or definitions that only MFER has in that order.
[[nodiscard]] bool looks_like_mfer(std::string_view start);

}  // namespace biopotential::inline v0::io
