#include "biopotential/trust/crypto.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include <memory>
#include <new>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0::trust {

namespace {

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreePkey {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

void require(bool done) {
    if (!done) {
        throw std::bad_alloc();  // libcrypto fails on these calls only where it has no memory
    }
}

}  // namespace

Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view message) {
    Digest out{};
    unsigned int n = 0;
    static const unsigned char no_key = 0;
    require(HMAC(EVP_sha256(), key.empty() ? &no_key : key.data(), static_cast<int>(key.size()),
                 reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.data(), &n) != nullptr);
    return out;
}

std::vector<std::uint8_t> hkdf_sha256(std::span<const std::uint8_t> key, std::span<const std::uint8_t> salt,
                                      std::string_view info, std::size_t n) {
    if (n < 1 || n > 255 * 32) {
        throw_invalid("hkdf_sha256", "1 to 8160 bytes", static_cast<double>(n));
    }
    if (key.empty()) {
        throw_invalid("hkdf_sha256", "a key", "an empty one");
    }
    const std::unique_ptr<EVP_PKEY_CTX, FreePkey> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
    require(context != nullptr);
    require(EVP_PKEY_derive_init(context.get()) == 1);
    require(EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1);
    require(EVP_PKEY_CTX_set1_hkdf_key(context.get(), key.data(), static_cast<int>(key.size())) == 1);
    if (!salt.empty()) {
        require(EVP_PKEY_CTX_set1_hkdf_salt(context.get(), salt.data(), static_cast<int>(salt.size())) == 1);
    }
    if (!info.empty()) {
        require(EVP_PKEY_CTX_add1_hkdf_info(context.get(), reinterpret_cast<const unsigned char*>(info.data()),
                                            static_cast<int>(info.size())) == 1);
    }
    std::vector<std::uint8_t> out(n);
    std::size_t length = n;
    require(EVP_PKEY_derive(context.get(), out.data(), &length) == 1);
    return out;
}

Digest sha256_bytes(std::string_view message) {
    Digest out{};
    require(EVP_Digest(message.data(), message.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
    return out;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

FileHashes hash_file(const std::filesystem::path& path) {
    const auto source = open_file(path);
    const std::unique_ptr<EVP_MD_CTX, FreeDigest> short_hash(EVP_MD_CTX_new()), long_hash(EVP_MD_CTX_new());
    require(short_hash != nullptr && long_hash != nullptr);
    require(EVP_DigestInit_ex(short_hash.get(), EVP_sha256(), nullptr) == 1);
    require(EVP_DigestInit_ex(long_hash.get(), EVP_sha512(), nullptr) == 1);
    FileHashes out;
    std::vector<std::byte> block(1 << 20);
    while (const std::size_t n = source->read(out.size, block)) {
        require(EVP_DigestUpdate(short_hash.get(), block.data(), n) == 1);
        require(EVP_DigestUpdate(long_hash.get(), block.data(), n) == 1);
        out.size += static_cast<std::int64_t>(n);
    }
    std::array<std::uint8_t, 64> digest{};
    require(EVP_DigestFinal_ex(short_hash.get(), digest.data(), nullptr) == 1);
    out.sha256 = to_hex(std::span(digest).first(32));
    require(EVP_DigestFinal_ex(long_hash.get(), digest.data(), nullptr) == 1);
    out.sha512 = to_hex(digest);
    return out;
}

}  // namespace biopotential::inline v0::trust
