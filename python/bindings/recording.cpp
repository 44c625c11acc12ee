#include "biopotential/core/recording.hpp"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/typing.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "biopotential/core/errors.hpp"
#include "modules.hpp"
#include "numpy.hpp"
#include "text.hpp"

namespace biopotential::python {

namespace py = pybind11;

namespace {

py::typing::Dict<py::str, py::str> header_of(const Channel& channel) {
    py::typing::Dict<py::str, py::str> out;
    for (const auto& [key, value] : channel.header) {
        out[text(key)] = text(value);
    }
    return out;
}

void bind_channel(py::module_& m) {
    py::class_<Channel>(m, "Channel", "One channel of a signal: what the file's header says of it.")
        .def_property_readonly(
            "name", [](const Channel& c) { return text(c.name); }, "Name as the file has it.")
        .def_property_readonly(
            "unit", [](const Channel& c) { return text(c.unit); },
            "Physical unit as the file writes it; empty where it has none.")
        .def_property_readonly(
            "gain", [](const Channel& c) { return c.scaling.gain(); }, "Physical units per digital step.")
        .def_property_readonly(
            "baseline", [](const Channel& c) { return c.scaling.zero; }, "Digital value of physical 0.")
        .def_readonly("digital_min", &Channel::digital_min, "Smallest digital value that the file declares.")
        .def_readonly("digital_max", &Channel::digital_max, "Largest digital value that the file declares.")
        .def_readonly("physical_min", &Channel::physical_min, "Physical value of digital_min as declared.")
        .def_readonly("physical_max", &Channel::physical_max, "Physical value of digital_max as declared.")
        .def_property_readonly(
            "transducer", [](const Channel& c) { return text(c.transducer); }, "Transducer text.")
        .def_property_readonly(
            "prefilter", [](const Channel& c) { return text(c.prefilter); }, "Filter text.")
        .def_property_readonly("header", &header_of, "Other fields of the channel, raw text.")
        .def("__repr__", [](const Channel& c) {
            return py::str("Channel(name={!r}, unit={!r})").format(text(c.name), text(c.unit));
        });
}

void bind_signal_class(py::module_& m) {
    py::class_<Signal>(m, "Signal",
                       "Channels of one sampling rate; the samples stay in their file until they are read.")
        .def_readonly("fs", &Signal::fs, "Sampling rate in Hz.")
        .def_property_readonly(
            "channels", [](const Signal& s) { return s.channels; }, "The channels.")
        .def_property_readonly("n_samples", &Signal::n_samples, "Stored samples per channel, gaps left out.")
        .def_property_readonly("duration_s", &Signal::duration_s,
                               "Seconds from the first sample to the end of the last, gaps included.")
        .def_property_readonly(
            "has_digital", [](const Signal& s) { return s.source->has_digital(); },
            "Whether there are digital samples.")
        .def_property_readonly(
            "segments",
            [](const Signal& s) {
                std::vector<std::tuple<std::int64_t, Index, Index>> out;
                for (const Segment& segment : s.segments) {
                    out.emplace_back(segment.t0_ns, segment.first, segment.n);
                }
                return out;
            },
            "(start in ns, first sample, number of samples) of each stretch without a gap.")
        .def(
            "read",
            [](const Signal& s, Index first, Index n) {
                const py::gil_scoped_release release;
                Array<double> out = s.read(first, n);
                const py::gil_scoped_acquire acquire;
                return to_numpy(out);
            },
            py::arg("first"), py::arg("n"),
            "Samples [first, first + n) of all channels in physical units, shape (n_channels, n).")
        .def(
            "read_channels",
            [](const Signal& s, Index first, Index n, const std::vector<Index>& channels) {
                const py::gil_scoped_release release;
                Array<double> out = s.read(first, n, channels);
                const py::gil_scoped_acquire acquire;
                return to_numpy(out);
            },
            py::arg("first"), py::arg("n"), py::arg("channels"), "The same of some channels.")
        .def(
            "read_digital",
            [](const Signal& s, Index first, Index n) {
                const py::gil_scoped_release release;
                Array<std::int32_t> out = s.read_digital(first, n);
                const py::gil_scoped_acquire acquire;
                return to_numpy(out);
            },
            py::arg("first"), py::arg("n"), "The same in digital steps, int32.");
}

/// Events column by column: what a DataFrame is made of. Whole numbers are arrays, texts are lists; channels are empty
/// where no event names any.
py::typing::Dict<py::str, py::object> events_to_columns(const Recording& recording) {
    const auto n = static_cast<py::ssize_t>(recording.events.size());
    py::typing::Dict<py::str, py::object> out;
    const auto numbers = [&](const char* name, const auto& of_event) {
        py::array_t<std::int64_t> column(n);
        std::int64_t* to = column.mutable_data();
        for (const Event& event : recording.events) {
            *to++ = of_event(event);
        }
        out[name] = column;
    };
    const auto texts = [&](const char* name, const auto& of_event) {
        py::list column(n);
        py::str last("");
        const std::string* last_raw = nullptr;
        for (py::ssize_t i = 0; i < n; ++i) {
            // Most are as the one before: one str serves them all.
            const std::string& raw = of_event(recording.events[static_cast<std::size_t>(i)]);
            if (last_raw == nullptr || *last_raw != raw) {
                last = text(raw);
                last_raw = &raw;
            }
            column[static_cast<std::size_t>(i)] = last;
        }
        out[name] = column;
    };
    numbers("onset_ns", [](const Event& e) { return e.onset_ns; });
    numbers("duration_ns", [](const Event& e) { return e.duration_ns; });
    numbers("code", [](const Event& e) { return e.code; });
    numbers("subtype", [](const Event& e) { return e.subtype; });
    numbers("num", [](const Event& e) { return e.num; });
    texts("label", [](const Event& e) -> const std::string& { return e.label; });
    texts("aux", [](const Event& e) -> const std::string& { return e.aux; });
    texts("source", [](const Event& e) -> const std::string& { return e.source; });
    py::list channels;
    if (std::ranges::any_of(recording.events, [](const Event& e) { return !e.channels.empty(); })) {
        for (const Event& event : recording.events) {
            channels.append(py::cast(event.channels));
        }
    }
    out["channels"] = channels;
    return out;
}

void set_events(Recording& recording,
                const py::typing::List<py::typing::Tuple<std::int64_t, std::int64_t, py::str, std::vector<int>, py::str,
                                                         int, int, int, py::str>>& rows) {
    std::vector<Event> events;
    for (const py::handle row : rows) {
        const auto fields = row.cast<py::tuple>();
        Event event;
        event.onset_ns = fields[0].cast<std::int64_t>();
        event.duration_ns = fields[1].cast<std::int64_t>();
        event.label = fields[2].cast<std::string>();
        event.channels = fields[3].cast<std::vector<int>>();
        event.aux = fields[4].cast<std::string>();
        event.code = fields[5].cast<int>();
        event.subtype = fields[6].cast<int>();
        event.num = fields[7].cast<int>();
        event.source = fields[8].cast<std::string>();
        events.push_back(std::move(event));
    }
    sort_events(events);
    recording.events = std::move(events);
}

/// Append a signal of physical samples; the samples are copied, so that the caller's array stays the caller's.
void add_signal(Recording& recording, const py::object& x, double fs, const std::vector<std::string>& names,
                const std::vector<std::string>& units) {
    const SignalArg arg("from_array", x);
    if (static_cast<Index>(names.size()) != arg.n_channels() || names.size() != units.size()) {
        throw_invalid("from_array", "one name and one unit per channel (" + std::to_string(arg.n_channels()) + ")",
                      std::to_string(names.size()) + " names and " + std::to_string(units.size()) + " units");
    }
    const MatrixView view = arg.view();
    Array<double> copy{view.rows(), view.cols()};
    if (copy.size() > 0) {
        copy.matrix() = view;
    }
    Signal signal = make_signal(std::move(copy), fs, names, "");
    for (std::size_t c = 0; c < units.size(); ++c) {
        signal.channels[c].unit = units[c];
    }
    recording.signals.push_back(std::move(signal));
}

void bind_recording_class(py::module_& m) {
    py::class_<Recording, std::shared_ptr<Recording>>(
        m, "Recording", "Signals, events and identity as one; use biopotential.Recording.")
        .def(py::init<>())
        .def_property_readonly(
            "signals", [](const Recording& r) { return r.signals; }, "One signal per sampling rate.")
        .def_property(
            "format", [](const Recording& r) { return r.format; },
            [](Recording& r, const std::string& format) { r.format = format; }, "Format of the file.")
        .def_property(
            "warnings",
            [](const Recording& r) {
                py::typing::List<py::str> out;
                for (const std::string& warning : r.warnings) {
                    out.append(text(warning));
                }
                return out;
            },
            [](Recording& r, const std::vector<std::string>& warnings) { r.warnings = warnings; },
            "What a tolerant reader found wrong.")
        .def_property_readonly(
            "files",
            [](const Recording& r) {
                py::typing::List<py::str> out;
                for (const std::filesystem::path& file : r.files) {
                    out.append(text(file.string()));
                }
                return out;
            },
            "The files that were read for it.")
        .def_property(
            "identity_fields",
            [](const Recording& r) {
                py::typing::Dict<py::str, py::str> out;
                for (const auto& [key, value] : r.identity.fields) {
                    out[text(key)] = text(value);
                }
                return out;
            },
            [](Recording& r, const std::map<std::string, std::string>& fields) { r.identity.fields = fields; },
            "Raw identity text by field.")
        .def_property(
            "start_ns", [](const Recording& r) { return r.identity.start_ns; },
            [](Recording& r, std::optional<std::int64_t> start) { r.identity.start_ns = start; },
            "Local start time, ns since 1970-01-01.")
        .def("events_to_columns", &events_to_columns, "Events, column by column.")
        .def("set_events", &set_events, py::arg("rows"), "Replace the events.")
        .def("add_signal", &add_signal, py::arg("x"), py::arg("fs"), py::arg("names"), py::arg("units"),
             "Append a signal of physical samples.")
        .def("signal_sha256", &signal_sha256, py::call_guard<py::gil_scoped_release>(),
             "SHA-256 over rate, names and samples.");
}

}  // namespace

void bind_recording(py::module_ m) {
    bind_channel(m);
    bind_signal_class(m);
    bind_recording_class(m);
}

}  // namespace biopotential::python
