#include <pybind11/complex.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <string>

#include "biopotential/core/errors.hpp"
#include "biopotential/signal/apply.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/resample.hpp"
#include "biopotential/signal/spectral.hpp"
#include "biopotential/signal/streaming.hpp"
#include "modules.hpp"
#include "numpy.hpp"

namespace biopotential::python {

namespace {

using namespace biopotential::signal;

/// The value that a text stands for; a ValueError that lists the choices otherwise.
template <class T>
T choose(const char* function, const char* name, const std::string& value, const std::map<std::string, T>& choices) {
    const auto found = choices.find(value);
    if (found != choices.end()) {
        return found->second;
    }
    std::string known;
    for (const auto& [text, unused] : choices) {
        known += (known.empty() ? "" : ", ") + text;
    }
    throw_invalid(function, std::string(name) + " as one of " + known, value);
}

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
    if (kind.is_none() || kind.equal(py::bool_(false))) {
        return Detrend::none;
    }
    return choose<Detrend>(function, "detrend", py::str(kind).cast<std::string>(),
                           {{"constant", Detrend::constant}, {"linear", Detrend::linear}});
}

/// "hann", or ("kaiser", 5.0) and ("tukey", 0.25) as SciPy writes them.
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

/// Compute with the GIL free, then give the result the shape of the input.
template <class F>
py::array filtered(const SignalArg& x, F f) {
    const MatrixView view = x.view();
    auto y = [&] {
        const py::gil_scoped_release release;
        return f(view);
    }();
    return to_numpy_like(x, y);
}

template <class F>
auto unlocked(F f) {
    const py::gil_scoped_release release;
    return f();
}

void bind_design(py::module_& m) {
    m.def(
        "butter",
        [](int order, const py::object& cutoff, double fs, const std::string& btype) {
            const std::vector<double> edges = frequencies("butter", "cutoff", cutoff);
            return to_numpy(butter(order, edges, fs, band_type("butter", btype)));
        },
        py::arg("order"), py::arg("cutoff"), py::kw_only(), py::arg("fs"), py::arg("btype") = "lowpass",
        R"(Butterworth filter as second-order sections; equal to ``scipy.signal.butter(output="sos")``.

Parameters
----------
order : int
    1 to 50; a band filter has twice that many poles.
cutoff : float or sequence of two floats
    Edges in Hz inside (0, fs / 2): two for a band, ascending.
fs : float
    Sampling rate in Hz.
btype : {"lowpass", "highpass", "bandpass", "bandstop"}

Returns
-------
ndarray of shape (n_sections, 6)
    Rows b0 b1 b2 1 a1 a2.

Raises
------
ValueError
    An argument out of its range.
)");
    m.def(
        "iirnotch", [](double frequency, double q, double fs) { return to_numpy(iirnotch(frequency, q, fs)); },
        py::arg("frequency"), py::arg("q"), py::kw_only(), py::arg("fs"),
        R"(Second-order notch as one section; equal to ``scipy.signal.iirnotch``.

Parameters
----------
frequency : float
    Hz.
q : float
    Quality factor: frequency / width at -3 dB.
fs : float
    Sampling rate in Hz.

Returns
-------
ndarray of shape (1, 6)

Raises
------
ValueError
    An argument out of its range.
)");
    m.def(
        "firwin",
        [](Index n_taps, const py::object& cutoff, double fs, bool pass_zero, const py::object& window) {
            const std::vector<double> edges = frequencies("firwin", "cutoff", cutoff);
            return to_numpy(firwin(n_taps, edges, fs, pass_zero, window_shape("firwin", window)));
        },
        py::arg("n_taps"), py::arg("cutoff"), py::kw_only(), py::arg("fs"), py::arg("pass_zero") = true,
        py::arg("window") = "hamming", R"(FIR by the window method; equal to ``scipy.signal.firwin``.

Parameters
----------
n_taps : int
cutoff : float or sequence of floats
    Ascending edges in Hz inside (0, fs / 2).
fs : float
    Sampling rate in Hz.
pass_zero : bool
    DC lies in a band that passes.
window : str or tuple
    "hamming", "hann", "blackman", "boxcar", ("kaiser", beta).

Returns
-------
ndarray of shape (n_taps,)

Raises
------
ValueError
    An argument out of its range; even n_taps with a gain at fs / 2.
)");
    m.def(
        "design_fir",
        [](std::optional<double> low, std::optional<double> high, double fs, const std::string& window,
           std::optional<double> low_transition_hz, std::optional<double> high_transition_hz) {
            FirDesignOptions options;
            options.window = window_shape("design_fir", py::str(window)).kind;
            options.low_transition_hz = low_transition_hz;
            options.high_transition_hz = high_transition_hz;
            return to_numpy(design_fir(low, high, fs, options));
        },
        py::arg("low"), py::arg("high"), py::kw_only(), py::arg("fs"), py::arg("window") = "hamming",
        py::arg("low_transition_hz") = py::none(), py::arg("high_transition_hz") = py::none(),
        R"(MNE-Python's automatic zero-phase FIR; equal to ``mne.filter.create_filter``.

Parameters
----------
low, high : float or None
    Edges of the pass band in Hz; low > high removes what lies between.
fs : float
    Sampling rate in Hz.
window : {"hamming", "hann", "blackman"}
low_transition_hz, high_transition_hz : float, optional
    Widths of the transitions; MNE's rule where absent.

Returns
-------
ndarray of shape (n_taps,)
    n_taps is odd.

Raises
------
ValueError
    An edge or a transition out of its range.
)");
    m.def(
        "sosfreqz",
        [](const py::object& sos, double fs, Index n) {
            const SignalArg sections("sosfreqz", sos, "sos");
            const FrequencyResponse r = sosfreqz(sections.view(), fs, n);
            return py::make_tuple(to_numpy(r.freqs), to_numpy(r.response));
        },
        py::arg("sos"), py::kw_only(), py::arg("fs"), py::arg("n") = 512,
        R"(Frequency response of second-order sections; equal to ``scipy.signal.freqz_sos``.

Parameters
----------
sos : array_like of shape (n_sections, 6)
fs : float
    Sampling rate in Hz.
n : int
    Number of frequencies from 0 to just below fs / 2.

Returns
-------
freqs : ndarray of shape (n,)
    Hz.
response : complex ndarray of shape (n,)

Raises
------
ValueError
    sos of another shape, fs or n out of range.
)");
}

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

void bind_spectra(py::module_& m) {
    m.def(
        "welch",
        [](const py::object& x, double fs, Index nperseg, std::optional<Index> noverlap, std::optional<Index> nfft,
           const py::object& window, const py::object& detrend, const std::string& average,
           const std::string& scaling) {
            const SignalArg signal("welch", x);
            WelchOptions options{
                nperseg,       noverlap,        nfft, window_shape("welch", window), detrend_kind("welch", detrend),
                Average::mean, Scaling::density};
            options.average =
                choose<Average>("welch", "average", average, {{"mean", Average::mean}, {"median", Average::median}});
            options.scaling = choose<Scaling>("welch", "scaling", scaling,
                                              {{"density", Scaling::density}, {"spectrum", Scaling::spectrum}});
            const MatrixView v = signal.view();
            const Spectrum s = unlocked([&] { return welch(v, fs, options); });
            return py::make_tuple(to_numpy(s.freqs), to_numpy_like(signal, s.psd));
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("nperseg") = 256, py::arg("noverlap") = py::none(),
        py::arg("nfft") = py::none(), py::arg("window") = "hann", py::arg("detrend") = "constant",
        py::arg("average") = "mean", py::arg("scaling") = "density",
        R"(Welch's power spectrum; equal to ``scipy.signal.welch``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
fs : float
    Sampling rate in Hz.
nperseg : int
    Samples a segment; the whole signal where it is shorter.
noverlap : int, optional
    nperseg // 2 where absent.
nfft : int, optional
    Length of the transform, padded with zeros; nperseg where absent.
window : str or tuple
    Periodic: "hann", "hamming", "blackman", "boxcar", ("kaiser", beta), ("tukey", share).
detrend : {"constant", "linear", False}
average : {"mean", "median"}
    The median is corrected for its bias.
scaling : {"density", "spectrum"}
    unit^2 / Hz or unit^2.

Returns
-------
freqs : ndarray of shape (n_freqs,)
psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)

Raises
------
ValueError
    No samples, NaN or infinity in x, an argument out of its range.

References
----------
Welch (1967), IEEE Trans. Audio Electroacoust. 15:70.
)");
    m.def(
        "periodogram",
        [](const py::object& x, double fs, std::optional<Index> nfft, const py::object& window,
           const py::object& detrend, const std::string& scaling) {
            const SignalArg signal("periodogram", x);
            PeriodogramOptions options{nfft, window_shape("periodogram", window), detrend_kind("periodogram", detrend),
                                       Scaling::density};
            options.scaling = choose<Scaling>("periodogram", "scaling", scaling,
                                              {{"density", Scaling::density}, {"spectrum", Scaling::spectrum}});
            const MatrixView v = signal.view();
            const Spectrum s = unlocked([&] { return periodogram(v, fs, options); });
            return py::make_tuple(to_numpy(s.freqs), to_numpy_like(signal, s.psd));
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("nfft") = py::none(), py::arg("window") = "boxcar",
        py::arg("detrend") = "constant", py::arg("scaling") = "density",
        R"(Periodogram of the whole signal; equal to ``scipy.signal.periodogram``. Arguments as welch.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
fs : float
    Sampling rate in Hz.

Returns
-------
freqs : ndarray of shape (n_freqs,)
psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)

Raises
------
ValueError
    No samples, NaN or infinity in x.
)");
    m.def(
        "spectrogram",
        [](const py::object& x, double fs, Index nperseg, std::optional<Index> noverlap, std::optional<Index> nfft,
           const py::object& window, const py::object& detrend) {
            const SignalArg signal("spectrogram", x);
            const SpectrogramOptions options{nperseg,
                                             noverlap,
                                             nfft,
                                             window_shape("spectrogram", window),
                                             detrend_kind("spectrogram", detrend),
                                             Scaling::density};
            const MatrixView v = signal.view();
            const Spectrogram s = unlocked([&] { return spectrogram(v, fs, options); });
            py::array_t<double> psd = to_numpy(s.psd);
            return py::make_tuple(to_numpy(s.freqs), to_numpy(s.times_s),
                                  signal.is_1d() ? psd.reshape({s.psd.shape(1), s.psd.shape(2)}) : psd);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("nperseg") = 256, py::arg("noverlap") = py::none(),
        py::arg("nfft") = py::none(), py::arg("window") = py::make_tuple("tukey", 0.25),
        py::arg("detrend") = "constant",
        R"(Power spectra of consecutive segments; equal to ``scipy.signal.spectrogram``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
fs : float
    Sampling rate in Hz.
nperseg : int
noverlap : int, optional
    nperseg // 8 where absent.

Returns
-------
freqs : ndarray of shape (n_freqs,)
times_s : ndarray of shape (n_times,)
    Middle of each segment.
psd : ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

Raises
------
ValueError
    No samples, NaN or infinity in x, an argument out of its range.
)");
    m.def(
        "stft",
        [](const py::object& x, double fs, Index nperseg, std::optional<Index> noverlap, std::optional<Index> nfft,
           const py::object& window) {
            const SignalArg signal("stft", x);
            const StftOptions options{nperseg, noverlap, nfft, window_shape("stft", window)};
            const MatrixView v = signal.view();
            const Stft s = unlocked([&] { return stft(v, fs, options); });
            py::array_t<std::complex<double>> values = to_numpy(s.values);
            return py::make_tuple(to_numpy(s.freqs), to_numpy(s.times_s),
                                  signal.is_1d() ? values.reshape({s.values.shape(1), s.values.shape(2)}) : values);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("nperseg") = 256, py::arg("noverlap") = py::none(),
        py::arg("nfft") = py::none(), py::arg("window") = "hann",
        R"(Short-time Fourier transform; equal to ``scipy.signal.stft``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
fs : float
    Sampling rate in Hz.
nperseg : int
noverlap : int, optional
    nperseg // 2 where absent.

Returns
-------
freqs : ndarray of shape (n_freqs,)
times_s : ndarray of shape (n_times,)
values : complex ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

Raises
------
ValueError
    No samples, NaN or infinity in x, an argument out of its range.
)");
    m.def(
        "dpss",
        [](Index n, double nw, Index k, bool periodic) {
            const Tapers t = unlocked([&] { return dpss(n, nw, k, periodic); });
            return py::make_tuple(to_numpy(t.windows), to_numpy(t.ratios));
        },
        py::arg("n"), py::arg("nw"), py::arg("k"), py::kw_only(), py::arg("periodic") = false,
        R"(Slepian tapers of energy 1 and the share of it inside the band; ``scipy.signal.windows.dpss(norm=2)``.

Parameters
----------
n : int
    Samples.
nw : float
    Half bandwidth times n, inside (0, n / 2).
k : int
    Number of tapers.

Returns
-------
windows : ndarray of shape (k, n)
ratios : ndarray of shape (k,)

Raises
------
ValueError
    An argument out of its range.
)");
    m.def(
        "multitaper_psd",
        [](const py::object& x, double fs, std::optional<double> bandwidth, bool low_bias,
           const std::string& normalization, bool remove_dc) {
            const SignalArg signal("multitaper_psd", x);
            const bool per_hz =
                choose<bool>("multitaper_psd", "normalization", normalization, {{"length", false}, {"full", true}});
            const MultitaperOptions options{bandwidth, low_bias, per_hz, remove_dc};
            const MatrixView v = signal.view();
            const Spectrum s = unlocked([&] { return multitaper_psd(v, fs, options); });
            return py::make_tuple(to_numpy(s.freqs), to_numpy_like(signal, s.psd));
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("bandwidth") = py::none(), py::arg("low_bias") = true,
        py::arg("normalization") = "length", py::arg("remove_dc") = true,
        R"(Multitaper spectrum; equal to ``mne.time_frequency.psd_array_multitaper``, but for the order of the results.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
fs : float
    Sampling rate in Hz.
bandwidth : float, optional
    Full width in Hz; 8 * fs / n_samples where absent.
low_bias : bool
    Keep only tapers with more than 90 % of their energy inside the band.
normalization : {"length", "full"}
    MNE's default, or unit^2 / Hz.

Returns
-------
freqs : ndarray of shape (n_freqs,)
psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)

Raises
------
ValueError
    NaN or infinity in x, a bandwidth out of its range.

References
----------
Thomson (1982), Proc. IEEE 70:1055.
)");
    m.def(
        "integrate_band",
        [](const py::object& freqs, const py::object& psd, double low, double high, const std::string& rule) {
            const SamplesArg f("integrate_band", freqs, "freqs");
            const SignalArg p("integrate_band", psd, "psd");
            const auto r =
                choose<Integration>("integrate_band", "rule", rule,
                                    {{"simpson", Integration::simpson}, {"trapezoid", Integration::trapezoid}});
            Array<double> out{p.n_channels()};
            const MatrixView v = p.view();
            for (Index c = 0; c < out.size(); ++c) {
                out[c] = integrate_band(f.samples(), ContiguousRow(v, c), low, high, r);
            }
            return per_channel_like(p, out);
        },
        py::arg("freqs"), py::arg("psd"), py::arg("low"), py::arg("high"), py::kw_only(), py::arg("rule") = "simpson",
        R"(Integral of a spectrum over low <= f <= high: frequencies at both edges count, nothing is interpolated.

Parameters
----------
freqs : array_like of shape (n_freqs,)
    Hz, evenly spaced.
psd : array_like of shape (n_freqs,) or (n_channels, n_freqs)
low, high : float
    Hz.
rule : {"simpson", "trapezoid"}

Returns
-------
float or ndarray of shape (n_channels,)
    0 where fewer than two frequencies lie in the band.

Raises
------
ValueError
    low > high, arrays of different lengths.
)");
}

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
    bind_design(m);
    bind_sections(m);
    bind_fir(m);
    bind_bands(m);
    bind_transforms(m);
    bind_spectra(m);
    bind_streaming(m);
    bind_apply(m);
}

}  // namespace biopotential::python
