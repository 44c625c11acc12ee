#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/edf_layout_internal.hpp"
#include "biopotential/io/output_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr const char* function = "write_edf";
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t longest_record_bytes = 10'000'000;

/// Length of a record, and how many samples of each signal it holds.
struct Records {
    std::string duration_text = "1";
    std::int64_t duration_ns = second_ns;
    std::vector<Index> samples;
};

/// A number as fixed-point text of at most eight characters that reads back exactly; empty where there is none.
std::string exact_text(double value) {
    char buffer[64];
    for (int decimals = 0; decimals <= 7; ++decimals) {
        const int n = std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
        if (n > 8) {
            break;
        }
        const std::string text(buffer, static_cast<std::size_t>(n));
        if (parse_number(text) == value) {
            return text;
        }
    }
    // The quotient of two numbers seldom is a short decimal itself; the nearest one may still give the rate back.
    const auto nearest = eight_characters(value, Rounding::nearest);
    return nearest.value_or("");
}

/// Records of that length, if they hold every rate exactly. Samples fill them, up to the last one where that is
/// `padded`.
std::optional<Records> fit(const std::vector<Signal>& signals, const std::string& text, int sample_bytes, bool padded) {
    const auto duration = parse_number(text);
    if (text.empty() || text.size() > 8 || !duration || !(*duration > 0)) {
        return std::nullopt;
    }
    Records records{text, std::llround(*duration * 1e9), {}};
    std::int64_t bytes = 0;
    for (const Signal& signal : signals) {
        const double exact = signal.fs * *duration;
        if (!(exact > 0.5) || exact > 5e7) {
            return std::nullopt;
        }
        const auto n = static_cast<Index>(std::llround(exact));
        if (static_cast<double>(n) / *duration != signal.fs) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i < signal.segments.size(); ++i) {
            if (signal.segments[i].n % n != 0 && !(padded && i + 1 == signal.segments.size())) {
                return std::nullopt;
            }
        }
        records.samples.push_back(n);
        bytes += n * signal.n_channels() * sample_bytes;
    }
    return bytes <= longest_record_bytes ? std::optional(records) : std::nullopt;
}

Records choose_records(const std::vector<Signal>& signals, int sample_bytes) {
    std::vector<std::string> candidates;
    const Signal& first = signals.front();
    if (const auto kept = first.channels.empty() ? std::map<std::string, std::string>::const_iterator{}
                                                 : first.channels.front().header.find("record_duration");
        !first.channels.empty() && kept != first.channels.front().header.end()) {
        candidates.push_back(kept->second);
    }
    candidates.emplace_back("1");
    Index common = 0;
    for (const Segment& segment : first.segments) {
        common = std::gcd(common, segment.n);
    }
    std::vector<Index> divisors;
    for (Index d = 1; d <= common / d && d < 10'000'000; ++d) {
        if (common % d == 0) {
            divisors.push_back(d);
            divisors.push_back(common / d);
        }
    }
    const auto distance = [&](Index n) { return std::abs(std::log(static_cast<double>(n) / first.fs)); };
    std::ranges::stable_sort(divisors, {}, distance);
    for (const Index n : divisors) {
        candidates.push_back(exact_text(static_cast<double>(n) / first.fs));
    }
    for (const bool padded : {false, true}) {
        for (const std::string& candidate : candidates) {
            if (auto records = fit(signals, candidate, sample_bytes, padded)) {
                return *std::move(records);
            }
        }
        candidates.insert(candidates.end(), {"2", "5", "10", "0.5", "0.2", "0.1", "0.01", "0.001"});
    }
    throw_invalid(function, "stretches that are whole numbers of records for every rate (EDF has no shorter ones)",
                  std::to_string(first.n_samples()) + " samples at " + number_text(first.fs) + " Hz");
}

