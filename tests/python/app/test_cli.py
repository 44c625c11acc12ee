"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import biopotential as bp
from biopotential._convert import Task, convert_all
from biopotential.cli import app

RUNNER = CliRunner()


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A WFDB record of two leads, format 16, five samples, with a patient's name in its comments."""
    (tmp_path / "r.hea").write_text("r 2 250 5\nr.dat 16 200/mV 16 0 1 0 0 I\nr.dat 16 200/mV 16 0 2 0 0 II\n# Doe\n")
    (tmp_path / "r.dat").write_bytes(b"".join(v.to_bytes(2, "little") for v in range(1, 11)))
    return tmp_path / "r.hea"


def test_info_as_json(record: Path) -> None:
    result = RUNNER.invoke(app, ["info", str(record), "--json"])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.output)
    (signal,) = facts["signals"]
    assert signal["fs_hz"] == 250
    assert signal["n_samples"] == 5
    assert signal["channels"] == [{"name": "I", "unit": "mV"}, {"name": "II", "unit": "mV"}]
    assert facts["signal_sha256"] == bp.read(record).signal_sha256()
    assert "Doe" not in result.output


def test_info_for_people(record: Path) -> None:
    result = RUNNER.invoke(app, ["info", str(record)])
    assert result.exit_code == 0, result.output
    assert "250" in result.output
    assert "mV" in result.output
    assert "Doe" not in result.output


def test_broken_input_ends_with_6(tmp_path: Path) -> None:
    broken = tmp_path / "broken.edf"
    broken.write_bytes(b"0       " + b"\xff" * 400)
    assert RUNNER.invoke(app, ["info", str(broken)]).exit_code == 6


