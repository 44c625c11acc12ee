#include "biopotential/ecg/hrv.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/signal/baseline.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::ecg {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double mean(Samples v) {
    return v.empty() ? nan : std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

/// Standard deviation, ddof 1; NaN below two values.
double deviation(Samples v) {
    if (v.size() < 2) {
        return nan;
    }
    const double m = mean(v);
    double sum = 0;
    for (const double a : v) {
        sum += (a - m) * (a - m);
    }
    return std::sqrt(sum / static_cast<double>(v.size() - 1));
}

Samples samples(const Array<double>& a) {
    return {a.data(), static_cast<std::size_t>(a.size())};
}

/// Differences between adjacent NN intervals.
std::vector<double> differences(const NnIntervals& nn) {
    std::vector<double> d;
    for (Index i = 1; i < nn.nn_ms.size(); ++i) {
        if (nn.adjacent[i] != 0) {
            d.push_back(nn.nn_ms[i] - nn.nn_ms[i - 1]);
        }
    }
    return d;
}

/// Triangular index and interpolation (Task Force 1996, p. 1048), bins of 1 / 128 s that start at zero.
void triangle(Samples nn, HrvTime& out) {
    out.hti = out.tinn_ms = nan;
    if (nn.size() < 2) {
        return;
    }
    constexpr double bin = 7.8125;
    const double low = std::floor(*std::min_element(nn.begin(), nn.end()) / bin);
    const double high = std::floor(*std::max_element(nn.begin(), nn.end()) / bin);
    const auto n_bins = static_cast<Index>(high - low) + 1;
    if (n_bins > 4096) {
        return;  // no distribution of NN intervals: hours between beats
    }
    // One empty bin on either side: where the triangle may end.
    std::vector<double> count(static_cast<std::size_t>(n_bins) + 2, 0.0);
    for (const double v : nn) {
        count[static_cast<std::size_t>(std::floor(v / bin) - low) + 1] += 1;
    }
    const auto top = std::max_element(count.begin(), count.end());
    const auto x = static_cast<Index>(top - count.begin());
    out.hti = static_cast<double>(nn.size()) / *top;
    // The two sides don't share a bin, so that each is fitted by itself.
    const auto side = [&](Index direction) {
        const Index limit = direction < 0 ? x : static_cast<Index>(count.size()) - 1 - x;
        double best = std::numeric_limits<double>::infinity();
        Index base = 1;
        for (Index width = 1; width <= limit; ++width) {
            double error = 0;
            for (Index k = 1; k <= limit; ++k) {
                const double model =
                    k < width ? *top * static_cast<double>(width - k) / static_cast<double>(width) : 0.0;
                const double d = count[static_cast<std::size_t>(x + direction * k)] - model;
                error += d * d;
            }
            if (error < best) {
                best = error;
                base = width;
            }
        }
        return base;
    };
    out.tinn_ms = static_cast<double>(side(-1) + side(+1)) * bin;
}

/// Means and SDs of whole stretches of five minutes from the first interval on.
void five_minutes(const NnIntervals& nn, HrvTime& out) {
    std::vector<double> means;
    std::vector<double> deviations;
    constexpr double stretch_s = 300;
    const auto n_stretches = static_cast<Index>(nn.duration_s / stretch_s);
    std::vector<double> part;
    Index i = 0;
    const double start = nn.nn_ms.size() > 0 ? nn.time_s[0] - nn.nn_ms[0] / 1000 : 0;
    for (Index k = 0; k < n_stretches; ++k) {
        part.clear();
        for (; i < nn.nn_ms.size() && nn.time_s[i] - start <= stretch_s * static_cast<double>(k + 1); ++i) {
            part.push_back(nn.nn_ms[i]);
        }
        // A stretch of which most was excluded says nothing.
        if (std::accumulate(part.begin(), part.end(), 0.0) > 0.5 * stretch_s * 1000) {
            means.push_back(mean(part));
            deviations.push_back(deviation(part));
        }
    }
    out.sdann_ms = deviation(means);
    out.sdnn_index_ms = mean(deviations);
}

