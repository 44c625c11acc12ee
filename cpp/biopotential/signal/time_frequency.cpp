#include "biopotential/signal/time_frequency.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/kernels_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

using Complex = std::complex<double>;
using std::numbers::pi;

/// Morlet wavelet at one frequency, odd length, E8 of the conventions: norm sqrt(2).
std::vector<Complex> morlet_wavelet(double f, double n_cycles, double fs, bool zero_mean) {
    const double sigma = n_cycles / (2 * pi * f);
    const auto half = static_cast<Index>(std::ceil(5 * sigma * fs)) - 1;
    const double offset = zero_mean ? std::exp(-2 * (pi * f * sigma) * (pi * f * sigma)) : 0;
    std::vector<Complex> w(static_cast<std::size_t>(2 * half + 1));
    double energy = 0;
    for (Index i = -half; i <= half; ++i) {
        const double t = static_cast<double>(i) / fs;
        const Complex v = (std::polar(1.0, 2 * pi * f * t) - offset) * std::exp(-t * t / (2 * sigma * sigma));
        energy += std::norm(v);
        w[static_cast<std::size_t>(i + half)] = v;
    }
    for (Complex& v : w) {
        v /= std::sqrt(0.5) * std::sqrt(energy);
    }
    return w;
}

/// Spectra of all wavelets, their middle at time 0, over the transform's length.
struct Bank {
    Index n = 0, length = 0, decimate = 1, n_out = 0, n_freqs = 0;
    std::shared_ptr<const Fft> fft, small;
    std::vector<FftBuffer<Complex>> spectra;  // of each wavelet: 0 to length - 1
};

Bank make_bank(const char* function, const MatrixView& x, std::span<const double> freqs, double fs,
               const MorletOptions& o) {
    require_sampling_rate(function, fs);
    require_finite(function, x);
    require_length(function, x.cols(), 1);
    if (freqs.empty()) {
        throw_invalid(function, "at least one frequency", "none");
    }
    if (o.n_cycles.size() != 1 && o.n_cycles.size() != freqs.size()) {
        throw_invalid(function, "n_cycles once or for each frequency", std::to_string(o.n_cycles.size()));
    }
    if (o.decimate < 1) {
        throw_invalid(function, "decimate >= 1", static_cast<double>(o.decimate));
    }
    std::vector<std::vector<Complex>> wavelets;
    Index longest = 1;
    for (std::size_t i = 0; i < freqs.size(); ++i) {
        const double f = freqs[i];
        const double cycles = o.n_cycles[o.n_cycles.size() == 1 ? 0 : i];
        if (!(f > 0 && f <= fs / 2)) {
            throw_invalid(function, "frequencies in Hz inside (0, fs / 2 = " + std::to_string(fs / 2) + "]", f);
        }
        require_positive(function, "n_cycles", cycles);
        const double support = 10 * cycles / (2 * pi * f) * fs;
        if (!(support <= static_cast<double>(x.cols()) + 1)) {
            throw_invalid(function, "wavelets no longer than the " + std::to_string(x.cols()) + " samples", support);
        }
        wavelets.push_back(morlet_wavelet(f, cycles, fs, o.zero_mean));
        longest = std::max(longest, static_cast<Index>(wavelets.back().size()));
    }
    Bank bank;
    bank.n = x.cols();
    bank.decimate = o.decimate;
    bank.n_out = (bank.n + o.decimate - 1) / o.decimate;
    bank.n_freqs = static_cast<Index>(freqs.size());
    // Behind the signal half a wavelet is enough: what lies in front wraps around to there.
    bank.length = good_length(bank.n + longest / 2 + 1, o.decimate);
    bank.fft = Fft::of_length(bank.length);
    bank.small = Fft::of_length(bank.length / o.decimate);
    for (Index i = 0; i < bank.n_freqs; ++i) {
        bank.spectra.emplace_back(bank.length);
    }
    parallel_for(bank.n_freqs, [&](Index i) {
        const std::vector<Complex>& w = wavelets[static_cast<std::size_t>(i)];
        const auto half = static_cast<Index>(w.size() / 2);
        FftBuffer<Complex> in(bank.length);
        for (Index k = -half; k <= half; ++k) {
            // The inverse transform of the conjugate is the conjugate of the forward one.
            in[(k + bank.length) % bank.length] += std::conj(w[static_cast<std::size_t>(k + half)]);
        }
        FftBuffer<Complex>& out = bank.spectra[static_cast<std::size_t>(i)];
        bank.fft->inverse_complex(in, out);
        for (Index k = 0; k < bank.length; ++k) {
            out[k] = std::conj(out[k]) / static_cast<double>(bank.length);
        }
    });
    return bank;
}

