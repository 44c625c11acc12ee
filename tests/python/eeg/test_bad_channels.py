"""Bad channels against pyprep at run time."""

import mne
import numpy as np
import pytest
from pyprep import NoisyChannels

import biopotential as bp
from biopotential import eeg


def compare(x, fs, names):
    """Numbers and names of pyprep and ours, for x in uV."""
    raw = mne.io.RawArray(x * 1e-6, mne.create_info(names, fs, "eeg"), verbose=False)
    theirs = NoisyChannels(raw, ransac=False)
    theirs.find_all_bads(ransac=False)
    extra = theirs._extra_info
    ours = eeg.find_bad_channels(x, fs=fs, unit="uV", channels=names)
    usable = np.asarray(theirs.usable_idx)
    columns = {
        "deviation_z": extra["bad_by_deviation"]["robust_channel_deviations"],
        "noise_z": extra["bad_by_hf_noise"]["hf_noise_zscores"],
        "low_correlation_share": extra["bad_by_correlation"]["bad_window_fractions"],
        "dropout_share": extra["bad_by_dropout"]["bad_window_fractions"],
    }
    for column, expected in columns.items():
        if column != "noise_z" or fs > 100:
            np.testing.assert_allclose(ours[column][usable], expected[usable], rtol=1e-7, atol=1e-9, err_msg=column)
        assert ours[column][~usable].isna().all()
    words = {"missing": "nan", "flat": "flat", "deviation": "deviation", "noise": "hf_noise",
             "correlation": "correlation", "dropout": "dropout"}  # fmt: skip
    for ours_word, word in words.items():
        found = [n for n, r in zip(names, ours["reasons"], strict=True) if ours_word in r.split(",")]
        assert sorted(found) == sorted(getattr(theirs, f"bad_by_{word}")), word
    return ours


@pytest.mark.parametrize(("fs", "seconds"), [(250, 60), (500, 20.4), (128.5, 30), (90, 20)])
def test_equal_to_pyprep(fs, seconds):
    sim = eeg.simulate(seconds, fs=fs, flat=["Pz"], noisy=["C4"], seed=int(fs))
    x = sim.data.copy()
    at = {name: i for i, name in enumerate(sim.channels)}
    x[at["O1"]] *= 9
    x[at["T7"], 10] = np.nan
    n = int(fs)
    # Shorter than the high-pass: nothing but rounding would be left of a longer one, and pyprep correlates that too.
    x[at["F3"], 3 * n : 5 * n] = 3.0
    x[at["P7"]] = 12 * np.random.default_rng(1).normal(size=x.shape[1])
    ours = compare(x, fs, sim.channels)
    bad = ours.set_index("channel")["reasons"]
    assert bad["Pz"] == "flat"
    assert bad["T7"] == "missing"
    assert "deviation" in bad["O1"]
    assert "correlation" in bad["P7"]


def test_equal_to_pyprep_on_a_real_recording(test_data):
    rec = bp.read(test_data / "eegmmidb" / "S001" / "S001R03.edf")
    ours = compare(rec.data[:, :8000], rec.fs, rec.channel_names)
    assert ours["bad"].any()


def test_a_signal_that_drops_out():
    x = eeg.simulate(60, fs=200, seed=5).data
    x[3, 4000:8000] = 0
    out = eeg.find_bad_channels(x, fs=200, unit="uV")
    assert "dropout" in out["reasons"][3]
    assert out["dropout_share"][3] == pytest.approx(17 / 59, abs=0.05)
    assert not out["reasons"].drop(3).str.contains("dropout").any()


def test_nothing_to_compare_with():
    rng = np.random.default_rng(3)
    out = eeg.find_bad_channels(rng.normal(size=(3, 600)), fs=200, unit="uV")
    assert out["deviation_z"].isna().all()
    assert not out["bad"].any()
    alone = eeg.find_bad_channels(rng.normal(size=600), fs=200, unit="uV")
    assert len(alone) == 1
    missing = eeg.find_bad_channels(np.full((5, 600), np.nan), fs=200, unit="uV")
    assert (missing["reasons"] == "missing").all()
    same = eeg.find_bad_channels(np.tile(rng.normal(size=600), (5, 1)), fs=200, unit="uV")
    assert not same["bad"].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"fs": 0.0}, "sampling rate"), ({"fs": float("nan")}, "sampling rate"), ({"fs": 400.0}, "samples"),
     ({"unit": None}, "unit"), ({"unit": "Pa"}, "unit"), ({"unit": "V"}, "likely in uV")],
)  # fmt: skip
def test_refusals(change, message):
    x = np.random.default_rng(3).normal(size=(5, 600))
    with pytest.raises(ValueError, match=message):
        eeg.find_bad_channels(x, **({"fs": 200.0, "unit": "uV"} | change))
    with pytest.raises(ValueError, match="shape"):
        eeg.find_bad_channels(np.zeros((2, 2, 600)), fs=200, unit="uV")


def test_array_contract():
    x = eeg.simulate(5, fs=120.5, seed=3).data
    expected = eeg.find_bad_channels(x, fs=120.5, unit="uV")
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=1)[:, ::2], np.repeat(x, 2, axis=0)[::2]):
        assert eeg.find_bad_channels(other, fs=120.5, unit="uV").equals(expected)
    integers = (10 * x).astype(np.int16)
    assert eeg.find_bad_channels(integers, fs=120.5, unit="uV").equals(
        eeg.find_bad_channels(integers.astype(float), fs=120.5, unit="uV")
    )
    singles = eeg.find_bad_channels(x.astype(np.float32), fs=120.5, unit="uV")
    np.testing.assert_allclose(singles["deviation_z"], expected["deviation_z"], atol=1e-3)
