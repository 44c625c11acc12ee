// Passes Eigen's and the library's own arrays back and forth, and an exception; exits 0 when all is right.

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <utility>
#include <vector>

#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/spectral.hpp"

namespace bp = biopotential;

namespace {

constexpr double fs = 250.0;
constexpr double two_pi = 6.283185307179586;

int failures = 0;

void expect(bool right, const char* what) {
    if (!right) {
        std::fprintf(stderr, "failed: %s\n", what);
        ++failures;
    }
}

void filters_eigen_matrices() {
    // Odd sizes, so that rows are not aligned.
    bp::Matrix x(3, 2501);
    for (bp::Index i = 0; i < x.cols(); ++i) {
        const double t = static_cast<double>(i) / fs;
        x.col(i).setConstant(std::sin(two_pi * 10 * t) + std::sin(two_pi * 60 * t));
    }
    const std::array<double, 1> cutoff{30.0};
    const bp::Array<double> sos = bp::signal::butter(4, cutoff, fs, bp::signal::BandType::lowpass);
    for (int repeat = 0; repeat < 100; ++repeat) {
        bp::Array<double> y = bp::signal::sosfiltfilt(bp::view(sos), x);
        const bp::Array<double> copy = y.clone();
        const bp::Array<double> moved = std::move(y);
        const bp::Matrix owned = moved.matrix();  // the consumer's own allocation
        expect(owned.rows() == 3 && owned.cols() == 2501, "shape");
        expect((owned - copy.matrix()).cwiseAbs().maxCoeff() == 0, "copies are equal");
        const double t = 1000 / fs;
        expect(std::abs(owned(2, 1000) - std::sin(two_pi * 10 * t)) < 0.01, "10 Hz passes, 60 Hz does not");
    }
    // A window of every second sample: strides, no copy.
    const auto window = x(Eigen::all, Eigen::seq(1, 2000, 2));
    const bp::signal::Spectrum spectrum = bp::signal::welch(bp::Matrix(window), fs / 2);
    expect(spectrum.psd.shape(0) == 3, "a spectrum per channel");
}

void finds_beats() {
    std::vector<double> ecg(30 * 250, 0.0);
    for (std::size_t beat = 100; beat + 5 < ecg.size(); beat += 200) {
        for (int k = -5; k <= 5; ++k) {
            ecg[static_cast<std::size_t>(static_cast<int>(beat) + k)] = std::exp(-0.25 * k * k);
        }
    }
    const std::vector<bp::Index> peaks = bp::ecg::find_r_peaks(bp::as_row(ecg), fs);
    expect(peaks.size() == 37, "a beat every 0.8 s for 30 s");
    expect(!peaks.empty() && std::abs(peaks[1] - 300) <= 2, "the second beat at sample 300");
}

void catches_the_librarys_exceptions() {
    bool caught = false;
    try {
        const bp::Matrix x = bp::Matrix::Zero(1, 100);
        (void)bp::signal::welch(x, -1.0);
    } catch (const std::invalid_argument&) {
        caught = true;
    }
    expect(caught, "fs <= 0 is an invalid_argument");
}

}  // namespace

int main() {
    filters_eigen_matrices();
    finds_beats();
    catches_the_librarys_exceptions();
    return failures == 0 ? 0 : 1;
}
