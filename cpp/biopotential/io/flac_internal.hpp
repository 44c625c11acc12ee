#pragma once

#include <memory>

#include "biopotential/core/array.hpp"
#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::io {

/// A FLAC stream as the samples of WFDB format 32 that it stands for, decoded where they are read: frame after frame,
/// in a frame signal after signal, of each signal its `samples_per_frame` samples.
///
/// \param max_bits     bits a sample at most: format 508, 516 or 524 less 500
/// \param first_sample of each channel: what lies before it is left out
/// \throws ParseError  no FLAC stream of n_channels channels, or a build without libFLAC
[[nodiscard]] std::shared_ptr<const ByteSource> decode_flac(std::shared_ptr<const ByteSource> source, Index n_channels,
                                                            Index samples_per_frame, int max_bits, Index first_sample);

}  // namespace biopotential::inline v0::io
