#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::io {

// What the writers of the container ask of the HDF5 library; hdf5_mutex() is held around it.

constexpr Index metadata_chunk_bytes = 1 << 17;

/// Columns of a chunk: about 64 KiB, so that a window of some seconds inflates little beside it, and at least 1,024
/// columns up to 512 KiB, so that wide recordings compress.
[[nodiscard]] Index chunk_columns(Index rows, Index element_bytes);

/// An HDF5 identifier with the call that closes it.
class Handle {
  public:
    /// \throws IoError  the library gave none
    Handle(hid_t id, herr_t (*close)(hid_t));
    ~Handle() { close_(id_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor): stands in for the identifier

  private:
    hid_t id_;
    herr_t (*close_)(hid_t);
};

/// \throws IoError  the call failed
void check(herr_t status);

void put_text(hid_t object, const char* name, const std::string& text);
void put_numbers(hid_t object, const char* name, const std::vector<double>& values, bool scalar);
void put_integer(hid_t object, const char* name, std::int64_t value);

/// A chunked dataset of shape (rows, columns) without times in its header.
/// \param grows  more columns may come; whole chunks then go to the file as they are written
[[nodiscard]] hid_t create_dataset(hid_t parent, const char* name, hid_t type, hsize_t rows, hsize_t columns,
                                   hsize_t chunk_columns, bool grows = false);
/// \param values  shape (rows, n)
void write_block(hid_t set, hid_t memory_type, hsize_t rows, hsize_t first, hsize_t n, const void* values);
[[nodiscard]] hid_t create_group(hid_t parent, const char* name);

}  // namespace biopotential::inline v0::io
