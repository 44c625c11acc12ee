"""Quality and the whole chain."""

import os
from pathlib import Path

import numpy as np
import pytest

from biopotential import eeg

FS = 200.0
NAMES = ["EEG Fp1", "Fp2.", "C3", "C4", "Pz", "O1"]


@pytest.fixture
def x():
    rng = np.random.default_rng(4)
    common = 10 * rng.standard_normal(int(60 * FS))
    out = common + 4 * rng.standard_normal((6, common.size))
    t = np.arange(common.size) / FS
    out[:2] += sum(110 * np.exp(-(((t - c) / 0.08) ** 2)) for c in (12.5, 31.0, 47.25))
    return out


def test_process_finds_blinks_and_lost_epochs(x):
    x[3, 2000:4000] = 0
    x[4, 4100] = np.nan
    x[5, 5] += 500
    out = eeg.process(x, fs=FS, unit="uV", channels=NAMES, epoch_s=10)
    np.testing.assert_allclose(out.events["peak_s"], [12.5, 31, 47.25], atol=0.03)
    assert out.channels[:2] == ["Fp1", "Fp2"]
    lost = out.quality[~out.quality["ok"]].set_index(["channel", "epoch"])["reasons"].to_dict()
    assert lost == {("C4", 1): "flat", ("Pz", 2): "missing", ("O1", 0): "amplitude"}
    assert out.analysable_share == pytest.approx(33 / 36)
    assert out.reasons["flat"] == pytest.approx(1 / 36)
    assert out.features["alpha"].isna().sum() == 3
    assert out.psd.shape == (6, out.freqs.size)
    assert out.unused_s == 0
    assert out.limit_uv.tolist() == [400.0] * 6
    np.testing.assert_array_equal(np.isfinite(out.per_epoch("alpha")), out.ok)
    assert out.ok.shape == (6, 6)
    assert out.signals.shape == x.shape
    assert np.isnan(out.signals).sum() == 1
    assert [step for step, _ in out.parameters] == ["highpass", "notch_filter", "find_artefacts", "band_power"]


def test_blinks_cost_no_channel_and_outliers_only_their_own():
    sim = eeg.simulate(120, fs=FS, blinks_per_minute=20, blink_uv=350, seed=2)
    x = sim.data.copy()
    cz = sim.channels.index("Cz")
    x[cz, 4000:4040] += 800
    out = eeg.process(x, fs=FS, unit="uV", channels=sim.channels)
    lost = out.quality[~out.quality["ok"]].groupby("channel")["epoch"].apply(list)
    assert lost["Cz"] == [5]
    assert not {"Fp1", "Fp2"} & set(lost.index)
    assert out.analysable_share > 0.99
    limits = dict(zip(out.channels, out.limit_uv, strict=True))
    assert limits["Fp1"] > 400
    assert limits["O1"] == 150
    assert len(out.events) == pytest.approx(len(sim.blink_peaks), abs=1)


def test_filters_can_be_left_out(x):
    out = eeg.process(x, fs=FS, unit="uV", channels=NAMES, highpass_hz=None, mains_hz=None)
    np.testing.assert_array_equal(out.signals, x)
    assert [step for step, _ in out.parameters] == ["find_artefacts", "band_power"]
    ours = out.features.set_index(["channel", "epoch"])["alpha"]
    table = eeg.band_power(x, fs=FS, channels=out.channels, epoch_s=4).set_index(["channel", "epoch"])["alpha"]
    ok = out.quality.set_index(["channel", "epoch"])["ok"]
    np.testing.assert_array_equal(ours[ok], table[ok])
    # 50 Hz lies too near to fs / 2 for a notch.
    slow = eeg.process(x[:, ::2], fs=FS / 2, unit="uV", channels=NAMES)
    assert [step for step, _ in slow.parameters] == ["highpass", "find_artefacts", "band_power"]


def test_each_stretch_is_filtered_by_itself(x):
    import pandas as pd

    import biopotential as bp

    rec = bp.Recording.from_array(
        x, fs=FS, channels=NAMES, unit="uV", events=pd.DataFrame(columns=["onset_s", "label"])
    )
    whole = eeg.process(rec)
    np.testing.assert_allclose(whole.signals[0], bp.signal.notch_filter(
        bp.signal.highpass(x[0], 0.5, fs=FS), [50.0], fs=FS), atol=0.02)  # fmt: skip
    holed = x.copy()
    holed[1, 6000:6100] = np.nan
    out = eeg.process(holed, fs=FS, unit="uV", channels=NAMES)
    left = eeg.process(x[1, :6000], fs=FS, unit="uV")
    np.testing.assert_allclose(out.signals[1, :6000], left.signals[0], atol=1e-9)
    assert np.isnan(out.signals[1, 6000:6100]).all()
    assert out.quality.query("reasons == 'missing'")[["channel", "epoch"]].to_numpy().tolist() == [["Fp2", 7]]
    assert not out.bad_channels["bad"].any()


def test_channels_that_are_mostly_missing_or_flat_are_bad(x):
    x[2, :7000] = np.nan
    x[3, 100:9000] = 5
    x[4] = np.nan
    out = eeg.process(x, fs=FS, unit="uV", channels=NAMES)
    bad = out.bad_channels.set_index("channel")["reasons"].to_dict()
    assert bad["C3"].startswith("missing")
    assert bad["C4"].startswith("flat")
    assert bad["Pz"].startswith("missing")
    assert not {"flat", "missing"} & {*bad["O1"].split(","), *bad["Fp1"].split(",")}
    assert np.isnan(out.psd[4]).all()


