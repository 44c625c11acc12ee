#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "biopotential/ecg/beats.hpp"
#include "biopotential/ecg/r_peaks.hpp"
#include "modules.hpp"
#include "numpy.hpp"

namespace biopotential::python {
namespace {

void bind_r_peaks(py::module_& m) {
    m.def(
        "find_r_peaks",
        [](const py::object& x, double fs) {
            const SignalArg signal("find_r_peaks", x);
            std::vector<Index> peaks;
            {
                const py::gil_scoped_release unlocked;
                peaks = ecg::find_r_peaks(signal.view(), fs);
            }
            return to_numpy(peaks);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"));
    m.def(
        "find_r_peaks_pan_tompkins",
        [](const py::object& x, double fs) {
            const SamplesArg signal("find_r_peaks_pan_tompkins", x);
            std::vector<Index> peaks;
            {
                const py::gil_scoped_release unlocked;
                peaks = ecg::find_r_peaks_pan_tompkins(signal.samples(), fs);
            }
            return to_numpy(peaks);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"),
        R"(Locate R peaks in one lead with the classical detector of Pan and Tompkins.

Parameters
----------
x : array_like, shape (n_samples,)
    One lead, any amplitude unit. NaN is refused.
fs : float
    Sampling rate in Hz, at least 50.

Returns
-------
numpy.ndarray of int64
    Ascending sample positions.

Raises
------
ValueError
    Bad fs, NaN in x, or x not one-dimensional.

References
----------
Pan & Tompkins 1985, IEEE TBME 32:230.)");
}

void bind_beats(py::module_& m) {
    m.def(
        "beat_windows",
        [](const py::object& x, const py::object& r_peaks, double fs, double before_s, double after_s, double fs_out) {
            const SignalArg signal("beat_windows", x);
            const IndexArg peaks("beat_windows", r_peaks, "r_peaks");
            Array<double> windows;
            {
                const py::gil_scoped_release unlocked;
                windows = ecg::beat_windows(signal.view(), peaks.values(), fs, before_s, after_s, fs_out);
            }
            return to_numpy(windows);
        },
        py::arg("x"), py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("before_s") = 0.25,
        py::arg("after_s") = 0.45, py::arg("fs_out") = 180.0,
        R"(Cut every beat from a signal and bring it to one sampling rate.

Parameters
----------
x : array_like, shape (n_channels, n_samples) or (n_samples,)
    Signal. NaN comes through; beyond the ends the first or last sample is held.
r_peaks : array_like of int
    Ascending sample positions.
fs : float
    Sampling rate of x in Hz.
before_s, after_s : float
    The window around the R peak in seconds.
fs_out : float
    Sampling rate of the windows in Hz.

Returns
-------
numpy.ndarray, shape (n_beats, n_channels, n)
    n = round((before_s + after_s) * fs_out).

Raises
------
ValueError
    Rates or window not > 0, positions outside x or not ascending.)");
    m.def(
        "_rr_features",
        [](const py::object& r_peaks, double fs) {
            const IndexArg peaks("rr_features", r_peaks, "r_peaks");
            const ecg::RrFeatures f = ecg::rr_features(peaks.values(), fs);
            py::dict out;
            out["pre_rr_s"] = to_numpy(f.pre_rr_s);
            out["post_rr_s"] = to_numpy(f.post_rr_s);
            out["local_rr_s"] = to_numpy(f.local_rr_s);
            out["pre_ratio"] = to_numpy(f.pre_ratio);
            out["post_ratio"] = to_numpy(f.post_ratio);
            return out;
        },
        py::arg("r_peaks"), py::kw_only(), py::arg("fs"));
}

}  // namespace

void bind_ecg(py::module_ m) {
    bind_r_peaks(m);
    bind_beats(m);
}

}  // namespace biopotential::python
