#include "biopotential/io/edf.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/edf_layout_internal.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

struct Field {
    std::string text;  ///< trimmed
    std::int64_t at;   ///< byte offset
};

/// The header record as fixed fields, read in order.
class Fields {
  public:
    explicit Fields(std::string bytes) : bytes_(std::move(bytes)) {}
    Field next(std::size_t width) {
        Field field{std::string(trim(std::string_view(bytes_).substr(at_, width))), static_cast<std::int64_t>(at_)};
        at_ += width;
        return field;
    }
    std::vector<Field> next(std::size_t width, std::size_t n) {
        std::vector<Field> out;
        out.reserve(n);
        for (std::size_t i = 0; i < n; ++i) {
            out.push_back(next(width));
        }
        return out;
    }

  private:
    std::string bytes_;
    std::size_t at_ = 0;
};

std::optional<double> tolerant_number(const Field& field, const std::string& what, Findings& findings) {
    if (const auto value = parse_number(field.text)) {
        return value;
    }
    findings.note(field.at, what + ": wanted a number, got " + quote_text(field.text));
    std::string repaired = field.text;
    std::ranges::replace(repaired, ',', '.');
    if (const auto value = parse_number(repaired)) {
        return value;
    }
    const auto words = split_blanks(repaired);
    return words.empty() ? std::nullopt : parse_number(words.front());
}

std::optional<std::int64_t> tolerant_integer(const Field& field, const std::string& what, Findings& findings) {
    if (const auto value = parse_integer(field.text)) {
        return value;
    }
    const auto number = tolerant_number(field, what, findings);
    if (parse_number(field.text)) {
        findings.note(field.at, what + ": wanted a whole number, got " + quote_text(field.text));
    }
    if (number && std::abs(*number) < 1e15) {
        return std::llround(*number);
    }
    return std::nullopt;
}

struct Line {
    Channel channel;
    Index samples_per_record = 0;
    Index offset_in_record = 0;  ///< bytes
    bool is_annotations = false;
};

struct Layout {
    int sample_bytes = 2;
    bool plus = false, discontinuous = false;
    std::int64_t data_at = 0;
    Index n_records = 0;
    Index record_bytes = 0;
    double record_s = 0;
    std::string record_s_text;
    std::vector<Line> lines;
    Identity identity;
    std::optional<std::int64_t> start_second_ns;
    std::string format;
};

std::optional<int> two_digits(std::string_view text) {
    if (text.size() != 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
        return std::nullopt;
    }
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/// Three numbers of one or two digits with whatever between them; `exact` where they stand as dd.mm.yy or hh.mm.ss.
std::optional<std::array<int, 3>> three_numbers(std::string_view text, bool& exact) {
    constexpr auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    std::array<int, 3> out{};
    std::size_t n = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && is_digit(text[end])) {
            ++end;
        }
        if (n == 3 || end - at > 2) {
            return std::nullopt;
        }
        out[n++] = static_cast<int>(parse_integer(text.substr(at, end - at)).value_or(0));
        at = end;
    }
    exact = text.size() == 8 && text[2] == '.' && text[5] == '.';
    return n == 3 ? std::optional(out) : std::nullopt;
}

/// "Startdate 02-MAR-2002 ..." of EDF+'s recording field.
std::optional<std::int64_t> recording_date(std::string_view recording) {
    constexpr std::array<std::string_view, 12> months = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                         "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    const auto words = split_blanks(recording);
    if (words.size() < 2 || words[0] != "Startdate" || words[1].size() != 11) {
        return std::nullopt;
    }
    const auto day = two_digits(words[1].substr(0, 2));
    const auto month = std::ranges::find(months, words[1].substr(3, 3));
    const auto year = parse_integer(words[1].substr(7));
    if (!day || month == months.end() || !year || *year < 0 || *year > 9999) {
        return std::nullopt;
    }
    return date_ns(static_cast<int>(*year), static_cast<int>(month - months.begin()) + 1, *day);
}

void parse_start(const Field& date, const Field& time, Layout& layout, Findings& findings) {
    bool date_exact = false, time_exact = false;
    const auto day = three_numbers(date.text, date_exact);
    std::optional<std::int64_t> midnight;
    if (day) {
        const auto [d, m, y] = *day;
        midnight = date_ns(y >= 85 ? 1900 + y : 2000 + y, m, d);
    }
    // EDF+ repeats the date with four digits of the year; from 2085 on only that one is right.
    const auto full = layout.plus ? recording_date(layout.identity.fields["recording"]) : std::nullopt;
    const bool written_yy = layout.plus && date.text.ends_with(".yy");  // EDF+, beyond 2084
    if ((!midnight || !date_exact) && !(full && written_yy)) {
        findings.note(date.at, "startdate: wanted dd.mm.yy, got " + quote_text(date.text));
    }
    if (full) {
        midnight = full;
    }
    // EDF+'s way to say that the date is unknown.
    const bool unknown =
        layout.plus && date.text == "01.01.85" && layout.identity.fields["recording"].starts_with("Startdate X");
    const auto clock = three_numbers(time.text, time_exact);
    const bool is_clock = clock && (*clock)[0] <= 23 && (*clock)[1] <= 59 && (*clock)[2] <= 59;
    if (!is_clock || !time_exact) {
        findings.note(time.at, "starttime: wanted hh.mm.ss, got " + quote_text(time.text));
    }
    layout.identity.fields["start_date"] = date.text;
    layout.identity.fields["start_time"] = time.text;
    if (midnight && is_clock && !unknown) {
        layout.start_second_ns = *midnight + (((*clock)[0] * 60 + (*clock)[1]) * 60 + (*clock)[2]) * second_ns;
    }
}

