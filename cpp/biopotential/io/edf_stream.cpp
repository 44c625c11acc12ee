#include "biopotential/io/edf_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <deque>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/hooks.hpp"
#include "biopotential/io/digitize_internal.hpp"
#include "biopotential/io/edf.hpp"
#include "biopotential/io/edf_layout_internal.hpp"
#include "biopotential/io/edf_tal_internal.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr const char* function = "EdfWriter";
constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::size_t annotation_text_bytes = 200;
constexpr std::int64_t records_field = 236;

std::vector<Channel> make_channels(const std::vector<EdfStreamChannel>& wanted, int bits) {
    std::vector<Channel> channels;
    const std::int32_t limit = (1 << (bits - 1)) - 1;
    for (const EdfStreamChannel& from : wanted) {
        const auto low = eight_characters(from.physical_min, Rounding::down);
        const auto high = eight_characters(from.physical_max, Rounding::up);
        if (!std::isfinite(from.physical_min) || !std::isfinite(from.physical_max) || !low || !high ||
            !(from.physical_min < from.physical_max) || *low == *high) {
            throw_invalid(function, "a physical range of channel " + from.name + " that eight characters hold",
                          number_text(from.physical_min) + " to " + number_text(from.physical_max));
        }
        if (from.name.empty() || from.name.size() > 16 || from.unit.size() > 8) {
            throw_invalid(function, "names of 1 to 16 bytes and units of at most 8", from.name + " in " + from.unit);
        }
        Channel channel;
        channel.name = from.name;
        channel.unit = from.unit;
        channel.digital_min = -limit;
        channel.digital_max = limit;
        channel.physical_min = parse_number(*low).value_or(0);
        channel.physical_max = parse_number(*high).value_or(0);
        channel.header["physical_min"] = *low;
        channel.header["physical_max"] = *high;
        const double gain = (channel.physical_max - channel.physical_min) / (2.0 * limit);
        channel.scaling = {-(channel.physical_max / gain - limit), gain, 1};
        channels.push_back(std::move(channel));
    }
    if (channels.empty()) {
        throw_invalid(function, "at least one channel", "none");
    }
    return channels;
}

/// Samples of the shortest record of about a second that holds a whole number of them.
Index record_samples(double fs) {
    for (int k = 1; k <= 1000; ++k) {
        const double n = fs * k;
        if (n >= 1 && std::abs(n - std::round(n)) < 1e-9 * n) {
            return static_cast<Index>(std::llround(n));
        }
    }
    throw_invalid(function, "a rate of which a whole number of samples fits into 1 to 1000 s", fs);
}

}  // namespace

struct EdfWriter::State {
    std::filesystem::path path;
    int descriptor = -1;
    int sample_bytes = 2;
    double fs = 0;
    std::vector<Channel> channels;
    std::vector<std::string> names;
    Index per_record = 0;
    std::size_t annotation_bytes = 0;
    std::int64_t base_ns = 0;  ///< the fraction of a second that the header cannot say
    std::int64_t n_records = 0;
    Index n_samples = 0;                             ///< that came in
    std::vector<std::vector<std::int32_t>> pending;  ///< by channel: of the record that is not whole yet
    std::vector<std::int32_t> last;
    std::vector<Index> hole;  ///< by channel: where missing samples started; -1: none
    std::deque<std::string> tals;
    bool closed = false;

    [[noreturn]] void fail(const char* what) const { throw IoError(errno, path.string(), what); }

    void put(const std::string& bytes) const {
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t n = ::write(descriptor, bytes.data() + done, bytes.size() - done);
            if (n < 0 && errno != EINTR) {
                fail("[write] cannot write");
            }
            done += n < 0 ? 0 : static_cast<std::size_t>(n);
        }
    }

    void queue(Event event) {
        // What is longer than a record has room for is cut at a character's start.
        while (event_tal(event, base_ns, names).size() > annotation_text_bytes) {
            do {
                event.label.pop_back();
            } while (!event.label.empty() && (static_cast<unsigned char>(event.label.back()) & 0xc0) == 0x80);
            event.aux.clear();
        }
        tals.push_back(event_tal(event, base_ns, names));
    }

    void end_hole(std::size_t channel, Index end) {
        if (hole[channel] >= 0) {
            Event event;
            event.onset_ns = to_ns(hole[channel], fs);
            event.duration_ns = to_ns(end, fs) - event.onset_ns;
            event.label = std::string(missing_samples) + std::to_string(channel);
            queue(std::move(event));
            hole[channel] = -1;
        }
    }

    void write_record() {
        std::string record;
        for (std::vector<std::int32_t>& samples : pending) {
            samples.resize(static_cast<std::size_t>(per_record), samples.empty() ? 0 : samples.back());
            for (const std::int32_t sample : samples) {
                for (int shift = 0; shift < 8 * sample_bytes; shift += 8) {
                    record += static_cast<char>(static_cast<std::uint32_t>(sample) >> shift & 0xff);
                }
            }
            samples.clear();
        }
        std::string notes = seconds_text(to_ns(n_records * per_record, fs) + base_ns, true);
        notes += std::string("\x14\x14\0", 3);
        while (!tals.empty() && notes.size() + tals.front().size() <= annotation_bytes) {
            notes += tals.front();
            tals.pop_front();
        }
        notes.resize(annotation_bytes);
        put(record + notes);
        ++n_records;
    }
};

