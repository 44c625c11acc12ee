#include "biopotential/signal/baseline.hpp"
#include "biopotential/signal/line_noise.hpp"
#include "biopotential/signal/smoothing.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

Edge edge_of(const char* function, const std::string& mode) {
    return choose<Edge>(function, "mode", mode,
                        {{"interp", Edge::interpolate},
                         {"mirror", Edge::mirror},
                         {"reflect", Edge::reflect},
                         {"nearest", Edge::nearest},
                         {"zero", Edge::zero},
                         {"wrap", Edge::wrap}});
}

/// Everything but "interp", which only a polynomial can do.
Edge plain_edge(const char* function, const std::string& mode) {
    const Edge edge = edge_of(function, mode);
    if (edge == Edge::interpolate) {
        throw_invalid(function, "mode as one of mirror, nearest, reflect, wrap, zero", mode);
    }
    return edge;
}

void bind_savgol(py::module_& m) {
    m.def(
        "savgol_coeffs",
        [](Index window_length, int polyorder, int deriv, double delta) {
            return to_numpy(savgol_taps({window_length, polyorder, deriv, delta, Edge::interpolate}));
        },
        py::arg("window_length"), py::arg("polyorder"), py::kw_only(), py::arg("deriv") = 0, py::arg("delta") = 1.0,
        R"(Taps of a Savitzky-Golay filter; equal to ``scipy.signal.savgol_coeffs``.

Parameters
----------
window_length : int
    Odd.
polyorder : int
    Below window_length.
deriv : int
    Derivative of the polynomial.
delta : float
    Distance of the samples, for derivatives.

Returns
-------
ndarray of shape (window_length,)

Raises
------
ValueError
    An argument out of its range.
)");
    m.def(
        "savgol_filter",
        [](const py::object& x, Index window_length, int polyorder, int deriv, double delta, const std::string& mode) {
            const SavgolOptions options{window_length, polyorder, deriv, delta, edge_of("savgol_filter", mode)};
            return filtered(SignalArg("savgol_filter", x),
                            [&](const MatrixView& v) { return savgol_filter(v, options); });
        },
        py::arg("x"), py::arg("window_length"), py::arg("polyorder"), py::kw_only(), py::arg("deriv") = 0,
        py::arg("delta") = 1.0, py::arg("mode") = "interp",
        R"(Least-squares polynomials in a sliding window; equal to ``scipy.signal.savgol_filter``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
window_length : int
    Odd.
polyorder : int
    Below window_length.
deriv : int
    Derivative of the polynomial.
delta : float
    Distance of the samples, for derivatives.
mode : {"interp", "mirror", "reflect", "nearest", "zero", "wrap"}
    At the ends: the last window's polynomial, or what the signal is continued with.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, x shorter than the window ("interp"), an argument out of its range.

References
----------
Savitzky & Golay (1964), Anal. Chem. 36:1627.
)");
}

