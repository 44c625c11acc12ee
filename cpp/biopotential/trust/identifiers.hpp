#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::trust {

/// What a name, a number or a date in an input is, for the report.
enum class IdentifierKind { name, number, date, time_of_day, word };

[[nodiscard]] std::string_view to_string(IdentifierKind kind);

/// The identifiers of one input: collected from its fields, then searched in every byte of an output.
class Identifiers {
  public:
    Identifiers();
    ~Identifiers();
    Identifiers(Identifiers&&) noexcept;
    Identifiers& operator=(Identifiers&&) noexcept;
    Identifiers(const Identifiers&) = delete;
    Identifiers& operator=(const Identifiers&) = delete;

    /// All words of a field that says who: names from three letters, numbers from four digits, dates in any spelling.
    void add_identity(std::string_view text);
    /// The same of a field that says who among other things: words of the vocabulary are no identifiers there.
    void add_remarks(std::string_view text);
    /// Words of free text that the vocabulary does not hold, numbers from six digits, dates.
    void add_free_text(std::string_view text);
    /// A date, searched in its usual numeric and written spellings; days since 1970-01-01.
    void add_date(std::int64_t days);
    /// A time of day in seconds; midnight says nothing and is left out.
    void add_time_of_day(std::int64_t seconds);
    /// Dates that the output rightly holds, and that would be found if an identifier were the same.
    void allow_date(std::int64_t days);

    /// Digits that the output rightly holds, as a code of a diagnosis.
    void allow_number(std::string_view digits);

    [[nodiscard]] std::size_t size() const;
    /// Whether a word, folded as `fold_key` does, is one of the identifiers that say who, or digits within one.
    [[nodiscard]] bool is_identity(std::string_view folded) const;
    /// Whether a date that was allowed is also an identifier.
    [[nodiscard]] bool has_allowed_twin() const;

    struct Hit {
        std::int64_t offset = 0;
        IdentifierKind kind = IdentifierKind::word;
        bool certain = false;  ///< a whole word or at least six characters in text, eight bytes among samples
        bool in_text = true;
    };
    /// Half-open stretches [header, then in each record from text_offset on] that hold text; the rest are samples.
    struct Layout {
        std::int64_t header_bytes = INT64_MAX, record_bytes = 0, text_offset = 0;
        [[nodiscard]] bool is_text(std::int64_t at) const {
            return at < header_bytes || (record_bytes > 0 && (at - header_bytes) % record_bytes >= text_offset);
        }
    };
    /// Search all bytes: ASCII, UTF-8 composed and decomposed, Latin-1, UTF-16 of both orders, any case, umlauts also
    /// as ae, oe, ue and a, o, u. Among samples only what is six bytes or longer, since shorter ones occur by chance.
    /// At most 1,000 hits.
    [[nodiscard]] std::vector<Hit> search(const ByteSource& source, const Layout& layout) const;
    [[nodiscard]] std::vector<Hit> search(const ByteSource& source) const { return search(source, Layout{}); }
    [[nodiscard]] std::vector<Hit> search(std::string_view text) const;

    /// How many byte patterns are searched.
    [[nodiscard]] std::size_t n_patterns() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace biopotential::inline v0::trust
