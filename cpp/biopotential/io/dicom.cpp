#include "biopotential/io/dicom.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/raw_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::uint32_t undefined_length = 0xffffffff;
constexpr std::uint32_t tag_item = 0xfffee000, tag_sequence_end = 0xfffee0dd;
constexpr int max_depth = 16;
constexpr std::size_t max_elements = 1'000'000;
constexpr std::uint32_t max_value_bytes = 1 << 20;

struct Element;
using Dataset = std::map<std::uint32_t, Element>;

struct Element {
    std::string vr;
    std::int64_t at = 0;         ///< byte offset of the value
    std::uint32_t length = 0;    ///< bytes of the value
    std::vector<Dataset> items;  ///< of a sequence
};

std::string tag_text(std::uint32_t tag) {
    char buffer[16];
    std::snprintf(buffer, sizeof buffer, "(%04X,%04X)", tag >> 16, tag & 0xffff);
    return buffer;
}

class Parser {
  public:
    explicit Parser(const ByteSource& source) : source_(&source) {}

    Dataset file() {
        std::int64_t at = 132;
        // The meta group is always explicit; it says how the rest is encoded.
        Dataset meta;
        while (at + 8 <= source_->size() && number<std::uint16_t>(at) == 0x0002) {
            explicit_ = true;
            element(at, meta, 0);
        }
        const std::string syntax = text(meta, 0x00020010);
        if (syntax == "1.2.840.10008.1.2") {
            explicit_ = false;
        } else if (syntax != "1.2.840.10008.1.2.1" && !syntax.empty()) {
            throw ParseError(source_->name(), meta.at(0x00020010).at,
                             "wanted a transfer syntax of little endian, not compressed, got " + quote_text(syntax));
        }
        Dataset data;
        while (at + 8 <= source_->size()) {
            element(at, data, 0);
        }
        if (at != source_->size() && at + 8 > source_->size()) {
            throw ParseError(source_->name(), at, "wanted another element or the end of the file, got a few bytes");
        }
        return data;
    }

    [[nodiscard]] std::string text(const Dataset& set, std::uint32_t tag) const {
        const auto found = set.find(tag);
        if (found == set.end() || found->second.length > max_value_bytes) {
            return "";
        }
        const auto bytes = source_->read_exactly(found->second.at, found->second.length);
        return to_utf8(trim({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    }
    /// Numbers of an element of type US, SS, UL or SL (binary), DS or IS (text).
    [[nodiscard]] std::vector<double> numbers(const Dataset& set, std::uint32_t tag, std::string_view vr) const {
        std::vector<double> out;
        const auto found = set.find(tag);
        if (found == set.end() || found->second.length > max_value_bytes) {
            return out;
        }
        const Element& element = found->second;
        if (vr == "DS" || vr == "IS") {
            const std::string content = text(set, tag);
            for (std::size_t at = 0; at <= content.size();) {
                const std::size_t end = std::min(content.find('\\', at), content.size());
                if (const auto value = parse_number(trim(std::string_view(content).substr(at, end - at)))) {
                    out.push_back(*value);
                } else if (!trim(std::string_view(content).substr(at, end - at)).empty()) {
                    throw ParseError(source_->name(), element.at,
                                     tag_text(tag) + ": wanted a number, got " + quote_text(content));
                }
                at = end + 1;
            }
            return out;
        }
        const std::uint32_t size = vr == "US" || vr == "SS" ? 2 : 4;
        for (std::uint32_t i = 0; i + size <= element.length; i += size) {
            const std::int64_t at = element.at + i;
            out.push_back(size == 2 ? number<std::uint16_t>(at) : number<std::uint32_t>(at));
        }
        return out;
    }
    [[nodiscard]] std::int64_t whole(const Dataset& set, std::uint32_t tag, std::string_view vr, std::int64_t low,
                                     std::int64_t high, std::int64_t fallback_at) const {
        const std::vector<double> values = numbers(set, tag, vr);
        const auto found = set.find(tag);
        if (values.empty() || !(values[0] >= static_cast<double>(low)) || values[0] > static_cast<double>(high)) {
            throw ParseError(source_->name(), found == set.end() ? fallback_at : found->second.at,
                             tag_text(tag) + ": wanted " + std::to_string(low) + " to " + std::to_string(high) +
                                 ", got " + (values.empty() ? "none" : number_text(values[0])));
        }
        return static_cast<std::int64_t>(values[0]);
    }

  private:
    template <class T>
    [[nodiscard]] T number(std::int64_t at) const {
        T value = 0;
        std::array<std::byte, sizeof(T)> bytes{};
        fill(at, bytes);
        for (std::size_t b = 0; b < sizeof(T); ++b) {
            value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[b]) << (8 * b)));
        }
        return value;
    }
    void fill(std::int64_t at, std::span<std::byte> out) const {
        const auto n = static_cast<std::int64_t>(out.size());
        if (at < window_at_ || at + n > window_at_ + static_cast<std::int64_t>(window_n_)) {
            window_at_ = at;
            window_n_ = source_->read(at, window_);
        }
        if (n > static_cast<std::int64_t>(window_n_)) {
            throw ParseError(source_->name(), at, "wanted another element, got the end of the file");
        }
        std::memcpy(out.data(), window_.data() + (at - window_at_), out.size());
    }

