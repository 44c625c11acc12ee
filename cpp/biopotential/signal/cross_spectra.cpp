#include "biopotential/signal/cross_spectra.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/segments_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

using Complex = std::complex<double>;
using std::numbers::pi;

void require_same_shape(const char* function, const MatrixView& x, const MatrixView& y) {
    if (x.rows() != y.rows() || x.cols() != y.cols()) {
        throw_invalid(function, "x and y of one shape",
                      "(" + std::to_string(x.rows()) + ", " + std::to_string(x.cols()) + ") and (" +
                          std::to_string(y.rows()) + ", " + std::to_string(y.cols()) + ")");
    }
    require_finite(function, y);
}

struct Pair {
    Segments segments;
    Array<Complex> cross;
    Array<double> xx, yy;
};

/// Averages over the segments of conj(X) Y, |X|^2 and |Y|^2, not scaled.
Pair average_pairs(const char* function, const MatrixView& x, const MatrixView& y, double fs,
                   const WelchOptions& options) {
    Pair p;
    p.segments = make_segments(function, x, fs, options.nperseg, options.noverlap, options.nfft, 2, options.window);
    require_same_shape(function, x, y);
    const Segments& s = p.segments;
    const Index n_freqs = s.freqs.size();
    p.cross = Array<Complex>{x.rows(), n_freqs};
    p.xx = Array<double>{x.rows(), n_freqs};
    p.yy = Array<double>{x.rows(), n_freqs};
    const bool median = options.average == Average::median;
    parallel_for(x.rows(), [&](Index c) {
        SegmentTransform of_x(s);
        SegmentTransform of_y(s);
        std::vector<Complex> all(static_cast<std::size_t>(median ? s.n * n_freqs : 0));
        for (Index i = 0; i < s.n; ++i) {
            const auto& a = of_x(segment_start(s, x, c, i), x.innerStride(), options.detrend);
            const auto& b = of_y(segment_start(s, y, c, i), y.innerStride(), options.detrend);
            for (Index k = 0; k < n_freqs; ++k) {
                const Complex product = std::conj(a[k]) * b[k];
                p.cross(c, k) += product;
                p.xx(c, k) += std::norm(a[k]);
                p.yy(c, k) += std::norm(b[k]);
                if (median) {
                    all[static_cast<std::size_t>(i * n_freqs + k)] = product;
                }
            }
        }
        for (Index k = 0; k < n_freqs; ++k) {
            if (!median) {
                p.cross(c, k) /= static_cast<double>(s.n);
                continue;
            }
            std::vector<double> re;
            std::vector<double> im;
            for (Index i = 0; i < s.n; ++i) {
                re.push_back(all[static_cast<std::size_t>(i * n_freqs + k)].real());
                im.push_back(all[static_cast<std::size_t>(i * n_freqs + k)].imag());
            }
            p.cross(c, k) = Complex(median_in_place(re), median_in_place(im)) / median_bias(s.n);
        }
    });
    return p;
}

}  // namespace

CrossSpectrum csd(const MatrixView& x, const MatrixView& y, double fs, const WelchOptions& options) {
    Pair p = average_pairs("csd", x, y, fs, options);
    const double scale = power_scale(p.segments, fs, options.scaling);
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index k = 0; k < p.segments.freqs.size(); ++k) {
            p.cross(c, k) *= has_mirror(p.segments, k) ? 2 * scale : scale;
        }
    }
    return {p.segments.freqs, p.cross};
}

Spectrum coherence(const MatrixView& x, const MatrixView& y, double fs, const WelchOptions& options) {
    WelchOptions mean = options;
    mean.average = Average::mean;
    const Pair p = average_pairs("coherence", x, y, fs, mean);
    Spectrum out{p.segments.freqs, Array<double>{x.rows(), p.segments.freqs.size()}};
    const auto n = static_cast<double>(p.segments.n);
    for (Index i = 0; i < out.psd.size(); ++i) {
        out.psd[i] = std::norm(p.cross[i] * n) / (p.xx[i] * p.yy[i]);
    }
    return out;
}

