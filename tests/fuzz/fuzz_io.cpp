// Mutates valid files of every native format and reads them: a mutated file reads, or is refused with a ParseError.
// Anything else (another exception, a crash, a read of more than 10 s) is a failure, reported with the seed that gives
// the same file again.
//
//   biopotential_fuzz_io [--seconds N] [--runs N] [--seed S] [--format NAME]

#include <unistd.h>

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
#include "biopotential/io/brainvision.hpp"
#include "biopotential/io/csv.hpp"
#include "biopotential/io/dicom.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/gdf.hpp"
#include "biopotential/io/matlab.hpp"
#include "biopotential/io/mfer.hpp"
#include "biopotential/io/read.hpp"
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

bp::Recording example() {
    constexpr bp::Index n_channels = 3, n = 2500;
    bp::Array<std::int32_t> digital{n_channels, n};
    std::vector<bp::Channel> channels;
    for (bp::Index c = 0; c < n_channels; ++c) {
        for (bp::Index i = 0; i < n; ++i) {
            digital(c, i) =
                static_cast<std::int32_t>(std::lround(900 * std::sin(0.02 * static_cast<double>((c + 1) * i))));
        }
        bp::Channel channel;
        channel.name = "lead " + std::to_string(c);
        channel.unit = "mV";
        channel.scaling = {0, 1, 200};
        channel.digital_min = -2048;
        channel.digital_max = 2047;
        channel.header["format"] = "212";
        channels.push_back(channel);
    }
    bp::Recording recording;
    recording.signals.push_back(bp::make_signal(std::move(digital), 250, std::move(channels)));
    for (int k = 0; k < 20; ++k) {
        bp::Event event;
        event.onset_ns = k * 500'000'000LL;
        event.label = k % 5 == 0 ? "V" : "N";
        event.aux = k == 0 ? "(N" : "";
        recording.events.push_back(event);
    }
    recording.identity.fields["comments"] = "an example";
    recording.identity.start_ns = 1'700'000'000'000'000'000;
    return recording;
}