/// NN intervals at `n` even times from the first on. A spline runs through each stretch of adjacent intervals and
/// straight lines join the stretches: a spline across excluded beats swings far beyond both sides.
std::vector<double> at_even_times(const NnIntervals& nn, double step, Index n) {
    const Samples t = samples(nn.time_s);
    const Samples v = samples(nn.nn_ms);
    std::vector<double> out(static_cast<std::size_t>(n));
    std::size_t k = 0;
    const auto time = [&] { return t[0] + step * static_cast<double>(k); };
    for (std::size_t first = 0; first < t.size();) {
        std::size_t last = first + 1;
        while (last < t.size() && nn.adjacent[static_cast<Index>(last)] != 0) {
            ++last;
        }
        if (last - first > 1) {
            std::vector<double> at;
            const std::size_t start = k;
            for (; k < out.size() && time() <= t[last - 1]; ++k) {
                at.push_back(time());
            }
            const Array<double> values =
                signal::cubic_spline(t.subspan(first, last - first), v.subspan(first, last - first), at);
            std::ranges::copy(samples(values), out.begin() + static_cast<std::ptrdiff_t>(start));
        }
        const std::size_t next = std::min(last, t.size() - 1);
        for (; k < out.size() && (last == t.size() || time() < t[next]); ++k) {
            const double share = next == last ? (time() - t[last - 1]) / (t[next] - t[last - 1]) : 0;
            out[k] = v[last - 1] + share * (v[next] - v[last - 1]);
        }
        first = last;
    }
    return out;
}

/// Sample entropy over templates of adjacent intervals (Richman & Moorman 2000, AJP Heart 278:H2039).
double sample_entropy(const NnIntervals& nn) {
    const Index n = nn.nn_ms.size();
    constexpr Index m = 2;
    struct Template {
        double a, b, next;
    };
    std::vector<Template> templates;
    for (Index i = 0; i + m < n; ++i) {
        if (nn.adjacent[i + 1] != 0 && nn.adjacent[i + 2] != 0) {
            templates.push_back({nn.nn_ms[i], nn.nn_ms[i + 1], nn.nn_ms[i + 2]});
        }
    }
    const double r = 0.2 * deviation(samples(nn.nn_ms));
    if (templates.size() < 10 || !(r > 0)) {
        return nan;
    }
    // Sorted by the first element, only neighbours within r are looked at.
    std::sort(templates.begin(), templates.end(), [](const Template& p, const Template& q) { return p.a < q.a; });
    std::int64_t shorter = 0;
    std::int64_t longer = 0;
    for (std::size_t i = 0; i < templates.size(); ++i) {
        for (std::size_t k = i + 1; k < templates.size() && templates[k].a - templates[i].a <= r; ++k) {
            if (std::abs(templates[k].b - templates[i].b) <= r) {
                ++shorter;
                longer += std::abs(templates[k].next - templates[i].next) <= r ? 1 : 0;
            }
        }
    }
    return shorter == 0 || longer == 0 ? nan : -std::log(static_cast<double>(longer) / static_cast<double>(shorter));
}

/// Slope of the logarithm of the fluctuation against that of the window, windows of `first` to `last` intervals.
double dfa(Samples nn, Index first, Index last) {
    const auto n = static_cast<Index>(nn.size());
    if (n < 4 * last) {
        return nan;
    }
    const double m = mean(nn);
    std::vector<double> walk(nn.size());
    double sum = 0;
    for (std::size_t i = 0; i < nn.size(); ++i) {
        sum += nn[i] - m;
        walk[i] = sum;
    }
    std::vector<double> lx;
    std::vector<double> ly;
    for (Index w = first; w <= last; ++w) {
        const double centre = static_cast<double>(w - 1) / 2;
        const double sxx = static_cast<double>(w) * (static_cast<double>(w * w) - 1) / 12;
        double total = 0;
        Index windows = 0;
        for (Index at = 0; at + w <= n; at += std::max<Index>(1, w / 2)) {
            double sy = 0;
            double sxy = 0;
            for (Index k = 0; k < w; ++k) {
                const double y = walk[static_cast<std::size_t>(at + k)];
                sy += y;
                sxy += (static_cast<double>(k) - centre) * y;
            }
            double rest = 0;
            for (Index k = 0; k < w; ++k) {
                const double line = sy / static_cast<double>(w) + sxy / sxx * (static_cast<double>(k) - centre);
                const double d = walk[static_cast<std::size_t>(at + k)] - line;
                rest += d * d;
            }
            total += rest / static_cast<double>(w);
            ++windows;
        }
        lx.push_back(std::log(static_cast<double>(w)));
        ly.push_back(0.5 * std::log(total / static_cast<double>(windows)));
    }
    const double mx = mean(lx);
    const double my = mean(ly);
    double sxy = 0;
    double sxx = 0;
    for (std::size_t i = 0; i < lx.size(); ++i) {
        sxy += (lx[i] - mx) * (ly[i] - my);
        sxx += (lx[i] - mx) * (lx[i] - mx);
    }
    const double slope = sxy / sxx;
    return std::isfinite(slope) ? slope : nan;
}

}  // namespace

