#pragma once

#include <memory>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// What a table of text does not say of itself.
struct CsvOptions {
    double fs = 0;                     ///< Hz; 0: from the time column
    std::vector<std::string> columns;  ///< to take, in this order; empty: all. Without a header: a name of each column
    std::vector<std::string> units;    ///< of all channels, or of each
    char delimiter = ',';              ///< ' ': runs of blanks
    char decimal = '.';                ///< ',' where a comma stands in numbers
    std::string time_column;           ///< its name; empty: none
    double time_unit_s = 1;            ///< seconds per unit of the time column
    bool header = true;                ///< the first row has the columns' names
    Index skip_rows = 0;               ///< lines before the header, or the first row
    char comment = '\0';               ///< lines that begin with it are left out; '\0': none
    std::vector<std::string> missing = {"", "NaN", "nan", "NA"};  ///< fields that are NaN
};

/// Read a table of text, a row per sample, as a recording of float64 samples. With a time column, steps of more
/// than 1.5 samples are gaps; without fs, the rate is the inverse of the mean step, whole Hz where that moves no sample
/// by a tenth of a step. Fields may stand in double quotes. At most 2 GiB of text.
/// \throws IoError
/// \throws ParseError             a row of other columns, a field that is no number, times that run backwards
/// \throws std::invalid_argument  no rate and no time column, options that contradict each other
[[nodiscard]] Recording read_csv(const std::shared_ptr<const ByteSource>& source, const CsvOptions& options);

}  // namespace biopotential::inline v0::io
