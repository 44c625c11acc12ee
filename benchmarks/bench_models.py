"""Model inference in C++ against PyTorch eager after SciPy's preprocessing: latency, throughput, the same numbers.

python benchmarks/bench_models.py [--minutes 30]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import scipy.signal
import torch

import biopotential as bp
from biopotential import models


def best(function: Callable[[], object], repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    arguments = parser.parse_args()
    fs = 360.0
    rng = np.random.default_rng(0)
    bp.set_num_threads(1)
    torch.set_num_threads(1)

    model = models.load(models.shipped("beat_classifier"))
    network = models.to_torch(model.card).eval()
    native = models._native()
    weights = native.read_safetensors(str(models.shipped("beat_classifier") / "weights.safetensors"))
    network.load_state_dict({k: torch.tensor(v) for k, v in weights.items()}, strict=False)

    print(f"{'signal':>10} {'beats':>6} {'biopotential':>13} {'torch + SciPy':>14} {'ratio':>6} {'max diff':>9}")
    for seconds in (10.0, arguments.minutes * 60):
        n = int(seconds * fs)
        x = rng.normal(size=n).cumsum() * 0.01
        r = np.arange(int(fs), n - int(fs), int(0.8 * fs))

        def peer(x: np.ndarray = x, r: np.ndarray = r) -> np.ndarray:
            sos = scipy.signal.butter(3, (0.5, 40), fs=fs, btype="bandpass", output="sos")
            y = scipy.signal.resample_poly(scipy.signal.sosfiltfilt(sos, x), 16, 45)
            y = (y - y.mean()) / y.std()
            at = np.rint(r * 128 / fs).astype(int)[:, None] - 40 + np.arange(96)
            rr = np.diff(r) / fs
            local = np.median(rr)  # the beats here are regular
            side = np.stack([np.r_[local, rr], np.r_[rr, local], np.r_[1, rr / local], np.r_[rr / local, 1]], axis=1)
            with torch.inference_mode():
                windows = torch.from_numpy(y[np.clip(at, 0, len(y) - 1)][:, None].astype(np.float32))
                return network(windows, torch.from_numpy(side.astype(np.float32))).numpy()

        ours = model.predict_beats(x, r, fs=fs).probabilities
        difference = float(np.abs(ours - peer()).max())
        mine = best(lambda x=x, r=r: model.predict_beats(x, r, fs=fs))
        theirs = best(peer)
        print(
            f"{seconds:>8.0f} s {len(r):>6} {mine * 1e3:>10.2f} ms {theirs * 1e3:>11.2f} ms "
            f"{theirs / mine:>6.2f} {difference:>9.1e}"
        )


if __name__ == "__main__":
    main()
