"""Networks on an EEG: the shipped one, others, and what the report says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import biopotential as bp
from biopotential._findings_eeg import eeg_findings
from biopotential.cli import app

torch = pytest.importorskip("torch")
models = pytest.importorskip("biopotential.models")
try:
    models._native()
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)


def package(path: Path, **source: Any) -> Path:
    d: dict[str, Any] = {
        "schema_version": 1,
        "name": "mean",
        "description": "test",
        "network": [{"type": "flatten"}, {"type": "linear", "out_features": 2}, {"type": "softmax"}],
        "input": {"n_channels": 1, "fs": 100, "window_samples": 100, "unit": "uV", **source},
        "preprocessing": {"schema_version": 1, "steps": []},
        "windowing": {"kind": "fixed", "step_samples": 100},
        "classes": ["low", "high"],
        "intended_use": "tests",
        "disclaimer": "research use, not a medical device",
        "licence": "Apache-2.0",
    }
    n = d["input"]["n_channels"] * 100
    weights = {"layers.1.weight": np.stack([np.zeros(n), np.full(n, 1 / n)]), "layers.1.bias": np.zeros(2)}
    models.package(path, declaration=d, weights=weights)
    return path


def recording(**changes: Any) -> bp.Recording:
    x = bp.eeg.simulate(20.0, ["Fp1", "Fp2", "Cz", "O1"], fs=100.0).data
    names = changes.pop("channels", ["EEG Fp1", "EEG Fp2", "EEG Cz", "EEG O1"])
    return bp.Recording.from_array(x, fs=100.0, channels=names, unit="uV", **changes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    bp.write(recording(), tmp_path / "four.edf")
    return tmp_path / "four.edf"


def test_card() -> None:
    model = models.load(models.shipped("eeg_artefacts"))
    assert (model.n_channels, model.windowing, model.channel_names) == (1, "fixed", [])
    assert "not a medical device" in model.card["disclaimer"]
    assert any("simulated" in text for text in model.card["limitations"])
    for name in model.classes:
        assert {"sensitivity", "positive_predictivity", "f1", "n_windows", "n_recordings"} <= model.card["metrics"][
            name
        ].keys()
    assert sum(f.stat().st_size for f in models.shipped("eeg_artefacts").iterdir()) < 200_000


def test_the_demonstration(root: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["eeg", str(root / "data" / "demo-eeg.edf"), "-o", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["network"]
    assert found["name"] == "eeg_artefacts"
    by_channel = found["counts_by_channel"]
    assert sum(found["counts"].values()) == 19 * 90
    assert by_channel["T8"]["noise"] >= 88
    assert all(by_channel[name]["noise"] <= 2 for name in by_channel if name != "T8")
    # Eyes are open for half of the three minutes: 45 windows, and 12 blinks a minute.
    for name in ("Fp1", "Fp2"):
        assert 12 <= by_channel[name]["blink"] <= 25
    assert by_channel["O1"]["blink"] == by_channel["Cz"]["blink"] == 0
    assert by_channel["T7"]["muscle"] + by_channel["F8"]["muscle"] >= 4
    assert by_channel["Cz"]["clean"] >= 87
    report = (tmp_path / "report.html").read_text()
    assert "Noise (white or mains)" in report
    assert "Windows of each channel" in report


def test_the_demonstration_agrees_with_its_truth(root: Path) -> None:
    eeg = bp.eeg.simulate(
        180.0, fs=200.0, eyes_block_s=30.0, alpha_uv=30.0, muscle_per_minute=2.0, mains_uv=4.0, noisy=["T8"], seed=10
    )
    network = eeg_findings(root / "data" / "demo-eeg.edf", mains_hz=50.0).network
    assert network is not None
    labels, names = np.array(network.labels), np.array(network.item_channels)
    windows = np.unique((eeg.blink_peaks / 400).astype(int))
    said = np.unique(network.starts_s[(labels == "blink") & (names == "Fp1")] / 2).astype(int)
    assert len(np.intersect1d(windows, said)) >= 0.9 * len(windows)


def test_german(root: Path, tmp_path: Path) -> None:
    bp.report.eeg(root / "data" / "demo-eeg.edf", tmp_path, lang="de")
    report = (tmp_path / "report.html").read_text()
    for words in ("Lidschlag", "Muskel", "Rauschen (weiß oder Netz)", "Fenster je Kanal"):
        assert words in report


def test_no_network(file: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["eeg", str(file), "-o", str(tmp_path / "o"), "--no-network", "--json"])
    assert result.exit_code in (0, 3), result.output
    assert json.loads(result.stdout)["network"] is None
    assert "No neural network was run" in (tmp_path / "o" / "report.html").read_text()


def test_without_torch(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Any) -> Any:
        raise ImportError("no torch")

    monkeypatch.setattr(models, "load", missing)
    assert eeg_findings(file, mains_hz=50.0).network is None
    with pytest.raises(ImportError, match="no torch"):
        eeg_findings(file, mains_hz=50.0, model=file)


def test_models_of_one_of_named_and_of_all_channels(file: Path, tmp_path: Path) -> None:
    x = bp.read(file).data
    one = eeg_findings(file, mains_hz=50.0, model=package(tmp_path / "one")).network
    assert one is not None
    assert one.item_channels == [c for c in ("Fp1", "Fp2", "Cz", "O1") for _ in range(20)]
    means = 1 / (1 + np.exp(-x.reshape(4, 20, 100).mean(axis=2).ravel()))
    np.testing.assert_allclose(one.probabilities[:, 1], means, atol=1e-5)
    np.testing.assert_allclose(one.starts_s, np.tile(np.arange(20.0), 4))

    named = package(tmp_path / "named", n_channels=2, channel_names=["EEG O1-Ref", "Cz"])
    two = eeg_findings(file, mains_hz=50.0, model=named).network
    assert two is not None
    assert two.channels == ["O1", "Cz"]
    assert two.counts_by_channel() == {}
    means = 1 / (1 + np.exp(-x[2:].reshape(2, 20, 100).mean(axis=(0, 2))))
    np.testing.assert_allclose(two.probabilities[:, 1], means, atol=1e-5)

    every = eeg_findings(file, mains_hz=50.0, model=package(tmp_path / "all", n_channels=4)).network
    assert every is not None
    assert len(every.probabilities) == 20


def test_the_unit_of_the_model_counts(file: Path, tmp_path: Path) -> None:
    micro = eeg_findings(file, mains_hz=50.0, model=package(tmp_path / "uv")).network
    milli = eeg_findings(file, mains_hz=50.0, model=package(tmp_path / "mv", unit="mV")).network
    assert micro is not None
    assert milli is not None

    def logit(p: np.ndarray) -> np.ndarray:
        return np.log(p[:, 1] / p[:, 0])

    np.testing.assert_allclose(logit(milli.probabilities) * 1e3, logit(micro.probabilities), atol=0.01)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"n_channels": 3}, "1 or 4 channels"),
        ({"n_channels": 2, "channel_names": ["Cz", "Oz"]}, "no Oz"),
        ({"unit": "T"}, "V, mV or uV"),
        ({"fs": 250}, "250"),
    ],
)
def test_models_that_do_not_fit(file: Path, tmp_path: Path, source: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        eeg_findings(file, mains_hz=50.0, model=package(tmp_path / "p", **source))


def test_a_model_of_beats_is_refused(file: Path) -> None:
    with pytest.raises(ValueError, match="fixed windows"):
        eeg_findings(file, mains_hz=50.0, model=models.shipped("beat_classifier"))


def test_gaps_and_missing_samples(tmp_path: Path) -> None:
    x = bp.eeg.simulate(30.0, ["Fp1", "Cz", "O1", "O2"], fs=100.0).data
    x[1, 500:510] = np.nan
    x[2] = np.nan  # never a sample: it isn't shown to a model of one channel
    rec = bp.Recording.from_array(x, fs=100.0, channels=["Fp1", "Cz", "O1", "O2"], unit="uV")
    bp.write(rec, tmp_path / "holes.h5")
    network = eeg_findings(tmp_path / "holes.h5", mains_hz=50.0, model=package(tmp_path / "p")).network
    assert network is not None
    assert network.channels == ["Fp1", "Cz", "O2"]
    assert np.isfinite(network.probabilities).all()
    bridged = x[1].copy()
    bridged[500:510] = np.interp(np.arange(500, 510), [499, 510], x[1, [499, 510]])
    mine = network.probabilities[np.array(network.item_channels) == "Cz", 1]
    np.testing.assert_allclose(mine, 1 / (1 + np.exp(-bridged.reshape(30, 100).mean(axis=1))), atol=1e-4)


def test_real_runs(test_data: Path) -> None:
    network = eeg_findings(test_data / "eegmmidb" / "S001" / "S001R08.edf", mains_hz=60.0).network
    assert network is not None
    labels, names = np.array(network.labels), np.array(network.item_channels)
    assert np.mean(labels[np.isin(names, ["Fp1", "Fp2"])] == "blink") > 0.1
    assert np.mean(labels[np.isin(names, ["O1", "O2", "Cz", "Pz"])] == "blink") < 0.05
