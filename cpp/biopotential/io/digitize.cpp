#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr Index block_samples = 1 << 12;

struct Extremes {
    double low, high;
    bool finite;  ///< every sample
};

BIOPOTENTIAL_CLONES Extremes extremes(const double* x, std::size_t n) {
    // Several lanes, since the order of minima would else keep the loop from being vectorized.
    constexpr std::size_t lanes = 16;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    double lows[lanes], highs[lanes], sums[lanes];
    for (std::size_t k = 0; k < lanes; ++k) {
        lows[k] = infinity;
        highs[k] = -infinity;
        sums[k] = 0;
    }
    const std::size_t whole = n / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
            const double p = x[i + k];
            lows[k] = p < lows[k] ? p : lows[k];
            highs[k] = p > highs[k] ? p : highs[k];
            sums[k] += p * 0;  // NaN once there is one, or an infinite sample
        }
    }
    for (std::size_t i = whole; i < n; ++i) {
        lows[0] = x[i] < lows[0] ? x[i] : lows[0];
        highs[0] = x[i] > highs[0] ? x[i] : highs[0];
        sums[0] += x[i] * 0;
    }
    Extremes out{infinity, -infinity, true};
    for (std::size_t k = 0; k < lanes; ++k) {
        out.low = std::min(out.low, lows[k]);
        out.high = std::max(out.high, highs[k]);
        out.finite = out.finite && sums[k] == 0;
    }
    return out;
}

BIOPOTENTIAL_CLONES void to_steps(const double* physical, std::size_t n, double steps_per_unit, double zero,
                                  double limit, std::int32_t* to) {
    // Adding and taking off 1.5 * 2^52 rounds to the nearest whole number, half to even, in every lane at once.
    constexpr double rounder = 6755399441055744.0;
    for (std::size_t i = 0; i < n; ++i) {
        double step = physical[i] * steps_per_unit + zero;
        // In this order NaN becomes the lower limit, which the caller replaces.
        step = step > -limit ? step : -limit;
        step = step < limit ? step : limit;
        to[i] = static_cast<std::int32_t>((step + rounder) - rounder);
    }
}

/// A block of physical samples; the digital ones beside them where there are any.
void take(SampleRange& range, std::span<const double> physical, std::span<const std::int32_t> digital) {
    const auto [low, high, finite] = extremes(physical.data(), physical.size());
    if (finite && !physical.empty()) {
        std::int32_t digital_low = 0, digital_high = 0;
        if (!digital.empty()) {
            const auto [least, most] = std::ranges::minmax(digital);
            digital_low = least;
            digital_high = most;
        }
        if (!range.any) {
            range.physical_min = low;
            range.physical_max = high;
            range.digital_min = digital_low;
            range.digital_max = digital_high;
            range.any = true;
        }
        range.physical_min = std::min(range.physical_min, low);
        range.physical_max = std::max(range.physical_max, high);
        range.digital_min = std::min<std::int64_t>(range.digital_min, digital_low);
        range.digital_max = std::max<std::int64_t>(range.digital_max, digital_high);
        return;
    }
    for (std::size_t i = 0; i < physical.size(); ++i) {
        const double p = physical[i];
        const std::int32_t step = digital.empty() ? 0 : digital[i];
        if (std::isnan(p)) {
            range.has_missing = true;
            if (!digital.empty()) {
                range.missing_is_unique = range.missing_is_unique && range.missing.value_or(step) == step;
                range.missing = step;
            }
        } else if (std::isinf(p)) {
            range.has_infinite = true;
        } else {
            take(range, std::span(&p, 1), digital.empty() ? digital : digital.subspan(i, 1));
        }
    }
}

/// A block of digital samples of which none is missing.
void take(SampleRange& range, std::span<const std::int32_t> digital) {
    const auto [low, high] = std::ranges::minmax(digital);
    if (!range.any) {
        range.digital_min = low;
        range.digital_max = high;
        range.any = true;
    }
    range.digital_min = std::min<std::int64_t>(range.digital_min, low);
    range.digital_max = std::max<std::int64_t>(range.digital_max, high);
}

/// Physical samples in memory or in a file as digital ones.
class Digitized final : public SampleSource {
  public:
    Digitized(std::shared_ptr<const SampleSource> source, std::vector<Scaling> scalings, std::vector<bool> may_miss,
              std::int32_t missing)
        : source_(std::move(source)),
          scalings_(std::move(scalings)),
          may_miss_(std::move(may_miss)),
          missing_(missing) {}

