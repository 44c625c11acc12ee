#include <ATen/ATen.h>

#include <map>
#include <optional>

#include "biopotential/models/runner_internal.hpp"
#include "biopotential/models/safetensors.hpp"

namespace biopotential::inline v0::models::detail {

namespace {

using Weights = std::map<std::string, at::Tensor>;

class Declared final : public Runner {
  public:
    explicit Declared(const Package& package) : layers_(package.declaration.network) {
        const Safetensors file(package.weights);
        for (const TensorSpec& spec : package.declaration.plan.tensors) {
            const std::vector<float> values = file.read(spec.name);
            at::Tensor tensor = at::empty(std::vector<std::int64_t>(spec.shape.begin(), spec.shape.end()), at::kFloat);
            std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
            weights_.emplace(spec.name, std::move(tensor));
        }
    }

    [[nodiscard]] at::Tensor run(const at::Tensor& windows, const at::Tensor& side) const override {
        return follow(layers_, windows, side, "layers.");
    }

  private:
    [[nodiscard]] at::Tensor follow(const std::vector<Layer>& layers, at::Tensor x, const at::Tensor& side,
                                    const std::string& prefix) const {
        for (std::size_t i = 0; i < layers.size(); ++i) {
            x = step(layers[i], x, side, prefix + std::to_string(i) + ".");
        }
        return x;
    }

    /// x: (batch, channels, samples) or (batch, features), as plan_network() followed it.
    [[nodiscard]] at::Tensor step(const Layer& layer, const at::Tensor& x, const at::Tensor& side,
                                  const std::string& at) const {
        const std::string& type = layer.type;
        if (type == "conv1d") {
            return at::conv1d(x, weight(at + "weight"), optional(at + "bias"), {layer.whole("stride")},
                              {layer.whole("padding")}, {layer.whole("dilation")}, layer.whole("groups"));
        }
        if (type == "batch_norm1d") {
            return at::batch_norm(x, weight(at + "weight"), weight(at + "bias"), weight(at + "running_mean"),
                                  weight(at + "running_var"), false, 0.1, layer.values.at("eps"), false);
        }
        if (type == "relu") {
            return at::relu(x);
        }
        if (type == "gelu") {
            return at::gelu(x);
        }
        if (type == "elu") {
            return at::elu(x, layer.values.at("alpha"));
        }
        if (type == "sigmoid") {
            return at::sigmoid(x);
        }
        if (type == "softmax") {
            return at::softmax(x, -1);
        }
        if (type == "max_pool1d" || type == "avg_pool1d") {
            const std::int64_t kernel = layer.whole("kernel_size");
            const std::int64_t stride = layer.whole("stride") == 0 ? kernel : layer.whole("stride");
            return type == "max_pool1d" ? at::max_pool1d(x, {kernel}, {stride}, {layer.whole("padding")})
                                        : at::avg_pool1d(x, {kernel}, {stride}, {layer.whole("padding")});
        }
        if (type == "adaptive_avg_pool1d") {
            return at::adaptive_avg_pool1d(x, {layer.whole("output_size")});
        }
        if (type == "linear") {
            return at::linear(x, weight(at + "weight"), optional(at + "bias"));
        }
        if (type == "flatten") {
            return x.flatten(1);
        }
        if (type == "concat_side") {
            return at::cat({x, side}, 1);
        }
        if (type == "lstm" || type == "gru") {
            return recurrent(layer, x, at);
        }
        if (type == "residual") {
            const at::Tensor body = follow(layer.layers, x, side, at + "layers.");
            return body + (layer.shortcut.empty() ? x : follow(layer.shortcut, x, side, at + "shortcut."));
        }
        return x;  // dropout does nothing outside training
    }

    [[nodiscard]] at::Tensor recurrent(const Layer& layer, const at::Tensor& x, const std::string& at) const {
        const bool both = layer.values.at("bidirectional") != 0;
        std::vector<at::Tensor> parameters;
        for (const char* direction : {"", "_reverse"}) {
            if (*direction != 0 && !both) {
                continue;
            }
            for (const char* tensor : {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"}) {
                parameters.push_back(weight(at + tensor + direction));
            }
        }
        const at::Tensor sequence = x.transpose(1, 2);  // (batch, samples, channels)
        const at::Tensor start = at::zeros({both ? 2 : 1, x.size(0), layer.whole("hidden_size")},
                                           x.options());  // (directions, batch, hidden)
        at::Tensor out, last;
        if (layer.type == "lstm") {
            std::tie(out, last, std::ignore) =
                at::lstm(sequence, {start, start}, parameters, true, 1, 0.0, false, both, true);
        } else {
            std::tie(out, last) = at::gru(sequence, start, parameters, true, 1, 0.0, false, both, true);
        }
        return layer.values.at("sequence") != 0 ? out.transpose(1, 2) : last.transpose(0, 1).flatten(1);
    }

    [[nodiscard]] const at::Tensor& weight(const std::string& name) const { return weights_.at(name); }
    [[nodiscard]] std::optional<at::Tensor> optional(const std::string& name) const {
        const auto found = weights_.find(name);
        return found == weights_.end() ? std::nullopt : std::optional(found->second);
    }

    std::vector<Layer> layers_;
    Weights weights_;
};

}  // namespace

std::unique_ptr<Runner> make_declared(const Package& package) {
    return std::make_unique<Declared>(package);
}

}  // namespace biopotential::inline v0::models::detail
