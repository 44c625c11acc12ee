"""EEG measures beside their peers: fastest of alternating runs, and the largest relative difference of the results.

python benchmarks/bench_eeg.py [--threads 2] [--repeats 3] [--only WORD]

The recording is 64 channels x 10 min x 500 Hz, simulated. Measures that take an epoch are timed on some of its 1280
epochs of 30 s (the column says how many), because the slower peers would take minutes. The second table is one channel
of 4 s at 250 Hz: there two threads must not be slower than one.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import antropy
import mne
import mne_connectivity
import numpy as np
import specparam
import yasa
from picard import picard
from pyprep import NoisyChannels

import biopotential as bp
from biopotential import eeg

FS = 500.0
TEN_TEN = [
    *eeg.TEN_TWENTY, "Fpz", "AF7", "AF3", "AFz", "AF4", "AF8", "F5", "F1", "F2", "F6", "FT7", "FC5", "FC3", "FC1",
    "FCz", "FC2", "FC4", "FC6", "FT8", "C5", "C1", "C2", "C6", "TP7", "CP5", "CP3", "CP1", "CPz", "CP2", "CP4", "CP6",
    "TP8", "P5", "P1", "P2", "P6", "PO7", "PO3", "POz", "PO4", "PO8", "Oz", "Iz", "T9", "T10",
]  # fmt: skip


@dataclass
class Case:
    """Ours and a peer's, on `n` epochs or, where n is 0, on the whole recording."""

    name: str
    peer: str
    ours: Callable[[np.ndarray], object]
    theirs: Callable[[np.ndarray], object]
    n: int = 0
    value: Callable[[object], np.ndarray] = np.asarray
    their_value: Callable[[object], np.ndarray] = np.asarray


def each(measure: Callable[[np.ndarray], object]) -> Callable[[np.ndarray], object]:
    return lambda x: np.array([measure(row) for row in x])


def binary(x: np.ndarray) -> np.ndarray:
    return (x >= np.median(x, axis=-1, keepdims=True)).astype(np.int64)


def epoch_cases() -> list[Case]:
    return [
        Case("sample entropy", "antropy", eeg.sample_entropy, each(antropy.sample_entropy), 6),
        Case("approximate entropy", "antropy", eeg.app_entropy, each(antropy.app_entropy), 2),
        Case("permutation entropy", "antropy", eeg.perm_entropy, each(antropy.perm_entropy), 256),
        Case(
            "spectral entropy",
            "antropy",
            lambda x: eeg.spectral_entropy(x, fs=FS, method="welch"),
            each(lambda x: antropy.spectral_entropy(x, FS, method="welch")),
            256,
        ),
        Case("SVD entropy", "antropy", eeg.svd_entropy, each(antropy.svd_entropy), 128),
        Case(
            "Lempel-Ziv",
            "antropy",
            lambda x: eeg.lziv_complexity(binary(x)),
            lambda x: np.array([antropy.lziv_complexity(row) for row in binary(x)]),
            64,
        ),
        Case("Higuchi", "antropy", eeg.higuchi_fd, each(antropy.higuchi_fd), 256),
        Case("Katz", "antropy", eeg.katz_fd, each(antropy.katz_fd), 256),
        Case("Petrosian", "antropy", eeg.petrosian_fd, each(antropy.petrosian_fd), 256),
        Case("DFA", "antropy", eeg.detrended_fluctuation, each(antropy.detrended_fluctuation), 128),
        Case("Hjorth", "antropy", lambda x: eeg.hjorth(x)[1], each(lambda x: antropy.hjorth_params(x)[1]), 256),
    ]


def pyprep_bad(x: np.ndarray) -> np.ndarray:
    raw = mne.io.RawArray(x * 1e-6, mne.create_info(TEN_TEN, FS, "eeg"), verbose=False)
    found = NoisyChannels(raw, ransac=False)
    found.find_bad_by_deviation()
    found.find_bad_by_hfnoise()
    found.find_bad_by_correlation()
    return np.asarray(found._extra_info["bad_by_deviation"]["robust_channel_deviations"])


def recording_cases() -> list[Case]:
    info = mne.create_info(TEN_TEN, FS, "eeg")
    return [
        Case(
            "band power",
            "YASA",
            lambda x: eeg.band_power(x, fs=FS, channels=TEN_TEN),
            lambda x: yasa.bandpower(x, FS, ch_names=TEN_TEN, relative=False),
            value=lambda t: t["alpha"].to_numpy(),  # type: ignore[attr-defined]
            their_value=lambda t: t["Alpha"].to_numpy(dtype=float),  # type: ignore[attr-defined]
        ),
        Case(
            "average reference",
            "MNE",
            lambda x: eeg.reference(x).data,
            lambda x: mne.set_eeg_reference(mne.io.RawArray(x, info, verbose=False), verbose=False)[0].get_data(),
        ),
        Case(
            "bad channels (no RANSAC)",
            "pyprep",
            lambda x: eeg.find_bad_channels(x, fs=FS, unit="uV"),
            pyprep_bad,
            value=lambda t: t["deviation_z"].to_numpy(),  # type: ignore[attr-defined]
        ),
    ]


