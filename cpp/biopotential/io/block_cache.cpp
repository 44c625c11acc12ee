#include <algorithm>
#include <utility>

#include "biopotential/io/block_cache_internal.hpp"

namespace biopotential::inline v0::io {

BlockCache::Block BlockCache::block(std::int64_t index) const {
    {
        const std::lock_guard lock(mutex_);
        if (slots_[0].index == index) {
            return slots_[0].block;
        }
        if (slots_[1].index == index) {
            std::swap(slots_[0], slots_[1]);
            return slots_[0].block;
        }
    }
    const std::int64_t first = index * block_bytes_;
    const auto n = static_cast<std::size_t>(std::clamp<std::int64_t>(total_bytes_ - first, 0, block_bytes_));
    auto bytes = std::make_shared<std::vector<std::byte>>(source_->read_exactly(offset_ + first, n));
    bytes->resize(n + padding_bytes);
    const std::lock_guard lock(mutex_);
    slots_[1] = std::exchange(slots_[0], Slot{index, std::move(bytes)});
    return slots_[0].block;
}

}  // namespace biopotential::inline v0::io
