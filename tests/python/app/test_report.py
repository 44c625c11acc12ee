"""Reports: complete in both languages, nothing from elsewhere, all files or none."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any

import numpy as np
import pytest

from biopotential import plot, report
from biopotential._text import LANGUAGES, Text, text

FS = 250.0


def source(kind: str, duration_s: float) -> report.Source:
    return report.Source(
        record="sample<1>",
        format="made",
        duration_s=duration_s,
        channels=[("I", "mV" if kind == "ecg" else "µV", FS)],
        files={"sample.dat": "ab" * 32},
        signal_sha256="cd" * 32,
        parameters=[("highpass", {"cutoff_hz": 0.5, "order": 2})],
    )


def ecg(n_beats: int = 60, *, network: bool = True, duration_s: float = 60.0) -> report.EcgFindings:
    rng = np.random.default_rng(1)
    n = round(duration_s * FS)
    peaks = np.cumsum(rng.normal(0.95, 0.03, n_beats) * FS).astype(np.int64) if n_beats else np.zeros(0, np.int64)
    peaks = peaks[peaks < n]
    leads = 0.02 * rng.standard_normal((2, n))
    for peak in peaks:
        k = np.arange(max(0, peak - 20), min(n, peak + 20))
        leads[:, k] += np.exp(-(((k - peak) / 4.0) ** 2))
    probabilities = np.full((peaks.size, 5), 0.02)
    probabilities[:, 0] = 0.92
    if peaks.size > 10:
        probabilities[7] = (0.02, 0.02, 0.92, 0.02, 0.02)
    model = report.Network(
        list(report.BEAT_CLASSES), probabilities, peaks / FS, {"name": "m", "licence": "L"}, "0" * 64
    )
    nn = np.ones(max(0, peaks.size - 1), dtype=bool)
    return report.EcgFindings(
        source=source("ecg", duration_s),
        leads=leads,
        names=["I", "II"],
        fs=FS,
        r_peaks=peaks,
        excluded=[report.Excluded(10, 12, "noise"), report.Excluded(11, 13, "flat")],
        hrv=[report.Measure("SDNN", 41.5, "ms", "n − 1"), report.Measure("LF", float("nan"), "ms²", "Welch")],
        nn_mask=nn,
        spectrum=(np.linspace(0, 2, 65), np.ones(65)),
        sd1_ms=20.0,
        sd2_ms=50.0,
        fiducials={"qrs_onset": peaks - 10.0, "qrs_offset": np.full(peaks.size, np.nan)},
        measures={"qt_ms": np.where(np.arange(peaks.size) == 7, 900.0, 380.0)},
        rates=(62.0, 55.0, 71.0),
        episodes=[report.Episode("pause", 20.0, 2.5, 2.5), report.Episode("pause", 40.0, 3.0, 3.0)],
        network=model if network else None,
    )


def eeg(*, positions: bool = True) -> report.EegFindings:
    rng = np.random.default_rng(2)
    names = ["Fp1", "Fp2", "C3", "C4", "O1", "O2"]
    at = np.array([[-0.3, 0.95], [0.3, 0.95], [-0.5, 0], [0.5, 0], [-0.3, -0.95], [0.3, -0.95]])
    x = 20 * rng.standard_normal((6, round(30 * FS)))
    freqs = np.linspace(0, FS / 2, 251)
    used = np.ones(15, dtype=bool)
    used[3] = False
    bands = {"theta": (4.0, 8.0), "alpha": (8.0, 13.0)}
    return report.EegFindings(
        source=source("eeg", 30.0),
        signals=x,
        names=names,
        fs=FS,
        freqs=freqs,
        psd=1 / (1 + np.tile(freqs, (6, 1))),
        epoch_s=2.0 * np.arange(15),
        epoch_length_s=2.0,
        epoch_used=used,
        bands=bands,
        band_power={b: rng.uniform(1, 9, (15, 6)) for b in bands},
        tf=(np.arange(1.0, 29.0), freqs, np.ones((251, 28))),
        tf_channel="O1",
        bad_channels={"C3": "noise"},
        blinks_s=np.array([4.0]),
        excluded=[report.Excluded(6, 8, "artefact")],
        events=[(10.0, 2.0, "T1")],
        positions=at if positions else None,
        reference="average",
    )


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [v or "" for k, v in attrs if k in {"src", "href", "srcset", "data", "action", "poster"}]
        if tag == "img":
            self.images.append(dict(attrs))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("kind", ["ecg", "eeg"])
def test_report_stands_alone_and_is_accessible(tmp_path: Path, kind: str, lang: str) -> None:
    write, findings = (report.write_ecg, ecg()) if kind == "ecg" else (report.write_eeg, eeg())
    write(findings, tmp_path, lang=lang)  # type: ignore[arg-type]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["features.csv", "report.html", "result.json"]
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(html)
    assert len(page.images) >= 6
    assert all(a.startswith("data:image/") for a in page.addresses)
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "base"}
    assert "url(" not in html
    assert "@import" not in html
    assert all(image["alt"] for image in page.images)
    assert page.headings.count("h1") == 1
    assert page.headings[0] == "h1"
    t = text(lang)
    assert t("report.research_use") in html
    assert t("report.research_use_long") in html
    assert f'<html lang="{lang}">' in html
    assert "sample&lt;1&gt;" in html
    assert ("25 mm/s, 10 mm/mV" if kind == "ecg" else "µV/mm") in html
    assert "50 Hz" in html
    assert (t("network.none_eeg") in html) == (kind == "eeg")


def test_languages_have_the_same_keys_and_fields() -> None:
    def fields(words: dict[str, str]) -> dict[str, set[str]]:
        return {key: {name for _, name, _, _ in Formatter().parse(value) if name} for key, value in words.items()}

    english, german = Text("en").words, Text("de").words
    assert fields(english) == fields(german)
    assert all(value.strip() for value in [*english.values(), *german.values()])
    folder = resources.files("biopotential")
    templates = [p.read_text(encoding="utf-8") for p in folder.joinpath("templates").iterdir()]
    modules = [folder.joinpath(name).read_text(encoding="utf-8") for name in ("plot.py", "report.py")]
    used = set(re.findall(r"""\bt\(\s*["']([a-z_]+\.\w+)["']""", "".join([*templates, *modules])))
    assert len(used) > 80
    assert used <= english.keys()


def test_numbers_as_the_language_writes_them() -> None:
    assert text("en").num(1234.56, 1) == "1\u202f234.6"
    assert text("de").num(-1234.56, 1) == "−1\u202f234,6"
    assert text("de").num(-0.01, 1) == "0,0"
    assert text("de").num(float("nan")) == "–"
    assert text("de").percent(0.014) == "1,4\u202f%"
    assert text("en").general(0.00012345) == "0.000123"
    assert text("en").general(1500.0) == "1500"
    assert text("en").clock(3723) == "1:02:03"
    with pytest.raises(ValueError, match="lang"):
        text("fr")


def test_ecg_result_and_table(tmp_path: Path) -> None:
    findings = ecg()
    report.write_ecg(findings, tmp_path)
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["research_use_only"] is True
    assert result["display"] == {"speed_mm_per_s": 25, "gain_mm_per_mv": 10}
    assert result["input"]["files_sha256"] == {"sample.dat": "ab" * 32}
    assert result["input"]["signal_sha256"] == "cd" * 32
    assert result["parameters"]["mains_hz"] == 50
    assert {"biopotential", "python", "numpy", "matplotlib"} <= result["versions"].keys()
    # 10 to 12 s and 11 to 13 s overlap: three seconds are lost, not four.
    assert result["quality"]["not_analysed_s"] == 3
    assert result["quality"]["not_analysed_share"] == 0.05
    assert result["quality"]["reasons_s"] == {"flat": 2, "noise": 2}
    assert result["hrv"][1]["value"] is None
    assert result["network"]["counts"]["V"] == 1
    assert result["summary"]["mean_heart_rate_bpm"] == 62
    assert result["summary"]["max_heart_rate_bpm"] == 71
    assert [e["duration_s"] for e in result["episodes"]] == [2.5, 3.0]
    # The ventricular beat's interval is none of the normal ones.
    assert result["intervals"]["qt_ms"] == {"median": 380.0, "n_beats": findings.r_peaks.size - 1}
    rows = list(csv.DictReader(io.StringIO((tmp_path / "features.csv").read_text(encoding="utf-8"))))
    assert [int(r["r_peak"]) for r in rows] == findings.r_peaks.tolist()
    assert rows[0]["rr_ms"] == ""
    assert float(rows[1]["rr_ms"]) == pytest.approx(np.diff(findings.r_peaks)[0] / FS * 1000, abs=1e-3)
    assert [r["class"] for r in rows].count("V") == 1
    assert rows[0]["qrs_offset"] == ""
    assert {"p_N", "p_Q", "qt_ms", "time_s"} <= rows[0].keys()


def test_rate_without_a_judgement_comes_from_the_intervals(tmp_path: Path) -> None:
    findings = replace(ecg(), rates=None, episodes=[])
    rate = 60 * FS / np.mean(np.diff(findings.r_peaks))
    result = report.write_ecg(findings, tmp_path)
    assert result["summary"]["mean_heart_rate_bpm"] == pytest.approx(rate, rel=1e-5)
    assert result["episodes"] == []


def test_a_beat_that_the_network_could_not_see_has_no_class(tmp_path: Path) -> None:
    findings = ecg()
    assert findings.network is not None
    probabilities = findings.network.probabilities.copy()
    probabilities[3] = np.nan
    findings = replace(findings, network=replace(findings.network, probabilities=probabilities))
    result = report.write_ecg(findings, tmp_path)
    assert sum(result["network"]["counts"].values()) == len(probabilities) - 1
    rows = list(csv.DictReader(io.StringIO((tmp_path / "features.csv").read_text(encoding="utf-8"))))
    assert rows[3]["class"] == rows[3]["p_N"] == ""


def test_eeg_result_and_table(tmp_path: Path) -> None:
    findings = eeg(positions=False)
    report.write_eeg(findings, tmp_path)
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert result["summary"]["n_epochs_used"] == 14
    assert result["quality"]["bad_channels"] == {"C3": "noise"}
    expected = np.median(findings.band_power["alpha"][findings.epoch_used, 4])
    assert result["summary"]["median_band_power_uv2"]["alpha"]["O1"] == pytest.approx(expected, rel=1e-5)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "features.csv").read_text(encoding="utf-8"))))
    assert len(rows) == 15 * 6
    assert float(rows[6]["alpha_uv2"]) == pytest.approx(findings.band_power["alpha"][1, 0], rel=1e-5)
    assert text("en")("eeg.no_positions") in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("n_beats", [0, 1, 2])
