#include "biopotential/models/network.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "biopotential/core/errors.hpp"
#include "biopotential/models/json_internal.hpp"

namespace biopotential::inline v0::models {

namespace {

using nlohmann::json;

constexpr Index max_parameters = Index{1} << 28;
constexpr Index max_activations = Index{1} << 26;
constexpr Index max_operations = Index{1} << 36;
constexpr int max_nesting = 4;
constexpr std::size_t max_layers = 500;

struct Key {
    const char* name;
    double low, high;
    std::optional<double> fallback;
    enum { whole, real, truth } kind = whole;
};

constexpr double many = 65536;

const std::map<std::string, std::vector<Key>>& known_layers() {
    static const Key kernel{"kernel_size", 1, many, std::nullopt}, stride{"stride", 1, many, 1},
        padding{"padding", 0, many, 0};
    static const Key bias{"bias", 0, 1, 1, Key::truth};
    static const Key pool_stride{"stride", 0, many, 0};  // 0: the kernel's size, as torch.nn
    static const std::vector<Key> recurrent{{"hidden_size", 1, many, std::nullopt},
                                            {"bidirectional", 0, 1, 0, Key::truth},
                                            {"sequence", 0, 1, 0, Key::truth}};
    static const std::map<std::string, std::vector<Key>> layers{
        {"conv1d",
         {{"out_channels", 1, many, std::nullopt},
          kernel,
          stride,
          padding,
          {"dilation", 1, many, 1},
          {"groups", 1, many, 1},
          bias}},
        {"batch_norm1d", {{"eps", 1e-12, 1, 1e-5, Key::real}}},
        {"relu", {}},
        {"gelu", {}},
        {"elu", {{"alpha", 0, 100, 1, Key::real}}},
        {"sigmoid", {}},
        {"softmax", {}},
        {"max_pool1d", {kernel, pool_stride, padding}},
        {"avg_pool1d", {kernel, pool_stride, padding}},
        {"adaptive_avg_pool1d", {{"output_size", 1, many, std::nullopt}}},
        {"linear", {{"out_features", 1, many, std::nullopt}, bias}},
        {"dropout", {{"p", 0, 1, 0.5, Key::real}}},
        {"flatten", {}},
        {"lstm", recurrent},
        {"gru", recurrent},
        {"concat_side", {}},
        {"residual", {}}};
    return layers;
}

class Parser {
  public:
    explicit Parser(const std::string& name) : name_(name) {}

    std::vector<Layer> list(const json& items, int nesting) {
        if (!items.is_array() || items.empty()) {
            refuse("a list of layers", items);
        }
        if (nesting > max_nesting) {
            refuse("at most 4 levels of residual blocks", items);
        }
        std::vector<Layer> layers;
        for (const json& item : items) {
            layers.push_back(one(item, nesting));
        }
        return layers;
    }

  private:
    Layer one(const json& item, int nesting) {
        if (++count_ > max_layers) {
            refuse("at most 500 layers", item);
        }
        if (!item.is_object() || !item.contains("type") || !item["type"].is_string()) {
            refuse("a layer with a type", item);
        }
        Layer layer;
        layer.type = item["type"].get<std::string>();
        const auto known = known_layers().find(layer.type);
        if (known == known_layers().end()) {
            refuse("a known layer type", item);
        }
        for (const auto& [key, value] : item.items()) {
            if (key == "type") {
                continue;
            }
            if (layer.type == "residual" && (key == "layers" || key == "shortcut")) {
                (key == "layers" ? layer.layers : layer.shortcut) = list(value, nesting + 1);
                continue;
            }
            const auto spec = std::find_if(known->second.begin(), known->second.end(),
                                           [&, &key = key](const Key& k) { return key == k.name; });
            if (spec == known->second.end()) {
                refuse("no other key than " + layer.type + "'s", item);
            }
            layer.values[key] = number(*spec, value, item);
        }
        for (const Key& key : known->second) {
            if (!layer.values.contains(key.name)) {
                if (!key.fallback) {
                    refuse(std::string("a value for ") + key.name, item);
                }
                layer.values[key.name] = *key.fallback;
            }
        }
        if (layer.type == "residual" && layer.layers.empty()) {
            refuse("the layers of a residual block", item);
        }
        return layer;
    }

