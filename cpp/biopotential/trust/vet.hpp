#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "biopotential/core/hooks.hpp"

namespace biopotential::inline v0::trust {

struct VettedMember {
    std::string name;
    std::int64_t bytes = 0;
    std::string kind;  ///< "tensors", "pickle", "code", "native code" ...
};

struct Vetted {
    char model_class = 'D';            ///< A data only, B interpreted code, C native code, D refused
    std::string format;                ///< "safetensors", "package", "npy", "npz", "TorchScript", "pt2" ..., "unknown"
    std::string sha256;                ///< as ModelIdentity has it: of the file; of a package, of its model.json
    std::vector<std::string> reasons;  ///< why it is not of a better class
    std::vector<std::string> operators;  ///< B: the operators that its code calls
    std::vector<VettedMember> members;   ///< of an archive or folder
};

/// Tell what a model file can do, by its content and never by its name; nothing in it runs.
///
/// A: a package of the project, safetensors, npy and npz without objects. B: TorchScript whose code calls only
/// operators of an allow-list, exported programs without native code. C: ELF, PE or Mach-O, alone or as a member. D:
/// pickles, archives that are encrypted, nested, lying, overlapping or not alone in their file, and all that is not
/// known. A class says what a file could do, not that it is harmless: admission is a list, not a class.
/// \throws IoError
[[nodiscard]] Vetted vet(const std::filesystem::path& model);

/// A list of models that may load, by SHA-256.
struct AdmittedModel {
    std::string sha256;
    char model_class = 'D';
};

/// Install the hook that models::load asks: packages load, programs only where the list has their SHA-256 and class B
/// or C. \throws std::invalid_argument  a hash that is none, class A or D
void install_admission(const std::vector<AdmittedModel>& admitted);
/// Remove it.
void remove_admission();

}  // namespace biopotential::inline v0::trust
