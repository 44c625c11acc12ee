"""Band powers against YASA at run time."""

import numpy as np
import pytest
import yasa

from biopotential import eeg

BANDS = ["delta", "theta", "alpha", "sigma", "beta", "gamma"]


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(2)
    t = np.arange(160 * 40) / 160
    return 20 * rng.standard_normal((4, t.size)) + 30 * np.sin(2 * np.pi * 10.1 * t)


@pytest.mark.parametrize("fs", [160, 128.5])
@pytest.mark.parametrize("relative", [False, True])
def test_equal_to_yasa(x, fs, relative):
    expected = yasa.bandpower(x, fs, ch_names=list("abcd"), relative=relative)
    out = eeg.band_power(x, fs=fs, channels=list("abcd"))
    columns = [f"{b}_rel" for b in BANDS] if relative else BANDS
    theirs = expected[["Delta", "Theta", "Alpha", "Sigma", "Beta", "Gamma"]].to_numpy(dtype=float)
    np.testing.assert_allclose(out[columns].to_numpy(), theirs, rtol=1e-10)
    assert list(out["channel"]) == list("abcd")


def test_epochs_are_cut_and_missing_ones_are_nan(x):
    x = x.copy()
    x[1, 170] = np.nan
    out = eeg.band_power(x, fs=160, epoch_s=10, bands=[(8, 13, "alpha")])
    assert len(out) == 16
    row = out[(out["epoch"] == 2) & (out["channel"] == "3")].iloc[0]
    alone = eeg.band_power(x[3, 3200:4800], fs=160, bands=[(8, 13, "alpha")]).iloc[0]
    assert row["onset_s"] == 20
    assert row["alpha"] == alone["alpha"]
    assert out["alpha"].isna().sum() == 1


def test_peak_and_edge(x):
    out = eeg.band_power(x, fs=160)
    np.testing.assert_allclose(out["alpha_peak_hz"], 10.1, atol=0.06)
    assert ((out["edge95_hz"] > 10) & (out["edge95_hz"] <= 40)).all()


def test_refusals(x):
    with pytest.raises(ValueError, match="sampling rate"):
        eeg.band_power(x, fs=0)
    with pytest.raises(ValueError, match="two frequencies"):
        eeg.band_power(x[:, :50], fs=160)
    with pytest.raises(ValueError, match="fs / 2"):
        eeg.band_power(x, fs=60)
    with pytest.raises(ValueError, match="epoch"):
        eeg.band_power(x, fs=160, epoch_s=100)
    with pytest.raises(ValueError, match="names"):
        eeg.band_power(x, fs=160, channels=["a"])
