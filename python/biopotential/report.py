"""Reports that a reader can check: one HTML file without anything from elsewhere, one CSV, one JSON.

`ecg` and `eeg` measure a file; `write_ecg` and `write_eeg` take findings (`EcgFindings`, `EegFindings`: plain arrays
and names). Either way ``report.html``, ``features.csv`` and ``result.json`` appear in a folder, complete or not at all.
Reports show the record's name and no patient identity.
"""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from biopotential import plot
from biopotential._core.core import torch_version, version
from biopotential._text import Text, text

if TYPE_CHECKING:
    import jinja2
    from matplotlib.figure import Figure

__all__ = [
    "EcgFindings",
    "EegFindings",
    "Episode",
    "Excluded",
    "Measure",
    "Network",
    "Source",
    "write_ecg",
    "write_eeg",
]

Floats = NDArray[np.float64]

HRV_BANDS = {"VLF": (0.0033, 0.04), "LF": (0.04, 0.15), "HF": (0.15, 0.4)}
BEAT_CLASSES = ("N", "S", "V", "F", "Q")


@dataclass(frozen=True)
class Source:
    """Where the samples come from.

    Attributes
    ----------
    record : str
        Name to show; never a patient's.
    format : str
        File format.
    duration_s : float
    channels : list of (name, unit, fs)
    files : dict of str to str
        SHA-256 of each input file, by its name without folder.
    signal_sha256 : str
    n_gaps : int
        Interruptions between segments.
    mains_hz : float
    warnings : list of str
        What the reader had to say.
    parameters : list of (step, parameters)
        The processing, step by step.
    remarks : list of str
        Keys of the translations, shown at the top.
    """

    record: str
    format: str
    duration_s: float
    channels: list[tuple[str, str, float]]
    files: dict[str, str]
    signal_sha256: str = ""
    n_gaps: int = 0
    mains_hz: float = 50.0
    warnings: list[str] = field(default_factory=list)
    parameters: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Excluded:
    """A stretch that could not be analysed, and why.

    ``reason`` is flat, clipped, noise, mains, gap, missing, artefact or remainder (shorter than an epoch).
    """

    begin_s: float
    end_s: float
    reason: str


@dataclass(frozen=True)
class Episode:
    """A stretch of rhythm, as `bp.ecg.rhythm` names it; `value` is a rate in /min, a pause in s, or an entropy."""

    kind: str
    begin_s: float
    duration_s: float
    value: float


@dataclass(frozen=True)
class Measure:
    """One number with its unit and how it was computed (a key of the translations, or plain text)."""

    name: str
    value: float
    unit: str
    method: str


@dataclass(frozen=True)
class Network:
    """What a neural network said.

    Attributes
    ----------
    classes : list of str
    probabilities : ndarray, shape (n_items, n_classes)
        A row a beat (ECG) or a window (EEG).
    starts_s : ndarray, shape (n_items,)
        Where each window begins (EEG), or the beat (ECG), seconds.
    card : dict
        The model package's ``model.json``.
    sha256 : str
        Hash of the model.
    channels : list of str
        The leads or channels that it saw.
    item_channels : list of str
        The channel of each item, where a model of one channel saw several; else empty.
    """

    classes: list[str]
    probabilities: Floats
    starts_s: Floats
    card: dict[str, Any]
    sha256: str
    channels: list[str] = field(default_factory=list)
    item_channels: list[str] = field(default_factory=list)

    def counts_by_channel(self) -> dict[str, dict[str, int]]:
        """How many items of each class there are in each channel; empty where items have no channel of their own."""
        out = {name: dict.fromkeys(self.classes, 0) for name in dict.fromkeys(self.item_channels)}
        for name, label in zip(self.item_channels, self.labels, strict=bool(self.item_channels)):
            if label:
                out[name][label] += 1
        return out

    @property
    def labels(self) -> list[str]:
        """The likeliest class of each item; empty where the network could not be asked (NaN)."""
        if not len(self.probabilities):
            return []
        known = np.asarray(np.isfinite(self.probabilities).all(axis=1))
        best = np.argmax(self.probabilities, axis=1)
        return [self.classes[i] if ok else "" for i, ok in zip(best.tolist(), known.tolist(), strict=True)]


@dataclass(frozen=True)
class EcgFindings:
    """What an ECG report shows.

    Attributes
    ----------
    source : Source
    leads : ndarray, shape (n_leads, n_samples)
        mV, as they shall be drawn.
    names : list of str
    fs : float
    r_peaks : ndarray of int64
    excluded : list of Excluded
    hrv : list of Measure
    nn_mask : ndarray of bool, shape (n_beats - 1,)
        RR intervals that HRV counts.
    spectrum : (freqs, psd) or None
        Of the RR intervals, Hz and ms²/Hz.
    sd1_ms, sd2_ms : float
    fiducials : dict of str to ndarray, shape (n_beats,)
        P, QRS and T marks in samples (NaN: absent), columns of features.csv.
    measures : dict of str to ndarray, shape (n_beats,)
        Per beat, further columns of features.csv; the name ends in the unit (``qt_ms``).
    rates : (mean, min, max) or None
        Heart rate in /min over the whole recording, the extremes over 8 intervals.
    episodes : list of Episode
    network : Network or None
    """

    source: Source
    leads: Floats
    names: list[str]
    fs: float
    r_peaks: NDArray[np.int64]
    excluded: list[Excluded]
    hrv: list[Measure]
    nn_mask: NDArray[np.bool_]
    spectrum: tuple[Floats, Floats] | None = None
    sd1_ms: float = float("nan")
    sd2_ms: float = float("nan")
    fiducials: dict[str, Floats] = field(default_factory=dict)
    measures: dict[str, Floats] = field(default_factory=dict)
    rates: tuple[float, float, float] | None = None
    episodes: list[Episode] = field(default_factory=list)
    network: Network | None = None


