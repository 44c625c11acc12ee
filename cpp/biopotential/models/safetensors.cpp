#include "biopotential/models/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "biopotential/core/errors.hpp"
#include "biopotential/models/json_internal.hpp"

namespace biopotential::inline v0::models {

namespace {

using nlohmann::json;

constexpr std::int64_t max_header = 100'000'000;  // the format's own cap
constexpr std::size_t max_dimensions = 8;

std::int64_t element_size(const std::string& dtype) {
    static const std::map<std::string, std::int64_t> sizes{{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2},
                                                           {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},
                                                           {"U8", 1},  {"BOOL", 1}};
    const auto found = sizes.find(dtype);
    return found == sizes.end() ? 0 : found->second;
}

template <class T>
T little_endian(const std::byte* bytes) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(bytes[i]) << (8 * i)));
    }
    return value;
}

// IEEE 754 binary16, subnormals included.
float from_half(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int mantissa = bits & 1023;
    const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
    if (exponent == 31) {
        return mantissa == 0 ? sign * std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
    }
    return exponent == 0 ? sign * std::ldexp(static_cast<float>(mantissa), -24)
                         : sign * std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
}

TensorInfo parse_tensor(const std::string& file, const std::string& name, const json& item, std::int64_t data_start,
                        std::int64_t data_size) {
    const auto refuse = [&](const std::string& wanted) {
        throw ParseError(file, 8, "tensor '" + name + "': wanted " + wanted + ", got " + item.dump().substr(0, 120));
    };
    if (!item.is_object() || item.size() != 3 || !item.contains("dtype") || !item.contains("shape") ||
        !item.contains("data_offsets")) {
        refuse("an object of dtype, shape and data_offsets");
    }
    if (!item["dtype"].is_string() || element_size(item["dtype"].get<std::string>()) == 0) {
        refuse("a known dtype");
    }
    TensorInfo info;
    info.dtype = item["dtype"].get<std::string>();
    std::int64_t n_bytes = element_size(info.dtype);
    if (!item["shape"].is_array() || item["shape"].size() > max_dimensions) {
        refuse("a shape of at most 8 dimensions");
    }
    for (const json& n : item["shape"]) {
        if (!n.is_number_unsigned() ||
            n.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
            refuse("dimensions below 2^31");
        }
        info.shape.push_back(n.get<Index>());
        if (__builtin_mul_overflow(n_bytes, info.shape.back(), &n_bytes)) {
            refuse("a size that fits 64 bits");
        }
    }
    const json& offsets = item["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
        refuse("two data_offsets >= 0");
    }
    const auto first = offsets[0].get<std::uint64_t>();
    const auto last = offsets[1].get<std::uint64_t>();
    if (first > last || last > static_cast<std::uint64_t>(data_size)) {
        refuse("data_offsets inside the file's " + std::to_string(data_size) + " bytes of data");
    }
    if (static_cast<std::int64_t>(last - first) != n_bytes) {
        refuse("data_offsets " + std::to_string(n_bytes) + " bytes apart, as dtype and shape say");
    }
    info.offset = data_start + static_cast<std::int64_t>(first);
    info.n_bytes = n_bytes;
    return info;
}

}  // namespace

Index TensorInfo::n_elements() const {
    Index n = 1;
    for (const Index d : shape) {
        n *= d;
    }
    return n;
}

Safetensors::Safetensors(std::shared_ptr<const ByteSource> source) : source_(std::move(source)) {
    const std::string& file = source_->name();
    const std::int64_t size = source_->size();
    if (size < 8) {
        throw ParseError(file, 0, "wanted 8 bytes of header length, got a file of " + std::to_string(size));
    }
    const auto declared = little_endian<std::uint64_t>(source_->read_exactly(0, 8).data());
    if (declared > static_cast<std::uint64_t>(std::min(max_header, size - 8))) {
        throw ParseError(
            file, 0, "wanted a header inside the file and below 100 MB, got " + std::to_string(declared) + " bytes");
    }
    const auto header_size = static_cast<std::size_t>(declared);
    const std::vector<std::byte> raw = source_->read_exactly(8, header_size);
    const std::string text(reinterpret_cast<const char*>(raw.data()), raw.size());
    const json header = detail::parse_strict(text, file, 4);
    if (!header.is_object() || text.front() != '{') {
        throw ParseError(file, 8, "wanted a JSON object as header");
    }
    const std::int64_t data_start = 8 + static_cast<std::int64_t>(header_size);
    for (const auto& [name, item] : header.items()) {
        if (name != "__metadata__") {
            tensors_.emplace(name, parse_tensor(file, name, item, data_start, size - data_start));
            continue;
        }
        if (!item.is_object()) {
            throw ParseError(file, 8, "wanted __metadata__ as an object of texts");
        }
        for (const auto& [key, value] : item.items()) {
            if (!value.is_string()) {
                throw ParseError(file, 8, "wanted __metadata__ as an object of texts");
            }
            metadata_.emplace(key, value.get<std::string>());
        }
    }
    std::vector<std::pair<std::int64_t, std::int64_t>> stretches;
    stretches.reserve(tensors_.size());
    for (const auto& [name, info] : tensors_) {
        stretches.emplace_back(info.offset, info.offset + info.n_bytes);
    }
    std::sort(stretches.begin(), stretches.end());
    std::int64_t at = data_start;
    for (const auto& [first, last] : stretches) {
        if (first != at) {
            throw ParseError(file, first,
                             std::string("wanted tensors side by side, got ") + (first < at ? "an overlap" : "a gap"));
        }
        at = last;
    }
    if (at != size) {
        throw ParseError(
            file, at,
            "wanted the end of the file after the last tensor, got " + std::to_string(size - at) + " bytes more");
    }
}

std::vector<float> Safetensors::read(const std::string& tensor) const {
    const auto found = tensors_.find(tensor);
    if (found == tensors_.end()) {
        throw_invalid("Safetensors.read", "a tensor of the file", tensor);
    }
    const TensorInfo& info = found->second;
    if (info.dtype != "F64" && info.dtype != "F32" && info.dtype != "F16" && info.dtype != "BF16") {
        throw ParseError(source_->name(), info.offset,
                         "tensor '" + tensor + "': wanted floating point, got " + info.dtype);
    }
    const std::vector<std::byte> raw = source_->read_exactly(info.offset, static_cast<std::size_t>(info.n_bytes));
    std::vector<float> values(static_cast<std::size_t>(info.n_elements()));
    const auto width = static_cast<std::size_t>(element_size(info.dtype));
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::byte* at = raw.data() + i * width;
        if (info.dtype == "F32") {
            values[i] = std::bit_cast<float>(little_endian<std::uint32_t>(at));
        } else if (info.dtype == "F64") {
            values[i] = static_cast<float>(std::bit_cast<double>(little_endian<std::uint64_t>(at)));
        } else if (info.dtype == "F16") {
            values[i] = from_half(little_endian<std::uint16_t>(at));
        } else {
            values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(little_endian<std::uint16_t>(at)) << 16);
        }
    }
    return values;
}

}  // namespace biopotential::inline v0::models
