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
    out = eeg.process(x, fs=FS, unit="uV", channels=NAMES)
    np.testing.assert_allclose(out.events["peak_s"], [12.5, 31, 47.25], atol=0.03)
    assert out.channels[:2] == ["Fp1", "Fp2"]
    lost = out.quality[~out.quality["ok"]].set_index(["channel", "epoch"])["reasons"].to_dict()
    assert lost == {("C4", 1): "flat", ("Pz", 2): "missing", ("O1", 0): "amplitude"}
    assert out.analysable_share == pytest.approx(33 / 36)
    assert out.reasons["flat"] == pytest.approx(1 / 36)
    assert out.features["alpha"].isna().sum() == 3
    assert out.psd.shape == (6, out.freqs.size)
    assert out.unused_s == 0


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
    out = eeg.process(rec)
    assert len(out.channels) == 64
    assert {"Fp1", "FC5", "T7", "Iz"} <= set(out.channels)
    assert len(out.events) > 10
    data = rec.data
    expected = yasa.bandpower(data, rec.fs, relative=False, ch_names=out.channels)
    ours = eeg.band_power(data, fs=rec.fs)
    np.testing.assert_allclose(ours["alpha"], expected["Alpha"].astype(float), rtol=1e-10)
