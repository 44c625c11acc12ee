#include "biopotential/eeg/simulate.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/random.hpp"
#include "biopotential/eeg/channels.hpp"

namespace biopotential::inline v0::eeg {

namespace {

constexpr double two_pi = 2 * std::numbers::pi;

/// Noise whose power falls about as 1/f, of variance 1: relaxations with time constants an octave apart, equally
/// strong.
class PinkNoise {
  public:
    PinkNoise(Random random, double fs) : random_(random) {
        for (std::size_t i = 0; i < keep_.size(); ++i) {
            keep_[i] = std::exp(-two_pi * 0.25 * std::exp2(static_cast<double>(i)) / fs);
            state_[i] = random_.normal();
        }
    }
    double next() {
        double sum = 0;
        for (std::size_t i = 0; i < keep_.size(); ++i) {
            state_[i] = keep_[i] * state_[i] + std::sqrt(1 - keep_[i] * keep_[i]) * random_.normal();
            sum += state_[i];
        }
        return sum / std::sqrt(static_cast<double>(keep_.size()));
    }

  private:
    Random random_;
    std::array<double, 8> keep_{};
    std::array<double, 8> state_{};
};

/// Mixes independent sources to channels that correlate by exp(-angle / scale).
Matrix mixing(const std::vector<ElectrodePosition>& at, double scale) {
    const auto n = static_cast<Index>(at.size());
    Eigen::MatrixXd correlation(n, n);
    for (Index i = 0; i < n; ++i) {
        const ElectrodePosition& a = at[static_cast<std::size_t>(i)];
        for (Index k = 0; k < n; ++k) {
            const ElectrodePosition& b = at[static_cast<std::size_t>(k)];
            const double angle = std::acos(std::clamp(a.x * b.x + a.y * b.y + a.z * b.z, -1.0, 1.0));
            // The ridge lets two channels share a place.
            correlation(i, k) = i == k ? 1 + 1e-9 : std::exp(-angle / scale);
        }
    }
    return correlation.llt().matrixL();
}

/// Times about `per_minute` apart (half to one and a half times), the last at least `margin_s` before the end.
std::vector<double> event_times(Random random, double per_minute, double duration_s, double margin_s) {
    std::vector<double> times;
    if (per_minute <= 0) {
        return times;
    }
    const double mean_gap = 60 / per_minute;
    double t = mean_gap * random.uniform(0.5, 1.5);
    while (t + margin_s < duration_s) {
        times.push_back(t);
        t += mean_gap * random.uniform(0.5, 1.5);
    }
    return times;
}

/// Whether eyes are closed: blocks start open.
bool closed_at(double t, double block_s) {
    return block_s > 0 && static_cast<std::int64_t>(t / block_s) % 2 == 1;
}

std::vector<double> alpha_wave(Random random, std::size_t n, double fs, const SimulateOptions& options) {
    std::vector<double> alpha(n);
    PinkNoise envelope(random.split(), 50 * fs);
    // A diffusion of 3 rad^2/s makes a peak half a hertz wide.
    const double step = std::sqrt(3 / fs);
    const double follow = 1 - std::exp(-1 / (0.3 * fs));
    const auto target = [&](double t) {
        return options.eyes_block_s <= 0 || closed_at(t, options.eyes_block_s) ? 1 : options.eyes_open_alpha;
    };
    double gain = target(0);
    double phase = 0;
    for (std::size_t i = 0; i < n; ++i) {
        gain += follow * (target(static_cast<double>(i) / fs) - gain);
        phase = std::fmod(phase + two_pi * options.alpha_hz / fs + step * random.normal(), two_pi);
        alpha[i] = options.alpha_uv * gain * std::clamp(0.6 + 0.4 * envelope.next(), 0.0, 1.5) * std::sin(phase);
    }
    return alpha;
}

/// Bursts over the left (0) or right (1) temple.
std::array<std::vector<double>, 2> muscle_waves(Random random, std::size_t n, double fs, double duration_s,
                                                const SimulateOptions& options, std::vector<Epoch>& bursts) {
    std::array<std::vector<double>, 2> waves{std::vector<double>(n), std::vector<double>(n)};
    for (const double t : event_times(random.split(), options.muscle_per_minute, duration_s, 2)) {
        const double length_s = random.uniform(0.5, 2);
        const auto first = static_cast<Index>(std::llround(t * fs));
        const Index length = std::min(static_cast<Index>(std::llround(length_s * fs)), static_cast<Index>(n) - first);
        if (length < 2) {
            continue;
        }
        std::vector<double>& wave = waves[random.uniform() < 0.5 ? 0 : 1];
        double before = random.normal();
        for (Index i = 0; i < length; ++i) {
            const double now = random.normal();
            const double ramp = std::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(length - 1));
            wave[static_cast<std::size_t>(first + i)] +=
                options.muscle_uv * std::min(1.0, 2 * ramp) * (now - before) / std::numbers::sqrt2;
            before = now;
        }
        bursts.push_back({first, length});
    }
    return waves;
}

void require_options(const SimulateOptions& o) {
    const std::pair<const char*, double> values[] = {{"background_uv", o.background_uv},
                                                     {"sensor_uv", o.sensor_uv},
                                                     {"alpha_uv", o.alpha_uv},
                                                     {"alpha_hz", o.alpha_hz},
                                                     {"eyes_block_s", o.eyes_block_s},
                                                     {"eyes_open_alpha", o.eyes_open_alpha},
                                                     {"blinks_per_minute", o.blinks_per_minute},
                                                     {"blink_uv", o.blink_uv},
                                                     {"muscle_per_minute", o.muscle_per_minute},
                                                     {"muscle_uv", o.muscle_uv},
                                                     {"mains_uv", o.mains_uv},
                                                     {"mains_hz", o.mains_hz},
                                                     {"noise_uv", o.noise_uv}};
    for (const auto& [name, value] : values) {
        if (!(std::isfinite(value) && value >= 0)) {
            throw_invalid("simulate", std::string("a finite ") + name + " >= 0", value);
        }
    }
    require_positive("simulate", "correlation_rad", o.correlation_rad);
}

}  // namespace

