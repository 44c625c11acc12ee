#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <vector>

#include "biopotential/eeg/sleep_events.hpp"
#include "eeg_parts.hpp"
#include "numpy.hpp"

namespace biopotential::python {

namespace {

/// One member of each event.
template <class Event, class T>
py::array_t<T> column(const std::vector<Event>& events, T Event::* member) {
    std::vector<T> values;
    for (const Event& e : events) {
        values.push_back(e.*member);
    }
    return to_numpy(values);
}

}  // namespace

void bind_eeg_events(py::module_& m) {
    m.def(
        "spindles",
        [](const py::object& x, double fs, const std::vector<std::uint8_t>& include, double low_hz, double high_hz,
           double shortest_s, double longest_s, double min_distance_s, double rel_power, double correlation,
           double rms_sd) {
            const SignalArg arg("spindles", x);
            const MatrixView view = arg.view();
            eeg::SpindleOptions options;
            options.low_hz = low_hz;
            options.high_hz = high_hz;
            options.shortest_s = shortest_s;
            options.longest_s = longest_s;
            options.min_distance_s = min_distance_s;
            options.rel_power = rel_power;
            options.correlation = correlation;
            options.rms_sd = rms_sd;
            std::vector<eeg::Spindle> found;
            {
                const py::gil_scoped_release release;
                found = eeg::spindles(view, fs, include, options);
            }
            py::dict out;
            out["channel"] = column(found, &eeg::Spindle::channel);
            out["first"] = column(found, &eeg::Spindle::first);
            out["peak"] = column(found, &eeg::Spindle::peak);
            out["last"] = column(found, &eeg::Spindle::last);
            out["amplitude_uv"] = column(found, &eeg::Spindle::amplitude_uv);
            out["sigma_amplitude_uv"] = column(found, &eeg::Spindle::sigma_amplitude_uv);
            out["rms_uv"] = column(found, &eeg::Spindle::rms_uv);
            out["abs_power"] = column(found, &eeg::Spindle::abs_power);
            out["rel_power"] = column(found, &eeg::Spindle::rel_power);
            out["frequency_hz"] = column(found, &eeg::Spindle::frequency_hz);
            out["oscillations"] = column(found, &eeg::Spindle::oscillations);
            out["symmetry"] = column(found, &eeg::Spindle::symmetry);
            return out;
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("include"), py::arg("low_hz"), py::arg("high_hz"),
        py::arg("shortest_s"), py::arg("longest_s"), py::arg("min_distance_s"), py::arg("rel_power"),
        py::arg("correlation"), py::arg("rms_sd"), "Columns of biopotential.eeg.spindles, positions in samples.");
    m.def(
        "slow_waves",
        [](const py::object& x, double fs, const std::vector<std::uint8_t>& include, double low_hz, double high_hz) {
            const SignalArg arg("slow_waves", x);
            const MatrixView view = arg.view();
            eeg::SlowWaveOptions options;
            options.low_hz = low_hz;
            options.high_hz = high_hz;
            std::vector<eeg::SlowWave> found;
            {
                const py::gil_scoped_release release;
                found = eeg::slow_waves(view, fs, include, options);
            }
            py::dict out;
            out["channel"] = column(found, &eeg::SlowWave::channel);
            out["first"] = column(found, &eeg::SlowWave::first);
            out["negative_peak"] = column(found, &eeg::SlowWave::negative_peak);
            out["middle"] = column(found, &eeg::SlowWave::middle);
            out["positive_peak"] = column(found, &eeg::SlowWave::positive_peak);
            out["last"] = column(found, &eeg::SlowWave::last);
            out["negative_uv"] = column(found, &eeg::SlowWave::negative_uv);
            out["positive_uv"] = column(found, &eeg::SlowWave::positive_uv);
            out["peak_to_peak_uv"] = column(found, &eeg::SlowWave::peak_to_peak_uv);
            out["slope_uv_per_s"] = column(found, &eeg::SlowWave::slope_uv_per_s);
            out["frequency_hz"] = column(found, &eeg::SlowWave::frequency_hz);
            return out;
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("include"), py::arg("low_hz"), py::arg("high_hz"),
        "Columns of biopotential.eeg.slow_waves, positions in samples.");
}

}  // namespace biopotential::python
