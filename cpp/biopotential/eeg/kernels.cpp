#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "biopotential/core/clones_internal.hpp"
#include "biopotential/eeg/kernels_internal.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define BIOPOTENTIAL_AVX2 __attribute__((target("avx2,popcnt")))
#endif

namespace biopotential::inline v0::eeg {

namespace {

// Four doubles are a register of AVX2. (GCC keeps wider vectors in memory.)
constexpr std::size_t lanes = 4;
using Lanes [[gnu::vector_size(lanes * sizeof(double))]] = double;
using Words [[gnu::vector_size(lanes * sizeof(std::uint64_t))]] = std::uint64_t;

// Macros, because a function that takes or returns such a vector would depend on the instruction set.
#define BIOPOTENTIAL_LOAD(v, from) std::memcpy(&(v), (from), sizeof(v))
#define BIOPOTENTIAL_TOTAL(v) (((v)[0] + (v)[2]) + ((v)[1] + (v)[3]))

BIOPOTENTIAL_CLONES double sum_kernel(const double* x, std::size_t n) {
    Lanes total{};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        Lanes v;
        BIOPOTENTIAL_LOAD(v, x + i);
        total += v;
    }
    double out = BIOPOTENTIAL_TOTAL(total);
    for (; i < n; ++i) {
        out += x[i];
    }
    return out;
}

/// 0 where all are finite, NaN otherwise.
BIOPOTENTIAL_CLONES double finite_kernel(const double* x, std::size_t n) {
    Lanes total{};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        Lanes v;
        BIOPOTENTIAL_LOAD(v, x + i);
        total += v - v;  // NOLINT(misc-redundant-expression): NaN where v is not finite
    }
    double out = BIOPOTENTIAL_TOTAL(total);
    for (; i < n; ++i) {
        out += x[i] - x[i];  // NOLINT(misc-redundant-expression)
    }
    return out;
}

BIOPOTENTIAL_CLONES double squares_kernel(const double* x, std::size_t n, double middle) {
    Lanes total{};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        Lanes v;
        BIOPOTENTIAL_LOAD(v, x + i);
        v -= middle;
        total += v * v;
    }
    double out = BIOPOTENTIAL_TOTAL(total);
    for (; i < n; ++i) {
        out += (x[i] - middle) * (x[i] - middle);
    }
    return out;
}

/// out: sums of squares of x, its differences and second differences around m[0], m[1], m[2]; n >= 3.
BIOPOTENTIAL_CLONES void hjorth_kernel(const double* x, std::size_t n, const double* m, double* out) {
    Lanes s0{};
    Lanes s1{};
    Lanes s2{};
    std::size_t i = 0;
    for (; i + 2 + lanes <= n; i += lanes) {
        Lanes a;
        Lanes b;
        Lanes c;
        BIOPOTENTIAL_LOAD(a, x + i);
        BIOPOTENTIAL_LOAD(b, x + i + 1);
        BIOPOTENTIAL_LOAD(c, x + i + 2);
        const Lanes d = b - a;
        const Lanes v0 = a - m[0];
        const Lanes v1 = d - m[1];
        const Lanes v2 = (c - b) - d - m[2];
        s0 += v0 * v0;
        s1 += v1 * v1;
        s2 += v2 * v2;
    }
    out[0] = BIOPOTENTIAL_TOTAL(s0);
    out[1] = BIOPOTENTIAL_TOTAL(s1);
    out[2] = BIOPOTENTIAL_TOTAL(s2);
    for (; i < n; ++i) {
        const double v0 = x[i] - m[0];
        out[0] += v0 * v0;
        if (i + 1 < n) {
            const double v1 = x[i + 1] - x[i] - m[1];
            out[1] += v1 * v1;
        }
        if (i + 2 < n) {
            const double v2 = (x[i + 2] - x[i + 1]) - (x[i + 1] - x[i]) - m[2];
            out[2] += v2 * v2;
        }
    }
}

BIOPOTENTIAL_CLONES double path_kernel(const double* x, std::size_t n) {
    Lanes total{};
    std::size_t i = 0;
    for (; i + 1 + lanes <= n; i += lanes) {
        Lanes a;
        Lanes b;
        BIOPOTENTIAL_LOAD(a, x + i);
        BIOPOTENTIAL_LOAD(b, x + i + 1);
        const Lanes d = b - a;
        total += d < 0 ? -d : d;
    }
    double out = BIOPOTENTIAL_TOTAL(total);
    for (; i + 1 < n; ++i) {
        out += std::abs(x[i + 1] - x[i]);
    }
    return out;
}

