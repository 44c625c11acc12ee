#include <cstring>

#include "biopotential/signal/kernels_internal.hpp"

namespace biopotential::inline v0::signal {

// Complex numbers are pairs of doubles: the array that std::complex promises to be.
BIOPOTENTIAL_CLONES void multiply(std::complex<double>* a, const std::complex<double>* b, Index n) {
    auto* const p = reinterpret_cast<double*>(a);
    const auto* const q = reinterpret_cast<const double*>(b);
    for (Index k = 0; k < n; ++k) {
        const double re = p[2 * k] * q[2 * k] - p[2 * k + 1] * q[2 * k + 1];
        const double im = p[2 * k] * q[2 * k + 1] + p[2 * k + 1] * q[2 * k];
        p[2 * k] = re;
        p[2 * k + 1] = im;
    }
}

BIOPOTENTIAL_CLONES void add_products(const std::complex<double>* a, const std::complex<double>* b,
                                      std::complex<double>* out, Index n) {
    const auto* const p = reinterpret_cast<const double*>(a);
    const auto* const q = reinterpret_cast<const double*>(b);
    auto* const r = reinterpret_cast<double*>(out);
    for (Index k = 0; k < n; ++k) {
        r[2 * k] += p[2 * k] * q[2 * k] - p[2 * k + 1] * q[2 * k + 1];
        r[2 * k + 1] += p[2 * k] * q[2 * k + 1] + p[2 * k + 1] * q[2 * k];
    }
}

BIOPOTENTIAL_CLONES void add_mirrored_products(const std::complex<double>* a, const std::complex<double>* b,
                                               std::complex<double>* out, Index n) {
    const auto* const p = reinterpret_cast<const double*>(a);
    const auto* const q = reinterpret_cast<const double*>(b);
    auto* const r = reinterpret_cast<double*>(out);
    for (Index k = 0; k < n; ++k) {
        r[2 * k] += p[-2 * k] * q[2 * k] + p[-2 * k + 1] * q[2 * k + 1];
        r[2 * k + 1] += p[-2 * k] * q[2 * k + 1] - p[-2 * k + 1] * q[2 * k];
    }
}

BIOPOTENTIAL_CLONES void add_squares(const std::complex<double>* a, double scale, double* __restrict out, Index n) {
    const auto* const p = reinterpret_cast<const double*>(a);
    for (Index k = 0; k < n; ++k) {
        out[k] += (p[2 * k] * p[2 * k] + p[2 * k + 1] * p[2 * k + 1]) * scale;
    }
}

BIOPOTENTIAL_CLONES void multiply(double* a, const double* b, Index n) {
    for (Index i = 0; i < n; ++i) {
        a[i] *= b[i];
    }
}

BIOPOTENTIAL_CLONES double dot(const double* a, const double* b, Index n) {
    using V [[gnu::vector_size(32)]] = double;
    V s0 = {};
    V s1 = {};
    Index i = 0;
    for (; i + 8 <= n; i += 8) {
        V a0, a1, b0, b1;
        std::memcpy(&a0, a + i, sizeof(V));
        std::memcpy(&a1, a + i + 4, sizeof(V));
        std::memcpy(&b0, b + i, sizeof(V));
        std::memcpy(&b1, b + i + 4, sizeof(V));
        s0 += a0 * b0;
        s1 += a1 * b1;
    }
    double tail = 0;
    for (; i < n; ++i) {
        tail += a[i] * b[i];
    }
    const V s = s0 + s1;
    return ((s[0] + s[1]) + (s[2] + s[3])) + tail;
}

BIOPOTENTIAL_CLONES void causal_fir(const double* h, Index n_taps, const double* x, double* y, Index n) {
    using V [[gnu::vector_size(32)]] = double;
    Index i = 0;
    for (; i + 16 <= n; i += 16) {
        V s[4] = {};
        for (Index k = 0; k < n_taps; ++k) {
            for (int j = 0; j < 4; ++j) {
                V v;
                std::memcpy(&v, x + i - k + 4 * j, sizeof(V));
                s[j] += h[k] * v;
            }
        }
        std::memcpy(y + i, s, sizeof(s));
    }
    for (; i < n; ++i) {
        double s = 0;
        for (Index k = 0; k < n_taps; ++k) {
            s += h[k] * x[i - k];
        }
        y[i] = s;
    }
}

namespace {

/// sum x[i] and, where `slope`, sum (i - middle) x[i], in eight partial sums each.
BIOPOTENTIAL_CLONES void moments(const double* x, Index n, double middle, double* sum, double* weighted) {
    using V [[gnu::vector_size(64)]] = double;
    V s = {};
    V w = {};
    V t = {0, 1, 2, 3, 4, 5, 6, 7};
    t -= middle;
    Index i = 0;
    for (; i + 8 <= n; i += 8) {
        V v;
        std::memcpy(&v, x + i, sizeof(V));
        s += v;
        w += t * v;
        t += 8.0;
    }
    *sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
    *weighted = ((w[0] + w[1]) + (w[2] + w[3])) + ((w[4] + w[5]) + (w[6] + w[7]));
    for (; i < n; ++i) {
        *sum += x[i];
        *weighted += (static_cast<double>(i) - middle) * x[i];
    }
}

BIOPOTENTIAL_CLONES void subtract_line(double* x, Index n, double start, double slope) {
    for (Index i = 0; i < n; ++i) {
        x[i] -= start + slope * static_cast<double>(i);
    }
}

}  // namespace

double mean_of(const double* x, Index n) {
    double sum = 0;
    double weighted = 0;
    moments(x, n, 0, &sum, &weighted);
    return sum / static_cast<double>(n);
}

void remove_trend(double* x, Index n, Detrend kind) {
    if (kind == Detrend::none || n == 0) {
        return;
    }
    const auto count = static_cast<double>(n);
    const double middle = 0.5 * (count - 1);
    // The mean goes first: what is left of it by rounding doesn't matter to the slope.
    subtract_line(x, n, mean_of(x, n), 0);
    if (kind == Detrend::linear && n > 1) {
        double sum = 0;
        double weighted = 0;
        moments(x, n, middle, &sum, &weighted);
        const double slope = weighted / (count * (count * count - 1) / 12);
        subtract_line(x, n, sum / count - slope * middle, slope);
    }
}

}  // namespace biopotential::inline v0::signal
