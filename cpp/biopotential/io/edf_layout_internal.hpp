#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

// What EDF has no field for stands in annotations of these texts, which our reader takes out again. Other readers show
// them as events.

/// EDF holds whole records only. Where the samples of a stretch end within one, the rest repeats the last sample and
/// this stands at the true end: the reader leaves the rest out.
constexpr std::string_view end_of_samples = "biopotential: end of samples";
/// Followed by the channel's number: its samples from the onset on, as long as the duration, are missing (NaN).
constexpr std::string_view missing_samples = "biopotential: missing samples of channel ";
/// Followed by the channel's number, a blank and the text that the header's 16 (8) bytes cut.
constexpr std::string_view full_name = "biopotential: name of channel ";
constexpr std::string_view full_unit = "biopotential: unit of channel ";

struct EdfHeader {
    std::string text;
    std::size_t annotation_bytes = 0;  ///< of each record
};
/// The header that write_edf gives a recording. \throws std::invalid_argument  as write_edf
[[nodiscard]] EdfHeader edf_header(const Recording& recording, bool bdf);

}  // namespace biopotential::inline v0::io
