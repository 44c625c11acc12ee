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
    /// A signal format of signal(5): 8, 16, 24, 32, 61, 80, 160, 212, 310, 311, or FLAC's 508, 516, 524 where the build
    /// has libFLAC. 0: what the channels had if 212, else the smallest of 16, 24, 32 that holds all samples. Samples
    /// that a format cannot hold are refused, never clipped.
    int format = 0;
    std::string annotator = "atr";  ///< suffix of the annotation file, written where there are events
    /// A recording with gaps as segments of variable layout (with a layout header, as MIMIC's) or of fixed layout.
    bool variable_layout = true;
};

/// Write a record as <record>.hea, <record>.dat and, with events, <record>.atr, each complete or not at all. FLAC holds
/// at most 8 signals of one rate a file: others follow in <record>_1.dat and so on.
///
/// A recording with gaps becomes a multi-segment record: <record>_0001.hea and .dat for each stretch, "~" for each gap.
/// Gaps are whole frames, so that a stretch that starts between two moves by at most half a frame.
/// \param header  <record>.hea
/// \throws IoError
/// \throws std::invalid_argument  rates that share no frame, signals that do not start and pause together, samples that
///     the format does not hold, a name that WFDB does not allow
void write_wfdb(const Recording& recording, const std::filesystem::path& header, const WfdbWriteOptions& options = {});

}  // namespace biopotential::inline v0::io
