#include "biopotential/trust/identifiers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "biopotential/core/errors.hpp"
#include "biopotential/trust/text_internal.hpp"
#include "biopotential/trust/vocabulary.hpp"

namespace biopotential::inline v0::trust {

namespace {

constexpr std::size_t shortest_in_samples = 6, certain_in_samples = 8;
constexpr std::size_t most_hits = 1000;
constexpr std::size_t most_pattern_bytes = 8 << 20;

unsigned char fold_byte(unsigned char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 0x20) : byte;
}

struct Pattern {
    IdentifierKind kind;
    std::size_t length;
    bool whole_word;  ///< counts only between characters that are neither letter nor digit
    bool wide;        ///< UTF-16
};

/// Aho & Corasick 1975 (CACM 18:333) as a table over the byte values that occur in the patterns.
class Automaton {
  public:
    void add(const std::string& bytes, const Pattern& pattern) {
        if (bytes.empty() || !seen_.insert(bytes).second) {
            return;
        }
        total_ += bytes.size();
        if (total_ > most_pattern_bytes) {
            throw_invalid("deidentify", "a recording with at most 8 MiB of distinct words to search for", "more");
        }
        words_.emplace_back(bytes, pattern);
    }
    [[nodiscard]] std::size_t size() const { return words_.size(); }

    void build() {
        classes_.fill(0);
        n_classes_ = 1;
        for (const auto& [bytes, pattern] : words_) {
            for (const char c : bytes) {
                auto& number = classes_[static_cast<unsigned char>(c)];
                if (number == 0) {
                    number = static_cast<std::uint16_t>(n_classes_++);
                }
            }
        }
        for (unsigned byte = 'A'; byte <= 'Z'; ++byte) {
            classes_[byte] = classes_[byte + 0x20];
        }
        next_.assign(n_classes_, 0);
        found_.assign(1, {});
        for (std::size_t w = 0; w < words_.size(); ++w) {
            std::size_t node = 0;
            for (const char c : words_[w].first) {
                const std::size_t edge = node * n_classes_ + classes_[static_cast<unsigned char>(c)];
                if (next_[edge] == 0) {
                    next_[edge] = static_cast<std::uint32_t>(found_.size());
                    found_.emplace_back();
                    next_.resize(next_.size() + n_classes_, 0);
                }
                node = next_[edge];
            }
            found_[node].push_back(static_cast<std::uint32_t>(w));
        }
        std::vector<std::uint32_t> fail(found_.size(), 0);
        std::deque<std::uint32_t> queue;
        for (std::size_t c = 0; c < n_classes_; ++c) {
            if (next_[c] != 0) {
                queue.push_back(next_[c]);
            }
        }
        while (!queue.empty()) {
            const std::uint32_t node = queue.front();
            queue.pop_front();
            const auto& inherited = found_[fail[node]];
            found_[node].insert(found_[node].end(), inherited.begin(), inherited.end());
            for (std::size_t c = 0; c < n_classes_; ++c) {
                std::uint32_t& to = next_[node * n_classes_ + c];
                const std::uint32_t other = next_[fail[node] * n_classes_ + c];
                if (to != 0) {
                    fail[to] = other;
                    queue.push_back(to);
                } else {
                    to = other;
                }
            }
        }
    }

    /// Call `hit(end, word)` for every pattern that ends at byte `end` of the block.
    template <class Hit>
    std::uint32_t feed(std::uint32_t node, std::span<const std::byte> block, const Hit& hit) const {
        for (std::size_t i = 0; i < block.size(); ++i) {
            node = next_[node * n_classes_ + classes_[std::to_integer<unsigned>(block[i])]];
            if (!found_[node].empty()) {
                for (const std::uint32_t word : found_[node]) {
                    hit(i + 1, words_[word].second);
                }
            }
        }
        return node;
    }

