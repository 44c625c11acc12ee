#pragma once

#include <pybind11/complex.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/filter.hpp"
#include "numpy.hpp"

// What the bindings of the signal module share: texts that stand for choices, and the way around the GIL.

namespace biopotential::python {

/// The value that a text stands for; a ValueError that lists the choices otherwise.
template <class T>
T choose(const char* function, const char* name, const std::string& value, const std::map<std::string, T>& choices) {
    const auto found = choices.find(value);
    if (found != choices.end()) {
        return found->second;
    }
    std::string known;
    for (const auto& [text, unused] : choices) {
        known += (known.empty() ? "" : ", ") + text;
    }
    throw_invalid(function, std::string(name) + " as one of " + known, value);
}

[[nodiscard]] signal::BandType band_type(const char* function, const std::string& btype);
[[nodiscard]] signal::FilterMethod filter_method(const char* function, const std::string& method);
[[nodiscard]] signal::Padding padding_of(const char* function, const std::string& padding);
/// "constant", "linear", or False and None.
[[nodiscard]] signal::Detrend detrend_kind(const char* function, const py::object& kind);
/// "hann", or ("kaiser", 5.0) and ("tukey", 0.25) as SciPy writes them.
[[nodiscard]] signal::WindowShape window_shape(const char* function, const py::object& window);
/// One number, or a sequence of them.
[[nodiscard]] std::vector<double> frequencies(const char* function, const char* name, const py::object& f);

/// Compute with the GIL free, then give the result the shape of the input.
template <class F>
py::array filtered(const SignalArg& x, F f) {
    const MatrixView view = x.view();
    auto y = [&] {
        const py::gil_scoped_release release;
        return f(view);
    }();
    return to_numpy_like(x, y);
}

template <class F>
auto unlocked(F f) {
    const py::gil_scoped_release release;
    return f();
}

/// A result of shape (n_channels, a, b) as NumPy's; (a, b) for an input that was 1-D.
template <class T>
[[nodiscard]] py::array_t<T> to_numpy_planes(const SignalArg& input, const Array<T>& a) {
    py::array_t<T> out = to_numpy(a);
    if (input.is_1d()) {
        std::vector<py::ssize_t> shape(a.shape().begin() + 1, a.shape().end());
        out = out.reshape(shape);
    }
    return out;
}

[[nodiscard]] inline Samples samples_of(const Array<double>& a) {
    return {a.data(), static_cast<std::size_t>(a.size())};
}

void bind_signal_design(py::module_& m);
void bind_signal_filters(py::module_& m);
void bind_signal_cleaning(py::module_& m);
void bind_signal_spectra(py::module_& m);
void bind_signal_cross_spectra(py::module_& m);
void bind_signal_wavelets(py::module_& m);
void bind_signal_streams(py::module_& m);

}  // namespace biopotential::python
