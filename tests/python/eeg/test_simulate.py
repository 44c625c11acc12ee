"""The simulator, and the demonstration EEG that it makes."""

import runpy

import numpy as np
import pytest

import biopotential as bp
from biopotential import eeg


def test_blinks_and_alpha_are_where_they_belong():
    names = ["Fp1", "Fp2", "Cz", "O1", "O2"]
    out = eeg.simulate(60, names, fs=200, seed=3)
    assert out.data.shape == (5, 12000)
    assert out.channels == names
    np.testing.assert_array_equal(out.data, eeg.simulate(60, names, fs=200, seed=3).data)
    assert np.abs(out.data - eeg.simulate(60, names, fs=200, seed=4).data).max() > 1
    found = eeg.find_blinks(out.data[:2], fs=200, unit="uV")
    np.testing.assert_allclose(found["peak_s"], out.blink_peaks / 200, atol=0.05)
    assert len(out.blink_peaks) >= 8
    power = eeg.band_power(out.data, fs=200)
    # The weights at O1 and Cz are 1.04 and 0.5: four times the power, less what the background adds to both.
    assert power["alpha"][3] > 2.5 * power["alpha"][2]
    assert power["alpha_peak_hz"][3] == pytest.approx(10, abs=0.3)
    assert len(out.eyes_closed) == 0
    assert out.eyes().empty


def test_eyes_alternate():
    out = eeg.simulate(100, ["Fp1", "O1"], fs=250, eyes_block_s=20, blinks_per_minute=30, seed=1)
    np.testing.assert_array_equal(out.eyes_closed, [[5000, 5000], [15000, 5000]])
    assert list(out.eyes()["label"]) == ["eyes open", "eyes closed"] * 2 + ["eyes open"]
    assert out.eyes()["duration_s"].sum() == 100
    power = eeg.band_power(out.data[1], fs=250, epoch_s=20)["alpha"].to_numpy()
    assert power[[1, 3]].min() > 3 * power[[0, 2, 4]].max()
    closed = np.zeros(25000, dtype=bool)
    for first, n in out.eyes_closed:
        closed[first : first + n] = True
    assert not closed[out.blink_peaks].any()
    assert len(out.blink_peaks) > 20


def test_background_correlates_by_distance():
    names = ["T7", "C3", "T8"]
    quiet = {"alpha_uv": 0, "blinks_per_minute": 0, "mains_uv": 0}
    x = eeg.simulate(600, names, fs=50, correlation_rad=1.5, seed=2, **quiet).data
    at = np.array([eeg.electrode_position(n)[:3] for n in names])
    expected = np.exp(-np.arccos(np.clip(at @ at.T, -1, 1)) / 1.5)
    np.testing.assert_allclose(np.corrcoef(x), expected, atol=0.12)
    np.testing.assert_allclose(x.std(axis=1), 12, rtol=0.15)


def test_muscle_and_bad_channels():
    out = eeg.simulate(120, fs=250, muscle_per_minute=6, muscle_uv=60, flat=["Pz"], noisy=["C4"], seed=5)
    assert out.bad_channels == {"Pz": "flat", "C4": "noisy"}
    assert not out.data[out.channels.index("Pz")].any()
    found = eeg.find_bad_channels(out.data, fs=250, unit="uV", channels=out.channels)
    assert set(found.loc[found["bad"], "channel"]) == {"Pz", "C4"}
    assert 8 <= len(out.muscle) <= 14
    temples = out.data[[out.channels.index("T7"), out.channels.index("T8")]]
    fast = np.abs(np.diff(temples))
    inside = np.zeros(30000, dtype=bool)
    for first, n in out.muscle:
        assert 125 <= n <= 500
        inside[first + n // 4 : first + 3 * n // 4] = True
    assert fast[:, inside[1:]].max(axis=0).mean() > 3 * fast[:, ~inside[1:]].max(axis=0).mean()


@pytest.mark.parametrize("fs", [100, 128.5])
def test_same_place_twice_and_odd_rates(fs):
    out = eeg.simulate(3, ["T7", "T3", "EEG Cz-Ref"], fs=fs)
    assert out.data.shape == (3, int(3 * fs + 0.5))
    assert np.isfinite(out.data).all()
    assert eeg.simulate(1, [], fs=fs).data.shape == (0, int(fs + 0.5))
    assert eeg.simulate(1 / fs, ["Cz"], fs=fs).data.shape == (1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": ["nose"]}, "10-10"),
        ({"fs": 0}, "sampling rate"),
        ({"fs": float("nan")}, "sampling rate"),
        ({"duration_s": 0}, "duration_s"),
        ({"duration_s": 1e12}, "samples"),
        ({"duration_s": 1e-6}, "samples"),
        ({"alpha_uv": -1}, "alpha_uv"),
        ({"blink_uv": float("inf")}, "blink_uv"),
        ({"correlation_rad": 0}, "correlation_rad"),
        ({"flat": ["O9"]}, "O9"),
        ({"seed": -1}, "seed"),
    ],
)
def test_refusals(change, message):
    arguments = {"duration_s": 1.0, "channels": ["Cz"], "fs": 100.0} | change
    with pytest.raises(ValueError, match=message):
        eeg.simulate(arguments.pop("duration_s"), arguments.pop("channels"), **arguments)


def test_the_demonstration_eeg_is_what_its_generator_makes(root, tmp_path):
    shipped = root / "data" / "demo-eeg.edf"
    made = runpy.run_path(str(root / "data" / "generate_eeg.py"))["demo_eeg"]()
    bp.write(made, tmp_path / "demo-eeg.edf")
    assert (tmp_path / "demo-eeg.edf").read_bytes() == shipped.read_bytes()
    assert shipped.stat().st_size < 2_500_000
    recording = bp.read(shipped)
    assert recording.format == "EDF+C"
    assert recording.data.shape == (19, 36000)
    assert recording.warnings == []
    assert list(recording.events["label"]) == ["eyes open", "eyes closed"] * 3
    assert set(recording.events["duration_s"]) == {30.0}
