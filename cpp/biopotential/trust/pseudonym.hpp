#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace biopotential::inline v0::trust {

/// Which way a patient's dates move.
enum class ShiftDirection { back, forward };

/// The secret of one project (permit): pseudonyms and date shifts follow from it and from nothing else.
///
/// HKDF-SHA256 gives each project a key of its own from the master key, so that two projects' pseudonyms of one patient
/// can't be linked; HMAC-SHA256 of the patient's id gives pseudonym and shift. Without the key neither can be guessed
/// by trying ids.
class ProjectKey {
  public:
    /// \param master   at least 32 secret bytes
    /// \param project  name of the project or permit; any text
    /// \throws std::invalid_argument
    ProjectKey(std::vector<std::uint8_t> master, std::string project);

    /// From a file that only its owner may read and that holds 32 to 4096 bytes.
    /// \throws IoError
    /// \throws PolicyError  others may read it, or it is too short
    [[nodiscard]] static ProjectKey from_file(const std::filesystem::path& path, std::string project);

    [[nodiscard]] const std::string& project() const { return project_; }
    /// Eight hexadecimal digits by which two runs with the same key can be told; gives nothing of the key away.
    [[nodiscard]] std::string key_id() const;

    /// Sixteen symbols of Crockford's base 32 and an ISO 7064 MOD 37,36 check character. Ids that differ only in case,
    /// in outer blanks or in the spelling of composed letters get the same.
    [[nodiscard]] std::string pseudonym(std::string_view patient_id) const;

    /// Days by which all dates of the patient move: 1 to 156 whole weeks.
    [[nodiscard]] int shift_days(std::string_view patient_id, ShiftDirection direction) const;

    /// Keyed digest of any text under a label: comparable within the project only. 64 hexadecimal digits.
    [[nodiscard]] std::string digest(std::string_view label, std::string_view text) const;

  private:
    std::vector<std::uint8_t> master_, domain_;
    std::string project_;
};

/// Make a new master key: 32 random bytes in a new file that only its owner may read.
/// \throws IoError  also where the file exists
void write_new_key(const std::filesystem::path& path);

/// Whether a pseudonym's check character is right.
[[nodiscard]] bool is_pseudonym(std::string_view text);

/// The start of a recording moved by whole weeks within the years that EDF can hold, 1985 to 2084; empty where the
/// result lies beyond.
[[nodiscard]] std::optional<std::int64_t> shifted_start_ns(std::int64_t start_ns, int days);

/// Back, except for dates before 1988-01-01, from where the longest shift back could leave EDF's years.
[[nodiscard]] ShiftDirection shift_direction(std::int64_t earliest_start_ns);

}  // namespace biopotential::inline v0::trust
