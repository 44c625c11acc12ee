#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace biopotential::inline v0::trust {

using Digest = std::array<std::uint8_t, 32>;

/// HMAC with SHA-256 (RFC 2104), by libcrypto.
[[nodiscard]] Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view message);

/// HKDF with SHA-256 (RFC 5869), by libcrypto.
/// \param n  bytes to derive, 1 to 255 * 32
/// \throws std::invalid_argument
[[nodiscard]] std::vector<std::uint8_t> hkdf_sha256(std::span<const std::uint8_t> key,
                                                    std::span<const std::uint8_t> salt, std::string_view info,
                                                    std::size_t n);

[[nodiscard]] Digest sha256_bytes(std::string_view message);

/// Lowercase hexadecimal digits.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);

struct FileHashes {
    std::int64_t size = 0;
    std::string sha256, sha512;  ///< lowercase hexadecimal digits
};

/// Both hashes of a file, read once.
/// \throws IoError
[[nodiscard]] FileHashes hash_file(const std::filesystem::path& path);

}  // namespace biopotential::inline v0::trust
