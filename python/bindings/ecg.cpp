#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "biopotential/core/errors.hpp"
#include "biopotential/ecg/beats.hpp"
#include "biopotential/ecg/christov.hpp"
#include "biopotential/ecg/correct.hpp"
#include "biopotential/ecg/delineate.hpp"
#include "biopotential/ecg/elgendi.hpp"
#include "biopotential/ecg/engzee.hpp"
#include "biopotential/ecg/gqrs.hpp"
#include "biopotential/ecg/hamilton.hpp"
#include "biopotential/ecg/hrv.hpp"
#include "biopotential/ecg/kalidas.hpp"
#include "biopotential/ecg/leads.hpp"
#include "biopotential/ecg/martinez.hpp"
#include "biopotential/ecg/quality.hpp"
#include "biopotential/ecg/r_peak_stream.hpp"
#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/ecg/rhythm.hpp"
#include "biopotential/ecg/simulate.hpp"
#include "biopotential/ecg/xqrs.hpp"
#include "modules.hpp"
#include "numpy.hpp"

namespace biopotential::python {
namespace {

/// A detector from a paper: one lead, default constants.
template <class Options>
void bind_named(py::module_& m, const char* name, std::vector<Index> (*find)(Samples, double, const Options&),
                const std::string& title, const std::string& source) {
    m.def(
        name,
        [name, find](const py::object& x, double fs) {
            const SamplesArg signal(name, x);
            std::vector<Index> peaks;
            {
                const py::gil_scoped_release unlocked;
                peaks = find(signal.samples(), fs, Options{});
            }
            return to_numpy(peaks);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"),
        ("Locate R peaks in one lead with " + title + R"(.

Parameters
----------
x : array_like, shape (n_samples,)
    One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
fs : float
    Sampling rate in Hz, at least 50.

Returns
-------
numpy.ndarray of int64
    Ascending sample positions of the largest deflection of each QRS.

Raises
------
ValueError
    Bad fs, or x not one-dimensional.

References
----------
)" + source)
            .c_str());
}

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
    bind_named(m, "find_r_peaks_pan_tompkins", &ecg::find_r_peaks_pan_tompkins, "the detector of Pan and Tompkins",
               "Pan & Tompkins 1985, IEEE TBME 32:230.");
    bind_named(m, "find_r_peaks_hamilton", &ecg::find_r_peaks_hamilton, "Hamilton's detector",
               "Hamilton 2002, Computers in Cardiology 29:101.");
    bind_named(m, "find_r_peaks_christov", &ecg::find_r_peaks_christov, "Christov's combined adaptive threshold",
               "Christov 2004, BioMedical Engineering OnLine 3:28.");
    bind_named(m, "find_r_peaks_elgendi", &ecg::find_r_peaks_elgendi, "Elgendi's two moving averages",
               "Elgendi, Jonkman & De Boer 2010, BIOSIGNALS 428.");
    bind_named(m, "find_r_peaks_engzee", &ecg::find_r_peaks_engzee,
               "the detector of Engelse and Zeelenberg as modified by Lourenco",
               "Engelse & Zeelenberg 1979, Computers in Cardiology 6:37. Lourenco et al. 2012, BIOSIGNALS 49.");
    bind_named(m, "find_r_peaks_martinez", &ecg::find_r_peaks_martinez, "the wavelet detector of Martinez",
               "Martinez et al. 2004, IEEE TBME 51:570.");
    bind_named(m, "find_r_peaks_kalidas", &ecg::find_r_peaks_kalidas, "the stationary wavelet transform",
               "Kalidas & Tamil 2017, IEEE BIBE 457.");
    bind_named(m, "find_r_peaks_gqrs", &ecg::find_r_peaks_gqrs, "a detector like WFDB's gqrs",
               "The manual page of gqrs, WFDB.");
    bind_named(m, "find_r_peaks_xqrs", &ecg::find_r_peaks_xqrs, "a detector like WFDB's XQRS",
               "wfdb-python, processing.XQRS.");
}

void bind_r_peak_stream(py::module_& m) {
    using ecg::RPeakStream;
    m.def(
        "find_r_peaks_causal",
        [](const py::object& x, double fs) {
            const SamplesArg signal("find_r_peaks_causal", x);
            std::vector<Index> peaks;
            {
                const py::gil_scoped_release unlocked;
                peaks = ecg::find_r_peaks_causal(signal.samples(), fs);
            }
            return to_numpy(peaks);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"),
        R"(Locate R peaks in one lead with what RPeakStream gives block by block.

Parameters
----------
x : array_like, shape (n_samples,)
    One lead, any amplitude unit. NaN counts as lost samples.
fs : float
    Sampling rate in Hz, at least 50.

Returns
-------
numpy.ndarray of int64
    Ascending sample positions of the largest deflection of each QRS.

Raises
------
ValueError
    Bad fs, or x not one-dimensional.)");
    // The GIL stays: it keeps two threads from pushing into one stream at a time.
    py::class_<RPeakStream>(m, "RPeakStream", R"(R peaks of one lead while its samples come in.

The peaks are those of find_r_peaks(method="causal") on the whole signal, whatever the sizes of the blocks. That is a
method of its own, because the default one looks ahead by minutes.

Parameters
----------
fs : float
    Sampling rate in Hz, at least 50.

Raises
------
ValueError
    Bad fs.)")
        .def(py::init([](double fs) { return RPeakStream(fs); }), py::kw_only(), py::arg("fs"))
        .def(
            "push",
            [](RPeakStream& s, const py::object& block) {
                return to_numpy(s.push(SamplesArg("RPeakStream.push", block).samples()));
            },
            py::arg("block"),
            "Take the next samples, shape (n,), NaN where lost; returns the positions of the beats that are certain "
            "now, "
            "in samples since the start (int64).")
        .def(
            "skip", [](RPeakStream& s, Index n) { return to_numpy(s.skip(n)); }, py::arg("n"),
            "Tell that n samples were lost: the positions of later beats count them. Returns peaks like push.")
        .def(
            "finish", [](RPeakStream& s) { return to_numpy(s.finish()); },
            "Return the peaks that were still waited for; the stream is then as new.")
        .def("reset", &RPeakStream::reset, "As new.")
        .def_property_readonly("fs", &RPeakStream::fs)
        .def_property_readonly("n_samples", &RPeakStream::n_samples, "Samples so far, lost ones counted.")
        .def_property_readonly("latency_s", &RPeakStream::latency_s,
                               "A beat is reported no later than this after it, once levels are learnt.")
        .def_property_readonly("late_s", &RPeakStream::late_s,
                               "... a beat of the first two seconds, or one found by searching back, than this.")
        .def("__copy__", [](const RPeakStream& s) { return RPeakStream(s); })
        .def("__deepcopy__", [](const RPeakStream& s, const py::dict&) { return RPeakStream(s); }, py::arg("memo"));
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

void bind_delineate(py::module_& m) {
    m.def(
        "_delineate",
        [](const py::object& x, const py::object& r_peaks, double fs, double min_probability) {
            const SignalArg signal("delineate", x);
            const IndexArg peaks("delineate", r_peaks, "r_peaks");
            ecg::DelineateOptions options;
            options.min_probability = min_probability;
            ecg::Delineation d;
            {
                const py::gil_scoped_release unlocked;
                d = ecg::delineate(signal.view(), peaks.values(), fs, options);
            }
            py::dict out;
            out["p_onset"] = to_numpy(d.p_onset);
            out["p_peak"] = to_numpy(d.p_peak);
            out["p_offset"] = to_numpy(d.p_offset);
            out["qrs_onset"] = to_numpy(d.qrs_onset);
            out["qrs_offset"] = to_numpy(d.qrs_offset);
            out["t_onset"] = to_numpy(d.t_onset);
            out["t_peak"] = to_numpy(d.t_peak);
            out["t_offset"] = to_numpy(d.t_offset);
            out["p_probability"] = to_numpy(d.p_probability);
            out["t_probability"] = to_numpy(d.t_probability);
            out["rr_ms"] = to_numpy(d.rr_ms);
            out["pr_ms"] = to_numpy(d.pr_ms);
            out["qrs_ms"] = to_numpy(d.qrs_ms);
            out["qt_ms"] = to_numpy(d.qt_ms);
            out["qtc_bazett_ms"] = to_numpy(d.qtc_bazett_ms);
            out["qtc_fridericia_ms"] = to_numpy(d.qtc_fridericia_ms);
            out["qtc_framingham_ms"] = to_numpy(d.qtc_framingham_ms);
            out["qtc_hodges_ms"] = to_numpy(d.qtc_hodges_ms);
            out["p_amplitude"] = to_numpy(d.p_amplitude);
            out["q_amplitude"] = to_numpy(d.q_amplitude);
            out["r_amplitude"] = to_numpy(d.r_amplitude);
            out["s_amplitude"] = to_numpy(d.s_amplitude);
            out["t_amplitude"] = to_numpy(d.t_amplitude);
            out["st_level"] = to_numpy(d.st_level);
            out["st_slope_per_s"] = to_numpy(d.st_slope_per_s);
            return out;
        },
        py::arg("x"), py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("min_probability"));
}

ecg::FrankTransform transform_of(const std::string& method) {
    if (method != "kors" && method != "inverse_dower") {
        throw_invalid("frank_leads", "method \"kors\" or \"inverse_dower\"", method);
    }
    return method == "kors" ? ecg::FrankTransform::kors : ecg::FrankTransform::inverse_dower;
}

void bind_leads(py::module_& m) {
    m.def(
        "_limb_leads",
        [](const py::object& x) {
            const SignalArg signal("standard_leads", x);
            Array<double> out;
            {
                const py::gil_scoped_release unlocked;
                out = ecg::limb_leads(signal.view());
            }
            return to_numpy(out);
        },
        py::arg("x"));
    m.def(
        "_frank_leads",
        [](const py::object& x, const std::string& method) {
            const SignalArg signal("frank_leads", x);
            const ecg::FrankTransform transform = transform_of(method);
            Array<double> out;
            {
                const py::gil_scoped_release unlocked;
                out = ecg::frank_leads(signal.view(), transform);
            }
            return to_numpy(out);
        },
        py::arg("x"), py::kw_only(), py::arg("method"));
    m.def(
        "_leads_of_frank",
        [](const py::object& xyz) {
            const SignalArg signal("leads_of_frank", xyz, "xyz");
            Array<double> out;
            {
                const py::gil_scoped_release unlocked;
                out = ecg::leads_of_frank(signal.view());
            }
            return to_numpy(out);
        },
        py::arg("xyz"));
    m.def(
        "_vector_measures",
        [](const py::object& x, double fs, const py::object& qrs_onset, const py::object& qrs_offset,
           const py::object& t_onset, const py::object& t_offset, const std::string& method) {
            const SignalArg signal("vector_measures", x);
            const SamplesArg q0("vector_measures", qrs_onset, "qrs_onset"),
                q1("vector_measures", qrs_offset, "qrs_offset"), t0("vector_measures", t_onset, "t_onset"),
                t1("vector_measures", t_offset, "t_offset");
            const ecg::FrankTransform transform = transform_of(method);
            ecg::VectorMeasures v;
            {
                const py::gil_scoped_release unlocked;
                v = ecg::vector_measures(signal.view(), fs, {q0.samples(), q1.samples(), t0.samples(), t1.samples()},
                                         transform);
            }
            py::dict out;
            out["frontal_axis_deg"] = to_numpy(v.frontal_axis_deg);
            out["qrs_t_angle_deg"] = to_numpy(v.qrs_t_angle_deg);
            out["qrs_t_peak_angle_deg"] = to_numpy(v.qrs_t_peak_angle_deg);
            out["qrs_magnitude"] = to_numpy(v.qrs_magnitude);
            out["t_magnitude"] = to_numpy(v.t_magnitude);
            out["ventricular_gradient"] = to_numpy(v.ventricular_gradient);
            return out;
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("qrs_onset"), py::arg("qrs_offset"), py::arg("t_onset"),
        py::arg("t_offset"), py::arg("method"));
}

void bind_correct(py::module_& m) {
    m.def(
        "_correct_r_peaks",
        [](const py::object& r_peaks, double fs, bool iterate) {
            const IndexArg peaks("correct_r_peaks", r_peaks, "r_peaks");
            ecg::CorrectOptions options;
            options.iterate = iterate;
            ecg::Corrected c;
            {
                const py::gil_scoped_release unlocked;
                c = ecg::correct_r_peaks(peaks.values(), fs, options);
            }
            std::vector<std::uint8_t> faults;
            for (const ecg::BeatFault f : c.faults) {
                faults.push_back(static_cast<std::uint8_t>(f));
            }
            py::dict out;
            out["faults"] = to_numpy(faults);
            out["r_peaks"] = to_numpy(c.r_peaks);
            out["changed"] = to_numpy(c.changed);
            out["rounds"] = c.rounds;
            return out;
        },
        py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("iterate"));
}

void bind_rhythm(py::module_& m) {
    m.def(
        "_rhythm",
        [](const py::object& times_s, const py::object& counts, const py::object& p_probability, double bradycardia_bpm,
           double tachycardia_bpm, double pause_s, double asystole_s) {
            const SamplesArg times("rhythm", times_s, "times_s");
            const SamplesArg p_waves("rhythm", p_probability, "p_probability");
            const IndexArg given("rhythm", counts, "counts");
            std::vector<std::uint8_t> flags;
            for (const Index v : given.values()) {
                flags.push_back(v != 0 ? 1 : 0);
            }
            ecg::RhythmOptions options;
            options.bradycardia_bpm = bradycardia_bpm;
            options.tachycardia_bpm = tachycardia_bpm;
            options.pause_s = pause_s;
            options.asystole_s = asystole_s;
            ecg::Rhythm r;
            {
                const py::gil_scoped_release unlocked;
                r = ecg::rhythm(times.samples(), flags, options, p_waves.samples());
            }
            py::list episodes;
            for (const ecg::RhythmEpisode& e : r.episodes) {
                episodes.append(
                    py::make_tuple(static_cast<int>(e.kind), e.first, e.last, e.onset_s, e.duration_s, e.value));
            }
            py::dict out;
            out["mean_hr_bpm"] = r.mean_hr_bpm;
            out["min_hr_bpm"] = r.min_hr_bpm;
            out["max_hr_bpm"] = r.max_hr_bpm;
            out["irregular_share"] = r.irregular_share;
            out["af_share"] = r.af_share;
            out["af_probability"] = to_numpy(r.af_probability);
            out["entropy"] = to_numpy(r.entropy);
            out["episodes"] = episodes;
            return out;
        },
        py::arg("times_s"), py::arg("counts"), py::arg("p_probability"), py::kw_only(), py::arg("bradycardia_bpm"),
        py::arg("tachycardia_bpm"), py::arg("pause_s"), py::arg("asystole_s"));
}

ecg::Exclude exclude_of(const std::string& name) {
    if (name == "none") {
        return ecg::Exclude::none;
    }
    if (name == "implausible") {
        return ecg::Exclude::implausible;
    }
    if (name == "ectopic") {
        return ecg::Exclude::ectopic;
    }
    throw_invalid("hrv", "exclude of none, implausible, ectopic", name);
}

ecg::NnIntervals nn_of(const char* function, const py::object& r_peaks, double fs, const std::string& exclude,
                       const py::object& normal) {
    const IndexArg peaks(function, r_peaks, "r_peaks");
    ecg::NnOptions options;
    options.exclude = exclude_of(exclude);
    std::vector<std::uint8_t> marks;
    if (!normal.is_none()) {
        const IndexArg given(function, normal, "normal");
        for (const Index v : given.values()) {
            marks.push_back(v != 0 ? 1 : 0);
        }
        if (marks.size() != peaks.values().size()) {
            throw_invalid(function, "normal of one value a beat", std::to_string(marks.size()));
        }
        options.normal = marks;
    }
    return ecg::nn_intervals(peaks.values(), fs, options);
}

void bind_hrv(py::module_& m) {
    m.def(
        "_nn_intervals",
        [](const py::object& r_peaks, double fs, const std::string& exclude, const py::object& normal) {
            const ecg::NnIntervals nn = nn_of("nn_intervals", r_peaks, fs, exclude, normal);
            py::dict out;
            out["time_s"] = to_numpy(nn.time_s);
            out["nn_ms"] = to_numpy(nn.nn_ms);
            out["adjacent"] = to_numpy(nn.adjacent);
            return out;
        },
        py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("exclude"), py::arg("normal"));
    m.def(
        "_nn_spectrum",
        [](const py::object& r_peaks, double fs, const std::string& exclude, const py::object& normal,
           double resample_hz, double segment_s) {
            const ecg::NnIntervals nn = nn_of("nn_spectrum", r_peaks, fs, exclude, normal);
            signal::Spectrum spectrum;
            {
                const py::gil_scoped_release unlocked;
                spectrum = ecg::nn_spectrum(nn, {resample_hz, segment_s});
            }
            return py::make_tuple(to_numpy(spectrum.freqs), to_numpy(spectrum.psd));
        },
        py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("exclude"), py::arg("normal"), py::arg("resample_hz"),
        py::arg("segment_s"));
    m.def(
        "_hrv",
        [](const py::object& r_peaks, double fs, const std::string& exclude, const py::object& normal,
           const std::string& part, double resample_hz, double segment_s) {
            const ecg::NnIntervals nn = nn_of("hrv", r_peaks, fs, exclude, normal);
            py::dict out;
            if (part == "time" || part == "all") {
                const ecg::HrvTime t = ecg::hrv_time(nn);
                out["n_nn"] = static_cast<double>(t.n_nn);
                out["excluded_percent"] = t.excluded_percent;
                out["mean_nn_ms"] = t.mean_nn_ms;
                out["median_nn_ms"] = t.median_nn_ms;
                out["min_nn_ms"] = t.min_nn_ms;
                out["max_nn_ms"] = t.max_nn_ms;
                out["mean_hr_bpm"] = t.mean_hr_bpm;
                out["sdnn_ms"] = t.sdnn_ms;
                out["rmssd_ms"] = t.rmssd_ms;
                out["sdsd_ms"] = t.sdsd_ms;
                out["nn50"] = t.nn50;
                out["pnn50_percent"] = t.pnn50_percent;
                out["pnn20_percent"] = t.pnn20_percent;
                out["cvnn"] = t.cvnn;
                out["sdann_ms"] = t.sdann_ms;
                out["sdnn_index_ms"] = t.sdnn_index_ms;
                out["hti"] = t.hti;
                out["tinn_ms"] = t.tinn_ms;
            }
            if (part == "frequency" || part == "all") {
                ecg::HrvFrequencyOptions bands;
                bands.spectrum = {resample_hz, segment_s};
                const ecg::HrvFrequency f = ecg::hrv_frequency(nn, bands);
                out["vlf_ms2"] = f.vlf_ms2;
                out["lf_ms2"] = f.lf_ms2;
                out["hf_ms2"] = f.hf_ms2;
                out["total_ms2"] = f.total_ms2;
                out["lf_nu"] = f.lf_nu;
                out["hf_nu"] = f.hf_nu;
                out["lf_hf"] = f.lf_hf;
                out["lf_peak_hz"] = f.lf_peak_hz;
                out["hf_peak_hz"] = f.hf_peak_hz;
            }
            if (part == "nonlinear" || part == "all") {
                ecg::HrvNonlinear v;
                {
                    const py::gil_scoped_release unlocked;
                    v = ecg::hrv_nonlinear(nn);
                }
                out["sd1_ms"] = v.sd1_ms;
                out["sd2_ms"] = v.sd2_ms;
                out["sd1_sd2"] = v.sd1_sd2;
                out["sampen"] = v.sampen;
                out["dfa_alpha1"] = v.dfa_alpha1;
                out["dfa_alpha2"] = v.dfa_alpha2;
            }
            return out;
        },
        py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("exclude"), py::arg("normal"), py::arg("part"),
        py::arg("resample_hz"), py::arg("segment_s"));
}

void bind_quality(py::module_& m) {
    m.def(
        "_quality",
        [](const py::object& x, double fs, double window_s) {
            const SignalArg signal("quality", x);
            ecg::Quality q;
            {
                const py::gil_scoped_release unlocked;
                ecg::QualityOptions options;
                options.window_s = window_s;
                q = ecg::quality(signal.view(), fs, options);
            }
            py::dict out;
            out["start_s"] = to_numpy(q.start_s);
            out["end_s"] = to_numpy(q.end_s);
            out["missing"] = to_numpy(q.missing);
            out["flat"] = to_numpy(q.flat);
            out["clipped"] = to_numpy(q.clipped);
            out["ksqi"] = to_numpy(q.ksqi);
            out["ssqi"] = to_numpy(q.ssqi);
            out["psqi"] = to_numpy(q.psqi);
            out["bassqi"] = to_numpy(q.bassqi);
            out["hfsqi"] = to_numpy(q.hfsqi);
            out["index"] = to_numpy(q.index);
            out["reason"] = to_numpy(q.reason);
            return out;
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("window_s"));
}

void bind_simulate(py::module_& m) {
    m.def(
        "_simulate",
        [](double duration_s, double fs, const std::vector<std::string>& leads, double heart_rate_bpm, double lf_ms,
           double hf_ms, double ventricular_percent, double supraventricular_percent, double wander_mv,
           double muscle_mv, double mains_mv, double mains_hz, std::uint64_t seed) {
            ecg::SimulateOptions options{
                leads,     heart_rate_bpm, lf_ms,    hf_ms, ventricular_percent, supraventricular_percent, wander_mv,
                muscle_mv, mains_mv,       mains_hz, seed};
            ecg::Simulated s;
            {
                const py::gil_scoped_release unlocked;
                s = ecg::simulate(duration_s, fs, options);
            }
            return py::make_tuple(to_numpy(s.x), to_numpy(s.r_peaks), std::string(s.labels.begin(), s.labels.end()));
        },
        py::arg("duration_s"), py::kw_only(), py::arg("fs"), py::arg("leads"), py::arg("heart_rate_bpm"),
        py::arg("lf_ms"), py::arg("hf_ms"), py::arg("ventricular_percent"), py::arg("supraventricular_percent"),
        py::arg("wander_mv"), py::arg("muscle_mv"), py::arg("mains_mv"), py::arg("mains_hz"), py::arg("seed"));
}

}  // namespace

void bind_ecg(py::module_ m) {
    bind_r_peaks(m);
    bind_r_peak_stream(m);
    bind_beats(m);
    bind_delineate(m);
    bind_leads(m);
    bind_rhythm(m);
    bind_correct(m);
    bind_hrv(m);
    bind_quality(m);
    bind_simulate(m);
}

}  // namespace biopotential::python
