#include "biopotential/io/edf.hpp"

#include <gmock/gmock.h>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/read.hpp"
#include "files.hpp"

namespace biopotential {
namespace {

using test::Folder;
using test::load;
using test::save;
using ::testing::HasSubstr;

Signal ramp(double fs, Index n, const std::string& name) {
    Array<std::int32_t> digital{1, n};
    for (Index i = 0; i < n; ++i) {
        digital[i] = static_cast<std::int32_t>(i % 3000 - 1500);
    }
    Channel channel;
    channel.name = name;
    channel.unit = "uV";
    channel.scaling = {-(100 / (200 / 4095.0) - 2047), 200 / 4095.0, 1};
    channel.digital_min = -2048;
    channel.digital_max = 2047;
    channel.physical_min = -100;
    channel.physical_max = 100;
    return make_signal(std::move(digital), fs, {channel});
}

TEST(Edf, GapsRatesEventsAndFractionsOfASecondGoThroughAFile) {
    const Folder folder;
    Recording r;
    for (const double fs : {100.0, 25.0}) {
        r.signals.push_back(ramp(fs, static_cast<Index>(fs) * 4, "at " + std::to_string(static_cast<int>(fs))));
        const auto second = static_cast<Index>(fs);
        r.signals.back().segments = {{0, 0, second}, {2'500'000'000, second, 3 * second}};
    }
    r.identity.start_ns = 1'500'000'000'250'000'000;
    Event event;
    event.onset_ns = 1'234'567'891;
    event.duration_ns = 500'000'000;
    event.label = "arousal";
    event.channels = {1};
    r.events.push_back(event);
    io::write_edf(r, folder / "a.edf");

    const Recording back = io::read(folder / "a.edf", {true, {}});
    EXPECT_EQ(back.format, "EDF+D");
    ASSERT_EQ(back.signals.size(), 2U);
    EXPECT_EQ(back.identity.start_ns, r.identity.start_ns);
    ASSERT_EQ(back.signals[1].segments.size(), 2U);
    EXPECT_EQ(back.signals[1].segments[1].t0_ns, 2'500'000'000);
    EXPECT_EQ(back.signals[1].segments[1].first, 25);
    EXPECT_EQ(signal_sha256(back), signal_sha256(r));
    EXPECT_EQ(back.signals[0].channels[0].scaling.gain(), r.signals[0].channels[0].scaling.gain());
    ASSERT_EQ(back.events.size(), 1U);
    EXPECT_EQ(back.events[0].onset_ns, 1'234'567'891);
    EXPECT_EQ(back.events[0].duration_ns, 500'000'000);
    EXPECT_EQ(back.events[0].label, "arousal");
    EXPECT_EQ(back.events[0].channels, std::vector<int>{1});
}

TEST(Edf, ALengthThatNoRecordFitsIsPaddedAndCutAgain) {
    const Folder folder;
    Recording r;
    r.signals.push_back(ramp(360, 1021, "ECG"));
    io::write_edf(r, folder / "a.edf");
    const Recording back = io::read(folder / "a.edf", {true, {}});
    EXPECT_EQ(back.signal().n_samples(), 1021);
    EXPECT_EQ(signal_sha256(back), signal_sha256(r));
    EXPECT_TRUE(back.events.empty());
    EXPECT_THAT(load(folder / "a.edf"), HasSubstr("end of samples"));
}

TEST(Edf, ATruncatedFileKeepsItsWholeRecords) {
    const Folder folder;
    Recording r;
    r.signals.push_back(ramp(100, 400, "EEG"));
    io::write_edf(r, folder / "a.edf");
    const std::string bytes = load(folder / "a.edf");
    save(folder / "b.edf", bytes.substr(0, bytes.size() - 1));
    const Recording back = io::read(folder / "b.edf");
    EXPECT_EQ(back.signal().n_samples(), 300);
    ASSERT_EQ(back.warnings.size(), 1U);
    EXPECT_THAT(back.warnings[0], HasSubstr("number of records"));
    EXPECT_THROW((void)io::read(folder / "b.edf", {true, {}}), ParseError);
    save(folder / "c.edf", bytes.substr(0, 300));
    EXPECT_THROW((void)io::read(folder / "c.edf"), ParseError);
}

TEST(Edf, AFieldThatBreaksTheStandardIsNamed) {
    const Folder folder;
    Recording r;
    r.signals.push_back(ramp(100, 400, "EEG"));
    io::write_edf(r, folder / "a.edf");
    const std::string bytes = load(folder / "a.edf");
    const auto with = [&](std::size_t at, const std::string& text) {
        std::string changed = bytes;
        changed.replace(at, text.size(), text);
        save(folder / "b.edf", changed);
        return io::read(folder / "b.edf");
    };
    EXPECT_THAT(with(168, "31/02/99").warnings.at(0), HasSubstr("startdate"));
    EXPECT_THAT(with(184, "999     ").warnings.at(0), HasSubstr("header bytes"));
    EXPECT_THAT(with(236, "-1      ").warnings.at(0), HasSubstr("number of records"));
    const std::size_t physical_min = 256 + 2 * (16 + 80 + 8);
    const Recording comma = with(physical_min, "-99,5   ");
    EXPECT_THAT(comma.warnings.at(0), HasSubstr("physical minimum"));
    EXPECT_EQ(comma.signal().channels[0].physical_min, -99.5);
    EXPECT_THROW((void)with(252, "9999"), ParseError);
    EXPECT_THROW((void)with(244, "0       "), ParseError);
}

TEST(Edf, WhatItCannotHoldIsRefusedAndLeavesNothingBehind) {
    const Folder folder;
    Recording r;
    r.signals.push_back(ramp(100, 400, "EDF Annotations"));
    EXPECT_THROW(io::write_edf(r, folder / "a.edf"), std::invalid_argument);
    r.signals.front() = make_signal(Array<std::int32_t>{1, 100}, 100, ramp(100, 100, "EEG").channels);
    Array<std::int32_t> large{1, 100};
    large[5] = 40'000;
    r.signals.front() = make_signal(std::move(large), 100, ramp(100, 100, "EEG").channels);
    EXPECT_THROW(io::write_edf(r, folder / "a.edf"), std::invalid_argument);
    EXPECT_EQ(folder.n_files(), 0U);
    io::write_edf(r, folder / "a.bdf");
    EXPECT_EQ(signal_sha256(io::read(folder / "a.bdf")), signal_sha256(r));
}

}  // namespace
}  // namespace biopotential
