#include "biopotential/io/xml_ecg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/xml_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

[[noreturn]] void refuse(const Findings& findings, const XmlElement& element, const std::string& what) {
    findings.refuse(element.at, "<" + element.name + ">: " + what);
}

double require_number(const Findings& findings, const XmlElement& element, std::string_view text,
                      std::string_view what) {
    const auto value = parse_number(trim(text));
    if (!value) {
        refuse(findings, element, "wanted " + std::string(what) + ", got " + quote_text(text));
    }
    return *value;
}

/// Whole numbers between blanks, line ends or commas.
std::vector<std::int32_t> parse_digits(const Findings& findings, const XmlElement& element, std::string_view text) {
    std::vector<std::int32_t> out;
    constexpr std::string_view between = " \t\r\n,";
    for (std::size_t at = text.find_first_not_of(between); at != std::string_view::npos;
         at = text.find_first_not_of(between, at)) {
        const std::size_t end = std::min(text.find_first_of(between, at), text.size());
        const auto value = parse_integer(text.substr(at, end - at));
        if (!value || *value < INT32_MIN || *value > INT32_MAX) {
            refuse(findings, element, "wanted whole numbers, got " + quote_text(text.substr(at, end - at)));
        }
        out.push_back(static_cast<std::int32_t>(*value));
        at = end;
    }
    return out;
}

struct Lead {
    Channel channel;
    std::vector<std::int32_t> samples;
};

/// Leads of one length as a signal.
Signal make_leads(const Findings& findings, const XmlElement& element, std::vector<Lead> leads, double fs) {
    if (!(fs > 1e-6) || fs > 1e9) {
        refuse(findings, element, "wanted a sampling rate in Hz, > 0, got " + number_text(fs));
    }
    const std::size_t n = leads.empty() ? 0 : leads.front().samples.size();
    Array<std::int32_t> digital{static_cast<Index>(leads.size()), static_cast<Index>(n)};
    std::vector<Channel> channels;
    for (std::size_t l = 0; l < leads.size(); ++l) {
        if (leads[l].samples.size() != n) {
            refuse(findings, element,
                   "wanted " + std::to_string(n) + " samples of lead " + quote_text(leads[l].channel.name) + ", got " +
                       std::to_string(leads[l].samples.size()));
        }
        std::ranges::copy(leads[l].samples, digital.row(static_cast<Index>(l)).begin());
        Channel& channel = leads[l].channel;
        const auto [low, high] = std::ranges::minmax_element(leads[l].samples);
        channel.digital_min = n == 0 ? 0 : std::min(*low, -32768);
        channel.digital_max = n == 0 ? 0 : std::max(*high, 32767);
        channel.physical_min = channel.scaling(channel.digital_min);
        channel.physical_max = channel.scaling(channel.digital_max);
        channels.push_back(std::move(channel));
    }
    return make_signal(std::move(digital), fs, std::move(channels));
}

/// YYYYMMDD[hhmm[ss[.fff]]][+-zone] (HL7), or YYYY-MM-DD and hh:mm:ss put together.
std::optional<std::int64_t> parse_time(std::string_view text) {
    std::string digits;
    std::size_t at = 0;
    for (; at < text.size() && text[at] != '.' && text[at] != '+'; ++at) {
        if (text[at] >= '0' && text[at] <= '9') {
            digits += text[at];
        } else if (text[at] != '-' && text[at] != ':' && text[at] != ' ') {
            return std::nullopt;
        }
        if (digits.size() == 14 && at + 1 < text.size() && text[at + 1] == '-') {
            break;  // a zone; the clock that the file shows is kept
        }
    }
    if (digits.size() != 8 && digits.size() != 12 && digits.size() != 14) {
        return std::nullopt;
    }
    digits.resize(14, '0');
    const auto number = [&](std::size_t from, std::size_t n) {
        return static_cast<int>(parse_integer(std::string_view(digits).substr(from, n)).value_or(0));
    };
    const auto day = date_ns(number(0, 4), number(4, 2), number(6, 2));
    if (!day || number(8, 2) > 23 || number(10, 2) > 59 || number(12, 2) > 59) {
        return std::nullopt;
    }
    std::int64_t fraction = 0;
    if (at < text.size() && text[at] == '.') {
        std::int64_t unit = second_ns / 10;
        for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) {
            fraction += (text[at] - '0') * unit;
        }
    }
    return *day + ((number(8, 2) * 60 + number(10, 2)) * 60 + number(12, 2)) * second_ns + fraction;
}

