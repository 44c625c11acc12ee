#include "biopotential/models/safetensors.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include "biopotential/core/errors.hpp"

namespace biopotential::models {
namespace {

std::shared_ptr<const ByteSource> file(const std::string& header, const std::string& data, std::int64_t declared = -1) {
    const std::uint64_t n = declared < 0 ? header.size() : static_cast<std::uint64_t>(declared);
    std::string all(8, '\0');
    std::memcpy(all.data(), &n, 8);
    all += header + data;
    std::vector<std::byte> bytes(all.size());
    std::memcpy(bytes.data(), all.data(), all.size());
    return from_memory(std::move(bytes), "test");
}

TEST(Safetensors, ReadsFloatsOfEveryWidth) {
    const float f32 = -1.5F;
    const double f64 = 0.25;
    std::string data(8 + 4 + 2 + 2, '\0');
    std::memcpy(data.data(), &f64, 8);
    std::memcpy(data.data() + 8, &f32, 4);
    data[12] = 0x00;  // F16 1.0 = 0x3c00
    data[13] = 0x3c;
    data[14] = 0x40;  // BF16 3.0 = 0x4040
    data[15] = 0x40;
    const Safetensors st(file(R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},
        "b":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"c":{"dtype":"F16","shape":[],"data_offsets":[12,14]},
        "d":{"dtype":"BF16","shape":[1],"data_offsets":[14,16]},"__metadata__":{"k":"v"}})",
                              data));
    EXPECT_THAT(st.read("a"), testing::ElementsAre(0.25F));
    EXPECT_THAT(st.read("b"), testing::ElementsAre(-1.5F));
    EXPECT_THAT(st.read("c"), testing::ElementsAre(1.0F));
    EXPECT_THAT(st.read("d"), testing::ElementsAre(3.0F));
    EXPECT_EQ(st.metadata().at("k"), "v");
    EXPECT_THROW((void)st.read("e"), std::invalid_argument);
}

struct Hostile {
    const char* header;
    std::size_t n_data;
    std::int64_t declared = -1;
};
class SafetensorsHostile : public testing::TestWithParam<Hostile> {};

TEST_P(SafetensorsHostile, IsAParseError) {
    const Hostile& h = GetParam();
    EXPECT_THROW(Safetensors(file(h.header, std::string(h.n_data, 'x'), h.declared)), ParseError);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SafetensorsHostile,
    testing::Values(
        Hostile{"{}", 0, 3}, Hostile{"{}", 0, std::int64_t{1} << 62}, Hostile{"[]", 0}, Hostile{"", 0}, Hostile{"{", 0},
        Hostile{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5},
        Hostile{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})", 5},
        Hostile{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4},
        Hostile{R"({"a":{"dtype":"X9","shape":[1],"data_offsets":[0,4]}})", 4},
        Hostile{R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4},
        Hostile{R"({"a":{"dtype":"F32","shape":[2147483647,2147483647,4],"data_offsets":[0,4]}})", 4},
        Hostile{
            R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
            4},
        Hostile{
            R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
            4},
        Hostile{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4}, Hostile{R"({"a":[[[[[[]]]]]]})", 0}));

}  // namespace
}  // namespace biopotential::models
