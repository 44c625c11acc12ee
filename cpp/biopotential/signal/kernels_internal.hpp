#pragma once

#include <algorithm>
#include <complex>
#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/core/clones_internal.hpp"
#include "biopotential/signal/filter.hpp"

namespace biopotential::inline v0::signal {

/// One channel of x, contiguous.
inline void copy_channel(const MatrixView& x, Index c, double* out) {
    const double* const first = x.data() + c * x.outerStride();
    const Index step = x.innerStride();
    if (step == 1) {
        std::copy_n(first, x.cols(), out);
        return;
    }
    for (Index i = 0; i < x.cols(); ++i) {
        out[i] = first[i * step];
    }
}

/// a[k] <- a[k] b[k] for n complex numbers, without the standard's care for infinities.
void multiply(std::complex<double>* a, const std::complex<double>* b, Index n);

/// out[k] += a[k] b[k].
void add_products(const std::complex<double>* a, const std::complex<double>* b, std::complex<double>* out, Index n);
/// out[k] += conj(a[-k]) b[k].
void add_mirrored_products(const std::complex<double>* a, const std::complex<double>* b, std::complex<double>* out,
                           Index n);

/// out[k] += scale |a[k]|^2.
void add_squares(const std::complex<double>* a, double scale, double* out, Index n);

/// a[i] <- a[i] b[i].
void multiply(double* a, const double* b, Index n);

/// sum a[i] b[i], in eight partial sums.
[[nodiscard]] double dot(const double* a, const double* b, Index n);

/// y[i] = sum_k h[k] x[i - k] for n outputs, each summed in the order of k; x reaches n_taps - 1 samples back.
void causal_fir(const double* h, Index n_taps, const double* x, double* y, Index n);

/// Mean of n >= 1 samples, in eight partial sums.
[[nodiscard]] double mean_of(const double* x, Index n);

/// Remove the mean or the line of n samples, in place.
void remove_trend(double* x, Index n, Detrend kind);

}  // namespace biopotential::inline v0::signal
