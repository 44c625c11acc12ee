#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0 {

/// SHA-256 of what was fed so far (libcrypto inside).
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    /// 64 lowercase hexadecimal digits; the object must not be fed afterwards.
    [[nodiscard]] std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] std::string sha256(std::span<const std::byte> bytes);
[[nodiscard]] std::string sha256(const ByteSource& source);
/// \throws IoError
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

}  // namespace biopotential::inline v0
