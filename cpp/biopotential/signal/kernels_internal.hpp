#pragma once

#include <span>

#include "biopotential/core/array.hpp"
#include "biopotential/signal/filter.hpp"

// Kernels compiled for several instruction sets and chosen at run time. Without contraction they give the same bits on
// each.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define BIOPOTENTIAL_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define BIOPOTENTIAL_CLONES
#endif

namespace biopotential::inline v0::signal {

/// Run second-order sections in place over n samples of `lanes` (1, 4 or 8) interleaved channels, (n, lanes).
/// `state`: (n_sections, 2, lanes), updated. Direct form II transposed, in SciPy's order of operations.
void run_sections(const double* sos, Index n_sections, double* state, double* x, Index n, Index lanes);

/// sum a[i] b[i], in eight partial sums.
[[nodiscard]] double dot(const double* a, const double* b, Index n);

/// y[i] = sum_k h[k] x[i - k] for n outputs, each summed in the order of k; x reaches n_taps - 1 samples back.
void causal_fir(const double* h, Index n_taps, const double* x, double* y, Index n);

/// Remove the mean or the line of n samples, in place.
void remove_trend(double* x, Index n, Detrend kind);

}  // namespace biopotential::inline v0::signal