void keep(Identity& identity, const char* key, const std::string& text) {
    if (!text.empty()) {
        identity.fields[key] = text;
    }
}

// --- HL7 annotated ECG -----------------------------------------------------------------------------------------------

/// Seconds of a quantity with its unit.
double seconds_of(const Findings& findings, const XmlElement& element) {
    const double value = require_number(findings, element, element.attribute("value"), "a number");
    const std::string unit = element.attribute("unit");
    if (unit == "s" || unit.empty()) {
        return value;
    }
    if (unit == "ms") {
        return value / 1e3;
    }
    if (unit == "us") {
        return value / 1e6;
    }
    refuse(findings, element, "wanted s, ms or us, got " + quote_text(unit));
}

std::string lead_name(const std::string& code) {
    constexpr std::string_view prefix = "MDC_ECG_LEAD_";
    std::string name = code.starts_with(prefix) ? code.substr(prefix.size()) : code;
    if (name == "AVR" || name == "AVL" || name == "AVF") {
        name[0] = 'a';
    }
    return name;
}

struct Series {
    Signal signal;
    std::optional<std::int64_t> start_ns;
};

Series parse_series(const XmlElement& series, const Findings& findings) {
    Series out;
    double fs = 0;
    std::vector<Lead> leads;
    const XmlElement* set = series.find("component/sequenceSet");
    if (set == nullptr) {
        refuse(findings, series, "wanted a <sequenceSet>, got none");
    }
    for (const XmlElement* component : set->all("component")) {
        const XmlElement* sequence = component->find("sequence");
        const XmlElement* code = sequence == nullptr ? nullptr : sequence->find("code");
        const XmlElement* value = sequence == nullptr ? nullptr : sequence->find("value");
        if (code == nullptr || value == nullptr) {
            refuse(findings, *component, "wanted a <sequence> with <code> and <value>, got none");
        }
        const std::string name = code->attribute("code");
        if (name == "TIME_ABSOLUTE" || name == "TIME_RELATIVE") {
            const XmlElement* increment = value->find("increment");
            if (increment == nullptr) {
                refuse(findings, *value, "wanted an <increment>, got none");
            }
            const double step = seconds_of(findings, *increment);
            fs = step > 0 ? 1 / step : 0;
            // A step of 0.002 s means 500 Hz.
            fs = std::abs(fs - std::round(fs)) < 1e-9 * fs ? std::round(fs) : fs;
            if (const XmlElement* head = value->find("head"); head != nullptr && name == "TIME_ABSOLUTE") {
                out.start_ns = parse_time(head->attribute("value"));
            }
            continue;
        }
        const XmlElement* digits = value->find("digits");
        if (digits == nullptr) {
            refuse(findings, *value, "wanted <digits>, got none");
        }
        Lead lead;
        lead.channel.name = lead_name(name);
        if (const XmlElement* scale = value->find("scale")) {
            lead.channel.unit = scale->attribute("unit");
            const double gain = require_number(findings, *scale, scale->attribute("value"), "a scale");
            if (gain == 0) {
                refuse(findings, *scale, "wanted a scale other than 0, got 0");
            }
            lead.channel.scaling.numerator = gain;
            if (const XmlElement* origin = value->find("origin")) {
                const double zero = require_number(findings, *origin, origin->attribute("value"), "an origin");
                lead.channel.scaling.zero = zero == 0 ? 0 : -zero / gain;
            }
        }
        lead.samples = parse_digits(findings, *digits, digits->text);
        leads.push_back(std::move(lead));
    }
    out.signal = make_leads(findings, series, std::move(leads), fs);
    return out;
}

