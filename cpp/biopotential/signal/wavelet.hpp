#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

/// The four filters of a discrete wavelet, in PyWavelets' order and orientation.
struct Wavelet {
    std::string name;
    Array<double> analysis_low, analysis_high;
    Array<double> synthesis_low, synthesis_high;
};

/// "haar", "db1" to "db20", "sym2" to "sym20", "coif1" to "coif5", "bior1.1" to "bior6.8" and "rbio" of the same
/// numbers. \throws std::invalid_argument  another name
[[nodiscard]] Wavelet wavelet(std::string_view name);
[[nodiscard]] std::vector<std::string> wavelet_names();

/// How a signal goes on beyond its ends; PyWavelets' modes.
enum class Extension {
    symmetric,      ///< b a | a b c
    reflect,        ///< c b | a b c
    zero,           ///< 0 0 | a b c
    constant,       ///< a a | a b c
    smooth,         ///< along the line of the outermost two samples
    periodic,       ///< the other end
    antisymmetric,  ///< -b -a | a b c
    antireflect,    ///< 2a-c 2a-b | a b c
    periodization   ///< periodic with as few coefficients as possible
};

/// x of shape (n_channels, n_samples) and coefficients of shape (n_channels, n) in all of these; NaN and infinity are
/// refused (std::invalid_argument).
struct DwtCoefficients {
    Array<double> approximation;
    Array<double> detail;
};

/// One level of the discrete wavelet transform; equal to pywt.dwt.
[[nodiscard]] DwtCoefficients dwt(const MatrixView& x, const Wavelet& w, Extension mode = Extension::symmetric);
/// Its inverse; equal to pywt.idwt.
[[nodiscard]] Array<double> idwt(const MatrixView& approximation, const MatrixView& detail, const Wavelet& w,
                                 Extension mode = Extension::symmetric);

/// The level at which a wavelet still fits the signal: floor(log2(n / (filter length - 1))), at least 0.
[[nodiscard]] int dwt_max_level(Index n_samples, const Wavelet& w);

/// Levels of the transform: approximation of the last level, then details from the last level to the first; equal to
/// pywt.wavedec. \param level  absent: dwt_max_level
[[nodiscard]] std::vector<Array<double>> wavedec(const MatrixView& x, const Wavelet& w, std::optional<int> level = {},
                                                 Extension mode = Extension::symmetric);
/// Its inverse; equal to pywt.waverec.
[[nodiscard]] Array<double> waverec(const std::vector<Array<double>>& coefficients, const Wavelet& w,
                                    Extension mode = Extension::symmetric);

/// Stationary (undecimated) transform of a periodic signal, from the last level to the first; equal to pywt.swt.
/// \param level  n_samples is a multiple of 2^level
[[nodiscard]] std::vector<DwtCoefficients> swt(const MatrixView& x, const Wavelet& w, int level);
/// Its inverse; equal to pywt.iswt.
[[nodiscard]] Array<double> iswt(const std::vector<DwtCoefficients>& levels, const Wavelet& w);

}  // namespace biopotential::inline v0::signal
