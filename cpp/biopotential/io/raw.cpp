#include <algorithm>
#include <cmath>
#include <limits>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/block_cache_internal.hpp"
#include "biopotential/io/bytes_internal.hpp"
#include "biopotential/io/raw_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

template <class T>
struct Loader {
    bool big_endian;
    T operator()(const std::byte* at) const { return load_number<T>(at, big_endian); }
};

/// Three bytes, with their sign or without.
template <bool has_sign>
struct Loader24 {
    bool big_endian;
    std::int32_t operator()(const std::byte* at) const {
        const auto byte = [&](int i) { return std::to_integer<std::uint32_t>(at[big_endian ? 2 - i : i]); };
        const std::uint32_t bits = byte(0) | byte(1) << 8 | byte(2) << 16;
        return has_sign ? static_cast<std::int32_t>(bits << 8) >> 8 : static_cast<std::int32_t>(bits);
    }
};

/// Call `use` with what reads a number of the type.
template <class Use>
void with_loader(RawType type, bool big_endian, const Use& use) {
    switch (type) {
        case RawType::int8:
            return use(Loader<std::int8_t>{big_endian});
        case RawType::uint8:
            return use(Loader<std::uint8_t>{big_endian});
        case RawType::int16:
            return use(Loader<std::int16_t>{big_endian});
        case RawType::uint16:
            return use(Loader<std::uint16_t>{big_endian});
        case RawType::int32:
            return use(Loader<std::int32_t>{big_endian});
        case RawType::float32:
            return use(Loader<float>{big_endian});
        case RawType::float64:
            return use(Loader<double>{big_endian});
        case RawType::int24:
            return use(Loader24<true>{big_endian});
        case RawType::uint24:
            return use(Loader24<false>{big_endian});
        case RawType::uint32:
            return use(Loader<std::uint32_t>{big_endian});
        case RawType::int64:
            return use(Loader<std::int64_t>{big_endian});
        case RawType::uint64:
            return use(Loader<std::uint64_t>{big_endian});
    }
}

void require_digital(bool has_digital) {
    if (!has_digital) {
        throw_invalid("read_digital", "a signal with digital samples", "one that has physical samples only");
    }
}

/// Call `decode` with what makes a physical sample of a stored one.
template <class Decode>
void with_scaling(const Scaling& scaling, const std::optional<std::int32_t>& missing, const Decode& decode) {
    if (missing) {
        const double code = *missing;
        decode([&, code](auto value) {
            const auto digital = static_cast<double>(value);
            return digital == code ? std::numeric_limits<double>::quiet_NaN() : scaling(digital);
        });
    } else {
        decode([&](auto value) { return scaling(static_cast<double>(value)); });
    }
}

constexpr auto to_digital = [](auto value) { return static_cast<std::int32_t>(value); };

class RawSource final : public SampleSource {
  public:
    RawSource(std::shared_ptr<const ByteSource> source, const RawLayout& layout, const std::vector<Channel>& channels)
        : layout_(layout), size_(raw_bytes(layout.type)), frame_bytes_(size_ * layout.n_channels) {
        for (const Channel& channel : channels) {
            scalings_.push_back(channel.scaling);
        }
        constexpr Index wanted_bytes = 1 << 20;
        // Multiplexed: blocks of whole frames, shared by the channels. Else: blocks of one channel's samples.
        step_ = layout.multiplexed ? frame_bytes_ : size_;
        block_samples_ = std::max<Index>(1, wanted_bytes / std::max<Index>(1, step_));
        if (layout.multiplexed) {
            caches_.push_back(std::make_unique<BlockCache>(std::move(source), layout.offset,
                                                           layout.n_samples * frame_bytes_, block_samples_ * step_));
        } else {
            for (Index c = 0; c < layout.n_channels; ++c) {
                caches_.push_back(std::make_unique<BlockCache>(source, layout.offset + c * layout.n_samples * size_,
                                                               layout.n_samples * size_, block_samples_ * step_));
            }
        }
    }