void set_scaling(Channel& channel, const Field& physical_max, Findings& findings) {
    const double steps = static_cast<double>(channel.digital_max) - static_cast<double>(channel.digital_min);
    const double range = channel.physical_max - channel.physical_min;
    const double gain = range / steps;
    const double offset = channel.physical_max / gain - static_cast<double>(channel.digital_max);
    if (steps == 0 || range == 0 || !std::isfinite(gain) || !std::isfinite(offset) || gain == 0) {
        findings.note(physical_max.at,
                      "physical and digital range of " + quote_text(channel.name) +
                          ": wanted minimum and maximum that differ, got " + number_text(channel.physical_min) +
                          " to " + number_text(channel.physical_max) + " and " + std::to_string(channel.digital_min) +
                          " to " + std::to_string(channel.digital_max) + ": samples are digital steps");
        return;
    }
    if (steps < 0) {
        findings.note(physical_max.at, "digital range of " + quote_text(channel.name) +
                                           ": wanted minimum < maximum, got " + std::to_string(channel.digital_min) +
                                           " to " + std::to_string(channel.digital_max));
    }
    channel.scaling = {-offset, gain, 1};
}

void parse_lines(Fields& fields, std::size_t n, Layout& layout, Findings& findings) {
    const auto labels = fields.next(16, n);
    const auto transducers = fields.next(80, n);
    const auto units = fields.next(8, n);
    const auto physical_min = fields.next(8, n), physical_max = fields.next(8, n);
    const auto digital_min = fields.next(8, n), digital_max = fields.next(8, n);
    const auto prefilters = fields.next(80, n);
    const auto samples = fields.next(8, n);
    const auto reserved = fields.next(32, n);
    for (std::size_t i = 0; i < n; ++i) {
        Line line;
        Channel& channel = line.channel;
        channel.name = to_utf8(labels[i].text);
        channel.unit = to_utf8(units[i].text);
        channel.transducer = to_utf8(transducers[i].text);
        channel.prefilter = to_utf8(prefilters[i].text);
        line.is_annotations = channel.name == "EDF Annotations" || channel.name == "BDF Annotations";
        const std::string which = " of " + quote_text(channel.name);
        const auto n_samples = tolerant_integer(samples[i], "number of samples" + which, findings);
        // A record of 100 MB is far beyond what the standard allows (61,440 bytes) and what files out there have.
        if (!n_samples || *n_samples < 0 || *n_samples > 50'000'000) {
            findings.refuse(samples[i].at,
                            "number of samples" + which + ": wanted 0 to 50000000, got " + quote_text(samples[i].text));
        }
        line.samples_per_record = *n_samples;
        line.offset_in_record = layout.record_bytes;
        layout.record_bytes += line.samples_per_record * layout.sample_bytes;
        if (!line.is_annotations) {
            const std::int32_t low = layout.sample_bytes == 2 ? -32768 : -8388608;
            const auto range_field = [&](const Field& field, const std::string& what, std::int32_t otherwise) {
                const auto value = tolerant_integer(field, what + which, findings);
                if (!value || *value < low || *value > -(low + 1)) {
                    findings.note(field.at, what + which + ": wanted " + std::to_string(low) + " to " +
                                                std::to_string(-(low + 1)) + ", got " + quote_text(field.text));
                }
                return value && *value >= INT32_MIN && *value <= INT32_MAX ? static_cast<std::int32_t>(*value)
                                                                           : otherwise;
            };
            channel.digital_min = range_field(digital_min[i], "digital minimum", low);
            channel.digital_max = range_field(digital_max[i], "digital maximum", -(low + 1));
            const auto pmin = tolerant_number(physical_min[i], "physical minimum" + which, findings);
            const auto pmax = tolerant_number(physical_max[i], "physical maximum" + which, findings);
            channel.physical_min = pmin.value_or(0);
            channel.physical_max = pmax.value_or(0);
            set_scaling(channel, physical_max[i], findings);
            channel.header["physical_min"] = physical_min[i].text;
            channel.header["physical_max"] = physical_max[i].text;
            channel.header["samples_per_record"] = std::to_string(line.samples_per_record);
            channel.header["record_duration"] = layout.record_s_text;
            if (!reserved[i].text.empty()) {
                channel.header["reserved"] = to_utf8(reserved[i].text);
            }
        }
        layout.lines.push_back(std::move(line));
    }
}

