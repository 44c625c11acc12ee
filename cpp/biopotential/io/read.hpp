#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

struct ReadOptions {
    bool strict = false;  ///< refuse with a ParseError what a tolerant reader only warns of
    std::vector<std::string> annotators = {
        "atr"};  ///< WFDB: annotation files <record>.<annotator> that are read where they exist
};

/// Read a recording, whatever its format: WFDB (record name, .hea, or a signal file beside its .hea), EDF, EDF+, BDF,
/// BDF+ or the project's HDF5 container, told apart by content. Samples stay in the file until they are asked for.
/// \throws IoError     a file cannot be read
/// \throws ParseError  no known format, or content that breaks it
[[nodiscard]] Recording read(const std::filesystem::path& path, const ReadOptions& options = {});

}  // namespace biopotential::inline v0::io
