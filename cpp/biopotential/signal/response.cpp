#include "biopotential/signal/response.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <numbers>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/sections_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

using Complex = std::complex<double>;
using std::numbers::pi;

void require_polynomials(const char* function, Samples b, Samples a, double fs, Index n) {
    require_sampling_rate(function, fs);
    if (b.empty() || a.empty()) {
        throw_invalid(function, "coefficients b and a", "none");
    }
    require_finite(function, b);
    require_finite(function, a);
    if (a[0] == 0) {
        throw_invalid(function, "a[0] other than 0", a[0]);
    }
    if (n < 1 || n > (Index{1} << 26)) {
        throw_invalid(function, "n of 1 to 2^26", static_cast<double>(n));
    }
}

/// p(1) + p(2) z + ... and the same with each coefficient times its position, at z = exp(-i w).
struct Value {
    Complex p;
    Complex ramped;
};

Value evaluate(Samples c, Complex z) {
    Value v{0, 0};
    for (std::size_t i = c.size(); i-- > 0;) {
        v.p = v.p * z + c[i];
        v.ramped = v.ramped * z + static_cast<double>(i) * c[i];
    }
    return v;
}

double angle_of(Index k, Index n) {
    return pi * static_cast<double>(k) / static_cast<double>(n);
}

/// Delay that numerator and denominator make at one frequency. A root on the circle has none: it counts as 0.
double delay_at(Samples b, Samples a, Complex z) {
    const Value num = evaluate(b, z);
    const Value den = evaluate(a, z);
    const auto part = [](const Value& v, Samples c) {
        double size = 0;
        for (const double x : c) {
            size += std::abs(x);
        }
        return std::abs(v.p) <= 10 * std::numeric_limits<double>::epsilon() * size ? std::nan("")
                                                                                   : (v.ramped / v.p).real();
    };
    const double delay = part(num, b) - part(den, a);
    return std::isnan(delay) ? 0.0 : delay;
}

std::string number(double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", v);
    return text;
}

std::string joined(const std::vector<double>& values) {
    std::string out;
    for (const double v : values) {
        out += (out.empty() ? "" : ", ") + number(v);
    }
    return out.empty() ? "none" : out;
}

/// Gains in dB on n + 1 frequencies from 0 to fs / 2, and what follows from them.
void read_gains(const std::vector<double>& gain_db, FilterDescription& d) {
    const auto n = static_cast<Index>(gain_db.size()) - 1;
    const auto at = [&](Index k) { return gain_db[static_cast<std::size_t>(k)]; };
    const auto hz = [&](Index k) { return static_cast<double>(k) * d.fs / 2 / static_cast<double>(n); };
    d.peak_gain_db = *std::max_element(gain_db.begin(), gain_db.end());
    const auto crossings = [&](double level) {
        std::vector<double> out;
        for (Index k = 0; k < n; ++k) {
            const double a = at(k) - level;
            const double b = at(k + 1) - level;
            if ((a < 0) != (b < 0)) {
                const double share = std::isfinite(a) && std::isfinite(b) ? a / (a - b) : 0.5;
                out.push_back(hz(k) + share * (hz(k + 1) - hz(k)));
            }
        }
        return out;
    };
    const double half_power = d.peak_gain_db - 10 * std::log10(2.0);
    d.half_power_hz = crossings(half_power);
    d.half_amplitude_hz = crossings(d.peak_gain_db - 20 * std::log10(2.0));

    // Stop bands: from the first valley (or -60 dB) outside a pass band to the last one before the next.
    constexpr double deep = -60;
    const double pass_level = d.peak_gain_db - 1;
    std::vector<std::pair<Index, Index>> passes;  // [first, last] with a loss of at most 1 dB
    for (Index k = 0; k <= n; ++k) {
        if (at(k) < pass_level) {
            continue;
        }
        const bool same = !passes.empty() && *std::min_element(gain_db.begin() + passes.back().second,
                                                               gain_db.begin() + k + 1) > half_power;
        if (same) {
            passes.back().second = k;
        } else {
            passes.emplace_back(k, k);
        }
    }
    const auto valley = [&](Index from, Index step, Index end) {
        Index k = from;
        while (k != end && at(k) > d.peak_gain_db + deep && (at(k + step) < at(k) || at(k) > d.peak_gain_db - 6)) {
            k += step;
        }
        return k;
    };
    struct Stop {
        Index first, last;
    };
    std::vector<Stop> stops;
    if (passes.front().first > 0) {
        stops.push_back({0, valley(passes.front().first, -1, 0)});
    }
    for (std::size_t i = 0; i + 1 < passes.size(); ++i) {
        const Index first = valley(passes[i].second, 1, passes[i + 1].first);
        const Index last = valley(passes[i + 1].first, -1, passes[i].second);
        stops.push_back({std::min(first, last), std::max(first, last)});
    }
    if (passes.back().second < n) {
        stops.push_back({valley(passes.back().second, 1, n), n});
    }
    double largest = -std::numeric_limits<double>::infinity();
    for (const Stop& s : stops) {
        largest = std::max(largest, *std::max_element(gain_db.begin() + s.first, gain_db.begin() + s.last + 1));
    }
    if (!stops.empty()) {
        d.attenuation_db = d.peak_gain_db - largest;
    }
    const auto reach = [&](Index from, Index step, Index end) {
        Index k = from;
        while (k != end && at(k) > largest) {
            k += step;
        }
        return k;
    };
    for (const auto& [first, last] : passes) {
        if (first > 0) {
            d.transitions.push_back({hz(first), hz(reach(first, -1, 0))});
        }
        if (last < n) {
            d.transitions.push_back({hz(last), hz(reach(last, 1, n))});
        }
    }
    const bool low = passes.front().first == 0;
    const bool high = passes.back().second == n;
    if (stops.empty()) {
        d.band = "allpass";
    } else if (passes.size() == 1) {
        d.band = low ? "lowpass" : (high ? "highpass" : "bandpass");
    } else {
        d.band = passes.size() == 2 && low && high ? "bandstop" : "multiband";
    }
}

