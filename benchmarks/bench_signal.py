"""Filters, resampling and spectra beside SciPy and MNE-Python: medians of alternating runs, largest difference.

python benchmarks/bench_signal.py [--repeats 9] [--threads 1]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import mne
import numpy as np
import scipy.signal as sps

import biopotential as bp

Case = tuple[str, Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]
FS = 500.0


def cases() -> list[Case]:
    sos = sps.butter(4, [1, 40], "bandpass", fs=FS, output="sos")
    h = mne.filter.create_filter(None, FS, 1.0, 40.0)
    taps = sps.firwin(101, 40.0, fs=FS)
    return [
        ("sosfilt, 4 sections (SciPy)", lambda x: bp.signal.sosfilt(sos, x), lambda x: sps.sosfilt(sos, x)),
        ("sosfiltfilt, 4 sections (SciPy)", lambda x: bp.signal.sosfiltfilt(sos, x), lambda x: sps.sosfiltfilt(sos, x)),
        (
            f"FIR zero phase, {len(h)} taps (MNE)",
            lambda x: bp.signal.bandpass(x, 1, 40, fs=FS),
            lambda x: mne.filter.filter_data(x, FS, 1, 40),
        ),
        (
            "notch 50, 100 Hz (MNE)",
            lambda x: bp.signal.notch_filter(x, [50, 100], fs=FS),
            lambda x: mne.filter.notch_filter(x, FS, [50, 100]),
        ),
        (
            "FIR causal, 101 taps (SciPy)",
            lambda x: bp.signal.fir_filter(taps, x, causal=True),
            lambda x: sps.lfilter(taps, 1, x),
        ),
        (
            "resample_poly 32/125 (SciPy)",
            lambda x: bp.signal.resample_poly(x, 32, 125),
            lambda x: sps.resample_poly(x, 32, 125, axis=1),
        ),
        (
            "welch 2 s (SciPy)",
            lambda x: bp.signal.welch(x, fs=FS, nperseg=1000)[1],
            lambda x: sps.welch(x, FS, nperseg=1000)[1],
        ),
        (
            "welch 2 s median (SciPy)",
            lambda x: bp.signal.welch(x, fs=FS, nperseg=1000, average="median")[1],
            lambda x: sps.welch(x, FS, nperseg=1000, average="median")[1],
        ),
        ("hilbert (SciPy)", lambda x: bp.signal.hilbert(x), lambda x: sps.hilbert(x)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    mne.set_log_level("ERROR")
    bp.set_num_threads(arguments.threads)
    rng = np.random.default_rng(0)
    print(f"{'case':<36} {'channels':>8} {'ours ms':>9} {'peer ms':>9} {'ratio':>6} {'max diff':>9}")
    for channels, seconds in ((1, 1800), (12, 60), (64, 60)):
        x = rng.standard_normal((channels, int(seconds * FS)))
        for name, ours, peer in cases():
            a, b = ours(x), peer(x)
            difference = np.abs(a - b).max() / np.abs(b).max()
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(arguments.repeats):
                for which, function in enumerate((ours, peer)):
                    began = time.perf_counter()
                    function(x)
                    times[which].append(time.perf_counter() - began)
            t, u = (1000 * statistics.median(t) for t in times)
            print(f"{name:<36} {channels:>8} {t:>9.2f} {u:>9.2f} {u / t:>6.1f} {difference:>9.1e}", flush=True)


if __name__ == "__main__":
    main()
