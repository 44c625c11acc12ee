#pragma once

#include <string>
#include <vector>

namespace biopotential::inline v0::trust {

/// Merkle tree hash of RFC 6962 (section 2.1) over the leaves in their order: SHA-256, 0x00 before a leaf, 0x01 before
/// a node. 64 lowercase hexadecimal digits.
[[nodiscard]] std::string merkle_root(const std::vector<std::string>& leaves);

}  // namespace biopotential::inline v0::trust
