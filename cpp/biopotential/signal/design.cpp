#include "biopotential/signal/design.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/signal/zpk_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

using std::numbers::pi;

/// Modified Bessel function of the first kind, order 0, by its power series: terms are positive, so it is exact to
/// rounding.
double bessel_i0(double x) {
    const double q = x * x / 4;
    double term = 1;
    double sum = 1;
    for (int k = 1; k < 1000 && term > sum * 1e-18; ++k) {
        term *= q / (static_cast<double>(k) * k);
        sum += term;
    }
    return sum;
}

double sinc(double x) {
    return x == 0 ? 1.0 : std::sin(pi * x) / (pi * x);
}

double cosine_sum(std::span<const double> a, double phase) {
    double w = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        w += a[k] * std::cos(static_cast<double>(k) * phase);
    }
    return w;
}

void require_edges(std::string_view function, std::span<const double> cutoff_hz, double fs) {
    double before = 0;
    for (const double f : cutoff_hz) {
        if (!(f > before && f < fs / 2)) {
            throw_invalid(function, "ascending frequencies in Hz inside (0, fs / 2 = " + std::to_string(fs / 2) + ")",
                          f);
        }
        before = f;
    }
}

/// MNE's length factors: taps = factor / transition width.
double length_factor(WindowKind kind) {
    switch (kind) {
        case WindowKind::hann:
            return 3.1;
        case WindowKind::hamming:
            return 3.3;
        case WindowKind::blackman:
            return 5.0;
        default:
            throw_invalid("design_fir", "window hamming, hann or blackman", "another window");
    }
}

struct Corner {
    double frequency_hz;
    int gain;
};

/// Sum of low-passes, one for each transition, each as long as its own width asks for.
Array<double> design_from_corners(std::vector<Corner> corners, double narrowest_hz, double fs, WindowKind kind) {
    const double nyquist = fs / 2;
    if (corners.front().frequency_hz != 0) {
        corners.insert(corners.begin(), {0, corners.front().gain});
    }
    if (corners.back().frequency_hz != nyquist) {
        corners.push_back({nyquist, corners.back().gain});
    }
    const double factor = length_factor(kind);
    const double length = std::ceil(factor / narrowest_hz * fs);
    if (!(length < 1e8)) {
        throw_invalid("design_fir", "a filter of less than 1e8 taps (wider transitions)", length);
    }
    Index n = static_cast<Index>(length);
    n += (n + 1) % 2;
    Array<double> h{n};
    if (corners.back().gain == 1) {
        h[n / 2] = 1;
    }
    for (std::size_t i = corners.size() - 1; i-- > 0;) {
        const Corner& low = corners[i];
        const Corner& high = corners[i + 1];
        if (low.gain == high.gain) {
            continue;
        }
        const double low_n = low.frequency_hz / nyquist;
        const double high_n = high.frequency_hz / nyquist;
        auto taps = static_cast<Index>(std::nearbyint(factor / ((high_n - low_n) / 2)));
        taps += (taps + 1) % 2;
        if (taps > n) {
            throw_invalid("design_fir", "transitions that fit the filter's length " + std::to_string(n),
                          std::to_string(taps));
        }
        const double cutoff = (high_n + low_n) / 2;
        const Array<double> part = firwin(taps, {&cutoff, 1}, 2.0, true, kind);
        const double sign = low.gain == 0 ? -1 : 1;
        const Index offset = (n - taps) / 2;
        for (Index k = 0; k < taps; ++k) {
            h[offset + k] += sign * part[k];
        }
    }
    return h;
}

double default_transition(double edge, double room) {
    return std::min(std::max(0.25 * edge, 2.0), room);
}

void require_transition(double width, double room) {
    if (!(width > 0 && width <= room)) {
        throw_invalid("design_fir", "a transition width in Hz inside (0, " + std::to_string(room) + "]", width);
    }
}

}  // namespace

