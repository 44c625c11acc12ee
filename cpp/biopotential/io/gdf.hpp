#pragma once

#include <memory>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read a GDF recording (General Data Format for biosignals, Schloegl 2006, arXiv cs/0608052): 1.x and 2.x, all types
/// of samples but 128-bit ones, channels of several rates as signals of their own, the event table. A file of an
/// unknown number of records (-1) is read up to its last whole one. Events of codes that the file describes have its
/// description as label, others the code as a decimal number; the onset and end of a pair of codes are one event.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_gdf(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
