#include "biopotential/io/brainvision.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/raw_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

struct Entry {
    std::string key, value;
    std::int64_t at;  ///< byte offset of the line
};

/// A header or marker file: [Section] with key=value lines; what follows ';' is a comment.
class Ini {
  public:
    Ini(const ByteSource& source, std::string_view what) : file_(source.name()) {
        std::string text = source.read_text(64 << 20);
        std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
        std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string first(trim(std::string_view(text).substr(at, end - at)));
        if (!first.starts_with("Brain") || first.find(what) == std::string::npos) {
            throw ParseError(
                file_, 0, "wanted \"Brain Vision Data Exchange " + std::string(what) + "\", got " + quote_text(first));
        }
        std::string section;
        while (end < text.size()) {
            at = end + 1;
            end = std::min(text.find('\n', at), text.size());
            const std::string_view line = trim(std::string_view(text).substr(at, end - at));
            if (line.empty() || line.front() == ';') {
                continue;
            }
            if (line.front() == '[' && line.back() == ']') {
                section = line.substr(1, line.size() - 2);
                if (section == "Comment") {
                    break;  // free text follows
                }
                continue;
            }
            const std::size_t equals = line.find('=');
            if (equals != std::string_view::npos) {
                sections_[section].push_back({std::string(trim(line.substr(0, equals))),
                                              to_utf8(trim(line.substr(equals + 1))), static_cast<std::int64_t>(at)});
            }
        }
    }

    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] const std::vector<Entry>& section(const std::string& name) const {
        static const std::vector<Entry> none;
        const auto found = sections_.find(name);
        return found == sections_.end() ? none : found->second;
    }
    [[nodiscard]] const Entry* find(const std::string& section_name, std::string_view key) const {
        for (const Entry& entry : section(section_name)) {
            if (entry.key == key) {
                return &entry;
            }
        }
        return nullptr;
    }
    [[nodiscard]] const Entry& require(const std::string& section_name, std::string_view key) const {
        const Entry* entry = find(section_name, key);
        if (entry == nullptr) {
            throw ParseError(file_, 0, "wanted " + std::string(key) + "= in [" + section_name + "], got none");
        }
        return *entry;
    }
    [[nodiscard]] std::string text(const std::string& section_name, std::string_view key,
                                   std::string_view otherwise) const {
        const Entry* entry = find(section_name, key);
        return entry == nullptr || entry->value.empty() ? std::string(otherwise) : entry->value;
    }
    [[nodiscard]] ParseError error(const Entry& entry, std::string_view wanted) const {
        return {file_, entry.at, entry.key + ": wanted " + std::string(wanted) + ", got " + quote_text(entry.value)};
    }
    [[nodiscard]] std::int64_t integer(const Entry& entry, std::string_view what, std::int64_t low,
                                       std::int64_t high) const {
        const auto value = parse_integer(entry.value);
        if (!value || *value < low || *value > high) {
            throw error(entry, std::string(what) + " from " + std::to_string(low) + " to " + std::to_string(high));
        }
        return *value;
    }

  private:
    std::string file_;
    std::map<std::string, std::vector<Entry>> sections_;
};

/// Fields between commas; "\1" stands for a comma in them.
std::vector<std::string> fields_of(std::string_view text) {
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ',') {
            fields.emplace_back();
        } else if (text.substr(i, 2) == "\\1") {
            fields.back() += ',';
            ++i;
        } else {
            fields.back() += text[i];
        }
    }
    return fields;
}

/// A file that the header names: beside it, "$b" standing for the header's own name.
std::filesystem::path file_beside(const Ini& ini, const Entry& entry, const std::filesystem::path& header) {
    std::string name = entry.value;
    if (const std::size_t base = name.find("$b"); base != std::string::npos) {
        name.replace(base, 2, header.stem().string());
    }
    if (name.empty() || name == "." || name == ".." || name.find_first_of("/\\") != std::string::npos ||
        name.find('\0') != std::string::npos) {
        throw ini.error(entry, "a file beside the header");
    }
    return header.parent_path() / name;
}