    void read(Index channel, Index first, std::span<double> out) const override {
        std::vector<std::int32_t> digital(out.size());
        read_digital(channel, first, digital);
        const Scaling& scaling = scalings_[static_cast<std::size_t>(channel)];
        std::ranges::transform(digital, out.begin(), [&](std::int32_t d) {
            return d == missing_ ? std::numeric_limits<double>::quiet_NaN() : scaling(d);
        });
    }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        if (const std::span<const double> all = source_->in_memory(channel); !all.empty()) {
            digitize(channel, all.subspan(static_cast<std::size_t>(first), out.size()), out.data());
            return;
        }
        constexpr std::size_t block = 1 << 10;
        std::array<double, block> physical;
        for (std::size_t at = 0; at < out.size(); at += block) {
            const auto part = std::span(physical).first(std::min(block, out.size() - at));
            source_->read(channel, first + static_cast<Index>(at), part);
            digitize(channel, part, out.data() + at);
        }
    }
    [[nodiscard]] bool has_digital() const override { return true; }
    [[nodiscard]] bool may_miss(Index channel) const override { return may_miss_[static_cast<std::size_t>(channel)]; }

  private:
    void digitize(Index channel, std::span<const double> physical, std::int32_t* to) const {
        const Scaling& scaling = scalings_[static_cast<std::size_t>(channel)];
        to_steps(physical.data(), physical.size(), 1 / scaling.gain(), scaling.zero,
                 -(static_cast<double>(missing_) + 1), to);
        for (std::size_t i = 0; i < physical.size() && may_miss(channel); ++i) {
            to[i] = std::isnan(physical[i]) ? missing_ : to[i];
        }
    }

    std::shared_ptr<const SampleSource> source_;
    std::vector<Scaling> scalings_;
    std::vector<bool> may_miss_;
    std::int32_t missing_;
};

}  // namespace

std::vector<SampleRange> scan_samples(const Signal& signal) {
    const auto n_channels = static_cast<std::size_t>(signal.n_channels());
    const bool has_digital = signal.source->has_digital();
    const Index n_samples = signal.n_samples();
    // Stretches of all channels, so that what interleaves channels is read once; in parallel, put together in order.
    const Index n_tasks = (n_samples + block_samples - 1) / block_samples;
    std::vector<std::vector<SampleRange>> parts(static_cast<std::size_t>(n_tasks),
                                                std::vector<SampleRange>(n_channels));
    std::vector<Index> channels(n_channels);
    std::iota(channels.begin(), channels.end(), Index{0});
    const bool may_miss =
        !has_digital || std::ranges::any_of(channels, [&](Index c) { return signal.source->may_miss(c); });
    const bool in_memory = !has_digital && n_channels > 0 && !signal.source->in_memory(0).empty();
    parallel_for(n_tasks, [&](Index task) {
        const Index first = task * block_samples;
        const auto n = static_cast<std::size_t>(std::min(block_samples, n_samples - first));
        if (in_memory) {
            for (std::size_t c = 0; c < n_channels; ++c) {
                take(parts[static_cast<std::size_t>(task)][c],
                     signal.source->in_memory(static_cast<Index>(c)).subspan(static_cast<std::size_t>(first), n), {});
            }
            return;
        }
        std::vector<double> physical(may_miss ? n * n_channels : 0);
        std::vector<std::int32_t> digital(has_digital ? n * n_channels : 0);
        std::vector<std::span<double>> physical_rows;
        std::vector<std::span<std::int32_t>> digital_rows;
        for (std::size_t c = 0; c < n_channels; ++c) {
            if (may_miss) {
                physical_rows.push_back(std::span(physical).subspan(c * n, n));
            }
            if (has_digital) {
                digital_rows.push_back(std::span(digital).subspan(c * n, n));
            }
        }
        signal.source->read_rows(std::span(channels).first(physical_rows.size()), first, physical_rows);
        signal.source->read_rows_digital(std::span(channels).first(digital_rows.size()), first, digital_rows);
        for (std::size_t c = 0; c < n_channels; ++c) {
            SampleRange& range = parts[static_cast<std::size_t>(task)][c];
            if (may_miss) {
                take(range, physical_rows[c], has_digital ? digital_rows[c] : std::span<const std::int32_t>{});
            } else {
                take(range, digital_rows[c]);
            }
        }
    });
    std::vector<SampleRange> ranges(n_channels);
    for (const std::vector<SampleRange>& part : parts) {
        for (std::size_t c = 0; c < n_channels; ++c) {
            SampleRange& whole = ranges[c];
            const SampleRange& more = part[c];
            whole.has_missing = whole.has_missing || more.has_missing;
            whole.has_infinite = whole.has_infinite || more.has_infinite;
            if (more.missing) {
                whole.missing_is_unique = whole.missing_is_unique && more.missing_is_unique &&
                                          whole.missing.value_or(*more.missing) == *more.missing;
                whole.missing = more.missing;
            }
            if (!more.any) {
                continue;
            }
            whole.physical_min = whole.any ? std::min(whole.physical_min, more.physical_min) : more.physical_min;
            whole.physical_max = whole.any ? std::max(whole.physical_max, more.physical_max) : more.physical_max;
            whole.digital_min = whole.any ? std::min(whole.digital_min, more.digital_min) : more.digital_min;
            whole.digital_max = whole.any ? std::max(whole.digital_max, more.digital_max) : more.digital_max;
            whole.any = true;
        }
    }
    for (SampleRange& range : ranges) {
        if (range.missing && range.any && *range.missing >= range.digital_min && *range.missing <= range.digital_max) {
            range.missing_is_unique = false;  // may stand among the others: only values outside their range are sure
        }
    }
    return ranges;
}

