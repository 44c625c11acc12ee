#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/recording.hpp"
#include "biopotential/trust/pseudonym.hpp"

namespace biopotential::inline v0::trust {

enum class TimeOfDay { drop, hour, keep };

struct DeidOptions {
    /// The patient's id; empty: from the file (EDF's patient code or name), else the file's name.
    std::string patient_id;
    /// A namespace of patient ids (a hospital), so that two hospitals' patient 17 differ.
    std::string issuer;
    /// Pseudonyms that a trust centre gave, by patient id; where it holds any, a patient that is not there is refused.
    std::map<std::string, std::string> pseudonyms;
    /// The start's time of day: midnight, whole hours, or as it was.
    TimeOfDay time_of_day = TimeOfDay::drop;
    /// Which way dates move; empty: by this recording's date alone (`shift_direction`).
    std::optional<ShiftDirection> direction;
    /// Write no date at all.
    bool drop_date = false;
    /// Keep the text of annotations that is in the vocabulary; otherwise only their times.
    bool keep_annotations = true;
    /// More to search for in the output: a list of patients, of staff.
    std::vector<std::string> roster;
    /// ".edf", ".bdf", ".hea" or ".h5"; empty: the input's format.
    std::string suffix;
    /// Name of the output without suffix; empty: the pseudonym and a keyed digest of the samples.
    std::string stem;
    std::vector<std::string> annotators = {"atr"};  ///< WFDB: annotation files to read
};

struct DeidResult {
    std::string status;  ///< "no known identifier found", "review" or "refused"
    std::string pseudonym;
    std::string report_json;                   ///< holds no value of the input
    std::vector<std::filesystem::path> files;  ///< written into the folder; none where refused
};

/// Write a recording again without its patient's identity: EDF, EDF+, BDF, WFDB or the project's HDF5.
///
/// Nothing is copied: the output is serialised from what the reader understood. Patient and recording fields become a
/// keyed pseudonym, the date moves by whole weeks, free text goes through the closed vocabulary, file names are new;
/// digital samples, gains, gaps and the times of annotations stay. Then every identifier that the input held is
/// searched in every byte of the output, and the output is read again and compared. The files appear in the folder
/// together with <stem>.deid.json, or none does.
/// \throws ParseError      content that is broken; the message holds none of it
/// \throws PolicyError     a date that no shift brings into EDF's years; a patient without a given pseudonym
/// \throws IntegrityError  the output's samples are not the input's
/// \throws IoError, std::invalid_argument
[[nodiscard]] DeidResult deidentify(const std::filesystem::path& source, const std::filesystem::path& folder,
                                    const ProjectKey& key, const DeidOptions& options = {});

struct Subject {
    std::string key;                       ///< keyed digest of the patient's id: the same for all of a patient's files
    std::optional<std::int64_t> start_ns;  ///< the recording's start
};
/// Whose a recording is, so that all recordings of a patient get one direction of the date shift.
[[nodiscard]] Subject subject_of(const std::filesystem::path& source, const ProjectKey& key,
                                 const DeidOptions& options = {});

}  // namespace biopotential::inline v0::trust
