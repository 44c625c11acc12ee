#include "biopotential/eeg/sleep_events.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::eeg {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void require_input(const char* function, const MatrixView& x, double fs, std::span<const std::uint8_t> include) {
    require_sampling_rate(function, fs);
    if (fs < 20) {
        throw_invalid(function, "a sampling rate of at least 20 Hz", fs);
    }
    require_finite(function, x);
    require_length(function, x.cols(), static_cast<Index>(std::ceil(2 * fs)));
    if (!include.empty() && static_cast<Index>(include.size()) != x.cols()) {
        throw_invalid(function, std::to_string(x.cols()) + " values in include", std::to_string(include.size()));
    }
}

void require_range(const char* function, const char* name, double low, double high, double least = 0) {
    if (!(low >= least && low < high && std::isfinite(low))) {
        throw_invalid(function, std::string(name) + " ascending from " + std::to_string(least),
                      std::to_string(low) + " to " + std::to_string(high));
    }
}

/// Positions of local maxima, plateaus by their middle, as scipy.signal.find_peaks.
std::vector<Index> local_maxima(Samples x) {
    std::vector<Index> out;
    const std::size_t n = x.size();
    for (std::size_t i = 1; i + 1 < n; ++i) {
        if (!(x[i - 1] < x[i])) {
            continue;
        }
        std::size_t end = i + 1;
        while (end + 1 < n && x[end] == x[i]) {
            ++end;
        }
        if (x[end] < x[i]) {
            out.push_back(static_cast<Index>((i + end - 1) / 2));
            i = end - 1;
        }
    }
    return out;
}

/// Those peaks that no higher one lies nearer to than `distance` samples; equal ones: the later counts as higher.
std::vector<Index> spaced(Samples x, const std::vector<Index>& peaks, Index distance) {
    std::vector<std::size_t> order(peaks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return x[static_cast<std::size_t>(peaks[i])]; });
    std::vector<bool> keep(peaks.size(), true);
    for (std::size_t at = order.size(); at-- > 0;) {
        const std::size_t i = order[at];
        if (!keep[i]) {
            continue;
        }
        for (std::size_t k = i; k > 0 && peaks[i] - peaks[k - 1] < distance; --k) {
            keep[k - 1] = false;
        }
        for (std::size_t k = i + 1; k < peaks.size() && peaks[k] - peaks[i] < distance; ++k) {
            keep[k] = false;
        }
    }
    std::vector<Index> out;
    for (std::size_t i = 0; i < peaks.size(); ++i) {
        if (keep[i]) {
            out.push_back(peaks[i]);
        }
    }
    return out;
}

double prominence(Samples x, Index peak) {
    const double top = x[static_cast<std::size_t>(peak)];
    double left = top;
    for (Index i = peak; i >= 0 && x[static_cast<std::size_t>(i)] <= top; --i) {
        left = std::min(left, x[static_cast<std::size_t>(i)]);
    }
    double right = top;
    for (Index i = peak; i < static_cast<Index>(x.size()) && x[static_cast<std::size_t>(i)] <= top; ++i) {
        right = std::min(right, x[static_cast<std::size_t>(i)]);
    }
    return top - std::max(left, right);
}

/// A curve known at ascending times, drawn with straight lines at each sample; 0 outside.
std::vector<double> drawn(const std::vector<double>& times_s, const std::vector<double>& values, Index n, double fs) {
    std::vector<double> out(static_cast<std::size_t>(n));
    std::size_t k = 1;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const double t = static_cast<double>(i) / fs;
        if (times_s.size() < 2 || t < times_s.front() || t > times_s.back()) {
            continue;
        }
        while (k + 1 < times_s.size() && times_s[k] < t) {
            ++k;
        }
        const double slope = (values[k] - values[k - 1]) / (times_s[k] - times_s[k - 1]);
        out[i] = slope * (t - times_s[k - 1]) + values[k - 1];
    }
    return out;
}

struct Curve {
    std::vector<double> times_s, values;
};