std::string seconds_text(std::int64_t ns, bool sign) {
    const std::int64_t magnitude = std::abs(ns);
    char buffer[48];
    const int n =
        std::snprintf(buffer, sizeof buffer, "%s%lld.%09lld",
                      ns < 0 ? "-"
                      : sign ? "+"
                             : "",
                      static_cast<long long>(magnitude / second_ns), static_cast<long long>(magnitude % second_ns));
    std::string text(buffer, static_cast<std::size_t>(n));
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') {
        text.pop_back();
    }
    return text;
}

std::string tal_text(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\x14' || c == '\x15' || c == '\0'; }, ' ');
    return text;
}

std::string event_tal(const Event& event, std::int64_t base_ns, const std::vector<std::string>& names) {
    std::string tal = seconds_text(event.onset_ns + base_ns, true);
    if (event.duration_ns > 0) {
        tal += '\x15';
        tal += seconds_text(event.duration_ns, false);
    }
    std::string text = event.aux.empty() ? event.label : event.label + " " + event.aux;
    if (event.channels.size() == 1 && event.channels.front() >= 0 &&
        static_cast<std::size_t>(event.channels.front()) < names.size()) {
        text += "@@" + names[static_cast<std::size_t>(event.channels.front())];
    }
    // An empty text would keep time, not mark an event.
    text = tal_text(text.empty() ? " " : text);
    tal += '\x14';
    tal += text;
    tal += '\x14';
    tal += '\0';
    return tal;
}

/// Annotation bytes of every record, all of one size.
std::vector<std::string> pack_annotations(const std::vector<std::int64_t>& onsets_ns,
                                          const std::vector<std::string>& tals, int sample_bytes) {
    std::vector<std::string> keepers;
    std::size_t longest_keeper = 0, longest_tal = 0, total = 0;
    for (const std::int64_t onset : onsets_ns) {
        std::string keeper = seconds_text(onset, true);
        keeper += "\x14\x14";
        keeper += '\0';
        longest_keeper = std::max(longest_keeper, keeper.size());
        keepers.push_back(std::move(keeper));
    }
    for (const std::string& tal : tals) {
        longest_tal = std::max(longest_tal, tal.size());
        total += tal.size();
    }
    if (keepers.empty()) {
        return {};
    }
    // Events go to the records one after the other: any record may hold any event.
    std::size_t capacity = longest_keeper + longest_tal + total / keepers.size();
    while (true) {
        capacity += (static_cast<std::size_t>(sample_bytes) - capacity % static_cast<std::size_t>(sample_bytes)) %
                    static_cast<std::size_t>(sample_bytes);
        std::vector<std::string> out = keepers;
        std::size_t next = 0;
        for (std::string& record : out) {
            while (next < tals.size() && record.size() + tals[next].size() <= capacity) {
                record += tals[next++];
            }
            record.resize(capacity);
        }
        if (next == tals.size()) {
            return out;
        }
        capacity += capacity / 2;
    }
}

std::string field(std::string_view text, std::size_t width) {
    std::string out(text.substr(0, width));
    std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    out.resize(width, ' ');
    return out;
}

std::string kept_field(const Identity& identity, const char* key) {
    const auto found = identity.fields.find(key);
    return found == identity.fields.end() ? "" : found->second;
}

/// Local patient identification: EDF+'s subfields are kept, other text becomes the last of them.
std::string patient_field(const Recording& recording, bool is_plus) {
    std::string text = kept_field(recording.identity, "patient");
    if (is_plus && !text.empty()) {
        return text;
    }
    std::ranges::replace(text, ' ', '_');
    return "X X X " + (text.empty() ? "X" : text);
}

std::string recording_field(const Recording& recording, const std::string& date) {
    std::string text = kept_field(recording.identity, "recording");
    if (text.starts_with("Startdate ")) {
        return text;
    }
    std::ranges::replace(text, ' ', '_');
    return "Startdate " + date + " X X " + (text.empty() ? "X" : text);
}

