#include "numpy.hpp"

#include "biopotential/core/errors.hpp"

namespace biopotential::python {

namespace {

std::string describe(const py::array& a) {
    return "shape " + py::str(a.attr("shape")).cast<std::string>() + ", dtype " +
           py::str(a.dtype()).cast<std::string>();
}

/// A float64 array from any real NumPy array or sequence of numbers; the object itself where it already is one.
py::array real_array(const char* function, const py::object& x, const char* name) {
    const py::array raw = py::array::ensure(x);
    if (!raw) {
        PyErr_Clear();
        throw_invalid(function, std::string(name) + " as an array of real numbers",
                      py::str(py::type::of(x)).cast<std::string>());
    }
    const char kind = raw.dtype().kind();
    if (kind != 'f' && kind != 'i' && kind != 'u') {
        throw_invalid(function, std::string(name) + " as an array of real numbers", describe(raw));
    }
    return raw;
}

}  // namespace

SignalArg::SignalArg(const char* function, const py::object& x, const char* name) {
    const py::array raw = real_array(function, x, name);
    if (raw.ndim() != 1 && raw.ndim() != 2) {
        throw_invalid(function, std::string(name) + " of shape (n_samples,) or (n_channels, n_samples)", describe(raw));
    }
    array_ = py::array_t<double>::ensure(raw);
    for (py::ssize_t axis = 0; axis < array_.ndim(); ++axis) {
        if (array_.strides(axis) % static_cast<py::ssize_t>(sizeof(double)) != 0) {
            array_ = py::array_t<double, py::array::c_style | py::array::forcecast>::ensure(
                py::array(array_.attr("copy")()));
        }
    }
}

MatrixView SignalArg::view() const {
    constexpr auto size = static_cast<Index>(sizeof(double));
    const Index inner = array_.strides(array_.ndim() - 1) / size;
    const Index outer = is_1d() ? n_samples() * inner : array_.strides(0) / size;
    using Stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
    return MatrixView(
        Eigen::Map<const Matrix, 0, Stride>(array_.data(), n_channels(), n_samples(), Stride(outer, inner)));
}

SamplesArg::SamplesArg(const char* function, const py::object& x, const char* name) {
    const py::array raw = real_array(function, x, name);
    if (raw.ndim() != 1) {
        throw_invalid(function, std::string(name) + " of shape (n_samples,)", describe(raw));
    }
    array_ = py::array_t<double, py::array::c_style>::ensure(raw);
}

IndexArg::IndexArg(const char* function, const py::object& x, const char* name) {
    const py::array raw = real_array(function, x, name);
    if (raw.ndim() != 1) {
        throw_invalid(function, std::string(name) + " of shape (n,)", describe(raw));
    }
    if (raw.dtype().kind() == 'f') {
        const auto values = py::array_t<double, py::array::c_style>::ensure(raw);
        for (py::ssize_t i = 0; i < values.size(); ++i) {
            const double v = values.data()[i];
            if (!(std::abs(v) < 9e15) || v != static_cast<double>(static_cast<Index>(v))) {
                throw_invalid(function, std::string(name) + " as whole numbers", v);
            }
        }
    }
    array_ = py::array_t<Index, py::array::c_style | py::array::forcecast>::ensure(raw);
}

py::object per_channel_like(const SignalArg& input, const Array<double>& a) {
    if (input.is_1d()) {
        return py::float_(a[0]);
    }
    return to_numpy(a);
}

}  // namespace biopotential::python
