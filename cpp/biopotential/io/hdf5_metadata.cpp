#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/hdf5_metadata_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

using nlohmann::json;

json text_map(const std::map<std::string, std::string>& texts) {
    json out = json::object();
    for (const auto& [key, value] : texts) {
        out[to_utf8(key)] = to_utf8(value);
    }
    return out;
}

json channel_json(const Channel& channel, std::optional<std::int32_t> missing) {
    json out = {{"name", to_utf8(channel.name)},
                {"unit", to_utf8(channel.unit)},
                {"zero", channel.scaling.zero},
                {"numerator", channel.scaling.numerator},
                {"denominator", channel.scaling.denominator},
                {"digital_min", channel.digital_min},
                {"digital_max", channel.digital_max},
                {"physical_min", channel.physical_min},
                {"physical_max", channel.physical_max},
                {"transducer", to_utf8(channel.transducer)},
                {"prefilter", to_utf8(channel.prefilter)},
                {"header", text_map(channel.header)}};
    if (missing) {
        out["missing"] = *missing;
    }
    return out;
}

json event_json(const Event& event) {
    json out = {{"onset_ns", event.onset_ns}, {"label", to_utf8(event.label)}};
    const auto put = [&](const char* key, const auto& value, const auto& otherwise) {
        if (value != otherwise) {
            out[key] = value;
        }
    };
    put("duration_ns", event.duration_ns, std::int64_t{0});
    put("aux", to_utf8(event.aux), std::string());
    put("code", event.code, 0);
    put("subtype", event.subtype, 0);
    put("num", event.num, 0);
    put("channels", event.channels, std::vector<int>());
    put("author", to_utf8(event.author), std::string());
    put("source", to_utf8(event.source), std::string());
    return out;
}

/// Numbers of the metadata with their limits; json's own conversions would wrap and cut.
double finite(const json& value) {
    const double number = value.get<double>();
    if (!value.is_number() || !std::isfinite(number)) {
        throw std::domain_error("a finite number");
    }
    return number;
}
template <class T>
T whole(const json& value, T low = std::numeric_limits<T>::min(), T high = std::numeric_limits<T>::max()) {
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))) {
        throw std::domain_error("a whole number");
    }
    const auto number = value.get<std::int64_t>();
    if (number < static_cast<std::int64_t>(low) || number > static_cast<std::int64_t>(high)) {
        throw std::domain_error("a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return static_cast<T>(number);
}
std::string text(const json& value) {
    return value.get<std::string>();
}

constexpr std::int64_t longest_ns = 9'000'000'000'000'000'000;

StoredChannel parse_channel(const json& value) {
    StoredChannel out;
    Channel& channel = out.channel;
    channel.name = text(value.at("name"));
    channel.unit = text(value.at("unit"));
    channel.scaling = {finite(value.at("zero")), finite(value.at("numerator")), finite(value.at("denominator"))};
    if (channel.scaling.denominator == 0 || channel.scaling.numerator == 0) {
        throw std::domain_error("a gain that is not 0");
    }
    channel.digital_min = whole<std::int32_t>(value.at("digital_min"));
    channel.digital_max = whole<std::int32_t>(value.at("digital_max"));
    channel.physical_min = finite(value.at("physical_min"));
    channel.physical_max = finite(value.at("physical_max"));
    channel.transducer = text(value.at("transducer"));
    channel.prefilter = text(value.at("prefilter"));
    channel.header = value.at("header").get<std::map<std::string, std::string>>();
    if (value.contains("missing")) {
        out.missing = whole<std::int32_t>(value.at("missing"));
    }
    return out;
}

Signal parse_signal(const json& value, std::vector<StoredChannel>& channels) {
    Signal signal;
    signal.fs = finite(value.at("fs"));
    if (!(signal.fs > 1e-6) || signal.fs > 1e9) {
        throw std::domain_error("a sampling rate from 1e-6 to 1e9 Hz");
    }
    for (const json& channel : value.at("channels")) {
        channels.push_back(parse_channel(channel));
        signal.channels.push_back(channels.back().channel);
    }
    Index first = 0;
    long double end_ns = -1e19L;  // in floating point: no sum of what a file says overflows
    // Half a sample of play for rates whose period is no whole number of ns.
    const long double play_ns = 0.5e9L / static_cast<long double>(signal.fs);
    for (const json& segment : value.at("segments")) {
        const auto t0_ns = whole<std::int64_t>(segment.at("t0_ns"), -longest_ns, longest_ns);
        if (!segment.contains("n")) {
            // A recorder writes this before it knows how long it will run.
            if (value.at("segments").size() != 1) {
                throw std::domain_error("a length of each of several segments");
            }
            signal.segments.push_back({t0_ns, 0, open_length});
            return signal;
        }
        const auto n = whole<Index>(segment.at("n"), 0, Index{1} << 48);
        const auto start_ns = static_cast<long double>(t0_ns);
        if (first > (Index{1} << 48) || start_ns < end_ns - play_ns) {
            throw std::domain_error("segments that follow on each other");
        }
        signal.segments.push_back({t0_ns, first, n});
        first += n;
        end_ns = start_ns + static_cast<long double>(n) * 1e9L / static_cast<long double>(signal.fs);
        if (end_ns > static_cast<long double>(longest_ns)) {
            throw std::domain_error("segments within 9e9 s");
        }
    }
    return signal;
}

Event parse_event(const json& value) {
    Event event;
    event.onset_ns = whole<std::int64_t>(value.at("onset_ns"), -longest_ns, longest_ns);
    event.label = text(value.at("label"));
    event.duration_ns = value.contains("duration_ns") ? whole<std::int64_t>(value.at("duration_ns"), 0, longest_ns) : 0;
    event.aux = value.value("aux", "");
    event.code = value.contains("code") ? whole<int>(value.at("code")) : 0;
    event.subtype = value.contains("subtype") ? whole<int>(value.at("subtype")) : 0;
    event.num = value.contains("num") ? whole<int>(value.at("num")) : 0;
    if (value.contains("channels")) {
        for (const json& channel : value.at("channels")) {
            event.channels.push_back(whole<int>(channel));
        }
    }
    event.author = value.value("author", "");
    event.source = value.value("source", "");
    return event;
}

}  // namespace