@dataclass(frozen=True)
class EegFindings:
    """What an EEG report shows.

    Attributes
    ----------
    source : Source
    signals : ndarray, shape (n_channels, n_samples)
        µV, as they shall be drawn.
    names : list of str
    fs : float
    freqs, psd : ndarray, shape (n_freqs,), (n_channels, n_freqs)
        µV²/Hz.
    epoch_s : ndarray, shape (n_epochs,)
        Begin of each epoch.
    epoch_length_s : float
    epoch_used : ndarray of bool, shape (n_epochs,)
    bands : dict of str to (low, high)
        Hz.
    band_power : dict of str to ndarray, shape (n_epochs, n_channels)
        µV².
    tf : (times_s, freqs, psd) of one channel, or None
    tf_channel : str
    bad_channels : dict of str to str
        Name and reason (flat, noise, mains, deviation, correlation).
    blinks_s : ndarray or None
        Blink times; None where nothing looked for them.
    excluded : list of Excluded
    events : list of (onset_s, duration_s, label)
    positions : ndarray, shape (n_channels, 2), or None
        From above, nose up; NaN where the name is unknown.
    reference : str
        What the channels are referred to.
    network : Network or None
    """

    source: Source
    signals: Floats
    names: list[str]
    fs: float
    freqs: Floats
    psd: Floats
    epoch_s: Floats
    epoch_length_s: float
    epoch_used: NDArray[np.bool_]
    bands: dict[str, tuple[float, float]]
    band_power: dict[str, Floats]
    tf: tuple[Floats, Floats, Floats] | None = None
    tf_channel: str = ""
    bad_channels: dict[str, str] = field(default_factory=dict)
    blinks_s: Floats | None = None
    excluded: list[Excluded] = field(default_factory=list)
    events: list[tuple[float, float, str]] = field(default_factory=list)
    positions: Floats | None = None
    reference: str = ""
    network: Network | None = None


# --- from a file ------------------------------------------------------------------------------------------------------


def ecg(
    record: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    leads: Sequence[str] = (),
    model: str | os.PathLike[str] | None = None,
    network: bool = True,
    mains_hz: float = 50.0,
    lang: str = "en",
) -> dict[str, Any]:
    """Measure an ECG file and write its report into the folder `out`: what ``biopotential ecg`` does.

    Parameters
    ----------
    record : path-like
        A file, or a WFDB record name.
    out : path-like
        Made where it doesn't exist; a report in it is replaced.
    leads : sequence of str
        Names of the leads to use; default all.
    model : path-like, optional
        A model package that classifies beats; default the shipped one, where torch is installed.
    network : bool
        Whether a network is run at all.
    mains_hz : float
        Mains frequency.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    dict
        What result.json holds.

    Raises
    ------
    ParseError
        The file is broken, or of no known format.
    ValueError
        No ECG in it, no such lead, a scale that no ECG has, a model that doesn't fit.
    OSError
        A file can't be read or written.
    """
    from biopotential._findings_ecg import ecg_findings

    findings = ecg_findings(
        Path(record),
        mains_hz=mains_hz,
        leads=leads,
        model=None if model is None else Path(model),
        use_network=network,
    )
    return write_ecg(findings, out, lang=lang)


def eeg(
    record: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    model: str | os.PathLike[str] | None = None,
    network: bool = True,
    mains_hz: float = 50.0,
    lang: str = "en",
) -> dict[str, Any]:
    """Measure an EEG file and write its report into the folder `out`: what ``biopotential eeg`` does.

    Parameters
    ----------
    record : path-like
        A file.
    model : path-like, optional
        A model package of fixed windows: of one channel, of the channels that it names, or of as many as there are;
        default the shipped one, which looks for artefacts, where torch is installed.
    out, network, mains_hz, lang
        As of `ecg`.

    Returns
    -------
    dict
        What result.json holds.

    Raises
    ------
    ParseError
        The file is broken, or of no known format.
    ValueError
        No EEG in it, less than one epoch, or a model that doesn't fit.
    OSError
        A file can't be read or written.
    """
    from biopotential._findings_eeg import eeg_findings

    findings = eeg_findings(
        Path(record), mains_hz=mains_hz, model=None if model is None else Path(model), use_network=network
    )
    return write_eeg(findings, out, lang=lang)


# --- writing ----------------------------------------------------------------------------------------------------------


def write_ecg(findings: EcgFindings, out: str | os.PathLike[str], *, lang: str = "en") -> dict[str, Any]:
    """Write an ECG report into the folder `out`.

    Parameters
    ----------
    findings : EcgFindings
    out : path-like
        Made where it doesn't exist; a report in it is replaced.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    dict
        What result.json holds.
    """
    t = text(lang)
    result = _ecg_result(findings, lang)
    _write_all(
        Path(out),
        {
            "report.html": _render("ecg.html.j2", _ecg_page(findings, result, t), t),
            "features.csv": _ecg_table(findings),
            "result.json": _as_json(result),
        },
    )
    return result


