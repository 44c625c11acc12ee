// Mutates valid files of every native format and reads them: a mutated file reads, or is refused with a ParseError.
// Anything else (another exception, a crash, a read of more than 10 s) is a failure.
//
// Two drivers share formats, seeds and mutations. Our own draws blindly and runs with every compiler; it reports the
// seed that gives the same file again:
//
//   biopotential_fuzz_io [--seconds N] [--runs N] [--seed S] [--format NAME]
//   biopotential_fuzz_io --list | --seeds FOLDER [--format NAME]
//
// libFuzzer keeps what reaches new code (preset `fuzz`, clang; scripts/fuzz_coverage.sh runs it format by format):
//
//   BIOPOTENTIAL_FUZZ_FORMAT=edf biopotential_libfuzzer_io -runs=1000000 CORPUS

#include <unistd.h>
#include <zlib.h>
#ifdef BIOPOTENTIAL_WITH_FLAC
#include <FLAC/stream_encoder.h>
#endif

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/brainvision.hpp"
#include "biopotential/io/csv.hpp"
#include "biopotential/io/dicom.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/gdf.hpp"
#include "biopotential/io/matlab.hpp"
#include "biopotential/io/mfer.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/io/scp.hpp"
#include "biopotential/io/wfdb.hpp"
#include "biopotential/io/write.hpp"
#include "biopotential/io/xdf.hpp"
#include "biopotential/io/xml_ecg.hpp"