/// Share of the spindle band in the broad band over 2 s Hann windows every 0.2 s, zeros beyond the ends.
Curve relative_power(Samples x, double fs, const SpindleOptions& o) {
    const auto n = static_cast<Index>(x.size());
    const auto length = static_cast<Index>(2 * fs);
    const Index step = length - static_cast<Index>(static_cast<double>(length) - 0.2 * fs);
    const Array<double> window = signal::window(signal::WindowKind::hann, length, true);
    const Index before = length / 2;
    const Index extended = n + 2 * before;
    const Index padded = extended + ((step - (extended - length) % step) % step) % length;
    const std::shared_ptr<const signal::Fft> fft = signal::Fft::of_length(length);
    signal::FftBuffer<double> in(length);
    signal::FftBuffer<std::complex<double>> out(fft->n_freqs());
    Curve curve;
    for (Index first = 0; first + length <= padded; first += step) {
        for (Index i = 0; i < length; ++i) {
            const Index at = first + i - before;
            in[i] = at >= 0 && at < n ? x[static_cast<std::size_t>(at)] * window[i] : 0;
        }
        fft->forward(in, out);
        double broad = 0;
        double sigma = 0;
        for (Index k = 0; k < fft->n_freqs(); ++k) {
            const double f = static_cast<double>(k) * fs / static_cast<double>(length);
            if (f >= o.broad_low_hz && f <= o.broad_high_hz) {
                const double power = std::norm(out[k]);
                broad += power;
                sigma += f >= o.low_hz && f <= o.high_hz ? power : 0;
            }
        }
        curve.times_s.push_back(static_cast<double>(first) / fs);
        curve.values.push_back(sigma / broad);
    }
    return curve;
}

std::vector<double> running_sum(Samples a, Samples b) {
    std::vector<double> out(a.size() + 1);
    for (std::size_t i = 0; i < a.size(); ++i) {
        out[i + 1] = out[i] + a[i] * b[i];
    }
    return out;
}

struct Moving {
    std::vector<double> correlation, rms;  // at each sample
};

/// Correlation of x and y, and RMS of x, in 0.3 s windows every 0.1 s.
Moving moving(Samples x, Samples y, double fs) {
    const std::size_t n = x.size();
    const std::vector<double> ones(n, 1.0);
    const std::vector<double> sx = running_sum(x, ones);
    const std::vector<double> sy = running_sum(y, ones);
    const std::vector<double> sxx = running_sum(x, x);
    const std::vector<double> syy = running_sum(y, y);
    const std::vector<double> sxy = running_sum(x, y);
    Curve correlation;
    Curve rms;
    const auto count = static_cast<Index>(std::ceil(static_cast<double>(n) / fs / 0.1));
    for (Index k = 0; k < count; ++k) {
        const double at = static_cast<double>(k) * 0.1;
        const auto begin = static_cast<std::size_t>(std::max(0.0, std::trunc((at - 0.15) * fs)));
        auto end = static_cast<std::size_t>(std::max(0.0, std::trunc((at + 0.15) * fs)));
        end = end > n - 1 ? n : end;
        const double time = static_cast<double>(begin + end) / 2 / fs;
        const auto size = static_cast<double>(end - begin);
        const auto part = [&](const std::vector<double>& s) { return s[end] - s[begin]; };
        const double vx = std::max(0.0, part(sxx) - part(sx) * part(sx) / size);
        const double vy = std::max(0.0, part(syy) - part(sy) * part(sy) / size);
        const double both = std::sqrt(vx * vy);
        correlation.times_s.push_back(time);
        correlation.values.push_back(size >= 2 && both != 0 ? (part(sxy) - part(sx) * part(sy) / size) / both : nan);
        rms.values.push_back(size > 0 ? std::sqrt(part(sxx) / size) : nan);
    }
    const auto length = static_cast<Index>(n);
    return {drawn(correlation.times_s, correlation.values, length, fs),
            drawn(correlation.times_s, rms.values, length, fs)};
}

/// Mean plus `sd` standard deviations (ddof 1) of what is left when a tenth is cut off at each end.
double robust_limit(std::vector<double> values, double sd) {
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    std::ranges::sort(values);
    const auto cut = static_cast<std::size_t>(0.1 * static_cast<double>(values.size()));
    const std::span<const double> kept(values.data() + cut, values.size() - 2 * cut);
    const double middle = std::accumulate(kept.begin(), kept.end(), 0.0) / static_cast<double>(kept.size());
    double sum = 0;
    for (const double v : kept) {
        sum += (v - middle) * (v - middle);
    }
    return mean + sd * std::sqrt(sum / static_cast<double>(kept.size() - 1));
}

