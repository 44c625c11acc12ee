#pragma once

#include <filesystem>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// Write a recording in the format that the suffix names: .hea (WFDB, with .dat and .atr beside it), .edf, .bdf, or .h5
/// and .hdf5 (the project's container). Each file appears complete or not at all.
/// \throws IoError
/// \throws std::invalid_argument  another suffix, or a recording that the format cannot hold
void write(const Recording& recording, const std::filesystem::path& path);

}  // namespace biopotential::inline v0::io