namespace {

namespace bp = biopotential;
namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr std::chrono::seconds slowest{10};

std::string load(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void save(const fs::path& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

bp::Channel example_channel(const std::string& name) {
    bp::Channel channel;
    channel.name = name;
    channel.unit = "mV";
    channel.scaling = {0, 1, 200};
    channel.digital_min = -2048;
    channel.digital_max = 2047;
    channel.header["format"] = "212";
    return channel;
}

bp::Signal example_signal(bp::Index n_channels, bp::Index n, double fs) {
    bp::Array<std::int32_t> digital{n_channels, n};
    std::vector<bp::Channel> channels;
    for (bp::Index c = 0; c < n_channels; ++c) {
        for (bp::Index i = 0; i < n; ++i) {
            digital(c, i) =
                static_cast<std::int32_t>(std::lround(900 * std::sin(0.02 * static_cast<double>((c + 1) * i))));
        }
        channels.push_back(example_channel("lead " + std::to_string(c)));
    }
    return bp::make_signal(std::move(digital), fs, std::move(channels));
}

bp::Recording example() {
    bp::Recording recording;
    recording.signals.push_back(example_signal(3, 600, 250));
    for (int k = 0; k < 20; ++k) {
        bp::Event event;
        event.onset_ns = k * 100'000'000LL;
        event.duration_ns = k % 3 * 50'000'000LL;
        event.label = k % 5 == 0 ? "V" : "N";
        event.aux = k == 0 ? "(N" : "";
        event.num = k % 4 == 3 ? 2 : 0;
        event.subtype = k % 4 == 2 ? 1 : 0;
        if (k % 6 == 5) {
            event.channels = {1};
        }
        recording.events.push_back(event);
    }
    bp::Event note;
    note.onset_ns = 2'300'000'000;
    note.label = "a note";
    recording.events.push_back(note);
    recording.identity.fields["comments"] = "an example";
    recording.identity.start_ns = 1'700'000'000'000'000'000;
    return recording;
}

/// Two stretches with a gap between them.
bp::Recording with_a_gap() {
    bp::Recording recording = example();
    recording.signals[0].segments = {{0, 0, 300}, {3'500'000'000, 300, 300}};
    return recording;
}

/// Two rates, and a start within a second.
bp::Recording with_two_rates() {
    bp::Recording recording = example();
    recording.signals.push_back(example_signal(1, 1200, 500));
    recording.signals[1].channels[0].name = "fast";
    *recording.identity.start_ns += 250'000'000;
    return recording;
}

/// Physical samples, some of them missing.
bp::Recording with_missing_samples() {
    bp::Array<double> x{2, 500};
    for (bp::Index i = 0; i < 500; ++i) {
        x(0, i) = std::sin(0.1 * static_cast<double>(i));
        x(1, i) = i > 100 && i < 120 ? std::nan("") : static_cast<double>(i);
    }
    bp::Recording recording;
    recording.signals.push_back(bp::make_signal(std::move(x), 100, {"a name of more than 16 bytes", "b"}, "uV"));
    return recording;
}

/// The digits that stand at `at` or behind it.
std::pair<std::size_t, std::size_t> number_near(const std::string& bytes, std::size_t at) {
    const std::size_t first = std::min(bytes.find_first_of("0123456789", at), bytes.size());
    return {first, std::min(bytes.find_first_not_of("0123456789", first), bytes.size()) - first};
}

/// One to eight changes of the kinds that break parsers: bits, extreme numbers, words of the format, whole fields of
/// digits, cut, doubled and moved stretches.
std::string mutate(std::string bytes, const std::vector<std::string>& tokens, Random& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::size_t n_changes = 1 + below(8);
    for (std::size_t change = 0; change < n_changes && !bytes.empty(); ++change) {
        // Headers stand at the front and deserve half of the changes.
        const std::size_t reach = random() % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 2048);
        const std::size_t at = below(reach);
        switch (random() % 11) {
            case 0:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
                break;
            case 1:
                bytes[at] = static_cast<char>(random());
                break;
            case 2:
                bytes[at] = "0123456789-+.eE /x:()~\n"[below(23)];
                break;
            case 3: {
                constexpr std::uint64_t extremes[] = {
                    0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
                const std::uint64_t value = extremes[below(10)];
                const std::size_t width = std::min(std::size_t{1} << below(4), bytes.size() - at);
                std::memcpy(bytes.data() + at, &value, width);
                break;
            }
            case 4: {
                constexpr const char* numbers[] = {
                    "-1", "99999999", "1e308", "0", "-2147483648", "9223372036854775807", "nan", "0.0000001"};
                const std::string number = numbers[below(8)];
                bytes.replace(at, std::min(number.size(), bytes.size() - at), number);
                break;
            }
            case 5:
                bytes.resize(at);
                break;
            case 7: {
                if (tokens.empty()) {
                    break;
                }
                const std::string& token = tokens[below(tokens.size())];
                // In the place of as many bytes, as in fields of fixed width, or between them.
                bytes.replace(at, random() % 2 == 0 ? token.size() : 0, token);
                break;
            }
            case 8: {
                const auto [first, width] = number_near(bytes, at);
                std::string number = std::to_string(below(random() % 4 == 0 ? 100'000 : 20));
                if (random() % 2 == 0) {
                    number.resize(std::max(number.size(), width), ' ');
                }
                bytes.replace(first, width, number);
                break;
            }
            case 9: {
                // A line, or a text up to its end, as often as another.
                const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1);
                bytes.insert(below(bytes.size()), bytes.substr(at, std::min<std::size_t>(end + 1 - at, 256)));
                break;
            }
            case 6:
                bytes.insert(at, bytes.substr(below(bytes.size()), below(64)));
                break;
            default:
                bytes.erase(at, below(64));
                break;
        }
    }
    return bytes;
}

/// Read all that the file claims, in bounded steps; a lying size would show as an allocation or an endless loop.
void use(const bp::Recording& recording) {
    constexpr bp::Index most = 4096;
    for (const bp::Signal& signal : recording.signals) {
        const bp::Index n = signal.n_samples();
        (void)signal.read(0, std::min(n, most));
        (void)signal.read(std::max<bp::Index>(0, n - most), std::min(n, most));
        if (signal.source->has_digital()) {
            (void)signal.read_digital(n / 2, std::min(n - n / 2, most));
        }
        (void)signal.duration_s();
    }
}

// --- files that no writer of ours makes ------------------------------------------------------------------------------

template <class T>
std::string le(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string xdf_chunk(std::uint16_t tag, const std::string& content) {
    std::string out(1, '\x04');
    return out + le(static_cast<std::uint32_t>(content.size() + 2)) + le(tag) + content;
}

std::string xdf_header(std::uint32_t id, const std::string& kind, const std::string& rate) {
    return xdf_chunk(2, le(id) + "<info><name>s</name><channel_count>2</channel_count><nominal_srate>" + rate +
                            "</nominal_srate><channel_format>" + kind +
                            "</channel_format><desc><channels><channel><label>Cz</label><unit>microvolts</unit>"
                            "</channel></channels></desc></info>");
}

std::string xdf_file() {
    std::string out = "XDF:" + xdf_chunk(1, "<?xml version=\"1.0\"?><info><version>1.0</version></info>") +
                      xdf_header(1, "int16", "100") + xdf_header(2, "string", "0");
    for (int part = 0; part < 5; ++part) {
        std::string samples = le(std::uint32_t{1}) + "\x01\x14";
        for (int i = 0; i < 20; ++i) {
            samples += i == 0 ? "\x08" + le(5.0 + part * (part > 3 ? 9 : 0.2)) : std::string(1, '\0');
            samples += le(static_cast<std::int16_t>(i)) + le(static_cast<std::int16_t>(-i));
        }
        out += xdf_chunk(3, samples) + xdf_chunk(4, le(std::uint32_t{1}) + le(5.0 + part) + le(0.01 * part));
        out += xdf_chunk(3, le(std::uint32_t{2}) + "\x01\x01\x08" + le(5.5 + part) +
                                "\x01\x05"
                                "start"
                                "\x01\x01x");
    }
    return out + xdf_chunk(6, le(std::uint32_t{1}) + "<info/>");
}

template <class T>
std::string xdf_samples(std::uint32_t id, double start) {
    std::string out = le(id) + "\x04" + le(std::uint32_t{8});
    for (int i = 0; i < 8; ++i) {
        out += "\x08" + le(start + 0.1 * i) + le(static_cast<T>(i)) + le(static_cast<T>(2 * i));
    }
    return xdf_chunk(3, out);
}

/// Streams of every kind of number, one of them without a rate, a boundary, and a clock that is set back.
std::string xdf_kinds_file() {
    std::string out = "XDF:" + xdf_chunk(1, "<info><version>1.0</version></info>") + xdf_header(1, "int8", "10") +
                      xdf_header(2, "int32", "10") + xdf_header(3, "int64", "0") + xdf_header(4, "float32", "10") +
                      xdf_header(5, "double64", "10");
    out += xdf_samples<std::int8_t>(1, 3) + xdf_samples<std::int32_t>(2, 3) + xdf_samples<std::int64_t>(3, 3);
    out += xdf_chunk(5, "\x43\xA5\x46\xDC\xCB\xF5\x41\x0F\xB3\x0E\xD5\x46\x73\x83\xCB\xE4");
    for (int k = 0; k < 12; ++k) {
        const double at = k < 6 ? 5.0 * k : 5.0 * (k - 6);
        out += xdf_chunk(4, le(std::uint32_t{4}) + le(at) + le(k < 6 ? 1.0 : 40.0));
    }
    return out + xdf_samples<float>(4, 3) + xdf_samples<double>(5, 3) + xdf_samples<double>(5, 90);
}

std::string dicom_element(std::uint16_t group, std::uint16_t number, const std::string& vr, std::string value) {
    value += value.size() % 2 == 1 ? " " : "";
    std::string out = le(group) + le(number) + vr;
    if (vr == "SQ" || vr == "OW" || vr == "OB") {
        return out + std::string(2, '\0') + le(static_cast<std::uint32_t>(value.size())) + value;
    }
    return out + le(static_cast<std::uint16_t>(value.size())) + value;
}

std::string dicom_item(const std::string& content) {
    return le(std::uint16_t{0xfffe}) + le(std::uint16_t{0xe000}) + le(static_cast<std::uint32_t>(content.size())) +
           content;
}

/// A file of one group of two channels; 8 or 16 bits, signed or not, original or derived.
std::string dicom_file(std::uint16_t bits = 16, const std::string& kind = "SS",
                       const std::string& origin = "ORIGINAL") {
    std::string channels, samples;
    const std::string source =
        dicom_item(dicom_element(0x0008, 0x0100, "SH", "5.6.3-9-1") + dicom_element(0x0008, 0x0102, "SH", "SCPECG") +
                   dicom_element(0x0008, 0x0104, "LO", "Lead I"));
    const std::string unit =
        dicom_item(dicom_element(0x0008, 0x0100, "SH", "uV") + dicom_element(0x0008, 0x0102, "SH", "UCUM"));
    for (int c = 0; c < 2; ++c) {
        channels += dicom_item(
            (c == 0 ? dicom_element(0x003a, 0x0203, "SH", "Lead 0") : dicom_element(0x003a, 0x0208, "SQ", source)) +
            dicom_element(0x003a, 0x0210, "DS", "1.25") + dicom_element(0x003a, 0x0211, "SQ", unit) +
            dicom_element(0x003a, 0x0212, "DS", "1") + dicom_element(0x003a, 0x0213, "DS", "-3") +
            dicom_element(0x003a, 0x0214, "DS", "0.002") + dicom_element(0x003a, 0x021a, "US", le(bits)) +
            dicom_element(0x003a, 0x0220, "DS", "0.05") + dicom_element(0x003a, 0x0221, "DS", "150"));
    }
    for (int i = 0; i < 100; ++i) {
        samples += bits == 8 ? std::string(2, static_cast<char>(i))
                             : le(static_cast<std::int16_t>(i * 7)) + le(static_cast<std::int16_t>(-i));
    }
    const std::string group =
        dicom_element(0x0018, 0x1068, "DS", "10") + dicom_element(0x003a, 0x0004, "CS", origin) +
        dicom_element(0x003a, 0x0005, "US", le(std::uint16_t{2})) +
        dicom_element(0x003a, 0x0010, "UL", le(std::uint32_t{100})) + dicom_element(0x003a, 0x001a, "DS", "500") +
        dicom_element(0x003a, 0x0200, "SQ", channels) + dicom_element(0x5400, 0x1004, "US", le(bits)) +
        dicom_element(0x5400, 0x1006, "CS", kind) + dicom_element(0x5400, 0x100a, "OW", le(std::int16_t{-1})) +
        dicom_element(0x5400, 0x1010, "OW", samples);
    const std::string note = dicom_element(0x0040, 0xa0b0, "US", le(std::uint16_t{1}) + le(std::uint16_t{1})) +
                             dicom_element(0x0040, 0xa130, "CS", "SEGMENT") +
                             dicom_element(0x0040, 0xa132, "UL", le(std::uint32_t{5}) + le(std::uint32_t{9})) +
                             dicom_element(0x0070, 0x0006, "LT", "QRS");
    const std::string measure = dicom_element(0x0040, 0xa043, "SQ", source) +
                                dicom_element(0x0040, 0xa130, "CS", "POINT") +
                                dicom_element(0x0040, 0xa132, "UL", le(std::uint32_t{7}));
    return std::string(128, '\0') + "DICM" + dicom_element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1") +
           dicom_element(0x0008, 0x002a, "DT", "20200102030405.5") + dicom_element(0x0010, 0x0010, "PN", "A^B") +
           dicom_element(0x0040, 0xb020, "SQ", dicom_item(note) + dicom_item(measure)) +
           dicom_element(0x5400, 0x0100, "SQ", dicom_item(group) + dicom_item(group));
}

/// The same encoding with lengths left open, and no word on how elements are represented.
std::string dicom_implicit_file() {
    const auto element = [](std::uint16_t group, std::uint16_t number, std::string value) {
        value += value.size() % 2 == 1 ? " " : "";
        return le(group) + le(number) + le(static_cast<std::uint32_t>(value.size())) + value;
    };
    const auto sequence = [](std::uint16_t group, std::uint16_t number, const std::string& content) {
        constexpr std::uint32_t open = 0xffffffff;
        return le(group) + le(number) + le(open) + le(std::uint16_t{0xfffe}) + le(std::uint16_t{0xe000}) + le(open) +
               content + le(std::uint16_t{0xfffe}) + le(std::uint16_t{0xe00d}) + le(std::uint32_t{0}) +
               le(std::uint16_t{0xfffe}) + le(std::uint16_t{0xe0dd}) + le(std::uint32_t{0});
    };
    const std::string group = element(0x003a, 0x0005, le(std::uint16_t{1})) +
                              element(0x003a, 0x0010, le(std::uint32_t{50})) + element(0x003a, 0x001a, "250") +
                              sequence(0x003a, 0x0200, element(0x003a, 0x0203, "V1")) +
                              element(0x5400, 0x1004, le(std::uint16_t{16})) + element(0x5400, 0x1006, "SS") +
                              element(0x5400, 0x1010, std::string(100, '\5'));
    return std::string(128, '\0') + "DICM" + dicom_element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2") +
           element(0x0008, 0x0020, "20200102") + element(0x0008, 0x0030, "030405") + element(0x0010, 0x0020, "id") +
           sequence(0x5400, 0x0100, group);
}

std::string aecg_file() {
    return R"(<?xml version="1.0"?><AnnotatedECG xmlns="urn:hl7-org:v3"><component><series><component><sequenceSet>
<component><sequence><code code="TIME_ABSOLUTE"/><value><head value="20200102030405.250"/><increment value="2" unit="ms"/>
</value></sequence></component><component><sequence><code code="MDC_ECG_LEAD_II"/><value><origin value="10" unit="uV"/>
<scale value="2.5" unit="uV"/><digits>1 2 3 -4 100 200 300</digits></value></sequence></component></sequenceSet></component>
<subjectOf><annotationSet><component><annotation><code code="B"/><value code="N"/><support><supportingROI><component>
<boundary><code code="TIME_ABSOLUTE"/><value><low value="20200102030405.252"/><high value="20200102030405.256"/></value>
</boundary></component></supportingROI></support></annotation></component></annotationSet></subjectOf></series></component>
</AnnotatedECG>)";
}

std::string philips_file() {
    // Two leads: a length, nothing, a first value, then codes of ten bits.
    return R"(<?xml version="1.0"?><restingecgdata><documentinfo><documentversion>1.04</documentversion></documentinfo>
<dataacquisition date="2020-01-02" time="03:04:05"/><waveforms><parsedwaveforms dataencoding="Base64" compression="XLI"
leadlabels="I II" durationperchannel="8" samplespersecond="500" resolution="5">
DAAAAAAAAQAAEAQFAkDQRBUGQdAMAAAAAAABAAAQBAUCQNBEFQZB0A==</parsedwaveforms></waveforms></restingecgdata>)";
}

/// Times from the start, samples as a list of numbers with a unit, a demographic subject.
std::string aecg_relative_file() {
    return R"(<AnnotatedECG xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><id root="1.2"/>
<effectiveTime><low value="20200102030405"/></effectiveTime><componentOf><timepointEvent><componentOf><subjectAssignment>
<subject><trialSubject><id extension="S1"/><subjectDemographicPerson><birthTime value="19500102"/>
</subjectDemographicPerson></trialSubject></subject></subjectAssignment></componentOf></timepointEvent></componentOf>
<component><series><effectiveTime><low value="20200102030405"/></effectiveTime><component><sequenceSet><component>
<sequence><code code="TIME_RELATIVE"/><value xsi:type="GLIST_PQ"><head value="0" unit="s"/><increment value="0.004"
unit="s"/></value></sequence></component><component><sequence><code code="MDC_ECG_LEAD_AVR"/><value xsi:type="SLIST_PQ">
<origin value="0" unit="uV"/><scale value="5" unit="uV"/><digits>7 8 9 10</digits></value></sequence></component>
<component><sequence><code code="MDC_ECG_LEAD_V1"/><value xsi:type="SLIST_INT"><digits>1 2 3 -4</digits></value>
</sequence></component></sequenceSet></component><subjectOf><annotationSet><component><annotation><code code="MDC_ECG_BEAT"/>
<component><annotation><code code="MDC_ECG_WAVC"/><value code="MDC_ECG_WAVC_PWAVE"/><support><supportingROI><component>
<boundary><code code="TIME_RELATIVE"/><value><low value="4" unit="ms"/><high value="8" unit="ms"/></value></boundary>
</component><component><boundary><code code="MDC_ECG_LEAD_V1"/></boundary></component></supportingROI></support>
</annotation></component></annotation></component></annotationSet></subjectOf></series></component></AnnotatedECG>)";
}

std::string philips_plain_file() {
    return R"(<restingecgdata><documentinfo><documentversion>1.03</documentversion></documentinfo><patient>
<generalpatientdata><name><lastname>B</lastname><firstname>A</firstname></name><age><dateofbirth>1950-01-02</dateofbirth>
</age><sex>Male</sex></generalpatientdata></patient><waveforms><parsedwaveforms dataencoding="Base64"
compression="Uncompressed" leadlabels="V1" durationperchannel="6" samplespersecond="500" resolution="5">AQACAAMA
</parsedwaveforms><repbeats/></waveforms></restingecgdata>)";
}

/// Twelve leads, of which the differences of the limb leads are stored.
std::string philips_twelve_file() {
    std::string out =
        "<restingecgdata><documentinfo><documentversion>1.04</documentversion></documentinfo><waveforms>"
        "<parsedwaveforms dataencoding=\"Base64\" compression=\"XLI\" leadlabels=\"I II III aVR aVL aVF V1 V2 V3 V4 V5 "
        "V6\" durationperchannel=\"8\" samplespersecond=\"500\" resolution=\"5\">";
    // 240 bytes: twelve chunks of twenty.
    const std::string three = "DAAAAAAAAQAAEAQFAkDQRBUGQdAMAAAAAAABAAAQBAUCQNBEFQZB0AwAAAAAAAEAABAEBQJA0EQVBkHQ";
    for (int k = 0; k < 4; ++k) {
        out += three;
    }
    return out + "</parsedwaveforms></waveforms></restingecgdata>";
}

std::string schiller_file() {
    return R"(<SchillerEDI><patdata><id>7</id><lastname>B</lastname><birthdate>19500102</birthdate></patdata>
<examdescript><startdatetime><date>20200102</date><time>030405</time></startdatetime></examdescript><eventdata><event>
<wavedata><type>ECG_AVERAGES</type></wavedata><wavedata><type>ECG_RHYTHMS</type><resolution><samplerate><units>HZ</units>
<value>500</value></samplerate><yres><units>UV</units><unitperbit>5</unitperbit></yres></resolution><channel>
<name>I</name><datastype>COMMASEPARATE</datastype><data>1,2,3,-4,5</data></channel><channel><name>II</name>
<datastype>COMMASEPARATE</datastype><data>5,4,3,2,1</data></channel></wavedata></event></eventdata></SchillerEDI>)";
}

std::string matlab4_file() {
    std::string out = le(std::uint32_t{30}) + le(std::uint32_t{2}) + le(std::uint32_t{50}) + le(std::uint32_t{0}) +
                      le(std::uint32_t{4}) + std::string("val\0", 4);
    for (int i = 0; i < 100; ++i) {
        out += le(static_cast<std::int16_t>(i));
    }
    return out;
}

std::string matlab5_head(const char* order) {
    std::string out = "MATLAB 5.0 MAT-file";
    out.resize(124, ' ');
    return out + std::string("\x00\x01", 2) + order;
}

/// A matrix of 2 x 50 numbers of a type; as its element.
template <class T>
std::string matlab5_matrix(std::uint32_t type) {
    std::string matrix = le(std::uint32_t{6}) + le(std::uint32_t{8}) + le(std::uint32_t{10}) + le(std::uint32_t{0}) +
                         le(std::uint32_t{5}) + le(std::uint32_t{8}) + le(std::uint32_t{2}) + le(std::uint32_t{50}) +
                         le(std::uint16_t{1}) + le(std::uint16_t{3}) + std::string("val\0", 4) + le(type) +
                         le(static_cast<std::uint32_t>(100 * sizeof(T)));
    for (int i = 0; i < 100; ++i) {
        matrix += le(static_cast<T>(i));
    }
    return le(std::uint32_t{14}) + le(static_cast<std::uint32_t>(matrix.size())) + matrix;
}

std::string matlab5_file() {
    return matlab5_head("IM") + matlab5_matrix<std::int16_t>(3);
}

std::string matlab5_packed_file() {
    const std::string matrix = matlab5_matrix<double>(9);
    std::vector<Bytef> packed(::compressBound(static_cast<uLong>(matrix.size())));
    auto size = static_cast<uLongf>(packed.size());
    // Level 0 stores the bytes as they are, so that mutations reach them.
    ::compress2(packed.data(), &size, reinterpret_cast<const Bytef*>(matrix.data()), static_cast<uLong>(matrix.size()),
                0);
    return matlab5_head("IM") + le(std::uint32_t{15}) + le(static_cast<std::uint32_t>(size)) +
           std::string(reinterpret_cast<const char*>(packed.data()), size);
}

/// The signal files of one record in every format: a header of signals that share `r.dat`.
std::string wfdb_header(const std::string& format) {
    return "w 2 250 40 03:04:05.5 02/01/2020\nr.dat " + format + " 200(3)/mV 12 0 -5 100 0 lead I\nr.dat " + format +
           " 100/uV 12 7 0 0 0 lead II\n# age: 50\n";
}

std::vector<std::string> wfdb_headers() {
    std::vector<std::string> out = {"r 2 250/500(10) 0\nr.dat 16x2:3+8 200 0 0\nv.eeg 16\n"};
    for (const char* format :
         {"8", "16", "24", "32", "61", "80", "160", "212", "310", "311", "16x2", "212x3:5", "80+4"}) {
        out.push_back(wfdb_header(format));
    }
    return out;
}

/// Annotations with every kind of field: long and backward skips, NUM, SUB, CHN, AUX, a time resolution.
std::string wfdb_annotations() {
    const auto word = [](int code, int value) { return le(static_cast<std::uint16_t>(code << 10 | value)); };
    const auto skip = [&](std::int32_t by) {
        return word(59, 0) + le(static_cast<std::uint16_t>(by >> 16)) + le(static_cast<std::uint16_t>(by));
    };
    const auto aux = [&](std::string text) {
        const auto size = static_cast<int>(text.size());
        text.resize(text.size() + text.size() % 2);
        return word(63, size) + text;
    };
    return word(22, 0) + aux("## time resolution: 500") + word(22, 0) + aux("## annotation type definitions") +
           word(22, 0) + aux("42 X some type") + word(22, 0) + aux("## end of definitions") + word(28, 10) +
           aux("(AFIB") + word(1, 300) + word(60, 2) + word(61, 1) + word(62, 3) + skip(70'000) + word(5, 1) +
           skip(-100) + word(14, 0) + word(61, 0x3ff) + word(42, 5) + word(0, 0);
}

#ifdef BIOPOTENTIAL_WITH_FLAC
/// 2 x 600 samples as WFDB's FLAC formats hold them.
std::string flac_file(unsigned bits) {
    std::string out;
    FLAC__StreamEncoder* encoder = FLAC__stream_encoder_new();
    FLAC__stream_encoder_set_channels(encoder, 2);
    FLAC__stream_encoder_set_bits_per_sample(encoder, bits);
    FLAC__stream_encoder_set_sample_rate(encoder, 96'000);
    FLAC__stream_encoder_set_total_samples_estimate(encoder, 600);
    FLAC__stream_encoder_set_blocksize(encoder, 256);
    FLAC__stream_encoder_set_compression_level(encoder, 1);
    FLAC__stream_encoder_init_stream(
        encoder,
        [](const FLAC__StreamEncoder*, const FLAC__byte* bytes, std::size_t n, std::uint32_t, std::uint32_t, void* to) {
            static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), n);
            return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
        },
        nullptr, nullptr, nullptr, &out);
    std::vector<FLAC__int32> samples;
    for (int i = 0; i < 600; ++i) {
        samples.push_back(static_cast<FLAC__int32>(std::lround(100 * std::sin(0.1 * i))));
        samples.push_back(i % 100);
    }
    FLAC__stream_encoder_process_interleaved(encoder, samples.data(), 600);
    FLAC__stream_encoder_finish(encoder);
    FLAC__stream_encoder_delete(encoder);
    return out;
}
#endif

/// A BrainVision header; what the data and the markers are stands in the lines.
std::string vision_header(const std::string& common, const std::string& layout) {
    return "BrainVision Data Exchange Header File Version 2.0\n; a comment\n[Common Infos]\nCodepage=UTF-8\n"
           "MarkerFile=v.vmrk\nNumberOfChannels=3\nSamplingInterval=4000\n" +
           common + "\n" + layout +
           "\n[Channel Infos]\nCh1=F\\1z,,0.5,\xc2\xb5V\nCh2=C4,Cz,,mV\nCh3=EOG\n[Coordinates]\nCh1=1,90,0\n"
           "[Comment]\nfree text\n";
}

std::vector<std::string> vision_headers() {
    std::vector<std::string> out;
    for (const char* orientation : {"MULTIPLEXED", "VECTORIZED"}) {
        const std::string binary = std::string("DataFile=$b.eeg\nDataFormat=BINARY\nDataOrientation=") + orientation;
        for (const char* type : {"INT_16", "UINT_16", "INT_32", "IEEE_FLOAT_32", "IEEE_FLOAT_64"}) {
            out.push_back(vision_header(binary, std::string("[Binary Infos]\nBinaryFormat=") + type +
                                                    "\nUseBigEndianOrder=YES\nChannelOffset=0\nDataOffset=2"));
        }
        out.push_back(
            vision_header("DataFile=text.dat\nDataFormat=ASCII\nDataType=TIMEDOMAIN\nDataPoints=3\n"
                          "SegmentationType=MARKERBASED\nSegmentDataPoints=3\nDataOrientation=" +
                              std::string(orientation),
                          "[ASCII Infos]\nDecimalSymbol=,\nSkipLines=1\nSkipColumns=1"));
    }
    return out;
}

std::string vision_markers() {
    return "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nCodepage=ANSI\nDataFile=v.eeg\n"
           "[Marker Infos]\nMk1=New Segment,,1,1,0,20131113161403794232\nMk2=Stimulus,S  1,20,3,2\n"
           "Mk3=New Segment,,301,1,0,20131113161503794232\nMk4=Comment,a\\1b,400,1,0\nMk5=Bad Interval,x,990,9,0\n"
           "[Marker User Infos]\n";
}

std::string padded(const std::string& text, std::size_t width) {
    std::string out = text;
    out.resize(width, '\0');
    return out;
}

/// Two channels of two types and rates, three events.
std::string gdf_file(bool first_version) {
    constexpr std::uint32_t ns = 2;
    constexpr std::uint64_t day = std::uint64_t{737'791} << 32;
    std::string out = first_version ? "GDF 1.25" : "GDF 2.51";
    if (first_version) {
        out += padded("P Doe", 80) + padded("recording", 80) + "2020010203040506" + le(std::int64_t{256 * 3}) +
               padded("", 44) + le(std::int64_t{3}) + le(1U) + le(1U) + le(ns);
    } else {
        out += padded("P Doe", 80) + padded("recording", 80) + le(day) + le(day) + le(std::uint16_t{4}) +
               padded("", 50) + le(std::int64_t{3}) + le(1.0) + le(ns);
    }
    out += padded("a", 16) + padded("b", 16) + padded("", 160);
    out += first_version ? padded("uV", 8) + padded("uV", 8)
                         : padded("", 12) + le(std::uint16_t{4275}) + le(std::uint16_t{4274});
    out += le(-1.0) + le(-2.0) + le(1.0) + le(2.0);
    for (const int limit : {-100, -100, 100, 100}) {
        out += first_version ? le(static_cast<std::int64_t>(limit)) : le(static_cast<double>(limit));
    }
    out += padded("", 160) + le(100U) + le(20U) + le(3U) + le(279U) + padded("", 64);
    if (!first_version) {
        out += padded(std::string("\1\x0c\0\0none\0blink\0", 16) + std::string("\3\4\0\0name", 8), 256);
    }
    for (int record = 0; record < 3; ++record) {
        for (int i = 0; i < 100; ++i) {
            out += le(static_cast<std::int16_t>(i - 50));
        }
        out += padded("", 60);
    }
    out += first_version ? std::string("\3\x64\0\0", 4) + le(3U) : std::string("\1\3\0\0", 4) + le(100.0F);
    out += le(1U) + le(50U) + le(100U) + le(std::uint16_t{1}) + le(std::uint16_t{0x300}) + le(std::uint16_t{0x8001});
    return first_version
               ? out + le(std::uint16_t{0}) + le(std::uint16_t{1}) + le(std::uint16_t{2}) + le(0U) + le(9U) + le(2U)
               : out;
}

std::string ishne_file(const std::string& magic, const std::string& data) {
    std::string out = magic + padded("", 2) + le(0) + le(100) + le(522) + le(522) + le(std::int16_t{1}) +
                      padded("John", 40) + padded("Doe", 40) + padded("7", 20);
    for (const int number : {1, 1, 6, 5, 1970, 2, 1, 2020, 2, 1, 2020, 3, 4, 5, 2}) {
        out += le(static_cast<std::int16_t>(number));
    }
    out = padded(out, 158) + le(std::int16_t{5}) + le(std::int16_t{11});
    out = padded(out, 206) + le(std::int16_t{2500}) + le(std::int16_t{2500});
    out = padded(out, 272) + le(std::int16_t{200});
    return padded(out, 522) + data;
}

std::string mfer_tag(unsigned tag, const std::string& value) {
    return std::string{static_cast<char>(tag), static_cast<char>(value.size())} + value;
}

std::string mfer_file() {
    std::string out = mfer_tag(0x40, padded("MFR a file", 32)) + mfer_tag(1, "\1") + mfer_tag(0x81, "Doe^^John") +
                      mfer_tag(0x85, le(std::uint16_t{2020}) + std::string("\1\2\3\4\5") + padded("", 4)) +
                      mfer_tag(5, "\2") + mfer_tag(4, "\5") + mfer_tag(0x0b, "\1\xfd\2") +
                      mfer_tag(0x0c, std::string("\0\xfa\5", 3)) + mfer_tag(0x12, le(std::int16_t{-99})) +
                      "\x3f\1\x80" + mfer_tag(9, "\2") + mfer_tag(0x0a, "\2") + mfer_tag(0x0d, "\7") + padded("", 2) +
                      mfer_tag(0x41, le(std::uint16_t{7}) + le(3U) + le(2U) + "event");
    for (int frame = 0; frame < 2; ++frame) {
        std::string samples;
        for (int i = 0; i < 90; ++i) {
            samples += static_cast<char>(i);
        }
        out += mfer_tag(6, "\3") + mfer_tag(0x1e, samples);
    }
    return out + mfer_tag(0x80, "");
}

/// Two leads, Huffman coded second differences, a reference beat, section 1 and a complex; checksums are left wrong.
std::string scp_file() {
    const std::string huffman = "\x9a\x5c\x36\xe1\x0a\x33" + padded("", 10);
    const std::vector<std::string> bodies = {std::string("\2\3\0ID7\x19\4\0\xe4\x07\1\2\x1a\3\0\3\4\5\xff\0\0", 23),
                                             le(std::uint16_t{19999}),
                                             std::string("\2\5") + le(1U) + le(20U) + "\1" + le(1U) + le(20U) + "\3",
                                             le(std::uint16_t{8}) + le(std::uint16_t{2}) + le(std::uint16_t{1}) +
                                                 padded("", 2) + le(3U) + le(5U) + le(7U) + le(4U) + le(8U),
                                             le(std::uint16_t{1000}) + le(std::uint16_t{2000}) + padded("\2", 2) +
                                                 le(std::uint16_t{16}) + le(std::uint16_t{16}) + huffman + huffman,
                                             le(std::uint16_t{2500}) + le(std::uint16_t{2000}) + padded("\2", 2) +
                                                 le(std::uint16_t{16}) + le(std::uint16_t{16}) + huffman + huffman};
    std::string pointers, rest;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        const auto id = static_cast<std::uint16_t>(i + 1);
        const auto length = static_cast<std::uint32_t>(16 + bodies[i].size());
        pointers += le(id) + le(length) + le(static_cast<std::uint32_t>(6 + 16 + 60 + rest.size() + 1));
        rest += le(std::uint16_t{0}) + le(id) + le(length) + padded("\x14\x14", 8) + bodies[i];
    }
    return padded("", 2) + le(static_cast<std::uint32_t>(82 + rest.size())) + padded("", 4) + le(76U) +
           "\x14\x14SCPECG" + pointers + rest;
}

std::string muse_file() {
    return R"(<?xml version="1.0" encoding="ISO-8859-1"?><RestingECG><PatientDemographics><PatientID>7</PatientID>
</PatientDemographics><TestDemographics><AcquisitionTime>03:04:05</AcquisitionTime><AcquisitionDate>01-02-2020
</AcquisitionDate></TestDemographics><QRSTimesTypes><QRS><Number>1</Number><Type>0</Type><Time>2</Time></QRS><QRS>
<Time>4</Time></QRS><QRS><Time>6</Time></QRS><GlobalRR>4</GlobalRR></QRSTimesTypes><Waveform><WaveformType>Rhythm
</WaveformType><SampleBase>500</SampleBase><SampleExponent>0</SampleExponent><LeadData><LeadSampleCountTotal>8
</LeadSampleCountTotal><LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit><LeadAmplitudeUnits>MICROVOLTS
</LeadAmplitudeUnits><LeadID>II</LeadID><WaveFormData>AAABAAIAAwAEAAUABgAHAA==</WaveFormData></LeadData></Waveform>
</RestingECG>)";
}

// --- the loop --------------------------------------------------------------------------------------------------------

/// A format: valid files, words that its files hold, and how a mutated one is read.
struct Target {
    std::string name;
    std::vector<std::string> seeds;
    std::vector<std::string> tokens;
    std::function<bp::Recording(const std::string& bytes, bool strict)> read;
};

std::shared_ptr<const bp::ByteSource> in_memory(const std::string& bytes) {
    const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
    return bp::from_memory({data, data + bytes.size()});
}

/// One of the files in a folder of its own: the mutated one is put in its place, `main_file` is read.
Target file_target(const fs::path& files, const std::string& name, const std::string& main_file,
                   std::vector<std::string> more_seeds = {}, std::vector<std::string> tokens = {}) {
    const fs::path folder = files.parent_path() / (name + ".folder");
    fs::copy(files, folder);
    std::vector<std::string> seeds = {load(folder / name)};
    seeds.insert(seeds.end(), more_seeds.begin(), more_seeds.end());
    return {name, std::move(seeds), std::move(tokens), [=](const std::string& bytes, bool strict) {
                save(folder / name, bytes);
                return bp::io::read(folder / main_file, {strict, {"atr"}});
            }};
}

std::vector<Target> make_targets(const fs::path& folder) {
    const fs::path files = folder / "files";
    fs::create_directories(files);
    const auto written = [&](const bp::Recording& recording, const std::string& name) {
        bp::io::write(recording, folder / name);
        return load(folder / name);
    };
    const bp::Recording recording = example();
    for (const char* name : {"r.h5", "r.hea", "v.vhdr"}) {
        bp::io::write(recording, files / name);
    }
    save(files / "m.hea", "m/4 3 250 1210\nlayout 0\nr 600\n~ 10\nr 600\n");
    save(files / "layout.hea",
         "layout 4 250 0\n~ 0 200/mV 12 0 0 0 0 lead 1\n~ 0 200/mV 12 0 0 0 0 lead 0\n"
         "~ 0 200/mV 12 0 0 0 0 lead 2\n~ 0 200/mV 12 0 0 0 0 lead 9\n");
    save(files / "text.dat", "name 1 2 3\nF 1,5 2 3\nC 4 5 -6\nE 7 8 9e2\n");
    const auto strictly = [](bool strict) { return bp::io::ReadOptions{strict, {"atr"}}; };
    const auto edf = [=](const std::string& b, bool strict) {
        return bp::io::read_edf(in_memory(b), strictly(strict));
    };
    const auto xml = [=](const std::string& b, bool strict) {
        return bp::io::read_xml_ecg(in_memory(b), strictly(strict));
    };
    const auto matlab = [](const std::string& b, bool) {
        bp::io::MatlabOptions options;
        options.fs = 300;
        return bp::io::read_matlab(in_memory(b), options);
    };
    const auto gdf = [=](const std::string& b, bool strict) {
        return bp::io::read_gdf(in_memory(b), strictly(strict));
    };
    const auto csv = [](const std::string& b, bool) {
        bp::io::CsvOptions options;
        options.time_column = "t";
        options.comment = '#';
        return bp::io::read_csv(in_memory(b), options);
    };
    save(files / "i.ecg", ishne_file("ISHNE1.0", std::string(400, '\5')));
    save(files / "i.ann", ishne_file("ANN  1.0", le(9U) + std::string(40, 'N')));
    const std::vector<std::string> edf_words = {"EDF+C",
                                                "EDF+D",
                                                "BDF+C",
                                                "24BIT",
                                                "EDF Annotations ",
                                                "BDF Annotations ",
                                                "Startdate 01-FEB-1999",
                                                "Startdate X X",
                                                "01.01.85",
                                                "\x14",
                                                "\x14\x14",
                                                "+1.5\x15"
                                                "2\x14x",
                                                "\x14@@lead 1\x14",
                                                "-1      ",
                                                "\xc3\xa4",
                                                "\xe4",
                                                "\r\n",
                                                "biopotential: end of samples",
                                                "biopotential: missing samples of channel 1",
                                                "biopotential: name of channel 1 x",
                                                "biopotential: unit of channel 1 x",
                                                "32767   ",
                                                "-32768  "};
    const std::vector<std::string> xml_words = {"<![CDATA[",
                                                "]]>",
                                                "<!DOCTYPE x [<!ENTITY a \"b\">]>",
                                                "&a;",
                                                "&lt;",
                                                "<!--",
                                                "-->",
                                                "</",
                                                "/>",
                                                "<code code=\"\"/>",
                                                "MDC_ECG_LEAD_",
                                                "TIME_ABSOLUTE",
                                                "TIME_RELATIVE",
                                                "unit=\"us\"",
                                                "unit=\"ms\"",
                                                "mV",
                                                "value=\"\"",
                                                "encoding=\"ISO-8859-1\"",
                                                "Uncompressed",
                                                "XLI",
                                                "AVR",
                                                "COMMASEPARATE"};
    std::vector<std::string> edf_seeds, bdf_seeds;
    for (const bp::Recording& one : {recording, with_a_gap(), with_two_rates(), with_missing_samples()}) {
        const std::string number = std::to_string(edf_seeds.size());
        edf_seeds.push_back(written(one, number + ".edf"));
        bdf_seeds.push_back(written(one, number + ".bdf"));
    }
    // Without "+C" the annotations are a signal like others.
    edf_seeds.push_back(edf_seeds[0]);
    edf_seeds.back().replace(192, 5, "     ");
    std::vector<Target> targets = {
        {"edf", edf_seeds, edf_words, edf},
        {"bdf", bdf_seeds, edf_words, edf},
        {"xdf",
         {xdf_file(), xdf_kinds_file()},
         {"int8", "int16", "int32", "int64", "float32", "double64", "string", "millivolts", "volts", "<unit>",
          "<label>"},
         [=](const std::string& b, bool strict) { return bp::io::read_xdf(in_memory(b), strictly(strict)); }},
        {"dicom",
         {dicom_file(), dicom_file(8, "SB"), dicom_file(8, "UB"), dicom_file(16, "US", "DERIVED"),
          dicom_implicit_file()},
         {"SQ",
          "UT",
          "OW",
          "DS",
          "US",
          "UL",
          "FD",
          "FL",
          "UV",
          "SEGMENT",
          "POINT",
          "ORIGINAL",
          "DERIVED",
          "mV",
          "uV",
          "1.2.840.10008.1.2",
          "1.2.840.10008.1.2.2",
          "\xff\xff\xff\xff",
          "\xfe\xff\x0d\xe0",
          "\xfe\xff\xdd\xe0"},
         [=](const std::string& b, bool strict) { return bp::io::read_dicom(in_memory(b), strictly(strict)); }},
        {"aecg", {aecg_file(), aecg_relative_file()}, xml_words, xml},
        {"philips", {philips_file(), philips_plain_file(), philips_twelve_file()}, xml_words, xml},
        {"schiller", {schiller_file()}, xml_words, xml},
        {"gdf", {gdf_file(true), gdf_file(false)}, {"GDF 1.25", "GDF 2.20", "GDF 2.51"}, gdf},
        {"mfer",
         {mfer_file()},
         {},
         [=](const std::string& b, bool strict) { return bp::io::read_mfer(in_memory(b), strictly(strict)); }},
        {"muse", {muse_file()}, xml_words, xml},
        {"scp",
         {scp_file()},
         {"SCPECG", le(std::uint16_t{19999}), "\xff\xff"},
         [=](const std::string& b, bool strict) { return bp::io::read_scp(in_memory(b), strictly(strict)); }},
        {"csv",
         {"t,\"a\",b\n# note\n0.1,1,2\n0.2,NaN,-4e5\n0.3,5,6\n0.9,7,8\n"},
         {"nan", "inf", "\"\"", "\r\n", ",,", "# ", "1e400"},
         csv},
        {"matlab4", {matlab4_file()}, {"val"}, matlab},
        {"matlab5",
         {matlab5_file(), matlab5_packed_file(), matlab5_head("IM") + matlab5_matrix<float>(7),
          matlab5_head("IM") + matlab5_matrix<std::uint8_t>(2), matlab5_head("IM") + matlab5_matrix<std::int32_t>(5)},
         {"MI", "IM", "val"},
         matlab},
    };
    const std::vector<std::string> header_words = {
        "x2",      ":5",    "+10",  "/mV", "(3)",   " 8 ",     " 61 ",        " 80 ",        " 160 ", " 310 ", " 311 ",
        " 508+0 ", "r.dat", "/360", "(0)", "~ 5\n", "r 600\n", " 03:04:05.5", " 02/01/2020", "#c\n",  "m/2 "};
    targets.push_back(file_target(files, "r.hea", "r.hea", wfdb_headers(), header_words));
    targets.push_back(file_target(files, "r.dat", "r.hea"));
    targets.push_back(
        file_target(files, "r.atr", "r.hea", {wfdb_annotations()},
                    {"## time resolution: 360", "## annotation type definitions", "## end of definitions"}));
    targets.push_back(file_target(files, "m.hea", "m.hea", {"m/2 3 250 1200\nr 600\nr 600\n"}, header_words));
    targets.push_back(file_target(files, "layout.hea", "m.hea", {}, header_words));
#ifdef BIOPOTENTIAL_WITH_FLAC
    save(files / "f.hea", "f 2 250 600\nf.dat 516 200 16 0 0 0 0 a\nf.dat 516 200 16 0 0 0 0 b\n");
    save(files / "f.dat", flac_file(16));
    targets.push_back(file_target(files, "f.dat", "f.hea", {flac_file(8)}));
    targets.push_back(file_target(files, "f.hea", "f.hea", {}, header_words));
#endif
    targets.push_back(
        file_target(files, "v.vhdr", "v.vhdr", vision_headers(),
                    {"INT_16", "IEEE_FLOAT_32", "VECTORIZED", "MULTIPLEXED", "ASCII", "BINARY", "YES", "NO",
                     "MARKERBASED", "NOTSEGMENTED", "FREQUENCYDOMAIN", "n/a", "$b", "\\1", "text.dat"}));
    targets.push_back(
        file_target(files, "v.vmrk", "v.vhdr", {vision_markers()}, {"New Segment", "Stimulus", "$b", "\\1", ",,"}));
    targets.push_back(file_target(files, "i.ecg", "i.ecg"));
    targets.push_back(file_target(files, "i.ann", "i.ecg"));
    targets.push_back(file_target(files, "r.h5", "r.h5"));
    return targets;
}

struct Counts {
    long files = 0, read = 0, refused = 0;
    std::string last_refusal;
};

/// Returns what else than reading or a refusal the file made happen; nothing where that is all.
std::string try_read(const Target& target, const std::string& bytes, bool strict, Counts& counts) {
    const auto start = std::chrono::steady_clock::now();
    ++counts.files;
    try {
        use(target.read(bytes, strict));
        ++counts.read;
    } catch (const bp::ParseError& e) {
        ++counts.refused;
        counts.last_refusal = e.what();
    } catch (const bp::IoError& e) {
        ++counts.refused;  // the header may name a file that is not there
        counts.last_refusal = e.what();
    } catch (const std::exception& e) {
        return e.what();
    }
    return std::chrono::steady_clock::now() - start <= slowest ? "" : "took longer than 10 s";
}

/// One thread: what a file does must not hang on the others, and starting them costs more than reading.
fs::path make_folder() {
    bp::set_num_threads(1);
    fs::path folder = fs::temp_directory_path() / ("biopotential_fuzz_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    return folder;
}

}  // namespace

#ifdef BIOPOTENTIAL_LIBFUZZER

namespace {

/// The format that this process fuzzes, and the folder of its files.
struct Run {
    fs::path folder = make_folder();
    Target target;