/// The analytic signal by a transform of a quick length, zeros behind.
Array<std::complex<double>> analytic(Samples x) {
    auto length = static_cast<Index>(x.size());
    const auto quick = [](Index n) {
        for (const Index p : {2, 3, 5}) {
            while (n % p == 0) {
                n /= p;
            }
        }
        return n == 1;
    };
    while (!quick(length)) {
        ++length;
    }
    std::vector<double> padded(static_cast<std::size_t>(length));
    std::ranges::copy(x, padded.begin());
    return signal::hilbert(as_row(padded));
}

/// Runs of the smoothed agreement of all three criteria, near ones merged.
std::vector<std::pair<Index, Index>> runs_of(const std::vector<int>& agreement, double fs, double min_distance_s) {
    const auto n = static_cast<Index>(agreement.size());
    const auto width = static_cast<Index>(0.1 * fs);
    std::vector<Index> sums(static_cast<std::size_t>(n + 1));
    for (Index i = 0; i < n; ++i) {
        sums[static_cast<std::size_t>(i + 1)] =
            sums[static_cast<std::size_t>(i)] + agreement[static_cast<std::size_t>(i)];
    }
    std::vector<std::pair<Index, Index>> runs;
    for (Index i = 0; i < n; ++i) {
        const Index end = std::min(n, i + (width - 1) / 2 + 1);
        const Index begin = std::max<Index>(0, i + (width - 1) / 2 - width + 1);
        if (sums[static_cast<std::size_t>(end)] - sums[static_cast<std::size_t>(begin)] <= 2 * width) {
            continue;
        }
        if (!runs.empty() &&
            (i - runs.back().second == 1 || static_cast<double>(i - runs.back().second) < min_distance_s * fs)) {
            runs.back().second = i;
        } else {
            runs.emplace_back(i, i);
        }
    }
    return runs;
}

Spindle measured(Samples broad, Samples sigma, const Array<std::complex<double>>& phase, const Curve& share,
                 Index first, Index last, double fs) {
    Spindle s;
    s.first = first;
    s.last = last;
    const auto n = static_cast<std::size_t>(last - first + 1);
    const Array<double> plain = signal::detrend(as_row(broad.subspan(static_cast<std::size_t>(first), n)));
    const std::span<const double> x = plain.row(0);
    const auto [low, high] = std::ranges::minmax(x);
    s.amplitude_uv = high - low;
    double squares = 0;
    for (const double v : x) {
        squares += v * v;
    }
    s.rms_uv = std::sqrt(squares / static_cast<double>(n));
    const auto [sigma_low, sigma_high] = std::ranges::minmax(sigma.subspan(static_cast<std::size_t>(first), n));
    s.sigma_amplitude_uv = sigma_high - sigma_low;
    std::vector<double> powers;
    std::vector<double> rates;
    for (Index i = first; i <= last; ++i) {
        const double power = std::norm(phase[i]);
        if (power > 0) {
            powers.push_back(std::log10(power));
        }
        if (i + 1 < static_cast<Index>(broad.size())) {
            const double rate = fs / (2 * std::numbers::pi) * (std::arg(phase[i + 1]) - std::arg(phase[i]));
            if (rate > 0) {
                rates.push_back(rate);
            }
        }
    }
    s.abs_power = median_in_place(powers);
    s.frequency_hz = median_in_place(rates);
    const double start_s = static_cast<double>(first) / fs;
    const double end_s = static_cast<double>(last) / fs;
    const auto from = std::ranges::lower_bound(share.times_s, start_s);
    const auto to = std::ranges::upper_bound(share.times_s, end_s);
    std::vector<double> shares(share.values.begin() + (from - share.times_s.begin()),
                               share.values.begin() + (to - share.times_s.begin()));
    s.rel_power = median_in_place(shares);
    const std::vector<Index> peaks = spaced(x, local_maxima(x), static_cast<Index>(std::ceil(60 * fs / 1000)));
    s.oscillations = static_cast<Index>(peaks.size());
    double best = -1;
    for (const Index p : peaks) {
        if (const double value = prominence(x, p); value > best) {
            best = value;
            s.peak = first + p;
            s.symmetry = static_cast<double>(p) / static_cast<double>(n);
        }
    }
    return s;
}

