#pragma once

#include <memory>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read an XDF file (Extensible Data Format 1.0, as LabRecorder writes it).
///
/// Each stream of numbers with a rate is a Signal of that nominal rate. Its clock is brought to the recorder's by a
/// line through the measured offsets, one line after each restart of the stream's computer; times are then smoothed by
/// a line over each stretch without a break (a step of more than a second and 500 samples), and breaks are segments.
/// Streams of texts, and of numbers without a rate, are events. Time 0 is the first sample of all.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_xdf(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
