#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/read.hpp"
#include "files.hpp"

namespace {

namespace bp = biopotential;
using ::testing::HasSubstr;

template <class T>
std::string le(T value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string padded(std::string text, std::size_t size) {
    text.resize(size, '\0');
    return text;
}

/// A file of ADInstruments' Chart, which no reader of ours knows: two channels of three samples at 100 Hz.
std::string chart_file() {
    std::string out = "CFWB" + le(1) + le(0.01) + le(2020) + le(1) + le(2) + le(3) + le(4) + le(5.0) + le(0.0) + le(2) +
                      le(3) + le(0) + le(3);
    for (const char* name : {"left", "right"}) {
        out += padded(name, 32) + padded("mV", 32) + le(0.5) + le(0.0) + le(100.0) + le(-100.0);
    }
    for (const short value : {2, -2, 4, -4, 6, -6}) {
        out += le(value);
    }
    return out;
}

TEST(Biosig, ReadsWhatNoReaderOfOursKnowsAndSaysSo) {
    const bp::test::Folder folder;
    bp::test::save(folder / "x.adicht", chart_file());
#ifdef BIOPOTENTIAL_WITH_BIOSIG
    const bp::Recording recording = bp::io::read(folder / "x.adicht");
    EXPECT_THAT(recording.format, HasSubstr("libbiosig: CFWB"));
    ASSERT_FALSE(recording.warnings.empty());
    EXPECT_THAT(recording.warnings[0], HasSubstr("read through libbiosig"));
    const bp::Signal& signal = recording.signal();
    EXPECT_EQ(signal.fs, 100);
    ASSERT_EQ(signal.n_channels(), 2);
    EXPECT_EQ(signal.channels[1].name, "right");
    EXPECT_EQ(signal.channels[0].unit, "mV");
    const auto x = signal.read(0, 3);
    for (bp::Index i = 0; i < 3; ++i) {
        EXPECT_DOUBLE_EQ(x(0, i), static_cast<double>(i + 1));
        EXPECT_DOUBLE_EQ(x(1, i), -static_cast<double>(i + 1));
    }
#else
    EXPECT_THROW((void)bp::io::read(folder / "x.adicht"), bp::ParseError);
#endif
}

TEST(Biosig, NoiseStaysAnUnknownFormat) {
    const bp::test::Folder folder;
    bp::test::save(folder / "x.bin", "nothing that anyone reads, " + std::string(300, '\x7e'));
    EXPECT_THROW((void)bp::io::read(folder / "x.bin"), bp::ParseError);
}

}  // namespace