/// Annotations, which may hold annotations, with the time that their region of interest gives.
void take_annotations(const XmlElement& element, const Series& series, std::int64_t t0_ns, int first_channel,
                      std::vector<Event>& events) {
    for (const XmlElement& child : element.children) {
        if (child.name == "annotation") {
            Event event;
            bool timed = false;
            if (const XmlElement* region = child.find("support/supportingROI")) {
                for (const XmlElement* component : region->all("component")) {
                    const XmlElement* code = component->find("boundary/code");
                    const XmlElement* value = component->find("boundary/value");
                    const std::string name = code == nullptr ? "" : code->attribute("code");
                    if (name.starts_with("MDC_ECG_LEAD_")) {
                        for (std::size_t c = 0; c < series.signal.channels.size(); ++c) {
                            if (series.signal.channels[c].name == lead_name(name)) {
                                event.channels.push_back(first_channel + static_cast<int>(c));
                            }
                        }
                    }
                    if (value == nullptr || (name != "TIME_ABSOLUTE" && name != "TIME_RELATIVE")) {
                        continue;
                    }
                    const auto time_of = [&](const XmlElement* at) -> std::optional<std::int64_t> {
                        if (at == nullptr || at->attribute("value").empty()) {
                            return std::nullopt;
                        }
                        if (name == "TIME_ABSOLUTE") {
                            const auto time = parse_time(at->attribute("value"));
                            return time && series.start_ns ? std::optional(*time - *series.start_ns) : std::nullopt;
                        }
                        const auto number = parse_number(at->attribute("value"));
                        const double scale = at->attribute("unit") == "ms"   ? 1e6
                                             : at->attribute("unit") == "us" ? 1e3
                                                                             : 1e9;
                        return number && std::abs(*number) < 1e9 ? std::optional(std::llround(*number * scale))
                                                                 : std::nullopt;
                    };
                    auto low = time_of(value->find("low"));
                    low = low ? low : time_of(value);
                    const auto high = time_of(value->find("high"));
                    if (low) {
                        timed = true;
                        event.onset_ns = t0_ns + *low;
                        event.duration_ns = high && *high > *low ? *high - *low : 0;
                    }
                }
            }
            const XmlElement* code = child.find("code");
            const XmlElement* value = child.find("value");
            event.label = value != nullptr && !value->attribute("code").empty() ? value->attribute("code")
                          : code != nullptr                                     ? code->attribute("code")
                                                                                : "";
            event.source = "aECG";
            if (timed) {
                events.push_back(std::move(event));
            }
        }
        take_annotations(child, series, t0_ns, first_channel, events);
    }
}

void parse_aecg(const XmlElement& root, Recording& recording, Findings& findings) {
    recording.format = "aECG";
    std::optional<std::int64_t> start_ns;
    int first_channel = 0;
    for (const XmlElement* component : root.all("component")) {
        const XmlElement* element = component->find("series");
        if (element == nullptr) {
            continue;
        }
        Series series = parse_series(*element, findings);
        if (!start_ns) {
            start_ns = series.start_ns;
        }
        const std::int64_t t0 = start_ns && series.start_ns ? *series.start_ns - *start_ns : 0;
        series.signal.segments.front().t0_ns = t0;
        for (const XmlElement* subject : element->all("subjectOf")) {
            take_annotations(*subject, series, t0, first_channel, recording.events);
        }
        first_channel += static_cast<int>(series.signal.n_channels());
        if (!element->all("derivation").empty()) {
            findings.remark("derived series (representative beats): left out");
        }
        recording.signals.push_back(std::move(series.signal));
    }
    if (recording.signals.empty()) {
        refuse(findings, root, "wanted a <series>, got none");
    }
    recording.identity.start_ns = start_ns;
    if (const XmlElement* subject =
            root.find("componentOf/timepointEvent/componentOf/subjectAssignment/subject/trialSubject")) {
        if (const XmlElement* id = subject->find("id")) {
            keep(recording.identity, "patient", id->attribute("extension"));
        }
        keep(recording.identity, "patient_name", subject->text_at("subjectDemographicPerson/name"));
        if (const XmlElement* birth = subject->find("subjectDemographicPerson/birthTime")) {
            keep(recording.identity, "birth_date", birth->attribute("value"));
        }
    }
    std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
}

