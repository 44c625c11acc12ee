#include "biopotential/ecg/delineate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "biopotential/ecg/simulate.hpp"
#include "train.hpp"

namespace biopotential {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Gaussian P (20 ms), QRS (10 ms) and T (40 ms) waves around each beat: a P 160 ms before, a T 280 ms after.
std::vector<double> waves(const std::vector<double>& beats, double fs, double duration_s, double p = 0.15,
                          double t = 0.3) {
    std::vector<double> x = test::qrs_train(beats, fs, duration_s);
    for (std::size_t i = 0; i < x.size(); ++i) {
        for (const double b : beats) {
            const double s = static_cast<double>(i) / fs - b;
            x[i] += p * std::exp(-0.5 * std::pow((s + 0.16) / 0.02, 2));
            x[i] += t * std::exp(-0.5 * std::pow((s - 0.28) / 0.04, 2));
        }
    }
    return x;
}

std::vector<Index> positions(const std::vector<double>& beats, double fs) {
    std::vector<Index> out;
    for (const double b : beats) {
        out.push_back(static_cast<Index>(std::lround(b * fs)));
    }
    return out;
}

void expect_order(const ecg::Delineation& d, std::span<const Index> r_peaks) {
    double last = -1;
    for (Index b = 0; b < d.p_onset.size(); ++b) {
        for (const double v : {d.p_onset[b], d.p_peak[b], d.p_offset[b], d.qrs_onset[b],
                               static_cast<double>(r_peaks[static_cast<std::size_t>(b)]), d.qrs_offset[b], d.t_onset[b],
                               d.t_peak[b], d.t_offset[b]}) {
            if (!std::isnan(v)) {
                EXPECT_GE(v, last) << "beat " << b;
                last = v;
            }
        }
    }
}

TEST(Delineate, FindsWavesWhereTheyAre) {
    const std::vector<double> beats = test::every(0.9, 30);
    for (const double fs : {128.0, 360.0, 500.0, 1000.0}) {
        const std::vector<double> x = waves(beats, fs, 30);
        const std::vector<Index> r = positions(beats, fs);
        const ecg::Delineation d = ecg::delineate(as_row(x), r, fs);
        expect_order(d, r);
        for (Index b = 0; b < d.p_onset.size(); ++b) {
            const double at = beats[static_cast<std::size_t>(b)] * fs;
            EXPECT_NEAR(d.p_peak[b], at - 0.16 * fs, 0.010 * fs + 1);
            EXPECT_NEAR(d.t_peak[b], at + 0.28 * fs, 0.010 * fs + 1);
            // Two to three SD from the peak a Gaussian leaves the baseline.
            EXPECT_NEAR(d.p_onset[b], at - 0.16 * fs - 2.5 * 0.02 * fs, 0.03 * fs);
            EXPECT_NEAR(d.p_offset[b], at - 0.16 * fs + 2.5 * 0.02 * fs, 0.03 * fs);
            EXPECT_NEAR(d.qrs_onset[b], at - 2.5 * 0.01 * fs, 0.02 * fs);
            EXPECT_NEAR(d.qrs_offset[b], at + 2.5 * 0.01 * fs, 0.02 * fs);
            EXPECT_NEAR(d.t_offset[b], at + 0.28 * fs + 2.5 * 0.04 * fs, 0.05 * fs);
            EXPECT_GT(d.p_probability[b], 0.9);
            EXPECT_GT(d.t_probability[b], 0.9);
        }
    }
}

TEST(Delineate, MeasuresWhatItFinds) {
    const double fs = 500;
    const std::vector<double> beats = test::every(1.0, 20);
    std::vector<double> x = waves(beats, fs, 20);
    for (double& v : x) {
        v += 7;  // an offset changes nothing
    }
    const std::vector<Index> r = positions(beats, fs);
    const ecg::Delineation d = ecg::delineate(as_row(x), r, fs);
    EXPECT_TRUE(std::isnan(d.rr_ms[0]));
    for (Index b = 1; b < d.rr_ms.size(); ++b) {
        EXPECT_DOUBLE_EQ(d.rr_ms[b], 1000);
        EXPECT_DOUBLE_EQ(d.pr_ms[b], (d.qrs_onset[b] - d.p_onset[b]) * 2);
        EXPECT_DOUBLE_EQ(d.qrs_ms[b], (d.qrs_offset[b] - d.qrs_onset[b]) * 2);
        EXPECT_DOUBLE_EQ(d.qt_ms[b], (d.t_offset[b] - d.qrs_onset[b]) * 2);
        // At 60 a minute all corrections leave QT as it is.
        EXPECT_DOUBLE_EQ(d.qtc_bazett_ms[b], d.qt_ms[b]);
        EXPECT_DOUBLE_EQ(d.qtc_fridericia_ms[b], d.qt_ms[b]);
        EXPECT_DOUBLE_EQ(d.qtc_framingham_ms[b], d.qt_ms[b]);
        EXPECT_DOUBLE_EQ(d.qtc_hodges_ms[b], d.qt_ms[b]);
        EXPECT_NEAR(d.p_amplitude(0, b), 0.15, 0.03);
        EXPECT_NEAR(d.r_amplitude(0, b), 1.0, 0.03);
        EXPECT_NEAR(d.t_amplitude(0, b), 0.3, 0.03);
        EXPECT_LE(d.q_amplitude(0, b), 0);
        EXPECT_LE(d.s_amplitude(0, b), 0);
        EXPECT_NEAR(d.st_level(0, b), 0, 0.05);
    }
}

TEST(Delineate, CorrectsQtByTheIntervalBefore) {
    const double fs = 500;
    const std::vector<double> beats = test::every(0.64, 20);
    const ecg::Delineation d = ecg::delineate(as_row(waves(beats, fs, 20)), positions(beats, fs), fs);
    for (Index b = 1; b < d.qt_ms.size(); ++b) {
        EXPECT_NEAR(d.qtc_bazett_ms[b], d.qt_ms[b] / 0.8, 1e-9);
        EXPECT_NEAR(d.qtc_fridericia_ms[b], d.qt_ms[b] / std::cbrt(0.64), 1e-9);
        EXPECT_NEAR(d.qtc_framingham_ms[b], d.qt_ms[b] + 154 * 0.36, 1e-9);
        EXPECT_NEAR(d.qtc_hodges_ms[b], d.qt_ms[b] + 1.75 * 33.75, 1e-9);
    }
}

TEST(Delineate, ReportsNoPWaveWhereThereIsNone) {
    // Waves of a random size at random places before the QRS, as in atrial fibrillation.
    const double fs = 250;
    const std::vector<double> beats = test::every(0.8, 60);
    std::vector<double> x = waves(beats, fs, 60, 0.0);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double s = static_cast<double>(i) / fs;
        x[i] += 0.03 * std::sin(2 * 3.14159265 * 5.37 * s) + 0.03 * std::sin(2 * 3.14159265 * 6.71 * s + 1);
    }
    const ecg::Delineation d = ecg::delineate(as_row(x), positions(beats, fs), fs);
    Index n = 0;
    for (Index b = 0; b < d.p_peak.size(); ++b) {
        n += std::isnan(d.p_peak[b]) ? 0 : 1;
        EXPECT_EQ(std::isnan(d.p_onset[b]), std::isnan(d.p_offset[b]));
    }
    EXPECT_LT(n, d.p_peak.size() / 5);
}

