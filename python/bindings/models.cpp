#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>

#include "biopotential/core/errors.hpp"
#include "biopotential/models/model.hpp"
#include "biopotential/models/safetensors.hpp"
#include "biopotential/models/windows.hpp"
#include "errors.hpp"
#include "numpy.hpp"

namespace biopotential::python {

namespace {

models::Activation parse_activation(const std::string& name) {
    if (name == "none") {
        return models::Activation::none;
    }
    if (name == "softmax") {
        return models::Activation::softmax;
    }
    if (name == "sigmoid") {
        return models::Activation::sigmoid;
    }
    throw_invalid("models.load", "activation 'none', 'softmax' or 'sigmoid'", name);
}

models::Windowing make_windowing(std::optional<Index> step_samples, std::optional<Index> before_samples) {
    if (step_samples.has_value() == before_samples.has_value()) {
        throw_invalid("models.load", "either step_samples (fixed windows) or before_samples (beats)",
                      "both or neither");
    }
    return step_samples ? models::Windowing{models::Windowing::fixed, *step_samples, 0}
                        : models::Windowing{models::Windowing::beats, 0, *before_samples};
}

py::tuple to_tuple(const models::Prediction& p) {
    return py::make_tuple(to_numpy(p.probabilities), to_numpy(p.starts));
}

void bind_model(py::module_& m) {
    using models::Model;
    py::class_<Model>(m, "Model", "A loaded network with its preprocessing and windowing.")
        .def_property_readonly("classes", &Model::classes)
        .def_property_readonly("sha256", &Model::sha256)
        .def_property_readonly("card", &Model::card)
        .def_property_readonly("fs", [](const Model& self) { return self.input().fs; })
        .def_property_readonly("n_channels", [](const Model& self) { return self.input().n_channels; })
        .def_property_readonly("window_samples", [](const Model& self) { return self.input().window_samples; })
        .def_property_readonly(
            "windowing",
            [](const Model& self) { return self.windowing().kind == models::Windowing::beats ? "beats" : "fixed"; })
        .def_property_readonly("unit", [](const Model& self) { return self.input().unit; })
        .def(
            "predict",
            [](const Model& self, const py::object& x, double fs) {
                const SignalArg signal("models.predict", x);
                models::Prediction out;
                {
                    const py::gil_scoped_release release;
                    out = self.predict(signal.view(), fs);
                }
                return to_tuple(out);
            },
            py::arg("x"), py::kw_only(), py::arg("fs"))
        .def(
            "predict_beats",
            [](const Model& self, const py::object& x, const py::object& r_peaks, double fs) {
                const SignalArg signal("models.predict_beats", x);
                const IndexArg beats("models.predict_beats", r_peaks, "r_peaks");
                models::Prediction out;
                {
                    const py::gil_scoped_release release;
                    out = self.predict_beats(signal.view(), beats.values(), fs);
                }
                return to_tuple(out);
            },
            py::arg("x"), py::arg("r_peaks"), py::kw_only(), py::arg("fs"));
}

void bind_load(py::module_& m) {
    m.def(
        "load_package", [](const std::string& path) { return models::load(path); }, py::arg("path"),
        py::call_guard<py::gil_scoped_release>());
    m.def(
        "load_program",
        [](const std::string& path, bool torchscript, Index n_channels, double fs, Index window_samples,
           std::optional<Index> step_samples, std::optional<Index> before_samples, std::vector<std::string> classes,
           const std::string& unit, std::vector<std::string> side_features, const std::string& preprocessing,
           const std::string& activation) {
            models::LoadOptions options;
            options.format = torchscript ? models::Format::torchscript : models::Format::aotinductor;
            options.program = models::ProgramSpec{{n_channels, fs, window_samples, unit, std::move(side_features)},
                                                  make_windowing(step_samples, before_samples),
                                                  parse_pipeline(preprocessing),
                                                  std::move(classes),
                                                  parse_activation(activation)};
            return models::load(path, options);
        },
        py::kw_only(), py::arg("path"), py::arg("torchscript"), py::arg("n_channels"), py::arg("fs"),
        py::arg("window_samples"), py::arg("step_samples"), py::arg("before_samples"), py::arg("classes"),
        py::arg("unit"), py::arg("side_features"), py::arg("preprocessing"), py::arg("activation"),
        py::call_guard<py::gil_scoped_release>());
}

void bind_checks(py::module_& m) {
    m.def(
        "check_package", [](const std::string& path) { return models::read_package(path).declaration.card; },
        py::arg("path"), py::call_guard<py::gil_scoped_release>(),
        "Read and check a package without building its network; its card as JSON.");
    m.def(
        "plan",
        [](const std::string& declaration) {
            const models::Declaration d = models::parse_declaration(declaration);
            py::dict shapes;
            for (const models::TensorSpec& tensor : d.plan.tensors) {
                shapes[py::str(tensor.name)] = py::tuple(py::cast(tensor.shape));
            }
            return shapes;
        },
        py::arg("declaration"), "Name and shape of every tensor that a declaration's network needs.");
    m.def(
        "read_safetensors",
        [](const std::string& path) {
            const models::Safetensors file(open_file(path));
            py::dict out;
            for (const auto& [name, info] : file.tensors()) {
                const std::vector<float> values = file.read(name);
                out[py::str(name)] =
                    to_numpy(values).reshape(std::vector<py::ssize_t>(info.shape.begin(), info.shape.end()));
            }
            return out;
        },
        py::arg("path"), "The floating-point tensors of a safetensors file, as float32.");
}

void bind_inputs(py::module_& m) {
    m.def("side_features", &models::side_feature_names);
    m.def(
        "window_inputs",
        [](const py::object& x, double fs, const std::string& declaration) {
            const models::Declaration d = models::parse_declaration(declaration);
            const SignalArg signal("models.window_inputs", x);
            models::Inputs out;
            {
                const py::gil_scoped_release release;
                out = models::window_inputs(signal.view(), fs, d.input, d.windowing, d.preprocessing);
            }
            return py::make_tuple(to_numpy(out.windows), to_numpy(out.starts));
        },
        py::arg("x"), py::kw_only(), py::arg("fs"), py::arg("declaration"));
    m.def(
        "beat_inputs",
        [](const py::object& x, const py::object& r_peaks, double fs, const std::string& declaration) {
            const models::Declaration d = models::parse_declaration(declaration);
            const SignalArg signal("models.beat_inputs", x);
            const IndexArg beats("models.beat_inputs", r_peaks, "r_peaks");
            models::Inputs out;
            {
                const py::gil_scoped_release release;
                out = models::beat_inputs(signal.view(), beats.values(), fs, d.input, d.windowing, d.preprocessing);
            }
            return py::make_tuple(to_numpy(out.windows), to_numpy(out.side));
        },
        py::arg("x"), py::arg("r_peaks"), py::kw_only(), py::arg("fs"), py::arg("declaration"));
}

}  // namespace

}  // namespace biopotential::python

PYBIND11_MODULE(_models, m) {
    namespace bp = biopotential::python;
    m.doc() = "Networks through LibTorch; use it through biopotential.models.";
    bp::register_errors();
    bp::bind_model(m);
    bp::bind_load(m);
    bp::bind_checks(m);
    bp::bind_inputs(m);
}
