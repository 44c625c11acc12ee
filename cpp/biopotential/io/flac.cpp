#include "biopotential/core/errors.hpp"
#include "biopotential/io/flac_internal.hpp"

#ifdef BIOPOTENTIAL_WITH_FLAC
#include <FLAC/stream_decoder.h>
#include <FLAC/stream_encoder.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <vector>
#endif

namespace biopotential::inline v0::io {

#ifdef BIOPOTENTIAL_WITH_FLAC

namespace {

/// The samples of a FLAC stream, block by block, wherever they are asked for.
class FlacDecoder {
  public:
    explicit FlacDecoder(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
        decoder_.reset(FLAC__stream_decoder_new());
        if (!decoder_) {
            throw std::bad_alloc();
        }
        if (FLAC__stream_decoder_init_stream(decoder_.get(), on_read, on_seek, on_tell, on_length, on_eof, on_write,
                                             on_metadata, on_error, this) != FLAC__STREAM_DECODER_INIT_STATUS_OK ||
            FLAC__stream_decoder_process_until_end_of_metadata(decoder_.get()) == 0 || n_channels_ == 0) {
            throw ParseError(source_->name(), 0, "wanted a FLAC stream, got bytes that are none");
        }
    }
    FlacDecoder(const FlacDecoder&) = delete;
    FlacDecoder& operator=(const FlacDecoder&) = delete;
    ~FlacDecoder() = default;

    [[nodiscard]] Index n_channels() const { return n_channels_; }
    [[nodiscard]] int bits() const { return bits_; }
    [[nodiscard]] Index n_samples() const { return n_samples_; }

    /// Call use(channels, first, n) for stretches that together are [first, first + n) of every channel.
    template <class Use>
    void read(Index first, Index n, const Use& use) {
        while (n > 0) {
            if (block_n_ == 0 || first < block_first_ || first >= block_first_ + block_n_) {
                fetch(first);
            }
            const Index within = first - block_first_;
            const Index take = std::min(n, block_n_ - within);
            use(block_, within, take);
            first += take;
            n -= take;
        }
    }

  private:
    struct Delete {
        void operator()(FLAC__StreamDecoder* decoder) const { FLAC__stream_decoder_delete(decoder); }
    };

    void fetch(Index first) {
        const bool follows = block_n_ > 0 && first == block_first_ + block_n_;
        block_n_ = 0;
        bool good =
            follows || FLAC__stream_decoder_seek_absolute(decoder_.get(), static_cast<FLAC__uint64>(first)) != 0;
        while (good && block_n_ == 0 &&
               FLAC__stream_decoder_get_state(decoder_.get()) != FLAC__STREAM_DECODER_END_OF_STREAM) {
            good = FLAC__stream_decoder_process_single(decoder_.get()) != 0;
        }
        if (!good || failed_ || block_n_ == 0 || first < block_first_ || first >= block_first_ + block_n_) {
            block_n_ = 0;
            failed_ = false;
            (void)FLAC__stream_decoder_flush(decoder_.get());
            throw ParseError(source_->name(), position_,
                             "wanted FLAC data of sample " + std::to_string(first) + ", got bytes that are none");
        }
    }

    static FlacDecoder& self(void* client) { return *static_cast<FlacDecoder*>(client); }

