#include "biopotential/signal/streaming.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

template <class Stream>
py::array push(Stream& stream, const char* function, const py::object& block) {
    // The GIL stays: it keeps two threads from pushing into one stream at a time.
    const SignalArg x(function, block, "block");
    return to_numpy_like(x, stream.push(x.view()));
}

template <class Stream>
void bind_stream(py::class_<Stream>& c, const char* function) {
    c.def(
         "push", [function](Stream& s, const py::object& block) { return push(s, function, block); }, py::arg("block"),
         "Filter the next block of shape (n,) or (n_channels, n); returns the same shape.")
        .def("reset", &Stream::reset, "Back to rest.")
        .def_property_readonly("n_channels", &Stream::n_channels)
        .def("__copy__", [](const Stream& s) { return Stream(s); })
        .def("__deepcopy__", [](const Stream& s, const py::dict&) { return Stream(s); }, py::arg("memo"));
}

void bind_streaming(py::module_& m) {
    py::class_<SosStream> sos(m, "SosStream",
                              R"(sosfilt block by block: the same output to the last bit, whatever the blocks.

Parameters
----------
sos : array_like of shape (n_sections, 6)
n_channels : int
)");
    sos.def(
        py::init([](const py::object& s, Index n) { return SosStream(SignalArg("SosStream", s, "sos").view(), n); }),
        py::arg("sos"), py::arg("n_channels") = 1);
    bind_stream(sos, "SosStream.push");
    py::class_<FirStream> fir(m, "FirStream", R"(Causal fir_filter block by block: the same output to the last bit.

Parameters
----------
h : array_like of shape (n_taps,)
n_channels : int
)");
    fir.def(
        py::init([](const py::object& h, Index n) { return FirStream(SamplesArg("FirStream", h, "h").samples(), n); }),
        py::arg("h"), py::arg("n_channels") = 1);
    bind_stream(fir, "FirStream.push");
}

}  // namespace

void bind_signal_streams(py::module_& m) {
    bind_streaming(m);
}

}  // namespace biopotential::python
