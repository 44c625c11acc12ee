#include <expat.h>

#include <algorithm>
#include <memory>

#include "biopotential/core/errors.hpp"
#include "biopotential/io/text_internal.hpp"
#include "biopotential/io/xml_internal.hpp"

namespace biopotential::inline v0::io {

namespace {

constexpr std::size_t max_depth = 100;
constexpr std::size_t max_elements = 2'000'000;
constexpr std::int64_t max_bytes = 512 << 20;

std::string local_name(std::string_view name) {
    const std::size_t colon = name.rfind(':');
    return std::string(colon == std::string_view::npos ? name : name.substr(colon + 1));
}

/// What the handlers share; no exception may pass through expat.
struct Builder {
    XML_Parser parser = nullptr;
    XmlElement root;
    std::vector<XmlElement*> open;
    std::size_t n_elements = 0;
    std::string problem;

    void stop(std::string what) {
        problem = std::move(what);
        XML_StopParser(parser, XML_FALSE);
    }

    static void on_start(void* user, const XML_Char* name, const XML_Char** attributes) noexcept {
        Builder& my = *static_cast<Builder*>(user);
        if (!my.problem.empty()) {
            return;
        }
        if (my.open.size() >= max_depth || ++my.n_elements > max_elements) {
            my.stop("wanted at most " + std::to_string(max_depth) + " levels and " + std::to_string(max_elements) +
                    " elements, got more");
            return;
        }
        XmlElement element;
        element.name = local_name(name);
        element.at = XML_GetCurrentByteIndex(my.parser);
        for (; *attributes != nullptr; attributes += 2) {
            element.attributes[local_name(attributes[0])] = attributes[1];
        }
        if (my.open.empty()) {
            my.root = std::move(element);
            my.open.push_back(&my.root);
        } else {
            // A parent is no child's sibling any more when it grows: pointers to open elements stay good.
            my.open.back()->children.push_back(std::move(element));
            my.open.push_back(&my.open.back()->children.back());
        }
    }
    static void on_end(void* user, const XML_Char* /*name*/) noexcept {
        Builder& my = *static_cast<Builder*>(user);
        if (!my.open.empty()) {
            my.open.pop_back();
        }
    }
    static void on_text(void* user, const XML_Char* text, int n) noexcept {
        Builder& my = *static_cast<Builder*>(user);
        if (!my.open.empty()) {
            my.open.back()->text.append(text, static_cast<std::size_t>(n));
        }
    }
    static void on_entity(void* user, const XML_Char* name, int /*is_parameter*/, const XML_Char* /*value*/,
                          int /*length*/, const XML_Char* /*base*/, const XML_Char* /*system*/,
                          const XML_Char* /*public_id*/, const XML_Char* /*notation*/) noexcept {
        static_cast<Builder*>(user)->stop("wanted a document without entities of its own, got " + quote_text(name));
    }
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view path) const {
    const XmlElement* at = this;
    while (at != nullptr && !path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const auto child = std::ranges::find(at->children, path.substr(0, slash), &XmlElement::name);
        at = child == at->children.end() ? nullptr : &*child;
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return at;
}

std::vector<const XmlElement*> XmlElement::all(std::string_view child) const {
    std::vector<const XmlElement*> out;
    for (const XmlElement& element : children) {
        if (element.name == child) {
            out.push_back(&element);
        }
    }
    return out;
}

std::string XmlElement::text_at(std::string_view path) const {
    const XmlElement* element = find(path);
    if (element == nullptr) {
        return "";
    }
    std::string_view text = element->text;
    while (!text.empty() && (is_blank(text.front()) || text.front() == '\n')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\n')) {
        text.remove_suffix(1);
    }
    return std::string(text);
}

std::string XmlElement::attribute(const std::string& key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? "" : found->second;
}

XmlElement parse_xml(std::string_view text, const std::string& name) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(XML_ParserCreate(nullptr),
                                                                              &XML_ParserFree);
    if (!parser) {
        throw std::bad_alloc();
    }
    Builder builder;
    builder.parser = parser.get();
    XML_SetUserData(parser.get(), &builder);
    XML_SetElementHandler(parser.get(), Builder::on_start, Builder::on_end);
    XML_SetCharacterDataHandler(parser.get(), Builder::on_text);
    XML_SetEntityDeclHandler(parser.get(), Builder::on_entity);
    constexpr std::size_t step = 1 << 20;
    for (std::size_t at = 0;; at += step) {
        const std::string_view part = text.substr(std::min(at, text.size()), step);
        const bool last = at + step >= text.size();
        if (XML_Parse(parser.get(), part.data(), static_cast<int>(part.size()), last ? 1 : 0) != XML_STATUS_OK) {
            const auto offset = static_cast<std::int64_t>(XML_GetCurrentByteIndex(parser.get()));
            throw ParseError(name, std::max<std::int64_t>(offset, 0),
                             builder.problem.empty()
                                 ? std::string("wanted XML, got: ") + XML_ErrorString(XML_GetErrorCode(parser.get()))
                                 : builder.problem);
        }
        if (last) {
            break;
        }
    }
    return std::move(builder.root);
}

XmlElement parse_xml(const ByteSource& source) {
    return parse_xml(source.read_text(max_bytes), source.name());
}

}  // namespace biopotential::inline v0::io
