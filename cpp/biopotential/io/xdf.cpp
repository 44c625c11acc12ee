#include "biopotential/io/xdf.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/bytes_internal.hpp"
#include "biopotential/io/findings_internal.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/xml_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

enum class Kind : std::uint8_t { int8, int16, int32, int64, float32, double64, string };

struct Stream {
    std::uint32_t id = 0;
    std::string name;
    Kind kind = Kind::float32;
    Index n_channels = 1;
    double rate = 0;
    std::vector<Channel> channels;
    std::vector<double> times;
    std::vector<double> values;  ///< sample after sample
    std::vector<std::string> texts;
    std::vector<double> clock_times, clock_offsets;
};

/// Bytes of a chunk with bounds.
class Bytes {
  public:
    Bytes(const std::string& file, std::int64_t at, std::string_view bytes) : file_(&file), at_(at), bytes_(bytes) {}

    [[nodiscard]] std::size_t left() const { return bytes_.size(); }
    [[nodiscard]] std::int64_t at() const { return at_; }
    std::string_view take(std::uint64_t n) {
        if (n > bytes_.size()) {
            throw ParseError(*file_, at_, "wanted " + std::to_string(n) + " bytes more in a chunk, got its end");
        }
        const std::string_view out = bytes_.substr(0, static_cast<std::size_t>(n));
        bytes_.remove_prefix(out.size());
        at_ += static_cast<std::int64_t>(n);
        return out;
    }
    template <class T>
    T number() {
        return load_number<T>(reinterpret_cast<const std::byte*>(take(sizeof(T)).data()), false);
    }
    /// A length, with its own size of 1, 4 or 8 bytes before it.
    std::uint64_t length() {
        const auto size = number<std::uint8_t>();
        if (size == 1) {
            return number<std::uint8_t>();
        }
        if (size == 4) {
            return number<std::uint32_t>();
        }
        if (size == 8) {
            return number<std::uint64_t>();
        }
        throw ParseError(*file_, at_ - 1, "wanted a length of 1, 4 or 8 bytes, got " + std::to_string(size));
    }

  private:
    const std::string* file_;
    std::int64_t at_;
    std::string_view bytes_;
};

Stream parse_stream(Bytes& chunk, const std::string& file) {
    const std::int64_t at = chunk.at();
    Stream stream;
    stream.id = chunk.number<std::uint32_t>();
    XmlElement info;
    try {
        info = parse_xml(chunk.take(chunk.left()), file);
    } catch (const ParseError& e) {
        throw ParseError(file, at + 4 + e.offset().value_or(0), "wanted a stream's header in XML, got other bytes");
    }
    stream.name = info.text_at("name");
    constexpr std::pair<std::string_view, Kind> kinds[] = {
        {"int8", Kind::int8},       {"int16", Kind::int16},       {"int32", Kind::int32},  {"int64", Kind::int64},
        {"float32", Kind::float32}, {"double64", Kind::double64}, {"string", Kind::string}};
    const std::string format = info.text_at("channel_format");
    const auto* const kind = std::ranges::find(kinds, format, &std::pair<std::string_view, Kind>::first);
    if (kind == std::end(kinds)) {
        throw ParseError(file, at, "channel_format: wanted int8 to double64 or string, got " + quote_text(format));
    }
    stream.kind = kind->second;
    const auto n = parse_integer(info.text_at("channel_count"));
    if (!n || *n < 1 || *n > 100'000) {
        throw ParseError(file, at,
                         "channel_count: wanted 1 to 100000, got " + quote_text(info.text_at("channel_count")));
    }
    stream.n_channels = *n;
    const auto rate = parse_number(info.text_at("nominal_srate"));
    if (!rate || *rate < 0 || *rate > 1e9) {
        throw ParseError(file, at, "nominal_srate: wanted Hz >= 0, got " + quote_text(info.text_at("nominal_srate")));
    }
    stream.rate = *rate;
    const XmlElement* described = info.find("desc/channels");
    const auto of_channel = described == nullptr ? std::vector<const XmlElement*>{} : described->all("channel");
    for (Index c = 0; c < stream.n_channels; ++c) {
        Channel channel;
        if (static_cast<std::size_t>(c) < of_channel.size()) {
            const XmlElement& element = *of_channel[static_cast<std::size_t>(c)];
            channel.name = element.text_at("label");
            const std::string unit = element.text_at("unit");
            channel.unit = unit == "microvolts" ? "uV" : unit == "millivolts" ? "mV" : unit == "volts" ? "V" : unit;
        }
        if (channel.name.empty()) {
            channel.name = stream.name + " " + std::to_string(c + 1);
        }
        channel.header["stream"] = stream.name;
        stream.channels.push_back(std::move(channel));
    }
    return stream;
}

