#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numeric>
#include <ranges>

#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/edf_layout_internal.hpp"
#include "biopotential/io/edf_tal_internal.hpp"
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

/// Records of that length, if they hold every rate exactly. Samples fill them, up to the last one of each stretch
/// where that is `padded`.
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
            const Segment& segment = signal.segments[i];
            if (segment.n % n == 0) {
                continue;
            }
            // What fills the last record of a stretch must end before the next one starts.
            const std::int64_t filled_ns = segment.t0_ns + (segment.n / n + 1) * records.duration_ns;
            if (!padded || (i + 1 < signal.segments.size() && signal.segments[i + 1].t0_ns < filled_ns)) {
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
    // Each record carries its own time: those far from a second are the last resort.
    std::vector<std::string> extreme;
    for (const Index n : divisors) {
        const double duration_s = static_cast<double>(n) / first.fs;
        (duration_s > 0.05 && duration_s < 60 ? candidates : extreme).push_back(exact_text(duration_s));
    }
    const auto search = [&](const std::vector<std::string>& of, bool padded) -> std::optional<Records> {
        for (const std::string& candidate : of) {
            if (auto records = fit(signals, candidate, sample_bytes, padded)) {
                return records;
            }
        }
        return std::nullopt;
    };
    if (auto records = search(candidates, false)) {
        return *std::move(records);
    }
    candidates.insert(candidates.end(), {"2", "5", "10", "0.5", "0.2", "0.1", "0.01", "0.001"});
    if (auto records = search(candidates, true)) {
        return *std::move(records);
    }
    if (auto records = search(extreme, false)) {
        return *std::move(records);
    }
    if (auto records = search(extreme, true)) {
        return *std::move(records);
    }
    throw_invalid(function, "stretches that are whole numbers of records for every rate (EDF has no shorter ones)",
                  std::to_string(first.n_samples()) + " samples at " + number_text(first.fs) + " Hz");
}

