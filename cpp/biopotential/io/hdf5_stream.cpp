#include "biopotential/io/hdf5_stream.hpp"

#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <limits>
#include <mutex>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/hooks.hpp"
#include "biopotential/io/hdf5.hpp"
#include "biopotential/io/hdf5_layout_internal.hpp"
#include "biopotential/io/hdf5_library_internal.hpp"
#include "biopotential/io/hdf5_metadata_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr const char* function = "Hdf5Writer";
constexpr std::size_t hash_characters = 64;
constexpr Index event_chunk_bytes = 1 << 12;

std::vector<Channel> make_channels(const std::vector<Hdf5StreamChannel>& wanted, int bits) {
    if (wanted.empty()) {
        throw_invalid(function, "at least one channel", "none");
    }
    if (bits != 0 && bits != 16 && bits != 24) {
        throw_invalid(function, "samples of 16 or 24 bits, or 0 for floating point", bits);
    }
    std::vector<Channel> channels;
    for (const Hdf5StreamChannel& from : wanted) {
        Channel channel;
        channel.name = to_utf8(from.name);
        channel.unit = to_utf8(from.unit);
        if (bits != 0) {
            // The smallest value stays free and stands for a missing sample.
            const std::int32_t limit = (1 << (bits - 1)) - 1;
            const double gain = (from.physical_max - from.physical_min) / (2.0 * limit);
            const double zero = limit - from.physical_max / gain;
            if (!(from.physical_min < from.physical_max) || !std::isfinite(gain) || !std::isfinite(zero)) {
                throw_invalid(function, "a physical range of channel " + from.name,
                              number_text(from.physical_min) + " to " + number_text(from.physical_max));
            }
            channel.digital_min = -limit;
            channel.digital_max = limit;
            channel.physical_min = from.physical_min;
            channel.physical_max = from.physical_max;
            channel.scaling = {zero, gain, 1};
        }
        channels.push_back(std::move(channel));
    }
    return channels;
}

/// A dataset of one row or more that grows.
class Growing {
  public:
    Growing(hid_t parent, const char* name, hid_t type, hid_t memory_type, Index rows, Index chunk)
        : set_(create_dataset(parent, name, type, static_cast<hsize_t>(rows), 0, static_cast<hsize_t>(chunk), true),
               H5Dclose),
          memory_type_(memory_type),
          rows_(static_cast<hsize_t>(rows)) {}

    [[nodiscard]] hid_t id() const { return set_; }
    /// Values of shape (rows, n) from column `first` on, which is the last one or lies before it.
    void put(Index first, Index n, const void* values) {
        const std::array<hsize_t, 2> shape = {rows_, static_cast<hsize_t>(first + n)};
        check(H5Dset_extent(set_, shape.data()));
        write_block(set_, memory_type_, rows_, static_cast<hsize_t>(first), static_cast<hsize_t>(n), values);
        check(H5Dflush(set_));
    }

  private:
    Handle set_;
    hid_t memory_type_;
    hsize_t rows_;
};

}  // namespace

/// What stands in the file: made, and let go, while hdf5_mutex() is held.
struct Library {
    Handle file, group, signal;
    Growing samples, events;

