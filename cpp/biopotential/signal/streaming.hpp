#pragma once

#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

// Causal filters fed block by block. The concatenated output equals the offline function's to the last bit, whatever
// the sizes of the blocks. Copying a stream copies its state. push(block, out) allocates nothing. A block with NaN or
// infinity, or of another number of channels, throws std::invalid_argument and leaves the state as it was.

/// sosfilt as a stream.
class SosStream {
  public:
    SosStream(const MatrixView& sos, Index n_channels);

    /// \param block  shape (n_channels, n), any n
    /// \param out    row-major (n_channels, n), written
    void push(const MatrixView& block, std::span<double> out);
    [[nodiscard]] Array<double> push(const MatrixView& block);
    /// Back to rest.
    void reset();
    [[nodiscard]] Index n_channels() const { return n_channels_; }

  private:
    std::vector<double> sos_;
    Index n_channels_;
    std::vector<double> state_;  // (n_channels, n_sections, 2)
};

/// fir_filter_causal as a stream.
class FirStream {
  public:
    FirStream(Samples h, Index n_channels);

    void push(const MatrixView& block, std::span<double> out);
    [[nodiscard]] Array<double> push(const MatrixView& block);
    void reset();
    [[nodiscard]] Index n_channels() const { return n_channels_; }

  private:
    std::vector<double> h_;
    Index n_channels_;
    Index chunk_;                  // samples that one pass takes
    std::vector<double> work_;     // (n_taps - 1 + chunk): history and new samples of one channel
    std::vector<double> history_;  // (n_channels, n_taps - 1)
};

}  // namespace biopotential::inline v0::signal
