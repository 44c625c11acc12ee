#include "biopotential/core/errors.hpp"

#include <cstring>
#include <sstream>
#include <utility>

namespace biopotential::inline v0 {

namespace {

std::string parse_message(const std::string& file, std::optional<std::int64_t> offset, std::string_view what) {
    std::string message = "[read] " + file;
    if (offset) {
        message += ", byte " + std::to_string(*offset);
    }
    return message.append(": ").append(what);
}

}  // namespace

ParseError::ParseError(std::string file, std::optional<std::int64_t> offset, std::string_view what)
    : std::runtime_error(parse_message(file, offset, what)), file_(std::move(file)), offset_(offset) {}

IoError::IoError(int code, std::string file, std::string_view what)
    : std::runtime_error(std::string(what) + ": " + file + ": " + std::strerror(code)),
      code_(code),
      file_(std::move(file)) {}

void throw_invalid(std::string_view function, std::string_view wanted, std::string_view came) {
    std::string message = "[";
    message.append(function).append("] wanted ").append(wanted).append(", got ").append(came);
    throw std::invalid_argument(message);
}

void throw_invalid(std::string_view function, std::string_view wanted, double came) {
    std::ostringstream text;
    text << came;
    throw_invalid(function, wanted, text.str());
}

}  // namespace biopotential::inline v0
