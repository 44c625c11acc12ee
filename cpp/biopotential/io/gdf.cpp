#include "biopotential/io/gdf.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/bytes_internal.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/raw_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t block_bytes = 256;

struct Layout {
    double version = 0;
    Index n_channels = 0, n_records = 0;
    std::int64_t header_bytes = 0;
    double record_s = 0;
};

struct Line {
    Channel channel;
    RecordChannel place;
};

/// Days since the year 0 in units of 2^-32, to a tenth of a millisecond: the unit is 20 us, and clocks show round
/// times.
std::optional<std::int64_t> parse_moment(std::uint64_t moment) {
    constexpr std::int64_t unix_day = 719'529, day_ns = 86'400'000'000'000, tick_ns = 100'000;
    const auto day = static_cast<std::int64_t>(moment >> 32) - unix_day;
    if (moment == 0 || std::abs(day) > 80'000) {
        return std::nullopt;
    }
    const std::uint64_t seconds = (moment & 0xffffffff) * 86'400;  // in units of 2^-32
    const auto ns =
        static_cast<std::int64_t>((seconds >> 32) * 1'000'000'000 + ((seconds & 0xffffffff) * 1'000'000'000 >> 32));
    return day * day_ns + (ns + tick_ns / 2) / tick_ns * tick_ns;
}

std::string date_text(std::int64_t ns) {
    std::int64_t ignored = 0;
    const CalendarDate date = split_date(ns, ignored);
    return iso_date(date.year, date.month, date.day);
}

/// Unit of a code of ISO/IEEE 11073-10101: a dimension, and a power of ten in the low five bits.
std::string unit_of(std::uint32_t code) {
    constexpr std::pair<std::uint32_t, const char*> dimensions[] = {
        {512, ""},     {544, "%"},     {1280, "m"}, {1728, "g"}, {2176, "s"},   {2496, "Hz"},
        {2720, "bpm"}, {3872, "mmHg"}, {4160, "A"}, {4256, "V"}, {4288, "Ohm"}, {6048, "°C"}};
    constexpr std::pair<std::uint32_t, const char*> factors[] = {{0, ""},   {3, "k"},  {4, "M"},  {17, "c"},
                                                                 {18, "m"}, {19, "u"}, {20, "n"}, {21, "p"}};
    const auto* const dimension =
        std::ranges::find(dimensions, code & ~31U, &std::pair<std::uint32_t, const char*>::first);
    const auto* const factor = std::ranges::find(factors, code & 31U, &std::pair<std::uint32_t, const char*>::first);
    if (dimension == std::end(dimensions) || factor == std::end(factors)) {
        return "";
    }
    return std::string(factor->second) + dimension->second;
}

std::optional<RawType> type_of(std::uint32_t code) {
    constexpr std::pair<std::uint32_t, RawType> types[] = {
        {1, RawType::int8},     {2, RawType::uint8},    {3, RawType::int16},   {4, RawType::uint16},
        {5, RawType::int32},    {6, RawType::uint32},   {7, RawType::int64},   {8, RawType::uint64},
        {16, RawType::float32}, {17, RawType::float64}, {279, RawType::int24}, {535, RawType::uint24}};
    const auto* const type = std::ranges::find(types, code, &std::pair<std::uint32_t, RawType>::first);
    return type == std::end(types) ? std::nullopt : std::optional(type->second);
}

void keep(Identity& identity, const char* key, std::string text) {
    if (!text.empty()) {
        identity.fields[key] = std::move(text);
    }
}