TEST(Delineate, DoesNotDependOnScaleAndOffset) {
    const double fs = 250;
    const std::vector<double> beats = test::every(0.8, 30);
    const std::vector<double> x = waves(beats, fs, 30);
    std::vector<double> y = x;
    for (double& v : y) {
        v = 1000 * v - 400;
    }
    const ecg::Delineation a = ecg::delineate(as_row(x), positions(beats, fs), fs);
    const ecg::Delineation b = ecg::delineate(as_row(y), positions(beats, fs), fs);
    for (Index i = 0; i < a.p_onset.size(); ++i) {
        EXPECT_NEAR(a.p_onset[i], b.p_onset[i], 1);
        EXPECT_NEAR(a.t_offset[i], b.t_offset[i], 1);
        EXPECT_NEAR(b.r_amplitude(0, i), 1000 * a.r_amplitude(0, i), 1e-6);
    }
}

TEST(Delineate, FusesLeads) {
    const double fs = 500;
    ecg::SimulateOptions options;
    options.leads = {"I", "II", "V1", "V5"};
    const ecg::Simulated s = ecg::simulate(60, fs, options);
    const ecg::Delineation d = ecg::delineate(view(s.x), s.r_peaks, fs);
    expect_order(d, s.r_peaks);
    EXPECT_EQ(d.r_amplitude.shape(), (std::vector<Index>{4, static_cast<Index>(s.r_peaks.size())}));
    Index n = 0;
    for (Index b = 0; b < d.p_peak.size(); ++b) {
        n += std::isnan(d.p_peak[b]) ? 0 : 1;
        EXPECT_GT(d.qrs_ms[b], 40);
        EXPECT_LT(d.qrs_ms[b], 140);
    }
    EXPECT_GT(n, d.p_peak.size() * 9 / 10);
}

