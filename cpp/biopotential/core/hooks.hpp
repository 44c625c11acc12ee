#pragma once

#include <functional>
#include <string>

namespace biopotential::inline v0 {

// Two hooks that do nothing until `trust` installs them. A hook refuses by throwing PolicyError.

struct Access {
    enum Kind { read, write };
    Kind kind;
    std::string path;
};
using AccessHook = std::function<void(const Access&)>;

/// Install the hook that hears of every file that is read or written; an empty one removes it.
void set_access_hook(AccessHook hook);
void notify_access(const Access& access);

struct ModelIdentity {
    std::string path;
    std::string format;  ///< "package", "torchscript" or "aotinductor"
    std::string sha256;  ///< of the file; of a package, of its model.json, which names the hash of every member
};
using Admission = std::function<void(const ModelIdentity&)>;

/// Install the hook that decides whether a model may load; an empty one removes it.
void set_admission_hook(Admission hook);
void require_admission(const ModelIdentity& model);

}  // namespace biopotential::inline v0
