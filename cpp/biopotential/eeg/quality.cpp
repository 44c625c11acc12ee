#include "biopotential/eeg/quality.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::eeg {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Standard deviation of a normal distribution with that interquartile range.
double robust_spread(std::vector<double> values) {
    const double upper = quantile_in_place(values, 0.75);
    return 0.7413 * (upper - quantile_in_place(values, 0.25));
}

std::vector<double> robust_z(const std::vector<double>& values) {
    std::vector<double> sorted = values;
    const double middle = quantile_in_place(sorted, 0.5);
    const double spread = robust_spread(std::move(sorted));
    std::vector<double> z(values.size(), nan);
    if (spread > 0) {
        std::ranges::transform(values, z.begin(), [&](double v) { return (v - middle) / spread; });
    }
    return z;
}

double standard_deviation(std::span<const double> x) {
    const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    double sum = 0;
    for (const double v : x) {
        sum += (v - mean) * (v - mean);
    }
    return std::sqrt(sum / static_cast<double>(x.size()));
}

/// Longest run of equal samples at the smallest or largest value.
Index longest_run_at_extremes(std::span<const double> x) {
    const auto [low, high] = std::ranges::minmax(x);
    Index longest = 0;
    Index run = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const bool extreme = x[i] == low || x[i] == high;
        run = !extreme ? 0 : (i > 0 && x[i] == x[i - 1] ? run + 1 : 1);
        longest = std::max(longest, run);
    }
    return longest;
}

/// Largest peak to peak within `window` samples, at half-window steps.
double largest_swing(std::span<const double> x, std::size_t window) {
    double swing = 0;
    const std::size_t step = std::max<std::size_t>(1, window / 2);
    for (std::size_t first = 0; first < x.size(); first += step) {
        const auto [low, high] = std::ranges::minmax(x.subspan(first, std::min(window, x.size() - first)));
        swing = std::max(swing, high - low);
        if (first + window >= x.size()) {
            break;
        }
    }
    return swing;
}

bool is_muscle(std::span<const double> x, double fs, const ArtefactOptions& options) {
    if (fs < 100 || static_cast<double>(x.size()) < fs) {
        return false;
    }
    signal::WelchOptions welch;
    welch.nperseg = static_cast<Index>(fs);
    const signal::Spectrum spectrum = signal::welch(as_row(x), fs, welch);
    double total = 0;
    double high = 0;
    for (Index i = 0; i < spectrum.freqs.size(); ++i) {
        const double f = spectrum.freqs[i];
        // The mains and their neighbours are not muscle.
        if (f < 1 || std::abs(f - 50) < 2.5 || std::abs(f - 60) < 2.5) {
            continue;
        }
        total += spectrum.psd[i];
        high += f > 30 ? spectrum.psd[i] : 0;
    }
    const double step = spectrum.freqs[1] - spectrum.freqs[0];
    return high > options.muscle_share * total && std::sqrt(high * step) > options.muscle_uv;
}

}  // namespace