    double number(const Key& key, const json& value, const json& item) {
        if (key.kind == Key::truth) {
            if (!value.is_boolean()) {
                refuse(std::string(key.name) + " as true or false", item);
            }
            return value.get<bool>() ? 1 : 0;
        }
        if (key.kind == Key::whole ? !value.is_number_integer() : !value.is_number()) {
            refuse(std::string(key.name) + (key.kind == Key::whole ? " as a whole number" : " as a number"), item);
        }
        const auto v = value.get<double>();
        if (!(v >= key.low && v <= key.high)) {
            refuse(std::string(key.name) + " from " + json(key.low).dump() + " to " + json(key.high).dump(), item);
        }
        return v;
    }

    [[noreturn]] void refuse(const std::string& wanted, const json& came) {
        throw ParseError(name_, std::nullopt, "network: wanted " + wanted + ", got " + came.dump().substr(0, 100));
    }

    const std::string& name_;
    std::size_t count_ = 0;
};

using Shape = std::vector<Index>;  // (channels, samples) or (features,)

std::string text(const Shape& shape) {
    std::string out = "(";
    for (const Index n : shape) {
        out.append(std::to_string(n)).append(shape.size() == 2 && out.size() > 1 ? "" : ",");
    }
    return out.append(")");
}

class Planner {
  public:
    Planner(const std::string& name, Index n_side) : name_(name), n_side_(n_side) {}

    Shape follow(const std::vector<Layer>& layers, Shape shape, const std::string& prefix) {
        for (std::size_t i = 0; i < layers.size(); ++i) {
            shape = step(layers[i], shape, prefix + std::to_string(i) + ".");
            plan.n_activations = std::max(plan.n_activations, count(shape));
            limit(plan.n_activations, max_activations, "activations per window");
        }
        return shape;
    }

    [[noreturn]] void refuse(const std::string& wanted, const std::string& got) const {
        throw ParseError(name_, std::nullopt, "network: wanted " + wanted + ", got " + got);
    }

    NetworkPlan plan;

  private:
    Shape step(const Layer& layer, const Shape& in, const std::string& at) {
        const auto with_time = [&] {
            if (in.size() != 2) {
                refuse("(channels, samples) into " + layer.type, text(in));
            }
        };
        if (layer.type == "conv1d") {
            with_time();
            const Index out = layer.whole("out_channels"), groups = layer.whole("groups"),
                        k = layer.whole("kernel_size");
            if (in[0] % groups != 0 || out % groups != 0) {
                refuse("channels that conv1d's groups divide", text(in));
            }
            need(at + "weight", {out, in[0] / groups, k});
            if (layer.values.at("bias") != 0) {
                need(at + "bias", {out});
            }
            const Shape shape{out, slide(layer, in[1], layer.whole("dilation") * (k - 1) + 1, layer.whole("stride"))};
            work(count(shape), in[0] / groups * k);
            return shape;
        }
        if (layer.type == "max_pool1d" || layer.type == "avg_pool1d") {
            with_time();
            const Index k = layer.whole("kernel_size");
            if (2 * layer.whole("padding") > k) {
                refuse("a pooling padding of at most half the kernel", std::to_string(layer.whole("padding")));
            }
            const Shape shape{in[0], slide(layer, in[1], k, layer.whole("stride") == 0 ? k : layer.whole("stride"))};
            work(count(shape), k);
            return shape;
        }
        if (layer.type == "adaptive_avg_pool1d") {
            with_time();
            return {in[0], layer.whole("output_size")};
        }
        if (layer.type == "batch_norm1d") {
            for (const char* tensor : {"weight", "bias", "running_mean", "running_var"}) {
                need(at + tensor, {in[0]});
            }
            return in;
        }
        if (layer.type == "linear") {
            if (in.size() != 1) {
                refuse("(features,) into linear", text(in));
            }
            const Index out = layer.whole("out_features");
            need(at + "weight", {out, in[0]});
            if (layer.values.at("bias") != 0) {
                need(at + "bias", {out});
            }
            work(out, in[0]);
            return {out};
        }
        if (layer.type == "flatten") {
            return {count(in)};
        }
        if (layer.type == "softmax" && in.size() != 1) {
            refuse("(features,) into softmax", text(in));
        }
        if (layer.type == "concat_side") {
            if (in.size() != 1 || n_side_ == 0) {
                refuse("(features,) and declared side features into concat_side",
                       text(in) + " and " + std::to_string(n_side_) + " side features");
            }
            return {in[0] + n_side_};
        }
        if (layer.type == "lstm" || layer.type == "gru") {
            with_time();
            const Index hidden = layer.whole("hidden_size"), gates = layer.type == "lstm" ? 4 : 3;
            const bool both = layer.values.at("bidirectional") != 0;
            for (const char* direction : {"", "_reverse"}) {
                if (*direction != 0 && !both) {
                    continue;
                }
                need(at + "weight_ih_l0" + direction, {gates * hidden, in[0]});
                need(at + "weight_hh_l0" + direction, {gates * hidden, hidden});
                need(at + "bias_ih_l0" + direction, {gates * hidden});
                need(at + "bias_hh_l0" + direction, {gates * hidden});
                work(in[1] * gates * hidden, in[0] + hidden);
            }
            const Index out = both ? 2 * hidden : hidden;
            return layer.values.at("sequence") != 0 ? Shape{out, in[1]} : Shape{out};
        }
        if (layer.type == "residual") {
            const Shape body = follow(layer.layers, in, at + "layers.");
            const Shape shortcut = layer.shortcut.empty() ? in : follow(layer.shortcut, in, at + "shortcut.");
            if (body != shortcut) {
                refuse("the same shape from both branches of a residual block", text(body) + " and " + text(shortcut));
            }
            return body;
        }
        return in;  // activations and dropout
    }