std::string tal_text(std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\x14' || c == '\x15' || c == '\0'; }, ' ');
    return text;
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

std::int32_t lowest_sample(int sample_bytes) {
    return sample_bytes == 2 ? -32768 : -8388608;
}

/// Whether the limits that stand in the file that a channel came from still hold.
bool keeps_limits(const Channel& channel, int sample_bytes) {
    const auto kept = [&](const char* key, double value) {
        const auto text = channel.header.find(key);
        return text != channel.header.end() && text->second.size() <= 8 && parse_number(text->second) == value;
    };
    const double steps = static_cast<double>(channel.digital_max) - channel.digital_min;
    const double gain = (channel.physical_max - channel.physical_min) / steps;
    const std::int32_t low = lowest_sample(sample_bytes);
    return kept("physical_min", channel.physical_min) && kept("physical_max", channel.physical_max) &&
           channel.digital_min >= low && channel.digital_max <= -(low + 1) && gain == channel.scaling.numerator &&
           channel.scaling.denominator == 1;
}

/// Whether nothing needs to be known of a signal's samples to write them: they fit, none is missing, the limits stand.
bool is_known(const Signal& signal, int sample_bytes) {
    if (!signal.source->has_digital() || signal.source->digital_bits() > 8 * sample_bytes) {
        return false;
    }
    for (Index c = 0; c < signal.n_channels(); ++c) {
        if (signal.source->may_miss(c) || !keeps_limits(signal.channels[static_cast<std::size_t>(c)], sample_bytes)) {
            return false;
        }
    }
    return true;
}

/// Physical limits of a channel as text: the file's own where they still hold, else from the scaling.
void set_limits(Channel& channel, const SampleRange& range, int sample_bytes) {
    if (keeps_limits(channel, sample_bytes)) {
        return;
    }
    const std::int32_t low = lowest_sample(sample_bytes), high = -(low + 1);
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
    std::optional<std::int32_t> replaced;  ///< a code for missing that the sample before replaces
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

/// One record of the file: its onset from the first one's, and for each signal where its samples start and how many
/// there are.
struct OutRecord {
    std::int64_t onset_ns = 0;
    std::vector<std::pair<Index, Index>> samples;
};

/// The records, stretch after stretch; every signal must agree on when they start.
std::vector<OutRecord> out_records(const std::vector<Signal>& signals, const Records& records) {
    std::vector<OutRecord> out;
    for (std::size_t s = 0; s < signals.size(); ++s) {
        std::size_t r = 0;
        for (const Segment& segment : signals[s].segments) {
            for (Index at = 0; at < segment.n; at += records.samples[s], ++r) {
                const std::int64_t onset = segment.t0_ns + at / records.samples[s] * records.duration_ns;
                if (s == 0) {
                    out.push_back({onset, {}});
                }
                if (r >= out.size() || out[r].onset_ns != onset) {
                    throw_invalid(function, "signals that start, stop and pause together", "signals that do not");
                }
                out[r].samples.emplace_back(segment.first + at, std::min(records.samples[s], segment.n - at));
            }
        }
        if (r != out.size()) {
            throw_invalid(function, "signals that start, stop and pause together", "signals that do not");
        }
    }
    return out;
}

/// Where stretches end within a record; every signal must agree.
std::vector<std::int64_t> ends_within_records(const std::vector<Signal>& signals, const Records& records) {
    std::vector<std::int64_t> ends;
    for (std::size_t i = 0; !signals.empty() && i < signals.front().segments.size(); ++i) {
        std::optional<std::int64_t> end_ns;
        for (std::size_t s = 0; s < signals.size(); ++s) {
            const Segment& segment = signals[s].segments[i];
            if (segment.n % records.samples[s] != 0 && !end_ns) {
                end_ns = segment.t0_ns + to_ns(segment.n, signals[s].fs);
            }
        }
        for (const Signal& signal : signals) {
            const Segment& segment = signal.segments[i];
            if (end_ns && to_sample(*end_ns - segment.t0_ns, signal.fs) != segment.n) {
                throw_invalid(function, "signals that end together", "signals that do not");
            }
        }
        if (end_ns) {
            ends.push_back(*end_ns);
        }
    }
    return ends;
}

/// Text of at most `width` bytes, cut at a character's start.
std::string cut_text(const std::string& text, std::size_t width) {
    std::size_t n = std::min(text.size(), width);
    while (n < text.size() && n > 0 && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) {
        --n;
    }
    return text.substr(0, n);
}

/// A name of at most 16 bytes that no other channel has yet.
std::string short_name(const std::string& name, const std::vector<std::string>& taken) {
    constexpr std::size_t width = 16;
    std::string cut = cut_text(name, width);
    for (int k = 2; name.size() > width && std::ranges::find(taken, cut) != taken.end(); ++k) {
        const std::string number = "~" + std::to_string(k);
        cut = cut_text(name, width - number.size()) + number;
    }
    return cut;
}

/// An annotation for each stretch of missing samples of a channel.
void add_missing(const Signal& signal, Index channel, std::size_t number, std::vector<Event>& out) {
    constexpr Index block = 1 << 14;
    constexpr std::size_t most = 1'000'000;
    std::vector<double> samples(block);
    for (const Segment& segment : signal.segments) {
        Index run = -1;
        const auto close = [&](Index end) {
            if (run >= 0) {
                Event event;
                event.onset_ns = segment.t0_ns + to_ns(run, signal.fs);
                event.duration_ns = segment.t0_ns + to_ns(end, signal.fs) - event.onset_ns;
                event.label = std::string(missing_samples) + std::to_string(number);
                out.push_back(std::move(event));
                run = -1;
            }
        };
        for (Index first = 0; first < segment.n; first += block) {
            const auto n = static_cast<std::size_t>(std::min(block, segment.n - first));
            signal.source->read(channel, segment.first + first, std::span(samples).first(n));
            for (std::size_t i = 0; i < n; ++i) {
                if (!std::isnan(samples[i])) {
                    close(first + static_cast<Index>(i));
                } else if (run < 0) {
                    run = first + static_cast<Index>(i);
                }
            }
        }
        close(segment.n);
        if (out.size() > most) {
            throw_invalid(function, "at most 1000000 stretches of missing samples (HDF5 and WFDB hold more)", "more");
        }
    }
}

BIOPOTENTIAL_CLONES void pack_16(const std::int32_t* samples, std::size_t n, std::byte* to) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto sample = static_cast<std::int16_t>(samples[i]);
        std::memcpy(to + 2 * i, &sample, 2);
    }
}

