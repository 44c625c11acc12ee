#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/core/byte_source.hpp"

namespace biopotential::inline v0::models {

/// One tensor of a safetensors file, as its header declares it and its reader has checked it.
struct TensorInfo {
    std::string dtype;         ///< "F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8" or "BOOL"
    std::vector<Index> shape;  ///< empty for a scalar
    std::int64_t offset = 0;   ///< of the first byte in the file
    std::int64_t n_bytes = 0;
    [[nodiscard]] Index n_elements() const;
};

/// A safetensors file: 8 bytes header length, JSON header, tensors. Data only; nothing in it runs.
///
/// Strict: the tensors cover the rest of the file exactly, without gap or overlap; dtype, shape and bytes agree; keys
/// occur once. Everything is checked from the header before a tensor is read.
class Safetensors {
  public:
    /// \throws ParseError, IoError
    explicit Safetensors(std::shared_ptr<const ByteSource> source);

    [[nodiscard]] const std::map<std::string, TensorInfo>& tensors() const { return tensors_; }
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const { return metadata_; }
    /// A floating-point tensor's elements in row-major order (F64 is rounded to float).
    /// \throws std::invalid_argument  no such tensor; ParseError  a dtype that is not floating point
    [[nodiscard]] std::vector<float> read(const std::string& tensor) const;

  private:
    std::shared_ptr<const ByteSource> source_;
    std::map<std::string, TensorInfo> tensors_;
    std::map<std::string, std::string> metadata_;
};

}  // namespace biopotential::inline v0::models
