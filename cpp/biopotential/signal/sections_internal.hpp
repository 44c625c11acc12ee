#pragma once

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

/// Channels that go through second-order sections together, one in each lane of the vector registers.
struct SectionsTask {
    const double* sos = nullptr;  ///< (n_sections, 6)
    Index n_sections = 0;
    Index lanes = 1;           ///< 1, 4 or 8
    double* state = nullptr;   ///< (n_sections, 2, lanes), updated
    const double* in[8] = {};  ///< first sample of each lane's channel; idle lanes repeat the last channel
    Index step = 1;            ///< from one sample to the next
    double* out[8] = {};       ///< contiguous; may be the same as in where step is 1
    Index n = 0;
    bool backward = false;  ///< from the last sample to the first
};

/// Lanes for so many channels: all of them busy where there are enough channels for every thread.
[[nodiscard]] Index best_lanes(Index n_channels, Index n_threads);

/// Filter; false where a sample is NaN or infinite (the result is then of no use). The bits don't depend on the lanes
/// or the instruction set.
[[nodiscard]] bool filter_lanes(const SectionsTask& task);

/// The same over n samples of `lanes` interleaved channels, (n, lanes), in place; lanes 1, 4 or 8.
void run_sections(const double* sos, Index n_sections, double* state, double* x, Index n, Index lanes,
                  bool backward = false);

}  // namespace biopotential::inline v0::signal
