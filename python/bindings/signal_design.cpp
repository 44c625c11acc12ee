#include "biopotential/signal/design.hpp"
#include "biopotential/signal/fir_design.hpp"
#include "biopotential/signal/iir.hpp"
#include "biopotential/signal/response.hpp"
#include "signal_common.hpp"

namespace biopotential::python {

using namespace biopotential::signal;

namespace {

constexpr const char* iir_doc = R"(

Parameters
----------
order : int
    1 to 50 (bessel: to 25); a band filter has twice that many poles.
ripple_db : float
    Largest loss in the pass band (cheby1, ellip).
attenuation_db : float
    Smallest loss in the stop band (cheby2, ellip).
cutoff : float or sequence of two floats
    Edges in Hz inside (0, fs / 2): two for a band, ascending.
fs : float
    Sampling rate in Hz.
btype : {"lowpass", "highpass", "bandpass", "bandstop"}
norm : {"phase", "delay", "mag"}
    What the edge of a Bessel filter means, as SciPy's.
output : {"sos", "zpk", "ba"}

Returns
-------
sos : ndarray of shape (n_sections, 6)
    Rows b0 b1 b2 1 a1 a2.
zeros, poles, gain : complex ndarrays and float
    With output="zpk".
b, a : ndarrays of shape (n_poles + 1,)
    With output="ba"; only for low orders.

Raises
------
ValueError
    An argument out of its range.
)";

py::object designed(const char* function, const IirDesign& design, const py::object& cutoff, double fs,
                    const std::string& btype, const std::string& output) {
    enum class Output { sos, zpk, ba };
    const std::vector<double> edges = frequencies(function, "cutoff", cutoff);
    const BandType type = band_type(function, btype);
    const auto wanted =
        choose<Output>(function, "output", output, {{"sos", Output::sos}, {"zpk", Output::zpk}, {"ba", Output::ba}});
    if (wanted == Output::sos) {
        return to_numpy(iir_sections(design, edges, fs, type));
    }
    const ZerosPolesGain roots = iir_roots(design, edges, fs, type);
    if (wanted == Output::zpk) {
        return py::make_tuple(to_numpy(roots.zeros), to_numpy(roots.poles), roots.gain);
    }
    const Polynomials p = to_polynomials(roots);
    return py::make_tuple(to_numpy(p.b), to_numpy(p.a));
}

void bind_butterworth(py::module_& m) {
    m.def(
        "butter",
        [](int order, const py::object& cutoff, double fs, const std::string& btype, const std::string& output) {
            return designed("butter", {.family = IirFamily::butterworth, .order = order}, cutoff, fs, btype, output);
        },
        py::arg("order"), py::arg("cutoff"), py::kw_only(), py::arg("fs"), py::arg("btype") = "lowpass",
        py::arg("output") = "sos",
        (std::string("Butterworth filter, flat in the pass band; equal to ``scipy.signal.butter``.") + iir_doc)
            .c_str());
    m.def(
        "buttord",
        [](const py::object& pass, const py::object& stop, double pass_db, double stop_db, double fs) -> py::tuple {
            const ButterworthOrder o = buttord(frequencies("buttord", "pass_hz", pass),
                                               frequencies("buttord", "stop_hz", stop), pass_db, stop_db, fs);
            if (o.cutoff_hz.size() == 1) {
                return py::make_tuple(o.order, o.cutoff_hz[0]);
            }
            return py::make_tuple(o.order, to_numpy(o.cutoff_hz));
        },
        py::arg("pass_hz"), py::arg("stop_hz"), py::arg("pass_db"), py::arg("stop_db"), py::kw_only(), py::arg("fs"),
        R"(Lowest Butterworth order that meets a specification; equal to ``scipy.signal.buttord``.

Parameters
----------
pass_hz, stop_hz : float or sequence of two floats
    Edges of pass and stop band in Hz, one inside the other for a band.
pass_db : float
    Largest loss in the pass band.
stop_db : float
    Smallest loss in the stop band.
fs : float
    Sampling rate in Hz.

Returns
-------
order : int
cutoff : float or ndarray of shape (2,)
    For ``butter``.

Raises
------
ValueError
    Edges that no order of at most 10^6 meets, an argument out of its range.
)");
}

void bind_iir(py::module_& m) {
    m.def(
        "cheby1",
        [](int order, double ripple_db, const py::object& cutoff, double fs, const std::string& btype,
           const std::string& output) {
            return designed("cheby1", {.family = IirFamily::chebyshev1, .order = order, .ripple_db = ripple_db}, cutoff,
                            fs, btype, output);
        },
        py::arg("order"), py::arg("ripple_db"), py::arg("cutoff"), py::kw_only(), py::arg("fs"),
        py::arg("btype") = "lowpass", py::arg("output") = "sos",
        (std::string("Chebyshev filter with ripple in the pass band; equal to ``scipy.signal.cheby1``.") + iir_doc)
            .c_str());
    m.def(
        "cheby2",
        [](int order, double attenuation_db, const py::object& cutoff, double fs, const std::string& btype,
           const std::string& output) {
            return designed("cheby2",
                            {.family = IirFamily::chebyshev2, .order = order, .attenuation_db = attenuation_db}, cutoff,
                            fs, btype, output);
        },
        py::arg("order"), py::arg("attenuation_db"), py::arg("cutoff"), py::kw_only(), py::arg("fs"),
        py::arg("btype") = "lowpass", py::arg("output") = "sos",
        (std::string("Chebyshev filter with ripple in the stop band; equal to ``scipy.signal.cheby2``.") + iir_doc)
            .c_str());
    m.def(
        "ellip",
        [](int order, double ripple_db, double attenuation_db, const py::object& cutoff, double fs,
           const std::string& btype, const std::string& output) {
            return designed("ellip",
                            {.family = IirFamily::elliptic,
                             .order = order,
                             .ripple_db = ripple_db,
                             .attenuation_db = attenuation_db},
                            cutoff, fs, btype, output);
        },
        py::arg("order"), py::arg("ripple_db"), py::arg("attenuation_db"), py::arg("cutoff"), py::kw_only(),
        py::arg("fs"), py::arg("btype") = "lowpass", py::arg("output") = "sos",
        (std::string("Elliptic (Cauer) filter, the steepest of an order; equal to ``scipy.signal.ellip``.") + iir_doc)
            .c_str());
    m.def(
        "bessel",
        [](int order, const py::object& cutoff, double fs, const std::string& btype, const std::string& norm,
           const std::string& output) {
            const auto kind = choose<BesselNorm>(
                "bessel", "norm", norm,
                {{"phase", BesselNorm::phase}, {"delay", BesselNorm::delay}, {"mag", BesselNorm::magnitude}});
            return designed("bessel", {.family = IirFamily::bessel, .order = order, .norm = kind}, cutoff, fs, btype,
                            output);
        },
        py::arg("order"), py::arg("cutoff"), py::kw_only(), py::arg("fs"), py::arg("btype") = "lowpass",
        py::arg("norm") = "phase", py::arg("output") = "sos",
        (std::string("Bessel filter, which keeps shapes; equal to ``scipy.signal.bessel``.") + iir_doc).c_str());
}

void bind_resonators(py::module_& m) {
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
        "iirpeak", [](double frequency, double q, double fs) { return to_numpy(iirpeak(frequency, q, fs)); },
        py::arg("frequency"), py::arg("q"), py::kw_only(), py::arg("fs"),
        R"(Second-order peak as one section; equal to ``scipy.signal.iirpeak``.

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
}

void bind_windowed_fir(py::module_& m) {
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
        "firwin2",
        [](Index n_taps, const py::object& freqs, const py::object& gains, double fs, const py::object& window,
           Index n_freqs, bool antisymmetric) {
            const SamplesArg f("firwin2", freqs, "freqs");
            const SamplesArg g("firwin2", gains, "gains");
            return to_numpy(
                firwin2(n_taps, f.samples(), g.samples(), fs, window_shape("firwin2", window), n_freqs, antisymmetric));
        },
        py::arg("n_taps"), py::arg("freqs"), py::arg("gains"), py::kw_only(), py::arg("fs"),
        py::arg("window") = "hamming", py::arg("n_freqs") = 0, py::arg("antisymmetric") = false,
        R"(FIR by frequency sampling and a window; equal to ``scipy.signal.firwin2``.

Parameters
----------
n_taps : int
freqs : array_like of shape (n,)
    Ascending from 0 to fs / 2 Hz; a frequency may occur twice, for a step.
gains : array_like of shape (n,)
    Linear in between.
fs : float
    Sampling rate in Hz.
window : str or tuple
n_freqs : int
    Points of the interpolation; 0: 1 + the next power of two.
antisymmetric : bool
    Phase of 90 degrees.

Returns
-------
ndarray of shape (n_taps,)

Raises
------
ValueError
    An argument out of its range; a gain at 0 or fs / 2 that the type can't have.
)");
    m.def("kaiser_beta", &kaiser_beta, py::arg("attenuation_db"),
          R"(Parameter of a Kaiser window for an attenuation; equal to ``scipy.signal.kaiser_beta``.

Parameters
----------
attenuation_db : float

Returns
-------
float
)");
    m.def("kaiser_atten", &kaiser_attenuation, py::arg("n_taps"), py::arg("width_hz"), py::kw_only(), py::arg("fs"),
          R"(Attenuation in dB of a Kaiser-window filter; equal to ``scipy.signal.kaiser_atten``.

Parameters
----------
n_taps : int
width_hz : float
    Of the transition.
fs : float
    Sampling rate in Hz.

Returns
-------
float
)");
    m.def(
        "kaiserord",
        [](double attenuation_db, double width_hz, double fs) {
            const KaiserDesign k = kaiser_order(attenuation_db, width_hz, fs);
            return py::make_tuple(k.n_taps, k.beta);
        },
        py::arg("attenuation_db"), py::arg("width_hz"), py::kw_only(), py::arg("fs"),
        R"(Length and window of an FIR by its attenuation and transition; equal to ``scipy.signal.kaiserord``.

Parameters
----------
attenuation_db : float
    At least 8.
width_hz : float
    Of the transition.
fs : float
    Sampling rate in Hz.

Returns
-------
n_taps : int
beta : float

Raises
------
ValueError
    An argument out of its range.
)");
}

