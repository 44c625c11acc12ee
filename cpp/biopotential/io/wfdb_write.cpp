#include <algorithm>
#include <cmath>
#include <cstdio>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/output_internal.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr const char* function = "write_wfdb";
constexpr Index block_frames = 4096;

struct OutFormat {
    int number, bits;
    [[nodiscard]] std::int64_t missing() const { return -(std::int64_t{1} << (bits - 1)); }
    /// Whether the samples of a channel fit beside the code for a missing one.
    [[nodiscard]] bool holds(const SampleRange& range) const {
        return !range.any || (range.digital_min > missing() && range.digital_max < -missing());
    }
};

constexpr OutFormat out_formats[] = {{212, 12}, {16, 16}, {24, 24}, {32, 32}};

OutFormat choose_format(int wanted, const std::vector<Signal>& signals,
                        const std::vector<std::vector<SampleRange>>& ranges) {
    const auto holds_all = [&](const OutFormat& format) {
        return std::ranges::all_of(ranges, [&](const auto& of_signal) {
            return std::ranges::all_of(of_signal, [&](const SampleRange& range) { return format.holds(range); });
        });
    };
    if (wanted != 0) {
        const auto* const format = std::ranges::find(out_formats, wanted, &OutFormat::number);
        if (format == std::end(out_formats)) {
            throw_invalid(function, "format 16, 24, 32 or 212", std::to_string(wanted));
        }
        if (!holds_all(*format)) {
            throw_invalid(function, "samples within format " + std::to_string(wanted), "larger ones");
        }
        return *format;
    }
    const bool was_212 = std::ranges::all_of(signals, [](const Signal& signal) {
        return std::ranges::all_of(signal.channels, [](const Channel& channel) {
            const auto format = channel.header.find("format");
            return format != channel.header.end() && format->second == "212";
        });
    });
    for (const OutFormat& format : out_formats) {
        if ((format.number != 212 || was_212) && holds_all(format)) {
            return format;
        }
    }
    throw_invalid(function, "samples of at most 32 bits, the smallest value excepted", "larger ones");
}

/// Packs samples one after the other.
class Packer {
  public:
    Packer(OutFormat format, OutputFile& file) : format_(format), file_(&file) {}

    void put(std::int32_t sample) {
        const auto bits = static_cast<std::uint32_t>(sample);
        if (format_.number == 212) {
            if (!has_first_) {
                first_ = bits & 0xfff;
                has_first_ = true;
                return;
            }
            has_first_ = false;
            byte(first_);
            byte(first_ >> 8 | (bits >> 4 & 0xf0));
            byte(bits);
        } else {
            for (int shift = 0; shift < format_.bits; shift += 8) {
                byte(bits >> shift);
            }
        }
        if (buffer_.size() > 1 << 16) {
            flush();
        }
    }
    void finish() {
        if (has_first_) {
            byte(first_);
            byte(first_ >> 8);
        }
        flush();
    }

  private:
    void byte(std::uint32_t value) { buffer_ += static_cast<char>(value & 0xff); }
    void flush() {
        file_->write(buffer_);
        buffer_.clear();
    }
    OutFormat format_;
    OutputFile* file_;
    std::string buffer_;
    std::uint32_t first_ = 0;
    bool has_first_ = false;
};

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

/// Frames of the recording: the slowest rate, and how many samples of each signal one frame holds.
struct Frames {
    double fs = 0;
    Index n = 0;
    std::vector<Index> per_frame;
};

Frames find_frames(const Recording& recording) {
    Frames frames;
    for (const Signal& signal : recording.signals) {
        if (signal.segments.size() > 1) {
            throw_invalid(function, "a recording without gaps (EDF and HDF5 hold them)",
                          std::to_string(signal.segments.size()) + " segments");
        }
        if (frames.fs == 0 || signal.fs < frames.fs) {
            frames.fs = signal.fs;
            frames.n = signal.n_samples();
        }
    }
    for (const Signal& signal : recording.signals) {
        const auto ratio = static_cast<Index>(std::llround(signal.fs / frames.fs));
        if (frames.fs * static_cast<double>(ratio) != signal.fs || frames.n * ratio != signal.n_samples()) {
            throw_invalid(function, "rates that are multiples of the slowest, and signals of one length",
                          number_text(signal.fs) + " and " + number_text(frames.fs) + " Hz");
        }
        frames.per_frame.push_back(ratio);
    }
    return frames;
}

