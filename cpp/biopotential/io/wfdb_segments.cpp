#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <optional>
#include <system_error>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/wfdb_header_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

/// A segment whose samples are there.
struct Part {
    std::filesystem::path header_path;
    WfdbHeader header;
    Index start_frame = 0;         ///< in the record's time
    Index first_frame = 0;         ///< among the stored frames
    std::vector<int> line_of_row;  ///< by channel of the record: its line here, or -1
};

/// A channel of the whole record: how each segment scales it, and whether they all agree.
struct Row {
    Channel channel;
    Index samples_per_frame = 1;
    bool is_set = false, one_scaling = true;
    std::int32_t missing = 0;  ///< the widest of the segments' codes: no sample of a narrower one equals it
};

/// Segments are opened where they are read; the last few stay open, however many a record has.
class Parts {
  public:
    using Channels = std::vector<std::shared_ptr<const WfdbChannel>>;

    explicit Parts(std::vector<Part> parts) : parts_(std::move(parts)) {}

    [[nodiscard]] const Part& part(std::size_t i) const { return parts_[i]; }
    [[nodiscard]] std::size_t size() const { return parts_.size(); }
    [[nodiscard]] std::size_t at_frame(Index frame) const {
        const auto after = std::ranges::upper_bound(parts_, frame, {}, &Part::first_frame);
        return static_cast<std::size_t>(after - parts_.begin()) - 1;
    }
    [[nodiscard]] std::shared_ptr<const Channels> open(std::size_t i) const {
        const std::lock_guard lock(mutex_);
        const auto slot = std::ranges::find(slots_, i, &Slot::part);
        if (slot != slots_.end() && slot->channels) {
            std::rotate(slots_.begin(), slot, slot + 1);
        } else {
            WfdbHeader header = parts_[i].header;
            auto channels = std::make_shared<const Channels>(open_signals(parts_[i].header_path, header));
            std::ranges::rotate(slots_, slots_.end() - 1);
            slots_.front() = {i, std::move(channels)};
        }
        return slots_.front().channels;
    }

  private:
    struct Slot {
        std::size_t part = 0;
        std::shared_ptr<const Channels> channels;
    };
    std::vector<Part> parts_;
    mutable std::mutex mutex_;
    mutable std::array<Slot, 8> slots_;
};

class SegmentsSource final : public SampleSource {
  public:
    SegmentsSource(std::shared_ptr<const Parts> parts, std::vector<Row> all_rows, std::vector<std::size_t> rows)
        : parts_(std::move(parts)), all_rows_(std::move(all_rows)), rows_(std::move(rows)) {
        has_digital_ = std::ranges::all_of(rows_, [&](std::size_t r) { return all_rows_[r].one_scaling; });
    }

    [[nodiscard]] bool has_digital() const override { return has_digital_; }
    void read_digital(Index channel, Index first, std::span<std::int32_t> out) const override {
        if (!has_digital_) {
            throw_invalid("read_digital", "a signal whose segments have one gain", "several gains in one channel");
        }
        const std::int32_t missing = all_rows_[rows_[static_cast<std::size_t>(channel)]].missing;
        each_part(channel, first, out,
                  [&](const WfdbChannel* from, const Scaling& /*scaling*/, Index at, std::span<std::int32_t> to) {
                      if (from == nullptr) {
                          std::ranges::fill(to, missing);
                          return;
                      }
                      from->read(at, to);
                      std::ranges::replace(to, from->missing(), missing);
                  });
    }
    void read(Index channel, Index first, std::span<double> out) const override {
        each_part(channel, first, out,
                  [](const WfdbChannel* from, const Scaling& scaling, Index at, std::span<double> to) {
                      if (from == nullptr) {
                          std::ranges::fill(to, std::numeric_limits<double>::quiet_NaN());
                      } else {
                          from->read_physical(at, scaling, to);
                      }
                  });
    }

  private:
    template <class T, class Use>
    void each_part(Index channel, Index first, std::span<T> out, const Use& use) const {
        const std::size_t row = rows_[static_cast<std::size_t>(channel)];
        const Index rate = all_rows_[row].samples_per_frame;
        for (std::size_t done = 0; done < out.size();) {
            const Index position = first + static_cast<Index>(done);
            const std::size_t i = parts_->at_frame(position / rate);
            const Part& part = parts_->part(i);
            const Index within = position - part.first_frame * rate;
            const auto n = std::min(out.size() - done, static_cast<std::size_t>(part.header.n_frames * rate - within));
            const int line = part.line_of_row[row];
            if (line < 0) {
                use(nullptr, Scaling{}, within, out.subspan(done, n));
            } else {
                const auto channels = parts_->open(i);
                const auto l = static_cast<std::size_t>(line);
                use((*channels)[l].get(), part.header.lines[l].channel.scaling, within, out.subspan(done, n));
            }
            done += n;
        }
    }

