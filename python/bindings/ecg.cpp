#include <pybind11/pybind11.h>

#include "modules.hpp"
#include "numpy.hpp"

namespace biopotential::python {

void bind_ecg(py::module_ m) {
    (void)m;
}

}  // namespace biopotential::python
