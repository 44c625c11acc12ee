#pragma once

#include <filesystem>
#include <memory>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read EDF (Kemp et al. 1992), EDF+C, EDF+D (Kemp & Olivan 2003), BDF and BDF+ (24 bits).
///
/// Signals of one rate form one Signal. Records that do not follow on each other (EDF+D) are segments with their true
/// onsets. Annotations become events; time 0 is the first record's onset, whose fraction of a second belongs to
/// Identity::start_ns. Physical samples are (digital + offset) * gain with gain = (physical_max - physical_min) /
/// (digital_max - digital_min) and offset = physical_max / gain - digital_max, rounded in this order: bit by bit what
/// edfio computes; MNE adds the offset after the product and differs in the last bits.
///
/// Headers that break the standard are read as far as they make sense, with a warning that names the field; strict
/// refuses them. An incomplete last record is left out with a warning.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_edf(std::shared_ptr<const ByteSource> source, const ReadOptions& options = {});

/// Write EDF+C, or EDF+D where signals have gaps; BDF+ (24 bits) where the suffix is .bdf. Digital samples, digital and
/// physical ranges stand in the file as they are; a signal without digital samples is scaled to 16 (24) bits.
/// \throws IoError
/// \throws std::invalid_argument  samples beyond the format's bits; a length that no whole number of records gives
void write_edf(const Recording& recording, const std::filesystem::path& path);

}  // namespace biopotential::inline v0::io
