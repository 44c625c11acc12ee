#include <algorithm>
#include <cmath>

#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb_header_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr WfdbFormat formats[] = {
    {8, 1, 1, no_missing, 16}, {16, 1, 2, -32768, 16},
    {24, 1, 3, -8388608, 24},  {32, 1, 4, std::numeric_limits<std::int32_t>::min(), 32},
    {61, 1, 2, -32768, 16},    {80, 1, 1, -128, 8},
    {160, 1, 2, -32768, 16},   {212, 2, 3, -2048, 12},
    {310, 3, 4, -512, 10},     {311, 3, 4, -512, 10},
    {508, 1, 1, -128, 8},      {516, 1, 2, -32768, 16},
    {524, 1, 3, -8388608, 24},
};

/// Text of a header line with its place, taken apart word by word.
struct Line {
    const std::string* file;
    std::int64_t at;
    std::string_view text;

    [[nodiscard]] ParseError error(std::string_view wanted, std::string_view came) const {
        return {*file, at, "wanted " + std::string(wanted) + ", got " + quote_text(came)};
    }
    std::int64_t integer(std::string_view what, std::string_view text_of_it, std::int64_t low,
                         std::int64_t high) const {
        const auto value = parse_integer(text_of_it);
        if (!value || *value < low || *value > high) {
            throw error(std::string(what) + " from " + std::to_string(low) + " to " + std::to_string(high), text_of_it);
        }
        return *value;
    }
};

constexpr std::int64_t int32_low = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t int32_high = std::numeric_limits<std::int32_t>::max();

/// "HH:MM:SS.fraction", "MM:SS" or "SS" in ns.
std::optional<std::int64_t> parse_time(std::string_view text) {
    std::int64_t seconds = 0;
    int parts = 0;
    for (std::size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':')) {
        const auto part = parse_integer(text.substr(0, colon));
        if (!part || *part < 0 || *part > 59 || ++parts > 2) {
            return std::nullopt;
        }
        seconds = (seconds + *part) * 60;
        text.remove_prefix(colon + 1);
    }
    const auto last = parse_number(text);
    if (!last || *last < 0 || *last >= 60 || seconds > 24 * 3600) {
        return std::nullopt;
    }
    return seconds * 1'000'000'000 + std::llround(*last * 1e9);
}

/// `is_date` tells a day that the library's ns do not reach from what is no day at all.
std::optional<std::int64_t> parse_date(std::string_view text, bool& is_date) {
    const std::size_t first = text.find('/');
    const std::size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
    is_date = false;
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    const auto day = parse_integer(text.substr(0, first));
    const auto month = parse_integer(text.substr(first + 1, second - first - 1));
    const auto year = parse_integer(text.substr(second + 1));
    if (!day || !month || !year || *day < 1 || *day > 31 || *month < 1 || *month > 12 || *year < 0 || *year > 9999) {
        return std::nullopt;
    }
    const auto date = date_ns(static_cast<int>(*year), static_cast<int>(*month), static_cast<int>(*day));
    is_date = date || *year < 1700 || *year > 2200;
    return date;
}

void parse_start(const Line& line, std::string_view time_text, std::string_view date_text, WfdbHeader& header,
                 Findings& findings) {
    header.identity.fields["base_time"] = time_text;
    const auto time = parse_time(time_text);
    if (!time) {
        findings.note(line.at, "base time: wanted HH:MM:SS, got " + quote_text(time_text));
    }
    if (date_text.empty()) {
        return;
    }
    header.identity.fields["base_date"] = date_text;
    bool is_date = false;
    const auto date = parse_date(date_text, is_date);
    if (!is_date) {
        findings.note(line.at, "base date: wanted DD/MM/YYYY, got " + quote_text(date_text));
    } else if (!date) {
        findings.remark("base date: " + quote_text(date_text) +
                        " lies beyond 1700 to 2200, so that no start is known: the text is kept");
    } else if (time) {
        header.identity.start_ns = *date + *time;
    }
}