void pack_24(const std::int32_t* samples, std::size_t n, std::byte* to) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto bits = static_cast<std::uint32_t>(samples[i]);
        to[3 * i] = static_cast<std::byte>(bits);
        to[3 * i + 1] = static_cast<std::byte>(bits >> 8);
        to[3 * i + 2] = static_cast<std::byte>(bits >> 16);
    }
}

/// Puts records together and writes them, many at once on all threads.
struct RecordWriter {
    const std::vector<Signal>& signals;
    const std::vector<OutChannel>& channels;
    const Records& records;
    const std::vector<OutRecord>& rows;
    const std::vector<std::string>& annotations;
    int sample_bytes;

    void write(OutputFile& file, std::int64_t at) const {
        std::size_t record_bytes = annotations.empty() ? 0 : annotations.front().size();
        for (const OutChannel& out : channels) {
            record_bytes += static_cast<std::size_t>(records.samples[out.signal] * sample_bytes);
        }
        // So few that their samples stay in the cache between the steps.
        constexpr std::size_t task_bytes = 1 << 19;
        const std::size_t per_task = std::max<std::size_t>(1, task_bytes / std::max<std::size_t>(1, record_bytes));
        const std::size_t n_tasks = (rows.size() + per_task - 1) / per_task;
        std::atomic<std::size_t> next{0};
        parallel_for(std::min<Index>(num_threads(), static_cast<Index>(n_tasks)), [&](Index /*worker*/) {
            std::vector<std::byte> bytes(per_task * record_bytes);
            std::vector<std::vector<std::int32_t>> samples(signals.size());
            for (std::size_t task = next++; task < n_tasks; task = next++) {
                const std::size_t first = task * per_task, end = std::min(rows.size(), first + per_task);
                for (std::size_t r = first; r < end;) {
                    const std::size_t n = n_contiguous(r, end);
                    put_records(r, n, bytes.data() + (r - first) * record_bytes, record_bytes, samples);
                    r += n;
                }
                file.write_at(at + static_cast<std::int64_t>(first * record_bytes),
                              std::span(bytes).first((end - first) * record_bytes));
            }
        });
    }

  private:
    /// How many records from `r` on, before `end`, continue each other in every signal.
    [[nodiscard]] std::size_t n_contiguous(std::size_t r, std::size_t end) const {
        const auto follows = [&](std::size_t next) {
            for (std::size_t s = 0; s < signals.size(); ++s) {
                const auto [first, held] = rows[next - 1].samples[s];
                if (held != records.samples[s] || rows[next].samples[s].first != first + held) {
                    return false;
                }
            }
            return true;
        };
        std::size_t next = r + 1;
        while (next < end && follows(next)) {
            ++next;
        }
        return next - r;
    }

    /// Records [r, r + n), which continue each other.
    void put_records(std::size_t r, std::size_t n, std::byte* to, std::size_t record_bytes,
                     std::vector<std::vector<std::int32_t>>& of_signals) const {
        // All channels of a signal at once: its source may interleave them.
        for (std::size_t s = 0; s < signals.size(); ++s) {
            const auto n_channels = static_cast<std::size_t>(signals[s].n_channels());
            const std::size_t width = n * static_cast<std::size_t>(records.samples[s]);
            const auto [last, held] = rows[r + n - 1].samples[s];
            const Index first = rows[r].samples[s].first;
            of_signals[s].resize(n_channels * width);
            std::vector<Index> numbers(n_channels);
            std::iota(numbers.begin(), numbers.end(), Index{0});
            std::vector<std::span<std::int32_t>> parts;
            parts.reserve(n_channels);
            for (std::size_t c = 0; c < n_channels; ++c) {
                parts.push_back(
                    std::span(of_signals[s]).subspan(c * width, static_cast<std::size_t>(last + held - first)));
            }
            signals[s].source->read_rows_digital(numbers, first, parts);
        }
        for (const OutChannel& out : channels) {
            const auto width = static_cast<std::size_t>(records.samples[out.signal]);
            const std::span<std::int32_t> samples =
                std::span(of_signals[out.signal]).subspan(static_cast<std::size_t>(out.index) * n * width, n * width);
            const auto [last, held] = rows[r + n - 1].samples[out.signal];
            const Index first = rows[r].samples[out.signal].first;
            std::fill(samples.begin() + (last + held - first), samples.end(),
                      samples[static_cast<std::size_t>(last + held - first) - 1]);
            if (out.replaced) {
                // The code for missing gives way to the sample before it, which may stand in an earlier record.
                const std::int32_t code = *out.replaced;
                std::int32_t before = samples.front() == code ? sample_before(out, first, code) : samples.front();
                for (std::int32_t& sample : samples) {
                    sample = sample == code ? before : sample;
                    before = sample;
                }
            }
            for (std::size_t k = 0; k < n; ++k) {
                (sample_bytes == 2 ? pack_16 : pack_24)(samples.data() + k * width, width, to + k * record_bytes);
            }
            to += width * static_cast<std::size_t>(sample_bytes);
        }
        for (std::size_t k = 0; k < n && !annotations.empty(); ++k) {
            std::memcpy(to + k * record_bytes, annotations[r + k].data(), annotations[r + k].size());
        }
    }