Layout parse_fixed(const HeaderBytes& bytes, Recording& recording, Findings& findings) {
    Layout layout;
    const std::string version = bytes.text(4, 4);
    layout.version = parse_number(trim(version)).value_or(0);
    if (layout.version < 1 || layout.version >= 3) {
        findings.refuse(4, "version: wanted 1.x or 2.x, got " + quote_text(version));
    }
    recording.format = "GDF " + version;
    const bool is_1 = layout.version < 1.9;
    Identity& identity = recording.identity;
    keep(identity, "patient", bytes.text(8, is_1 ? 80 : 66));
    keep(identity, "recording", bytes.text(88, is_1 ? 80 : 64));
    if (is_1) {
        std::string moment = bytes.text(168, 16);
        const std::string as_read = moment;
        moment.resize(16, '0');
        std::ranges::replace(moment, ' ', '0');
        const auto part = [&](std::size_t from, std::size_t n) {
            return static_cast<int>(parse_integer(std::string_view(moment).substr(from, n)).value_or(-1));
        };
        identity.start_ns = moment_ns(part(0, 4), part(4, 2), part(6, 2), part(8, 2), part(10, 2), part(12, 2));
        if (identity.start_ns && part(14, 2) > 0) {
            *identity.start_ns += part(14, 2) * std::int64_t{10'000'000};
        }
        if (!identity.start_ns && !as_read.empty()) {
            findings.note(168, "start: wanted YYYYMMDDhhmmsscc, got " + quote_text(as_read));
        }
        layout.header_bytes = bytes.number<std::int64_t>(184);
        layout.n_channels = bytes.number<std::uint32_t>(252);
    } else {
        identity.start_ns = parse_moment(bytes.number<std::uint64_t>(168));
        if (const auto birth = parse_moment(bytes.number<std::uint64_t>(176))) {
            keep(identity, "birth_date", date_text(*birth));
        }
        const unsigned sex = bytes.number<std::uint8_t>(87) & 3U;
        keep(identity, "sex", sex == 1 ? "M" : sex == 2 ? "F" : "");
        layout.header_bytes = bytes.number<std::uint16_t>(184) * block_bytes;
        layout.n_channels = bytes.number<std::uint16_t>(252);
    }
    layout.n_records = bytes.number<std::int64_t>(236);
    // A fraction at first, one number since 2.21.
    if (layout.version > 2.205) {
        layout.record_s = bytes.number<double>(244);
    } else {
        const auto over = bytes.number<std::uint32_t>(244), under = bytes.number<std::uint32_t>(248);
        layout.record_s = under == 0 ? 0 : static_cast<double>(over) / under;
    }
    if (layout.n_channels < 1 || layout.n_channels > bytes.size() / block_bytes) {
        findings.refuse(252, "channels: wanted 1 to what the header holds, got " + std::to_string(layout.n_channels));
    }
    const std::int64_t least = (layout.n_channels + 1) * block_bytes;
    if (layout.header_bytes < least || layout.header_bytes > bytes.size()) {
        findings.note(184, "header: wanted " + std::to_string(least) + " bytes or more within the file, got " +
                               std::to_string(layout.header_bytes));
        layout.header_bytes = least;
    }
    return layout;
}

std::vector<Line> parse_lines(const HeaderBytes& bytes, const Layout& layout, std::int64_t& record_bytes,
                              Findings& findings) {
    const bool is_1 = layout.version < 1.9;
    const Index n = layout.n_channels;
    std::vector<Line> lines;
    record_bytes = 0;
    for (Index c = 0; c < n; ++c) {
        // Each field stands for all channels before the next one.
        const auto place = [&](std::int64_t before, std::int64_t width) {
            return block_bytes + before * n + width * c;
        };
        Line line;
        Channel& channel = line.channel;
        channel.name = bytes.text(place(0, 16), 16);
        channel.transducer = bytes.text(place(16, 80), 80);
        std::array<double, 4> limits{};  // physical, then digital
        for (int i = 0; i < 4; ++i) {
            const std::int64_t at = place(104 + 8 * i, 8);
            limits[static_cast<std::size_t>(i)] =
                is_1 && i >= 2 ? static_cast<double>(bytes.number<std::int64_t>(at)) : bytes.number<double>(at);
        }
        if (is_1) {
            channel.unit = bytes.text(place(96, 8), 8);
            channel.prefilter = bytes.text(place(136, 80), 80);
        } else {
            const std::uint32_t code = bytes.number<std::uint16_t>(place(102, 2));
            channel.unit = unit_of(code);
            if (channel.unit.empty() && code != 512) {
                channel.unit = bytes.text(place(96, 6), 6);
                channel.header["unit_code"] = std::to_string(code);
            }
            constexpr std::pair<int, const char*> filters[] = {
                {204, "filter_high_hz"}, {208, "filter_low_hz"}, {212, "notch_hz"}};
            for (const auto& [before, key] : filters) {
                const auto hz = bytes.number<float>(place(before, 4));
                if (std::isfinite(hz) && hz > 0) {
                    channel.header[key] = number_text(static_cast<double>(hz));
                }
            }
        }
        const std::int64_t samples_at = place(216, 4), type_at = place(220, 4);
        const auto type = type_of(bytes.number<std::uint32_t>(type_at));
        if (!type) {
            findings.refuse(type_at, "type of channel " + quote_text(channel.name) +
                                         ": wanted 1 to 8, 16, 17, 279 or 535, got " +
                                         std::to_string(bytes.number<std::uint32_t>(type_at)));
        }
        line.place.type = *type;
        line.place.n_samples = bytes.number<std::uint32_t>(samples_at);
        line.place.offset = record_bytes;
        record_bytes += line.place.n_samples * raw_bytes(*type);
        const auto [low, high, digital_low, digital_high] = limits;
        const bool sound = std::ranges::all_of(limits, [](double v) { return std::isfinite(v); }) &&
                           digital_high > digital_low && high != low;
        if (sound && !(low == digital_low && high == digital_high)) {
            const double gain = (high - low) / (digital_high - digital_low);
            channel.scaling.numerator = gain;
            channel.scaling.zero = digital_low - low / gain;
        } else if (!sound && line.place.n_samples > 0) {
            findings.note(place(104, 8),
                          "limits of channel " + quote_text(channel.name) +
                              ": wanted a physical and a digital range, got none; samples are as stored");
        }
        set_type_range(channel, *type);
        const auto clamp = [](double v) {
            return static_cast<std::int32_t>(std::clamp<double>(std::isfinite(v) ? v : 0, INT32_MIN, INT32_MAX));
        };
        if (sound) {
            channel.digital_min = clamp(digital_low);
            channel.digital_max = clamp(digital_high);
            channel.physical_min = low;
            channel.physical_max = high;
        }
        line.place.scaling = channel.scaling;
        lines.push_back(std::move(line));
    }
    return lines;
}

