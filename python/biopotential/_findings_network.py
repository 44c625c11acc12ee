"""What the findings of ECG and EEG share where a network is run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import biopotential as bp
from biopotential.recording import VOLTS

__all__ = ["bridged", "load_model", "units_per_volt"]


def bridged(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace missing samples by straight lines; a row without any sample becomes 0."""
    out = x.copy()
    at = np.arange(out.shape[1])
    for row in out:
        finite = np.isfinite(row)
        if not finite.any():
            row[:] = 0.0
        elif not finite.all():
            row[~finite] = np.interp(at[~finite], at[finite], row[finite])
    return out


def load_model(model: Path | None, use_network: bool, default: str) -> bp.models.Model | None:
    """Load the model that was asked for, else the shipped one; None where no network shall be run, or torch is missing.

    The report says then that no network was run.
    """
    if not use_network:
        return None
    if model is not None:
        return bp.models.load(model)
    try:
        return bp.models.load(bp.models.shipped(default))
    except ImportError:
        return None


def units_per_volt(function: str, model: bp.models.Model) -> float:
    """How many of the model's input unit make a volt."""
    unit = model.unit.strip().lower()
    if unit not in VOLTS:
        raise ValueError(f"[{function}] wanted a model whose input is in V, mV or uV, got {model.unit!r}")
    return 1 / VOLTS[unit]
