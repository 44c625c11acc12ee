#include "biopotential/io/hdf5.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/hdf5_layout_internal.hpp"
#include "biopotential/io/hdf5_metadata_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

using Buffer = std::unique_ptr<std::byte[]>;

/// Undo shuffle: byte 0 of all elements, then byte 1 ...
template <std::size_t size>
void unshuffle_elements(const std::byte* in, std::byte* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t b = 0; b < size; ++b) {
            out[i * size + b] = in[b * n + i];
        }
    }
}

BIOPOTENTIAL_CLONES void unshuffle_16(const std::byte* in, std::byte* out, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto value =
            static_cast<std::uint16_t>(static_cast<unsigned>(in[i]) | static_cast<unsigned>(in[n + i]) << 8);
        std::memcpy(out + 2 * i, &value, 2);
    }
}

Buffer unshuffle(Buffer in, std::size_t n_bytes, std::size_t size) {
    static_assert(std::endian::native == std::endian::little);
    const std::size_t n = n_bytes / size;
    auto out = std::make_unique_for_overwrite<std::byte[]>(n_bytes);
    switch (size) {
        case 2:
            unshuffle_16(in.get(), out.get(), n);
            break;
        case 4:
            unshuffle_elements<4>(in.get(), out.get(), n);
            break;
        case 8:
            unshuffle_elements<8>(in.get(), out.get(), n);
            break;
        default:
            return in;  // bytes are not shuffled
    }
    return out;
}

/// zlib's state, made once per thread: it is as large as a small chunk.
class Inflater {
  public:
    Inflater() {
        if (::inflateInit(&stream_) != Z_OK) {
            throw std::bad_alloc();
        }
    }
    ~Inflater() { ::inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// Whether `in` is a whole zlib stream of exactly that many bytes.
    bool inflate(std::span<const std::byte> in, std::span<std::byte> out) {
        ::inflateReset(&stream_);
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));  // zlib only reads there
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        return ::inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_out == 0;
    }

  private:
    z_stream stream_{};
};

/// A chunked dataset, read from the file without the HDF5 library.
class Dataset {
  public:
    using Chunk = std::shared_ptr<const std::byte[]>;

    Dataset(std::shared_ptr<const ByteSource> source, DatasetPlace place)
        : source_(std::move(source)), place_(std::move(place)) {}

    [[nodiscard]] const DatasetPlace& place() const { return place_; }
    [[nodiscard]] std::size_t chunk_bytes() const {
        return static_cast<std::size_t>(place_.chunk_rows * place_.chunk_columns * element_bytes(place_.type));
    }

    /// Decoded bytes of a chunk. Those last used are kept, so that reading channel after channel, or windows that
    /// overlap, decodes each once.
    [[nodiscard]] Chunk chunk(std::int64_t index) const {
        {
            const std::lock_guard lock(mutex_);
            if (const auto found = kept_.find(index); found != kept_.end()) {
                order_.splice(order_.begin(), order_, found->second.place);
                return found->second.chunk;
            }
        }
        Chunk decoded = decode(place_.chunks[static_cast<std::size_t>(index)]);
        const std::lock_guard lock(mutex_);
        if (!kept_.contains(index)) {  // another thread may have been faster
            order_.push_front(index);
            kept_[index] = {decoded, order_.begin()};
            while (order_.size() > 4 && order_.size() * chunk_bytes() > kept_bytes) {
                kept_.erase(order_.back());
                order_.pop_back();
            }
        }
        return decoded;
    }

  private:
    static constexpr std::size_t kept_bytes = 8 << 20;  ///< what newer versions of the HDF5 library keep, too
    struct Kept {
        Chunk chunk;
        std::list<std::int64_t>::iterator place;
    };

