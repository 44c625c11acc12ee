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
