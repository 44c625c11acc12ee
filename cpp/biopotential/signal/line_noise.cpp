#include "biopotential/signal/line_noise.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::signal {

namespace {

using Complex = std::complex<double>;
using std::numbers::pi;

/// Tapers and threshold for windows of one length.
struct LineTest {
    Tapers tapers;
    double threshold = 0;
    std::vector<double> sums;  // of the even-indexed (symmetric) tapers, which alone carry a sinusoid's power
    double sum_squares = 0;

    LineTest(Index n, double fs, const LineFitOptions& options) {
        const double nw = options.bandwidth_hz ? *options.bandwidth_hz * static_cast<double>(n) / (2 * fs) : 4.0;
        if (!(nw >= 1 && nw < static_cast<double>(n) / 2)) {
            throw_invalid("remove_lines", "a half bandwidth of 1 to n_samples / 2 in units of fs / n_samples", nw);
        }
        tapers = dpss(n, nw, static_cast<Index>(2 * nw), true);
        const Index k = tapers.ratios.size();
        // The F distribution with 2 and 2 k - 2 degrees of freedom has a closed form.
        const auto half = static_cast<double>(k - 1);
        threshold = half * (std::pow(options.p / static_cast<double>(n), -1 / half) - 1);
        for (Index t = 0; t < k; t += 2) {
            const auto row = tapers.windows.row(t);
            sums.push_back(std::accumulate(row.begin(), row.end(), 0.0));
            sum_squares += sums.back() * sums.back();
        }
    }
};

/// One window minus its lines.
void subtract_lines(std::vector<double>& x, double fs, const LineTest& test, const LineFitOptions& options) {
    const auto n = static_cast<Index>(x.size());
    const std::shared_ptr<const Fft> fft = Fft::of_length(n);
    const Index n_freqs = fft->n_freqs();
    const Index k = test.tapers.ratios.size();
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(n);
    std::vector<Complex> spectra(static_cast<std::size_t>(k * n_freqs));
    FftBuffer<double> samples(n);
    FftBuffer<Complex> spectrum(n_freqs);
    for (Index t = 0; t < k; ++t) {
        for (Index i = 0; i < n; ++i) {
            samples[i] = (x[static_cast<std::size_t>(i)] - mean) * test.tapers.windows(t, i);
        }
        fft->forward(samples, spectrum);
        for (Index f = 0; f < n_freqs; ++f) {
            const bool own_mirror = f == 0 || 2 * f == n;
            spectra[static_cast<std::size_t>(t * n_freqs + f)] =
                own_mirror ? spectrum[f] / std::sqrt(2.0) : spectrum[f];
        }
    }
    const auto at = [&](Index t, Index f) { return spectra[static_cast<std::size_t>(t * n_freqs + f)]; };
    std::vector<Complex> amplitude(static_cast<std::size_t>(n_freqs));
    for (Index f = 0; f < n_freqs; ++f) {
        Complex sum = 0;
        for (Index t = 0; t < k; t += 2) {
            sum += at(t, f) * test.sums[static_cast<std::size_t>(t / 2)];
        }
        amplitude[static_cast<std::size_t>(f)] = sum / test.sum_squares;
    }
    const double step = fs / static_cast<double>(n);
    std::vector<bool> remove(static_cast<std::size_t>(n_freqs), false);
    if (options.freqs_hz.empty()) {
        for (Index f = 0; f < n_freqs; ++f) {
            const Complex a = amplitude[static_cast<std::size_t>(f)];
            double rest = 0;
            for (Index t = 0; t < k; ++t) {
                rest += std::norm(t % 2 == 0 ? at(t, f) - a * test.sums[static_cast<std::size_t>(t / 2)] : at(t, f));
            }
            const double explained = static_cast<double>(k - 1) * std::norm(a) * test.sum_squares;
            remove[static_cast<std::size_t>(f)] = rest > 0 && explained / rest > test.threshold;
        }
    }
    for (const double line : options.freqs_hz) {
        const double half = options.width_hz.value_or(line / 200) / 2;
        Index nearest = 0;
        for (Index f = 0; f < n_freqs; ++f) {
            const double hz = static_cast<double>(f) * step;
            if (std::abs(hz - line) < std::abs(static_cast<double>(nearest) * step - line)) {
                nearest = f;
            }
            if (hz > line - half && hz < line + half) {
                remove[static_cast<std::size_t>(f)] = true;
            }
        }
        remove[static_cast<std::size_t>(nearest)] = true;
    }
    for (Index f = 0; f < n_freqs; ++f) {
        if (!remove[static_cast<std::size_t>(f)]) {
            continue;
        }
        const Complex c = 2.0 * amplitude[static_cast<std::size_t>(f)];
        // The frequency is a whole number of periods a window, so the angle can be reduced exactly.
        for (Index i = 0; i < n; ++i) {
            const double turn = static_cast<double>(f * i % n) / static_cast<double>(n);
            x[static_cast<std::size_t>(i)] -= c.real() * std::cos(2 * pi * turn) - c.imag() * std::sin(2 * pi * turn);
        }
    }
}

/// Windows that add up to 1: their starts, and the fade of one of them.
struct Windows {
    Index length = 0, step = 0, count = 0;
    std::vector<double> fade;
};

Windows make_windows(Index n, Index length) {
    Windows w;
    w.length = length;
    w.step = length - (length + 1) / 2;
    w.count = (n - length) / std::max<Index>(1, w.step) + 1;
    // Periodic for an even length, symmetric for an odd one: so that the overlaps add up to the same everywhere.
    const Array<double> hann = window(WindowKind::hann, length, length % 2 == 0);
    double sum = 0;
    for (Index i = 0; i < length; i += std::max<Index>(1, w.step)) {
        sum += hann[i];
    }
    for (const double v : hann) {
        w.fade.push_back(v / sum);
    }
    return w;
}

}  // namespace

