#include "biopotential/io/hdf5.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <nlohmann/json.hpp>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/hdf5_layout_internal.hpp"
#include "biopotential/io/hdf5_metadata_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

template <std::size_t size>
void unshuffle_elements(const std::byte* in, std::byte* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t b = 0; b < size; ++b) {
            out[i * size + b] = in[b * n + i];
        }
    }
}

/// Undo shuffle: byte 0 of all elements, then byte 1 ...
std::vector<std::byte> unshuffle(const std::vector<std::byte>& in, std::size_t size) {
    const std::size_t n = in.size() / size;
    std::vector<std::byte> out(in.size());
    switch (size) {
        case 2:
            unshuffle_elements<2>(in.data(), out.data(), n);
            break;
        case 4:
            unshuffle_elements<4>(in.data(), out.data(), n);
            break;
        case 8:
            unshuffle_elements<8>(in.data(), out.data(), n);
            break;
        default:
            return in;  // bytes are not shuffled
    }
    return out;
}

/// A chunked dataset, read from the file without the HDF5 library.
class Dataset {
  public:
    using Chunk = std::shared_ptr<const std::vector<std::byte>>;

    Dataset(std::shared_ptr<const ByteSource> source, DatasetPlace place)
        : source_(std::move(source)), place_(std::move(place)) {}

    [[nodiscard]] const DatasetPlace& place() const { return place_; }

    /// Decoded bytes of a chunk. The last few are kept, so that reading channel after channel decodes each once.
    [[nodiscard]] Chunk chunk(std::int64_t index) const {
        {
            const std::lock_guard lock(mutex_);
            const auto slot = std::ranges::find(slots_, index, &Slot::index);
            if (slot != slots_.end()) {
                std::rotate(slots_.begin(), slot, slot + 1);
                return slots_.front().chunk;
            }
        }
        auto decoded =
            std::make_shared<const std::vector<std::byte>>(decode(place_.chunks[static_cast<std::size_t>(index)]));
        const std::lock_guard lock(mutex_);
        std::ranges::rotate(slots_, slots_.end() - 1);
        slots_.front() = {index, decoded};
        return decoded;
    }

  private:
    struct Slot {
        std::int64_t index = -1;
        Chunk chunk;
    };

    [[nodiscard]] std::vector<std::byte> decode(const ChunkPlace& chunk) const {
        const auto size =
            static_cast<std::size_t>(place_.chunk_rows * place_.chunk_columns * element_bytes(place_.type));
        std::vector<std::byte> bytes = source_->read_exactly(chunk.address, static_cast<std::size_t>(chunk.bytes));
        const unsigned deflate_bit = place_.shuffle ? 1 : 0;
        if (place_.deflate && (chunk.skipped_filters >> deflate_bit & 1) == 0) {
            std::vector<std::byte> inflated(size);
            uLongf n = size;
            if (::uncompress(reinterpret_cast<Bytef*>(inflated.data()), &n,
                             reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()) != Z_OK ||
                n != size) {
                throw ParseError(
                    source_->name(), chunk.address,
                    "wanted gzip data of " + std::to_string(size) + " bytes in " + place_.name + ", got others");
            }
            bytes = std::move(inflated);
        }
        if (place_.shuffle && (chunk.skipped_filters & 1) == 0) {
            bytes = unshuffle(bytes, static_cast<std::size_t>(element_bytes(place_.type)));
        }
        return bytes;
    }

    std::shared_ptr<const ByteSource> source_;
    DatasetPlace place_;
    mutable std::mutex mutex_;
    mutable std::array<Slot, 4> slots_;
};

class Hdf5Source final : public SampleSource {
  public:
    Hdf5Source(std::shared_ptr<const ByteSource> source, DatasetPlace place, const std::vector<StoredChannel>& channels)
        : samples_(std::move(source), std::move(place)), channels_(channels) {}

