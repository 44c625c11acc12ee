#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::io {

/// The last two blocks of a file that interleaves channels, so that reading them channel by channel reads it once.
class BlockCache {
  public:
    using Block = std::shared_ptr<const std::vector<std::byte>>;

    /// \param offset,total_bytes  the stretch of the file that is cut into blocks; it must exist
    BlockCache(std::shared_ptr<const ByteSource> source, std::int64_t offset, std::int64_t total_bytes,
               std::int64_t block_bytes)
        : source_(std::move(source)), offset_(offset), total_bytes_(total_bytes), block_bytes_(block_bytes) {}

    /// Bytes of one block; padding_bytes zeros follow, so that decoders of packed formats may read whole groups.
    [[nodiscard]] Block block(std::int64_t index) const;
    static constexpr std::size_t padding_bytes = 4;

  private:
    struct Slot {
        std::int64_t index = -1;
        Block block;
    };

    std::shared_ptr<const ByteSource> source_;
    std::int64_t offset_, total_bytes_, block_bytes_;
    mutable std::mutex mutex_;
    mutable std::array<Slot, 2> slots_;
};

}  // namespace biopotential::inline v0::io
