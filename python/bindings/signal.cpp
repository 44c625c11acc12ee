#include "biopotential/signal/apply.hpp"
#include "modules.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

void bind_apply(py::module_& m) {
    m.def(
        "apply_json",
        [](const std::string& pipeline, const py::object& x, double fs) {
            const SignalArg signal("apply", x);
            const MatrixView v = signal.view();
            const Applied a = unlocked([&] { return apply(parse_pipeline(pipeline), v, fs); });
            return py::make_tuple(to_numpy_like(signal, a.x), a.fs);
        },
        py::arg("pipeline"), py::arg("x"), py::kw_only(), py::arg("fs"),
        "Run a pipeline given as JSON text; see apply.");
}

}  // namespace

void bind_signal(py::module_ m) {
    bind_signal_design(m);
    bind_signal_filters(m);
    bind_signal_cleaning(m);
    bind_signal_spectra(m);
    bind_signal_cross_spectra(m);
    bind_signal_wavelets(m);
    bind_signal_streams(m);
    bind_apply(m);
}

}  // namespace biopotential::python