def write_eeg(findings: EegFindings, out: str | os.PathLike[str], *, lang: str = "en") -> dict[str, Any]:
    """Write an EEG report into the folder `out`; parameters and result as `write_ecg`."""
    t = text(lang)
    result = _eeg_result(findings, lang)
    _write_all(
        Path(out),
        {
            "report.html": _render("eeg.html.j2", _eeg_page(findings, result, t), t),
            "features.csv": _eeg_table(findings),
            "result.json": _as_json(result),
        },
    )
    return result


def _write_all(out: Path, files: Mapping[str, str]) -> None:
    """All files or none: they are complete on disk beside their place before the first one moves."""
    out.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".report-", dir=out))
    try:
        for name, content in files.items():
            with (work / name).open("w", encoding="utf-8", newline="") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for name in files:
            (work / name).replace(out / name)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _as_json(result: Mapping[str, Any]) -> str:
    return json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _number(value: float, digits: int = 6) -> float | None:
    """JSON has no NaN: null says that there is no value."""
    return float(f"{value:.{digits}g}") if np.isfinite(value) else None


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("biopotential"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=False,
    )


def _render(template: str, page: Mapping[str, Any], t: Text) -> str:
    return _templates().get_template(template).render(t=t, version=version(), **page)


def _figure(
    figure: Figure, alt: str, caption: str, kind: Literal["svg", "png"] = "svg", dpi: int = 200
) -> dict[str, object]:
    width = round(float(figure.get_size_inches()[0]) * 25.4, 2)
    return {"src": plot.data_uri(figure, kind, dpi), "alt": alt, "caption": caption, "width_mm": width}


# --- what both kinds say ----------------------------------------------------------------------------------------------


def _union_s(excluded: Sequence[Excluded], duration_s: float) -> float:
    """Seconds that at least one stretch covers."""
    total, reached = 0.0, 0.0
    for begin, end in sorted((e.begin_s, e.end_s) for e in excluded):
        begin, end = max(begin, reached), min(end, duration_s)
        if end > begin:
            total += end - begin
            reached = end
    return total


def _quality_result(source: Source, excluded: Sequence[Excluded]) -> dict[str, Any]:
    lost = _union_s(excluded, source.duration_s)
    reasons = {r: _union_s([e for e in excluded if e.reason == r], source.duration_s) for r in _reasons(excluded)}
    return {
        "not_analysed_s": _number(lost),
        "not_analysed_share": _number(lost / source.duration_s if source.duration_s > 0 else 0.0),
        "reasons_s": {reason: _number(seconds) for reason, seconds in reasons.items()},
        "n_gaps": source.n_gaps,
    }


def _reasons(excluded: Sequence[Excluded]) -> list[str]:
    return sorted({e.reason for e in excluded})


def _versions() -> dict[str, str]:
    import matplotlib

    versions = {
        "biopotential": version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "matplotlib": matplotlib.__version__,
    }
    if "biopotential._models" in sys.modules:
        versions["torch"] = torch_version()
    return versions


REVIEW_SHARE = 0.2  # of the recording lost, above which a person has to look


def _base_result(
    kind: str, source: Source, excluded: Sequence[Excluded], network: Network | None, lang: str
) -> dict[str, Any]:
    quality = _quality_result(source, excluded)
    return {
        "schema_version": 1,
        "kind": kind,
        "record": source.record,
        "research_use_only": True,
        "needs_review": bool((quality["not_analysed_share"] or 0.0) > REVIEW_SHARE),
        "language": lang,
        "versions": _versions(),
        "input": {
            "format": source.format,
            "duration_s": _number(source.duration_s, 9),
            "channels": [{"name": n, "unit": u, "fs": f} for n, u, f in source.channels],
            "files_sha256": source.files,
            "signal_sha256": source.signal_sha256,
            "warnings": source.warnings,
        },
        "parameters": {
            "mains_hz": source.mains_hz,
            "steps": [{"step": s, "parameters": p} for s, p in source.parameters],
        },
        "quality": quality,
        "network": None
        if network is None
        else {
            "name": network.card.get("name", ""),
            "version": network.card.get("version", ""),
            "sha256": network.sha256,
            "channels": network.channels,
            "classes": network.classes,
            "counts": {c: network.labels.count(c) for c in network.classes},
            "counts_by_channel": network.counts_by_channel(),
        },
    }


def _base_page(
    source: Source, result: Mapping[str, Any], network: Network | None, excluded: Sequence[Excluded], t: Text
) -> dict[str, Any]:
    share = result["quality"]["not_analysed_share"]
    recording = [
        (t("report.format"), source.format),
        (t("report.duration"), t.clock(source.duration_s)),
        (t("report.gaps"), str(source.n_gaps)),
        (t("report.mains"), f"{t.general(source.mains_hz)} Hz"),
        (t("report.not_analysed"), t.percent(share)),
    ]
    notices = [t(remark) for remark in source.remarks]
    notices += [t("notice.reader", warning=w) for w in source.warnings]
    if share is not None and share > REVIEW_SHARE:
        notices.insert(0, t("notice.much_lost", share=t.percent(share)))
    quality_rows = [
        (t("reason." + reason), t.num(seconds), t.percent(seconds / source.duration_s if source.duration_s else 0.0))
        for reason, seconds in result["quality"]["reasons_s"].items()
    ]
    lost = result["quality"]["not_analysed_s"]
    return {
        "record": source.record,
        "recording": recording,
        "channels": [(n, u, f"{t.general(f, 6)} Hz") for n, u, f in source.channels],
        "notices": notices,
        "quality_rows": quality_rows,
        "quality_text": t("report.quality_none")
        if not excluded
        else t("report.quality_lost", share=t.percent(share), seconds=t.num(lost)),
        "parameters": [(step, _parameters(p, t)) for step, p in source.parameters],
        "versions": list(result["versions"].items()),
        "hashes": [
            *source.files.items(),
            *([(t("report.signal_hash"), source.signal_sha256)] * bool(source.signal_sha256)),
        ],
        "network": None if network is None else _network_page(network, t),
    }