/// Run every channel and wavelet; take(channel, frequency, decimated samples).
template <class Take>
void run_bank(const Bank& bank, const MatrixView& x, Take take) {
    parallel_for(x.rows(), [&](Index c) {
        FftBuffer<double> samples(bank.length);
        FftBuffer<Complex> half(bank.fft->n_freqs());
        FftBuffer<Complex> folded(bank.length / bank.decimate);
        FftBuffer<Complex> result(bank.length / bank.decimate);
        copy_channel(x, c, samples.data());
        bank.fft->forward(samples, half);
        // Every decimate-th sample has the spectrum folded onto as many parts.
        const Index part = folded.size();
        for (Index f = 0; f < bank.n_freqs; ++f) {
            const Complex* const w = bank.spectra[static_cast<std::size_t>(f)].data();
            // Whole frequencies below fs / 2, then their mirror images, part by part.
            std::fill_n(folded.data(), part, Complex(0));
            for (Index first = 0; first < bank.length; first += part) {
                const Index known = std::clamp<Index>(half.size() - first, 0, part);
                add_products(half.data() + first, w + first, folded.data(), known);
                add_mirrored_products(half.data() + (bank.length - first - known), w + first + known,
                                      folded.data() + known, part - known);
            }
            bank.small->inverse_complex(folded, result);
            take(c, f, result.data());
        }
    });
}

constexpr Index wavelet_points = 4096;
constexpr double wavelet_reach = 8;

/// Running integral of the wavelet on wavelet_points points of [-8, 8], conjugated; as PyWavelets samples it.
std::vector<Complex> integrated(const ContinuousWavelet& w) {
    std::vector<Complex> out;
    const double step = 2 * wavelet_reach / (wavelet_points - 1);
    Complex sum = 0;
    for (Index i = 0; i < wavelet_points; ++i) {
        const double t = -wavelet_reach + static_cast<double>(i) * step;
        switch (w.kind) {
            case ContinuousWavelet::morlet:
                sum += std::exp(-t * t / 2) * std::cos(5 * t);
                break;
            case ContinuousWavelet::ricker:
                sum += 2 / (std::sqrt(3.0) * std::pow(pi, 0.25)) * (1 - t * t) * std::exp(-t * t / 2);
                break;
            case ContinuousWavelet::complex_morlet:
                sum += std::polar(std::exp(-t * t / w.bandwidth) / std::sqrt(pi * w.bandwidth), -2 * pi * w.centre * t);
                break;
        }
        out.push_back(sum * step);
    }
    return out;
}

/// Frequency of the wavelet at scale 1 in cycles a sample: the largest bin of its spectrum, as PyWavelets counts bins.
double central_frequency(const ContinuousWavelet& w) {
    switch (w.kind) {
        case ContinuousWavelet::morlet:
            return 13 / (2 * wavelet_reach);
        case ContinuousWavelet::ricker:
            return 4 / (2 * wavelet_reach);
        case ContinuousWavelet::complex_morlet:
            break;
    }
    const double bins = w.centre * 2 * wavelet_reach * wavelet_points / (wavelet_points - 1);
    return std::max(1.0, std::round(bins)) / (2 * wavelet_reach);
}

}  // namespace

Array<Complex> morlet_tfr(const MatrixView& x, std::span<const double> freqs_hz, double fs,
                          const MorletOptions& options) {
    const Bank bank = make_bank("morlet_tfr", x, freqs_hz, fs, options);
    Array<Complex> out{x.rows(), bank.n_freqs, bank.n_out};
    run_bank(bank, x, [&](Index c, Index f, const Complex* v) {
        std::copy_n(v, bank.n_out, out.row(c * bank.n_freqs + f).data());
    });
    return out;
}

Array<double> morlet_power(const MatrixView& x, std::span<const double> freqs_hz, double fs,
                           const MorletOptions& options) {
    const Bank bank = make_bank("morlet_power", x, freqs_hz, fs, options);
    Array<double> out{x.rows(), bank.n_freqs, bank.n_out};
    run_bank(bank, x, [&](Index c, Index f, const Complex* v) {
        double* const row = out.row(c * bank.n_freqs + f).data();
        for (Index i = 0; i < bank.n_out; ++i) {
            row[i] = v[i].real() * v[i].real() + v[i].imag() * v[i].imag();
        }
    });
    return out;
}

