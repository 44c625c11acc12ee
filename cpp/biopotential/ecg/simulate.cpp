#include "biopotential/ecg/simulate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/random.hpp"

namespace biopotential::inline v0::ecg {
namespace {

using Vector = std::array<double, 3>;  // left, down, back

Vector operator-(const Vector& a, const Vector& b) {
    return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}
Vector operator*(double k, const Vector& a) {
    return {k * a[0], k * a[1], k * a[2]};
}
double dot(const Vector& a, const Vector& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// Direction of a lead (Dower's matrix; the limb leads that it lacks by Einthoven and Goldberger).
Vector direction(const std::string& lead) {
    constexpr Vector one{0.632, -0.235, 0.059};
    constexpr Vector two{0.235, 1.066, -0.132};
    if (lead == "I") {
        return one;
    }
    if (lead == "II" || lead == "MLII") {
        return two;
    }
    if (lead == "III") {
        return two - one;
    }
    if (lead == "aVR") {
        return -0.5 * (one - (-1.0 * two));
    }
    if (lead == "aVL") {
        return one - 0.5 * two;
    }
    if (lead == "aVF") {
        return two - 0.5 * one;
    }
    static const std::array<Vector, 6> chest{{{-0.515, 0.157, -0.917},
                                              {0.044, 0.164, -1.387},
                                              {0.882, 0.098, -1.277},
                                              {1.213, 0.127, -0.601},
                                              {1.125, 0.127, -0.086},
                                              {0.831, 0.076, 0.230}}};
    if (lead.size() == 2 && lead[0] == 'V' && lead[1] >= '1' && lead[1] <= '6') {
        return chest[static_cast<std::size_t>(lead[1] - '1')];
    }
    throw_invalid("simulate", "a lead of I, II, III, aVR, aVL, aVF, V1 ... V6, MLII", lead);
}

struct Wave {
    double at_s;     // from the middle of the QRS, at an RR interval of 1 s
    double width_s;  // SD
    Vector size;     // mV
    bool scales;     // its distance with the square root of the RR interval
};

constexpr std::array<Wave, 7> narrow{{{-0.175, 0.016, {0.04, 0.05, -0.03}, true},
                                      {-0.150, 0.016, {0.05, 0.07, 0.02}, true},
                                      {-0.026, 0.008, {-0.14, -0.06, -0.22}, false},
                                      {0.000, 0.011, {0.95, 0.90, 0.15}, false},
                                      {0.028, 0.010, {-0.12, -0.20, 0.45}, false},
                                      {0.245, 0.050, {0.12, 0.12, -0.10}, true},
                                      {0.290, 0.030, {0.16, 0.16, -0.12}, true}}};

/// From the ventricle: no P, a wide QRS of another axis, T against it.
constexpr std::array<Wave, 4> wide{{{-0.020, 0.026, {0.35, 0.95, -0.85}, false},
                                    {0.045, 0.030, {-0.35, -0.75, 0.45}, false},
                                    {0.270, 0.060, {-0.18, -0.35, 0.28}, true},
                                    {0.320, 0.040, {-0.10, -0.15, 0.12}, true}}};

/// A sum of sinusoids with random phases and normally distributed power around `centre_hz`; SD 1.
class Oscillation {
  public:
    Oscillation(double centre_hz, double width_hz, double low_hz, double high_hz, Random& random) {
        constexpr std::size_t n = 32;
        double power = 0;
        for (std::size_t k = 0; k < n; ++k) {
            const double f =
                low_hz + (high_hz - low_hz) * (static_cast<double>(k) + random.uniform()) / static_cast<double>(n);
            const double d = (f - centre_hz) / width_hz;
            const double a = std::exp(-0.25 * d * d);
            parts_.push_back({2 * std::numbers::pi * f, 2 * std::numbers::pi * random.uniform(), a});
            power += 0.5 * a * a;
        }
        for (Part& p : parts_) {
            p.size /= std::sqrt(power);
        }
    }
    [[nodiscard]] double at(double t) const {
        double sum = 0;
        for (const Part& p : parts_) {
            sum += p.size * std::sin(p.omega * t + p.phase);
        }
        return sum;
    }

  private:
    struct Part {
        double omega, phase, size;
    };
    std::vector<Part> parts_;
};

struct Beat {
    double t;
    double rr;  // interval that P and T scale with
    char label;
};

std::vector<Beat> rhythm(double duration_s, const SimulateOptions& options, Random& random) {
    const Oscillation slow(0.1, 0.02, 0.04, 0.15, random);
    const Oscillation fast(0.25, 0.03, 0.15, 0.40, random);
    const double base = 60 / options.heart_rate_bpm;
    std::vector<Beat> beats;
    double t = 0.4 * base + 0.2;
    double after = 0;  // what the beat before adds to the interval
    while (t < duration_s) {
        double rr = base + 1e-3 * (options.lf_ms * slow.at(t) + options.hf_ms * fast.at(t));
        rr = std::clamp(rr, 0.5 * base, 1.8 * base);
        char label = 'N';
        const double draw = 100 * random.uniform();
        // Two premature beats in a row would leave no basic rhythm to be premature to.
        if (!beats.empty() && beats.back().label == 'N') {
            if (draw < options.ventricular_percent) {
                label = 'V';
            } else if (draw < options.ventricular_percent + options.supraventricular_percent) {
                label = 'S';
            }
        }
        if (label != 'N') {
            const double early = random.uniform(0.25, 0.4) * rr;
            t -= early;
            after = label == 'V' ? early : 0;
            beats.push_back({t, rr - early, label});
        } else {
            beats.push_back({t, rr, label});
        }
        t += rr + after;
        after = 0;
    }
    return beats;
}

template <std::size_t N>
void add(const std::array<Wave, N>& waves, const Beat& beat, const Vector& lead, double fs, std::span<double> x) {
    const double stretch = std::sqrt(std::clamp(beat.rr, 0.3, 1.5));
    for (const Wave& w : waves) {
        // A premature atrial beat has a P wave of its own, smaller.
        const double size = dot(w.size, lead) * (beat.label == 'S' && w.at_s < -0.1 ? 0.6 : 1.0);
        const double middle = beat.t + w.at_s * (w.scales ? stretch : 1.0);
        const double width = w.width_s * (w.scales ? stretch : 1.0);
        const auto n = static_cast<Index>(x.size());
        const Index first = std::clamp<Index>(static_cast<Index>((middle - 6 * width) * fs), 0, n);
        const Index last = std::clamp<Index>(static_cast<Index>((middle + 6 * width) * fs) + 1, 0, n);
        for (Index i = first; i < last; ++i) {
            const double d = (static_cast<double>(i) / fs - middle) / width;
            x[static_cast<std::size_t>(i)] += size * std::exp(-0.5 * d * d);
        }
    }
}

}  // namespace

Simulated simulate(double duration_s, double fs, const SimulateOptions& options) {
    require_sampling_rate("simulate", fs);
    require_positive("simulate", "duration_s", duration_s);
    if (fs < 50) {
        throw_invalid("simulate", "a sampling rate of at least 50 Hz", fs);
    }
    if (!(options.heart_rate_bpm >= 20 && options.heart_rate_bpm <= 250)) {
        throw_invalid("simulate", "a heart rate of 20 to 250 a minute", options.heart_rate_bpm);
    }
    for (const double v : {options.lf_ms, options.hf_ms, options.ventricular_percent, options.supraventricular_percent,
                           options.wander_mv, options.muscle_mv, options.mains_mv, options.mains_hz}) {
        if (!(v >= 0 && std::isfinite(v))) {
            throw_invalid("simulate", "options that are finite and >= 0", v);
        }
    }
    if (options.ventricular_percent + options.supraventricular_percent > 100) {
        throw_invalid("simulate", "at most 100 percent of ectopic beats",
                      options.ventricular_percent + options.supraventricular_percent);
    }
    std::vector<Vector> directions;
    directions.reserve(options.leads.size());
    for (const std::string& lead : options.leads) {
        directions.push_back(direction(lead));
    }
    Random random(options.seed);
    Random beats_random = random.split();
    const std::vector<Beat> beats = rhythm(duration_s, options, beats_random);
    const auto n = static_cast<Index>(std::llround(duration_s * fs));
    const auto n_leads = static_cast<Index>(directions.size());
    Simulated out{Array<double>({n_leads, n}), {}, {}};
    for (Index c = 0; c < n_leads; ++c) {
        const Vector& lead = directions[static_cast<std::size_t>(c)];
        const std::span<double> x = out.x.row(c);
        for (const Beat& beat : beats) {
            if (beat.label == 'V') {
                add(wide, beat, lead, fs, x);
            } else {
                add(narrow, beat, lead, fs, x);
            }
        }
        Random noise = random.split();
        const Oscillation wander(0.15, 0.1, 0.05, 0.4, noise);
        const double phase = 2 * std::numbers::pi * noise.uniform();
        double before = noise.normal();
        for (Index i = 0; i < n; ++i) {
            const double t = static_cast<double>(i) / fs;
            // Muscle noise lies above the ECG: white noise, differenced by half (SD sqrt(1.25) before scaling).
            const double now = noise.normal();
            const double muscle = (now - 0.5 * before) / std::sqrt(1.25);
            before = now;
            x[static_cast<std::size_t>(i)] +=
                options.wander_mv * wander.at(t) + options.muscle_mv * muscle +
                options.mains_mv * std::sin(2 * std::numbers::pi * options.mains_hz * t + phase);
        }
    }
    for (const Beat& beat : beats) {
        const auto at = static_cast<Index>(std::llround(beat.t * fs));
        if (at >= 0 && at < n) {
            out.r_peaks.push_back(at);
            out.labels.push_back(beat.label);
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::ecg
