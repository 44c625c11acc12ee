#include "biopotential/signal/spectral.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <numbers>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/kernels_internal.hpp"
#include "biopotential/signal/segments_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

/// (n_channels, n_freqs): means over the segments, in fixed batches so that the sums don't depend on the threads.
Array<double> mean_powers(const Segments& s, const MatrixView& x, double scale, Detrend kind) {
    constexpr Index batch = 32;
    const Index n_batches = (s.n + batch - 1) / batch;
    Array<double> sums{x.rows() * n_batches, s.freqs.size()};
    parallel_for(x.rows() * n_batches, [&](Index task) {
        const Index c = task / n_batches;
        const Index first = task % n_batches * batch;
        SegmentTransform transform(s);
        for (Index i = first; i < std::min(first + batch, s.n); ++i) {
            add_power(s, transform(segment_start(s, x, c, i), x.innerStride(), kind), scale, sums.row(task).data());
        }
    });
    Array<double> mean{x.rows(), s.freqs.size()};
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index b = 0; b < n_batches; ++b) {
            const auto part = sums.row(c * n_batches + b);
            std::transform(part.begin(), part.end(), mean.row(c).begin(), mean.row(c).begin(), std::plus<>());
        }
        for (double& v : mean.row(c)) {
            v /= static_cast<double>(s.n);
        }
    }
    return mean;
}

Array<double> median_powers(const Segments& s, const MatrixView& x, double scale, Detrend kind) {
    const Index n_freqs = s.freqs.size();
    Array<double> out{x.rows(), n_freqs};
    const double bias = median_bias(s.n);
    parallel_for(x.rows(), [&](Index c) {
        SegmentTransform transform(s);
        std::vector<double> powers(static_cast<std::size_t>(s.n * n_freqs));
        for (Index i = 0; i < s.n; ++i) {
            add_power(s, transform(segment_start(s, x, c, i), x.innerStride(), kind), scale,
                      powers.data() + i * n_freqs);
        }
        std::vector<double> column(static_cast<std::size_t>(s.n));
        for (Index k = 0; k < n_freqs; ++k) {
            for (Index i = 0; i < s.n; ++i) {
                column[static_cast<std::size_t>(i)] = powers[static_cast<std::size_t>(i * n_freqs + k)];
            }
            out(c, k) = median_in_place(column) / bias;
        }
    });
    return out;
}

Array<double> segment_times(const Segments& s, double fs, double offset_samples) {
    Array<double> times{s.n};
    for (Index i = 0; i < s.n; ++i) {
        times[i] = (static_cast<double>(i * s.step) + offset_samples) / fs;
    }
    return times;
}

constexpr int n_points = 8;

/// Eigenvalues of a symmetric tridiagonal matrix below each of 8 points (Sturm sequences, in the lanes of a register).
BIOPOTENTIAL_CLONES void count_below(const double* d, const double* e2, Index n, const double* points, Index* counts) {
    using V [[gnu::vector_size(64)]] = double;
    using I [[gnu::vector_size(64)]] = std::int64_t;
    V x;
    std::memcpy(&x, points, sizeof(V));
    V q = V{} + 1.0;
    I count = {};
    for (Index i = 0; i < n; ++i) {
        q = d[i] - x - e2[i] / q;
        // A pivot of 0 counts as a tiny positive one.
        q = q == 0.0 ? q + 1e-300 : q;
        count -= q < 0.0;
    }
    for (int i = 0; i < n_points; ++i) {
        counts[i] = count[i];
    }
}