    /// One element at `at`, which moves behind it.
    void element(std::int64_t& at, Dataset& into, int depth) {
        if (++n_elements_ > max_elements || depth > max_depth) {
            throw ParseError(source_->name(), at, "wanted fewer elements and levels, got more");
        }
        const std::uint32_t tag =
            static_cast<std::uint32_t>(number<std::uint16_t>(at)) << 16 | number<std::uint16_t>(at + 2);
        Element element;
        if (explicit_ && tag >> 16 != 0xfffe) {
            std::array<std::byte, 2> vr{};
            fill(at + 4, vr);
            element.vr = {static_cast<char>(vr[0]), static_cast<char>(vr[1])};
            constexpr std::array<std::string_view, 12> long_ones = {"OB", "OW", "OF", "OD", "OL", "OV",
                                                                    "SQ", "UC", "UR", "UT", "UN", "SV"};
            if (std::ranges::find(long_ones, element.vr) != long_ones.end() || element.vr == "UV") {
                element.length = number<std::uint32_t>(at + 8);
                at += 12;
            } else {
                if (element.vr[0] < 'A' || element.vr[0] > 'Z' || element.vr[1] < 'A' || element.vr[1] > 'Z') {
                    throw ParseError(source_->name(), at + 4,
                                     tag_text(tag) + ": wanted a value representation, got " + quote_text(element.vr));
                }
                element.length = number<std::uint16_t>(at + 6);
                at += 8;
            }
        } else {
            element.length = number<std::uint32_t>(at + 4);
            at += 8;
        }
        element.at = at;
        const bool is_sequence = element.vr == "SQ" || element.length == undefined_length ||
                                 (!explicit_ && std::ranges::find(sequences, tag) != sequences.end());
        if (is_sequence) {
            sequence(at, element, depth);
        } else {
            if (element.length > source_->size() - at) {
                throw ParseError(
                    source_->name(), at,
                    tag_text(tag) + ": wanted " + std::to_string(element.length) + " bytes, got the end of the file");
            }
            at += element.length;
        }
        into[tag] = std::move(element);
    }

