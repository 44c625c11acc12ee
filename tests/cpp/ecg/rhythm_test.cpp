#include "biopotential/ecg/rhythm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>
#include <vector>

namespace biopotential {
namespace {

std::vector<double> times_of(const std::vector<double>& rr) {
    std::vector<double> t{0};
    for (const double v : rr) {
        t.push_back(t.back() + v);
    }
    return t;
}

ecg::Rhythm rhythm_of(const std::vector<double>& rr) {
    const std::vector<double> t = times_of(rr);
    return ecg::rhythm(t, std::vector<std::uint8_t>(t.size(), 1));
}

TEST(Rhythm, KnowsRates) {
    const ecg::Rhythm r = rhythm_of(std::vector<double>(40, 0.75));
    EXPECT_NEAR(r.mean_hr_bpm, 80, 1e-9);
    EXPECT_NEAR(r.min_hr_bpm, 80, 1e-9);
    EXPECT_NEAR(r.max_hr_bpm, 80, 1e-9);
    EXPECT_TRUE(r.episodes.empty());
    EXPECT_EQ(r.irregular_share, 0);
}

TEST(Rhythm, FindsFastAndSlowStretches) {
    std::vector<double> rr(20, 0.8);
    rr.insert(rr.end(), 12, 0.4);
    rr.insert(rr.end(), 20, 0.8);
    rr.insert(rr.end(), 10, 1.5);
    rr.insert(rr.end(), 20, 0.8);
    rr.insert(rr.end(), 5, 0.4);  // too short
    rr.insert(rr.end(), 20, 0.8);
    const ecg::Rhythm r = rhythm_of(rr);
    ASSERT_EQ(r.episodes.size(), 2U);
    EXPECT_EQ(r.episodes[0].kind, ecg::RhythmKind::tachycardia);
    EXPECT_EQ(r.episodes[0].first, 20);
    EXPECT_EQ(r.episodes[0].last, 32);
    EXPECT_NEAR(r.episodes[0].onset_s, 16, 1e-9);
    EXPECT_NEAR(r.episodes[0].duration_s, 4.8, 1e-9);
    EXPECT_NEAR(r.episodes[0].value, 150, 1e-9);
    EXPECT_EQ(r.episodes[1].kind, ecg::RhythmKind::bradycardia);
    EXPECT_NEAR(r.episodes[1].value, 40, 1e-9);
    EXPECT_NEAR(r.max_hr_bpm, 150, 1e-9);
    EXPECT_NEAR(r.min_hr_bpm, 40, 1e-9);
}

TEST(Rhythm, FindsPauses) {
    std::vector<double> rr(20, 0.8);
    rr[5] = 2.5;
    rr[12] = 4.5;
    const ecg::Rhythm r = rhythm_of(rr);
    ASSERT_EQ(r.episodes.size(), 2U);
    EXPECT_EQ(r.episodes[0].kind, ecg::RhythmKind::pause);
    EXPECT_NEAR(r.episodes[0].value, 2.5, 1e-9);
    EXPECT_EQ(r.episodes[1].kind, ecg::RhythmKind::asystole);
    EXPECT_NEAR(r.episodes[1].duration_s, 4.5, 1e-9);
    EXPECT_EQ(r.episodes[1].first, 12);
}

TEST(Rhythm, AnIntervalThatDoesNotCountSplits) {
    const std::vector<double> t = times_of(std::vector<double>{0.8, 0.8, 30.0, 0.8, 0.8});
    const ecg::Rhythm r = ecg::rhythm(t, std::vector<std::uint8_t>{1, 1, 1, 0, 1, 1});
    EXPECT_TRUE(r.episodes.empty());
    EXPECT_NEAR(r.mean_hr_bpm, 75, 1e-9);
}

TEST(Rhythm, DisorderIsIrregular) {
    std::vector<double> rr(40, 0.8);
    std::mt19937 random(1);
    for (int i = 0; i < 60; ++i) {
        rr.push_back(0.45 + 0.7 * static_cast<double>(random()) / 4294967296.0);
    }
    rr.insert(rr.end(), 40, 0.8);
    const ecg::Rhythm r = rhythm_of(rr);
    Index n = 0;
    for (const ecg::RhythmEpisode& e : r.episodes) {
        if (e.kind == ecg::RhythmKind::irregular) {
            ++n;
            EXPECT_NEAR(e.onset_s, 32, 8);
            EXPECT_NEAR(e.duration_s, 48, 14);
        }
    }
    EXPECT_EQ(n, 1);
    EXPECT_GT(r.irregular_share, 0.3);
    EXPECT_LT(r.irregular_share, 0.6);
}

TEST(Rhythm, EntropyIsLakeAndMoormans) {
    // All intervals equal: every match goes on, sample entropy 0; what remains is the tolerance and the mean.
    EXPECT_NEAR(ecg::coefficient_of_sample_entropy(std::vector<double>(12, 0.5)), std::log(0.06) - std::log(0.5),
                1e-12);
    // Two values in turn: what matches alone matches with its successor.
    std::vector<double> rr;
    for (int i = 0; i < 12; ++i) {
        rr.push_back(i % 2 == 0 ? 0.5 : 1.0);
    }
    EXPECT_NEAR(ecg::coefficient_of_sample_entropy(rr), std::log(0.06) - std::log(0.75), 1e-12);
    EXPECT_TRUE(std::isnan(ecg::coefficient_of_sample_entropy(std::vector<double>(11, 0.5))));
}

TEST(Rhythm, FibrillationIsIrregularAndWithoutPWaves) {
    std::mt19937 random(2);
    std::vector<double> irregular;
    for (int i = 0; i < 60; ++i) {
        irregular.push_back(0.45 + 0.5 * static_cast<double>(random()) / 4294967296.0);
    }
    const std::vector<double> regular(60, 0.8);
    const std::vector<double> none(61, 0.02);
    const std::vector<double> all(61, 0.98);
    EXPECT_GT(ecg::atrial_fibrillation_probability(irregular, none), 0.9);
    EXPECT_LT(ecg::atrial_fibrillation_probability(regular, all), 0.05);
    EXPECT_LT(ecg::atrial_fibrillation_probability(irregular, all),
              ecg::atrial_fibrillation_probability(irregular, none));
    EXPECT_TRUE(std::isnan(ecg::atrial_fibrillation_probability(std::vector<double>(5, 0.8), all)));
    EXPECT_TRUE(std::isnan(ecg::atrial_fibrillation_probability(regular, {})));

    const std::vector<double> t = times_of(irregular);
    const std::vector<std::uint8_t> counts(t.size(), 1);
    const ecg::Rhythm r = ecg::rhythm(t, counts, {}, none);
    EXPECT_NEAR(r.af_share, 1, 1e-9);
    EXPECT_EQ(std::count_if(r.episodes.begin(), r.episodes.end(),
                            [](const ecg::RhythmEpisode& e) { return e.kind == ecg::RhythmKind::atrial_fibrillation; }),
              1);
    EXPECT_TRUE(std::isnan(ecg::rhythm(t, counts).af_share));
    EXPECT_THROW((void)ecg::rhythm(t, counts, {}, std::vector<double>(3, 0.5)), std::invalid_argument);
}

TEST(Rhythm, NothingIsNothing) {
    for (const std::size_t n : {0U, 1U}) {
        const ecg::Rhythm r = ecg::rhythm(std::vector<double>(n, 1.0), std::vector<std::uint8_t>(n, 1));
        EXPECT_TRUE(std::isnan(r.mean_hr_bpm));
        EXPECT_TRUE(std::isnan(r.irregular_share));
        EXPECT_TRUE(r.episodes.empty());
    }
}

TEST(Rhythm, RefusesBadArguments) {
    const std::vector<std::uint8_t> counts(3, 1);
    EXPECT_THROW((void)ecg::rhythm(std::vector<double>{0, 1}, counts), std::invalid_argument);
    EXPECT_THROW((void)ecg::rhythm(std::vector<double>{0, 1, 1}, counts), std::invalid_argument);
    EXPECT_THROW((void)ecg::rhythm(std::vector<double>{0, 1, NAN}, counts), std::invalid_argument);
    ecg::RhythmOptions options;
    options.pause_s = 0;
    EXPECT_THROW((void)ecg::rhythm(std::vector<double>{0, 1, 2}, counts, options), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
