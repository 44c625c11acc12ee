#include "biopotential/signal/cross_spectra.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

WelchOptions welch_options(const char* function, Index nperseg, std::optional<Index> noverlap,
                           std::optional<Index> nfft, const py::object& window, const py::object& detrend) {
    WelchOptions options;
    options.nperseg = nperseg;
    options.noverlap = noverlap;
    options.nfft = nfft;
    options.window = window_shape(function, window);
    options.detrend = detrend_kind(function, detrend);
    return options;
}

void bind_pairs(py::module_& m) {
    m.def(
        "csd",
        [](const py::object& x, const py::object& y, double fs, Index nperseg, std::optional<Index> noverlap,
           std::optional<Index> nfft, const py::object& window, const py::object& detrend, const std::string& average,
           const std::string& scaling) {
            const SignalArg a("csd", x);
            const SignalArg b("csd", y, "y");
            WelchOptions options = welch_options("csd", nperseg, noverlap, nfft, window, detrend);
            options.average =
                choose<Average>("csd", "average", average, {{"mean", Average::mean}, {"median", Average::median}});
            options.scaling = choose<Scaling>("csd", "scaling", scaling,
                                              {{"density", Scaling::density}, {"spectrum", Scaling::spectrum}});
            const MatrixView va = a.view();
            const MatrixView vb = b.view();
            const CrossSpectrum s = unlocked([&] { return csd(va, vb, fs, options); });
            return py::make_tuple(to_numpy(s.freqs), to_numpy_like(a, s.values));
        },
        py::arg("x"), py::arg("y"), py::kw_only(), py::arg("fs"), py::arg("nperseg") = 256,
        py::arg("noverlap") = py::none(), py::arg("nfft") = py::none(), py::arg("window") = "hann",
        py::arg("detrend") = "constant", py::arg("average") = "mean", py::arg("scaling") = "density",
        R"(Cross spectral density of the channels of x with those of y; equal to ``scipy.signal.csd``.

Parameters
----------
x, y : array_like of shape (n_samples,) or (n_channels, n_samples)
    Of one shape.
fs : float
    Sampling rate in Hz.
nperseg, noverlap, nfft, window, detrend, average, scaling
    As for welch.

Returns
-------
freqs : ndarray of shape (n_freqs,)
values : complex ndarray of shape (n_freqs,) or (n_channels, n_freqs)

Raises
------
ValueError
    Different shapes, no samples, NaN or infinity, an argument out of its range.
)");
    m.def(
        "coherence",
        [](const py::object& x, const py::object& y, double fs, Index nperseg, std::optional<Index> noverlap,
           std::optional<Index> nfft, const py::object& window, const py::object& detrend) {
            const SignalArg a("coherence", x);
            const SignalArg b("coherence", y, "y");
            const WelchOptions options = welch_options("coherence", nperseg, noverlap, nfft, window, detrend);
            const MatrixView va = a.view();
            const MatrixView vb = b.view();
            const Spectrum s = unlocked([&] { return coherence(va, vb, fs, options); });
            return py::make_tuple(to_numpy(s.freqs), to_numpy_like(a, s.psd));
        },
        py::arg("x"), py::arg("y"), py::kw_only(), py::arg("fs"), py::arg("nperseg") = 256,
        py::arg("noverlap") = py::none(), py::arg("nfft") = py::none(), py::arg("window") = "hann",
        py::arg("detrend") = "constant",
        R"(Magnitude-squared coherence of the channels of x with those of y; equal to ``scipy.signal.coherence``.

Parameters
----------
x, y : array_like of shape (n_samples,) or (n_channels, n_samples)
    Of one shape.
fs : float
    Sampling rate in Hz.
nperseg, noverlap, nfft, window, detrend
    As for welch.

Returns
-------
freqs : ndarray of shape (n_freqs,)
coherence : ndarray of shape (n_freqs,) or (n_channels, n_freqs)
    NaN where a channel has no power.

Raises
------
ValueError
    Different shapes, no samples, NaN or infinity, an argument out of its range.
)");
}

