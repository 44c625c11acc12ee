#pragma once

#include <filesystem>

#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read a BrainVision recording (Core Data Format 1.0 and 2.0, Brain Products): header .vhdr, data and markers in the
/// files that it names, which stand beside it.
///
/// Binary data as INT_16, UINT_16, INT_32, IEEE_FLOAT_32 or IEEE_FLOAT_64, either byte order, multiplexed or
/// vectorized, and ASCII data. Physical samples are stored ones times the channel's resolution. Each "New Segment"
/// marker starts a segment; its date gives the true onset, and the first one the recording's start. Other markers are
/// events with the label "Type/Description", as MNE has them.
/// \param header  the .vhdr file
/// \throws IoError, ParseError
[[nodiscard]] Recording read_brainvision(const std::filesystem::path& header, const ReadOptions& options = {});

/// Write <name>.vhdr, <name>.eeg and <name>.vmrk, multiplexed. Digital samples with a whole-numbered zero go to INT_16
/// (INT_32 where they need it), their zero taken off since the format has none; all else goes to IEEE_FLOAT_32, which
/// keeps 24 bits and NaN.
/// \throws IoError
/// \throws std::invalid_argument  several rates, or a rate whose interval in microseconds the format cannot state
void write_brainvision(const Recording& recording, const std::filesystem::path& header);

}  // namespace biopotential::inline v0::io
