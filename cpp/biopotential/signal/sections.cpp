#include <algorithm>
#include <cstdint>
#include <cstring>

#include "biopotential/core/errors.hpp"
#include "biopotential/signal/sections_internal.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__)
#define BIOPOTENTIAL_X86_DISPATCH 1
#endif

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
using V4 = Lanes<4>::type;

/// S sections in one pass over the samples, direct form II transposed in SciPy's order of operations: their
/// recurrences overlap in the pipeline.
template <int N, int S, bool Backward>
[[gnu::always_inline]] inline void pass(const double* sos, double* state, double* x, Index n) {
    using V = typename Lanes<N>::type;
    V z0[S];
    V z1[S];
    for (int s = 0; s < S; ++s) {
        std::memcpy(&z0[s], state + (2 * s) * N, sizeof(V));
        std::memcpy(&z1[s], state + (2 * s + 1) * N, sizeof(V));
    }
    double* at = Backward ? x + (n - 1) * N : x;
    for (Index i = 0; i < n; ++i, at += Backward ? -N : N) {
        V v;
        std::memcpy(&v, at, sizeof(V));
        for (int s = 0; s < S; ++s) {
            const double* c = sos + 6 * s;
            const V y = c[0] * v + z0[s];
            z0[s] = c[1] * v - c[4] * y + z1[s];
            z1[s] = c[2] * v - c[5] * y;
            v = y;
        }
        std::memcpy(at, &v, sizeof(V));
    }
    for (int s = 0; s < S; ++s) {
        std::memcpy(state + (2 * s) * N, &z0[s], sizeof(V));
        std::memcpy(state + (2 * s + 1) * N, &z1[s], sizeof(V));
    }
}

/// All sections over samples that stay in the first-level cache.
template <int N, int MaxS, bool Backward>
[[gnu::always_inline]] inline void all_passes(const double* sos, Index n_sections, double* state, double* x, Index n) {
    Index s = 0;
    while (s < n_sections) {
        const Index left = n_sections - s;
        const double* c = sos + 6 * s;
        double* const z = state + 2 * N * s;
        if (MaxS >= 4 && left >= 4) {
            pass<N, 4, Backward>(c, z, x, n);
            s += 4;
        } else if (MaxS >= 3 && left == 3) {
            pass<N, 3, Backward>(c, z, x, n);
            s += 3;
        } else if (left >= 2) {
            pass<N, 2, Backward>(c, z, x, n);
            s += 2;
        } else {
            pass<N, 1, Backward>(c, z, x, n);
            s += 1;
        }
    }
}

/// Rows of four by columns of four, in registers.
[[gnu::always_inline]] inline void transpose(V4& a, V4& b, V4& c, V4& d) {
    const V4 t0 = __builtin_shufflevector(a, b, 0, 4, 2, 6);
    const V4 t1 = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    const V4 t2 = __builtin_shufflevector(c, d, 0, 4, 2, 6);
    const V4 t3 = __builtin_shufflevector(c, d, 1, 5, 3, 7);
    a = __builtin_shufflevector(t0, t2, 0, 1, 4, 5);
    b = __builtin_shufflevector(t1, t3, 0, 1, 4, 5);
    c = __builtin_shufflevector(t0, t2, 2, 3, 6, 7);
    d = __builtin_shufflevector(t1, t3, 2, 3, 6, 7);
}

/// Sign bit set where x has all exponent bits: NaN or infinity.
[[gnu::always_inline]] inline std::uint64_t not_finite(double x) {
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits & 0x7ff0000000000000U) + 0x0010000000000000U;
}

using U4 [[gnu::vector_size(32)]] = std::uint64_t;

/// The same, added to `any`.
[[gnu::always_inline]] inline void mark_not_finite(const V4& x, U4& any) {
    U4 bits;
    std::memcpy(&bits, &x, sizeof bits);
    any |= (bits & 0x7ff0000000000000U) + 0x0010000000000000U;
}

/// Samples [first, first + n) of all lanes, interleaved; returns not_finite of all of them.
template <int N>
[[gnu::always_inline]] inline std::uint64_t load(const SectionsTask& t, Index first, Index n, double* buffer) {
    std::uint64_t bad = 0;
    Index i = 0;
    if (t.step == 1) {
        U4 any = {};
        for (; i + 4 <= n; i += 4) {
            for (int lane = 0; lane < N; lane += 4) {
                V4 a, b, c, d;
                std::memcpy(&a, t.in[lane] + first + i, sizeof(V4));
                std::memcpy(&b, t.in[lane + 1] + first + i, sizeof(V4));
                std::memcpy(&c, t.in[lane + 2] + first + i, sizeof(V4));
                std::memcpy(&d, t.in[lane + 3] + first + i, sizeof(V4));
                mark_not_finite(a, any);
                mark_not_finite(b, any);
                mark_not_finite(c, any);
                mark_not_finite(d, any);
                transpose(a, b, c, d);
                double* const to = buffer + i * N + lane;
                std::memcpy(to, &a, sizeof(V4));
                std::memcpy(to + N, &b, sizeof(V4));
                std::memcpy(to + 2 * N, &c, sizeof(V4));
                std::memcpy(to + 3 * N, &d, sizeof(V4));
            }
        }
        bad = any[0] | any[1] | any[2] | any[3];
    }
    for (; i < n; ++i) {
        for (int lane = 0; lane < N; ++lane) {
            const double v = t.in[lane][(first + i) * t.step];
            bad |= not_finite(v);
            buffer[i * N + lane] = v;
        }
    }
    return bad;
}