std::vector<Channel> parse_channels(const Ini& ini, Index n, Findings& findings) {
    std::vector<Channel> channels(static_cast<std::size_t>(n));
    std::vector<bool> seen(channels.size());
    for (const Entry& entry : ini.section("Channel Infos")) {
        const auto number =
            entry.key.starts_with("Ch") ? parse_integer(std::string_view(entry.key).substr(2)) : std::nullopt;
        if (!number || *number < 1 || *number > n) {
            findings.note(entry.at, "channel: wanted Ch1 to Ch" + std::to_string(n) + ", got " + quote_text(entry.key));
            continue;
        }
        const std::vector<std::string> fields = fields_of(entry.value);
        Channel& channel = channels[static_cast<std::size_t>(*number) - 1];
        seen[static_cast<std::size_t>(*number) - 1] = true;
        channel.name = fields[0];
        if (fields.size() > 1 && !fields[1].empty()) {
            channel.header["reference"] = fields[1];
        }
        if (fields.size() > 2 && !trim(fields[2]).empty()) {
            std::string text(trim(fields[2]));
            auto resolution = parse_number(text);
            if (!resolution || *resolution == 0) {
                findings.note(entry.at, "resolution of " + quote_text(channel.name) + ": wanted a number, got " +
                                            quote_text(text) + ": samples are stored steps");
                resolution = 1;
            }
            channel.header["resolution"] = text;
            channel.scaling.numerator = *resolution;
        }
        // The format's own default.
        channel.unit = fields.size() > 3 && !trim(fields[3]).empty() ? std::string(trim(fields[3])) : "µV";
        if (channel.unit == "n/a") {
            channel.unit.clear();
        }
    }
    for (std::size_t c = 0; c < channels.size(); ++c) {
        if (!seen[c]) {
            findings.note(0, "channel: wanted Ch" + std::to_string(c + 1) + "= in [Channel Infos], got none");
            channels[c].name = "Ch" + std::to_string(c + 1);
            channels[c].unit = "µV";
        }
    }
    return channels;
}

struct Marker {
    std::string type, description;
    Index position = 0, size = 0;  ///< from 0
    std::int64_t channel = 0;      ///< from 1; 0: all
    std::optional<std::int64_t> date_ns;
};

