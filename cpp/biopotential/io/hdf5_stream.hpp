#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/core/recording.hpp"

namespace biopotential::inline v0::io {

/// A channel of a recording that is being made.
struct Hdf5StreamChannel {
    std::string name, unit;
    double physical_min = 0, physical_max = 0;  ///< of digital samples, which are clipped to it
};

struct Hdf5StreamOptions {
    int bits = 16;  ///< of digital samples over each channel's physical range, 16 or 24; 0: float64 as they come
    std::optional<std::int64_t> start_ns;  ///< local start time, ns since 1970-01-01
};

/// Writes the project's container (docs/hdf5-container.md) while samples come in, many hours of them.
///
/// Chunk after chunk of about 64 KiB stands in the file as soon as its samples are there, and what came in since with
/// flush(): the library's mode for one writer and many readers (SWMR) orders its writes, so that a writer that is
/// killed at any moment leaves a file that reads up to there, and others may read it meanwhile. The reader says in a
/// warning that the file was not closed; the hash over the samples comes with close(). Missing samples (NaN) stay
/// missing.
class Hdf5Writer {
  public:
    /// \throws IoError  a file of that name is there already, or cannot be made
    /// \throws std::invalid_argument  no channel, ranges that are none, fs <= 0, other bits
    Hdf5Writer(const std::filesystem::path& path, double fs, const std::vector<Hdf5StreamChannel>& channels,
               const Hdf5StreamOptions& options = {});
    ~Hdf5Writer();
    Hdf5Writer(const Hdf5Writer&) = delete;
    Hdf5Writer& operator=(const Hdf5Writer&) = delete;

    /// Samples that follow on the last ones, physical units, shape (n_channels, n).
    /// \throws std::invalid_argument  another number of channels, an infinite sample, a closed writer
    void append(const MatrixView& samples);
    /// An event; it is in the file with the next chunk or flush.
    void annotate(const Event& event);
    /// Everything that came in stands in the file, and on the disk. The last chunk is written anew each time, so that a
    /// flush every few seconds makes the file larger, not one every minute.
    void flush();
    /// Flush, and write the hash over the samples, for which they are read once more. Done by the destructor otherwise.
    void close();
    /// Samples per channel that came in.
    [[nodiscard]] Index n_samples() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace biopotential::inline v0::io