  private:
    std::vector<std::pair<std::string, Pattern>> words_;
    std::set<std::string> seen_;
    std::size_t total_ = 0;
    std::array<std::uint16_t, 256> classes_{};
    std::size_t n_classes_ = 1;
    std::vector<std::uint32_t> next_;
    std::vector<std::vector<std::uint32_t>> found_;
};

std::string utf16(std::u32string_view text, bool little) {
    std::string out;
    const auto put = [&](char32_t unit) {
        const char low = static_cast<char>(unit & 0xff), high = static_cast<char>(unit >> 8 & 0xff);
        out += little ? low : high;
        out += little ? high : low;
    };
    for (const char32_t c : text) {
        if (c < 0x10000) {
            put(c);
        } else {
            put(0xd800 + ((c - 0x10000) >> 10));
            put(0xdc00 + ((c - 0x10000) & 0x3ff));
        }
    }
    return out;
}

std::u32string map_case(std::u32string_view text, char32_t (*change)(char32_t)) {
    std::u32string out;
    for (const char32_t c : text) {
        out += change(c);
    }
    return out;
}

/// Umlauts as two letters (ae) or as the bare letter, other accents off.
std::vector<std::u32string> spellings_of(std::u32string_view text) {
    const std::u32string composed = compose(text);
    std::vector<std::u32string> out{composed, decode_text(fold_key(composed))};
    std::u32string bare;
    for (const char32_t c : decompose(composed)) {
        if (c < 0x300 || c >= 0x370) {
            bare += c;
        }
    }
    out.push_back(std::move(bare));
    return out;
}

constexpr std::array<const char*, 12> english_months = {"January",   "February", "March",    "April",
                                                        "May",       "June",     "July",     "August",
                                                        "September", "October",  "November", "December"};
constexpr std::array<const char*, 12> german_months = {"Januar",    "Februar", "M\u00e4rz", "April",
                                                       "Mai",       "Juni",    "Juli",      "August",
                                                       "September", "Oktober", "November",  "Dezember"};

struct Day {
    int year, month, day;
};

std::string two(int value) {
    return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

std::vector<std::string> spellings_of(Day date) {
    const std::string y = std::to_string(date.year), yy = two(date.year % 100);
    const std::string d = std::to_string(date.day), dd = two(date.day), m = std::to_string(date.month),
                      mm = two(date.month);
    const std::string english = english_months[static_cast<std::size_t>(date.month) - 1];
    const std::string german = german_months[static_cast<std::size_t>(date.month) - 1];
    const std::string short_english = english.substr(0, 3);
    std::vector<std::string> out;
    for (const char* const between : {".", "/", "-", " ", "_", ""}) {
        out.push_back(y + between + mm + between + dd);
        out.push_back(dd + between + mm + between + y);
        out.push_back(mm + between + dd + between + y);
    }
    for (const char* const between : {".", "/", "-"}) {
        out.push_back(d + between + m + between + y);
        out.push_back(y + between + m + between + d);
        out.push_back(m + between + d + between + y);
        out.push_back(dd + between + mm + between + yy);
    }
    for (const std::string& day : {d, dd}) {
        for (const std::string& month : {english, german, short_english}) {
            for (const char* const between : {" ", "-", ". ", "."}) {
                out.push_back(day + between + month + (between[0] == '-' ? "-" : " ") + y);
            }
        }
        out.push_back(english + " " + day + ", " + y);
        out.push_back(short_english + " " + day + ", " + y);
        out.push_back(short_english + " " + day + " " + y);
    }
    return out;
}

Day civil(std::int64_t days) {
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
            static_cast<int>(static_cast<unsigned>(date.day()))};
}

std::optional<std::int64_t> days_of(int year, int month, int day) {
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || year < 1850 || year > 2200) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date}.time_since_epoch().count();
}

/// Words and numbers of a text with what stands between them, for dates.
struct Part {
    std::u32string text;
    bool is_number;
};

std::optional<int> month_of(std::u32string_view word) {
    const std::string key = fold_key(word);
    for (std::size_t i = 0; i < 12; ++i) {
        for (const std::string& name :
             {fold_key(decode_text(english_months[i])), fold_key(decode_text(german_months[i]))}) {
            if (key == name || (key.size() == 3 && name.starts_with(key)) || (i == 2 && key == "mrz")) {
                return static_cast<int>(i) + 1;
            }
        }
    }
    return std::nullopt;
}