    [[nodiscard]] Buffer decode(const ChunkPlace& chunk) const {
        const std::size_t size = chunk_bytes();
        const auto stored = static_cast<std::size_t>(chunk.bytes);
        auto bytes = std::make_unique_for_overwrite<std::byte[]>(stored);
        if (source_->read(chunk.address, {bytes.get(), stored}) != stored) {
            throw ParseError(source_->name(), chunk.address, "wanted a chunk, got a part: the file shrank");
        }
        const unsigned deflate_bit = place_.shuffle ? 1 : 0;
        if (place_.deflate && (chunk.skipped_filters >> deflate_bit & 1) == 0) {
            thread_local Inflater inflater;
            auto inflated = std::make_unique_for_overwrite<std::byte[]>(size);
            if (!inflater.inflate({bytes.get(), stored}, {inflated.get(), size})) {
                throw ParseError(
                    source_->name(), chunk.address,
                    "wanted gzip data of " + std::to_string(size) + " bytes in " + place_.name + ", got others");
            }
            bytes = std::move(inflated);
        }
        if (place_.shuffle && (chunk.skipped_filters & 1) == 0) {
            bytes = unshuffle(std::move(bytes), size, static_cast<std::size_t>(element_bytes(place_.type)));
        }
        return bytes;
    }

    std::shared_ptr<const ByteSource> source_;
    DatasetPlace place_;
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::int64_t, Kept> kept_;
    mutable std::list<std::int64_t> order_;  ///< of the kept chunks: last used first
};

template <class Stored, class Out>
BIOPOTENTIAL_CLONES void convert(const std::byte* from, Index n, Out* to) {
    for (Index i = 0; i < n; ++i) {
        Stored value;
        std::memcpy(&value, from + i * static_cast<Index>(sizeof(Stored)), sizeof value);
        to[i] = static_cast<Out>(value);
    }
}

BIOPOTENTIAL_CLONES void scale(double* x, Index n, const Scaling& by) {
    const double zero = by.zero, numerator = by.numerator, denominator = by.denominator;
    for (Index i = 0; i < n; ++i) {
        x[i] = (x[i] - zero) * numerator / denominator;
    }
}

class Hdf5Source final : public SampleSource {
  public:
    Hdf5Source(std::shared_ptr<const ByteSource> source, DatasetPlace place, const std::vector<StoredChannel>& channels)
        : samples_(std::move(source), std::move(place)), channels_(channels) {}

    [[nodiscard]] bool has_digital() const override { return samples_.place().type != ElementType::float64; }

    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        read_rows_digital(std::span(&channel, 1), first, std::span(&out, 1));
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        read_rows(std::span(&channel, 1), first, std::span(&out, 1));
    }
    void read_rows(std::span<const Index> channels, Index first,
                   std::span<const std::span<double>> rows) const override {
        each_chunk(channels, first, rows);
    }
    void read_rows_digital(std::span<const Index> channels, Index first,
                           std::span<const std::span<std::int32_t>> rows) const override {
        if (!rows.empty() && !has_digital()) {
            throw_invalid("read_digital", "a signal with digital samples", "one that has physical samples only");
        }
        each_chunk(channels, first, rows);
    }
    [[nodiscard]] bool may_miss(Index channel) const override {
        return !has_digital() || channels_[static_cast<std::size_t>(channel)].missing.has_value();
    }

  private:
    /// Chunk after chunk, all rows of each; several chunks on several threads, since inflating is most of the work.
    template <class Out>
    void each_chunk(std::span<const Index> channels, Index first, std::span<const std::span<Out>> rows) const {
        const Index columns = samples_.place().chunk_columns;
        const Index n = rows.empty() ? 0 : static_cast<Index>(rows.front().size());
        if (n == 0) {
            return;
        }
        const Index first_chunk = first / columns, n_chunks = (first + n - 1) / columns + 1 - first_chunk;
        const auto read_chunk = [&](Index i) {
            const Index start = std::max(first, (first_chunk + i) * columns);
            const Index end = std::min(first + n, (first_chunk + i + 1) * columns);
            const Dataset::Chunk chunk = samples_.chunk(first_chunk + i);
            for (std::size_t row = 0; row < rows.size(); ++row) {
                take(chunk.get(), channels[row], start % columns,
                     rows[row].subspan(static_cast<std::size_t>(start - first), static_cast<std::size_t>(end - start)));
            }
        };
        if (n_chunks == 1) {
            read_chunk(0);
        } else {
            parallel_for(n_chunks, read_chunk);
        }
    }

    template <class Out>
    void take(const std::byte* chunk, Index channel, Index within, std::span<Out> out) const {
        const DatasetPlace& place = samples_.place();
        const std::byte* const from = chunk + (channel * place.chunk_columns + within) * element_bytes(place.type);
        const auto n = static_cast<Index>(out.size());
        switch (place.type) {
            case ElementType::int16:
                convert<std::int16_t>(from, n, out.data());
                break;
            case ElementType::int32:
                convert<std::int32_t>(from, n, out.data());
                break;
            default:
                convert<double>(from, n, out.data());
                return;
        }
        if constexpr (std::is_same_v<Out, double>) {
            const StoredChannel& stored = channels_[static_cast<std::size_t>(channel)];
            if (!stored.missing) {
                scale(out.data(), n, stored.channel.scaling);
                return;
            }
            const double missing = *stored.missing;
            for (double& value : out) {
                value = value == missing ? std::numeric_limits<double>::quiet_NaN() : stored.channel.scaling(value);
            }
        }
    }

    Dataset samples_;
    std::vector<StoredChannel> channels_;
};

