#include <algorithm>
#include <array>
#include <cerrno>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/hdf5_library_internal.hpp"

namespace biopotential::inline v0::io {

Index chunk_columns(Index rows, Index element_bytes) {
    constexpr Index chunk_bytes = 1 << 16;
    const Index column_bytes = std::max<Index>(1, rows * element_bytes);
    return std::max<Index>(1,
                           std::max(chunk_bytes / column_bytes, std::min<Index>(1024, 8 * chunk_bytes / column_bytes)));
}

Handle::Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {
    if (id < 0) {
        throw IoError(EIO, "", "[write] the HDF5 library cannot write");
    }
}

void check(herr_t status) {
    if (status < 0) {
        throw IoError(EIO, "", "[write] the HDF5 library cannot write");
    }
}

void put_text(hid_t object, const char* name, const std::string& text) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    check(H5Tset_size(type, std::max<std::size_t>(text.size(), 1)));
    check(H5Tset_strpad(type, H5T_STR_NULLPAD));
    check(H5Tset_cset(type, H5T_CSET_UTF8));
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle attribute(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    check(H5Awrite(attribute, type, text.empty() ? "\0" : text.c_str()));
}

void put_numbers(hid_t object, const char* name, const std::vector<double>& values, bool scalar) {
    const std::array<hsize_t, 1> n = {values.size()};
    const Handle space(scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, n.data(), nullptr), H5Sclose);
    const Handle attribute(H5Acreate2(object, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    if (!values.empty()) {
        check(H5Awrite(attribute, H5T_NATIVE_DOUBLE, values.data()));
    }
}

void put_integer(hid_t object, const char* name, std::int64_t value) {
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
    const Handle attribute(H5Acreate2(object, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    check(H5Awrite(attribute, H5T_NATIVE_INT64, &value));
}

hid_t create_dataset(hid_t parent, const char* name, hid_t type, hsize_t rows, hsize_t columns, hsize_t chunk_columns,
                     bool grows) {
    const std::array<hsize_t, 2> shape = {rows, columns}, chunk = {std::max<hsize_t>(rows, 1), chunk_columns};
    const std::array<hsize_t, 2> most = {rows, H5S_UNLIMITED};
    const Handle space(H5Screate_simple(2, shape.data(), grows ? most.data() : nullptr), H5Sclose);
    const Handle plan(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    check(H5Pset_obj_track_times(plan, false));
    check(H5Pset_chunk(plan, 2, chunk.data()));
    if (H5Tget_size(type) > 1) {
        check(H5Pset_shuffle(plan));
    }
    constexpr unsigned gzip_level = 4;
    check(H5Pset_deflate(plan, gzip_level));
    check(H5Pset_fill_time(plan, H5D_FILL_TIME_NEVER));
    const Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    if (grows) {
        check(H5Pset_chunk_cache(access, 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT));
    }
    return H5Dcreate2(parent, name, type, space, H5P_DEFAULT, plan, access);
}

void write_block(hid_t set, hid_t memory_type, hsize_t rows, hsize_t first, hsize_t n, const void* values) {
    if (rows == 0 || n == 0) {
        return;
    }
    const std::array<hsize_t, 2> start = {0, first}, count = {rows, n};
    const Handle space(H5Dget_space(set), H5Sclose);
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr));
    const Handle memory(H5Screate_simple(2, count.data(), nullptr), H5Sclose);
    check(H5Dwrite(set, memory_type, memory, space, H5P_DEFAULT, values));
}

hid_t create_group(hid_t parent, const char* name) {
    const Handle plan(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
    check(H5Pset_obj_track_times(plan, false));
    return H5Gcreate2(parent, name, H5P_DEFAULT, plan, H5P_DEFAULT);
}

}  // namespace biopotential::inline v0::io