Array<double> lombscargle(Samples times_s, const MatrixView& x, std::span<const double> freqs_hz,
                          LombNormalization normalization, bool floating_mean) {
    require_finite("lombscargle", times_s);
    require_finite("lombscargle", x);
    const auto n = static_cast<Index>(times_s.size());
    if (x.cols() != n || n < 1) {
        throw_invalid("lombscargle", "as many samples as times, at least one",
                      std::to_string(x.cols()) + " and " + std::to_string(n));
    }
    for (const double f : freqs_hz) {
        if (!std::isfinite(f)) {
            throw_invalid("lombscargle", "finite frequencies", f);
        }
    }
    const auto n_freqs = static_cast<Index>(freqs_hz.size());
    Array<double> out{x.rows(), n_freqs};
    const auto count = static_cast<double>(n);
    constexpr double tiny = std::numeric_limits<double>::epsilon() / 2;
    parallel_for_ranges(n_freqs, 4, [&](Index first, Index last) {
        std::vector<double> cosine(static_cast<std::size_t>(n));
        std::vector<double> sine(static_cast<std::size_t>(n));
        for (Index k = first; k < last; ++k) {
            const double w = 2 * pi * freqs_hz[static_cast<std::size_t>(k)];
            double c = 0, s = 0, cc = 0, cs = 0;
            for (std::size_t i = 0; i < cosine.size(); ++i) {
                cosine[i] = std::cos(w * times_s[i]);
                sine[i] = std::sin(w * times_s[i]);
                c += cosine[i] / count;
                s += sine[i] / count;
                cc += cosine[i] * cosine[i] / count;
                cs += cosine[i] * sine[i] / count;
            }
            double ss = 1 - cc;
            if (floating_mean) {
                cc -= c * c;
                ss -= s * s;
                cs -= c * s;
            }
            // The phase at which cosine and sine are orthogonal over these times.
            const double tau = 0.5 * std::atan2(2 * cs, cc - ss);
            c = s = cc = 0;
            for (std::size_t i = 0; i < cosine.size(); ++i) {
                const double angle = w * times_s[i] - tau;
                cosine[i] = std::cos(angle);
                sine[i] = std::sin(angle);
                c += cosine[i] / count;
                s += sine[i] / count;
                cc += cosine[i] * cosine[i] / count;
            }
            ss = 1 - cc;
            if (floating_mean) {
                cc -= c * c;
                ss -= s * s;
            }
            cc = std::max(cc, tiny);
            ss = std::max(ss, tiny);
            for (Index channel = 0; channel < x.rows(); ++channel) {
                double mean = 0, yc = 0, ys = 0, energy = 0;
                for (Index i = 0; i < n; ++i) {
                    const double v = x(channel, i) / count;
                    mean += v;
                    yc += v * cosine[static_cast<std::size_t>(i)];
                    ys += v * sine[static_cast<std::size_t>(i)];
                    energy += v * x(channel, i);
                }
                if (floating_mean) {
                    yc -= mean * c;
                    ys -= mean * s;
                    energy -= mean * mean;
                }
                const double explained = yc * yc / cc + ys * ys / ss;
                switch (normalization) {
                    case LombNormalization::power:
                        out(channel, k) = explained * count / 2;
                        break;
                    case LombNormalization::normalized:
                        out(channel, k) = explained / energy;
                        break;
                    case LombNormalization::amplitude:
                        out(channel, k) = yc * yc / (cc * cc) + ys * ys / (ss * ss);
                        break;
                }
            }
        }
    });
    return out;
}

