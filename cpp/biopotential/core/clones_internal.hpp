#pragma once

// Kernels compiled for several instruction sets and chosen at run time. Without contraction they give the same bits on
// each.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define BIOPOTENTIAL_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define BIOPOTENTIAL_CLONES
#endif
