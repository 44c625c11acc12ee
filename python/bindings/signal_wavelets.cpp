#include "biopotential/signal/time_frequency.hpp"
#include "biopotential/signal/wavelet.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

Extension extension_of(const char* function, const std::string& mode) {
    return choose<Extension>(function, "mode", mode,
                             {{"symmetric", Extension::symmetric},
                              {"reflect", Extension::reflect},
                              {"zero", Extension::zero},
                              {"constant", Extension::constant},
                              {"smooth", Extension::smooth},
                              {"periodic", Extension::periodic},
                              {"antisymmetric", Extension::antisymmetric},
                              {"antireflect", Extension::antireflect},
                              {"periodization", Extension::periodization}});
}

Array<double> copied(const SignalArg& x) {
    Array<double> out{x.n_channels(), x.n_samples()};
    const MatrixView v = x.view();
    for (Index c = 0; c < v.rows(); ++c) {
        for (Index i = 0; i < v.cols(); ++i) {
            out(c, i) = v(c, i);
        }
    }
    return out;
}

void bind_dwt(py::module_& m) {
    m.def(
        "wavelet_filters",
        [](const std::string& name) {
            const Wavelet w = wavelet(name);
            return py::make_tuple(to_numpy(w.analysis_low), to_numpy(w.analysis_high), to_numpy(w.synthesis_low),
                                  to_numpy(w.synthesis_high));
        },
        py::arg("wavelet"),
        R"(Filters of a wavelet: analysis low and high, synthesis low and high; ``pywt.Wavelet(name).filter_bank``.

Parameters
----------
wavelet : str
    "haar", "db1" to "db20", "sym2" to "sym20", "coif1" to "coif5", "bior1.1" to "bior6.8", "rbio1.1" to "rbio6.8".

Returns
-------
tuple of four ndarrays of shape (n_taps,)

Raises
------
ValueError
    Another name.
)");
    m.def("wavelet_names", &wavelet_names, R"(Names that wavelet_filters, dwt and swt know.

Returns
-------
list of str
)");
    m.def(
        "dwt",
        [](const py::object& x, const std::string& name, const std::string& mode) {
            const SignalArg signal("dwt", x);
            const MatrixView v = signal.view();
            const Extension e = extension_of("dwt", mode);
            const DwtCoefficients d = unlocked([&] { return dwt(v, wavelet(name), e); });
            return py::make_tuple(to_numpy_like(signal, d.approximation), to_numpy_like(signal, d.detail));
        },
        py::arg("x"), py::arg("wavelet"), py::kw_only(), py::arg("mode") = "symmetric",
        R"(One level of the discrete wavelet transform; equal to ``pywt.dwt``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
wavelet : str
    See wavelet_names.
mode : str
    How the signal goes on beyond its ends: PyWavelets' names.

Returns
-------
approximation, detail : ndarrays of shape (..., n)

Raises
------
ValueError
    No samples, NaN or infinity in x, an unknown wavelet or mode.

References
----------
Daubechies (1992), Ten Lectures on Wavelets, SIAM.
)");
    m.def(
        "idwt",
        [](const py::object& approximation, const py::object& detail, const std::string& name,
           const std::string& mode) {
            const SignalArg a("idwt", approximation, "approximation");
            const SignalArg d("idwt", detail, "detail");
            const MatrixView va = a.view();
            const MatrixView vd = d.view();
            const Extension e = extension_of("idwt", mode);
            return to_numpy_like(a, unlocked([&] { return idwt(va, vd, wavelet(name), e); }));
        },
        py::arg("approximation"), py::arg("detail"), py::arg("wavelet"), py::kw_only(), py::arg("mode") = "symmetric",
        R"(Inverse of dwt; equal to ``pywt.idwt``.

Parameters
----------
approximation, detail : array_like of shape (n,) or (n_channels, n)
wavelet, mode : str
    As for dwt.

Returns
-------
ndarray of shape (..., n_samples)

Raises
------
ValueError
    Different shapes, NaN or infinity, an unknown wavelet or mode.
)");
    m.def(
        "wavedec",
        [](const py::object& x, const std::string& name, std::optional<int> level, const std::string& mode) {
            const SignalArg signal("wavedec", x);
            const MatrixView v = signal.view();
            const Extension e = extension_of("wavedec", mode);
            const std::vector<Array<double>> all = unlocked([&] { return wavedec(v, wavelet(name), level, e); });
            py::list out;
            for (const Array<double>& a : all) {
                out.append(to_numpy_like(signal, a));
            }
            return out;
        },
        py::arg("x"), py::arg("wavelet"), py::kw_only(), py::arg("level") = py::none(), py::arg("mode") = "symmetric",
        R"(Levels of the discrete wavelet transform; equal to ``pywt.wavedec``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
wavelet : str
level : int, optional
    As many as the wavelet fits where absent.
mode : str
    As for dwt.

Returns
-------
list of ndarrays
    Approximation of the last level, then the details from the last level to the first.

Raises
------
ValueError
    No samples, NaN or infinity in x, an argument out of its range.
)");
    m.def(
        "waverec",
        [](const py::list& coefficients, const std::string& name, const std::string& mode) -> py::object {
            std::vector<Array<double>> all;
            bool one = true;
            for (const auto& item : coefficients) {
                const SignalArg a("waverec", py::reinterpret_borrow<py::object>(item), "coefficients");
                if (!all.empty() && (a.is_1d() != one || a.n_channels() != all[0].shape(0))) {
                    throw_invalid("waverec", "coefficients of the same channels", "others");
                }
                one = a.is_1d();
                all.push_back(copied(a));
            }
            const Extension e = extension_of("waverec", mode);
            const Array<double> y = unlocked([&] { return waverec(all, wavelet(name), e); });
            py::array_t<double> out = to_numpy(y);
            return one ? py::object(out.reshape({y.shape(1)})) : py::object(out);
        },
        py::arg("coefficients"), py::arg("wavelet"), py::kw_only(), py::arg("mode") = "symmetric",
        R"(Inverse of wavedec; equal to ``pywt.waverec``.

Parameters
----------
coefficients : list of array_like
    As wavedec returns them.
wavelet, mode : str

Returns
-------
ndarray of shape (..., n_samples)

Raises
------
ValueError
    Coefficients whose lengths don't follow from each other, NaN or infinity.
)");
}

