#pragma once

#include <memory>
#include <string_view>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read an SCP-ECG record (EN 1064, ISO 11073-91064): the rhythm data of section 6, Huffman coded with the default or
/// its own tables or not at all, as amplitudes or first or second differences, with the reference beat of section 5
/// added where it was subtracted. QRS complexes of section 4 are events, checksums are compared. Rhythm data that are
/// decimated outside of the QRS complexes (bimodal compression) are interpolated; no other reader was compared with
/// there, and a warning says so.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_scp(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

/// Whether a file that starts so is an SCP-ECG record.
[[nodiscard]] bool looks_like_scp(std::string_view start);

}  // namespace biopotential::inline v0::io