struct Start {
    std::string date = "01.01.85", time = "00.00.00", long_date = "X";
    std::int64_t fraction_ns = 0;
};

Start start_of(const Identity& identity) {
    Start start;
    if (!identity.start_ns) {
        return start;
    }
    constexpr const char* months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                      "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    std::int64_t ns = 0;
    const CalendarDate date = split_date(*identity.start_ns, ns);
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%02d-%s-%04d", date.day, months[date.month - 1], date.year);
    start.long_date = buffer;
    std::snprintf(buffer, sizeof buffer, "%02d.%02d.%02d", date.day, date.month, date.year % 100);
    start.date = buffer;
    if (date.year < 1985 || date.year > 2084) {
        start.date.replace(6, 2, "yy");  // what the two digits cannot say stands in the recording field
    }
    const std::int64_t seconds = ns / second_ns;
    std::snprintf(buffer, sizeof buffer, "%02d.%02d.%02d", static_cast<int>(seconds / 3600),
                  static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
    start.time = buffer;
    start.fraction_ns = ns % second_ns;
    return start;
}

/// Physical limits of a channel as text: the file's own where they still hold, else from the scaling.
void set_limits(Channel& channel, const SampleRange& range, int sample_bytes) {
    const std::int32_t low = sample_bytes == 2 ? -32768 : -8388608;
    const std::int32_t high = -(low + 1);
    const auto kept = [&](const char* key, double value) {
        const auto text = channel.header.find(key);
        return text != channel.header.end() && text->second.size() <= 8 && parse_number(text->second) == value;
    };
    const double steps = static_cast<double>(channel.digital_max) - channel.digital_min;
    const double gain = (channel.physical_max - channel.physical_min) / steps;
    if (kept("physical_min", channel.physical_min) && kept("physical_max", channel.physical_max) &&
        channel.digital_min >= low && channel.digital_max <= high && gain == channel.scaling.numerator &&
        channel.scaling.denominator == 1) {
        return;
    }
    if (channel.digital_min < low || channel.digital_max > high || channel.digital_min >= channel.digital_max ||
        (range.any && (range.digital_min < channel.digital_min || range.digital_max > channel.digital_max))) {
        channel.digital_min = low;
        channel.digital_max = high;
    }
    const auto limit_text = [&](double value) {
        // Next to a limit of hundreds, what is below a part in 1e9 of it is rounding of zero.
        const double size =
            std::abs(channel.scaling(channel.digital_max)) + std::abs(channel.scaling(channel.digital_min));
        const auto text = eight_characters(std::abs(value) < 1e-9 * size ? 0 : value, Rounding::nearest);
        if (!text) {
            throw_invalid(function,
                          "a gain of channel " + channel.name +
                              " whose physical limits eight characters hold (choose another unit)",
                          number_text(value) + " " + channel.unit);
        }
        return *text;
    };
    channel.header["physical_min"] = limit_text(channel.scaling(channel.digital_min));
    channel.header["physical_max"] = limit_text(channel.scaling(channel.digital_max));
}

struct OutChannel {
    Channel channel;
    std::size_t signal;
    Index index;
};

std::string header_text(const Recording& recording, const std::vector<OutChannel>& channels, const Records& records,
                        const Start& start, bool bdf, bool discontinuous, std::size_t n_records,
                        std::size_t annotation_samples) {
    const std::string prefix = bdf ? "BDF" : "EDF";
    const std::size_t n = channels.size() + 1;
    const bool is_plus = recording.format.starts_with("EDF+") || recording.format.starts_with("BDF+");
    std::string text = bdf ? std::string(
                                 "\xff"
                                 "BIOSEMI")
                           : field("0", 8);
    text += field(patient_field(recording, is_plus), 80) + field(recording_field(recording, start.long_date), 80) +
            field(start.date, 8) + field(start.time, 8);
    text += field(std::to_string(256 * (n + 1)), 8) + field(prefix + (discontinuous ? "+D" : "+C"), 44) +
            field(std::to_string(n_records), 8);
    text += field(channels.empty() ? "0" : records.duration_text, 8) + field(std::to_string(n), 4);
    const auto column = [&](std::size_t width, const auto& of_channel, const std::string& of_annotations) {
        for (const OutChannel& out : channels) {
            text += field(of_channel(out), width);
        }
        text += field(of_annotations, width);
    };
    column(16, [](const OutChannel& out) { return out.channel.name; }, prefix + " Annotations");
    column(80, [](const OutChannel& out) { return out.channel.transducer; }, "");
    column(8, [](const OutChannel& out) { return out.channel.unit; }, "");
    column(8, [](const OutChannel& out) { return out.channel.header.at("physical_min"); }, "-1");
    column(8, [](const OutChannel& out) { return out.channel.header.at("physical_max"); }, "1");
    column(
        8, [](const OutChannel& out) { return std::to_string(out.channel.digital_min); }, bdf ? "-8388608" : "-32768");
    column(8, [](const OutChannel& out) { return std::to_string(out.channel.digital_max); }, bdf ? "8388607" : "32767");
    column(80, [](const OutChannel& out) { return out.channel.prefilter; }, "");
    column(
        8, [&](const OutChannel& out) { return std::to_string(records.samples[out.signal]); },
        std::to_string(annotation_samples));
    column(
        32,
        [](const OutChannel& out) {
            const auto kept = out.channel.header.find("reserved");
            return kept == out.channel.header.end() ? std::string() : kept->second;
        },
        "");
    return text;
}

/// Onset of each record from the first one's, the gaps included; every signal must agree.
std::vector<std::int64_t> record_onsets(const std::vector<Signal>& signals, const Records& records) {
    std::vector<std::int64_t> onsets;
    for (std::size_t s = 0; s < signals.size(); ++s) {
        std::vector<std::int64_t> of_signal;
        for (const Segment& segment : signals[s].segments) {
            for (Index r = 0; r * records.samples[s] < segment.n; ++r) {
                of_signal.push_back(segment.t0_ns + r * records.duration_ns);
            }
        }
        if (s == 0) {
            onsets = std::move(of_signal);
        } else if (onsets != of_signal) {
            throw_invalid(function, "signals that start, stop and pause together", "signals that do not");
        }
    }
    return onsets;
}

/// Where the samples end, if that is within a record; every signal must agree.
std::optional<std::int64_t> end_within_record(const std::vector<Signal>& signals, const Records& records) {
    std::optional<std::int64_t> end_ns;
    for (std::size_t s = 0; s < signals.size(); ++s) {
        const Segment& last = signals[s].segments.back();
        if (last.n % records.samples[s] != 0 && !end_ns) {
            end_ns = last.t0_ns + to_ns(last.n, signals[s].fs);
        }
    }
    for (const Signal& signal : signals) {
        const Segment& last = signal.segments.back();
        if (end_ns && to_sample(*end_ns - last.t0_ns, signal.fs) != last.n) {
            throw_invalid(function, "signals that end together", "signals that do not");
        }
    }
    return end_ns;
}

}  // namespace