/// Eigenvectors of a symmetric tridiagonal matrix with well separated eigenvalues, such as tapers have.
class Tridiagonal {
  public:
    Tridiagonal(std::vector<double> diagonal, std::vector<double> off) : d_(std::move(diagonal)), e_(std::move(off)) {
        e2_.push_back(0);
        for (const double e : e_) {
            e2_.push_back(e * e);
        }
        low_ = high_ = d_[0];
        for (std::size_t i = 0; i < d_.size(); ++i) {
            const double radius = (i > 0 ? std::abs(e_[i - 1]) : 0) + (i < e_.size() ? std::abs(e_[i]) : 0);
            low_ = std::min(low_, d_[i] - radius);
            high_ = std::max(high_, d_[i] + radius);
        }
    }

    /// The eigenvector of the k-th largest eigenvalue, from 0: sections of the range until it lies alone, then Rayleigh
    /// quotient iteration, which a count of the eigenvalues below keeps from straying.
    [[nodiscard]] std::vector<double> eigenvector(Index k) const {
        const Index wanted = static_cast<Index>(d_.size()) - k;
        double low = low_ - 1;
        double high = high_ + 1;
        Index below_low = 0;
        Index below_high = static_cast<Index>(d_.size());
        const auto narrow = [&] {
            double points[n_points];
            Index counts[n_points];
            for (int i = 0; i < n_points; ++i) {
                points[i] = low + (high - low) * (i + 1) / (n_points + 1);
            }
            count_below(d_.data(), e2_.data(), static_cast<Index>(d_.size()), points, counts);
            for (int i = 0; i < n_points; ++i) {
                if (counts[i] < wanted && points[i] > low) {
                    low = points[i];
                    below_low = counts[i];
                }
            }
            for (int i = n_points; i-- > 0;) {
                if (counts[i] >= wanted && points[i] < high && points[i] > low) {
                    high = points[i];
                    below_high = counts[i];
                }
            }
        };
        std::vector<double> v(d_.size());
        for (std::size_t i = 0; i < v.size(); ++i) {
            v[i] = 1 + 0.3 * std::cos(1.7 * static_cast<double>(i));  // meets every eigenvector, whatever its symmetry
        }
        const double width = 4 * std::numeric_limits<double>::epsilon() * (std::abs(low_) + std::abs(high_));
        while (below_low + 1 != wanted || below_high != wanted) {
            if (high - low <= width) {
                break;
            }
            narrow();
        }
        narrow();
        double shift = low + (high - low) / 2;
        int settled = 0;
        for (int iteration = 0; iteration < 40; ++iteration) {
            // Two steps with one shift leave little of the other eigenvectors; from then on the quotient leads.
            solve_shifted(shift, v);
            const double quotient = normalize(v);
            if (++settled < 3) {
                continue;
            }
            if (!(quotient > low && quotient < high)) {
                if (high - low <= width) {
                    break;
                }
                narrow();
                shift = low + (high - low) / 2;
                settled = 0;
                continue;
            }
            const bool done = std::abs(quotient - shift) <= width;
            shift = quotient;
            if (done) {
                break;
            }
        }
        solve_shifted(shift, v);
        normalize(v);
        return v;
    }

  private:
    /// Scale v to energy 1; its Rayleigh quotient.
    double normalize(std::vector<double>& v) const {
        const auto n = static_cast<Index>(v.size());
        const double scale = 1 / std::sqrt(dot(v.data(), v.data(), n));
        double quotient = 0;
        for (double& a : v) {
            a *= scale;
        }
        for (std::size_t i = 0; i < v.size(); ++i) {
            quotient += v[i] * (d_[i] * v[i] + (i + 1 < v.size() ? 2 * e_[i] * v[i + 1] : 0));
        }
        return quotient;
    }