    void sequence(std::int64_t& at, Element& element, int depth) {
        const bool open = element.length == undefined_length;
        const std::int64_t end = open ? source_->size() : at + element.length;
        if (end > source_->size()) {
            throw ParseError(source_->name(), at, "wanted a sequence within the file, got a longer one");
        }
        while (at < end) {
            const std::uint32_t tag =
                static_cast<std::uint32_t>(number<std::uint16_t>(at)) << 16 | number<std::uint16_t>(at + 2);
            const std::uint32_t length = number<std::uint32_t>(at + 4);
            if (tag == tag_sequence_end) {
                at += 8;
                return;
            }
            if (tag != tag_item) {
                throw ParseError(source_->name(), at, "wanted an item of a sequence, got " + tag_text(tag));
            }
            at += 8;
            const bool item_open = length == undefined_length;
            const std::int64_t item_end = item_open ? end : at + length;
            if (item_end > end) {
                throw ParseError(source_->name(), at, "wanted an item within its sequence, got a longer one");
            }
            Dataset item;
            while (at < item_end) {
                if (item_open && number<std::uint16_t>(at) == 0xfffe && number<std::uint16_t>(at + 2) == 0xe00d) {
                    at += 8;
                    break;
                }
                this->element(at, item, depth + 1);
            }
            element.items.push_back(std::move(item));
        }
        if (open) {
            throw ParseError(source_->name(), at, "wanted the end of a sequence, got the end of the file");
        }
    }

    /// Sequences that are read; without explicit VR they look as other elements do.
    static constexpr std::array<std::uint32_t, 6> sequences = {0x54000100, 0x003a0200, 0x003a0208,
                                                               0x003a0211, 0x0040b020, 0x0040a043};

    const ByteSource* source_;
    bool explicit_ = true;
    std::size_t n_elements_ = 0;
    mutable std::array<std::byte, 4096> window_{};
    mutable std::int64_t window_at_ = 0;
    mutable std::size_t window_n_ = 0;
};

/// YYYYMMDD and hhmmss.ffffff, of what a study has of them.
std::optional<std::int64_t> parse_start(std::string_view date, std::string_view time) {
    const auto digits = [](std::string_view t) {
        return std::ranges::all_of(t, [](char c) { return c >= '0' && c <= '9'; });
    };
    if (date.size() < 8 || !digits(date.substr(0, 8))) {
        return std::nullopt;
    }
    const auto number = [](std::string_view t, std::size_t at, std::size_t n) {
        return static_cast<int>(t.size() >= at + n ? parse_integer(t.substr(at, n)).value_or(0) : 0);
    };
    const auto day = date_ns(number(date, 0, 4), number(date, 4, 2), number(date, 6, 2));
    if (!day || number(time, 0, 2) > 23 || number(time, 2, 2) > 59 || number(time, 4, 2) > 59) {
        return std::nullopt;
    }
    std::int64_t fraction = 0;
    if (time.size() > 7 && time[6] == '.') {
        fraction = std::llround(parse_number(std::string("0").append(time.substr(6, 7))).value_or(0) * 1e9);
    }
    return *day + ((number(time, 0, 2) * 60 + number(time, 2, 2)) * 60 + number(time, 4, 2)) * 1'000'000'000LL +
           fraction;
}

const Dataset* first_item(const Dataset& set, std::uint32_t tag) {
    const auto found = set.find(tag);
    return found == set.end() || found->second.items.empty() ? nullptr : &found->second.items.front();
}

Channel parse_channel(const Parser& parser, const Dataset& definition, std::size_t number) {
    Channel channel;
    channel.name = parser.text(definition, 0x003a0203);
    if (const Dataset* source = first_item(definition, 0x003a0208); source != nullptr && channel.name.empty()) {
        channel.name = parser.text(*source, 0x00080104);
        channel.header["source_code"] = parser.text(*source, 0x00080100);
    }
    // "Lead I (Einthoven)" is lead I.
    if (channel.name.starts_with("Lead ")) {
        channel.header["source"] = channel.name;
        channel.name = std::string(split_blanks(channel.name)[1]);
    }
    if (channel.name.empty()) {
        channel.name = "channel " + std::to_string(number + 1);
    }
    if (const Dataset* unit = first_item(definition, 0x003a0211)) {
        channel.unit = parser.text(*unit, 0x00080100);
    }
    const auto factor = [&](std::uint32_t tag, double otherwise) {
        const std::vector<double> values = parser.numbers(definition, tag, "DS");
        return values.empty() ? otherwise : values.front();
    };
    const double gain = factor(0x003a0210, 1) * factor(0x003a0212, 1);
    const double baseline = factor(0x003a0213, 0);
    channel.scaling.numerator = gain == 0 ? 1 : gain;
    channel.scaling.zero = baseline == 0 ? 0 : -baseline / channel.scaling.numerator;
    for (const auto& [tag, key] : {std::pair{0x003a0220U, "filter_low_hz"}, std::pair{0x003a0221U, "filter_high_hz"},
                                   std::pair{0x003a0222U, "notch_hz"}}) {
        if (const std::string text = parser.text(definition, tag); !text.empty()) {
            channel.header[key] = text;
        }
    }
    return channel;
}