/// One to eight changes of the kinds that break parsers: bits, extreme numbers, digits, cut, doubled and moved
/// stretches.
std::string mutate(std::string bytes, Random& random) {
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const std::size_t n_changes = 1 + below(8);
    for (std::size_t change = 0; change < n_changes && !bytes.empty(); ++change) {
        // Headers stand at the front and deserve half of the changes.
        const std::size_t reach = random() % 2 == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 2048);
        const std::size_t at = below(reach);
        switch (random() % 8) {
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

std::string xdf_file() {
    const auto header = [](std::uint32_t id, const std::string& kind, const std::string& rate) {
        return xdf_chunk(2,
                         le(id) + "<info><name>s</name><channel_count>2</channel_count><nominal_srate>" + rate +
                             "</nominal_srate><channel_format>" + kind +
                             "</channel_format><desc><channels><channel><label>Cz</label></channel></channels></desc>"
                             "</info>");
    };
    std::string out = "XDF:" + xdf_chunk(1, "<?xml version=\"1.0\"?><info><version>1.0</version></info>") +
                      header(1, "int16", "100") + header(2, "string", "0");
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

std::string dicom_file() {
    std::string channels, samples;
    for (int c = 0; c < 2; ++c) {
        channels += dicom_item(dicom_element(0x003a, 0x0203, "SH", "Lead " + std::to_string(c)) +
                               dicom_element(0x003a, 0x0210, "DS", "1.25") + dicom_element(0x003a, 0x0213, "DS", "-3"));
    }
    for (int i = 0; i < 100; ++i) {
        samples += le(static_cast<std::int16_t>(i * 7)) + le(static_cast<std::int16_t>(-i));
    }
    const std::string group =
        dicom_element(0x0018, 0x1068, "DS", "10") + dicom_element(0x003a, 0x0004, "CS", "ORIGINAL") +
        dicom_element(0x003a, 0x0005, "US", le(std::uint16_t{2})) +
        dicom_element(0x003a, 0x0010, "UL", le(std::uint32_t{100})) + dicom_element(0x003a, 0x001a, "DS", "500") +
        dicom_element(0x003a, 0x0200, "SQ", channels) + dicom_element(0x5400, 0x1004, "US", le(std::uint16_t{16})) +
        dicom_element(0x5400, 0x1006, "CS", "SS") + dicom_element(0x5400, 0x100a, "OW", le(std::int16_t{-1})) +
        dicom_element(0x5400, 0x1010, "OW", samples);
    const std::string note = dicom_element(0x0040, 0xa0b0, "US", le(std::uint16_t{1}) + le(std::uint16_t{1})) +
                             dicom_element(0x0040, 0xa130, "CS", "SEGMENT") +
                             dicom_element(0x0040, 0xa132, "UL", le(std::uint32_t{5}) + le(std::uint32_t{9})) +
                             dicom_element(0x0070, 0x0006, "LT", "QRS");
    return std::string(128, '\0') + "DICM" + dicom_element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1") +
           dicom_element(0x0008, 0x002a, "DT", "20200102030405.5") + dicom_element(0x0010, 0x0010, "PN", "A^B") +
           dicom_element(0x0040, 0xb020, "SQ", dicom_item(note)) +
           dicom_element(0x5400, 0x0100, "SQ", dicom_item(group));
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

std::string matlab4_file() {
    std::string out = le(std::uint32_t{30}) + le(std::uint32_t{2}) + le(std::uint32_t{50}) + le(std::uint32_t{0}) +
                      le(std::uint32_t{4}) + std::string("val\0", 4);
    for (int i = 0; i < 100; ++i) {
        out += le(static_cast<std::int16_t>(i));
    }
    return out;
}

std::string matlab5_file() {
    std::string out = "MATLAB 5.0 MAT-file";
    out.resize(124, ' ');
    out += std::string("\x00\x01IM", 4);
    std::string matrix = le(std::uint32_t{6}) + le(std::uint32_t{8}) + le(std::uint32_t{10}) + le(std::uint32_t{0}) +
                         le(std::uint32_t{5}) + le(std::uint32_t{8}) + le(std::uint32_t{2}) + le(std::uint32_t{50}) +
                         le(std::uint16_t{1}) + le(std::uint16_t{3}) + std::string("val\0", 4) + le(std::uint32_t{3}) +
                         le(std::uint32_t{200});
    for (int i = 0; i < 100; ++i) {
        matrix += le(static_cast<std::int16_t>(i));
    }
    return out + le(std::uint32_t{14}) + le(static_cast<std::uint32_t>(matrix.size())) + matrix;
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

/// A format: a valid file, and how a mutated one is read.
struct Target {
    std::string name;
    std::string original;
    std::function<bp::Recording(const std::string& bytes, bool strict)> read;
};

std::shared_ptr<const bp::ByteSource> in_memory(const std::string& bytes) {
    const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
    return bp::from_memory({data, data + bytes.size()});
}

/// A file among others of one recording: the mutated one is put in its place, `main` is read.
Target file_target(const fs::path& folder, const std::string& name, const std::string& main_file) {
    const std::string original = load(folder / name);
    return {name, original, [=](const std::string& bytes, bool strict) {
                save(folder / name, bytes);
                try {
                    bp::Recording recording = bp::io::read(folder / main_file, {strict, {"atr"}});
                    use(recording);
                    save(folder / name, original);
                    return recording;
                } catch (...) {
                    save(folder / name, original);
                    throw;
                }
            }};
}

std::vector<Target> make_targets(const fs::path& folder) {
    const bp::Recording recording = example();
    for (const char* name : {"r.edf", "r.bdf", "r.h5", "r.hea", "v.vhdr"}) {
        bp::io::write(recording, folder / name);
    }
    save(folder / "m.hea", "m/4 3 250 5010\nlayout 0\nr 2500\n~ 10\nr 2500\n");
    save(folder / "layout.hea",
         "layout 4 250 0\n~ 0 200/mV 12 0 0 0 0 lead 1\n~ 0 200/mV 12 0 0 0 0 lead 0\n"
         "~ 0 200/mV 12 0 0 0 0 lead 2\n~ 0 200/mV 12 0 0 0 0 lead 9\n");
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
    save(folder / "i.ecg", ishne_file("ISHNE1.0", std::string(400, '\5')));
    save(folder / "i.ann", ishne_file("ANN  1.0", le(9U) + std::string(40, 'N')));
    std::vector<Target> targets = {
        {"edf", load(folder / "r.edf"), edf},
        {"bdf", load(folder / "r.bdf"), edf},
        {"xdf", xdf_file(),
         [=](const std::string& b, bool strict) { return bp::io::read_xdf(in_memory(b), strictly(strict)); }},
        {"dicom", dicom_file(),
         [=](const std::string& b, bool strict) { return bp::io::read_dicom(in_memory(b), strictly(strict)); }},
        {"aecg", aecg_file(), xml},
        {"philips", philips_file(), xml},
        {"gdf1", gdf_file(true), gdf},
        {"gdf2", gdf_file(false), gdf},
        {"mfer", mfer_file(),
         [=](const std::string& b, bool strict) { return bp::io::read_mfer(in_memory(b), strictly(strict)); }},
        {"muse", muse_file(), xml},
        {"csv", "t,\"a\",b\n# note\n0.1,1,2\n0.2,NaN,-4e5\n0.3,5,6\n0.9,7,8\n", csv},
        {"matlab4", matlab4_file(), matlab},
        {"matlab5", matlab5_file(), matlab},
    };
    for (const auto& [name, main_file] : std::vector<std::pair<std::string, std::string>>{{"r.hea", "r.hea"},
                                                                                          {"r.dat", "r.hea"},
                                                                                          {"r.atr", "r.hea"},
                                                                                          {"m.hea", "m.hea"},
                                                                                          {"layout.hea", "m.hea"},
                                                                                          {"v.vhdr", "v.vhdr"},
                                                                                          {"v.vmrk", "v.vhdr"},
                                                                                          {"i.ecg", "i.ecg"},
                                                                                          {"i.ann", "i.ecg"},
                                                                                          {"r.h5", "r.h5"}}) {
        targets.push_back(file_target(folder, name, main_file));
    }
    return targets;
}

struct Counts {
    long files = 0, read = 0, refused = 0;
};

/// Returns false where the file made something else happen than reading or a ParseError.
bool try_read(const Target& target, const std::string& bytes, bool strict, Counts& counts, std::uint64_t seed) {
    const auto start = std::chrono::steady_clock::now();
    const auto report = [&](const std::string& what) {
        std::cerr << target.name << ", seed " << seed << ": " << what << '\n';
        return false;
    };
    ++counts.files;
    try {
        use(target.read(bytes, strict));
        ++counts.read;
    } catch (const bp::ParseError&) {
        ++counts.refused;
    } catch (const bp::IoError&) {
        ++counts.refused;  // the header may name a file that is not there
    } catch (const std::exception& e) {
        return report(e.what());
    }
    return std::chrono::steady_clock::now() - start <= slowest || report("took longer than 10 s");
}

}  // namespace

int main(int argc, char** argv) {
    double seconds = 10;
    long runs = 0;
    std::uint64_t seed = 1;
    std::string only;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--seconds") == 0) {
            seconds = std::atof(argv[i + 1]);
        } else if (std::strcmp(argv[i], "--runs") == 0) {
            runs = std::atol(argv[i + 1]);
        } else if (std::strcmp(argv[i], "--seed") == 0) {
            seed = std::strtoull(argv[i + 1], nullptr, 10);
        } else if (std::strcmp(argv[i], "--format") == 0) {
            only = argv[i + 1];
        } else {
            std::cerr << "usage: biopotential_fuzz_io [--seconds N] [--runs N] [--seed S] [--format NAME]\n";
            return 2;
        }
    }
    const fs::path folder = fs::temp_directory_path() / ("biopotential_fuzz_" + std::to_string(::getpid()));
    fs::create_directories(folder);
    std::vector<Target> targets = make_targets(folder);
    if (!only.empty()) {
        std::erase_if(targets, [&](const Target& target) { return target.name != only; });
    }
    std::vector<Counts> counts(targets.size());
    bool good = !targets.empty();
    for (const Target& target : targets) {
        // A seed that does not read would make the fuzzer blind.
        Counts first;
        good = try_read(target, target.original, false, first, 0) && first.read == 1 && good;
        if (first.read != 1) {
            std::cerr << target.name << ": the valid file is refused\n";
        }
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
        const std::string bytes = mutate(targets[index].original, random);
        good = try_read(targets[index], bytes, random() % 4 == 0, counts[index], seed);
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
