#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "biopotential/trust/text_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

struct Composition {
    char32_t mark;
    std::u32string_view bases, composed;  ///< capitals, one for one
};

constexpr std::array<Composition, 13> compositions = {{
    {U'\u0300', U"AEIOUN", U"\u00c0\u00c8\u00cc\u00d2\u00d9\u01f8"},
    {U'\u0301', U"AEIOUYCLNRSZ", U"\u00c1\u00c9\u00cd\u00d3\u00da\u00dd\u0106\u0139\u0143\u0154\u015a\u0179"},
    {U'\u0302', U"AEIOUCGHJSWY", U"\u00c2\u00ca\u00ce\u00d4\u00db\u0108\u011c\u0124\u0134\u015c\u0174\u0176"},
    {U'\u0303', U"ANOIU", U"\u00c3\u00d1\u00d5\u0128\u0168"},
    {U'\u0308', U"AEIOUY", U"\u00c4\u00cb\u00cf\u00d6\u00dc\u0178"},
    {U'\u030a', U"AU", U"\u00c5\u016e"},
    {U'\u0327', U"CSTGKLNR", U"\u00c7\u015e\u0162\u0122\u0136\u013b\u0145\u0156"},
    {U'\u030c', U"CDENRSTZ", U"\u010c\u010e\u011a\u0147\u0158\u0160\u0164\u017d"},
    {U'\u0306', U"AGEU", U"\u0102\u011e\u0114\u016c"},
    {U'\u0304', U"AEIOU", U"\u0100\u0112\u012a\u014c\u016a"},
    {U'\u0328', U"AEIU", U"\u0104\u0118\u012e\u0172"},
    {U'\u030b', U"OU", U"\u0150\u0170"},
    {U'\u0307', U"ZEGC", U"\u017b\u0116\u0120\u010a"},
}};

using Pair = std::pair<char32_t, char32_t>;  ///< base, mark

const std::map<Pair, char32_t>& composed_of() {
    static const auto table = [] {
        std::map<Pair, char32_t> out;
        for (const Composition& row : compositions) {
            for (std::size_t i = 0; i < row.bases.size(); ++i) {
                out[{row.bases[i], row.mark}] = row.composed[i];
                out[{lower(row.bases[i]), row.mark}] = lower(row.composed[i]);
            }
        }
        return out;
    }();
    return table;
}

const std::map<char32_t, Pair>& parts_of() {
    static const auto table = [] {
        std::map<char32_t, Pair> out;
        for (const auto& [pair, letter] : composed_of()) {
            out[letter] = pair;
        }
        return out;
    }();
    return table;
}

/// One code point of UTF-8 from `at` on, which moves behind it; false where there is none.
bool next_code_point(std::string_view text, std::size_t& at, char32_t& out) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t n = lead < 0x80                   ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    if (n == 0 || at + n > text.size()) {
        return false;
    }
    constexpr std::array<unsigned, 5> lead_mask = {0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t value = lead & lead_mask[n];
    for (std::size_t i = 1; i < n; ++i) {
        const auto byte = static_cast<unsigned char>(text[at + i]);
        if ((byte & 0xc0) != 0x80) {
            return false;
        }
        value = value << 6 | (byte & 0x3f);
    }
    constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return false;
    }
    out = value;
    at += n;
    return true;
}

}  // namespace

std::u32string decode_text(std::string_view text) {
    std::u32string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        char32_t c = 0;
        if (!next_code_point(text, at, c)) {
            out.clear();
            for (const char byte : text) {
                out += static_cast<char32_t>(static_cast<unsigned char>(byte));
            }
            return out;
        }
        out += c;
    }
    return out;
}

std::string encode_utf8(std::u32string_view text) {
    std::string out;
    const auto put = [&](char32_t bits) { out += static_cast<char>(bits & 0xff); };
    for (const char32_t c : text) {
        if (c < 0x80) {
            put(c);
        } else if (c < 0x800) {
            put(0xc0 | c >> 6);
            put(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            put(0xe0 | c >> 12);
            put(0x80 | (c >> 6 & 0x3f));
            put(0x80 | (c & 0x3f));
        } else {
            put(0xf0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3f));
            put(0x80 | (c >> 6 & 0x3f));
            put(0x80 | (c & 0x3f));
        }
    }
    return out;
}

std::u32string compose(std::u32string_view text) {
    std::u32string out;
    for (const char32_t c : text) {
        if (!out.empty()) {
            if (const auto found = composed_of().find({out.back(), c}); found != composed_of().end()) {
                out.back() = found->second;
                continue;
            }
        }
        out += c;
    }
    return out;
}

std::u32string decompose(std::u32string_view text) {
    std::u32string out;
    for (const char32_t c : text) {
        if (const auto found = parts_of().find(c); found != parts_of().end()) {
            out += found->second.first;
            out += found->second.second;
        } else {
            out += c;
        }
    }
    return out;
}

char32_t lower(char32_t c) {
    const bool pairs_from_even = (c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x1f8 && c <= 0x21f);
    const bool pairs_from_odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    if ((c >= U'A' && c <= U'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
        (c >= 0x410 && c <= 0x42f)) {
        return c + 0x20;
    }
    if (c == 0x178) {
        return 0xff;
    }
    if (c >= 0x400 && c <= 0x40f) {
        return c + 0x50;
    }
    if ((pairs_from_even && c % 2 == 0) || (pairs_from_odd && c % 2 == 1)) {
        return c + 1;
    }
    return c;
}

char32_t upper(char32_t c) {
    if (c == 0xff) {
        return 0x178;
    }
    for (const char32_t step : {char32_t{0x20}, char32_t{1}, char32_t{0x50}}) {
        if (c > step && lower(c - step) == c && c - step != c) {
            return c - step;
        }
    }
    return c;
}

bool is_letter(char32_t c) {
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || c == 0xaa || c == 0xb5 || c == 0xba ||
           (c >= 0xc0 && c != 0xd7 && c != 0xf7 && c < 0x2000) || (c >= 0x2c00 && c < 0xd800) ||
           (c >= 0xf900 && c < 0xfe00);
}

std::string fold_key(std::u32string_view text) {
    static const std::map<char32_t, std::string_view> spelled = {
        {U'\u00e4', "ae"}, {U'\u00f6', "oe"}, {U'\u00fc', "ue"}, {U'\u00df', "ss"},
        {U'\u00e6', "ae"}, {U'\u00f8', "oe"}, {U'\u0153', "oe"}, {U'\u0142', "l"},
        {U'\u0111', "d"},  {U'\u00b5', "u"},  {U'\u03bc', "u"},  {U'\u2126', "ohm"}};
    std::string out;
    for (const char32_t c : compose(text)) {
        const char32_t small = c == 0x2126 ? c : lower(c);
        if (const auto found = spelled.find(small); found != spelled.end()) {
            out += found->second;
        } else if (const auto parts = parts_of().find(small); parts != parts_of().end()) {
            out += encode_utf8(std::u32string(1, parts->second.first));
        } else {
            out += encode_utf8(std::u32string(1, small));
        }
    }
    return out;
}

std::vector<std::u32string> split_words(std::u32string_view text) {
    std::vector<std::u32string> out;
    std::u32string word;
    for (const char32_t c : compose(text)) {
        if (is_letter(c) || is_digit(c)) {
            word += c;
        } else if (!word.empty()) {
            out.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty()) {
        out.push_back(std::move(word));
    }
    return out;
}

}  // namespace biopotential::inline v0::trust
