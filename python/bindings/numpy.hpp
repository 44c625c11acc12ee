#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::python {

namespace py = pybind11;

/// A NumPy argument as a signal: shape (n_channels, n_samples), or one channel (n_samples,), which comes back 1-D.
///
/// float64 of any strides goes in without a copy; other real dtypes are converted once. Anything else raises a
/// ValueError that names the function. Keep the object alive (and build it with the GIL held) while the view is used.
class SignalArg {
  public:
    SignalArg(const char* function, const py::object& x, const char* name = "x");

    [[nodiscard]] MatrixView view() const;
    [[nodiscard]] bool is_1d() const { return array_.ndim() == 1; }
    [[nodiscard]] Index n_channels() const { return is_1d() ? 1 : array_.shape(0); }
    [[nodiscard]] Index n_samples() const { return array_.shape(array_.ndim() - 1); }

  private:
    py::array_t<double> array_;
};

/// A NumPy argument as one contiguous channel, shape (n_samples,); another number of dimensions raises a ValueError.
class SamplesArg {
  public:
    SamplesArg(const char* function, const py::object& x, const char* name = "x");
    [[nodiscard]] Samples samples() const { return {array_.data(), static_cast<std::size_t>(array_.size())}; }

  private:
    py::array_t<double, py::array::c_style> array_;
};

/// A NumPy argument as whole numbers, shape (n,): positions in samples. Floats that are not whole raise a ValueError.
class IndexArg {
  public:
    IndexArg(const char* function, const py::object& x, const char* name);
    [[nodiscard]] std::span<const Index> values() const {
        return {array_.data(), static_cast<std::size_t>(array_.size())};
    }

  private:
    py::array_t<Index, py::array::c_style> array_;
};

/// A result as a NumPy array that shares its memory.
template <class T>
[[nodiscard]] py::array_t<T> to_numpy(const Array<T>& a) {
    const py::capsule owner(new std::shared_ptr<void>(a.owner()),
                            [](void* p) { delete static_cast<std::shared_ptr<void>*>(p); });
    std::vector<py::ssize_t> shape(a.shape().begin(), a.shape().end());
    return py::array_t<T>(std::move(shape), a.data(), owner);
}

/// A result of shape (..., 1, n) for an input that was 1-D: the channel axis (second from last) is dropped.
template <class T>
[[nodiscard]] py::array_t<T> to_numpy_like(const SignalArg& input, const Array<T>& a) {
    py::array_t<T> out = to_numpy(a);
    if (!input.is_1d()) {
        return out;
    }
    std::vector<py::ssize_t> shape(a.shape().begin(), a.shape().end());
    shape.erase(shape.end() - 2);
    return out.reshape(std::move(shape));
}

/// A result with one value per channel, shape (n_channels,): a float for an input that was 1-D.
[[nodiscard]] py::object per_channel_like(const SignalArg& input, const Array<double>& a);

template <class T>
[[nodiscard]] py::array_t<T> to_numpy(const std::vector<T>& v) {
    return py::array_t<T>(static_cast<py::ssize_t>(v.size()), v.data());
}

}  // namespace biopotential::python
