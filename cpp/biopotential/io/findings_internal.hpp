#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0::io {

/// What a strict reader refuses and a tolerant one notes.
class Findings {
  public:
    Findings(std::string file, bool strict) : file_(std::move(file)), strict_(strict) {}

    /// Content breaks the format: a ParseError where strict, else a warning.
    void note(std::int64_t at, const std::string& what) {
        if (strict_) {
            throw ParseError(file_, at, what);
        }
        warnings_.push_back(what);
    }
    /// Content is sound, but the user should know of it: a warning, strict or not.
    void remark(const std::string& what) { warnings_.push_back(what); }
    [[noreturn]] void refuse(std::int64_t at, const std::string& what) const { throw ParseError(file_, at, what); }

    [[nodiscard]] const std::string& file() const { return file_; }
    [[nodiscard]] bool strict() const { return strict_; }
    [[nodiscard]] std::vector<std::string> take() { return std::move(warnings_); }

  private:
    std::string file_;
    bool strict_;
    std::vector<std::string> warnings_;
};

}  // namespace biopotential::inline v0::io