signal::FilterOptions transitions(double hz) {
    signal::FilterOptions options;
    options.fir.low_transition_hz = hz;
    options.fir.high_transition_hz = hz;
    return options;
}

template <class Event>
std::vector<Event> joined(std::vector<std::vector<Event>>& channels) {
    std::vector<Event> out;
    for (std::size_t c = 0; c < channels.size(); ++c) {
        for (Event& e : channels[c]) {
            e.channel = static_cast<Index>(c);
            out.push_back(e);
        }
    }
    return out;
}

}  // namespace

std::vector<Spindle> spindles(const MatrixView& x, double fs, std::span<const std::uint8_t> include,
                              const SpindleOptions& o) {
    require_input("spindles", x, fs, include);
    require_range("spindles", "the spindle band", o.low_hz, o.high_hz, o.broad_low_hz);
    require_range("spindles", "the broad band", o.broad_low_hz, o.broad_high_hz);
    require_range("spindles", "durations", o.shortest_s, o.longest_s);
    if (!(o.broad_high_hz < fs / 2 && o.high_hz <= o.broad_high_hz && o.broad_low_hz > 0)) {
        throw_invalid("spindles", "the spindle band inside the broad band, and that inside (0, fs / 2)",
                      std::to_string(o.broad_high_hz) + " at fs " + std::to_string(fs));
    }
    const Array<double> broad = signal::bandpass(x, o.broad_low_hz, o.broad_high_hz, fs);
    const Array<double> sigma = signal::bandpass(x, o.low_hz, o.high_hz, fs, transitions(1.5));
    std::vector<std::vector<Spindle>> found(static_cast<std::size_t>(x.rows()));
    parallel_for(x.rows(), [&](Index c) {
        const std::span<const double> wide = broad.row(c);
        const std::span<const double> narrow = sigma.row(c);
        const Curve share = relative_power(wide, fs, o);
        const std::vector<double> share_at = drawn(share.times_s, share.values, x.cols(), fs);
        const Moving windows = moving(narrow, wide, fs);
        std::vector<double> counted;
        for (std::size_t i = 0; i < wide.size(); ++i) {
            if (include.empty() || include[i] != 0) {
                counted.push_back(windows.rms[i]);
            }
        }
        if (counted.size() < 2) {
            return;
        }
        const double limit = std::min(robust_limit(std::move(counted), o.rms_sd), o.rms_most_uv);
        std::vector<int> agreement(wide.size());
        for (std::size_t i = 0; i < wide.size(); ++i) {
            if (include.empty() || include[i] != 0) {
                agreement[i] = static_cast<int>(share_at[i] >= o.rel_power) +
                               static_cast<int>(windows.correlation[i] >= o.correlation) +
                               static_cast<int>(windows.rms[i] >= limit);
            }
        }
        std::optional<Array<std::complex<double>>> phase;
        for (const auto& [first, last] : runs_of(agreement, fs, o.min_distance_s)) {
            const double duration = static_cast<double>(last) / fs - static_cast<double>(first) / fs;
            if (duration > o.shortest_s && duration < o.longest_s) {
                if (!phase) {
                    phase = analytic(narrow);
                }
                found[static_cast<std::size_t>(c)].push_back(measured(wide, narrow, *phase, share, first, last, fs));
            }
        }
    });
    return joined(found);
}

