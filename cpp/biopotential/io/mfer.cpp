#include "biopotential/io/mfer.hpp"

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

enum Tag : unsigned {
    nothing = 0x00,
    byte_order = 0x01,
    block_length = 0x04,
    channel_count = 0x05,
    sequence_count = 0x06,
    waveform = 0x08,
    lead = 0x09,
    data_type = 0x0a,
    interval = 0x0b,
    sensitivity = 0x0c,
    offset = 0x0d,
    compression = 0x0e,
    filter = 0x11,
    null_value = 0x12,
    note = 0x16,
    manufacturer = 0x17,
    samples = 0x1e,
    of_channel = 0x3f,
    preamble = 0x40,
    event = 0x41,
    group = 0x67,
    end_of_file = 0x80,
    patient_name = 0x81,
    patient_id = 0x82,
    age = 0x83,
    sex = 0x84,
    start_time = 0x85,
    unique_id = 0x87
};

constexpr int max_depth = 8;
constexpr std::size_t max_definitions = 1'000'000;
constexpr unsigned dominant_beat = 9;

/// A number with a unit: `mantissa` times ten to the power of `exponent`.
struct Quantity {
    unsigned unit = 0;
    int exponent = 0;
    std::int64_t mantissa = 0;
    bool operator==(const Quantity&) const = default;

    /// Divided by tens where the exponent is negative: 4 * 10^-3 is 4 / 1000, as readers of decimals round.
    [[nodiscard]] double value() const {
        const auto m = static_cast<double>(mantissa);
        return exponent < 0 ? m / std::pow(10.0, -exponent) : m * std::pow(10.0, exponent);
    }
};

/// What holds for a channel, or for all; empty where it is not said.
struct Definitions {
    std::optional<std::int64_t> block, sequences;
    std::optional<unsigned> type, waveform_type;
    std::optional<Quantity> every, step;
    std::optional<std::int64_t> offset_at, null_at, lead_at;  ///< where the value stands
    std::int64_t offset_bytes = 0, null_bytes = 0, lead_bytes = 0;
    std::string filters;
};

class Parser {
  public:
    Parser(std::shared_ptr<const ByteSource> source, Recording& recording, Findings& findings)
        : source_(std::move(source)), bytes_(*source_), recording_(&recording), findings_(&findings) {}

    void file() {
        walk(0, source_->size(), -1, 0);
        finish_frames();
        if (recording_->signals.empty()) {
            findings_->refuse(source_->size(), "wanted waveform data, got none");
        }
        std::ranges::stable_sort(recording_->events, {}, &Event::onset_ns);
    }

  private:
    /// A frame: the channels of its records, and where they stand.
    struct Frame {
        std::int64_t record_bytes = 0;
        std::vector<Channel> channels;
        std::vector<RecordChannel> places;
        std::vector<double> fs;
        std::vector<RecordRun> runs;
    };

    [[nodiscard]] std::int64_t require_whole(std::int64_t at, std::int64_t n, std::int64_t most,
                                             const char* what) const {
        const std::uint64_t value = bytes_.whole(at, n, big_endian_);
        if (value > static_cast<std::uint64_t>(most)) {
            findings_->refuse(
                at, std::string(what) + ": wanted at most " + std::to_string(most) + ", got " + std::to_string(value));
        }
        return static_cast<std::int64_t>(value);
    }
    [[nodiscard]] std::int64_t signed_whole(std::int64_t at, std::int64_t n) const {
        const std::uint64_t value = bytes_.whole(at, n, big_endian_);
        const auto unused = static_cast<int>(64 - 8 * n);
        return static_cast<std::int64_t>(value << unused) >> unused;
    }

    /// The length of a definition at `at`, which moves behind it; empty where an end mark tells it.
    std::optional<std::int64_t> length(std::int64_t& at) const {
        const unsigned first = bytes_.number<std::uint8_t>(at++);
        if (first < 0x80) {
            return first;
        }
        if (first == 0x80) {
            return std::nullopt;
        }
        const std::int64_t n = first & 0x7f;
        if (n > 4) {
            findings_->refuse(at - 1, "length: wanted at most 4 bytes, got " + std::to_string(n));
        }
        const auto value = static_cast<std::int64_t>(bytes_.whole(at, n, true));
        at += n;
        return value;
    }

