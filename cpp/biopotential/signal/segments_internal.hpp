#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/kernels_internal.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::signal {

/// Segments of a signal: their length, distance, window and transform.
struct Segments {
    Index nperseg = 0;
    Index step = 0;
    Index nfft = 0;
    Index n = 0;
    Array<double> window;
    double sum = 0;          // of the window
    double sum_squares = 0;  // of its squares
    std::shared_ptr<const Fft> fft;
    Array<double> freqs;
};

/// Check the arguments and plan the segments of x; `overlap_divisor`: what share of nperseg overlaps by default.
[[nodiscard]] Segments make_segments(std::string_view function, const MatrixView& x, double fs, Index nperseg,
                                     std::optional<Index> overlap, std::optional<Index> nfft, Index overlap_divisor,
                                     const WindowShape& shape);

/// One segment's spectrum: trend removed, windowed, padded with zeros.
class SegmentTransform {
  public:
    explicit SegmentTransform(const Segments& s) : s_(s), samples_(s.nfft), spectrum_(s.fft->n_freqs()) {}

    const FftBuffer<std::complex<double>>& operator()(const double* x, Index stride, Detrend kind) {
        if (stride == 1) {
            std::copy_n(x, s_.nperseg, samples_.data());
        } else {
            for (Index i = 0; i < s_.nperseg; ++i) {
                samples_[i] = x[i * stride];
            }
        }
        remove_trend(samples_.data(), s_.nperseg, kind);
        multiply(samples_.data(), s_.window.data(), s_.nperseg);
        s_.fft->forward(samples_, spectrum_);
        return spectrum_;
    }

  private:
    const Segments& s_;
    FftBuffer<double> samples_;
    FftBuffer<std::complex<double>> spectrum_;
};

/// |X|^2 to one-sided power: every frequency but DC and fs / 2 stands for two.
[[nodiscard]] inline double power_scale(const Segments& s, double fs, Scaling scaling) {
    return scaling == Scaling::density ? 1 / (fs * s.sum_squares) : 1 / (s.sum * s.sum);
}

[[nodiscard]] inline bool has_mirror(const Segments& s, Index k) {
    return k != 0 && 2 * k != s.nfft;
}

/// Power of one segment's spectrum, times scale, added to out.
inline void add_power(const Segments& s, const FftBuffer<std::complex<double>>& spectrum, double scale, double* out) {
    const Index n = s.freqs.size();
    const Index last = s.nfft % 2 == 0 ? n - 1 : n;  // fs / 2, where there is one, stands for itself
    add_squares(spectrum.data(), scale, out, 1);
    add_squares(spectrum.data() + 1, 2 * scale, out + 1, last - 1);
    if (last < n && last > 0) {
        add_squares(spectrum.data() + last, scale, out + last, 1);
    }
}

[[nodiscard]] inline const double* segment_start(const Segments& s, const MatrixView& x, Index c, Index i) {
    return x.data() + c * x.outerStride() + i * s.step * x.innerStride();
}

/// Expected median of n periodograms over their mean.
[[nodiscard]] double median_bias(Index n);

}  // namespace biopotential::inline v0::signal
