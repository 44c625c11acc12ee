#include <cstring>

#include "biopotential/signal/kernels_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

template <int N>
struct Lanes {
    using type [[gnu::vector_size(N * sizeof(double))]] = double;
};
template <>
struct Lanes<1> {
    using type = double;
};

/// S sections in one pass over the samples: their recurrences overlap in the pipeline.
template <int N, int S>
[[gnu::always_inline]] inline void pass(const double* sos, double* state, double* x, Index n) {
    using V = typename Lanes<N>::type;
    V z0[S];
    V z1[S];
    for (int s = 0; s < S; ++s) {
        std::memcpy(&z0[s], state + (2 * s) * N, sizeof(V));
        std::memcpy(&z1[s], state + (2 * s + 1) * N, sizeof(V));
    }
    for (Index i = 0; i < n; ++i) {
        V v;
        std::memcpy(&v, x + i * N, sizeof(V));
        for (int s = 0; s < S; ++s) {
            const double* c = sos + 6 * s;
            const V y = c[0] * v + z0[s];
            z0[s] = c[1] * v - c[4] * y + z1[s];
            z1[s] = c[2] * v - c[5] * y;
            v = y;
        }
        std::memcpy(x + i * N, &v, sizeof(V));
    }
    for (int s = 0; s < S; ++s) {
        std::memcpy(state + (2 * s) * N, &z0[s], sizeof(V));
        std::memcpy(state + (2 * s + 1) * N, &z1[s], sizeof(V));
    }
}

template <int N, int MaxS>
[[gnu::always_inline]] inline void all_passes(const double* sos, Index n_sections, double* state, double* x, Index n) {
    // Blocks that stay in the first-level cache while the passes go over them.
    constexpr Index block = 2048 / N;
    for (Index first = 0; first < n; first += block) {
        const Index length = n - first < block ? n - first : block;
        double* const at = x + first * N;
        Index s = 0;
        while (s < n_sections) {
            const Index left = n_sections - s;
            const double* c = sos + 6 * s;
            double* const z = state + 2 * N * s;
            if (MaxS >= 4 && left >= 4) {
                pass<N, 4>(c, z, at, length);
                s += 4;
            } else if (left >= 2) {
                pass<N, 2>(c, z, at, length);
                s += 2;
            } else {
                pass<N, 1>(c, z, at, length);
                s += 1;
            }
        }
    }
}

BIOPOTENTIAL_CLONES void run_1(const double* sos, Index n_sections, double* state, double* x, Index n) {
    all_passes<1, 4>(sos, n_sections, state, x, n);
}
BIOPOTENTIAL_CLONES void run_4(const double* sos, Index n_sections, double* state, double* x, Index n) {
    all_passes<4, 4>(sos, n_sections, state, x, n);
}
BIOPOTENTIAL_CLONES void run_8(const double* sos, Index n_sections, double* state, double* x, Index n) {
    all_passes<8, 2>(sos, n_sections, state, x, n);
}

}  // namespace

void run_sections(const double* sos, Index n_sections, double* state, double* x, Index n, Index lanes) {
    switch (lanes) {
        case 8:
            run_8(sos, n_sections, state, x, n);
            break;
        case 4:
            run_4(sos, n_sections, state, x, n);
            break;
        default:
            run_1(sos, n_sections, state, x, n);
            break;
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

void remove_trend(double* x, Index n, Detrend kind) {
    if (kind == Detrend::none || n == 0) {
        return;
    }
    double mean = 0;
    for (Index i = 0; i < n; ++i) {
        mean += x[i];
    }
    mean /= static_cast<double>(n);
    const double middle = 0.5 * static_cast<double>(n - 1);
    double slope = 0;
    if (kind == Detrend::linear && n > 1) {
        double xt = 0;
        double tt = 0;
        for (Index i = 0; i < n; ++i) {
            const double t = static_cast<double>(i) - middle;
            xt += t * (x[i] - mean);
            tt += t * t;
        }
        slope = xt / tt;
    }
    for (Index i = 0; i < n; ++i) {
        x[i] -= mean + slope * (static_cast<double>(i) - middle);
    }
}

}  // namespace biopotential::inline v0::signal
