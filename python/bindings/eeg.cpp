#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/eeg/band_power.hpp"
#include "biopotential/eeg/channels.hpp"
#include "biopotential/eeg/complexity.hpp"
#include "biopotential/eeg/epochs.hpp"
#include "biopotential/eeg/quality.hpp"
#include "biopotential/eeg/simulate.hpp"
#include "eeg_parts.hpp"
#include "modules.hpp"
#include "numpy.hpp"

namespace biopotential::python {

namespace {

/// A signal of shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples); results have the
/// leading axes of the input, and are floats for one channel.
class StackArg {
  public:
    StackArg(const char* function, const py::object& x) : array_(py::array::ensure(x)), signal_(function, flat(x)) {
        if (!array_) {
            PyErr_Clear();
            leading_ = signal_.is_1d() ? std::vector<py::ssize_t>{} : std::vector<py::ssize_t>{signal_.n_channels()};
            return;
        }
        for (py::ssize_t axis = 0; axis + 1 < array_.ndim(); ++axis) {
            leading_.push_back(array_.shape(axis));
        }
    }
    [[nodiscard]] MatrixView view() const { return signal_.view(); }
    [[nodiscard]] py::object like(const Array<double>& a) const {
        if (leading_.empty()) {
            return py::float_(a[0]);
        }
        return to_numpy(a).reshape(leading_);
    }

  private:
    static py::object flat(const py::object& x) {
        const py::array a = py::array::ensure(x);
        if (!a) {
            PyErr_Clear();
            return x;
        }
        if (a.ndim() != 3) {
            return a;
        }
        return py::array(a).reshape(std::vector<py::ssize_t>{a.shape(0) * a.shape(1), a.shape(2)});
    }