ContinuousWavelet continuous_wavelet(std::string_view name) {
    if (name == "morl") {
        return {ContinuousWavelet::morlet};
    }
    if (name == "mexh") {
        return {ContinuousWavelet::ricker};
    }
    const auto dash = name.find('-');
    if (name.starts_with("cmor") && dash != std::string_view::npos) {
        ContinuousWavelet w{ContinuousWavelet::complex_morlet};
        const auto number = [](std::string_view text, double& v) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
            return error == std::errc{} && end == text.data() + text.size() && std::isfinite(v) && v > 0;
        };
        if (number(name.substr(4, dash - 4), w.bandwidth) && number(name.substr(dash + 1), w.centre)) {
            return w;
        }
    }
    throw_invalid("cwt", "a wavelet morl, mexh or cmorB-C with positive numbers", name);
}

Cwt cwt(const MatrixView& x, std::span<const double> scales, const ContinuousWavelet& wavelet, double fs) {
    require_sampling_rate("cwt", fs);
    require_finite("cwt", x);
    require_length("cwt", x.cols(), 1);
    if (scales.empty()) {
        throw_invalid("cwt", "at least one scale", "none");
    }
    const Index n = x.cols();
    const auto n_scales = static_cast<Index>(scales.size());
    const bool complex = wavelet.kind == ContinuousWavelet::complex_morlet;
    const std::vector<Complex> integral = integrated(wavelet);
    const double step = 2 * wavelet_reach / (wavelet_points - 1);
    Cwt out{Array<double>{n_scales}, Array<Complex>{x.rows(), n_scales, n}};
    for (Index s = 0; s < n_scales; ++s) {
        const double scale = scales[static_cast<std::size_t>(s)];
        if (!(scale > 0 && scale < 1e7)) {
            throw_invalid("cwt", "scales inside (0, 1e7)", scale);
        }
        out.freqs[s] = central_frequency(wavelet) / scale * fs;
        // The integral at the points that this scale asks for, backwards: its differences are the wavelet's taps.
        std::vector<Complex> taps;
        for (Index i = 0; static_cast<double>(i) < scale * 2 * wavelet_reach + 1; ++i) {
            const auto at = static_cast<Index>(static_cast<double>(i) / (scale * step));
            if (at < wavelet_points) {
                taps.push_back(integral[static_cast<std::size_t>(at)]);
            }
        }
        std::reverse(taps.begin(), taps.end());
        const auto m = static_cast<Index>(taps.size());
        if (m < 2) {
            throw_invalid("cwt", "larger scales", scale);
        }
        const Index length = good_length(n + m, 1);
        const std::shared_ptr<const Fft> fft = Fft::of_length(length);
        const Index n_parts = complex ? 2 : 1;
        std::vector<FftBuffer<Complex>> spectra;
        for (Index part = 0; part < n_parts; ++part) {
            FftBuffer<double> samples(length);
            // Difference of the full convolution, taken on the taps.
            const auto value = [&](Index i) {
                return part == 0 ? taps[static_cast<std::size_t>(i)].real() : taps[static_cast<std::size_t>(i)].imag();
            };
            for (Index i = 0; i <= m; ++i) {
                samples[i] = -std::sqrt(scale) / static_cast<double>(length) *
                             ((i < m ? value(i) : 0) - (i > 0 ? value(i - 1) : 0));
            }
            spectra.emplace_back(fft->n_freqs());
            fft->forward(samples, spectra.back());
        }
        const Index first = (m - 2) / 2 + 1;
        parallel_for(x.rows(), [&](Index c) {
            FftBuffer<double> samples(length);
            FftBuffer<Complex> spectrum(fft->n_freqs());
            FftBuffer<Complex> product(fft->n_freqs());
            for (Index i = 0; i < n; ++i) {
                samples[i] = x(c, i);
            }
            fft->forward(samples, spectrum);
            Complex* const row = out.values.row(c * n_scales + s).data();
            for (Index part = 0; part < n_parts; ++part) {
                for (Index k = 0; k < fft->n_freqs(); ++k) {
                    product[k] = spectrum[k] * spectra[static_cast<std::size_t>(part)][k];
                }
                fft->inverse(product, samples);
                for (Index i = 0; i < n; ++i) {
                    row[i] += part == 0 ? Complex(samples[first + i], 0) : Complex(0, samples[first + i]);
                }
            }
        });
    }
    return out;
}

}  // namespace biopotential::inline v0::signal