Array<double> window(const WindowShape& shape, Index n, bool periodic) {
    if (n < 1) {
        throw_invalid("window", "n >= 1", static_cast<double>(n));
    }
    Array<double> w{n};
    if (n == 1) {
        w[0] = 1;
        return w;
    }
    const Index m = periodic ? n + 1 : n;
    const auto last = static_cast<double>(m - 1);
    static constexpr double hann[] = {0.5, 0.5};
    static constexpr double hamming[] = {0.54, 1.0 - 0.54};
    static constexpr double blackman[] = {0.42, 0.50, 0.08};
    for (Index i = 0; i < n; ++i) {
        // Cosine sums run from -pi to pi, as SciPy's do: the same rounding on both halves.
        const double phase = -pi + 2 * pi * static_cast<double>(i) / last;
        switch (shape.kind) {
            case WindowKind::boxcar:
                w[i] = 1;
                break;
            case WindowKind::hann:
                w[i] = cosine_sum(hann, phase);
                break;
            case WindowKind::hamming:
                w[i] = cosine_sum(hamming, phase);
                break;
            case WindowKind::blackman:
                w[i] = cosine_sum(blackman, phase);
                break;
            case WindowKind::kaiser: {
                const double r = (static_cast<double>(i) - last / 2) / (last / 2);
                w[i] = bessel_i0(shape.parameter * std::sqrt(std::max(0.0, 1 - r * r))) / bessel_i0(shape.parameter);
                break;
            }
            case WindowKind::tukey: {
                const double alpha = shape.parameter;
                if (!(alpha >= 0 && alpha <= 1)) {
                    throw_invalid("window", "a tapered fraction inside [0, 1]", alpha);
                }
                const double width = std::floor(alpha * last / 2);
                const auto at = static_cast<double>(i);
                w[i] = 1;
                if (alpha == 1) {
                    w[i] = cosine_sum(hann, phase);
                } else if (alpha > 0 && at < width + 1) {
                    w[i] = 0.5 * (1 + std::cos(pi * (-1 + 2.0 * at / alpha / last)));
                } else if (alpha > 0 && at >= static_cast<double>(m) - width - 1) {
                    w[i] = 0.5 * (1 + std::cos(pi * (-2.0 / alpha + 1 + 2.0 * at / alpha / last)));
                }
                break;
            }
        }
    }
    return w;
}

Zpk digital_roots(std::string_view function, const Zpk& prototype, std::span<const double> cutoff_hz, double fs,
                  BandType type) {
    require_sampling_rate(function, fs);
    const bool band = type == BandType::bandpass || type == BandType::bandstop;
    if (cutoff_hz.size() != (band ? 2U : 1U)) {
        throw_invalid(function, band ? "two cut-off frequencies" : "one cut-off frequency",
                      std::to_string(cutoff_hz.size()));
    }
    require_edges(function, cutoff_hz, fs);
    // The bilinear transform at a rate of 2 maps the edges tan(pi f / fs) * 4 back to f.
    const auto warp = [fs](double f) { return 4 * std::tan(pi * (2 * f / fs) / 2); };
    const double w0 = warp(cutoff_hz[0]);
    const double w1 = band ? warp(cutoff_hz[1]) : 0;
    Zpk analog;
    switch (type) {
        case BandType::lowpass:
            analog = to_lowpass(prototype, w0);
            break;
        case BandType::highpass:
            analog = to_highpass(prototype, w0);
            break;
        case BandType::bandpass:
            analog = to_bandpass(prototype, std::sqrt(w0 * w1), w1 - w0);
            break;
        case BandType::bandstop:
            analog = to_bandstop(prototype, std::sqrt(w0 * w1), w1 - w0);
            break;
    }
    return bilinear(analog);
}

Array<double> iirnotch(double frequency_hz, double q, double fs) {
    require_sampling_rate("iirnotch", fs);
    require_edges("iirnotch", {&frequency_hz, 1}, fs);
    require_positive("iirnotch", "q", q);
    const double w0 = 2 * frequency_hz / fs;
    const double gain = 1 / (1 + std::tan(w0 / q * pi / 2));
    const double c = std::cos(w0 * pi);
    Array<double> sos{1, 6};
    const double row[] = {gain, gain * (-2 * c), gain, 1, -2 * gain * c, 2 * gain - 1};
    std::copy(std::begin(row), std::end(row), sos.begin());
    return sos;
}

