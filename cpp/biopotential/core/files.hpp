#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace biopotential::inline v0 {

/// A folder that only we can enter and that disappears at the end, with what is in it.
class TemporaryFolder {
  public:
    /// \param function  for the message
    /// \throws IoError
    explicit TemporaryFolder(std::string_view function,
                             const std::filesystem::path& parent = std::filesystem::temp_directory_path(),
                             std::string_view prefix = "biopotential-");
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// Write and sync a file that doesn't exist yet, for everybody whom the umask allows or for its owner only; where that
/// fails, none is left.
/// \param function  for the message
/// \throws IoError
void write_new_file(std::string_view function, const std::filesystem::path& path, std::span<const std::byte> bytes,
                    bool owner_only = false);
void write_new_file(std::string_view function, const std::filesystem::path& path, std::string_view text,
                    bool owner_only = false);

}  // namespace biopotential::inline v0
