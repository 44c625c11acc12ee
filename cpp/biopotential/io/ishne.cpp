#include "biopotential/io/ishne.hpp"

#include <algorithm>
#include <array>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/bytes_internal.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/raw_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t fixed_bytes = 522;
constexpr std::string_view ecg_magic = "ISHNE1.0", ann_magic = "ANN  1.0";

struct Header {
    std::int64_t n_samples = 0;  ///< of one lead or of all, as its writer understood the standard
    std::int64_t data_at = fixed_bytes;
    double fs = 0;
    Index n_leads = 0;
    std::vector<Channel> channels;
    Identity identity;
};

void keep(Identity& identity, const char* key, std::string text) {
    if (!text.empty()) {
        identity.fields[key] = std::move(text);
    }
}

std::string lead_name(int code, Index number) {
    constexpr std::array<const char*, 20> names = {"",    "",   "X",  "Y",  "Z",  "I",  "II", "III", "aVR", "aVL",
                                                   "aVF", "V1", "V2", "V3", "V4", "V5", "V6", "ES",  "AS",  "AI"};
    const std::string name = code >= 0 && code < 20 ? names[static_cast<std::size_t>(code)] : "";
    return name.empty() ? "lead " + std::to_string(number + 1) : name;
}

Header parse_header(const ByteSource& source, const HeaderBytes& bytes, Findings& findings) {
    if (source.size() < fixed_bytes) {
        findings.refuse(0, "wanted a header of 522 bytes, got " + std::to_string(source.size()));
    }
    const auto number = [&](std::int64_t at) { return static_cast<int>(bytes.number<std::int16_t>(at)); };
    Header header;
    const std::int64_t variable = bytes.number<std::int32_t>(10);
    header.n_samples = bytes.number<std::int32_t>(14);
    const std::int64_t stated_at = bytes.number<std::int32_t>(22);
    if (variable < 0 || variable > source.size() - fixed_bytes) {
        findings.refuse(10, "variable block: wanted 0 bytes to what the file holds, got " + std::to_string(variable));
    }
    header.data_at = fixed_bytes + variable;
    const bool is_ecg = bytes.text(0, 8) == ecg_magic;
    if (is_ecg && stated_at != header.data_at) {
        findings.note(22, "place of the ECG: wanted byte " + std::to_string(header.data_at) + ", got " +
                              std::to_string(stated_at));
        if (stated_at > header.data_at && stated_at <= source.size()) {
            header.data_at = stated_at;
        }
    }
    const auto covered = source.read_exactly(10, static_cast<std::size_t>(fixed_bytes + variable - 10));
    if (const auto stated = bytes.number<std::uint16_t>(8); stated != crc_ccitt(covered)) {
        findings.note(8, "checksum: wanted " + std::to_string(crc_ccitt(covered)) + ", got " + std::to_string(stated));
    }
    Identity& identity = header.identity;
    keep(identity, "patient", bytes.text(108, 20));
    const std::string first = bytes.text(28, 40), last = bytes.text(68, 40);
    keep(identity, "patient_name", first.empty() || last.empty() ? last + first : last + ", " + first);
    keep(identity, "birth_date", iso_date(number(136), number(134), number(132)));
    const int sex = number(128);
    keep(identity, "sex", sex == 1 ? "M" : sex == 2 ? "F" : "");
    keep(identity, "recorder", bytes.text(232, 40));
    keep(identity, "proprietary", bytes.text(274, 80));
    keep(identity, "copyright", bytes.text(354, 80));
    if (variable > 0) {
        keep(identity, "comments", bytes.text(fixed_bytes, std::min<std::int64_t>(variable, 1 << 20)));
    }
    identity.start_ns = moment_ns(number(142), number(140), number(138), number(150), number(152), number(154));
    header.fs = number(272);
    if (!(header.fs > 0)) {
        findings.refuse(272, "sampling rate: wanted Hz > 0, got " + number_text(header.fs));
    }
    header.n_leads = number(156);
    if (header.n_leads < (is_ecg ? 1 : 0) || header.n_leads > 12) {
        findings.refuse(156, "leads: wanted 1 to 12, got " + std::to_string(header.n_leads));
    }
    for (Index lead = 0; lead < header.n_leads; ++lead) {
        Channel channel;
        channel.name = lead_name(number(158 + 2 * lead), lead);
        channel.unit = "mV";
        int resolution_nv = number(206 + 2 * lead);
        if (resolution_nv <= 0) {
            findings.note(206 + 2 * lead, "resolution of " + channel.name + ": wanted nV > 0, got " +
                                              std::to_string(resolution_nv) + "; samples are as stored");
            channel.unit.clear();
        } else {
            channel.scaling.numerator = resolution_nv;
            channel.scaling.denominator = 1e6;
        }
        set_type_range(channel, RawType::int16);
        channel.header["lead_quality"] = std::to_string(number(182 + 2 * lead));
        header.channels.push_back(std::move(channel));
    }
    return header;
}

