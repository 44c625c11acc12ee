"""From a recording to the findings that a report shows."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import biopotential as bp
from biopotential._core.core import sha256_file
from biopotential.eeg import PER_UV
from biopotential.report import EegFindings, Excluded, Source

if TYPE_CHECKING:
    from biopotential.recording import Signal

__all__ = ["eeg_findings"]

EPOCH_S = 4.0
HIGHPASS_HZ = 0.5


def _voltages(signal: Signal) -> list[int]:
    return [i for i, channel in enumerate(signal.channels) if channel.unit.strip().lower() in PER_UV]


def eeg_findings(path: Path, *, mains_hz: float) -> EegFindings:
    """Read an EEG file, filter it and measure its spectra and band powers.

    Each stretch without a gap is filtered on its own; an epoch that touches a gap or a missing sample doesn't count.
    Bad channels are PREP's, and those that are flat in more than half of the epochs.

    Parameters
    ----------
    path : Path
        One file.
    mains_hz : float
        Mains frequency.

    Returns
    -------
    EegFindings

    Raises
    ------
    ValueError
        No channel in volts, or less than one epoch.
    """
    recording = bp.read(path)
    signal = max(recording.signals, key=lambda s: len(_voltages(s)), default=None)
    rows = _voltages(signal) if signal is not None else []
    if signal is None or not rows:
        raise ValueError("[eeg] wanted a recording with channels in V, mV, uV or nV, got none")
    fs = signal.fs
    names = [bp.eeg.clean_channel_name(signal.channels[i].name) for i in rows]
    scale = np.array([PER_UV[signal.channels[i].unit.strip().lower()] for i in rows])[:, None]
    start = signal.segments[0].start_s if signal.segments else 0.0
    n = round(signal.duration_s * fs)
    if n < EPOCH_S * fs:
        raise ValueError(f"[eeg] wanted at least {EPOCH_S:g} s, got {n / fs:g} s")

    steps: list[tuple[str, dict[str, Any]]] = [("highpass", {"low": HIGHPASS_HZ, "method": "fir"})]
    notch = mains_hz + 2 < fs / 2
    if notch:
        steps.append(("notch_filter", {"freqs": [mains_hz]}))
    steps.append(("band_power", {"epoch_s": EPOCH_S, "window_s": EPOCH_S}))
    x = np.full((len(rows), n), np.nan)
    raw = np.full_like(x, np.nan)
    for segment in signal.segments:
        piece = segment.data[rows] * scale
        first = round((segment.start_s - start) * fs)
        last = min(n, first + piece.shape[1])
        piece = piece[:, : last - first]
        raw[:, first:last] = piece
        finite = np.isfinite(piece).all(axis=1)
        if finite.any():
            filtered = bp.signal.highpass(piece[finite], HIGHPASS_HZ, fs=fs)
            if notch:
                filtered = bp.signal.notch_filter(filtered, [mains_hz], fs=fs)
            x[np.flatnonzero(finite), first:last] = filtered

    table = bp.eeg.band_power(x, fs=fs, channels=[str(i) for i in range(len(rows))], epoch_s=EPOCH_S, window_s=EPOCH_S)
    bands = {"delta": (0.5, 4.0), "theta": (4.0, 8.0), "alpha": (8.0, 12.0), "sigma": (12.0, 16.0),
             "beta": (16.0, 30.0), "gamma": (30.0, 40.0)}  # fmt: skip
    power = {band: table[band].to_numpy().reshape(-1, len(rows)) for band in bands}
    epoch_s = table["onset_s"].to_numpy().reshape(-1, len(rows))[:, 0]
    edges = np.round(epoch_s * fs).astype(np.int64)
    length = round(EPOCH_S * fs)
    raw_ptp = np.stack([np.ptp(raw[:, first : first + length], axis=1) for first in edges])
    with np.errstate(invalid="ignore"):
        flat = np.mean(raw_ptp == 0, axis=0) > 0.5
    bad = {names[i]: "flat" for i in np.flatnonzero(flat).tolist()}
    longest = max(signal.segments, key=lambda s: s.n_samples)
    first = round((longest.start_s - start) * fs)
    part = x[:, first : first + longest.n_samples]
    if part.shape[1] >= 2 * fs:
        found = bp.eeg.find_bad_channels(part, fs=fs, unit="uV", channels=names)
        for name, reasons in zip(found["channel"], found["reasons"], strict=True):
            if reasons:
                bad.setdefault(name, reasons.split(",")[0])
    good = np.array([name not in bad for name in names])
    used = np.isfinite(power["alpha"][:, good]).all(axis=1) if good.any() else np.zeros(epoch_s.size, dtype=bool)

    gaps = [
        Excluded(a.start_s - start + a.n_samples / fs, b.start_s - start, "gap")
        for a, b in itertools.pairwise(signal.segments)
    ]
    gap = np.zeros(n, dtype=bool)
    for e in gaps:
        gap[round(e.begin_s * fs) : round(e.end_s * fs)] = True
    lost = [
        Excluded(float(s), float(s + EPOCH_S), "gap" if gap[first : first + length].any() else "missing")
        for s, first, ok in zip(epoch_s, edges, used, strict=True)
        if not ok
    ]
    whole = not gaps and np.isfinite(x[good]).all()
    if whole or not used.any():
        freqs, psd = bp.signal.welch(np.nan_to_num(x), fs=fs, nperseg=length)
    else:
        spectra = [bp.signal.welch(x[:, first : first + length], fs=fs, nperseg=length) for first in edges[used]]
        freqs, psd = spectra[0][0], np.mean([density for _, density in spectra], axis=0)
    frontal = [i for i, name in enumerate(names) if name in ("Fp1", "Fp2") and name not in bad]
    blinks = None
    if whole and frontal:
        blinks = bp.eeg.find_blinks(x[frontal], fs=fs, unit="uV")["peak_s"].to_numpy()
    places = [bp.eeg.electrode_position(name) for name in names]
    positions = np.array([place[3:] if place is not None else (np.nan, np.nan) for place in places])
    tf = None
    order = ["Oz", "OZ", "O1", "Pz", "PZ", "Cz", "CZ"]
    chosen = next((name for name in order if name in names and name not in bad), next(iter(set(names) - set(bad)), ""))
    if whole and chosen:
        window = round(2 * fs)
        f, times, density = bp.signal.spectrogram(x[names.index(chosen)], fs=fs, nperseg=window, noverlap=window // 2)
        tf = (times, f, density)
    events = recording.events
    source = Source(
        record=path.stem,
        format=recording.format,
        duration_s=n / fs,
        channels=[(name, signal.channels[i].unit, fs) for name, i in zip(names, rows, strict=True)],
        files={path.name: sha256_file(str(path))},
        signal_sha256=recording.signal_sha256(),
        n_gaps=len(gaps),
        mains_hz=mains_hz,
        warnings=recording.warnings,
        parameters=steps,
        remarks=["notice.eeg_checks"],
    )
    return EegFindings(
        source=source,
        signals=x,
        names=names,
        fs=fs,
        freqs=freqs,
        psd=psd,
        epoch_s=epoch_s,
        epoch_length_s=EPOCH_S,
        epoch_used=used,
        bands=bands,
        band_power=power,
        tf=tf,
        tf_channel=chosen,
        bad_channels=bad,
        blinks_s=blinks,
        positions=positions if np.isfinite(positions).any() else None,
        excluded=gaps + lost,
        events=[
            (float(o), float(d), str(label))
            for o, d, label in zip(events["onset_s"], events["duration_s"], events["label"], strict=True)
        ],
    )