// --- Philips Sierra --------------------------------------------------------------------------------------------------

std::string decode_base64(const Findings& findings, const XmlElement& element) {
    std::string out;
    std::uint32_t bits = 0;
    int n_bits = 0;
    for (const char c : element.text) {
        int value = -1;
        if (c >= 'A' && c <= 'Z') {
            value = c - 'A';
        } else if (c >= 'a' && c <= 'z') {
            value = c - 'a' + 26;
        } else if (c >= '0' && c <= '9') {
            value = c - '0' + 52;
        } else if (c == '+' || c == '/') {
            value = c == '+' ? 62 : 63;
        } else if (c == '=' || is_blank(c) || c == '\n') {
            continue;
        } else {
            refuse(findings, element, "wanted Base64, got " + quote_text(std::string(1, c)));
        }
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out += static_cast<char>(bits >> n_bits & 0xff);
        }
    }
    return out;
}

/// LZW with codes of ten bits, the most significant first: at most `most` bytes.
std::string unpack_lzw(const Findings& findings, const XmlElement& element, std::string_view packed, std::size_t most) {
    constexpr int code_bits = 10;
    constexpr std::size_t last_code = (1 << code_bits) - 2;
    // A string of the table is the one before it and one byte more.
    struct Node {
        int before;
        char first, last;
    };
    std::array<Node, last_code + 1> table{};
    for (std::size_t i = 0; i < 256; ++i) {
        table[i] = {-1, static_cast<char>(i), static_cast<char>(i)};
    }
    std::size_t n_codes = 256;
    std::string out, entry;
    const auto append = [&](int code) {
        entry.clear();
        for (int i = code; i >= 0; i = table[static_cast<std::size_t>(i)].before) {
            entry += table[static_cast<std::size_t>(i)].last;
        }
        out.append(entry.rbegin(), entry.rend());
    };
    std::uint32_t bits = 0;
    int n_bits = 0, previous = -1;
    for (std::size_t at = 0; out.size() < most;) {
        while (n_bits < code_bits && at < packed.size()) {
            bits = bits << 8 | static_cast<unsigned char>(packed[at++]);
            n_bits += 8;
        }
        if (n_bits < code_bits) {
            break;
        }
        n_bits -= code_bits;
        const auto code = static_cast<int>(bits >> n_bits & ((1U << code_bits) - 1));
        if (code == static_cast<int>(last_code) + 1) {
            break;  // the end
        }
        const auto size = static_cast<int>(n_codes);
        if (code > size || (code == size && previous < 0)) {
            refuse(findings, element, "wanted codes of its compression, got others");
        }
        if (previous >= 0 && n_codes <= last_code) {
            const Node& before = table[static_cast<std::size_t>(previous)];
            const char next = code == size ? before.first : table[static_cast<std::size_t>(code)].first;
            table[n_codes++] = {previous, before.first, next};
        } else if (code == size) {
            refuse(findings, element, "wanted codes of its compression, got others");
        }
        append(code);
        previous = code;
    }
    return out;
}

std::int32_t int16_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::int16_t>(static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1])
                                                                                 << 8);
}

