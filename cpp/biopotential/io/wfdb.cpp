#include "biopotential/io/wfdb.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/block_cache_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

using Bytes = const std::byte*;

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

constexpr std::int32_t no_missing = std::numeric_limits<std::int32_t>::max();

struct Format {
    int number;
    Index group_samples, group_bytes;
    std::int32_t missing;  ///< the digital value that stands for a missing sample
    int bits;
};

constexpr Format formats[] = {
    {8, 1, 1, no_missing, 16}, {16, 1, 2, -32768, 16},
    {24, 1, 3, -8388608, 24},  {32, 1, 4, std::numeric_limits<std::int32_t>::min(), 32},
    {61, 1, 2, -32768, 16},    {80, 1, 1, -128, 8},
    {160, 1, 2, -32768, 16},   {212, 2, 3, -2048, 12},
    {310, 3, 4, -512, 10},     {311, 3, 4, -512, 10},
};

/// Bytes that hold `n` samples.
Index required_bytes(const Format& format, Index n) {
    const Index groups = n / format.group_samples;
    const Index rest = n % format.group_samples;
    // Bytes of an incomplete last group, up to the last that its samples touch.
    constexpr Index rest_310[] = {0, 2, 4};
    constexpr Index rest_311[] = {0, 2, 3};
    const Index rest_bytes = format.number == 310 ? rest_310[rest] : format.number == 311 ? rest_311[rest] : 2 * rest;
    return groups * format.group_bytes + rest_bytes;
}

/// Samples that `bytes` hold.
Index held_samples(const Format& format, Index bytes) {
    Index n = bytes / format.group_bytes * format.group_samples;
    while (required_bytes(format, n + 1) <= bytes) {
        ++n;
    }
    return n;
}

struct SignalLine {
    std::string file;
    const Format* format = nullptr;
    Index samples_per_frame = 1, skew = 0;
    std::int64_t byte_offset = 0;
    Channel channel;
    std::int64_t initial = 0;
    std::optional<std::int64_t> checksum;
    std::int64_t at = 0;  ///< byte offset of the line in the header
};

