#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::io {

/// An element of an XML document, its name without the namespace's prefix.
struct XmlElement {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text;  ///< of the element itself, its children's left out
    std::vector<XmlElement> children;
    std::int64_t at = 0;  ///< byte offset in the file

    /// The first child on the path "a/b/c"; null where there is none.
    [[nodiscard]] const XmlElement* find(std::string_view path) const;
    /// Children of that name.
    [[nodiscard]] std::vector<const XmlElement*> all(std::string_view child) const;
    /// Trimmed text of find(path); empty where there is none.
    [[nodiscard]] std::string text_at(std::string_view path) const;
    [[nodiscard]] std::string attribute(const std::string& key) const;
};

/// The document's root (expat). Entity declarations are refused, and no other file or address is ever read.
/// \throws ParseError  no XML, or deeper and larger than any recording needs
[[nodiscard]] XmlElement parse_xml(const ByteSource& source);
[[nodiscard]] XmlElement parse_xml(std::string_view text, const std::string& name);

}  // namespace biopotential::inline v0::io