/// YYYYMMDDhhmmssuuuuuu
std::optional<std::int64_t> parse_date(std::string_view text) {
    if (text.size() != 20 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
        return std::nullopt;
    }
    const auto number = [&](std::size_t at, std::size_t n) {
        return static_cast<int>(parse_integer(text.substr(at, n)).value_or(0));
    };
    const auto day = date_ns(number(0, 4), number(4, 2), number(6, 2));
    const int h = number(8, 2), m = number(10, 2), s = number(12, 2);
    if (!day || h > 23 || m > 59 || s > 59) {
        return std::nullopt;
    }
    return *day + ((h * 60 + m) * 60 + s) * std::int64_t{1'000'000'000} + number(14, 6) * std::int64_t{1000};
}

std::vector<Marker> parse_markers(const Ini& ini, Index n_samples, Findings& findings) {
    std::vector<Marker> markers;
    for (const Entry& entry : ini.section("Marker Infos")) {
        const std::vector<std::string> fields = fields_of(entry.value);
        const auto field = [&](std::size_t i) { return fields.size() > i ? trim(fields[i]) : std::string_view{}; };
        const auto position = parse_integer(field(2));
        const auto size = field(3).empty() ? std::optional<std::int64_t>(1) : parse_integer(field(3));
        const auto channel = field(4).empty() ? std::optional<std::int64_t>(0) : parse_integer(field(4));
        if (!position || *position < 1 || *position > n_samples + 1 || !size || *size < 0 || *size > n_samples ||
            !channel) {
            findings.note(entry.at, "marker " + quote_text(entry.key) +
                                        ": wanted a position within the samples, a size and a channel, got " +
                                        quote_text(entry.value));
            continue;
        }
        Marker marker{fields[0], fields.size() > 1 ? fields[1] : "", *position - 1, *size, *channel, std::nullopt};
        if (!field(5).empty() && field(5).find_first_not_of('0') != std::string_view::npos) {
            marker.date_ns = parse_date(field(5));
            if (!marker.date_ns) {
                findings.note(entry.at, "date of marker " + quote_text(entry.key) +
                                            ": wanted YYYYMMDDhhmmssuuuuuu, got " + quote_text(field(5)));
            }
        }
        markers.push_back(std::move(marker));
    }
    std::ranges::stable_sort(markers, {}, &Marker::position);
    return markers;
}

/// Segments from the "New Segment" markers; without dates they follow on each other.
std::vector<Segment> find_segments(const std::vector<Marker>& markers, Index n_samples, double fs, Recording& recording,
                                   Findings& findings) {
    std::vector<Segment> segments{{0, 0, n_samples}};
    std::optional<std::int64_t> first_date;
    for (const Marker& marker : markers) {
        if (marker.type != "New Segment") {
            continue;
        }
        if (marker.position == 0) {
            first_date = marker.date_ns;
            continue;
        }
        if (marker.position >= n_samples) {
            continue;
        }
        Segment& last = segments.back();
        const std::int64_t end_ns = last.t0_ns + to_ns(marker.position - last.first, fs);
        std::int64_t t0 = first_date && marker.date_ns ? *marker.date_ns - *first_date : end_ns;
        if (t0 < end_ns) {
            // Dates are rounded to microseconds.
            if (end_ns - t0 > 1'000'000) {
                findings.note(0, "date of segment " + std::to_string(segments.size() + 1) +
                                     ": wanted one after the segment before, got one within it");
            }
            t0 = end_ns;
        }
        last.n = marker.position - last.first;
        segments.push_back({t0, marker.position, n_samples - marker.position});
    }
    // The writer's way to say how long gaps are where no start is known.
    constexpr std::int64_t year_ns = 366LL * 86'400 * 1'000'000'000;
    if (first_date && std::abs(*first_date) > year_ns) {
        recording.identity.start_ns = first_date;
    }
    return segments;
}

/// Numbers of a text file, line after line.
Array<double> parse_ascii(const ByteSource& source, const Ini& ini, Index n_channels, bool multiplexed) {
    std::string text = source.read_text(std::int64_t{1} << 32);
    const auto option = [&](const char* key) {
        const Entry* entry = ini.find("ASCII Infos", key);
        return entry == nullptr ? Index{0} : ini.integer(*entry, "a number", 0, 1'000'000);
    };
    Index skip_lines = option("SkipLines");
    const Index skip_columns = option("SkipColumns");
    if (ini.text("ASCII Infos", "DecimalSymbol", ".") == ",") {
        std::ranges::replace(text, ',', '.');
    }
    std::vector<std::vector<double>> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = trim(std::string_view(text).substr(at, end - at));
        if (skip_lines > 0) {
            --skip_lines;
        } else if (!line.empty()) {
            const auto words = split_blanks(line);
            std::vector<double> numbers;
            for (std::size_t w = static_cast<std::size_t>(skip_columns); w < words.size(); ++w) {
                const auto value = parse_number(words[w]);
                if (!value) {
                    throw ParseError(source.name(), static_cast<std::int64_t>(words[w].data() - text.data()),
                                     "wanted a number, got " + quote_text(words[w]));
                }
                numbers.push_back(*value);
            }
            const std::size_t wanted = multiplexed ? static_cast<std::size_t>(n_channels)
                                                   : (lines.empty() ? numbers.size() : lines.front().size());
            if (numbers.size() != wanted) {
                throw ParseError(
                    source.name(), static_cast<std::int64_t>(at),
                    "wanted " + std::to_string(wanted) + " numbers in a line, got " + std::to_string(numbers.size()));
            }
            lines.push_back(std::move(numbers));
        }
        at = end + 1;
    }
    if (!multiplexed && static_cast<Index>(lines.size()) != n_channels) {
        throw ParseError(source.name(), source.size(),
                         "wanted " + std::to_string(n_channels) + " lines, got " + std::to_string(lines.size()));
    }
    const Index n =
        multiplexed ? static_cast<Index>(lines.size()) : (lines.empty() ? 0 : static_cast<Index>(lines.front().size()));
    Array<double> out{n_channels, n};
    for (Index c = 0; c < n_channels; ++c) {
        for (Index i = 0; i < n; ++i) {
            out(c, i) = multiplexed ? lines[static_cast<std::size_t>(i)][static_cast<std::size_t>(c)]
                                    : lines[static_cast<std::size_t>(c)][static_cast<std::size_t>(i)];
        }
    }
    return out;
}