    /// Definitions up to `end`, or to an end mark (returns the place behind it).
    std::int64_t walk(std::int64_t at, std::int64_t end, int channel, int depth, bool to_mark = false) {
        if (depth > max_depth) {
            findings_->refuse(at, "wanted at most " + std::to_string(max_depth) + " levels of definitions, got more");
        }
        while (at < end) {
            const std::int64_t start = at;
            if (++n_definitions_ > max_definitions) {
                findings_->refuse(at, "wanted fewer definitions, got more");
            }
            const unsigned tag = bytes_.number<std::uint8_t>(at++);
            if (tag == nothing) {
                if (to_mark && at < end && bytes_.number<std::uint8_t>(at) == 0) {
                    return at + 1;
                }
                continue;
            }
            if (tag == end_of_file) {
                return end;
            }
            std::int64_t number = 0;
            if (tag == of_channel) {
                unsigned byte = 0x80;
                for (int i = 0; i < 4 && (byte & 0x80) != 0; ++i) {
                    byte = bytes_.number<std::uint8_t>(at++);
                    number = number << 7 | (byte & 0x7f);
                }
            }
            const auto n = length(at);
            if (n && *n > end - at) {
                // A recorder that was killed, or a length that was never filled in: what is there is taken.
                if (tag != samples) {
                    findings_->refuse(
                        start, "tag " + std::to_string(tag) + ": wanted " + std::to_string(*n) + " bytes, got the end");
                }
                findings_->note(
                    start, "waveform data: wanted " + std::to_string(*n) + " bytes, got " + std::to_string(end - at));
            }
            const std::int64_t stop = n ? std::min(end, at + *n) : end;
            if (tag == of_channel || tag == group) {
                if (tag == of_channel && channel >= 0) {
                    findings_->refuse(start, "wanted one level of channel attributes, got another in it");
                }
                if (tag == of_channel && number >= n_channels_) {
                    findings_->note(start, "attributes: wanted those of channel 1 to " + std::to_string(n_channels_) +
                                               ", got channel " + std::to_string(number + 1));
                }
                const std::int64_t after =
                    walk(at, stop, tag == of_channel ? static_cast<int>(number) : channel, depth + 1, !n);
                at = n ? stop : after;
                continue;
            }
            if (!n) {
                findings_->refuse(start, "tag " + std::to_string(tag) + ": wanted a length, got none");
            }
            if (tag == samples) {
                frame(at, stop);
            } else {
                define(tag, at, stop - at, channel);
            }
            at = stop;
        }
        return at;
    }

    Quantity quantity(std::int64_t at, std::int64_t n) const {
        if (n < 3 || n > 10) {
            findings_->refuse(at, "wanted a unit, an exponent and a number, got " + std::to_string(n) + " bytes");
        }
        return {bytes_.number<std::uint8_t>(at), bytes_.number<std::int8_t>(at + 1), signed_whole(at + 2, n - 2)};
    }