    [[nodiscard]] bool has_digital() const override { return is_digital(layout_.type); }
    [[nodiscard]] bool may_miss(Index /*channel*/) const override { return layout_.missing.has_value(); }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        require_digital(has_digital());
        decode(channel, first, out, to_digital);
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        with_scaling(scalings_[static_cast<std::size_t>(channel)], layout_.missing,
                     [&](const auto& convert) { decode(channel, first, out, convert); });
    }

  private:
    template <class Out, class Convert>
    void decode(Index channel, Index first, std::span<Out> out, const Convert& convert) const {
        with_loader(layout_.type, layout_.big_endian, [&](const auto& load) {
            const BlockCache& cache = *caches_[layout_.multiplexed ? 0 : static_cast<std::size_t>(channel)];
            const Index start = layout_.multiplexed ? channel * size_ : 0;
            const auto n = static_cast<Index>(out.size());
            for (Index done = 0; done < n;) {
                const Index block = (first + done) / block_samples_;
                const Index within = (first + done) % block_samples_;
                const Index take = std::min(n - done, block_samples_ - within);
                const BlockCache::Block bytes = cache.block(block);
                const std::byte* at = bytes->data() + within * step_ + start;
                for (Index i = 0; i < take; ++i, at += step_) {
                    out[static_cast<std::size_t>(done + i)] = static_cast<Out>(convert(load(at)));
                }
                done += take;
            }
        });
    }

    RawLayout layout_;
    Index size_, frame_bytes_, step_ = 0, block_samples_ = 1;
    std::vector<Scaling> scalings_;
    std::vector<std::unique_ptr<BlockCache>> caches_;
};

/// Records in runs; whole records are read at once, and of records too large for that only what is wanted.
class RecordSource final : public SampleSource {
  public:
    RecordSource(std::shared_ptr<const ByteSource> source, std::int64_t record_bytes, bool big_endian,
                 std::vector<RecordChannel> channels, const std::vector<RecordRun>& runs)
        : source_(std::move(source)),
          big_endian_(big_endian),
          record_bytes_(record_bytes),
          channels_(std::move(channels)) {
        records_at_once_ = std::max<Index>(1, wanted_bytes / record_bytes_);
        for (const RecordRun& run : runs) {
            runs_.push_back({n_records_, run.at,
                             std::make_unique<BlockCache>(source_, run.at, run.n_records * record_bytes_,
                                                          records_at_once_ * record_bytes_)});
            n_records_ += run.n_records;
        }
        digital_ = std::ranges::all_of(channels_, [](const RecordChannel& c) { return is_digital(c.type); });
    }

    [[nodiscard]] bool has_digital() const override { return digital_; }
    [[nodiscard]] bool may_miss(Index channel) const override {
        return channels_[static_cast<std::size_t>(channel)].missing.has_value();
    }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        require_digital(has_digital());
        decode(channels_[static_cast<std::size_t>(channel)], first, out, to_digital);
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        const RecordChannel& place = channels_[static_cast<std::size_t>(channel)];
        with_scaling(place.scaling, place.missing, [&](const auto& convert) { decode(place, first, out, convert); });
    }

  private:
    static constexpr std::int64_t wanted_bytes = 1 << 20;
    struct Run {
        Index first_record;
        std::int64_t at;
        std::unique_ptr<BlockCache> cache;
    };

    template <class Out, class Convert>
    void decode(const RecordChannel& place, Index first, std::span<Out> out, const Convert& convert) const {
        const std::int64_t size = raw_bytes(place.type);
        with_loader(place.type, big_endian_, [&](const auto& load) {
            const auto n = static_cast<Index>(out.size());
            for (Index done = 0; done < n;) {
                const Index record = (first + done) / place.n_samples, within = (first + done) % place.n_samples;
                // Pieces of 64 Ki samples: of a record of any size no more is held.
                const Index take = std::min({n - done, place.n_samples - within, Index{1} << 16});
                const Run& run = *std::prev(std::ranges::upper_bound(runs_, record, {}, &Run::first_record));
                const Index in_run = record - run.first_record;
                BlockCache::Block block;
                std::vector<std::byte> piece;
                const std::byte* at = nullptr;
                if (record_bytes_ <= 4 * wanted_bytes) {
                    block = run.cache->block(in_run / records_at_once_);
                    at = block->data() + in_run % records_at_once_ * record_bytes_ + place.offset + within * size;
                } else {
                    piece = source_->read_exactly(run.at + in_run * record_bytes_ + place.offset + within * size,
                                                  static_cast<std::size_t>(take * size));
                    at = piece.data();
                }
                for (Index i = 0; i < take; ++i, at += size) {
                    out[static_cast<std::size_t>(done + i)] = static_cast<Out>(convert(load(at)));
                }
                done += take;
            }
        });
    }

    std::shared_ptr<const ByteSource> source_;
    bool big_endian_, digital_ = false;
    std::int64_t record_bytes_;
    Index records_at_once_ = 1, n_records_ = 0;
    std::vector<RecordChannel> channels_;
    std::vector<Run> runs_;
};