def test_names_that_say_nothing(tmp_path, x):
    import biopotential as bp

    rec = bp.Recording.from_array(x[:3], fs=FS, channels=["a", "b", "ECG"], unit="uV")
    assert eeg.process(rec).channels == ["a", "b"]
    with pytest.raises(ValueError, match="EEG channels"):
        eeg.process(bp.Recording.from_array(x[:1], fs=FS, channels=["ECG"], unit="uV"))


def test_one_short_channel():
    out = eeg.process(np.random.default_rng(0).normal(size=400), fs=80, unit="uV")
    assert out.ok.shape == (1, 1)
    assert out.unused_s == 1
    assert out.bad_channels["bad"].tolist() == [False]


@pytest.mark.parametrize(("unit", "factor"), [("mV", 1e-3), ("V", 1e-6)])
def test_units_are_converted(x, unit, factor):
    a = eeg.process(x, fs=FS, unit="uV", channels=NAMES).features
    b = eeg.process(x * factor, fs=FS, unit=unit, channels=NAMES).features
    np.testing.assert_allclose(a["theta"], b["theta"], rtol=1e-9)


def test_implausible_scale_names_the_unit(x):
    with pytest.raises(ValueError, match="likely in V"):
        eeg.process(x * 1e-6, fs=FS, unit="uV")
    with pytest.raises(ValueError, match="likely in uV"):
        eeg.process(x, fs=FS, unit="V")
    with pytest.raises(ValueError, match="unit="):
        eeg.process(x, fs=FS)
    with pytest.raises(ValueError, match="fs"):
        eeg.process(x, unit="uV")
    with pytest.raises(ValueError, match="stretch"):
        eeg.process(x[:, :100], fs=FS, unit="uV")


def test_bad_channels(x):
    rng = np.random.default_rng(5)
    x = np.vstack([x, x[2:] + rng.standard_normal((4, x.shape[1]))])
    x[2] = 0
    x[5] = 200 * rng.standard_normal(x.shape[1])
    x[7, 3] = np.nan
    out = eeg.find_bad_channels(x, fs=FS, unit="uV")
    assert list(out[out["bad"]]["channel"]) == ["2", "5", "7"]
    assert out["reasons"][2] == "flat"
    assert "deviation" in out["reasons"][5]
    assert "correlation" in out["reasons"][5]
    assert out["reasons"][7] == "missing"


def test_names():
    for name, clean in {
        "EEG Fpz-Cz": "Fpz-Cz",
        "Fp1.": "Fp1",
        "Fc5.": "FC5",
        "T3": "T7",
        "EEG T6-REF": "P8",
        "FCZ": "FCz",
        "X 1": "X 1",
    }.items():
        assert eeg.clean_channel_name(name) == clean
    kinds = {"EEG Fpz-Cz": "eeg", "EOG horizontal": "eog", "EMG submental": "emg", "ECG": "ecg", "SpO2": "other"}
    assert {n: eeg.channel_kind(n) for n in kinds} == kinds


def test_positions_agree_with_mne():
    import mne

    # Easycap lays the ring Fpz-T7-Oz on its equator; the 10-10 system lays it a tenth above (72 degrees).
    montage = mne.channels.make_standard_montage("easycap-M1").get_positions()["ch_pos"]
    for name in (
        "Fp1",
        "Fp2",
        "F7",
        "F3",
        "Fz",
        "F4",
        "F8",
        "T7",
        "C3",
        "Cz",
        "C4",
        "T8",
        "P7",
        "P3",
        "Pz",
        "O1",
        "O2",
    ):
        x, y, z = montage[name] / np.linalg.norm(montage[name])
        ours = eeg.electrode_position(name)
        assert ours is not None
        assert np.linalg.norm(ours[:3]) == pytest.approx(1)
        polar, our_polar = np.degrees(np.arccos([z, ours[2]]))
        assert our_polar == pytest.approx(0.8 * polar, abs=4)
        if polar > 1:
            assert np.degrees(np.arctan2(ours[0], ours[1]) - np.arctan2(x, y)) == pytest.approx(0, abs=6)
        assert np.hypot(ours[3], ours[4]) == pytest.approx(our_polar / 90)
    assert eeg.electrode_position("SpO2") is None


def test_real_recording():
    folder = os.environ.get("BIOPOTENTIAL_TEST_DATA")
    if not folder:
        pytest.skip("BIOPOTENTIAL_TEST_DATA isn't set")
    import yasa

    import biopotential as bp

    rec = bp.read(Path(folder) / "eegmmidb/S001/S001R03.edf")
    out = eeg.process(rec, mains_hz=60)
    assert len(out.channels) == 64
    assert 0.93 < out.analysable_share < 0.99
    limits = dict(zip(out.channels, out.limit_uv, strict=True))
    assert limits["Fp1"] > 2 * limits["Cz"] > 500
    assert {"Fp1", "FC5", "T7", "Iz"} <= set(out.channels)
    assert len(out.events) > 10
    data = rec.data
    expected = yasa.bandpower(data, rec.fs, relative=False, ch_names=out.channels)
    ours = eeg.band_power(data, fs=rec.fs)
    np.testing.assert_allclose(ours["alpha"], expected["Alpha"].astype(float), rtol=1e-10)
