#include "biopotential/trust/deidentify.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/files.hpp"
#include "biopotential/core/hash.hpp"
#include "biopotential/core/version.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/io/write.hpp"
#include "biopotential/trust/crypto.hpp"
#include "biopotential/trust/identifiers.hpp"
#include "biopotential/trust/text_internal.hpp"
#include "biopotential/trust/vocabulary.hpp"

namespace biopotential::inline v0::trust {

namespace {

using nlohmann::json;

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t day_ns = 86'400 * second_ns;
constexpr std::int64_t first_edf_day_ns = 5479 * day_ns;  // 1985-01-01
constexpr const char* status_clean = "no known identifier found";
constexpr const char* status_review = "review";
constexpr const char* status_refused = "refused";

std::int64_t day_of(std::int64_t ns) {
    return ns >= 0 ? ns / day_ns : -((-ns + day_ns - 1) / day_ns);
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks(" \t\r\n\0", 5);
    const std::size_t from = text.find_first_not_of(blanks);
    return from == std::string_view::npos ? std::string_view{}
                                          : text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

std::vector<std::string> split(std::string_view text, char by) {
    std::vector<std::string> out;
    while (true) {
        const std::size_t end = std::min(text.find(by), text.size());
        if (const std::string_view part = trimmed(text.substr(0, end)); !part.empty()) {
            out.emplace_back(part);
        }
        if (end == text.size()) {
            return out;
        }
        text.remove_prefix(end + 1);
    }
}

std::string field_of(const Identity& identity, const char* key) {
    const auto found = identity.fields.find(key);
    return found == identity.fields.end() ? std::string() : found->second;
}

/// Completed years, or none.
std::optional<int> small_number(std::string_view text, int most) {
    int value = 0;
    std::size_t n = 0;
    while (n < text.size() && n < 4 && text[n] >= '0' && text[n] <= '9') {
        value = value * 10 + (text[n++] - '0');
    }
    return n == 0 || n > 3 || value > most ? std::nullopt : std::optional(value);
}

std::string sex_of(std::string_view text) {
    const std::string key = fold_key(decode_text(trimmed(text)));
    if (key == "m" || key == "male" || key == "maennlich" || key == "mann") {
        return "M";
    }
    if (key == "f" || key == "female" || key == "w" || key == "weiblich" || key == "frau") {
        return "F";
    }
    return "X";
}

/// What is known of the patient and may partly stay.
struct Patient {
    std::string id, id_from;
    std::string sex = "X";
    std::string age;  ///< completed years, "90+" from 90 on; empty where unknown
    std::vector<std::string> diagnoses;
};

std::string top_coded(int years) {
    return years >= 90 ? "90+" : std::to_string(years);
}

std::optional<std::chrono::year_month_day> edf_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> months = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                         "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    if (text.size() != 11 || text[2] != '-' || text[6] != '-') {
        return std::nullopt;
    }
    const auto month = std::ranges::find(months, text.substr(3, 3));
    const auto day = small_number(text.substr(0, 2), 31);
    int year = 0;
    for (const char c : text.substr(7)) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        year = year * 10 + (c - '0');
    }
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
                                           std::chrono::day{static_cast<unsigned>(day.value_or(0))}};
    return month != months.end() && date.ok() ? std::optional(date) : std::nullopt;
}