/// A dataset of one row of bytes as text: metadata, events.
std::string read_text(const std::shared_ptr<const ByteSource>& source, const DatasetPlace& place) {
    if (place.type != ElementType::bytes || place.rows != 1 || place.columns > 1 << 30) {
        throw ParseError(source->name(), std::nullopt,
                         "wanted " + place.name + " as one row of bytes, got another dataset");
    }
    const Dataset dataset(source, place);
    std::string text;
    for (std::size_t i = 0; i < place.chunks.size(); ++i) {
        const Dataset::Chunk chunk = dataset.chunk(static_cast<std::int64_t>(i));
        text.append(reinterpret_cast<const char*>(chunk.get()), dataset.chunk_bytes());
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
    Findings findings(source->name(), options.strict);
    StoredRecording stored = parse_metadata(read_text(source, layout.datasets.front()), source->name());
    Recording recording = std::move(stored.recording);
    const std::size_t n_signals = layout.datasets.size() - 1 - (layout.has_event_lines ? 1 : 0);
    if (recording.signals.size() != n_signals) {
        throw ParseError(source->name(), std::nullopt,
                         "wanted samples of " + std::to_string(recording.signals.size()) + " signals, got " +
                             std::to_string(n_signals));
    }
    if (layout.has_event_lines) {
        std::ranges::move(parse_event_lines(read_text(source, layout.datasets.back()), source->name()),
                          std::back_inserter(recording.events));
        sort_events(recording.events);
    }
    if (layout.being_written || layout.signal_sha256.empty()) {
        findings.note(source->size(),
                      "wanted a file whose writer has closed it, got one that is being written, or whose writer was "
                      "ended: samples up to the last flush, and no hash over them");
    }
    for (std::size_t s = 0; s < recording.signals.size(); ++s) {
        Signal& signal = recording.signals[s];
        const DatasetPlace& place = layout.datasets[s + 1];
        for (Segment& segment : signal.segments) {
            segment.n = segment.n == open_length ? place.columns : segment.n;
        }
        if (signal.duration_s() > 9e9) {
            throw ParseError(source->name(), std::nullopt, "wanted less than 9e9 s of " + place.name + ", got more");
        }
        if (place.rows != signal.n_channels() || place.columns != signal.n_samples() ||
            place.type == ElementType::bytes) {
            throw ParseError(source->name(), std::nullopt,
                             "wanted " + place.name + " of shape (" + std::to_string(signal.n_channels()) + ", " +
                                 std::to_string(signal.n_samples()) + "), got (" + std::to_string(place.rows) + ", " +
                                 std::to_string(place.columns) + ")");
        }
        signal.source = std::make_shared<Hdf5Source>(source, place, stored.channels[s]);
    }
    std::ranges::move(findings.take(), std::back_inserter(recording.warnings));
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
