#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/output_internal.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb.hpp"

namespace biopotential::inline v0::io {

namespace {

/// Symbols by annotation code (ecgcodes.h of the WFDB library); null: not assigned.
constexpr std::array<const char*, 42> symbols = {
    " ", "N",  "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", nullptr, "|", nullptr, "s", "T", "*",
    "D", "\"", "=", "p", "B", "^", "t", "+", "u", "?", "!", "[", "]", "e", "n", "@",     "x", "f",     "(", ")", "r"};

constexpr int code_note = 22;
constexpr int code_skip = 59, code_num = 60, code_subtype = 61, code_chan = 62, code_aux = 63;

/// Definitions that the file's first notes carry: time resolution and labels of its own.
struct Definitions {
    std::optional<double> fs;
    std::map<int, std::string> labels;
    bool inside = false, any = false;

    /// Whether `aux` of a note at sample 0 is such a definition, which is then no event.
    bool take(const std::string& aux) {
        constexpr std::string_view resolution = "## time resolution: ";
        any = any || aux.starts_with("## ");
        if (aux.starts_with(resolution)) {
            const auto value = parse_number(trim(std::string_view(aux).substr(resolution.size())));
            if (value && *value > 1e-6 && *value < 1e9) {
                fs = value;
            }
            return true;
        }
        if (aux.starts_with("## annotation type definitions")) {
            inside = true;
            return true;
        }
        if (aux.starts_with("## end of definitions")) {
            inside = false;
            return true;
        }
        if (inside) {
            const auto words = split_blanks(aux);
            const auto code = words.size() > 1 ? parse_integer(words[0]) : std::nullopt;
            if (code && *code > 0 && *code < code_skip) {
                labels[static_cast<int>(*code)] = words[1];
            }
        }
        return inside;
    }
};

struct Raw {
    std::int64_t sample = 0;
    int code = 0, subtype = 0, chan = 0, num = 0;
    std::string aux;
};

/// Byte pairs of the file with bounds.
class Pairs {
  public:
    Pairs(const std::string& name, std::string_view bytes) : name_(&name), bytes_(bytes) {}

    [[nodiscard]] bool at_end() const { return at_ + 2 > bytes_.size(); }
    [[nodiscard]] std::int64_t at() const { return static_cast<std::int64_t>(at_); }
    [[nodiscard]] int peek() const { return byte(at_) | byte(at_ + 1) << 8; }
    int next() {
        require(2);
        const int pair = peek();
        at_ += 2;
        return pair;
    }
    std::string text(std::size_t n) {
        require(n);
        const std::string out(bytes_.substr(at_, n));
        at_ += n + n % 2;  // padded to a whole pair
        return out;
    }

