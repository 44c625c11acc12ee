"""Connectivity against mne-connectivity at run time."""

import mne_connectivity
import numpy as np
import pytest

from biopotential import eeg

METHODS = ["coh", "imcoh", "plv", "ciplv", "ppc", "pli", "pli2_unbiased", "dpli", "wpli", "wpli2_debiased"]
FS = 128.5


@pytest.fixture(scope="module")
def epochs():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(12, 5, 300))
    x[:, 1, 3:] += 0.8 * x[:, 0, :-3]
    x[:, 3] += 0.7 * x[:, 2]
    return x


@pytest.mark.parametrize(("mode", "bandwidth"), [("multitaper", None), ("multitaper", 6.0), ("fourier", None)])
def test_equal_to_mne_connectivity(epochs, mode, bandwidth):
    out = eeg.connectivity(
        epochs, fs=FS, method=METHODS, low_hz=3, high_hz=40, mode=mode, bandwidth_hz=bandwidth, channels=list("abcde")
    )
    a, b = np.triu_indices(5, 1)
    theirs = mne_connectivity.spectral_connectivity_epochs(
        epochs,
        method=METHODS,
        indices=(a, b),
        sfreq=FS,
        mode=mode,
        fmin=3,
        fmax=40,
        mt_bandwidth=bandwidth,
        verbose=False,
    )
    assert out.pairs[0] == ("a", "b")
    assert len(out.pairs) == 10
    np.testing.assert_allclose(out.freqs, theirs[0].freqs, rtol=1e-12)
    for method, expected in zip(METHODS, theirs, strict=True):
        np.testing.assert_allclose(
            out.values[method], expected.get_data().reshape(10, -1), rtol=1e-8, atol=1e-10, err_msg=method
        )


def test_bands_and_matrix(epochs):
    out = eeg.connectivity(epochs, fs=FS, method=["coh", "dpli"], channels=list("abcde"))
    table = out.table([(8, 12, "alpha"), (500, 600, "none")])
    assert table["band"].unique().tolist() == ["alpha"]
    assert len(table) == 10
    row = table[(table["channel_a"] == "c") & (table["channel_b"] == "d")].iloc[0]
    matrix = out.matrix("coh", 8, 12)
    assert matrix[2, 3] == row["coh"]
    assert matrix[2, 3] > matrix[0, 4] + 0.3
    assert matrix[3, 2] == 0
    assert out.matrix("dpli", 2, 10)[0, 1] > 0.6, "a leads b"
    assert len(out.table()) == 60
    with pytest.raises(ValueError, match="band"):
        out.matrix("coh", 500, 600)


def test_a_continuous_signal_is_cut(epochs):
    x = np.concatenate(list(epochs), axis=1)
    cut = eeg.connectivity(x, fs=300.0, epoch_s=1.0)
    whole = eeg.connectivity(epochs, fs=300.0)
    np.testing.assert_array_equal(cut.values["wpli"], whole.values["wpli"])
    strided = eeg.connectivity(np.repeat(x, 2, axis=1)[:, ::2], fs=300.0, epoch_s=1.0)
    np.testing.assert_array_equal(strided.values["wpli"], whole.values["wpli"])
    single = eeg.connectivity(epochs.astype(np.float32), fs=300.0)
    np.testing.assert_allclose(single.values["wpli"], whole.values["wpli"], atol=1e-3)
    assert eeg.connectivity(x[0], fs=300.0, epoch_s=1.0).values["wpli"].shape == (0, 45)


def test_channels_without_a_signal(epochs):
    x = epochs.copy()
    x[:, 4] = 1.0
    out = eeg.connectivity(x, fs=FS, method=["wpli", "pli"])
    assert np.isfinite(out.values["wpli"]).all()
    assert out.values["wpli"][3].max() == 0, "no imaginary part: 0, as in MNE"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fs": 0.0}, "sampling rate"),
        ({"method": "granger"}, "wpli2_debiased"),
        ({"method": []}, "one coupling"),
        ({"low_hz": 70.0, "high_hz": 80.0}, "range"),
        ({"epoch_s": 1.0}, "continuous"),
        ({"mode": "wavelet"}, "mode"),
        ({"bandwidth_hz": 0.1}, "bandwidth"),
        ({"bandwidth_hz": -1.0}, "bandwidth"),
        ({"channels": ["a"]}, "channel names"),
    ],
)
def test_refusals(epochs, change, message):
    with pytest.raises(ValueError, match=message):
        eeg.connectivity(epochs, **({"fs": FS} | change))
    with pytest.raises(ValueError, match="epoch_s"):
        eeg.connectivity(epochs[0], fs=FS)
    with pytest.raises(ValueError, match="epoch"):
        eeg.connectivity(epochs[0], fs=FS, epoch_s=100)
    holed = epochs.copy()
    holed[2, 1, 7] = np.nan
    with pytest.raises(ValueError, match="finite"):
        eeg.connectivity(holed, fs=FS)
