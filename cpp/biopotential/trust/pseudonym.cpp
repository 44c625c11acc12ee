#include "biopotential/trust/pseudonym.hpp"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/files.hpp"
#include "biopotential/trust/crypto.hpp"
#include "biopotential/trust/text_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

constexpr std::size_t shortest_key = 32, longest_key = 4096;
constexpr std::int64_t day_ns = 86'400'000'000'000;
constexpr std::int64_t first_day = 5479, end_day = 42004;  // 1985-01-01 and 2085-01-01 in days since 1970-01-01
constexpr std::int64_t forward_before_day = 6574;          // 1988-01-01
constexpr int longest_shift_weeks = 156;

/// The id in one spelling: composed, upper case, blanks outside off and inside single.
std::string canonical_id(std::string_view id) {
    std::u32string out;
    for (const char32_t c : compose(decode_text(id))) {
        const bool blank = c <= U' ' || c == 0xa0;
        if (!blank) {
            out += upper(c);
        } else if (!out.empty() && out.back() != U' ') {
            out += U' ';
        }
    }
    if (!out.empty() && out.back() == U' ') {
        out.pop_back();
    }
    return encode_utf8(out);
}

constexpr std::string_view check_symbols = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// ISO 7064, hybrid system MOD 37,36.
char check_character(std::string_view text) {
    std::size_t p = 36;
    for (const char c : text) {
        p = (p + check_symbols.find(c)) % 36;
        p = (p == 0 ? 36 : p) * 2 % 37;
    }
    return check_symbols[(37 - p) % 36];
}

std::int64_t floor_days(std::int64_t ns) {
    return ns >= 0 ? ns / day_ns : -((-ns + day_ns - 1) / day_ns);
}

}  // namespace

ProjectKey::ProjectKey(std::vector<std::uint8_t> master, std::string project)
    : master_(std::move(master)), project_(std::move(project)) {
    if (master_.size() < shortest_key) {
        throw_invalid("ProjectKey", "a key of at least 32 bytes", static_cast<double>(master_.size()));
    }
    domain_ = hkdf_sha256(master_, {}, "psn|" + project_, 32);
}

ProjectKey ProjectKey::from_file(const std::filesystem::path& path, std::string project) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        throw IoError(errno, path.string(), "wanted a key file");
    }
    if ((status.st_mode & 077) != 0) {
        throw PolicyError(
            "[ProjectKey] wanted a key file that only its owner may read (chmod 600), got one that others may");
    }
    const auto source = open_file(path);
    if (source->size() < static_cast<std::int64_t>(shortest_key) ||
        source->size() > static_cast<std::int64_t>(longest_key)) {
        throw PolicyError("[ProjectKey] wanted a key file of 32 to 4096 bytes, got " + std::to_string(source->size()));
    }
    std::vector<std::uint8_t> master(static_cast<std::size_t>(source->size()));
    source->read(0, std::as_writable_bytes(std::span(master)));
    return {std::move(master), std::move(project)};
}

std::string ProjectKey::key_id() const {
    const Digest digest = hmac_sha256(master_, "key id");
    return to_hex(std::span(digest).first(4));
}

std::string ProjectKey::pseudonym(std::string_view patient_id) const {
    constexpr std::string_view symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";  // Crockford's
    const Digest digest = hmac_sha256(domain_, std::string("pseudonym") + '\0' + canonical_id(patient_id));
    std::string out;
    for (std::size_t bit = 0; bit < 80; bit += 5) {
        const unsigned two = static_cast<unsigned>(digest[bit / 8]) << 8 | digest[bit / 8 + 1];
        out += symbols[two >> (11 - bit % 8) & 31];
    }
    return out + check_character(out);
}

int ProjectKey::shift_days(std::string_view patient_id, ShiftDirection direction) const {
    const Digest digest = hmac_sha256(domain_, std::string("shift") + '\0' + canonical_id(patient_id));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value = value << 8 | digest[i];
    }
    const int weeks = 1 + static_cast<int>(value % longest_shift_weeks);
    return (direction == ShiftDirection::back ? -7 : 7) * weeks;
}

std::string ProjectKey::digest(std::string_view label, std::string_view text) const {
    return to_hex(
        hmac_sha256(domain_, "digest" + std::string(1, '\0') + std::string(label) + '\0' + std::string(text)));
}

void write_new_key(const std::filesystem::path& path) {
    std::array<unsigned char, shortest_key> key{};
    if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
        throw IoError(EIO, path.string(), "wanted random bytes");
    }
    write_new_file("keygen", path, std::as_bytes(std::span(key)), true);
}

bool is_pseudonym(std::string_view text) {
    return text.size() == 17 &&
           std::ranges::all_of(text, [](char c) { return check_symbols.find(c) != std::string_view::npos; }) &&
           check_character(text.substr(0, 16)) == text.back();
}

std::optional<std::int64_t> shifted_start_ns(std::int64_t start_ns, int days) {
    const std::int64_t day = floor_days(start_ns) + days;
    if (day < first_day || day >= end_day) {
        return std::nullopt;
    }
    return start_ns + days * day_ns;
}

ShiftDirection shift_direction(std::int64_t earliest_start_ns) {
    return floor_days(earliest_start_ns) < forward_before_day ? ShiftDirection::forward : ShiftDirection::back;
}

}  // namespace biopotential::inline v0::trust
