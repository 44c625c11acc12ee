"""Train the beat classifier that biopotential ships, and judge it over patients.

    python python/train/beat_classifier.py MITDB CINC2017 OUT [--seed 1] [--epochs 5]

MITDB is a folder with the MIT-BIH Arrhythmia Database; the records of DS1 (de Chazal 2004, 22 patients) are used, the
beats that `bp.ecg.find_r_peaks` finds in the first lead, labels after bxb's AAMI map (EC57). CINC2017 is one with
recordings of the CinC Challenge 2017, whose normal and fibrillating rhythms teach what is no ectopic beat.

Metrics leave one patient out: no beat of a patient is judged by a network that saw that patient. Beats are matched
within 150 ms, missed beats count as missed, false detections count where they are called S or V, stretches of
ventricular flutter or fibrillation are left out, and, as EC57 has it, F or Q called V, and Q called S, are no false V
or S. The weights in OUT are then trained on all 22.

Real beats are few where it matters, so that the training patients are also shown as they might have been: seen by the
other lead, with the electrical axis changing for a while (the other lead again), with their sinus beats coming early,
one or many in a row, and with an irregular rhythm throughout.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import dataclass
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
N, S, V, F, Q = range(5)
AAMI = {c: i for i, symbols in enumerate(("NLRB", "JASajen", "VrE", "F", "Q/f?")) for c in symbols}
MATCH_S = 0.15
PIECE_S = 600.0  # of a record that is shown once more, changed
MADE_UP_WEIGHT = 0.4
CINC_WEIGHT = 0.5
CINC_RECORDINGS = 1000
CINC_NORMAL = 150
# Added to the classes' logits after training: what is in doubt is rather V than N or S, rather N than S. The same for
# all patients, chosen on the folds over patients.
LEANING = {S: -0.5, V: 1.0}
SHOW_ONE_N_OF = 4  # in each epoch another part of the many N beats
RARITY = 0.6  # the weight of a patient's class falls with its count to this power

SIDE_FEATURES = [
    "pre_ratio",
    "post_ratio",
    "pre2_ratio",
    "pre3_ratio",
    "post2_ratio",
    "pair_ratio",
    "pre_change",
    "post_change",
    "pre_long_ratio",
    "post_long_ratio",
    "local_long_ratio",
    "early_share",
    "irregularity",
    "irregularity2",
    "irregularity4",
    "irregularity2_long",
    "usual_correlation",
    "usual_correlation_beat",
    "usual_correlation_t",
    "usual_correlation_p",
    "usual_error_qrs",
    "usual_error_t",
    "usual_error_p",
    "qrs_amplitude",
    "qrs_max",
    "qrs_min",
    "qrs_area",
    "qrs_width_s",
    "qrs_width15_change_s",
    "qrs_width30_change_s",
    "qrs_width50_change_s",
    "slope",
    "sharpness",
    "p_amplitude",
    "t_max_change",
    "t_min_change",
    "previous_correlation",
    "next_correlation",
    "local_correlation",
    "local_usual_correlation",
    "usual_correlation_median",
    "similar_share",
    "similar_pre_ratio",
    "similar_post_ratio",
]

DECLARATION: dict[str, Any] = {
    "schema_version": 1,
    "name": "beat_classifier",
    "version": "2",
    "description": (
        "Class of each heart beat (AAMI EC57: N, S, V, F, Q) from one ECG lead: its shape beside the patient's usual "
        "beat, and the rhythm around it."
    ),
    # The window enters by its mean only: what the network knows of the beat's shape are the side features.
    "network": [
        {"type": "adaptive_avg_pool1d", "output_size": 1},
        {"type": "flatten"},
        {"type": "concat_side"},
        {"type": "batch_norm1d"},
        {"type": "linear", "out_features": 48},
        {"type": "relu"},
        {"type": "dropout", "p": 0.3},
        {"type": "linear", "out_features": 24},
        {"type": "relu"},
        {"type": "dropout", "p": 0.3},
        {"type": "linear", "out_features": 5},
        {"type": "softmax"},
    ],
    "input": {"n_channels": 1, "fs": 128, "window_samples": 128, "unit": "mV", "side_features": SIDE_FEATURES},
    "preprocessing": {
        "schema_version": 1,
        "steps": [
            {"function": "bandpass", "parameters": {"low": 0.5, "high": 40, "method": "iir", "order": 3}},
            {"function": "resample", "parameters": {"fs": 128}},
        ],
    },
    "windowing": {"kind": "beats", "before_samples": 52},
    "classes": CLASSES,
    "intended_use": "Research on beat types in recordings with adult QRS complexes, given R peaks from a detector.",
    "disclaimer": "Research use, not a medical device.",
    "licence": "Apache-2.0; trained on data under ODC-BY 1.0",
    "attributions": [
        "MIT-BIH Arrhythmia Database: Moody GB, Mark RG. The impact of the MIT-BIH Arrhythmia Database. IEEE Eng Med "
        "Biol 2001;20(3):45-50. PhysioNet, doi:10.13026/C2F305. Open Data Commons Attribution License v1.0.",
        "PhysioNet/CinC Challenge 2017: Clifford GD et al. AF classification from a short single lead ECG recording. "
        "Computing in Cardiology 2017;44. PhysioNet, doi:10.13026/d3hm-sf11. Open Data Commons Attribution License "
        "v1.0.",
    ],
}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Record:
    """A record with its detected beats; class -1: no beat of the reference."""

    leads: Floats
    fs: float
    r_peaks: Ints
    classes: Ints
    missed: Ints  # reference beats of each class that weren't detected


@dataclass(frozen=True)
class Shown:
    """Beats as the network sees them."""

    windows: NDArray[np.float32]
    side: NDArray[np.float32]
    classes: Ints


def match(reference: Ints, detected: Ints, reach: float) -> tuple[Ints, Ints]:
    """Pair the positions that are nearest to each other and no further apart than `reach`."""
    if not len(reference) or not len(detected):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)

    def nearest(a: Ints, b: Ints) -> Ints:
        right = np.clip(np.searchsorted(b, a), 1, max(len(b) - 1, 1))
        left = right - 1
        right = np.minimum(right, len(b) - 1)
        return np.where(np.abs(a - b[left]) <= np.abs(b[right] - a), left, right).astype(np.int64)

    of_reference, of_detected = nearest(reference, detected), nearest(detected, reference)
    mine = np.arange(len(reference))
    ok = (of_detected[of_reference] == mine) & (np.abs(detected[of_reference] - reference) <= reach)
    return mine[ok], of_reference[ok]


def read_record(folder: Path, record: int) -> Record:
    """Read a record of MIT-BIH and find its beats in the first lead."""
    rec = bp.read(folder / str(record))
    x, fs = np.asarray(rec.data), float(rec.fs)
    labels, onsets = rec.events["label"].to_numpy(), rec.events["onset_s"].to_numpy()
    keep = np.isin(labels, list(AAMI))
    reference, first = np.unique(np.rint(onsets[keep] * fs).astype(np.int64), return_index=True)
    classes = np.array([AAMI[label] for label in labels[keep]], dtype=np.int64)[first]
    r_peaks = np.asarray(bp.ecg.find_r_peaks(x[0], fs=fs))
    in_reference, in_detected = match(reference, r_peaks, MATCH_S * fs)
    found = np.full(len(r_peaks), -1)
    found[in_detected] = classes[in_reference]
    fluttering = np.zeros(len(r_peaks), dtype=bool)
    for begin, end in zip(onsets[labels == "["], onsets[labels == "]"], strict=True):
        fluttering |= (r_peaks > begin * fs) & (r_peaks < end * fs) & (found < 0)
    missed = np.bincount(np.delete(classes, in_reference), minlength=len(CLASSES))
    return Record(x, fs, r_peaks[~fluttering], found[~fluttering], missed)


def show(x: Floats, fs: float, r_peaks: Ints, classes: Ints) -> Shown:
    """Beats of a lead as the C++ core prepares them."""
    windows, side = models.beat_inputs(x, r_peaks, fs=fs, declaration=DECLARATION)
    return Shown(windows.astype(np.float32), side.astype(np.float32), classes)


def piece(record: Record, rng: np.random.Generator) -> Record:
    """Take a part of a record."""
    n = round(PIECE_S * record.fs)
    first = int(rng.integers(0, max(1, record.leads.shape[1] - n)))
    inside = (record.r_peaks >= first) & (record.r_peaks < first + n)
    return Record(
        record.leads[:, first : first + n],
        record.fs,
        record.r_peaks[inside] - first,
        record.classes[inside],
        record.missed,
    )


def other_axis(record: Record, rng: np.random.Generator) -> Floats:
    """Show the first lead, but the second in stretches of half a minute to two."""
    x = record.leads[0].copy()
    at = int(rng.uniform(20, 120) * record.fs)
    while at < len(x):
        end = at + int(rng.uniform(30, 120) * record.fs)
        x[at:end] = record.leads[1, at:end] * rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 1.5)
        at = end + int(rng.uniform(60, 240) * record.fs)
    return x


def retimed(record: Record, intervals: Ints) -> tuple[Floats, Ints]:
    """Give the beats of a record other intervals: cut out, or hold, what lies before each P wave or QRS."""
    x, r, fs = record.leads[0], record.r_peaks, record.fs
    parts = [x[: r[0]]]
    for i, wanted in enumerate(intervals.tolist()):
        stretch = x[r[i] : r[i + 1]]
        less = len(stretch) - wanted
        if less > 0:
            joint = len(stretch) - round(0.1 * fs)
            head, tail = stretch[: joint - less], stretch[joint:].copy()
            if len(head):
                fade = np.linspace(1, 0, min(len(tail), round(0.05 * fs)))
                tail[: len(fade)] += (head[-1] - tail[0]) * fade
            stretch = np.concatenate([head, tail])
        elif less < 0:
            joint = max(len(stretch) - round(0.28 * fs), len(stretch) // 2)
            stretch = np.concatenate([stretch[:joint], np.full(-less, stretch[joint]), stretch[joint:]])
        parts.append(stretch)
    moved = r[0] + np.concatenate([[0], np.cumsum([len(p) for p in parts[1:]])])
    return np.concatenate([*parts, x[r[-1] :]]), moved.astype(np.int64)


def early_beats(record: Record, rng: np.random.Generator) -> tuple[Floats, Ints, Ints]:
    """Let sinus beats come early, alone or in runs: supraventricular ectopy."""
    rr = np.diff(record.r_peaks)
    wanted, classes = rr.copy(), record.classes.copy()
    least = round(0.3 * record.fs)
    i = 5
    while i < len(rr) - 2:
        run = 1 if rng.random() < 0.6 else int(rng.choice([2, 3, 5, 10, 30, 80]))
        last = min(i + run, len(rr) - 1)
        if (record.classes[i : last + 2] == N).all():
            sooner = rng.uniform(0.5, 0.85) if run < 3 else rng.uniform(0.45, 0.75)
            usual = float(np.median(rr[max(0, i - 10) : i + 10]))
            for k in range(i, last):
                wanted[k] = max(least, min(rr[k], round(sooner * usual * rng.normal(1, 0.015))))
                classes[k + 1] = S
            wanted[last] = max(wanted[last], round(usual * rng.uniform(0.95, 1.3)))
        i = last + int(rng.integers(6, 60))
    return (*retimed(record, wanted), classes)


def irregular(record: Record, rng: np.random.Generator) -> tuple[Floats, Ints, Ints]:
    """Give all beats an irregular rhythm, as in fibrillation."""
    rr = np.diff(record.r_peaks)
    usual = float(np.median(rr)) * rng.uniform(0.7, 1.1)
    spread = rng.uniform(0.12, 0.3)
    wanted = np.maximum(usual * rng.lognormal(0, spread, len(rr)), 0.3 * record.fs)
    ventricular = (record.classes[1:] == V) | (record.classes[:-1] == V)
    wanted = np.where(ventricular, rr, wanted)
    keep = record.classes.copy()
    keep[keep == S] = -1
    return (*retimed(record, np.rint(wanted).astype(np.int64)), keep)


def made_up(record: Record, rng: np.random.Generator) -> list[Shown]:
    """Show a patient as it might have been."""
    out = [show(record.leads[1], record.fs, record.r_peaks, record.classes)]
    part = piece(record, rng)
    out.append(show(other_axis(part, rng), part.fs, part.r_peaks, part.classes))
    for change in (early_beats, irregular):
        part = piece(record, rng)
        x, r_peaks, classes = change(part, rng)
        out.append(show(x, part.fs, r_peaks, classes))
    return out


def read_cinc(folder: Path) -> list[Shown]:
    """Read normal and fibrillating rhythms: beats that look like the usual one are N in both."""
    usual = SIDE_FEATURES.index("usual_correlation")
    with (folder / "REFERENCE-v3.csv").open() as file:
        rhythms = dict(csv.reader(file))
    out, normal = [], 0
    for i in range(1, CINC_RECORDINGS):
        name = f"A{i:05d}"
        rhythm = rhythms.get(name)
        normal += rhythm == "N"
        if rhythm not in ("A", "N") or (rhythm == "N" and normal > CINC_NORMAL):
            continue
        rec = bp.read(folder / f"{name}.hea")
        x, fs = np.asarray(rec.data)[0], float(rec.fs)
        r_peaks = np.asarray(bp.ecg.find_r_peaks(x, fs=fs))
        if len(r_peaks) < 20:
            continue
        shown = show(x, fs, r_peaks, np.zeros(len(r_peaks), dtype=np.int64))
        shown.classes[shown.side[:, usual] < (0.9 if rhythm == "A" else 0.5)] = -1
        out.append(shown)
    return out


def weights(shown: Shown, scale: float) -> Floats:
    """Weigh the beats of one patient: the rarer the class in it, the more; none for what isn't a beat."""
    known = shown.classes >= 0
    counts = np.bincount(shown.classes[known], minlength=len(CLASSES))
    return np.where(known, scale / np.maximum(counts, 20)[np.maximum(shown.classes, 0)] ** RARITY, 0.0)


