#pragma once

#include <memory>
#include <string_view>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Whether a file that starts so may be XML: a byte order mark or "<", in UTF-8 or UTF-16.
[[nodiscard]] bool looks_like_xml(std::string_view start);

/// Read an ECG in XML: HL7 annotated ECG (aECG, FDA), Philips Sierra 1.04 with its XLI compression, GE MUSE, or
/// Schiller EDI (experimental).
///
/// The rhythm leads are read; representative beats and averages are left out with a warning. aECG annotations that have
/// a time, and MUSE's beats, are events.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_xml_ecg(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
