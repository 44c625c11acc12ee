#include "biopotential/core/array.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace biopotential::inline v0 {

namespace detail {

std::shared_ptr<void> allocate(std::size_t bytes) {
    constexpr std::align_val_t alignment{64};
    const std::size_t n = std::max<std::size_t>(bytes, 1);
    void* memory = ::operator new(n, alignment);
    std::memset(memory, 0, n);
    return {memory, [](void* p) { ::operator delete(p, std::align_val_t{64}); }};
}

}  // namespace detail

ContiguousRow::ContiguousRow(const MatrixView& x, Index row) {
    const auto n = static_cast<std::size_t>(x.cols());
    const double* first = x.data() + row * x.outerStride();
    if (x.innerStride() == 1 || n < 2) {
        samples_ = {first, n};
        return;
    }
    copy_.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        copy_[i] = first[static_cast<Index>(i) * x.innerStride()];
    }
    samples_ = copy_;
}

}  // namespace biopotential::inline v0
