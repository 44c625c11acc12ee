#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace biopotential::python {

/// Text of a file as a str: UTF-8 where it is that, else Latin-1, which old headers use.
[[nodiscard]] inline pybind11::str text(const std::string& raw) {
    PyObject* decoded = PyUnicode_DecodeUTF8(raw.data(), static_cast<Py_ssize_t>(raw.size()), nullptr);
    if (decoded == nullptr) {
        PyErr_Clear();
        decoded = PyUnicode_DecodeLatin1(raw.data(), static_cast<Py_ssize_t>(raw.size()), nullptr);
    }
    if (decoded == nullptr) {
        throw pybind11::error_already_set();
    }
    return pybind11::reinterpret_steal<pybind11::str>(decoded);
}

}  // namespace biopotential::python