EdfWriter::EdfWriter(const std::filesystem::path& path, double fs, const std::vector<EdfStreamChannel>& channels,
                     std::optional<std::int64_t> start_ns)
    : state_(std::make_unique<State>()) {
    require_sampling_rate(function, fs);
    State& my = *state_;
    my.path = path;
    my.fs = fs;
    my.sample_bytes = path.extension() == ".bdf" ? 3 : 2;
    my.channels = make_channels(channels, 8 * my.sample_bytes);
    my.per_record = record_samples(fs);
    for (const Channel& channel : my.channels) {
        my.names.push_back(channel.name);
    }
    my.pending.resize(channels.size());
    my.last.resize(channels.size());
    my.hole.assign(channels.size(), -1);

    // The header is that of one record with an annotation as long as any will be.
    Recording sample;
    sample.signals.push_back(
        make_signal(Array<std::int32_t>{static_cast<Index>(channels.size()), my.per_record}, fs, my.channels));
    sample.identity.start_ns = start_ns;
    Event longest;
    longest.label.assign(annotation_text_bytes, 'x');
    sample.events.push_back(std::move(longest));
    auto [header, annotation_bytes] = edf_header(sample, my.sample_bytes == 3);
    my.annotation_bytes = annotation_bytes;
    header.replace(records_field, 8, "-1      ");
    my.base_ns = start_ns ? ((*start_ns % second_ns) + second_ns) % second_ns : 0;

    notify_access({Access::write, path.string()});
    my.descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (my.descriptor < 0) {
        my.closed = true;
        my.fail("[write] cannot create a new file");
    }
    my.put(header);
}

EdfWriter::~EdfWriter() {
    try {
        close();
    } catch (...) {  // NOLINT(bugprone-empty-catch): a destructor has nobody to tell; close() tells
    }
    if (state_->descriptor >= 0) {
        ::close(state_->descriptor);
    }
}

void EdfWriter::append(const MatrixView& samples) {
    State& my = *state_;
    if (my.closed || samples.rows() != static_cast<Index>(my.channels.size())) {
        throw_invalid(function, "an open writer and samples of " + std::to_string(my.channels.size()) + " channels",
                      my.closed ? std::string("a closed one") : std::to_string(samples.rows()) + " channels");
    }
    if ((samples.array().abs() == std::numeric_limits<double>::infinity()).any()) {
        throw_invalid(function, "finite samples (or NaN)", "an infinite one");
    }
    for (Index at = 0; at < samples.cols(); ++at) {
        for (std::size_t c = 0; c < my.channels.size(); ++c) {
            const double p = samples(static_cast<Index>(c), at);
            if (std::isnan(p)) {
                my.hole[c] = my.hole[c] < 0 ? my.n_samples : my.hole[c];
            } else {
                my.end_hole(c, my.n_samples);
                const Channel& channel = my.channels[c];
                my.last[c] = static_cast<std::int32_t>(
                    std::clamp(std::nearbyint(p / channel.scaling.gain() + channel.scaling.zero),
                               static_cast<double>(channel.digital_min), static_cast<double>(channel.digital_max)));
            }
            my.pending[c].push_back(my.last[c]);
        }
        ++my.n_samples;
        if (static_cast<Index>(my.pending.front().size()) == my.per_record) {
            my.write_record();
        }
    }
}

void EdfWriter::annotate(const Event& event) {
    if (state_->closed) {
        throw_invalid(function, "an open writer", "a closed one");
    }
    state_->queue(event);
}

void EdfWriter::flush() {
    if (!state_->closed && ::fdatasync(state_->descriptor) != 0) {
        state_->fail("[write] cannot sync");
    }
}

void EdfWriter::close() {
    State& my = *state_;
    if (my.closed) {
        return;
    }
    my.closed = true;
    for (std::size_t c = 0; c < my.channels.size(); ++c) {
        my.end_hole(c, my.n_samples);
    }
    // Annotations that are left go to records behind the end, which the mark of the end takes off again.
    if (!my.pending.front().empty() || !my.tals.empty()) {
        Event end;
        end.onset_ns = to_ns(my.n_samples, my.fs);
        end.label = end_of_samples;
        my.queue(std::move(end));
    }
    while (!my.pending.front().empty() || !my.tals.empty()) {
        my.write_record();
    }
    std::string count = std::to_string(my.n_records);
    count.resize(8, ' ');
    if (::pwrite(my.descriptor, count.data(), count.size(), records_field) != static_cast<ssize_t>(count.size()) ||
        ::fsync(my.descriptor) != 0) {
        my.fail("[write] cannot finish the file");
    }
}

Index EdfWriter::n_samples() const {
    return state_->n_samples;
}

}  // namespace biopotential::inline v0::io
