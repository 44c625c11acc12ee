"""Wavelets equal PyWavelets', Morlet transforms MNE's."""

from __future__ import annotations

import mne
import numpy as np
import pytest
import pywt

import biopotential as bp

mne.set_log_level("ERROR")
RNG = np.random.default_rng(3)
X = RNG.standard_normal((3, 640)) + 2
NAMES = bp.signal.wavelet_names()
MODES = [
    "symmetric",
    "reflect",
    "zero",
    "constant",
    "smooth",
    "periodic",
    "antisymmetric",
    "antireflect",
    "periodization",
]


def close(got, want, rtol=1e-10):
    want = np.asarray(want)
    assert got.shape == want.shape
    # Details of a smooth signal are rounding of its own size.
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * max(np.abs(want).max(initial=0), 1.0))


def test_all_usual_wavelets_are_there():
    want = {n for f in ("haar", "db", "sym", "coif", "bior", "rbio") for n in pywt.wavelist(f)}
    assert set(NAMES) <= want
    assert want - set(NAMES) == {f"db{n}" for n in range(21, 39)} | {f"coif{n}" for n in range(6, 18)}


@pytest.mark.parametrize("name", NAMES)
def test_filters(name):
    # PyWavelets' symlets and some others carry 11 to 12 digits.
    for got, want in zip(bp.signal.wavelet_filters(name), pywt.Wavelet(name).filter_bank, strict=True):
        np.testing.assert_allclose(got, want, atol=3e-11)


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith(("bior", "rbio"))])
def test_filters_are_orthonormal(name):
    h = bp.signal.wavelet_filters(name)[2]
    want = np.zeros(len(h) // 2)
    want[0] = 1
    got = [h[: len(h) - 2 * m] @ h[2 * m :] for m in range(len(h) // 2)]
    np.testing.assert_allclose(got, want, atol=1e-14)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["haar", "db2", "db4", "sym9", "coif2", "bior2.4", "bior4.4", "rbio3.1"])
@pytest.mark.parametrize("n", [2, 3, 7, 64, 101])
def test_dwt(mode, name, n):
    got, want = bp.signal.dwt(X[:, :n], name, mode=mode), pywt.dwt(X[:, :n], name, mode=mode)
    for g, w in zip(got, want, strict=True):
        close(g, w)
    back = bp.signal.idwt(*got, name, mode=mode)
    close(back, pywt.idwt(*want, name, mode=mode))
    np.testing.assert_allclose(back[:, :n], X[:, :n], rtol=1e-10)


@pytest.mark.parametrize("mode", ["symmetric", "periodization", "zero"])
@pytest.mark.parametrize("level", [None, 0, 1, 3])
@pytest.mark.parametrize("n", [101, 640])
def test_wavedec(mode, level, n):
    got = bp.signal.wavedec(X[:, :n], "db4", level=level, mode=mode)
    want = pywt.wavedec(X[:, :n], "db4", level=level, mode=mode)
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        close(g, w)
    close(bp.signal.waverec(got, "db4", mode=mode)[:, :n], X[:, :n])
    one = bp.signal.wavedec(X[0, :n], "db4", level=level, mode=mode)
    close(bp.signal.waverec(one, "db4", mode=mode)[:n], X[0, :n])


@pytest.mark.parametrize("name", ["haar", "db3", "sym5", "coif3", "bior3.3", "rbio2.2"])
@pytest.mark.parametrize("level", [1, 2, 5])
def test_swt(name, level):
    got, want = bp.signal.swt(X, name, level), pywt.swt(X, name, level)
    for g, w in zip(got, want, strict=True):
        close(g[0], w[0])
        close(g[1], w[1])
    close(bp.signal.iswt(got, name), X)
    changed = [(a, np.where(np.abs(d) > 0.5, d, 0)) for a, d in got]
    close(bp.signal.iswt(changed, name), pywt.iswt(changed, name))
    close(bp.signal.iswt(bp.signal.swt(X[0], name, level), name), X[0])


@pytest.mark.parametrize("wavelet", ["morl", "mexh", "cmor1.5-1.0", "cmor0.5-2.25"])
@pytest.mark.parametrize("n", [50, 501])
def test_cwt(wavelet, n):
    scales = [1, 2.5, 4, 7.3, 20, 33.3]
    got, f = bp.signal.cwt(X[:, :n], scales, fs=250, wavelet=wavelet)
    want, wf = pywt.cwt(X[:, :n], scales, wavelet, sampling_period=1 / 250, method="fft")
    close(f, wf)
    close(got, np.swapaxes(want, 0, 1))
    assert np.iscomplexobj(got) == wavelet.startswith("cmor")


@pytest.mark.parametrize("decim", [1, 3, 4])
@pytest.mark.parametrize("zero_mean", [False, True])
@pytest.mark.parametrize("n_cycles", [5.0, [3.0, 4.0, 7.0]])
@pytest.mark.parametrize("n", [300, 301])
def test_morlet(decim, zero_mean, n_cycles, n):
    freqs = [8.0, 13.3, 40.0]
    kw = {"n_cycles": n_cycles, "zero_mean": zero_mean, "decim": decim}
    x = X[None, :, :n]
    want = mne.time_frequency.tfr_array_morlet(x, 250.0, freqs, output="complex", **kw)[0]
    close(bp.signal.morlet_tfr(x[0], freqs, fs=250, **kw), want, 1e-12)
    close(bp.signal.morlet_power(x[0], freqs, fs=250, **kw), np.abs(want) ** 2, 1e-12)
    close(bp.signal.morlet_power(x[0, 1], freqs, fs=250, **kw), np.abs(want[1]) ** 2, 1e-12)


def test_what_is_refused():
    s = bp.signal
    for f, match in (
        (lambda: s.dwt(X, "db99"), "db1 to db20"),
        (lambda: s.dwt(X, "db2", mode="best"), "mode"),
        (lambda: s.idwt(X, X[:, :5], "db2"), "one shape"),
        (lambda: s.waverec([X, X[:, :5]], "db2"), "lengths"),
        (lambda: s.swt(X[:, :33], "db2", 1), "divides"),
        (lambda: s.iswt([(X, X[:, :5])], "db2"), "one shape"),
        (lambda: s.cwt(X, 4, fs=250, wavelet="paul"), "morl"),
        (lambda: s.cwt(X, -4, fs=250), "scales"),
        (lambda: s.morlet_tfr(X, 0.5, fs=250), "no longer"),
        (lambda: s.morlet_tfr(X, 126, fs=250), "frequencies"),
        (lambda: s.morlet_power(X, [10, 20], fs=250, n_cycles=[1, 2, 3]), "n_cycles"),
    ):
        with pytest.raises(ValueError, match=match):
            f()
