#include "biopotential/trust/pseudonym.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "biopotential/core/errors.hpp"
#include "biopotential/trust/crypto.hpp"

namespace biopotential::trust {
namespace {

std::vector<std::uint8_t> repeated(std::uint8_t byte, std::size_t n) {
    return std::vector<std::uint8_t>(n, byte);
}

TEST(Crypto, HmacGivesTheVectorsOfRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256(repeated(0x0b, 20), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    const std::string jefe = "Jefe";
    EXPECT_EQ(to_hex(hmac_sha256({reinterpret_cast<const std::uint8_t*>(jefe.data()), jefe.size()},
                                 "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, HkdfGivesTheFirstVectorOfRfc5869) {
    std::vector<std::uint8_t> salt;
    for (std::uint8_t i = 0; i <= 0x0c; ++i) {
        salt.push_back(i);
    }
    std::string info;
    for (int i = 0xf0; i <= 0xf9; ++i) {
        info += static_cast<char>(i);
    }
    EXPECT_EQ(to_hex(hkdf_sha256(repeated(0x0b, 22), salt, info, 42)),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    EXPECT_THROW((void)hkdf_sha256({}, {}, "", 32), std::invalid_argument);
    EXPECT_THROW((void)hkdf_sha256(salt, {}, "", 0), std::invalid_argument);
}

TEST(ProjectKey, PseudonymsDependOnKeyProjectAndPatientOnly) {
    const ProjectKey key(repeated(1, 32), "P1"), same(repeated(1, 32), "P1"), other_project(repeated(1, 32), "P2"),
        other_key(repeated(2, 32), "P1");
    EXPECT_EQ(key.pseudonym("MRN1"), same.pseudonym("MRN1"));
    EXPECT_EQ(key.pseudonym("MRN1"), key.pseudonym(" mrn1 "));
    EXPECT_EQ(key.pseudonym("M\u00fcller"), key.pseudonym("Mu\u0308LLER"));
    EXPECT_NE(key.pseudonym("MRN1"), key.pseudonym("MRN2"));
    EXPECT_NE(key.pseudonym("MRN1"), other_project.pseudonym("MRN1"));
    EXPECT_NE(key.pseudonym("MRN1"), other_key.pseudonym("MRN1"));
    EXPECT_NE(key.key_id(), other_key.key_id());
}

TEST(ProjectKey, CheckCharacterFindsEverySingleError) {
    const std::string good = ProjectKey(repeated(7, 32), "").pseudonym("patient");
    ASSERT_EQ(good.size(), 17U);
    EXPECT_TRUE(is_pseudonym(good));
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = bad[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(is_pseudonym(bad)) << at;
    }
    EXPECT_FALSE(is_pseudonym(""));
    EXPECT_FALSE(is_pseudonym(good.substr(1)));
}

TEST(ProjectKey, NoTwoOfManyPatientsShareAPseudonym) {
    const ProjectKey key(repeated(9, 32), "many");
    std::set<std::string> seen;
    for (int i = 0; i < 100'000; ++i) {
        seen.insert(key.pseudonym(std::to_string(i)));
    }
    EXPECT_EQ(seen.size(), 100'000U);
}

TEST(ProjectKey, ShiftsAreWholeWeeksAndSpread) {
    const ProjectKey key(repeated(3, 32), "");
    std::set<int> seen;
    for (int i = 0; i < 5000; ++i) {
        const int days = key.shift_days(std::to_string(i), ShiftDirection::back);
        EXPECT_EQ(days % 7, 0);
        EXPECT_LE(days, -7);
        EXPECT_GE(days, -156 * 7);
        EXPECT_EQ(key.shift_days(std::to_string(i), ShiftDirection::forward), -days);
        seen.insert(days);
    }
    EXPECT_EQ(seen.size(), 156U);
}

TEST(ProjectKey, RefusesShortKeysAndFilesThatOthersMayRead) {
    EXPECT_THROW(ProjectKey(repeated(1, 31), ""), std::invalid_argument);
    const auto folder = std::filesystem::temp_directory_path() / "biopotential_key_test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    write_new_key(folder / "key");
    struct stat status{};
    ASSERT_EQ(::stat((folder / "key").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_NO_THROW((void)ProjectKey::from_file(folder / "key", ""));
    EXPECT_THROW(write_new_key(folder / "key"), IoError);
    ::chmod((folder / "key").c_str(), 0644);
    EXPECT_THROW((void)ProjectKey::from_file(folder / "key", ""), PolicyError);
    std::ofstream(folder / "short") << "too short";
    ::chmod((folder / "short").c_str(), 0600);
    EXPECT_THROW((void)ProjectKey::from_file(folder / "short", ""), PolicyError);
    EXPECT_THROW((void)ProjectKey::from_file(folder / "none", ""), IoError);
    std::filesystem::remove_all(folder);
}

TEST(ShiftedStart, StaysWithinTheYearsThatEdfHolds) {
    constexpr std::int64_t day_ns = 86'400'000'000'000;
    constexpr std::int64_t first = 5479, last = 42003;  // 1985-01-01, 2084-12-31
    EXPECT_EQ(shifted_start_ns((first + 7) * day_ns, -7), first * day_ns);
    EXPECT_EQ(shifted_start_ns((first + 6) * day_ns, -7), std::nullopt);
    EXPECT_EQ(shifted_start_ns((last - 7) * day_ns + 5, 7), last * day_ns + 5);
    EXPECT_EQ(shifted_start_ns((last - 6) * day_ns, 7), std::nullopt);
    EXPECT_EQ(shift_direction(6573 * day_ns), ShiftDirection::forward);  // 1987-12-31
    EXPECT_EQ(shift_direction(6574 * day_ns), ShiftDirection::back);
}

}  // namespace
}  // namespace biopotential::trust