void bind_swt(py::module_& m) {
    m.def(
        "swt",
        [](const py::object& x, const std::string& name, int level) {
            const SignalArg signal("swt", x);
            const MatrixView v = signal.view();
            const std::vector<DwtCoefficients> all = unlocked([&] { return swt(v, wavelet(name), level); });
            py::list out;
            for (const DwtCoefficients& d : all) {
                out.append(py::make_tuple(to_numpy_like(signal, d.approximation), to_numpy_like(signal, d.detail)));
            }
            return out;
        },
        py::arg("x"), py::arg("wavelet"), py::arg("level"),
        R"(Stationary wavelet transform of a periodic signal; equal to ``pywt.swt``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
    n_samples is a multiple of 2^level.
wavelet : str
level : int

Returns
-------
list of tuples of two ndarrays of the shape of x
    Approximation and detail, from the last level to the first.

Raises
------
ValueError
    A length that 2^level doesn't divide, NaN or infinity in x.
)");
    m.def(
        "iswt",
        [](const py::list& levels, const std::string& name) -> py::object {
            std::vector<DwtCoefficients> all;
            bool one = true;
            for (const auto& item : levels) {
                if (!py::isinstance<py::sequence>(item) || py::len(item) != 2) {
                    throw_invalid("iswt", "pairs of approximation and detail", "something else");
                }
                const auto pair = py::reinterpret_borrow<py::sequence>(item);
                const SignalArg a("iswt", pair[0], "approximation");
                const SignalArg d("iswt", pair[1], "detail");
                one = a.is_1d();
                all.push_back({copied(a), copied(d)});
            }
            const Array<double> y = unlocked([&] { return iswt(all, wavelet(name)); });
            py::array_t<double> out = to_numpy(y);
            return one ? py::object(out.reshape({y.shape(1)})) : py::object(out);
        },
        py::arg("levels"), py::arg("wavelet"),
        R"(Inverse of swt; equal to ``pywt.iswt``.

Parameters
----------
levels : list of pairs of array_like
    As swt returns them.
wavelet : str

Returns
-------
ndarray of the shape of the coefficients

Raises
------
ValueError
    Levels of different shapes.
)");
}

