#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace biopotential::inline v0::io {

[[nodiscard]] constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\0' || c == '\v' || c == '\f';
}

[[nodiscard]] inline std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// A whole decimal number, all of the text; empty where it is none or does not fit.
[[nodiscard]] inline std::optional<std::int64_t> parse_integer(std::string_view text) {
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text.front() == '-') {
            return std::nullopt;
        }
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
        return std::nullopt;
    }
    return value;
}

/// A finite number, all of the text, in the C locale whatever the process has set.
[[nodiscard]] inline std::optional<double> parse_number(std::string_view text) {
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (!text.empty() && text.front() == '-') {
            return std::nullopt;
        }
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

/// The shortest text that reads back as the same number.
[[nodiscard]] inline std::string number_text(double value) {
    char buffer[32];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, result.ptr};
}

/// Text between runs of blanks.
[[nodiscard]] inline std::vector<std::string_view> split_blanks(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while (at < text.size()) {
        while (at < text.size() && is_blank(text[at])) {
            ++at;
        }
        std::size_t end = at;
        while (end < text.size() && !is_blank(text[end])) {
            ++end;
        }
        if (end > at) {
            words.push_back(text.substr(at, end - at));
        }
        at = end;
    }
    return words;
}

/// For messages: the text in quotes, what is not printable ASCII as \xNN, cut after 80 characters.
[[nodiscard]] std::string quote_text(std::string_view text);

/// Text of a file as UTF-8: itself where it is that, else read as Latin-1, which old headers use.
[[nodiscard]] std::string to_utf8(std::string_view text);

/// ns since 1970-01-01 of a calendar date; empty where there is no such day.
[[nodiscard]] std::optional<std::int64_t> date_ns(int year, int month, int day);

struct CalendarDate {
    int year = 1970, month = 1, day = 1;
};
/// The calendar date of a time in ns since 1970-01-01, and the ns since midnight.
[[nodiscard]] CalendarDate split_date(std::int64_t ns, std::int64_t& ns_of_day);

}  // namespace biopotential::inline v0::io
