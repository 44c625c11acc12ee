#include "biopotential/models/package.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/hash.hpp"
#include "biopotential/models/json_internal.hpp"
#include "biopotential/models/safetensors.hpp"
#include "biopotential/models/windows.hpp"

namespace biopotential::inline v0::models {

namespace {

using nlohmann::json;

constexpr std::int64_t max_declaration = 1 << 20;
constexpr std::int64_t max_member = std::int64_t{1} << 31;
constexpr Index max_window = Index{1} << 24;

class Reader {
  public:
    explicit Reader(const std::string& name) : name_(name) {}

    [[noreturn]] void refuse(const std::string& wanted, const json& came) const {
        throw ParseError(name_, std::nullopt, "wanted " + wanted + ", got " + came.dump(-1, ' ', true).substr(0, 100));
    }
    void keys(const json& object, const std::string& what, const std::set<std::string>& required,
              const std::set<std::string>& optional) const {
        if (!object.is_object()) {
            refuse(what + " as an object", object);
        }
        for (const auto& [key, value] : object.items()) {
            if (!required.contains(key) && !optional.contains(key)) {
                refuse("no other key in " + what + " than the schema's", key);
            }
        }
        for (const std::string& key : required) {
            if (!object.contains(key)) {
                refuse("the key '" + key + "' in " + what, object);
            }
        }
    }
    [[nodiscard]] std::string string(const json& object, const std::string& key) const {
        const json& value = object.at(key);
        if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
            refuse(key + " as a text", value);
        }
        return value.get<std::string>();
    }
    [[nodiscard]] Index whole(const json& object, const std::string& key, Index low, Index high) const {
        const json& value = object.at(key);
        if (!value.is_number_integer() || value.get<double>() < static_cast<double>(low) ||
            value.get<double>() > static_cast<double>(high)) {
            refuse(key + " as a whole number from " + std::to_string(low) + " to " + std::to_string(high), value);
        }
        return value.get<Index>();
    }
    /// Different, non-empty texts.
    [[nodiscard]] std::vector<std::string> names(const json& value, const std::string& what) const {
        std::vector<std::string> out;
        if (!value.is_array() || value.size() > 10'000) {
            refuse(what + " as a list of texts", value);
        }
        for (const json& item : value) {
            if (!item.is_string() || item.get_ref<const std::string&>().empty() ||
                std::find(out.begin(), out.end(), item.get<std::string>()) != out.end()) {
                refuse(what + " as a list of different texts", value);
            }
            out.push_back(item.get<std::string>());
        }
        return out;
    }

  private:
    const std::string& name_;
};

InputSpec parse_input(const Reader& read, const json& input) {
    read.keys(input, "input", {"n_channels", "fs", "window_samples", "unit"}, {"channel_names", "side_features"});
    InputSpec spec;
    spec.n_channels = read.whole(input, "n_channels", 1, 4096);
    if (!input["fs"].is_number() || !(input["fs"].get<double>() > 0) || input["fs"].get<double>() > 1e6) {
        read.refuse("fs in Hz, > 0", input["fs"]);
    }
    spec.fs = input["fs"].get<double>();
    spec.window_samples = read.whole(input, "window_samples", 1, max_window);
    spec.unit = read.string(input, "unit");
    if (input.contains("channel_names") &&
        static_cast<Index>(read.names(input["channel_names"], "channel_names").size()) != spec.n_channels) {
        read.refuse("one of channel_names per channel", input["channel_names"]);
    }
    if (input.contains("side_features")) {
        spec.side_features = read.names(input["side_features"], "side_features");
        for (const std::string& feature : spec.side_features) {
            const auto& known = side_feature_names();
            if (std::find(known.begin(), known.end(), feature) == known.end()) {
                read.refuse("a known side feature", feature);
            }
        }
    }
    return spec;
}

Windowing parse_windowing(const Reader& read, const json& windowing, const InputSpec& input) {
    Windowing out;
    if (windowing.is_object() && windowing.contains("kind") && windowing["kind"] == "beats") {
        read.keys(windowing, "windowing", {"kind", "before_samples"}, {});
        out.kind = Windowing::beats;
        out.before_samples = read.whole(windowing, "before_samples", 0, input.window_samples - 1);
        const auto after = static_cast<double>(input.window_samples - 1 - out.before_samples);
        if (std::any_of(input.side_features.begin(), input.side_features.end(), is_shape_feature) &&
            (input.fs < shape_least_fs || static_cast<double>(out.before_samples) < shape_before_s * input.fs ||
             after < shape_after_s * input.fs)) {
            read.refuse("windows at 50 Hz or more from 0.28 s before to 0.55 s after the R peak for features of shape",
                        windowing);
        }
        return out;
    }
    read.keys(windowing, "windowing", {"kind", "step_samples"}, {});
    if (windowing["kind"] != "fixed") {
        read.refuse("windowing of kind 'fixed' or 'beats'", windowing["kind"]);
    }
    out.step_samples = read.whole(windowing, "step_samples", 1, max_window);
    if (!input.side_features.empty()) {
        read.refuse("side_features only with windowing of kind 'beats'", windowing);
    }
    return out;
}

std::map<std::string, std::string> parse_members(const Reader& read, const json& members) {
    read.keys(members, "members", {"weights.safetensors"}, {});
    const std::string hash = read.string(members, "weights.safetensors");
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string::npos) {
        read.refuse("a SHA-256 of 64 lowercase hexadecimal digits", hash);
    }
    return {{"weights.safetensors", hash}};
}