    /// v <- (T - shift)^-1 v by elimination with row exchanges.
    void solve_shifted(double shift, std::vector<double>& v) const {
        const std::size_t n = d_.size();
        std::vector<double> diagonal(n);
        std::vector<double> upper(n);
        std::vector<double> second(n);
        double a = d_[0] - shift;
        double b = n > 1 ? e_[0] : 0;
        const double tiny = std::numeric_limits<double>::epsilon() * (std::abs(high_) + std::abs(low_) + 1);
        for (std::size_t i = 0; i + 1 < n; ++i) {
            double next_a = d_[i + 1] - shift;
            double next_b = i + 2 < n ? e_[i + 1] : 0;
            const double below = e_[i];
            if (std::abs(below) > std::abs(a)) {
                const double f = a / below;
                diagonal[i] = below;
                upper[i] = next_a;
                second[i] = next_b;
                std::swap(v[i], v[i + 1]);
                v[i + 1] -= f * v[i];
                a = b - f * next_a;
                b = -f * next_b;
            } else {
                const double pivot = a == 0 ? tiny : a;
                const double f = below / pivot;
                diagonal[i] = pivot;
                upper[i] = b;
                second[i] = 0;
                v[i + 1] -= f * v[i];
                a = next_a - f * b;
                b = next_b;
            }
        }
        diagonal[n - 1] = std::abs(a) < tiny ? tiny : a;
        for (std::size_t i = n; i-- > 0;) {
            double right = v[i];
            if (i + 1 < n) {
                right -= upper[i] * v[i + 1];
            }
            if (i + 2 < n) {
                right -= second[i] * v[i + 2];
            }
            v[i] = right / diagonal[i];
        }
    }

    std::vector<double> d_;
    std::vector<double> e_;
    std::vector<double> e2_;  // e2_[i] couples i with i - 1
    double low_;
    double high_;
};

/// Even tapers have a positive sum, odd ones start with a positive lobe.
void fix_sign(std::vector<double>& taper, Index k) {
    double sign = 0;
    if (k % 2 == 0) {
        for (const double v : taper) {
            sign += v;
        }
    } else {
        const double threshold = std::max(1e-7, 1.0 / static_cast<double>(taper.size()));
        const auto lobe = std::find_if(taper.begin(), taper.end(), [&](double v) { return v * v > threshold; });
        sign = lobe == taper.end() ? 1 : *lobe;
    }
    if (sign < 0) {
        for (double& v : taper) {
            v = -v;
        }
    }
}

/// Share of a taper's energy inside [-w, w]: its autocorrelation against that of the ideal band.
double energy_ratio(const std::vector<double>& taper, double w) {
    const auto n = static_cast<Index>(taper.size());
    const std::shared_ptr<const Fft> fft = Fft::of_length(2 * n);
    FftBuffer<double> samples(2 * n);
    FftBuffer<std::complex<double>> spectrum(fft->n_freqs());
    std::copy(taper.begin(), taper.end(), samples.data());
    fft->forward(samples, spectrum);
    for (Index k = 0; k < fft->n_freqs(); ++k) {
        spectrum[k] = std::norm(spectrum[k]) / static_cast<double>(2 * n);
    }
    fft->inverse(spectrum, samples);
    double ratio = 2 * w * samples[0];
    for (Index i = 1; i < n; ++i) {
        const double angle = 2 * std::numbers::pi * w * static_cast<double>(i);
        ratio += samples[i] * 4 * w * std::sin(angle) / angle;
    }
    return ratio;
}

double trapezoid(Samples x, Samples y) {
    double sum = 0;
    for (std::size_t i = 1; i < x.size(); ++i) {
        sum += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
    }
    return sum;
}

/// Composite Simpson on evenly spaced points; an odd last interval by the parabola through the last three points.
double simpson(double step, Samples y) {
    const std::size_t n = y.size();
    if (n == 2) {
        return 0.5 * step * (y[0] + y[1]);
    }
    const std::size_t whole = n % 2 == 1 ? n : n - 1;
    double sum = 0;
    for (std::size_t i = 0; i + 2 < whole; i += 2) {
        sum += y[i] + 4 * y[i + 1] + y[i + 2];
    }
    sum *= step / 3;
    if (whole != n) {
        sum += step * (5.0 / 12 * y[n - 1] + 2.0 / 3 * y[n - 2] - 1.0 / 12 * y[n - 3]);
    }
    return sum;
}

}  // namespace

