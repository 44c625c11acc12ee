"""R peaks, waves and speed beside sleepecg, NeuroKit2 and wfdb on real recordings.

BIOPOTENTIAL_TEST_DATA=FOLDER python benchmarks/bench_ecg.py [--repeats 5] [--part rpeaks named waves noise speed]

R peaks: whole records of mitdb, first lead (and both, fused), matched one to one, beats in flutter left out; at 50 ms
also without paced records, because there the reference marks the spike. Named: detectors from papers, ours and the
peers' of the same name. Noise: the nst protocol (5 minutes clean, then 2 minutes of noise and 2 of none in turn), beats
of the noisy minutes. Waves: boundaries on LUDB, lead II, P 50, QRS 40, T onset 50, T offset 100 ms, inside the
annotated stretch. Speed: medians of alternating runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import neurokit2
import numpy as np
import sleepecg
import wfdb
from wfdb import processing

import biopotential as bp
from biopotential import evaluate

BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
PACED = frozenset(["102", "104", "107", "217"])
TOLERANCE_MS = {"p_onset": 50, "p_offset": 50, "qrs_onset": 40, "qrs_offset": 40, "t_onset": 50, "t_offset": 100}

Detector = Callable[[np.ndarray, float], np.ndarray]


@dataclass
class Record:
    name: str
    x: np.ndarray
    fs: float
    beats: np.ndarray
    flutter: list[tuple[float, float]]

    def outside_flutter(self, peaks: np.ndarray) -> np.ndarray:
        kept = np.sort(np.asarray(peaks, dtype=np.int64))
        for first, last in self.flutter:
            kept = kept[(kept < first) | (kept > last)]
        return kept


def mitdb(folder: Path) -> Iterator[Record]:
    for header in sorted((folder / "mitdb").glob("[0-9][0-9][0-9].hea")):
        rec = bp.read(header)
        marks = wfdb.rdann(str(header.with_suffix("")), "atr")
        flutter, since = [], None
        for symbol, at in zip(marks.symbol, marks.sample.tolist(), strict=True):
            if symbol == "[":
                since = at
            elif symbol == "]" and since is not None:
                flutter.append((since, at))
                since = None
        beats = np.array([at for symbol, at in zip(marks.symbol, marks.sample, strict=True) if symbol in BEATS])
        record = Record(header.stem, rec.data, rec.fs, beats, flutter)
        record.beats = record.outside_flutter(beats)
        yield record


def match(record: Record, found: np.ndarray, ms: float) -> tuple[int, int, int]:
    """True, missed and false detections."""
    m = evaluate.match_beats(record.beats, found, fs=record.fs, tolerance_s=ms / 1000)
    return len(m.reference), len(m.missed), len(m.extra)


def distances_ms(reference: np.ndarray, found: np.ndarray, fs: float) -> np.ndarray:
    if len(found) < 2:
        return np.zeros(0)
    k = np.clip(np.searchsorted(found, reference), 1, len(found) - 1)
    near = np.where(np.abs(found[k] - reference) < np.abs(found[k - 1] - reference), found[k], found[k - 1])
    d = (near - reference) / fs * 1000
    return d[np.abs(d) <= 150]


def neurokit(method: str, clean: str | None = None) -> Detector:
    def run(x: np.ndarray, fs: float) -> np.ndarray:
        clean_x = neurokit2.ecg_clean(x[0], sampling_rate=int(fs), method=clean or method)
        peaks = neurokit2.ecg_peaks(clean_x, sampling_rate=int(fs), method=method)[1]["ECG_R_Peaks"]
        return np.asarray(peaks, dtype=np.int64)

    return run


def ours(method: bp.ecg.RPeakMethod) -> Detector:
    return lambda x, fs: bp.ecg.find_r_peaks(x[0], fs=fs, method=method)


def detectors() -> dict[str, Detector]:
    return {
        "biopotential, 1 lead": ours("default"),
        "biopotential, 2 leads": lambda x, fs: bp.ecg.find_r_peaks(x, fs=fs),
        "sleepecg": lambda x, fs: np.asarray(sleepecg.detect_heartbeats(x[0].copy(), fs)),
        "NeuroKit2 default": neurokit("neurokit"),
    }


def wfdb_gqrs(x: np.ndarray, fs: float) -> np.ndarray:
    counts = np.round(200 * x[0]).astype(np.int64)
    return np.asarray(processing.gqrs_detect(d_sig=counts, fs=fs, adc_gain=200, adc_zero=0))


def wfdb_xqrs(x: np.ndarray, fs: float) -> np.ndarray:
    return np.asarray(processing.xqrs_detect(x[0], fs, verbose=False))


def named() -> dict[str, Detector]:
    """The classics, each beside the peer's of the same name. NeuroKit2's Christov and Engzee, wfdb's gqrs and xqrs take
    seconds a record."""
    return {
        "pan_tompkins": ours("pan_tompkins"),
        "NeuroKit2 pantompkins1985": neurokit("pantompkins1985"),
        "hamilton": ours("hamilton"),
        "NeuroKit2 hamilton2002": neurokit("hamilton2002"),
        "christov": ours("christov"),
        "NeuroKit2 christov2004": neurokit("christov2004"),
        "elgendi": ours("elgendi"),
        "NeuroKit2 elgendi2010": neurokit("elgendi2010"),
        "engzee": ours("engzee"),
        "NeuroKit2 engzeemod2012": neurokit("engzeemod2012"),
        "martinez": ours("martinez"),
        "NeuroKit2 martinez2004": neurokit("martinez2004", clean="neurokit"),
        "kalidas": ours("kalidas"),
        "NeuroKit2 kalidas2017": neurokit("kalidas2017"),
        "gqrs": ours("gqrs"),
        "wfdb gqrs": wfdb_gqrs,
        "xqrs": ours("xqrs"),
        "wfdb xqrs": wfdb_xqrs,
    }


def rates(counts: tuple[int, int, int]) -> str:
    hits, missed, false = counts
    return f"{100 * hits / max(1, hits + missed):8.3f} {100 * hits / max(1, hits + false):8.3f} {missed + false:7d}"


def r_peaks(records: list[Record], methods: dict[str, Detector]) -> None:
    print(f"R peaks, {len(records)} records of mitdb, {sum(len(r.beats) for r in records)} beats")
    print(
        f"{'':<26}|{'150 ms Se':>9} {'PPV':>8} {'errors':>7} |{'50 ms Se':>9} {'PPV':>8} {'errors':>7} "
        f"|{'unpaced':>9} {'PPV':>8} {'errors':>7} | {'bias':>5} {'SD ms':>5} | weakest record"
    )
    for name, method in methods.items():
        total = {150: np.zeros(3, int), 50: np.zeros(3, int), 51: np.zeros(3, int)}
        offsets, scores = [], []
        for record in records:
            found = record.outside_flutter(method(record.x, record.fs))
            for ms in (150, 50):
                counts = match(record, found, ms)
                total[ms] += counts
                if ms == 50 and record.name not in PACED:
                    total[51] += counts
                if ms == 150:
                    scores.append((2 * counts[0] / max(1, 2 * counts[0] + counts[1] + counts[2]), record.name))
            offsets.append(distances_ms(record.beats, found, record.fs))
        d = np.concatenate(offsets)
        columns = " |".join(rates((int(t[0]), int(t[1]), int(t[2]))) for t in total.values())
        worst, where = min(scores)
        print(f"{name:<26}|{columns} | {d.mean():+5.1f} {d.std():5.1f} | {where} F1 {100 * worst:.2f}", flush=True)


def noise_stress(folder: Path, records: list[Record], methods: dict[str, Detector]) -> None:
    chosen = [r for r in records if r.name not in PACED][:10]
    print(f"\nNoise stress ({', '.join(r.name for r in chosen)}): Se / PPV in the noisy minutes, 150 ms")
    for kind in ("ma", "bw"):
        noise = bp.read(folder / "nstdb" / kind).data
        for snr in (12, 6, 0):
            for name, method in methods.items():
                total = np.zeros(3, int)
                for record in chosen:
                    x, noisy = evaluate.add_noise(record.x, noise, record.beats, fs=record.fs, snr_db=snr)
                    found = record.outside_flutter(method(x, record.fs))
                    within = replace(record, beats=record.beats[noisy[record.beats]])
                    total += match(within, found[noisy[found]], 150)
                print(
                    f"{kind} {snr:3d} dB {name:<26} {rates((int(total[0]), int(total[1]), int(total[2])))}", flush=True
                )


def neurokit_waves(x: np.ndarray, fs: float) -> dict[str, np.ndarray]:
    clean = neurokit2.ecg_clean(x, sampling_rate=int(fs))
    peaks = neurokit2.ecg_peaks(clean, sampling_rate=int(fs))[1]["ECG_R_Peaks"]
    waves = neurokit2.ecg_delineate(clean, peaks, sampling_rate=int(fs), method="prominence")[1]
    names = {"p": "ECG_P", "qrs": "ECG_R", "t": "ECG_T"}
    return {
        f"{wave}_{side}": np.array([v for v in waves[f"{prefix}_{side.title()}s"] if v == v], dtype=float)
        for wave, prefix in names.items()
        for side in ("onset", "offset")
    }


def our_waves(x: np.ndarray, fs: float) -> dict[str, np.ndarray]:
    table = bp.ecg.delineate(x, bp.ecg.find_r_peaks(x, fs=fs), fs=fs)
    return {name: table[name].dropna().to_numpy() for name in TOLERANCE_MS}


def delineation(folder: Path) -> None:
    headers = sorted((folder / "ludb" / "data").glob("*.hea"))
    print(f"\nBoundaries on LUDB, lead II, {len(headers)} patients: F1 (mean +- SD of the error in ms)")
    for name, method in (("biopotential", our_waves), ("NeuroKit2 prominence", neurokit_waves)):
        hits = dict.fromkeys(TOLERANCE_MS, 0)
        total = dict.fromkeys(TOLERANCE_MS, 0)
        errors: dict[str, list[float]] = {k: [] for k in TOLERANCE_MS}
        for header in headers:
            rec = bp.read(header)
            x = rec[next(c for c in rec.channel_names if c.lower() == "ii")]
            marks = wfdb.rdann(str(header.with_suffix("")), "ii")
            try:
                found = method(x, rec.fs)
            except (ValueError, IndexError, ZeroDivisionError):  # NeuroKit2 on some records
                found = {k: np.zeros(0) for k in TOLERANCE_MS}
            reference: dict[str, list[int]] = {k: [] for k in TOLERANCE_MS}
            for i, symbol in enumerate(marks.symbol):
                wave = {"p": "p", "N": "qrs", "t": "t"}.get(symbol)
                if wave and i > 0 and marks.symbol[i - 1] == "(":
                    reference[f"{wave}_onset"].append(marks.sample[i - 1])
                if wave and i + 1 < len(marks.symbol) and marks.symbol[i + 1] == ")":
                    reference[f"{wave}_offset"].append(marks.sample[i + 1])
            for k, ms in TOLERANCE_MS.items():
                margin = ms * rec.fs / 1000
                inside = np.sort(found[k]).round().astype(np.int64)
                inside = inside[(inside >= marks.sample[0] - margin) & (inside <= marks.sample[-1] + margin)]
                truth = np.asarray(reference[k], dtype=np.int64)
                m = evaluate.match_beats(truth, inside, fs=rec.fs, tolerance_s=ms / 1000)
                hits[k] += len(m.reference)
                errors[k] += ((inside[m.found] - truth[m.reference]) / rec.fs * 1000).tolist()
                total[k] += len(truth) + len(inside)
        scores = {k: 2 * hits[k] / max(1, total[k]) for k in TOLERANCE_MS}
        text = "  ".join(
            f"{k} {scores[k]:.3f} ({np.mean(errors[k]):+.1f} +- {np.std(errors[k]):.1f})" for k in TOLERANCE_MS
        )
        print(f"{name:<22} {text}  macro {np.mean(list(scores.values())):.3f}", flush=True)


def seconds(functions: list[Callable[[], object]], repeats: int) -> list[float]:
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(repeats):
        for which, function in enumerate(functions):
            began = time.perf_counter()
            function()
            times[which].append(time.perf_counter() - began)
    return [statistics.median(t) for t in times]


def speed(record: Record, repeats: int) -> None:
    x, fs = record.x, record.fs
    peaks = bp.ecg.find_r_peaks(x[0], fs=fs)
    hours = np.cumsum(np.random.default_rng(0).normal(0.86, 0.05, 100_000))
    day = np.round(hours * 250).astype(np.int64)
    print(
        f"\nSpeed, mitdb {record.name}: {x.shape[1] / fs / 60:.0f} min at {fs:g} Hz (ms, medians of alternating runs)"
    )
    ours, peer = seconds(
        [lambda: bp.ecg.find_r_peaks(x[0], fs=fs), lambda: sleepecg.detect_heartbeats(x[0].copy(), fs)], 4 * repeats
    )
    print(f"R peaks, 1 lead        {1000 * ours:9.1f}   sleepecg {1000 * peer:9.1f}   {peer / ours:6.1f} times as fast")
    ours, two, peer = seconds(
        [
            lambda: bp.ecg.process(x[0], fs=fs, unit="mV"),
            lambda: bp.ecg.process(x, fs=fs, unit="mV"),
            lambda: neurokit2.ecg_process(x[0], sampling_rate=int(fs)),
        ],
        max(1, repeats // 2),
    )
    print(
        f"process, 1 lead        {1000 * ours:9.1f}   ecg_process {1000 * peer:9.1f}   {peer / ours:6.1f} times as fast"
    )
    print(
        f"process, 2 leads       {1000 * two:9.1f}   ecg_process {1000 * peer:9.1f}   {peer / two:6.1f} times as fast"
    )
    ours, peer = seconds(
        [lambda: bp.ecg.hrv(peaks, fs=fs), lambda: neurokit2.hrv(peaks, sampling_rate=int(fs))], max(1, repeats // 2)
    )
    print(
        f"hrv, {len(peaks)} beats        {1000 * ours:9.1f}   hrv {1000 * peer:9.1f}   {peer / ours:6.1f} times as fast"
    )
    (alone,) = seconds([lambda: bp.ecg.hrv(day, fs=250.0)], 1)
    print(f"hrv, 100,000 beats     {1000 * alone:9.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--part", nargs="*", default=["rpeaks", "waves", "noise", "speed"])
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = Path(os.environ["BIOPOTENTIAL_TEST_DATA"])
    records = list(mitdb(folder))
    methods = detectors()
    if "rpeaks" in arguments.part:
        r_peaks(records, methods)
    if "named" in arguments.part:
        r_peaks(records, named())
    if "waves" in arguments.part:
        delineation(folder)
    if "noise" in arguments.part:
        noise_stress(folder, records, methods)
    if "speed" in arguments.part:
        speed(next(r for r in records if r.name == "100"), arguments.repeats)


if __name__ == "__main__":
    main()