    /// The last sample before `first` that is not `code`; 0 where there is none.
    [[nodiscard]] std::int32_t sample_before(const OutChannel& out, Index first, std::int32_t code) const {
        constexpr Index block = 1 << 12;
        std::vector<std::int32_t> samples(block);
        for (Index end = first; end > 0; end -= std::min(end, block)) {
            const Index start = std::max<Index>(0, end - block);
            const auto part = std::span(samples).first(static_cast<std::size_t>(end - start));
            signals[out.signal].source->read_digital(out.index, start, part);
            for (const std::int32_t sample : std::views::reverse(part)) {
                if (sample != code) {
                    return sample;
                }
            }
        }
        return 0;
    }
};

}  // namespace

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

namespace {

/// All of a file but its records' bytes.
struct EdfLayout {
    std::vector<Signal> signals;
    std::vector<OutChannel> channels;
    Records records;
    std::vector<OutRecord> rows;
    std::vector<std::string> annotations;  ///< of each record
    std::size_t annotation_bytes = 0;      ///< of each record
    std::string header;
};

EdfLayout lay_out(const Recording& recording, bool bdf) {
    const int sample_bytes = bdf ? 3 : 2;
    EdfLayout out;
    std::vector<Signal>& signals = out.signals;
    std::vector<OutChannel>& channels = out.channels;
    std::vector<std::string> names;
    std::vector<Event> extras;
    bool has_gaps = false;
    for (const Signal& signal : recording.signals) {
        if (signal.segments.empty()) {
            throw_invalid(function, "signals of at least one segment", "one of none");
        }
        const std::vector<SampleRange> ranges =
            is_known(signal, sample_bytes) ? std::vector<SampleRange>(signal.channels.size()) : scan_samples(signal);
        const std::int64_t limit = std::int64_t{1} << (8 * sample_bytes - 1);
        for (std::size_t c = 0; c < ranges.size(); ++c) {
            if (signal.source->has_digital() && ranges[c].any &&
                (ranges[c].digital_min < -limit || ranges[c].digital_max >= limit)) {
                throw_invalid(function, "digital samples of " + std::to_string(8 * sample_bytes) + " bits",
                              "larger ones in channel " + signal.channels[c].name);
            }
        }
        for (const Channel& channel : signal.channels) {
            if (channel.name == "EDF Annotations" || channel.name == "BDF Annotations") {
                throw_invalid(function, "channel names that are not EDF's own", channel.name);
            }
        }
        signals.push_back(digitize(function, signal, ranges, 8 * sample_bytes));
        has_gaps = has_gaps || signal.segments.size() > 1;
        for (std::size_t c = 0; c < signals.back().channels.size(); ++c) {
            Channel channel = signals.back().channels[c];
            set_limits(channel, signal.source->has_digital() ? ranges[c] : SampleRange{}, sample_bytes);
            const std::size_t number = channels.size();
            const auto keep_text = [&](std::string& text, const std::string& cut, std::string_view prefix) {
                if (text != cut) {
                    Event event;
                    event.label = std::string(prefix) + std::to_string(number) + " " + text;
                    extras.push_back(std::move(event));
                    text = cut;
                }
            };
            keep_text(channel.name, short_name(channel.name, names), full_name);
            keep_text(channel.unit, cut_text(channel.unit, 8), full_unit);
            OutChannel placed{std::move(channel), signals.size() - 1, static_cast<Index>(c), std::nullopt};
            if (ranges[c].has_missing) {
                add_missing(signal, placed.index, number, extras);
                // The file's own code for missing stands where it fits; else the sample before stands in.
                const std::int64_t code = ranges[c].missing.value_or(INT32_MIN);
                if (!signal.source->has_digital() || code < -limit || code >= limit) {
                    placed.replaced = signal.source->has_digital() ? static_cast<std::int32_t>(code)
                                                                   : static_cast<std::int32_t>(-limit);
                }
            }
            names.push_back(placed.channel.name);
            channels.push_back(std::move(placed));
        }
    }
    if (channels.size() > 9998) {
        throw_invalid(function, "at most 9998 channels", std::to_string(channels.size()));
    }
    out.records = signals.empty() ? Records{} : choose_records(signals, sample_bytes);
    out.rows = signals.empty() ? std::vector<OutRecord>{{}} : out_records(signals, out.records);
    const std::vector<OutRecord>& rows = out.rows;
    if (rows.empty() && !recording.events.empty()) {
        throw_invalid(function, "samples, or no events", "events without a sample");
    }
    if (rows.size() > 99'999'999) {
        throw_invalid(function, "at most 99999999 records", std::to_string(rows.size()));
    }
    if (rows.empty() && !extras.empty()) {
        throw_invalid(function, "names of at most 16 bytes and units of at most 8 where there is no sample",
                      "longer ones");
    }
    // Time starts with the first sample.
    const std::int64_t first_ns = rows.empty() ? 0 : rows.front().onset_ns;
    Identity identity = recording.identity;
    if (identity.start_ns) {
        *identity.start_ns += first_ns;
    }
    const Start start = start_of(identity);
    const std::int64_t base_ns = start.fraction_ns - first_ns;
    std::vector<std::int64_t> onsets;
    onsets.reserve(rows.size());
    for (const OutRecord& row : rows) {
        onsets.push_back(row.onset_ns + base_ns);
    }
    std::vector<std::string> tals;
    tals.reserve(recording.events.size());
    for (const Event& event : recording.events) {
        tals.push_back(event_tal(event, base_ns, names));
    }
    for (const std::int64_t end_ns : ends_within_records(signals, out.records)) {
        Event end;
        end.onset_ns = end_ns;
        end.label = end_of_samples;
        extras.push_back(std::move(end));
    }
    for (const Event& extra : extras) {
        tals.push_back(event_tal(extra, base_ns, {}));
    }
    out.annotations = pack_annotations(onsets, tals, sample_bytes);
    const std::size_t annotation_samples =
        out.annotations.empty() ? 57 : out.annotations.front().size() / static_cast<std::size_t>(sample_bytes);
    out.annotation_bytes = annotation_samples * static_cast<std::size_t>(sample_bytes);
    out.header = header_text(recording, channels, out.records, start, bdf, has_gaps, onsets.size(), annotation_samples);
    return out;
}

}  // namespace

EdfHeader edf_header(const Recording& recording, bool bdf) {
    EdfLayout layout = lay_out(recording, bdf);
    return {std::move(layout.header), layout.annotation_bytes};
}

void write_edf(const Recording& recording, const std::filesystem::path& path) {
    const bool bdf = path.extension() == ".bdf";
    const EdfLayout layout = lay_out(recording, bdf);
    OutputFile file(path);
    file.write_at(0, std::as_bytes(std::span(layout.header.data(), layout.header.size())));
    const RecordWriter writer{layout.signals, layout.channels,    layout.records,
                              layout.rows,    layout.annotations, bdf ? 3 : 2};
    writer.write(file, static_cast<std::int64_t>(layout.header.size()));
    file.commit();
}

}  // namespace biopotential::inline v0::io