void bind_optimal_fir(py::module_& m) {
    m.def(
        "firls",
        [](Index n_taps, const py::object& bands, const py::object& desired, double fs, const py::object& weights) {
            const std::vector<double> b = frequencies("firls", "bands", bands);
            const std::vector<double> d = frequencies("firls", "desired", desired);
            const std::vector<double> w =
                weights.is_none() ? std::vector<double>{} : frequencies("firls", "weights", weights);
            return to_numpy(unlocked([&] { return firls(n_taps, b, d, fs, w); }));
        },
        py::arg("n_taps"), py::arg("bands"), py::arg("desired"), py::kw_only(), py::arg("fs"),
        py::arg("weights") = py::none(), R"(FIR of least squared error in bands; equal to ``scipy.signal.firls``.

Parameters
----------
n_taps : int
    Odd.
bands : array_like of shape (2 * n_bands,)
    Edges in pairs, ascending inside [0, fs / 2] Hz.
desired : array_like of shape (2 * n_bands,)
    Gain at every edge, linear in between.
fs : float
    Sampling rate in Hz.
weights : array_like of shape (n_bands,), optional

Returns
-------
ndarray of shape (n_taps,)

Raises
------
ValueError
    An argument out of its range.
)");
    m.def(
        "remez",
        [](Index n_taps, const py::object& bands, const py::object& desired, double fs, const py::object& weights,
           int grid_density) {
            const std::vector<double> b = frequencies("remez", "bands", bands);
            const std::vector<double> d = frequencies("remez", "desired", desired);
            const std::vector<double> w =
                weights.is_none() ? std::vector<double>{} : frequencies("remez", "weights", weights);
            return to_numpy(unlocked([&] { return remez(n_taps, b, d, fs, w, grid_density); }));
        },
        py::arg("n_taps"), py::arg("bands"), py::arg("desired"), py::kw_only(), py::arg("fs"),
        py::arg("weights") = py::none(), py::arg("grid_density") = 16,
        R"(FIR of least maximal error in bands (Parks-McClellan); as ``scipy.signal.remez``.

Parameters
----------
n_taps : int
    3 to 2001.
bands : array_like of shape (2 * n_bands,)
    Edges in pairs, ascending inside [0, fs / 2] Hz.
desired : array_like of shape (n_bands,)
fs : float
    Sampling rate in Hz.
weights : array_like of shape (n_bands,), optional
grid_density : int
    Frequencies for each degree of freedom.

Returns
-------
ndarray of shape (n_taps,)

Raises
------
ValueError
    An argument out of its range; bands for which the exchange doesn't converge.

References
----------
Parks & McClellan (1972), IEEE Trans. Circuit Theory 19:189.
)");
    m.def(
        "minimum_phase",
        [](const py::object& h, bool half, Index n_fft) {
            const SamplesArg taps("minimum_phase", h, "h");
            const Samples t = taps.samples();
            return to_numpy(unlocked([&] { return minimum_phase(t, half, n_fft); }));
        },
        py::arg("h"), py::kw_only(), py::arg("half") = true, py::arg("n_fft") = 0,
        R"(Minimum-phase filter of a linear-phase one; equal to ``scipy.signal.minimum_phase``.

Parameters
----------
h : array_like of shape (n_taps,)
half : bool
    Half the length, and a gain that is the square root of the given one; else the same length.
n_fft : int
    Length of the transforms; 0: SciPy's rule.

Returns
-------
ndarray of shape (ceil(n_taps / 2),) or (n_taps,)

Raises
------
ValueError
    Fewer than 3 taps, zeros only, n_fft < n_taps.
)");
}

