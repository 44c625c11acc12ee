#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/resample.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

void bind_sections(py::module_& m) {
    m.def(
        "sosfilt",
        [](const py::object& sos, const py::object& x, const py::object& zi) -> py::object {
            const SignalArg sections("sosfilt", sos, "sos");
            const SignalArg signal("sosfilt", x);
            const MatrixView s = sections.view();
            if (zi.is_none()) {
                return filtered(signal, [&](const MatrixView& v) { return sosfilt(s, v); });
            }
            // (n_sections, 2) for one channel, (n_sections, n_channels, 2) for several, as SciPy's.
            const auto given = py::array_t<double, py::array::c_style | py::array::forcecast>::ensure(zi);
            const py::ssize_t wanted = signal.is_1d() ? 2 : 3;
            if (!given || given.ndim() != wanted || given.shape(0) != s.rows() || given.shape(wanted - 1) != 2 ||
                (wanted == 3 && given.shape(1) != signal.n_channels())) {
                throw_invalid("sosfilt", "zi of shape (n_sections, 2) or (n_sections, n_channels, 2)", "another shape");
            }
            Array<double> state{s.rows(), signal.n_channels(), 2};
            std::copy_n(given.data(), state.size(), state.data());
            const MatrixView v = signal.view();
            const Filtered out = unlocked([&] { return sosfilt(s, v, state); });
            py::array_t<double> end = to_numpy(out.state);
            if (signal.is_1d()) {
                end = end.reshape({s.rows(), Index{2}});
            }
            return py::make_tuple(to_numpy_like(signal, out.y), end);
        },
        py::arg("sos"), py::arg("x"), py::kw_only(), py::arg("zi") = py::none(),
        R"(Causal filter by second-order sections; equal to ``scipy.signal.sosfilt``.

Parameters
----------
sos : array_like of shape (n_sections, 6)
x : array_like of shape (n_samples,) or (n_channels, n_samples)
zi : array_like of shape (n_sections, 2) or (n_sections, n_channels, 2), optional
    State to start from; rest where absent.

Returns
-------
y : ndarray of the shape of x
zf : ndarray of the shape of zi
    Only where zi was given.

Raises
------
ValueError
    NaN or infinity in x, arrays of another shape.
)");
    m.def(
        "sosfilt_zi",
        [](const py::object& sos) { return to_numpy(sosfilt_zi(SignalArg("sosfilt_zi", sos, "sos").view())); },
        py::arg("sos"),
        R"(State of the sections in a steady response to a step of 1; equal to ``scipy.signal.sosfilt_zi``.

Parameters
----------
sos : array_like of shape (n_sections, 6)

Returns
-------
ndarray of shape (n_sections, 2)

Raises
------
ValueError
    sos of another shape or with a pole at DC.
)");
    m.def(
        "sosfiltfilt",
        [](const py::object& sos, const py::object& x, std::optional<Index> padlen, const std::string& padding) {
            const SignalArg sections("sosfiltfilt", sos, "sos");
            const SosFiltFiltOptions options{padding_of("sosfiltfilt", padding), padlen};
            return filtered(SignalArg("sosfiltfilt", x),
                            [&, s = sections.view()](const MatrixView& v) { return sosfiltfilt(s, v, options); });
        },
        py::arg("sos"), py::arg("x"), py::kw_only(), py::arg("padlen") = py::none(), py::arg("padding") = "scipy",
        R"(Filter forward and backward: zero phase; equal to ``scipy.signal.sosfiltfilt``.

Parameters
----------
sos : array_like of shape (n_sections, 6)
x : array_like of shape (n_samples,) or (n_channels, n_samples)
padlen : int, optional
    Samples of odd reflection on each side.
padding : {"scipy", "mne"}
    Default of padlen: three times the number of taps, or as long as the filter rings (MNE).

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x; x not longer than padlen ("scipy").
)");
}