void write_edf(const Recording& recording, const std::filesystem::path& path) {
    const bool bdf = path.extension() == ".bdf";
    const int sample_bytes = bdf ? 3 : 2;
    std::vector<Signal> signals;
    std::vector<OutChannel> channels;
    std::vector<std::string> names;
    bool has_gaps = false;
    for (const Signal& signal : recording.signals) {
        if (signal.segments.empty()) {
            throw_invalid(function, "signals of at least one segment", "one of none");
        }
        std::vector<SampleRange> ranges = scan_samples(signal);
        const std::int64_t limit = std::int64_t{1} << (8 * sample_bytes - 1);
        for (std::size_t c = 0; c < ranges.size(); ++c) {
            const std::string& name = signal.channels[c].name;
            if (ranges[c].has_missing) {
                throw_invalid(function,
                              "samples that are there (EDF has no code for a missing one; HDF5 and WFDB have)",
                              "NaN in channel " + name);
            }
            if (signal.source->has_digital() && ranges[c].any &&
                (ranges[c].digital_min < -limit || ranges[c].digital_max >= limit)) {
                throw_invalid(function, "digital samples of " + std::to_string(8 * sample_bytes) + " bits",
                              "larger ones in channel " + name);
            }
        }
        for (const Channel& channel : signal.channels) {
            if (channel.name.size() > 16 || channel.unit.size() > 8 || channel.name == "EDF Annotations" ||
                channel.name == "BDF Annotations") {
                throw_invalid(function,
                              "channel names of at most 16 bytes that are not EDF's own, and units of at most 8",
                              channel.name + " in " + channel.unit);
            }
        }
        signals.push_back(digitize(function, signal, ranges, 8 * sample_bytes));
        has_gaps = has_gaps || signal.segments.size() > 1;
        for (std::size_t c = 0; c < signals.back().channels.size(); ++c) {
            Channel channel = signals.back().channels[c];
            set_limits(channel, signal.source->has_digital() ? ranges[c] : SampleRange{}, sample_bytes);
            names.push_back(channel.name);
            channels.push_back({std::move(channel), signals.size() - 1, static_cast<Index>(c)});
        }
    }
    if (channels.size() > 9998) {
        throw_invalid(function, "at most 9998 channels", std::to_string(channels.size()));
    }
    const Records records = signals.empty() ? Records{} : choose_records(signals, sample_bytes);
    std::vector<std::int64_t> onsets = signals.empty() ? std::vector<std::int64_t>{0} : record_onsets(signals, records);
    if (onsets.empty() && !recording.events.empty()) {
        throw_invalid(function, "samples, or no events", "events without a sample");
    }
    if (onsets.size() > 99'999'999) {
        throw_invalid(function, "at most 99999999 records", std::to_string(onsets.size()));
    }
    const Start start = start_of(recording.identity);
    for (std::int64_t& onset : onsets) {
        onset += start.fraction_ns;
    }
    std::vector<std::string> tals;
    for (const Event& event : recording.events) {
        tals.push_back(event_tal(event, start.fraction_ns, names));
    }
    if (const auto end_ns = end_within_record(signals, records)) {
        Event end;
        end.onset_ns = *end_ns;
        end.label = end_of_samples;
        tals.push_back(event_tal(end, start.fraction_ns, {}));
    }
    const std::vector<std::string> annotations = pack_annotations(onsets, tals, sample_bytes);
    const std::size_t annotation_samples =
        annotations.empty() ? 57 : annotations.front().size() / static_cast<std::size_t>(sample_bytes);

    OutputFile file(path);
    file.write(header_text(recording, channels, records, start, bdf, has_gaps, onsets.size(), annotation_samples));
    std::vector<std::int32_t> samples;
    std::string bytes;
    for (std::size_t r = 0; r < onsets.size(); ++r) {
        bytes.clear();
        for (const OutChannel& out : channels) {
            const Index n = records.samples[out.signal];
            samples.resize(static_cast<std::size_t>(n));
            const Index first = static_cast<Index>(r) * n;
            const auto held = static_cast<std::size_t>(std::min(n, signals[out.signal].n_samples() - first));
            signals[out.signal].source->read_digital(out.index, first, std::span(samples).first(held));
            std::fill(samples.begin() + static_cast<std::ptrdiff_t>(held), samples.end(), samples[held - 1]);
            for (const std::int32_t sample : samples) {
                for (int shift = 0; shift < 8 * sample_bytes; shift += 8) {
                    bytes += static_cast<char>(static_cast<std::uint32_t>(sample) >> shift & 0xff);
                }
            }
        }
        bytes += annotations[r];
        file.write(bytes);
    }
    file.commit();
}

}  // namespace biopotential::inline v0::io
