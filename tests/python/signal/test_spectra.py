"""Cross spectra, models and inverse transforms equal SciPy's or their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_toeplitz

import biopotential as bp

RNG = np.random.default_rng(5)
X = RNG.standard_normal((3, 2000)) + 1
Y = np.roll(X, 3, axis=1) + 0.5 * RNG.standard_normal((3, 2000))


def close(got, want, rtol=1e-12):
    want = np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * max(np.abs(want).max(initial=0), 1e-300))


@settings(deadline=None, max_examples=40)
@given(
    n=st.integers(8, 2000),
    nperseg=st.integers(4, 300),
    share=st.floats(0, 0.9),
    average=st.sampled_from(["mean", "median"]),
    scaling=st.sampled_from(["density", "spectrum"]),
    detrend=st.sampled_from(["constant", "linear", False]),
)
def test_csd_and_coherence(n, nperseg, share, average, scaling, detrend):
    nperseg = min(n, nperseg)
    kw = {"fs": 250.5, "nperseg": nperseg, "noverlap": int(share * nperseg), "detrend": detrend}
    got = bp.signal.csd(X[:, :n], Y[:, :n], average=average, scaling=scaling, **kw)
    want = sps.csd(X[:, :n], Y[:, :n], average=average, scaling=scaling, **kw)
    close(got[0], want[0])
    close(got[1], want[1])
    got, want = bp.signal.coherence(X[:, :n], Y[:, :n], **kw), sps.coherence(X[:, :n], Y[:, :n], **kw)
    close(got[1][:, 1:-1], want[1][:, 1:-1], 1e-9)


@pytest.mark.parametrize("normalize", ["power", "normalize", "amplitude"])
@pytest.mark.parametrize("floating_mean", [False, True])
def test_lombscargle(normalize, floating_mean):
    t = np.sort(RNG.random(300)) * 60
    x = np.stack([np.sin(2 * np.pi * 0.7 * t) + 0.3 * RNG.standard_normal(300), RNG.standard_normal(300)])
    f = np.linspace(0.01, 3, 150)
    got = bp.signal.lombscargle(t, x, f, normalize=normalize, floating_mean=floating_mean)
    want = [sps.lombscargle(t, row, 2 * np.pi * f, normalize=normalize, floating_mean=floating_mean) for row in x]
    close(got, np.abs(want) ** 2 if normalize == "amplitude" else want, 1e-9)
    assert f[got[0].argmax()] == pytest.approx(0.7, abs=0.02)


def test_yule_walker_solves_its_equations():
    x = sps.lfilter([1], [1, -1.2, 0.6], RNG.standard_normal((2, 5000)), axis=1)
    a, variance = bp.signal.fit_ar(x, 6, method="yule_walker")
    for row, coefficients, v in zip(x - x.mean(axis=1, keepdims=True), a, variance, strict=True):
        r = np.array([row[: 5000 - k] @ row[k:] for k in range(7)]) / 5000
        want = solve_toeplitz(r[:6], -r[1:])
        np.testing.assert_allclose(coefficients, np.r_[1, want], rtol=1e-9)
        assert v == pytest.approx(r[0] + r[1:] @ want, rel=1e-9)


@pytest.mark.parametrize("method", ["burg", "yule_walker"])
def test_ar_finds_the_model(method):
    true = [1, -1.6, 0.9, -0.1]
    x = sps.lfilter([1], true, 2 * RNG.standard_normal(60000))
    a, variance = bp.signal.fit_ar(x, 3, method=method)
    np.testing.assert_allclose(a, true, atol=0.02)
    assert variance == pytest.approx(4, rel=0.05)
    f, psd = bp.signal.ar_psd(x, 3, fs=100, method=method, n_freqs=513)
    h = sps.freqz([1], a, worN=np.pi * f / 50)[1]
    np.testing.assert_allclose(psd[1:-1], 2 * variance * np.abs(h[1:-1]) ** 2 / 100, rtol=1e-10)
    assert np.trapezoid(psd, f) == pytest.approx(x.var(), rel=0.05)


def test_burg_is_exact_on_two_samples_and_stable():
    # One reflection: k = -2 x0 x1 / (x0^2 + x1^2) of the samples without their mean, which is -2 * -1 / 2 = 1.
    a, variance = bp.signal.fit_ar([3.0, 1.0], 1)
    np.testing.assert_allclose(a, [1, 1])
    assert variance == pytest.approx(0, abs=1e-15)
    a, _ = bp.signal.fit_ar(X, 20)
    for row in a:
        assert np.abs(np.roots(row)).max() < 1


@pytest.mark.parametrize("n", [500, 501])
def test_cepstrum(n):
    close(bp.signal.cepstrum(X[:, :n]), np.fft.irfft(np.log(np.abs(np.fft.rfft(X[:, :n], axis=1))), n, axis=1), 1e-11)


@pytest.mark.parametrize(("nperseg", "noverlap", "nfft"), [(128, None, None), (129, None, None), (64, 48, 100)])
@pytest.mark.parametrize("n", [1000, 1003])
def test_istft(nperseg, noverlap, nfft, n):
    kw = {"nperseg": nperseg, "noverlap": noverlap, "nfft": nfft}
    z = bp.signal.stft(X[:, :n], fs=250, **kw)[2]
    got = bp.signal.istft(z, **kw)
    close(got, sps.istft(z, 250, **kw)[1], 1e-11)
    np.testing.assert_allclose(got[:, :n], X[:, :n], atol=1e-12)
    close(bp.signal.istft(z[0], **kw), got[0])


def test_what_is_refused():
    s = bp.signal
    for f, match in (
        (lambda: s.csd(X, X[:2], fs=1), "one shape"),
        (lambda: s.coherence(X, X[:, :9], fs=1), "one shape"),
        (lambda: s.lombscargle([0, 1, 2], X, 1.0), "as many samples"),
        (lambda: s.fit_ar(X, 2000), "order"),
        (lambda: s.ar_psd(X, 2, fs=-1), "sampling rate"),
        (lambda: s.cepstrum(np.zeros(10)), "zero"),
        (lambda: s.istft(np.zeros((10, 3)), nperseg=64), "frequencies"),
    ):
        with pytest.raises(ValueError, match=match):
            f()