void bind_windows(py::module_& m) {
    m.def(
        "medfilt",
        [](const py::object& x, Index kernel_size, const std::string& mode) {
            const Edge edge = plain_edge("medfilt", mode);
            return filtered(SignalArg("medfilt", x),
                            [&](const MatrixView& v) { return median_filter(v, kernel_size, edge); });
        },
        py::arg("x"), py::arg("kernel_size") = 3, py::kw_only(), py::arg("mode") = "zero",
        R"(Running median of each channel; equal to ``scipy.signal.medfilt``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
kernel_size : int
    Odd.
mode : {"zero", "mirror", "reflect", "nearest", "wrap"}
    Beyond the ends: zeros as SciPy, or as ``scipy.ndimage.median_filter``.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, an even window.
)");
    m.def(
        "moving_average",
        [](const py::object& x, Index n, const std::string& mode) {
            const Edge edge = plain_edge("moving_average", mode);
            return filtered(SignalArg("moving_average", x),
                            [&](const MatrixView& v) { return moving_average(v, n, edge); });
        },
        py::arg("x"), py::arg("n"), py::kw_only(), py::arg("mode") = "reflect",
        R"(Mean of n samples around each; equal to ``scipy.ndimage.uniform_filter1d``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
n : int
    An even window reaches one sample further back than ahead.
mode : {"reflect", "mirror", "nearest", "zero", "wrap"}

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, n < 1.
)");
    m.def(
        "hampel",
        [](const py::object& x, Index half_width, double n_sigmas) {
            const SignalArg signal("hampel", x);
            const MatrixView v = signal.view();
            const Despiked d = unlocked([&] { return hampel(v, half_width, n_sigmas); });
            return py::make_tuple(to_numpy_like(signal, d.y), to_numpy_like(signal, d.replaced));
        },
        py::arg("x"), py::arg("half_width"), py::kw_only(), py::arg("n_sigmas") = 3.0,
        R"(Replace spikes by the median of their surroundings (Hampel's filter).

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
half_width : int
    Samples on both sides; fewer count at the ends.
n_sigmas : float
    A sample further than n_sigmas * 1.4826 * MAD from the median is a spike.

Returns
-------
y : ndarray of the shape of x
replaced : bool ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, an argument out of its range.

References
----------
Davies & Gather (1993), J. Am. Stat. Assoc. 88:782.
)");
    m.def(
        "teager_kaiser",
        [](const py::object& x) {
            return filtered(SignalArg("teager_kaiser", x), [](const MatrixView& v) { return teager_kaiser(v); });
        },
        py::arg("x"), R"(Teager-Kaiser energy x[i]^2 - x[i-1] x[i+1]; the ends repeat their neighbours.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)

Returns
-------
ndarray of the shape of x
    Zeros for fewer than 3 samples.

Raises
------
ValueError
    NaN or infinity in x.

References
----------
Kaiser (1990), Proc. ICASSP, 381.
)");
}