std::vector<SlowWave> slow_waves(const MatrixView& x, double fs, std::span<const std::uint8_t> include,
                                 const SlowWaveOptions& o) {
    require_input("slow_waves", x, fs, include);
    require_range("slow_waves", "the band", o.low_hz, o.high_hz);
    require_range("slow_waves", "negative durations", o.negative_shortest_s, o.negative_longest_s);
    require_range("slow_waves", "positive durations", o.positive_shortest_s, o.positive_longest_s);
    require_range("slow_waves", "negative amplitudes", o.negative_least_uv, o.negative_most_uv);
    require_range("slow_waves", "positive amplitudes", o.positive_least_uv, o.positive_most_uv);
    require_range("slow_waves", "peak-to-peak amplitudes", o.peak_to_peak_least_uv, o.peak_to_peak_most_uv);
    if (!(o.low_hz > 0.2 && o.high_hz + 0.2 < fs / 2)) {
        throw_invalid("slow_waves", "a band inside (0.2, fs / 2 - 0.2)",
                      std::to_string(o.low_hz) + " to " + std::to_string(o.high_hz));
    }
    const Array<double> slow = signal::bandpass(x, o.low_hz, o.high_hz, fs, transitions(0.2));
    std::vector<std::vector<SlowWave>> found(static_cast<std::size_t>(x.rows()));
    parallel_for(x.rows(), [&](Index c) {
        const std::span<const double> y = slow.row(c);
        const auto n = static_cast<Index>(y.size());
        const auto value = [&](Index i) { return y[static_cast<std::size_t>(i)]; };
        std::vector<double> turned(y.size());
        std::ranges::transform(y, turned.begin(), std::negate<>());
        const auto peaks_within = [&](Samples z, double least, double most) {
            std::vector<Index> kept;
            for (const Index p : local_maxima(z)) {
                const double height = z[static_cast<std::size_t>(p)];
                if (height >= least && height <= most &&
                    (include.empty() || include[static_cast<std::size_t>(p)] != 0)) {
                    kept.push_back(p);
                }
            }
            return kept;
        };
        const std::vector<Index> negative = peaks_within(turned, o.negative_least_uv, o.negative_most_uv);
        const std::vector<Index> positive = peaks_within(y, o.positive_least_uv, o.positive_most_uv);
        if (negative.empty() || positive.empty()) {
            return;
        }
        std::vector<Index> crossings;
        for (Index i = 0; i + 1 < n; ++i) {
            if ((value(i) > 0) != (value(i + 1) > 0)) {
                crossings.push_back(i);
            }
        }
        std::vector<SlowWave> waves;
        for (const Index p : negative) {
            const auto next = std::ranges::upper_bound(positive, p);
            if (next == positive.end()) {
                break;
            }
            const Index q = *next;
            const double both = std::abs(value(p)) + value(q);
            if (!(both > o.peak_to_peak_least_uv && both < o.peak_to_peak_most_uv)) {
                continue;
            }
            // Last crossing before a peak, and first one from it on.
            const auto after_p = std::ranges::lower_bound(crossings, p);
            const auto after_q = std::ranges::lower_bound(crossings, q);
            if (after_p == crossings.begin() || after_p == crossings.end() || after_q == crossings.end()) {
                continue;
            }
            SlowWave w;
            w.first = *(after_p - 1);
            w.negative_peak = p;
            w.middle = *after_p;
            w.positive_peak = q;
            w.last = *after_q;
            // Between the halves there is one crossing, and no peak lies on one.
            if (*(after_q - 1) != w.middle || w.middle == p || w.last == q) {
                continue;
            }
            const double negative_s = static_cast<double>(w.middle - w.first) / fs;
            const double positive_s = static_cast<double>(w.last - w.middle) / fs;
            const double duration = std::nearbyint(static_cast<double>(w.last - w.first) / fs * 1e4) / 1e4;
            if (!(duration <= o.negative_longest_s + o.positive_longest_s &&
                  duration >= o.negative_shortest_s + o.positive_shortest_s && negative_s > o.negative_shortest_s &&
                  negative_s < o.negative_longest_s && positive_s > o.positive_shortest_s &&
                  positive_s < o.positive_longest_s)) {
                continue;
            }
            w.negative_uv = value(p);
            w.positive_uv = value(q);
            w.peak_to_peak_uv = both;
            w.slope_uv_per_s = std::abs(value(p)) / (static_cast<double>(w.middle - p) / fs);
            w.frequency_hz = 1 / duration;
            waves.push_back(w);
        }
        // Two negative peaks of one half wave, or two half waves before one positive peak: neither counts.
        for (const Index SlowWave::* edge : {&SlowWave::first, &SlowWave::last}) {
            std::vector<SlowWave> kept;
            for (std::size_t i = 0; i < waves.size(); ++i) {
                const bool as_before = i > 0 && waves[i - 1].*edge == waves[i].*edge;
                const bool as_after = i + 1 < waves.size() && waves[i + 1].*edge == waves[i].*edge;
                if (!as_before && !as_after) {
                    kept.push_back(waves[i]);
                }
            }
            waves = std::move(kept);
        }
        found[static_cast<std::size_t>(c)] = std::move(waves);
    });
    return joined(found);
}

}  // namespace biopotential::inline v0::eeg