    [[nodiscard]] bool has_digital() const override { return samples_.place().type != ElementType::float64; }

    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        switch (samples_.place().type) {
            case ElementType::int16:
                copy<std::int16_t>(channel, first, out);
                break;
            case ElementType::int32:
                copy<std::int32_t>(channel, first, out);
                break;
            default:
                throw_invalid("read_digital", "a signal with digital samples", "one that has physical samples only");
        }
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        switch (samples_.place().type) {
            case ElementType::int16:
                scale<std::int16_t>(channel, first, out);
                break;
            case ElementType::int32:
                scale<std::int32_t>(channel, first, out);
                break;
            default:
                copy<double>(channel, first, out);
                break;
        }
    }
    [[nodiscard]] bool may_miss(Index channel) const override {
        return !has_digital() || channels_[static_cast<std::size_t>(channel)].missing.has_value();
    }

  private:
    template <class Stored>
    void scale(Index channel, Index first, std::span<double> out) const {
        copy<Stored>(channel, first, out);
        const StoredChannel& stored = channels_[static_cast<std::size_t>(channel)];
        const Scaling scaling = stored.channel.scaling;
        if (stored.missing) {
            const double missing = *stored.missing;
            for (double& value : out) {
                value = value == missing ? std::numeric_limits<double>::quiet_NaN() : scaling(value);
            }
        } else {
            for (double& value : out) {
                value = scaling(value);
            }
        }
    }
    template <class Stored, class Out>
    void copy(Index channel, Index first, std::span<Out> out) const {
        const Index columns = samples_.place().chunk_columns;
        const auto n = static_cast<Index>(out.size());
        for (Index done = 0; done < n;) {
            const Index index = (first + done) / columns;
            const Index within = (first + done) % columns;
            const Index take = std::min(n - done, columns - within);
            const Dataset::Chunk chunk = samples_.chunk(index);
            const std::byte* at = chunk->data() + (channel * columns + within) * static_cast<Index>(sizeof(Stored));
            for (Index i = 0; i < take; ++i) {
                Stored value;
                std::memcpy(&value, at + i * static_cast<Index>(sizeof(Stored)), sizeof value);
                out[static_cast<std::size_t>(done + i)] = static_cast<Out>(value);
            }
            done += take;
        }
    }

    Dataset samples_;
    std::vector<StoredChannel> channels_;
};

std::string read_metadata(const std::shared_ptr<const ByteSource>& source, const DatasetPlace& place) {
    if (place.type != ElementType::bytes || place.rows != 1 || place.columns > 1 << 30) {
        throw ParseError(source->name(), std::nullopt, "wanted metadata as one row of bytes, got another dataset");
    }
    const Dataset dataset(source, place);
    std::string text;
    for (std::size_t i = 0; i < place.chunks.size(); ++i) {
        const Dataset::Chunk chunk = dataset.chunk(static_cast<std::int64_t>(i));
        text.append(reinterpret_cast<const char*>(chunk->data()), chunk->size());
    }
    text.resize(static_cast<std::size_t>(place.columns));
    return text;
}

Recording read_container(const std::shared_ptr<const ByteSource>& source, const std::filesystem::path& path,
                         const ReadOptions& options) {
    const FileLayout layout = describe_hdf5(*source, path);
    if (layout.schema_version != container_schema_version) {
        throw ParseError(source->name(), std::nullopt,
                         "wanted schema_version " + std::to_string(container_schema_version) + ", got " +
                             std::to_string(layout.schema_version));
    }
    StoredRecording stored = parse_metadata(read_metadata(source, layout.datasets.front()), source->name());
    Recording recording = std::move(stored.recording);
    if (recording.signals.size() + 1 != layout.datasets.size()) {
        throw ParseError(source->name(), std::nullopt,
                         "wanted samples of " + std::to_string(recording.signals.size()) + " signals, got " +
                             std::to_string(layout.datasets.size() - 1));
    }
    for (std::size_t s = 0; s < recording.signals.size(); ++s) {
        Signal& signal = recording.signals[s];
        const DatasetPlace& place = layout.datasets[s + 1];
        if (place.rows != signal.n_channels() || place.columns != signal.n_samples() ||
            place.type == ElementType::bytes) {
            throw ParseError(source->name(), std::nullopt,
                             "wanted " + place.name + " of shape (" + std::to_string(signal.n_channels()) + ", " +
                                 std::to_string(signal.n_samples()) + "), got (" + std::to_string(place.rows) + ", " +
                                 std::to_string(place.columns) + ")");
        }
        signal.source = std::make_shared<Hdf5Source>(source, place, stored.channels[s]);
    }
    if (options.strict && signal_sha256(recording) != layout.signal_sha256) {
        throw ParseError(source->name(), std::nullopt,
                         "wanted samples with SHA-256 " + layout.signal_sha256 + ", got others");
    }
    return recording;
}

}  // namespace

Recording read_hdf5(const std::filesystem::path& path, const ReadOptions& options) {
    return read_container(open_file(path), path, options);
}

Recording read_hdf5(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    return read_container(source, {}, options);
}

}  // namespace biopotential::inline v0::io