void bind_baseline(py::module_& m) {
    m.def(
        "detrend_smoothness_priors",
        [](const py::object& x, double lambda) {
            return filtered(SignalArg("detrend_smoothness_priors", x),
                            [&](const MatrixView& v) { return detrend_smoothness_priors(v, lambda); });
        },
        py::arg("x"), py::arg("lambda_") = 500.0,
        R"(Remove a slow trend by smoothness priors: a high-pass for evenly spaced series such as resampled RR.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
lambda_ : float
    Weight of the trend's second difference, 0 to 10^7; the cut-off falls as it grows.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, lambda_ out of its range.

References
----------
Tarvainen, Ranta-aho & Karjalainen (2002), IEEE Trans. Biomed. Eng. 49:172.
)");
    m.def(
        "remove_baseline",
        [](const py::object& x, double fs, const std::string& method, double short_window_s, double long_window_s,
           double cutoff_hz, int order, const py::object& points, double around_s) {
            BaselineOptions options;
            options.method = choose<BaselineMethod>("remove_baseline", "method", method,
                                                    {{"median", BaselineMethod::median},
                                                     {"morphological", BaselineMethod::morphological},
                                                     {"spline", BaselineMethod::spline},
                                                     {"highpass", BaselineMethod::highpass}});
            options.short_window_s = short_window_s;
            options.long_window_s = long_window_s;
            options.cutoff_hz = cutoff_hz;
            options.order = order;
            options.around_s = around_s;
            const SignalArg signal("remove_baseline", x);
            const py::object given = points.is_none() ? py::object(py::list()) : points;
            const IndexArg at("remove_baseline", given, "points");
            options.points = at.values();
            return filtered(signal, [&](const MatrixView& v) { return remove_baseline(v, fs, options); });
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("method") = "median", py::arg("short_window_s") = 0.2,
        py::arg("long_window_s") = 0.6, py::arg("cutoff_hz") = 0.5, py::arg("order") = 2,
        py::arg("points") = py::none(), py::arg("around_s") = 0.02,
        R"(Remove the wandering baseline of an ECG.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
fs : float
    Sampling rate in Hz.
method : {"median", "morphological", "spline", "highpass"}
    Two running medians; opening and closing; a cubic spline through isoelectric points; a zero-phase Butterworth
    high-pass.
short_window_s, long_window_s : float
    Both medians; or the opening and twice the closing.
cutoff_hz, order : float and int
    Of the high-pass.
points : array_like of int, optional
    Samples on the isoelectric line (before each QRS), ascending, for "spline".
around_s : float
    The level at a point is the mean over so long a stretch.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, an argument out of its range, fewer than two points.

References
----------
de Chazal (2004), IEEE Trans. Biomed. Eng. 51:1196; Sun (2002), Comput. Biol. Med. 32:465; Meyer & Keiser (1977),
Comput. Biomed. Res. 10:459.
)");
    m.def(
        "cubic_spline",
        [](const py::object& t, const py::object& v, const py::object& at) {
            const SamplesArg knots("cubic_spline", t, "t");
            const SamplesArg values("cubic_spline", v, "v");
            const SamplesArg where("cubic_spline", at, "at");
            return to_numpy(cubic_spline(knots.samples(), values.samples(), where.samples()));
        },
        py::arg("t"), py::arg("v"), py::arg("at"),
        R"(Natural cubic spline; equal to ``scipy.interpolate.CubicSpline(t, v, bc_type="natural")(at)``.

Parameters
----------
t : array_like of shape (n_knots,)
    Strictly ascending, two or more.
v : array_like of shape (n_knots,)
at : array_like of shape (n,)

Returns
-------
ndarray of shape (n,)

Raises
------
ValueError
    Knots that don't ascend, NaN or infinity.
)");
}

void bind_line_noise(py::module_& m) {
    m.def(
        "remove_lines",
        [](const py::object& x, const py::object& freqs, double fs, double window_s, std::optional<double> bandwidth_hz,
           double p, std::optional<double> width_hz) {
            LineFitOptions options;
            if (!freqs.is_none()) {
                options.freqs_hz = frequencies("remove_lines", "freqs", freqs);
            }
            options.window_s = window_s;
            options.bandwidth_hz = bandwidth_hz;
            options.p = p;
            options.width_hz = width_hz;
            return filtered(SignalArg("remove_lines", x),
                            [&](const MatrixView& v) { return remove_lines(v, fs, options); });
        },
        py::arg("x"), py::arg("freqs") = py::none(), py::kw_only(), py::arg("fs"), py::arg("window_s") = 10.0,
        py::arg("bandwidth_hz") = py::none(), py::arg("p") = 0.05, py::arg("width_hz") = py::none(),
        R"(Subtract sinusoids fitted in sliding windows; ``mne.filter.notch_filter(method="spectrum_fit")``.

Parameters
----------
x : array_like of shape (n_samples,) or (n_channels, n_samples)
freqs : float or sequence of floats, optional
    Lines in Hz; absent: those that an F test finds in each window.
fs : float
    Sampling rate in Hz.
window_s : float
    Length of the windows, half overlapping.
bandwidth_hz : float, optional
    Full width of the tapers; 8 / window length where absent.
p : float
    Of the F test, divided by the number of samples.
width_hz : float, optional
    Frequencies within this width around each line go too; a 200th of the line where absent.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    NaN or infinity in x, fewer than 16 samples, an argument out of its range.

References
----------
Thomson (1982), Proc. IEEE 70:1055; Mitra & Bokil (2008), Observed Brain Dynamics.
)");
    m.def(
        "zapline",
        [](const py::object& x, double line_hz, double fs, Index n_remove, std::optional<Index> n_fft) {
            return filtered(SignalArg("zapline", x),
                            [&](const MatrixView& v) { return zapline(v, line_hz, fs, {n_remove, n_fft}); });
        },
        py::arg("x"), py::arg("line_hz"), py::kw_only(), py::arg("fs"), py::arg("n_remove") = 1,
        py::arg("n_fft") = py::none(),
        R"(Remove line noise from many channels by spatial filters (ZapLine).

Parameters
----------
x : array_like of shape (n_channels, n_samples)
    At least two channels.
line_hz : float
fs : float
    Sampling rate in Hz.
n_remove : int
    Components to project out.
n_fft : int, optional
    Window that measures the line and its harmonics; about 1 s where absent.

Returns
-------
ndarray of the shape of x

Raises
------
ValueError
    One channel, fewer samples than a window, NaN or infinity in x.

References
----------
de Cheveigne (2020), NeuroImage 207:116356.
)");
}

}  // namespace

void bind_signal_cleaning(py::module_& m) {
    bind_savgol(m);
    bind_windows(m);
    bind_baseline(m);
    bind_line_noise(m);
}

}  // namespace biopotential::python
