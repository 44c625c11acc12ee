#include "biopotential/trust/identifiers.hpp"

#include <gtest/gtest.h>

#include "biopotential/trust/vocabulary.hpp"

namespace biopotential::trust {
namespace {

std::string wide(const std::string& ascii, bool little) {
    std::string out;
    for (const char c : ascii) {
        out += little ? std::string{c, '\0'} : std::string{'\0', c};
    }
    return out;
}

TEST(Identifiers, FindsNamesInEveryEncodingAndSpelling) {
    Identifiers ids;
    ids.add_identity("4711-0815 F 02-MAY-1951 M\u00fcller_Gisela");
    for (const std::string& text : std::vector<std::string>{"Frau M\u00fcller",
                                                            "FRAU M\u00dcLLER",
                                                            "frau mueller",
                                                            "frau muller",
                                                            "Mu\u0308ller",
                                                            "M\xfcller here",
                                                            "M\xdcLLER",
                                                            "xxMuellersSchwester",
                                                            "gisela",
                                                            wide("Gisela", true),
                                                            wide("GISELA", false),
                                                            "4711",
                                                            "0815",
                                                            "02-MAY-1951",
                                                            "02.05.1951",
                                                            "1951-05-02",
                                                            "2. Mai 1951",
                                                            "May 2, 1951",
                                                            "02.05.51",
                                                            "19510502",
                                                            "M\u00c3\u00bcller"}) {
        EXPECT_FALSE(ids.search(text).empty()) << text;
    }
    for (const std::string& text :
         std::vector<std::string>{"", "Sleep stage W", "47110815", "03.05.1951", "Miller", "1951"}) {
        EXPECT_TRUE(ids.search(text).empty()) << text;
    }
}

TEST(Identifiers, FindsAcrossBlocks) {
    Identifiers ids;
    ids.add_identity("X X X Mustermann");
    std::vector<std::byte> bytes(3 << 20);
    const std::string name = "mUSTERMANN";
    const std::size_t at = (1 << 20) - 4;
    std::copy_n(reinterpret_cast<const std::byte*>(name.data()), name.size(), bytes.begin() + at);
    const auto hits = ids.search(*from_memory(bytes));
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0].offset, static_cast<std::int64_t>(at));
    EXPECT_TRUE(hits[0].certain);
    EXPECT_EQ(hits[0].kind, IdentifierKind::name);
}

TEST(Identifiers, AmongSamplesOnlyLongOnesCount) {
    Identifiers ids;
    ids.add_identity("X X X Anna_Mustermann");
    const Identifiers::Layout samples{0, 0, 0};
    EXPECT_TRUE(
        ids.search(*from_memory({std::byte{'a'}, std::byte{'n'}, std::byte{'n'}, std::byte{'a'}}), samples).empty());
    const std::string name = "Mustermann";
    const auto bytes = std::as_bytes(std::span(name));
    const auto hits = ids.search(*from_memory({bytes.begin(), bytes.end()}), samples);
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_FALSE(hits[0].in_text);
    EXPECT_TRUE(hits[0].certain);
    Identifiers shorter;
    shorter.add_identity("X X X Sander");
    const std::string six = "SANDER";
    const auto few = std::as_bytes(std::span(six));
    const auto doubtful = shorter.search(*from_memory({few.begin(), few.end()}), samples);
    ASSERT_EQ(doubtful.size(), 1U);
    EXPECT_FALSE(doubtful[0].certain);
}

TEST(Identifiers, WordsOfTheVocabularyAreNamesOnlyWhereTheyNameSomeone) {
    Identifiers ids;
    ids.add_remarks("routine EEG Sleep");
    ids.add_free_text("Sleep stage W");
    EXPECT_TRUE(ids.search("Sleep stage W").empty());
    ids.add_identity("X X X Sleep");
    EXPECT_FALSE(ids.search("Sleep stage W").empty());
    EXPECT_TRUE(ids.is_identity("sleep"));
}

TEST(Identifiers, TimesAndAllowedDates) {
    Identifiers ids;
    ids.add_time_of_day(0);
    EXPECT_EQ(ids.size(), 0U);
    ids.add_time_of_day(10 * 3600 + 11 * 60 + 12);
    EXPECT_FALSE(ids.search("at 10:11:12").empty());
    ids.add_date(0);
    EXPECT_FALSE(ids.search("01.01.1970").empty());
    ids.allow_date(0);
    EXPECT_TRUE(ids.search("01.01.1970").empty());
    EXPECT_TRUE(ids.has_allowed_twin());
}

TEST(Vocabulary, KeepsOrdinaryTextAndNothingElse) {
    for (const char* const text :
         {"Sleep stage W", "Augen zu", "Augen \u00f6ffnen", "HV 3 min", "Photic 18.5 Hz", "EEG Fp1-REF",
          "HP:0.1Hz LP:75Hz N:50Hz", "AgAgCl electrode", "Elektrodenartefakt", "MLII", "255"}) {
        EXPECT_EQ(admitted_text(text), text);
    }
    for (const char* const text : {"Frau Mustermann", "Dr. Weber", "0341-123456", "17.05.2003", "10:11:12", "123456",
                                   "12 34 56", "Augen zu\\Mustermann", "a@b", "Sleep\nstage", "HV 12345"}) {
        EXPECT_EQ(admitted_text(text), std::nullopt) << text;
    }
    EXPECT_EQ(admitted_text(std::string(300, 'w')), std::nullopt);
    EXPECT_EQ(admitted_text("Klein Sleep", [](std::string_view word) { return word != "sleep"; }), std::nullopt);
}

TEST(Vocabulary, AuxUnitsAndDiagnoses) {
    EXPECT_EQ(admitted_aux("(AFIB"), "(AFIB");
    EXPECT_EQ(admitted_aux(std::string("(N\0", 3)), "(N");
    EXPECT_EQ(admitted_aux("(ST0+"), "(ST0+");
    EXPECT_EQ(admitted_aux("AST1-200"), "AST1-200");
    EXPECT_EQ(admitted_aux("(MUSTERMANN"), std::nullopt);
    EXPECT_EQ(admitted_unit("\u00b5V"), "uV");
    EXPECT_EQ(admitted_unit("\u03bcV"), "uV");
    EXPECT_EQ(admitted_unit("mV"), "mV");
    EXPECT_EQ(admitted_unit("Meier"), "");
    EXPECT_TRUE(is_snomed_concept("426177001"));
    EXPECT_TRUE(is_snomed_concept("164889003"));
    EXPECT_FALSE(is_snomed_concept("426177002"));
    EXPECT_FALSE(is_snomed_concept("1234567"));
    EXPECT_FALSE(is_snomed_concept(""));
}

}  // namespace
}  // namespace biopotential::trust
