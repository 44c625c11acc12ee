#include "biopotential/signal/filter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "biopotential/core/threads.hpp"
#include "biopotential/signal/resample.hpp"
#include "biopotential/signal/spectral.hpp"
#include "biopotential/signal/streaming.hpp"

namespace biopotential {
namespace {

using std::numbers::pi;

Matrix noise(Index channels, Index n) {
    Matrix x(channels, n);
    unsigned state = 1;
    for (Index i = 0; i < x.size(); ++i) {
        state = state * 1664525U + 1013904223U;
        x.data()[i] = static_cast<double>(state) / 4294967296.0 - 0.5;
    }
    return x;
}

Matrix sine(double f, double fs, Index n) {
    Matrix x(1, n);
    for (Index i = 0; i < n; ++i) {
        x(0, i) = std::sin(2 * pi * f * static_cast<double>(i) / fs);
    }
    return x;
}

Array<double> bandpass_sections() {
    const double edges[] = {5, 15};
    return signal::butter(3, edges, 360, signal::BandType::bandpass);
}

TEST(SosFilt, IsItsDifferenceEquationWhateverTheNumberOfChannels) {
    const Array<double> sos = bandpass_sections();
    for (const Index channels : {1, 2, 3, 4, 5, 7, 8, 9, 17}) {
        const Matrix x = noise(channels, 1500);
        const Array<double> y = signal::sosfilt(view(sos), x);
        for (Index c = 0; c < channels; ++c) {
            std::vector<double> z(static_cast<std::size_t>(2 * sos.shape(0)));
            for (Index i = 0; i < x.cols(); ++i) {
                double v = x(c, i);
                for (Index s = 0; s < sos.shape(0); ++s) {
                    double* state = z.data() + 2 * s;
                    const double out = sos(s, 0) * v + state[0];
                    state[0] = sos(s, 1) * v - sos(s, 4) * out + state[1];
                    state[1] = sos(s, 2) * v - sos(s, 5) * out;
                    v = out;
                }
                ASSERT_EQ(y(c, i), v) << channels << " channels, sample " << i;
            }
        }
    }
}

TEST(SosFilt, TakesAnyStrides) {
    const Array<double> sos = bandpass_sections();
    const Matrix x = noise(600, 5);
    const Matrix turned = x.transpose();
    const Array<double> a = signal::sosfilt(view(sos), x.transpose());
    const Array<double> b = signal::sosfilt(view(sos), turned);
    EXPECT_TRUE((a.matrix().array() == b.matrix().array()).all());
}

TEST(SosFiltFilt, KeepsAConstantThatALowPassPasses) {
    const double cutoff = 10;
    const Array<double> sos = signal::butter(4, {&cutoff, 1}, 100, signal::BandType::lowpass);
    const Array<double> y = signal::sosfiltfilt(view(sos), Matrix::Constant(2, 100, 3.0));
    for (const double v : y) {
        EXPECT_NEAR(v, 3, 1e-11);
    }
    EXPECT_THROW((void)signal::sosfiltfilt(view(sos), Matrix::Zero(1, 10)), std::invalid_argument);
}

TEST(FirFilter, IsTheCentredConvolution) {
    const std::vector<double> h = {0.25, 0.5, 0.25};
    const Matrix x = noise(2, 1000);
    const Array<double> y = signal::fir_filter(h, x);
    for (Index c = 0; c < 2; ++c) {
        for (Index i = 1; i + 1 < x.cols(); ++i) {
            ASSERT_NEAR(y(c, i), 0.25 * x(c, i - 1) + 0.5 * x(c, i) + 0.25 * x(c, i + 1), 1e-15);
        }
        ASSERT_NEAR(y(c, 0), x(c, 0), 1e-15);  // odd reflection: both neighbours cancel
    }
    const std::vector<double> even = {0.5, 0.5};
    EXPECT_THROW((void)signal::fir_filter(even, x), std::invalid_argument);
}

TEST(Bands, KeepAndRemoveASine) {
    const Matrix x = sine(10, 250, 5000);
    for (const auto method : {signal::FilterMethod::fir, signal::FilterMethod::iir}) {
        signal::FilterOptions options;
        options.method = method;
        const Array<double> kept = signal::bandpass(x, 5, 20, 250, options);
        const Array<double> gone = signal::highpass(x, 30, 250, options);
        EXPECT_NEAR((kept.matrix() - x).middleCols(1000, 3000).cwiseAbs().maxCoeff(), 0, 5e-3);
        EXPECT_LT(gone.matrix().middleCols(1000, 3000).cwiseAbs().maxCoeff(), 5e-3);
    }
    const double f = 10;
    EXPECT_LT(signal::notch_filter(x, {&f, 1}, 250).matrix().middleCols(1000, 3000).cwiseAbs().maxCoeff(), 5e-3);
}

TEST(Bands, RefuseWhatIsNotFinite) {
    Matrix x = noise(2, 500);
    x(1, 7) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW((void)signal::bandpass(x, 5, 20, 250), std::invalid_argument);
    EXPECT_THROW((void)signal::bandpass(noise(1, 500), std::numeric_limits<double>::quiet_NaN(), 20, 250),
                 std::invalid_argument);
}

TEST(Hilbert, TurnsACosineIntoACircle) {
    const Matrix x = sine(10, 200, 400);
    const Array<std::complex<double>> z = signal::hilbert(x);
    for (const auto& v : z) {
        EXPECT_NEAR(std::abs(v), 1, 1e-12);
    }
}

TEST(Detrend, RemovesALine) {
    Matrix x(1, 300);
    for (Index i = 0; i < 300; ++i) {
        x(0, i) = 3 - 0.7 * static_cast<double>(i);
    }
    for (const double v : signal::detrend(x)) {
        EXPECT_NEAR(v, 0, 1e-11);
    }
}

TEST(Resample, KeepsASineInsideTheBand) {
    const Matrix x = sine(10, 360, 3600);
    const Array<double> poly = signal::resample_poly(x, 16, 45);
    const Array<double> whole = signal::resample(x, 1280);
    const Matrix want = sine(10, 128, 1280);
    ASSERT_EQ(poly.shape(1), 1280);
    EXPECT_LT((poly.matrix() - want).middleCols(200, 900).cwiseAbs().maxCoeff(), 2e-3);
    EXPECT_LT((whole.matrix() - want).cwiseAbs().maxCoeff(), 1e-11);
}

TEST(Welch, GivesTheVarianceOfASine) {
    signal::WelchOptions options;
    options.nperseg = 250;
    const signal::Spectrum s = signal::welch(sine(10, 250, 5000), 250, options);
    EXPECT_NEAR(signal::integrate_band(s, 5, 15, signal::Integration::trapezoid)[0], 0.5, 1e-10);
    EXPECT_THROW((void)signal::welch(Matrix(1, 0), 250), std::invalid_argument);
}

TEST(Dpss, TapersAreOrthonormal) {
    const signal::Tapers t = signal::dpss(300, 4, 7);
    const Matrix product = t.windows.matrix() * t.windows.matrix().transpose();
    EXPECT_LT((product - Matrix::Identity(7, 7)).cwiseAbs().maxCoeff(), 1e-10);
    EXPECT_GT(t.ratios[0], 0.9999999);
}

TEST(Threads, ChangeNoBit) {
    const Matrix x = noise(11, 4000);
    const Array<double> sos = bandpass_sections();
    const int before = num_threads();
    set_num_threads(1);
    const Array<double> a = signal::sosfiltfilt(view(sos), x);
    const Array<double> b = signal::bandpass(x, 5, 15, 360);
    const Array<double> p = signal::welch(x, 360).psd;
    set_num_threads(3);
    EXPECT_TRUE((a.matrix().array() == signal::sosfiltfilt(view(sos), x).matrix().array()).all());
    EXPECT_TRUE((b.matrix().array() == signal::bandpass(x, 5, 15, 360).matrix().array()).all());
    EXPECT_TRUE((p.matrix().array() == signal::welch(x, 360).psd.matrix().array()).all());
    set_num_threads(before);
}

TEST(Streams, EqualTheOfflineFunctionsToTheLastBit) {
    const Matrix x = noise(3, 5000);
    const Array<double> sos = bandpass_sections();
    std::vector<double> h(61);
    for (std::size_t k = 0; k < h.size(); ++k) {
        h[k] = std::cos(static_cast<double>(k)) / 61;
    }
    const Array<double> want_iir = signal::sosfilt(view(sos), x);
    const Array<double> want_fir = signal::fir_filter_causal(h, x);
    signal::SosStream iir(view(sos), 3);
    signal::FirStream fir(h, 3);
    Index first = 0;
    for (const Index n : {1, 0, 2, 3, 17, 977, 1, 4000 - 1}) {
        const Array<double> a = iir.push(x.middleCols(first, n));
        const Array<double> b = fir.push(x.middleCols(first, n));
        for (Index c = 0; c < 3; ++c) {
            for (Index i = 0; i < n; ++i) {
                ASSERT_EQ(a(c, i), want_iir(c, first + i));
                ASSERT_EQ(b(c, i), want_fir(c, first + i));
            }
        }
        first += n;
    }
    EXPECT_EQ(first, 5000);
}

}  // namespace
}  // namespace biopotential
