#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>

#include "biopotential/core/byte_source.hpp"
#include "biopotential/core/recording.hpp"
#include "biopotential/io/matlab.hpp"
#include "biopotential/io/read.hpp"
#include "biopotential/io/wfdb.hpp"
#include "biopotential/io/write.hpp"
#include "modules.hpp"
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
    bind_matlab(m);
    bind_annotations(m);
}

}  // namespace biopotential::python