    Library(const std::filesystem::path& path, const Recording& recording, const std::string& metadata, bool digital,
            int bits, Index chunk)
        : file(create(path), H5Fclose),
          group(create_group(file, "signals"), H5Gclose),
          signal(create_group(group, "0"), H5Gclose),
          samples(signal, "samples",
                  bits == 0    ? H5T_IEEE_F64LE
                  : bits == 16 ? H5T_STD_I16LE
                               : H5T_STD_I32LE,
                  digital ? H5T_NATIVE_INT32 : H5T_NATIVE_DOUBLE, recording.signals.front().n_channels(), chunk),
          events(file, "events", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, event_chunk_bytes) {
        put_text(file, "format", "biopotential");
        put_integer(file, "schema_version", container_schema_version);
        put_text(file, "signal_sha256", std::string(hash_characters, '\0'));  // not known yet
        put_numbers(samples.id(), "fs", {recording.signals.front().fs}, true);
        if (digital) {
            std::vector<double> gain, offset;
            for (const Channel& channel : recording.signals.front().channels) {
                gain.push_back(channel.scaling.gain());
                offset.push_back(channel.scaling(0));
            }
            put_numbers(samples.id(), "gain", gain, false);
            put_numbers(samples.id(), "offset", offset, false);
        }
        {
            const auto n = static_cast<hsize_t>(metadata.size());
            const Handle set(
                create_dataset(file, "metadata", H5T_STD_U8LE, 1, n, std::min<hsize_t>(n, metadata_chunk_bytes)),
                H5Dclose);
            write_block(set, H5T_NATIVE_UINT8, 1, 0, n, metadata.data());
        }
        // From here on nothing new is made: samples and events grow, and the hash gets its value.
        check(H5Fflush(file, H5F_SCOPE_GLOBAL));
        check(H5Fstart_swmr_write(file));
    }

    static hid_t create(const std::filesystem::path& path) {
        (void)H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        const Handle plan(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
        check(H5Pset_obj_track_times(plan, false));
        const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
        check(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110));
        (void)H5Pset_file_locking(access, false, true);
        const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_EXCL, plan, access);
        if (file < 0) {
            throw IoError(std::filesystem::exists(path) ? EEXIST : EIO, path.string(),
                          "[write] cannot create a new file");
        }
        return file;
    }
    void put_hash(const std::string& text) {
        const Handle hash(H5Aopen(file, "signal_sha256", H5P_DEFAULT), H5Aclose);
        const Handle type(H5Aget_type(hash), H5Tclose);
        check(H5Awrite(hash, type, text.c_str()));
    }
};

struct Hdf5Writer::State {
    std::filesystem::path path;
    double fs = 0;
    int bits = 16;
    std::vector<Channel> channels;
    Index chunk = 0;
    std::vector<std::int32_t> digital;   ///< shape (n_channels, chunk): samples of the chunk that is not whole yet
    std::vector<double> physical;        ///< the same where bits is 0
    Index n_pending = 0, n_written = 0;  ///< of the pending chunk; in whole chunks before it
    bool changed = false;                ///< since the last flush
    std::string event_lines;
    Index event_bytes = 0;
    std::unique_ptr<Library> library;

    [[nodiscard]] Index n_channels() const { return static_cast<Index>(channels.size()); }

    void put(Index channel, Index at, double value) {
        const auto place = static_cast<std::size_t>(channel * chunk + at);
        if (bits == 0) {
            physical[place] = value;
            return;
        }
        const Channel& c = channels[static_cast<std::size_t>(channel)];
        digital[place] = std::isnan(value)
                             ? c.digital_min - 1
                             : static_cast<std::int32_t>(
                                   std::clamp(std::nearbyint(value / c.scaling.gain() + c.scaling.zero),
                                              static_cast<double>(c.digital_min), static_cast<double>(c.digital_max)));
    }

    template <class T>
    void write_pending_of(const std::vector<T>& pending) {
        std::vector<T> packed;
        const T* values = pending.data();
        if (n_pending < chunk) {
            for (Index c = 0; c < n_channels(); ++c) {
                packed.insert(packed.end(), pending.begin() + c * chunk, pending.begin() + c * chunk + n_pending);
            }
            values = packed.data();
        }
        library->samples.put(n_written, n_pending, values);
    }

    /// What came in stands in the file; the chunk starts anew if it is whole.
    void write_pending() {
        if (!changed) {
            return;
        }
        const std::lock_guard lock(hdf5_mutex());
        if (!event_lines.empty()) {
            library->events.put(event_bytes, static_cast<Index>(event_lines.size()), event_lines.data());
            event_bytes += static_cast<Index>(event_lines.size());
            event_lines.clear();
        }
        if (n_pending > 0) {
            bits == 0 ? write_pending_of(physical) : write_pending_of(digital);
        }
        if (n_pending == chunk) {
            n_written += chunk;
            n_pending = 0;
        }
        changed = false;
    }