Array<double> remove_lines(const MatrixView& x, double fs, const LineFitOptions& options) {
    require_sampling_rate("remove_lines", fs);
    require_finite("remove_lines", x);
    require_positive("remove_lines", "window_s", options.window_s);
    if (!(options.p > 0 && options.p < 1)) {
        throw_invalid("remove_lines", "p inside (0, 1)", options.p);
    }
    for (const double f : options.freqs_hz) {
        if (!(f > 0 && f < fs / 2)) {
            throw_invalid("remove_lines", "lines in Hz inside (0, fs / 2 = " + std::to_string(fs / 2) + ")", f);
        }
    }
    if (options.width_hz && !(*options.width_hz >= 0 && std::isfinite(*options.width_hz))) {
        throw_invalid("remove_lines", "width_hz finite and >= 0", *options.width_hz);
    }
    const Index n = x.cols();
    require_length("remove_lines", n, 16);
    const auto wanted = static_cast<Index>(std::ceil(std::min(options.window_s * fs, 1e15)));
    const Index length = std::min(wanted, n);
    if (length < 16) {
        throw_invalid("remove_lines", "windows of at least 16 samples", static_cast<double>(length));
    }
    const Windows windows = make_windows(n, length);
    const LineTest test(length, fs, options);
    const Index last_length = n - (windows.count - 1) * windows.step;
    const LineTest last_test = last_length == length ? test : LineTest(last_length, fs, options);
    Array<double> y{x.rows(), n};
    parallel_for(x.rows(), [&](Index c) {
        for (Index w = 0; w < windows.count; ++w) {
            const Index first = w * windows.step;
            const bool last = w + 1 == windows.count;
            std::vector<double> part(static_cast<std::size_t>(last ? last_length : length));
            for (std::size_t i = 0; i < part.size(); ++i) {
                part[i] = x(c, first + static_cast<Index>(i));
            }
            subtract_lines(part, fs, last ? last_test : test, options);
            for (std::size_t i = 0; i < part.size(); ++i) {
                const auto at = static_cast<Index>(i);
                // The first window doesn't fade in, the last one not out; it may be longer than the others.
                double share = at < length ? windows.fade[i] : 1.0;
                if (w == 0 && at < length) {
                    for (Index k = 1; at + k * windows.step < length; ++k) {
                        share += windows.fade[i + static_cast<std::size_t>(k * windows.step)];
                    }
                }
                if (last && at < length) {
                    for (Index k = 1; at - k * windows.step >= 0; ++k) {
                        share += windows.fade[i - static_cast<std::size_t>(k * windows.step)];
                    }
                }
                y(c, first + at) += share * part[i];
            }
        }
    });
    return y;
}

