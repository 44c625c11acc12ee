#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace biopotential::inline v0 {

// A bad argument is std::invalid_argument; these are the other four ways to fail. The message is always
// "[function] what was wanted, what came".

/// The content of a file is not what its format says. Python: bp.ParseError, a ValueError.
class ParseError : public std::runtime_error {
  public:
    ParseError(std::string file, std::optional<std::int64_t> offset, std::string_view what);
    [[nodiscard]] const std::string& file() const { return file_; }
    /// Byte offset in the file where the bad content stands, where one place can be named.
    [[nodiscard]] std::optional<std::int64_t> offset() const { return offset_; }

  private:
    std::string file_;
    std::optional<std::int64_t> offset_;
};

/// The operating system refused: missing file, permission, full disk. Python: OSError with errno.
class IoError : public std::runtime_error {
  public:
    IoError(int code, std::string file, std::string_view what);
    [[nodiscard]] int code() const { return code_; }  ///< errno
    [[nodiscard]] const std::string& file() const { return file_; }

  private:
    int code_;
    std::string file_;
};

/// Refused by a policy: permit, admission, release rules. Python: bp.PolicyError.
class PolicyError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// A seal, hash or log does not match. Python: bp.IntegrityError.
class IntegrityError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throw std::invalid_argument with "[function] wanted, got came".
[[noreturn]] void throw_invalid(std::string_view function, std::string_view wanted, std::string_view came);
[[noreturn]] void throw_invalid(std::string_view function, std::string_view wanted, double came);

}  // namespace biopotential::inline v0
