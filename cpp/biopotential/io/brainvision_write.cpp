#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/brainvision.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/output_internal.hpp"
#include "biopotential/io/raw_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr const char* function = "write_brainvision";
constexpr std::int64_t second_ns = 1'000'000'000;

/// Text of a field between commas, on one line.
std::string field(std::string_view text) {
    std::string out;
    for (const char c : text) {
        out += c == ',' ? std::string("\\1") : std::string(1, c == '\n' || c == '\r' || c == '\0' ? ' ' : c);
    }
    return out;
}

std::string date_text(std::int64_t start_ns) {
    std::int64_t ns = 0;
    const CalendarDate date = split_date(start_ns, ns);
    const auto seconds = static_cast<int>(ns / second_ns);
    char buffer[96];
    const int n =
        std::snprintf(buffer, sizeof buffer, "%04d%02d%02d%02d%02d%02d%06d", date.year, date.month, date.day,
                      seconds / 3600, seconds / 60 % 60, seconds % 60, static_cast<int>(ns % second_ns / 1000));
    return {buffer, static_cast<std::size_t>(n)};
}

/// The interval in microseconds from which the rate is read back exactly.
std::string interval_text(double fs, const Signal& signal) {
    if (!signal.channels.empty()) {
        const auto kept = signal.channels.front().header.find("sampling_interval");
        if (kept != signal.channels.front().header.end()) {
            const auto value = parse_number(kept->second);
            if (value && 1e6 / *value == fs) {
                return kept->second;
            }
        }
    }
    double interval = 1e6 / fs;
    for (const double candidate : {interval, std::nextafter(interval, 0.0), std::nextafter(interval, 2 * interval)}) {
        if (1e6 / candidate == fs) {
            interval = candidate;
            break;
        }
    }
    if (std::abs(1e6 / interval - fs) > 1e-9 * fs) {
        throw_invalid(function, "a rate whose interval in microseconds is a number", fs);
    }
    return number_text(interval);
}

/// INT_16 or INT_32 where samples less their zero fit, else IEEE_FLOAT_32.
RawType choose_type(const Signal& signal, const std::vector<SampleRange>& ranges) {
    if (!signal.source->has_digital()) {
        return RawType::float32;
    }
    std::int64_t low = 0, high = 0;
    for (std::size_t c = 0; c < ranges.size(); ++c) {
        const double zero = signal.channels[c].scaling.zero;
        if (ranges[c].has_missing || zero != std::nearbyint(zero) || std::abs(zero) > 1e9) {
            return RawType::float32;
        }
        if (ranges[c].any) {
            low = std::min(low, ranges[c].digital_min - static_cast<std::int64_t>(zero));
            high = std::max(high, ranges[c].digital_max - static_cast<std::int64_t>(zero));
        }
    }
    if (low >= INT16_MIN && high <= INT16_MAX) {
        return RawType::int16;
    }
    return low >= INT32_MIN && high <= INT32_MAX ? RawType::int32 : RawType::float32;
}

void put(std::string& out, std::uint32_t bits, int n_bytes) {
    for (int b = 0; b < n_bytes; ++b) {
        out += static_cast<char>(bits >> (8 * b) & 0xff);
    }
}

void write_data(const Signal& signal, RawType type, OutputFile& file) {
    constexpr Index block = 1 << 13;
    const Index n_channels = signal.n_channels(), n_samples = signal.n_samples();
    Array<std::int32_t> digital{n_channels, std::min(block, n_samples)};
    Array<double> physical{n_channels, std::min(block, n_samples)};
    std::string bytes;
    for (Index first = 0; first < n_samples; first += block) {
        const auto n = static_cast<std::size_t>(std::min(block, n_samples - first));
        for (Index c = 0; c < n_channels; ++c) {
            if (type == RawType::float32) {
                signal.source->read(c, first, physical.row(c).first(n));
            } else {
                signal.source->read_digital(c, first, digital.row(c).first(n));
            }
        }
        bytes.clear();
        for (std::size_t i = 0; i < n; ++i) {
            for (Index c = 0; c < n_channels; ++c) {
                const auto at = static_cast<Index>(i);
                if (type == RawType::float32) {
                    put(bytes, std::bit_cast<std::uint32_t>(static_cast<float>(physical(c, at))), 4);
                } else {
                    const auto zero =
                        static_cast<std::int32_t>(signal.channels[static_cast<std::size_t>(c)].scaling.zero);
                    put(bytes, static_cast<std::uint32_t>(digital(c, at)) - static_cast<std::uint32_t>(zero),
                        type == RawType::int16 ? 2 : 4);
                }
            }
        }
        file.write(bytes);
    }
}

