#pragma once

#include <functional>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0 {

/// Threads of the one pool that all functions share; 1 means no threads at all.
/// \throws std::invalid_argument  n < 1
void set_num_threads(int n);
[[nodiscard]] int num_threads();

/// Run task(0) ... task(n - 1), in any order, on the pool and the calling thread; returns when all are done.
///
/// The first exception is rethrown after the others have ended. Nested calls run on the calling thread. After a fork
/// the child starts a pool of its own when it first needs one.
void parallel_for(Index n, const std::function<void(Index)>& task);

/// Run task(first, last) over about equal stretches of [0, n), each at least `grain` long: for cheap iterations.
void parallel_for_ranges(Index n, Index grain, const std::function<void(Index, Index)>& task);

}  // namespace biopotential::inline v0