    std::shared_ptr<const Parts> parts_;
    std::vector<Row> all_rows_;
    std::vector<std::size_t> rows_;  ///< of this rate
    bool has_digital_ = true;
};

/// The header of a segment, which holds one segment itself; empty where a file of it is not there.
std::optional<WfdbHeader> segment_header(const std::filesystem::path& path, const WfdbSegmentLine& line, double fs,
                                         Findings& findings) {
    std::error_code ignored;
    const auto there = [&](const std::filesystem::path& file) {
        return std::filesystem::is_regular_file(file, ignored);
    };
    const auto absent = [&](const std::string& file) {
        findings.note(line.at, "segment " + quote_text(line.name) + ": wanted its file " + quote_text(file) +
                                   ", got none: its samples are a gap");
        return std::nullopt;
    };
    if (!there(path)) {
        return absent(path.filename().string());
    }
    Findings own(path.string(), findings.strict());
    WfdbHeader header = parse_wfdb_header(*open_file(path), own);
    for (const std::string& warning : own.take()) {
        findings.remark(path.filename().string() + ": " + warning);
    }
    if (header.n_segments) {
        throw ParseError(path.string(), 0, "wanted a segment that has none itself, got a multi-segment record");
    }
    for (const WfdbSignalLine& signal : header.lines) {
        if (line.n_frames > 0 && !signal.is_null() && !there(path.parent_path() / signal.file)) {
            return absent(signal.file);
        }
    }
    if (header.fs != fs) {
        throw ParseError(path.string(), 0,
                         "wanted the record's " + number_text(fs) + " Hz, got " + number_text(header.fs));
    }
    return header;
}

void add_row(std::vector<Row>& rows, const WfdbSignalLine& line) {
    Row row;
    row.channel = line.channel;
    row.samples_per_frame = line.samples_per_frame;
    rows.push_back(std::move(row));
}

/// Which line of a segment is which channel of the record: by position where the layout is fixed, else by name.
void match_lines(Part& part, std::vector<Row>& rows, bool fixed, Findings& findings) {
    part.line_of_row.assign(rows.size(), -1);
    const std::vector<WfdbSignalLine>& lines = part.header.lines;
    for (std::size_t l = 0; l < lines.size(); ++l) {
        std::size_t r = l;
        if (!fixed) {
            for (r = 0;
                 r < rows.size() && (rows[r].channel.name != lines[l].channel.name || part.line_of_row[r] >= 0);) {
                ++r;
            }
        }
        if (r >= rows.size()) {
            findings.note(lines[l].at, "signal " + quote_text(lines[l].channel.name) + " of segment " +
                                           quote_text(part.header_path.stem().string()) +
                                           ": wanted one of the record's signals, got another: it is left out");
            continue;
        }
        if (lines[l].samples_per_frame != rows[r].samples_per_frame) {
            throw ParseError(part.header_path.string(), lines[l].at,
                             "wanted " + std::to_string(rows[r].samples_per_frame) + " samples per frame of " +
                                 quote_text(lines[l].channel.name) + ", got " +
                                 std::to_string(lines[l].samples_per_frame));
        }
        part.line_of_row[r] = static_cast<int>(l);
    }
}

/// What a segment says of the record's channels.
void take_channels(const Part& part, const Parts::Channels& channels, std::vector<Row>& rows, Findings& findings) {
    for (std::size_t r = 0; r < rows.size(); ++r) {
        if (part.line_of_row[r] < 0) {
            continue;
        }
        const auto l = static_cast<std::size_t>(part.line_of_row[r]);
        const Channel& channel = part.header.lines[l].channel;
        Row& row = rows[r];
        const std::int32_t missing = channels[l]->missing();
        const auto same = [](const Scaling& a, const Scaling& b) {
            return a.zero == b.zero && a.numerator == b.numerator && a.denominator == b.denominator;
        };
        if (!row.is_set) {
            row.channel = channel;
            row.missing = missing;
            row.is_set = true;
            continue;
        }
        row.one_scaling = row.one_scaling && same(row.channel.scaling, channel.scaling);
        if (missing != no_missing) {
            row.missing = row.missing == no_missing ? missing : std::min(row.missing, missing);
        }
        row.channel.digital_min = std::min(row.channel.digital_min, channel.digital_min);
        row.channel.digital_max = std::max(row.channel.digital_max, channel.digital_max);
        if (channel.unit != row.channel.unit) {
            findings.note(part.header.lines[l].at, "unit of " + quote_text(channel.name) + " in segment " +
                                                       quote_text(part.header_path.stem().string()) + ": wanted " +
                                                       quote_text(row.channel.unit) + ", got " +
                                                       quote_text(channel.unit));
        }
    }
}

}  // namespace

