#include "biopotential/core/recording.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/hash.hpp"

namespace biopotential::inline v0 {

namespace {

class PhysicalMemory final : public SampleSource {
  public:
    explicit PhysicalMemory(Array<double> x) : x_(std::move(x)) {}
    void read(Index channel, Index first, std::span<double> out) const override {
        const auto row = x_.row(channel).subspan(static_cast<std::size_t>(first), out.size());
        std::copy(row.begin(), row.end(), out.begin());
    }
    void read_digital(Index, Index, std::span<std::int32_t>) const override {
        throw_invalid("read_digital", "a signal with digital samples", "one that has physical samples only");
    }
    [[nodiscard]] bool has_digital() const override { return false; }
    [[nodiscard]] std::span<const double> in_memory(Index channel) const override { return x_.row(channel); }

  private:
    Array<double> x_;
};

class DigitalMemory final : public SampleSource {
  public:
    DigitalMemory(Array<std::int32_t> digital, const std::vector<Channel>& channels) : digital_(std::move(digital)) {
        for (const Channel& channel : channels) {
            scalings_.push_back(channel.scaling);
        }
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        const auto row = digital_.row(channel).subspan(static_cast<std::size_t>(first), out.size());
        std::ranges::transform(row, out.begin(), scalings_[static_cast<std::size_t>(channel)]);
    }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        const auto row = digital_.row(channel).subspan(static_cast<std::size_t>(first), out.size());
        std::copy(row.begin(), row.end(), out.begin());
    }
    [[nodiscard]] bool has_digital() const override { return true; }
    [[nodiscard]] bool may_miss(Index /*channel*/) const override { return false; }

  private:
    Array<std::int32_t> digital_;
    std::vector<Scaling> scalings_;
};

void require_range(const Signal& signal, Index first, Index n) {
    if (first < 0 || n < 0 || first > signal.n_samples() - n) {
        throw_invalid("read", "samples within [0, " + std::to_string(signal.n_samples()) + ")",
                      "[" + std::to_string(first) + ", " + std::to_string(first + n) + ")");
    }
}

template <class T>
void hash_value(Sha256& hash, T value) {
    static_assert(std::endian::native == std::endian::little);
    hash.update(std::as_bytes(std::span(&value, 1)));
}

std::vector<Index> all_channels(Index n) {
    std::vector<Index> out(static_cast<std::size_t>(n));
    std::iota(out.begin(), out.end(), Index{0});
    return out;
}

template <class T>
std::vector<std::span<T>> rows_of(Array<T>& array) {
    std::vector<std::span<T>> out;
    out.reserve(static_cast<std::size_t>(array.shape(0)));
    for (Index row = 0; row < array.shape(0); ++row) {
        out.push_back(array.row(row));
    }
    return out;
}

Signal signal_in_memory(Index n_samples, double fs, std::vector<Channel> channels,
                        std::shared_ptr<const SampleSource> source) {
    Signal signal;
    signal.fs = fs;
    signal.channels = std::move(channels);
    signal.segments = {{0, 0, n_samples}};
    signal.source = std::move(source);
    return signal;
}

}  // namespace

Index Signal::n_samples() const {
    Index n = 0;
    for (const Segment& segment : segments) {
        n += segment.n;
    }
    return n;
}

double Signal::duration_s() const {
    if (segments.empty()) {
        return 0;
    }
    const Segment& last = segments.back();
    return static_cast<double>(last.t0_ns - segments.front().t0_ns) * 1e-9 + static_cast<double>(last.n) / fs;
}

Index Signal::channel(const std::string& name) const {
    Index found = -1;
    for (Index c = 0; c < n_channels(); ++c) {
        if (channels[static_cast<std::size_t>(c)].name == name) {
            if (found >= 0) {
                throw_invalid("channel", "a channel name that stands once",
                              "\"" + name + "\", which stands several times");
            }
            found = c;
        }
    }
    if (found < 0) {
        std::string names;
        for (const Channel& channel : channels) {
            names += (names.empty() ? "" : ", ") + channel.name;
        }
        throw_invalid("channel", "one of: " + names, "\"" + name + "\"");
    }
    return found;
}

Array<double> Signal::read(Index first, Index n) const {
    return read(first, n, all_channels(n_channels()));
}

Array<double> Signal::read(Index first, Index n, std::span<const Index> which) const {
    require_range(*this, first, n);
    for (const Index c : which) {
        if (c < 0 || c >= n_channels()) {
            throw_invalid("read", "channels within [0, " + std::to_string(n_channels()) + ")", std::to_string(c));
        }
    }
    Array<double> out{static_cast<Index>(which.size()), n};
    if (out.size() > 0) {
        source->read_rows(which, first, rows_of(out));
    }
    return out;
}

Array<std::int32_t> Signal::read_digital(Index first, Index n) const {
    require_range(*this, first, n);
    Array<std::int32_t> out{n_channels(), n};
    if (out.size() > 0) {
        source->read_rows_digital(all_channels(n_channels()), first, rows_of(out));
    }
    return out;
}