namespace {

/// Levinson's step: the coefficients of the next order by its reflection coefficient.
void reflect(std::span<double> a, Index order, double k) {
    std::vector<double> before(a.begin(), a.begin() + order + 1);
    for (Index i = 1; i <= order; ++i) {
        a[static_cast<std::size_t>(i)] += k * (i == order ? 1.0 : before[static_cast<std::size_t>(order - i)]);
    }
}

double burg(std::span<const double> x, std::span<double> a, int order) {
    const std::size_t n = x.size();
    std::vector<double> forward(x.begin(), x.end());
    std::vector<double> backward(x.begin(), x.end());
    double variance = 0;
    for (const double v : x) {
        variance += v * v / static_cast<double>(n);
    }
    a[0] = 1;
    for (int m = 1; m <= order; ++m) {
        double above = 0;
        double below = 0;
        for (std::size_t i = static_cast<std::size_t>(m); i < n; ++i) {
            above += forward[i] * backward[i - 1];
            below += forward[i] * forward[i] + backward[i - 1] * backward[i - 1];
        }
        const double k = below > 0 ? -2 * above / below : 0;
        reflect(a, m, k);
        variance *= 1 - k * k;
        for (std::size_t i = n - 1; i >= static_cast<std::size_t>(m); --i) {
            const double f = forward[i];
            const double b = backward[i - 1];
            forward[i] = f + k * b;
            backward[i] = b + k * f;
        }
    }
    return variance;
}

double yule_walker(std::span<const double> x, std::span<double> a, int order) {
    const std::size_t n = x.size();
    std::vector<double> r(static_cast<std::size_t>(order) + 1);
    for (std::size_t lag = 0; lag < r.size(); ++lag) {
        r[lag] = dot(x.data(), x.data() + lag, static_cast<Index>(n - lag)) / static_cast<double>(n);
    }
    a[0] = 1;
    double variance = r[0];
    for (int m = 1; m <= order && variance > 0; ++m) {
        double sum = 0;
        for (int i = 0; i < m; ++i) {
            sum += a[static_cast<std::size_t>(i)] * r[static_cast<std::size_t>(m - i)];
        }
        const double k = -sum / variance;
        reflect(a, m, k);
        variance *= 1 - k * k;
    }
    return variance;
}

}  // namespace

ArModel fit_ar(const MatrixView& x, int order, ArMethod method) {
    require_finite("fit_ar", x);
    if (order < 1 || order >= x.cols()) {
        throw_invalid("fit_ar", "an order of 1 to n_samples - 1 = " + std::to_string(x.cols() - 1), order);
    }
    ArModel out{Array<double>{x.rows(), order + 1}, Array<double>{x.rows()}};
    parallel_for(x.rows(), [&](Index c) {
        std::vector<double> row(static_cast<std::size_t>(x.cols()));
        for (Index i = 0; i < x.cols(); ++i) {
            row[static_cast<std::size_t>(i)] = x(c, i);
        }
        remove_trend(row.data(), x.cols(), Detrend::constant);
        out.variance[c] =
            method == ArMethod::burg ? burg(row, out.a.row(c), order) : yule_walker(row, out.a.row(c), order);
    });
    return out;
}

Spectrum ar_psd(const ArModel& model, double fs, Index n_freqs) {
    require_sampling_rate("ar_psd", fs);
    if (n_freqs < 2 || n_freqs > (Index{1} << 26)) {
        throw_invalid("ar_psd", "n_freqs of 2 to 2^26", static_cast<double>(n_freqs));
    }
    if (model.a.ndim() != 2 || model.variance.size() != model.a.shape(0)) {
        throw_invalid("ar_psd", "one variance a channel", std::to_string(model.variance.size()));
    }
    Spectrum out{Array<double>{n_freqs}, Array<double>{model.variance.size(), n_freqs}};
    for (Index k = 0; k < n_freqs; ++k) {
        const double share = static_cast<double>(k) / static_cast<double>(n_freqs - 1);
        out.freqs[k] = share * fs / 2;
        const Complex z = std::polar(1.0, -pi * share);
        for (Index c = 0; c < model.variance.size(); ++c) {
            Complex sum = 0;
            for (Index i = model.a.shape(1); i-- > 0;) {
                sum = sum * z + model.a(c, i);
            }
            const double sides = k == 0 || k == n_freqs - 1 ? 1 : 2;
            out.psd(c, k) = sides * model.variance[c] / (fs * std::norm(sum));
        }
    }
    return out;
}

