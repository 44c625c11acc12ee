#include "biopotential/io/wfdb.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <mutex>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/flac_internal.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb_header_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

using Bytes = const std::byte*;

/// A multiple of 6 frames, which is a whole number of groups in every format.
constexpr Index most_block_frames = 16'380;

constexpr Index byte_at(Bytes data, Index i) {
    return static_cast<Index>(data[i]);
}
constexpr std::int32_t sign_extend(Index value, int bits) {
    const Index half = Index{1} << (bits - 1);
    return static_cast<std::int32_t>((value ^ half) - half);
}

// One decoder per signal format: sample number `i` counted from the start of a block, which is a whole number of
// groups.

std::int32_t decode_16(Bytes data, Index i) {
    return sign_extend(byte_at(data, 2 * i) | byte_at(data, 2 * i + 1) << 8, 16);
}
std::int32_t decode_61(Bytes data, Index i) {
    return sign_extend(byte_at(data, 2 * i) << 8 | byte_at(data, 2 * i + 1), 16);
}
std::int32_t decode_160(Bytes data, Index i) {
    return static_cast<std::int32_t>((byte_at(data, 2 * i) | byte_at(data, 2 * i + 1) << 8) - 32768);
}
std::int32_t decode_80(Bytes data, Index i) {
    return static_cast<std::int32_t>(byte_at(data, i) - 128);
}
std::int32_t decode_8(Bytes data, Index i) {
    return sign_extend(byte_at(data, i), 8);
}
std::int32_t decode_24(Bytes data, Index i) {
    return sign_extend(byte_at(data, 3 * i) | byte_at(data, 3 * i + 1) << 8 | byte_at(data, 3 * i + 2) << 16, 24);
}
std::int32_t decode_32(Bytes data, Index i) {
    return sign_extend(byte_at(data, 4 * i) | byte_at(data, 4 * i + 1) << 8 | byte_at(data, 4 * i + 2) << 16 |
                           byte_at(data, 4 * i + 3) << 24,
                       32);
}
std::int32_t decode_212(Bytes data, Index i) {
    const Bytes group = data + i / 2 * 3;
    const Index middle = byte_at(group, 1);
    return sign_extend(i % 2 == 0 ? byte_at(group, 0) | (middle & 0x0f) << 8 : byte_at(group, 2) | (middle & 0xf0) << 4,
                       12);
}
std::int32_t decode_310(Bytes data, Index i) {
    const Bytes group = data + i / 3 * 4;
    const Index low = byte_at(group, 0) | byte_at(group, 1) << 8;
    const Index high = byte_at(group, 2) | byte_at(group, 3) << 8;
    switch (i % 3) {
        case 0:
            return sign_extend(low >> 1 & 0x3ff, 10);
        case 1:
            return sign_extend(high >> 1 & 0x3ff, 10);
        default:
            return sign_extend(low >> 11 | (high >> 11) << 5, 10);
    }
}
std::int32_t decode_311(Bytes data, Index i) {
    const Bytes group = data + i / 3 * 4;
    const Index word = byte_at(group, 0) | byte_at(group, 1) << 8 | byte_at(group, 2) << 16 | byte_at(group, 3) << 24;
    return sign_extend(word >> (10 * (i % 3)) & 0x3ff, 10);
}

/// Two samples in three bytes: most records are of this format, so that both samples of a group are taken at once.
void decode_all_212(Bytes data, std::span<std::int32_t> out) {
    std::int32_t* to = out.data();
    for (std::size_t i = 0; i + 1 < out.size(); i += 2, data += 3) {
        const auto low = static_cast<std::uint32_t>(data[0]), middle = static_cast<std::uint32_t>(data[1]),
                   high = static_cast<std::uint32_t>(data[2]);
        to[i] = static_cast<std::int32_t>((low | middle << 8) << 20) >> 20;
        to[i + 1] = static_cast<std::int32_t>((high | (middle & 0xf0) << 4) << 20) >> 20;
    }
    if (out.size() % 2 == 1) {
        out.back() = decode_212(data, 0);
    }
}