void check_weights(const Declaration& declaration, const std::shared_ptr<const ByteSource>& weights) {
    const Safetensors file(weights);
    for (const TensorSpec& wanted : declaration.plan.tensors) {
        const auto found = file.tensors().find(wanted.name);
        if (found == file.tensors().end()) {
            throw ParseError(weights->name(), std::nullopt,
                             "wanted the tensor '" + wanted.name + "' that the network declares");
        }
        if (found->second.shape != wanted.shape) {
            throw ParseError(weights->name(), found->second.offset,
                             "tensor '" + wanted.name + "': wanted shape " + json(wanted.shape).dump() + ", got " +
                                 json(found->second.shape).dump());
        }
        if (found->second.dtype.find('F') == std::string::npos) {
            throw ParseError(weights->name(), found->second.offset,
                             "tensor '" + wanted.name + "': wanted floating point, got " + found->second.dtype);
        }
    }
    if (file.tensors().size() != declaration.plan.tensors.size()) {
        throw ParseError(weights->name(), std::nullopt,
                         "wanted the network's " + std::to_string(declaration.plan.tensors.size()) + " tensors, got " +
                             std::to_string(file.tensors().size()));
    }
}

}  // namespace

Declaration parse_declaration(const std::string& text, const std::string& name) {
    const json document = detail::parse_strict(text, name, 24);
    const Reader read(name);
    if (!document.is_object() || !document.contains("schema_version") ||
        document["schema_version"] != Declaration::schema_version || !document["schema_version"].is_number_integer()) {
        read.refuse("schema_version " + std::to_string(Declaration::schema_version) +
                        " (a newer package needs a newer biopotential)",
                    document.is_object() && document.contains("schema_version") ? document["schema_version"] : json());
    }
    read.keys(document, "model.json",
              {"schema_version", "name", "description", "network", "input", "preprocessing", "windowing", "classes",
               "intended_use", "disclaimer", "licence", "members"},
              {"version", "training", "split", "metrics", "attributions", "limitations"});
    Declaration out;
    out.name = read.string(document, "name");
    for (const char* key : {"description", "intended_use", "disclaimer", "licence"}) {
        (void)read.string(document, key);
    }
    out.input = parse_input(read, document["input"]);
    out.windowing = parse_windowing(read, document["windowing"], out.input);
    out.preprocessing = parse_pipeline(document["preprocessing"].dump(), name);
    out.classes = read.names(document["classes"], "classes");
    if (out.classes.empty()) {
        read.refuse("at least one class", document["classes"]);
    }
    out.network = parse_network(document["network"].dump(), name);
    out.plan =
        plan_network(out.network, out.input.n_channels, out.input.window_samples,
                     static_cast<Index>(out.input.side_features.size()), static_cast<Index>(out.classes.size()), name);
    out.members = parse_members(read, document["members"]);
    out.card = document.dump();
    return out;
}

Package read_package(const std::filesystem::path& folder) {
    const auto source = open_file(folder / "model.json");
    const std::string text = source->read_text(max_declaration);
    Package package;
    Sha256 hash;
    hash.update(std::string_view(text));
    package.sha256 = hash.hex();
    package.declaration = parse_declaration(text, source->name());

    // Read once, hash and parse the same bytes: the file may change behind our back. Its size is checked against the
    // declaration first, so that neither file alone makes us allocate much.
    const auto weights = open_file(folder / "weights.safetensors");
    const std::int64_t most = std::min(max_member, 8 * package.declaration.plan.n_parameters + (std::int64_t{1} << 20));
    if (weights->size() > most) {
        throw ParseError(weights->name(), std::nullopt,
                         "wanted at most " + std::to_string(most) + " bytes for the declared network, got " +
                             std::to_string(weights->size()));
    }
    package.weights = from_memory(weights->read_exactly(0, static_cast<std::size_t>(weights->size())), weights->name());
    const std::string came = sha256(*package.weights);
    const std::string& wanted = package.declaration.members.at("weights.safetensors");
    if (came != wanted) {
        throw IntegrityError("[models.load] " + weights->name() + ": wanted SHA-256 " + wanted + ", got " + came);
    }
    check_weights(package.declaration, package.weights);
    return package;
}

}  // namespace biopotential::inline v0::models
