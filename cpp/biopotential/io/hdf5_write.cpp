#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/hdf5.hpp"
#include "biopotential/io/hdf5_layout_internal.hpp"
#include "biopotential/io/hdf5_library_internal.hpp"
#include "biopotential/io/hdf5_metadata_internal.hpp"
#include "biopotential/io/output_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

void write_signal(hid_t parent, const std::string& name, const Signal& signal, const std::vector<SampleRange>& ranges,
                  bool digital) {
    const Handle group(create_group(parent, name.c_str()), H5Gclose);
    const bool is_short = digital && std::ranges::all_of(ranges, [](const SampleRange& range) {
                              const auto fits = [](std::int64_t d) { return d >= INT16_MIN && d <= INT16_MAX; };
                              return (!range.any || (fits(range.digital_min) && fits(range.digital_max))) &&
                                     fits(range.missing.value_or(0));
                          });
    const hid_t type = !digital ? H5T_IEEE_F64LE : is_short ? H5T_STD_I16LE : H5T_STD_I32LE;
    const Index rows = signal.n_channels(), columns = signal.n_samples();
    const Index element = !digital ? 8 : is_short ? 2 : 4;
    const Index chunk = std::min(chunk_columns(rows, element), std::max<Index>(columns, 1));
    const Handle set(create_dataset(group, "samples", type, static_cast<hsize_t>(rows), static_cast<hsize_t>(columns),
                                    static_cast<hsize_t>(chunk)),
                     H5Dclose);
    put_numbers(set, "fs", {signal.fs}, true);
    if (digital) {
        // For readers without this library: physical = gain * digital + offset.
        std::vector<double> gain, offset;
        for (const Channel& channel : signal.channels) {
            gain.push_back(channel.scaling.gain());
            offset.push_back(channel.scaling(0));
        }
        put_numbers(set, "gain", gain, false);
        put_numbers(set, "offset", offset, false);
    }
    for (Index first = 0; first < columns; first += chunk) {
        const Index n = std::min(chunk, columns - first);
        if (digital) {
            const Array<std::int32_t> block = signal.read_digital(first, n);
            write_block(set, H5T_NATIVE_INT32, static_cast<hsize_t>(rows), static_cast<hsize_t>(first),
                        static_cast<hsize_t>(n), block.data());
        } else {
            const Array<double> block = signal.read(first, n);
            write_block(set, H5T_NATIVE_DOUBLE, static_cast<hsize_t>(rows), static_cast<hsize_t>(first),
                        static_cast<hsize_t>(n), block.data());
        }
    }
}

}  // namespace

void write_hdf5(const Recording& recording, const std::filesystem::path& path) {
    std::vector<std::vector<SampleRange>> ranges;
    std::vector<std::vector<std::optional<std::int32_t>>> missing;
    std::vector<bool> digital;
    for (const Signal& signal : recording.signals) {
        ranges.push_back(scan_samples(signal));
        // Digital where one value means missing and nothing else; that is so in every format read here.
        const bool as_digital =
            signal.source->has_digital() && std::ranges::all_of(ranges.back(), &SampleRange::missing_is_unique);
        digital.push_back(as_digital);
        missing.emplace_back();
        for (const SampleRange& range : ranges.back()) {
            missing.back().push_back(as_digital ? range.missing : std::nullopt);
        }
    }
    const std::string metadata = metadata_json(recording, missing);
    Recording as_stored = recording;  // the metadata are UTF-8, and so is what the hash says of names
    for (Signal& signal : as_stored.signals) {
        for (Channel& channel : signal.channels) {
            channel.name = to_utf8(channel.name);
        }
    }
    const std::string hash = signal_sha256(as_stored);

    OutputFile file(path);
    {
        const std::lock_guard lock(hdf5_mutex());
        (void)H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        const Handle file_plan(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
        check(H5Pset_obj_track_times(file_plan, false));
        const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
        check(H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18));
        const Handle h5(H5Fcreate(file.temporary().c_str(), H5F_ACC_TRUNC, file_plan, access), H5Fclose);
        put_text(h5, "format", "biopotential");
        put_integer(h5, "schema_version", container_schema_version);
        put_text(h5, "signal_sha256", hash);
        {
            const auto n = static_cast<hsize_t>(metadata.size());
            const Handle set(
                create_dataset(h5, "metadata", H5T_STD_U8LE, 1, n, std::clamp<hsize_t>(n, 1, metadata_chunk_bytes)),
                H5Dclose);
            write_block(set, H5T_NATIVE_UINT8, 1, 0, n, metadata.data());
        }
        const Handle signals(create_group(h5, "signals"), H5Gclose);
        for (std::size_t s = 0; s < recording.signals.size(); ++s) {
            write_signal(signals, std::to_string(s), recording.signals[s], ranges[s], digital[s]);
        }
        check(H5Fflush(h5, H5F_SCOPE_GLOBAL));
    }
    file.commit();
}

}  // namespace biopotential::inline v0::io
