"""Train the EEG artefact network that biopotential ships, and judge it on recordings it did not see.

    python python/train/eeg_artefacts.py EEGMMIDB MUSE OUT [--seed 1] [--epochs 5]

EEGMMIDB is the folder of subject S001 of the EEG Motor Movement/Imagery Dataset, MUSE that of the muse_p300 recordings.
The network tells what spoils 2 s of one channel: nothing, a blink, muscle, or noise (white or mains).

It learns from `bp.eeg.simulate`, where the truth is exact (the same seed without the artefact, subtracted), and from
runs 3 to 6 of S001: windows that `bp.eeg.process` finds nothing in, as they are and with simulated artefacts added, and
the real blinks of the frontal channels. It is judged on simulations with other seeds, settings and sampling rates, and
on real EEG (S001's runs 7 to 10; MUSE, which is another person and device) next to the rules of `bp.eeg`, which are no
person's judgement either.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scores import metrics

import biopotential as bp
from biopotential import models

CLASSES = ["clean", "blink", "muscle", "noise"]
CLEAN, BLINK, MUSCLE, NOISE = range(4)
FRONTAL = ("Fp1", "Fpz", "Fp2", "AF7", "AF3", "AFz", "AF4", "AF8")
# From the second number on an artefact counts; below the first it doesn't; windows between are not learnt from.
BLINK_PEAK_UV = (20.0, 45.0)
MUSCLE_RMS_UV = (2.5, 6.0)
NOISE_RMS_UV = (5.0, 12.0)
TRAIN_RATES = (128.0, 160.0, 200.0, 250.0, 256.0, 500.0)
TEST_RATES = (125.0, 200.0, 256.0, 300.0, 512.0, 1000.0)
WINDOW_S = 2.0

DECLARATION: dict[str, Any] = {
    "schema_version": 1,
    "name": "eeg_artefacts",
    "version": "1",
    "description": "What spoils 2 s of one EEG channel: nothing, a blink, muscle, or noise (white or mains).",
    "network": [
        {"type": "batch_norm1d"},
        {"type": "conv1d", "out_channels": 16, "kernel_size": 9, "padding": 4},
        {"type": "batch_norm1d"},
        {"type": "relu"},
        {"type": "max_pool1d", "kernel_size": 4},
        {"type": "conv1d", "out_channels": 24, "kernel_size": 7, "padding": 3},
        {"type": "batch_norm1d"},
        {"type": "relu"},
        {"type": "max_pool1d", "kernel_size": 4},
        {"type": "conv1d", "out_channels": 32, "kernel_size": 5, "padding": 2},
        {"type": "batch_norm1d"},
        {"type": "relu"},
        {"type": "max_pool1d", "kernel_size": 16},
        {"type": "flatten"},
        {"type": "dropout", "p": 0.2},
        {"type": "linear", "out_features": 4},
        {"type": "softmax"},
    ],
    "input": {"n_channels": 1, "fs": 128, "window_samples": 256, "unit": "uV"},
    "preprocessing": {
        "schema_version": 1,
        "steps": [
            {"function": "highpass", "parameters": {"low": 0.5, "method": "iir", "order": 2}},
            {"function": "resample", "parameters": {"fs": 128}},
        ],
    },
    "windowing": {"kind": "fixed", "step_samples": 256},
    "classes": CLASSES,
    "intended_use": "A second opinion on which channels and stretches of an EEG are spoilt, beside rules and a person.",
    "disclaimer": "Research use, not a medical device.",
    "licence": "Apache-2.0; trained in part on data under ODC-BY 1.0",
    "attributions": [
        "EEG Motor Movement/Imagery Dataset: Schalk G, McFarland DJ, Hinterberger T, Birbaumer N, Wolpaw JR. "
        "BCI2000: a general-purpose brain-computer interface (BCI) system. IEEE Trans Biomed Eng 2004;51(6):1034-1043. "
        "PhysioNet, doi:10.13026/C28G6P. Open Data Commons Attribution License v1.0."
    ],
}

Windows = tuple[NDArray[np.float32], NDArray[np.int64]]  # (n, 1, samples), classes


def cut(x: NDArray[np.float64], fs: float) -> NDArray[np.float32]:
    """Cut the windows of every channel, shape (n_channels, n_windows, samples)."""
    return np.stack([models.window_inputs(row, fs=fs, declaration=DECLARATION)[0][:, 0] for row in x]).astype(
        np.float32
    )


def judge(parts: dict[str, NDArray[np.float64]], fs: float) -> NDArray[np.int64]:
    """Give the class of every channel and window from its artefacts alone; -1 where one is neither there nor absent.

    They are judged as the network sees them: at its rate, where little is left of what lies beyond 64 Hz.
    """
    blink, muscle, noise = (cut(parts[kind], fs) for kind in ("blink", "muscle", "noise"))
    out = np.full(blink.shape[:2], CLEAN)
    for value, (low, high), label in (
        (np.abs(blink).max(axis=2), BLINK_PEAK_UV, BLINK),
        (np.sqrt((muscle**2).mean(axis=2)), MUSCLE_RMS_UV, MUSCLE),
        (np.sqrt((noise**2).mean(axis=2)), NOISE_RMS_UV, NOISE),
    ):
        out[value >= high] = label
        out[(value > low) & (value < high)] = -1
    return out


def options(rng: np.random.Generator, names: list[str]) -> dict[str, Any]:
    """Draw a simulation's settings, over what recordings differ in."""
    noisy = [name for name in names if rng.random() < 0.12]
    return {
        "background_uv": rng.uniform(5, 22),
        "correlation_rad": rng.uniform(1, 4),
        "alpha_uv": rng.uniform(2, 60),
        "alpha_hz": rng.uniform(8, 12.5),
        "eyes_block_s": float(rng.choice([0.0, 15.0, 30.0])),
        "blinks_per_minute": rng.uniform(4, 30),
        "blink_uv": rng.uniform(60, 400),
        "muscle_per_minute": rng.uniform(2, 14),
        "muscle_uv": rng.uniform(12, 70),
        "mains_uv": rng.uniform(18, 90) if rng.random() < 0.2 else rng.uniform(0, 6),
        "mains_hz": float(rng.choice([50.0, 60.0])),
        "noisy": noisy,
        "noise_uv": rng.uniform(15, 150),
        "seed": int(rng.integers(0, 2**31)),
    }


