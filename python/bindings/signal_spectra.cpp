#include "biopotential/signal/spectral.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

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

}  // namespace

void bind_signal_spectra(py::module_& m) {
    bind_spectra(m);
}

}  // namespace biopotential::python