Array<double> firwin(Index n_taps, std::span<const double> cutoff_hz, double fs, bool pass_zero,
                     const WindowShape& shape) {
    require_sampling_rate("firwin", fs);
    if (n_taps < 1 || n_taps > 100'000'000) {
        throw_invalid("firwin", "n_taps of 1 to 1e8", static_cast<double>(n_taps));
    }
    if (cutoff_hz.empty()) {
        throw_invalid("firwin", "at least one cut-off frequency", "none");
    }
    require_edges("firwin", cutoff_hz, fs);
    const bool pass_nyquist = (cutoff_hz.size() % 2 == 0) == pass_zero;
    if (pass_nyquist && n_taps % 2 == 0) {
        throw_invalid("firwin", "an odd n_taps for a filter that passes fs / 2", static_cast<double>(n_taps));
    }
    std::vector<double> edges;
    if (pass_zero) {
        edges.push_back(0);
    }
    for (const double f : cutoff_hz) {
        edges.push_back(f / (0.5 * fs));
    }
    if (pass_nyquist) {
        edges.push_back(1);
    }
    Array<double> h = window(shape, n_taps, false);
    const double alpha = 0.5 * static_cast<double>(n_taps - 1);
    const double left = edges[0];
    const double right = edges[1];
    const double centre = left == 0 ? 0.0 : (right == 1 ? 1.0 : 0.5 * (left + right));
    double sum = 0;
    for (Index i = 0; i < n_taps; ++i) {
        const double m = static_cast<double>(i) - alpha;
        double ideal = 0;
        for (std::size_t k = 0; k < edges.size(); k += 2) {
            ideal += edges[k + 1] * sinc(edges[k + 1] * m);
            ideal -= edges[k] * sinc(edges[k] * m);
        }
        h[i] *= ideal;
        sum += h[i] * std::cos(pi * m * centre);
    }
    for (double& v : h) {
        v /= sum;
    }
    return h;
}

Array<double> design_fir(std::optional<double> low, std::optional<double> high, double fs,
                         const FirDesignOptions& options) {
    require_sampling_rate("design_fir", fs);
    const double nyquist = fs / 2;
    if (!low && !high) {
        throw_invalid("design_fir", "a low or a high edge", "neither");
    }
    for (const std::optional<double>& edge : {low, high}) {
        if (edge && !(*edge > 0 && *edge < nyquist)) {
            throw_invalid("design_fir", "edges in Hz inside (0, fs / 2 = " + std::to_string(nyquist) + ")", *edge);
        }
    }
    if (low && high && *low == *high) {
        throw_invalid("design_fir", "two different edges", *low);
    }
    const bool stop = low && high && *low > *high;
    // Measured from DC and from fs / 2, as MNE does, also where the band between the edges is the one removed.
    const std::optional<double> lower = stop ? high : low;
    const std::optional<double> upper = stop ? low : high;
    const std::optional<double>& lower_width = stop ? options.high_transition_hz : options.low_transition_hz;
    const std::optional<double>& upper_width = stop ? options.low_transition_hz : options.high_transition_hz;
    double narrowest = std::numeric_limits<double>::infinity();
    std::vector<Corner> corners;
    double lower_default = lower ? default_transition(*lower, *lower) : 0;
    double upper_default = upper ? default_transition(*upper, nyquist - *upper) : 0;
    if (stop && lower_default + upper_default > upper.value() - lower.value()) {
        // MNE refuses such a stop band; half of it between two transitions is a filter that users mean.
        lower_default = upper_default = (upper.value() - lower.value()) / 4;
    }
    if (lower) {
        const double width = lower_width.value_or(lower_default);
        require_transition(width, stop ? upper.value() - lower.value() : *lower);
        narrowest = std::min(narrowest, width);
        if (stop) {
            corners.push_back({*lower, 1});
            corners.push_back({*lower + width, 0});
        } else {
            corners.push_back({*lower - width, 0});
            corners.push_back({*lower, 1});
        }
    }
    if (upper) {
        const double width = upper_width.value_or(upper_default);
        require_transition(width, stop ? upper.value() - lower.value() : nyquist - *upper);
        narrowest = std::min(narrowest, width);
        if (stop) {
            corners.push_back({*upper - width, 0});
            corners.push_back({*upper, 1});
        } else {
            corners.push_back({*upper, 1});
            corners.push_back({*upper + width, 0});
        }
    }
    for (std::size_t i = 1; i < corners.size(); ++i) {
        if (corners[i].frequency_hz < corners[i - 1].frequency_hz) {
            throw_invalid("design_fir", "a stop band wider than its transitions", "edges too near to each other");
        }
    }
    return design_from_corners(std::move(corners), narrowest, fs, options.window);
}

