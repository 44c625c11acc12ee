#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace biopotential::inline v0 {

/// Random access to bytes that readers parse: a file, memory, or (in `trust`) a decrypted view of a file.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;

    [[nodiscard]] virtual std::int64_t size() const = 0;
    /// For messages: the path, or a name in angle brackets.
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// Fill `out` from `offset`; returns the bytes read, fewer only at the end. Safe from several threads at once.
    /// \throws IoError
    virtual std::size_t read(std::int64_t offset, std::span<std::byte> out) const = 0;
    /// That these bytes will soon be read: a disk may fetch many places at once, one after the other takes long.
    virtual void prefetch(std::int64_t /*offset*/, std::int64_t /*n*/) const {}

    /// All of [offset, offset + n), or a ParseError that says where the content ends.
    [[nodiscard]] std::vector<std::byte> read_exactly(std::int64_t offset, std::size_t n) const;
    /// The whole content as text, refused beyond `limit` bytes (an allocation never follows a header alone).
    [[nodiscard]] std::string read_text(std::int64_t limit = 64 << 20) const;
};

/// A regular file, opened read-only with pread; AccessHook is told.
/// \throws IoError
[[nodiscard]] std::shared_ptr<const ByteSource> open_file(const std::filesystem::path& path);

/// The files that this thread opened with open_file since the object was made, each once, in order: what a reader read,
/// without each reader keeping book. Objects nest.
class OpenedFiles {
  public:
    OpenedFiles();
    ~OpenedFiles();
    OpenedFiles(const OpenedFiles&) = delete;
    OpenedFiles& operator=(const OpenedFiles&) = delete;

    [[nodiscard]] const std::vector<std::filesystem::path>& paths() const { return paths_; }

  private:
    friend std::shared_ptr<const ByteSource> open_file(const std::filesystem::path& path);
    std::vector<std::filesystem::path> paths_;
    OpenedFiles* outer_;
};

/// Bytes that the source keeps.
[[nodiscard]] std::shared_ptr<const ByteSource> from_memory(std::vector<std::byte> bytes,
                                                            std::string name = "<memory>");

}  // namespace biopotential::inline v0