NnIntervals nn_intervals(std::span<const Index> r_peaks, double fs, const NnOptions& options) {
    require_sampling_rate("nn_intervals", fs);
    require_positions("nn_intervals", r_peaks);
    if (!options.normal.empty() && options.normal.size() != r_peaks.size()) {
        throw_invalid("nn_intervals", "one mark a beat, " + std::to_string(r_peaks.size()),
                      std::to_string(options.normal.size()));
    }
    NnIntervals out;
    const Index n = r_peaks.size() < 2 ? 0 : static_cast<Index>(r_peaks.size()) - 1;
    out.n_intervals = n;
    std::vector<double> rr(static_cast<std::size_t>(n));
    std::vector<std::uint8_t> good(static_cast<std::size_t>(n), 1);
    for (std::size_t i = 0; i < rr.size(); ++i) {
        rr[i] = static_cast<double>(r_peaks[i + 1] - r_peaks[i]) / fs;
        if (options.exclude != Exclude::none && (rr[i] < options.min_rr_s || rr[i] > options.max_rr_s)) {
            good[i] = 0;
        }
        if (!options.normal.empty() && (options.normal[i] == 0 || options.normal[i + 1] == 0)) {
            good[i] = 0;
        }
    }
    if (options.exclude == Exclude::ectopic) {
        std::vector<double> around;
        std::vector<std::uint8_t> kept = good;
        for (Index i = 0; i < n; ++i) {
            around.clear();
            for (Index k = std::max<Index>(0, i - 5); k < std::min(n, i + 6); ++k) {
                if (good[static_cast<std::size_t>(k)] != 0) {
                    around.push_back(rr[static_cast<std::size_t>(k)]);
                }
            }
            const double local = detail::median_in_place(around);
            if (!(std::abs(rr[static_cast<std::size_t>(i)] - local) <= options.max_deviation * local)) {
                kept[static_cast<std::size_t>(i)] = 0;
            }
        }
        good = kept;
    }
    const auto n_nn = static_cast<Index>(std::count(good.begin(), good.end(), 1));
    out.nn_ms = Array<double>({n_nn});
    out.time_s = Array<double>({n_nn});
    out.adjacent = Array<std::uint8_t>({n_nn});
    Index at = 0;
    for (std::size_t i = 0; i < rr.size(); ++i) {
        if (good[i] != 0) {
            out.nn_ms[at] = rr[i] * 1000;
            out.time_s[at] = static_cast<double>(r_peaks[i + 1]) / fs;
            out.adjacent[at] = i > 0 && good[i - 1] != 0 ? 1 : 0;
            ++at;
        }
    }
    out.duration_s = n > 0 ? static_cast<double>(r_peaks.back() - r_peaks.front()) / fs : 0;
    return out;
}

HrvTime hrv_time(const NnIntervals& nn) {
    HrvTime out;
    const Samples v = samples(nn.nn_ms);
    out.n_nn = nn.nn_ms.size();
    out.excluded_percent = nn.n_intervals > 0 ? 100.0 * static_cast<double>(nn.n_intervals - out.n_nn) /
                                                    static_cast<double>(nn.n_intervals)
                                              : nan;
    out.mean_nn_ms = mean(v);
    std::vector<double> sorted(v.begin(), v.end());
    out.median_nn_ms = detail::median_in_place(sorted);
    out.min_nn_ms = v.empty() ? nan : *std::min_element(v.begin(), v.end());
    out.max_nn_ms = v.empty() ? nan : *std::max_element(v.begin(), v.end());
    out.mean_hr_bpm = 60000 / out.mean_nn_ms;
    out.sdnn_ms = deviation(v);
    out.cvnn = out.sdnn_ms / out.mean_nn_ms;

    const std::vector<double> d = differences(nn);
    double squares = 0;
    double above_50 = 0;
    double above_20 = 0;
    for (const double a : d) {
        squares += a * a;
        above_50 += std::abs(a) > 50 ? 1 : 0;
        above_20 += std::abs(a) > 20 ? 1 : 0;
    }
    const auto n_d = static_cast<double>(d.size());
    out.rmssd_ms = d.empty() ? nan : std::sqrt(squares / n_d);
    out.sdsd_ms = deviation(d);
    out.nn50 = d.empty() ? nan : above_50;
    out.pnn50_percent = d.empty() ? nan : 100 * above_50 / n_d;
    out.pnn20_percent = d.empty() ? nan : 100 * above_20 / n_d;
    triangle(v, out);
    five_minutes(nn, out);
    return out;
}