struct Header {
    Index n_signals = 0;
    double fs = 250;
    Index n_frames = 0;  ///< 0: as many as the file holds
    std::vector<SignalLine> lines;
    Identity identity;
    std::vector<std::string> warnings;
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

std::optional<std::int64_t> parse_date(std::string_view text) {
    const std::size_t first = text.find('/');
    const std::size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    const auto day = parse_integer(text.substr(0, first));
    const auto month = parse_integer(text.substr(first + 1, second - first - 1));
    const auto year = parse_integer(text.substr(second + 1));
    if (!day || !month || !year || *day < 0 || *day > 31 || *month < 0 || *month > 12 || *year < 0 || *year > 9999) {
        return std::nullopt;
    }
    return date_ns(static_cast<int>(*year), static_cast<int>(*month), static_cast<int>(*day));
}

void parse_record_line(const Line& line, Header& header) {
    const auto words = split_blanks(line.text);
    if (words.size() < 2) {
        throw line.error("a record line: name, number of signals, rate, number of samples", line.text);
    }
    if (words[0].find('/') != std::string_view::npos) {
        throw line.error("a record of one segment (multi-segment records are not read: read their segments)", words[0]);
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
        header.identity.fields["base_time"] = words[4];
        const auto time = parse_time(words[4]);
        if (!time) {
            header.warnings.push_back("base time: wanted HH:MM:SS, got " + quote_text(words[4]));
        }
        if (words.size() > 5) {
            header.identity.fields["base_date"] = words[5];
            const auto date = parse_date(words[5]);
            if (!date) {
                header.warnings.push_back("base date: wanted DD/MM/YYYY, got " + quote_text(words[5]));
            } else if (time) {
                header.identity.start_ns = *date + *time;
            }
        }
    }
}

/// FORMAT[xSAMPLES][:SKEW][+OFFSET]
void parse_format(const Line& line, std::string_view text, SignalLine& signal) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::int64_t number = line.integer("a signal format", text.substr(0, digits), 0, 9999);
    const auto* const format = std::ranges::find(formats, number, &Format::number);
    if (format == std::end(formats)) {
        throw line.error("signal format 8, 16, 24, 32, 61, 80, 160, 212, 310 or 311", text);
    }
    signal.format = format;
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

SignalLine parse_signal_line(const Line& line, Index number) {
    const auto words = split_blanks(line.text);
    if (words.size() < 2) {
        throw line.error("a signal line: file, format, gain ...", line.text);
    }
    SignalLine signal;
    signal.at = line.at;
    signal.file = words[0];
    if (signal.file == "~" || signal.file == "-" || signal.file == "." || signal.file == ".." ||
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

Header parse_header(const ByteSource& source) {
    const std::string text = source.read_text(16 << 20);
    Header header;
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
            parse_record_line(line, header);
            has_record_line = true;
        } else if (static_cast<Index>(header.lines.size()) < header.n_signals) {
            header.lines.push_back(parse_signal_line(line, static_cast<Index>(header.lines.size())));
        } else {
            throw line.error("the end of the header after " + std::to_string(header.n_signals) + " signals", line.text);
        }
    }
    if (!has_record_line || static_cast<Index>(header.lines.size()) < header.n_signals) {
        throw ParseError(source.name(), source.size(),
                         has_record_line ? "wanted " + std::to_string(header.n_signals) + " signal lines, got " +
                                               std::to_string(header.lines.size())
                                         : std::string("wanted a record line, got the end of the header"));
    }
    if (!comments.empty()) {
        header.identity.fields["comments"] = comments;
    }
    return header;
}

/// One signal file: the frames of its signals one after the other.
struct SignalFile {
    const Format* format;
    Index frame_samples;  ///< samples of all signals in one frame
    Index block_frames;
    BlockCache cache;
};

struct Placed {
    std::shared_ptr<const SignalFile> file;
    Index start;  ///< first sample of the signal within a frame
    Index samples_per_frame, skew, n_frames;
    std::int32_t missing;
    Scaling scaling;

    /// Samples [first, first + out.size()); what the skew puts behind the file's end is missing.
    void read(Index first, std::span<std::int32_t> out) const {
        switch (file->format->number) {
            case 16:
                return read_as<decode_16>(first, out);
            case 24:
                return read_as<decode_24>(first, out);
            case 32:
                return read_as<decode_32>(first, out);
            case 61:
                return read_as<decode_61>(first, out);
            case 80:
                return read_as<decode_80>(first, out);
            case 160:
                return read_as<decode_160>(first, out);
            case 212:
                return read_as<decode_212>(first, out);
            case 310:
                return read_as<decode_310>(first, out);
            default:
                return read_as<decode_311>(first, out);  // format 8 was turned into 32
        }
    }

    /// One loop per format, so that the decoder is part of it.
    template <std::int32_t (*decode)(Bytes, Index)>
    void read_as(Index first, std::span<std::int32_t> out) const {
        const Index position = first + skew * samples_per_frame;
        const auto n = std::clamp<Index>(n_frames * samples_per_frame - position, 0, static_cast<Index>(out.size()));
        std::fill(out.begin() + n, out.end(), missing);
        for (Index done = 0; done < n;) {
            Index frame = (position + done) / samples_per_frame;
            Index within = (position + done) % samples_per_frame;
            const Index block = frame / file->block_frames;
            const BlockCache::Block bytes = file->cache.block(block);
            const Index stop =
                std::min(n, done + (block + 1) * file->block_frames * samples_per_frame - (position + done));
            frame -= block * file->block_frames;
            for (; done < stop; ++frame, within = 0) {
                for (; within < samples_per_frame && done < stop; ++within) {
                    out[static_cast<std::size_t>(done++)] =
                        decode(bytes->data(), frame * file->frame_samples + start + within);
                }
            }
        }
    }
};

class WfdbSource final : public SampleSource {
  public:
    explicit WfdbSource(std::vector<Placed> channels) : channels_(std::move(channels)) {}

    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        channels_[static_cast<std::size_t>(channel)].read(first, out);
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        const Placed& placed = channels_[static_cast<std::size_t>(channel)];
        std::vector<std::int32_t> digital(out.size());
        placed.read(first, digital);
        std::ranges::transform(digital, out.begin(), [&](std::int32_t d) {
            return d == placed.missing ? std::numeric_limits<double>::quiet_NaN() : placed.scaling(d);
        });
    }
    [[nodiscard]] bool has_digital() const override { return true; }

