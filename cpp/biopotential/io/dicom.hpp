#pragma once

#include <memory>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read the waveforms of a DICOM file (PS3.3 C.10.9): explicit or implicit VR, little endian, 8 and 16 bits, linear.
///
/// Each multiplex group is a Signal, its samples read from the file when asked for. Physical samples are stored ones
/// times sensitivity times correction factor, plus the baseline. Groups that were derived (median beats) are left out
/// with a warning where there are original ones. Patient and study are the recording's identity; annotations that name
/// a sample or a time of a group are events.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_dicom(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
