#include "biopotential/core/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/hooks.hpp"

namespace biopotential::inline v0 {

namespace {

thread_local OpenedFiles* open_log = nullptr;

class FileSource final : public ByteSource {
  public:
    explicit FileSource(const std::filesystem::path& path) : name_(path.string()) {
        descriptor_ = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor_ < 0) {
            throw IoError(errno, name_, "[read] cannot open");
        }
        struct stat status{};
        if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
            const int code = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
            ::close(descriptor_);
            throw IoError(code, name_, "[read] wanted a regular file");
        }
        size_ = status.st_size;
    }
    ~FileSource() override { ::close(descriptor_); }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;

    [[nodiscard]] std::int64_t size() const override { return size_; }
    [[nodiscard]] const std::string& name() const override { return name_; }

    std::size_t read(std::int64_t offset, std::span<std::byte> out) const override {
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t n =
                ::pread(descriptor_, out.data() + done, out.size() - done, offset + static_cast<std::int64_t>(done));
            if (n < 0 && errno == EINTR) {
                continue;
            }
            if (n < 0) {
                throw IoError(errno, name_, "[read] cannot read");
            }
            if (n == 0) {
                break;
            }
            done += static_cast<std::size_t>(n);
        }
        return done;
    }

    void prefetch(std::int64_t offset, std::int64_t n) const override {
        (void)::posix_fadvise(descriptor_, offset, n, POSIX_FADV_WILLNEED);  // a wish
    }

  private:
    std::string name_;
    int descriptor_ = -1;
    std::int64_t size_ = 0;
};

class MemorySource final : public ByteSource {
  public:
    MemorySource(std::vector<std::byte> bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}

    [[nodiscard]] std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }
    [[nodiscard]] const std::string& name() const override { return name_; }

    std::size_t read(std::int64_t offset, std::span<std::byte> out) const override {
        if (offset < 0 || offset >= size() || out.empty()) {
            return 0;
        }
        const std::size_t n = std::min(out.size(), bytes_.size() - static_cast<std::size_t>(offset));
        std::memcpy(out.data(), bytes_.data() + offset, n);
        return n;
    }

  private:
    std::vector<std::byte> bytes_;
    std::string name_;
};

}  // namespace

std::vector<std::byte> ByteSource::read_exactly(std::int64_t offset, std::size_t n) const {
    if (offset < 0 || offset > size() || n > static_cast<std::size_t>(size() - offset)) {
        throw ParseError(
            name(), offset,
            "wanted " + std::to_string(n) + " bytes, got the end of the file at byte " + std::to_string(size()));
    }
    std::vector<std::byte> out(n);
    if (read(offset, out) != n) {
        throw ParseError(name(), offset,
                         "wanted " + std::to_string(n) + " bytes, got fewer: the file shrank while it was read");
    }
    return out;
}

std::string ByteSource::read_text(std::int64_t limit) const {
    if (size() > limit) {
        throw ParseError(name(), limit,
                         "wanted a text of at most " + std::to_string(limit) + " bytes, got " + std::to_string(size()));
    }
    const std::vector<std::byte> bytes = read_exactly(0, static_cast<std::size_t>(size()));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::shared_ptr<const ByteSource> open_file(const std::filesystem::path& path) {
    notify_access({Access::read, path.string()});
    auto source = std::make_shared<FileSource>(path);
    for (OpenedFiles* log = open_log; log != nullptr; log = log->outer_) {
        if (std::ranges::find(log->paths_, path) == log->paths_.end()) {
            log->paths_.push_back(path);
        }
    }
    return source;
}

OpenedFiles::OpenedFiles() : outer_(std::exchange(open_log, this)) {}

OpenedFiles::~OpenedFiles() {
    open_log = outer_;
}

std::shared_ptr<const ByteSource> from_memory(std::vector<std::byte> bytes, std::string name) {
    return std::make_shared<MemorySource>(std::move(bytes), std::move(name));
}

}  // namespace biopotential::inline v0
