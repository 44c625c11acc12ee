#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <span>
#include <string>
#include <string_view>

#include "biopotential/core/hash.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/core/version.hpp"
#include "modules.hpp"

namespace biopotential::python {

namespace py = pybind11;

namespace {

void bind_threads(py::module_& m) {
    m.def("set_num_threads", &set_num_threads, py::arg("n"), R"(Set the number of threads that all functions share.

Parameters
----------
n : int
    1 means no threads at all; the default is one per core. Results don't depend on it.

Raises
------
ValueError
    n < 1.
)");
    m.def("num_threads", &num_threads, "The number of threads that all functions share.");
}

void bind_hashing(py::module_& m) {
    m.def(
        "sha256",
        [](const py::bytes& content) {
            const std::string_view text = content;
            const py::gil_scoped_release release;
            return sha256(std::as_bytes(std::span(text)));
        },
        py::arg("content"), "SHA-256 of bytes, as 64 hexadecimal digits.");
    m.def(
        "sha256_file", [](const std::string& path) { return sha256_file(path); }, py::arg("path"),
        py::call_guard<py::gil_scoped_release>(), R"(SHA-256 of a file, as 64 hexadecimal digits.

Raises
------
OSError
    The file can't be read.
)");
}

}  // namespace

void bind_core(py::module_ m) {
    m.def("version", &version, "The library's version.");
    m.def(
        "torch_version", [] { return std::string(BIOPOTENTIAL_TORCH_VERSION); },
        "The torch that `_models` was built for; empty where it was built without.");
    bind_threads(m);
    bind_hashing(m);
}

}  // namespace biopotential::python