double read_value(Bytes& chunk, Kind kind) {
    switch (kind) {
        case Kind::int8:
            return chunk.number<std::int8_t>();
        case Kind::int16:
            return chunk.number<std::int16_t>();
        case Kind::int32:
            return chunk.number<std::int32_t>();
        case Kind::int64:
            return static_cast<double>(chunk.number<std::int64_t>());
        case Kind::float32:
            return chunk.number<float>();
        default:
            return chunk.number<double>();
    }
}

void parse_samples(Bytes& chunk, Stream& stream, const std::string& file) {
    const std::int64_t at = chunk.at();
    const std::uint64_t n = chunk.length();
    // A sample takes at least the byte that tells whether it has a time.
    if (n > chunk.left()) {
        throw ParseError(file, at, "wanted as many samples as the chunk holds, got " + std::to_string(n));
    }
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto time_bytes = chunk.number<std::uint8_t>();
        double time = 0;
        if (time_bytes == 8) {
            time = chunk.number<double>();
        } else if (time_bytes == 0) {
            // Follows on the one before at the nominal rate.
            time = (stream.times.empty() ? 0 : stream.times.back()) + (stream.rate > 0 ? 1 / stream.rate : 0);
        } else {
            throw ParseError(file, chunk.at() - 1,
                             "wanted a time of 8 bytes or none, got " + std::to_string(time_bytes));
        }
        if (!(std::abs(time) < 9e9)) {
            throw ParseError(file, chunk.at(), "wanted a time within 9e9 s, got " + number_text(time));
        }
        stream.times.push_back(time);
        for (Index c = 0; c < stream.n_channels; ++c) {
            if (stream.kind == Kind::string) {
                stream.texts.push_back(to_utf8(chunk.take(chunk.length())));
            } else {
                stream.values.push_back(read_value(chunk, stream.kind));
            }
        }
    }
}

struct Line {
    double offset = 0, slope = 0;
};

/// A line through (x, y) that outliers do not pull: least squares with Huber's weights, iterated.
Line robust_line(std::span<const double> x, std::span<const double> y) {
    const std::size_t n = x.size();
    double mean_x = 0;
    for (const double v : x) {
        mean_x += v / static_cast<double>(n);
    }
    std::vector<double> weights(n, 1.0);
    Line line;
    constexpr double threshold = 1e-4;  // seconds: what a network's jitter explains
    for (int iteration = 0; iteration < 200; ++iteration) {
        double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double dx = x[i] - mean_x;
            w += weights[i];
            wx += weights[i] * dx;
            wy += weights[i] * y[i];
            wxx += weights[i] * dx * dx;
            wxy += weights[i] * dx * y[i];
        }
        const double determinant = w * wxx - wx * wx;
        Line next;
        next.slope = determinant > 0 ? (w * wxy - wx * wy) / determinant : 0;
        next.offset = (wy - next.slope * wx) / w;
        const bool settled = std::abs(next.slope - line.slope) < 1e-15 && std::abs(next.offset - line.offset) < 1e-12;
        line = next;
        if (settled && iteration > 0) {
            break;
        }
        for (std::size_t i = 0; i < n; ++i) {
            const double residual = std::abs(y[i] - line.offset - line.slope * (x[i] - mean_x));
            weights[i] = residual <= threshold ? 1 : threshold / residual;
        }
    }
    line.offset -= line.slope * mean_x;
    return line;
}