/// All dates that a text may hold; where day and month can be told apart in two ways, both. The parts that belong to
/// one are marked.
std::vector<std::int64_t> dates_in(const std::vector<Part>& parts, std::vector<bool>& used) {
    std::vector<std::int64_t> out;
    const auto number = [&](std::size_t i, std::size_t most) -> std::optional<int> {
        if (i >= parts.size() || !parts[i].is_number || parts[i].text.size() > most) {
            return std::nullopt;
        }
        return std::stoi(encode_utf8(parts[i].text));
    };
    const auto add = [&](int year, int month, int day, std::size_t first, std::size_t n) {
        if (const auto days = days_of(year, month, day)) {
            out.push_back(*days);
            for (std::size_t i = first; i < first + n; ++i) {
                used[i] = true;
            }
        }
    };
    const auto century = [](int year, std::size_t digits) {
        return digits == 4 ? year : year >= 30 ? 1900 + year : 2000 + year;
    };
    for (std::size_t i = 0; i < parts.size(); ++i) {
        // 20020302 and 02032002
        if (parts[i].is_number && parts[i].text.size() == 8) {
            const std::string text = encode_utf8(parts[i].text);
            const auto take = [&](std::size_t at, std::size_t n) { return std::stoi(text.substr(at, n)); };
            add(take(0, 4), take(4, 2), take(6, 2), i, 1);
            add(take(4, 4), take(2, 2), take(0, 2), i, 1);
        }
        const auto a = number(i, 4);
        const auto b = number(i + 1, 2);
        const auto c = number(i + 2, 4);
        if (a && b && c) {
            if (parts[i].text.size() == 4) {
                add(*a, *b, *c, i, 3);
            } else if (parts[i].text.size() <= 2 && (parts[i + 2].text.size() == 4 || parts[i + 2].text.size() == 2)) {
                const int year = century(*c, parts[i + 2].text.size());
                add(year, *b, *a, i, 3);
                add(year, *a, *b, i, 3);
                if (parts[i + 2].text.size() == 2) {
                    add(year - 100, *b, *a, i, 3);
                }
            }
        }
        // 2 March 2002, 02-MAR-2002, March 2, 2002
        if (i + 2 < parts.size()) {
            const auto year = number(i + 2, 4);
            const bool long_year = year && parts[i + 2].text.size() == 4;
            if (const auto month = parts[i + 1].is_number ? std::nullopt : month_of(parts[i + 1].text);
                a && month && long_year) {
                add(*year, *month, *a, i, 3);
            }
            if (const auto month = parts[i].is_number ? std::nullopt : month_of(parts[i].text);
                month && b && long_year) {
                add(*year, *month, *b, i, 3);
            }
        }
    }
    return out;
}

std::vector<Part> parts_of_text(std::u32string_view text) {
    std::vector<Part> out;
    for (const char32_t c : compose(text)) {
        if (!is_letter(c) && !is_digit(c)) {
            out.push_back({{}, false});
            continue;
        }
        if (out.empty() || out.back().text.empty() || out.back().is_number != is_digit(c)) {
            out.push_back({{}, is_digit(c)});
        }
        out.back().text += c;
    }
    std::erase_if(out, [](const Part& part) { return part.text.empty(); });
    return out;
}

/// Words that every file of the formats holds.
bool is_structure(std::string_view word) {
    static const std::set<std::string, std::less<>> words = {
        "startdate", "annotations",  "biosemi",    "24bit",     "edf",      "bdf",        "edfannotations",
        "hdf",       "biopotential", "format",     "schema",    "version",  "signal",     "signals",
        "sha256",    "samples",      "metadata",   "identity",  "fields",   "patient",    "recording",
        "start",     "channels",     "name",       "unit",      "zero",     "numerator",  "denominator",
        "missing",   "digital",      "physical",   "min",       "max",      "transducer", "prefilter",
        "header",    "segments",     "events",     "onset",     "duration", "label",      "aux",
        "code",      "subtype",      "num",        "source",    "author",   "warnings",   "gain",
        "offset",    "adc",          "resolution", "per",       "record",   "comments",   "age",
        "sex",       "dx",           "male",       "female",    "gender",   "unknown",    "none",
        "wfdb",      "hdf5",         "note",       "pseudonym", "treehead", "snod",       "heap",
        "tree"};
    return words.contains(word);
}

}  // namespace

std::string_view to_string(IdentifierKind kind) {
    constexpr std::array<std::string_view, 5> names = {"name", "number", "date", "time_of_day", "word"};
    return names[static_cast<std::size_t>(kind)];
}

struct Identifiers::State {
    std::map<std::u32string, std::pair<IdentifierKind, bool>> words;  ///< text -> kind, and whether it says who
    std::set<std::int64_t> dates, allowed;
    std::set<std::int64_t> times;
    std::set<std::string, std::less<>> identity;  ///< folded words and digits that say who
    mutable std::optional<Automaton> automaton;

    void add_word(const std::u32string& word, IdentifierKind kind, bool who) {
        auto [at, fresh] = words.try_emplace(word, kind, who);
        if (!fresh && who) {
            at->second = {kind, true};
        }
        automaton.reset();
    }