    Index slide(const Layer& layer, Index n, Index span, Index stride) const {
        const Index padded = n + 2 * layer.whole("padding");
        if (padded < span) {
            refuse("at least " + std::to_string(span) + " samples into " + layer.type, std::to_string(padded));
        }
        return (padded - span) / stride + 1;
    }

    void need(const std::string& tensor, const Shape& shape) {
        // Each factor is at most 2^26 (a flattened activation) by 2^16, and conv1d's three at most 2^16 each.
        Index n = 1;
        for (const Index d : shape) {
            n *= d;
        }
        plan.n_parameters += n;
        limit(plan.n_parameters, max_parameters, "parameters");
        plan.tensors.push_back({tensor, shape});
    }
    void work(Index outputs, Index each) {
        Index n = 0;
        if (__builtin_mul_overflow(outputs, each, &n)) {
            n = max_operations;
        }
        plan.n_operations += std::min(n, max_operations);
        limit(plan.n_operations, max_operations - 1, "multiply-adds per window");
    }
    void limit(Index n, Index most, const char* what) const {
        if (n > most) {
            refuse("at most " + std::to_string(most) + " " + what, std::to_string(n));
        }
    }
    [[nodiscard]] static Index count(const Shape& shape) { return shape.size() == 2 ? shape[0] * shape[1] : shape[0]; }

    const std::string& name_;
    Index n_side_;
};

}  // namespace

std::vector<Layer> parse_network(const std::string& text, const std::string& name) {
    return Parser(name).list(detail::parse_strict(text, name, 24), 0);
}

NetworkPlan plan_network(const std::vector<Layer>& layers, Index n_channels, Index n_samples, Index n_side,
                         Index n_classes, const std::string& name) {
    Planner planner(name, n_side);
    planner.plan.n_activations = n_channels * n_samples;
    const Shape out = planner.follow(layers, {n_channels, n_samples}, "layers.");
    if (out != Shape{n_classes}) {
        planner.refuse("(" + std::to_string(n_classes) + ",) out of the last layer, one value per class", text(out));
    }
    if (layers.back().type != "softmax" && layers.back().type != "sigmoid") {
        planner.refuse("softmax or sigmoid as the last layer", layers.back().type);
    }
    return planner.plan;
}

}  // namespace biopotential::inline v0::models
