"""
C++ core of biopotential; use it through the package's modules.
"""

from __future__ import annotations
from . import core
from . import recording
from . import io
from . import signal
from . import ecg
from . import eeg
from . import trust

__all__: list[str] = ["core", "ecg", "eeg", "io", "recording", "signal", "trust"]