def train(
    patients: list[Shown], variants: list[list[Shown]], cinc: list[Shown], seed: int, epochs: int
) -> torch.nn.Module:
    """Train from scratch."""
    sets = patients + [v for several in variants for v in several] + cinc
    each = [weights(p, 1.0) for p in patients]
    each += [weights(v, MADE_UP_WEIGHT) for several in variants for v in several]
    weight_of_n = sum(float(w[p.classes == N].sum()) for p, w in zip(patients, each, strict=False))
    n_cinc = sum(int((c.classes == N).sum()) for c in cinc)
    each += [np.where(c.classes == N, CINC_WEIGHT * weight_of_n / max(n_cinc, 1), 0.0) for c in cinc]
    weight = np.concatenate(each)
    used = np.flatnonzero(weight > 0)
    windows = torch.from_numpy(np.concatenate([s.windows for s in sets])[used].mean(axis=2, keepdims=True))
    side = torch.from_numpy(np.concatenate([s.side for s in sets])[used])
    classes = torch.from_numpy(np.concatenate([s.classes for s in sets])[used])
    weight = torch.from_numpy((weight[used] / weight[used].mean()).astype(np.float32))
    weight[classes == N] *= SHOW_ONE_N_OF
    normal_at, others = torch.nonzero(classes == N).flatten(), torch.nonzero(classes != N).flatten()
    n_normal = len(normal_at) // SHOW_ONE_N_OF

    torch.manual_seed(seed)
    network = models.to_torch(DECLARATION)
    scale = network.layers[3]  # fixed to the training data, which it makes alike
    everything = torch.cat([windows[:, :, 0], side], dim=1)
    scale.running_mean.copy_(everything.mean(dim=0))
    scale.running_var.copy_(everything.var(dim=0))
    spread = everything.std(dim=0)
    for parameter in scale.parameters():
        parameter.requires_grad_(False)
    network.train()
    scale.eval()
    batch = 512
    learnt = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=3e-3, weight_decay=1e-2)
    steps = epochs * ((n_normal + len(others)) // batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, total_steps=steps + 1)
    for _ in range(epochs):
        shown = torch.cat([normal_at[torch.randperm(len(normal_at))[:n_normal]], others])
        for chosen in shown[torch.randperm(len(shown))].split(batch):
            noisy = side[chosen] + 0.1 * spread[1:] * torch.randn(len(chosen), side.shape[1])
            logits = network(windows[chosen], noisy, logits=True)
            loss = torch.nn.functional.cross_entropy(logits, classes[chosen], reduction="none")
            loss = (loss * weight[chosen]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        for label, more in LEANING.items():
            network.layers[-2].bias[label] += more
    return network.eval()


def ask(network: torch.nn.Module, shown: Shown) -> Ints:
    """Give the likeliest class of each beat."""
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(shown.windows), torch.from_numpy(shown.side)).argmax(dim=1))


