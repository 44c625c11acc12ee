#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

struct ReadOptions {
    bool strict = false;  ///< refuse with a ParseError what a tolerant reader only warns of
    std::vector<std::string> annotators = {
        "atr"};  ///< WFDB: annotation files <record>.<annotator> that are read where they exist
};

/// How the message of a ParseError starts for a file of no known format.
constexpr std::string_view unknown_format =
    "wanted WFDB, EDF, BDF, GDF, BrainVision, XDF, DICOM, SCP-ECG, ISHNE, MFER, an ECG in XML or the project's HDF5";

/// Read a recording, whatever its format, told apart by content: WFDB (record name, .hea, or a signal file beside its
/// .hea), EDF, EDF+, BDF, BDF+, GDF, BrainVision (.vhdr, or .eeg beside it), XDF, DICOM waveforms, SCP-ECG, ISHNE,
/// MFER, an ECG in XML or the project's HDF5 container. Samples stay in the file until they are asked for (XDF, SCP-ECG
/// and XML excepted).
/// \throws IoError     a file cannot be read
/// \throws ParseError  no known format, or content that breaks it
[[nodiscard]] Recording read(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
