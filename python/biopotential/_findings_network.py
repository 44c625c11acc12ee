"""What the findings of ECG and EEG share where a network is run."""

from __future__ import annotations

from pathlib import Path

import biopotential as bp
from biopotential.recording import volts_per

__all__ = ["load_model", "units_per_volt"]


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
    volts = volts_per(model.unit)
    if volts is None:
        raise ValueError(f"[{function}] wanted a model whose input is in V, mV or uV, got {model.unit!r}")
    return 1 / volts
