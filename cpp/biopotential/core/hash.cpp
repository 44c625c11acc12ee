#include "biopotential/core/hash.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <vector>

namespace biopotential::inline v0 {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() {
        if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
            throw std::bad_alloc();
        }
    }
    ~State() { EVP_MD_CTX_free(context); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) {
    update(std::as_bytes(std::span(text)));
}

std::string Sha256::hex() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

std::string sha256(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

std::string sha256(const ByteSource& source) {
    Sha256 hash;
    std::vector<std::byte> block(1 << 20);
    for (std::int64_t at = 0; at < source.size();) {
        const std::size_t n = source.read(at, block);
        if (n == 0) {
            break;
        }
        hash.update(std::span(block).first(n));
        at += static_cast<std::int64_t>(n);
    }
    return hash.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
    return sha256(*open_file(path));
}

}  // namespace biopotential::inline v0
