#include <pybind11/pybind11.h>

#include "modules.hpp"
#include "numpy.hpp"

namespace biopotential::python {

void bind_signal(py::module_ m) { (void)m; }

}  // namespace biopotential::python