    enum class Field { identity, remarks, free_text };
    void add_text(std::string_view text, Field field) {
        const bool who = field != Field::free_text;
        const std::u32string decoded = decode_text(text);
        const std::vector<Part> parts = parts_of_text(decoded);
        std::vector<bool> used(parts.size(), false);
        for (const std::int64_t date : dates_in(parts, used)) {
            dates.insert(date);
        }
        std::set<std::u32string> in_dates;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            if (used[i]) {
                in_dates.insert(parts[i].text);
            }
        }
        for (const std::u32string& word : split_words(decoded)) {
            const std::string folded = fold_key(word);
            const bool digits_only = std::ranges::all_of(word, is_digit);
            const bool common = is_structure(folded) || is_vocabulary_word(encode_utf8(word));
            if (in_dates.contains(word) || (field == Field::remarks && common)) {
                continue;
            }
            if (who && folded != "x") {
                identity.insert(folded);
            }
            if (digits_only) {
                if (word.size() >= (who ? 4U : 6U)) {
                    add_word(word, IdentifierKind::number, who);
                }
                continue;
            }
            if (word.size() >= (who ? 3U : 4U) && (who ? !is_structure(folded) : !common)) {
                add_word(word, who ? IdentifierKind::name : IdentifierKind::word, who);
            }
            // "RU1234567": the digits are told on the phone without the letters.
            for (const Part& part : parts_of_text(word)) {
                if (part.is_number && part.text.size() >= 6) {
                    add_word(part.text, IdentifierKind::number, who);
                }
            }
        }
        automaton.reset();
    }

    const Automaton& built() const {
        if (automaton) {
            return *automaton;
        }
        automaton.emplace();
        const auto add = [&](const std::u32string& text, IdentifierKind kind, bool whole_word) {
            const std::u32string small = map_case(text, lower), large = map_case(text, upper);
            for (const std::u32string& cased : {text, small, large}) {
                const auto put = [&](std::string bytes, bool wide) {
                    std::ranges::transform(bytes, bytes.begin(), [](char c) {
                        return static_cast<char>(fold_byte(static_cast<unsigned char>(c)));
                    });
                    automaton->add(bytes, {kind, bytes.size(), whole_word, wide});
                };
                const std::string plain = encode_utf8(cased);
                put(plain, false);
                put(encode_utf8(decompose(cased)), false);
                if (std::ranges::all_of(cased, [](char32_t c) { return c < 0x100; })) {
                    std::string latin1;
                    for (const char32_t c : cased) {
                        latin1 += static_cast<char>(c);
                    }
                    put(latin1, false);
                    // UTF-8 that someone took for Latin-1 and encoded again.
                    std::u32string twice;
                    for (const char c : plain) {
                        twice += static_cast<char32_t>(static_cast<unsigned char>(c));
                    }
                    put(encode_utf8(twice), false);
                }
                for (const bool little : {true, false}) {
                    put(utf16(cased, little), true);
                    put(utf16(decompose(cased), little), true);
                }
            }
        };
        for (const auto& [word, what] : words) {
            const bool number = what.first == IdentifierKind::number;
            for (const std::u32string& spelling : spellings_of(word)) {
                add(spelling, what.first, number || spelling.size() < 4);
            }
        }
        for (const std::int64_t date : dates) {
            if (!allowed.contains(date)) {
                for (const std::string& spelling : spellings_of(civil(date))) {
                    add(decode_text(spelling), IdentifierKind::date, true);
                }
            }
        }
        for (const std::int64_t seconds : times) {
            const int hours = static_cast<int>(seconds / 3600), minutes = static_cast<int>(seconds / 60 % 60);
            const std::string to_minute = two(hours) + ":" + two(minutes);
            const std::string rest = two(static_cast<int>(seconds % 60));
            add(decode_text(to_minute + ":" + rest), IdentifierKind::time_of_day, true);
            add(decode_text(two(hours) + two(minutes) + rest), IdentifierKind::time_of_day, true);
        }
        automaton->build();
        return *automaton;
    }
};

Identifiers::Identifiers() : state_(std::make_unique<State>()) {}
Identifiers::~Identifiers() = default;
Identifiers::Identifiers(Identifiers&&) noexcept = default;
Identifiers& Identifiers::operator=(Identifiers&&) noexcept = default;

void Identifiers::add_identity(std::string_view text) {
    state_->add_text(text, State::Field::identity);
}

void Identifiers::add_remarks(std::string_view text) {
    state_->add_text(text, State::Field::remarks);
}

void Identifiers::add_free_text(std::string_view text) {
    state_->add_text(text, State::Field::free_text);
}

void Identifiers::add_date(std::int64_t days) {
    state_->dates.insert(days);
    state_->automaton.reset();
}