Spectrum welch(const MatrixView& x, double fs, const WelchOptions& options) {
    const Segments s =
        make_segments("welch", x, fs, options.nperseg, options.noverlap, options.nfft, 2, options.window);
    const double scale = power_scale(s, fs, options.scaling);
    return {s.freqs, options.average == Average::mean ? mean_powers(s, x, scale, options.detrend)
                                                      : median_powers(s, x, scale, options.detrend)};
}

Spectrum periodogram(const MatrixView& x, double fs, const PeriodogramOptions& options) {
    const Segments s =
        make_segments("periodogram", x, fs, std::max<Index>(1, x.cols()), Index{0}, options.nfft, 2, options.window);
    return {s.freqs, mean_powers(s, x, power_scale(s, fs, options.scaling), options.detrend)};
}

Spectrogram spectrogram(const MatrixView& x, double fs, const SpectrogramOptions& options) {
    const Segments s =
        make_segments("spectrogram", x, fs, options.nperseg, options.noverlap, options.nfft, 8, options.window);
    const Index n_freqs = s.freqs.size();
    const double scale = power_scale(s, fs, options.scaling);
    Spectrogram out{s.freqs, segment_times(s, fs, static_cast<double>(s.nperseg) / 2),
                    Array<double>{x.rows(), n_freqs, s.n}};
    parallel_for_ranges(x.rows() * s.n, 16, [&](Index first, Index last) {
        SegmentTransform transform(s);
        std::vector<double> power(static_cast<std::size_t>(n_freqs));
        for (Index task = first; task < last; ++task) {
            const Index c = task / s.n;
            const Index i = task % s.n;
            std::fill(power.begin(), power.end(), 0.0);
            add_power(s, transform(segment_start(s, x, c, i), x.innerStride(), options.detrend), scale, power.data());
            for (Index k = 0; k < n_freqs; ++k) {
                out.psd(c, k, i) = power[static_cast<std::size_t>(k)];
            }
        }
    });
    return out;
}

Stft stft(const MatrixView& x, double fs, const StftOptions& options) {
    require_length("stft", x.cols(), 1);
    require_finite("stft", x);  // before the padding, so that the message names the caller's sample
    const Index nperseg = std::min(options.nperseg, x.cols());
    const Index noverlap = options.noverlap.value_or(nperseg / 2);
    if (nperseg < 1 || noverlap < 0 || noverlap >= nperseg) {
        throw_invalid("stft", "nperseg >= 1 and noverlap inside [0, nperseg)",
                      std::to_string(nperseg) + " and " + std::to_string(noverlap));
    }
    // Half a segment of zeros on both sides, then zeros up to a whole number of segments.
    const Index half = nperseg / 2;
    const Index step = nperseg - noverlap;
    const Index length = x.cols() + 2 * half;
    const Index more = ((nperseg - length) % step + step) % step;
    Matrix padded = Matrix::Zero(x.rows(), length + more);
    padded.middleCols(half, x.cols()) = x;
    const Segments s = make_segments("stft", padded, fs, nperseg, noverlap, options.nfft, 2, options.window);
    const Index n_freqs = s.freqs.size();
    Stft out{s.freqs, segment_times(s, fs, 0), Array<std::complex<double>>{x.rows(), n_freqs, s.n}};
    const MatrixView source(padded);
    // Several segments at a time, so that every row of the result gets whole cache lines.
    constexpr Index batch = 16;
    const Index n_batches = (s.n + batch - 1) / batch;
    parallel_for_ranges(x.rows() * n_batches, 1, [&](Index first, Index last) {
        SegmentTransform transform(s);
        std::vector<std::complex<double>> spectra(static_cast<std::size_t>(batch * n_freqs));
        for (Index task = first; task < last; ++task) {
            const Index c = task / n_batches;
            const Index from = task % n_batches * batch;
            const Index count = std::min(batch, s.n - from);
            for (Index i = 0; i < count; ++i) {
                const auto& spectrum =
                    transform(segment_start(s, source, c, from + i), source.innerStride(), Detrend::none);
                std::copy_n(spectrum.data(), n_freqs, spectra.data() + i * n_freqs);
            }
            for (Index k = 0; k < n_freqs; ++k) {
                std::complex<double>* const row = &out.values(c, k, from);
                for (Index i = 0; i < count; ++i) {
                    row[i] = spectra[static_cast<std::size_t>(i * n_freqs + k)] / s.sum;
                }
            }
        }
    });
    return out;
}

