#include "biopotential/io/csv.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/io/text_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::int64_t max_bytes = std::int64_t{2} << 30;
constexpr double gap_samples = 1.5;

/// The lines that hold rows, one after the other.
class Lines {
  public:
    Lines(std::string_view text, char comment) : text_(text), comment_(comment) {
        if (text_.starts_with("\xef\xbb\xbf")) {
            at_ = 3;
        }
    }
    /// The next line that is neither empty nor a comment.
    std::optional<std::string_view> next() {
        while (at_ < text_.size()) {
            const std::string_view line = any();
            if (!trim(line).empty() && (comment_ == '\0' || line.front() != comment_)) {
                return line;
            }
        }
        return std::nullopt;
    }
    /// The next line, whatever it holds.
    std::string_view any() {
        start_ = at_;
        const std::size_t end = std::min(text_.find('\n', at_), text_.size());
        std::string_view line = text_.substr(at_, end - at_);
        at_ = std::min(end + 1, text_.size());
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        return line;
    }
    [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
    [[nodiscard]] std::int64_t start() const { return static_cast<std::int64_t>(start_); }
    [[nodiscard]] std::size_t left() const { return text_.size() - at_; }

  private:
    std::string_view text_;
    char comment_;
    std::size_t at_ = 0, start_ = 0;
};

/// Fields of a row; those in double quotes may hold the delimiter.
void split(std::string_view line, char delimiter, std::vector<std::string_view>& fields) {
    if (delimiter == ' ') {
        fields = split_blanks(line);
        return;
    }
    fields.clear();
    for (std::size_t at = 0; at <= line.size();) {
        std::size_t from = at;
        while (from < line.size() && line[from] == ' ') {
            ++from;
        }
        const std::size_t quote =
            from < line.size() && line[from] == '"' ? line.find('"', from + 1) : std::string_view::npos;
        const std::size_t end =
            std::min(line.find(delimiter, quote == std::string_view::npos ? at : quote + 1), line.size());
        fields.push_back(quote == std::string_view::npos ? trim(line.substr(at, end - at))
                                                         : trim(line.substr(from + 1, quote - from - 1)));
        at = end + 1;
    }
}

void require_sound(const CsvOptions& options) {
    if (options.time_column.empty() || options.fs != 0) {
        require_sampling_rate("read_csv", options.fs);
    }
    require_positive("read_csv", "time_unit_s", options.time_unit_s);
    if (options.delimiter == options.decimal) {
        throw_invalid("read_csv", "another character between fields than within numbers",
                      std::string(1, options.delimiter) + " as both");
    }
    if (options.decimal != '.' && options.decimal != ',') {
        throw_invalid("read_csv", "decimal . or ,", std::string(1, options.decimal));
    }
    if (options.skip_rows < 0) {
        throw_invalid("read_csv", "skip_rows >= 0", static_cast<double>(options.skip_rows));
    }
}

class Table {
  public:
    Table(const ByteSource& source, const CsvOptions& options)
        : source_(&source), options_(&options), text_(source.read_text(max_bytes)), lines_(text_, options.comment) {
        for (Index i = 0; i < options.skip_rows && !lines_.at_end(); ++i) {
            (void)lines_.any();
        }
        read_names();
        choose();
    }

    [[nodiscard]] const std::vector<std::string>& names() const { return chosen_names_; }

    /// Samples of the chosen columns, and the times where there are any.
    Array<double> rows(std::vector<double>& times) {
        // A row has a byte at least for each column, so that the array stays within a multiple of the file's size.
        const auto n_lines = static_cast<std::size_t>(std::ranges::count(text_, '\n')) + 1;
        const std::size_t most = std::min(n_lines, (lines_.left() + first_row_.size()) / names_.size() + 1);
        Array<double> x{static_cast<Index>(chosen_.size()), static_cast<Index>(most)};
        std::vector<std::string_view> fields;
        Index n = 0;
        for (auto line = has_first_row_ ? std::optional<std::string_view>(first_row_) : lines_.next(); line;
             line = lines_.next()) {
            split(*line, options_->delimiter, fields);
            if (fields.size() != names_.size() || n >= static_cast<Index>(most)) {
                throw ParseError(source_->name(), lines_.start(),
                                 "row " + std::to_string(n + 1) + ": wanted " + std::to_string(names_.size()) +
                                     " fields, got " + std::to_string(fields.size()));
            }
            for (std::size_t c = 0; c < chosen_.size(); ++c) {
                x(static_cast<Index>(c), n) = number(fields[chosen_[c]], n, names_[chosen_[c]]);
            }
            if (time_) {
                const double t = number(fields[*time_], n, names_[*time_]) * options_->time_unit_s;
                if (!(std::abs(t) < 9e9) || (!times.empty() && t <= times.back())) {
                    throw ParseError(source_->name(), lines_.start(),
                                     "row " + std::to_string(n + 1) + ": wanted a time behind the one before, got " +
                                         quote_text(fields[*time_]));
                }
                times.push_back(t);
            }
            ++n;
        }
        Array<double> out{static_cast<Index>(chosen_.size()), n};
        for (Index c = 0; c < out.shape(0); ++c) {
            std::ranges::copy(x.row(c).first(static_cast<std::size_t>(n)), out.row(c).begin());
        }
        return out;
    }