/// Descriptions of the file's own event codes, and who recorded: tag, length, value behind the channels' fields.
std::vector<std::string> parse_tags(const ByteSource& source, const HeaderBytes& bytes, const Layout& layout,
                                    Identity& identity) {
    std::vector<std::string> descriptions;
    std::int64_t at = (layout.n_channels + 1) * block_bytes;
    while (at + 4 <= layout.header_bytes) {
        const unsigned tag = bytes.number<std::uint8_t>(at);
        const auto length = static_cast<std::int64_t>(bytes.whole(at + 1, 3, false));
        if (tag == 0 || length > layout.header_bytes - at - 4) {
            break;
        }
        if (tag == 1) {
            const auto raw = source.read_exactly(at + 4, static_cast<std::size_t>(length));
            const std::string_view text(reinterpret_cast<const char*>(raw.data()), raw.size());
            for (std::size_t from = 0; from < text.size() && descriptions.size() < 256;) {
                const std::size_t end = std::min(text.find('\0', from), text.size());
                descriptions.push_back(to_utf8(text.substr(from, end - from)));
                from = end + 1;
            }
        } else if (tag == 3) {
            keep(identity, "manufacturer", bytes.text(at + 4, length));
        } else if (tag == 6 || tag == 7) {
            keep(identity, tag == 6 ? "technician" : "institution", bytes.text(at + 4, length));
        }
        at += 4 + length;
    }
    return descriptions;
}

void parse_events(const HeaderBytes& bytes, const Layout& layout, std::int64_t at, double highest_fs,
                  const std::vector<std::string>& descriptions, const std::vector<int>& channel_of,
                  Recording& recording, Findings& findings) {
    constexpr std::int64_t head = 8;
    if (at >= bytes.size()) {
        return;  // the table may be missing
    }
    if (bytes.size() - at < head) {
        findings.note(at, "event table: wanted 8 bytes or more, got " + std::to_string(bytes.size() - at));
        return;
    }
    const unsigned mode = bytes.number<std::uint8_t>(at);
    std::int64_t n = 0;
    double fs = 0;
    if (layout.version < 1.94) {
        fs = static_cast<double>(bytes.whole(at + 1, 3, false));
        n = bytes.number<std::uint32_t>(at + 4);
    } else {
        n = static_cast<std::int64_t>(bytes.whole(at + 1, 3, false));
        fs = static_cast<double>(bytes.number<float>(at + 4));
    }
    const bool has_length = (mode & 2) != 0;
    const std::int64_t held = (bytes.size() - at - head) / (has_length ? 12 : 6);
    if (n > held) {
        findings.note(at, "event table: wanted " + std::to_string(n) + " events, got " + std::to_string(held));
        // The columns stand behind each other: without all of the first, the second can't be found.
        return;
    }
    if (n > 0 && (!(fs > 0) || fs > 1e9)) {
        findings.note(at, "event table: wanted a sampling rate > 0, got " + number_text(fs));
        fs = highest_fs;
    }
    at += head;
    std::int64_t n_beyond = 0;
    std::map<std::pair<unsigned, unsigned>, std::size_t> open;  // code and channel to the event that has no end yet
    for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t position = bytes.number<std::uint32_t>(at + 4 * i);
        const unsigned code = bytes.number<std::uint16_t>(at + 4 * n + 2 * i);
        const unsigned channel = has_length ? bytes.number<std::uint16_t>(at + 6 * n + 2 * i) : 0;
        const std::uint32_t length = has_length ? bytes.number<std::uint32_t>(at + 8 * n + 4 * i) : 0;
        constexpr double latest_s = 9e9;  // what 64 bits hold in ns
        if (static_cast<double>(position) + length > latest_s * fs) {
            ++n_beyond;
            continue;
        }
        const std::int64_t onset_ns = to_ns(std::max<std::int64_t>(position - 1, 0), fs);
        constexpr unsigned end_bit = 0x8000, sparse_sample = 0x7fff;
        if ((code & end_bit) != 0) {
            if (const auto begun = open.find({code & ~end_bit, channel}); begun != open.end()) {
                Event& event = recording.events[begun->second];
                event.duration_ns = std::max<std::int64_t>(onset_ns - event.onset_ns, 0);
                open.erase(begun);
                continue;
            }
        }
        Event event;
        event.onset_ns = onset_ns;
        event.code = static_cast<int>(code);
        event.label = code < descriptions.size() && code > 0 && !descriptions[code].empty() ? descriptions[code]
                                                                                            : std::to_string(code);
        event.source = "GDF";
        if (code == sparse_sample) {
            event.aux = std::to_string(length);  // a sample of a channel without a rate, as it is stored
        } else {
            event.duration_ns = to_ns(length, fs);
        }
        if (channel >= 1 && channel <= channel_of.size() && channel_of[channel - 1] >= 0) {
            event.channels = {channel_of[channel - 1]};
        }
        if (!has_length) {
            open[{code, channel}] = recording.events.size();
        }
        recording.events.push_back(std::move(event));
    }
    if (n_beyond > 0) {
        findings.note(at, "event table: wanted times within 285 years, got " + std::to_string(n_beyond) +
                              " events beyond, which are left out");
    }
    std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
}

}  // namespace