Layout parse_header(const ByteSource& source, Findings& findings) {
    constexpr std::size_t main_bytes = 256;
    const auto raw = source.read_exactly(0, main_bytes);
    const std::string text(reinterpret_cast<const char*>(raw.data()), raw.size());
    Layout layout;
    Fields fields(text);
    const Field version = fields.next(8);
    const bool bdf = static_cast<unsigned char>(text[0]) == 0xff;
    layout.sample_bytes = bdf ? 3 : 2;
    if (!bdf && version.text != "0") {
        findings.note(0, "version: wanted \"0\", got " + quote_text(version.text));
    }
    const Field patient = fields.next(80), recording = fields.next(80);
    const Field date = fields.next(8), time = fields.next(8);
    const Field header_bytes = fields.next(8), reserved = fields.next(44), n_records = fields.next(8),
                duration = fields.next(8), n_signals = fields.next(4);
    layout.identity.fields["patient"] = to_utf8(patient.text);
    layout.identity.fields["recording"] = to_utf8(recording.text);
    const std::string prefix = bdf ? "BDF" : "EDF";
    layout.plus = reserved.text.starts_with(prefix + "+C") || reserved.text.starts_with(prefix + "+D");
    layout.discontinuous = layout.plus && reserved.text[4] == 'D';
    layout.format = layout.plus ? reserved.text.substr(0, 5) : prefix;
    parse_start(date, time, layout, findings);

    const auto ns = tolerant_integer(n_signals, "number of signals", findings);
    if (!ns || *ns < 0 || *ns > 9999) {
        findings.refuse(n_signals.at, "number of signals: wanted 0 to 9999, got " + quote_text(n_signals.text));
    }
    layout.data_at = 256 * (*ns + 1);
    if (layout.data_at > source.size()) {
        findings.refuse(source.size(),
                        "wanted a header of " + std::to_string(layout.data_at) + " bytes, got the end of the file");
    }
    const auto stated = tolerant_integer(header_bytes, "number of header bytes", findings);
    if (stated != layout.data_at) {
        findings.note(header_bytes.at, "number of header bytes: wanted " + std::to_string(layout.data_at) + ", got " +
                                           quote_text(header_bytes.text));
    }
    const auto record_s = tolerant_number(duration, "duration of a record", findings);
    if (!record_s || *record_s < 0 || *record_s > 1e7) {
        findings.refuse(duration.at, "duration of a record: wanted seconds >= 0, got " + quote_text(duration.text));
    }
    layout.record_s = *record_s;
    layout.record_s_text = duration.text;

    const auto all = source.read_exactly(0, static_cast<std::size_t>(layout.data_at));
    Fields signal_fields(std::string(reinterpret_cast<const char*>(all.data()), all.size()));
    (void)signal_fields.next(main_bytes);
    parse_lines(signal_fields, static_cast<std::size_t>(*ns), layout, findings);

    const Index held = layout.record_bytes > 0 ? (source.size() - layout.data_at) / layout.record_bytes : 0;
    const auto declared = tolerant_integer(n_records, "number of records", findings);
    if (!declared || *declared < 0) {
        findings.note(n_records.at, "number of records: wanted a number, got " + quote_text(n_records.text) +
                                        ": took " + std::to_string(held) + " from the file's size");
        layout.n_records = held;
    } else if (*declared > held) {
        findings.note(source.size(), "number of records: wanted " + std::to_string(*declared) + " in the file, got " +
                                         std::to_string(held) + " whole ones and the end of the file at byte " +
                                         std::to_string(source.size()));
        layout.n_records = held;
    } else {
        if (const std::int64_t end = layout.data_at + *declared * layout.record_bytes; end != source.size()) {
            findings.note(end, "number of records: wanted the end of the file at byte " + std::to_string(end) +
                                   ", got " + std::to_string(source.size() - end) + " bytes more");
        }
        layout.n_records = *declared;
    }
    const bool has_samples = std::ranges::any_of(
        layout.lines, [](const Line& line) { return !line.is_annotations && line.samples_per_record > 0; });
    if (has_samples && !(layout.record_s > 1e-9)) {
        findings.refuse(duration.at, "duration of a record: wanted seconds > 0 in a file with signals, got " +
                                         quote_text(duration.text));
    }
    if (layout.record_s * static_cast<double>(layout.n_records) > 9e9) {
        findings.refuse(duration.at,
                        "duration of a record: wanted less than 9e9 s in all, got " + quote_text(duration.text));
    }
    return layout;
}