TEST(Delineate, GapsTakeTheWavesTheyTouch) {
    const double fs = 250;
    const std::vector<double> beats = test::every(0.8, 30);
    std::vector<double> x = waves(beats, fs, 30);
    const std::vector<Index> r = positions(beats, fs);
    for (Index i = r[10] + 50; i < r[10] + 90; ++i) {
        x[static_cast<std::size_t>(i)] = nan;  // its T wave
    }
    x[static_cast<std::size_t>(r[20])] = nan;
    const ecg::Delineation d = ecg::delineate(as_row(x), r, fs);
    EXPECT_TRUE(std::isnan(d.t_peak[10]));
    EXPECT_FALSE(std::isnan(d.p_peak[10]));
    EXPECT_FALSE(std::isnan(d.t_peak[9]));
    EXPECT_TRUE(std::isnan(d.qrs_onset[20]));
    EXPECT_TRUE(std::isnan(d.t_peak[20]));
    EXPECT_FALSE(std::isnan(d.qrs_onset[21]));
}

TEST(Delineate, APartOfALongRecordingHasTheSameWaves) {
    const double fs = 128;
    const ecg::Simulated s = ecg::simulate(900, fs);
    const ecg::Delineation whole = ecg::delineate(view(s.x), s.r_peaks, fs);
    const std::span<const Index> some(s.r_peaks.data(), 420);
    const MatrixView part(view(s.x).leftCols(s.r_peaks[440]));
    const ecg::Delineation d = ecg::delineate(part, some, fs);
    for (Index b = 0; b < 400; ++b) {
        EXPECT_TRUE(std::abs(whole.t_offset[b] - d.t_offset[b]) <= 1 || std::isnan(whole.t_offset[b]));
    }
}

TEST(Delineate, SurvivesWhatIsNoEcg) {
    const std::vector<double> flat(1000, 3.0);
    const std::vector<Index> r{0, 1, 2, 500, 999};
    const ecg::Delineation d = ecg::delineate(as_row(flat), r, 250);
    for (Index b = 0; b < 5; ++b) {
        EXPECT_TRUE(std::isnan(d.qrs_onset[b]));
        EXPECT_TRUE(std::isnan(d.t_peak[b]));
    }
    std::vector<double> noise(1000);
    double v = 0.3;
    for (double& a : noise) {
        a = v = 3.9 * v * (1 - v);
    }
    expect_order(ecg::delineate(as_row(noise), r, 250), r);
    std::vector<Index> every_sample(1000);
    for (Index i = 0; i < 1000; ++i) {
        every_sample[static_cast<std::size_t>(i)] = i;
    }
    expect_order(ecg::delineate(as_row(noise), every_sample, 250), every_sample);
    EXPECT_EQ(ecg::delineate(as_row(flat), {}, 250).p_onset.size(), 0);
    EXPECT_EQ(ecg::delineate(as_row(std::vector<double>{}), {}, 250).p_onset.size(), 0);
    const std::vector<Index> first{0};
    EXPECT_TRUE(std::isnan(ecg::delineate(as_row(std::vector<double>{1.0}), first, 250).qrs_onset[0]));
}

TEST(Delineate, RefusesBadArguments) {
    const std::vector<double> x(1000, 0.0);
    const std::vector<Index> r{10, 20};
    const std::vector<Index> outside{10, 1000};
    const std::vector<Index> twice{10, 10};
    EXPECT_THROW((void)ecg::delineate(as_row(x), r, 0), std::invalid_argument);
    EXPECT_THROW((void)ecg::delineate(as_row(x), r, 20), std::invalid_argument);
    EXPECT_THROW((void)ecg::delineate(as_row(x), r, nan), std::invalid_argument);
    EXPECT_THROW((void)ecg::delineate(as_row(x), outside, 250), std::invalid_argument);
    EXPECT_THROW((void)ecg::delineate(as_row(x), twice, 250), std::invalid_argument);
    EXPECT_THROW((void)ecg::delineate(MatrixView(Matrix(0, 1000)), r, 250), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