Signal parse_group(const Parser& parser, const std::shared_ptr<const ByteSource>& source, const Dataset& group,
                   std::int64_t at) {
    RawLayout layout;
    layout.n_channels = parser.whole(group, 0x003a0005, "US", 1, 10'000, at);
    layout.n_samples = parser.whole(group, 0x003a0010, "UL", 0, std::int64_t{1} << 40, at);
    const std::vector<double> fs = parser.numbers(group, 0x003a001a, "DS");
    if (fs.empty() || !(fs[0] > 1e-6) || fs[0] > 1e9) {
        throw ParseError(source->name(), at, "(003A,001A): wanted a sampling frequency in Hz, > 0, got none");
    }
    const std::int64_t bits = parser.whole(group, 0x54001004, "US", 8, 16, at);
    const std::string kind = parser.text(group, 0x54001006);
    if (bits == 16 && (kind == "SS" || kind == "US")) {
        layout.type = kind == "SS" ? RawType::int16 : RawType::uint16;
    } else if (bits == 8 && (kind == "SB" || kind == "UB")) {
        layout.type = kind == "SB" ? RawType::int8 : RawType::uint8;
    } else {
        throw ParseError(source->name(), at,
                         "(5400,1006): wanted SS or US of 16 bits, SB or UB of 8, got " + quote_text(kind) + " of " +
                             std::to_string(bits));
    }
    const auto data = group.find(0x54001010);
    if (data == group.end()) {
        throw ParseError(source->name(), at, "(5400,1010): wanted waveform data, got none");
    }
    layout.offset = data->second.at;
    if (layout.n_samples > static_cast<Index>(data->second.length) / layout.n_channels / raw_bytes(layout.type)) {
        throw ParseError(source->name(), data->second.at,
                         "(5400,1010): wanted " + std::to_string(layout.n_samples) + " samples of " +
                             std::to_string(layout.n_channels) + " channels, got " +
                             std::to_string(data->second.length) + " bytes");
    }
    const bool is_signed = layout.type == RawType::int16 || layout.type == RawType::int8;
    const std::int32_t low = is_signed ? -(1 << (bits - 1)) : 0;
    const std::int32_t high = is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
    if (const std::vector<double> padding = parser.numbers(group, 0x5400100a, "US"); !padding.empty()) {
        layout.missing = is_signed && bits == 16 ? static_cast<std::int16_t>(static_cast<std::uint16_t>(padding[0]))
                                                 : static_cast<std::int32_t>(padding[0]);
    }
    const auto definitions = group.find(0x003a0200);
    std::vector<Channel> channels;
    for (Index c = 0; c < layout.n_channels; ++c) {
        const auto i = static_cast<std::size_t>(c);
        static const Dataset none;
        const bool defined = definitions != group.end() && i < definitions->second.items.size();
        Channel channel = parse_channel(parser, defined ? definitions->second.items[i] : none, i);
        channel.digital_min = low;
        channel.digital_max = high;
        channel.physical_min = channel.scaling(low);
        channel.physical_max = channel.scaling(high);
        channels.push_back(std::move(channel));
    }
    Signal signal;
    signal.fs = fs[0];
    const std::vector<double> offset_ms = parser.numbers(group, 0x00181068, "DS");
    const double t0 = offset_ms.empty() || std::abs(offset_ms[0]) > 9e12 ? 0 : offset_ms[0];
    signal.segments = {{std::llround(t0 * 1e6), 0, layout.n_samples}};
    signal.source = make_raw_source(source, layout, channels);
    signal.channels = std::move(channels);
    return signal;
}

void take_events(const Parser& parser, const Dataset& data, const std::vector<int>& signal_of_group,
                 Recording& recording) {
    const auto annotations = data.find(0x0040b020);
    if (annotations == data.end()) {
        return;
    }
    for (const Dataset& item : annotations->second.items) {
        const std::vector<double> positions = parser.numbers(item, 0x0040a132, "UL");
        const std::vector<double> channels = parser.numbers(item, 0x0040a0b0, "US");
        // Of a group that is read; channels come as pairs of group and channel, from 1.
        const std::size_t group = channels.empty() ? 0 : static_cast<std::size_t>(channels[0]) - 1;
        if (positions.empty() || group >= signal_of_group.size() || signal_of_group[group] < 0) {
            continue;
        }
        const Signal& signal = recording.signals[static_cast<std::size_t>(signal_of_group[group])];
        Event event;
        event.label = parser.text(item, 0x00700006);
        if (const Dataset* concept_name = first_item(item, 0x0040a043);
            concept_name != nullptr && event.label.empty()) {
            event.label = parser.text(*concept_name, 0x00080104);
        }
        event.source = "DICOM";
        const std::int64_t t0 = signal.segments.front().t0_ns;
        const auto onset_of = [&](double position) {
            return t0 + to_ns(static_cast<Index>(position) - 1, signal.fs);  // positions count from 1
        };
        if (parser.text(item, 0x0040a130) == "SEGMENT" && positions.size() >= 2) {
            event.onset_ns = onset_of(positions[0]);
            event.duration_ns = std::max<std::int64_t>(0, onset_of(positions[1]) - event.onset_ns);
            recording.events.push_back(std::move(event));
            continue;
        }
        for (const double position : positions) {
            event.onset_ns = onset_of(position);
            recording.events.push_back(event);
        }
    }
    std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
}

}  // namespace

