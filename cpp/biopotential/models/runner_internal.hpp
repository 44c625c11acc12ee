#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "biopotential/models/model.hpp"

namespace biopotential::inline v0::models::detail {

/// A network that LibTorch runs: windows (batch, channels, samples) and side features (batch, n_side) to (batch,
/// classes).
class Runner {
  public:
    Runner() = default;
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;
    virtual ~Runner() = default;
    [[nodiscard]] virtual at::Tensor run(const at::Tensor& windows, const at::Tensor& side) const = 0;
};

[[nodiscard]] std::unique_ptr<Runner> make_declared(const Package& package);
/// Programs come as the bytes that were hashed and admitted, never as a path that may have changed since.
[[nodiscard]] std::unique_ptr<Runner> make_torchscript(const std::vector<std::byte>& bytes, const std::string& name);
[[nodiscard]] std::unique_ptr<Runner> make_aotinductor(const std::vector<std::byte>& bytes, const std::string& name);

/// LibTorch's message without its C++ stack.
[[nodiscard]] std::string first_line(const std::exception& error);

}  // namespace biopotential::inline v0::models::detail
