#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <limits>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/hash.hpp"
#include "biopotential/core/hooks.hpp"

namespace biopotential {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes(std::string_view text) {
    const auto view = std::as_bytes(std::span(text));
    return {view.begin(), view.end()};
}

TEST(Sha256, EqualsTheStandardsExamples) {  // FIPS 180-4, examples of "abc" and of the empty message
    EXPECT_EQ(sha256(bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256(bytes("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(ByteSource, ReadsExactlyOrSaysWhereTheContentEnds) {
    const auto source = from_memory(bytes("0123456789"), "<ten>");
    EXPECT_EQ(source->read_exactly(8, 2), bytes("89"));
    try {
        (void)source->read_exactly(8, 3);
        FAIL() << "read past the end";
    } catch (const ParseError& e) {
        EXPECT_EQ(e.offset(), 8);
        EXPECT_EQ(e.file(), "<ten>");
        EXPECT_THAT(e.what(), HasSubstr("byte 10"));
    }
    EXPECT_THROW((void)source->read_exactly(0, std::numeric_limits<std::size_t>::max()), ParseError);
    EXPECT_THROW((void)source->read_exactly(-1, 1), ParseError);
    EXPECT_THROW((void)source->read_text(9), ParseError);
}

class Files : public ::testing::Test {
  protected:
    void SetUp() override {
        path_ = std::filesystem::temp_directory_path() / ("biopotential_bytes_" + std::to_string(::getpid()));
        std::ofstream(path_) << "abc";
    }
    void TearDown() override {
        set_access_hook({});
        std::filesystem::remove(path_);
    }
    std::filesystem::path path_;
};

TEST_F(Files, AreListedWhileSomeoneAsks) {
    const OpenedFiles outer;
    {
        const OpenedFiles inner;
        (void)open_file(path_);
        (void)open_file(path_);
        EXPECT_THAT(inner.paths(), ::testing::ElementsAre(path_));
    }
    EXPECT_THROW((void)open_file(path_ / "none"), IoError);
    EXPECT_THAT(outer.paths(), ::testing::ElementsAre(path_));
    const OpenedFiles later;
    EXPECT_THAT(later.paths(), ::testing::IsEmpty());
}

TEST_F(Files, AreReadAndHashed) {
    EXPECT_EQ(open_file(path_)->read_text(), "abc");
    EXPECT_EQ(sha256_file(path_), sha256(bytes("abc")));
}

TEST_F(Files, MissingOnesAndFoldersAreIoErrors) {
    try {
        (void)open_file(path_.string() + ".missing");
        FAIL() << "opened a missing file";
    } catch (const IoError& e) {
        EXPECT_EQ(e.code(), ENOENT);
    }
    EXPECT_THROW((void)open_file(std::filesystem::temp_directory_path()), IoError);
}

TEST_F(Files, AreRefusedByTheAccessHook) {
    std::string seen;
    set_access_hook([&](const Access& access) {
        seen = access.path;
        throw PolicyError("no");
    });
    EXPECT_THROW((void)open_file(path_), PolicyError);
    EXPECT_EQ(seen, path_.string());
}

TEST(Check, NamesFunctionWantedAndGot) {
    try {
        require_sampling_rate("welch", -1);
        FAIL() << "took a negative rate";
    } catch (const std::invalid_argument& e) {
        EXPECT_STREQ(e.what(), "[welch] wanted a sampling rate fs in Hz, finite and > 0, got -1");
    }
    const std::vector<double> x{0, std::numeric_limits<double>::quiet_NaN()};
    EXPECT_THROW(require_finite("welch", Samples(x)), std::invalid_argument);
    EXPECT_THROW(require_length("welch", 3, 4), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