/// Median and a robust standard deviation.
std::pair<double, double> centre_and_spread(std::vector<double> v) {
    const auto middle = [](std::vector<double>& values) {
        std::ranges::sort(values);
        const std::size_t n = values.size();
        return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    };
    const double centre = middle(v);
    for (double& value : v) {
        value = std::abs(value - centre);
    }
    return {centre, middle(v)};
}

/// Clock measurements [first, last] between restarts of the stream's computer: where the times of the measurements and
/// their offsets both jump, or time runs backwards.
std::vector<std::pair<std::size_t, std::size_t>> clock_ranges(const Stream& stream) {
    const std::size_t n = stream.clock_times.size();
    std::vector<std::pair<std::size_t, std::size_t>> ranges{{0, n - 1}};
    if (n < 2) {
        return ranges;
    }
    std::vector<double> steps, jumps;
    for (std::size_t i = 1; i < n; ++i) {
        steps.push_back(stream.clock_times[i] - stream.clock_times[i - 1]);
        jumps.push_back(stream.clock_offsets[i] - stream.clock_offsets[i - 1]);
    }
    const auto [step, step_spread] = centre_and_spread(steps);
    const auto [jump, jump_spread] = centre_and_spread(jumps);
    ranges.clear();
    std::size_t first = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto glitch = [](double value, double centre, double spread, double stds, double seconds) {
            return std::abs(value - centre) / (spread + std::numeric_limits<double>::epsilon()) > stds &&
                   std::abs(value - centre) > seconds;
        };
        if (steps[i] < 0 || (glitch(steps[i], step, step_spread, 5, 5) && glitch(jumps[i], jump, jump_spread, 10, 1))) {
            ranges.emplace_back(first, i);
            first = i + 1;
        }
    }
    ranges.emplace_back(first, n - 1);
    return ranges;
}

/// The stream's times on the recorder's clock.
void synchronize(Stream& stream) {
    if (stream.clock_times.empty() || stream.times.empty()) {
        return;
    }
    const auto ranges = clock_ranges(stream);
    std::size_t at = 0;
    for (std::size_t r = 0; r < ranges.size(); ++r) {
        const auto [first, last] = ranges[r];
        Line line{stream.clock_offsets[first], 0};
        if (last > first) {
            line = robust_line(std::span(stream.clock_times).subspan(first, last - first + 1),
                               std::span(stream.clock_offsets).subspan(first, last - first + 1));
        }
        std::size_t stop = stream.times.size();
        if (r + 1 < ranges.size()) {
            // Samples belong to the measurements that are nearer.
            const double end = stream.clock_times[last], next = stream.clock_times[ranges[r + 1].first];
            stop = at;
            while (stop < stream.times.size() &&
                   std::abs(stream.times[stop] - end) < std::abs(stream.times[stop] - next)) {
                ++stop;
            }
        }
        for (; at < stop; ++at) {
            stream.times[at] += line.offset + line.slope * stream.times[at];
        }
    }
}

struct Stretch {
    std::size_t first, n;
    double start_s, rate;  ///< from a line through the times
};

std::vector<Stretch> find_stretches(const Stream& stream) {
    std::vector<Stretch> stretches;
    const double most = std::max(1.0, 500 / stream.rate);
    std::size_t first = 0;
    for (std::size_t i = 1; i <= stream.times.size() && !stream.times.empty(); ++i) {
        if (i < stream.times.size() && std::abs(stream.times[i] - stream.times[i - 1]) <= most) {
            continue;
        }
        const std::size_t n = i - first;
        const double middle = static_cast<double>(n - 1) / 2;
        double mean = 0, cross = 0, square = 0;
        for (std::size_t k = 0; k < n; ++k) {
            mean += (stream.times[first + k] - stream.times[first]) / static_cast<double>(n);
        }
        for (std::size_t k = 0; k < n; ++k) {
            const double d = static_cast<double>(k) - middle;
            cross += d * (stream.times[first + k] - stream.times[first] - mean);
            square += d * d;
        }
        const double step = n > 1 ? cross / square : 1 / stream.rate;
        stretches.push_back({first, n, stream.times[first] + mean - step * middle, step > 0 ? 1 / step : stream.rate});
        first = i;
    }
    return stretches;
}