/// Leads of Philips' XLI compression: for each lead a head of eight bytes (length, -, first value), then LZW over the
/// high bytes and the low bytes of second differences.
std::vector<std::vector<std::int32_t>> unpack_xli(const Findings& findings, const XmlElement& element,
                                                  std::string_view bytes, std::size_t n_leads, std::size_t n) {
    std::vector<std::vector<std::int32_t>> leads;
    std::size_t at = 0;
    while (leads.size() < n_leads) {
        constexpr std::size_t head = 8;
        if (bytes.size() - at < head) {
            refuse(findings, element,
                   "wanted " + std::to_string(n_leads) + " leads, got " + std::to_string(leads.size()));
        }
        std::uint32_t length = 0;
        for (std::size_t b = 0; b < 4; ++b) {
            length |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + b])) << (8 * b);
        }
        std::int32_t last = int16_at(bytes, at + 6);
        at += head;
        if (length > bytes.size() - at) {
            refuse(findings, element, "wanted " + std::to_string(length) + " bytes of a lead, got fewer");
        }
        const std::string raw =
            unpack_lzw(findings, element, bytes.substr(at, length), std::max<std::size_t>(4 * n, 4096));
        at += length;
        const std::size_t half = raw.size() / 2;
        if (half < n) {
            refuse(findings, element,
                   "wanted " + std::to_string(n) + " samples of a lead, got " + std::to_string(half));
        }
        std::vector<std::int32_t> samples(half);
        for (std::size_t i = 0; i < half; ++i) {
            samples[i] = static_cast<std::int16_t>(static_cast<unsigned char>(raw[i]) << 8 |
                                                   static_cast<unsigned char>(raw[half + i]));
        }
        for (std::size_t i = 2; i < half; ++i) {
            const std::int32_t predicted = samples[i - 1] * 2 - samples[i - 2] - last;
            last = samples[i] - 64;
            samples[i] = static_cast<std::int16_t>(predicted);
        }
        samples.resize(n);
        leads.push_back(std::move(samples));
    }
    return leads;
}

/// The limb leads that the file holds as differences from what I and II say.
void restore_limb_leads(std::vector<Lead>& leads) {
    const auto find = [&](std::string_view name) -> std::vector<std::int32_t>* {
        for (Lead& lead : leads) {
            if (lead.channel.name == name) {
                return &lead.samples;
            }
        }
        return nullptr;
    };
    auto *const one = find("I"), *const two = find("II"), *const three = find("III"), *const avr = find("aVR"),
                *const avl = find("aVL"), *const avf = find("aVF");
    if (one == nullptr || two == nullptr || three == nullptr || avr == nullptr || avl == nullptr || avf == nullptr) {
        return;
    }
    for (std::size_t i = 0; i < one->size(); ++i) {
        const std::int32_t a = (*one)[i], b = (*two)[i];
        (*three)[i] = b - a - (*three)[i];
        (*avr)[i] = -(*avr)[i] - (a + b) / 2;
        (*avl)[i] = (a - (*three)[i]) / 2 - (*avl)[i];
        (*avf)[i] = (b + (*three)[i]) / 2 - (*avf)[i];
    }
}

