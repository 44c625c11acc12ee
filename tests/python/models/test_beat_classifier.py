"""The shipped beat classifier on beats it has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import biopotential as bp

pytest.importorskip("torch")
models = pytest.importorskip("biopotential.models")
try:
    models._native()
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)


def test_card() -> None:
    model = models.load(models.shipped("beat_classifier"))
    assert model.classes == ["N", "S", "V", "F", "Q"]
    assert "not a medical device" in model.card["disclaimer"]
    for name in model.classes:
        assert {"sensitivity", "positive_predictivity", "f1"} <= model.card["metrics"][name].keys()
    assert sum(f.stat().st_size for f in models.shipped("beat_classifier").iterdir()) < 1_000_000


def test_an_early_wide_beat_is_ventricular() -> None:
    fs = 250.0
    r = np.cumsum(np.full(120, 200))
    early = np.arange(10, 110, 12)
    r[early] -= 70
    t = np.arange(r[-1] + 400) / fs
    x = np.zeros_like(t)
    for i, p in enumerate(r / fs):
        if i in early:
            x += 1.6 * np.exp(-(((t - p) / 0.045) ** 2)) - 0.8 * np.exp(-(((t - p - 0.22) / 0.07) ** 2))
        else:
            x += 1.2 * np.exp(-(((t - p) / 0.012) ** 2)) + 0.3 * np.exp(-(((t - p - 0.28) / 0.05) ** 2))
            x += 0.12 * np.exp(-(((t - p + 0.16) / 0.025) ** 2)) - 0.25 * np.exp(-(((t - p - 0.03) / 0.01) ** 2))
    labels = models.load(models.shipped("beat_classifier")).predict_beats(x, r, fs=fs).labels
    assert np.mean(labels[early] == "V") > 0.9
    regular = np.setdiff1d(np.arange(len(r)), np.r_[early, early + 1])
    assert np.mean(labels[regular] == "N") > 0.9


def test_record_100(test_data: Path) -> None:
    rec = bp.read(test_data / "mitdb" / "100")  # DS2: not in the training
    beats = rec.events[rec.events["label"].isin(["N", "A", "V"])]
    r = np.rint(beats["onset_s"].to_numpy() * rec.fs).astype(int)
    labels = models.load(models.shipped("beat_classifier")).predict_beats(rec.data[0], r, fs=rec.fs).labels
    reference = beats["label"].replace({"A": "S"}).to_numpy()
    assert np.mean(labels == reference) > 0.97
    assert np.mean(labels[reference == "S"] == "S") > 0.5


def test_classify_beats_is_the_model_in_any_unit() -> None:
    ecg = bp.ecg.simulate(60, fs=250.0, leads=["II"], ventricular_percent=5.0, seed=2)
    table = bp.ecg.classify_beats(ecg.data[0], ecg.r_peaks, fs=250.0, unit="mV")
    expected = bp.models.load(bp.models.shipped("beat_classifier")).predict_beats(ecg.data, ecg.r_peaks, fs=250.0)
    assert table.columns.tolist() == ["class", *(f"p_{name}" for name in expected.classes)]
    np.testing.assert_array_equal(table["class"].to_numpy(dtype=str), expected.labels)
    np.testing.assert_array_equal(table.iloc[:, 1:].to_numpy(dtype=float), expected.probabilities)
    micro = bp.ecg.classify_beats(ecg.data[0] * 1000, ecg.r_peaks, fs=250.0, unit="uV")
    np.testing.assert_allclose(micro.iloc[:, 1:].to_numpy(dtype=float), expected.probabilities, atol=1e-5)
    with pytest.raises(ValueError, match="unit"):
        bp.ecg.classify_beats(ecg.data[0], ecg.r_peaks, fs=250.0, unit="furlong")