/// The rate at which samples came, where it is not the header's: over ten seconds and more, and by a part in 1,000.
double true_rate(const Stream& stream, const std::vector<Stretch>& stretches, Findings& findings) {
    double intervals = 0, duration_s = 0;
    for (const Stretch& stretch : stretches) {
        intervals += static_cast<double>(stretch.n - 1);
        duration_s += static_cast<double>(stretch.n - 1) / stretch.rate;
    }
    const double rate = intervals / duration_s;
    if (!(duration_s >= 10) || std::abs(rate / stream.rate - 1) <= 1e-3) {
        return stream.rate;
    }
    findings.remark("nominal_srate of stream " + quote_text(stream.name) + ": its header says " +
                    number_text(stream.rate) + " Hz, its samples came at " + number_text(rate) + " Hz, which is taken");
    return rate;
}

Signal make_stream_signal(Stream& stream, const std::vector<Stretch>& stretches, double start_s, Findings& findings) {
    const auto n = static_cast<Index>(stream.times.size());
    const Index n_channels = stream.n_channels;
    const bool is_digital = stream.kind == Kind::int8 || stream.kind == Kind::int16 || stream.kind == Kind::int32;
    Signal signal;
    std::vector<std::string> names;
    for (Channel& channel : stream.channels) {
        names.push_back(channel.name);
        if (is_digital) {
            const int bits = stream.kind == Kind::int8 ? 8 : stream.kind == Kind::int16 ? 16 : 32;
            channel.digital_min = static_cast<std::int32_t>(-(std::int64_t{1} << (bits - 1)));
            channel.digital_max = static_cast<std::int32_t>((std::int64_t{1} << (bits - 1)) - 1);
            channel.physical_min = channel.digital_min;
            channel.physical_max = channel.digital_max;
        }
    }
    const auto value_at = [&](Index c, Index i) { return stream.values[static_cast<std::size_t>(i * n_channels + c)]; };
    if (is_digital) {
        Array<std::int32_t> digital{n_channels, n};
        for (Index c = 0; c < n_channels; ++c) {
            for (Index i = 0; i < n; ++i) {
                digital(c, i) = static_cast<std::int32_t>(value_at(c, i));
            }
        }
        signal = make_signal(std::move(digital), stream.rate, stream.channels);
    } else {
        Array<double> physical{n_channels, n};
        for (Index c = 0; c < n_channels; ++c) {
            for (Index i = 0; i < n; ++i) {
                physical(c, i) = value_at(c, i);
            }
        }
        signal = make_signal(std::move(physical), stream.rate, names, "");
        signal.channels = stream.channels;
    }
    signal.segments.clear();
    std::int64_t end_ns = std::numeric_limits<std::int64_t>::min();
    signal.fs = true_rate(stream, stretches, findings);
    for (const Stretch& stretch : stretches) {
        auto t0 = static_cast<std::int64_t>(std::llround((stretch.start_s - start_s) * 1e9));
        if (t0 < end_ns && end_ns - t0 > 1'000'000) {
            findings.remark("stream " + quote_text(stream.name) + ": times that run backwards at sample " +
                            std::to_string(stretch.first) + " follow on what came before");
        }
        t0 = std::max(t0, end_ns);
        signal.segments.push_back({t0, static_cast<Index>(stretch.first), static_cast<Index>(stretch.n)});
        end_ns = t0 + to_ns(static_cast<Index>(stretch.n), signal.fs);
    }
    return signal;
}

void take_stream_events(const Stream& stream, double start_s, std::vector<Event>& events) {
    const auto n_channels = static_cast<std::size_t>(stream.n_channels);
    for (std::size_t i = 0; i < stream.times.size(); ++i) {
        Event event;
        event.onset_ns = std::llround((stream.times[i] - start_s) * 1e9);
        event.source = stream.name;
        for (std::size_t c = 0; c < n_channels; ++c) {
            const std::size_t at = i * n_channels + c;
            event.label +=
                (c == 0 ? "" : ",") + (stream.kind == Kind::string ? stream.texts[at] : number_text(stream.values[at]));
        }
        events.push_back(std::move(event));
    }
}

}  // namespace