std::optional<RawType> binary_type(std::string_view text) {
    constexpr std::pair<std::string_view, RawType> types[] = {{"INT_16", RawType::int16},
                                                              {"UINT_16", RawType::uint16},
                                                              {"INT_32", RawType::int32},
                                                              {"IEEE_FLOAT_32", RawType::float32},
                                                              {"IEEE_FLOAT_64", RawType::float64}};
    const auto* const found = std::ranges::find(types, text, &std::pair<std::string_view, RawType>::first);
    return found == std::end(types) ? std::nullopt : std::optional(found->second);
}

Signal read_samples(const Ini& ini, const std::filesystem::path& header, std::vector<Channel> channels, double fs,
                    bool multiplexed, Findings& findings) {
    const auto n_channels = static_cast<Index>(channels.size());
    const auto source = open_file(file_beside(ini, ini.require("Common Infos", "DataFile"), header));
    const std::string format = ini.text("Common Infos", "DataFormat", "BINARY");
    Signal signal;
    if (format == "ASCII") {
        Array<double> x = parse_ascii(*source, ini, n_channels, multiplexed);
        for (Index c = 0; c < n_channels; ++c) {
            for (double& value : x.row(c)) {
                value *= channels[static_cast<std::size_t>(c)].scaling.numerator;
            }
            channels[static_cast<std::size_t>(c)].scaling = {};
        }
        signal = make_signal(std::move(x), fs, std::vector<std::string>(channels.size()), "");
        signal.channels = std::move(channels);
        return signal;
    }
    if (format != "BINARY") {
        throw ini.error(ini.require("Common Infos", "DataFormat"), "BINARY or ASCII");
    }
    const Entry& type = ini.require("Binary Infos", "BinaryFormat");
    RawLayout layout;
    layout.multiplexed = multiplexed;
    layout.n_channels = n_channels;
    const auto known = binary_type(type.value);
    if (!known) {
        throw ini.error(type, "INT_16, UINT_16, INT_32, IEEE_FLOAT_32 or IEEE_FLOAT_64");
    }
    layout.type = *known;
    layout.big_endian = ini.text("Binary Infos", "UseBigEndianOrder", "NO") == "YES";
    if (const Entry* trailing = ini.find("Binary Infos", "DataOffset")) {
        layout.offset = ini.integer(*trailing, "a byte offset", 0, std::int64_t{1} << 56);
    }
    const std::int64_t frame = n_channels * raw_bytes(layout.type);
    const std::int64_t held = std::max<std::int64_t>(0, source->size() - layout.offset);
    layout.n_samples = held / frame;
    if (held % frame != 0) {
        findings.note(0, "data: wanted whole samples of " + std::to_string(n_channels) + " channels, got " +
                             std::to_string(held % frame) + " bytes more in " + quote_text(source->name()));
    }
    if (const Entry* points = ini.find("Common Infos", "DataPoints"); points != nullptr && !points->value.empty()) {
        const auto stated = parse_integer(points->value);
        if (stated != layout.n_samples) {
            findings.note(points->at, "DataPoints: wanted " + std::to_string(layout.n_samples) +
                                          ", what the data file holds, got " + quote_text(points->value));
        }
    }
    for (Channel& channel : channels) {
        if (is_digital(layout.type)) {
            set_type_range(channel, layout.type);
        }
        channel.header["format"] = type.value;
    }
    signal.fs = fs;
    signal.source = make_raw_source(source, layout, channels);
    signal.channels = std::move(channels);
    signal.segments = {{0, 0, layout.n_samples}};
    return signal;
}

}  // namespace

