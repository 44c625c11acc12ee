#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0 {

/// From digital to physical: (digital - zero) * numerator / denominator.
///
/// Two factors, because formats state one or the other and the field's readers round accordingly: WFDB divides by
/// its gain (numerator 1), EDF multiplies by units per step (denominator 1). Either way the result is theirs, bit by
/// bit.
struct Scaling {
    double zero = 0;
    double numerator = 1;
    double denominator = 1;

    [[nodiscard]] double operator()(double digital) const { return (digital - zero) * numerator / denominator; }
    /// Physical units per digital step.
    [[nodiscard]] double gain() const { return numerator / denominator; }
};

struct Channel {
    std::string name;
    std::string unit;  ///< physical unit as the field writes it: "mV", "uV"; empty where the file has none
    Scaling scaling;
    std::int32_t digital_min = 0, digital_max = 0;  ///< range that the file declares
    double physical_min = 0, physical_max = 0;      ///< as declared (EDF)
    std::string transducer, prefilter;              ///< as the file has them
    std::map<std::string, std::string> header;  ///< other per-channel fields, raw text, so that a round trip keeps them
};

/// One stretch without a gap: `n` samples from position `first` of the stored samples, which starts at `t0_ns`.
struct Segment {
    std::int64_t t0_ns = 0;  ///< from the recording's start
    Index first = 0, n = 0;
};

/// Where samples come from: memory, or a file that is read when asked. Positions count stored samples, gaps left out.
///
/// Safe from several threads at once. A digital sample that the format marks as missing is NaN in physical units.
class SampleSource {
  public:
    virtual ~SampleSource() = default;
    SampleSource() = default;
    SampleSource(const SampleSource&) = delete;
    SampleSource& operator=(const SampleSource&) = delete;

    /// Samples [first, first + out.size()) of one channel in physical units.
    virtual void read(Index channel, Index first, std::span<double> out) const = 0;
    /// The same in digital steps; only where has_digital().
    virtual void read_digital(Index channel, Index first, std::span<std::int32_t> out) const = 0;
    [[nodiscard]] virtual bool has_digital() const = 0;

    /// Samples [first, first + n) of several channels, one row each: a file that interleaves channels is read once.
    virtual void read_rows(std::span<const Index> channels, Index first,
                           std::span<const std::span<double>> rows) const {
        read_in_turn(channels, first, rows);
    }
    virtual void read_rows_digital(std::span<const Index> channels, Index first,
                                   std::span<const std::span<std::int32_t>> rows) const {
        read_in_turn(channels, first, rows);
    }
    /// Whether a digital sample of the channel may be missing; false spares a writer the look at every one.
    [[nodiscard]] virtual bool may_miss(Index /*channel*/) const { return true; }
    /// Bits that hold every digital sample; fewer than 32 may spare a writer the look at every one.
    [[nodiscard]] virtual int digital_bits() const { return 32; }
    /// The channel's physical samples where they lie in memory as they are, else empty: spares who reads all of them
    /// the copy.
    [[nodiscard]] virtual std::span<const double> in_memory(Index /*channel*/) const { return {}; }

  private:
    /// Stretch by stretch, channel after channel within each: a source that keeps its last block then reads every byte
    /// once.
    template <class T>
    void read_in_turn(std::span<const Index> channels, Index first, std::span<const std::span<T>> rows) const {
        constexpr std::size_t stretch = 1 << 13;
        const std::size_t n = rows.empty() ? 0 : rows.front().size();
        for (std::size_t at = 0; at < n; at += stretch) {
            for (std::size_t row = 0; row < rows.size(); ++row) {
                const std::span<T> part = rows[row].subspan(at, n - at < stretch ? n - at : stretch);
                if constexpr (std::is_same_v<T, double>) {
                    read(channels[row], first + static_cast<Index>(at), part);
                } else {
                    read_digital(channels[row], first + static_cast<Index>(at), part);
                }
            }
        }
    }
};

/// Channels of one sampling rate.
struct Signal {
    double fs = 0;  ///< Hz
    std::vector<Channel> channels;
    std::vector<Segment> segments;  ///< ascending in time; one, from 0, where there is no gap
    std::shared_ptr<const SampleSource> source;

    [[nodiscard]] Index n_channels() const { return static_cast<Index>(channels.size()); }
    [[nodiscard]] Index n_samples() const;
    /// Time from the first sample to the end of the last, gaps included.
    [[nodiscard]] double duration_s() const;
    /// Position of the channel of that name. \throws std::invalid_argument  none or several
    [[nodiscard]] Index channel(const std::string& name) const;

    /// Samples [first, first + n) of all channels, physical units, shape (n_channels, n).
    [[nodiscard]] Array<double> read(Index first, Index n) const;
    /// The same of some channels.
    [[nodiscard]] Array<double> read(Index first, Index n, std::span<const Index> which) const;
    [[nodiscard]] Array<std::int32_t> read_digital(Index first, Index n) const;
};

struct Event {
    std::int64_t onset_ns = 0;     ///< from the recording's start
    std::int64_t duration_ns = 0;  ///< 0 for a point in time
    std::string label;             ///< WFDB: the annotation's symbol; EDF+: its text
    std::string aux;               ///< WFDB: the aux string
    int code = 0, subtype = 0, num = 0;
    std::vector<int> channels;  ///< empty: all
    std::string author, source;
};

/// Ascending in onset; events of one onset keep their order.
void sort_events(std::vector<Event>& events);

/// Who and when, apart from the signals so that it can be dropped as one.
struct Identity {
    std::map<std::string, std::string> fields;  ///< raw text by field: "patient", "recording", "comments" ...
    std::optional<std::int64_t> start_ns;       ///< local start time as ns since 1970-01-01, without a time zone
    [[nodiscard]] bool empty() const { return fields.empty() && !start_ns; }
};

struct Recording {
    std::vector<Signal> signals;  ///< one per sampling rate, in the file's order
    std::vector<Event> events;    ///< ascending in onset
    Identity identity;
    std::string format;                        ///< "WFDB", "EDF+C", "EDF+D", "BDF", "HDF5" ...
    std::vector<std::string> warnings;         ///< what a tolerant reader found wrong: field, wanted, raw text
    std::vector<std::filesystem::path> files;  ///< that were read for it; none where it was made

    /// The only signal. \throws std::invalid_argument  none or several rates
    [[nodiscard]] const Signal& signal() const;
};

/// The sample nearest to a time, and back; exact in both directions for fs < 1e8 Hz.
[[nodiscard]] Index to_sample(std::int64_t time_ns, double fs);
[[nodiscard]] std::int64_t to_ns(Index sample, double fs);

/// A signal without gaps in memory: physical samples, shape (n_channels, n_samples); one name and unit per channel.
/// \throws std::invalid_argument
[[nodiscard]] Signal make_signal(Array<double> x, double fs, const std::vector<std::string>& names,
                                 const std::string& unit);
/// A signal without gaps in memory: digital samples and the channels that scale them.
[[nodiscard]] Signal make_signal(Array<std::int32_t> digital, double fs, std::vector<Channel> channels);

/// SHA-256 over rate, channel names and decoded digital samples (physical ones where the source has no digital),
/// channel after channel as little-endian int32 (float64): the same for every file format that holds the same signal.
[[nodiscard]] std::string signal_sha256(const Recording& recording);

}  // namespace biopotential::inline v0