void bind_response(py::module_& m) {
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
    m.def(
        "freqz",
        [](const py::object& b, const py::object& a, double fs, Index n) {
            const std::vector<double> num = frequencies("freqz", "b", b);
            const std::vector<double> den = frequencies("freqz", "a", a);
            const FrequencyResponse r = unlocked([&] { return freqz(num, den, fs, n); });
            return py::make_tuple(to_numpy(r.freqs), to_numpy(r.response));
        },
        py::arg("b"), py::arg("a") = 1.0, py::kw_only(), py::arg("fs"), py::arg("n") = 512,
        R"(Frequency response of b(z) / a(z); equal to ``scipy.signal.freqz``.

Parameters
----------
b, a : array_like of shape (n_taps,) or float
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
    An argument out of its range, NaN or infinity.
)");
    m.def(
        "group_delay",
        [](const py::object& b, const py::object& a, double fs, Index n) {
            const std::vector<double> num = frequencies("group_delay", "b", b);
            const std::vector<double> den = frequencies("group_delay", "a", a);
            const GroupDelay r = unlocked([&] { return group_delay(num, den, fs, n); });
            return py::make_tuple(to_numpy(r.freqs), to_numpy(r.delay_samples));
        },
        py::arg("b"), py::arg("a") = 1.0, py::kw_only(), py::arg("fs"), py::arg("n") = 512,
        R"(Group delay of b(z) / a(z) in samples; equal to ``scipy.signal.group_delay``.

Parameters
----------
b, a : array_like of shape (n_taps,) or float
fs : float
    Sampling rate in Hz.
n : int
    Number of frequencies from 0 to just below fs / 2.

Returns
-------
freqs : ndarray of shape (n,)
    Hz.
delay_samples : ndarray of shape (n,)
    0 where the gain is 0.

Raises
------
ValueError
    An argument out of its range, NaN or infinity.
)");
    m.def(
        "sos_group_delay",
        [](const py::object& sos, double fs, Index n) {
            const SignalArg sections("sos_group_delay", sos, "sos");
            const GroupDelay r = sos_group_delay(sections.view(), fs, n);
            return py::make_tuple(to_numpy(r.freqs), to_numpy(r.delay_samples));
        },
        py::arg("sos"), py::kw_only(), py::arg("fs"), py::arg("n") = 512,
        R"(Group delay of second-order sections in samples.

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
delay_samples : ndarray of shape (n,)

Raises
------
ValueError
    sos of another shape, fs or n out of range.
)");
}

