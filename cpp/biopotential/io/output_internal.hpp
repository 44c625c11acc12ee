#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace biopotential::inline v0::io {

/// A file that appears complete or not at all: written under another name in the same folder, synced, then renamed.
/// Destroyed before commit(), it leaves nothing behind. AccessHook is told of the final name.
class OutputFile {
  public:
    explicit OutputFile(const std::filesystem::path& path);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
    /// Bytes at a place of their own, from several threads at once; they are on their way to the disk then. A file is
    /// written either so or from its start on.
    void write_at(std::int64_t offset, std::span<const std::byte> bytes);
    /// Flush, sync and give the file its name. \throws IoError
    void commit();

    /// Name under which the file is written; for libraries that open it themselves.
    [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }

  private:
    void flush();

    std::filesystem::path path_, temporary_;
    int descriptor_ = -1;
    bool committed_ = false;
    std::vector<std::byte> buffer_;
};

}  // namespace biopotential::inline v0::io
