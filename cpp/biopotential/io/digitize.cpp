#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr Index block_samples = 1 << 13;

void take(SampleRange& range, double physical, std::optional<std::int32_t> digital) {
    if (std::isnan(physical)) {
        range.has_missing = true;
        if (digital) {
            range.missing_is_unique = range.missing_is_unique && range.missing.value_or(*digital) == *digital;
            range.missing = digital;
        }
        return;
    }
    if (std::isinf(physical)) {
        range.has_infinite = true;
        return;
    }
    const std::int64_t step = digital.value_or(0);
    if (!range.any) {
        range.physical_min = range.physical_max = physical;
        range.digital_min = range.digital_max = step;
        range.any = true;
    }
    range.physical_min = std::min(range.physical_min, physical);
    range.physical_max = std::max(range.physical_max, physical);
    range.digital_min = std::min(range.digital_min, step);
    range.digital_max = std::max(range.digital_max, step);
}

/// Physical samples in memory or in a file as digital ones.
class Digitized final : public SampleSource {
  public:
    Digitized(std::shared_ptr<const SampleSource> source, std::vector<Scaling> scalings, std::int32_t missing)
        : source_(std::move(source)), scalings_(std::move(scalings)), missing_(missing) {}

    void read(Index channel, Index first, std::span<double> out) const override {
        std::vector<std::int32_t> digital(out.size());
        read_digital(channel, first, digital);
        const Scaling& scaling = scalings_[static_cast<std::size_t>(channel)];
        std::ranges::transform(digital, out.begin(), [&](std::int32_t d) {
            return d == missing_ ? std::numeric_limits<double>::quiet_NaN() : scaling(d);
        });
    }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        std::vector<double> physical(out.size());
        source_->read(channel, first, physical);
        const Scaling& scaling = scalings_[static_cast<std::size_t>(channel)];
        const double limit = -(static_cast<double>(missing_) + 1);
        std::ranges::transform(physical, out.begin(), [&](double p) {
            return std::isnan(p) ? missing_
                                 : static_cast<std::int32_t>(
                                       std::clamp(std::nearbyint(p / scaling.gain() + scaling.zero), -limit, limit));
        });
    }
    [[nodiscard]] bool has_digital() const override { return true; }

  private:
    std::shared_ptr<const SampleSource> source_;
    std::vector<Scaling> scalings_;
    std::int32_t missing_;
};

}  // namespace

std::vector<SampleRange> scan_samples(const Signal& signal) {
    std::vector<SampleRange> ranges(static_cast<std::size_t>(signal.n_channels()));
    const bool has_digital = signal.source->has_digital();
    const Index n_samples = signal.n_samples();
    std::vector<double> physical(block_samples);
    std::vector<std::int32_t> digital(block_samples);
    for (Index first = 0; first < n_samples; first += block_samples) {
        const auto n = static_cast<std::size_t>(std::min(block_samples, n_samples - first));
        for (std::size_t c = 0; c < ranges.size(); ++c) {
            const auto channel = static_cast<Index>(c);
            signal.source->read(channel, first, std::span(physical).first(n));
            if (has_digital) {
                signal.source->read_digital(channel, first, std::span(digital).first(n));
            }
            for (std::size_t i = 0; i < n; ++i) {
                take(ranges[c], physical[i], has_digital ? std::optional(digital[i]) : std::nullopt);
            }
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
    for (std::size_t c = 0; c < ranges.size(); ++c) {
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
    out.source = std::make_shared<Digitized>(signal.source, std::move(scalings), -limit - 1);
    return out;
}

}  // namespace biopotential::inline v0::io