BIOPOTENTIAL_CLONES double distance_kernel(const double* x, std::size_t n) {
    Lanes most{};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        Lanes v;
        BIOPOTENTIAL_LOAD(v, x + i);
        v -= x[0];
        v = v < 0 ? -v : v;
        most = most < v ? v : most;
    }
    double out = 0;
    for (std::size_t k = 0; k < lanes; ++k) {
        out = std::max(out, most[k]);
    }
    for (; i < n; ++i) {
        out = std::max(out, std::abs(x[i] - x[0]));
    }
    return out;
}

BIOPOTENTIAL_CLONES std::uint64_t sign_kernel(const double* x, std::size_t n) {
    Words total{};
    std::size_t i = 0;
    for (; i + 1 + lanes <= n; i += lanes) {
        Words a;
        Words b;
        BIOPOTENTIAL_LOAD(a, x + i);
        BIOPOTENTIAL_LOAD(b, x + i + 1);
        total += (a ^ b) >> 63;
    }
    std::uint64_t out = BIOPOTENTIAL_TOTAL(total);
    for (; i + 1 < n; ++i) {
        out += static_cast<std::uint64_t>(std::signbit(x[i]) != std::signbit(x[i + 1]));
    }
    return out;
}

BIOPOTENTIAL_CLONES std::uint64_t difference_sign_kernel(const double* x, std::size_t n) {
    Words total{};
    std::size_t i = 0;
    for (; i + 2 + lanes <= n; i += lanes) {
        Lanes a;
        Lanes b;
        Lanes c;
        BIOPOTENTIAL_LOAD(a, x + i);
        BIOPOTENTIAL_LOAD(b, x + i + 1);
        BIOPOTENTIAL_LOAD(c, x + i + 2);
        const Lanes d = b - a;
        const Lanes e = c - b;
        Words p;
        Words q;
        BIOPOTENTIAL_LOAD(p, &d);
        BIOPOTENTIAL_LOAD(q, &e);
        total += (p ^ q) >> 63;
    }
    std::uint64_t out = BIOPOTENTIAL_TOTAL(total);
    for (; i + 2 < n; ++i) {
        out += static_cast<std::uint64_t>(std::signbit(x[i + 1] - x[i]) != std::signbit(x[i + 2] - x[i + 1]));
    }
    return out;
}

/// `width`, a multiple of the lag, partial sums: position i goes to i modulo width.
BIOPOTENTIAL_CLONES void lag_kernel(const double* __restrict x, std::size_t n, std::size_t lag, std::size_t width,
                                    double* __restrict parts) {
    std::size_t i = 0;
    for (; i + lag + width <= n; i += width) {
        const double* __restrict from = x + i;
        for (std::size_t k = 0; k < width; ++k) {
            parts[k] += std::abs(from[k + lag] - from[k]);
        }
    }
    for (std::size_t k = 0; i + k + lag < n; ++k) {
        parts[k] += std::abs(x[i + k + lag] - x[i + k]);
    }
}

BIOPOTENTIAL_CLONES double detrended_kernel(const double* walk, std::size_t n, std::size_t windows) {
    const auto count = static_cast<double>(n);
    const double sx = count * (count - 1) / 2;
    const double sxx = (count - 1) * count * (2 * count - 1) / 6;
    const double denominator = count * sxx - sx * sx + 1e-9;  // antropy's
    double total = 0;
    for (std::size_t w = 0; w < windows; ++w) {
        const double* y = walk + w * n;
        Lanes at{0, 1, 2, 3};
        Lanes sums{};
        Lanes products{};
        std::size_t i = 0;
        for (; i + lanes <= n; i += lanes) {
            Lanes v;
            BIOPOTENTIAL_LOAD(v, y + i);
            sums += v;
            products += at * v;
            at += 4.0;
        }
        double sy = BIOPOTENTIAL_TOTAL(sums);
        double sxy = BIOPOTENTIAL_TOTAL(products);
        for (; i < n; ++i) {
            sy += y[i];
            sxy += static_cast<double>(i) * y[i];
        }
        const double slope = (count * sxy - sx * sy) / denominator;
        const double intercept = sy / count - slope * (sx / count);
        at = Lanes{0, 1, 2, 3};
        Lanes rest{};
        for (i = 0; i + lanes <= n; i += lanes) {
            Lanes v;
            BIOPOTENTIAL_LOAD(v, y + i);
            v -= intercept + slope * at;
            rest += v * v;
            at += 4.0;
        }
        double residual = BIOPOTENTIAL_TOTAL(rest);
        for (; i < n; ++i) {
            const double d = y[i] - (intercept + slope * static_cast<double>(i));
            residual += d * d;
        }
        total += residual / count;
    }
    return total;
}

