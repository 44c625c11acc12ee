#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace biopotential::inline v0::trust {

struct PickleGlobals {
    bool valid = false;              ///< every opcode is known and the stream ends with STOP and nothing behind it
    std::vector<std::string> names;  ///< "module name" of everything that loading it would import
};

/// Walk a pickle's opcodes (protocols 0 to 5) without running one.
[[nodiscard]] PickleGlobals pickle_globals(std::string_view bytes);

/// Whether a global only rebuilds tensors and containers of torch.
[[nodiscard]] bool is_tensor_global(std::string_view name);

}  // namespace biopotential::inline v0::trust