  private:
    std::vector<Placed> channels_;
};

/// Format 8 stores differences: the whole file is summed up once and then looks like format 32.
std::shared_ptr<const ByteSource> sum_differences(const ByteSource& source, const std::vector<const SignalLine*>& lines,
                                                  Index frame_samples, Index n_frames) {
    const auto offset = lines.front()->byte_offset;
    const std::vector<std::byte> differences =
        source.read_exactly(offset, static_cast<std::size_t>(n_frames * frame_samples));
    std::vector<std::byte> sums(differences.size() * 4);
    Index start = 0;
    for (const SignalLine* line : lines) {
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
Index check_frames(const Header& header, const SignalLine& line, const ByteSource& source, Index frame_samples) {
    if (line.byte_offset > source.size()) {
        throw ParseError(source.name(), source.size(),
                         "wanted samples from byte " + std::to_string(line.byte_offset) + ", got the end of the file");
    }
    const Index held = held_samples(*line.format, source.size() - line.byte_offset) / frame_samples;
    if (header.n_frames > held) {
        throw ParseError(source.name(), source.size(),
                         "wanted " + std::to_string(header.n_frames) + " samples per signal, got " +
                             std::to_string(held) + " and the end of the file");
    }
    return header.n_frames > 0 ? header.n_frames : held;
}

void verify_checksum(const Placed& placed, const SignalLine& line, const std::string& file) {
    constexpr Index block = 1 << 14;
    const Index n = placed.n_frames * placed.samples_per_frame;
    std::vector<std::int32_t> samples(static_cast<std::size_t>(std::min(block, n)));
    Placed stored = placed;
    stored.skew = 0;
    std::uint32_t sum = 0;
    for (Index first = 0; first < n; first += block) {
        const std::span<std::int32_t> part(samples.data(), static_cast<std::size_t>(std::min(block, n - first)));
        stored.read(first, part);
        for (const std::int32_t sample : part) {
            sum += static_cast<std::uint32_t>(sample);
        }
    }
    // Only called for lines with a checksum.
    // NOLINTBEGIN(bugprone-unchecked-optional-access)
    if ((sum & 0xffff) != (static_cast<std::uint32_t>(*line.checksum) & 0xffff)) {
        throw ParseError(file, line.at,
                         "wanted samples of " + quote_text(line.file) + " with checksum " +
                             std::to_string(*line.checksum) + " in signal " + quote_text(line.channel.name) + ", got " +
                             std::to_string(static_cast<std::int16_t>(sum & 0xffff)));
    }
    // NOLINTEND(bugprone-unchecked-optional-access)
}

/// Open the signal files and say where each signal's samples stand.
std::vector<Placed> place_signals(const std::filesystem::path& folder, Header& header) {
    std::vector<Placed> placed(header.lines.size());
    std::vector<bool> done(header.lines.size());
    for (std::size_t i = 0; i < header.lines.size(); ++i) {
        if (done[i]) {
            continue;
        }
        const SignalLine& first = header.lines[i];
        std::vector<const SignalLine*> members;
        std::vector<std::size_t> positions;
        Index frame_samples = 0;
        for (std::size_t j = i; j < header.lines.size(); ++j) {
            const SignalLine& line = header.lines[j];
            if (line.file != first.file) {
                continue;
            }
            if (line.format != first.format || line.byte_offset != first.byte_offset) {
                throw ParseError((folder / "").string() + "header", line.at,
                                 "wanted one format and offset for all signals of " + quote_text(first.file));
            }
            members.push_back(&line);
            positions.push_back(j);
            done[j] = true;
            frame_samples += line.samples_per_frame;
        }
        auto source = open_file(folder / first.file);
        const Index n_frames = check_frames(header, first, *source, frame_samples);
        header.n_frames = n_frames;
        const Format* format = first.format;
        std::int64_t offset = first.byte_offset;
        if (format->number == 8) {
            source = sum_differences(*source, members, frame_samples, n_frames);
            format = std::ranges::find(formats, 32, &Format::number);
            offset = 0;
        }
        // A block of about 16,384 frames, 4 MiB at most; a multiple of 6 frames is a whole number of groups in every
        // format.
        const Index block_frames = std::max<Index>(1, std::min<Index>(2730, (1 << 20) / (6 * frame_samples))) * 6;
        const Index block_bytes = required_bytes(*format, block_frames * frame_samples);
        const Index total_bytes = required_bytes(*format, n_frames * frame_samples);
        const auto file = std::shared_ptr<const SignalFile>(
            new SignalFile{format, frame_samples, block_frames, BlockCache(source, offset, total_bytes, block_bytes)});
        Index start = 0;
        for (const std::size_t j : positions) {
            const SignalLine& line = header.lines[j];
            placed[j] = {file,
                         start,
                         line.samples_per_frame,
                         line.skew,
                         n_frames,
                         first.format->number == 8 ? no_missing : format->missing,
                         line.channel.scaling};
            start += line.samples_per_frame;
        }
    }
    return placed;
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
            recording.events.push_back(std::move(event));
        }
        for (std::string& warning : annotations.warnings) {
            recording.warnings.push_back(path.filename().string() + ": " + std::move(warning));
        }
    }
    std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
}

}  // namespace

