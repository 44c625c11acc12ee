#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/flac_internal.hpp"
#include "biopotential/io/output_internal.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb.hpp"
#include "biopotential/io/wfdb_header_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr const char* function = "write_wfdb";
/// A multiple of 6: whole groups in every format.
constexpr Index block_frames = 4092;

/// Bits of a sample that formats 508, 516 and 524 hold are 8, 16 and 24; format 8 holds differences of them.
bool holds(const WfdbFormat& format, const SampleRange& range) {
    const std::int64_t lowest = -(std::int64_t{1} << (format.bits - 1));
    // The smallest value stands for a missing sample; format 8 has none for it.
    const bool has_code = format.missing != no_missing;
    return (has_code || !range.has_missing) &&
           (!range.any || (range.digital_min >= lowest + (has_code ? 1 : 0) && range.digital_max < -lowest));
}

const WfdbFormat& choose_format(int wanted, const std::vector<Signal>& signals,
                                const std::vector<std::vector<SampleRange>>& ranges) {
    const auto holds_all = [&](const WfdbFormat& format) {
        return std::ranges::all_of(ranges, [&](const auto& of_signal) {
            return std::ranges::all_of(of_signal, [&](const SampleRange& range) { return holds(format, range); });
        });
    };
    if (wanted != 0) {
        const WfdbFormat& format = *find_format(wanted);
        if (!holds_all(format)) {
            throw_invalid(function, "samples within format " + std::to_string(wanted),
                          "larger ones, or missing ones that it has no code for");
        }
        return format;
    }
    const bool was_212 = std::ranges::all_of(signals, [](const Signal& signal) {
        return std::ranges::all_of(signal.channels, [](const Channel& channel) {
            const auto format = channel.header.find("format");
            return format != channel.header.end() && format->second == "212";
        });
    });
    for (const int number : {212, 16, 24, 32}) {
        if ((number != 212 || (was_212 && !signals.empty())) && holds_all(*find_format(number))) {
            return *find_format(number);
        }
    }
    throw_invalid(function, "samples of at most 32 bits, the smallest value excepted", "larger ones");
}

/// The bytes of samples, one after the other; they start at the start of a group.
void pack(const WfdbFormat& format, std::span<const std::int32_t> samples, std::vector<std::byte>& out) {
    const auto n = static_cast<Index>(samples.size());
    const auto n_bytes = static_cast<std::size_t>(required_bytes(format, n));
    out.assign(n_bytes + static_cast<std::size_t>(format.group_bytes), std::byte{0});
    std::byte* to = out.data();
    const auto word = [&](std::uint32_t bits, int bytes) {
        for (int b = 0; b < bytes; ++b) {
            *to++ = static_cast<std::byte>(bits >> (8 * b));
        }
    };
    const auto bits_of = [&](Index i) {
        return i < n ? static_cast<std::uint32_t>(samples[static_cast<std::size_t>(i)]) : 0U;
    };
    switch (format.number) {
        case 61:
            for (Index i = 0; i < n; ++i) {
                word(bits_of(i) >> 8, 1);
                word(bits_of(i), 1);
            }
            break;
        case 80:
            for (Index i = 0; i < n; ++i) {
                word(bits_of(i) + 128, 1);
            }
            break;
        case 160:
            for (Index i = 0; i < n; ++i) {
                word(bits_of(i) + 32768, 2);
            }
            break;
        case 212:
            for (Index i = 0; i < n; i += 2) {
                word((bits_of(i) & 0xfff) | (bits_of(i + 1) >> 8 & 0xf) << 12 | (bits_of(i + 1) & 0xff) << 16, 3);
            }
            break;
        case 310:
            for (Index i = 0; i < n; i += 3) {
                const std::uint32_t third = bits_of(i + 2);
                word((bits_of(i) & 0x3ff) << 1 | (third & 0x1f) << 11, 2);
                word((bits_of(i + 1) & 0x3ff) << 1 | (third >> 5 & 0x1f) << 11, 2);
            }
            break;
        case 311:
            for (Index i = 0; i < n; i += 3) {
                word((bits_of(i) & 0x3ff) | (bits_of(i + 1) & 0x3ff) << 10 | (bits_of(i + 2) & 0x3ff) << 20, 4);
            }
            break;
        default:
            for (Index i = 0; i < n; ++i) {
                word(bits_of(i), static_cast<int>(format.group_bytes));
            }
            break;
    }
    out.resize(n_bytes);  // of an incomplete last group, what its samples touch
}