namespace {

Tapers make_tapers(Index n, double nw, Index k, bool periodic) {
    if (n < 2 || n > (Index{1} << 28)) {
        throw_invalid("dpss", "n of 2 to 2^28", static_cast<double>(n));
    }
    if (!(nw > 0 && nw < static_cast<double>(n) / 2)) {
        throw_invalid("dpss", "nw inside (0, n / 2)", nw);
    }
    if (k < 1 || k > n) {
        throw_invalid("dpss", "1 to n tapers", static_cast<double>(k));
    }
    const Index m = periodic ? n + 1 : n;
    const double w = nw / static_cast<double>(m);
    std::vector<double> diagonal(static_cast<std::size_t>(m));
    std::vector<double> off(static_cast<std::size_t>(m - 1));
    for (Index i = 0; i < m; ++i) {
        const double half = (static_cast<double>(m - 1) - 2 * static_cast<double>(i)) / 2;
        diagonal[static_cast<std::size_t>(i)] = half * half * std::cos(2 * std::numbers::pi * w);
        if (i > 0) {
            off[static_cast<std::size_t>(i - 1)] = static_cast<double>(i) * static_cast<double>(m - i) / 2;
        }
    }
    const Tridiagonal matrix(std::move(diagonal), std::move(off));
    Tapers out{Array<double>{k, n}, Array<double>{k}};
    parallel_for(k, [&](Index t) {
        std::vector<double> taper = matrix.eigenvector(t);
        fix_sign(taper, t);
        out.ratios[t] = energy_ratio(taper, w);
        std::copy_n(taper.begin(), n, out.windows.row(t).begin());
    });
    return out;
}

/// Tapers that a spectrum used lately: the epochs of a recording ask for the same ones again and again.
std::shared_ptr<const Tapers> shared_tapers(Index n, double nw, Index k) {
    struct Entry {
        Index n;
        double nw;
        Index k;
        std::shared_ptr<const Tapers> tapers;
    };
    constexpr std::size_t max_entries = 4;
    constexpr Index max_values = Index{1} << 22;  // 32 MiB
    static auto* const mutex = new std::mutex;
    static auto* const recent = new std::vector<Entry>;
    {
        const std::unique_lock lock(*mutex, std::try_to_lock);
        if (lock) {
            for (const Entry& e : *recent) {
                if (e.n == n && e.nw == nw && e.k == k) {
                    return e.tapers;
                }
            }
        }
    }
    auto made = std::make_shared<const Tapers>(make_tapers(n, nw, k, true));
    // Never waited for: a child forked while another thread holds it goes without.
    const std::unique_lock lock(*mutex, std::try_to_lock);
    if (lock && n * k <= max_values) {
        if (recent->size() >= max_entries) {
            recent->erase(recent->begin());
        }
        recent->push_back({n, nw, k, made});
    }
    return made;
}

}  // namespace

Tapers dpss(Index n, double nw, Index k, bool periodic) {
    return make_tapers(n, nw, k, periodic);
}