@pytest.mark.parametrize("network", [True, False])
def test_few_beats(tmp_path: Path, n_beats: int, network: bool) -> None:
    result = report.write_ecg(ecg(n_beats, network=network, duration_s=4.0), tmp_path)
    assert result["summary"]["n_beats"] == n_beats
    assert (result["network"] is None) == (not network)


def test_nothing_is_analysable(tmp_path: Path) -> None:
    findings = replace(
        eeg(), epoch_used=np.zeros(15, dtype=bool), excluded=[report.Excluded(0, 30, "artefact")],
        bad_channels=dict.fromkeys(eeg().names, "flat"),
    )  # fmt: skip
    result = report.write_eeg(findings, tmp_path)
    assert result["quality"]["not_analysed_share"] == 1
    assert "100.0" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report.write_ecg(ecg(), tmp_path)
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        report.write_ecg(ecg(30), tmp_path)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    report.write_ecg(ecg(), tmp_path / "a")
    report.write_ecg(ecg(), tmp_path / "b")
    assert (tmp_path / "a" / "report.html").read_bytes() == (tmp_path / "b" / "report.html").read_bytes()


def test_strip_is_true_to_scale() -> None:
    figure = plot.ecg_strip(np.zeros(1000), fs=FS, names=["I"], duration_s=4.0)
    ax = figure.axes[0]
    width_mm = figure.get_size_inches()[0] * 25.4
    assert ax.get_xlim() == pytest.approx((0, width_mm))
    trace = max(ax.lines, key=lambda line: len(line.get_xdata()))
    assert np.ptp(np.asarray(trace.get_xdata())) == pytest.approx(25 * 999 / FS)
    height_mm = figure.get_size_inches()[1] * 25.4 * ax.get_position().height
    assert ax.get_ylim()[1] == pytest.approx(height_mm)


