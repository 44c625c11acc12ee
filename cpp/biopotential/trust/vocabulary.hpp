#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace biopotential::inline v0::trust {

/// Whether a word may stay although the vocabulary holds it; false for one that is also an identifier of this
/// recording ("Klein" is an adjective and a name). It gets the word folded as `fold_key` of the vocabulary does.
using WordFilter = std::function<bool(std::string_view folded)>;

/// Whether a word of its own (letters and digits, any case) is in the closed vocabulary: German and English words of
/// annotations, electrodes, leads, filters, units.
[[nodiscard]] bool is_vocabulary_word(std::string_view word);

/// Free text that may leave: composed, otherwise unchanged, if every word is in the closed vocabulary and every number
/// is small or has a unit; empty where one is not.
[[nodiscard]] std::optional<std::string> admitted_text(std::string_view text, const WordFilter& may_stay = {});

/// WFDB's aux string that may leave: rhythms as "(AFIB", changes of ST and T, or admitted text.
[[nodiscard]] std::optional<std::string> admitted_aux(std::string_view aux, const WordFilter& may_stay = {});

/// A physical unit in the spelling of the field ("uV" whatever micro sign stood there); empty where it is unknown.
[[nodiscard]] std::string admitted_unit(std::string_view unit);

/// Whether digits are a SNOMED CT concept: 6 to 18 digits, partition 00 or 10, Verhoeff check digit right.
[[nodiscard]] bool is_snomed_concept(std::string_view digits);

}  // namespace biopotential::inline v0::trust
