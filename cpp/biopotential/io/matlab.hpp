#pragma once

#include <memory>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// What a MATLAB array does not say of itself.
struct MatlabOptions {
    double fs = 0;                      ///< Hz
    std::string variable;               ///< its name; empty: the only numeric matrix, or "val"
    std::vector<std::string> channels;  ///< a name each; empty: "1", "2" ...
    std::string unit;
    double gain = 1;  ///< stored steps per physical unit: 1000 in the CinC 2017 records, whose unit is mV
};

/// Read a numeric matrix of a MATLAB 4 or 5 file as samples; the longer side is time. Whole numbers are digital
/// samples. Compressed variables (MATLAB 5) are unpacked to 2 GiB at most.
/// \throws IoError, ParseError
/// \throws std::invalid_argument  fs <= 0, gain 0, names that do not fit
[[nodiscard]] Recording read_matlab(const std::shared_ptr<const ByteSource>& source, const MatlabOptions& options);

}  // namespace biopotential::inline v0::io
