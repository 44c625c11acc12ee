#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/csv.hpp"
#include "biopotential/io/edf_stream.hpp"
#include "biopotential/io/hdf5_stream.hpp"
#include "biopotential/io/matlab.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/io/wfdb.hpp"
#include "biopotential/io/write.hpp"
#include "modules.hpp"
#include "numpy.hpp"
#include "text.hpp"

namespace biopotential::python {

namespace py = pybind11;

namespace {

void bind_read(py::module_& m) {
    m.def(
        "read",
        [](const std::string& path, bool strict, const std::vector<std::string>& annotators) {
            const py::gil_scoped_release release;
            return std::make_shared<Recording>(io::read(path, {strict, annotators}));
        },
        py::arg("path"), py::kw_only(), py::arg("strict") = false,
        py::arg("annotators") = std::vector<std::string>{"atr"},
        R"(Read a recording; biopotential.read wraps the result.

Parameters
----------
path : str
    File, or WFDB record name.
strict : bool
    Refuse what a tolerant reader only warns of.
annotators : list of str
    WFDB annotation files to read where they exist.

Raises
------
ParseError
    No known format, or content that breaks it.
OSError
    The file can't be read.
)");
}

void bind_write(py::module_& m) {
    m.def(
        "write",
        [](const std::shared_ptr<Recording>& recording, const std::string& path) {
            const py::gil_scoped_release release;
            io::write(*recording, path);
        },
        py::arg("recording"), py::arg("path"), R"(Write a recording in the format that the suffix names.

Parameters
----------
recording : Recording
    What to write.
path : str
    Ends in .hea, .edf, .bdf, .vhdr, .h5 or .hdf5.

Raises
------
ValueError
    Another suffix, or a recording that the format can't hold.
OSError
    The file can't be written.
)");
}

void bind_write_wfdb(py::module_& m) {
    m.def(
        "write_wfdb",
        [](const std::shared_ptr<Recording>& recording, const std::string& path, int format, bool variable_layout,
           const std::string& annotator) {
            const py::gil_scoped_release release;
            io::write_wfdb(*recording, path, {format, annotator, variable_layout});
        },
        py::arg("recording"), py::arg("path"), py::kw_only(), py::arg("format") = 0, py::arg("variable_layout") = true,
        py::arg("annotator") = "atr", "Write a WFDB record; use biopotential.io.write_wfdb.");
}

void bind_matlab(py::module_& m) {
    m.def(
        "read_matlab",
        [](const std::string& path, double fs, const std::string& variable, const std::vector<std::string>& channels,
           const std::string& unit, double gain) {
            const py::gil_scoped_release release;
            return std::make_shared<Recording>(io::read_matlab(open_file(path), {fs, variable, channels, unit, gain}));
        },
        py::arg("path"), py::kw_only(), py::arg("fs"), py::arg("variable") = "",
        py::arg("channels") = std::vector<std::string>{}, py::arg("unit") = "", py::arg("gain") = 1.0,
        "Read a numeric matrix of a MATLAB 4 or 5 file as samples.");
}

void bind_csv(py::module_& m) {
    py::class_<io::CsvOptions>(m, "CsvOptions", "How a table of text is laid out; biopotential.io.read_csv fills it.")
        .def(py::init<>())
        .def_readwrite("fs", &io::CsvOptions::fs)
        .def_readwrite("columns", &io::CsvOptions::columns)
        .def_readwrite("units", &io::CsvOptions::units)
        .def_readwrite("delimiter", &io::CsvOptions::delimiter)
        .def_readwrite("decimal", &io::CsvOptions::decimal)
        .def_readwrite("time_column", &io::CsvOptions::time_column)
        .def_readwrite("time_unit_s", &io::CsvOptions::time_unit_s)
        .def_readwrite("header", &io::CsvOptions::header)
        .def_readwrite("skip_rows", &io::CsvOptions::skip_rows)
        .def_readwrite("comment", &io::CsvOptions::comment)
        .def_readwrite("missing", &io::CsvOptions::missing);
    m.def(
        "read_csv",
        [](const std::string& path, const io::CsvOptions& options) {
            const py::gil_scoped_release release;
            return std::make_shared<Recording>(io::read_csv(open_file(path), options));
        },
        py::arg("path"), py::arg("options"), "Read a table of text, a row per sample.");
}

/// What all writers do that take samples while they come in.
template <class Writer>
void bind_writing(py::class_<Writer>& writer) {
    writer
        .def(
            "append",
            [name = py::cast<std::string>(writer.attr("__name__"))](Writer& to, const py::object& x) {
                const SignalArg arg(name.c_str(), x);
                const MatrixView view = arg.view();
                const py::gil_scoped_release release;
                to.append(view);
            },
            py::arg("x"), "Samples that follow on the last ones, shape (n_channels, n).")
        .def(
            "annotate",
            [](Writer& to, std::int64_t onset_ns, const std::string& label, std::int64_t duration_ns) {
                Event event;
                event.onset_ns = onset_ns;
                event.duration_ns = duration_ns;
                event.label = label;
                to.annotate(event);
            },
            py::arg("onset_ns"), py::arg("label"), py::arg("duration_ns") = 0, "Add an event.")
        .def("flush", &Writer::flush, py::call_guard<py::gil_scoped_release>(),
             "Write what came in, and sync the file to the disk.")
        .def("close", &Writer::close, py::call_guard<py::gil_scoped_release>(), "Finish the file.")
        .def_property_readonly("n_samples", &Writer::n_samples, "Samples per channel that came in.");
}

void bind_edf_writer(py::module_& m) {
    py::class_<io::EdfWriter> writer(m, "EdfWriter",
                                     "Writes EDF+ while samples come in; use biopotential.io.EdfWriter.");
    writer.def(py::init([](const std::string& path, double fs, const std::vector<std::string>& names,
                           const std::vector<std::string>& units, const std::vector<double>& low,
                           const std::vector<double>& high, std::optional<std::int64_t> start_ns) {
                   std::vector<io::EdfStreamChannel> channels;
                   for (std::size_t c = 0; c < names.size(); ++c) {
                       channels.push_back({names[c], units.at(c), low.at(c), high.at(c)});
                   }
                   return std::make_unique<io::EdfWriter>(path, fs, channels, start_ns);
               }),
               py::arg("path"), py::kw_only(), py::arg("fs"), py::arg("names"), py::arg("units"),
               py::arg("physical_min"), py::arg("physical_max"), py::arg("start_ns") = py::none());
    bind_writing(writer);
}

void bind_hdf5_writer(py::module_& m) {
    py::class_<io::Hdf5Writer> writer(
        m, "Hdf5Writer", "Writes the HDF5 container while samples come in; use biopotential.io.Hdf5Writer.");
    writer.def(py::init([](const std::string& path, double fs, const std::vector<std::string>& names,
                           const std::vector<std::string>& units, const std::vector<double>& low,
                           const std::vector<double>& high, int bits, std::optional<std::int64_t> start_ns) {
                   std::vector<io::Hdf5StreamChannel> channels;
                   for (std::size_t c = 0; c < names.size(); ++c) {
                       channels.push_back({names[c], units.at(c), low.at(c), high.at(c)});
                   }
                   const py::gil_scoped_release release;
                   return std::make_unique<io::Hdf5Writer>(path, fs, channels, io::Hdf5StreamOptions{bits, start_ns});
               }),
               py::arg("path"), py::kw_only(), py::arg("fs"), py::arg("names"), py::arg("units"),
               py::arg("physical_min"), py::arg("physical_max"), py::arg("bits"), py::arg("start_ns") = py::none());
    bind_writing(writer);
}

void bind_annotations(py::module_& m) {
    m.def(
        "read_annotations",
        [](const std::string& path, double fs, bool strict) {
            auto recording = std::make_shared<Recording>();
            const py::gil_scoped_release release;
            io::Annotations annotations = io::read_annotations(path, fs, strict);
            recording->events = std::move(annotations.events);
            recording->warnings = std::move(annotations.warnings);
            return recording;
        },
        py::arg("path"), py::kw_only(), py::arg("fs"), py::arg("strict") = false,
        "Read a WFDB annotation file: a recording that holds only its events.");
    m.def(
        "write_annotations",
        [](const Recording& recording, const std::string& path, double fs) {
            const py::gil_scoped_release release;
            io::write_annotations(recording.events, path, fs);
        },
        py::arg("recording"), py::arg("path"), py::kw_only(), py::arg("fs"),
        "Write a recording's events as a WFDB annotation file.");
}

}  // namespace

void bind_io(py::module_ m) {
    m.attr("UNKNOWN_FORMAT") = std::string(io::unknown_format);
    bind_read(m);
    bind_write(m);
    bind_write_wfdb(m);
    bind_matlab(m);
    bind_csv(m);
    bind_edf_writer(m);
    bind_hdf5_writer(m);
    bind_annotations(m);
}

}  // namespace biopotential::python
