"""From an ECG recording to the findings that its report shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import biopotential as bp
from biopotential._bridge import bridged
from biopotential._core.core import sha256_file
from biopotential._findings_network import load_model, units_per_volt
from biopotential.recording import volts_per
from biopotential.report import EcgFindings, Episode, Excluded, Measure, Network, Source

__all__ = ["ecg_findings"]

Floats = NDArray[np.float64]

# Where one lead is wanted: the first of these that there is, else the first lead.
PREFERRED_LEADS = ("MLII", "II", "ML2", "I", "V5")
DISPLAY_HIGHPASS_HZ = 0.5
FIDUCIALS = ("p_onset", "p_peak", "p_offset", "qrs_onset", "qrs_offset", "t_onset", "t_peak", "t_offset")
# Columns of the beat table that stand in features.csv already, under the report's own names.
OWN_COLUMNS = ("time_s", "r_peak", "rr_ms", "ok")
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


def _without(leads: Floats, lost: Sequence[tuple[int, int]]) -> Floats:
    """Leads without their lost stretches, which become straight lines as missing samples do."""
    out = leads.copy()
    for first, last in lost:
        out[:, first:last] = np.nan
    return bridged(out)


def _display(leads: Floats, fs: float, mains_hz: float) -> Floats:
    """Leads as they are drawn: without drift and mains, missing samples still missing."""
    out = bridged(leads)
    if out.shape[1] < fs:  # too short to filter: without its mean
        level: Floats = leads - out.mean(axis=1, keepdims=True)
        return level
    out = bp.signal.highpass(out, DISPLAY_HIGHPASS_HZ, fs=fs, method="iir", order=2)
    if mains_hz + 2 < fs / 2:
        out = bp.signal.notch_filter(out, [mains_hz], fs=fs, method="iir")
    out[~np.isfinite(leads)] = np.nan
    return out


def _merged(excluded: pd.DataFrame) -> list[Excluded]:
    """Join stretches of one reason that touch."""
    out: list[Excluded] = []
    for begin, end, reason in excluded[["start_s", "end_s", "reason"]].itertuples(index=False):
        if out and out[-1].reason == reason and begin - out[-1].end_s < 1e-6:
            out[-1] = Excluded(out[-1].begin_s, float(end), reason)
        else:
            out.append(Excluded(float(begin), float(end), str(reason)))
    return out


class _BeatNetwork:
    """A model and the leads that it is given."""

    def __init__(self, model: bp.models.Model, names: list[str]) -> None:
        if model.n_channels == 1:
            upper = [name.upper() for name in names]
            self.rows = [next((upper.index(lead) for lead in PREFERRED_LEADS if lead in upper), 0)]
        elif model.n_channels == len(names):
            self.rows = list(range(len(names)))
        else:
            raise ValueError(f"[ecg] wanted a model of 1 or {len(names)} leads, got one of {model.n_channels}")
        self.model = model
        self.channels = [names[i] for i in self.rows]
        self._scale = 1e-3 * units_per_volt("ecg", model)

    def probabilities(self, leads_mv: Floats, r_peaks: NDArray[np.int64], fs: float) -> Floats:
        """Classify the beats of one stretch, shape (n_beats, n_classes); NaN for a beat without any other."""
        if len(r_peaks) < 2:
            return np.full((len(r_peaks), len(self.model.classes)), np.nan)
        return self.model.predict_beats(leads_mv[self.rows] * self._scale, r_peaks, fs=fs).probabilities


def ecg_findings(
    path: Path, *, mains_hz: float, leads: Sequence[str] = (), model: Path | None = None, use_network: bool = True
) -> EcgFindings:
    """Read an ECG and measure its quality, beats, rhythm and heart rate variability.

    `bp.ecg.process` measures; beats where no lead can be analysed are left out. A network classifies the rest, lost
    stretches replaced by straight lines. Heart rate variability counts the intervals between normal beats (by the
    network, where one was run) that differ from the local median by no more than 20 % and have no gap or lost stretch
    between them.

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
        No ECG, no such lead, a scale that no ECG has, a model that doesn't fit.
    """
    recording = bp.read(path)
    if all(signal.n_samples < signal.fs for signal in recording.signals):
        longest = max((signal.n_samples / signal.fs for signal in recording.signals), default=0.0)
        raise ValueError(f"[ecg] wanted at least 1 s of signal, got {longest:g} s")
    found = bp.ecg.process(recording, leads=list(leads) or None)
    fs, names = found.fs, found.leads
    signal = next(s for s in recording.signals if {c.name for c in s.channels} >= set(names) and s.fs == fs)
    rows = [next(i for i, c in enumerate(signal.channels) if c.name == name) for name in names]
    per_mv = 1e3 * np.array([volts_per(signal.channels[i].unit) for i in rows], dtype=float)[:, None]
    loaded = load_model(model, use_network, "beat_classifier")
    network_of = None if loaded is None else _BeatNetwork(loaded, names)

    # Beats are placed on the recording's time line: a gap is as long in it as it was.
    start_s = signal.segments[0].start_s
    beats = found.beats[found.beats["ok"]].reset_index(drop=True)
    r_peaks = np.round((beats["time_s"].to_numpy() - start_s) * fs).astype(np.int64)
    shift = r_peaks - beats["r_peak"].to_numpy(dtype=np.int64)
    excluded = [Excluded(e.begin_s - start_s, e.end_s - start_s, e.reason) for e in _merged(found.excluded)]
    n = round(signal.duration_s * fs)
    drawn = np.full((len(rows), n), np.nan)
    tables: list[Floats] = []
    for segment in signal.segments:
        first = round((segment.start_s - start_s) * fs)
        piece = signal.read(segment.first, min(segment.n_samples, n - first), rows) * per_mv
        last = first + piece.shape[1]
        drawn[:, first:last] = _display(piece, fs, mains_hz)
        if network_of is not None:
            lost = [
                (max(0, round(e.begin_s * fs) - first), round(e.end_s * fs) - first)
                for e in excluded
                if e.reason != "gap" and round(e.end_s * fs) > first and round(e.begin_s * fs) < last
            ]
            mine = r_peaks[(r_peaks >= first) & (r_peaks < last)] - first
            tables.append(network_of.probabilities(_without(piece, lost), mine, fs))

    network = None
    normal = np.ones(len(r_peaks), dtype=bool)
    if network_of is not None:
        card, digest = network_of.model.card, network_of.model.sha256
        network = Network(
            network_of.model.classes, np.concatenate(tables), r_peaks / fs, card, digest, network_of.channels
        )
        if "N" in network.classes:
            normal = np.array([label == "N" for label in network.labels], dtype=bool)
    for stretch in excluded:
        after = int(np.searchsorted(r_peaks, stretch.begin_s * fs))
        normal[max(after - 1, 0) : after + 1] = False
    options: dict[str, Any] = {"fs": fs, "exclude": "ectopic", "normal": normal}
    values = bp.ecg.hrv(r_peaks, **options)
    nn_mask = np.zeros(max(0, len(r_peaks) - 1), dtype=bool)
    nn_mask[bp.ecg.nn_intervals(r_peaks, **options)["beat"].to_numpy(dtype=np.int64) - 1] = True
    freqs, psd = bp.ecg.nn_spectrum(r_peaks, **options)

    steps: list[tuple[str, dict[str, Any]]] = [("ecg.process", {"leads": names, "exclude": "ectopic"})]
    if network is not None:
        steps.append(("predict_beats", {"model": network.card.get("name", ""), "leads": network.channels}))
    steps.append(("hrv", {"exclude": "ectopic", "normal": "N" if network is not None else "all"}))
    steps.append(("display: highpass", {"low": DISPLAY_HIGHPASS_HZ, "method": "iir", "order": 2}))
    if mains_hz + 2 < fs / 2:
        steps.append(("display: notch_filter", {"freqs": [mains_hz], "method": "iir"}))
    measures = [c for c in beats.columns if c not in FIDUCIALS and c not in OWN_COLUMNS]
    rhythm = found.rhythm
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
        fiducials={name: beats[name].to_numpy(dtype=float) + shift for name in FIDUCIALS},
        measures={name: beats[name].to_numpy(dtype=float) for name in measures},
        rates=(rhythm.mean_hr_bpm, rhythm.min_hr_bpm, rhythm.max_hr_bpm),
        episodes=[
            Episode(str(kind), float(onset) - start_s, float(duration), float(value))
            for kind, onset, duration, value in rhythm.episodes[["kind", "onset_s", "duration_s", "value"]].itertuples(
                index=False
            )
        ],
        network=network,
    )