  private:
    void read_names() {
        const auto line = lines_.next();
        if (!line) {
            throw ParseError(source_->name(), lines_.start(), "wanted a row, got none");
        }
        std::vector<std::string_view> fields;
        split(*line, options_->delimiter, fields);
        if (options_->header) {
            for (const std::string_view field : fields) {
                names_.push_back(to_utf8(field));
            }
            return;
        }
        first_row_ = *line;
        has_first_row_ = true;
        for (std::size_t i = 0; i < fields.size(); ++i) {
            names_.push_back(options_->columns.empty()      ? std::to_string(i + 1)
                             : i < options_->columns.size() ? options_->columns[i]
                                                            : "");
        }
        if (!options_->columns.empty() && options_->columns.size() != fields.size()) {
            throw ParseError(source_->name(), lines_.start(),
                             "wanted " + std::to_string(options_->columns.size()) + " columns, got " +
                                 std::to_string(fields.size()));
        }
    }

    [[nodiscard]] std::size_t place(const std::string& name) const {
        const auto found = std::ranges::find(names_, name);
        if (found == names_.end() || std::find(found + 1, names_.end(), name) != names_.end()) {
            throw ParseError(
                source_->name(), lines_.start(),
                "wanted one column " + quote_text(name) + ", got " + (found == names_.end() ? "none" : "several"));
        }
        return static_cast<std::size_t>(found - names_.begin());
    }

    void choose() {
        if (!options_->time_column.empty()) {
            time_ = place(options_->time_column);
        }
        if (options_->header && !options_->columns.empty()) {
            for (const std::string& name : options_->columns) {
                chosen_.push_back(place(name));
            }
        } else {
            for (std::size_t i = 0; i < names_.size(); ++i) {
                if (i != time_) {
                    chosen_.push_back(i);
                }
            }
        }
        for (const std::size_t i : chosen_) {
            chosen_names_.push_back(names_[i]);
        }
        if (chosen_.empty()) {
            throw ParseError(source_->name(), lines_.start(), "wanted a column of samples, got none");
        }
    }

    [[nodiscard]] double number(std::string_view field, Index row, const std::string& column) const {
        std::optional<double> value;
        if (options_->decimal == '.') {
            value = parse_number(field);
        } else {
            std::string with_point(field);
            std::ranges::replace(with_point, ',', '.');
            value = field.find('.') == std::string_view::npos ? parse_number(with_point) : std::nullopt;
        }
        if (value) {
            return *value;
        }
        if (std::ranges::find(options_->missing, field) == options_->missing.end()) {
            throw ParseError(source_->name(), lines_.start(),
                             "row " + std::to_string(row + 1) + ", column " + quote_text(column) +
                                 ": wanted a number, got " + quote_text(field));
        }
        return std::numeric_limits<double>::quiet_NaN();
    }

    const ByteSource* source_;
    const CsvOptions* options_;
    std::string text_;
    Lines lines_;
    std::vector<std::string> names_, chosen_names_;
    std::vector<std::size_t> chosen_;
    std::optional<std::size_t> time_;
    std::string_view first_row_;
    bool has_first_row_ = false;
};

/// The rate of times that a clock wrote, gaps left out.
double rate_of(const std::vector<double>& times, const ByteSource& source) {
    if (times.size() < 2) {
        throw ParseError(source.name(), std::nullopt, "wanted two rows or more to know the rate from, got fewer");
    }
    std::vector<double> steps;
    for (std::size_t i = 1; i < times.size(); ++i) {
        steps.push_back(times[i] - times[i - 1]);
    }
    std::vector<double> sorted = steps;
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2));
    const double median = sorted[sorted.size() / 2];
    double sum = 0, count = 0;
    for (const double step : steps) {
        if (step <= gap_samples * median) {
            sum += step;
            ++count;
        }
    }
    const double fs = count / sum, whole = std::round(fs);
    return whole > 0 && std::abs(count / whole - sum) < 0.1 / whole ? whole : fs;
}

}  // namespace

Recording read_csv(const std::shared_ptr<const ByteSource>& source, const CsvOptions& options) {
    require_sound(options);
    Table table(*source, options);
    std::vector<double> times;
    Array<double> x = table.rows(times);
    const std::vector<std::string>& names = table.names();
    if (options.units.size() > 1 && options.units.size() != names.size()) {
        throw_invalid("read_csv", std::to_string(names.size()) + " units, or one",
                      std::to_string(options.units.size()));
    }
    const double fs = options.fs > 0 ? options.fs : rate_of(times, *source);
    Signal signal = make_signal(std::move(x), fs, names, options.units.size() == 1 ? options.units.front() : "");
    if (options.units.size() > 1) {
        for (std::size_t c = 0; c < names.size(); ++c) {
            signal.channels[c].unit = options.units[c];
        }
    }
    if (!times.empty()) {
        signal.segments.clear();
        std::size_t first = 0;
        for (std::size_t i = 1; i <= times.size(); ++i) {
            if (i == times.size() || times[i] - times[i - 1] > gap_samples / fs) {
                signal.segments.push_back({std::llround((times[first] - times.front()) * 1e9),
                                           static_cast<Index>(first), static_cast<Index>(i - first)});
                first = i;
            }
        }
    }
    Recording recording;
    recording.format = "CSV";
    recording.signals.push_back(std::move(signal));
    return recording;
}

}  // namespace biopotential::inline v0::io