/// \param from  `step` apart
BIOPOTENTIAL_CLONES void to_physical(const std::int32_t* from, Index step, Index n, const Scaling& by,
                                     std::int32_t missing, double* to) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr Index block = 512;
    const double zero = by.zero, numerator = by.numerator, denominator = by.denominator;
    std::int32_t digital[block];
    for (Index at = 0; at < n; at += block) {
        // Next to each other first, so that the arithmetic is vectorized.
        const Index few = std::min(block, n - at);
        for (Index i = 0; i < few; ++i) {
            digital[i] = from[(at + i) * step];
        }
        for (Index i = 0; i < few; ++i) {
            const double value = (static_cast<double>(digital[i]) - zero) * numerator / denominator;
            to[at + i] = digital[i] == missing ? nan : value;
        }
    }
}

template <std::int32_t (*decode)(Bytes, Index)>
void decode_all(Bytes data, std::span<std::int32_t> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = decode(data, static_cast<Index>(i));
    }
}

/// All samples of a block, signal after signal within each frame.
void decode_block(int format, Bytes data, std::span<std::int32_t> out) {
    switch (format) {
        case 16:
            return decode_all<decode_16>(data, out);
        case 24:
            return decode_all<decode_24>(data, out);
        case 32:
            return decode_all<decode_32>(data, out);
        case 61:
            return decode_all<decode_61>(data, out);
        case 80:
            return decode_all<decode_80>(data, out);
        case 160:
            return decode_all<decode_160>(data, out);
        case 212:
            return decode_all_212(data, out);
        case 310:
            return decode_all<decode_310>(data, out);
        default:
            return decode_all<decode_311>(data, out);  // format 8 was turned into 32
    }
}

/// One signal file: the frames of its signals one after the other. The last blocks are kept decoded, so that
/// reading signal after signal decodes each once, on some threads too.
class SignalFile {
  public:
    using Block = std::shared_ptr<const std::int32_t[]>;

    SignalFile(const WfdbFormat* format, Index frame_samples, Index block_frames, Index n_frames,
               std::shared_ptr<const ByteSource> source, std::int64_t offset)
        : format_(format),
          frame_samples_(frame_samples),
          block_frames_(block_frames),
          n_frames_(n_frames),
          source_(std::move(source)),
          offset_(offset) {}

    [[nodiscard]] Index frame_samples() const { return frame_samples_; }
    [[nodiscard]] Index block_frames() const { return block_frames_; }
    [[nodiscard]] Block block(Index index) const {
        {
            const std::lock_guard lock(mutex_);
            for (const Slot& slot : slots_) {
                if (slot.index == index) {
                    return slot.block;
                }
            }
        }
        const Index first = index * block_frames_;
        const Index n = std::min(block_frames_, n_frames_ - first) * frame_samples_;
        const std::int64_t at = offset_ + required_bytes(*format_, first * frame_samples_);
        const auto n_bytes = static_cast<std::size_t>(required_bytes(*format_, n));
        constexpr std::size_t padding = 4;  // decoders of packed formats read whole groups
        const auto bytes = std::make_unique_for_overwrite<std::byte[]>(n_bytes + padding);
        if (source_->read(at, {bytes.get(), n_bytes}) != n_bytes) {
            throw ParseError(source_->name(), at, "wanted samples, got fewer: the file shrank while it was read");
        }
        std::fill_n(bytes.get() + n_bytes, padding, std::byte{0});
        auto decoded = std::make_shared_for_overwrite<std::int32_t[]>(static_cast<std::size_t>(n));
        decode_block(format_->number, bytes.get(), {decoded.get(), static_cast<std::size_t>(n)});
        const std::lock_guard lock(mutex_);
        std::ranges::rotate(slots_, slots_.end() - 1);
        slots_[0] = {index, std::move(decoded)};
        return slots_[0].block;
    }

  private:
    struct Slot {
        Index index = -1;
        Block block;
    };
    const WfdbFormat* format_;
    Index frame_samples_, block_frames_, n_frames_;
    std::shared_ptr<const ByteSource> source_;
    std::int64_t offset_;
    mutable std::mutex mutex_;
    mutable std::array<Slot, 6> slots_;
};

class Placed final : public WfdbChannel {
  public:
    Placed(std::shared_ptr<const SignalFile> file, Index start, const WfdbSignalLine& line, Index n_frames,
           std::int32_t missing)
        : file_(std::move(file)),
          start_(start),
          samples_per_frame_(line.samples_per_frame),
          skew_(line.skew),
          n_frames_(n_frames),
          missing_(missing) {}

    [[nodiscard]] std::int32_t missing() const override { return missing_; }

