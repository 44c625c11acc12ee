"""Leads from leads: sums, matrices that invert each other, loops whose angles are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import biopotential as bp

NAMES = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")


def test_limb_leads_are_einthovens_and_goldbergers_sums() -> None:
    x = np.random.default_rng(0).normal(size=(8, 100))
    out = bp.ecg.standard_leads(x, leads=NAMES)
    assert tuple(out.columns) == bp.ecg.STANDARD_LEADS
    np.testing.assert_array_equal(out[list(NAMES)].to_numpy().T, x)
    np.testing.assert_allclose(out["III"], x[1] - x[0], atol=1e-15)
    np.testing.assert_allclose(out["aVR"] + out["aVL"] + out["aVF"], 0, atol=1e-15)
    np.testing.assert_allclose(out["aVF"], (out["II"] + out["III"]) / 2, atol=1e-15)


@pytest.mark.parametrize("given_leads", [("II", "III"), ("III", "I"), ("ecg ii", "Lead I")])
def test_any_two_limb_leads_give_the_others(given_leads: tuple[str, ...]) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 50))
    all_rows = {"I": first, "II": second, "III": second - first, "ecg ii": second, "Lead I": first}
    out = bp.ecg.standard_leads([all_rows[name] for name in given_leads], leads=given_leads)
    np.testing.assert_allclose(out["I"], first, atol=1e-14)
    np.testing.assert_allclose(out["II"], second, atol=1e-14)
    assert list(out.columns) == list(bp.ecg.STANDARD_LEADS[:6])


def test_leads_of_a_twelve_lead_record(test_data: Path) -> None:
    """An electrocardiograph's own III, aVR, aVL and aVF are our sums, within its rounding to 1 uV."""
    signal = bp.read(sorted((test_data / "cinc2021").rglob("*.hea"))[0]).signals[0]
    names = [channel.name for channel in signal.channels]
    assert set(names) == set(bp.ecg.STANDARD_LEADS)
    derived = bp.ecg.standard_leads(signal.data[:2], leads=names[:2])
    for name in derived:
        np.testing.assert_allclose(derived[name], signal.data[names.index(str(name))], atol=2e-3)


def test_dowers_matrix_and_its_inverse() -> None:
    """The published inverse is the least-squares one, rounded to three digits."""
    dower = bp.ecg.leads_of_frank(np.eye(3))[list(NAMES)].to_numpy().T
    inverse = bp.ecg.frank_leads(np.eye(8), leads=NAMES, method="inverse_dower")
    np.testing.assert_allclose(inverse, np.linalg.pinv(dower), atol=1e-3)
    kors = bp.ecg.frank_leads(np.eye(8), leads=NAMES)
    assert np.corrcoef((kors @ dower).ravel(), np.eye(3).ravel())[0, 1] > 0.9


@given(st.floats(0, 180), st.floats(0.2, 3))
def test_angles_of_loops_along_known_directions(angle_deg: float, gain: float) -> None:
    fs, n = 500, 400
    t = np.arange(n)
    bump = lambda middle, width: np.maximum(0, 1 - np.abs(t - middle) / width)  # noqa: E731
    to = np.deg2rad(angle_deg)
    xyz = np.outer([1, 0, 0], bump(100, 20)) + gain * np.outer([np.cos(to), np.sin(to), 0], bump(250, 40))
    x = bp.ecg.leads_of_frank(xyz)[list(NAMES)].to_numpy().T + 3.0
    waves = pd.DataFrame(
        {"qrs_onset": [80.0, np.nan], "qrs_offset": [120.0, 10], "t_onset": [210.0, 20], "t_offset": [290.0, 30]}
    )
    out = bp.ecg.vector_measures(1000 * x, waves, fs=fs, leads=NAMES, unit="uV", method="inverse_dower")
    first = out.iloc[0]
    # The published inverse has three digits.
    assert first["qrs_t_angle_deg"] == pytest.approx(angle_deg, abs=0.5)
    assert first["qrs_t_peak_angle_deg"] == pytest.approx(angle_deg, abs=0.5)
    assert first["qrs_magnitude_mv"] == pytest.approx(1, abs=0.01)
    assert first["t_magnitude_mv"] == pytest.approx(gain, rel=0.01)
    integral = (xyz[:, 80:291].sum(axis=1) ** 2).sum() ** 0.5 / fs
    assert first["ventricular_gradient_mv_s"] == pytest.approx(integral, rel=0.02, abs=1e-3)
    assert out.iloc[1].isna().all()


@pytest.mark.parametrize("axis_deg", [-120.0, -30.0, 0.0, 60.0, 90.0, 179.0])
def test_frontal_axis(axis_deg: float) -> None:
    """A vector of the frontal plane, seen in I (0 degrees) and II (60 degrees)."""
    bump = np.r_[np.zeros(50), np.hanning(40), np.zeros(150)]
    x = np.zeros((8, bump.size))
    x[0] = bump * np.cos(np.deg2rad(axis_deg))
    x[1] = bump * np.cos(np.deg2rad(axis_deg - 60))
    waves = pd.DataFrame({"qrs_onset": [50.0], "qrs_offset": [89.0], "t_onset": [np.nan], "t_offset": [np.nan]})
    out = bp.ecg.vector_measures(x, waves, fs=500, leads=NAMES)
    assert out["frontal_axis_deg"][0] == pytest.approx(axis_deg, abs=1e-9)
    assert np.isnan(out["qrs_t_angle_deg"][0])


def test_missing_samples_give_nan_in_their_beats() -> None:
    x = np.random.default_rng(2).normal(size=(8, 300))
    x[4, 150] = np.nan
    row = {"qrs_onset": 20.0, "qrs_offset": 50, "t_onset": 60, "t_offset": 90}
    waves = pd.DataFrame(
        [row, {name: at + 100 for name, at in row.items()}, {name: at + 230 for name, at in row.items()}]
    )
    out = bp.ecg.vector_measures(x, waves, fs=500, leads=NAMES)
    assert out.iloc[0].notna().all()
    assert np.isnan(out["qrs_magnitude"][1])
    assert np.isnan(out["ventricular_gradient"][2])  # the T wave ends behind the signal
    assert np.isfinite(out["qrs_magnitude"][2])


def test_bad_input_is_named() -> None:
    x = np.zeros((8, 10))
    with pytest.raises(ValueError, match=r"V6 is missing"):
        bp.ecg.frank_leads(x[:7], leads=NAMES[:7])
    with pytest.raises(ValueError, match="I twice"):
        bp.ecg.standard_leads(x[:2], leads=("I", "i"))
    with pytest.raises(ValueError, match="two of I, II, III"):
        bp.ecg.standard_leads(x[:1], leads=("II",))
    with pytest.raises(ValueError, match="a row a lead"):
        bp.ecg.standard_leads(x, leads=("I", "II"))
    with pytest.raises(ValueError, match="kors"):
        bp.ecg.frank_leads(x, leads=NAMES, method="dower")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="3 rows"):
        bp.ecg.leads_of_frank(x)
    with pytest.raises(ValueError, match="t_offset is missing"):
        bp.ecg.vector_measures(x, pd.DataFrame({"qrs_onset": [], "qrs_offset": [], "t_onset": []}), fs=500, leads=NAMES)
    empty = pd.DataFrame({name: [] for name in ("qrs_onset", "qrs_offset", "t_onset", "t_offset")})
    assert len(bp.ecg.vector_measures(x, empty, fs=500, leads=NAMES)) == 0