Recording read_xdf(const std::shared_ptr<const ByteSource>& source, const ReadOptions& options) {
    Findings findings(source->name(), options.strict);
    const std::string& file = source->name();
    std::map<std::uint32_t, Stream> by_id;
    std::vector<std::uint32_t> order;
    Recording recording;
    recording.format = "XDF";
    std::int64_t at = 4;
    while (at < source->size()) {
        // The chunk's length is read first, then the chunk as a whole.
        std::array<std::byte, 9> head{};
        const std::size_t got = source->read(at, head);
        Bytes head_bytes(file, at, {reinterpret_cast<const char*>(head.data()), got});
        std::uint64_t length = 0;
        try {
            length = head_bytes.length();
        } catch (const ParseError& e) {
            findings.note(at, std::string("chunk: ") + e.what());
            break;
        }
        const std::int64_t start = head_bytes.at();
        if (length < 2 || length > static_cast<std::uint64_t>(source->size() - start)) {
            // A recorder that was killed leaves its last chunk incomplete.
            findings.note(at, "chunk at byte " + std::to_string(at) + ": wanted " + std::to_string(length) +
                                  " bytes, got the end of the file");
            break;
        }
        const auto raw = source->read_exactly(start, static_cast<std::size_t>(length));
        Bytes chunk(file, start, {reinterpret_cast<const char*>(raw.data()), raw.size()});
        const auto tag = chunk.number<std::uint16_t>();
        const auto stream_of = [&]() -> Stream& {
            const std::int64_t place = chunk.at();
            const auto id = chunk.number<std::uint32_t>();
            const auto found = by_id.find(id);
            if (found == by_id.end()) {
                findings.refuse(place, "stream " + std::to_string(id) + ": wanted its header before its samples");
            }
            return found->second;
        };
        if (tag == 2) {
            Stream stream = parse_stream(chunk, file);
            const std::uint32_t id = stream.id;
            if (!by_id.emplace(id, std::move(stream)).second) {
                findings.refuse(start, "stream " + std::to_string(id) + ": wanted one header, got another");
            }
            order.push_back(id);
        } else if (tag == 3) {
            parse_samples(chunk, stream_of(), file);
        } else if (tag == 4) {
            Stream& stream = stream_of();
            const auto time = chunk.number<double>(), offset = chunk.number<double>();
            if (std::abs(time) < 9e9 && std::abs(offset) < 9e9) {
                stream.clock_times.push_back(time);
                stream.clock_offsets.push_back(offset);
            } else {
                findings.note(start, "clock offset: wanted seconds within 9e9, got others");
            }
        }
        // File headers, boundaries and footers say nothing that samples need.
        at = start + static_cast<std::int64_t>(length);
    }
    double start_s = std::numeric_limits<double>::infinity();
    std::map<std::uint32_t, std::vector<Stretch>> stretches;
    for (auto& [id, stream] : by_id) {
        synchronize(stream);
        if (stream.kind != Kind::string && stream.rate > 0) {
            stretches[id] = find_stretches(stream);
            for (const Stretch& stretch : stretches[id]) {
                start_s = std::min(start_s, stretch.start_s);
            }
        } else {
            for (const double time : stream.times) {
                start_s = std::min(start_s, time);
            }
        }
    }
    for (const std::uint32_t id : order) {
        Stream& stream = by_id.at(id);
        if (stream.kind == Kind::string || stream.rate == 0) {
            take_stream_events(stream, start_s, recording.events);
        } else {
            recording.signals.push_back(make_stream_signal(stream, stretches[id], start_s, findings));
        }
    }
    std::ranges::stable_sort(recording.events, {}, &Event::onset_ns);
    recording.warnings = findings.take();
    return recording;
}

}  // namespace biopotential::inline v0::io