void bind_models(py::module_& m) {
    m.def(
        "lombscargle",
        [](const py::object& times_s, const py::object& x, const py::object& freqs, const std::string& normalize,
           bool floating_mean) {
            const SamplesArg t("lombscargle", times_s, "times_s");
            const SignalArg signal("lombscargle", x);
            const std::vector<double> f = frequencies("lombscargle", "freqs", freqs);
            const auto kind = choose<LombNormalization>("lombscargle", "normalize", normalize,
                                                        {{"power", LombNormalization::power},
                                                         {"normalize", LombNormalization::normalized},
                                                         {"amplitude", LombNormalization::amplitude}});
            const MatrixView v = signal.view();
            return to_numpy_like(signal, unlocked([&] { return lombscargle(t.samples(), v, f, kind, floating_mean); }));
        },
        py::arg("times_s"), py::arg("x"), py::arg("freqs"), py::kw_only(), py::arg("normalize") = "power",
        py::arg("floating_mean") = false,
        R"(Lomb-Scargle periodogram of unevenly sampled values; ``scipy.signal.lombscargle`` at 2 pi freqs.

Parameters
----------
times_s : array_like of shape (n_samples,)
x : array_like of shape (n_samples,) or (n_channels, n_samples)
    Without its mean.
freqs : float or sequence of floats
    Hz.
normalize : {"power", "normalize", "amplitude"}
    A^2 n / 4, the share of the energy, or A^2.
floating_mean : bool
    Fit a mean at every frequency.

Returns
-------
ndarray of shape (n_freqs,) or (n_channels, n_freqs)

Raises
------
ValueError
    Different lengths, NaN or infinity.

References
----------
Lomb (1976), Astrophys. Space Sci. 39:447; Scargle (1982), Astrophys. J. 263:835.
)");
    m.def(
        "fit_ar",
        [](const py::object& x, int order, const std::string& method) {
            const SignalArg signal("fit_ar", x);
            const auto kind = choose<ArMethod>("fit_ar", "method", method,
                                               {{"burg", ArMethod::burg}, {"yule_walker", ArMethod::yule_walker}});
            const MatrixView v = signal.view();
            const ArModel model = unlocked([&] { return fit_ar(v, order, kind); });
            return py::make_tuple(to_numpy_like(signal, model.a), per_channel_like(signal, model.variance));
        },
        py::arg("x"), py::arg("order"), py::kw_only(), py::arg("method") = "burg",
        R"(Autoregressive model of each channel minus its mean.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
order : int
    1 to n_samples - 1.
method : {"burg", "yule_walker"}

Returns
-------
a : ndarray of shape (order + 1,) or (n_channels, order + 1)
    x[i] + a[1] x[i-1] + ... = noise; a[0] = 1.
variance : float or ndarray of shape (n_channels,)
    Of the noise.

Raises
------
ValueError
    An order out of its range, NaN or infinity in x.

References
----------
Burg (1975), Maximum entropy spectral analysis, Stanford; Kay (1988), Modern Spectral Estimation, ch. 7.
)");
    m.def(
        "ar_psd",
        [](const py::object& x, int order, double fs, const std::string& method, Index n_freqs) {
            const SignalArg signal("ar_psd", x);
            const auto kind = choose<ArMethod>("ar_psd", "method", method,
                                               {{"burg", ArMethod::burg}, {"yule_walker", ArMethod::yule_walker}});
            const MatrixView v = signal.view();
            const Spectrum s = unlocked([&] { return ar_psd(fit_ar(v, order, kind), fs, n_freqs); });
            return py::make_tuple(to_numpy(s.freqs), to_numpy_like(signal, s.psd));
        },
        py::arg("x"), py::arg("order"), py::kw_only(), py::arg("fs"), py::arg("method") = "burg",
        py::arg("n_freqs") = 129,
        R"(Power spectrum of an autoregressive model.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
order : int
    1 to n_samples - 1.
fs : float
    Sampling rate in Hz.
method : {"burg", "yule_walker"}
n_freqs : int
    From 0 to fs / 2.

Returns
-------
freqs : ndarray of shape (n_freqs,)
psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)
    unit^2 / Hz, one-sided.

Raises
------
ValueError
    An argument out of its range, NaN or infinity in x.
)");
}

void bind_inverse(py::module_& m) {
    m.def(
        "cepstrum",
        [](const py::object& x) {
            return filtered(SignalArg("cepstrum", x), [](const MatrixView& v) { return cepstrum(v); });
        },
        py::arg("x"), R"(Real cepstrum: inverse transform of the logarithm of the spectrum's magnitude.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    No samples, a spectrum with a zero, NaN or infinity in x.
)");
    m.def(
        "istft",
        [](const py::object& values, Index nperseg, std::optional<Index> noverlap, std::optional<Index> nfft,
           const py::object& window) -> py::object {
            using Complexes = py::array_t<std::complex<double>, py::array::c_style | py::array::forcecast>;
            const Complexes given = Complexes::ensure(values);
            if (!given || (given.ndim() != 2 && given.ndim() != 3)) {
                PyErr_Clear();
                throw_invalid("istft", "values of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)",
                              "another shape or type");
            }
            const bool one = given.ndim() == 2;
            Array<std::complex<double>> in{one ? 1 : given.shape(0), given.shape(given.ndim() - 2),
                                           given.shape(given.ndim() - 1)};
            std::copy_n(given.data(), in.size(), in.data());
            const StftOptions options{nperseg, noverlap, nfft, window_shape("istft", window)};
            const Array<double> y = unlocked([&] { return istft(in, options); });
            py::array_t<double> out = to_numpy(y);
            return one ? py::object(out.reshape({y.shape(1)})) : py::object(out);
        },
        py::arg("values"), py::kw_only(), py::arg("nperseg") = 256, py::arg("noverlap") = py::none(),
        py::arg("nfft") = py::none(), py::arg("window") = "hann",
        R"(Signal of a short-time Fourier transform; equal to ``scipy.signal.istft``.

Parameters
----------
values : array_like of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)
    As stft returns them.
nperseg, noverlap, nfft, window
    As for stft.

Returns
-------
ndarray of shape (..., n_samples)
    Up to one step longer than what went into stft.

Raises
------
ValueError
    Another number of frequencies than nfft // 2 + 1, NaN or infinity.
)");
}

}  // namespace

void bind_signal_cross_spectra(py::module_& m) {
    bind_pairs(m);
    bind_models(m);
    bind_inverse(m);
}

}  // namespace biopotential::python
