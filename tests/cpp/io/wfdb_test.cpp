#include "biopotential/io/wfdb.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "biopotential/core/errors.hpp"
#include "files.hpp"

namespace biopotential {
namespace {

using test::Folder;
using test::save;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::int32_t> digital(const Signal& signal, Index channel) {
    const Array<std::int32_t> all = signal.read_digital(0, signal.n_samples());
    return {all.row(channel).begin(), all.row(channel).end()};
}

TEST(Wfdb, ReadsFormat16WithTheRulesForGainBaselineAndUnit) {
    const Folder folder;
    save(folder / "a.hea",
         "a 3 100 2 10:20:30.5 01/02/2003\na.dat 16 200(10)/uV 12 5 0 0 0 one lead\na.dat 16 0 12 7\na.dat 16\n# "
         "comment\n#more\n");
    save(folder / "a.dat", std::string("\x0a\x00\x07\x00\xff\xff\x00\x80\x01\x00\x02\x00", 12));
    const Recording r = io::read_wfdb(folder / "a.hea");
    const Signal& s = r.signal();
    EXPECT_EQ(s.fs, 100);
    EXPECT_EQ(s.channels[0].name, "one lead");
    EXPECT_EQ(s.channels[0].unit, "uV");
    EXPECT_EQ(s.channels[1].unit, "mV");
    EXPECT_EQ(s.channels[1].scaling.zero, 7);
    EXPECT_EQ(s.channels[1].scaling.denominator, 200);
    EXPECT_EQ(s.channels[2].scaling.zero, 0);
    EXPECT_THAT(digital(s, 0), ElementsAre(10, -32768));
    const Array<double> x = s.read(0, 2);
    EXPECT_EQ(x(0, 0), 0);
    EXPECT_TRUE(std::isnan(x(0, 1)));
    EXPECT_EQ(x(1, 1), (1 - 7) / 200.0);
    EXPECT_EQ(r.identity.fields.at("comments"), "comment\nmore");
    EXPECT_EQ(r.identity.start_ns, 1'044'094'830'500'000'000);
}

TEST(Wfdb, Format212KeepsSignsAndAnOddLastSample) {
    const Folder folder;
    save(folder / "a.hea", "a 1 100 3\na.dat 212\n");
    // 1, -1, 2047
    save(folder / "a.dat", std::string("\x01\xf0\xff\xff\x07", 5));
    EXPECT_THAT(digital(io::read_wfdb(folder / "a.hea").signal(), 0), ElementsAre(1, -1, 2047));
}

TEST(Wfdb, AHeaderThatClaimsMoreThanTheFileHoldsIsRefusedWithTheOffset) {
    const Folder folder;
    save(folder / "a.hea", "a 1 100 99999999999\na.dat 16\n");
    save(folder / "a.dat", "abcd");
    try {
        (void)io::read_wfdb(folder / "a.hea");
        FAIL() << "read";
    } catch (const ParseError& e) {
        EXPECT_EQ(e.offset(), 4);
        EXPECT_THAT(e.what(), HasSubstr("got 2"));
    }
}

TEST(Wfdb, HeadersThatLeadElsewhereOrSayNonsenseAreRefused) {
    const Folder folder;
    save(folder / "a.dat", std::string(64, 'x'));
    for (const char* header :
         {"", "a", "a x", "a/2 1 100 4\n", "a 1 0 4\na.dat 16\n", "a 1 -5 4\na.dat 16\n", "a 1 100 4\n",
          "a 1 100 4\n../a.dat 16\n", "a 1 100 4\n/etc/passwd 8\n", "a 1 100 4\na.dat 17\n", "a 1 100 4\na.dat 16x0\n",
          "a 1 100 4\na.dat 16 1e999\n", "a 1 100 4\na.dat 16 200(x)\n", "a 1 100 4\na.dat 16+9999\n",
          "a 1 100 4\na.dat 16\na.dat 16\n", "a 2 100 4\na.dat 16\na.dat 212\n", "a 99999999 100 4\n",
          "a 1 100 -4\na.dat 16\n", "a 1 100 4\n~ 0\n"}) {
        save(folder / "a.hea", header);
        EXPECT_THROW((void)io::read_wfdb(folder / "a.hea"), ParseError) << header;
    }
}

TEST(Wfdb, StrictVerifiesTheChecksum) {
    const Folder folder;
    save(folder / "a.dat", std::string("\x01\x00\x02\x00", 4));
    save(folder / "a.hea", "a 1 100 2\na.dat 16 200 16 0 1 3 0 x\n");
    EXPECT_NO_THROW((void)io::read_wfdb(folder / "a.hea", {true, {}}));
    save(folder / "a.hea", "a 1 100 2\na.dat 16 200 16 0 1 4 0 x\n");
    EXPECT_NO_THROW((void)io::read_wfdb(folder / "a.hea"));
    EXPECT_THROW((void)io::read_wfdb(folder / "a.hea", {true, {}}), ParseError);
}

TEST(Wfdb, AnnotationsGoThroughAFileUnchanged) {
    const Folder folder;
    std::vector<Event> events(5);
    const std::vector<Index> samples = {0, 5, 5, 100'000, 100'001};
    for (std::size_t i = 0; i < events.size(); ++i) {
        events[i].onset_ns = to_ns(samples[i], 360);
        events[i].label = i == 3 ? "+" : i == 4 ? "no symbol" : "N";
    }
    events[3].aux = "(AFIB";
    events[1].subtype = -3;
    events[2].num = 2;
    events[2].channels = {1};
    io::write_annotations(events, folder / "a.atr", 360);
    const std::vector<Event> back = io::read_annotations(folder / "a.atr", 360).events;
    ASSERT_EQ(back.size(), events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(back[i].onset_ns, events[i].onset_ns) << i;
    }
    EXPECT_EQ(back[1].subtype, -3);
    EXPECT_EQ(back[2].num, 2);
    EXPECT_THAT(back[2].channels, ElementsAre(1));
    EXPECT_EQ(back[3].aux, "(AFIB");
    EXPECT_EQ(back[3].code, 28);
    EXPECT_EQ(back[4].label, "\"");
    EXPECT_EQ(back[4].aux, "no symbol");
    EXPECT_EQ(folder.n_files(), 1U);
}

Recording recording_of(const std::vector<std::int32_t>& samples) {
    Array<std::int32_t> x{1, static_cast<Index>(samples.size())};
    std::ranges::copy(samples, x.begin());
    Channel channel;
    channel.name = "a";
    channel.unit = "mV";
    channel.scaling = {0, 1, 200};
    Recording r;
    r.signals.push_back(make_signal(std::move(x), 100, {channel}));
    return r;
}

std::string packed(int format, const std::vector<std::int32_t>& samples) {
    const Folder folder;
    io::WfdbWriteOptions options;
    options.format = format;
    io::write_wfdb(recording_of(samples), folder / "a.hea", options);
    EXPECT_THAT(digital(io::read_wfdb(folder / "a.hea", {true, {}}).signal(), 0), testing::ElementsAreArray(samples));
    return test::load(folder / "a.dat");
}

TEST(Wfdb, EveryFormatHasTheBytesOfItsDescription) {
    using namespace std::string_literals;
    EXPECT_EQ(packed(8, {5, 6, 4}), "\x00\x01\xfe"s);  // the first value stands in the header
    EXPECT_EQ(packed(16, {1, -2}), "\x01\x00\xfe\xff"s);
    EXPECT_EQ(packed(24, {1, -2}), "\x01\x00\x00\xfe\xff\xff"s);
    EXPECT_EQ(packed(32, {-2}), "\xfe\xff\xff\xff"s);
    EXPECT_EQ(packed(61, {1, -2}), "\x00\x01\xff\xfe"s);
    EXPECT_EQ(packed(80, {1, -2}), "\x81\x7e"s);
    EXPECT_EQ(packed(160, {1, -2}), "\x01\x80\xfe\x7f"s);
    EXPECT_EQ(packed(212, {1, -1, 2047}), "\x01\xf0\xff\xff\x07"s);
    // 310: sample 0 in bits 1 to 10 of the first word, 1 in those of the second, 2 in bits 11 to 15 of both.
    EXPECT_EQ(packed(310, {1, -1, 33}), "\x02\x08\xfe\x0f"s);
    EXPECT_EQ(packed(310, {1}), "\x02\x00"s);
    EXPECT_EQ(packed(310, {1, -1}), "\x02\x00\xfe\x07"s);
    // 311: ten bits each, from the lowest.
    EXPECT_EQ(packed(311, {1, -1, 2}), "\x01\xfc\x2f\x00"s);
    EXPECT_EQ(packed(311, {1}), "\x01\x00"s);
    EXPECT_EQ(packed(311, {1, -1}), "\x01\xfc\x0f"s);
}

TEST(Wfdb, GapsBecomeSegments) {
    for (const bool variable : {false, true}) {
        const Folder folder;
        Recording r = recording_of({1, 2, 3, 4, 5});
        r.signals[0].segments = {{50'000'000, 0, 2}, {100'000'000, 2, 0}, {170'000'000, 2, 3}};
        io::WfdbWriteOptions options;
        options.variable_layout = variable;
        io::write_wfdb(r, folder / "a.hea", options);
        EXPECT_EQ(test::load(folder / "a.hea"), (variable ? "a/5 1 100 20\na_layout 0\n" : "a/4 1 100 20\n") +
                                                    std::string("~ 5\na_0001 2\n~ 10\na_0002 3\n"));
        const Recording back = io::read_wfdb(folder / "a.hea", {true, {}});
        ASSERT_EQ(back.signal().segments.size(), 2U);
        EXPECT_EQ(back.signal().segments[1].t0_ns, 170'000'000);
        EXPECT_THAT(digital(back.signal(), 0), ElementsAre(1, 2, 3, 4, 5));
        EXPECT_EQ(folder.n_files(), variable ? 6U : 5U);
    }
}

TEST(Wfdb, ATruncatedAnnotationIsRefused) {
    const Folder folder;
    save(folder / "a.atr", std::string("\x00\xec\x01", 3));
    EXPECT_THROW((void)io::read_annotations(folder / "a.atr", 360), ParseError);
}

}  // namespace
}  // namespace biopotential
