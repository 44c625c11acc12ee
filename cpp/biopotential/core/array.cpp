#include "biopotential/core/array.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

// Sanitizers watch the borders of what operator new gives, not those of mapped memory.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
#define BIOPOTENTIAL_MAPS_LARGE_ARRAYS 1
#include <sys/mman.h>
#endif

namespace biopotential::inline v0 {

namespace detail {

namespace {

#if defined(__SANITIZE_ADDRESS__) || !defined(__linux__)
constexpr std::size_t from_kernel = SIZE_MAX;  // the sanitizer watches the heap only
#else
/// From here on memory comes straight from the kernel: zeroed page by page where it is first touched, by whichever
/// thread that is, and in large pages.
constexpr std::size_t from_kernel = std::size_t{4} << 20;
#endif

}  // namespace

std::shared_ptr<void> allocate(std::size_t bytes) {
#if BIOPOTENTIAL_MAPS_LARGE_ARRAYS
    // Fresh pages are zero already, and huge ones cost a hundredth of the page faults.
    constexpr std::size_t large = std::size_t{4} << 20;
    constexpr std::size_t huge_page = std::size_t{2} << 20;
    if (bytes >= large) {
        const std::size_t mapped = bytes + huge_page;
        void* const region = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (region == MAP_FAILED) {
            throw std::bad_alloc();
        }
        const auto at = reinterpret_cast<std::uintptr_t>(region);
        void* const memory = static_cast<char*>(region) + (huge_page - at % huge_page) % huge_page;
        ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: refused, the memory is as good
        return {memory, [region, mapped](void*) { ::munmap(region, mapped); }};
    }
#endif
    constexpr std::align_val_t alignment{64};
    const std::size_t n = std::max<std::size_t>(bytes, 1);
    if (n >= from_kernel) {
        void* memory = ::mmap(nullptr, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::bad_alloc();
        }
#ifdef MADV_HUGEPAGE
        (void)::madvise(memory, n, MADV_HUGEPAGE);
#endif
        return {memory, [n](void* p) { ::munmap(p, n); }};
    }
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
