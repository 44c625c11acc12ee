#include "biopotential/eeg/connectivity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::eeg {

namespace {

constexpr std::array<std::pair<std::string_view, Coupling>, 10> names{{{"coh", Coupling::coh},
                                                                       {"imcoh", Coupling::imcoh},
                                                                       {"plv", Coupling::plv},
                                                                       {"ciplv", Coupling::ciplv},
                                                                       {"ppc", Coupling::ppc},
                                                                       {"pli", Coupling::pli},
                                                                       {"pli2_unbiased", Coupling::pli2_unbiased},
                                                                       {"dpli", Coupling::dpli},
                                                                       {"wpli", Coupling::wpli},
                                                                       {"wpli2_debiased", Coupling::wpli2_debiased}}};

bool needs_phase(Coupling c) {
    return c == Coupling::plv || c == Coupling::ciplv || c == Coupling::ppc;
}

/// Tapers with their weights folded in, shape (k, n); the first row alone where there is one window.
Array<double> weighted_tapers(Index n, double fs, const ConnectivityOptions& options) {
    if (!options.multitaper) {
        Array<double> out({1, n});
        std::ranges::copy(signal::window(signal::WindowKind::hann, n, false), out.begin());
        return out;
    }
    if (options.bandwidth_hz) {
        require_positive("connectivity", "bandwidth_hz", *options.bandwidth_hz);
    }
    const double nw = options.bandwidth_hz ? *options.bandwidth_hz * static_cast<double>(n) / (2 * fs) : 4;
    const auto k = static_cast<Index>(2 * nw);
    if (k < 1 || nw >= static_cast<double>(n) / 2) {
        throw_invalid("connectivity", "a bandwidth that fits tapers of the epochs' length",
                      std::to_string(nw) + " in units of fs / n");
    }
    const signal::Tapers tapers = signal::dpss(n, nw, k, true);
    std::vector<Index> kept;
    for (Index i = 0; i < k; ++i) {
        if (tapers.ratios[i] > 0.9) {
            kept.push_back(i);
        }
    }
    if (kept.empty()) {
        kept.push_back(0);
    }
    Array<double> out({static_cast<Index>(kept.size()), n});
    for (std::size_t i = 0; i < kept.size(); ++i) {
        out.matrix().row(static_cast<Index>(i)) =
            std::sqrt(tapers.ratios[kept[i]]) * tapers.windows.matrix().row(kept[i]);
    }
    return out;
}

/// Cross spectrum of one channel with those behind it, summed over tapers.
BIOPOTENTIAL_CLONES void cross_kernel(const double* re, const double* im, Index n_tapers, Index n_channels, Index a,
                                      double* __restrict out_re, double* __restrict out_im) {
    const Index n = n_channels - a - 1;
    for (Index i = 0; i < n; ++i) {
        out_re[i] = out_im[i] = 0;
    }
    for (Index k = 0; k < n_tapers; ++k) {
        const double* __restrict r = re + k * n_channels + a + 1;
        const double* __restrict m = im + k * n_channels + a + 1;
        const double ar = r[-1];
        const double am = m[-1];
        for (Index i = 0; i < n; ++i) {
            out_re[i] += ar * r[i] + am * m[i];
            out_im[i] += am * r[i] - ar * m[i];
        }
    }
}

/// Running sums of pairs at one frequency; each points to n_pairs numbers or is null.
struct Sums {
    double *re = nullptr, *im = nullptr;              // S
    double *phase_re = nullptr, *phase_im = nullptr;  // S / |S|
    double* sign = nullptr;                           // of Im S
    double *magnitude = nullptr, *square = nullptr;   // |Im S|, (Im S)^2
};

BIOPOTENTIAL_CLONES void add_plain(const double* __restrict re, const double* __restrict im, Index n,
                                   double* __restrict sum_re, double* __restrict sum_im, double* __restrict sign,
                                   double* __restrict magnitude, double* __restrict square) {
    for (Index i = 0; i < n; ++i) {
        sum_re[i] += re[i];
        sum_im[i] += im[i];
        sign[i] += (im[i] > 0 ? 1.0 : 0.0) - (im[i] < 0 ? 1.0 : 0.0);
        magnitude[i] += std::abs(im[i]);
        square[i] += im[i] * im[i];
    }
}

BIOPOTENTIAL_CLONES void add_phase(const double* __restrict re, const double* __restrict im, Index n,
                                   double* __restrict phase_re, double* __restrict phase_im) {
    for (Index i = 0; i < n; ++i) {
        const double length = std::sqrt(re[i] * re[i] + im[i] * im[i]);
        const double scale = 1 / length;
        phase_re[i] += re[i] * scale;  // NOLINT(clang-analyzer-core.NullDereference): given wherever this is called
        phase_im[i] += im[i] * scale;
    }
}

double value_of(Coupling coupling, const Sums& s, Index p, double power, double n) {
    const double im = s.im[p];
    const double square = s.square[p];
    const double magnitude = s.magnitude[p];
    switch (coupling) {
        case Coupling::coh:
            return std::hypot(s.re[p], im) / power;
        case Coupling::imcoh:
            return im / power;
        case Coupling::plv:
            return std::hypot(s.phase_re[p], s.phase_im[p]) / n;
        case Coupling::ciplv: {
            double re = std::clamp(s.phase_re[p] / n, -1.0, 1.0);
            re = std::abs(re) == 1 ? 0 : re;
            return std::abs(s.phase_im[p]) / n / std::sqrt(1 - re * re);
        }
        case Coupling::ppc:
            return (s.phase_re[p] * s.phase_re[p] + s.phase_im[p] * s.phase_im[p] - n) / (n * (n - 1));
        case Coupling::pli:
            return std::abs(s.sign[p]) / n;
        case Coupling::pli2_unbiased:
            return (s.sign[p] * s.sign[p] / n - 1) / (n - 1);
        case Coupling::dpli:
            return (s.sign[p] / n + 1) / 2;
        case Coupling::wpli:
            return magnitude == 0 ? 0 : std::abs(im) / magnitude;
        case Coupling::wpli2_debiased: {
            const double denominator = magnitude * magnitude - square;
            return denominator == 0 ? 0 : (im * im - square) / denominator;
        }
    }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Coupling coupling_of(std::string_view name) {
    const auto* const found = std::ranges::find(names, name, &std::pair<std::string_view, Coupling>::first);
    if (found == names.end()) {
        std::string known;
        for (const auto& [known_name, coupling] : names) {
            known.append(known.empty() ? "" : ", ").append(known_name);
        }
        throw_invalid("connectivity", "one of " + known, name);
    }
    return found->second;
}

Connectivity connectivity(const MatrixView& x, double fs, std::span<const Epoch> epochs,
                          const ConnectivityOptions& options) {
    require_sampling_rate("connectivity", fs);
    if (epochs.empty() || options.couplings.empty()) {
        throw_invalid("connectivity", "at least one epoch and one coupling", "none");
    }
    const Index length = epochs.front().n;
    require_length("connectivity", length, 2);
    for (const Epoch& epoch : epochs) {
        if (epoch.n != length || epoch.first < 0 || epoch.first > x.cols() - length) {
            throw_invalid("connectivity", "epochs of one length inside the signal",
                          std::to_string(epoch.first) + " to " + std::to_string(epoch.first + epoch.n));
        }
        require_finite("connectivity", MatrixView(x.middleCols(epoch.first, length)));
    }
    Index first = 0;
    Index last = 0;
    for (Index i = 0; i <= length / 2; ++i) {
        const double f = static_cast<double>(i) * fs / static_cast<double>(length);
        first += f < options.low_hz ? 1 : 0;
        last += f <= options.high_hz ? 1 : 0;
    }
    const Index n_freqs = last - first;
    if (n_freqs < 1) {
        throw_invalid("connectivity", "a range that holds a frequency of the epochs",
                      std::to_string(options.low_hz) + " to " + std::to_string(options.high_hz) + " Hz");
    }
    const Array<double> tapers = weighted_tapers(length, fs, options);
    const Index n_tapers = tapers.shape(0);
    const Index n_channels = x.rows();
    const Index n_pairs = n_channels * (n_channels - 1) / 2;
    const bool phases = std::ranges::any_of(options.couplings, needs_phase);

    Connectivity out;
    out.freqs = Array<double>({n_freqs});
    for (Index i = 0; i < n_freqs; ++i) {
        out.freqs[i] = static_cast<double>(first + i) * fs / static_cast<double>(length);
    }
    for (Index a = 0; a < n_channels; ++a) {
        for (Index b = a + 1; b < n_channels; ++b) {
            out.pairs.emplace_back(a, b);
        }
    }
    const Index n_sums = phases ? 7 : 5;
    Array<double> sums({n_freqs, n_sums, n_pairs});
    Array<double> powers({n_freqs, n_channels});
    const auto sums_at = [&](Index f) {
        double* const at = sums.data() + f * n_sums * n_pairs;
        Sums s;
        s.re = at;
        s.im = at + n_pairs;
        s.sign = at + 2 * n_pairs;
        s.magnitude = at + 3 * n_pairs;
        s.square = at + 4 * n_pairs;
        if (phases) {
            s.phase_re = at + 5 * n_pairs;
            s.phase_im = at + 6 * n_pairs;
        }
        return s;
    };
    // Spectra of one epoch at a time: frequency, taper, channel.
    Array<double> re({n_freqs, n_tapers, n_channels});
    Array<double> im({n_freqs, n_tapers, n_channels});
    const std::shared_ptr<const signal::Fft> fft = signal::Fft::of_length(length);
    for (const Epoch& epoch : epochs) {
        parallel_for(n_channels, [&](Index c) {
            const auto row = x.block(c, epoch.first, 1, length);
            const double mean = row.mean();
            signal::FftBuffer<double> in(length);
            signal::FftBuffer<std::complex<double>> spectrum(fft->n_freqs());
            for (Index k = 0; k < n_tapers; ++k) {
                for (Index i = 0; i < length; ++i) {
                    in[i] = (row(0, i) - mean) * tapers(k, i);
                }
                fft->forward(in, spectrum);
                for (Index f = 0; f < n_freqs; ++f) {
                    re(f, k, c) = spectrum[first + f].real();
                    im(f, k, c) = spectrum[first + f].imag();
                }
            }
        });
        parallel_for_ranges(n_freqs, 1, [&](Index from, Index to) {
            std::vector<double> row_re(static_cast<std::size_t>(n_channels));
            std::vector<double> row_im(static_cast<std::size_t>(n_channels));
            for (Index f = from; f < to; ++f) {
                const double* const r = re.data() + f * n_tapers * n_channels;
                const double* const m = im.data() + f * n_tapers * n_channels;
                for (Index k = 0; k < n_tapers; ++k) {
                    for (Index c = 0; c < n_channels; ++c) {
                        const Index i = k * n_channels + c;
                        powers(f, c) += r[i] * r[i] + m[i] * m[i];
                    }
                }
                const Sums s = sums_at(f);
                Index pair = 0;
                for (Index a = 0; a + 1 < n_channels; ++a) {
                    const Index n = n_channels - a - 1;
                    cross_kernel(r, m, n_tapers, n_channels, a, row_re.data(), row_im.data());
                    add_plain(row_re.data(), row_im.data(), n, s.re + pair, s.im + pair, s.sign + pair,
                              s.magnitude + pair, s.square + pair);
                    if (phases) {
                        add_phase(row_re.data(), row_im.data(), n, s.phase_re + pair, s.phase_im + pair);
                    }
                    pair += n;
                }
            }
        });
    }
    const auto n = static_cast<double>(epochs.size());
    for (const Coupling coupling : options.couplings) {
        Array<double> values({n_pairs, n_freqs});
        for (Index f = 0; f < n_freqs; ++f) {
            const Sums s = sums_at(f);
            for (Index p = 0; p < n_pairs; ++p) {
                const auto [a, b] = out.pairs[static_cast<std::size_t>(p)];
                values(p, f) = value_of(coupling, s, p, std::sqrt(powers(f, a) * powers(f, b)), n);
            }
        }
        out.values.push_back(values);
    }
    return out;
}

}  // namespace biopotential::inline v0::eeg
