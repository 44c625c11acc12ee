#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/pipeline.hpp"
#include "biopotential/models/network.hpp"

namespace biopotential::inline v0::models {

/// What a network takes in, after preprocessing.
struct InputSpec {
    Index n_channels = 1;
    double fs = 0;                           ///< Hz
    Index window_samples = 0;                ///< samples per window at fs
    std::string unit;                        ///< of the signal before preprocessing: "mV", "uV"
    std::vector<std::string> side_features;  ///< of side_feature_names(); beat windows only
};

/// How windows lie in a signal, in samples of the model's rate.
struct Windowing {
    enum Kind { fixed, beats };
    Kind kind = fixed;
    Index step_samples = 0;    ///< fixed: from one window's start to the next
    Index before_samples = 0;  ///< beats: from the window's start to the R peak
};

/// A model package's model.json (docs/model-package.md), checked.
struct Declaration {
    static constexpr int schema_version = 1;
    std::string name;
    std::vector<Layer> network;
    NetworkPlan plan;
    InputSpec input;
    Pipeline preprocessing;
    Windowing windowing;
    std::vector<std::string> classes;
    std::map<std::string, std::string> members;  ///< file name: SHA-256
    std::string card;                            ///< the whole declaration as JSON
};

/// A package read and checked, not yet built: the weights are in memory, their hash is the declared one, every tensor
/// that the network needs is there in its shape and no other.
struct Package {
    Declaration declaration;
    std::string sha256;  ///< of model.json
    std::shared_ptr<const ByteSource> weights;
};

/// \throws ParseError  `name` stands in the message
[[nodiscard]] Declaration parse_declaration(const std::string& json, const std::string& name = "model.json");

/// \param folder  holds model.json and the members that it lists
/// \throws ParseError, IntegrityError, IoError
[[nodiscard]] Package read_package(const std::filesystem::path& folder);

}  // namespace biopotential::inline v0::models