Recording read_gdf(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    const HeaderBytes bytes(*source);
    Recording recording;
    Layout layout = parse_fixed(bytes, recording, findings);
    std::int64_t record_bytes = 0;
    std::vector<Line> lines = parse_lines(bytes, layout, record_bytes, findings);
    const std::vector<std::string> descriptions = parse_tags(*source, bytes, layout, recording.identity);
    if (record_bytes < 1) {
        findings.refuse(block_bytes + 216 * layout.n_channels, "samples in a record: wanted some, got none");
    }
    const Index held = (source->size() - layout.header_bytes) / record_bytes;
    const bool is_cut = layout.n_records < 0 || layout.n_records > held;
    if (is_cut) {
        if (layout.n_records != -1) {
            findings.note(236, "records: wanted " + std::to_string(layout.n_records) + ", what the header says, got " +
                                   std::to_string(held) + " in the file");
        }
        layout.n_records = held;
    }
    if (!(layout.record_s > 1e-9) || layout.record_s > 1e9) {
        findings.note(
            244, "duration of a record: wanted seconds > 0, got " + number_text(layout.record_s) + "; 1 s is taken");
        layout.record_s = 1;
    }
    // One signal per rate, in the order of the channels.
    std::vector<Index> rates;
    for (const Line& line : lines) {
        if (line.place.n_samples > 0 && std::ranges::find(rates, line.place.n_samples) == rates.end()) {
            rates.push_back(line.place.n_samples);
        }
    }
    std::vector<int> channel_of(lines.size(), -1);
    int n_placed = 0;
    double highest_fs = 0;
    const std::int64_t data_end = layout.header_bytes + layout.n_records * record_bytes;
    for (const Index rate : rates) {
        Signal signal;
        const double fs = static_cast<double>(rate) / layout.record_s;
        // 0.005 s has no exact number; 1 in 0.005 s means 200 Hz.
        signal.fs = std::abs(fs - std::round(fs)) < 1e-9 * fs ? std::round(fs) : fs;
        highest_fs = std::max(highest_fs, signal.fs);
        std::vector<RecordChannel> places;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (lines[i].place.n_samples == rate) {
                channel_of[i] = n_placed++;
                places.push_back(lines[i].place);
                signal.channels.push_back(std::move(lines[i].channel));
            }
        }
        signal.segments = {{0, 0, layout.n_records * rate}};
        signal.source = make_record_source(source, record_bytes, false, std::move(places),
                                           {{layout.header_bytes, layout.n_records}});
        recording.signals.push_back(std::move(signal));
    }
    if (!is_cut) {  // else no table stands behind the records
        parse_events(bytes, layout, data_end, highest_fs, descriptions, channel_of, recording, findings);
    }
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
