"""From a recording to the findings that a report shows."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

import biopotential as bp
from biopotential._core.core import sha256_file
from biopotential.report import EegFindings, Excluded, Source

__all__ = ["eeg_findings"]

# What the report calls the reasons of `eeg.process`.
_REASONS = {"missing": "missing", "flat": "flat", "clipped": "clipped", "amplitude": "artefact", "muscle": "artefact"}


def eeg_findings(path: Path, *, mains_hz: float) -> EegFindings:
    """Read an EEG file and measure it with `eeg.process`.

    Each channel of each epoch is judged by itself; an epoch counts where at least half of the good channels can be
    analysed in it, and its other channels are NaN.

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
        No EEG channel in volts, or less than one epoch.
    """
    recording = bp.read(path)
    eeg = bp.eeg.process(recording, mains_hz=mains_hz)
    fs, names = eeg.fs, eeg.channels
    start = eeg.stretches[0][0]
    last_start, _, last_n = eeg.stretches[-1]
    n = round((last_start - start) * fs) + last_n
    x = np.full((len(names), n), np.nan)
    for start_s, first, count in eeg.stretches:
        at = round((start_s - start) * fs)
        x[:, at : at + count] = eeg.signals[:, first : first + count]

    table = eeg.bad_channels
    bad = {
        str(name): str(reasons).split(",")[0]
        for name, reasons in zip(table["channel"], table["reasons"], strict=True)
        if reasons
    }
    good = np.array([name not in bad for name in names])
    used = eeg.ok[:, good].mean(axis=1) >= 0.5 if good.any() else np.zeros(eeg.epoch_s.size, dtype=bool)
    epoch_s = eeg.epoch_s - start
    gaps = [Excluded(a[0] - start + a[2] / fs, b[0] - start, "gap") for a, b in itertools.pairwise(eeg.stretches)]
    reasons = eeg.quality["reasons"].to_numpy().reshape(eeg.ok.shape)
    lost = []
    for i in np.flatnonzero(~used).tolist():
        found = [str(r).split(",")[0] for r in reasons[i, good if good.any() else slice(None)] if r]
        reason = _REASONS[max(sorted(set(found)), key=found.count)]
        lost.append(Excluded(float(epoch_s[i]), float(epoch_s[i] + eeg.epoch_length_s), reason))
    ends = []
    for start_s, _, count in eeg.stretches:
        whole_s = int(count / fs / eeg.epoch_length_s + 1e-9) * eeg.epoch_length_s
        if count / fs - whole_s > 1 / fs:
            ends.append(Excluded(start_s - start + whole_s, start_s - start + count / fs, "remainder"))

    whole = not gaps and bool(np.isfinite(x[good]).all())
    frontal = any(name in ("Fp1", "Fp2") and name not in bad for name in names)
    places = [bp.eeg.electrode_position(name) for name in names]
    positions = np.array([place[3:] if place is not None else (np.nan, np.nan) for place in places])
    tf = None
    order = ["Oz", "O1", "O2", "Pz", "Cz"]
    chosen = next((name for name in order if name in names and name not in bad), "")
    chosen = chosen or next((name for name in names if name not in bad), "")
    if whole and chosen:
        window = round(2 * fs)
        f, times, density = bp.signal.spectrogram(x[names.index(chosen)], fs=fs, nperseg=window, noverlap=window // 2)
        tf = (times, f, density)
    units = {bp.eeg.clean_channel_name(c.name): c.unit for s in recording.signals for c in s.channels}
    events = recording.events
    source = Source(
        record=path.stem,
        format=recording.format,
        duration_s=n / fs,
        channels=[(name, units[name], fs) for name in names],
        files={file.name: sha256_file(str(file)) for file in recording.files},
        signal_sha256=recording.signal_sha256(),
        n_gaps=len(gaps),
        mains_hz=mains_hz,
        warnings=recording.warnings,
        parameters=eeg.parameters,
        remarks=["notice.eeg_checks"],
    )
    return EegFindings(
        source=source,
        signals=x,
        names=names,
        fs=fs,
        freqs=eeg.freqs,
        psd=eeg.psd,
        epoch_s=epoch_s,
        epoch_length_s=eeg.epoch_length_s,
        epoch_used=used,
        bands=eeg.bands,
        band_power={band: eeg.per_epoch(band) for band in eeg.bands},
        tf=tf,
        tf_channel=chosen,
        bad_channels=bad,
        blinks_s=eeg.events["peak_s"].to_numpy() - start if frontal else None,
        positions=positions if np.isfinite(positions).any() else None,
        excluded=gaps + lost + ends,
        events=[
            (float(o), float(d), str(label))
            for o, d, label in zip(events["onset_s"], events["duration_s"], events["label"], strict=True)
        ],
    )
