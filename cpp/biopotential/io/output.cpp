#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/hooks.hpp"
#include "biopotential/io/output_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::size_t buffer_bytes = 1 << 20;

void write_all(int descriptor, const std::string& name, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            throw IoError(errno, name, "[write] cannot write");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path) : path_(path) {
    notify_access({Access::write, path.string()});
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    std::string name = (folder / ".").string();
    name.append(path.filename().string()).append(".XXXXXX");
    descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor_ < 0) {
        throw IoError(errno, path.string(), "[write] cannot create a file in the folder");
    }
    temporary_ = name;
    // mkostemp's 0600 would survive the rename: give what open() would have given.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(descriptor_, 0666 & ~mask);
}

OutputFile::~OutputFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
    if (!committed_) {
        ::unlink(temporary_.c_str());
    }
}

void OutputFile::write(std::span<const std::byte> bytes) {
    if (bytes.size() >= buffer_bytes) {
        flush();
        write_all(descriptor_, path_.string(), bytes);
        return;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() >= buffer_bytes) {
        flush();
    }
}

void OutputFile::write_at(std::int64_t offset, std::span<const std::byte> bytes) {
    const std::int64_t start = offset;
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            throw IoError(errno, path_.string(), "[write] cannot write");
        }
        offset += n;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
#ifdef __linux__
    // What the disk has already got, commit() need not wait for; a few MiB at a time are enough.
    constexpr std::int64_t stretch = 4 << 20;
    if (start / stretch != offset / stretch) {
        (void)::sync_file_range(descriptor_, std::max<std::int64_t>(0, offset - stretch), stretch,
                                SYNC_FILE_RANGE_WRITE);
    }
#endif
}

void OutputFile::flush() {
    write_all(descriptor_, path_.string(), buffer_);
    buffer_.clear();
}

void OutputFile::commit() {
    flush();
    if (::fsync(descriptor_) != 0) {
        throw IoError(errno, path_.string(), "[write] cannot sync");
    }
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        throw IoError(errno, path_.string(), "[write] cannot rename the finished file");
    }
    committed_ = true;
    // The name is durable once its folder is synced; some file systems refuse that, and then the rename alone must do.
    const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
    const int folder_descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_descriptor >= 0) {
        ::fsync(folder_descriptor);
        ::close(folder_descriptor);
    }
}

}  // namespace biopotential::inline v0::io
