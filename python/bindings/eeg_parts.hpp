#pragma once

#include <pybind11/pybind11.h>

namespace biopotential::python {

// The parts of biopotential._core.eeg that have files of their own; bind_eeg calls them.
void bind_eeg_spectra(pybind11::module_& m);
void bind_eeg_montage(pybind11::module_& m);
void bind_eeg_events(pybind11::module_& m);

}  // namespace biopotential::python