  private:
    [[nodiscard]] int byte(std::size_t i) const { return static_cast<unsigned char>(bytes_[i]); }
    void require(std::size_t n) const {
        if (at_ > bytes_.size() || n > bytes_.size() - at_) {
            throw ParseError(*name_, static_cast<std::int64_t>(std::min(at_, bytes_.size())),
                             "wanted " + std::to_string(n) + " more bytes of an annotation, got the end of the file");
        }
    }
    const std::string* name_;
    std::string_view bytes_;
    std::size_t at_ = 0;
};

std::vector<Raw> parse_raw(const std::string& name, const std::string& bytes, Definitions& definitions,
                           std::vector<std::string>& warnings) {
    Pairs pairs(name, bytes);
    std::vector<Raw> out;
    Raw current;  // sample, chan and num carry over from one annotation to the next
    bool ended = false;
    while (!pairs.at_end() && !ended) {
        current.subtype = 0;
        current.aux.clear();
        int pair = pairs.next();
        while (pair >> 10 == code_skip) {
            // 32-bit two's complement, the high half first.
            const auto high = static_cast<std::uint32_t>(pairs.next());
            const auto low = static_cast<std::uint32_t>(pairs.next());
            current.sample += static_cast<std::int32_t>(high << 16 | low);
            pair = pairs.next();
        }
        if (pair == 0) {
            ended = true;
            break;
        }
        current.code = pair >> 10;
        current.sample += pair & 0x3ff;
        if (current.code > code_skip) {
            throw ParseError(
                name, pairs.at() - 2,
                "wanted an annotation, got a field of type " + std::to_string(current.code) + " that belongs to none");
        }
        while (!pairs.at_end() && pairs.peek() >> 10 > code_skip) {
            const int field = pairs.next();
            const int value = ((field & 0xff) ^ 0x80) - 0x80;  // eight bits, signed
            switch (field >> 10) {
                case code_num:
                    current.num = value;
                    break;
                case code_subtype:
                    current.subtype = value;
                    break;
                case code_chan:
                    current.chan = field & 0xff;
                    break;
                default:
                    current.aux = pairs.text(static_cast<std::size_t>(field & 0x3ff));
                    break;
            }
        }
        while (!current.aux.empty() && current.aux.back() == '\0') {
            current.aux.pop_back();
        }
        // Definitions end with an annotation without a code at sample 0, which is no event either.
        const bool ends_definitions = definitions.any && out.empty() && current.code == 0 && current.sample == 0;
        if (!ends_definitions && !(current.sample == 0 && current.code == code_note && definitions.take(current.aux))) {
            out.push_back(current);
        }
    }
    if (!ended) {
        warnings.push_back("wanted an end mark after the last annotation, got the end of the file at byte " +
                           std::to_string(bytes.size()));
    }
    return out;
}

/// Label of a code that the library assigns no symbol.
std::string unassigned(int code) {
    std::string label = "[";
    label += std::to_string(code);
    label += ']';
    return label;
}

std::string symbol_of(const Definitions& definitions, int code) {
    if (const auto own = definitions.labels.find(code); own != definitions.labels.end()) {
        return own->second;
    }
    if (static_cast<std::size_t>(code) < symbols.size() && symbols[static_cast<std::size_t>(code)] != nullptr) {
        return symbols[static_cast<std::size_t>(code)];
    }
    return unassigned(code);
}

void put_pair(std::string& out, int value) {
    out += static_cast<char>(value & 0xff);
    out += static_cast<char>(value >> 8);
}

void put_field(std::string& out, int code, int value) {
    put_pair(out, code << 10 | (value & 0xff));
}

void put_aux(std::string& out, std::string_view aux) {
    put_pair(out, code_aux << 10 | static_cast<int>(aux.size()));
    out += aux;
    if (aux.size() % 2 == 1) {
        out += '\0';
    }
}

/// Annotation text of at most 255 bytes, cut at a character's start.
std::string_view fit_aux(std::string_view aux) {
    std::size_t n = std::min<std::size_t>(aux.size(), 255);
    while (n < aux.size() && n > 0 && (static_cast<unsigned char>(aux[n]) & 0xc0) == 0x80) {
        --n;
    }
    return aux.substr(0, n);
}

int code_of(const Event& event) {
    for (std::size_t code = 0; code < symbols.size(); ++code) {
        if (symbols[code] != nullptr && event.label == symbols[code]) {
            return static_cast<int>(code);
        }
    }
    if (event.code > 0 && event.code < code_skip && event.label == unassigned(event.code)) {
        return event.code;
    }
    return -1;
}

}  // namespace

Annotations read_annotations(const std::filesystem::path& path, double fs, bool strict) {
    require_sampling_rate("read_annotations", fs);
    const auto source = open_file(path);
    const std::string bytes = source->read_text(1 << 30);
    Annotations out;
    Definitions definitions;
    const std::vector<Raw> raws = parse_raw(source->name(), bytes, definitions, out.warnings);
    if (strict && !out.warnings.empty()) {
        throw ParseError(source->name(), source->size(), out.warnings.front());
    }
    out.fs = definitions.fs;
    const double rate = definitions.fs.value_or(fs);
    // A channel number of 0 throughout is the format's default and says nothing.
    const bool names_channels = std::ranges::any_of(raws, [](const Raw& raw) { return raw.chan != 0; });
    out.events.reserve(raws.size());
    for (const Raw& raw : raws) {
        if (std::abs(static_cast<double>(raw.sample)) / rate > 9e9) {
            throw ParseError(source->name(), std::nullopt,
                             "wanted annotations within 9e9 s, got sample " + std::to_string(raw.sample));
        }
        Event event;
        event.onset_ns = to_ns(static_cast<Index>(raw.sample), rate);
        event.label = symbol_of(definitions, raw.code);
        event.aux = raw.aux;
        event.code = raw.code;
        event.subtype = raw.subtype;
        event.num = raw.num;
        if (names_channels) {
            event.channels = {raw.chan};
        }
        out.events.push_back(std::move(event));
    }
    sort_events(out.events);
    return out;
}

void write_annotations(const std::vector<Event>& events, const std::filesystem::path& path, double fs) {
    require_sampling_rate("write_annotations", fs);
    std::vector<const Event*> sorted;
    sorted.reserve(events.size());
    for (const Event& event : events) {
        sorted.push_back(&event);
    }
    std::ranges::stable_sort(sorted, {}, &Event::onset_ns);
    std::string out;
    std::int64_t previous = 0;
    int chan = 0, num = 0;
    for (const Event* event : sorted) {
        const Index sample = to_sample(event->onset_ns, fs);
        std::int64_t step = sample - previous;
        previous = sample;
        for (; step < 0 || step > 0x3ff;) {
            const auto skip = std::clamp<std::int64_t>(step, INT32_MIN, INT32_MAX);
            const auto bits = static_cast<std::uint32_t>(static_cast<std::int32_t>(skip));
            put_pair(out, code_skip << 10);
            put_pair(out, static_cast<int>(bits >> 16));
            put_pair(out, static_cast<int>(bits & 0xffff));
            step -= skip;
        }
        const int known = code_of(*event);
        // A label that is no symbol travels in aux of a note; so does code 0 at step 0, which would be the end mark.
        const bool as_note = known < 0 || (known == 0 && step == 0);
        const int code = as_note ? code_note : known;
        const std::string aux = as_note ? event->label + (event->aux.empty() ? "" : " " + event->aux) : event->aux;
        put_pair(out, code << 10 | static_cast<int>(step));
        if (event->subtype != 0) {
            put_field(out, code_subtype, event->subtype);
        }
        const int event_chan = event->channels.empty() ? 0 : event->channels.front();
        if (event_chan != chan) {
            put_field(out, code_chan, event_chan);
            chan = event_chan;
        }
        if (event->num != num) {
            put_field(out, code_num, event->num);
            num = event->num;
        }
        if (!aux.empty()) {
            put_aux(out, fit_aux(aux));
        }
    }
    put_pair(out, 0);
    OutputFile file(path);
    file.write(out);
    file.commit();
}

}  // namespace biopotential::inline v0::io