    Run() {
        const char* wanted = std::getenv("BIOPOTENTIAL_FUZZ_FORMAT");
        for (Target& one : make_targets(folder)) {
            if (wanted != nullptr && one.name == wanted) {
                target = std::move(one);
            }
        }
        if (target.name.empty()) {
            std::cerr << "BIOPOTENTIAL_FUZZ_FORMAT: wanted a name of biopotential_fuzz_io --list\n";
            std::exit(2);
        }
    }
    ~Run() { fs::remove_all(folder); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
};

Run& the_run() {
    static Run run;
    return run;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Counts counts;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const std::string finding = try_read(the_run().target, bytes, size % 4 == 3, counts);
    if (!finding.empty()) {
        std::cerr << the_run().target.name << ": " << finding << '\n';
        std::abort();
    }
    return 0;
}

/// libFuzzer's own mutations, ours, which know the format's words and fields, and a fresh start from a seed.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
    Random random(seed);
    const Target& target = the_run().target;
    if (random() % 2 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    const bool afresh = random() % 32 == 0;
    std::string bytes =
        afresh ? target.seeds[random() % target.seeds.size()] : std::string(reinterpret_cast<const char*>(data), size);
    bytes = mutate(std::move(bytes), target.tokens, random);
    bytes.resize(std::min(bytes.size(), max_size));
    std::memcpy(data, bytes.data(), bytes.size());
    return bytes.size();
}

#else

int main(int argc, char** argv) {
    double seconds = 10;
    long runs = 0;
    std::uint64_t seed = 1;
    std::string only;
    bool list = false;
    fs::path corpus;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option == "--list") {
            list = true;
            continue;
        }
        const char* value = ++i < argc ? argv[i] : nullptr;
        if (value != nullptr && option == "--seconds") {
            seconds = std::atof(value);
        } else if (value != nullptr && option == "--runs") {
            runs = std::atol(value);
        } else if (value != nullptr && option == "--seed") {
            seed = std::strtoull(value, nullptr, 10);
        } else if (value != nullptr && option == "--format") {
            only = value;
        } else if (value != nullptr && option == "--seeds") {
            corpus = value;
        } else {
            std::cerr << "usage: biopotential_fuzz_io [--seconds N] [--runs N] [--seed S] [--format NAME]\n"
                         "       biopotential_fuzz_io --list | --seeds FOLDER [--format NAME]\n";
            return 2;
        }
    }
    const fs::path folder = make_folder();
    std::vector<Target> targets = make_targets(folder);
    if (!only.empty()) {
        std::erase_if(targets, [&](const Target& target) { return target.name != only; });
    }
    std::vector<Counts> counts(targets.size());
    bool good = !targets.empty();
    for (const Target& target : targets) {
        for (std::size_t k = 0; k < target.seeds.size(); ++k) {
            if (list) {
                std::cout << (k == 0 ? target.name + "\n" : "");
                continue;
            }
            if (!corpus.empty()) {
                fs::create_directories(corpus / target.name);
                save(corpus / target.name / ("seed" + std::to_string(k)), target.seeds[k]);
                continue;
            }
            // A seed that does not read would make the fuzzer blind.
            Counts first;
            const std::string finding = try_read(target, target.seeds[k], false, first);
            if (!finding.empty() || first.read != 1) {
                std::cerr << target.name << ": valid file " << k << " is refused: " << finding << first.last_refusal
                          << '\n';
                good = false;
            }
        }
    }
    if (list || !corpus.empty()) {
        fs::remove_all(folder);
        return 0;
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    const auto goes_on = [&](long done) { return runs > 0 ? done < runs : std::chrono::steady_clock::now() < end; };
    for (long done = 0; good && goes_on(done); ++done, ++seed) {
        Random random(seed);
        std::size_t index = random() % targets.size();
        // HDF5 costs a process a file; the others share the rest.
        if (targets[index].name == "r.h5" && targets.size() > 1 && random() % 8 != 0) {
            index = 0;
        }
        const Target& target = targets[index];
        const std::string bytes = mutate(target.seeds[random() % target.seeds.size()], target.tokens, random);
        const std::string finding = try_read(target, bytes, random() % 4 == 0, counts[index]);
        if (!finding.empty()) {
            std::cerr << target.name << ", seed " << seed << ": " << finding << '\n';
            good = false;
        }
    }
    fs::remove_all(folder);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        std::cout << targets[i].name << ": " << counts[i].files << " files, " << counts[i].read << " read, "
                  << counts[i].refused << " refused\n";
        // A fuzzer whose files are all refused, or none, does not reach the parser.
        good = good && (counts[i].files < 200 || (counts[i].read > 0 && counts[i].refused > 0));
    }
    return good ? 0 : 1;
}

#endif