def _parameters(parameters: Mapping[str, Any], t: Text) -> str:
    def show(value: Any) -> str:
        if isinstance(value, float):
            return t.general(value, 6)
        if isinstance(value, (list, tuple)):
            return "; ".join(show(v) for v in value)
        return str(value)

    return ", ".join(f"{name} = {show(value)}" for name, value in parameters.items()) or "–"


def _network_page(network: Network, t: Text) -> dict[str, Any]:
    labels = np.asarray(network.labels)
    rows = []
    for column, name in enumerate(network.classes):
        mine = labels == name if labels.size else np.zeros(0, dtype=bool)
        count = int(np.count_nonzero(mine))
        certainty = float(np.mean(network.probabilities[mine, column])) if count else float("nan")
        words = t("class." + name) if t.has("class." + name) else "–"
        rows.append(
            (name, words, str(count), t.percent(count / labels.size if labels.size else 0.0), t.num(certainty, 2))
        )
    card = [(t("network.sha256"), network.sha256)]
    if network.channels:
        card.append((t("network.seen"), ", ".join(network.channels)))
    for key in ("name", "version", "description", "intended_use", "limitations", "training", "licence", "attributions"):
        if key in network.card:
            title = t("network." + key)
            card.append((title, _card_value(network.card[key], t)))
    return {
        "intro": t("network.intro", name=network.card.get("name", "–"), n=labels.size),
        "head": (t("table.class"), t("table.meaning"), t("table.count"), t("table.share"), t("table.certainty")),
        "rows": rows,
        "numeric": (2, 3, 4),
        "notes": [t("network.how_to_read"), t("network.limits_note")],
        "by_channel": _by_channel_page(network, t),
        "card": card,
        "metrics": _metrics_page(network.card.get("metrics"), network.classes, t),
    }


def _class_words(name: str, t: Text) -> str:
    return _word(t, "class." + name, name)


def _by_channel_page(network: Network, t: Text) -> dict[str, Any] | None:
    """How many windows of each class every channel has."""
    counts = network.counts_by_channel()
    rows = [(channel, *(str(n) for n in found.values())) for channel, found in counts.items()]
    head = (t("table.channel"), *(_class_words(c, t) for c in network.classes))
    return {"head": head, "rows": rows, "numeric": tuple(range(1, len(head)))} if rows else None


def _metrics_page(metrics: Any, classes: Sequence[str], t: Text) -> dict[str, Any] | None:
    """Sensitivity, predictivity and F1 per class with their intervals, as a package's card states them."""
    if not isinstance(metrics, Mapping):
        return None

    def cell(entry: Mapping[str, Any], key: str) -> str:
        found = entry.get(key)
        if not isinstance(found, Mapping) or found.get("value") is None:
            return "–"
        value, interval = t.num(float(found["value"]), 2), found.get("ci95")
        return f"{value} ({t.num(float(interval[0]), 2)} – {t.num(float(interval[1]), 2)})" if interval else value

    measures = ("sensitivity", "positive_predictivity", "f1")
    found = {name: entry for name in classes if isinstance(entry := metrics.get(name), Mapping)}
    # Judged on beats of patients, or on windows of recordings.
    items, groups = (
        ("windows", "recordings") if any("n_windows" in e for e in found.values()) else ("beats", "patients")
    )
    rows = [
        (
            name,
            str(entry.get("n_" + items, "–")),
            str(entry.get("n_" + groups, "–")),
            *(cell(entry, m) for m in measures),
        )
        for name, entry in found.items()
    ]
    head = ("table.class", "table." + items, "table." + groups, *(f"network.{m}" for m in measures))
    caption = t("network.metrics_caption" if groups == "patients" else "network.metrics_caption_recordings")
    numeric = (1, 2, 3, 4, 5)
    return {"head": [t(key) for key in head], "rows": rows, "numeric": numeric, "caption": caption} if rows else None


