#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/core/byte_source.hpp"
#include "biopotential/io/output_internal.hpp"

namespace biopotential::inline v0::io {

/// A FLAC stream as the samples of WFDB format 32 that it stands for, decoded where they are read: frame after frame,
/// in a frame signal after signal, of each signal its `samples_per_frame` samples.
///
/// \param max_bits     bits a sample at most: format 508, 516 or 524 less 500
/// \param first_sample of each channel: what lies before it is left out
/// \throws ParseError  no FLAC stream of n_channels channels, or a build without libFLAC
[[nodiscard]] std::shared_ptr<const ByteSource> decode_flac(std::shared_ptr<const ByteSource> source, Index n_channels,
                                                            Index samples_per_frame, int max_bits, Index first_sample);

constexpr Index most_flac_channels = 8;

/// Encodes samples as the FLAC stream of a WFDB signal file; the rate that FLAC wants is 96,000 Hz, as other writers of
/// WFDB say.
class FlacWriter {
  public:
    /// \param bits  of a sample: 8, 16 or 24
    /// \throws std::invalid_argument  a build without libFLAC
    FlacWriter(OutputFile& file, Index n_channels, int bits, Index n_samples);
    ~FlacWriter();
    FlacWriter(const FlacWriter&) = delete;
    FlacWriter& operator=(const FlacWriter&) = delete;

    /// The samples of each channel that follow on the last ones. \throws IoError
    void put(std::span<const std::span<const std::int32_t>> channels);
    /// \throws IoError
    void finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace biopotential::inline v0::io