def artefacts(
    duration_s: float, names: list[str], fs: float, chosen: dict[str, Any]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Make a simulation and what each kind of artefact has added to it."""
    whole = bp.eeg.simulate(duration_s, names, fs=fs, **chosen).data

    def added(**off: float) -> NDArray[np.float64]:
        return whole - bp.eeg.simulate(duration_s, names, fs=fs, **{**chosen, **off}).data

    return whole, {
        "blink": added(blink_uv=0.0),
        "muscle": added(muscle_uv=0.0),
        "noise": added(noise_uv=0.0, mains_uv=0.0),
    }


def simulated(rng: np.random.Generator, rates: tuple[float, ...], duration_s: float = 30.0) -> Windows:
    """Simulate one recording."""
    fs = float(rng.choice(rates))
    names = list(rng.permutation(bp.eeg.TEN_TWENTY)[:12])
    x, parts = artefacts(duration_s, names, fs, options(rng, names))
    windows = cut(x, fs)
    classes = judge(parts, fs)
    keep = classes >= 0
    return windows[keep][:, None], classes[keep]


def by_rules(x: NDArray[np.float64], names: list[str], fs: float, mains_hz: float) -> NDArray[np.int64]:
    """Say what `bp.eeg` finds in every channel and window: clean, blink (frontal channels), -1 for the rest."""
    found = bp.eeg.process(x, fs=fs, unit="uV", channels=names, mains_hz=mains_hz, epoch_s=WINDOW_S)
    out = np.where(found.ok.T, CLEAN, -1)
    frontal = [i for i, name in enumerate(names) if name in FRONTAL]
    table = bp.eeg.find_blinks(found.signals[frontal], fs=fs, unit="uV")
    near = np.zeros(out.shape[1], dtype=bool)
    inside = np.zeros(out.shape[1], dtype=bool)
    for peak in table["peak_s"]:
        for reach, mark in ((0.3, near), (0.0, inside)):
            first, last = int((peak - reach) / WINDOW_S), int((peak + reach) / WINDOW_S)
            mark[max(first, 0) : last + 1] = True
    out[:, near] = -1
    out[np.ix_(frontal, np.flatnonzero(inside))] = BLINK
    reasons = found.bad_channels["reasons"]  # few electrodes far apart don't correlate: that alone spoils none
    out[[bool(set(text.split(",")) - {"", "correlation"}) for text in reasons]] = -1
    return out


def read_run(folder: Path, run: int) -> tuple[NDArray[np.float64], list[str], float]:
    """Read one run of S001, uV as recorded."""
    rec = bp.read(folder / f"S001R{run:02d}.edf")
    return np.asarray(rec.data), [bp.eeg.clean_channel_name(c.name) for c in rec.signals[0].channels], float(rec.fs)


def read_muse(file: Path) -> tuple[NDArray[np.float64], list[str], float]:
    """Read one recording of the four dry electrodes."""
    table = np.loadtxt(file, delimiter=",", skiprows=1)
    fs = 1 / float(np.median(np.diff(table[:, 0])))
    return np.ascontiguousarray(table[:, 1:5].T), ["TP9", "AF7", "AF8", "TP10"], float(round(fs))


def real(folder: Path, run: int, rng: np.random.Generator) -> Windows:
    """Give real EEG to learn from: clean windows, the same with simulated artefacts, and real blinks."""
    x, names, fs = read_run(folder, run)
    rules = by_rules(x, names, fs, 60.0)
    windows = cut(x, fs)
    n = min(windows.shape[1], rules.shape[1])
    rules, windows = rules[:, :n], windows[:, :n]
    _, parts = artefacts(x.shape[1] / fs + 0.5, names, fs, options(rng, names))
    parts = {kind: part[:, : x.shape[1]] for kind, part in parts.items()}
    mixed = cut(x + sum(parts.values()), fs)[:, :n]
    classes = judge(parts, fs)[:, :n]
    classes[rules != CLEAN] = -1
    out = [
        (windows[rules == CLEAN], rules[rules == CLEAN]),
        (windows[rules == BLINK], rules[rules == BLINK]),
        (mixed[classes > CLEAN], classes[classes > CLEAN]),
    ]
    return np.concatenate([w for w, _ in out])[:, None], np.concatenate([c for _, c in out])


def train(sets: list[Windows], seed: int, epochs: int) -> torch.nn.Module:
    """Train from scratch, every class counting the same."""
    torch.manual_seed(seed)
    network = models.to_torch(DECLARATION)
    windows = torch.from_numpy(np.concatenate([w for w, _ in sets]))
    classes = torch.from_numpy(np.concatenate([c for _, c in sets]))
    counts = torch.bincount(classes, minlength=len(CLASSES)).float()
    weight = (counts.sum() / (len(CLASSES) * counts)).sqrt()
    batch = 128
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    steps = epochs * (len(windows) // batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps + 1)
    network.train()
    for _ in range(epochs):
        for chosen in torch.randperm(len(windows)).split(batch):
            sign = torch.where(torch.rand(len(chosen), 1, 1) < 0.5, -1.0, 1.0)
            sign[classes[chosen] == BLINK] = 1.0  # a blink has a polarity at the forehead
            logits = network(windows[chosen] * sign, logits=True)
            loss = torch.nn.functional.cross_entropy(logits, classes[chosen], weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def ask(network: torch.nn.Module, windows: NDArray[np.float32]) -> NDArray[np.int64]:
    """Give the likeliest class of windows of shape (n, 1, samples)."""
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(windows)).argmax(dim=1))


def beside_rules(
    network: torch.nn.Module, recordings: list[tuple[NDArray[np.float64], list[str], float]], mains_hz: float
) -> dict[str, Any]:
    """Count the share of windows that the network calls as the rules do, on real recordings."""
    same, total = np.zeros(2), np.zeros(2)
    for x, names, fs in recordings:
        rules, windows = by_rules(x, names, fs, mains_hz), cut(x, fs)
        n = min(windows.shape[1], rules.shape[1])
        said = ask(network, windows[:, :n].reshape(-1, 1, windows.shape[2])).reshape(len(x), n)
        for label in (CLEAN, BLINK):
            mine = rules[:, :n] == label
            total[label] += mine.sum()
            same[label] += (said[mine] == label).sum()
    return {
        CLASSES[label]: {"n_windows": int(total[label]), "same_share": round(float(same[label] / total[label]), 3)}
        for label in (CLEAN, BLINK)
        if total[label]
    }


def main() -> None:
    """Train, judge, write the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eegmmidb", type=Path)
    parser.add_argument("muse", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--recordings", type=int, default=120)
    arguments = parser.parse_args()
    began = time.monotonic()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # a network this small gains nothing from more, and the sums stay in one order
    rng = np.random.default_rng(arguments.seed)
    sets = [simulated(rng, TRAIN_RATES) for _ in range(arguments.recordings)]
    sets += [real(arguments.eegmmidb, run, rng) for run in (3, 4, 5, 6)]
    print(f"{sum(len(c) for _, c in sets)} windows, {time.monotonic() - began:.0f} s", flush=True)
    network = train(sets, arguments.seed, arguments.epochs)
    print(f"trained, {time.monotonic() - began:.0f} s", flush=True)

    test_rng = np.random.default_rng(arguments.seed + 1_000_000)
    confusions = np.zeros((60, len(CLASSES), len(CLASSES)))
    for confusion in confusions:
        windows, classes = simulated(test_rng, TEST_RATES)
        np.add.at(confusion, (classes, ask(network, windows)), 1)
    judged = metrics(confusions, CLASSES, rng, items="n_windows", groups="n_recordings")
    runs = beside_rules(network, [read_run(arguments.eegmmidb, run) for run in (7, 8, 9, 10)], 60.0)
    muse = beside_rules(network, [read_muse(file) for file in sorted(arguments.muse.glob("*.csv"))], 60.0)

    def agreement(found: dict[str, Any]) -> str:
        return "; ".join(
            f"{found[name]['same_share']:.0%} of {found[name]['n_windows']} that they call {name}" for name in found
        )

    declaration = {
        **DECLARATION,
        "limitations": [
            "Artefacts other than blinks were simulated, and the scores are those on simulated recordings: nobody's "
            "judgement of a real EEG stands behind them.",
            "The real EEG that it learnt from is one person's, labelled by rules.",
            f"On other runs of that person it calls the windows as this package's rules do: {agreement(runs)}.",
            f"On another person and device (four dry electrodes): {agreement(muse)}.",
            "Eye movements, electrode pops, sweat, heart beat and swallowing are no classes of it.",
            "It sees nothing above 64 Hz, where much of the power of muscle lies.",
        ],
        "training": {
            "data": f"{arguments.recordings} simulated recordings (bp.eeg.simulate) and runs 3 to 6 of subject S001 of "
            "the EEG Motor Movement/Imagery Dataset",
            "labels": "simulated artefacts: exact; real EEG: bp.eeg.process and bp.eeg.find_blinks",
            "artefact_from": {
                "blink_peak_uv": BLINK_PEAK_UV[1],
                "muscle_rms_uv": MUSCLE_RMS_UV[1],
                "noise_rms_uv": NOISE_RMS_UV[1],
            },
            "seed": arguments.seed,
            "epochs": arguments.epochs,
            "torch": str(torch.__version__),
            "script": "python/train/eeg_artefacts.py",
        },
        "split": "metrics: 60 simulated recordings with other seeds, settings and sampling rates",
        "metrics": {**judged, "beside_rules": {"eegmmidb S001 R07-R10": runs, "muse_p300": muse}},
    }
    models.package(arguments.out, declaration=declaration, weights=network.state_dict())
    print(json.dumps(judged["confusion"]))
    print(
        json.dumps({c: {k: v["value"] for k, v in judged[c].items() if isinstance(v, dict)} for c in CLASSES}, indent=1)
    )
    print(json.dumps(declaration["limitations"], indent=1))
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
