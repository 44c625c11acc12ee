#include "biopotential/core/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "biopotential/core/errors.hpp"

namespace biopotential {
namespace {

using ::testing::HasSubstr;

TEST(TemporaryFolder, IsOursAloneAndDisappearsWithItsContent) {
    std::filesystem::path path;
    {
        const TemporaryFolder folder("test");
        path = folder.path();
        EXPECT_TRUE(std::filesystem::is_directory(path));
        EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
        std::ofstream(path / "file") << "content";
        const TemporaryFolder inner("test", path, ".part-");
        EXPECT_EQ(inner.path().parent_path(), path);
        EXPECT_THAT(inner.path().filename().string(), ::testing::StartsWith(".part-"));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryFolder, NamesWhatItCouldNotMake) {
    try {
        const TemporaryFolder folder("test", "/nowhere");
        FAIL();
    } catch (const IoError& e) {
        EXPECT_EQ(e.code(), ENOENT);
        EXPECT_THAT(e.what(), HasSubstr("[test]"));
    }
}

TEST(WriteNewFile, WritesOnceAndNeverOver) {
    const TemporaryFolder folder("test");
    const std::filesystem::path path = folder.path() / "new";
    write_new_file("test", path, "abc", true);
    std::string content;
    std::ifstream(path) >> content;
    EXPECT_EQ(content, "abc");
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    try {
        write_new_file("test", path, "other");
        FAIL();
    } catch (const IoError& e) {
        EXPECT_EQ(e.code(), EEXIST);
        EXPECT_THAT(e.what(), HasSubstr("a new file"));
    }
    EXPECT_EQ(std::filesystem::file_size(path), 3U);
}

}  // namespace
}  // namespace biopotential