void parse_sierra(const XmlElement& root, Recording& recording, Findings& findings) {
    recording.format = "Philips Sierra";
    const std::string version = root.text_at("documentinfo/documentversion");
    if (!version.starts_with("1.04")) {
        findings.note(root.at, "documentversion: wanted 1.04, got " + quote_text(version));
    }
    const XmlElement* waves = root.find("waveforms/parsedwaveforms");
    if (waves == nullptr) {
        refuse(findings, root, "wanted <parsedwaveforms>, got none");
    }
    const auto attribute = [&](const std::string& key) {
        return require_number(findings, *waves, waves->attribute(key), "a number as " + key);
    };
    const double fs = attribute("samplespersecond");
    const double duration_ms = attribute("durationperchannel");
    const double resolution = attribute("resolution");
    const double samples = duration_ms * fs / 1000;
    const std::string label_text = waves->attribute("leadlabels");
    const auto labels = split_blanks(label_text);
    // Twelve leads of a minute at 4 kHz are far beyond what a resting ECG is.
    if (!(samples >= 0) || samples > 1e7 || labels.empty() || labels.size() > 64) {
        refuse(findings, *waves,
               "wanted up to 64 leads of up to 1e7 samples, got " + std::to_string(labels.size()) + " of " +
                   number_text(samples));
    }
    const auto n = static_cast<std::size_t>(std::llround(samples));
    const std::string bytes = decode_base64(findings, *waves);
    const std::string compression = waves->attribute("compression");
    std::vector<std::vector<std::int32_t>> stored;
    if (compression == "XLI") {
        stored = unpack_xli(findings, *waves, bytes, labels.size(), n);
    } else if (compression.empty() || compression == "Uncompressed") {
        if (bytes.size() < 2 * n * labels.size()) {
            refuse(findings, *waves,
                   "wanted " + std::to_string(2 * n * labels.size()) + " bytes, got " + std::to_string(bytes.size()));
        }
        for (std::size_t l = 0; l < labels.size(); ++l) {
            std::vector<std::int32_t>& lead = stored.emplace_back(n);
            for (std::size_t i = 0; i < n; ++i) {
                lead[i] = int16_at(bytes, 2 * (l * n + i));
            }
        }
    } else {
        refuse(findings, *waves, "wanted compression XLI or none, got " + quote_text(compression));
    }
    std::vector<Lead> leads;
    for (std::size_t l = 0; l < labels.size(); ++l) {
        Lead lead;
        lead.channel.name = labels[l];
        lead.channel.unit = "uV";
        lead.channel.scaling.numerator = resolution;
        lead.samples = std::move(stored[l]);
        leads.push_back(std::move(lead));
    }
    if (compression == "XLI") {
        restore_limb_leads(leads);
    }
    recording.signals.push_back(make_leads(findings, *waves, std::move(leads), fs));
    if (root.find("waveforms/repbeats") != nullptr) {
        findings.remark("representative beats: left out");
    }
    if (const XmlElement* acquisition = root.find("dataacquisition")) {
        recording.identity.start_ns = parse_time(acquisition->attribute("date") + acquisition->attribute("time"));
    }
    if (const XmlElement* patient = root.find("patient/generalpatientdata")) {
        keep(recording.identity, "patient", patient->text_at("patientid"));
        keep(recording.identity, "patient_name",
             patient->text_at("name/lastname") + ", " + patient->text_at("name/firstname"));
        keep(recording.identity, "birth_date", patient->text_at("age/dateofbirth"));
        keep(recording.identity, "sex", patient->text_at("sex"));
    }
}

// --- Schiller EDI ----------------------------------------------------------------------------------------------------

void parse_schiller(const XmlElement& root, Recording& recording, Findings& findings) {
    recording.format = "Schiller EDI";
    findings.remark("Schiller EDI: support is experimental, no other reader was compared with");
    const XmlElement* event = root.find("eventdata/event");
    if (event == nullptr) {
        refuse(findings, root, "wanted an <event>, got none");
    }
    for (const XmlElement* wave : event->all("wavedata")) {
        const std::string type = wave->text_at("type");
        if (type != "ECG_RHYTHMS") {
            findings.remark(type + ": left out");
            continue;
        }
        const double fs =
            require_number(findings, *wave, wave->text_at("resolution/samplerate/value"), "a sampling rate");
        const double gain =
            require_number(findings, *wave, wave->text_at("resolution/yres/unitperbit"), "units per bit");
        if (gain == 0) {
            refuse(findings, *wave, "wanted units per bit other than 0, got 0");
        }
        const std::string unit = wave->text_at("resolution/yres/units");
        std::vector<Lead> leads;
        for (const XmlElement* channel : wave->all("channel")) {
            const XmlElement* data = channel->find("data");
            if (data == nullptr || channel->text_at("datastype") != "COMMASEPARATE") {
                refuse(findings, *channel, "wanted <data> of type COMMASEPARATE, got another");
            }
            Lead lead;
            lead.channel.name = channel->text_at("name");
            lead.channel.unit = unit == "UV" ? "uV" : unit;
            lead.channel.scaling.numerator = gain;
            lead.samples = parse_digits(findings, *data, data->text);
            leads.push_back(std::move(lead));
        }
        recording.signals.push_back(make_leads(findings, *wave, std::move(leads), fs));
    }
    if (recording.signals.empty()) {
        refuse(findings, *event, "wanted <wavedata> of type ECG_RHYTHMS, got none");
    }
    const std::string time = root.text_at("examdescript/startdatetime/time");
    recording.identity.start_ns = parse_time(root.text_at("examdescript/startdatetime/date") +
                                             time.substr(0, std::min<std::size_t>(6, time.size())));
    keep(recording.identity, "patient", root.text_at("patdata/id"));
    keep(recording.identity, "patient_name", root.text_at("patdata/lastname"));
    keep(recording.identity, "birth_date", root.text_at("patdata/birthdate"));
}