Recording read_segments(const std::filesystem::path& header_path, WfdbHeader header, Findings& findings) {
    const auto path_of = [&](const WfdbSegmentLine& line) { return header_path.parent_path() / (line.name + ".hea"); };
    std::vector<Row> rows;
    // A variable layout starts with a segment of no samples that names every signal of the record.
    const bool variable = header.segments.front().n_frames == 0 && !header.segments.front().is_gap();
    if (variable) {
        const WfdbSegmentLine& line = header.segments.front();
        if (const auto layout = segment_header(path_of(line), line, header.fs, findings)) {
            for (const WfdbSignalLine& signal : layout->lines) {
                add_row(rows, signal);
            }
        } else {
            findings.refuse(line.at, "wanted the layout " + quote_text(line.name) + ".hea beside the header, got none");
        }
        if (static_cast<Index>(rows.size()) != header.n_signals) {
            findings.note(0, "number of signals: wanted the layout's " + std::to_string(rows.size()) + ", got " +
                                 std::to_string(header.n_signals));
        }
    }

    std::vector<Part> parts;
    std::vector<Segment> runs;  // in frames
    Index frame = 0, stored = 0;
    for (const WfdbSegmentLine& line : header.segments) {
        const Index start = frame;
        frame += line.n_frames;
        if (frame > Index{1} << 48) {
            throw ParseError(header_path.string(), line.at, "wanted fewer than 2^48 samples in all, got more");
        }
        if (line.is_gap() || line.n_frames == 0) {
            continue;
        }
        auto segment = segment_header(path_of(line), line, header.fs, findings);
        if (!segment) {
            continue;
        }
        if (segment->n_frames == 0) {
            segment->n_frames = line.n_frames;
        }
        if (segment->n_frames != line.n_frames) {
            throw ParseError(header_path.string(), line.at,
                             "wanted " + std::to_string(segment->n_frames) + " samples of segment " +
                                 quote_text(line.name) + ", got " + std::to_string(line.n_frames));
        }
        if (rows.empty() && !variable) {
            for (const WfdbSignalLine& signal : segment->lines) {
                add_row(rows, signal);
            }
        }
        Part part{path_of(line), *std::move(segment), start, stored, {}};
        // Opened to see that the files hold what the headers say, then closed: a record may have thousands.
        const Parts::Channels channels = open_signals(part.header_path, part.header);
        match_lines(part, rows, !variable, findings);
        take_channels(part, channels, rows, findings);
        if (!runs.empty() && runs.back().t0_ns + runs.back().n == start) {
            runs.back().n += line.n_frames;
        } else {
            runs.push_back({start, stored, line.n_frames});
        }
        stored += line.n_frames;
        parts.push_back(std::move(part));
    }
    if (header.n_frames > 0 && header.n_frames != frame) {
        findings.note(0, "number of samples: wanted the segments' " + std::to_string(frame) + ", got " +
                             std::to_string(header.n_frames));
    }
    if (static_cast<double>(frame) / header.fs > 9e9) {
        findings.refuse(0, "wanted a duration of less than 9e9 s, got " + std::to_string(frame) + " samples");
    }
    for (Row& row : rows) {
        row.missing = row.missing == no_missing || !row.is_set ? -32768 : row.missing;
        row.channel.header.erase("checksum");
        row.channel.header.erase("initial_value");
    }

    Recording recording;
    recording.identity = std::move(header.identity);
    const auto shared = std::make_shared<const Parts>(std::move(parts));
    std::vector<Index> rates;
    for (const Row& row : rows) {
        if (std::ranges::find(rates, row.samples_per_frame) == rates.end()) {
            rates.push_back(row.samples_per_frame);
        }
    }
    for (const Index rate : rates) {
        Signal signal;
        signal.fs = header.fs * static_cast<double>(rate);
        for (const Segment& run : runs) {
            signal.segments.push_back({to_ns(run.t0_ns, header.fs), run.first * rate, run.n * rate});
        }
        std::vector<std::size_t> of_rate;
        for (std::size_t r = 0; r < rows.size(); ++r) {
            if (rows[r].samples_per_frame == rate) {
                of_rate.push_back(r);
                signal.channels.push_back(rows[r].channel);
            }
        }
        signal.source = std::make_shared<SegmentsSource>(shared, rows, std::move(of_rate));
        recording.signals.push_back(std::move(signal));
    }
    return recording;
}

}  // namespace biopotential::inline v0::io
