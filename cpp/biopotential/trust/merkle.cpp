#include "biopotential/trust/merkle.hpp"

#include <bit>
#include <span>

#include "biopotential/trust/crypto.hpp"

namespace biopotential::inline v0::trust {

namespace {

std::string raw(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string tree_hash(std::span<const std::string> leaves) {
    if (leaves.empty()) {
        return raw(sha256_bytes(""));
    }
    if (leaves.size() == 1) {
        return raw(sha256_bytes(std::string(1, '\0').append(leaves.front())));
    }
    // The left part is the largest power of two below the number of leaves.
    const std::size_t left = std::bit_floor(leaves.size() - 1);
    return raw(sha256_bytes(
        std::string(1, '\1').append(tree_hash(leaves.first(left))).append(tree_hash(leaves.subspan(left)))));
}

}  // namespace

std::string merkle_root(const std::vector<std::string>& leaves) {
    const std::string root = tree_hash(leaves);
    return to_hex({reinterpret_cast<const std::uint8_t*>(root.data()), root.size()});
}

}  // namespace biopotential::inline v0::trust
