"""Time what a person waits for: import, the demonstration, and the reports on whole recordings.

    python benchmarks/end_to_end.py [--runs 5]

Each figure is the least and the median of several fresh processes, wall time, start of Python included, and the largest
memory of a process. The half-hour ECG is mitdb/101 of BIOPOTENTIAL_TEST_DATA where that is set, else a simulated one of
two leads, 30 min, 360 Hz; the EEG is eegmmidb's S001R03 (64 channels, 125 s, 160 Hz) and left out without the data.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import biopotential as bp


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and MiB of one process."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status != 0:
        raise RuntimeError(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Print one row a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = os.environ.get("BIOPOTENTIAL_TEST_DATA")
        if data:
            half_hour = Path(data) / "mitdb" / "101"
        else:
            half_hour = folder / "half_hour.hea"
            ecg = bp.ecg.simulate(1800.0, fs=360.0, ventricular_percent=3.0, seed=1)
            bp.write(bp.Recording.from_array(ecg.data, fs=360.0, channels=list(ecg.leads), unit="mV"), half_hour)
        command = ["-m", "biopotential"]
        rows = {
            "import biopotential": ["-c", "import biopotential"],
            "biopotential demo": [*command, "demo", "-o", str(folder / "demo")],
            f"biopotential ecg {half_hour.stem}": [*command, "ecg", str(half_hour), "-o", str(folder / "ecg")],
            "the same, no network": [*command, "ecg", str(half_hour), "-o", str(folder / "ecg2"), "--no-network"],
        }
        if data:
            eeg = Path(data) / "eegmmidb" / "S001" / "S001R03.edf"
            rows["biopotential eeg S001R03"] = [*command, "eeg", str(eeg), "-o", str(folder / "eeg")]
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {runs} runs each\n")
        print(f"{'command':28}{'least s':>9}{'median s':>10}{'MiB':>7}")
        for label, row in rows.items():
            found = [run(row) for _ in range(runs)]
            seconds = [s for s, _ in found]
            print(f"{label:28}{min(seconds):9.2f}{statistics.median(seconds):10.2f}{max(m for _, m in found):7.0f}")


if __name__ == "__main__":
    main()