void bind_description(py::module_& m) {
    const auto pairs = [](const FilterDescription& d) {
        std::vector<std::pair<double, double>> out;
        for (const Transition& t : d.transitions) {
            out.emplace_back(t.pass_hz, t.stop_hz);
        }
        return out;
    };
    py::class_<FilterDescription>(m, "FilterDescription", R"(What a filter does, read off its frequency response.

``str()`` of it is a text of several lines.
)")
        .def_readonly("kind", &FilterDescription::kind, "FIR or IIR.")
        .def_readonly("band", &FilterDescription::band, "lowpass, highpass, bandpass, bandstop, allpass or multiband.")
        .def_readonly("length", &FilterDescription::length, "Taps, or sections.")
        .def_readonly("fs", &FilterDescription::fs, "Sampling rate in Hz.")
        .def_readonly("zero_phase", &FilterDescription::zero_phase, "Applied with zero phase.")
        .def_readonly("linear_phase", &FilterDescription::linear_phase, "Symmetric taps.")
        .def_readonly("stable", &FilterDescription::stable, "All poles inside the unit circle.")
        .def_readonly("peak_gain_db", &FilterDescription::peak_gain_db, "Largest gain.")
        .def_readonly("half_power_hz", &FilterDescription::half_power_hz, "Where the gain crosses -3 dB.")
        .def_readonly("half_amplitude_hz", &FilterDescription::half_amplitude_hz, "Where the gain crosses -6 dB.")
        .def_property_readonly("transitions_hz", pairs, "From -1 dB to the stop band, for each transition.")
        .def_readonly("attenuation_db", &FilterDescription::attenuation_db, "Smallest loss beyond the transitions.")
        .def_readonly("length_s", &FilterDescription::length_s, "Of the taps, or as long as the sections ring.")
        .def_readonly("ringing_s", &FilterDescription::ringing_s,
                      "Until the impulse response stays below 0.1 % of its maximum.")
        .def_readonly("delay_s", &FilterDescription::delay_s, "Group delay at the largest gain.")
        .def("__str__", &FilterDescription::text)
        .def("__repr__", &FilterDescription::text);
    m.def(
        "describe",
        [](const py::object& filter, double fs, bool zero_phase) {
            const SignalArg f("describe", filter, "filter");
            const MatrixView v = f.view();
            if (f.is_1d()) {
                const ContiguousRow taps(v, 0);
                return unlocked([&] { return describe_fir(taps, fs, zero_phase); });
            }
            return unlocked([&] { return describe_sos(v, fs, zero_phase); });
        },
        py::arg("filter"), py::kw_only(), py::arg("fs"), py::arg("zero_phase") = false,
        R"(Describe a filter for people: edges, transitions, attenuation, length, ringing, delay.

Parameters
----------
filter : array_like of shape (n_taps,) or (n_sections, 6)
    Taps of an FIR, or second-order sections.
fs : float
    Sampling rate in Hz.
zero_phase : bool
    As ``fir_filter`` or ``sosfiltfilt`` apply it.

Returns
-------
FilterDescription

Raises
------
ValueError
    Another shape, NaN or infinity, a filter that lets nothing through.
)");
}

}  // namespace

void bind_signal_design(py::module_& m) {
    bind_butterworth(m);
    bind_iir(m);
    bind_resonators(m);
    bind_windowed_fir(m);
    bind_optimal_fir(m);
    bind_response(m);
    bind_description(m);
}

}  // namespace biopotential::python
