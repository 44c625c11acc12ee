"""Aperiodic spectra against specparam and YASA at run time."""

import numpy as np
import pytest
import specparam
import yasa

from biopotential import eeg, signal

FS = 250.0


@pytest.fixture(scope="module")
def spectra():
    x = eeg.simulate(240, ["Fp1", "Cz", "O1", "O2", "T7"], fs=FS, alpha_uv=30, blinks_per_minute=0, seed=4).data
    return signal.welch(x, fs=FS, nperseg=500)


def theirs(freqs, psd, low, high, mode):
    model = specparam.SpectralModel(aperiodic_mode=mode, verbose=False)
    model.fit(freqs, psd, [low, high])
    return model


@pytest.mark.parametrize(("low", "high"), [(1, 40), (2, 45), (0.5, 30)])
def test_equal_to_specparam(spectra, low, high):
    freqs, psd = spectra
    fits, peaks = eeg.aperiodic(freqs, psd, low_hz=low, high_hz=high)
    for i in range(len(psd)):
        model = theirs(freqs, psd[i], low, high, "fixed")
        offset, exponent = model.get_params("aperiodic")
        ours = peaks[peaks["channel"] == str(i)][["center_hz", "power", "bandwidth_hz"]].to_numpy()
        expected = np.atleast_2d(model.get_params("periodic"))
        assert fits["n_peaks"][i] == len(ours) == len(expected)
        np.testing.assert_allclose(ours, expected, rtol=0.02, atol=0.05)
        assert fits["offset"][i] == pytest.approx(offset, abs=2e-3)
        assert fits["exponent"][i] == pytest.approx(exponent, abs=2e-3)
        gof = model.get_metrics("gof", "rsquared")
        assert fits["r_squared"][i] == pytest.approx(gof, abs=1e-3)
        assert fits["r_squared"][i] > gof - 1e-4


def test_what_was_put_in_comes_out():
    freqs = np.arange(1, 181) * 0.25
    power = 1.5 - 1.2 * np.log10(freqs) + 0.8 * np.exp(-((freqs - 10.3) ** 2) / 2 / 0.9**2)
    fits, peaks = eeg.aperiodic(freqs, 10**power, channels=["Oz"])
    assert fits["channel"].tolist() == ["Oz"]
    assert fits["offset"][0] == pytest.approx(1.5, abs=0.01)
    assert fits["exponent"][0] == pytest.approx(1.2, abs=0.01)
    assert fits["r_squared"][0] > 0.9999
    np.testing.assert_allclose(peaks.iloc[0, 1:].astype(float), [10.3, 0.8, 1.8], atol=0.03)
    line, none = eeg.aperiodic(freqs, 10 ** (1.5 - 1.2 * np.log10(freqs)), max_peaks=0)
    assert line["exponent"][0] == pytest.approx(1.2, abs=1e-12)
    assert none.empty


def test_knee_like_specparam():
    freqs = np.arange(1, 401) * 0.25
    rng = np.random.default_rng(1)
    power = 3.0 - np.log10(120 + freqs**2.1) + 0.02 * rng.normal(size=freqs.size)
    fits, _ = eeg.aperiodic(freqs, 10**power, high_hz=100, mode="knee", max_peaks=0)
    model = specparam.SpectralModel(aperiodic_mode="knee", max_n_peaks=0, verbose=False)
    model.fit(freqs, 10**power, [1, 100])
    offset, knee, exponent = model.get_params("aperiodic")
    assert fits["offset"][0] == pytest.approx(offset, rel=1e-3)
    assert fits["knee"][0] == pytest.approx(knee, rel=1e-2)
    assert fits["exponent"][0] == pytest.approx(exponent, rel=1e-3)
    assert fits["exponent"][0] == pytest.approx(2.1, abs=0.05)


def test_spectra_that_cannot_be_fitted(spectra):
    freqs, psd = spectra
    bad = psd.copy()
    bad[1, 20] = np.nan
    bad[2, 20] = 0
    fits, peaks = eeg.aperiodic(freqs, bad)
    assert fits["exponent"].isna().tolist() == [False, True, True, False, False]
    assert set(peaks["channel"]) <= {"0", "3", "4"}
    clean, _ = eeg.aperiodic(freqs, psd[0])
    assert clean["exponent"][0] == fits["exponent"][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mode": "lorentz"}, "mode"),
        ({"low_hz": 30.0, "high_hz": 20.0}, "low_hz"),
        ({"low_hz": 1.0, "high_hz": 2.0}, "frequencies in the range"),
        ({"peak_width_hz": (2.0, 1.0)}, "narrowest"),
        ({"max_peaks": -1}, "max_peaks"),
        ({"channels": ["a"]}, "channel names"),
    ],
)
def test_refusals(spectra, change, message):
    freqs, psd = spectra
    with pytest.raises(ValueError, match=message):
        eeg.aperiodic(freqs, psd, **change)
    with pytest.raises(ValueError, match="as many powers"):
        eeg.aperiodic(freqs[1:], psd)
    with pytest.raises(ValueError, match="ascending"):
        eeg.aperiodic(freqs[::-1], psd)
    with pytest.raises(ValueError, match="shape"):
        eeg.aperiodic(freqs, np.stack([psd, psd]))


@pytest.fixture(scope="module")
def x():
    return eeg.simulate(40, ["Fp1", "Cz", "O1"], fs=FS, seed=4).data


@pytest.mark.parametrize("fs", [FS, 128.5])
def test_irasa_is_equal_to_yasa(x, fs):
    out = eeg.irasa(x, fs=fs, channels=["a", "b", "c"])
    freqs, fractal, rest, fit = yasa.irasa(x, sf=fs, ch_names=["a", "b", "c"])
    np.testing.assert_allclose(out.freqs, freqs, rtol=1e-12)
    np.testing.assert_allclose(out.aperiodic, fractal, rtol=1e-9)
    np.testing.assert_allclose(out.oscillatory, rest, rtol=1e-7, atol=1e-9 * fractal.max())
    np.testing.assert_allclose(out.fits.iloc[:, 1:], fit[["Intercept", "Slope", "R^2", "std(osc)"]], rtol=1e-6)
    assert out.fits["channel"].tolist() == ["a", "b", "c"]


def test_irasa_with_other_settings(x):
    out = eeg.irasa(x[0], fs=FS, low_hz=2, high_hz=40, factors=[1.1, 1.33, 1.7], window_s=2)
    freqs, fractal, _, _ = yasa.irasa(x[:1], sf=FS, band=(2, 40), hset=[1.1, 1.33, 1.7], win_sec=2)
    np.testing.assert_allclose(out.freqs, freqs)
    np.testing.assert_allclose(out.aperiodic, fractal[0], rtol=1e-9)
    assert out.oscillatory.ndim == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fs": 0.0}, "sampling rate"),
        ({"low_hz": 0.0}, "low_hz"),
        ({"high_hz": 200.0}, "fs / 2"),
        ({"factors": [1.5]}, "two factors"),
        ({"factors": [0.5, 1.5]}, "factors"),
        ({"window_s": 100.0}, "samples"),
        ({"channels": ["a"]}, "channel names"),
    ],
)
def test_irasa_refusals(x, change, message):
    with pytest.raises(ValueError, match=message):
        eeg.irasa(x, **({"fs": FS} | change))
    with pytest.raises(ValueError, match="finite"):
        eeg.irasa(np.full(5000, np.nan), fs=FS)