    static FLAC__StreamDecoderReadStatus on_read(const FLAC__StreamDecoder* /*decoder*/, FLAC__byte* buffer,
                                                 std::size_t* bytes, void* client) noexcept {
        FlacDecoder& my = self(client);
        try {
            *bytes = my.source_->read(my.position_, {reinterpret_cast<std::byte*>(buffer), *bytes});
        } catch (...) {
            return FLAC__STREAM_DECODER_READ_STATUS_ABORT;
        }
        my.position_ += static_cast<std::int64_t>(*bytes);
        return *bytes == 0 ? FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM : FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
    }
    static FLAC__StreamDecoderSeekStatus on_seek(const FLAC__StreamDecoder* /*decoder*/, FLAC__uint64 offset,
                                                 void* client) {
        FlacDecoder& my = self(client);
        if (offset > static_cast<FLAC__uint64>(my.source_->size())) {
            return FLAC__STREAM_DECODER_SEEK_STATUS_ERROR;
        }
        my.position_ = static_cast<std::int64_t>(offset);
        return FLAC__STREAM_DECODER_SEEK_STATUS_OK;
    }
    static FLAC__StreamDecoderTellStatus on_tell(const FLAC__StreamDecoder* /*decoder*/, FLAC__uint64* offset,
                                                 void* client) {
        *offset = static_cast<FLAC__uint64>(self(client).position_);
        return FLAC__STREAM_DECODER_TELL_STATUS_OK;
    }
    static FLAC__StreamDecoderLengthStatus on_length(const FLAC__StreamDecoder* /*decoder*/, FLAC__uint64* length,
                                                     void* client) {
        *length = static_cast<FLAC__uint64>(self(client).source_->size());
        return FLAC__STREAM_DECODER_LENGTH_STATUS_OK;
    }
    static FLAC__bool on_eof(const FLAC__StreamDecoder* /*decoder*/, void* client) {
        return self(client).position_ >= self(client).source_->size() ? 1 : 0;
    }
    static void on_metadata(const FLAC__StreamDecoder* /*decoder*/, const FLAC__StreamMetadata* metadata,
                            void* client) {
        if (metadata->type == FLAC__METADATA_TYPE_STREAMINFO) {
            FlacDecoder& my = self(client);
            my.n_channels_ = static_cast<Index>(metadata->data.stream_info.channels);
            my.bits_ = static_cast<int>(metadata->data.stream_info.bits_per_sample);
            my.n_samples_ = static_cast<Index>(metadata->data.stream_info.total_samples);
        }
    }
    static FLAC__StreamDecoderWriteStatus on_write(const FLAC__StreamDecoder* /*decoder*/, const FLAC__Frame* frame,
                                                   const FLAC__int32* const buffer[], void* client) noexcept {
        FlacDecoder& my = self(client);
        const Index n = frame->header.blocksize;
        if (static_cast<Index>(frame->header.channels) != my.n_channels_ ||
            static_cast<int>(frame->header.bits_per_sample) > my.bits_) {
            my.failed_ = true;
            return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
        }
        try {
            my.block_.resize(static_cast<std::size_t>(my.n_channels_));
            for (std::size_t c = 0; c < my.block_.size(); ++c) {
                my.block_[c].assign(buffer[c], buffer[c] + n);
            }
        } catch (...) {
            return FLAC__STREAM_DECODER_WRITE_STATUS_ABORT;
        }
        my.block_first_ = static_cast<Index>(frame->header.number.sample_number);
        my.block_n_ = n;
        return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
    }
    static void on_error(const FLAC__StreamDecoder* /*decoder*/, FLAC__StreamDecoderErrorStatus /*status*/,
                         void* client) {
        self(client).failed_ = true;
    }

    std::shared_ptr<const ByteSource> source_;
    std::unique_ptr<FLAC__StreamDecoder, Delete> decoder_;
    std::int64_t position_ = 0;
    Index n_channels_ = 0, n_samples_ = 0;
    int bits_ = 0;
    bool failed_ = false;
    std::vector<std::vector<std::int32_t>> block_;  ///< by channel: what was decoded last
    Index block_first_ = 0, block_n_ = 0;
};

class FlacSource final : public ByteSource {
  public:
    FlacSource(std::shared_ptr<const ByteSource> source, Index samples_per_frame, Index first_sample)
        : source_(source),
          decoder_(std::move(source)),
          samples_per_frame_(samples_per_frame),
          first_sample_(first_sample) {}

    [[nodiscard]] FlacDecoder& decoder() { return decoder_; }
    [[nodiscard]] std::int64_t size() const override {
        return (decoder_.n_samples() - first_sample_) * decoder_.n_channels() * sample_bytes;
    }
    [[nodiscard]] const std::string& name() const override { return source_->name(); }

