"""Train the beat classifier that biopotential ships, and judge it over patients.

    python python/train/beat_classifier.py MITDB OUT [--seed 1] [--epochs 3] [--folds 5]

MITDB is a folder with the MIT-BIH Arrhythmia Database; the records of DS1 (de Chazal 2004, 22 patients) are used, the
first lead, every beat, labels after bxb's AAMI map (EC57). Metrics come from folds over patients: no beat of a patient
is judged by a network that saw that patient. The weights in OUT are then trained on all 22.
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

DS1 = (101, 106, 108, 109, 112, 114, 115, 116, 118, 119, 122, 124, 201, 203, 205, 207, 208, 209, 215, 220, 223, 230)
CLASSES = ["N", "S", "V", "F", "Q"]
AAMI = {c: i for i, symbols in enumerate(("NLRB", "JASajen", "VrE", "F", "Q/f?")) for c in symbols}
JITTER_S = 0.02

DECLARATION: dict[str, Any] = {
    "schema_version": 1,
    "name": "beat_classifier",
    "version": "1",
    "description": (
        "Class of each heart beat (AAMI EC57: N, S, V, F, Q) from one ECG lead and the RR intervals around it."
    ),
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
        {"type": "dropout", "p": 0.3},
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
    "classes": CLASSES,
    "intended_use": "Research on beat types in recordings with adult QRS complexes, given R peaks from a detector.",
    "limitations": [
        "22 patients of one hospital in the 1970s; F comes almost wholly from one of them (208) and Q hardly occurs, "
        "so that neither class is learnt in a way that carries over to other patients.",
        "Paced beats were left out, as EC57 does.",
        "The signal is standardized over the stretch that is passed in: give it minutes, not single beats.",
    ],
    "disclaimer": "Research use, not a medical device.",
    "licence": "Apache-2.0; trained on data under ODC-BY 1.0",
    "attributions": [
        "MIT-BIH Arrhythmia Database: Moody GB, Mark RG. The impact of the MIT-BIH Arrhythmia Database. IEEE Eng Med "
        "Biol 2001;20(3):45-50. PhysioNet, doi:10.13026/C2F305. Open Data Commons Attribution License v1.0."
    ],
}

Beats = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]  # windows, side features, classes


def read_beats(folder: Path, record: int, rng: np.random.Generator) -> list[Beats]:
    """Read a record's beats twice: at the reference positions, and moved about as a detector would."""
    rec = bp.read(folder / str(record))
    x, fs = np.asarray(rec.data)[0], float(rec.fs)
    events = rec.events
    keep = events["label"].isin(list(AAMI)).to_numpy()
    onsets = np.rint(events["onset_s"].to_numpy()[keep] * fs).astype(np.int64)
    classes = np.array([AAMI[label] for label in events["label"].to_numpy()[keep]], dtype=np.int64)
    onsets, first = np.unique(onsets, return_index=True)
    classes = classes[first]
    versions = []
    for reach in (0.0, JITTER_S):
        moved = onsets + np.rint(rng.uniform(-reach, reach, len(onsets)) * fs).astype(np.int64)
        moved = np.maximum.accumulate(np.clip(moved, 0, len(x) - 1) + np.arange(len(moved))) - np.arange(len(moved))
        moved, where = np.unique(moved, return_index=True)
        windows, side = models.beat_inputs(x, moved, fs=fs, declaration=DECLARATION)
        versions.append((windows.astype(np.float32), side.astype(np.float32), classes[where]))
    return versions


def join(beats: list[Beats]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Put the beats of several patients into one set of tensors."""
    windows, side, classes = (np.concatenate([b[i] for b in beats]) for i in range(3))
    return torch.from_numpy(windows), torch.from_numpy(side), torch.from_numpy(classes)


def train(beats: list[Beats], seed: int, epochs: int) -> torch.nn.Module:
    """Train from scratch; of the many N beats a fresh third is shown in each epoch."""
    torch.manual_seed(seed)
    network = models.to_torch(DECLARATION)
    windows, side, classes = join(beats)
    counts = torch.bincount(classes, minlength=len(CLASSES)).float()
    counts[0] /= 3
    weight = (counts.sum() / (len(CLASSES) * counts.clamp(min=50))).sqrt()
    normal, others = torch.nonzero(classes == 0).flatten(), torch.nonzero(classes != 0).flatten()
    batch = 128
    steps = epochs * ((len(normal) // 3 + len(others)) // batch + 1)
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps + 1)
    network.train()
    for _ in range(epochs):
        shown = torch.cat([normal[torch.randperm(len(normal))[: len(normal) // 3]], others])
        for chosen in shown[torch.randperm(len(shown))].split(batch):
            gain = torch.empty(len(chosen), 1, 1).uniform_(0.7, 1.4)
            logits = network(windows[chosen] * gain, side[chosen], logits=True)
            loss = torch.nn.functional.cross_entropy(logits, classes[chosen], weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def main() -> None:
    """Train, judge, write the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mitdb", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    arguments = parser.parse_args()
    began = time.monotonic()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # a network this small gains nothing from more, and the sums stay in one order
    rng = np.random.default_rng(arguments.seed)
    patients = [read_beats(arguments.mitdb, record, rng) for record in DS1]
    print(
        f"{sum(len(p[0][2]) for p in patients)} beats of {len(patients)} patients, {time.monotonic() - began:.0f} s",
        flush=True,
    )

    fold_of = rng.permutation(len(patients)) % arguments.folds
    confusions = np.zeros((len(patients), len(CLASSES), len(CLASSES)))
    for fold in range(arguments.folds):
        network = train(
            [b for p, f in zip(patients, fold_of, strict=True) if f != fold for b in p[1:]],
            arguments.seed,
            arguments.epochs,
        )
        for i in np.flatnonzero(fold_of == fold):
            windows, side, classes = join([patients[i][1]])
            with torch.inference_mode():
                predicted = network(windows, side).argmax(dim=1)
            np.add.at(confusions[i], (classes.numpy(), predicted.numpy()), 1)
        print(f"fold {fold + 1}, {time.monotonic() - began:.0f} s", flush=True)
    judged = metrics(confusions, CLASSES, rng)
    network = train([b for p in patients for b in p[1:]], arguments.seed, arguments.epochs)
    declaration = {
        **DECLARATION,
        "training": {
            "data": "MIT-BIH Arrhythmia Database, DS1, first lead, all beats",
            "records": list(DS1),
            "labels": "bxb's AAMI map: N L R B; J A S a j e n; V r E; F; Q / f ?",
            "positions": f"reference beats moved by up to {JITTER_S * 1000:.0f} ms",
            "seed": arguments.seed,
            "epochs": arguments.epochs,
            "torch": str(torch.__version__),
            "script": "python/train/beat_classifier.py",
        },
        "split": f"metrics: {arguments.folds} folds over patients; weights: all 22 patients",
        "metrics": judged,
    }
    models.package(arguments.out, declaration=declaration, weights=network.state_dict())
    print(
        json.dumps({c: {k: v["value"] for k, v in judged[c].items() if isinstance(v, dict)} for c in CLASSES}, indent=1)
    )
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
