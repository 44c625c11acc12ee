#pragma once

#include <filesystem>

#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read an ISHNE Holter recording (Badilini 1998, Ann. Noninvasive Electrocardiol. 3:263), or its beat annotations: of
/// an .ecg file with the events of the .ann file beside it where there is one, of an .ann file its events alone.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_ishne(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
