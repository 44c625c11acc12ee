#include "biopotential/eeg/simulate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/random.hpp"
#include "biopotential/eeg/channels.hpp"

namespace biopotential::inline v0::eeg {

namespace {

/// Noise whose power falls about as 1/f, of variance 1: relaxations with time constants an octave apart, equally
/// strong.
class PinkNoise {
  public:
    PinkNoise(Random random, double fs) : random_(random) {
        for (std::size_t i = 0; i < keep_.size(); ++i) {
            keep_[i] = std::exp(-2 * std::numbers::pi * 0.25 * std::exp2(static_cast<double>(i)) / fs);
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

}  // namespace

Simulated simulate(double duration_s, double fs, const std::vector<std::string>& channels,
                   const SimulateOptions& options) {
    require_sampling_rate("simulate", fs);
    require_positive("simulate", "duration_s", duration_s);
    const auto n = static_cast<Index>(std::llround(duration_s * fs));
    require_length("simulate", n, 1);
    std::vector<ElectrodePosition> positions;
    for (const std::string& name : channels) {
        const auto at = electrode_position(name);
        if (!at) {
            throw_invalid("simulate", "names of the 10-10 system", name);
        }
        positions.push_back(*at);
    }
    Random random(options.seed);
    Simulated out{Array<double>({static_cast<Index>(channels.size()), n}), {}};
    PinkNoise common(random.split(), fs);
    PinkNoise envelope(random.split(), 50 * fs);
    std::vector<double> shared(static_cast<std::size_t>(n));
    std::vector<double> alpha(shared.size());
    std::vector<double> blinks(shared.size());
    for (std::size_t i = 0; i < shared.size(); ++i) {
        shared[i] = common.next();
        const double phase = 2 * std::numbers::pi * options.alpha_hz * static_cast<double>(i) / fs;
        alpha[i] = options.alpha_uv * std::clamp(0.6 + 0.4 * envelope.next(), 0.0, 1.5) * std::sin(phase);
    }
    if (options.blinks_per_minute > 0) {
        Random times = random.split();
        const double mean_gap = 60 / options.blinks_per_minute;
        double t = mean_gap * times.uniform(0.5, 1.5);
        while (t + 0.5 < duration_s) {
            out.blink_peaks.push_back(std::llround(t * fs));
            for (std::size_t i = 0; i < blinks.size(); ++i) {
                const double z = (static_cast<double>(i) / fs - t) / 0.08;
                blinks[i] += std::abs(z) < 6 ? options.blink_uv * std::exp(-z * z) : 0;
            }
            t += mean_gap * times.uniform(0.5, 1.5);
        }
    }
    for (std::size_t c = 0; c < positions.size(); ++c) {
        PinkNoise own(random.split(), fs);
        const double back = std::max(0.0, 0.5 - 0.6 * positions[c].y);
        const double front = std::pow(std::max(0.0, positions[c].y), 4) / std::pow(0.9045, 4);
        const std::span<double> row = out.x.row(static_cast<Index>(c));
        for (std::size_t i = 0; i < row.size(); ++i) {
            const double mains = std::sin(2 * std::numbers::pi * options.mains_hz * static_cast<double>(i) / fs);
            row[i] = options.background_uv * std::sqrt(0.5) * (shared[i] + own.next()) + back * alpha[i] +
                     front * blinks[i] + options.mains_uv * mains;
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::eeg