    void sync() const {
        const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
        const int code = errno;
        if (descriptor >= 0) {
            ::close(descriptor);
        }
        if (!synced) {
            throw IoError(code, path.string(), "[write] cannot sync");
        }
    }

    void end_library() {
        const std::lock_guard lock(hdf5_mutex());
        library.reset();
    }
};

Hdf5Writer::Hdf5Writer(const std::filesystem::path& path, double fs, const std::vector<Hdf5StreamChannel>& channels,
                       const Hdf5StreamOptions& options)
    : state_(std::make_unique<State>()) {
    require_sampling_rate(function, fs);
    State& my = *state_;
    my.path = path;
    my.fs = fs;
    my.bits = options.bits;
    my.channels = make_channels(channels, options.bits);
    const bool digital = options.bits != 0;
    my.chunk = chunk_columns(my.n_channels(), !digital ? 8 : options.bits == 16 ? 2 : 4);
    const auto size = static_cast<std::size_t>(my.n_channels() * my.chunk);
    my.digital.resize(digital ? size : 0);
    my.physical.resize(digital ? 0 : size);

    Recording recording;
    recording.identity.start_ns = options.start_ns;
    Signal signal;
    signal.fs = fs;
    signal.channels = my.channels;
    signal.segments = {{0, 0, open_length}};
    recording.signals.push_back(std::move(signal));
    const std::optional<std::int32_t> missing =
        digital ? std::optional(my.channels.front().digital_min - 1) : std::nullopt;
    const std::string metadata =
        metadata_json(recording, {std::vector<std::optional<std::int32_t>>(my.channels.size(), missing)});

    notify_access({Access::write, path.string()});
    const std::lock_guard lock(hdf5_mutex());
    my.library = std::make_unique<Library>(path, recording, metadata, digital, options.bits, my.chunk);
}

Hdf5Writer::~Hdf5Writer() {
    try {
        close();
    } catch (...) {  // NOLINT(bugprone-empty-catch): a destructor has nobody to tell; close() tells
    }
    state_->end_library();
}

void Hdf5Writer::append(const MatrixView& samples) {
    State& my = *state_;
    if (!my.library || samples.rows() != my.n_channels()) {
        throw_invalid(function, "an open writer and samples of " + std::to_string(my.n_channels()) + " channels",
                      !my.library ? std::string("a closed one") : std::to_string(samples.rows()) + " channels");
    }
    if ((samples.array().abs() == std::numeric_limits<double>::infinity()).any()) {
        throw_invalid(function, "finite samples (or NaN)", "an infinite one");
    }
    for (Index at = 0; at < samples.cols();) {
        const Index n = std::min(my.chunk - my.n_pending, samples.cols() - at);
        for (Index c = 0; c < my.n_channels(); ++c) {
            for (Index i = 0; i < n; ++i) {
                my.put(c, my.n_pending + i, samples(c, at + i));
            }
        }
        my.n_pending += n;
        my.changed = true;
        at += n;
        if (my.n_pending == my.chunk) {
            my.write_pending();
        }
    }
}

void Hdf5Writer::annotate(const Event& event) {
    if (!state_->library) {
        throw_invalid(function, "an open writer", "a closed one");
    }
    state_->event_lines += event_line(event);
    state_->changed = true;
}

void Hdf5Writer::flush() {
    if (state_->library) {
        state_->write_pending();
        state_->sync();
    }
}

void Hdf5Writer::close() {
    State& my = *state_;
    if (!my.library) {
        return;
    }
    my.write_pending();
    // The reader's own look at what stands in the file.
    const std::string hash = signal_sha256(read_hdf5(my.path));
    {
        const std::lock_guard lock(hdf5_mutex());
        my.library->put_hash(hash);
        my.library.reset();
    }
    my.sync();
}

Index Hdf5Writer::n_samples() const {
    return state_->n_written + state_->n_pending;
}

}  // namespace biopotential::inline v0::io
