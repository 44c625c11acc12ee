#include "errors.hpp"

#include <pybind11/pybind11.h>

#include <exception>

#include "biopotential/core/errors.hpp"

namespace biopotential::python {

namespace py = pybind11;

namespace {

// The classes live in Python (biopotential/errors.py), so that both extension modules raise the same ones.
void raise(const char* name, const py::object& argument) {
    const py::object type = py::module_::import("biopotential.errors").attr(name);
    PyErr_SetObject(type.ptr(), argument.ptr());
}

void translate(std::exception_ptr error) {
    try {
        if (error) {
            std::rethrow_exception(error);
        }
    } catch (const ParseError& e) {
        const py::object type = py::module_::import("biopotential.errors").attr("ParseError");
        py::object value = type(e.what());
        value.attr("file") = e.file();
        value.attr("offset") = e.offset() ? py::object(py::int_(*e.offset())) : py::object(py::none());
        PyErr_SetObject(type.ptr(), value.ptr());
    } catch (const IoError& e) {
        // OSError(errno, message, file) picks FileNotFoundError and its kin.
        PyErr_SetObject(PyExc_OSError, py::make_tuple(e.code(), e.what(), e.file()).ptr());
    } catch (const PolicyError& e) {
        raise("PolicyError", py::str(e.what()));
    } catch (const IntegrityError& e) {
        raise("IntegrityError", py::str(e.what()));
    }
}

}  // namespace

void register_errors() {
    py::register_local_exception_translator(translate);
}

}  // namespace biopotential::python