void bind_fir(py::module_& m) {
    m.def(
        "fir_filter",
        [](const py::object& h, const py::object& x, bool causal) {
            const SamplesArg taps("fir_filter", h, "h");
            const Samples t = taps.samples();
            return filtered(SignalArg("fir_filter", x),
                            [&](const MatrixView& v) { return causal ? fir_filter_causal(t, v) : fir_filter(t, v); });
        },
        py::arg("h"), py::arg("x"), py::kw_only(), py::arg("causal") = false,
        R"(Zero-phase FIR after MNE's odd reflection of the ends ("reflect_limited"), or causal from rest.

Parameters
----------
h : array_like of shape (n_taps,)
    Symmetric and odd for zero phase.
x : array_like of shape (n_samples,) or (n_channels, n_samples)
causal : bool
    y[i] = sum_k h[k] x[i - k], as ``scipy.signal.lfilter(h, 1, x)``.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x or h; an even number of taps (zero phase).
)");
}

constexpr const char* band_doc = R"(

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
    Any unit; without gaps.
low, high : float
    Edges of the pass band in Hz (of the stop band for bandstop).
fs : float
    Sampling rate in Hz.
method : {"fir", "iir"}
    MNE-Python's default zero-phase FIR, or a Butterworth filter run forward and backward.
order : int
    Of the Butterworth filter.
padding : {"scipy", "mne"}
    Of the Butterworth filter: see sosfiltfilt.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    Edges outside (0, fs / 2), NaN or infinity in x, x too short for an IIR filter.
)";

FilterOptions filter_options(const char* function, const std::string& method, int order, const std::string& padding) {
    FilterOptions options;
    options.method = filter_method(function, method);
    options.order = order;
    options.padding = padding_of(function, padding);
    return options;
}

template <class F>
void bind_two_edges(py::module_& m, const char* name, F run, const char* doc) {
    m.def(
        name,
        [name, run](const py::object& x, double low, double high, double fs, const std::string& method, int order,
                    const std::string& padding) {
            const FilterOptions options = filter_options(name, method, order, padding);
            return filtered(SignalArg(name, x), [&](const MatrixView& v) { return run(v, low, high, fs, options); });
        },
        py::arg("x"), py::arg("low"), py::arg("high"), py::kw_only(), py::arg("fs"), py::arg("method") = "fir",
        py::arg("order") = 4, py::arg("padding") = "scipy", (std::string(doc) + band_doc).c_str());
}

template <class F>
void bind_one_edge(py::module_& m, const char* name, const char* edge, F run, const char* doc) {
    m.def(
        name,
        [name, run](const py::object& x, double f, double fs, const std::string& method, int order,
                    const std::string& padding) {
            const FilterOptions options = filter_options(name, method, order, padding);
            return filtered(SignalArg(name, x), [&](const MatrixView& v) { return run(v, f, fs, options); });
        },
        py::arg("x"), py::arg(edge), py::kw_only(), py::arg("fs"), py::arg("method") = "fir", py::arg("order") = 4,
        py::arg("padding") = "scipy", (std::string(doc) + band_doc).c_str());
}

void bind_bands(py::module_& m) {
    bind_two_edges(m, "bandpass", bandpass, "Keep the frequencies from low to high.");
    bind_two_edges(m, "bandstop", bandstop, "Remove the frequencies from low to high.");
    bind_one_edge(m, "highpass", "low", highpass, "Keep the frequencies above low.");
    bind_one_edge(m, "lowpass", "high", lowpass, "Keep the frequencies below high.");
    m.def(
        "notch_filter",
        [](const py::object& x, const py::object& freqs, double fs, const std::string& method,
           std::optional<double> width_hz, double transition_hz, double q) {
            const std::vector<double> f = frequencies("notch_filter", "freqs", freqs);
            const NotchOptions options{filter_method("notch_filter", method), width_hz, transition_hz, q};
            return filtered(SignalArg("notch_filter", x),
                            [&](const MatrixView& v) { return notch_filter(v, f, fs, options); });
        },
        py::arg("x"), py::arg("freqs"), py::kw_only(), py::arg("fs"), py::arg("method") = "fir",
        py::arg("width_hz") = py::none(), py::arg("transition_hz") = 1.0, py::arg("q") = 30.0,
        R"(Remove lines; "fir" is equal to ``mne.filter.notch_filter``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
freqs : float or sequence of floats
    Hz.
fs : float
    Sampling rate in Hz.
method : {"fir", "iir"}
    Zero-phase FIR, or second-order notches run forward and backward.
width_hz : float, optional
    Of each stop band of the FIR; frequency / 200 where absent.
transition_hz : float
    Of both sides of a stop band together.
q : float
    Quality factor of the IIR notch.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    Stop bands that overlap or leave (0, fs / 2), NaN or infinity in x.
)");
}