def _card_value(value: Any, t: Text) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{k}: {_card_value(v, t)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        words = [_card_value(v, t) for v in value]
        return (" " if all(w.endswith(".") for w in words) else ", ").join(words)
    return t.general(value) if isinstance(value, float) else str(value)


def _quality_figure(
    rows: list[tuple[str, Sequence[tuple[float, float]], str]], excluded: Sequence[Excluded], duration_s: float, t: Text
) -> dict[str, object]:
    for reason in _reasons(excluded):
        stretches = [(e.begin_s, e.end_s) for e in excluded if e.reason == reason]
        rows.append((t("reason." + reason), stretches, plot.BAD))
    good = _complement([(e.begin_s, e.end_s) for e in excluded], duration_s)
    rows.insert(0, (t("plot.analysed"), good, plot.GOOD))
    return _figure(plot.timeline(rows, duration_s=duration_s, lang=t.lang), t("alt.quality"), t("caption.quality"))


def _complement(stretches: Sequence[tuple[float, float]], duration_s: float) -> list[tuple[float, float]]:
    out, reached = [], 0.0
    for begin, end in sorted(stretches):
        if begin > reached:
            out.append((reached, begin))
        reached = max(reached, end)
    if reached < duration_s:
        out.append((reached, duration_s))
    return out


# --- ECG --------------------------------------------------------------------------------------------------------------


def _rr_ms(f: EcgFindings) -> Floats:
    return np.diff(f.r_peaks) * 1000.0 / f.fs


def _mean_rate(f: EcgFindings) -> float:
    """From all intervals where they were judged, else from those that count for heart rate variability."""
    if f.rates is not None:
        return f.rates[0]
    rr = _rr_ms(f)
    used = rr[f.nn_mask] if np.any(f.nn_mask) else rr
    return 60000.0 / float(np.mean(used)) if used.size else float("nan")


def _episode_key(kind: str) -> str:
    return "episode." + kind.replace(" ", "_")


def _kinds(f: EcgFindings) -> list[str]:
    return list(dict.fromkeys(e.kind for e in f.episodes))


def _ecg_result(f: EcgFindings, lang: str) -> dict[str, Any]:
    result = _base_result("ecg", f.source, f.excluded, f.network, lang)
    result["display"] = {"speed_mm_per_s": 25, "gain_mm_per_mv": 10}
    result["summary"] = {"n_beats": int(f.r_peaks.size), "mean_heart_rate_bpm": _number(_mean_rate(f))}
    if f.rates is not None:
        result["summary"] |= {"min_heart_rate_bpm": _number(f.rates[1]), "max_heart_rate_bpm": _number(f.rates[2])}
    result["episodes"] = [
        {
            "kind": e.kind,
            "begin_s": _number(e.begin_s, 9),
            "duration_s": _number(e.duration_s),
            "value": _number(e.value),
        }
        for e in f.episodes
    ]
    result["intervals"] = {
        name: {"median": _number(float(np.median(finite))), "n_beats": int(finite.size)}
        for name, values in f.measures.items()
        if (finite := values[_ordinary(f) & np.isfinite(values)]).size
    }
    result["needs_review"] |= f.r_peaks.size == 0
    result["hrv"] = [{"name": m.name, "value": _number(m.value), "unit": m.unit, "method": m.method} for m in f.hrv]
    return result


def _ordinary(f: EcgFindings) -> NDArray[np.bool_]:
    """Beats whose intervals are worth a median: the normal ones where a network told them apart."""
    if f.network is None or "N" not in f.network.classes:
        return np.ones(f.r_peaks.size, dtype=bool)
    return np.array([label == "N" for label in f.network.labels], dtype=bool)


def _texts(values: NDArray[Any], form: str) -> list[str]:
    """Format a column, NaN as nothing; in one go, because a day has a hundred thousand beats."""
    words = ((form + "\n") * len(values) % tuple(values.tolist())).split("\n")[:-1]
    return ["" if word == "nan" else word for word in words]


def _ecg_table(f: EcgFindings) -> str:
    before = np.concatenate([[np.nan], _rr_ms(f)])[: f.r_peaks.size]
    used = np.concatenate([[np.nan], f.nn_mask])[: f.r_peaks.size]
    columns = {
        "r_peak": _texts(f.r_peaks, "%d"),
        "time_s": _texts(f.r_peaks / f.fs, "%.6f"),
        "rr_ms": _texts(before, "%.3f"),
        "rr_used_for_hrv": _texts(used, "%.0f"),
        **{name: _texts(values, "%.6g") for name, values in (*f.fiducials.items(), *f.measures.items())},
    }
    if f.network is not None:
        columns["class"] = f.network.labels
        columns |= {
            f"p_{c}": _texts(p, "%.4f") for c, p in zip(f.network.classes, f.network.probabilities.T, strict=True)
        }
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue()


def _strip_starts(f: EcgFindings, length_s: float) -> list[tuple[str, float]]:
    """Choose a typical place, and where the network saw most beats that aren't normal."""
    duration = f.leads.shape[1] / f.fs
    last = max(0.0, duration - length_s)
    clean = [b for b in _complement([(e.begin_s, e.end_s) for e in f.excluded], duration) if b[1] - b[0] >= length_s]
    typical = min(clean[0][0] + 5.0, clean[0][1] - length_s) if clean else 0.0
    starts = [("strip.typical", min(max(typical, 0.0), last))]
    if f.network is not None:
        for label in ("V", "S", "F"):
            at = f.r_peaks[np.asarray(f.network.labels) == label] / f.fs if f.r_peaks.size else np.zeros(0)
            if at.size:
                near = [int(np.count_nonzero(np.abs(at - center) < length_s / 2)) for center in at]
                center = float(at[int(np.argmax(near))])
                starts.append((f"strip.{label}", min(max(center - length_s / 2, 0.0), last)))
    return starts


def _median_beats(f: EcgFindings, t: Text) -> dict[str, object] | None:
    """Median and quartiles around the R peak, per class; the first lead."""
    before, after = round(0.3 * f.fs), round(0.5 * f.fs)
    lead = f.leads[0]
    labels = np.asarray(f.network.labels if f.network is not None else ["all"] * f.r_peaks.size)
    inside = (f.r_peaks >= before) & (f.r_peaks < lead.size - after)
    beats: dict[str, Floats] = {}
    spread, counts, marks = {}, {}, {}
    for name in (*BEAT_CLASSES, "all"):
        mine = np.flatnonzero(inside & (labels == name)) if labels.size else np.zeros(0, dtype=np.int64)
        if mine.size == 0:
            continue
        shown = mine[:: max(1, mine.size // 400)]  # a median of 400 beats is as good and stays quick
        windows = lead[f.r_peaks[shown, None] + np.arange(-before, after)]
        windows = windows - np.nanmedian(windows, axis=1, keepdims=True)
        low, middle, high = np.nanpercentile(windows, [25, 50, 75], axis=0)
        beats[name], spread[name], counts[name] = middle, (low, high), int(mine.size)
        marks[name] = {
            mark: float(np.nanmedian(offsets)) + before
            for mark, samples in f.fiducials.items()
            if np.isfinite(offsets := samples[mine] - f.r_peaks[mine]).any()
        }
    if not beats:
        return None
    figure = plot.median_beats(
        beats, fs=f.fs, r_index=before, counts=counts, spread=spread, fiducials=marks, lang=t.lang
    )
    return _figure(figure, t("alt.median_beats"), t("caption.median_beats", lead=f.names[0]))


def _episode_rows(f: EcgFindings, t: Text) -> list[tuple[str, str, str, str, str]]:
    """Kind, count, time in all, extreme, and when the extreme was."""
    rows = []
    for kind in _kinds(f):
        mine = [e for e in f.episodes if e.kind == kind]
        extreme = (min if kind == "bradycardia" else max)(mine, key=lambda e: e.value)
        value = t.num(extreme.value, 0 if kind in ("bradycardia", "tachycardia") else 1)
        unit = {
            "bradycardia": t("unit.bpm"),
            "tachycardia": t("unit.bpm"),
            "irregular": "",
            "atrial fibrillation": "",
        }.get(kind, "s")
        rows.append(
            (
                t(_episode_key(kind)),
                str(len(mine)),
                t.clock(sum(e.duration_s for e in mine)),
                f"{value} {unit}".strip(),
                t.clock(extreme.begin_s),
            )
        )
    return rows


def _ecg_page(f: EcgFindings, result: Mapping[str, Any], t: Text) -> dict[str, Any]:
    page = _base_page(f.source, result, f.network, f.excluded, t)
    duration = f.leads.shape[1] / f.fs
    excluded_s = [(e.begin_s, e.end_s) for e in f.excluded]
    labels = f.network.labels if f.network is not None else None
    rr = _rr_ms(f)
    measures = {m.name: m for m in f.hrv}

    cards = [
        {
            "label": t("card.heart_rate"),
            "value": t.num(_mean_rate(f), 0),
            "unit": t("unit.bpm"),
            "note": t("card.mean")
            if f.rates is None
            else t("card.mean_range", low=t.num(f.rates[1], 0), high=t.num(f.rates[2], 0)),
        },
        {"label": t("card.beats"), "value": str(f.r_peaks.size), "unit": "", "note": t.clock(duration)},
    ]
    for name in ("SDNN", "RMSSD"):
        if name in measures:
            cards.append(
                {"label": name, "value": t.num(measures[name].value, 1), "unit": measures[name].unit, "note": ""}
            )
    if labels is not None:
        ectopic = sum(label in ("V", "S", "F") for label in labels)
        cards.append({"label": t("card.ectopic"), "value": str(ectopic), "unit": "", "note": t("card.by_network")})
    cards.append(
        {
            "label": t("report.not_analysed"),
            "value": t.percent(result["quality"]["not_analysed_share"]),
            "unit": "",
            "note": "",
        }
    )

    length = min(6.6, duration)
    strips = [
        {
            "title": t(key, at=t.clock(start)),
            "figure": _figure(
                plot.ecg_strip(
                    f.leads[:3],
                    fs=f.fs,
                    names=f.names,
                    start_s=start,
                    duration_s=length,
                    r_peaks=f.r_peaks,
                    classes=labels,
                    lang=t.lang,
                ),
                t("alt.strip", at=t.clock(start), leads=", ".join(f.names[:3])),
                t("caption.strip" if labels is not None else "caption.strip_plain"),
            ),
        }
        for key, start in _strip_starts(f, length)
    ]
    max_lines = 30
    shown_s = min(duration, max_lines * 60.0)
    interval_rows = []
    ordinary = _ordinary(f)
    for name, values in f.measures.items():
        finite = values[ordinary & np.isfinite(values)]
        if finite.size and t.has("measure." + name):
            low, middle, high = np.percentile(finite, [25, 50, 75])
            digits = 2 if name.endswith("_mv") else 0
            interval_rows.append(
                (
                    t("measure." + name),
                    t.num(middle, digits),
                    f"{t.num(low, digits)} – {t.num(high, digits)}",
                    "mV" if name.endswith("_mv") else "ms",
                    str(finite.size),
                )
            )
    marked: list[tuple[str, Sequence[tuple[float, float]], str]] = [
        (
            t(_episode_key(kind)),
            [(e.begin_s, e.begin_s + e.duration_s) for e in f.episodes if e.kind == kind],
            plot.ACCENT,
        )
        for kind in _kinds(f)
    ]
    if labels is not None:
        for label in ("V", "S", "F"):
            at = [float(p / f.fs) for p, own in zip(f.r_peaks, labels, strict=True) if own == label]
            if at:
                marked.append((t("class." + label), [(a, a) for a in at], plot.CLASS_COLORS[label]))
    page |= {
        "title": t("ecg.title"),
        "subtitle": f"{t.clock(duration)} · {', '.join(f.names)} · {t.general(f.fs, 6)} Hz",
        "cards": cards,
        "strips": strips,
        "quality_figure": _quality_figure(marked, f.excluded, duration, t),
        "episode_rows": _episode_rows(f, t),
        "tachogram": _figure(
            plot.tachogram(
                f.r_peaks[1:] / f.fs, rr, used=f.nn_mask, excluded_s=excluded_s, duration_s=duration, lang=t.lang
            ),
            t("alt.tachogram"),
            t("caption.tachogram"),
        ),
        "poincare": _figure(
            plot.poincare(rr, sd1_ms=f.sd1_ms, sd2_ms=f.sd2_ms, pairs=f.nn_mask[:-1] & f.nn_mask[1:], lang=t.lang),
            t("alt.poincare"),
            t("caption.poincare"),
        ),
        "spectrum": None
        if f.spectrum is None
        else _figure(
            plot.hrv_spectrum(*f.spectrum, bands=HRV_BANDS, lang=t.lang),
            t("alt.hrv_spectrum"),
            t("caption.hrv_spectrum"),
        ),
        "hrv_text": t(
            "ecg.hrv_text" if labels is not None else "ecg.hrv_text_plain",
            used=int(np.count_nonzero(f.nn_mask)),
            all=int(rr.size),
        ),
        "hrv_rows": [
            (
                _word(t, "hrv." + m.name, m.name),
                t.num(m.value, 0 if abs(m.value) >= 1000 or float(m.value).is_integer() else 2),
                m.unit,
                _word(t, "method." + m.method, m.method),
            )
            for m in f.hrv
        ],
        "median_beats": _median_beats(f, t),
        "interval_rows": interval_rows,
        "interval_caption": t(
            "ecg.interval_caption" if labels is None else "ecg.interval_caption_normal", lead=f.names[0]
        ),
        "overview": _figure(
            plot.ecg_overview(
                f.leads[0],
                fs=f.fs,
                name=f.names[0],
                r_peaks=f.r_peaks,
                classes=labels,
                max_lines=max_lines,
                excluded_s=excluded_s,
                lang=t.lang,
            ),
            t("alt.overview"),
            t("caption.overview"),
            "png",
            170,
        ),
        "overview_text": t("ecg.overview_all")
        if shown_s >= duration
        else t("ecg.overview_part", shown=t.clock(shown_s)),
        "no_network": t("network.none_ecg"),
        "methods": [
            t("ecg.paper"),
            t("ecg.methods_beats"),
            t("ecg.methods_hrv"),
            t("report.mains_text", mains=t.general(f.source.mains_hz)),
        ],
    }
    return page


def _word(t: Text, key: str, otherwise: str) -> str:
    return t(key) if t.has(key) else otherwise


# --- EEG --------------------------------------------------------------------------------------------------------------


def _medians(f: EegFindings) -> dict[str, Floats]:
    """Median over the epochs that count, per band and channel."""
    if not np.any(f.epoch_used):
        return {band: np.full(len(f.names), np.nan) for band in f.bands}
    return {band: _finite_medians(f.band_power[band][f.epoch_used], 0) for band in f.bands}


def _finite_medians(values: Floats, axis: int) -> Floats:
    """Medians of what is finite; NaN where nothing is."""
    out = np.full(values.shape[1 - axis], np.nan)
    some = np.isfinite(values).any(axis=axis)
    if some.any():
        out[some] = np.nanmedian(np.compress(some, values, axis=1 - axis), axis=axis)
    return out


def _eeg_result(f: EegFindings, lang: str) -> dict[str, Any]:
    result = _base_result("eeg", f.source, f.excluded, f.network, lang)
    result["display"] = {"polarity": "negative up"}
    result["quality"]["bad_channels"] = f.bad_channels
    result["summary"] = {
        "n_channels": len(f.names),
        "n_epochs": int(f.epoch_s.size),
        "n_epochs_used": int(np.count_nonzero(f.epoch_used)),
        "epoch_length_s": f.epoch_length_s,
        "n_blinks": None if f.blinks_s is None else int(f.blinks_s.size),
        "reference": f.reference,
        "bands_hz": {band: list(edges) for band, edges in f.bands.items()},
        "median_band_power_uv2": {
            band: {name: _number(float(v)) for name, v in zip(f.names, values, strict=True)}
            for band, values in _medians(f).items()
        },
    }
    return result


def _eeg_table(f: EegFindings) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(
        ["epoch", "onset_s", "duration_s", "used", "channel", "bad_channel", *(f"{b}_uv2" for b in f.bands)]
    )
    for epoch, onset in enumerate(f.epoch_s):
        for channel, name in enumerate(f.names):
            powers = [f.band_power[b][epoch, channel] for b in f.bands]
            writer.writerow(
                [
                    epoch,
                    f"{onset:.6f}",
                    f"{f.epoch_length_s:g}",
                    int(f.epoch_used[epoch]),
                    name,
                    int(name in f.bad_channels),
                    *(f"{p:.6g}" if np.isfinite(p) else "" for p in powers),
                ]
            )
    return buffer.getvalue()


def _eeg_page(f: EegFindings, result: Mapping[str, Any], t: Text) -> dict[str, Any]:
    page = _base_page(f.source, result, f.network, f.excluded, t)
    duration = f.signals.shape[1] / f.fs
    blinks = [] if f.blinks_s is None else f.blinks_s.tolist()
    excluded_s = [(e.begin_s, e.end_s) for e in f.excluded]
    bad = list(f.bad_channels)
    good = np.asarray([name not in f.bad_channels for name in f.names])
    medians = _medians(f)
    bands = {band: f"{_word(t, 'band.' + band, band)}" for band in f.bands}
    length = min(plot.EEG_PAGE_S, duration)
    clean = [b for b in _complement(excluded_s, duration) if b[1] - b[0] >= length]
    start = clean[len(clean) // 2][0] if clean else 0.0
    marks = [(e.begin_s, e.end_s, t("reason." + e.reason)) for e in f.excluded]
    marks += [(b - 0.2, b + 0.2, t("plot.blink")) for b in blinks]

    cards = [
        {"label": t("card.channels"), "value": str(len(f.names)), "unit": "", "note": t("card.bad", n=len(bad))},
        {
            "label": t("card.epochs"),
            "value": str(result["summary"]["n_epochs_used"]),
            "unit": f"/ {f.epoch_s.size}",
            "note": t("card.epoch_length", s=t.general(f.epoch_length_s)),
        },
        {
            "label": t("report.not_analysed"),
            "value": t.percent(result["quality"]["not_analysed_share"]),
            "unit": "",
            "note": "",
        },
    ]
    if f.blinks_s is not None:
        cards.append({"label": t("card.blinks"), "value": str(len(blinks)), "unit": "", "note": ""})
    rows: list[tuple[str, Sequence[tuple[float, float]], str]] = []
    if blinks:
        rows.append((t("plot.blinks"), [(b - 0.15, b + 0.15) for b in blinks], plot.ACCENT))
    for label in list(dict.fromkeys(e[2] for e in f.events))[:6]:
        rows.append(
            (t("plot.event", label=label[:18]), [(o, o + d) for o, d, own in f.events if own == label], plot.MUTED)
        )

    maps = None
    if f.positions is not None and np.count_nonzero(np.isfinite(f.positions[:, 0]) & good) >= 4:
        known = np.isfinite(f.positions[:, 0]) & good
        figure = plot.topographies(
            {bands[b]: medians[b][known] for b in f.bands},
            positions=f.positions[known],
            unit="µV²",
            names=[n for n, k in zip(f.names, known, strict=True) if k],
            lang=t.lang,
        )
        maps = _figure(figure, t("alt.topography"), t("caption.topography"))
    over_time = {
        bands[b]: _finite_medians(f.band_power[b][:, good], 1) if good.any() else np.full(f.epoch_s.size, np.nan)
        for b in f.bands
    }
    over_time = {name: np.where(f.epoch_used, values, np.nan) for name, values in over_time.items()}
    page |= {
        "title": t("eeg.title"),
        "subtitle": f"{t.clock(duration)} · {t('eeg.n_channels', n=len(f.names))} · {t.general(f.fs, 6)} Hz",
        "cards": cards,
        "traces_text": t("eeg.traces_text", reference=f.reference or t("eeg.as_recorded")),
        "traces": _figure(
            plot.eeg_traces(
                f.signals, fs=f.fs, names=f.names, start_s=start, duration_s=length, bad=bad, marks=marks, lang=t.lang
            ),
            t("alt.traces", at=t.clock(start)),
            t("caption.traces"),
            "png",
            220,
        ),
        "quality_figure": _quality_figure(rows, f.excluded, duration, t),
        "bad_rows": [(name, t("bad." + reason)) for name, reason in f.bad_channels.items()],
        "topographies": maps,
        "spectra": _figure(
            plot.spectra(f.freqs, f.psd, names=f.names, bad=bad, max_hz=min(45.0, f.fs / 2), lang=t.lang),
            t("alt.spectra"),
            t("caption.spectra"),
        ),
        "spectrogram": None
        if f.tf is None
        else _figure(
            plot.spectrogram(*f.tf, name=f.tf_channel, max_hz=min(45.0, f.fs / 2), lang=t.lang),
            t("alt.spectrogram", channel=f.tf_channel),
            t("caption.spectrogram", channel=f.tf_channel),
            "png",
        ),
        "bands_over_time": _figure(
            plot.band_power_over_time(
                f.epoch_s + f.epoch_length_s / 2, over_time, duration_s=duration, excluded_s=excluded_s, lang=t.lang
            ),
            t("alt.bands_over_time"),
            t("caption.bands_over_time"),
        ),
        "band_text": t("eeg.band_text", s=t.general(f.epoch_length_s)),
        "band_head": (
            t("table.channel"),
            *(f"{bands[b]} ({t.general(lo)}–{t.general(hi)} Hz)" for b, (lo, hi) in f.bands.items()),
        ),
        "band_numeric": tuple(range(1, len(f.bands) + 1)),
        "band_rows": [
            (name, *("–" if name in f.bad_channels else t.num(float(medians[b][i]), 2) for b in f.bands))
            for i, name in enumerate(f.names)
        ],
        "no_network": t("network.none_eeg"),
        "methods": [
            t("eeg.display"),
            t("eeg.methods_bands"),
            t("report.mains_text", mains=t.general(f.source.mains_hz)),
        ],
    }
    return page