Array<double> cepstrum(const MatrixView& x) {
    require_length("cepstrum", x.cols(), 1);
    require_finite("cepstrum", x);
    const Index n = x.cols();
    Array<double> y{x.rows(), n};
    const std::shared_ptr<const Fft> fft = Fft::of_length(n);
    parallel_for(x.rows(), [&](Index c) {
        FftBuffer<double> samples(n);
        FftBuffer<Complex> spectrum(fft->n_freqs());
        copy_channel(x, c, samples.data());
        fft->forward(samples, spectrum);
        for (Index k = 0; k < fft->n_freqs(); ++k) {
            const double size = std::abs(spectrum[k]);
            if (size == 0) {
                throw_invalid("cepstrum", "a spectrum without zeros", "0 in channel " + std::to_string(c));
            }
            spectrum[k] = std::log(size) / static_cast<double>(n);
        }
        fft->inverse(spectrum, samples);
        std::copy_n(samples.data(), n, y.row(c).data());
    });
    return y;
}

Array<double> istft(const Array<Complex>& values, const StftOptions& options) {
    if (values.ndim() != 3 || values.shape(1) < 1 || values.shape(2) < 1) {
        throw_invalid("istft", "values of shape (n_channels, n_freqs, n_times)", "another shape");
    }
    const Index n_freqs = values.shape(1);
    const Index n_times = values.shape(2);
    const Index nperseg = options.nperseg;
    const Index nfft = options.nfft.value_or(nperseg);
    const Index noverlap = options.noverlap.value_or(nperseg / 2);
    if (nperseg < 1 || nfft < nperseg || nfft / 2 + 1 != n_freqs) {
        throw_invalid("istft", "nperseg and nfft >= nperseg with nfft / 2 + 1 frequencies", std::to_string(n_freqs));
    }
    if (noverlap < 0 || noverlap >= nperseg) {
        throw_invalid("istft", "noverlap inside [0, nperseg)", static_cast<double>(noverlap));
    }
    for (const Complex& v : values) {
        if (!std::isfinite(v.real()) || !std::isfinite(v.imag())) {
            throw_invalid("istft", "finite values", "NaN or infinity");
        }
    }
    const Index step = nperseg - noverlap;
    const Index length = nperseg + (n_times - 1) * step;
    const Index trim = nperseg / 2;
    const Array<double> w = window(options.window, nperseg, true);
    double sum = 0;
    for (const double v : w) {
        sum += v;
    }
    std::vector<double> weight(static_cast<std::size_t>(length));
    for (Index t = 0; t < n_times; ++t) {
        for (Index i = 0; i < nperseg; ++i) {
            weight[static_cast<std::size_t>(t * step + i)] += w[i] * w[i];
        }
    }
    Array<double> y{values.shape(0), std::max<Index>(0, length - 2 * trim)};
    const std::shared_ptr<const Fft> fft = Fft::of_length(nfft);
    parallel_for(values.shape(0), [&](Index c) {
        FftBuffer<Complex> spectrum(n_freqs);
        FftBuffer<double> samples(nfft);
        std::vector<double> total(static_cast<std::size_t>(length));
        for (Index t = 0; t < n_times; ++t) {
            for (Index k = 0; k < n_freqs; ++k) {
                spectrum[k] = values(c, k, t) * (sum / static_cast<double>(nfft));
            }
            fft->inverse(spectrum, samples);
            for (Index i = 0; i < nperseg; ++i) {
                total[static_cast<std::size_t>(t * step + i)] += samples[i] * w[i];
            }
        }
        for (Index i = 0; i < y.shape(1); ++i) {
            const auto at = static_cast<std::size_t>(i + trim);
            y(c, i) = total[at] / (weight[at] > 1e-10 ? weight[at] : 1.0);
        }
    });
    return y;
}

}  // namespace biopotential::inline v0::signal