void bind_transforms(py::module_& m) {
    m.def(
        "detrend",
        [](const py::object& x, const std::string& type) {
            const Detrend kind = detrend_kind("detrend", py::str(type));
            return filtered(SignalArg("detrend", x), [&](const MatrixView& v) { return detrend(v, kind); });
        },
        py::arg("x"), py::kw_only(), py::arg("type") = "linear",
        R"(Remove each channel's mean or least-squares line; equal to ``scipy.signal.detrend``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
type : {"linear", "constant"}

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x.
)");
    m.def(
        "hilbert",
        [](const py::object& x) {
            return filtered(SignalArg("hilbert", x), [](const MatrixView& v) { return hilbert(v); });
        },
        py::arg("x"), R"(Analytic signal; equal to ``scipy.signal.hilbert``. Its absolute value is the envelope.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)

Returns
-------
complex ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x.
)");
    m.def(
        "resample_poly",
        [](const py::object& x, Index up, Index down) {
            return filtered(SignalArg("resample_poly", x),
                            [&](const MatrixView& v) { return resample_poly(v, up, down); });
        },
        py::arg("x"), py::arg("up"), py::arg("down"),
        R"(Change the rate by up / down through a polyphase FIR; equal to ``scipy.signal.resample_poly``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
up, down : int

Returns
-------
ndarray of shape (..., ceil(n_samples * up / down))

Raises
------
ValueError
    up or down < 1, NaN or infinity in x.
)");
    m.def(
        "resample",
        [](const py::object& x, Index num) {
            return filtered(SignalArg("resample", x), [&](const MatrixView& v) { return resample(v, num); });
        },
        py::arg("x"), py::arg("num"),
        R"(Change the number of samples through the spectrum; equal to ``scipy.signal.resample``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
    Taken as periodic.
num : int
    Samples of the result.

Returns
-------
ndarray of shape (..., num)

Raises
------
ValueError
    num < 1, no samples, NaN or infinity in x.
)");
    m.def(
        "resample_fft",
        [](const py::object& x, double new_fs, double fs, std::optional<Index> pad_samples) {
            return filtered(SignalArg("resample_fft", x),
                            [&](const MatrixView& v) { return resample_fft(v, fs, new_fs, {pad_samples}); });
        },
        py::arg("x"), py::arg("new_fs"), py::kw_only(), py::arg("fs"), py::arg("pad_samples") = py::none(),
        R"(Resample through the spectrum after odd reflection; equal to ``mne.filter.resample(npad="auto")``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
new_fs, fs : float
    Hz.
pad_samples : int, optional
    Samples reflected on each side; up to the next power of two where absent.

Returns
-------
ndarray of shape (..., round(n_samples * new_fs / fs))

Raises
------
ValueError
    No samples, a rate out of its range, NaN or infinity in x.
)");
    m.def(
        "resample_to",
        [](const py::object& x, double new_fs, double fs) {
            return filtered(SignalArg("resample_to", x),
                            [&](const MatrixView& v) { return resample_to(v, fs, new_fs); });
        },
        py::arg("x"), py::arg("new_fs"), py::kw_only(), py::arg("fs"),
        R"(Resample from fs to new_fs: polyphase where their ratio is a small fraction, through the spectrum otherwise.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
new_fs, fs : float
    Hz.

Returns
-------
ndarray of shape (..., about n_samples * new_fs / fs)

Raises
------
ValueError
    A rate out of its range, NaN or infinity in x.
)");
}

}  // namespace

void bind_signal_filters(py::module_& m) {
    bind_sections(m);
    bind_fir(m);
    bind_bands(m);
    bind_transforms(m);
}

}  // namespace biopotential::python