def judge(record: Record, predicted: Ints) -> Floats:
    """Count, shape (6, 6): reference by prediction, the last row and column are false and missed beats."""
    out = np.zeros((len(CLASSES) + 1, len(CLASSES) + 1))
    np.add.at(out, (np.where(record.classes < 0, len(CLASSES), record.classes), predicted), 1)
    out[:-1, -1] += record.missed
    return out


def as_ec57(confusions: Floats) -> Floats:
    """Leave out what EC57 doesn't count as a false S or V: F and Q called V, Q called S."""
    out = confusions.copy()
    out[..., [F, Q], V] = 0
    out[..., Q, S] = 0
    return out


def summary(confusions: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """Give the card's metrics: pooled with intervals, S and V as EC57 counts them, and per record."""
    out = metrics(confusions, CLASSES, rng)
    counted = as_ec57(confusions)
    out |= {name: entry for name, entry in metrics(counted, CLASSES, rng).items() if name in ("S", "V")}
    others = np.array([record not in (208, 209) for record in DS1])
    rest = metrics(counted[others], CLASSES, rng)
    out["without_208_and_209"] = {name: rest[name] for name in ("S", "V")}
    out["per_record"] = {
        str(record): {
            name: {
                "n_beats": int(counts[c].sum()),
                "found": int(counts[c, c]),
                "false": int(counts[:, c].sum() - counts[c, c]),
            }
            for c, name in ((S, "S"), (V, "V"))
        }
        for record, counts in zip(DS1, counted, strict=True)
    }
    return out


def limitations(judged: dict[str, Any]) -> list[str]:
    """Name what it does badly, with the figures."""

    def of(name: str) -> str:
        scored = judged[name]
        f1, low, high = scored["f1"]["value"], *(scored["f1"]["ci95"] or (float("nan"), float("nan")))
        return (
            f"F1 {f1:.2f} (95 % interval {low:.2f} to {high:.2f}), sensitivity {scored['sensitivity']['value']:.2f}, "
            f"positive predictivity {scored['positive_predictivity']['value']:.2f}"
        )

    rest = judged["without_208_and_209"]
    return [
        f"S, on patients that it did not see: {of('S')}; without records 208 and 209, which hold 40 % of these beats, "
        f"F1 {rest['S']['f1']['value']:.2f}. Junctional and aberrated beats are missed, and fibrillation gives false "
        "ones.",
        f"V: {of('V')}; without 208 and 209 F1 {rest['V']['f1']['value']:.2f}. Slow ventricular rhythms and runs that "
        "look like the usual beat are missed.",
        "F comes almost wholly from one patient (208) and Q hardly occurs: neither is learnt in a way that carries "
        "over to other patients.",
        "22 patients of one hospital in the 1970s. Paced beats were left out, as EC57 does.",
        "Beats are compared with the usual ones of the stretch that is passed in: give it minutes, not single beats.",
    ]


def main() -> None:
    """Train, judge, write the package."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mitdb", type=Path)
    parser.add_argument("cinc2017", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    began = time.monotonic()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # a network this small gains nothing from more, and the sums stay in one order
    rng = np.random.default_rng(arguments.seed)
    records = [read_record(arguments.mitdb, record) for record in DS1]
    patients = [show(r.leads[0], r.fs, r.r_peaks, r.classes) for r in records]
    variants = [made_up(r, rng) for r in records]
    cinc = read_cinc(arguments.cinc2017)
    print(f"{sum(len(p.classes) for p in patients)} beats, {time.monotonic() - began:.0f} s", flush=True)

    confusions = np.zeros((len(records), len(CLASSES) + 1, len(CLASSES) + 1))
    for i, record in enumerate(records):
        network = train(
            [p for j, p in enumerate(patients) if j != i],
            [v for j, v in enumerate(variants) if j != i],
            cinc,
            arguments.seed,
            arguments.epochs,
        )
        confusions[i] = judge(record, ask(network, patients[i]))
        print(f"without {DS1[i]}, {time.monotonic() - began:.0f} s", flush=True)
    judged = summary(confusions, rng)
    network = train(patients, variants, cinc, arguments.seed, arguments.epochs)
    declaration = {
        **DECLARATION,
        "limitations": limitations(judged),
        "training": {
            "data": "MIT-BIH Arrhythmia Database, DS1, all detected beats of the first lead, and the same patients "
            "changed: the second lead, a changing axis, early sinus beats and runs, an irregular rhythm; "
            f"{len(cinc)} recordings of the CinC Challenge 2017 (N and A), their usual beats as N",
            "records": list(DS1),
            "labels": "bxb's AAMI map: N L R B; J A S a j e n; V r E; F; Q / f ?",
            "positions": "bp.ecg.find_r_peaks",
            "seed": arguments.seed,
            "epochs": arguments.epochs,
            "torch": str(torch.__version__),
            "script": "python/train/beat_classifier.py",
        },
        "split": "metrics: each of the 22 patients judged by a network that was trained on the other 21; weights: all. "
        "Settings of the training were chosen on these folds.",
        "metrics": judged,
    }
    models.package(arguments.out, declaration=declaration, weights=network.state_dict())
    for title, found in (("pooled", judged), ("without 208, 209", judged["without_208_and_209"])):
        for name in [c for c in CLASSES if c in found]:
            print(title, name, {k: v["value"] for k, v in found[name].items() if isinstance(v, dict)})
    for record, found in judged["per_record"].items():
        print(record, found)
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
