#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/block_cache_internal.hpp"
#include "biopotential/io/raw_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

template <class T>
T load(const std::byte* at, bool big_endian) {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), at, sizeof(T));
    if (big_endian != (std::endian::native == std::endian::big)) {
        std::ranges::reverse(bytes);
    }
    return std::bit_cast<T>(bytes);
}

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

    [[nodiscard]] bool has_digital() const override {
        return layout_.type != RawType::float32 && layout_.type != RawType::float64;
    }
    [[nodiscard]] bool may_miss(Index /*channel*/) const override { return layout_.missing.has_value(); }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        if (!has_digital()) {
            throw_invalid("read_digital", "a signal with digital samples", "one that has physical samples only");
        }
        each(channel, first, out, [](auto value) { return static_cast<std::int32_t>(value); });
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        const Scaling scaling = scalings_[static_cast<std::size_t>(channel)];
        if (layout_.missing) {
            const double missing = *layout_.missing;
            each(channel, first, out, [&](auto value) {
                const auto digital = static_cast<double>(value);
                return digital == missing ? std::numeric_limits<double>::quiet_NaN() : scaling(digital);
            });
        } else {
            each(channel, first, out, [&](auto value) { return scaling(static_cast<double>(value)); });
        }
    }

  private:
    template <class Out, class Convert>
    void each(Index channel, Index first, std::span<Out> out, const Convert& convert) const {
        switch (layout_.type) {
            case RawType::int8:
                return decode<std::int8_t>(channel, first, out, convert);
            case RawType::uint8:
                return decode<std::uint8_t>(channel, first, out, convert);
            case RawType::int16:
                return decode<std::int16_t>(channel, first, out, convert);
            case RawType::uint16:
                return decode<std::uint16_t>(channel, first, out, convert);
            case RawType::int32:
                return decode<std::int32_t>(channel, first, out, convert);
            case RawType::float32:
                return decode<float>(channel, first, out, convert);
            case RawType::float64:
                return decode<double>(channel, first, out, convert);
        }
    }
    template <class T, class Out, class Convert>
    void decode(Index channel, Index first, std::span<Out> out, const Convert& convert) const {
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
                if constexpr (std::is_floating_point_v<T> && std::is_integral_v<Out>) {
                    out[static_cast<std::size_t>(done + i)] = 0;  // has_digital() is false then
                } else {
                    out[static_cast<std::size_t>(done + i)] =
                        static_cast<Out>(convert(load<T>(at, layout_.big_endian)));
                }
            }
            done += take;
        }
    }

    RawLayout layout_;
    Index size_, frame_bytes_, step_ = 0, block_samples_ = 1;
    std::vector<Scaling> scalings_;
    std::vector<std::unique_ptr<BlockCache>> caches_;
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
    constexpr std::int64_t sizes[] = {1, 1, 2, 2, 4, 4, 8};
    return sizes[static_cast<int>(type)];
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