std::optional<std::string> eight_characters(double value, Rounding rounding) {
    constexpr int width = 8;
    for (int decimals = 7; decimals >= 0; --decimals) {
        const double unit = std::pow(10.0, -decimals);
        double rounded = value;
        for (int attempt = 0; attempt < 3; ++attempt) {
            char buffer[400];
            const int n = std::snprintf(buffer, sizeof buffer, "%.*f", decimals, rounded);
            if (n > width) {
                break;
            }
            std::string text(buffer, static_cast<std::size_t>(n));
            const double stands = parse_number(text).value_or(0);
            if ((rounding == Rounding::down && stands > value) || (rounding == Rounding::up && stands < value)) {
                rounded += rounding == Rounding::down ? -unit : unit;
                continue;
            }
            if (std::abs(stands - value) > 1e-3 * std::abs(value)) {
                return std::nullopt;
            }
            if (text.find('.') != std::string::npos) {
                text.erase(text.find_last_not_of('0') + 1);
                if (text.back() == '.') {
                    text.pop_back();
                }
            }
            return text == "-0" ? "0" : text;
        }
    }
    return std::nullopt;
}

Signal digitize(std::string_view function, const Signal& signal, const std::vector<SampleRange>& ranges, int bits) {
    if (signal.source->has_digital()) {
        return signal;
    }
    const std::int32_t limit = (1 << (bits - 1)) - 1;
    Signal out = signal;
    std::vector<Scaling> scalings;
    std::vector<bool> may_miss;
    for (std::size_t c = 0; c < ranges.size(); ++c) {
        may_miss.push_back(ranges[c].has_missing);
        Channel& channel = out.channels[c];
        if (ranges[c].has_infinite) {
            throw_invalid(function, "finite samples (or NaN) in channel " + channel.name, "an infinite one");
        }
        double low = ranges[c].physical_min, high = ranges[c].physical_max;
        if (!(low < high)) {
            const double half = low == 0 ? 1 : std::abs(low) / 2;
            low -= half;
            high += half;
        }
        // A limit that is tiny beside the other one counts as zero: eight characters do not hold it, nor does it
        // matter.
        const double negligible = 1e-5 * std::max(std::abs(low), std::abs(high));
        low = low > -negligible && low < 0 ? -negligible : low > 0 && low < negligible ? 0 : low;
        high = high < negligible && high > 0 ? negligible : high < 0 && high > -negligible ? 0 : high;
        const auto low_text = eight_characters(low, Rounding::down), high_text = eight_characters(high, Rounding::up);
        if (!low_text || !high_text || *low_text == *high_text) {
            throw_invalid(
                function,
                "samples of channel " + channel.name + " whose range eight characters hold (choose another unit)",
                number_text(low) + " to " + number_text(high) + " " + channel.unit);
        }
        channel.physical_min = parse_number(*low_text).value();
        channel.physical_max = parse_number(*high_text).value();
        channel.digital_min = -limit;
        channel.digital_max = limit;
        channel.header["physical_min"] = *low_text;
        channel.header["physical_max"] = *high_text;
        const double gain = (channel.physical_max - channel.physical_min) / (2.0 * limit);
        channel.scaling = {-(channel.physical_max / gain - limit), gain, 1};
        scalings.push_back(channel.scaling);
    }
    out.source = std::make_shared<Digitized>(signal.source, std::move(scalings), std::move(may_miss), -limit - 1);
    return out;
}

}  // namespace biopotential::inline v0::io
