"""Make ``demo-eeg.edf`` (EDF+) beside this file: three minutes of a simulated 19-channel EEG.

    python data/generate_eeg.py [FOLDER]

Eyes are open and closed in turn, 30 s each, as the file's annotations say: alpha at the back of the head while they
are closed, blinks while they are open. 50 Hz mains, a muscle burst now and then, and one bad channel, T8, that is
noisy.
"""

from __future__ import annotations

import sys
from pathlib import Path

import biopotential as bp

FS = 200.0


def demo_eeg() -> bp.Recording:
    """Simulate the recording."""
    eeg = bp.eeg.simulate(
        180.0, fs=FS, eyes_block_s=30.0, alpha_uv=30.0, muscle_per_minute=2.0, mains_uv=4.0, noisy=["T8"], seed=10
    )
    return bp.Recording.from_array(
        eeg.data, fs=FS, channels=[f"EEG {name}" for name in eeg.channels], unit="uV", events=eeg.eyes()
    )


if __name__ == "__main__":
    bp.write(demo_eeg(), Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent) / "demo-eeg.edf")