double to_db(double gain, bool squared) {
    return (squared ? 40 : 20) * std::log10(gain);
}

constexpr Index n_freqs = Index{1} << 16;

/// Samples until |h| stays at or below 0.1 % of its maximum.
Index ringing(const std::vector<double>& h) {
    double largest = 0;
    for (const double v : h) {
        largest = std::max(largest, std::abs(v));
    }
    auto n = static_cast<Index>(h.size());
    while (n > 0 && std::abs(h[static_cast<std::size_t>(n - 1)]) <= 0.001 * largest) {
        --n;
    }
    return n;
}

}  // namespace

FrequencyResponse freqz(Samples b, Samples a, double fs, Index n) {
    require_polynomials("freqz", b, a, fs, n);
    FrequencyResponse out{Array<double>{n}, Array<Complex>{n}};
    for (Index k = 0; k < n; ++k) {
        const Complex z = std::polar(1.0, -angle_of(k, n));
        out.freqs[k] = angle_of(k, n) * fs / (2 * pi);
        out.response[k] = evaluate(b, z).p / evaluate(a, z).p;
    }
    return out;
}

GroupDelay group_delay(Samples b, Samples a, double fs, Index n) {
    require_polynomials("group_delay", b, a, fs, n);
    GroupDelay out{Array<double>{n}, Array<double>{n}};
    for (Index k = 0; k < n; ++k) {
        out.freqs[k] = angle_of(k, n) * fs / (2 * pi);
        out.delay_samples[k] = delay_at(b, a, std::polar(1.0, -angle_of(k, n)));
    }
    return out;
}

GroupDelay sos_group_delay(const MatrixView& sos, double fs, Index n) {
    require_sos("sos_group_delay", sos);
    require_sampling_rate("sos_group_delay", fs);
    if (n < 1 || n > (Index{1} << 26)) {
        throw_invalid("sos_group_delay", "n of 1 to 2^26", static_cast<double>(n));
    }
    GroupDelay out{Array<double>{n}, Array<double>{n}};
    for (Index k = 0; k < n; ++k) {
        out.freqs[k] = angle_of(k, n) * fs / (2 * pi);
        const Complex z = std::polar(1.0, -angle_of(k, n));
        for (Index s = 0; s < sos.rows(); ++s) {
            const double b[] = {sos(s, 0), sos(s, 1), sos(s, 2)};
            const double a[] = {1, sos(s, 4), sos(s, 5)};
            out.delay_samples[k] += delay_at(b, a, z);
        }
    }
    return out;
}

FilterDescription describe_fir(Samples h, double fs, bool zero_phase) {
    static constexpr double one[] = {1};
    require_polynomials("describe", h, one, fs, 1);
    FilterDescription d;
    d.kind = "FIR";
    d.length = static_cast<Index>(h.size());
    d.fs = fs;
    d.zero_phase = zero_phase;
    double size = 0;
    double odd = 0;
    for (std::size_t i = 0; i < h.size(); ++i) {
        size = std::max(size, std::abs(h[i]));
        odd = std::max(odd, std::abs(h[i] - h[h.size() - 1 - i]));
    }
    if (size == 0) {
        throw_invalid("describe", "taps that are not all 0", "zeros");
    }
    d.linear_phase = odd <= 1e-12 * size;
    // The transform is at least as long as the taps; its frequencies are 0 to fs / 2.
    Index n = n_freqs;
    while (2 * n < d.length) {
        n *= 2;
    }
    const std::shared_ptr<const Fft> fft = Fft::of_length(2 * n);
    FftBuffer<double> samples(2 * n);
    FftBuffer<Complex> spectrum(n + 1);
    std::copy(h.begin(), h.end(), samples.data());
    fft->forward(samples, spectrum);
    std::vector<double> gain(static_cast<std::size_t>(n + 1));
    for (Index k = 0; k <= n; ++k) {
        gain[static_cast<std::size_t>(k)] = to_db(std::abs(spectrum[k]), false);
    }
    read_gains(gain, d);
    d.length_s = static_cast<double>(d.length) / fs;
    d.ringing_s = static_cast<double>(ringing({h.begin(), h.end()})) / fs;
    if (!zero_phase) {
        const auto peak = static_cast<Index>(std::max_element(gain.begin(), gain.end()) - gain.begin());
        d.delay_s = delay_at(h, one, std::polar(1.0, -angle_of(peak, n))) / fs;
    }
    return d;
}