Spectrum multitaper_psd(const MatrixView& x, double fs, const MultitaperOptions& options) {
    require_sampling_rate("multitaper_psd", fs);
    require_length("multitaper_psd", x.cols(), 2);
    require_finite("multitaper_psd", x);
    const Index n = x.cols();
    const double nw = options.bandwidth_hz ? *options.bandwidth_hz * static_cast<double>(n) / (2 * fs) : 4.0;
    if (!(nw >= 0.5 && nw < static_cast<double>(n) / 2)) {
        throw_invalid("multitaper_psd", "a half bandwidth of 0.5 to n_samples / 2 in units of fs / n_samples", nw);
    }
    const std::shared_ptr<const Tapers> shared = shared_tapers(n, nw, static_cast<Index>(2 * nw));
    const Tapers& tapers = *shared;
    std::vector<Index> kept;
    for (Index t = 0; t < tapers.ratios.size(); ++t) {
        if (!options.low_bias || tapers.ratios[t] > 0.9) {
            kept.push_back(t);
        }
    }
    if (kept.empty()) {
        kept.push_back(std::max_element(tapers.ratios.begin(), tapers.ratios.end()) - tapers.ratios.begin());
    }
    double weights = 0;
    for (const Index t : kept) {
        weights += tapers.ratios[t];
    }
    const std::shared_ptr<const Fft> fft = Fft::of_length(n);
    Spectrum out{Array<double>{fft->n_freqs()}, Array<double>{x.rows(), fft->n_freqs()}};
    for (Index k = 0; k < fft->n_freqs(); ++k) {
        out.freqs[k] = static_cast<double>(k) * fs / static_cast<double>(n);
    }
    parallel_for(x.rows(), [&](Index c) {
        FftBuffer<double> samples(n);
        FftBuffer<std::complex<double>> spectrum(fft->n_freqs());
        std::vector<double> row(static_cast<std::size_t>(n));
        copy_channel(x, c, row.data());
        if (options.remove_dc) {
            remove_trend(row.data(), n, Detrend::constant);
        }
        for (const Index t : kept) {
            std::copy_n(row.data(), n, samples.data());
            multiply(samples.data(), tapers.windows.row(t).data(), n);
            fft->forward(samples, spectrum);
            add_squares(spectrum.data(), tapers.ratios[t], out.psd.row(c).data(), fft->n_freqs());
        }
        for (Index k = 0; k < fft->n_freqs(); ++k) {
            const bool own_mirror = k == 0 || 2 * k == n;
            out.psd(c, k) *= (own_mirror ? 1 : 2) / (options.per_hz ? weights * fs : weights);
        }
    });
    return out;
}

double integrate_band(Samples freqs, Samples psd, double low, double high, Integration rule) {
    if (freqs.size() != psd.size()) {
        throw_invalid("integrate_band", "as many values as frequencies", std::to_string(psd.size()));
    }
    if (!(low <= high)) {
        throw_invalid("integrate_band", "low <= high", std::to_string(low) + " and " + std::to_string(high));
    }
    const auto first = static_cast<std::size_t>(std::lower_bound(freqs.begin(), freqs.end(), low) - freqs.begin());
    const auto last = static_cast<std::size_t>(std::upper_bound(freqs.begin(), freqs.end(), high) - freqs.begin());
    if (last < first + 2) {
        return 0;
    }
    const Samples f = freqs.subspan(first, last - first);
    const Samples p = psd.subspan(first, last - first);
    return rule == Integration::trapezoid ? trapezoid(f, p) : simpson(freqs[1] - freqs[0], p);
}

Array<double> integrate_band(const Spectrum& spectrum, double low, double high, Integration rule) {
    const Index n = spectrum.psd.shape(0);
    Array<double> out{n};
    for (Index c = 0; c < n; ++c) {
        out[c] = integrate_band({spectrum.freqs.data(), static_cast<std::size_t>(spectrum.freqs.size())},
                                spectrum.psd.row(c), low, high, rule);
    }
    return out;
}

}  // namespace biopotential::inline v0::signal
