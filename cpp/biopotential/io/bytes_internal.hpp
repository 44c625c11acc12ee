#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

/// The number that stands at `at` in the byte order of the file.
template <class T>
[[nodiscard]] T load_number(const std::byte* at, bool big_endian) {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), at, sizeof(T));
    if (big_endian != (std::endian::native == std::endian::big)) {
        std::ranges::reverse(bytes);
    }
    return std::bit_cast<T>(bytes);
}

/// Numbers and texts of a binary header at any place in the file: small reads go through one window of it.
class HeaderBytes {
  public:
    explicit HeaderBytes(const ByteSource& source) : source_(&source) {}

    [[nodiscard]] std::int64_t size() const { return source_->size(); }
    /// \throws ParseError  the file ends before
    template <class T>
    [[nodiscard]] T number(std::int64_t at, bool big_endian = false) const {
        std::array<std::byte, sizeof(T)> bytes{};
        fill(at, bytes);
        return load_number<T>(bytes.data(), big_endian);
    }
    /// A whole number of one to eight bytes. \throws ParseError  another size, or the file ends before
    [[nodiscard]] std::uint64_t whole(std::int64_t at, std::int64_t n, bool big_endian) const {
        if (n < 1 || n > 8) {
            throw ParseError(source_->name(), at, "wanted a number of 1 to 8 bytes, got " + std::to_string(n));
        }
        std::uint64_t value = 0;
        for (std::int64_t b = 0; b < n; ++b) {
            value = value << 8 | number<std::uint8_t>(at + (big_endian ? b : n - 1 - b));
        }
        return value;
    }
    /// Trimmed text of a field of n bytes up to its first zero, as UTF-8.
    [[nodiscard]] std::string text(std::int64_t at, std::int64_t n) const {
        const auto bytes = source_->read_exactly(at, static_cast<std::size_t>(n));
        const std::string_view field(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return to_utf8(trim(field.substr(0, field.find('\0'))));
    }

  private:
    void fill(std::int64_t at, std::span<std::byte> out) const {
        const auto n = static_cast<std::int64_t>(out.size());
        if (at < window_at_ || at + n > window_at_ + static_cast<std::int64_t>(window_n_)) {
            window_at_ = at;
            window_n_ = at < 0 ? 0 : source_->read(at, window_);
        }
        if (n > static_cast<std::int64_t>(window_n_)) {
            throw ParseError(source_->name(), at,
                             "wanted " + std::to_string(n) + " bytes more, got the end of the file");
        }
        std::memcpy(out.data(), window_.data() + (at - window_at_), out.size());
    }

    const ByteSource* source_;
    mutable std::array<std::byte, 4096> window_{};
    mutable std::int64_t window_at_ = 0;
    mutable std::size_t window_n_ = 0;
};

/// CRC-16 with the polynomial x^16 + x^12 + x^5 + 1 from 0xffff, as ISHNE and SCP-ECG have it.
[[nodiscard]] inline std::uint16_t crc_ccitt(std::span<const std::byte> bytes) {
    std::uint32_t crc = 0xffff;
    for (const std::byte byte : bytes) {
        crc ^= static_cast<std::uint32_t>(byte) << 8;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
        }
        crc &= 0xffff;
    }
    return static_cast<std::uint16_t>(crc);
}

/// ns since 1970-01-01 of a date and a time of day; empty where there is no such moment.
[[nodiscard]] inline std::optional<std::int64_t> moment_ns(int year, int month, int day, int hour, int minute,
                                                           int second) {
    const auto midnight = date_ns(year, month, day);
    if (!midnight || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
        return std::nullopt;
    }
    return *midnight + ((hour * 60 + minute) * 60 + second) * std::int64_t{1'000'000'000};
}

/// YYYY-MM-DD; empty where there is no such day.
[[nodiscard]] inline std::string iso_date(int year, int month, int day) {
    if (!date_ns(year, month, day)) {
        return "";
    }
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02d", year, month, day);
    return buffer;
}

}  // namespace biopotential::inline v0::io
