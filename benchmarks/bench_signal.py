"""Filters, resampling and spectra beside SciPy and MNE-Python: medians of alternating runs, largest difference.

python benchmarks/bench_signal.py [--repeats 5] [--threads 1] [--only WORD]

64 channels x 10 min x 500 Hz, and one channel x 24 h x 250 Hz for the recursive filters. On one thread the time is the
process's own (CPU), which other programs on the machine disturb least; on several it is the clock's.
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

Case = tuple[str, str, Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]
FS = 500.0


def many_channels() -> list[Case]:
    two = sps.butter(2, [1, 40], "bandpass", fs=FS, output="sos")
    four = sps.butter(4, [1, 40], "bandpass", fs=FS, output="sos")
    freqs = np.arange(3.0, 33.0)
    s = bp.signal
    psd = mne.time_frequency.psd_array_multitaper

    def epochs(x: np.ndarray, spectrum: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return np.concatenate([spectrum(np.ascontiguousarray(x[:, i : i + 15000])) for i in range(0, 60000, 15000)])

    return [
        ("a copy of the array, the floor", "NumPy", lambda x: x.copy(), lambda x: x.copy()),
        ("sosfilt, 2 sections", "SciPy", lambda x: s.sosfilt(two, x), lambda x: sps.sosfilt(two, x)),
        ("sosfilt, 4 sections", "SciPy", lambda x: s.sosfilt(four, x), lambda x: sps.sosfilt(four, x)),
        ("sosfiltfilt, 4 sections", "SciPy", lambda x: s.sosfiltfilt(four, x), lambda x: sps.sosfiltfilt(four, x)),
        (
            "zero-phase FIR 1-40 Hz",
            "MNE",
            lambda x: s.bandpass(x, 1, 40, fs=FS),
            lambda x: mne.filter.filter_data(x, FS, 1, 40),
        ),
        (
            "resample_poly 500 to 250 Hz",
            "SciPy",
            lambda x: s.resample_poly(x, 1, 2),
            lambda x: sps.resample_poly(x, 1, 2, axis=1),
        ),
        (
            "Welch, 4 s windows",
            "SciPy",
            lambda x: s.welch(x, fs=FS, nperseg=2000)[1],
            lambda x: sps.welch(x, FS, nperseg=2000)[1],
        ),
        (
            "multitaper, whole record, NW 4",
            "MNE",
            lambda x: s.multitaper_psd(x, fs=FS)[1],
            lambda x: psd(x, FS)[0],
        ),
        (
            "multitaper, 4 epochs of 30 s, 1 Hz",
            "MNE",
            lambda x: epochs(x, lambda e: s.multitaper_psd(e, fs=FS, bandwidth=1)[1]),
            lambda x: epochs(x, lambda e: psd(e, FS, bandwidth=1)[0]),
        ),
        ("Hilbert", "SciPy", lambda x: s.hilbert(x), lambda x: sps.hilbert(x)),
        (
            "Morlet power, 30 frequencies, 60 s, decim 4",
            "MNE",
            lambda x: s.morlet_power(x[:, :30000], freqs, fs=FS, decim=4),
            lambda x: mne.time_frequency.tfr_array_morlet(x[None, :, :30000], FS, freqs, decim=4, output="power")[0],
        ),
        (
            "STFT 2 s, 0.2 s hop, 16 channels",
            "SciPy",
            lambda x: s.stft(x[:16], fs=FS, nperseg=1000, noverlap=900)[2],
            lambda x: sps.stft(x[:16], FS, nperseg=1000, noverlap=900)[2],
        ),
    ]


def one_channel() -> list[Case]:
    two = sps.butter(2, [1, 40], "bandpass", fs=250, output="sos")
    four = sps.butter(4, [1, 40], "bandpass", fs=250, output="sos")
    s = bp.signal
    return [
        ("sosfilt, 2 sections", "SciPy", lambda x: s.sosfilt(two, x), lambda x: sps.sosfilt(two, x)),
        ("sosfilt, 4 sections", "SciPy", lambda x: s.sosfilt(four, x), lambda x: sps.sosfilt(four, x)),
        ("sosfiltfilt, 4 sections", "SciPy", lambda x: s.sosfiltfilt(four, x), lambda x: sps.sosfiltfilt(four, x)),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    mne.set_log_level("ERROR")
    bp.set_num_threads(arguments.threads)
    clock = time.process_time if arguments.threads == 1 else time.perf_counter
    rng = np.random.default_rng(0)
    print("| data | case | ours ms | peer | peer ms | ratio | largest difference |")
    print("|---|---|---:|---|---:|---:|---:|", flush=True)
    for data, shape, cases in (
        ("64 x 10 min", (64, 300_000), many_channels()),
        ("1 x 24 h", (1, 21_600_000), one_channel()),
    ):
        x = rng.standard_normal(shape)
        for name, peer_name, ours, peer in cases:
            if arguments.only not in name:
                continue
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(arguments.repeats):
                for which, function in enumerate((ours, peer)):
                    began = clock()
                    function(x)
                    times[which].append(clock() - began)
            a, b = ours(x), peer(x)
            difference = np.abs(a - b).max() / np.abs(b).max()
            del a, b
            t, u = (1000 * statistics.median(t) for t in times)
            print(f"| {data} | {name} | {t:.1f} | {peer_name} | {u:.1f} | {u / t:.1f} | {difference:.0e} |", flush=True)


if __name__ == "__main__":
    main()