std::string metadata_json(const Recording& recording,
                          const std::vector<std::vector<std::optional<std::int32_t>>>& missing) {
    json signals = json::array();
    for (std::size_t s = 0; s < recording.signals.size(); ++s) {
        const Signal& signal = recording.signals[s];
        json channels = json::array(), segments = json::array();
        for (std::size_t c = 0; c < signal.channels.size(); ++c) {
            channels.push_back(channel_json(signal.channels[c], missing[s][c]));
        }
        for (const Segment& segment : signal.segments) {
            json entry = {{"t0_ns", segment.t0_ns}};
            if (segment.n != open_length) {
                entry["n"] = segment.n;
            }
            segments.push_back(std::move(entry));
        }
        signals.push_back({{"fs", signal.fs}, {"channels", std::move(channels)}, {"segments", std::move(segments)}});
    }
    json events = json::array();
    for (const Event& event : recording.events) {
        events.push_back(event_json(event));
    }
    json identity = {{"fields", text_map(recording.identity.fields)}};
    if (recording.identity.start_ns) {
        identity["start_ns"] = *recording.identity.start_ns;
    }
    json warnings = json::array();
    for (const std::string& warning : recording.warnings) {
        warnings.push_back(to_utf8(warning));
    }
    const json all = {{"signals", std::move(signals)},
                      {"events", std::move(events)},
                      {"identity", std::move(identity)},
                      {"format", to_utf8(recording.format)},
                      {"warnings", std::move(warnings)}};
    return all.dump();
}

namespace {

/// What json and the conversions above throw, as a ParseError of that file.
template <class Parse>
auto guarded(const std::string& file, const Parse& parse) {
    try {
        return parse();
    } catch (const json::exception& e) {
        throw ParseError(file, std::nullopt,
                         std::string("wanted metadata of the container's schema, got JSON of another: ") + e.what());
    } catch (const std::domain_error& e) {
        throw ParseError(file, std::nullopt, std::string("wanted in the metadata ") + e.what() + ", got another");
    }
}

/// \throws json::exception, std::domain_error
json parse_json(std::string_view text_of_all) {
    // Callback: refuse deep nesting before the parser recurses into it.
    return json::parse(text_of_all, [](int depth, json::parse_event_t, json&) -> bool {
        if (depth > 16) {
            throw std::domain_error("metadata of at most 16 levels");
        }
        return true;
    });
}

}  // namespace

StoredRecording parse_metadata(const std::string& text_of_all, const std::string& file) {
    return guarded(file, [&] {
        const json all = parse_json(text_of_all);
        StoredRecording out;
        for (const json& signal : all.at("signals")) {
            out.channels.emplace_back();
            out.recording.signals.push_back(parse_signal(signal, out.channels.back()));
        }
        for (const json& event : all.at("events")) {
            out.recording.events.push_back(parse_event(event));
        }
        const json& identity = all.at("identity");
        out.recording.identity.fields = identity.at("fields").get<std::map<std::string, std::string>>();
        if (identity.contains("start_ns")) {
            out.recording.identity.start_ns = whole<std::int64_t>(identity.at("start_ns"), -longest_ns, longest_ns);
        }
        out.recording.format = "HDF5";
        out.recording.warnings = all.at("warnings").get<std::vector<std::string>>();
        if (all.at("format") != "HDF5" && !all.at("format").get<std::string>().empty()) {
            out.recording.identity.fields.try_emplace("source_format", all.at("format").get<std::string>());
        }
        return out;
    });
}

std::string event_line(const Event& event) {
    return event_json(event).dump() + "\n";
}

std::vector<Event> parse_event_lines(std::string_view lines, const std::string& file) {
    return guarded(file, [&] {
        std::vector<Event> events;
        while (true) {
            const std::size_t end = lines.find('\n');
            if (end == std::string_view::npos || lines.front() == '\0') {
                return events;
            }
            events.push_back(parse_event(parse_json(lines.substr(0, end))));
            lines.remove_prefix(end + 1);
        }
    });
}

}  // namespace biopotential::inline v0::io