/// Whether each sample is larger than that `lag` later.
BIOPOTENTIAL_CLONES void falls_kernel(const double* __restrict x, std::size_t n, std::size_t lag,
                                      std::uint8_t* __restrict falls) {
    for (std::size_t i = 0; i < n; ++i) {
        falls[i] = static_cast<std::uint8_t>(x[i + lag] < x[i]);
    }
}

BIOPOTENTIAL_CLONES void add_kernel(std::uint8_t* __restrict codes, const std::uint8_t* __restrict flags, std::size_t n,
                                    unsigned factor) {
    const auto f = static_cast<std::uint8_t>(factor);
    for (std::size_t i = 0; i < n; ++i) {
        codes[i] = static_cast<std::uint8_t>(codes[i] + f * flags[i]);
    }
}

BIOPOTENTIAL_CLONES std::uint32_t equal_kernel(const std::uint8_t* codes, std::size_t n, std::uint8_t code) {
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < n; ++i) {
        count += static_cast<std::uint32_t>(codes[i] == code);
    }
    return count;
}

// One bit per comparison: bit i of the words says whether a[i] and b[i] agree. Bits from n on are 0.

void compare_plain(const double* a, const double* b, std::size_t n, double r, bool strict, std::uint64_t* words) {
    for (std::size_t first = 0; first < n; first += 64) {
        std::uint64_t word = 0;
        const std::size_t length = std::min<std::size_t>(64, n - first);
        for (std::size_t k = 0; k < length; ++k) {
            const double d = std::abs(a[first + k] - b[first + k]);
            word |= static_cast<std::uint64_t>(strict ? d < r : d <= r) << k;
        }
        words[first / 64] = word;
    }
}

/// The bits of a word and those after it, from `shift` on.
inline std::uint64_t bits_from(const std::uint64_t* words, std::size_t at, std::size_t shift) {
    const std::size_t whole = at + shift / 64;
    const std::size_t rest = shift % 64;
    return rest == 0 ? words[whole] : (words[whole] >> rest) | (words[whole + 1] << (64 - rest));
}

[[gnu::always_inline]] inline void count_words(const std::uint64_t* words, std::size_t templates, std::size_t order,
                                               Matches& out) {
    for (std::size_t at = 0; at * 64 < templates; ++at) {
        std::uint64_t agree = words[at];
        for (std::size_t k = 1; k < order; ++k) {
            agree &= bits_from(words, at, k);
        }
        const std::size_t left = templates - at * 64;
        agree &= left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        out.shorter += static_cast<std::uint64_t>(std::popcount(agree));
        out.longer += static_cast<std::uint64_t>(std::popcount(agree & bits_from(words, at, order)));
    }
}

void count_plain(const double* x, std::size_t n, std::size_t order, double r, bool strict, std::uint64_t* words,
                 Matches& out) {
    for (std::size_t lag = 1; lag + order < n; ++lag) {
        compare_plain(x, x + lag, n - lag, r, strict, words);
        std::fill_n(words + (n - lag + 63) / 64, order / 64 + 2, std::uint64_t{0});
        count_words(words, n - order - lag, order, out);
    }
}

#ifdef BIOPOTENTIAL_AVX2
template <int predicate>
BIOPOTENTIAL_AVX2 void count_avx2(const double* x, std::size_t n, std::size_t order, double r, bool strict,
                                  std::uint64_t* words, Matches& out) {
    const __m256d limit = _mm256_set1_pd(r);
    const __m256d sign = _mm256_set1_pd(-0.0);
    for (std::size_t lag = 1; lag + order < n; ++lag) {
        const std::size_t length = n - lag;
        const double* a = x;
        const double* b = x + lag;
        std::size_t first = 0;
        for (; first + 64 <= length; first += 64) {
            std::uint64_t word = 0;
            for (unsigned k = 0; k < 64; k += 4) {
                const __m256d d = _mm256_sub_pd(_mm256_loadu_pd(a + first + k), _mm256_loadu_pd(b + first + k));
                const __m256d near = _mm256_cmp_pd(_mm256_andnot_pd(sign, d), limit, predicate);
                word |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_pd(near))) << k;
            }
            words[first / 64] = word;
        }
        if (first < length) {
            compare_plain(a + first, b + first, length - first, r, strict, words + first / 64);
        }
        std::fill_n(words + (length + 63) / 64, order / 64 + 2, std::uint64_t{0});
        count_words(words, n - order - lag, order, out);
    }
}
#endif

}  // namespace