constexpr const char* morlet_doc = R"(

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
freqs : float or sequence of floats
    Hz, inside (0, fs / 2].
fs : float
    Sampling rate in Hz.
n_cycles : float or sequence of floats
    Of the wavelets: one number, or one a frequency.
zero_mean : bool
    Subtract each wavelet's mean.
decim : int
    Keep every so many samples.

Returns
-------
ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

Raises
------
ValueError
    A wavelet (10 standard deviations) longer than the signal, NaN or infinity in x, an argument out of its range.

References
----------
Tallon-Baudry et al. (1997), J. Neurosci. 17:722.
)";

void bind_time_frequency(py::module_& m) {
    m.def(
        "morlet_tfr",
        [](const py::object& x, const py::object& freqs, double fs, const py::object& n_cycles, bool zero_mean,
           Index decim) {
            const SignalArg signal("morlet_tfr", x);
            const std::vector<double> f = frequencies("morlet_tfr", "freqs", freqs);
            const MorletOptions options{frequencies("morlet_tfr", "n_cycles", n_cycles), zero_mean, decim};
            const MatrixView v = signal.view();
            return to_numpy_planes(signal, unlocked([&] { return morlet_tfr(v, f, fs, options); }));
        },
        py::arg("x"), py::arg("freqs"), py::kw_only(), py::arg("fs"), py::arg("n_cycles") = 7.0,
        py::arg("zero_mean") = false, py::arg("decim") = 1,
        (std::string("Convolution with Morlet wavelets; ``mne.time_frequency.tfr_array_morlet(output=\"complex\")``.") +
         morlet_doc)
            .c_str());
    m.def(
        "morlet_power",
        [](const py::object& x, const py::object& freqs, double fs, const py::object& n_cycles, bool zero_mean,
           Index decim) {
            const SignalArg signal("morlet_power", x);
            const std::vector<double> f = frequencies("morlet_power", "freqs", freqs);
            const MorletOptions options{frequencies("morlet_power", "n_cycles", n_cycles), zero_mean, decim};
            const MatrixView v = signal.view();
            return to_numpy_planes(signal, unlocked([&] { return morlet_power(v, f, fs, options); }));
        },
        py::arg("x"), py::arg("freqs"), py::kw_only(), py::arg("fs"), py::arg("n_cycles") = 7.0,
        py::arg("zero_mean") = false, py::arg("decim") = 1,
        (std::string("Power in time and frequency; ``mne.time_frequency.tfr_array_morlet(output=\"power\")``.") +
         morlet_doc)
            .c_str());
    m.def(
        "cwt",
        [](const py::object& x, const py::object& scales, double fs, const std::string& name) {
            const SignalArg signal("cwt", x);
            const std::vector<double> s = frequencies("cwt", "scales", scales);
            const ContinuousWavelet w = continuous_wavelet(name);
            const MatrixView v = signal.view();
            const Cwt out = unlocked([&] { return cwt(v, s, w, fs); });
            py::object values = to_numpy_planes(signal, out.values);
            if (w.kind != ContinuousWavelet::complex_morlet) {
                values = values.attr("real").attr("copy")();
            }
            return py::make_tuple(values, to_numpy(out.freqs));
        },
        py::arg("x"), py::arg("scales"), py::kw_only(), py::arg("fs"), py::arg("wavelet") = "morl",
        R"(Continuous wavelet transform; equal to ``pywt.cwt``, channels before scales.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
scales : float or sequence of floats
    In samples.
fs : float
    Sampling rate in Hz.
wavelet : str
    "morl", "mexh" (Ricker), or "cmorB-C" (complex Morlet of bandwidth B and centre C).

Returns
-------
values : ndarray of shape (n_scales, n_samples) or (n_channels, n_scales, n_samples)
    Complex for "cmorB-C".
freqs : ndarray of shape (n_scales,)
    Hz.

Raises
------
ValueError
    An unknown wavelet, scales out of their range, NaN or infinity in x.
)");
}

}  // namespace

void bind_signal_wavelets(py::module_& m) {
    bind_dwt(m);
    bind_swt(m);
    bind_time_frequency(m);
}

}  // namespace biopotential::python
