#pragma once

#include <pybind11/pybind11.h>

namespace biopotential::python {

// One function per module, each in the source of that name.
void bind_core(pybind11::module_ m);
void bind_recording(pybind11::module_ m);
void bind_io(pybind11::module_ m);
void bind_signal(pybind11::module_ m);
void bind_ecg(pybind11::module_ m);
void bind_eeg(pybind11::module_ m);
void bind_trust(pybind11::module_ m);

}  // namespace biopotential::python