    void read(Index first, std::span<std::int32_t> out) const override {
        each(first, out, missing_, [](const std::int32_t* from, Index step, std::span<std::int32_t> to) {
            for (std::int32_t& sample : to) {
                sample = *from;
                from += step;
            }
        });
    }
    void read_physical(Index first, const Scaling& scaling, std::span<double> out) const override {
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        each(first, out, nan, [&](const std::int32_t* from, Index step, std::span<double> to) {
            to_physical(from, step, static_cast<Index>(to.size()), scaling, missing_, to.data());
        });
    }

  private:
    /// Samples [first, first + out.size()); what the skew puts behind the file's end is `absent`.
    template <class T, class Take>
    void each(Index first, std::span<T> out, T absent, const Take& take) const {
        const Index position = first + skew_ * samples_per_frame_;
        const auto n = std::clamp<Index>(n_frames_ * samples_per_frame_ - position, 0, static_cast<Index>(out.size()));
        std::fill(out.begin() + n, out.end(), absent);
        const Index frame_samples = file_->frame_samples(), block_frames = file_->block_frames();
        for (Index done = 0; done < n;) {
            Index frame = (position + done) / samples_per_frame_;
            const Index block = frame / block_frames;
            const SignalFile::Block samples = file_->block(block);
            const Index stop = std::min(n, (block + 1) * block_frames * samples_per_frame_ - position);
            frame -= block * block_frames;
            if (samples_per_frame_ == 1) {
                take(samples.get() + frame * frame_samples + start_, frame_samples,
                     out.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(stop - done)));
                done = stop;
                continue;
            }
            for (Index within = (position + done) % samples_per_frame_; done < stop; ++frame, within = 0) {
                const Index few = std::min(samples_per_frame_ - within, stop - done);
                take(samples.get() + frame * frame_samples + start_ + within, 1,
                     out.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(few)));
                done += few;
            }
        }
    }

    std::shared_ptr<const SignalFile> file_;
    Index start_;  ///< first sample of the signal within a frame
    Index samples_per_frame_, skew_, n_frames_;
    std::int32_t missing_;
};

/// A signal of which no sample is stored.
class NullChannel final : public WfdbChannel {
  public:
    void read(Index /*first*/, std::span<std::int32_t> out) const override { std::ranges::fill(out, missing()); }
    void read_physical(Index /*first*/, const Scaling& /*scaling*/, std::span<double> out) const override {
        std::ranges::fill(out, std::numeric_limits<double>::quiet_NaN());
    }
    [[nodiscard]] std::int32_t missing() const override { return -32768; }
};

class WfdbSource final : public SampleSource {
  public:
    struct Row {
        std::shared_ptr<const WfdbChannel> channel;
        Scaling scaling;
    };
    explicit WfdbSource(std::vector<Row> rows) : rows_(std::move(rows)) {}

    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        rows_[static_cast<std::size_t>(channel)].channel->read(first, out);
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        const Row& row = rows_[static_cast<std::size_t>(channel)];
        row.channel->read_physical(first, row.scaling, out);
    }
    void read_rows(std::span<const Index> channels, Index first,
                   std::span<const std::span<double>> rows) const override {
        // Along the blocks of a file of one sample per frame, so that no two threads decode the same one.
        const Index n = rows.empty() ? 0 : static_cast<Index>(rows.front().size());
        const Index first_block = first / most_block_frames;
        parallel_for(n == 0 ? 0 : (first + n - 1) / most_block_frames + 1 - first_block, [&](Index task) {
            const Index start = std::max(first, (first_block + task) * most_block_frames);
            const Index end = std::min(first + n, (first_block + task + 1) * most_block_frames);
            for (std::size_t row = 0; row < rows.size(); ++row) {
                read(channels[row], start,
                     rows[row].subspan(static_cast<std::size_t>(start - first), static_cast<std::size_t>(end - start)));
            }
        });
    }
    [[nodiscard]] bool has_digital() const override { return true; }

  private:
    std::vector<Row> rows_;
};

/// Format 8 stores differences: the whole file is summed up once and then looks like format 32.
std::shared_ptr<const ByteSource> sum_differences(const ByteSource& source,
                                                  const std::vector<const WfdbSignalLine*>& lines, Index frame_samples,
                                                  Index n_frames) {
    const auto offset = lines.front()->byte_offset;
    const std::vector<std::byte> differences =
        source.read_exactly(offset, static_cast<std::size_t>(n_frames * frame_samples));
    std::vector<std::byte> sums(differences.size() * 4);
    Index start = 0;
    for (const WfdbSignalLine* line : lines) {
        auto value = static_cast<std::uint32_t>(line->initial);
        for (Index frame = 0; frame < n_frames; ++frame) {
            for (Index k = 0; k < line->samples_per_frame; ++k) {
                const Index i = frame * frame_samples + start + k;
                value += static_cast<std::uint32_t>(decode_8(differences.data(), i));
                for (Index b = 0; b < 4; ++b) {
                    sums[static_cast<std::size_t>(4 * i + b)] = static_cast<std::byte>(value >> (8 * b));
                }
            }
        }
        start += line->samples_per_frame;
    }
    return from_memory(std::move(sums), source.name());
}