std::vector<std::vector<Written>> write_samples(const std::vector<Signal>& signals, const Frames& frames,
                                                OutFormat format, OutputFile& file) {
    Packer packer(format, file);
    std::vector<std::vector<Written>> written;
    written.reserve(signals.size());
    for (const Signal& signal : signals) {
        written.emplace_back(static_cast<std::size_t>(signal.n_channels()));
    }
    const auto missing = static_cast<std::int32_t>(format.missing());
    std::vector<std::vector<std::vector<std::int32_t>>> block(signals.size());
    std::vector<double> physical;
    for (Index first = 0; first < frames.n; first += block_frames) {
        const Index n = std::min(block_frames, frames.n - first);
        for (std::size_t s = 0; s < signals.size(); ++s) {
            const Index ratio = frames.per_frame[s];
            block[s].resize(static_cast<std::size_t>(signals[s].n_channels()));
            for (std::size_t c = 0; c < block[s].size(); ++c) {
                block[s][c].resize(static_cast<std::size_t>(n * ratio));
                physical.resize(block[s][c].size());
                signals[s].source->read_digital(static_cast<Index>(c), first * ratio, block[s][c]);
                signals[s].source->read(static_cast<Index>(c), first * ratio, physical);
                for (std::size_t i = 0; i < physical.size(); ++i) {
                    if (std::isnan(physical[i])) {
                        block[s][c][i] = missing;
                    }
                    written[s][c].checksum += static_cast<std::uint32_t>(block[s][c][i]);
                }
                if (first == 0) {
                    written[s][c].initial = block[s][c].front();
                }
            }
        }
        for (Index frame = 0; frame < n; ++frame) {
            for (std::size_t s = 0; s < signals.size(); ++s) {
                const Index ratio = frames.per_frame[s];
                for (const auto& channel : block[s]) {
                    for (Index k = 0; k < ratio; ++k) {
                        packer.put(channel[static_cast<std::size_t>(frame * ratio + k)]);
                    }
                }
            }
        }
    }
    packer.finish();
    return written;
}

}  // namespace

void write_wfdb(const Recording& recording, const std::filesystem::path& header_path, const WfdbWriteOptions& options) {
    require_record_name(header_path);
    const Frames frames = find_frames(recording);
    std::vector<Signal> signals;
    std::vector<std::vector<SampleRange>> ranges;
    for (const Signal& signal : recording.signals) {
        const bool has_digital = signal.source->has_digital();
        std::vector<SampleRange> range = scan_samples(signal);
        signals.push_back(digitize(function, signal, range, 16));
        ranges.push_back(has_digital ? std::move(range) : std::vector<SampleRange>(range.size()));
    }
    const OutFormat format = options.format == 0 && recording.signals.empty()
                                 ? out_formats[1]
                                 : choose_format(options.format, signals, ranges);

    std::filesystem::path data_path = header_path, annotation_path = header_path;
    data_path.replace_extension(".dat");
    annotation_path.replace_extension("." + options.annotator);
    OutputFile data(data_path);
    const auto written = write_samples(signals, frames, format, data);

    Index n_signals = 0;
    for (const Signal& signal : signals) {
        n_signals += signal.n_channels();
    }
    std::string text = header_path.stem().string() + " " + std::to_string(n_signals) + " " +
                       number_text(frames.fs == 0 ? 250 : frames.fs) + " " + std::to_string(frames.n) +
                       start_text(recording.identity) + "\n";
    for (std::size_t s = 0; s < signals.size(); ++s) {
        for (std::size_t c = 0; c < signals[s].channels.size(); ++c) {
            const Channel& channel = signals[s].channels[c];
            const auto kept = [&](const char* key, const std::string& otherwise) {
                const auto field = channel.header.find(key);
                return field == channel.header.end() ? otherwise : field->second;
            };
            // WFDB's baseline is a whole number: one that is not moves by less than half a digital step.
            const double gain = channel.scaling.denominator / channel.scaling.numerator;
            const auto baseline = std::llround(channel.scaling.zero);
            text += data_path.filename().string() + " " + std::to_string(format.number);
            if (frames.per_frame[s] > 1) {
                text += "x" + std::to_string(frames.per_frame[s]);
            }
            text += " " + number_text(gain) + "(" + std::to_string(baseline) + ")/" + unit_text(channel) + " " +
                    kept("adc_resolution", std::to_string(format.bits)) + " " + kept("adc_zero", "0") + " " +
                    std::to_string(written[s][c].initial) + " " +
                    std::to_string(static_cast<std::int16_t>(written[s][c].checksum & 0xffff)) + " 0 " +
                    one_line(channel.name) + "\n";
        }
    }
    if (const auto comments = recording.identity.fields.find("comments"); comments != recording.identity.fields.end()) {
        std::string_view rest = comments->second;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            text += "# " + one_line(std::string(rest.substr(0, end))) + "\n";
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    OutputFile header(header_path);
    header.write(text);
    // The header names the data: it comes last, so that a record that can be found is whole.
    data.commit();
    if (!recording.events.empty()) {
        write_annotations(recording.events, annotation_path, frames.fs == 0 ? 250 : frames.fs);
    }
    header.commit();
}

}  // namespace biopotential::inline v0::io