void parse_record_line(const Line& line, WfdbHeader& header, Findings& findings) {
    const auto words = split_blanks(line.text);
    if (words.size() < 2) {
        throw line.error("a record line: name, number of signals, rate, number of samples", line.text);
    }
    if (const std::size_t slash = words[0].find('/'); slash != std::string_view::npos) {
        header.n_segments = line.integer("a number of segments", words[0].substr(slash + 1), 1, 10'000'000);
    }
    header.n_signals = line.integer("a number of signals", words[1], 0, 100'000);
    if (words.size() > 2) {
        // Rate, then the counter's rate and base after a slash, which only matter to tape counters.
        const std::string_view rate = words[2].substr(0, words[2].find_first_of("/("));
        const auto fs = parse_number(rate);
        if (!fs || !(*fs > 1e-6) || *fs > 1e9) {
            throw line.error("a sampling rate in Hz, > 1e-6", words[2]);
        }
        header.fs = *fs;
    }
    if (words.size() > 3) {
        header.n_frames = line.integer("a number of samples", words[3], 0, std::int64_t{1} << 48);
    }
    if (words.size() > 4) {
        parse_start(line, words[4], words.size() > 5 ? words[5] : std::string_view{}, header, findings);
    }
}

/// NAME N_SAMPLES of a multi-segment record.
WfdbSegmentLine parse_segment_line(const Line& line) {
    const auto words = split_blanks(line.text);
    if (words.size() < 2) {
        throw line.error("a segment line: record name, number of samples", line.text);
    }
    WfdbSegmentLine segment{std::string(words[0]), 0, line.at};
    if (!segment.is_gap() &&
        (segment.name.front() == '.' || segment.name.front() == '-' ||
         segment.name.find_first_of("/\\") != std::string::npos || segment.name.find('\0') != std::string::npos)) {
        throw line.error("a segment beside the header", words[0]);
    }
    segment.n_frames = line.integer("a number of samples", words[1], 0, std::int64_t{1} << 48);
    return segment;
}

/// FORMAT[xSAMPLES][:SKEW][+OFFSET]
void parse_format(const Line& line, std::string_view text, WfdbSignalLine& signal) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::int64_t number = line.integer("a signal format", text.substr(0, digits), 0, 9999);
    // Format 0 belongs to signals without samples; 16 stands in for it.
    signal.format = find_format(signal.is_null() && number == 0 ? 16 : number);
    if (signal.format == nullptr) {
        throw line.error("signal format 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516 or 524", text);
    }
    text.remove_prefix(digits);
    while (!text.empty()) {
        const char kind = text.front();
        const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
        const std::string_view value = text.substr(1, end - 1);
        if (kind == 'x') {
            signal.samples_per_frame = line.integer("samples per frame", value, 1, 1'000'000);
        } else if (kind == ':') {
            signal.skew = line.integer("a skew", value, 0, int32_high);
        } else if (kind == '+') {
            signal.byte_offset = line.integer("a byte offset", value, 0, std::int64_t{1} << 56);
        } else {
            throw line.error("a format as FORMATxSAMPLES:SKEW+OFFSET", text);
        }
        text.remove_prefix(end);
    }
}

/// GAIN[(BASELINE)][/UNIT]; returns whether a baseline was given.
bool parse_gain(const Line& line, std::string_view text, Channel& channel, double& gain) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        channel.unit = to_utf8(text.substr(slash + 1));
        text = text.substr(0, slash);
    }
    bool has_baseline = false;
    const std::size_t open = text.find('(');
    if (open != std::string_view::npos) {
        const std::size_t close = text.find(')', open);
        if (close == std::string_view::npos) {
            throw line.error("a gain as GAIN(BASELINE)/UNIT", text);
        }
        channel.scaling.zero = static_cast<double>(
            line.integer("a baseline", text.substr(open + 1, close - open - 1), int32_low, int32_high));
        has_baseline = true;
        text = text.substr(0, open);
    }
    const auto value = parse_number(text);
    if (!value) {
        throw line.error("a gain as GAIN(BASELINE)/UNIT", text);
    }
    gain = *value;
    return has_baseline;
}