/// A time of a TAL, "+123.456" or "-1", in ns; empty where it is none.
std::optional<std::int64_t> parse_tal_time(std::string_view text, bool sign) {
    bool negative = false;
    if (sign) {
        if (text.empty() || (text.front() != '+' && text.front() != '-')) {
            return std::nullopt;
        }
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    const std::string_view fraction = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    const auto digits_only = [](std::string_view t) {
        return std::ranges::all_of(t, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (whole.empty() || !digits_only(whole) || !digits_only(fraction)) {
        return std::nullopt;
    }
    const auto seconds = parse_integer(whole);
    if (!seconds || *seconds > 4'000'000'000) {
        return std::nullopt;
    }
    std::int64_t ns = 0;
    for (std::size_t i = 0; i < 9; ++i) {
        ns = ns * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
    if (fraction.size() > 9 && fraction[9] >= '5') {
        ++ns;
    }
    const std::int64_t total = *seconds * second_ns + ns;
    return negative ? -total : total;
}

/// Time-stamped annotation lists of one record: onset [0x15 duration] 0x14 text 0x14 ... 0x00.
///
/// Calls use(number, onset_ns, duration_ns, texts) for each list, texts still with 0x14 between them. Stops at what is
/// none and returns false then.
template <class Use>
bool each_tal(std::string_view bytes, const Use& use) {
    for (int number = 0; !bytes.empty() && bytes.front() != '\0'; ++number) {
        const std::size_t end = std::min(bytes.find('\0'), bytes.size());
        const std::string_view tal = bytes.substr(0, end);
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
        const std::size_t mark = tal.find('\x14');
        if (mark == std::string_view::npos) {
            return false;
        }
        std::string_view head = tal.substr(0, mark);
        std::int64_t duration_ns = 0;
        if (const std::size_t split = head.find('\x15'); split != std::string_view::npos) {
            const auto duration = parse_tal_time(head.substr(split + 1), false);
            if (!duration && split + 1 < head.size()) {
                return false;
            }
            duration_ns = duration.value_or(0);
            head = head.substr(0, split);
        }
        const auto onset = parse_tal_time(head, true);
        if (!onset) {
            return false;
        }
        use(number, *onset, duration_ns, tal.substr(mark + 1));
    }
    return true;
}

struct Annotated {
    std::vector<std::int64_t> record_onsets_ns;  ///< EDF+: of every record; empty otherwise
    std::vector<Event> events;
};

/// What some records' annotations say; records are read in parallel and put together in order.
struct AnnotatedPart {
    struct Note {
        std::int64_t at;
        std::string what;
    };
    static constexpr std::size_t most_notes = 5;

    std::vector<std::optional<std::int64_t>> onsets_ns;
    std::vector<Event> events;
    std::vector<Note> notes;

    void note(std::int64_t at, const std::string& what) {
        if (notes.size() < most_notes) {
            notes.push_back({at, what});
        }
    }
};

class AnnotationReader {
  public:
    AnnotationReader(const ByteSource& source, const Layout& layout, const std::vector<std::string>& names)
        : source_(source), layout_(layout), names_(names) {
        for (const Line& line : layout.lines) {
            if (line.is_annotations && line.samples_per_record > 0) {
                lines_.push_back(&line);
            }
        }
        if (!lines_.empty()) {
            first_byte_ = lines_.front()->offset_in_record;
            bytes_ = lines_.back()->offset_in_record + bytes_of(*lines_.back()) - first_byte_;
        }
    }

    [[nodiscard]] bool has_annotations() const { return !lines_.empty(); }

    Annotated read(Findings& findings) const {
        // Whole stretches of the file where annotations lie close to each other, else only they, many places at once.
        constexpr Index near_bytes = 1 << 14, stretch_bytes = 1 << 22, places = 1 << 10;
        const bool whole = layout_.record_bytes <= std::max(near_bytes, 4 * bytes_);
        const Index per_task =
            whole ? std::max<Index>(1, stretch_bytes / std::max<Index>(1, layout_.record_bytes)) : places;
        std::vector<AnnotatedPart> parts(static_cast<std::size_t>((layout_.n_records + per_task - 1) / per_task));
        parallel_for(static_cast<Index>(parts.size()), [&](Index task) {
            const Index first = task * per_task, n = std::min(per_task, layout_.n_records - first);
            AnnotatedPart& part = parts[static_cast<std::size_t>(task)];
            if (whole) {
                const std::vector<std::byte> bytes = source_.read_exactly(
                    place_of(first), static_cast<std::size_t>((n - 1) * layout_.record_bytes + bytes_));
                for (Index r = 0; r < n; ++r) {
                    parse_record(first + r, bytes.data() + r * layout_.record_bytes, part);
                }
                return;
            }
            constexpr Index ahead = 64;
            for (Index r = 0; r < n; ++r) {
                for (Index next = r; r % ahead == 0 && next < std::min(n, r + ahead); ++next) {
                    source_.prefetch(place_of(first + next), bytes_);
                }
                const std::vector<std::byte> bytes =
                    source_.read_exactly(place_of(first + r), static_cast<std::size_t>(bytes_));
                parse_record(first + r, bytes.data(), part);
            }
        });
        return join(parts, findings);
    }

  private:
    [[nodiscard]] Index bytes_of(const Line& line) const { return line.samples_per_record * layout_.sample_bytes; }
    [[nodiscard]] std::int64_t place_of(Index record) const {
        return layout_.data_at + record * layout_.record_bytes + first_byte_;
    }

    /// \param from  the record's bytes from its first annotation on
    void parse_record(Index record, const std::byte* from, AnnotatedPart& part) const {
        std::optional<std::int64_t> record_onset;
        for (const Line* line : lines_) {
            const std::string_view bytes(reinterpret_cast<const char*>(from + (line->offset_in_record - first_byte_)),
                                         static_cast<std::size_t>(bytes_of(*line)));
            const bool good =
                each_tal(bytes, [&](int number, std::int64_t onset, std::int64_t duration, std::string_view texts) {
                    // The first list of the first annotation signal keeps the record's time; its first text is empty.
                    if (layout_.plus && line == lines_.front() && number == 0 && texts.starts_with('\x14')) {
                        record_onset = onset;
                    }
                    while (!texts.empty()) {
                        const std::size_t stop = std::min(texts.find('\x14'), texts.size());
                        if (stop > 0) {
                            part.events.push_back(event_of(onset, duration, texts.substr(0, stop)));
                        }
                        texts.remove_prefix(std::min(stop + 1, texts.size()));
                    }
                });
            if (!good) {
                const std::int64_t at = layout_.data_at + record * layout_.record_bytes + line->offset_in_record;
                part.note(at, "annotations of record " + std::to_string(record) + " at byte " + std::to_string(at) +
                                  ": wanted onset, duration and texts between 0x14, got bytes that are none");
            }
        }
        if (layout_.plus) {
            if (!record_onset) {
                part.note(layout_.data_at + record * layout_.record_bytes,
                          "time of record " + std::to_string(record) + ": wanted a time-keeping annotation, got none");
            }
            part.onsets_ns.push_back(record_onset);
        }
    }

    [[nodiscard]] Event event_of(std::int64_t onset_ns, std::int64_t duration_ns, std::string_view text) const {
        Event event;
        event.onset_ns = onset_ns;
        event.duration_ns = duration_ns;
        event.label = to_utf8(text);
        event.source = "EDF+";
        // "text@@channel" names the signal that it is about.
        if (const std::size_t mark = text.rfind("@@"); mark != std::string_view::npos) {
            const auto name = std::ranges::find(names_, to_utf8(text.substr(mark + 2)));
            if (name != names_.end()) {
                event.label = to_utf8(text.substr(0, mark));
                event.channels = {static_cast<int>(name - names_.begin())};
            }
        }
        return event;
    }

    Annotated join(std::vector<AnnotatedPart>& parts, Findings& findings) const {
        Annotated out;
        std::size_t reported = 0;
        const std::int64_t record_ns = std::llround(layout_.record_s * 1e9);
        for (AnnotatedPart& part : parts) {
            for (const AnnotatedPart::Note& note : part.notes) {
                if (reported++ < AnnotatedPart::most_notes) {
                    findings.note(note.at, note.what);
                }
            }
            for (const std::optional<std::int64_t>& onset : part.onsets_ns) {
                const std::int64_t follows = out.record_onsets_ns.empty() ? 0 : out.record_onsets_ns.back() + record_ns;
                out.record_onsets_ns.push_back(onset.value_or(follows));
            }
            std::ranges::move(part.events, std::back_inserter(out.events));
        }
        return out;
    }

    const ByteSource& source_;
    const Layout& layout_;
    const std::vector<std::string>& names_;
    std::vector<const Line*> lines_;
    Index first_byte_ = 0, bytes_ = 0;  ///< from the first annotation signal to the end of the last
};

Annotated read_annotation_signals(const ByteSource& source, const Layout& layout, const std::vector<std::string>& names,
                                  Findings& findings) {
    const AnnotationReader reader(source, layout, names);
    return reader.has_annotations() ? reader.read(findings) : Annotated{};
}

/// Runs of records that follow on each other: first record, number, onset from the first record's.
struct Run {
    Index first, n;
    std::int64_t t0_ns;
};

std::vector<Run> find_runs(const Layout& layout, const std::vector<std::int64_t>& onsets, Findings& findings) {
    std::vector<Run> runs{{0, layout.n_records, 0}};
    if (onsets.empty()) {
        return runs;
    }
    // Onsets are decimal text that some writers round to milliseconds; only what exceeds that is a gap.
    constexpr std::int64_t tolerance_ns = 1'000'000;
    const auto record_ns = static_cast<long double>(layout.record_s) * 1e9L;
    runs.front().n = std::min<Index>(1, layout.n_records);
    bool reported = false;
    for (Index record = 1; record < layout.n_records; ++record) {
        const std::int64_t onset = onsets[static_cast<std::size_t>(record)] - onsets.front();
        Run& run = runs.back();
        const std::int64_t expected =
            run.t0_ns + std::llround(record_ns * static_cast<long double>(record - run.first));
        if (std::abs(onset - expected) <= tolerance_ns) {
            ++run.n;
            continue;
        }
        const std::int64_t at = layout.data_at + record * layout.record_bytes;
        const std::string what = "time of record " + std::to_string(record) + ": wanted " +
                                 number_text(static_cast<double>(expected) * 1e-9) + " s, got " +
                                 number_text(static_cast<double>(onset) * 1e-9) + " s";
        if (!layout.discontinuous) {
            if (!reported) {
                findings.note(at, what + " in a file that says it has no gaps");
                reported = true;
            }
            ++run.n;
            continue;
        }
        if (onset < expected) {
            findings.refuse(at, what + ": records overlap");
        }
        runs.push_back({record, 1, onset});
    }
    return runs;
}

/// Stored samples of one rate: [first, first + n) stand in the file from sample `in_file` on.
struct Stretch {
    Index first, in_file, n;
};
/// Stored samples [first, end) that are missing.
struct Hole {
    Index first, end;
};

/// Samples of one channel in one record, as they stand in the file. The loops are plain, so that they are vectorized.
template <class T>
void decode_samples(const std::byte* from, int sample_bytes, std::span<T> to, const Scaling* scaling) {
    const std::size_t n = to.size();
    T* const out = to.data();
    if (sample_bytes == 2) {
        for (std::size_t i = 0; i < n; ++i) {
            std::int16_t digital;
            std::memcpy(&digital, from + 2 * i, 2);
            out[i] = static_cast<T>(digital);
        }
    } else {
        for (std::size_t i = 0; i < n; ++i) {
            const std::byte* at = from + 3 * i;
            const auto bits = static_cast<unsigned>(at[0]) << 8 | static_cast<unsigned>(at[1]) << 16 |
                              static_cast<unsigned>(at[2]) << 24;
            out[i] = static_cast<T>(static_cast<std::int32_t>(bits) >> 8);
        }
    }
    if constexpr (std::is_same_v<T, double>) {
        // EDF's scaling has no denominator.
        const double zero = scaling->zero, gain = scaling->numerator;
        for (std::size_t i = 0; i < n; ++i) {
            out[i] = (out[i] - zero) * gain;
        }
    }
}

class EdfSource final : public SampleSource {
  public:
    struct Place {
        Index offset, samples_per_record;
        Scaling scaling;
        std::vector<Hole> holes;  ///< ascending, none overlapping
    };

    /// \param data_at,record_bytes  where the records stand, and the bytes of each
    EdfSource(std::shared_ptr<const ByteSource> source, std::int64_t data_at, Index record_bytes, int sample_bytes,
              std::vector<Place> places, std::vector<Stretch> stretches)
        : source_(std::move(source)),
          data_at_(data_at),
          record_bytes_(record_bytes),
          sample_bytes_(sample_bytes),
          places_(std::move(places)),
          stretches_(std::move(stretches)) {
        static_assert(std::endian::native == std::endian::little);
    }

    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        read_rows_digital(std::span(&channel, 1), first, std::span(&out, 1));
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        read_rows(std::span(&channel, 1), first, std::span(&out, 1));
    }
    void read_rows(std::span<const Index> channels, Index first,
                   std::span<const std::span<double>> rows) const override {
        each_stretch(channels, first, rows);
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const std::span<double> out = rows[row];
            const Index end = first + static_cast<Index>(out.size());
            const Place& place = places_[static_cast<std::size_t>(channels[row])];
            for (auto hole = std::ranges::upper_bound(place.holes, first, {}, &Hole::end);
                 hole != place.holes.end() && hole->first < end; ++hole) {
                std::fill(out.begin() + (std::max(hole->first, first) - first),
                          out.begin() + (std::min(hole->end, end) - first), std::numeric_limits<double>::quiet_NaN());
            }
        }
    }
    void read_rows_digital(std::span<const Index> channels, Index first,
                           std::span<const std::span<std::int32_t>> rows) const override {
        each_stretch(channels, first, rows);
    }
    [[nodiscard]] bool has_digital() const override { return true; }
    [[nodiscard]] int digital_bits() const override { return 8 * sample_bytes_; }
    [[nodiscard]] bool may_miss(Index channel) const override {
        return !places_[static_cast<std::size_t>(channel)].holes.empty();
    }

  private:
    template <class T>
    void each_stretch(std::span<const Index> channels, Index first, std::span<const std::span<T>> rows) const {
        const Index n = rows.empty() ? 0 : static_cast<Index>(rows.front().size());
        auto stretch = std::ranges::upper_bound(stretches_, first, {}, &Stretch::first);
        for (Index done = 0; done < n; ++stretch) {
            const Stretch& here = *std::prev(stretch);
            const Index within = first + done - here.first;
            const Index take = std::min(n - done, here.n - within);
            read_records(channels, here.in_file + within, take, done, rows);
            done += take;
        }
    }

    /// Samples [first, first + n) of the file's into the rows from `to` on; every channel has the same rate.
    template <class T>
    void read_records(std::span<const Index> channels, Index first, Index n, Index to,
                      std::span<const std::span<T>> rows) const {
        if (n == 0) {
            return;
        }
        const Index rate = places_[static_cast<std::size_t>(channels.front())].samples_per_record;
        const Index first_record = first / rate, end_record = (first + n - 1) / rate + 1;
        // Few channels of many are read piece by piece, the rest as whole records.
        const bool pieces = static_cast<Index>(channels.size()) * rate * sample_bytes_ * 4 < record_bytes_;
        const Index records_at_once = std::max<Index>(1, (Index{1} << 20) / record_bytes_);
        const auto decode = [&](const std::byte* bytes, Index record, std::size_t row, const Place& place) {
            const Index start = std::max(first, record * rate), end = std::min(first + n, (record + 1) * rate);
            decode_samples(
                bytes + (start - record * rate) * sample_bytes_, sample_bytes_,
                rows[row].subspan(static_cast<std::size_t>(to + start - first), static_cast<std::size_t>(end - start)),
                &place.scaling);
        };
        const auto read_some = [&](Index from, Index stop) {
            std::vector<std::byte> bytes(
                static_cast<std::size_t>(pieces ? rate * sample_bytes_ : (stop - from) * record_bytes_));
            if (!pieces) {
                fill(data_at_ + from * record_bytes_, bytes);
            }
            for (Index record = from; record < stop; ++record) {
                for (std::size_t row = 0; row < rows.size(); ++row) {
                    const Place& place = places_[static_cast<std::size_t>(channels[row])];
                    if (pieces) {
                        fill(data_at_ + record * record_bytes_ + place.offset, bytes);
                        decode(bytes.data(), record, row, place);
                    } else {
                        decode(bytes.data() + (record - from) * record_bytes_ + place.offset, record, row, place);
                    }
                }
            }
        };
        const Index n_tasks = (end_record - first_record + records_at_once - 1) / records_at_once;
        if (pieces || n_tasks < 2) {
            for (Index t = 0; t < n_tasks; ++t) {
                read_some(first_record + t * records_at_once,
                          std::min(end_record, first_record + (t + 1) * records_at_once));
            }
            return;
        }
        parallel_for(n_tasks, [&](Index t) {
            read_some(first_record + t * records_at_once,
                      std::min(end_record, first_record + (t + 1) * records_at_once));
        });
    }

    void fill(std::int64_t at, std::span<std::byte> out) const {
        if (source_->read(at, out) != out.size()) {
            throw ParseError(source_->name(), at, "wanted samples, got fewer: the file shrank while it was read");
        }
    }

    std::shared_ptr<const ByteSource> source_;
    std::int64_t data_at_;
    Index record_bytes_;
    int sample_bytes_;
    std::vector<Place> places_;
    std::vector<Stretch> stretches_;
};

/// What our writer put into annotations, taken out of the events.
struct Extras {
    std::vector<std::int64_t> ends_ns;
    struct Missing {
        std::int64_t onset_ns, duration_ns;
    };
    std::map<std::size_t, std::vector<Missing>> missing;  ///< by channel
    std::map<std::size_t, std::string> names, units;
};

Extras take_extras(std::vector<Event>& events) {
    Extras extras;
    std::erase_if(events, [&](const Event& event) {
        const std::string_view label = event.label;
        const auto channel_of = [&](std::string_view prefix) -> std::optional<std::size_t> {
            if (!label.starts_with(prefix)) {
                return std::nullopt;
            }
            const auto number =
                parse_integer(label.substr(prefix.size(), label.find(' ', prefix.size()) - prefix.size()));
            return number && *number >= 0 && *number < 10'000 ? std::optional(static_cast<std::size_t>(*number))
                                                              : std::nullopt;
        };
        const auto text_after = [&](std::string_view prefix) {
            const std::size_t blank = label.find(' ', prefix.size());
            return std::string(blank == std::string_view::npos ? std::string_view{} : label.substr(blank + 1));
        };
        if (label == end_of_samples) {
            extras.ends_ns.push_back(event.onset_ns);
            return true;
        }
        if (const auto channel = channel_of(missing_samples)) {
            extras.missing[*channel].push_back({event.onset_ns, event.duration_ns});
            return true;
        }
        if (const auto channel = channel_of(full_name)) {
            extras.names[*channel] = text_after(full_name);
            return true;
        }
        if (const auto channel = channel_of(full_unit)) {
            extras.units[*channel] = text_after(full_unit);
            return true;
        }
        return false;
    });
    return extras;
}

/// Missing stretches as stored samples.
std::vector<Hole> find_holes(const std::vector<Extras::Missing>& missing, const Signal& signal) {
    std::vector<Hole> holes;
    for (const Extras::Missing& part : missing) {
        for (const Segment& segment : signal.segments) {
            const Index first = to_sample(part.onset_ns - segment.t0_ns, signal.fs);
            const Index end = to_sample(part.onset_ns + part.duration_ns - segment.t0_ns, signal.fs);
            if (std::max<Index>(first, 0) < std::min(end, segment.n)) {
                holes.push_back({segment.first + std::max<Index>(first, 0), segment.first + std::min(end, segment.n)});
            }
        }
    }
    std::ranges::sort(holes, {}, &Hole::first);
    std::vector<Hole> joined;
    for (const Hole& hole : holes) {
        if (!joined.empty() && hole.first <= joined.back().end) {
            joined.back().end = std::max(joined.back().end, hole.end);
        } else {
            joined.push_back(hole);
        }
    }
    return joined;
}

/// A file that went through a text-mode transfer: a carriage return stands before every line feed, in the middle of the
/// samples too, and all that follows is shifted.
void refuse_text_mode(const ByteSource& source, const Layout& layout, const Findings& findings) {
    const std::int64_t end = layout.data_at + layout.n_records * layout.record_bytes;
    if (source.size() <= end) {
        return;
    }
    constexpr std::size_t most = 1 << 20;
    const auto bytes = source.read_exactly(
        layout.data_at, static_cast<std::size_t>(std::min<std::int64_t>(source.size() - layout.data_at, most)));
    Index line_feeds = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != std::byte{'\n'}) {
            continue;
        }
        if (i == 0 || bytes[i - 1] != std::byte{'\r'}) {
            return;
        }
        first = line_feeds++ == 0 ? i - 1 : first;
    }
    // By chance this happens once in 256^line_feeds files.
    if (line_feeds >= 8) {
        findings.refuse(layout.data_at + static_cast<std::int64_t>(first),
                        "wanted samples, got carriage returns before every line feed and " +
                            std::to_string(source.size() - end) +
                            " bytes more than the header says: the file was changed by a text-mode transfer");
    }
}

}  // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): the recording keeps it
Recording read_edf(std::shared_ptr<const ByteSource> source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    Layout layout = parse_header(*source, findings);

    // Rates in the order of their first signal; event channels count through the signals in that order.
    std::vector<Index> rates;
    for (const Line& line : layout.lines) {
        if (!line.is_annotations && line.samples_per_record > 0 &&
            std::ranges::find(rates, line.samples_per_record) == rates.end()) {
            rates.push_back(line.samples_per_record);
        }
        if (!line.is_annotations && line.samples_per_record == 0) {
            findings.note(0, "number of samples of " + quote_text(line.channel.name) +
                                 ": wanted > 0, got 0: the signal is left out");
        }
    }
    std::vector<std::string> names;
    for (const Index rate : rates) {
        for (const Line& line : layout.lines) {
            if (!line.is_annotations && line.samples_per_record == rate) {
                names.push_back(line.channel.name);
            }
        }
    }

    refuse_text_mode(*source, layout, findings);
    Annotated annotated = read_annotation_signals(*source, layout, names, findings);
    const std::vector<Run> runs = find_runs(layout, annotated.record_onsets_ns, findings);
    const std::int64_t first_onset = annotated.record_onsets_ns.empty() ? 0 : annotated.record_onsets_ns.front();

    Recording recording;
    recording.format = layout.format;
    recording.identity = std::move(layout.identity);
    if (layout.start_second_ns) {
        recording.identity.start_ns = *layout.start_second_ns + first_onset;
    }
    recording.events = std::move(annotated.events);
    for (Event& event : recording.events) {
        event.onset_ns -= first_onset;
    }
    sort_events(recording.events);
    const Extras extras = take_extras(recording.events);

    std::size_t number = 0;
    for (const Index rate : rates) {
        Signal signal;
        signal.fs = static_cast<double>(rate) / layout.record_s;
        std::vector<Stretch> stretches;
        Index stored = 0;
        for (std::size_t r = 0; r < runs.size(); ++r) {
            Index n = runs[r].n * rate;
            for (const std::int64_t end_ns : extras.ends_ns) {
                if (end_ns > runs[r].t0_ns && (r + 1 == runs.size() || end_ns <= runs[r + 1].t0_ns)) {
                    n = std::min(n, to_sample(end_ns - runs[r].t0_ns, signal.fs));
                }
            }
            signal.segments.push_back({runs[r].t0_ns, stored, n});
            stretches.push_back({stored, runs[r].first * rate, n});
            stored += n;
        }
        std::vector<EdfSource::Place> places;
        for (const Line& line : layout.lines) {
            if (line.is_annotations || line.samples_per_record != rate) {
                continue;
            }
            signal.channels.push_back(line.channel);
            if (const auto name = extras.names.find(number); name != extras.names.end()) {
                signal.channels.back().name = name->second;
            }
            if (const auto unit = extras.units.find(number); unit != extras.units.end()) {
                signal.channels.back().unit = unit->second;
            }
            const auto missing = extras.missing.find(number);
            places.push_back(
                {line.offset_in_record, rate, line.channel.scaling,
                 missing == extras.missing.end() ? std::vector<Hole>{} : find_holes(missing->second, signal)});
            ++number;
        }
        signal.source = std::make_shared<EdfSource>(source, layout.data_at, layout.record_bytes, layout.sample_bytes,
                                                    std::move(places), std::move(stretches));
        recording.signals.push_back(std::move(signal));
    }
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
