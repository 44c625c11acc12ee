"""ECG and EEG from the raw file to the result: a C++ core, driven from Python.

Submodules load on first use: ``bp.signal``, ``bp.ecg``, ``bp.eeg``, ``bp.models`` ...
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from biopotential._core.core import num_threads, set_num_threads, version
from biopotential.errors import IntegrityError, ParseError, PolicyError

if TYPE_CHECKING:
    from biopotential import ecg, eeg, evaluate, io, models, plot, report, signal, trust
    from biopotential.io import open, read, write
    from biopotential.recording import Recording, from_mne

__version__ = version()

_SUBMODULES = frozenset({"ecg", "eeg", "evaluate", "io", "models", "plot", "report", "signal", "trust"})
_LAZY_NAMES = {
    "open": "biopotential.io",
    "read": "biopotential.io",
    "write": "biopotential.io",
    "Recording": "biopotential.recording",
    "from_mne": "biopotential.recording",
}

__all__ = [
    "IntegrityError",
    "ParseError",
    "PolicyError",
    "Recording",
    "__version__",
    "ecg",
    "eeg",
    "evaluate",
    "from_mne",
    "io",
    "models",
    "num_threads",
    "open",
    "plot",
    "read",
    "report",
    "set_num_threads",
    "signal",
    "trust",
    "write",
]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"biopotential.{name}")
    if name in _LAZY_NAMES:
        value = getattr(importlib.import_module(_LAZY_NAMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'biopotential' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