    std::size_t read(std::int64_t offset, std::span<std::byte> out) const override {
        if (offset < 0 || offset >= size() || out.empty()) {
            return 0;
        }
        const auto n_bytes = std::min<std::int64_t>(static_cast<std::int64_t>(out.size()), size() - offset);
        const Index n_channels = decoder_.n_channels();
        const Index frame_samples = n_channels * samples_per_frame_;
        const Index frame_bytes = frame_samples * sample_bytes;
        const Index first_frame = offset / frame_bytes;
        const Index n_frames = (offset + n_bytes + frame_bytes - 1) / frame_bytes - first_frame;
        const Index first = first_frame * samples_per_frame_;
        const Index n = std::min(n_frames * samples_per_frame_, decoder_.n_samples() - first_sample_ - first);
        std::vector<std::int32_t> frames(static_cast<std::size_t>(n_frames * frame_samples));
        {
            const std::lock_guard lock(mutex_);
            Index done = 0;
            decoder_.read(first_sample_ + first, n, [&](const auto& block, Index within, Index take) {
                for (Index c = 0; c < n_channels; ++c) {
                    const std::int32_t* from = block[static_cast<std::size_t>(c)].data() + within;
                    for (Index i = 0; i < take; ++i) {
                        const Index frame = (done + i) / samples_per_frame_, k = (done + i) % samples_per_frame_;
                        frames[static_cast<std::size_t>(frame * frame_samples + c * samples_per_frame_ + k)] = from[i];
                    }
                }
                done += take;
            });
        }
        std::memcpy(out.data(),
                    reinterpret_cast<const std::byte*>(frames.data()) + (offset - first_frame * frame_bytes),
                    static_cast<std::size_t>(n_bytes));
        return static_cast<std::size_t>(n_bytes);
    }

  private:
    static constexpr Index sample_bytes = 4;
    std::shared_ptr<const ByteSource> source_;
    mutable std::mutex mutex_;
    mutable FlacDecoder decoder_;
    Index samples_per_frame_, first_sample_;
};

}  // namespace

std::shared_ptr<const ByteSource> decode_flac(std::shared_ptr<const ByteSource> source, Index n_channels,
                                              Index samples_per_frame, int max_bits, Index first_sample) {
    const std::string name = source->name();
    // A frame holds at most 65,535 samples of each channel and takes at least 11 bytes.
    const Index most = (source->size() / 11 + 1) * 65'535;
    auto flac = std::make_shared<FlacSource>(std::move(source), samples_per_frame, first_sample);
    const FlacDecoder& decoder = flac->decoder();
    if (decoder.n_channels() != n_channels) {
        throw ParseError(name, 20,
                         "wanted a FLAC stream of " + std::to_string(n_channels) + " channels, got " +
                             std::to_string(decoder.n_channels()));
    }
    if (decoder.bits() > max_bits) {
        throw ParseError(name, 20,
                         "wanted a FLAC stream of at most " + std::to_string(max_bits) + " bits, got " +
                             std::to_string(decoder.bits()));
    }
    if (decoder.n_samples() > most || decoder.n_samples() <= 0 || first_sample > decoder.n_samples()) {
        throw ParseError(name, 21,
                         "wanted a number of samples from " + std::to_string(first_sample) + " to " +
                             std::to_string(most) + ", got " + std::to_string(decoder.n_samples()));
    }
    return flac;
}

struct FlacWriter::State {
    struct Delete {
        void operator()(FLAC__StreamEncoder* encoder) const { FLAC__stream_encoder_delete(encoder); }
    };

    explicit State(OutputFile& to) : file(&to), encoder(FLAC__stream_encoder_new()) {
        if (!encoder) {
            throw std::bad_alloc();
        }
    }
    void require(bool good) const {
        if (failure) {
            std::rethrow_exception(failure);
        }
        if (!good) {
            throw IoError(EIO, file->temporary().string(), "[write] libFLAC cannot encode");
        }
    }