Recording read_brainvision(const std::filesystem::path& header_path, const ReadOptions& options) {
    const auto source = open_file(header_path);
    const Ini ini(*source, "Header File");
    Findings findings(source->name(), options.strict);
    const Index n_channels = ini.integer(ini.require("Common Infos", "NumberOfChannels"), "a number", 1, 100'000);
    const Entry& interval = ini.require("Common Infos", "SamplingInterval");
    const auto interval_us = parse_number(interval.value);
    if (!interval_us || !(*interval_us > 1e-3) || *interval_us > 1e12) {
        throw ini.error(interval, "microseconds > 0");
    }
    const double fs = 1e6 / *interval_us;
    if (ini.text("Common Infos", "DataType", "TIMEDOMAIN") != "TIMEDOMAIN") {
        throw ini.error(ini.require("Common Infos", "DataType"), "TIMEDOMAIN");
    }
    const std::string orientation = ini.text("Common Infos", "DataOrientation", "MULTIPLEXED");
    if (orientation != "MULTIPLEXED" && orientation != "VECTORIZED") {
        throw ini.error(ini.require("Common Infos", "DataOrientation"), "MULTIPLEXED or VECTORIZED");
    }

    Recording recording;
    recording.format = "BrainVision";
    Signal signal = read_samples(ini, header_path, parse_channels(ini, n_channels, findings), fs,
                                 orientation == "MULTIPLEXED", findings);
    for (Channel& channel : signal.channels) {
        channel.header["sampling_interval"] = interval.value;
    }
    const Index n_samples = signal.n_samples();
    std::vector<Marker> markers;
    if (const Entry* entry = ini.find("Common Infos", "MarkerFile"); entry != nullptr && !entry->value.empty()) {
        const std::filesystem::path path = file_beside(ini, *entry, header_path);
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored)) {
            const Ini marker_ini(*open_file(path), "Marker File");
            Findings own(path.string(), options.strict);
            markers = parse_markers(marker_ini, n_samples, own);
            for (const std::string& warning : own.take()) {
                findings.remark(path.filename().string() + ": " + warning);
            }
        } else {
            findings.note(entry->at, "MarkerFile: wanted " + quote_text(entry->value) + ", got no such file");
        }
    }
    signal.segments = find_segments(markers, n_samples, fs, recording, findings);
    for (const Marker& marker : markers) {
        if (marker.type == "New Segment") {
            continue;
        }
        const auto after = std::ranges::upper_bound(signal.segments, marker.position, {}, &Segment::first);
        const Segment& segment = *std::prev(after);
        Event event;
        event.onset_ns = segment.t0_ns + to_ns(marker.position - segment.first, fs);
        // One point long is how the format says that something has no length.
        event.duration_ns = marker.size > 1 ? to_ns(marker.size, fs) : 0;
        event.label = marker.type + "/" + marker.description;
        event.source = "BrainVision";
        if (marker.channel >= 1 && marker.channel <= n_channels) {
            event.channels = {static_cast<int>(marker.channel - 1)};
        }
        recording.events.push_back(std::move(event));
    }
    std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
    recording.signals.push_back(std::move(signal));
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