Recording read_dicom(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    Parser parser(*source);
    const Dataset data = parser.file();
    const auto waves = data.find(0x54000100);
    if (waves == data.end() || waves->second.items.empty()) {
        findings.refuse(132, "(5400,0100): wanted waveforms, got a DICOM file of another kind");
    }
    Recording recording;
    recording.format = "DICOM";
    std::vector<bool> derived;
    for (const Dataset& group : waves->second.items) {
        derived.push_back(parser.text(group, 0x003a0004) == "DERIVED");
    }
    const bool any_original = std::ranges::find(derived, false) != derived.end();
    std::vector<int> signal_of_group;
    for (std::size_t g = 0; g < derived.size(); ++g) {
        const Dataset& group = waves->second.items[g];
        if (derived[g] && any_original) {
            findings.remark("derived waveforms " + quote_text(parser.text(group, 0x003a0020)) + ": left out");
            signal_of_group.push_back(-1);
            continue;
        }
        signal_of_group.push_back(static_cast<int>(recording.signals.size()));
        recording.signals.push_back(parse_group(parser, source, group, waves->second.at));
    }
    take_events(parser, data, signal_of_group, recording);
    constexpr std::pair<std::uint32_t, const char*> kept[] = {
        {0x00100020, "patient"},      {0x00100010, "patient_name"}, {0x00100030, "birth_date"},
        {0x00100040, "sex"},          {0x00101010, "age"},          {0x00080080, "institution"},
        {0x00080050, "accession"},    {0x00080090, "physician"},    {0x0020000d, "study_uid"},
        {0x00080018, "instance_uid"}, {0x00080070, "manufacturer"},
    };
    for (const auto& [tag, key] : kept) {
        if (std::string text = parser.text(data, tag); !text.empty()) {
            recording.identity.fields[key] = std::move(text);
        }
    }
    const std::string moment = parser.text(data, 0x0008002a);
    const std::string date = parser.text(data, 0x00080020), time = parser.text(data, 0x00080030);
    recording.identity.start_ns =
        moment.size() >= 8 ? parse_start(std::string_view(moment).substr(0, 8), std::string_view(moment).substr(8))
                           : parse_start(date, time);
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