Patient patient_of(const Recording& recording, const std::filesystem::path& source, const DeidOptions& options) {
    Patient out;
    const std::string field = field_of(recording.identity, "patient");
    const std::vector<std::string> parts = split(field, ' ');
    const bool has_subfields = parts.size() >= 4 && (parts[1] == "M" || parts[1] == "F" || parts[1] == "X") &&
                               (parts[2] == "X" || edf_date(parts[2]));
    if (has_subfields) {
        out.sex = parts[1];
        const auto birth = edf_date(parts[2]);
        if (birth && recording.identity.start_ns) {
            const std::chrono::year_month_day start{
                std::chrono::sys_days{std::chrono::days{day_of(*recording.identity.start_ns)}}};
            int years = static_cast<int>(start.year()) - static_cast<int>(birth->year());
            if (start.month() < birth->month() || (start.month() == birth->month() && start.day() < birth->day())) {
                --years;
            }
            if (years >= 0 && years <= 130) {
                out.age = top_coded(years);
            }
        }
    }
    for (const std::string& line : split(field_of(recording.identity, "comments"), '\n')) {
        const std::size_t colon = line.find(':');
        std::string name =
            fold_key(decode_text(trimmed(std::string_view(line).substr(0, std::min(colon, line.size())))));
        std::erase_if(name, [](char c) { return c == '<' || c == '>'; });
        const std::string_view value =
            colon == std::string::npos ? std::string_view{} : trimmed(std::string_view(line).substr(colon + 1));
        if (name == "age" || name == "alter") {
            const auto years = small_number(value, 130);
            out.age = years ? top_coded(*years) : out.age;
        } else if (name == "sex" || name == "gender" || name == "geschlecht") {
            out.sex = sex_of(value);
        } else if (name == "dx") {
            for (const std::string& code : split(value, ',')) {
                if (is_snomed_concept(code)) {
                    out.diagnoses.push_back(code);
                }
            }
        } else if ((name == "patient id" || name == "patient" || name == "subject id") && !value.empty()) {
            out.id = value;
            out.id_from = "comments";
        } else if (const std::vector<std::string> words = split(line, ' ');
                   words.size() >= 2 && words[0].size() <= 3 && (words[1] == "M" || words[1] == "F")) {
            // MIT-BIH's way: "69 M 1085 1629 x1"
            if (const auto years = small_number(words[0], 130)) {
                out.age = top_coded(*years);
                out.sex = words[1];
            }
        }
    }
    if (!options.patient_id.empty()) {
        out.id = options.patient_id;
        out.id_from = "argument";
    } else if (has_subfields && parts[0] != "X") {
        out.id = parts[0];
        out.id_from = "patient code";
    } else if (has_subfields && parts[3] != "X") {
        out.id = parts[3];
        out.id_from = "patient name";
    } else if (!has_subfields && !trimmed(field).empty() && field.find_first_not_of("X ") != std::string::npos) {
        out.id = trimmed(field);
        out.id_from = "patient field";
    } else if (out.id.empty()) {
        out.id = source.stem().string();
        out.id_from = "file name";
    }
    return out;
}

std::string full_id(const Patient& patient, const DeidOptions& options) {
    return options.issuer.empty() ? patient.id : options.issuer + '\0' + patient.id;
}

/// What the input holds beside the samples, raw.
struct InputFacts {
    Identifiers identifiers;
    std::int64_t bytes = 0, not_understood = 0;
    std::set<std::string> texts;  ///< annotations and their aux strings
};