// --- GE MUSE ---------------------------------------------------------------------------------------------------------

Lead parse_muse_lead(const Findings& findings, const XmlElement& data) {
    Lead lead;
    lead.channel.name = data.text_at("LeadID");
    if (const std::string& name = lead.channel.name; name == "AVR" || name == "AVL" || name == "AVF") {
        lead.channel.name[0] = 'a';
    }
    const XmlElement* step = data.find("LeadAmplitudeUnitsPerBit");
    const double per_bit = require_number(findings, step == nullptr ? data : *step,
                                          data.text_at("LeadAmplitudeUnitsPerBit"), "LeadAmplitudeUnitsPerBit");
    if (per_bit == 0) {
        refuse(findings, *step, "wanted a step other than 0, got 0");
    }
    lead.channel.scaling.numerator = per_bit;
    const std::string unit = data.text_at("LeadAmplitudeUnits");
    lead.channel.unit = unit == "MICROVOLTS" ? "uV" : unit == "MILLIVOLTS" ? "mV" : unit == "VOLTS" ? "V" : unit;
    for (const char* key : {"LeadHighLimit", "LeadLowLimit", "LeadOff", "BaselineSway"}) {
        if (std::string text = data.text_at(key); !text.empty()) {
            lead.channel.header[key] = std::move(text);
        }
    }
    if (const std::string size = data.text_at("LeadSampleSize"); !size.empty() && size != "2") {
        refuse(findings, data, "wanted samples of 2 bytes, got " + quote_text(size));
    }
    const XmlElement* wave = data.find("WaveFormData");
    if (wave == nullptr) {
        refuse(findings, data, "wanted <WaveFormData>, got none");
    }
    const std::string bytes = decode_base64(findings, *wave);
    for (std::size_t at = 0; at + 2 <= bytes.size(); at += 2) {
        lead.samples.push_back(int16_at(bytes, at));
    }
    return lead;
}

/// Beats of the rhythm strip. Their times are samples; a file whose GlobalRR (ms) says otherwise has them in ms.
void take_muse_beats(const XmlElement& root, double fs, std::vector<Event>& events) {
    const XmlElement* beats = root.find("QRSTimesTypes");
    if (beats == nullptr) {
        return;
    }
    std::vector<std::pair<double, std::string>> found;
    for (const XmlElement* beat : beats->all("QRS")) {
        const auto time = parse_number(beat->text_at("Time"));
        if (time && *time >= 0 && *time < 1e9) {
            found.emplace_back(*time, beat->text_at("Type"));
        }
    }
    double per_s = fs;
    const auto rr_ms = parse_number(beats->text_at("GlobalRR"));
    if (rr_ms && *rr_ms > 0 && found.size() >= 3) {
        std::vector<double> steps;
        for (std::size_t i = 1; i < found.size(); ++i) {
            steps.push_back(found[i].first - found[i - 1].first);
        }
        std::ranges::sort(steps);
        const double step = steps[steps.size() / 2];
        if (std::abs(step - *rr_ms) < std::abs(step * 1000 / fs - *rr_ms)) {
            per_s = 1000;
        }
    }
    for (const auto& [time, type] : found) {
        Event event;
        event.onset_ns = std::llround(time / per_s * 1e9);
        event.label = "QRS";
        event.aux = type.empty() ? "" : "type " + type;
        event.code = static_cast<int>(std::clamp<std::int64_t>(parse_integer(type).value_or(0), 0, 1000));
        event.source = "MUSE";
        events.push_back(std::move(event));
    }
    std::ranges::stable_sort(events, {}, &Event::onset_ns);
}