Array<double> zapline(const MatrixView& x, double line_hz, double fs, const ZaplineOptions& options) {
    require_sampling_rate("zapline", fs);
    require_finite("zapline", x);
    if (!(line_hz > 0 && line_hz < fs / 2)) {
        throw_invalid("zapline", "line_hz inside (0, fs / 2 = " + std::to_string(fs / 2) + ")", line_hz);
    }
    const Index channels = x.rows();
    const Index n = x.cols();
    if (channels < 2) {
        throw_invalid("zapline", "at least two channels", static_cast<double>(channels));
    }
    if (options.n_remove < 0 || options.n_remove > channels) {
        throw_invalid("zapline", "n_remove of 0 to the number of channels", static_cast<double>(options.n_remove));
    }
    const double period = fs / line_hz;
    if (!(period <= static_cast<double>(n))) {
        throw_invalid("zapline", "at least one period of the line, " + std::to_string(period) + " samples",
                      static_cast<double>(n));
    }
    const Index n_fft = options.n_fft.value_or(
        std::max<Index>(4, static_cast<Index>(std::lround(std::round(std::max(1.0, line_hz)) * period))));
    if (n_fft < 4) {
        throw_invalid("zapline", "n_fft >= 4", static_cast<double>(n_fft));
    }
    require_length("zapline", n, n_fft);

    // Moving average of one period, whose length need not be whole: the outermost two samples count in part.
    const auto whole = static_cast<Index>(std::floor((period - 1) / 2));
    const double part = (period - 1) / 2 - static_cast<double>(whole);
    Matrix smooth(channels, n);
    parallel_for(channels, [&](Index c) {
        const auto at = [&](Index i) { return x(c, std::clamp<Index>(i, 0, n - 1)); };
        for (Index i = 0; i < n; ++i) {
            double sum = part * (at(i - whole - 1) + at(i + whole + 1));
            for (Index k = -whole; k <= whole; ++k) {
                sum += at(i + k);
            }
            smooth(c, i) = sum / period;
        }
    });
    Matrix rest(channels, n);
    for (Index c = 0; c < channels; ++c) {
        for (Index i = 0; i < n; ++i) {
            rest(c, i) = x(c, i) - smooth(c, i);
        }
    }

    // Covariance of the rest, and of its parts at the line and its harmonics.
    const Eigen::MatrixXd total = rest * rest.transpose() / static_cast<double>(n);
    std::vector<Index> bins;
    for (int harmonic = 1; harmonic * line_hz < fs / 2; ++harmonic) {
        const auto bin = static_cast<Index>(std::lround(harmonic * line_hz * static_cast<double>(n_fft) / fs));
        if (bin > 0 && 2 * bin < n_fft) {
            bins.push_back(bin);
        }
    }
    const std::shared_ptr<const Fft> fft = Fft::of_length(n_fft);
    const Array<double> hann = window(WindowKind::hann, n_fft, true);
    const Index step = std::max<Index>(1, n_fft / 2);
    const Index n_windows = (n - n_fft) / step + 1;
    const auto n_bins = static_cast<Index>(bins.size());
    Eigen::MatrixXd parts(channels, 2 * n_bins * n_windows);
    parallel_for(channels, [&](Index c) {
        FftBuffer<double> samples(n_fft);
        FftBuffer<Complex> spectrum(fft->n_freqs());
        for (Index w = 0; w < n_windows; ++w) {
            for (Index i = 0; i < n_fft; ++i) {
                samples[i] = rest(c, w * step + i) * hann[i];
            }
            fft->forward(samples, spectrum);
            for (Index b = 0; b < n_bins; ++b) {
                const Complex v = spectrum[bins[static_cast<std::size_t>(b)]];
                parts(c, 2 * (w * n_bins + b)) = v.real();
                parts(c, 2 * (w * n_bins + b) + 1) = v.imag();
            }
        }
    });
    const Eigen::MatrixXd lines = parts * parts.transpose();

    // Whiten by the total, then rotate to the directions of most line power; take the first ones out.
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> whitening(total);
    const double floor = 1e-12 * std::max(whitening.eigenvalues().maxCoeff(), 0.0);
    std::vector<Index> kept;
    for (Index i = 0; i < channels; ++i) {
        if (whitening.eigenvalues()[i] > floor) {
            kept.push_back(i);
        }
    }
    Eigen::MatrixXd clean = rest;
    const auto rank = static_cast<Index>(kept.size());
    const Index n_remove = std::min(options.n_remove, rank);
    if (n_remove > 0) {
        Eigen::MatrixXd whiten(rank, channels);
        for (Index i = 0; i < rank; ++i) {
            const Index at = kept[static_cast<std::size_t>(i)];
            whiten.row(i) = whitening.eigenvectors().col(at).transpose() / std::sqrt(whitening.eigenvalues()[at]);
        }
        const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> rotation(whiten * lines * whiten.transpose());
        const Eigen::MatrixXd filters = rotation.eigenvectors().rightCols(n_remove).transpose() * whiten;
        const Eigen::MatrixXd components = filters * rest;
        // Least squares of the channels on the components, whose covariance is the identity.
        const Eigen::MatrixXd patterns = total * filters.transpose();
        clean = rest - Matrix(patterns * components);
    }
    Array<double> y{channels, n};
    for (Index c = 0; c < channels; ++c) {
        for (Index i = 0; i < n; ++i) {
            y(c, i) = smooth(c, i) + clean(c, i);
        }
    }
    return y;
}

}  // namespace biopotential::inline v0::signal