struct Written {
    std::int32_t initial = 0;
    std::uint32_t checksum = 0;
};

std::string unit_text(const Channel& channel) {
    std::string unit = channel.unit.empty() ? "NU" : channel.unit;
    std::ranges::replace_if(unit, [](char c) { return is_blank(c) || c == '\n'; }, '_');
    return unit;
}

std::string one_line(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
    return std::string(trim(text));
}

void require_record_name(const std::filesystem::path& header) {
    const std::string name = header.stem().string();
    const bool valid = !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    });
    if (header.extension() != ".hea" || !valid) {
        throw_invalid(function, "a name of letters, digits, _ and - that ends in .hea", header.filename().string());
    }
}

std::string start_text(const Identity& identity) {
    if (!identity.start_ns) {
        const auto time = identity.fields.find("base_time");
        return time == identity.fields.end() ? "" : " " + one_line(time->second);
    }
    std::int64_t ns = 0;
    const CalendarDate date = split_date(*identity.start_ns, ns);
    const std::int64_t seconds = ns / 1'000'000'000;
    char buffer[96];
    int n = std::snprintf(buffer, sizeof buffer, " %02d:%02d:%02d", static_cast<int>(seconds / 3600),
                          static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    std::string text(buffer, static_cast<std::size_t>(n));
    if (ns % 1'000'000'000 != 0) {
        n = std::snprintf(buffer, sizeof buffer, ".%06d", static_cast<int>(ns % 1'000'000'000 / 1000));
        text.append(buffer, static_cast<std::size_t>(n));
    }
    n = std::snprintf(buffer, sizeof buffer, " %02d/%02d/%04d", date.day, date.month, date.year);
    return text.append(buffer, static_cast<std::size_t>(n));
}

/// One stretch without a gap: where it starts in the record's time, in frames, and which stored samples of each signal
/// it is.
struct Stretch {
    Index start = 0, n = 0;
    std::vector<Index> first;
};

/// Frames of the recording: the slowest rate, and how many samples of each signal one frame holds.
struct Frames {
    double fs = 250;
    std::vector<Index> per_frame;
    std::vector<Stretch> stretches;
    /// Whether a record of one segment says all.
    [[nodiscard]] bool is_plain() const {
        return stretches.empty() || (stretches.size() == 1 && stretches.front().start == 0);
    }
};

Frames find_frames(const Recording& recording) {
    Frames frames;
    if (recording.signals.empty()) {
        return frames;
    }
    frames.fs = std::ranges::min(recording.signals, {}, &Signal::fs).fs;
    for (std::size_t s = 0; s < recording.signals.size(); ++s) {
        const Signal& signal = recording.signals[s];
        const auto ratio = static_cast<Index>(std::llround(signal.fs / frames.fs));
        if (frames.fs * static_cast<double>(ratio) != signal.fs) {
            throw_invalid(function, "rates that are multiples of the slowest",
                          number_text(signal.fs) + " and " + number_text(frames.fs) + " Hz");
        }
        frames.per_frame.push_back(ratio);
        if (s == 0) {
            frames.stretches.resize(signal.segments.size());
        }
        Index end = 0;
        for (std::size_t i = 0; i < signal.segments.size(); ++i) {
            const Segment& segment = signal.segments[i];
            // Rounded times of short stretches may overlap by a frame.
            const Index start = std::max(end, to_sample(segment.t0_ns, frames.fs));
            end = start + segment.n / ratio;
            if (i >= frames.stretches.size() || segment.t0_ns < 0 || segment.n % ratio != 0 ||
                (s > 0 && (frames.stretches[i].start != start || frames.stretches[i].n != segment.n / ratio))) {
                throw_invalid(function, "signals of whole frames that start, stop and pause together",
                              "signals that do not");
            }
            frames.stretches[i].start = start;
            frames.stretches[i].n = segment.n / ratio;
            frames.stretches[i].first.push_back(segment.first);
        }
        if (signal.segments.size() != frames.stretches.size()) {
            throw_invalid(function, "signals of whole frames that start, stop and pause together",
                          "signals that do not");
        }
    }
    std::erase_if(frames.stretches, [](const Stretch& stretch) { return stretch.n == 0; });
    return frames;
}

/// A channel's place among the signals.
struct Source {
    std::size_t signal;
    Index channel;
};

/// The channels of each signal file: all in one, but for FLAC, which holds eight of one rate.
std::vector<std::vector<Source>> split_into_files(const std::vector<Signal>& signals, const WfdbFormat& format) {
    std::vector<std::vector<Source>> files;
    for (std::size_t s = 0; s < signals.size(); ++s) {
        for (Index c = 0; c < signals[s].n_channels(); ++c) {
            const bool full =
                !files.empty() && format.is_flac() &&
                (files.back().front().signal != s || static_cast<Index>(files.back().size()) == most_flac_channels);
            if (files.empty() || full) {
                files.emplace_back();
            }
            files.back().push_back({s, c});
        }
    }
    return files;
}

/// Writes the signal files and headers of records and segments.
class RecordWriter {
  public:
    RecordWriter(const std::vector<Signal>& signals, const Frames& frames, const WfdbFormat& format)
        : signals_(signals), frames_(frames), format_(format), files_(split_into_files(signals, format)) {}

    /// The signal files of a stretch, complete; the signal lines of its header.
    [[nodiscard]] std::string write(const std::filesystem::path& header_path, const Stretch& stretch) const {
        std::string lines;
        for (std::size_t f = 0; f < files_.size(); ++f) {
            std::filesystem::path path = header_path;
            path.replace_filename(header_path.stem().string() + (f == 0 ? "" : "_" + std::to_string(f)) + ".dat");
            OutputFile file(path);
            const std::vector<Written> written = write_file(files_[f], stretch, file);
            file.commit();
            for (std::size_t c = 0; c < files_[f].size(); ++c) {
                lines +=
                    line(path.filename().string() + " " + std::to_string(format_.number), files_[f][c], written[c]);
            }
        }
        return lines;
    }

    /// The signal lines of a layout header, which has no samples.
    [[nodiscard]] std::string layout_lines() const {
        std::string lines;
        for (const std::vector<Source>& file : files_) {
            for (const Source& source : file) {
                lines += line("~ 0", source, {});
            }
        }
        return lines;
    }

    [[nodiscard]] std::size_t n_channels() const {
        std::size_t n = 0;
        for (const std::vector<Source>& file : files_) {
            n += file.size();
        }
        return n;
    }

  private:
    [[nodiscard]] std::string line(const std::string& file_and_format, const Source& source,
                                   const Written& written) const {
        const Channel& channel = signals_[source.signal].channels[static_cast<std::size_t>(source.channel)];
        const auto kept = [&](const char* key, const std::string& otherwise) {
            const auto field = channel.header.find(key);
            return field == channel.header.end() ? otherwise : field->second;
        };
        // WFDB's baseline is a whole number: one that is not moves by less than half a digital step.
        const double gain = channel.scaling.denominator / channel.scaling.numerator;
        const auto baseline = std::llround(channel.scaling.zero);
        const Index ratio = frames_.per_frame[source.signal];
        return file_and_format + (ratio > 1 ? "x" + std::to_string(ratio) : "") + " " + number_text(gain) + "(" +
               std::to_string(baseline) + ")/" + unit_text(channel) + " " +
               kept("adc_resolution", std::to_string(format_.bits)) + " " + kept("adc_zero", "0") + " " +
               std::to_string(written.initial) + " " +
               std::to_string(static_cast<std::int16_t>(written.checksum & 0xffff)) + " 0 " + one_line(channel.name) +
               "\n";
    }

    /// Samples of a block with the format's code for missing ones.
    void read(const Source& source, Index first, std::span<std::int32_t> out, std::vector<double>& physical) const {
        const SampleSource& samples = *signals_[source.signal].source;
        samples.read_digital(source.channel, first, out);
        if (samples.may_miss(source.channel) && format_.missing != no_missing) {
            physical.resize(out.size());
            samples.read(source.channel, first, physical);
            for (std::size_t i = 0; i < out.size(); ++i) {
                out[i] = std::isnan(physical[i]) ? format_.missing : out[i];
            }
        }
    }

    /// Format 8: each sample less the one before; the first one's is 0, and the header says its value.
    void to_differences(std::span<std::int32_t> samples, std::int32_t& last) const {
        for (std::int32_t& sample : samples) {
            const std::int64_t step = std::int64_t{sample} - last;
            if (step < -128 || step > 127) {
                throw_invalid(function, "neighbouring samples that differ by -128 to 127, as format 8 holds them",
                              std::to_string(last) + " and " + std::to_string(sample));
            }
            last = sample;
            sample = static_cast<std::int32_t>(step);
        }
    }

    std::vector<Written> write_file(const std::vector<Source>& sources, const Stretch& stretch,
                                    OutputFile& file) const {
        std::vector<Written> written(sources.size());
        std::vector<std::vector<std::int32_t>> block(sources.size());
        std::vector<std::int32_t> last(sources.size()), interleaved;
        std::vector<double> physical;
        std::vector<std::byte> bytes;
        std::optional<FlacWriter> flac;
        if (format_.is_flac()) {
            const Index n_samples = stretch.n * frames_.per_frame[sources.front().signal];
            if (n_samples == 0) {
                throw_invalid(function, "samples, as FLAC wants them", "none");
            }
            flac.emplace(file, static_cast<Index>(sources.size()), format_.bits, n_samples);
        }
        for (Index first = 0; first < stretch.n; first += block_frames) {
            const Index n = std::min(block_frames, stretch.n - first);
            for (std::size_t c = 0; c < sources.size(); ++c) {
                const Index ratio = frames_.per_frame[sources[c].signal];
                block[c].resize(static_cast<std::size_t>(n * ratio));
                read(sources[c], stretch.first[sources[c].signal] + first * ratio, block[c], physical);
                if (first == 0) {
                    written[c].initial = last[c] = block[c].front();
                }
                for (const std::int32_t sample : block[c]) {
                    written[c].checksum += static_cast<std::uint32_t>(sample);
                }
                if (format_.number == 8) {
                    to_differences(block[c], last[c]);
                }
            }
            if (flac) {
                flac->put(std::vector<std::span<const std::int32_t>>(block.begin(), block.end()));
                continue;
            }
            interleaved.clear();
            for (Index frame = 0; frame < n; ++frame) {
                for (std::size_t c = 0; c < sources.size(); ++c) {
                    const Index ratio = frames_.per_frame[sources[c].signal];
                    const auto from = block[c].begin() + frame * ratio;
                    interleaved.insert(interleaved.end(), from, from + ratio);
                }
            }
            pack(format_, interleaved, bytes);
            file.write(bytes);
        }
        if (flac) {
            flac->finish();
        }
        return written;
    }

    const std::vector<Signal>& signals_;
    const Frames& frames_;
    const WfdbFormat& format_;
    std::vector<std::vector<Source>> files_;
};

std::string record_line(const std::string& name, std::size_t n_channels, double fs, Index n_frames,
                        const std::string& start) {
    return name + " " + std::to_string(n_channels) + " " + number_text(fs) + " " + std::to_string(n_frames) + start +
           "\n";
}

std::string comment_lines(const Identity& identity) {
    std::string text;
    if (const auto comments = identity.fields.find("comments"); comments != identity.fields.end()) {
        std::string_view rest = comments->second;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            text += "# " + one_line(std::string(rest.substr(0, end))) + "\n";
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return text;
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    OutputFile file(path);
    file.write(text);
    file.commit();
}

/// A multi-segment header behind its first line, and the numbers that stand in it.
struct SegmentList {
    std::string lines;
    std::size_t n_segments = 0;
    Index n_frames = 0;

    void add(const std::string& name, Index n) {
        lines += name + " " + std::to_string(n) + "\n";
        ++n_segments;
        n_frames += n;
    }
};

/// The stretches as segments, each complete.
SegmentList write_segments(const RecordWriter& writer, const std::filesystem::path& header_path, const Frames& frames,
                           bool variable) {
    const std::string record = header_path.stem().string();
    SegmentList list;
    const auto path_of = [&](const std::string& name) {
        return std::filesystem::path(header_path).replace_filename(name + ".hea");
    };
    if (variable) {
        const std::string name = record + "_layout";
        write_text(path_of(name), record_line(name, writer.n_channels(), frames.fs, 0, "") + writer.layout_lines());
        list.add(name, 0);
    }
    int number = 0;
    for (const Stretch& stretch : frames.stretches) {
        if (stretch.start > list.n_frames) {
            list.add("~", stretch.start - list.n_frames);
        }
        char name[32];
        std::snprintf(name, sizeof name, "_%04d", ++number);
        const std::string segment = record + name;
        const std::string signal_lines = writer.write(path_of(segment), stretch);
        write_text(path_of(segment),
                   record_line(segment, writer.n_channels(), frames.fs, stretch.n, "") + signal_lines);
        list.add(segment, stretch.n);
    }
    return list;
}

}  // namespace

void write_wfdb(const Recording& recording, const std::filesystem::path& header_path, const WfdbWriteOptions& options) {
    require_record_name(header_path);
    if (options.format != 0 && find_format(options.format) == nullptr) {
        throw_invalid(function, "format 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516 or 524",
                      std::to_string(options.format));
    }
    const Frames frames = find_frames(recording);
    // Samples that are physical only fill the format; more than 24 bits of them say nothing.
    const int bits = options.format == 0 ? 16 : std::min(24, find_format(options.format)->bits);
    std::vector<Signal> signals;
    std::vector<std::vector<SampleRange>> ranges;
    for (const Signal& signal : recording.signals) {
        const bool has_digital = signal.source->has_digital();
        std::vector<SampleRange> range = scan_samples(signal);
        signals.push_back(digitize(function, signal, range, bits));
        for (SampleRange& of_channel : range) {
            of_channel.any = of_channel.any && has_digital;  // made to fit otherwise
        }
        ranges.push_back(std::move(range));
    }
    const WfdbFormat& format = choose_format(options.format, signals, ranges);

    std::filesystem::path annotation_path = header_path;
    annotation_path.replace_extension("." + options.annotator);
    const RecordWriter writer(signals, frames, format);
    const std::string record = header_path.stem().string(), start = start_text(recording.identity);
    std::string text;
    if (frames.is_plain()) {
        const Stretch all =
            frames.stretches.empty() ? Stretch{0, 0, std::vector<Index>(signals.size())} : frames.stretches.front();
        text = writer.write(header_path, all);
        text = record_line(record, writer.n_channels(), frames.fs, all.n, start) + text;
    } else {
        const SegmentList list = write_segments(writer, header_path, frames, options.variable_layout);
        text = record_line(record + "/" + std::to_string(list.n_segments), writer.n_channels(), frames.fs,
                           list.n_frames, start) +
               list.lines;
    }
    if (!recording.events.empty()) {
        write_annotations(recording.events, annotation_path, frames.fs);
    }
    // The header names the data: it comes last, so that a record that can be found is whole.
    write_text(header_path, text + comment_lines(recording.identity));
}

}  // namespace biopotential::inline v0::io