/// Check a file against its header before anything of that size is allocated.
Index check_frames(const WfdbHeader& header, const WfdbFormat& format, std::int64_t offset, const ByteSource& source,
                   Index frame_samples) {
    if (offset > source.size()) {
        throw ParseError(source.name(), source.size(),
                         "wanted samples from byte " + std::to_string(offset) + ", got the end of the file");
    }
    const Index held = held_samples(format, source.size() - offset) / frame_samples;
    if (header.n_frames > held) {
        throw ParseError(source.name(), source.size(),
                         "wanted " + std::to_string(header.n_frames) + " samples per signal, got " +
                             std::to_string(held) + " and the end of the file");
    }
    return header.n_frames > 0 ? header.n_frames : held;
}

/// The lines of one signal file, in order.
struct Members {
    std::vector<std::size_t> positions;
    std::vector<const WfdbSignalLine*> lines;
    Index frame_samples = 0;
};

Members members_of(const std::filesystem::path& header_path, const WfdbHeader& header, std::size_t i) {
    const WfdbSignalLine& first = header.lines[i];
    Members members;
    for (std::size_t j = i; j < header.lines.size(); ++j) {
        const WfdbSignalLine& line = header.lines[j];
        if (line.file != first.file) {
            continue;
        }
        if (line.format != first.format || line.byte_offset != first.byte_offset) {
            throw ParseError(header_path.string(), line.at,
                             "wanted one format and offset for all signals of " + quote_text(first.file));
        }
        if (line.format->is_flac() && line.samples_per_frame != first.samples_per_frame) {
            throw ParseError(header_path.string(), line.at,
                             "wanted one number of samples per frame for all signals of a FLAC file");
        }
        members.positions.push_back(j);
        members.lines.push_back(&line);
        members.frame_samples += line.samples_per_frame;
    }
    return members;
}

void verify_checksum(const WfdbChannel& channel, const WfdbSignalLine& line, Index n, const std::string& file) {
    constexpr Index block = 1 << 14;
    std::vector<std::int32_t> samples(static_cast<std::size_t>(std::min(block, n)));
    std::uint32_t sum = 0;
    for (Index first = 0; first < n; first += block) {
        const std::span<std::int32_t> part(samples.data(), static_cast<std::size_t>(std::min(block, n - first)));
        // The checksum is over the stored samples, skewed ones in their stored place.
        channel.read(first - line.skew * line.samples_per_frame, part);
        for (const std::int32_t sample : part) {
            sum += static_cast<std::uint32_t>(sample);
        }
    }
    const std::int64_t stated = line.checksum.value_or(0);
    if ((sum & 0xffff) != (static_cast<std::uint32_t>(stated) & 0xffff)) {
        throw ParseError(file, line.at,
                         "wanted samples of " + quote_text(line.file) + " with checksum " + std::to_string(stated) +
                             " in signal " + quote_text(line.channel.name) + ", got " +
                             std::to_string(static_cast<std::int16_t>(sum & 0xffff)));
    }
}

void read_annotators(const std::filesystem::path& header_path, const ReadOptions& options, double fs,
                     Recording& recording) {
    for (const std::string& annotator : options.annotators) {
        std::filesystem::path path = header_path;
        path.replace_extension("." + annotator);
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(path, ignored)) {
            continue;
        }
        Annotations annotations = read_annotations(path, fs, options.strict);
        for (Event& event : annotations.events) {
            event.source = annotator;
        }
        if (recording.events.empty()) {
            recording.events = std::move(annotations.events);
        } else {
            std::ranges::move(annotations.events, std::back_inserter(recording.events));
        }
        for (std::string& warning : annotations.warnings) {
            recording.warnings.push_back(path.filename().string() + ": " + std::move(warning));
        }
    }
    sort_events(recording.events);
}

