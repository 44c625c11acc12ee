#pragma once

#include <span>
#include <string_view>

namespace biopotential::inline v0::signal {

/// Low-pass filters of one wavelet; `analysis` is empty where it is the other reversed (orthogonal wavelets).
struct WaveletTable {
    std::string_view name;
    std::span<const double> synthesis;
    std::span<const double> analysis;
};
[[nodiscard]] std::span<const WaveletTable> wavelet_tables();

}  // namespace biopotential::inline v0::signal