/// Position of a time among the stored samples, from 0.
Index position_of(std::int64_t ns, const Signal& signal) {
    const Segment* within = &signal.segments.front();
    for (const Segment& segment : signal.segments) {
        if (segment.t0_ns <= ns) {
            within = &segment;
        }
    }
    return within->first + std::clamp<Index>(to_sample(ns - within->t0_ns, signal.fs), 0, within->n);
}

std::string marker_text(const Recording& recording, const Signal& signal, const std::string& data_name) {
    std::string text =
        "Brain Vision Data Exchange Marker File, Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\nDataFile=" + data_name +
        "\n\n[Marker Infos]\n";
    int number = 0;
    const auto marker = [&](const std::string& content) {
        text += "Mk" + std::to_string(++number) + "=" + content + "\n";
    };
    // Without a start, dates since 1970 still tell how long gaps are.
    const bool dated = recording.identity.start_ns || signal.segments.size() > 1;
    for (const Segment& segment : signal.segments) {
        marker("New Segment,," + std::to_string(segment.first + 1) + ",1,0" +
               (dated ? "," + date_text(recording.identity.start_ns.value_or(0) + segment.t0_ns) : ""));
    }
    for (const Event& event : recording.events) {
        const std::size_t slash = event.label.find('/');
        const std::string type = slash == std::string::npos ? "Comment" : event.label.substr(0, slash);
        std::string description = slash == std::string::npos ? event.label : event.label.substr(slash + 1);
        description += event.aux.empty() ? "" : " " + event.aux;
        const Index first = position_of(event.onset_ns, signal);
        const Index size = event.duration_ns > 0 ? std::clamp<Index>(to_sample(event.duration_ns, signal.fs), 1,
                                                                     signal.n_samples() - first)
                                                 : 1;
        const int channel = event.channels.size() == 1 ? event.channels.front() + 1 : 0;
        marker(field(type) + "," + field(description) + "," + std::to_string(first + 1) + "," +
               std::to_string(std::max<Index>(size, 0)) + "," + std::to_string(channel));
    }
    return text;
}

}  // namespace

void write_brainvision(const Recording& recording, const std::filesystem::path& header_path) {
    if (recording.signals.size() != 1 || recording.signals.front().channels.empty() ||
        recording.signals.front().segments.empty()) {
        throw_invalid(function, "one sampling rate with at least one channel and one segment",
                      std::to_string(recording.signals.size()) + " rates");
    }
    const Signal& signal = recording.signals.front();
    const std::vector<SampleRange> ranges = scan_samples(signal);
    const RawType type = choose_type(signal, ranges);
    std::filesystem::path data_path = header_path, marker_path = header_path;
    data_path.replace_extension(".eeg");
    marker_path.replace_extension(".vmrk");
    const std::string data_name = data_path.filename().string();

    std::string text =
        "Brain Vision Data Exchange Header File Version 1.0\n\n[Common Infos]\nCodepage=UTF-8\nDataFile=" + data_name +
        "\nMarkerFile=" + marker_path.filename().string() +
        "\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\nNumberOfChannels=" + std::to_string(signal.n_channels()) +
        "\nSamplingInterval=" + interval_text(signal.fs, signal) + "\n\n[Binary Infos]\nBinaryFormat=" +
        (type == RawType::int16   ? "INT_16"
         : type == RawType::int32 ? "INT_32"
                                  : "IEEE_FLOAT_32") +
        "\n\n[Channel Infos]\n";
    for (std::size_t c = 0; c < signal.channels.size(); ++c) {
        const Channel& channel = signal.channels[c];
        const auto reference = channel.header.find("reference");
        text += "Ch" + std::to_string(c + 1) + "=" + field(channel.name) + "," +
                (reference == channel.header.end() ? "" : field(reference->second)) + "," +
                (type == RawType::float32 ? "1" : number_text(channel.scaling.gain())) + "," +
                field(channel.unit.empty() ? "n/a" : channel.unit) + "\n";
    }
    OutputFile data(data_path), markers(marker_path), header(header_path);
    write_data(signal, type, data);
    markers.write(marker_text(recording, signal, data_name));
    header.write(text);
    // The header names the others: it comes last, so that a recording that can be found is whole.
    data.commit();
    markers.commit();
    header.commit();
}

}  // namespace biopotential::inline v0::io
