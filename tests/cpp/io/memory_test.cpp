#include <gtest/gtest.h>

#include "biopotential/core/byte_source.hpp"

namespace biopotential {
namespace {

// Formats hold values of no bytes; found by the fuzzer under UBSan, where no bytes went to no place.
TEST(Memory, NoBytesAreReadFromAnywhere) {
    const auto source = from_memory(std::vector<std::byte>(3));
    for (const std::int64_t at : {0, 1, 3}) {
        EXPECT_TRUE(source->read_exactly(at, 0).empty());
        EXPECT_EQ(source->read(at, {}), 0U);
    }
}

}  // namespace
}  // namespace biopotential