def part_cases() -> list[Case]:
    """Peers that would take minutes: on some channels of the first minutes."""

    def some(n_channels: int, minutes: float) -> Callable[[np.ndarray], np.ndarray]:
        return lambda x: x[:n_channels, : int(60 * minutes * FS)]

    few, more, night = some(4, 2), some(20, 2), some(4, 4)
    pairs = np.triu_indices(20, 1)

    def epochs(x: np.ndarray) -> np.ndarray:
        return np.moveaxis(more(x).reshape(20, -1, int(4 * FS)), 0, 1)

    def fits(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        freqs, psd = bp.signal.welch(x[:8], fs=FS, nperseg=int(4 * FS))
        return freqs, psd

    def specparams(x: np.ndarray) -> np.ndarray:
        freqs, psd = fits(x)
        group = specparam.SpectralGroupModel(verbose=False)
        group.fit(freqs, psd, [1, 40])
        return np.asarray(group.get_params("aperiodic", "exponent"))

    def wpli(x: np.ndarray) -> np.ndarray:
        return np.asarray(
            mne_connectivity.spectral_connectivity_epochs(
                epochs(x), method="wpli", indices=pairs, sfreq=FS, fmin=4, fmax=40, verbose=False
            ).get_data()
        )

    def spindle_starts(x: np.ndarray) -> np.ndarray:
        found = yasa.spindles_detect(night(x), FS)
        return np.zeros(0) if found is None else found.summary()["Start"].to_numpy()

    return [
        Case("IRASA, 4 ch x 2 min", "YASA", lambda x: eeg.irasa(few(x), fs=FS).aperiodic,
             lambda x: yasa.irasa(few(x), sf=FS, return_fit=False)[1]),
        Case("aperiodic fits, 8 ch", "specparam", lambda x: eeg.aperiodic(*fits(x))[0]["exponent"].to_numpy(),
             specparams),
        Case("wPLI, 190 pairs x 2 min", "mne-conn.",
             lambda x: eeg.connectivity(epochs(x), fs=FS, low_hz=4, high_hz=40).values["wpli"], wpli),
        Case("spindles, 4 ch x 4 min", "YASA",
             lambda x: eeg.spindles(night(x), fs=FS, unit="uV")["start_s"].to_numpy(), spindle_starts),
        Case("Picard, 20 ch x 2 min", "picard", lambda x: np.float64(eeg.ica(more(x), tolerance=1e-6).iterations > 0),
             lambda x: np.float64(len(picard(more(x), ortho=False, extended=False, tol=1e-6, max_iter=500)) == 3)),
    ]  # fmt: skip


def fastest(functions: list[Callable[[], object]], repeats: int) -> list[float]:
    """Seconds; the functions take turns, so that a busy machine hurts all of them."""
    best = [np.inf] * len(functions)
    for _ in range(repeats):
        for i, function in enumerate(functions):
            began = time.perf_counter()
            function()
            best[i] = min(best[i], time.perf_counter() - began)
    return best


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    """Relative to the largest value; NaN where not even the number of values is the same."""
    if a.shape != b.shape:
        return float("nan")
    return float(np.nanmax(np.abs(a - b)) / np.nanmax(np.abs(b))) if a.size else 0.0


def run(cases: list[Case], x: np.ndarray, repeats: int) -> None:
    print(f"{'case':<28} {'peer':>8} {'epochs':>7} {'ours ms':>10} {'peer ms':>11} {'ratio':>7} {'max diff':>9}")
    for case in cases:
        data = x if case.n == 0 else x[:, : int(30 * FS) * -(-case.n // len(x))].reshape(-1, int(30 * FS))[: case.n]
        a = np.asarray(case.value(case.ours(data)), dtype=float)
        b = np.asarray(case.their_value(case.theirs(data)), dtype=float)
        difference = largest_difference(a, b)
        ours, theirs = fastest([lambda c=case, d=data: c.ours(d), lambda c=case, d=data: c.theirs(d)], repeats)  # type: ignore[misc]
        print(
            f"{case.name:<28} {case.peer:>8} {case.n or '':>7} {1000 * ours:>10.2f} {1000 * theirs:>11.2f} "
            f"{theirs / ours:>7.1f} {difference:>9.1e}",
            flush=True,
        )


def small(threads: int, repeats: int) -> None:
    print(f"\n{'one channel, 4 s at 250 Hz':<28} {'1 thread us':>12} {f'{threads} threads us':>14} {'ratio':>7}")
    x = eeg.simulate(4, ["Cz"], fs=250, seed=1).data
    eight = eeg.simulate(4, eeg.TEN_TWENTY[:8], fs=250, seed=1).data
    measures: list[tuple[str, Callable[[np.ndarray], object]]] = [
        ("sample entropy", eeg.sample_entropy),
        ("permutation entropy", eeg.perm_entropy),
        ("Higuchi", eeg.higuchi_fd),
        ("Hjorth", eeg.hjorth),
        ("Petrosian", eeg.petrosian_fd),
        ("average reference", eeg.reference),
    ]
    for name, measure in measures:
        for data, label in ((x, ""), (eight, ", 8 channels")):

            def timed(n: int, measure: Callable[[np.ndarray], object] = measure, data: np.ndarray = data) -> float:
                bp.set_num_threads(n)
                began = time.perf_counter()
                for _ in range(200):
                    measure(data)
                return (time.perf_counter() - began) / 200

            one, many = np.inf, np.inf
            for _ in range(3 * repeats):
                one, many = min(one, timed(1)), min(many, timed(threads))
            print(f"{name + label:<28} {1e6 * one:>12.1f} {1e6 * many:>14.1f} {one / many:>7.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    mne.set_log_level("ERROR")
    warnings.simplefilter("ignore")
    bp.set_num_threads(arguments.threads)
    x = eeg.simulate(60 * arguments.minutes, TEN_TEN, fs=FS, noisy=["C5"], muscle_per_minute=2, seed=1).data
    chosen = [
        c for c in [*epoch_cases(), *recording_cases(), *part_cases()] if arguments.only.lower() in c.name.lower()
    ]
    run(chosen, x, arguments.repeats)
    if not arguments.only:
        small(arguments.threads, arguments.repeats)


if __name__ == "__main__":
    main()
