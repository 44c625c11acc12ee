#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace biopotential::inline v0::trust {

/// Code points of UTF-8 text; of text that is none, of its bytes as Latin-1.
[[nodiscard]] std::u32string decode_text(std::string_view text);
[[nodiscard]] std::string encode_utf8(std::u32string_view text);

/// Unicode's canonical composition and decomposition for the Latin letters of Europe; other text stays as it is.
[[nodiscard]] std::u32string compose(std::u32string_view text);
[[nodiscard]] std::u32string decompose(std::u32string_view text);

[[nodiscard]] char32_t lower(char32_t c);
[[nodiscard]] char32_t upper(char32_t c);
[[nodiscard]] bool is_letter(char32_t c);
[[nodiscard]] constexpr bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}

/// What compares equal whatever the case and the spelling of umlauts: lower case, ae for a-umlaut, ss for sharp s,
/// other accents off.
[[nodiscard]] std::string fold_key(std::u32string_view text);

/// Letters and digits between everything else, in composed form.
[[nodiscard]] std::vector<std::u32string> split_words(std::u32string_view text);

}  // namespace biopotential::inline v0::trust