/// Beats: a place to count from, then for each its label, a byte of the writer's own, and the samples since the last.
std::vector<Event> parse_beats(const HeaderBytes& bytes, const Header& header, Findings& findings) {
    std::vector<Event> events;
    if (header.data_at + 4 > bytes.size()) {
        findings.note(header.data_at, "annotations: wanted the first one's place, got the end of the file");
        return events;
    }
    std::int64_t sample = bytes.number<std::uint32_t>(header.data_at);
    for (std::int64_t at = header.data_at + 4; at + 4 <= bytes.size(); at += 4) {
        const char label = static_cast<char>(bytes.number<std::uint8_t>(at));
        if (label == '!') {
            // Minutes without annotations, and nothing says how many.
            findings.remark("annotations behind a timeout (!) at byte " + std::to_string(at) +
                            " have no place: left out");
            break;
        }
        sample += bytes.number<std::uint16_t>(at + 2);
        Event event;
        event.onset_ns = to_ns(sample, header.fs);
        event.label = to_utf8(std::string(1, label));
        event.source = "ISHNE";
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace

Recording read_ishne(const std::filesystem::path& path, const ReadOptions& options) {
    const auto source = open_file(path);
    Findings findings(source->name(), options.strict);
    const HeaderBytes bytes(*source);
    Header header = parse_header(*source, bytes, findings);
    Recording recording;
    recording.format = "ISHNE";
    if (bytes.text(0, 8) == ann_magic) {
        recording.events = parse_beats(bytes, header, findings);
    } else {
        RawLayout layout;
        layout.n_channels = header.n_leads;
        layout.offset = header.data_at;
        const std::int64_t held = (source->size() - header.data_at) / 2;
        layout.n_samples = held / header.n_leads;
        if (held % header.n_leads != 0 || (source->size() - header.data_at) % 2 != 0 ||
            (header.n_samples != layout.n_samples && header.n_samples != held)) {
            findings.note(14, "samples: wanted " + std::to_string(header.n_samples) + ", what the header says, got " +
                                  std::to_string(held) + " of " + std::to_string(header.n_leads) +
                                  " leads in the file");
        }
        Signal signal;
        signal.fs = header.fs;
        signal.segments = {{0, 0, layout.n_samples}};
        signal.source = make_raw_source(source, layout, header.channels);
        signal.channels = std::move(header.channels);
        recording.signals.push_back(std::move(signal));
        std::filesystem::path beside = path;
        std::error_code ignored;
        if (std::filesystem::is_regular_file(beside.replace_extension(".ann"), ignored)) {
            const auto beats = open_file(beside);
            Findings own(beats->name(), options.strict);
            const HeaderBytes beat_bytes(*beats);
            if (beat_bytes.text(0, std::min<std::int64_t>(8, beats->size())) == ann_magic) {
                recording.events = parse_beats(beat_bytes, parse_header(*beats, beat_bytes, own), own);
                for (const std::string& warning : own.take()) {
                    findings.remark(beside.filename().string() + ": " + warning);
                }
            }
        }
    }
    recording.identity = std::move(header.identity);
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
