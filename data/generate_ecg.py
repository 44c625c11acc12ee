"""Make ``demo-ecg`` (WFDB) beside this file: five minutes of two simulated leads with ectopic beats and noise.

    python data/generate_ecg.py [FOLDER]

Sinus rhythm with ventricular and supraventricular premature beats, baseline wander, muscle noise and 50 Hz mains; a
burst of noise from 2:00 to 2:20 and loose electrodes from 4:00 to 4:10, in both leads. ``demo-ecg.atr`` holds the true
beats.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import biopotential as bp

FS = 360.0
NOISE_S = (120.0, 140.0)
LOOSE_S = (240.0, 250.0)


def demo_ecg() -> bp.Recording:
    """Simulate the recording."""
    ecg = bp.ecg.simulate(
        300.0,
        fs=FS,
        leads=["II", "V1"],
        heart_rate_bpm=68.0,
        ventricular_percent=4.0,
        supraventricular_percent=3.0,
        wander_mv=0.12,
        muscle_mv=0.015,
        mains_mv=0.02,
        seed=20,
    )
    x = ecg.data.copy()
    first, last = (round(s * FS) for s in NOISE_S)
    x[:, first:last] += np.random.default_rng(20).normal(scale=1.0, size=(len(x), last - first))
    first, last = (round(s * FS) for s in LOOSE_S)
    x[:, first:last] = 0.0
    beats = pd.DataFrame(
        {"onset_s": ecg.r_peaks / FS, "label": ["A" if label == "S" else str(label) for label in ecg.labels]}
    )
    return bp.Recording.from_array(x, fs=FS, channels=list(ecg.leads), unit="mV", events=beats)


if __name__ == "__main__":
    bp.write(demo_ecg(), Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent) / "demo-ecg.hea")
