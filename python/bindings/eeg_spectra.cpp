#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "biopotential/eeg/aperiodic.hpp"
#include "biopotential/eeg/connectivity.hpp"
#include "eeg_parts.hpp"
#include "numpy.hpp"

namespace biopotential::python {

void bind_eeg_spectra(py::module_& m) {
    m.def(
        "aperiodic",
        [](const py::object& freqs, const py::object& psd, double low_hz, double high_hz, bool knee,
           double narrowest_hz, double widest_hz, Index max_peaks, double min_height, double peak_threshold) {
            const SamplesArg hz("aperiodic", freqs, "freqs");
            const SignalArg power("aperiodic", psd, "psd");
            eeg::AperiodicOptions options;
            options.low_hz = low_hz;
            options.high_hz = high_hz;
            options.mode = knee ? eeg::AperiodicMode::knee : eeg::AperiodicMode::fixed;
            options.narrowest_hz = narrowest_hz;
            options.widest_hz = widest_hz;
            options.max_peaks = max_peaks;
            options.min_height = min_height;
            options.peak_threshold = peak_threshold;
            const MatrixView view = power.view();
            eeg::Aperiodic out;
            {
                const py::gil_scoped_release release;
                out = eeg::aperiodic(hz.samples(), view, options);
            }
            py::dict result;
            result["offset"] = to_numpy(out.offset);
            result["knee"] = to_numpy(out.knee);
            result["exponent"] = to_numpy(out.exponent);
            result["r_squared"] = to_numpy(out.r_squared);
            result["error"] = to_numpy(out.error);
            std::vector<std::tuple<Index, double, double, double>> peaks;
            for (std::size_t s = 0; s < out.peaks.size(); ++s) {
                for (const eeg::SpectralPeak& p : out.peaks[s]) {
                    peaks.emplace_back(static_cast<Index>(s), p.center_hz, p.power, p.bandwidth_hz);
                }
            }
            result["peaks"] = peaks;
            return result;
        },
        py::arg("freqs"), py::arg("psd"), py::kw_only(), py::arg("low_hz"), py::arg("high_hz"), py::arg("knee"),
        py::arg("narrowest_hz"), py::arg("widest_hz"), py::arg("max_peaks"), py::arg("min_height"),
        py::arg("peak_threshold"), "Fits of spectra as arrays and tuples; see biopotential.eeg.aperiodic.");
    m.def(
        "irasa",
        [](const py::object& x, double fs, double low_hz, double high_hz, const std::vector<double>& factors,
           double window_s) {
            const SignalArg arg("irasa", x);
            eeg::IrasaOptions options;
            options.low_hz = low_hz;
            options.high_hz = high_hz;
            options.window_s = window_s;
            if (!factors.empty()) {
                options.factors = factors;
            }
            const MatrixView view = arg.view();
            eeg::Irasa out;
            {
                const py::gil_scoped_release release;
                out = eeg::irasa(view, fs, options);
            }
            return std::make_tuple(to_numpy(out.freqs), to_numpy_like(arg, out.aperiodic),
                                   to_numpy_like(arg, out.oscillatory));
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("low_hz"), py::arg("high_hz"), py::arg("factors"),
        py::arg("window_s"), "Frequencies, aperiodic and oscillatory spectra; see biopotential.eeg.irasa.");
    m.def(
        "connectivity",
        [](const py::object& x, double fs, const std::vector<std::pair<Index, Index>>& epochs,
           const std::vector<std::string>& methods, double low_hz, double high_hz, bool multitaper,
           std::optional<double> bandwidth_hz) {
            const SignalArg arg("connectivity", x);
            std::vector<eeg::Epoch> positions;
            for (const auto& [first, n] : epochs) {
                positions.push_back({first, n});
            }
            eeg::ConnectivityOptions options;
            options.couplings.clear();
            for (const std::string& method : methods) {
                options.couplings.push_back(eeg::coupling_of(method));
            }
            options.low_hz = low_hz;
            options.high_hz = high_hz;
            options.multitaper = multitaper;
            options.bandwidth_hz = bandwidth_hz;
            const MatrixView view = arg.view();
            eeg::Connectivity out;
            {
                const py::gil_scoped_release release;
                out = eeg::connectivity(view, fs, positions, options);
            }
            py::list values;
            for (const Array<double>& v : out.values) {
                values.append(to_numpy(v));
            }
            return py::make_tuple(to_numpy(out.freqs), out.pairs, values);
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("epochs"), py::arg("methods"), py::arg("low_hz"),
        py::arg("high_hz"), py::arg("multitaper"), py::arg("bandwidth_hz"),
        "Frequencies, pairs of channels, and an array per method; see biopotential.eeg.connectivity.");
}

}  // namespace biopotential::python
