#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "biopotential/core/errors.hpp"
#include "biopotential/eeg/ica.hpp"
#include "biopotential/eeg/reference.hpp"
#include "biopotential/eeg/robust_reference.hpp"
#include "biopotential/eeg/spline.hpp"
#include "eeg_parts.hpp"
#include "numpy.hpp"

namespace biopotential::python {

namespace {

void bind_reference(py::module_& m) {
    m.def(
        "rereference",
        [](const py::object& x, const std::vector<Index>& reference) {
            const SignalArg arg("reference", x);
            const MatrixView view = arg.view();
            Array<double> out;
            {
                const py::gil_scoped_release release;
                out = eeg::rereference(view, reference);
            }
            return to_numpy_like(arg, out);
        },
        py::arg("x"), py::arg("reference"),
        "Each channel minus the mean of the channels at those positions, shape of x; see "
        "biopotential.eeg.reference.");
    m.def(
        "bipolar",
        [](const py::object& x, const std::vector<std::string>& channels,
           const std::vector<std::pair<std::string, std::string>>& montage) {
            const SignalArg arg("reference", x);
            const MatrixView view = arg.view();
            std::vector<eeg::Derivation> derivations;
            for (const auto& [anode, cathode] : montage) {
                derivations.push_back({anode, cathode});
            }
            eeg::Bipolar out;
            {
                const py::gil_scoped_release release;
                out = eeg::bipolar(view, channels, derivations);
            }
            return std::make_tuple(to_numpy(out.x), out.channels);
        },
        py::arg("x"), py::arg("channels"), py::arg("montage"),
        "Differences of channels by their names, shape (n_derivations, n_samples), and the derivations' names.");
    const auto pairs = [](const std::vector<eeg::Derivation>& montage) {
        std::vector<std::pair<std::string, std::string>> out;
        for (const eeg::Derivation& d : montage) {
            out.emplace_back(d.anode, d.cathode);
        }
        return out;
    };
    m.def(
        "longitudinal_montage", [pairs] { return pairs(eeg::longitudinal_montage()); },
        "Anode and cathode of the double banana.");
    m.def(
        "transverse_montage", [pairs] { return pairs(eeg::transverse_montage()); },
        "Anode and cathode of the transverse montage.");
}

void bind_spline(py::module_& m) {
    m.def(
        "interpolate",
        [](const py::object& x, const std::vector<std::string>& channels, const std::vector<Index>& bad) {
            const SignalArg arg("interpolate", x);
            const MatrixView view = arg.view();
            Array<double> out;
            {
                const py::gil_scoped_release release;
                out = eeg::interpolate(view, channels, bad);
            }
            return to_numpy_like(arg, out);
        },
        py::arg("x"), py::arg("channels"), py::arg("bad"),
        "x with the channels at those positions made from the others by spherical splines.");
    m.def(
        "surface_laplacian",
        [](const py::object& x, const std::vector<std::string>& channels, double radius, double lambda2, int stiffness,
           int n_terms) {
            const SignalArg arg("surface_laplacian", x);
            const MatrixView view = arg.view();
            eeg::SplineOptions options;
            options.lambda2 = lambda2;
            options.stiffness = stiffness;
            options.n_terms = n_terms;
            Array<double> out;
            {
                const py::gil_scoped_release release;
                out = eeg::surface_laplacian(view, channels, radius, options);
            }
            return to_numpy_like(arg, out);
        },
        py::arg("x"), py::arg("channels"), py::kw_only(), py::arg("radius"), py::arg("lambda2"), py::arg("stiffness"),
        py::arg("n_terms"), "Current source density of channels at 10-10 positions, shape of x.");
    m.def(
        "robust_reference",
        [](const py::object& x, const std::vector<std::string>& channels, double fs, int max_iterations) {
            const SignalArg arg("robust_reference", x);
            const MatrixView view = arg.view();
            eeg::RobustReferenceOptions options;
            options.max_iterations = max_iterations;
            eeg::RobustReference out;
            {
                const py::gil_scoped_release release;
                out = eeg::robust_reference(view, channels, fs, options);
            }
            return std::make_tuple(to_numpy(out.x), to_numpy(out.reference), out.excluded, out.interpolated);
        },
        py::arg("x"), py::arg("channels"), py::kw_only(), py::arg("fs"), py::arg("max_iterations"),
        "Referenced signals (uV), the reference, positions excluded from it, positions interpolated.");
}

void bind_ica(py::module_& m) {
    m.def(
        "ica",
        [](const py::object& x, const std::string& method, std::optional<Index> n_components, int max_iterations,
           double tolerance, std::uint64_t seed) {
            const SignalArg arg("ica", x);
            const MatrixView view = arg.view();
            eeg::IcaOptions options;
            if (method != "picard" && method != "fastica") {
                throw_invalid("ica", "method \"picard\" or \"fastica\"", method);
            }
            options.method = method == "picard" ? eeg::IcaMethod::picard : eeg::IcaMethod::fastica;
            options.n_components = n_components;
            options.max_iterations = max_iterations;
            options.tolerance = tolerance;
            options.seed = seed;
            eeg::Ica out;
            {
                const py::gil_scoped_release release;
                out = eeg::ica(view, options);
            }
            return std::make_tuple(to_numpy(out.unmixing), to_numpy(out.mixing), to_numpy(out.mean),
                                   to_numpy(out.explained), out.iterations, out.converged);
        },
        py::arg("x"), py::kw_only(), py::arg("method"), py::arg("n_components"), py::arg("max_iterations"),
        py::arg("tolerance"), py::arg("seed"), "Unmixing, mixing, means, shares, iterations, whether it converged.");
    m.def(
        "without_components",
        [](const py::object& x, const py::object& unmixing, const py::object& mixing, const py::object& mean,
           const std::vector<Index>& exclude) {
            const SignalArg arg("without_components", x);
            const SignalArg in("without_components", unmixing, "unmixing");
            const SignalArg back("without_components", mixing, "mixing");
            const SamplesArg means("without_components", mean, "mean");
            const MatrixView view = arg.view();
            const MatrixView in_view = in.view();
            const MatrixView back_view = back.view();
            if (in_view.rows() != back_view.cols() || in_view.cols() != back_view.rows() ||
                static_cast<Index>(means.samples().size()) != in_view.cols()) {
                throw_invalid("without_components", "unmixing, mixing and mean that belong together", "others");
            }
            eeg::Ica ica{Array<double>({in_view.rows(), in_view.cols()}),
                         Array<double>({back_view.rows(), back_view.cols()}),
                         Array<double>({in_view.cols()}),
                         Array<double>({in_view.rows()}),
                         0,
                         true};
            ica.unmixing.matrix() = in_view;
            ica.mixing.matrix() = back_view;
            std::copy(means.samples().begin(), means.samples().end(), ica.mean.begin());
            Array<double> out;
            {
                const py::gil_scoped_release release;
                out = eeg::without_components(view, ica, exclude);
            }
            return to_numpy_like(arg, out);
        },
        py::arg("x"), py::arg("unmixing"), py::arg("mixing"), py::arg("mean"), py::arg("exclude"),
        "x without some components, shape of x.");
}

}  // namespace

void bind_eeg_montage(py::module_& m) {
    bind_reference(m);
    bind_spline(m);
    bind_ica(m);
}

}  // namespace biopotential::python
