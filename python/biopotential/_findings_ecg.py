"""From an ECG recording to the findings that its report shows."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import biopotential as bp
from biopotential._core.core import sha256_file
from biopotential.report import EcgFindings, Excluded, Measure, Network, Source

if TYPE_CHECKING:
    import pandas as pd

    from biopotential.recording import Signal

__all__ = ["ecg_findings"]

Floats = NDArray[np.float64]

PER_MV = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "μv": 1e-3, "v": 1e3, "nv": 1e-6}
# Where one lead is wanted: the first of these that there is, else the first lead.
PREFERRED_LEADS = ("MLII", "II", "ML2", "I", "V5")
DISPLAY_HIGHPASS_HZ = 0.5
# Column of `bp.ecg.hrv`: name, unit, key of the method's text.
HRV_MEASURES = {
    "n_nn": ("NN", "", "nn"),
    "mean_nn_ms": ("MeanNN", "ms", "nn"),
    "sdnn_ms": ("SDNN", "ms", "sd"),
    "sdann_ms": ("SDANN", "ms", "sdann"),
    "rmssd_ms": ("RMSSD", "ms", "differences"),
    "pnn50_percent": ("pNN50", "%", "differences"),
    "hti": ("HTI", "", "hti"),
    "tinn_ms": ("TINN", "ms", "hti"),
    "vlf_ms2": ("VLF", "ms²", "welch"),
    "lf_ms2": ("LF", "ms²", "welch"),
    "hf_ms2": ("HF", "ms²", "welch"),
    "lf_hf": ("LF/HF", "", "welch"),
    "lf_nu": ("LFnu", "%", "welch"),
    "hf_nu": ("HFnu", "%", "welch"),
    "sd1_ms": ("SD1", "ms", "poincare"),
    "sd2_ms": ("SD2", "ms", "poincare"),
    "sampen": ("SampEn", "", "sampen"),
    "dfa_alpha1": ("DFA α1", "", "dfa1"),
    "dfa_alpha2": ("DFA α2", "", "dfa2"),
}


def _ecg_leads(recording: bp.Recording, wanted: Sequence[str]) -> tuple[Signal, list[int]]:
    """Pick the leads: the wanted ones, or all in volts of the signal that has most of them."""
    found: list[tuple[Signal, list[int]]] = []
    for signal in recording.signals:
        rows = [i for i, channel in enumerate(signal.channels) if channel.unit.strip().lower() in PER_MV]
        if wanted:
            rows = [i for name in wanted for i in rows if signal.channels[i].name == name]
        found.append((signal, rows))
    best = max(found, key=lambda pick: len(pick[1]), default=None)
    if best is None or not best[1] or len(best[1]) < len(wanted):
        names = ", ".join(recording.channel_names) or "none"
        sought = f"the leads {', '.join(wanted)}" if wanted else "leads in V, mV, uV or nV"
        raise ValueError(f"[ecg] wanted {sought} at one rate, got the channels {names}")
    return best


def _bridged(lead: Floats) -> Floats:
    """Replace missing samples by straight lines, as the detector does."""
    finite = np.isfinite(lead)
    if finite.all():
        return lead
    if not finite.any():
        return np.zeros_like(lead)
    at = np.arange(lead.size)
    filled: Floats = np.interp(at, at[finite], lead[finite])
    return filled


def _display(leads: Floats, fs: float, mains_hz: float) -> Floats:
    """Leads as they are drawn: without drift and mains, missing samples still missing."""
    out = np.stack([_bridged(lead) for lead in leads])
    out = bp.signal.highpass(out, DISPLAY_HIGHPASS_HZ, fs=fs, method="iir", order=2)
    if mains_hz + 2 < fs / 2:
        out = bp.signal.notch_filter(out, [mains_hz], fs=fs, method="iir")
    return np.where(np.isfinite(leads), out, np.nan)


def _lost_windows(quality: pd.DataFrame, offset_s: float) -> list[Excluded]:
    """Windows in which no lead can be analysed; neighbours with one reason become one stretch."""
    lost: list[Excluded] = []
    for _, leads in quality.groupby("start_s", sort=True):
        if (leads["reason"] == "").any():
            continue
        begin, end = offset_s + float(leads["start_s"].iloc[0]), offset_s + float(leads["end_s"].iloc[0])
        reason = str(leads["reason"].iloc[0])
        if lost and lost[-1].reason == reason and abs(lost[-1].end_s - begin) < 1e-6:
            lost[-1] = Excluded(lost[-1].begin_s, end, reason)
        else:
            lost.append(Excluded(begin, end, reason))
    return lost


def _classify(
    model: bp.models.Model, x: Floats, names: list[str], r_peaks: NDArray[np.int64], fs: float
) -> tuple[Floats, list[str]]:
    """Class probabilities of each beat, and the leads that the model saw."""
    if model.n_channels == 1:
        chosen = next((names.index(lead) for lead in PREFERRED_LEADS if lead in names), 0)
        used = [names[chosen]]
        x = x[chosen : chosen + 1]
    elif model.n_channels == len(names):
        used = names
    else:
        raise ValueError(f"[ecg] wanted a model of 1 or {len(names)} leads, got one of {model.n_channels}")
    if len(r_peaks) < 2:
        return np.full((len(r_peaks), len(model.classes)), np.nan), used
    scale = 1.0 / PER_MV.get(model.unit.strip().lower(), 1.0)
    return model.predict_beats(x * scale, r_peaks, fs=fs).probabilities, used


def _load_model(model: Path | None, use_network: bool) -> bp.models.Model | None:
    if not use_network:
        return None
    if model is not None:
        return bp.models.load(model)
    try:
        return bp.models.load(bp.models.shipped("beat_classifier"))
    except ImportError:
        return None  # torch is an extra: the report says that no network was run


def ecg_findings(
    path: Path, *, mains_hz: float, leads: Sequence[str] = (), model: Path | None = None, use_network: bool = True
) -> EcgFindings:
    """Read an ECG and measure its quality, beats and heart rate variability.

    Nothing crosses a gap: each stretch is filtered and searched on its own. A window of 10 s is left out where no lead
    of it can be analysed. Heart rate variability counts the intervals between normal beats (by the network, where one
    was run) that differ from the local median by no more than 20 % and have no gap or excluded stretch between them.

    Parameters
    ----------
    path : Path
        A file, or a WFDB record name.
    mains_hz : float
        Mains frequency.
    leads : sequence of str
        Names of the leads to use; default all.
    model : Path, optional
        A model package that classifies beats; default the shipped one, where torch is installed.
    use_network : bool
        Whether a network is run at all.

    Returns
    -------
    EcgFindings

    Raises
    ------
    ValueError
        No such lead, less than one second of signal, a model that doesn't fit.
    """
    recording = bp.read(path)
    signal, rows = _ecg_leads(recording, leads)
    fs = signal.fs
    names = [signal.channels[i].name for i in rows]
    scale = np.array([PER_MV[signal.channels[i].unit.strip().lower()] for i in rows])[:, None]
    n = round(signal.duration_s * fs)
    if n < fs:
        raise ValueError(f"[ecg] wanted at least 1 s of signal, got {n / fs:g} s")
    network_model = _load_model(model, use_network)

    start = signal.segments[0].start_s
    drawn = np.full((len(rows), n), np.nan)
    peaks: list[NDArray[np.int64]] = []
    probabilities: list[Floats] = []
    network_leads: list[str] = []
    excluded = [
        Excluded(a.start_s - start + a.n_samples / fs, b.start_s - start, "gap")
        for a, b in itertools.pairwise(signal.segments)
    ]
    for segment in signal.segments:
        first = round((segment.start_s - start) * fs)
        piece = segment.data[rows][:, : n - first] * scale
        offset_s = first / fs
        if piece.shape[1] < fs:
            excluded.append(Excluded(offset_s, offset_s + piece.shape[1] / fs, "short"))
            continue
        lost = _lost_windows(bp.ecg.quality(piece, fs=fs), offset_s)
        excluded += lost
        found = bp.ecg.find_r_peaks(piece, fs=fs)
        outside = np.ones(len(found), dtype=bool)
        clean = np.stack([_bridged(lead) for lead in piece])
        for stretch in lost:
            a, b = (round((s - offset_s) * fs) for s in (stretch.begin_s, stretch.end_s))
            outside &= (found < a) | (found >= b)
            clean[:, a:b] = np.linspace(clean[:, max(a - 1, 0)], clean[:, min(b, clean.shape[1] - 1)], b - a, axis=1)
        found = found[outside]
        if network_model is not None:
            given, network_leads = _classify(network_model, clean, names, found, fs)
            probabilities.append(given)
        peaks.append(found + first)
        drawn[:, first : first + piece.shape[1]] = _display(piece, fs, mains_hz)
    r_peaks = np.concatenate(peaks) if peaks else np.zeros(0, dtype=np.int64)
    excluded.sort(key=lambda e: (e.begin_s, e.end_s))

    network = None
    normal = np.ones(len(r_peaks), dtype=bool)
    if network_model is not None:
        table = np.concatenate(probabilities) if probabilities else np.zeros((0, len(network_model.classes)))
        network = Network(
            network_model.classes, table, r_peaks / fs, network_model.card, network_model.sha256, network_leads
        )
        if "N" in network.classes:
            normal = np.asarray(network.labels, dtype=object) == "N" if len(r_peaks) else normal
    for stretch in excluded:
        after = int(np.searchsorted(r_peaks, stretch.begin_s * fs))
        normal[max(after - 1, 0) : after + 1] = False
    options: dict[str, Any] = {"fs": fs, "exclude": "ectopic", "normal": normal}
    values = bp.ecg.hrv(r_peaks, **options)
    nn_mask = np.zeros(max(0, len(r_peaks) - 1), dtype=bool)
    nn_mask[bp.ecg.nn_intervals(r_peaks, **options)["beat"].to_numpy(dtype=np.int64) - 1] = True
    freqs, psd = bp.ecg.nn_spectrum(r_peaks, **options)

    steps: list[tuple[str, dict[str, Any]]] = [
        ("quality", {"window_s": 10.0}),
        ("find_r_peaks", {"method": "default", "leads": names}),
    ]
    if network is not None:
        steps.append(("predict_beats", {"model": network.card.get("name", ""), "leads": network_leads}))
    steps += [
        ("hrv", {"exclude": "ectopic", "beats": "N" if network is not None else "all"}),
        ("highpass (display)", {"low": DISPLAY_HIGHPASS_HZ, "method": "iir", "order": 2}),
    ]
    if mains_hz + 2 < fs / 2:
        steps.append(("notch_filter (display)", {"freqs": [mains_hz], "method": "iir"}))
    return EcgFindings(
        source=Source(
            record=path.stem,
            format=recording.format,
            duration_s=n / fs,
            channels=[(signal.channels[i].name, signal.channels[i].unit, fs) for i in rows],
            files={file.name: sha256_file(str(file)) for file in recording.files},
            signal_sha256=recording.signal_sha256(),
            n_gaps=len(signal.segments) - 1,
            mains_hz=mains_hz,
            warnings=recording.warnings,
            parameters=steps,
        ),
        leads=drawn,
        names=names,
        fs=fs,
        r_peaks=r_peaks,
        excluded=excluded,
        hrv=[Measure(name, float(values[column]), unit, how) for column, (name, unit, how) in HRV_MEASURES.items()],
        nn_mask=nn_mask,
        spectrum=(freqs, psd) if freqs.size else None,
        sd1_ms=float(values["sd1_ms"]),
        sd2_ms=float(values["sd2_ms"]),
        network=network,
    )