FilterDescription describe_sos(const MatrixView& sos, double fs, bool zero_phase) {
    require_sos("describe", sos);
    require_sampling_rate("describe", fs);
    FilterDescription d;
    d.kind = "IIR";
    d.length = sos.rows();
    d.fs = fs;
    d.zero_phase = zero_phase;
    std::vector<double> gain(static_cast<std::size_t>(n_freqs + 1));
    for (Index k = 0; k <= n_freqs; ++k) {
        const Complex z = std::polar(1.0, -angle_of(k, n_freqs));
        Complex value = 1;
        for (Index s = 0; s < sos.rows(); ++s) {
            value *= (sos(s, 0) + z * (sos(s, 1) + z * sos(s, 2))) / (1.0 + z * (sos(s, 4) + z * sos(s, 5)));
        }
        gain[static_cast<std::size_t>(k)] = to_db(std::abs(value), zero_phase);
    }
    if (*std::max_element(gain.begin(), gain.end()) == -std::numeric_limits<double>::infinity()) {
        throw_invalid("describe", "a filter that lets something through", "zeros");
    }
    for (Index s = 0; s < sos.rows(); ++s) {
        // The triangle of stability of a second-order denominator.
        d.stable = d.stable && std::abs(sos(s, 5)) < 1 && std::abs(sos(s, 4)) < 1 + sos(s, 5);
    }
    read_gains(gain, d);
    if (d.stable) {
        std::vector<double> sections;
        for (Index s = 0; s < sos.rows(); ++s) {
            for (Index i = 0; i < 6; ++i) {
                sections.push_back(sos(s, i));
            }
        }
        // Long enough when the second half adds nothing; at most a million samples.
        for (Index n = 1024; n <= (Index{1} << 20); n *= 2) {
            std::vector<double> h(static_cast<std::size_t>(n));
            std::vector<double> state(static_cast<std::size_t>(2 * sos.rows()));
            h[0] = 1;
            run_sections(sections.data(), sos.rows(), state.data(), h.data(), n, 1);
            const Index rings = ringing(h);
            d.ringing_s = static_cast<double>(rings) / fs;
            if (rings < n / 2) {
                break;
            }
        }
    } else {
        d.ringing_s = std::numeric_limits<double>::infinity();
    }
    d.length_s = d.ringing_s;
    if (!zero_phase) {
        const auto peak = static_cast<Index>(std::max_element(gain.begin(), gain.end()) - gain.begin());
        const Complex z = std::polar(1.0, -angle_of(peak, n_freqs));
        for (Index s = 0; s < sos.rows(); ++s) {
            const double b[] = {sos(s, 0), sos(s, 1), sos(s, 2)};
            const double a[] = {1, sos(s, 4), sos(s, 5)};
            d.delay_s += delay_at(b, a, z) / fs;
        }
    }
    return d;
}

std::string FilterDescription::text() const {
    std::string out = kind + " " + band + ", " + std::to_string(length) + (kind == "FIR" ? " taps" : " sections") +
                      ", fs " + number(fs) + " Hz";
    out += zero_phase ? ", zero phase" : (linear_phase ? ", linear phase" : "");
    out += stable ? "" : ", UNSTABLE";
    out += "\n  -3 dB at " + joined(half_power_hz) + " Hz, -6 dB at " + joined(half_amplitude_hz) + " Hz";
    for (const Transition& t : transitions) {
        out += "\n  transition " + number(t.pass_hz) + " to " + number(t.stop_hz) + " Hz (" +
               number(std::abs(t.stop_hz - t.pass_hz)) + " Hz wide)";
    }
    out += "\n  attenuation " + (attenuation_db ? number(*attenuation_db) + " dB" : std::string("none")) +
           ", largest gain " + number(peak_gain_db) + " dB";
    out += "\n  length " + number(length_s) + " s, rings " + number(ringing_s) + " s, delay " + number(delay_s) + " s";
    return out;
}

}  // namespace biopotential::inline v0::signal
