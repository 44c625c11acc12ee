#include "errors.hpp"
#include "modules.hpp"

PYBIND11_MODULE(_core, m) {
    namespace bp = biopotential::python;
    m.doc() = "C++ core of biopotential; use it through the package's modules.";
    bp::register_errors();
    bp::bind_core(m.def_submodule("core", "Recordings, threads, hashing."));
    bp::bind_recording(m.def_submodule("recording", "Recordings, signals, channels."));
    bp::bind_io(m.def_submodule("io", "Readers and writers."));
    bp::bind_signal(m.def_submodule("signal", "Filters and spectra."));
    bp::bind_ecg(m.def_submodule("ecg", "ECG."));
    bp::bind_eeg(m.def_submodule("eeg", "EEG."));
    bp::bind_trust(m.def_submodule("trust", "De-identification, seals, admission."));
}