std::string raw_text(const ByteSource& source, std::int64_t from, std::size_t n) {
    const auto bytes = source.read_exactly(from, n);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Refuse a file that keeps time-stamped annotations where its header says there are samples: samples are copied.
void refuse_annotations_among_samples(const ByteSource& source, std::int64_t from, std::int64_t record_bytes,
                                      const std::vector<std::pair<std::int64_t, std::int64_t>>& ranges) {
    constexpr std::string_view mark("\x14\x14\0", 3);  // ends the time of a record: "+12\x14\x14\0"
    std::vector<std::byte> record(static_cast<std::size_t>(record_bytes));
    for (std::int64_t at = from; record_bytes > 0 && at < source.size(); at += record_bytes) {
        const std::size_t n = source.read(at, record);
        const std::string_view text(reinterpret_cast<const char*>(record.data()), n);
        for (const auto& [first, end] : ranges) {
            const auto low = std::min(static_cast<std::size_t>(first), n);
            const std::string_view samples = text.substr(low, std::min(static_cast<std::size_t>(end), n) - low);
            for (std::size_t found = samples.find(mark); found != std::string_view::npos;
                 found = samples.find(mark, found + 1)) {
                std::size_t start = found;
                while (start > 0 &&
                       ((samples[start - 1] >= '0' && samples[start - 1] <= '9') || samples[start - 1] == '.')) {
                    --start;
                }
                if (start < found && start > 0 && (samples[start - 1] == '+' || samples[start - 1] == '-')) {
                    throw PolicyError("[deidentify] wanted samples, got annotations among them");
                }
            }
        }
    }
}

/// Every text slot of an EDF or BDF header, whether the reader uses it or not, and what stands behind the last record.
void collect_edf(const std::filesystem::path& path, InputFacts& facts) {
    const auto source = open_file(path);
    const std::string main = raw_text(*source, 0, 256);
    Identifiers& ids = facts.identifiers;
    ids.add_identity(trimmed(main.substr(8, 80)));
    ids.add_remarks(trimmed(main.substr(88, 80)));
    ids.add_free_text(trimmed(main.substr(192, 44)));
    const int sample_bytes = static_cast<unsigned char>(main[0]) == 0xff ? 3 : 2;
    const auto number = [](std::string_view text) { return std::strtoll(std::string(text).c_str(), nullptr, 10); };
    const std::int64_t n_signals = number(main.substr(252, 4)), n_records = number(main.substr(236, 8));
    const std::int64_t header_bytes = 256 * (n_signals + 1);
    if (n_signals < 0 || n_signals > 9999 || header_bytes > source->size()) {
        return;  // the reader has refused it or counted for itself
    }
    const std::string signals = raw_text(*source, 256, static_cast<std::size_t>(header_bytes - 256));
    struct Slot {
        std::size_t at, width;
    };
    const auto n = static_cast<std::size_t>(n_signals);
    for (const Slot slot : {Slot{0, 16}, Slot{16, 80}, Slot{96, 8}, Slot{136, 80}, Slot{224, 32}}) {
        for (std::size_t i = 0; i < n; ++i) {
            ids.add_free_text(trimmed(signals.substr(n * slot.at + i * slot.width, slot.width)));
        }
    }
    if (number(main.substr(184, 8)) != header_bytes) {
        throw PolicyError(
            "[deidentify] wanted a header that is as long as it says, got one where text and samples can't be told "
            "apart");
    }
    std::int64_t record_bytes = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> sample_ranges;  // within a record
    for (std::size_t i = 0; i < n; ++i) {
        const std::int64_t bytes =
            std::clamp<std::int64_t>(number(signals.substr(n * 216 + i * 8, 8)), 0, 50'000'000) * sample_bytes;
        if (!trimmed(signals.substr(i * 16, 16)).ends_with("DF Annotations")) {
            sample_ranges.emplace_back(record_bytes, record_bytes + bytes);
        }
        record_bytes += bytes;
    }
    refuse_annotations_among_samples(*source, header_bytes, record_bytes, sample_ranges);
    const std::int64_t end = header_bytes + std::max<std::int64_t>(n_records, 0) * record_bytes;
    if (n_records >= 0 && end < source->size()) {
        facts.not_understood = source->size() - end;
        constexpr std::int64_t most = 1 << 16;
        const std::string tail = raw_text(*source, end, static_cast<std::size_t>(std::min(most, facts.not_understood)));
        std::string printable;
        for (const char c : tail) {
            printable += static_cast<unsigned char>(c) >= ' ' ? c : ' ';
        }
        ids.add_free_text(printable);
    }
}

/// Words of the WFDB header: comments, signal names, file names.
void collect_wfdb(const Recording& recording, InputFacts& facts) {
    for (const std::filesystem::path& file : recording.files) {
        if (file.extension() == ".hea") {
            for (const std::string& line : split(open_file(file)->read_text(16 << 20), '\n')) {
                if (line.front() == '#') {
                    facts.identifiers.add_remarks(std::string_view(line).substr(1));
                }
            }
        }
        facts.identifiers.add_free_text(file.filename().string());
    }
}

/// Comments of BrainVision's text files, which the reader leaves out, and the file names in them.
void collect_brainvision(const Recording& recording, InputFacts& facts) {
    for (const std::filesystem::path& file : recording.files) {
        if (file.extension() == ".vhdr" || file.extension() == ".vmrk") {
            bool comment = false;
            for (const std::string& line : split(open_file(file)->read_text(64 << 20), '\n')) {
                comment = line.front() == '[' ? line.starts_with("[Comment]") : comment;
                if (comment || line.front() == ';') {
                    facts.identifiers.add_remarks(line);
                }
            }
        }
        facts.identifiers.add_free_text(file.filename().string());
    }
}

InputFacts collect(const Recording& recording, const std::filesystem::path& source, const DeidOptions& options) {
    InputFacts facts;
    Identifiers& ids = facts.identifiers;
    for (const std::filesystem::path& file : recording.files) {
        facts.bytes += static_cast<std::int64_t>(std::filesystem::file_size(file));
    }
    const bool edf_like = recording.format.starts_with("EDF") || recording.format.starts_with("BDF");
    if (edf_like) {
        collect_edf(recording.files.front(), facts);
    } else if (recording.format == "WFDB") {
        collect_wfdb(recording, facts);
    } else if (recording.format == "BrainVision") {
        collect_brainvision(recording, facts);
    }
    for (const auto& [key, value] : recording.identity.fields) {
        if (key == "patient") {
            ids.add_identity(value);
        } else if (key == "comments" || key == "recording") {
            ids.add_remarks(value);
        } else if (key != "start_date" && key != "start_time" && key != "base_date" && key != "base_time" &&
                   key != "source_format") {
            ids.add_remarks(key + " " + value);
        }
    }
    if (recording.identity.start_ns) {
        ids.add_date(day_of(*recording.identity.start_ns));
        if (options.time_of_day == TimeOfDay::drop) {
            ids.add_time_of_day((*recording.identity.start_ns - day_of(*recording.identity.start_ns) * day_ns) /
                                second_ns);
        }
    }
    for (const Signal& signal : recording.signals) {
        for (const Channel& channel : signal.channels) {
            ids.add_free_text(channel.name);
            ids.add_free_text(channel.transducer);
            ids.add_free_text(channel.prefilter);
            ids.add_free_text(channel.unit);
            for (const auto& [key, value] : channel.header) {
                if (value.find_first_not_of("0123456789.+-eE ") != std::string::npos) {
                    ids.add_free_text(value);
                }
            }
        }
    }
    for (const Event& event : recording.events) {
        facts.texts.insert(event.label);
        facts.texts.insert(event.aux);
        facts.texts.insert(event.author);
    }
    for (const std::string& text : facts.texts) {
        ids.add_free_text(text);
    }
    for (const std::string& warning : recording.warnings) {
        if (recording.format == "HDF5") {
            ids.add_free_text(warning);
        }
        if (edf_like && warning.find("time-keeping annotation") != std::string::npos) {
            throw PolicyError("[deidentify] wanted an annotation with the time of each record, got a record without");
        }
    }
    ids.add_free_text(source.filename().string());
    if (!options.patient_id.empty()) {
        ids.add_identity(options.patient_id);
    }
    for (const std::string& name : options.roster) {
        ids.add_identity(name);
    }
    return facts;
}

struct TextCounts {
    std::int64_t total = 0, kept = 0, coded = 0;
};

/// Whether an event is WFDB's: a symbol with a code.
bool is_wfdb_symbol(const Event& event) {
    constexpr std::string_view symbols = "NLRaVFJASEj/Q~|sT*D\"=p^tBu?![]en@xf()r+";
    return event.code > 0 && event.code < 50 && event.label.size() == 1 &&
           symbols.find(event.label) != std::string_view::npos;
}

std::vector<Event> admitted_events(const Recording& recording, const DeidOptions& options, const WordFilter& may_stay,
                                   TextCounts& counts) {
    std::vector<Event> out;
    for (const Event& event : recording.events) {
        Event kept;
        kept.onset_ns = event.onset_ns;
        kept.duration_ns = event.duration_ns;
        kept.channels = event.channels;
        kept.source = event.source == "EDF+" || event.source == "atr" ? event.source : "";
        if (is_wfdb_symbol(event)) {
            kept.label = event.label;
            kept.code = event.code;
            kept.subtype = event.subtype;
            kept.num = event.num;
            if (!event.aux.empty()) {
                ++counts.total;
                const auto aux = options.keep_annotations ? admitted_aux(event.aux, may_stay) : std::nullopt;
                counts.kept += aux ? 1 : 0;
                kept.aux = aux.value_or("");
            }
        } else {
            ++counts.total;
            const auto label = options.keep_annotations ? admitted_text(event.label, may_stay) : std::nullopt;
            const auto aux = event.aux.empty() ? std::optional<std::string>("") : admitted_aux(event.aux, may_stay);
            const bool kept_whole = label && !trimmed(*label).empty() && aux;
            counts.kept += kept_whole ? 1 : 0;
            kept.label = kept_whole ? *label : "note";
            kept.aux = kept_whole ? *aux : "";
            if (kept_whole && event.code == 22) {
                kept.code = event.code;
            }
        }
        out.push_back(std::move(kept));
    }
    return out;
}

/// The channel's numbers; of its texts what the vocabulary holds.
Channel admitted_channel(const Channel& channel, std::size_t number, const WordFilter& may_stay,
                         std::set<std::string>& taken, TextCounts& counts) {
    Channel out;
    out.scaling = channel.scaling;
    out.digital_min = channel.digital_min;
    out.digital_max = channel.digital_max;
    out.physical_min = channel.physical_min;
    out.physical_max = channel.physical_max;
    out.unit = admitted_unit(trimmed(channel.unit));
    for (const char* const key : {"physical_min", "physical_max", "record_duration", "samples_per_record", "format",
                                  "adc_resolution", "adc_zero"}) {
        const auto found = channel.header.find(key);
        if (found != channel.header.end() && found->second.size() <= 12 &&
            found->second.find_first_not_of("0123456789.+-eE") == std::string::npos) {
            out.header[key] = found->second;
        }
    }
    const auto admit = [&](const std::string& text) {
        if (trimmed(text).empty()) {
            return std::string();
        }
        ++counts.total;
        const auto kept = admitted_text(trimmed(text), may_stay);
        counts.kept += kept ? 1 : 0;
        return kept.value_or("");
    };
    out.transducer = admit(channel.transducer);
    out.prefilter = admit(channel.prefilter);
    out.name = admit(channel.name);
    if (out.name.empty() || !taken.insert(out.name).second) {
        // Not a word of the vocabulary, or not the first of its name.
        if (!trimmed(channel.name).empty() && out.name.empty()) {
            ++counts.coded;
        }
        const bool repeated = !out.name.empty();
        std::string coded = (number + 1 < 10 ? "CH0" : "CH") + std::to_string(number + 1);
        if (repeated) {
            coded = channel.name == out.name ? out.name : coded;
        }
        out.name = coded;
        taken.insert(coded);
    }
    return out;
}

bool same_samples(const Recording& a, const Recording& b) {
    if (a.signals.size() != b.signals.size()) {
        return false;
    }
    constexpr Index block = 1 << 15;
    for (std::size_t s = 0; s < a.signals.size(); ++s) {
        const Signal &x = a.signals[s], &y = b.signals[s];
        if (x.fs != y.fs || x.n_channels() != y.n_channels() || x.segments.size() != y.segments.size() ||
            x.source->has_digital() != y.source->has_digital()) {
            return false;
        }
        for (std::size_t i = 0; i < x.segments.size(); ++i) {
            const std::int64_t moved_x = x.segments[i].t0_ns - x.segments[0].t0_ns;
            const std::int64_t moved_y = y.segments[i].t0_ns - y.segments[0].t0_ns;
            if (moved_x != moved_y || x.segments[i].n != y.segments[i].n) {
                return false;
            }
        }
        const auto compare = [&](auto type, auto read) {
            using T = decltype(type);
            std::vector<T> left(block), right(block);
            for (Index c = 0; c < x.n_channels(); ++c) {
                for (Index first = 0; first < x.n_samples(); first += block) {
                    const auto n = static_cast<std::size_t>(std::min(block, x.n_samples() - first));
                    read(x, c, first, std::span(left).first(n));
                    read(y, c, first, std::span(right).first(n));
                    if (std::memcmp(left.data(), right.data(), n * sizeof(T)) != 0) {
                        return false;
                    }
                }
            }
            return true;
        };
        const bool same = x.source->has_digital()
                              ? compare(std::int32_t{}, [](const Signal& of, Index c, Index first,
                                                           auto out) { of.source->read_digital(c, first, out); })
                              : compare(double{}, [](const Signal& of, Index c, Index first, auto out) {
                                    of.source->read(c, first, out);
                                });
        if (!same) {
            return false;
        }
    }
    return true;
}

bool same_times(const Recording& a, const Recording& b) {
    const auto times = [](const Recording& of) {
        std::vector<std::pair<std::int64_t, std::int64_t>> out;
        out.reserve(of.events.size());
        for (const Event& event : of.events) {
            out.emplace_back(event.onset_ns, event.duration_ns);
        }
        std::ranges::sort(out);
        return out;
    };
    return times(a) == times(b);
}

/// All text that a reader finds in a recording, a line each.
std::string all_text(const Recording& recording) {
    std::set<std::string> lines;
    for (const auto& [key, value] : recording.identity.fields) {
        lines.insert(value);
    }
    for (const Signal& signal : recording.signals) {
        for (const Channel& channel : signal.channels) {
            lines.insert({channel.name, channel.unit, channel.transducer, channel.prefilter});
            for (const auto& [key, value] : channel.header) {
                lines.insert(value);
            }
        }
    }
    for (const Event& event : recording.events) {
        lines.insert({event.label, event.aux, event.author, event.source});
    }
    lines.insert(recording.warnings.begin(), recording.warnings.end());
    std::string out;
    for (const std::string& line : lines) {
        out += line + "\n";
    }
    return out;
}

Identifiers::Layout layout_of(const std::filesystem::path& file) {
    Identifiers::Layout layout;
    const std::string suffix = file.extension().string();
    if (suffix == ".dat" || suffix == ".h5" || suffix == ".hdf5") {
        layout.header_bytes = 0;  // samples; what is compressed is searched as text of the recording
    } else if (suffix == ".edf" || suffix == ".bdf") {
        const auto source = open_file(file);
        const std::string main = raw_text(*source, 0, 256);
        const std::int64_t n = std::stoll(main.substr(252, 4));
        layout.header_bytes = 256 * (n + 1);
        const std::string samples = raw_text(*source, 256 + n * 216, static_cast<std::size_t>(n * 8));
        for (std::int64_t i = 0; i < n; ++i) {
            layout.text_offset = layout.record_bytes;  // of the last signal, the annotations
            layout.record_bytes +=
                std::stoll(samples.substr(static_cast<std::size_t>(i) * 8, 8)) * (suffix == ".edf" ? 2 : 3);
        }
    }
    return layout;
}

/// The output's folder; where this made it and it stays empty, it disappears.
class OutputFolder {
  public:
    explicit OutputFolder(const std::filesystem::path& path) : path_(path) {
        std::error_code error;
        created_ = std::filesystem::create_directories(path, error);
        if (error) {
            throw IoError(error.value(), path.string(), "[deidentify] wanted a folder to write into");
        }
    }
    ~OutputFolder() {
        std::error_code ignored;
        if (created_) {
            std::filesystem::remove(path_, ignored);  // only where it is empty
        }
    }
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;

    /// Give all files their place, or none.
    std::vector<std::filesystem::path> publish(const std::vector<std::filesystem::path>& files) {
        std::vector<std::filesystem::path> done;
        try {
            for (const std::filesystem::path& file : files) {
                const std::filesystem::path target = path_ / file.filename();
                // A link, unlike a rename, never replaces what is there; some file systems have none.
                if (::link(file.c_str(), target.c_str()) != 0) {
                    const bool no_links = errno == EPERM || errno == ENOTSUP || errno == EMLINK;
                    if (no_links && std::filesystem::exists(target)) {
                        errno = EEXIST;
                    }
                    if (!no_links || errno == EEXIST || ::rename(file.c_str(), target.c_str()) != 0) {
                        throw IoError(errno, target.string(), "wanted a new file");
                    }
                }
                done.push_back(target);
            }
        } catch (...) {
            std::error_code ignored;
            for (const std::filesystem::path& file : done) {
                std::filesystem::remove(file, ignored);
            }
            throw;
        }
        return done;
    }

  private:
    std::filesystem::path path_;
    bool created_ = false;
};

std::string suffix_of(const Recording& recording, const DeidOptions& options) {
    if (!options.suffix.empty()) {
        constexpr std::array<std::string_view, 5> known = {".edf", ".bdf", ".hea", ".h5", ".hdf5"};
        if (std::ranges::find(known, options.suffix) == known.end()) {
            throw_invalid("deidentify", "the suffix .edf, .bdf, .hea or .h5", options.suffix);
        }
        return options.suffix;
    }
    if (recording.format.starts_with("EDF")) {
        return ".edf";
    }
    if (recording.format.starts_with("BDF")) {
        return ".bdf";
    }
    // WFDB's own writer holds no gaps; our container does.
    const bool has_gaps =
        std::ranges::any_of(recording.signals, [](const Signal& signal) { return signal.segments.size() > 1; });
    return recording.format == "WFDB" && !has_gaps ? ".hea" : ".h5";
}

std::string identity_comments(const Patient& patient) {
    std::string out;
    const auto line = [&](const std::string& text) { out += (out.empty() ? "" : "\n") + text; };
    if (!patient.age.empty()) {
        line("Age: " + patient.age);
    }
    if (patient.sex != "X") {
        line("Sex: " + patient.sex);
    }
    if (!patient.diagnoses.empty()) {
        std::string codes;
        for (const std::string& code : patient.diagnoses) {
            codes += (codes.empty() ? "" : ",") + code;
        }
        line("Dx: " + codes);
    }
    return out;
}

Recording read_input(const std::filesystem::path& source, const DeidOptions& options) {
    try {
        return io::read(source, {false, options.annotators});
    } catch (const ParseError& e) {
        // The reader's message quotes what stands in the file.
        throw ParseError("<input>", e.offset(),
                         "wanted a recording that can be read, got content that breaks its format");
    }
}

json hit_json(const Identifiers::Hit& hit, const std::string& where) {
    return {{"file", where},
            {"offset", hit.offset},
            {"kind", to_string(hit.kind)},
            {"certain", hit.certain},
            {"among", hit.in_text ? "text" : "samples"}};
}

struct Start {
    std::optional<std::int64_t> ns;
    std::string action;
    bool forward = false;
};

Start moved_start(const Recording& recording, const std::string& id, const ProjectKey& key,
                  const DeidOptions& options) {
    const auto& start = recording.identity.start_ns;
    const bool plain = recording.format == "EDF" || recording.format == "BDF";
    if (!start || (plain && day_of(*start) * day_ns == first_edf_day_ns)) {
        return {std::nullopt, "unknown", false};  // 01.01.85 is plain EDF's way to say so
    }
    if (options.drop_date) {
        return {std::nullopt, "dropped", false};
    }
    const ShiftDirection direction = options.direction.value_or(shift_direction(*start));
    const auto moved = shifted_start_ns(*start, key.shift_days(id, direction));
    if (!moved) {
        throw PolicyError(
            "[deidentify] wanted a date that a shift of 1 to 156 weeks brings into 1985 to 2084, got one beyond "
            "(dates can be dropped instead)");
    }
    const std::int64_t midnight = day_of(*moved) * day_ns, hour_ns = 3600 * second_ns;
    const std::int64_t within = *moved - midnight;
    const std::int64_t kept = options.time_of_day == TimeOfDay::keep   ? within
                              : options.time_of_day == TimeOfDay::hour ? within / hour_ns * hour_ns
                                                                       : 0;
    return {midnight + kept, "shifted by whole weeks", direction == ShiftDirection::forward};
}

/// Text fields that a report names, with what became of them.
json fields_json(const Recording& recording, const Patient& patient, const Start& start,
                 const TextCounts& channel_texts, const ProjectKey& key) {
    json out = json::array();
    for (const auto& [name, value] : recording.identity.fields) {
        // A container of ours may hold fields of any name: those are counted, not named.
        constexpr std::array<std::string_view, 8> known = {"patient",    "recording", "comments",  "start_date",
                                                           "start_time", "base_time", "base_date", "source_format"};
        const bool is_known = std::ranges::find(known, name) != known.end();
        out.push_back({{"field", is_known ? name : "other"},
                       {"action", name == "patient"                                  ? "replaced by the pseudonym"
                                  : name.ends_with("date") || name.ends_with("time") ? start.action
                                  : name == "comments" ? "rewritten from age, sex and diagnosis codes"
                                                       : "dropped"},
                       {"input_digest", key.digest("field", value)}});
    }
    out.push_back({{"field", "patient id"}, {"action", "replaced by the pseudonym"}, {"taken_from", patient.id_from}});
    out.push_back({{"field", "channel labels, transducers, filters"},
                   {"action", "closed vocabulary"},
                   {"total", channel_texts.total},
                   {"kept", channel_texts.kept},
                   {"labels_coded", channel_texts.coded}});
    return out;
}

}  // namespace

