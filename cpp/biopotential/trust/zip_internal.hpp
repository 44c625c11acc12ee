#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::trust {

struct ZipMember {
    std::string name;
    std::int64_t packed = 0, unpacked = 0, data_at = 0;
    std::uint32_t crc = 0;
    int method = 0;  ///< 0 stored, 8 deflate
};

struct Zip {
    std::vector<ZipMember> members;
    std::string
        problem;  ///< why it is refused; empty: all of the file is this archive, and it says the same everywhere
};

/// Whether an archive ends the file: its end record with a comment that reaches the end.
[[nodiscard]] bool ends_as_zip(const ByteSource& source);

/// Read an archive (PKWARE's APPNOTE) strictly: central directory and local headers agree, members follow on each other
/// from the first byte, none is encrypted, overlaps, occurs twice, leads elsewhere or claims more than 200 times its
/// packed size or 20 GiB in all.
[[nodiscard]] Zip read_zip(const ByteSource& source);

/// A member's bytes, at most `limit`; its problem where size or CRC are not what the archive says (checked where all of
/// it is read).
struct ZipContent {
    std::string bytes, problem;
};
[[nodiscard]] ZipContent read_member(const ByteSource& source, const ZipMember& member, std::size_t limit);

}  // namespace biopotential::inline v0::trust