template <int N>
[[gnu::always_inline]] inline void store(const SectionsTask& t, Index first, Index n, const double* buffer) {
    Index i = 0;
    for (; i + 4 <= n; i += 4) {
        for (int lane = 0; lane < N; lane += 4) {
            const double* const from = buffer + i * N + lane;
            V4 a, b, c, d;
            std::memcpy(&a, from, sizeof(V4));
            std::memcpy(&b, from + N, sizeof(V4));
            std::memcpy(&c, from + 2 * N, sizeof(V4));
            std::memcpy(&d, from + 3 * N, sizeof(V4));
            transpose(a, b, c, d);
            std::memcpy(t.out[lane] + first + i, &a, sizeof(V4));
            std::memcpy(t.out[lane + 1] + first + i, &b, sizeof(V4));
            std::memcpy(t.out[lane + 2] + first + i, &c, sizeof(V4));
            std::memcpy(t.out[lane + 3] + first + i, &d, sizeof(V4));
        }
    }
    for (; i < n; ++i) {
        for (int lane = 0; lane < N; ++lane) {
            t.out[lane][first + i] = buffer[i * N + lane];
        }
    }
}

constexpr Index buffer_size = 2048;

template <int N, int MaxS>
[[gnu::always_inline]] inline bool filter_many(const SectionsTask& t) {
    alignas(64) double buffer[buffer_size];
    constexpr Index block = buffer_size / N;
    std::uint64_t bad = 0;
    for (Index done = 0; done < t.n; done += block) {
        const Index n = std::min(block, t.n - done);
        const Index first = t.backward ? t.n - done - n : done;
        bad |= load<N>(t, first, n, buffer);
        if (t.backward) {
            all_passes<N, MaxS, true>(t.sos, t.n_sections, t.state, buffer, n);
        } else {
            all_passes<N, MaxS, false>(t.sos, t.n_sections, t.state, buffer, n);
        }
        store<N>(t, first, n, buffer);
    }
    return bad >> 63 == 0;
}

/// One channel, in place in its output.
[[gnu::always_inline]] inline bool filter_one(const SectionsTask& t) {
    std::uint64_t bad = 0;
    for (Index done = 0; done < t.n; done += buffer_size) {
        const Index n = std::min(buffer_size, t.n - done);
        const Index first = t.backward ? t.n - done - n : done;
        double* const out = t.out[0] + first;
        for (Index i = 0; i < n; ++i) {
            const double v = t.in[0][(first + i) * t.step];
            bad |= not_finite(v);
            out[i] = v;
        }
        if (t.backward) {
            all_passes<1, 4, true>(t.sos, t.n_sections, t.state, out, n);
        } else {
            all_passes<1, 4, false>(t.sos, t.n_sections, t.state, out, n);
        }
    }
    return bad >> 63 == 0;
}

/// MaxS: sections whose states fit the registers together.
template <int MaxS>
[[gnu::always_inline]] inline bool filter_any(const SectionsTask& t) {
    switch (t.lanes) {
        case 8:
            return filter_many<8, MaxS>(t);
        case 4:
            return filter_many<4, 4>(t);
        default:
            return filter_one(t);
    }
}

template <int N, int MaxS>
[[gnu::always_inline]] inline void run_interleaved(const SectionsTask& t, double* x) {
    constexpr Index block = buffer_size / N;
    for (Index done = 0; done < t.n; done += block) {
        const Index n = std::min(block, t.n - done);
        if (t.backward) {
            all_passes<N, MaxS, true>(t.sos, t.n_sections, t.state, x + (t.n - done - n) * N, n);
        } else {
            all_passes<N, MaxS, false>(t.sos, t.n_sections, t.state, x + done * N, n);
        }
    }
}

bool filter_baseline(const SectionsTask& t) {
    return filter_any<2>(t);
}

#if BIOPOTENTIAL_X86_DISPATCH
__attribute__((target("avx2"))) bool filter_avx2(const SectionsTask& t) {
    return filter_any<2>(t);
}
// NOLINTNEXTLINE(clang-diagnostic-ignored-attributes): clang knows the width otherwise
__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"))) bool filter_avx512(
    const SectionsTask& t) {
    return filter_any<4>(t);
}
#endif

using Filter = bool (*)(const SectionsTask&);

Filter choose_filter() noexcept {
#if BIOPOTENTIAL_X86_DISPATCH
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
        return filter_avx512;
    }
    if (__builtin_cpu_supports("avx2")) {
        return filter_avx2;
    }
#endif
    return filter_baseline;
}

const Filter chosen_filter = choose_filter();

}  // namespace

Index best_lanes(Index n_channels, Index n_threads) {
    const Index share = std::max<Index>(1, n_channels / std::max<Index>(1, n_threads));
    return share >= 8 ? 8 : (share >= 3 ? 4 : 1);
}

bool filter_lanes(const SectionsTask& task) {
    return chosen_filter(task);
}

void run_sections(const double* sos, Index n_sections, double* state, double* x, Index n, Index lanes, bool backward) {
    SectionsTask t;
    t.sos = sos;
    t.n_sections = n_sections;
    t.state = state;
    t.n = n;
    t.backward = backward;
    switch (lanes) {
        case 8:
            run_interleaved<8, 2>(t, x);
            break;
        case 4:
            run_interleaved<4, 4>(t, x);
            break;
        default:
            run_interleaved<1, 4>(t, x);
            break;
    }
}

}  // namespace biopotential::inline v0::signal