    static State& self(void* client) { return *static_cast<State*>(client); }
    static FLAC__StreamEncoderWriteStatus on_write(const FLAC__StreamEncoder* /*encoder*/, const FLAC__byte buffer[],
                                                   std::size_t bytes, unsigned /*samples*/, unsigned /*frame*/,
                                                   void* client) noexcept {
        State& my = self(client);
        try {
            my.file->write_at(my.position, std::as_bytes(std::span(buffer, bytes)));
        } catch (...) {
            my.failure = std::current_exception();
            return FLAC__STREAM_ENCODER_WRITE_STATUS_FATAL_ERROR;
        }
        my.position += static_cast<std::int64_t>(bytes);
        return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
    }
    /// At the end libFLAC goes back to the start, to say how long frames are and what the samples' MD5 is.
    static FLAC__StreamEncoderSeekStatus on_seek(const FLAC__StreamEncoder* /*encoder*/, FLAC__uint64 offset,
                                                 void* client) {
        self(client).position = static_cast<std::int64_t>(offset);
        return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
    }
    static FLAC__StreamEncoderTellStatus on_tell(const FLAC__StreamEncoder* /*encoder*/, FLAC__uint64* offset,
                                                 void* client) {
        *offset = static_cast<FLAC__uint64>(self(client).position);
        return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
    }

    OutputFile* file;
    std::unique_ptr<FLAC__StreamEncoder, Delete> encoder;
    std::int64_t position = 0;
    std::exception_ptr failure;
};

FlacWriter::FlacWriter(OutputFile& file, Index n_channels, int bits, Index n_samples)
    : state_(std::make_unique<State>(file)) {
    FLAC__StreamEncoder* const encoder = state_->encoder.get();
    constexpr unsigned rate = 96'000;
    state_->require(FLAC__stream_encoder_set_channels(encoder, static_cast<unsigned>(n_channels)) != 0 &&
                    FLAC__stream_encoder_set_bits_per_sample(encoder, static_cast<unsigned>(bits)) != 0 &&
                    FLAC__stream_encoder_set_sample_rate(encoder, rate) != 0 &&
                    FLAC__stream_encoder_set_total_samples_estimate(encoder, static_cast<FLAC__uint64>(n_samples)) !=
                        0);
    state_->require(FLAC__stream_encoder_init_stream(encoder, State::on_write, State::on_seek, State::on_tell, nullptr,
                                                     state_.get()) == FLAC__STREAM_ENCODER_INIT_STATUS_OK);
}

FlacWriter::~FlacWriter() = default;

void FlacWriter::put(std::span<const std::span<const std::int32_t>> channels) {
    std::vector<const FLAC__int32*> buffers;
    buffers.reserve(channels.size());
    for (const std::span<const std::int32_t> channel : channels) {
        buffers.push_back(channel.data());
    }
    state_->require(FLAC__stream_encoder_process(state_->encoder.get(), buffers.data(),
                                                 static_cast<unsigned>(channels.front().size())) != 0);
}

void FlacWriter::finish() {
    state_->require(FLAC__stream_encoder_finish(state_->encoder.get()) != 0);
}

#else

struct FlacWriter::State {};

FlacWriter::FlacWriter(OutputFile& /*file*/, Index /*n_channels*/, int /*bits*/, Index /*n_samples*/) {
    throw_invalid("write_wfdb", "a format that this build writes (it has no libFLAC)", "FLAC");
}
FlacWriter::~FlacWriter() = default;
void FlacWriter::put(std::span<const std::span<const std::int32_t>> /*channels*/) {}
void FlacWriter::finish() {}

// NOLINTNEXTLINE(performance-unnecessary-value-param): as the other definition
std::shared_ptr<const ByteSource> decode_flac(std::shared_ptr<const ByteSource> source, Index /*n_channels*/,
                                              Index /*samples_per_frame*/, int /*max_bits*/, Index /*first_sample*/) {
    throw ParseError(source->name(), 0, "wanted a signal file without FLAC (this build has no libFLAC), got FLAC");
}

#endif

}  // namespace biopotential::inline v0::io