@pytest.mark.parametrize("arguments", [["info"], ["info", "nowhere.edf"], ["nothing"]])
def test_usage_ends_with_2(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert RUNNER.invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize(("error", "code"), [(bp.PolicyError, 4), (bp.IntegrityError, 5), (bp.ParseError, 6)])
def test_exit_codes(error: type[Exception], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise error("no")

    monkeypatch.setattr("biopotential.cli._facts", fail)
    assert RUNNER.invoke(app, ["info", "x"]).exit_code == code


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """A simulated ECG whose electrodes are loose for the second half, and without ectopic beats."""
    ecg = bp.ecg.simulate(60, fs=250.0, leads=["I", "II"], seed=4)
    x = ecg.data.copy()
    x[:, x.shape[1] // 2 :] = 0
    bp.write(bp.Recording.from_array(x, fs=250.0, channels=["I", "II"], unit="mV"), tmp_path / "loose.edf")
    return tmp_path / "loose.edf"


def test_ecg_says_that_it_needs_review(loose: Path, tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["ecg", str(loose), "-o", str(tmp_path / "out"), "--no-network", "--json"])
    assert result.exit_code == 3, result.output
    summary = json.loads(result.stdout)
    assert summary["needs_review"]
    assert summary["quality"]["reasons_s"] == {"flat": 30.0}
    assert summary["network"] is None
    assert 30 < summary["summary"]["n_beats"] < 40


def test_ecg_uses_the_leads_asked_for(loose: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = RUNNER.invoke(app, ["ecg", str(loose), "-o", str(out), "--lead", "II", "--json"])
    assert result.exit_code == 3, result.output
    assert [c["name"] for c in json.loads(result.stdout)["input"]["channels"]] == ["II"]
    result = RUNNER.invoke(app, ["ecg", str(loose), "-o", str(tmp_path / "no"), "--lead", "V9"])
    assert result.exit_code == 2
    assert "V9" in result.stderr
    assert "'I', 'II'" in result.stderr
    assert not (tmp_path / "no").exists()


def test_an_eeg_is_no_ecg(tmp_path: Path) -> None:
    eeg = bp.eeg.simulate(10, fs=200.0)
    recording = bp.Recording.from_array(eeg.data, fs=200.0, channels=[f"EEG {c}-Ref" for c in eeg.channels], unit="uV")
    bp.write(recording, tmp_path / "eeg.edf")
    result = RUNNER.invoke(app, ["ecg", str(tmp_path / "eeg.edf"), "-o", str(tmp_path / "out"), "--no-network"])
    assert result.exit_code == 2
    assert "ECG leads" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("n", [0, 100])
def test_too_little_signal(tmp_path: Path, n: int) -> None:
    bp.write(bp.Recording.from_array(np.zeros((1, n)), fs=250.0, channels=["II"], unit="mV"), tmp_path / "short.h5")
    result = RUNNER.invoke(app, ["ecg", str(tmp_path / "short.h5"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "1 s" in result.stderr


@pytest.mark.parametrize("lang", ["en", "de"])
def test_ecg_on_a_real_recording(test_data: Path, tmp_path: Path, lang: str) -> None:
    out = tmp_path / "out"
    result = RUNNER.invoke(app, ["ecg", str(test_data / "mitdb" / "208"), "-o", str(out), "--lang", lang, "--json"])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary == json.loads((out / "result.json").read_text(encoding="utf-8"))
    reference = bp.read(test_data / "mitdb" / "208").events["label"].value_counts()
    n_beats = int(sum(reference.get(label, 0) for label in "NLRBAaJSVrFejnE/fQ?"))
    assert abs(summary["summary"]["n_beats"] - n_beats) < 0.01 * n_beats
    assert summary["network"]["counts"]["V"] == pytest.approx(reference["V"], rel=0.1)
    assert summary["network"]["channels"] == ["MLII"]
    files = {"208.hea", "208.dat", "208.atr"}
    assert set(summary["input"]["files_sha256"]) == files
    for name in files:
        digest = hashlib.sha256((test_data / "mitdb" / name).read_bytes()).hexdigest()
        assert summary["input"]["files_sha256"][name] == digest
    rows = (out / "features.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + summary["summary"]["n_beats"]


@pytest.mark.parametrize("suffix", [".edf", ".h5", ".hea"])
def test_convert_keeps_the_samples(record: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"copy{suffix}"
    result = RUNNER.invoke(app, ["convert", str(record), str(target)])
    assert result.exit_code == 0, result.output
    assert "the same samples" in result.stdout
    assert RUNNER.invoke(app, ["convert", str(record), str(target)]).exit_code == 2
    assert RUNNER.invoke(app, ["convert", str(record), str(target), "--force"]).exit_code == 0


def test_convert_many(record: Path, tmp_path: Path) -> None:
    ecg = bp.ecg.simulate(10, fs=250.0, seed=1)
    other = tmp_path / "other.edf"
    bp.write(bp.Recording.from_array(ecg.data, fs=250.0, channels=list(ecg.leads), unit="mV"), other)
    broken = tmp_path / "broken.edf"
    broken.write_bytes(b"0       " + b"\xff" * 400)
    sources = [str(record), str(broken), str(other)]
    out = tmp_path / "out"
    result = RUNNER.invoke(app, ["convert", *sources, str(out), "--to", "h5", "--jobs", "2", "--json"])
    assert result.exit_code == 6, result.output
    first, second, third = json.loads(result.stdout)
    assert [first["source"], second["source"], third["source"]] == sources
    assert first["same_samples"]
    assert third["same_samples"]
    assert "broken.edf" in second["error"]
    assert sorted(path.name for path in out.iterdir()) == ["other.h5", "r.h5"]
    assert bp.read(out / "other.h5").signal_sha256() == bp.read(other).signal_sha256()


class Deadly(type(Path())):  # type: ignore[misc]
    """A path that ends the process that it is sent to."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (9,)


def test_convert_outlives_a_process_that_dies(record: Path, tmp_path: Path) -> None:
    tasks = [Task(Deadly(record) if k == 1 else record, tmp_path / f"{k}.h5") for k in range(4)]
    outcomes = convert_all(tasks, jobs=2)
    assert [outcome.exit_code for outcome in outcomes] == [0, 6, 0, 0]
    assert "end of the process" in outcomes[1].error
    assert [outcome.same_samples for outcome in outcomes] == [True, False, True, True]


def test_convert_shows_progress(record: Path, tmp_path: Path) -> None:
    environment = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "biopotential", "convert", str(record), str(tmp_path / "x.h5")],
        env=os.environ | environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "Converting" in done.stderr
    assert "100%" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["r.hea"], ["r.hea", "r.hea", "x.edf"], ["r.hea", "r.hea", "out", "--to", ".edf"]]
)
def test_convert_refuses_what_is_ambiguous(
    record: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert RUNNER.invoke(app, ["convert", *arguments]).exit_code == 2
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("lang", ["en", "de"])
def test_eeg_on_a_real_recording(test_data: Path, tmp_path: Path, lang: str) -> None:
    source = test_data / "eegmmidb" / "S001" / "S001R03.edf"
    result = RUNNER.invoke(app, ["eeg", str(source), "-o", str(tmp_path / "out"), "--lang", lang, "--json"])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.output)
    assert summary == json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert summary["summary"]["n_channels"] == 64
    assert summary["input"]["files_sha256"][source.name] == hashlib.sha256(source.read_bytes()).hexdigest()
    alpha = summary["summary"]["median_band_power_uv2"]["alpha"]
    assert all(0.1 < power < 1000 for power in alpha.values())


def test_eeg_refuses_what_has_no_epoch(record: Path, tmp_path: Path) -> None:
    assert RUNNER.invoke(app, ["eeg", str(record), "-o", str(tmp_path / "out")]).exit_code == 2
    assert not (tmp_path / "out").exists()


def run(*arguments: str | Path) -> str:
    command = [sys.executable, "-m", "biopotential", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_as_a_module(record: Path) -> None:
    assert json.loads(run("info", record, "--json"))["format"] == bp.read(record).format
    assert run("--version").strip() == bp.__version__
