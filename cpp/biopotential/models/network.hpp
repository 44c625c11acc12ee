#pragma once

#include <map>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::models {

/// One declared layer. Numbers and truth values stand in `values`, defaults filled in; `layers` and `shortcut` are a
/// residual block's two branches (an empty shortcut is the identity). Names and defaults are those of torch.nn.
struct Layer {
    std::string type;
    std::map<std::string, double> values;
    std::vector<Layer> layers, shortcut;

    [[nodiscard]] Index whole(const std::string& key) const { return static_cast<Index>(values.at(key)); }
};

/// A parameter or buffer that the network needs, named as in the state_dict of models.to_torch().
struct TensorSpec {
    std::string name;
    std::vector<Index> shape;
};

/// What a declared network needs, known before anything is allocated.
struct NetworkPlan {
    std::vector<TensorSpec> tensors;
    Index n_parameters = 0;
    Index n_activations = 0;  ///< elements of the largest layer output, per window
    Index n_operations = 0;   ///< multiply-adds per window
};

/// A JSON list of layers. \throws ParseError  an unknown layer or key, a value out of range, nested too deep
[[nodiscard]] std::vector<Layer> parse_network(const std::string& json, const std::string& name = "<network>");

/// Follow the shapes from an input (n_channels, n_samples), with n_side features beside it, to (n_classes,).
/// \throws ParseError  shapes that don't fit, or more than 2^28 parameters, 2^26 activations, 2^36 multiply-adds
[[nodiscard]] NetworkPlan plan_network(const std::vector<Layer>& layers, Index n_channels, Index n_samples,
                                       Index n_side, Index n_classes, const std::string& name = "<network>");

}  // namespace biopotential::inline v0::models
