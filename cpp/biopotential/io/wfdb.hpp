#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/recording.hpp"
#include "biopotential/io/read.hpp"

namespace biopotential::inline v0::io {

/// Read a WFDB record (header(5), signal(5) of the WFDB Applications Guide, Moody): one segment, formats 8, 16, 24, 32,
/// 61, 80, 160, 212, 310 and 311, several signals in one or several files.
///
/// Physical samples are (digital - baseline) / gain, the format's code for a missing sample is NaN. Signals with
/// several samples per frame have a rate of their own. Base time and date and the comments are the recording's
/// identity. Signal files stand beside the header; names that lead elsewhere are refused.
/// \param header  the .hea file
/// \throws IoError, ParseError  (also for multi-segment records)
[[nodiscard]] Recording read_wfdb(const std::filesystem::path& header, const ReadOptions& options = {});

struct Annotations {
    std::vector<Event> events;  ///< ascending in onset
    std::optional<double> fs;   ///< Hz, where the file states its time resolution
    std::vector<std::string> warnings;
};

/// Read a WFDB annotation file in MIT format (annot(5)): label is the symbol ("N", "V", "+" ...), code its number.
/// \param fs  rate in Hz that turns sample numbers into times, where the file states none
/// \throws IoError, ParseError
[[nodiscard]] Annotations read_annotations(const std::filesystem::path& path, double fs, bool strict = false);

/// Write events as a WFDB annotation file in MIT format; an event whose label is no WFDB symbol becomes a note (") with
/// the label in aux.
/// \throws IoError, std::invalid_argument
void write_annotations(const std::vector<Event>& events, const std::filesystem::path& path, double fs);

struct WfdbWriteOptions {
    int format = 0;  ///< 16, 24, 32 or 212; 0: what the channels had if 212, else the smallest of 16, 24, 32 that holds
                     ///< all samples
    std::string annotator = "atr";  ///< suffix of the annotation file, written where there are events
};

/// Write a record as <record>.hea, <record>.dat and, with events, <record>.atr, each complete or not at all.
/// \param header  <record>.hea
/// \throws IoError
/// \throws std::invalid_argument  gaps, rates that share no frame, a name that WFDB does not allow
void write_wfdb(const Recording& recording, const std::filesystem::path& header, const WfdbWriteOptions& options = {});

}  // namespace biopotential::inline v0::io