signal::Spectrum nn_spectrum(const NnIntervals& nn, const NnSpectrumOptions& options) {
    require_positive("nn_spectrum", "resample_hz", options.resample_hz);
    require_positive("nn_spectrum", "segment_s", options.segment_s);
    const Index n = nn.nn_ms.size();
    const double span = n > 1 ? nn.time_s[n - 1] - nn.time_s[0] : 0;
    if (n < 16 || span < 60) {
        return {Array<double>({0}), Array<double>({1, 0})};
    }
    const auto points = static_cast<Index>(std::floor(span * options.resample_hz)) + 1;
    const std::vector<double> even = at_even_times(nn, 1 / options.resample_hz, points);
    signal::WelchOptions welch;
    welch.nperseg = std::min(points, detail::to_samples(options.segment_s, options.resample_hz));
    welch.detrend = signal::Detrend::linear;
    return signal::welch(as_row(even), options.resample_hz, welch);
}

HrvFrequency hrv_frequency(const NnIntervals& nn, const HrvFrequencyOptions& options) {
    if (!(options.vlf_hz >= 0 && options.vlf_hz < options.lf_hz && options.lf_hz < options.hf_hz &&
          options.hf_hz < options.top_hz && options.top_hz <= options.spectrum.resample_hz / 2)) {
        throw_invalid("hrv_frequency", "band edges that ascend up to half of resample_hz",
                      std::to_string(options.vlf_hz) + ", " + std::to_string(options.lf_hz) + ", " +
                          std::to_string(options.hf_hz) + ", " + std::to_string(options.top_hz));
    }
    HrvFrequency out{nan, nan, nan, nan, nan, nan, nan, nan, nan};
    const signal::Spectrum s = nn_spectrum(nn, options.spectrum);
    if (s.freqs.size() == 0) {
        return out;
    }
    const double span = nn.time_s[nn.nn_ms.size() - 1] - nn.time_s[0];
    const double width = s.freqs[1] - s.freqs[0];
    const auto power = [&](double low, double high) {
        double sum = 0;
        for (Index k = 0; k < s.freqs.size(); ++k) {
            sum += s.freqs[k] >= low && s.freqs[k] < high ? s.psd[k] * width : 0.0;
        }
        return sum;
    };
    const auto peak = [&](double low, double high) {
        double at = nan;
        double top = 0;
        for (Index k = 0; k < s.freqs.size(); ++k) {
            if (s.freqs[k] >= low && s.freqs[k] < high && s.psd[k] > top) {
                top = s.psd[k];
                at = s.freqs[k];
            }
        }
        return at;
    };
    out.hf_ms2 = power(options.hf_hz, options.top_hz);
    out.hf_peak_hz = peak(options.hf_hz, options.top_hz);
    if (span >= 120) {
        out.vlf_ms2 = power(options.vlf_hz, options.lf_hz);
        out.lf_ms2 = power(options.lf_hz, options.hf_hz);
        out.lf_peak_hz = peak(options.lf_hz, options.hf_hz);
        out.total_ms2 = out.vlf_ms2 + out.lf_ms2 + out.hf_ms2;
        const double rest = out.total_ms2 - out.vlf_ms2;
        if (rest > 0) {
            out.lf_nu = 100 * out.lf_ms2 / rest;
            out.hf_nu = 100 * out.hf_ms2 / rest;
        }
        out.lf_hf = out.hf_ms2 > 0 ? out.lf_ms2 / out.hf_ms2 : nan;
    }
    return out;
}

HrvNonlinear hrv_nonlinear(const NnIntervals& nn) {
    HrvNonlinear out;
    std::vector<double> across;
    std::vector<double> along;
    for (Index i = 1; i < nn.nn_ms.size(); ++i) {
        if (nn.adjacent[i] != 0) {
            across.push_back((nn.nn_ms[i] - nn.nn_ms[i - 1]) / std::sqrt(2.0));
            along.push_back((nn.nn_ms[i] + nn.nn_ms[i - 1]) / std::sqrt(2.0));
        }
    }
    out.sd1_ms = deviation(across);
    out.sd2_ms = deviation(along);
    out.sd1_sd2 = out.sd2_ms > 0 ? out.sd1_ms / out.sd2_ms : nan;
    out.sampen = sample_entropy(nn);
    out.dfa_alpha1 = dfa(samples(nn.nn_ms), 4, 11);
    out.dfa_alpha2 = dfa(samples(nn.nn_ms), 12, 64);
    return out;
}

}  // namespace biopotential::inline v0::ecg