    py::array array_;
    SignalArg signal_;
    std::vector<py::ssize_t> leading_;
};

/// The result of measure(view) without the GIL, in the shape of the input.
template <class Measure>
py::object measure_stack(const char* function, const py::object& x, const Measure& measure) {
    const StackArg arg(function, x);
    const MatrixView view = arg.view();
    Array<double> out;
    {
        const py::gil_scoped_release release;
        out = measure(view);
    }
    return arg.like(out);
}

#define BIOPOTENTIAL_STACK_DOC                                                                                   \
    "\n\nParameters\n----------\nx : array_like\n    Shape (n_samples,), (n_channels, n_samples) or (n_epochs, " \
    "n_channels, n_samples).\n    A channel that holds NaN or infinity gives NaN and leaves the others alone.\n"
#define BIOPOTENTIAL_RETURN_DOC                                                                                    \
    "\nReturns\n-------\nfloat or ndarray\n    One value per channel: a float, shape (n_channels,) or (n_epochs, " \
    "n_channels).\n\nRaises\n------\nValueError\n    A signal that is too short, or a bad "                        \
    "parameter.\n\nNotes\n-----\n"                                                                                 \
    "Equal to antropy's function of that purpose.\n"

void bind_entropies(py::module_& m) {
    m.def(
        "sample_entropy",
        [](const py::object& x, Index order, std::optional<double> tolerance) {
            return measure_stack("sample_entropy", x,
                                 [&](const MatrixView& v) { return eeg::sample_entropy(v, order, tolerance); });
        },
        py::arg("x"), py::arg("order") = 2, py::arg("tolerance") = py::none(),
        "Sample entropy (Richman & Moorman 2000)." BIOPOTENTIAL_STACK_DOC
        "order : int, default 2\n    Length of the templates.\ntolerance : float, optional\n    Default 0.2 * standard "
        "deviation (ddof 0). Agreement is < tolerance below 5000 samples, <= from there, as in "
        "antropy.\n" BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "app_entropy",
        [](const py::object& x, Index order, std::optional<double> tolerance) {
            return measure_stack("app_entropy", x,
                                 [&](const MatrixView& v) { return eeg::app_entropy(v, order, tolerance); });
        },
        py::arg("x"), py::arg("order") = 2, py::arg("tolerance") = py::none(),
        "Approximate entropy (Pincus 1991)." BIOPOTENTIAL_STACK_DOC
        "order : int, default 2\n    Length of the templates.\ntolerance : float, optional\n    Default 0.2 * standard "
        "deviation (ddof 0).\n" BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "perm_entropy",
        [](const py::object& x, Index order, Index delay, bool normalize) {
            return measure_stack("perm_entropy", x,
                                 [&](const MatrixView& v) { return eeg::perm_entropy(v, order, delay, normalize); });
        },
        py::arg("x"), py::arg("order") = 3, py::arg("delay") = 1, py::arg("normalize") = false,
        "Permutation entropy in bits (Bandt & Pompe 2002)." BIOPOTENTIAL_STACK_DOC
        "order : int, default 3\n    2 to 8.\ndelay : int, default 1\nnormalize : bool, default False\n    Divide by "
        "log2(order!).\n" BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "spectral_entropy",
        [](const py::object& x, double fs, const std::string& method, std::optional<Index> nperseg, bool normalize) {
            eeg::SpectralEntropyOptions options;
            if (method != "fft" && method != "welch") {
                throw_invalid("spectral_entropy", "method \"fft\" or \"welch\"", method);
            }
            options.method = method == "fft" ? eeg::EntropySpectrum::fft : eeg::EntropySpectrum::welch;
            options.nperseg = nperseg.value_or(options.nperseg);
            options.normalize = normalize;
            return measure_stack("spectral_entropy", x,
                                 [&](const MatrixView& v) { return eeg::spectral_entropy(v, fs, options); });
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("method") = "fft", py::arg("nperseg") = py::none(),
        py::arg("normalize") = false,
        "Entropy of the power spectrum in bits (Inouye et al. 1991)." BIOPOTENTIAL_STACK_DOC
        "fs : float\n    Sampling rate in Hz.\nmethod : {\"fft\", \"welch\"}\n    Periodogram, or Welch's method with "
        "windows of nperseg (256) samples.\nnormalize : bool, default False\n    Divide by log2 of the number of "
        "frequencies.\n" BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "svd_entropy",
        [](const py::object& x, Index order, Index delay, bool normalize) {
            return measure_stack("svd_entropy", x,
                                 [&](const MatrixView& v) { return eeg::svd_entropy(v, order, delay, normalize); });
        },
        py::arg("x"), py::arg("order") = 3, py::arg("delay") = 1, py::arg("normalize") = false,
        "Entropy in bits of the singular values of the delay embedding (Roberts et al. 1999)." BIOPOTENTIAL_STACK_DOC
        "order : int, default 3\ndelay : int, default 1\nnormalize : bool, default False\n    Divide by "
        "log2(order).\n" BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "lziv_complexity",
        [](const py::object& symbols, bool normalize) {
            return measure_stack("lziv_complexity", symbols,
                                 [&](const MatrixView& v) { return eeg::lziv_complexity(v, normalize); });
        },
        py::arg("x"), py::arg("normalize") = false,
        "Lempel-Ziv complexity (1976) of whole symbols >= 0; binarize a signal first: (x >= "
        "median).astype(int)." BIOPOTENTIAL_STACK_DOC
        "normalize : bool, default False\n    Divide by n / log_b(n), b the number of different "
        "symbols.\n" BIOPOTENTIAL_RETURN_DOC);
}

void bind_fractals(py::module_& m) {
    m.def(
        "higuchi_fd",
        [](const py::object& x, Index kmax) {
            return measure_stack("higuchi_fd", x, [&](const MatrixView& v) { return eeg::higuchi_fd(v, kmax); });
        },
        py::arg("x"), py::arg("kmax") = 10,
        "Higuchi's fractal dimension (1988)." BIOPOTENTIAL_STACK_DOC
        "kmax : int, default 10\n" BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "katz_fd", [](const py::object& x) { return measure_stack("katz_fd", x, eeg::katz_fd); }, py::arg("x"),
        "Katz's fractal dimension (1988)." BIOPOTENTIAL_STACK_DOC BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "petrosian_fd", [](const py::object& x) { return measure_stack("petrosian_fd", x, eeg::petrosian_fd); },
        py::arg("x"), "Petrosian's fractal dimension (1995)." BIOPOTENTIAL_STACK_DOC BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "detrended_fluctuation",
        [](const py::object& x) { return measure_stack("detrended_fluctuation", x, eeg::detrended_fluctuation); },
        py::arg("x"),
        "Exponent of the detrended fluctuation analysis (Peng et al. 1994)." BIOPOTENTIAL_STACK_DOC
            BIOPOTENTIAL_RETURN_DOC);
}

void bind_time_domain(py::module_& m) {
    m.def(
        "hjorth",
        [](const py::object& x, std::optional<double> fs) {
            const StackArg arg("hjorth", x);
            const MatrixView view = arg.view();
            eeg::Hjorth out;
            {
                const py::gil_scoped_release release;
                out = eeg::hjorth(view, fs);
            }
            return std::make_tuple(arg.like(out.mobility), arg.like(out.complexity));
        },
        py::arg("x"), py::kw_only(), py::arg("fs") = py::none(),
        "Hjorth's mobility and complexity (1970); mobility is per sample, in Hz with fs." BIOPOTENTIAL_STACK_DOC
            BIOPOTENTIAL_RETURN_DOC);
    m.def(
        "line_length",
        [](const py::object& x, bool mean) {
            return measure_stack("line_length", x, [&](const MatrixView& v) { return eeg::line_length(v, mean); });
        },
        py::arg("x"), py::arg("mean") = false,
        "Sum (or mean) of the absolute differences between neighbours (Esteller et al. 2001)." BIOPOTENTIAL_STACK_DOC);
    m.def(
        "zero_crossings",
        [](const py::object& x, bool normalize) {
            return measure_stack("zero_crossings", x,
                                 [&](const MatrixView& v) { return eeg::zero_crossings(v, normalize); });
        },
        py::arg("x"), py::arg("normalize") = false,
        "Changes of the sign bit; 0 counts as positive." BIOPOTENTIAL_STACK_DOC
        "normalize : bool, default False\n    Divide by the number of samples.\n" BIOPOTENTIAL_RETURN_DOC);
}

/// Rows of first sample and number of samples.
py::array_t<Index> spans_of(const std::vector<eeg::Epoch>& epochs) {
    Array<Index> out({static_cast<Index>(epochs.size()), 2});
    for (std::size_t i = 0; i < epochs.size(); ++i) {
        out(i, 0) = epochs[i].first;
        out(i, 1) = epochs[i].n;
    }
    return to_numpy(out);
}

using BandTuple = std::tuple<double, double, std::string>;

void bind_band_power(py::module_& m) {
    m.def(
        "fixed_epochs",
        [](const std::vector<std::pair<Index, Index>>& stretches, double fs, double length_s, double step_s) {
            std::vector<Segment> segments;
            for (const auto& [first, n] : stretches) {
                segments.push_back({0, first, n});
            }
            return spans_of(eeg::fixed_epochs(segments, fs, length_s, step_s));
        },
        py::arg("stretches"), py::kw_only(), py::arg("fs"), py::arg("length_s"), py::arg("step_s") = 0.0,
        "First sample and number of samples of fixed epochs within stretches (first, n), shape (n_epochs, 2).");
    m.def(
        "band_power",
        [](const py::object& x, double fs, const std::vector<std::pair<Index, Index>>& epochs,
           const std::vector<BandTuple>& bands, double window_s, double edge_share) {
            const SignalArg arg("band_power", x);
            const MatrixView view = arg.view();
            std::vector<eeg::Epoch> positions;
            for (const auto& [first, n] : epochs) {
                positions.push_back({first, n});
            }
            eeg::BandPowerOptions options;
            options.window_s = window_s;
            options.edge_share = edge_share;
            if (!bands.empty()) {
                options.bands.clear();
                for (const auto& [low, high, name] : bands) {
                    options.bands.push_back({name, low, high});
                }
            }
            eeg::BandPower out;
            {
                const py::gil_scoped_release release;
                out = eeg::band_power(view, fs, positions, options);
            }
            py::dict result;
            result["absolute"] = to_numpy(out.absolute);
            result["relative"] = to_numpy(out.relative);
            result["edge_hz"] = to_numpy(out.edge_hz);
            result["alpha_peak_hz"] = to_numpy(out.alpha_peak_hz);
            result["freqs"] = to_numpy(out.freqs);
            result["psd"] = to_numpy(out.psd);
            return result;
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("epochs") = std::vector<std::pair<Index, Index>>{},
        py::arg("bands") = std::vector<BandTuple>{}, py::arg("window_s") = 4.0, py::arg("edge_share") = 0.95,
        "Band powers of channels and epochs as arrays; see biopotential.eeg.band_power.");
    m.def(
        "default_bands",
        [] {
            std::vector<BandTuple> out;
            for (const eeg::Band& band : eeg::default_bands()) {
                out.emplace_back(band.low_hz, band.high_hz, band.name);
            }
            return out;
        },
        "Edges in Hz and names of the default bands.");
}

void bind_channels(py::module_& m) {
    m.def(
        "clean_channel_name", [](const std::string& name) { return eeg::clean_channel_name(name); }, py::arg("name"),
        "A channel's name as the 10-10 system writes it: \"EEG Fpz-Cz\" -> \"Fpz-Cz\", \"Fc5.\" -> \"FC5\", \"T3\" -> "
        "\"T7\".");
    m.def(
        "channel_kind",
        [](const std::string& name) {
            constexpr const char* names[] = {"eeg", "eog", "ecg", "emg", "other"};
            return std::string(names[static_cast<int>(eeg::channel_kind(name))]);
        },
        py::arg("name"), "What a channel measures by its name: \"eeg\", \"eog\", \"ecg\", \"emg\" or \"other\".");
    m.def(
        "electrode_position",
        [](const std::string& name) -> std::optional<std::tuple<double, double, double, double, double>> {
            const auto at = eeg::electrode_position(name);
            if (!at) {
                return std::nullopt;
            }
            return std::make_tuple(at->x, at->y, at->z, at->plane_x, at->plane_y);
        },
        py::arg("name"),
        "Position of a 10-10 electrode: (x, y, z) on the unit sphere (x right, y nose, z up), then (x, y) in the "
        "azimuthal equidistant plane, where 1 is the line nasion-ear-inion; None where the name is no electrode's.");
}

std::vector<eeg::Epoch> epochs_of(const std::vector<std::pair<Index, Index>>& positions) {
    std::vector<eeg::Epoch> epochs;
    for (const auto& [first, n] : positions) {
        epochs.push_back({first, n});
    }
    return epochs;
}

void bind_quality(py::module_& m) {
    m.def(
        "find_bad_channels",
        [](const py::object& x, double fs) {
            const SignalArg arg("find_bad_channels", x);
            const MatrixView view = arg.view();
            eeg::BadChannels out;
            {
                const py::gil_scoped_release release;
                out = eeg::find_bad_channels(view, fs);
            }
            return std::make_tuple(out.reasons, to_numpy(out.deviation_z), to_numpy(out.noise_z),
                                   to_numpy(out.low_correlation_share), to_numpy(out.dropout_share));
        },
        py::arg("x"), py::kw_only(), py::arg("fs"),
        "Reasons, robust z of amplitude and noise, shares of windows with low correlation and without a signal, for x "
        "in "
        "uV.");
    m.def(
        "find_artefacts",
        [](const py::object& x, const py::object& filtered, double fs,
           const std::vector<std::pair<Index, Index>>& epochs, double peak_to_peak_uv, double amplitude_z) {
            const SignalArg arg("find_artefacts", x);
            const SignalArg clean("find_artefacts", filtered, "filtered");
            const MatrixView view = arg.view();
            const MatrixView clean_view = clean.view();
            const std::vector<eeg::Epoch> positions = epochs_of(epochs);
            eeg::ArtefactOptions options;
            options.peak_to_peak_uv = peak_to_peak_uv;
            options.amplitude_z = amplitude_z;
            eeg::Artefacts out;
            {
                const py::gil_scoped_release release;
                out = eeg::find_artefacts(view, clean_view, fs, positions, options);
            }
            return std::make_tuple(to_numpy(out.reasons), to_numpy(out.limit_uv));
        },
        py::arg("x"), py::arg("filtered"), py::kw_only(), py::arg("fs"), py::arg("epochs"),
        py::arg("peak_to_peak_uv") = 150.0, py::arg("amplitude_z") = 3.0,
        "Sums of 1 missing, 2 flat, 4 clipped, 8 amplitude, 16 muscle; shape (n_epochs, n_channels), for x in uV; and "
        "each channel's amplitude limit.");
    m.def(
        "find_blinks",
        [](const py::object& x, double fs) {
            const SignalArg arg("find_blinks", x);
            const MatrixView view = arg.view();
            std::vector<eeg::Blink> blinks;
            {
                const py::gil_scoped_release release;
                blinks = eeg::find_blinks(view, fs);
            }
            std::vector<std::tuple<Index, Index, Index, double>> out;
            for (const eeg::Blink& b : blinks) {
                out.emplace_back(b.peak, b.first, b.n, b.amplitude_uv);
            }
            return out;
        },
        py::arg("x"), py::kw_only(), py::arg("fs"),
        "Blinks in frontal channels (uV): peak, first sample, number of samples, amplitude in uV.");
}

void bind_simulate(py::module_& m) {
    m.def(
        "simulate",
        [](double duration_s, const std::vector<std::string>& channels, double fs, double background_uv,
           double correlation_rad, double alpha_uv, double alpha_hz, double eyes_block_s, double blinks_per_minute,
           double blink_uv, double muscle_per_minute, double muscle_uv, double mains_uv, double mains_hz,
           const std::vector<std::string>& flat, const std::vector<std::string>& noisy, double noise_uv,
           std::uint64_t seed) {
            eeg::SimulateOptions options;
            options.background_uv = background_uv;
            options.correlation_rad = correlation_rad;
            options.alpha_uv = alpha_uv;
            options.alpha_hz = alpha_hz;
            options.eyes_block_s = eyes_block_s;
            options.blinks_per_minute = blinks_per_minute;
            options.blink_uv = blink_uv;
            options.muscle_per_minute = muscle_per_minute;
            options.muscle_uv = muscle_uv;
            options.mains_uv = mains_uv;
            options.mains_hz = mains_hz;
            for (const std::string& name : flat) {
                options.faulty.push_back({name, eeg::Fault::flat});
            }
            for (const std::string& name : noisy) {
                options.faulty.push_back({name, eeg::Fault::noisy});
            }
            options.noise_uv = noise_uv;
            options.seed = seed;
            eeg::Simulated out;
            {
                const py::gil_scoped_release release;
                out = eeg::simulate(duration_s, fs, channels, options);
            }
            py::dict result;
            result["data"] = to_numpy(out.x);
            result["blink_peaks"] = to_numpy(out.blink_peaks);
            result["eyes_closed"] = spans_of(out.eyes_closed);
            result["muscle"] = spans_of(out.muscle);
            return result;
        },
        py::arg("duration_s"), py::arg("channels"), py::kw_only(), py::arg("fs"), py::arg("background_uv"),
        py::arg("correlation_rad"), py::arg("alpha_uv"), py::arg("alpha_hz"), py::arg("eyes_block_s"),
        py::arg("blinks_per_minute"), py::arg("blink_uv"), py::arg("muscle_per_minute"), py::arg("muscle_uv"),
        py::arg("mains_uv"), py::arg("mains_hz"), py::arg("flat"), py::arg("noisy"), py::arg("noise_uv"),
        py::arg("seed"), "Signal and ground truth as arrays; see biopotential.eeg.simulate.");
}

}  // namespace

void bind_eeg(py::module_ m) {
    bind_entropies(m);
    bind_fractals(m);
    bind_time_domain(m);
    bind_band_power(m);
    bind_channels(m);
    bind_quality(m);
    bind_simulate(m);
    bind_eeg_montage(m);
    bind_eeg_spectra(m);
    bind_eeg_events(m);
}

}  // namespace biopotential::python