Subject subject_of(const std::filesystem::path& source, const ProjectKey& key, const DeidOptions& options) {
    const Recording recording = read_input(source, options);
    const Patient patient = patient_of(recording, source, options);
    return {key.pseudonym(full_id(patient, options)), recording.identity.start_ns};
}

DeidResult deidentify(const std::filesystem::path& source, const std::filesystem::path& folder, const ProjectKey& key,
                      const DeidOptions& options) {
    const Recording input = read_input(source, options);
    const Patient patient = patient_of(input, source, options);
    const std::string id = full_id(patient, options);
    InputFacts facts = collect(input, source, options);
    Identifiers& ids = facts.identifiers;

    DeidResult result;
    result.pseudonym = key.pseudonym(id);
    if (!options.pseudonyms.empty()) {
        const auto given = options.pseudonyms.find(patient.id);
        if (given == options.pseudonyms.end()) {
            throw PolicyError(
                "[deidentify] wanted a patient that the list of pseudonyms holds, got one that it does not");
        }
        const bool plain =
            !given->second.empty() && given->second.size() <= 40 && std::ranges::all_of(given->second, [](char c) {
                return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                       c == '-';
            });
        if (!plain) {
            throw_invalid("deidentify", "given pseudonyms of 1 to 40 letters, digits, _ and -", "another");
        }
        result.pseudonym = given->second;
    }
    for (const std::string& code : patient.diagnoses) {
        ids.allow_number(code);
    }
    const Start start = moved_start(input, id, key, options);
    if (start.ns) {
        ids.allow_date(day_of(*start.ns));
    }

    const WordFilter may_stay = [&](std::string_view folded) { return !ids.is_identity(folded); };
    TextCounts event_texts, channel_texts;
    Recording output;
    std::set<std::string> names;
    std::size_t number = 0;
    for (const Signal& signal : input.signals) {
        Signal copy;
        copy.fs = signal.fs;
        copy.segments = signal.segments;
        copy.source = signal.source;
        for (const Channel& channel : signal.channels) {
            copy.channels.push_back(admitted_channel(channel, number++, may_stay, names, channel_texts));
        }
        output.signals.push_back(std::move(copy));
    }
    output.events = admitted_events(input, options, may_stay, event_texts);
    output.identity.start_ns = start.ns;
    const std::string suffix = suffix_of(input, options);
    const bool edf_like = suffix == ".edf" || suffix == ".bdf";
    // As plain EDF has no annotations, the writer makes EDF+ of it.
    output.format = suffix == ".bdf" ? "BDF+C" : suffix == ".edf" ? "EDF+C" : suffix == ".hea" ? "WFDB" : "";
    if (edf_like || suffix == ".h5" || suffix == ".hdf5") {
        output.identity.fields["patient"] =
            result.pseudonym + " " + patient.sex + " X X" + (patient.age.empty() ? "" : " Age_" + patient.age);
    }
    if (const std::string comments = identity_comments(patient); !edf_like && !comments.empty()) {
        output.identity.fields["comments"] = comments;
    }
    const std::string stem =
        options.stem.empty()
            ? result.pseudonym + "-" + key.digest("recording", id + '\0' + signal_sha256(input)).substr(0, 8)
            : options.stem;

    OutputFolder place(folder);
    const TemporaryFolder staging("deidentify", folder, ".deid-");
    std::vector<std::filesystem::path> written;
    const std::filesystem::path main_file = staging.path() / (stem + suffix);
    io::write(output, main_file);
    for (const auto& entry : std::filesystem::directory_iterator(staging.path())) {
        written.push_back(entry.path());
    }
    std::ranges::sort(written);
    // The header names the others: it gets its place last.
    std::ranges::stable_partition(written, [&](const auto& file) { return file != main_file; });

    const Recording again = io::read(main_file, {false, {"atr"}});
    const bool samples_same = same_samples(input, again);
    DeidOptions as_input = options;
    as_input.suffix.clear();
    const bool same_format = suffix == suffix_of(input, as_input);
    if (same_format && !samples_same) {
        throw IntegrityError("[deidentify] wanted the input's samples in the output, got others");
    }

    json hits = json::array();
    bool certain = false;
    std::int64_t searched = 0;
    const auto note = [&](const std::vector<Identifiers::Hit>& found, const std::string& where) {
        for (const Identifiers::Hit& hit : found) {
            certain = certain || hit.certain;
            hits.push_back(hit_json(hit, where));
        }
    };
    json out_files = json::array();
    for (const std::filesystem::path& file : written) {
        const auto bytes = open_file(file);
        note(ids.search(*bytes, layout_of(file)), file.extension().string());
        note(ids.search(file.filename().string()), "file name");
        searched += bytes->size();
        out_files.push_back({{"name", file.filename().string()}, {"bytes", bytes->size()}, {"sha256", sha256(*bytes)}});
    }
    const std::string text = all_text(again);
    note(ids.search(text), "text as it is read");
    searched += static_cast<std::int64_t>(text.size());

    result.status = certain                                                               ? status_refused
                    : !hits.empty() || facts.not_understood > 0 || ids.has_allowed_twin() ? status_review
                                                                                          : status_clean;
    json reasons = json::array();
    if (certain) {
        reasons.push_back("an identifier of the input stands in the output");
    } else if (!hits.empty()) {
        reasons.push_back("bytes that may be an identifier or chance");
    }
    if (facts.not_understood > 0) {
        reasons.push_back("the input held bytes that no reader understands; they were not copied");
    }
    if (ids.has_allowed_twin()) {
        reasons.push_back("the shifted date is another date of the input");
    }
    std::string input_hashes;
    for (const std::filesystem::path& file : input.files) {
        input_hashes += sha256_file(file) + "\n";
    }
    json remaining = json::array({"duration", "sampling rate", "channels", "number and times of annotations"});
    if (!patient.age.empty()) {
        remaining.push_back("age in years, 90 and more as one");
    }
    if (patient.sex != "X") {
        remaining.push_back("sex");
    }
    if (!patient.diagnoses.empty()) {
        remaining.push_back("diagnosis codes");
    }
    if (start.ns) {
        remaining.push_back("weekday, season within the shift, intervals between a patient's recordings");
        if (options.time_of_day != TimeOfDay::drop) {
            remaining.push_back("time of day");
        }
    }
    const json report = {
        {"schema", "biopotential-deid/1"},
        {"tool", {{"name", "biopotential"}, {"version", version()}}},
        {"project", key.digest("project", key.project()).substr(0, 16)},
        {"key_id", key.key_id()},
        {"status", result.status},
        {"reasons", reasons},
        {"pseudonym", result.pseudonym},
        {"input",
         {{"format", input.format},
          {"files", input.files.size()},
          {"bytes", facts.bytes},
          {"digest", key.digest("input", input_hashes)},
          {"bytes_not_understood", facts.not_understood},
          {"reader_warnings", input.warnings.size()}}},
        {"output",
         {{"format", again.format},
          {"files", out_files},
          {"signal_sha256", signal_sha256(again)},
          {"unparsed_bytes", 0}}},
        {"samples_identical", samples_same},
        {"annotation_times_identical", same_times(input, again)},
        {"date",
         {{"action", start.action},
          {"direction", start.ns ? (start.forward ? "forward" : "back") : "none"},
          {"time_of_day", options.time_of_day == TimeOfDay::keep   ? "kept"
                          : options.time_of_day == TimeOfDay::hour ? "whole hours"
                                                                   : "dropped"}}},
        {"fields", fields_json(input, patient, start, channel_texts, key)},
        {"free_text",
         {{"annotations", input.events.size()},
          {"texts", event_texts.total},
          {"kept_by_vocabulary", event_texts.kept},
          {"replaced_by_note", event_texts.total - event_texts.kept}}},
        {"residual_scan",
         {{"identifiers", ids.size()}, {"patterns", ids.n_patterns()}, {"bytes_searched", searched}, {"hits", hits}}},
        {"waveform_biometric", true},
        {"notice",
         "The waveform of an ECG or EEG is itself biometric: someone who holds another recording of the same person "
         "can "
         "match the two. This report says which identifiers were searched and found, not that no person can be "
         "identified."},
        {"remaining_quasi_identifiers", remaining}};
    result.report_json = report.dump(1);
    if (certain) {
        return result;
    }
    const std::filesystem::path report_file = staging.path() / (stem + ".deid.json");
    write_new_file("deidentify", report_file, result.report_json + "\n");
    written.insert(written.begin(), report_file);
    result.files = place.publish(written);
    return result;
}

}  // namespace biopotential::inline v0::trust
