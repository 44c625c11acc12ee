#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// A channel of a recording that is being made; samples beyond the range are clipped.
struct EdfStreamChannel {
    std::string name;  ///< at most 16 bytes
    std::string unit;  ///< at most 8 bytes
    double physical_min = 0, physical_max = 0;
};

/// Writes EDF+ (BDF+ where the suffix is .bdf) while samples come in, record after record of about a second.
///
/// A whole record stands in the file as soon as its samples are there: a writer that is killed leaves a file that reads
/// up to its last whole record, with a warning that its header counts none. flush() makes the file survive a power cut
/// too. Missing samples (NaN) repeat the one before and are marked by an annotation.
class EdfWriter {
  public:
    /// \param start_ns  local start time, ns since 1970-01-01; empty: unknown
    /// \throws IoError  a file of that name is there already, or cannot be made
    /// \throws std::invalid_argument  no channel, names that do not fit, ranges that are none, fs <= 0
    EdfWriter(const std::filesystem::path& path, double fs, const std::vector<EdfStreamChannel>& channels,
              std::optional<std::int64_t> start_ns = std::nullopt);
    ~EdfWriter();
    EdfWriter(const EdfWriter&) = delete;
    EdfWriter& operator=(const EdfWriter&) = delete;

    /// Samples that follow on the last ones, physical units, shape (n_channels, n).
    /// \throws std::invalid_argument  another number of channels, an infinite sample, a closed writer
    void append(const MatrixView& samples);
    /// An event; it goes into the next records that have room.
    void annotate(const Event& event);
    /// Have the operating system write what stands in the file to the disk.
    void flush();
    /// Write the last, incomplete record and the number of records. Done by the destructor otherwise.
    void close();
    /// Samples per channel that came in.
    [[nodiscard]] Index n_samples() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace biopotential::inline v0::io