WfdbSignalLine parse_signal_line(const Line& line, Index number) {
    const auto words = split_blanks(line.text);
    if (words.size() < 2) {
        throw line.error("a signal line: file, format, gain ...", line.text);
    }
    WfdbSignalLine signal;
    signal.at = line.at;
    signal.file = words[0];
    if (signal.file == "-" || signal.file == "." || signal.file == ".." ||
        signal.file.find_first_of("/\\") != std::string::npos || signal.file.find('\0') != std::string::npos) {
        throw line.error("a signal file beside the header", words[0]);
    }
    parse_format(line, words[1], signal);

    Channel& channel = signal.channel;
    channel.unit = "mV";
    double gain = 0;
    const bool has_baseline = words.size() > 2 && parse_gain(line, words[2], channel, gain);
    const auto field = [&](std::size_t i, std::string_view what, std::int64_t low,
                           std::int64_t high) -> std::optional<std::int64_t> {
        return words.size() > i ? std::optional(line.integer(what, words[i], low, high)) : std::nullopt;
    };
    const std::int64_t resolution = field(3, "an ADC resolution", 0, 32).value_or(0);
    const std::int64_t zero = field(4, "an ADC zero", int32_low, int32_high).value_or(0);
    signal.initial = field(5, "an initial value", int32_low, int32_high).value_or(zero);
    signal.checksum = field(6, "a checksum", -65536, 65536);
    (void)field(7, "a block size", 0, int32_high);
    if (!has_baseline) {
        channel.scaling.zero = static_cast<double>(zero);
    }
    channel.scaling.denominator =
        gain == 0 ? 200 : gain;  // 0 or absent: not calibrated, 200 by the format's convention

    const int bits = resolution > 0 ? static_cast<int>(resolution) : signal.format->bits;
    const std::int64_t half = std::int64_t{1} << (bits - 1);
    const std::int64_t middle = resolution > 0 ? zero : 0;
    channel.digital_min = static_cast<std::int32_t>(std::max(middle - half, int32_low));
    channel.digital_max = static_cast<std::int32_t>(std::min(middle + half - 1, int32_high));
    channel.physical_min = channel.scaling(channel.digital_min);
    channel.physical_max = channel.scaling(channel.digital_max);
    channel.header["format"] = std::to_string(signal.format->number);
    constexpr const char* kept[] = {"",         "",          "", "adc_resolution", "adc_zero", "initial_value",
                                    "checksum", "block_size"};
    for (std::size_t i = 3; i < std::min<std::size_t>(words.size(), 8); ++i) {
        channel.header[kept[i]] = words[i];
    }
    if (words.size() > 8) {
        // The description is the rest of the line, blanks included.
        const auto start = static_cast<std::size_t>(words[8].data() - line.text.data());
        channel.name = to_utf8(trim(line.text.substr(start)));
    } else {
        channel.name = "signal " + std::to_string(number);
    }
    return signal;
}

}  // namespace

const WfdbFormat* find_format(std::int64_t number) {
    const auto* const format = std::ranges::find(formats, number, &WfdbFormat::number);
    return format == std::end(formats) ? nullptr : format;
}

Index required_bytes(const WfdbFormat& format, Index n) {
    const Index groups = n / format.group_samples;
    const Index rest = n % format.group_samples;
    // Bytes of an incomplete last group, up to the last that its samples touch.
    constexpr Index rest_310[] = {0, 2, 4};
    constexpr Index rest_311[] = {0, 2, 3};
    const Index rest_bytes = format.number == 310 ? rest_310[rest] : format.number == 311 ? rest_311[rest] : 2 * rest;
    return groups * format.group_bytes + rest_bytes;
}

Index held_samples(const WfdbFormat& format, Index bytes) {
    Index n = bytes / format.group_bytes * format.group_samples;
    while (required_bytes(format, n + 1) <= bytes) {
        ++n;
    }
    return n;
}

WfdbHeader parse_wfdb_header(const ByteSource& source, Findings& findings) {
    const std::string text = source.read_text(16 << 20);
    WfdbHeader header;
    bool has_record_line = false;
    std::string comments;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const Line line{&source.name(), static_cast<std::int64_t>(at),
                        trim(std::string_view(text).substr(at, end - at))};
        at = end + 1;
        if (line.text.empty()) {
            continue;
        }
        if (line.text.front() == '#') {
            const std::size_t start = line.text.find_first_not_of("# \t");
            comments += (comments.empty() ? "" : "\n") +
                        std::string(start == std::string_view::npos ? "" : line.text.substr(start));
        } else if (!has_record_line) {
            parse_record_line(line, header, findings);
            has_record_line = true;
        } else if (header.n_segments) {
            if (static_cast<Index>(header.segments.size()) == *header.n_segments) {
                throw line.error("the end of the header after " + std::to_string(*header.n_segments) + " segments",
                                 line.text);
            }
            header.segments.push_back(parse_segment_line(line));
        } else if (static_cast<Index>(header.lines.size()) < header.n_signals) {
            header.lines.push_back(parse_signal_line(line, static_cast<Index>(header.lines.size())));
        } else {
            throw line.error("the end of the header after " + std::to_string(header.n_signals) + " signals", line.text);
        }
    }
    if (!has_record_line) {
        throw ParseError(source.name(), source.size(), "wanted a record line, got the end of the header");
    }
    const Index wanted = header.n_segments.value_or(header.n_signals);
    const std::size_t got = header.n_segments ? header.segments.size() : header.lines.size();
    if (static_cast<Index>(got) < wanted) {
        throw ParseError(source.name(), source.size(),
                         "wanted " + std::to_string(wanted) + (header.n_segments ? " segment" : " signal") +
                             " lines, got " + std::to_string(got));
    }
    if (!comments.empty()) {
        header.identity.fields["comments"] = to_utf8(comments);
    }
    return header;
}

}  // namespace biopotential::inline v0::io