/// MM-DD-YYYY as YYYYMMDD.
std::string american_date(const std::string& text) {
    return text.size() == 10 && text[2] == '-' && text[5] == '-'
               ? text.substr(6) + text.substr(0, 2) + text.substr(3, 2)
               : text;
}

void parse_muse(const XmlElement& root, Recording& recording, Findings& findings) {
    recording.format = "GE MUSE";
    for (const XmlElement* wave : root.all("Waveform")) {
        const std::string type = wave->text_at("WaveformType");
        if (type != "Rhythm") {
            findings.remark("waveform " + quote_text(type) + ": left out");
            continue;
        }
        double fs = require_number(findings, *wave, wave->text_at("SampleBase"), "a SampleBase in Hz");
        if (const std::string exponent = wave->text_at("SampleExponent"); !exponent.empty()) {
            fs *= std::pow(10.0, require_number(findings, *wave, exponent, "a SampleExponent"));
        }
        std::vector<Lead> leads;
        for (const XmlElement* data : wave->all("LeadData")) {
            Lead lead = parse_muse_lead(findings, *data);
            const auto stated = parse_integer(data->text_at("LeadSampleCountTotal"));
            if (stated && *stated != static_cast<std::int64_t>(lead.samples.size())) {
                findings.note(data->at, "<LeadSampleCountTotal> of " + quote_text(lead.channel.name) + ": wanted " +
                                            std::to_string(lead.samples.size()) + ", what its data hold, got " +
                                            std::to_string(*stated));
            }
            leads.push_back(std::move(lead));
        }
        if (leads.empty()) {
            refuse(findings, *wave, "wanted <LeadData>, got none");
        }
        if (recording.signals.empty()) {
            take_muse_beats(root, fs, recording.events);
        }
        recording.signals.push_back(make_leads(findings, *wave, std::move(leads), fs));
    }
    if (recording.signals.empty()) {
        refuse(findings, root, "wanted a <Waveform> of type Rhythm, got none");
    }
    Identity& identity = recording.identity;
    if (const XmlElement* patient = root.find("PatientDemographics")) {
        keep(identity, "patient", patient->text_at("PatientID"));
        const std::string last = patient->text_at("PatientLastName"), first = patient->text_at("PatientFirstName");
        keep(identity, "patient_name", last.empty() || first.empty() ? last + first : last + ", " + first);
        keep(identity, "birth_date", patient->text_at("DateofBirth"));
        keep(identity, "sex", patient->text_at("Gender"));
        keep(identity, "age", patient->text_at("PatientAge"));
    }
    if (const XmlElement* test = root.find("TestDemographics")) {
        identity.start_ns =
            parse_time(american_date(test->text_at("AcquisitionDate")) + test->text_at("AcquisitionTime"));
        keep(identity, "institution", test->text_at("SiteName"));
        keep(identity, "physician", test->text_at("ReferringMDLastName"));
        keep(identity, "technician", test->text_at("AcquisitionTechLastName"));
    }
}

}  // namespace

bool looks_like_xml(std::string_view start) {
    using namespace std::string_view_literals;
    return start.starts_with('<') || start.starts_with("\xef\xbb\xbf<") || start.starts_with("\xff\xfe<\0"sv) ||
           start.starts_with("\xfe\xff\0<"sv);
}

Recording read_xml_ecg(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    const XmlElement root = parse_xml(*source);
    Recording recording;
    if (root.name == "AnnotatedECG") {
        parse_aecg(root, recording, findings);
    } else if (root.name == "restingecgdata") {
        parse_sierra(root, recording, findings);
    } else if (root.name == "RestingECG") {
        parse_muse(root, recording, findings);
    } else if (root.name.ends_with("SchillerEDI")) {
        parse_schiller(root, recording, findings);
    } else {
        findings.refuse(
            root.at, "wanted AnnotatedECG (HL7), restingecgdata (Philips), RestingECG (GE MUSE) or SchillerEDI, got " +
                         quote_text(root.name));
    }
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