bool all_finite(Samples x) {
    return finite_kernel(x.data(), x.size()) == 0;
}

double sum(Samples x) {
    return sum_kernel(x.data(), x.size());
}

double sum_of_squares(Samples x, double middle) {
    return squares_kernel(x.data(), x.size(), middle);
}

SquareSums square_sums(Samples x) {
    const std::size_t n = x.size();
    const double means[] = {sum(x) / static_cast<double>(n), (x[n - 1] - x[0]) / static_cast<double>(n - 1),
                            ((x[n - 1] - x[n - 2]) - (x[1] - x[0])) / static_cast<double>(n - 2)};
    double out[3];
    hjorth_kernel(x.data(), n, means, out);
    return {out[0], out[1], out[2]};
}

double path_length(Samples x) {
    return path_kernel(x.data(), x.size());
}

double largest_distance(Samples x) {
    return distance_kernel(x.data(), x.size());
}

Index sign_changes(Samples x) {
    return static_cast<Index>(sign_kernel(x.data(), x.size()));
}

Index difference_sign_changes(Samples x) {
    return static_cast<Index>(difference_sign_kernel(x.data(), x.size()));
}

void lag_sums(Samples x, Index lag, std::vector<double>& sums) {
    const auto k = static_cast<std::size_t>(lag);
    // Wide enough that the loop over partial sums fills vectors.
    const std::size_t width = k * std::max<std::size_t>(4, 32 / k);
    std::vector<double> parts(width);
    lag_kernel(x.data(), x.size(), k, width, parts.data());
    sums.assign(k, 0.0);
    for (std::size_t i = 0; i < width; ++i) {
        sums[i % k] += parts[i];
    }
}

double detrended_sum(Samples walk, Index n) {
    const auto length = static_cast<std::size_t>(n);
    return detrended_kernel(walk.data(), length, walk.size() / length);
}

std::vector<std::uint32_t> ordinal_counts(Samples x, Index order, Index delay) {
    const auto m = static_cast<std::size_t>(order);
    const auto lag = static_cast<std::size_t>(delay);
    const std::size_t n = x.size() - (m - 1) * lag;
    // Whether x[i + j * delay] < x[i], for each j: the digit of position i in a pattern counts the later, smaller ones.
    std::vector<std::vector<std::uint8_t>> falls(m);
    std::size_t n_patterns = 1;
    for (std::size_t j = 1; j < m; ++j) {
        n_patterns *= j + 1;
        falls[j].resize(x.size() - j * lag);
        falls_kernel(x.data(), falls[j].size(), j * lag, falls[j].data());
    }
    std::vector<std::uint8_t> codes(n);
    std::size_t factor = n_patterns;
    for (std::size_t i = 0; i + 1 < m; ++i) {
        factor /= m - i;
        for (std::size_t j = i + 1; j < m; ++j) {
            add_kernel(codes.data(), falls[j - i].data() + i * lag, n, static_cast<unsigned>(factor));
        }
    }
    std::vector<std::uint32_t> counts(n_patterns);
    if (n_patterns <= 24) {
        for (std::size_t p = 0; p < n_patterns; ++p) {
            counts[p] = equal_kernel(codes.data(), n, static_cast<std::uint8_t>(p));
        }
    } else {
        for (const std::uint8_t code : codes) {
            ++counts[code];
        }
    }
    return counts;
}

Matches count_matches(Samples x, Index order, double r, bool strict) {
    Matches out;
    const auto m = static_cast<std::size_t>(order);
    std::vector<std::uint64_t> words(x.size() / 64 + m / 64 + 4);
#ifdef BIOPOTENTIAL_AVX2
    static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
    if (has_avx2) {
        if (strict) {
            count_avx2<_CMP_LT_OQ>(x.data(), x.size(), m, r, strict, words.data(), out);
        } else {
            count_avx2<_CMP_LE_OQ>(x.data(), x.size(), m, r, strict, words.data(), out);
        }
        return out;
    }
#endif
    count_plain(x.data(), x.size(), m, r, strict, words.data(), out);
    return out;
}

}  // namespace biopotential::inline v0::eeg
