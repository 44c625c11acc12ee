#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

BandType band_type(const char* function, const std::string& btype) {
    return choose<BandType>(function, "btype", btype,
                            {{"low", BandType::lowpass},
                             {"lowpass", BandType::lowpass},
                             {"high", BandType::highpass},
                             {"highpass", BandType::highpass},
                             {"band", BandType::bandpass},
                             {"bandpass", BandType::bandpass},
                             {"stop", BandType::bandstop},
                             {"bandstop", BandType::bandstop}});
}

FilterMethod filter_method(const char* function, const std::string& method) {
    return choose<FilterMethod>(function, "method", method, {{"fir", FilterMethod::fir}, {"iir", FilterMethod::iir}});
}

Padding padding_of(const char* function, const std::string& padding) {
    return choose<Padding>(function, "padding", padding, {{"scipy", Padding::scipy}, {"mne", Padding::mne}});
}

Detrend detrend_kind(const char* function, const py::object& kind) {
    if (kind.is_none() || (py::isinstance<py::bool_>(kind) && !kind.cast<bool>())) {
        return Detrend::none;
    }
    return choose<Detrend>(function, "detrend", py::str(kind).cast<std::string>(),
                           {{"constant", Detrend::constant}, {"linear", Detrend::linear}});
}

WindowShape window_shape(const char* function, const py::object& window) {
    py::object name = window;
    std::optional<double> parameter;
    if (py::isinstance<py::tuple>(window) && py::len(window) == 2) {
        name = window[py::int_(0)];
        parameter = window[py::int_(1)].cast<double>();
    }
    const auto kind = choose<WindowKind>(function, "window", py::str(name).cast<std::string>(),
                                         {{"boxcar", WindowKind::boxcar},
                                          {"hann", WindowKind::hann},
                                          {"hamming", WindowKind::hamming},
                                          {"blackman", WindowKind::blackman},
                                          {"kaiser", WindowKind::kaiser},
                                          {"tukey", WindowKind::tukey}});
    if ((kind == WindowKind::kaiser) != parameter.has_value() && kind != WindowKind::tukey) {
        throw_invalid(function, "a window's name, or (\"kaiser\", beta)", py::repr(window).cast<std::string>());
    }
    return {kind, parameter.value_or(0.5)};
}

std::vector<double> frequencies(const char* function, const char* name, const py::object& f) {
    if (py::isinstance<py::float_>(f) || py::isinstance<py::int_>(f)) {
        return {f.cast<double>()};
    }
    const py::object at_least_1d = py::module_::import("numpy").attr("atleast_1d")(f);
    const SamplesArg values(function, at_least_1d, name);
    return {values.samples().begin(), values.samples().end()};
}

}  // namespace biopotential::python