Simulated simulate(double duration_s, double fs, const std::vector<std::string>& channels,
                   const SimulateOptions& options) {
    require_sampling_rate("simulate", fs);
    require_positive("simulate", "duration_s", duration_s);
    require_options(options);
    const double samples = std::round(duration_s * fs);
    if (!(samples >= 1 && samples < 1e10)) {
        throw_invalid("simulate", "1 to 1e10 samples", samples);
    }
    const auto n = static_cast<Index>(samples);
    std::vector<ElectrodePosition> positions;
    for (const std::string& name : channels) {
        const auto at = electrode_position(name);
        if (!at) {
            throw_invalid("simulate", "names of the 10-10 system", name);
        }
        positions.push_back(*at);
    }
    for (const FaultyChannel& f : options.faulty) {
        if (std::ranges::find(channels, f.channel) == channels.end()) {
            throw_invalid("simulate", "faulty channels among the channels", f.channel);
        }
    }
    const auto n_channels = static_cast<Index>(channels.size());
    Random random(options.seed);
    Simulated out{Array<double>({n_channels, n}), {}, {}, {}};
    const std::vector<double> alpha = alpha_wave(random.split(), static_cast<std::size_t>(n), fs, options);

    std::vector<double> blinks(alpha.size());
    for (const double t : event_times(random.split(), options.blinks_per_minute, duration_s, 0.5)) {
        if (closed_at(t, options.eyes_block_s) || closed_at(t + 0.5, options.eyes_block_s)) {
            continue;
        }
        out.blink_peaks.push_back(std::llround(t * fs));
        const auto first = static_cast<std::size_t>(std::max(0.0, std::ceil((t - 0.48) * fs)));
        for (std::size_t i = first; i < blinks.size() && static_cast<double>(i) / fs < t + 0.48; ++i) {
            const double z = (static_cast<double>(i) / fs - t) / 0.08;
            blinks[i] += options.blink_uv * std::exp(-z * z);
        }
    }
    const auto muscle = muscle_waves(random.split(), alpha.size(), fs, duration_s, options, out.muscle);
    if (options.eyes_block_s > 0) {
        const auto n_blocks = static_cast<Index>(std::ceil(duration_s / options.eyes_block_s));
        for (Index block = 1; block < n_blocks; block += 2) {  // the first is with open eyes
            const double t = static_cast<double>(block) * options.eyes_block_s;
            const auto first = static_cast<Index>(std::llround(t * fs));
            const auto last = static_cast<Index>(std::llround(std::min(duration_s, t + options.eyes_block_s) * fs));
            if (last > first) {
                out.eyes_closed.push_back({first, std::min(last, n) - first});
            }
        }
    }

    Matrix sources(n_channels, n);
    for (Index c = 0; c < n_channels; ++c) {
        PinkNoise source(random.split(), fs);
        for (Index i = 0; i < n; ++i) {
            sources(c, i) = source.next();
        }
    }
    if (n_channels > 0) {
        out.x.matrix().noalias() = mixing(positions, options.correlation_rad) * sources;
    }
    for (std::size_t c = 0; c < positions.size(); ++c) {
        Random own = random.split();
        const double back = std::max(0.0, 0.5 - 0.6 * positions[c].y);
        const double front = std::pow(std::max(0.0, positions[c].y), 4) / std::pow(0.9045, 4);
        const double left = std::clamp((-positions[c].x - 0.3) / 0.65, 0.0, 1.0);
        const double right = std::clamp((positions[c].x - 0.3) / 0.65, 0.0, 1.0);
        const std::span<double> row = out.x.row(static_cast<Index>(c));
        for (std::size_t i = 0; i < row.size(); ++i) {
            const double mains = std::sin(two_pi * options.mains_hz * static_cast<double>(i) / fs);
            row[i] = options.background_uv * row[i] + options.sensor_uv * own.normal() + back * alpha[i] +
                     front * blinks[i] + left * muscle[0][i] + right * muscle[1][i] + options.mains_uv * mains;
        }
    }
    for (const FaultyChannel& f : options.faulty) {
        Random noise = random.split();
        for (std::size_t c = 0; c < channels.size(); ++c) {
            if (channels[c] != f.channel) {
                continue;
            }
            for (double& v : out.x.row(static_cast<Index>(c))) {
                v = f.fault == Fault::flat ? 0 : v + options.noise_uv * noise.normal();
            }
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::eeg
