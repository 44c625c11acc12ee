"""Model inference in C++ against PyTorch eager after SciPy's preprocessing: the same numbers, latency, throughput.

    python benchmarks/bench_models.py [--minutes 30] [--threads 1]

Two networks: a beat classifier of the usual kind (three convolutions, RR intervals beside them; random weights), and
the artefact network that biopotential ships, on one EEG channel. Both sides are run in turn, and the least time of each
counts; latency is that of one beat or window at a time, without preprocessing on either side's clock but its own.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.signal
import torch

import biopotential as bp
from biopotential import models

BEATS: dict[str, Any] = {
    "schema_version": 1,
    "name": "benchmark",
    "description": "random weights",
    "network": [
        {"type": "conv1d", "out_channels": 16, "kernel_size": 7, "padding": 3},
        {"type": "batch_norm1d"},
        {"type": "relu"},
        {"type": "max_pool1d", "kernel_size": 2},
        {"type": "conv1d", "out_channels": 24, "kernel_size": 5, "padding": 2},
        {"type": "batch_norm1d"},
        {"type": "relu"},
        {"type": "max_pool1d", "kernel_size": 2},
        {
            "type": "residual",
            "layers": [
                {"type": "conv1d", "out_channels": 24, "kernel_size": 3, "padding": 1},
                {"type": "batch_norm1d"},
                {"type": "relu"},
            ],
        },
        {"type": "adaptive_avg_pool1d", "output_size": 6},
        {"type": "flatten"},
        {"type": "concat_side"},
        {"type": "linear", "out_features": 48},
        {"type": "relu"},
        {"type": "linear", "out_features": 5},
        {"type": "softmax"},
    ],
    "input": {
        "n_channels": 1,
        "fs": 128,
        "window_samples": 96,
        "unit": "mV",
        "side_features": ["pre_rr_s", "post_rr_s", "pre_ratio", "post_ratio"],
    },
    "preprocessing": {
        "schema_version": 1,
        "steps": [
            {"function": "bandpass", "parameters": {"low": 0.5, "high": 40, "method": "iir", "order": 3}},
            {"function": "resample", "parameters": {"fs": 128}},
            {"function": "standardize", "parameters": {}},
        ],
    },
    "windowing": {"kind": "beats", "before_samples": 40},
    "classes": ["N", "S", "V", "F", "Q"],
    "intended_use": "benchmarks",
    "disclaimer": "Research use, not a medical device.",
    "licence": "Apache-2.0",
}


def in_turn(ours: Callable[[], Any], theirs: Callable[[], Any], repeats: int) -> tuple[list[float], list[float]]:
    """Times in seconds of both, run alternately."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for function, mine in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            function()
            mine.append(time.perf_counter() - began)
    return times


def as_torch(model: models.Model, folder: Path) -> torch.nn.Module:
    network = models.to_torch(model.card).eval()
    weights = models._native().read_safetensors(str(folder / "weights.safetensors"))
    network.load_state_dict({k: torch.tensor(v) for k, v in weights.items()}, strict=False)
    return network


def throughput(title: str, n: int, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    difference = float(np.abs(ours() - theirs()).max())
    mine, peer = (min(times) for times in in_turn(ours, theirs, 7))
    print(
        f"{title:<24} {n:>6} {mine * 1e3:>10.2f} ms {peer * 1e3:>10.2f} ms {peer / mine:>6.2f} {difference:>9.1e}",
        flush=True,
    )


def latency(title: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> None:
    both = in_turn(ours, theirs, 400)
    middle = [float(np.median(t)) * 1e6 for t in both]
    slow = [float(np.quantile(t, 0.99)) * 1e6 for t in both]
    print(
        f"{title:<24} median {middle[0]:>7.0f} us {middle[1]:>7.0f} us {middle[1] / middle[0]:>6.2f}   "
        f"99 % {slow[0]:>7.0f} us {slow[1]:>7.0f} us {slow[1] / slow[0]:>6.2f}",
        flush=True,
    )


def beats(minutes: float, folder: Path) -> None:
    torch.manual_seed(0)
    models.package(folder, declaration=BEATS, weights=models.to_torch(BEATS).state_dict())
    model = models.load(folder)
    network = as_torch(model, folder)
    fs = 360.0
    x = np.random.default_rng(0).normal(size=int(minutes * 60 * fs)).cumsum() * 0.01
    r = np.arange(int(fs), len(x) - int(fs), int(0.8 * fs))

    def peer(x: np.ndarray, r: np.ndarray) -> np.ndarray:
        sos = scipy.signal.butter(3, (0.5, 40), fs=fs, btype="bandpass", output="sos")
        y = scipy.signal.resample_poly(scipy.signal.sosfiltfilt(sos, x), 16, 45)
        y = (y - y.mean()) / y.std()
        at = np.rint(r * 128 / fs).astype(int)[:, None] - 40 + np.arange(96)
        rr = np.diff(r) / fs
        local = np.median(rr)  # the beats here are regular
        side = np.stack([np.r_[local, rr], np.r_[rr, local], np.r_[1, rr / local], np.r_[rr / local, 1]], axis=1)
        with torch.inference_mode():
            windows = torch.from_numpy(y[np.clip(at, 0, len(y) - 1)][:, None].astype(np.float32))
            out: np.ndarray = network(windows, torch.from_numpy(side.astype(np.float32))).numpy()
            return out

    for n in (int(10 * fs), len(x)):
        mine = r[r < n - int(fs)]
        throughput(
            f"beats, {n / fs:.0f} s",
            len(mine),
            lambda n=n, mine=mine: model.predict_beats(x[:n], mine, fs=fs).probabilities,
            lambda n=n, mine=mine: peer(x[:n], mine),
        )


def channel(minutes: float) -> None:
    folder = models.shipped("eeg_artefacts")
    model, fs = models.load(folder), 256.0
    network = as_torch(model, folder)
    x = np.random.default_rng(1).normal(size=int(minutes * 60 * fs)) * 20

    def peer(x: np.ndarray) -> np.ndarray:
        sos = scipy.signal.butter(2, 0.5, fs=fs, btype="highpass", output="sos")
        y = scipy.signal.resample_poly(scipy.signal.sosfiltfilt(sos, x), 1, 2)
        windows = y[: len(y) // 256 * 256].reshape(-1, 1, 256)
        with torch.inference_mode():
            out: np.ndarray = network(torch.from_numpy(windows.astype(np.float32))).numpy()
            return out

    n = int(minutes * 30)
    throughput(f"EEG channel, {minutes:g} min", n, lambda: model.predict(x, fs=fs).probabilities, lambda: peer(x))
    one = x[: int(2 * fs)]
    latency("one window of 2 s", lambda: model.predict(one, fs=fs).probabilities, lambda: peer(one))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    bp.set_num_threads(arguments.threads)
    torch.set_num_threads(arguments.threads)
    print(f"{arguments.threads} thread(s), torch {torch.__version__}")
    print(f"{'':<24} {'n':>6} {'biopotential':>13} {'torch + SciPy':>13} {'ratio':>6} {'max diff':>9}")
    with tempfile.TemporaryDirectory() as folder:
        beats(arguments.minutes, Path(folder) / "beats")
    channel(arguments.minutes)


if __name__ == "__main__":
    main()
