#pragma once

#include <span>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

/// Detrending by smoothness priors (Tarvainen 2002, IEEE TBME 49:172): x minus the z that minimises
/// |x - z|^2 + lambda^2 |second difference of z|^2, for evenly spaced x; a high-pass whose cut-off falls with lambda.
/// Each channel of x, shape (n_channels, n_samples), by itself.
[[nodiscard]] Array<double> detrend_smoothness_priors(const MatrixView& x, double lambda);

/// Natural cubic spline (second derivative 0 at the ends) through (t, v) at the positions `at`; outside, the end cubics
/// go on. \param t  strictly ascending, two or more
[[nodiscard]] Array<double> cubic_spline(Samples t, Samples v, Samples at);

enum class BaselineMethod {
    median,         ///< running medians of 0.2 s and then 0.6 s (de Chazal 2004, IEEE TBME 51:1196)
    morphological,  ///< opening of 0.2 s, then closing of 0.3 s (Sun 2002, Comput. Biol. Med. 32:465)
    spline,         ///< cubic spline through isoelectric points (Meyer & Keiser 1977, Comput. Biomed. Res. 10:459)
    highpass        ///< zero-phase Butterworth high-pass
};

struct BaselineOptions {
    BaselineMethod method = BaselineMethod::median;
    double short_window_s = 0.2;    ///< median: first window; morphological: opening
    double long_window_s = 0.6;     ///< median: second window; morphological: half of it closes
    double cutoff_hz = 0.5;         ///< highpass
    int order = 2;                  ///< highpass
    std::span<const Index> points;  ///< spline: samples of the isoelectric line, ascending, two or more
    double around_s = 0.02;         ///< spline: the level at a point is the mean over so long a stretch around it
};

/// The wandering baseline of each channel, shape (n_channels, n_samples): what remove_baseline takes away.
[[nodiscard]] Array<double> baseline(const MatrixView& x, double fs, const BaselineOptions& options = {});
[[nodiscard]] Array<double> remove_baseline(const MatrixView& x, double fs, const BaselineOptions& options = {});

}  // namespace biopotential::inline v0::signal
