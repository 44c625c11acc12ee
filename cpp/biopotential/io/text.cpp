#include <chrono>

#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

std::string quote_text(std::string_view text) {
    constexpr std::size_t limit = 80;
    constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text.substr(0, limit)) {
        if (c >= ' ' && c < '\x7f') {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += "\\x";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out + (text.size() > limit ? "...\"" : "\"");
}

namespace {

/// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto at = [&](std::size_t k) {
            return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
        };
        const unsigned lead = at(0);
        const std::size_t more = lead < 0x80                   ? 0
                                 : lead >= 0xc2 && lead < 0xe0 ? 1
                                 : lead >= 0xe0 && lead < 0xf0 ? 2
                                 : lead >= 0xf0 && lead < 0xf5 ? 3
                                                               : 9;
        if (more == 9) {
            return false;
        }
        for (std::size_t k = 1; k <= more; ++k) {
            if ((at(k) & 0xc0) != 0x80) {
                return false;
            }
        }
        if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f) || (lead == 0xf0 && at(1) < 0x90) ||
            (lead == 0xf4 && at(1) > 0x8f)) {
            return false;
        }
        i += more + 1;
    }
    return true;
}

}  // namespace

std::string to_utf8(std::string_view text) {
    if (is_utf8(text)) {
        return std::string(text);
    }
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xc0 | byte >> 6);
            out += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return out;
}

std::optional<std::int64_t> date_ns(int year, int month, int day) {
    using namespace std::chrono;
    // Beyond these years the ns since 1970 do not fit 64 bits.
    if (year < 1700 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31) {
        return std::nullopt;
    }
    const year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok()) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(sys_days(date).time_since_epoch().count()) * 86'400'000'000'000;
}

CalendarDate split_date(std::int64_t ns, std::int64_t& ns_of_day) {
    using namespace std::chrono;
    constexpr std::int64_t day_ns = 86'400'000'000'000;
    std::int64_t days_since = ns / day_ns;
    ns_of_day = ns % day_ns;
    if (ns_of_day < 0) {
        ns_of_day += day_ns;
        --days_since;
    }
    const year_month_day date{sys_days{days{days_since}}};
    return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
            static_cast<int>(static_cast<unsigned>(date.day()))};
}

}  // namespace biopotential::inline v0::io