Array<double> design_fir_notch(std::span<const double> frequencies_hz, double fs, std::optional<double> width_hz,
                               double transition_hz) {
    require_sampling_rate("notch_filter", fs);
    require_positive("notch_filter", "transition_hz", transition_hz);
    if (frequencies_hz.empty()) {
        throw_invalid("notch_filter", "at least one frequency", "none");
    }
    std::vector<double> sorted(frequencies_hz.begin(), frequencies_hz.end());
    std::sort(sorted.begin(), sorted.end());
    const double half = transition_hz / 2;
    std::vector<Corner> corners;
    for (const double f : sorted) {
        const double width = width_hz.value_or(f / 200);
        const double low = f - width / 2 - half;
        const double high = f + width / 2 + half;
        if (!(width >= 0 && low > 0 && high < fs / 2)) {
            throw_invalid("notch_filter", "stop bands inside (0, fs / 2 = " + std::to_string(fs / 2) + ") Hz", f);
        }
        if (!corners.empty() && low <= corners.back().frequency_hz) {
            throw_invalid("notch_filter", "stop bands that don't touch", f);
        }
        corners.push_back({low, 1});
        corners.push_back({low + half, 0});
        corners.push_back({high - half, 0});
        corners.push_back({high, 1});
    }
    return design_from_corners(std::move(corners), half, fs, WindowKind::hamming);
}

FrequencyResponse sosfreqz(const MatrixView& sos, double fs, Index n) {
    require_sos("sosfreqz", sos);
    require_sampling_rate("sosfreqz", fs);
    if (n < 1 || n > (Index{1} << 26)) {
        throw_invalid("sosfreqz", "n of 1 to 2^26", static_cast<double>(n));
    }
    FrequencyResponse out{Array<double>{n}, Array<std::complex<double>>{n}};
    for (Index i = 0; i < n; ++i) {
        const double w = pi * static_cast<double>(i) / static_cast<double>(n);
        const Complex z = std::exp(Complex(0, -w));
        Complex h = 1;
        for (Index s = 0; s < sos.rows(); ++s) {
            h *= (sos(s, 0) + z * (sos(s, 1) + z * sos(s, 2))) / (sos(s, 3) + z * (sos(s, 4) + z * sos(s, 5)));
        }
        out.freqs[i] = w * fs / (2 * pi);
        out.response[i] = h;
    }
    return out;
}

void require_sos(std::string_view function, const MatrixView& sos) {
    if (sos.rows() < 1 || sos.cols() != 6) {
        throw_invalid(function, "sos of shape (n_sections, 6)",
                      "(" + std::to_string(sos.rows()) + ", " + std::to_string(sos.cols()) + ")");
    }
    require_finite(function, sos);
    for (Index s = 0; s < sos.rows(); ++s) {
        if (sos(s, 3) != 1) {
            throw_invalid(function, "sos[:, 3] == 1", sos(s, 3));
        }
    }
}

}  // namespace biopotential::inline v0::signal
