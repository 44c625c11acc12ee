#include "biopotential/eeg/quality.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
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

/// Quantile as MATLAB's, which PREP uses: the ranks stand for the middles of n equal shares. Reorders v.
double matlab_quantile(std::vector<double>& v, double q) {
    const auto n = static_cast<double>(v.size());
    return n < 2 ? quantile_in_place(v, q) : quantile_in_place(v, std::clamp((n * q - 0.5) / (n - 1), 0.0, 1.0));
}

double matlab_spread(std::vector<double> v) {
    const double upper = matlab_quantile(v, 0.75);
    return 0.7413 * (upper - matlab_quantile(v, 0.25));
}

/// Median absolute deviation from the median. Reorders v.
double mad(std::vector<double>& v) {
    const double middle = median_in_place(v);
    for (double& value : v) {
        value = std::abs(value - middle);
    }
    return median_in_place(v);
}

std::vector<double> z_values(const std::vector<double>& values, double spread) {
    std::vector<double> sorted = values;
    const double middle = median_in_place(sorted);
    std::vector<double> z(values.size());
    std::ranges::transform(values, z.begin(), [&](double v) { return (v - middle) / spread; });
    return z;
}

/// PREP's low-pass of 50 Hz run forward and backward, as one symmetric filter: 101 taps by frequency sampling with a
/// Hamming window, a transition from 45 to 50 Hz shaped as a cubic without slope at its ends.
std::vector<double> prep_lowpass(double fs) {
    constexpr int order = 100;
    constexpr int n_bins = 512;
    const double first = std::nearbyint(n_bins * 90 / fs);
    const double last = std::nearbyint(n_bins * 100 / fs);
    std::vector<double> taps(order + 1);
    for (int m = 0; m <= order; ++m) {
        double sum = 1;
        for (int k = 1; k < n_bins; ++k) {
            const double t =
                last > first ? std::clamp((k - first) / (last - first), 0.0, 1.0) : (k > first ? 1.0 : 0.0);
            const double gain = 1 - t * t * (3 - 2 * t);
            // NOLINTNEXTLINE(bugprone-integer-division): the order is even
            sum += 2 * gain * std::cos(std::numbers::pi * k * (m - order / 2) / n_bins);
        }
        taps[static_cast<std::size_t>(m)] =
            sum / (2 * n_bins) * (0.54 - 0.46 * std::cos(2 * std::numbers::pi * m / order));
    }
    std::vector<double> both(2 * order + 1);
    for (std::size_t i = 0; i < taps.size(); ++i) {
        for (std::size_t k = 0; k < taps.size(); ++k) {
            both[i + k] += taps[i] * taps[taps.size() - 1 - k];
        }
    }
    return both;
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
    const auto window = static_cast<Index>(options.window_s * fs);
    if (window < 2 || window >= x.cols()) {
        throw_invalid("find_bad_channels", "windows of at least two samples, shorter than the signal",
                      std::to_string(window) + " samples");
    }
    BadChannels out{std::vector<std::vector<std::string>>(static_cast<std::size_t>(x.rows())),
                    Array<double>({x.rows()}), Array<double>({x.rows()}), Array<double>({x.rows()}),
                    Array<double>({x.rows()})};
    for (Array<double>* numbers : {&out.deviation_z, &out.noise_z, &out.low_correlation_share, &out.dropout_share}) {
        std::ranges::fill(*numbers, nan);
    }
    std::vector<Index> finite;
    for (Index c = 0; c < x.rows(); ++c) {
        if (x.row(c).allFinite()) {
            finite.push_back(c);
        } else {
            out.reasons[static_cast<std::size_t>(c)].emplace_back("missing");
        }
    }
    if (finite.empty()) {
        return out;
    }
    Array<double> clean = [&] {
        if (options.highpass && static_cast<Index>(finite.size()) == x.rows()) {
            return signal::highpass(x, 1, fs);
        }
        Array<double> kept({static_cast<Index>(finite.size()), x.cols()});
        for (std::size_t i = 0; i < finite.size(); ++i) {
            kept.matrix().row(static_cast<Index>(i)) = x.row(finite[i]);
        }
        return options.highpass ? signal::highpass(view(kept), 1, fs) : kept;
    }();

    std::vector<double> amplitudes(finite.size(), nan);
    parallel_for(static_cast<Index>(finite.size()), [&](Index i) {
        const std::span<const double> row = clean.row(i);
        std::vector<double> sorted(row.begin(), row.end());
        // PREP's limit for what varies in less than half of the samples.
        if (standard_deviation(row) >= options.flat_uv && mad(sorted) >= 1e-9) {
            amplitudes[static_cast<std::size_t>(i)] = matlab_spread({row.begin(), row.end()});
        }
    });
    std::vector<Index> used;  // rows of `clean`
    std::vector<double> amplitude;
    for (std::size_t i = 0; i < finite.size(); ++i) {
        if (std::isnan(amplitudes[i])) {
            out.reasons[static_cast<std::size_t>(finite[i])].emplace_back("flat");
        } else {
            used.push_back(static_cast<Index>(i));
            amplitude.push_back(amplitudes[i]);
        }
    }
    const auto n_used = static_cast<Index>(used.size());
    if (n_used < 4) {
        return out;
    }
    const std::vector<double> deviation_z = z_values(amplitude, matlab_spread(amplitude));
    const bool has_noise_band = fs > 100;
    const Array<double> slow = has_noise_band ? signal::fir_filter(prep_lowpass(fs), view(clean)) : clean;
    std::vector<double> noise_z(used.size(), nan);
    if (has_noise_band) {
        std::vector<double> noise(used.size());
        parallel_for(n_used, [&](Index i) {
            const std::span<const double> all = clean.row(used[static_cast<std::size_t>(i)]);
            const std::span<const double> low = slow.row(used[static_cast<std::size_t>(i)]);
            std::vector<double> part(all.size());
            std::ranges::transform(all, low, part.begin(), std::minus<>());
            const double above = mad(part);
            part.assign(low.begin(), low.end());
            noise[static_cast<std::size_t>(i)] = above / mad(part);
        });
        std::vector<double> sorted = noise;
        noise_z = z_values(noise, 1.4826 * mad(sorted));
    }

    // As many windows as PREP takes: the last whole one is left out where it ends with the signal.
    const Index n_windows = (x.cols() - 2) / window;
    std::vector<std::uint8_t> low(static_cast<std::size_t>(n_windows * n_used));
    std::vector<std::uint8_t> dropped(low.size());
    parallel_for(n_windows, [&](Index w) {
        Matrix part(n_used, window);
        std::vector<Index> live;
        std::vector<double> values(static_cast<std::size_t>(window));
        for (Index i = 0; i < n_used; ++i) {
            const double* from = slow.row(used[static_cast<std::size_t>(i)]).data() + w * window;
            values.assign(from, from + window);
            // Filters leave rounding where nothing was recorded: pyprep's limit of 0 would never be met.
            if (mad(values) > 1e-9) {
                auto row = part.row(static_cast<Index>(live.size()));
                row = Eigen::Map<const Eigen::RowVectorXd>(from, window);
                row.array() -= row.mean();
                row /= row.norm();
                live.push_back(i);
            } else {
                low[static_cast<std::size_t>(w * n_used + i)] = dropped[static_cast<std::size_t>(w * n_used + i)] = 1;
            }
        }
        const auto n_live = static_cast<Index>(live.size());
        Matrix r = (part.topRows(n_live) * part.topRows(n_live).transpose()).cwiseAbs();
        r.diagonal().setZero();
        for (Index i = 0; i < n_live; ++i) {
            // PREP takes the 98th percentile over the channels, so that one twin doesn't save a channel of many.
            values.assign(r.row(i).begin(), r.row(i).end());
            low[static_cast<std::size_t>(w * n_used + live[static_cast<std::size_t>(i)])] =
                static_cast<std::uint8_t>(matlab_quantile(values, 0.98) < options.correlation);
        }
    });
    for (Index i = 0; i < n_used; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const Index c = finite[static_cast<std::size_t>(used[at])];
        auto& reasons = out.reasons[static_cast<std::size_t>(c)];
        Index n_low = 0;
        Index n_dropped = 0;
        for (Index w = 0; w < n_windows; ++w) {
            n_low += low[static_cast<std::size_t>(w * n_used + i)];
            n_dropped += dropped[static_cast<std::size_t>(w * n_used + i)];
        }
        out.deviation_z[c] = deviation_z[at];
        out.noise_z[c] = noise_z[at];
        out.low_correlation_share[c] = static_cast<double>(n_low) / static_cast<double>(n_windows);
        out.dropout_share[c] = static_cast<double>(n_dropped) / static_cast<double>(n_windows);
        if (std::abs(deviation_z[at]) > options.deviation_z) {
            reasons.emplace_back("deviation");
        }
        if (noise_z[at] > options.noise_z) {
            reasons.emplace_back("noise");
        }
        if (out.low_correlation_share[c] > options.correlation_share) {
            reasons.emplace_back("correlation");
        }
        if (out.dropout_share[c] > options.correlation_share) {
            reasons.emplace_back("dropout");
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
