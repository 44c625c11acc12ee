#pragma once

#include <string_view>

namespace biopotential::inline v0::io {

/// EDF holds whole records only. Where the samples end within one, the rest repeats the last sample and an annotation
/// of this text stands at the true end: the reader leaves the rest out.
constexpr std::string_view end_of_samples = "biopotential: end of samples";

}  // namespace biopotential::inline v0::io