void Identifiers::add_time_of_day(std::int64_t seconds) {
    if (seconds % 86400 != 0) {
        state_->times.insert(seconds % 86400);
        state_->automaton.reset();
    }
}

void Identifiers::allow_date(std::int64_t days) {
    state_->allowed.insert(days);
    state_->automaton.reset();
}

void Identifiers::allow_number(std::string_view digits) {
    state_->words.erase(decode_text(digits));
    state_->automaton.reset();
}

std::size_t Identifiers::size() const {
    return state_->words.size() + state_->dates.size() + state_->times.size();
}

bool Identifiers::is_identity(std::string_view folded) const {
    if (state_->identity.contains(folded)) {
        return true;
    }
    const auto is_number = [](std::string_view text) {
        return text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    // Three digits of a hospital number, one after the other, are the number.
    return folded.size() >= 3 && is_number(folded) &&
           std::ranges::any_of(state_->identity, [&](const std::string& known) {
               return known.size() > folded.size() && known.find(folded) != std::string::npos && is_number(known);
           });
}

bool Identifiers::has_allowed_twin() const {
    return std::ranges::any_of(state_->allowed, [&](std::int64_t date) { return state_->dates.contains(date); });
}

std::size_t Identifiers::n_patterns() const {
    return state_->built().size();
}

std::vector<Identifiers::Hit> Identifiers::search(const ByteSource& source, const Layout& layout) const {
    const Automaton& automaton = state_->built();
    struct Raw {
        std::int64_t end;
        Pattern pattern;
    };
    std::vector<Raw> raw;
    std::vector<std::byte> block(1 << 20);
    std::uint32_t node = 0;
    for (std::int64_t at = 0; at < source.size();) {
        const std::size_t n = source.read(at, block);
        if (n == 0) {
            break;
        }
        node = automaton.feed(node, std::span(block).first(n), [&](std::size_t end, const Pattern& pattern) {
            const std::int64_t stop = at + static_cast<std::int64_t>(end);
            const bool text =
                layout.is_text(stop - 1) || layout.is_text(stop - static_cast<std::int64_t>(pattern.length));
            if (raw.size() < 100 * most_hits && (text || pattern.length >= shortest_in_samples)) {
                raw.push_back({stop, pattern});
            }
        });
        at += static_cast<std::int64_t>(n);
    }
    std::vector<Hit> out;
    for (const auto& [end, pattern] : raw) {
        if (out.size() == most_hits) {
            break;
        }
        const std::int64_t first = end - static_cast<std::int64_t>(pattern.length);
        // The run of letters and digits around it.
        constexpr std::int64_t reach = 64;
        const std::int64_t from = std::max<std::int64_t>(0, first - reach);
        std::vector<std::byte> around(static_cast<std::size_t>(std::min(source.size(), end + reach) - from));
        source.read(from, around);
        const auto is_word_byte = [&](std::int64_t at) {
            if (at < 0 || at >= static_cast<std::int64_t>(around.size())) {
                return false;
            }
            const auto byte = std::to_integer<unsigned char>(around[static_cast<std::size_t>(at)]);
            return (byte >= '0' && byte <= '9') || (fold_byte(byte) >= 'a' && fold_byte(byte) <= 'z') || byte >= 0x80;
        };
        const std::int64_t step = pattern.wide ? 2 : 1;
        std::int64_t low = first - from, high = end - from;
        while (is_word_byte(low - step) && (!pattern.wide || !is_word_byte(low - 1))) {
            low -= step;
        }
        while (is_word_byte(high) && (!pattern.wide || !is_word_byte(high + 1))) {
            high += step;
        }
        const bool whole = low == first - from && high == end - from;
        const bool text = layout.is_text(first) || layout.is_text(end - 1);
        if (!whole && pattern.whole_word && text) {
            continue;
        }
        if (!whole && text && !pattern.wide) {
            const std::string run(reinterpret_cast<const char*>(around.data()) + low,
                                  static_cast<std::size_t>(high - low));
            const std::string folded = fold_key(decode_text(run));
            if (is_structure(folded) || (is_vocabulary_word(run) && !is_identity(folded))) {
                continue;
            }
        }
        const bool short_number = pattern.kind == IdentifierKind::number && pattern.length < 6;
        const bool certain =
            text ? (whole || pattern.length >= 6) && !short_number : pattern.length >= certain_in_samples;
        out.push_back({first, pattern.kind, certain, text});
    }
    return out;
}

std::vector<Identifiers::Hit> Identifiers::search(std::string_view text) const {
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    return search(*from_memory({bytes.begin(), bytes.end()}));
}

}  // namespace biopotential::inline v0::trust
