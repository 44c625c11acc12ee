#pragma once

#include <filesystem>
#include <memory>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read the project's HDF5 container (docs/hdf5-container.md).
///
/// The HDF5 library reads the file's structure in a child process with limits on memory, CPU and wall time, because it
/// crashes and hangs on hostile files; whatever happens to the child is a ParseError here. Samples are then read by
/// this process straight from the file, chunk by chunk, without the library. strict also verifies the signal hash.
/// \throws IoError, ParseError
[[nodiscard]] Recording read_hdf5(const std::filesystem::path& path, const ReadOptions& options = {});
/// The same of content that is no file of its own: memory, or a decrypted view.
[[nodiscard]] Recording read_hdf5(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options = {});

/// Write the project's HDF5 container: digital samples as 16-bit or 32-bit integers, physical ones as float64; gzip and
/// shuffle; no times of writing, so that the same recording gives the same bytes.
/// \throws IoError, std::invalid_argument
void write_hdf5(const Recording& recording, const std::filesystem::path& path);

}  // namespace biopotential::inline v0::io