BadChannels find_bad_channels(const MatrixView& x, double fs, const BadChannelOptions& options) {
    require_sampling_rate("find_bad_channels", fs);
    require_positive("find_bad_channels", "window_s", options.window_s);
    require_length("find_bad_channels", x.cols(), static_cast<Index>(std::ceil(2 * fs)));
    const auto n_channels = static_cast<std::size_t>(x.rows());
    BadChannels out{std::vector<std::vector<std::string>>(n_channels), Array<double>({x.rows()}),
                    Array<double>({x.rows()}), Array<double>({x.rows()})};
    std::ranges::fill(out.deviation_z, nan);
    std::ranges::fill(out.noise_z, nan);
    std::ranges::fill(out.low_correlation_share, nan);

    std::vector<Index> used;
    for (Index c = 0; c < x.rows(); ++c) {
        const ContiguousRow row(x, c);
        auto& reasons = out.reasons[static_cast<std::size_t>(c)];
        if (!x.row(c).allFinite()) {
            reasons.emplace_back("missing");
        } else if (standard_deviation(row.samples()) < options.flat_uv) {
            reasons.emplace_back("flat");
        } else {
            used.push_back(c);
        }
    }
    const auto n_used = static_cast<Index>(used.size());
    if (n_used < 4) {
        return out;
    }
    Array<double> kept({n_used, x.cols()});
    for (Index i = 0; i < n_used; ++i) {
        kept.matrix().row(i) = x.row(used[static_cast<std::size_t>(i)]);
    }
    signal::FilterOptions iir;
    iir.method = signal::FilterMethod::iir;
    const Array<double> clean = signal::highpass(view(kept), 1, fs, iir);

    std::vector<double> amplitude(used.size());
    std::vector<double> noise(used.size());
    Array<double> slow = clean;
    const bool has_noise_band = fs > 100;
    if (has_noise_band) {
        slow = signal::lowpass(view(clean), std::min(50.0, 0.45 * fs), fs, iir);
    }
    parallel_for(n_used, [&](Index i) {
        const std::span<const double> row = clean.row(i);
        const auto at = static_cast<std::size_t>(i);
        amplitude[at] = robust_spread(std::vector<double>(row.begin(), row.end()));
        if (has_noise_band) {
            const std::span<const double> low = slow.row(i);
            std::vector<double> fast(row.size());
            std::ranges::transform(row, low, fast.begin(), [](double a, double b) { return a - b; });
            const double below = robust_spread(std::vector<double>(low.begin(), low.end()));
            noise[at] = below > 0 ? robust_spread(fast) / below : std::numeric_limits<double>::max();
        }
    });
    const std::vector<double> deviation_z = robust_z(amplitude);
    const std::vector<double> noise_z = has_noise_band ? robust_z(noise) : std::vector<double>(used.size(), nan);

    const Index window = std::max<Index>(2, static_cast<Index>(options.window_s * fs));
    const Index n_windows = x.cols() / window;
    std::vector<std::vector<std::uint8_t>> low(static_cast<std::size_t>(n_windows));
    parallel_for(n_windows, [&](Index w) {
        Matrix part = slow.matrix().middleCols(w * window, window);
        part.colwise() -= part.rowwise().mean().eval();
        for (Index i = 0; i < n_used; ++i) {
            const double norm = part.row(i).norm();
            if (norm > 0) {
                part.row(i) /= norm;
            }
        }
        Matrix r = (part * part.transpose()).cwiseAbs();
        r.diagonal().setZero();
        auto& flags = low[static_cast<std::size_t>(w)];
        for (Index i = 0; i < n_used; ++i) {
            // PREP takes the 98th percentile over the others, so that one twin doesn't save a channel.
            std::vector<double> others;
            for (Index j = 0; j < n_used; ++j) {
                if (j != i) {
                    others.push_back(r(i, j));
                }
            }
            flags.push_back(static_cast<std::uint8_t>(quantile_in_place(others, 0.98) < options.correlation));
        }
    });
    for (std::size_t i = 0; i < used.size(); ++i) {
        const Index c = used[i];
        auto& reasons = out.reasons[static_cast<std::size_t>(c)];
        out.deviation_z[c] = deviation_z[i];
        out.noise_z[c] = noise_z[i];
        double bad_windows = 0;
        for (const auto& flags : low) {
            bad_windows += flags[i];
        }
        out.low_correlation_share[c] = bad_windows / static_cast<double>(n_windows);
        if (std::abs(deviation_z[i]) > options.deviation_z) {
            reasons.emplace_back("deviation");
        }
        if (noise_z[i] > options.noise_z) {
            reasons.emplace_back("noise");
        }
        if (out.low_correlation_share[c] > options.correlation_share) {
            reasons.emplace_back("correlation");
        }
    }
    return out;
}

