#include "biopotential/core/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0 {

namespace {

std::string message(std::string_view function, std::string_view wanted) {
    std::string text = "[";
    return text.append(function).append("] wanted ").append(wanted);
}

bool write_all(int descriptor, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

TemporaryFolder::TemporaryFolder(std::string_view function, const std::filesystem::path& parent,
                                 std::string_view prefix) {
    // mkdtemp replaces the six letters at the end.
    std::string name = (parent / prefix).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
        throw IoError(errno, parent.string(), message(function, "a folder to write into"));
    }
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

void write_new_file(std::string_view function, const std::filesystem::path& path, std::span<const std::byte> bytes,
                    bool owner_only) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only ? 0600 : 0666);
    if (descriptor < 0) {
        throw IoError(errno, path.string(), message(function, "a new file"));
    }
    const bool written = write_all(descriptor, bytes) && ::fsync(descriptor) == 0;
    const int code = errno;
    if (::close(descriptor) != 0 || !written) {
        ::unlink(path.c_str());
        throw IoError(written ? errno : code, path.string(), message(function, "to write"));
    }
}

void write_new_file(std::string_view function, const std::filesystem::path& path, std::string_view text,
                    bool owner_only) {
    write_new_file(function, path, std::as_bytes(std::span(text.data(), text.size())), owner_only);
}

}  // namespace biopotential::inline v0
