"""
C++ core of biopotential; use it through the package's modules.
"""

from __future__ import annotations

from . import core, ecg, eeg, io, signal

__all__: list[str] = ["core", "ecg", "eeg", "io", "signal"]