Recording read_one_segment(const std::filesystem::path& header_path, WfdbHeader header, Findings& findings) {
    const auto channels = open_signals(header_path, header);
    Recording recording;
    recording.identity = std::move(header.identity);
    std::vector<Index> rates;
    for (const WfdbSignalLine& line : header.lines) {
        if (std::ranges::find(rates, line.samples_per_frame) == rates.end()) {
            rates.push_back(line.samples_per_frame);
        }
    }
    for (const Index rate : rates) {
        Signal signal;
        signal.fs = header.fs * static_cast<double>(rate);
        signal.segments = {{0, 0, header.n_frames * rate}};
        std::vector<WfdbSource::Row> rows;
        for (std::size_t i = 0; i < channels.size(); ++i) {
            const WfdbSignalLine& line = header.lines[i];
            if (line.samples_per_frame != rate) {
                continue;
            }
            if (findings.strict() && line.checksum && !line.is_null()) {
                verify_checksum(*channels[i], line, header.n_frames * rate, findings.file());
            }
            rows.push_back({channels[i], line.channel.scaling});
            signal.channels.push_back(line.channel);
        }
        signal.source = std::make_shared<WfdbSource>(std::move(rows));
        recording.signals.push_back(std::move(signal));
    }
    return recording;
}

}  // namespace

std::vector<std::shared_ptr<const WfdbChannel>> open_signals(const std::filesystem::path& header_path,
                                                             WfdbHeader& header) {
    std::vector<std::shared_ptr<const WfdbChannel>> channels(header.lines.size());
    for (std::size_t i = 0; i < header.lines.size(); ++i) {
        if (channels[i]) {
            continue;
        }
        const WfdbSignalLine& first = header.lines[i];
        if (first.is_null()) {
            channels[i] = std::make_shared<NullChannel>();
            continue;
        }
        const Members members = members_of(header_path, header, i);
        const Index frame_samples = members.frame_samples;
        auto source = open_file(header_path.parent_path() / first.file);
        const WfdbFormat* format = first.format;
        std::int64_t offset = first.byte_offset;
        if (format->is_flac()) {
            source = decode_flac(source, static_cast<Index>(members.lines.size()), first.samples_per_frame,
                                 format->bits, offset);
            format = find_format(32);
            offset = 0;
        }
        const Index n_frames = check_frames(header, *format, offset, *source, frame_samples);
        header.n_frames = n_frames;
        if (format->number == 8) {
            source = sum_differences(*source, members.lines, frame_samples, n_frames);
            format = find_format(32);
            offset = 0;
        }
        // Blocks of 4 MiB at most.
        const Index block_frames =
            std::max<Index>(1, std::min(most_block_frames / 6, (Index{1} << 20) / (6 * frame_samples))) * 6;
        const auto file =
            std::make_shared<const SignalFile>(format, frame_samples, block_frames, n_frames, source, offset);
        const std::int32_t missing = first.format->number == 8 ? no_missing : first.format->missing;
        Index start = 0;
        for (std::size_t m = 0; m < members.lines.size(); ++m) {
            channels[members.positions[m]] =
                std::make_shared<Placed>(file, start, *members.lines[m], n_frames, missing);
            start += members.lines[m]->samples_per_frame;
        }
    }
    // Signals without samples are as long as the others; alone they would make a length out of nothing.
    if (header.n_frames > 0 && !header.lines.empty() && std::ranges::all_of(header.lines, &WfdbSignalLine::is_null)) {
        throw ParseError(header_path.string(), header.lines.front().at,
                         "wanted a signal file for " + std::to_string(header.n_frames) + " samples, got \"~\"");
    }
    if (static_cast<double>(header.n_frames) / header.fs > 9e9) {
        throw ParseError(header_path.string(), 0,
                         "wanted a duration of less than 9e9 s, got " + std::to_string(header.n_frames) + " samples");
    }
    return channels;
}

Recording read_wfdb(const std::filesystem::path& header_path, const ReadOptions& options) {
    const auto source = open_file(header_path);
    Findings findings(source->name(), options.strict);
    WfdbHeader header = parse_wfdb_header(*source, findings);
    const double fs = header.fs;
    Recording recording = header.n_segments ? read_segments(header_path, std::move(header), findings)
                                            : read_one_segment(header_path, std::move(header), findings);
    recording.format = "WFDB";
    recording.warnings = findings.take();
    read_annotators(header_path, options, fs, recording);
    return recording;
}

}  // namespace biopotential::inline v0::io