    void define(unsigned tag, std::int64_t at, std::int64_t n, int channel) {
        Definitions& to = channel < 0 ? common_ : own_[channel];
        switch (tag) {
            case byte_order:
                big_endian_ = n < 1 || bytes_.number<std::uint8_t>(at) == 0;
                break;
            case block_length:
                to.block = n == 0 ? std::nullopt : std::optional(require_whole(at, n, INT32_MAX, "block length"));
                break;
            case sequence_count:
                to.sequences = n == 0 ? std::nullopt : std::optional(require_whole(at, n, INT32_MAX, "sequences"));
                break;
            case channel_count:
                n_channels_ = n == 0 ? 1 : require_whole(at, n, 100'000, "channels");
                own_.clear();
                break;
            case data_type:
                to.type = n == 0 ? std::nullopt : std::optional<unsigned>(bytes_.number<std::uint8_t>(at));
                break;
            case waveform:
                to.waveform_type = n == 0 ? std::nullopt
                                          : std::optional(static_cast<unsigned>(
                                                require_whole(at, std::min<std::int64_t>(n, 2), 65535, "waveform")));
                break;
            case interval:
                to.every = n == 0 ? std::nullopt : std::optional(quantity(at, n));
                break;
            case sensitivity:
                to.step = n == 0 ? std::nullopt : std::optional(quantity(at, n));
                break;
            case offset:
                to.offset_at = n == 0 ? std::nullopt : std::optional(at);
                to.offset_bytes = n;
                break;
            case null_value:
                to.null_at = n == 0 ? std::nullopt : std::optional(at);
                to.null_bytes = n;
                break;
            case lead:
                to.lead_at = n == 0 ? std::nullopt : std::optional(at);
                to.lead_bytes = n;
                break;
            case filter:
                to.filters = bytes_.text(at, std::min<std::int64_t>(n, 256));
                break;
            case compression:
                if (n >= 2 && bytes_.whole(at, 2, big_endian_) != 0) {
                    findings_->refuse(
                        at, "compression: wanted none, got method " + std::to_string(bytes_.whole(at, 2, big_endian_)));
                }
                break;
            case event:
                if (n >= 6) {
                    raw_events_.push_back({at, n});
                }
                break;
            default:
                identity(tag, at, n);
        }
    }

    void keep(const char* key, const std::string& text) {
        if (!text.empty()) {
            std::string& field = recording_->identity.fields[key];
            field += (field.empty() ? "" : "\n") + text;
        }
    }

    void identity(unsigned tag, std::int64_t at, std::int64_t n) {
        constexpr std::int64_t most = 1 << 16;
        constexpr std::pair<unsigned, const char*> texts[] = {{patient_name, "patient_name"}, {patient_id, "patient"},
                                                              {manufacturer, "manufacturer"}, {note, "comments"},
                                                              {unique_id, "instance_uid"},    {preamble, "preamble"}};
        const auto* const text = std::ranges::find(texts, tag, &std::pair<unsigned, const char*>::first);
        if (text != std::end(texts)) {
            keep(text->second, bytes_.text(at, std::min(n, most)));
        } else if (tag == sex && n >= 1) {
            const unsigned code = bytes_.number<std::uint8_t>(at);
            keep("sex", code == 1 ? "M" : code == 2 ? "F" : "");
        } else if (tag == age && n >= 1) {
            keep("age", std::to_string(bytes_.number<std::uint8_t>(at)));
            if (n >= 7) {
                keep("birth_date", iso_date(bytes_.number<std::uint16_t>(at + 3, big_endian_),
                                            bytes_.number<std::uint8_t>(at + 5), bytes_.number<std::uint8_t>(at + 6)));
            }
        } else if (tag == start_time && n >= 7) {
            const auto part = [&](std::int64_t i) { return static_cast<int>(bytes_.number<std::uint8_t>(at + i)); };
            auto& start = recording_->identity.start_ns;
            start =
                moment_ns(bytes_.number<std::uint16_t>(at, big_endian_), part(2), part(3), part(4), part(5), part(6));
            if (!start) {
                findings_->note(at, "time: wanted a date and a time, got another");
            } else if (n >= 11) {
                *start += bytes_.number<std::uint16_t>(at + 7, big_endian_) * std::int64_t{1'000'000} +
                          bytes_.number<std::uint16_t>(at + 9, big_endian_) * std::int64_t{1'000};
            }
        }
    }

    [[nodiscard]] std::string lead_name(const Definitions& own, Index number) const {
        constexpr std::pair<unsigned, const char*> names[] = {
            {1, "I"},    {2, "II"},   {3, "V1"},   {4, "V2"},   {5, "V3"},   {6, "V4"},    {7, "V5"},
            {8, "V6"},   {9, "V7"},   {11, "V3R"}, {12, "V4R"}, {13, "V5R"}, {14, "V6R"},  {15, "V7R"},
            {16, "X"},   {17, "Y"},   {18, "Z"},   {19, "CC5"}, {20, "CM5"}, {31, "NASA"}, {61, "III"},
            {62, "aVR"}, {63, "aVL"}, {64, "aVF"}, {66, "V8"},  {67, "V9"},  {68, "V8R"},  {69, "V9R"}};
        std::string name;
        if (own.lead_at && own.lead_bytes >= 1) {
            const std::int64_t code_bytes = own.lead_bytes == 1 ? 1 : 2;
            const std::uint64_t code = bytes_.whole(*own.lead_at, code_bytes, big_endian_);
            if (own.lead_bytes > 2) {
                name = bytes_.text(*own.lead_at + 2, std::min<std::int64_t>(own.lead_bytes - 2, 256));
            }
            const auto* const known = std::ranges::find(names, code, &std::pair<unsigned, const char*>::first);
            if (name.empty()) {
                name = known == std::end(names) ? "lead " + std::to_string(code) : known->second;
            }
        }
        return name.empty() ? "channel " + std::to_string(number + 1) : name;
    }

    /// A value in the type of the samples, or of as many bytes as there are.
    [[nodiscard]] double sample_value(std::int64_t at, std::int64_t n, unsigned type) const {
        if (type == 7 && n == 4) {
            return static_cast<double>(bytes_.number<float>(at, big_endian_));
        }
        if (type == 8 && n == 8) {
            return bytes_.number<double>(at, big_endian_);
        }
        const bool has_sign = type == 0 || type == 2 || type == 5;
        return has_sign ? static_cast<double>(signed_whole(at, n))
                        : static_cast<double>(bytes_.whole(at, n, big_endian_));
    }

    void frame(std::int64_t at, std::int64_t stop) {
        constexpr std::array<RawType, 9> types = {RawType::int16,  RawType::uint16,  RawType::int32,
                                                  RawType::uint8,  RawType::uint16,  RawType::int8,
                                                  RawType::uint32, RawType::float32, RawType::float64};
        constexpr std::array<const char*, 23> units = {"V",
                                                       "mmHg",
                                                       "Pa",
                                                       "cmH2O",
                                                       "mmHg/s",
                                                       "dyn",
                                                       "N",
                                                       "%",
                                                       "°C",
                                                       "1/min",
                                                       "1/s",
                                                       "Ohm",
                                                       "A",
                                                       "rpm",
                                                       "W",
                                                       "dB",
                                                       "kg",
                                                       "J",
                                                       "dyn s m-2 cm-5",
                                                       "L",
                                                       "L/s",
                                                       "L/min",
                                                       "cd"};
        if (n_channels_ < 1) {
            findings_->refuse(at, "channels: wanted 1 or more, got 0");
        }
        if (n_channels_ > (stop - at)) {
            findings_->refuse(at, "wanted at least a byte of each of " + std::to_string(n_channels_) +
                                      " channels, got " + std::to_string(stop - at) + " in all");
        }
        Frame frame;
        std::int64_t sequences = 0;
        for (Index c = 0; c < n_channels_; ++c) {
            const auto found = own_.find(static_cast<int>(c));
            const Definitions none;
            const Definitions& own = found == own_.end() ? none : found->second;
            const auto either = [](const auto& a, const auto& b, auto otherwise) {
                return a ? *a : b ? *b : otherwise;
            };
            const unsigned type = either(own.type, common_.type, 0U);
            if (type >= types.size()) {
                findings_->refuse(at, "type of samples: wanted 0 to 8, got " + std::to_string(type));
            }
            RecordChannel place;
            place.type = types[type];
            place.n_samples = either(own.block, common_.block, std::int64_t{1});
            place.offset = frame.record_bytes;
            if (place.n_samples < 1) {
                findings_->refuse(at, "block length: wanted 1 or more, got 0");
            }
            frame.record_bytes += place.n_samples * raw_bytes(place.type);
            sequences = std::max(sequences, either(own.sequences, common_.sequences, std::int64_t{0}));
            if (const auto kind = either(own.waveform_type, common_.waveform_type, 0U); kind == dominant_beat) {
                findings_->remark("dominant beats: left out");
                return;
            }
            Channel channel;
            channel.name = lead_name(own.lead_at || c > 0 ? own : common_, c);
            const Quantity step = either(own.step, common_.step, Quantity{0, 0, 0});
            if (step.mantissa != 0) {
                channel.unit = step.unit < units.size() ? units[step.unit] : "";
                int exponent = step.exponent;
                // Volts as the field writes them.
                if (step.unit == 0) {
                    const bool is_micro = exponent < -3 || (exponent == -3 && std::abs(step.mantissa) < 1);
                    channel.unit = is_micro ? "uV" : exponent < 0 ? "mV" : "V";
                    exponent += is_micro ? 6 : exponent < 0 ? 3 : 0;
                }
                channel.scaling.numerator = static_cast<double>(step.mantissa);
                (exponent < 0 ? channel.scaling.denominator : channel.scaling.numerator) *=
                    std::pow(10.0, std::abs(exponent));
            }
            const Definitions& with_offset = own.offset_at ? own : common_;
            if (with_offset.offset_at) {
                channel.scaling.zero = -sample_value(*with_offset.offset_at, with_offset.offset_bytes, type);
            }
            const Definitions& with_null = own.null_at ? own : common_;
            if (with_null.null_at && is_digital(place.type)) {
                const double code = sample_value(*with_null.null_at, with_null.null_bytes, type);
                if (code >= INT32_MIN && code <= INT32_MAX) {
                    place.missing = static_cast<std::int32_t>(code);
                }
            }
            channel.prefilter = own.filters.empty() ? common_.filters : own.filters;
            set_type_range(channel, place.type);
            place.scaling = channel.scaling;
            const Quantity every = either(own.every, common_.every, Quantity{1, -3, 1});
            const double value = every.value();
            double fs = every.unit == 0 ? value : value > 0 ? 1 / value : 0;
            fs = std::abs(fs - std::round(fs)) < 1e-9 * fs ? std::round(fs) : fs;
            if (every.unit > 1 || !(fs > 1e-6) || fs > 1e9) {
                findings_->refuse(at, "sampling interval: wanted s or Hz > 0, got unit " + std::to_string(every.unit) +
                                          " and " + number_text(value));
            }
            frame.fs.push_back(fs);
            frame.channels.push_back(std::move(channel));
            frame.places.push_back(place);
        }
        const std::int64_t held = (stop - at) / frame.record_bytes;
        if (sequences > 0 && sequences != held) {
            findings_->note(at, "sequences: wanted " + std::to_string(sequences) + ", what the frame says, got " +
                                    std::to_string(held) + " in its data");
        } else if ((stop - at) % frame.record_bytes != 0) {
            findings_->note(at, "waveform data: wanted whole sequences of " + std::to_string(frame.record_bytes) +
                                    " bytes, got " + std::to_string((stop - at) % frame.record_bytes) + " bytes more");
        }
        frame.runs = {{at, sequences > 0 ? std::min(sequences, held) : held}};
        if (!frames_.empty() && same_layout(frames_.back(), frame)) {
            frames_.back().runs.push_back(frame.runs.front());
        } else {
            if (!frames_.empty() && frames_.size() >= 1000) {
                findings_->refuse(at, "wanted at most 1000 frames of different layout, got more");
            }
            frames_.push_back(std::move(frame));
            frame_big_endian_.push_back(big_endian_);
        }
    }

    [[nodiscard]] bool same_layout(const Frame& a, const Frame& b) const {
        return big_endian_ == frame_big_endian_.back() && a.record_bytes == b.record_bytes && a.fs == b.fs &&
               std::ranges::equal(a.places, b.places,
                                  [](const RecordChannel& x, const RecordChannel& y) {
                                      return x.type == y.type && x.offset == y.offset && x.n_samples == y.n_samples &&
                                             x.missing == y.missing && x.scaling.zero == y.scaling.zero &&
                                             x.scaling.numerator == y.scaling.numerator &&
                                             x.scaling.denominator == y.scaling.denominator;
                                  }) &&
               std::ranges::equal(a.channels, b.channels, {}, &Channel::name, &Channel::name);
    }

    /// Signals of the frames, one per rate; events count the first frame's samples.
    void finish_frames() {
        std::int64_t end_ns = 0;
        for (std::size_t f = 0; f < frames_.size(); ++f) {
            Frame& frame = frames_[f];
            const std::int64_t t0_ns = end_ns;
            Index n_records = 0;
            for (const RecordRun& run : frame.runs) {
                n_records += run.n_records;
            }
            // Channels whose blocks stand for the same time have their rates in the blocks' proportion.
            std::vector<std::pair<double, Index>> kinds;
            for (std::size_t c = 0; c < frame.channels.size(); ++c) {
                const std::pair kind{frame.fs[c], frame.places[c].n_samples};
                if (std::ranges::find(kinds, kind) == kinds.end()) {
                    kinds.push_back(kind);
                }
            }
            if (kinds.size() > 64) {
                findings_->refuse(frame.runs.front().at, "wanted at most 64 rates in a frame, got more");
            }
            for (const auto& [fs, n_samples] : kinds) {
                Signal signal;
                signal.fs = fs;
                std::vector<RecordChannel> places;
                for (std::size_t c = 0; c < frame.channels.size(); ++c) {
                    if (frame.fs[c] == fs && frame.places[c].n_samples == n_samples) {
                        signal.channels.push_back(std::move(frame.channels[c]));
                        places.push_back(frame.places[c]);
                    }
                }
                signal.segments = {{t0_ns, 0, n_records * n_samples}};
                signal.source = make_record_source(source_, frame.record_bytes, frame_big_endian_[f], std::move(places),
                                                   frame.runs);
                const double seconds = static_cast<double>(n_records * n_samples) / fs;
                if (seconds > 4e9) {
                    findings_->refuse(frame.runs.front().at, "wanted less than 100 years, got more");
                }
                end_ns = std::max(end_ns, t0_ns + to_ns(n_records * n_samples, fs));
                recording_->signals.push_back(std::move(signal));
            }
        }
        if (frames_.empty()) {
            return;
        }
        const double fs = frames_.front().fs.front();
        for (const auto& [at, n] : raw_events_) {
            Event event;
            event.code = bytes_.number<std::uint16_t>(at, big_endian_);
            event.onset_ns = to_ns(bytes_.number<std::uint32_t>(at + 2, big_endian_), fs);
            if (n >= 10) {
                event.duration_ns = to_ns(bytes_.number<std::uint32_t>(at + 6, big_endian_), fs);
            }
            event.label = n > 10 ? bytes_.text(at + 10, std::min<std::int64_t>(n - 10, 256)) : "";
            if (event.label.empty()) {
                event.label = std::to_string(event.code);
            }
            event.source = "MFER";
            recording_->events.push_back(std::move(event));
        }
    }

    std::shared_ptr<const ByteSource> source_;
    HeaderBytes bytes_;
    Recording* recording_;
    Findings* findings_;
    bool big_endian_ = true;
    Index n_channels_ = 1;
    std::size_t n_definitions_ = 0;
    Definitions common_;
    std::map<int, Definitions> own_;
    std::vector<Frame> frames_;
    std::vector<bool> frame_big_endian_;
    std::vector<std::pair<std::int64_t, std::int64_t>> raw_events_;
};

}  // namespace

bool looks_like_mfer(std::string_view start) {
    using namespace std::string_view_literals;
    if (start.size() > 6 && start[0] == '\x40' && start.substr(2, 4) == "MFR ") {
        return true;
    }
    // Byte order, then the version or the text's code: what recorders without a preamble begin with.
    return start.starts_with("\x01\x01\x00\x02\x03"sv) || start.starts_with("\x01\x01\x01\x02\x03"sv);
}

Recording read_mfer(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    Recording recording;
    recording.format = "MFER";
    Parser(source, recording, findings).file();
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