Artefacts find_artefacts(const MatrixView& x, const MatrixView& filtered, double fs, std::span<const Epoch> epochs,
                         const ArtefactOptions& options) {
    require_sampling_rate("find_artefacts", fs);
    if (filtered.rows() != x.rows() || filtered.cols() != x.cols()) {
        throw_invalid("find_artefacts", "recorded and filtered signals of one shape",
                      std::to_string(filtered.rows()) + " x " + std::to_string(filtered.cols()));
    }
    for (const Epoch& epoch : epochs) {
        if (epoch.n < 1 || epoch.first < 0 || epoch.first > x.cols() - epoch.n) {
            throw_invalid("find_artefacts", "epochs inside the signal",
                          std::to_string(epoch.first) + " to " + std::to_string(epoch.first + epoch.n));
        }
    }
    const auto n_epochs = static_cast<Index>(epochs.size());
    Artefacts out{Array<std::uint8_t>({n_epochs, x.rows()}), Array<double>({x.rows()})};
    Array<double> swings({n_epochs, x.rows()});
    parallel_for(out.reasons.size(), [&](Index i) {
        const Epoch& epoch = epochs[static_cast<std::size_t>(i / x.rows())];
        const ContiguousRow recorded(MatrixView(x.block(i % x.rows(), epoch.first, 1, epoch.n)), 0);
        const ContiguousRow clean(MatrixView(filtered.block(i % x.rows(), epoch.first, 1, epoch.n)), 0);
        const auto finite = [](Samples part) {
            return std::ranges::all_of(part, [](double v) { return std::isfinite(v); });
        };
        swings[i] = nan;
        if (!finite(recorded.samples()) || !finite(clean.samples())) {
            out.reasons[i] = missing;
            return;
        }
        const auto [low, high] = std::ranges::minmax(recorded.samples());
        if (high - low < options.flat_uv) {
            out.reasons[i] = flat;
            return;
        }
        swings[i] = largest_swing(clean, static_cast<std::size_t>(std::max(1.0, fs)));
        unsigned reasons = 0;
        reasons |= longest_run_at_extremes(recorded) >= options.clip_samples ? static_cast<unsigned>(clipped) : 0U;
        reasons |= is_muscle(clean, fs, options) ? static_cast<unsigned>(muscle) : 0U;
        out.reasons[i] = static_cast<std::uint8_t>(reasons);
    });
    for (Index c = 0; c < x.rows(); ++c) {
        std::vector<double> own;
        for (Index e = 0; e < n_epochs; ++e) {
            if (std::isfinite(swings(e, c))) {
                own.push_back(swings(e, c));
            }
        }
        double limit = options.few_epochs_uv;
        if (own.size() >= 8) {
            const double middle = quantile_in_place(own, 0.5);
            limit = std::max(options.peak_to_peak_uv, middle + options.amplitude_z * robust_spread(std::move(own)));
        }
        out.limit_uv[c] = limit;
        for (Index e = 0; e < n_epochs; ++e) {
            if (swings(e, c) > limit) {
                out.reasons(e, c) = static_cast<std::uint8_t>(out.reasons(e, c) | static_cast<unsigned>(amplitude));
            }
        }
    }
    return out;
}

std::vector<Blink> find_blinks(const MatrixView& frontal, double fs, const BlinkOptions& options) {
    require_sampling_rate("find_blinks", fs);
    require_finite("find_blinks", frontal);
    require_length("find_blinks", frontal.cols(), static_cast<Index>(std::ceil(2 * fs)));
    if (frontal.rows() == 0) {
        return {};
    }
    Array<double> mean({1, frontal.cols()});
    mean.matrix().row(0) = frontal.colwise().mean();
    signal::FilterOptions iir;
    iir.method = signal::FilterMethod::iir;
    iir.order = 2;
    const Array<double> slow = signal::bandpass(view(mean), 1, std::min(10.0, 0.45 * fs), fs, iir);
    const std::span<const double> y = slow.row(0);
    const double threshold = std::max(options.threshold_uv, 4 * robust_spread(std::vector<double>(y.begin(), y.end())));
    std::vector<Blink> blinks;
    for (std::size_t i = 1; i + 1 < y.size(); ++i) {
        if (!(y[i] > threshold && y[i] > y[i - 1] && y[i] >= y[i + 1])) {
            continue;
        }
        std::size_t first = i;
        std::size_t last = i;
        while (first > 0 && y[first - 1] > y[i] / 2) {
            --first;
        }
        while (last + 1 < y.size() && y[last + 1] > y[i] / 2) {
            ++last;
        }
        const double width = static_cast<double>(last - first + 1) / fs;
        if (width < options.shortest_s || width > options.longest_s) {
            continue;
        }
        const Blink blink{static_cast<Index>(i), static_cast<Index>(first), static_cast<Index>(last - first + 1), y[i]};
        if (!blinks.empty() && static_cast<double>(blink.peak - blinks.back().peak) < options.min_distance_s * fs) {
            if (blink.amplitude_uv > blinks.back().amplitude_uv) {
                blinks.back() = blink;
            }
        } else {
            blinks.push_back(blink);
        }
    }
    return blinks;
}

}  // namespace biopotential::inline v0::eeg