@pytest.mark.parametrize(("layout", "order", "speed"), [("3x4", "standard", 25), ("6x2", "cabrera", 50)])
def test_twelve_leads_are_true_to_scale(layout: Any, order: Any, speed: Any) -> None:
    """Each lead has a pulse of 1 mV at its own second; it stands in its column, 10 mm high."""
    leads = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
    x = np.zeros((8, int(10 * FS)))
    x[:2, int(0.5 * FS) : int(0.6 * FS)] = [[1.0], [0.5]]
    figure = plot.ecg_twelve_leads(x, fs=FS, leads=leads, layout=layout, order=order, mm_per_s=speed)
    ax = figure.axes[0]
    width_mm = figure.get_size_inches()[0] * 25.4
    assert ax.get_xlim() == pytest.approx((0, width_mm))
    names = [text.get_text() for text in ax.texts]
    first_column = names[: 12 : 4 if layout == "3x4" else 2]
    limbs = ["I", "II", "III"] if order == "standard" else ["aVL", "I", "-aVR", "II", "aVF", "III"]
    assert first_column == limbs
    traces = [line for line in ax.lines if len(line.get_xdata()) > 20]  # what is neither a pulse nor a mark
    assert len(traces) == 13
    at_s = (np.asarray(traces[names.index("I")].get_xdata())[int(0.5 * FS)] - 12) / speed
    assert at_s == pytest.approx(0.5)
    height = {name: float(np.ptp(np.asarray(t.get_ydata()))) for name, t in zip(names, traces, strict=True)}
    assert height["I"] == pytest.approx(10)
    assert height["III"] == pytest.approx(5)