void sort_events(std::vector<Event>& events) {
    // As a rule they are: files hold them so, and moving them costs more than the look.
    if (!std::ranges::is_sorted(events, {}, &Event::onset_ns)) {
        std::ranges::stable_sort(events, {}, &Event::onset_ns);
    }
}

const Signal& Recording::signal() const {
    if (signals.size() != 1) {
        throw_invalid("signal", "a recording with one sampling rate",
                      std::to_string(signals.size()) + " rates: choose one of signals");
    }
    return signals.front();
}

Index to_sample(std::int64_t time_ns, double fs) {
    // Whole seconds apart: the product of a long time in ns and fs does not fit a double's 53 bits.
    const std::int64_t seconds = time_ns / 1'000'000'000;
    const std::int64_t rest = time_ns % 1'000'000'000;
    const auto time = static_cast<long double>(seconds) * static_cast<long double>(fs) +
                      static_cast<long double>(rest) * static_cast<long double>(fs) / 1e9L;
    return std::llround(time);
}

std::int64_t to_ns(Index sample, double fs) {
    return std::llround(static_cast<long double>(sample) * 1e9L / static_cast<long double>(fs));
}

Signal make_signal(Array<double> x, double fs, const std::vector<std::string>& names, const std::string& unit) {
    require_sampling_rate("make_signal", fs);
    if (x.ndim() != 2 || x.shape(0) != static_cast<Index>(names.size())) {
        throw_invalid("make_signal", "samples of shape (n_channels, n_samples) and a name per channel",
                      std::to_string(names.size()) + " names");
    }
    std::vector<Channel> channels;
    for (const std::string& name : names) {
        Channel channel;
        channel.name = name;
        channel.unit = unit;
        channels.push_back(std::move(channel));
    }
    const Index n = x.shape(1);
    return signal_in_memory(n, fs, std::move(channels), std::make_shared<PhysicalMemory>(std::move(x)));
}

Signal make_signal(Array<std::int32_t> digital, double fs, std::vector<Channel> channels) {
    require_sampling_rate("make_signal", fs);
    if (digital.ndim() != 2 || digital.shape(0) != static_cast<Index>(channels.size())) {
        throw_invalid("make_signal", "samples of shape (n_channels, n_samples) and a channel per row",
                      std::to_string(channels.size()) + " channels");
    }
    const Index n = digital.shape(1);
    auto source = std::make_shared<DigitalMemory>(std::move(digital), channels);
    return signal_in_memory(n, fs, std::move(channels), std::move(source));
}

namespace {

/// The channels' names and samples, channel after channel, read by read(channels, first, rows).
template <class T, class Read>
void hash_channels(Sha256& hash, const Signal& signal, const Read& read) {
    // As many channels at once as fit, from the start to the end: a file that interleaves them is then read a few times
    // only. A channel that alone does not fit is read in blocks.
    constexpr Index most_samples = (Index{128} << 20) / static_cast<Index>(sizeof(T));
    const Index n = signal.n_samples();
    const Index block = std::min(n, most_samples);
    const Index at_once =
        block < n ? 1 : std::clamp<Index>(most_samples / std::max<Index>(1, n), 1, signal.n_channels());
    const std::vector<Index> numbers = all_channels(signal.n_channels());
    Array<T> samples{at_once, block};
    const std::vector<std::span<T>> rows = rows_of(samples);
    for (Index c = 0; c < signal.n_channels(); c += at_once) {
        const auto k = static_cast<std::size_t>(std::min(at_once, signal.n_channels() - c));
        const auto channels = std::span(numbers).subspan(static_cast<std::size_t>(c), k);
        if (n > 0 && block == n) {
            read(channels, 0, std::span(rows).first(k));
        }
        for (std::size_t i = 0; i < k; ++i) {
            hash.update(signal.channels[static_cast<std::size_t>(channels[i])].name);
            hash_value(hash, '\0');
            for (Index first = 0; first < n; first += block) {
                const std::span<T> part = rows[i].first(static_cast<std::size_t>(std::min(block, n - first)));
                if (block < n) {
                    read(channels, first, std::span(&part, 1));
                }
                hash.update(std::as_bytes(part));
            }
        }
    }
}

}  // namespace

std::string signal_sha256(const Recording& recording) {
    Sha256 hash;
    for (const Signal& signal : recording.signals) {
        hash_value(hash, signal.fs);
        hash_value(hash, static_cast<std::int64_t>(signal.n_samples()));
        if (signal.n_channels() == 0) {
            continue;
        }
        if (signal.source->has_digital()) {
            hash_channels<std::int32_t>(hash, signal, [&](auto channels, Index first, auto rows) {
                signal.source->read_rows_digital(channels, first, rows);
            });
        } else {
            hash_channels<double>(hash, signal, [&](auto channels, Index first, auto rows) {
                signal.source->read_rows(channels, first, rows);
            });
        }
    }
    return hash.hex();
}

}  // namespace biopotential::inline v0