class MissingMemory final : public SampleSource {
  public:
    MissingMemory(Array<std::int32_t> digital, const std::vector<Channel>& channels, std::int32_t missing)
        : digital_(std::move(digital)), missing_(missing) {
        for (const Channel& channel : channels) {
            scalings_.push_back(channel.scaling);
        }
    }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        const auto row = digital_.row(channel).subspan(static_cast<std::size_t>(first), out.size());
        std::copy(row.begin(), row.end(), out.begin());
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        const auto row = digital_.row(channel).subspan(static_cast<std::size_t>(first), out.size());
        const Scaling& scaling = scalings_[static_cast<std::size_t>(channel)];
        std::ranges::transform(row, out.begin(), [&](std::int32_t d) {
            return d == missing_ ? std::numeric_limits<double>::quiet_NaN() : scaling(d);
        });
    }
    [[nodiscard]] bool has_digital() const override { return true; }

  private:
    Array<std::int32_t> digital_;
    std::vector<Scaling> scalings_;
    std::int32_t missing_;
};

}  // namespace

std::int64_t raw_bytes(RawType type) {
    constexpr std::int64_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 3, 3, 4, 8, 8};
    return sizes[static_cast<int>(type)];
}

void set_type_range(Channel& channel, RawType type) {
    const bool has_sign =
        type == RawType::int8 || type == RawType::int16 || type == RawType::int32 || type == RawType::int24;
    const std::int64_t range = std::int64_t{1} << (8 * std::min<std::int64_t>(raw_bytes(type), 4));
    channel.digital_min = static_cast<std::int32_t>(has_sign ? -(range / 2) : 0);
    channel.digital_max =
        static_cast<std::int32_t>(has_sign ? range / 2 - 1 : std::min<std::int64_t>(range - 1, INT32_MAX));
    channel.physical_min = channel.scaling(channel.digital_min);
    channel.physical_max = channel.scaling(channel.digital_max);
}

std::shared_ptr<const SampleSource> make_raw_source(std::shared_ptr<const ByteSource> source, const RawLayout& layout,
                                                    const std::vector<Channel>& channels) {
    if (layout.offset > source->size() || layout.bytes() > source->size() - layout.offset) {
        throw ParseError(source->name(), source->size(),
                         "wanted " + std::to_string(layout.bytes()) + " bytes of samples from byte " +
                             std::to_string(layout.offset) + ", got the end of the file");
    }
    return std::make_shared<RawSource>(std::move(source), layout, channels);
}

std::shared_ptr<const SampleSource> make_record_source(std::shared_ptr<const ByteSource> source,
                                                       std::int64_t record_bytes, bool big_endian,
                                                       std::vector<RecordChannel> channels,
                                                       const std::vector<RecordRun>& runs) {
    for (const RecordRun& run : runs) {
        if (run.at > source->size() || record_bytes < 1 || run.n_records > (source->size() - run.at) / record_bytes) {
            throw ParseError(source->name(), run.at,
                             "wanted " + std::to_string(run.n_records) + " records of " + std::to_string(record_bytes) +
                                 " bytes, got the end of the file");
        }
    }
    return std::make_shared<RecordSource>(std::move(source), record_bytes, big_endian, std::move(channels), runs);
}

Signal make_signal_with_missing(Array<std::int32_t> digital, double fs, std::vector<Channel> channels,
                                std::int32_t missing) {
    Signal signal;
    signal.fs = fs;
    signal.segments = {{0, 0, digital.shape(1)}};
    signal.source = std::make_shared<MissingMemory>(std::move(digital), channels, missing);
    signal.channels = std::move(channels);
    return signal;
}

}  // namespace biopotential::inline v0::io