def test_twelve_leads_refuse_what_they_cannot_show() -> None:
    x, leads = np.zeros((2, 100)), ("I", "II")
    figure = plot.ecg_twelve_leads(x, fs=FS, leads=leads, start_s=1e6)  # an empty page, no chest leads
    assert "V1" not in [text.get_text() for text in figure.axes[0].texts]
    for bad in ({"layout": "4x3"}, {"order": "x"}, {"mm_per_s": 10}, {"rhythm": "V1"}, {"fs": -1.0}):
        with pytest.raises(ValueError, match="ecg_twelve_leads"):
            plot.ecg_twelve_leads(x, **{"fs": FS, "leads": leads, **bad})


def test_eeg_is_drawn_negative_up() -> None:
    x = np.zeros((1, 500))
    x[0, 250] = 100.0
    ax = plot.eeg_traces(x, fs=FS, names=["Cz"], duration_s=2.0, uv_per_mm=7.0).axes[0]
    trace = np.asarray(ax.lines[-1].get_ydata())
    screen = ax.transData.transform([(0, trace[250]), (0, trace[0])])[:, 1]
    assert screen[0] < screen[1]
    assert trace[250] - trace[0] == pytest.approx(100 / 7)


def test_envelope_keeps_a_single_spike() -> None:
    x = np.zeros(200_000)
    x[123_456] = 5.0
    ax = plot.ecg_overview(x, fs=1000.0, line_s=60.0).axes[0]
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in ax.lines])
    assert np.count_nonzero(np.isclose(drawn, 2 - 0.68)) == 1  # third line, clipped at its upper end


def test_topography_passes_through_the_electrodes() -> None:
    at = np.array([[0.0, 0.0], [0.6, 0.0], [-0.6, 0.0], [0.0, 0.6], [0.0, -0.6]])
    z = np.array([3.0, 1.0, 2.0, 5.0, 4.0])
    field = plot._biharmonic(at, z, at[:, 0][None], at[:, 1][None])
    np.testing.assert_allclose(field[0], z, rtol=1e-9)


@pytest.mark.parametrize("fs", [0.0, -1.0, float("nan")])
def test_bad_sampling_rate(fs: float) -> None:
    with pytest.raises(ValueError, match="fs"):
        plot.ecg_strip(np.zeros(10), fs=fs)
    with pytest.raises(ValueError, match="fs"):
        plot.eeg_traces(np.zeros((1, 10)), fs=fs, names=["Cz"])
