#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::io {

enum class ElementType : std::uint8_t { int16 = 0, int32 = 1, float64 = 2, bytes = 3 };
[[nodiscard]] constexpr std::int64_t element_bytes(ElementType type) {
    constexpr std::int64_t sizes[] = {2, 4, 8, 1};
    return sizes[static_cast<int>(type)];
}

/// Where one chunk of a dataset stands in the file.
struct ChunkPlace {
    std::int64_t row = 0, column = 0;  ///< position of its first element
    std::int64_t address = 0, bytes = 0;
    std::uint32_t skipped_filters = 0;
};

/// A chunked dataset as the child describes it: shape (rows, columns), chunks of all rows.
struct DatasetPlace {
    std::string name;
    ElementType type = ElementType::bytes;
    std::int64_t rows = 0, columns = 0;
    std::int64_t chunk_rows = 0, chunk_columns = 0;
    bool shuffle = false, deflate = false;
    std::vector<ChunkPlace> chunks;  ///< checked: one per chunk column, in order, within the file, none overlapping
};

/// What the child found: schema version, hash, "metadata", "signals/0/samples", "signals/1/samples" ... and "events".
struct FileLayout {
    std::int64_t schema_version = 0;
    std::string signal_sha256;     ///< empty where the writer had not come to an end
    bool being_written = false;    ///< or left so by a writer that was killed
    bool has_event_lines = false;  ///< as the last of the datasets
    std::vector<DatasetPlace> datasets;
};

/// Describe the file in a child process (hdf5_child.cpp); the answer is checked against the file's size.
/// \param path  the file whose bytes the source gives; empty where it is none
/// \throws ParseError  not our container, or the child crashed, hung or ran out of memory
[[nodiscard]] FileLayout describe_hdf5(const ByteSource& source, const std::filesystem::path& path);

/// Held around every use of the HDF5 library in this process, forks included, so that a child never inherits a library
/// in the middle of something.
[[nodiscard]] std::mutex& hdf5_mutex();

}  // namespace biopotential::inline v0::io