Recording read_wfdb(const std::filesystem::path& header_path, const ReadOptions& options) {
    const auto source = open_file(header_path);
    Header header = parse_header(*source);
    if (options.strict && !header.warnings.empty()) {
        throw ParseError(source->name(), 0, header.warnings.front());
    }
    if (header.n_frames > 0 && static_cast<double>(header.n_frames) / header.fs > 9e9) {
        throw ParseError(source->name(), 0,
                         "wanted a duration of less than 9e9 s, got " + std::to_string(header.n_frames) + " samples");
    }
    const std::vector<Placed> placed = place_signals(header_path.parent_path(), header);
    if (static_cast<double>(header.n_frames) / header.fs > 9e9) {
        throw ParseError(source->name(), 0,
                         "wanted a duration of less than 9e9 s, got " + std::to_string(header.n_frames) + " samples");
    }

    Recording recording;
    recording.format = "WFDB";
    recording.identity = std::move(header.identity);
    recording.warnings = std::move(header.warnings);
    std::vector<Index> rates;
    for (const SignalLine& line : header.lines) {
        if (std::ranges::find(rates, line.samples_per_frame) == rates.end()) {
            rates.push_back(line.samples_per_frame);
        }
    }
    for (const Index rate : rates) {
        Signal signal;
        signal.fs = header.fs * static_cast<double>(rate);
        signal.segments = {{0, 0, header.n_frames * rate}};
        std::vector<Placed> channels;
        for (std::size_t i = 0; i < placed.size(); ++i) {
            if (placed[i].samples_per_frame == rate) {
                if (options.strict && header.lines[i].checksum) {
                    verify_checksum(placed[i], header.lines[i], source->name());
                }
                channels.push_back(placed[i]);
                signal.channels.push_back(header.lines[i].channel);
            }
        }
        signal.source = std::make_shared<WfdbSource>(std::move(channels));
        recording.signals.push_back(std::move(signal));
    }
    read_annotators(header_path, options, header.fs, recording);
    return recording;
}

}  // namespace biopotential::inline v0::io
