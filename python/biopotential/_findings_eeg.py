"""From a recording to the findings that a report shows."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import biopotential as bp
from biopotential._bridge import bridged
from biopotential._core.core import sha256_file
from biopotential._findings_network import load_model, units_per_volt
from biopotential.recording import volts_per
from biopotential.report import EegFindings, Excluded, Network, Source

__all__ = ["eeg_findings"]

# What the report calls the reasons of `eeg.process`.
_REASONS = {"missing": "missing", "flat": "flat", "clipped": "clipped", "amplitude": "artefact", "muscle": "artefact"}


def _network(
    model: bp.models.Model, recording: bp.Recording, eeg: bp.eeg.Result, bad: dict[str, str], start: float
) -> Network:
    """Run a model of fixed windows on each stretch without a gap, unfiltered, missing samples bridged.

    A model of one channel sees every channel that holds a signal, bad ones too: a row a channel and window.
    """
    if model.windowing != "fixed":
        raise ValueError("[eeg] wanted a model of fixed windows, got one of beats")
    alive = [i for i, name in enumerate(eeg.channels) if bad.get(name) not in ("flat", "missing")]
    wanted = model.channel_names
    if wanted:
        clean = [bp.eeg.clean_channel_name(name) for name in wanted]
        if missing := [name for name in clean if name not in eeg.channels]:
            raise ValueError(f"[eeg] wanted the channels {', '.join(clean)} that the model names, got no {missing[0]}")
        groups = [[eeg.channels.index(name) for name in clean]]
    elif model.n_channels == 1:
        groups = [[i] for i in alive]
    elif model.n_channels == len(eeg.channels):
        groups = [list(range(len(eeg.channels)))]
    else:
        raise ValueError(
            f"[eeg] wanted a model of 1 or {len(eeg.channels)} channels, or one that names its channels, "
            f"got one of {model.n_channels}"
        )
    signal = next(
        s
        for s in recording.signals
        if s.fs == eeg.fs and {bp.eeg.clean_channel_name(c.name) for c in s.channels} >= set(eeg.channels)
    )
    names = [bp.eeg.clean_channel_name(c.name) for c in signal.channels]
    rows = [names.index(name) for name in eeg.channels]
    volts = np.array([volts_per(signal.channels[i].unit) for i in rows], dtype=float)[:, None]
    scale = volts * units_per_volt("eeg", model)
    probabilities: list[NDArray[np.float64]] = []
    starts: list[NDArray[np.float64]] = []
    items: list[str] = []
    for start_s, first, n in eeg.stretches:
        piece = bridged(np.asarray(signal.read(first, n, rows)) * scale)
        for group in groups:
            found = model.predict(piece[group], fs=eeg.fs)
            probabilities.append(found.probabilities)
            starts.append(found.starts_s + (start_s - start))
            items += [eeg.channels[group[0]]] * len(found.starts) if len(group) == 1 else []
    seen = [eeg.channels[i] for group in groups for i in group]
    return Network(
        classes=model.classes,
        probabilities=np.concatenate(probabilities) if probabilities else np.zeros((0, len(model.classes))),
        starts_s=np.concatenate(starts) if starts else np.zeros(0),
        card=model.card,
        sha256=model.sha256,
        channels=seen,
        item_channels=items,
    )


def eeg_findings(path: Path, *, mains_hz: float, model: Path | None = None, use_network: bool = True) -> EegFindings:
    """Read an EEG file and measure it with `eeg.process`.

    Each channel of each epoch is judged by itself; an epoch counts where at least half of the good channels can be
    analysed in it, and its other channels are NaN.

    Parameters
    ----------
    path : Path
        One file.
    mains_hz : float
        Mains frequency.
    model : Path, optional
        A model package of fixed windows: of one channel, of the channels that it names, or of as many as there are;
        default the shipped one, where torch is installed.
    use_network : bool
        Whether a network is run at all.

    Returns
    -------
    EegFindings

    Raises
    ------
    ValueError
        No EEG channel in volts, less than one epoch, or a model that doesn't fit.
    """
    loaded = load_model(model, use_network, "eeg_artefacts")
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
    network = None if loaded is None else _network(loaded, recording, eeg, bad, start)
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
    steps: list[tuple[str, dict[str, Any]]] = list(eeg.parameters)
    if network is not None:
        steps.append(("predict", {"model": network.card.get("name", ""), "channels": network.channels}))
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
        parameters=steps,
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
        network=network,
    )
