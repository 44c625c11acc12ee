"""Smoothing, baselines and line noise against SciPy, MNE and their definitions."""

from __future__ import annotations

import mne
import numpy as np
import pytest
import scipy.ndimage as ndi
import scipy.signal as sps
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

import biopotential as bp

mne.set_log_level("ERROR")
RNG = np.random.default_rng(11)
X = np.cumsum(RNG.standard_normal((4, 3000)), axis=1) * 0.1 + RNG.standard_normal((4, 3000))
MODES = {"mirror": "mirror", "reflect": "reflect", "nearest": "nearest", "zero": "constant", "wrap": "wrap"}


def close(got, want, rtol=1e-10):
    want = np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * max(np.abs(want).max(initial=0), 1e-300))


@pytest.mark.parametrize(("window", "order"), [(1, 0), (5, 2), (11, 3), (51, 4), (21, 6)])
@pytest.mark.parametrize("deriv", [0, 1, 2])
def test_savgol(window, order, deriv):
    kw = {"deriv": deriv, "delta": 0.25}
    close(bp.signal.savgol_coeffs(window, order, **kw), sps.savgol_coeffs(window, order, **kw), 1e-9)
    for n in (window, 127, 3000):
        if n >= window:
            got = bp.signal.savgol_filter(X[:, :n], window, order, **kw)
            close(got, sps.savgol_filter(X[:, :n], window, order, **kw), 1e-9)
    for mode in ("mirror", "nearest", "wrap"):
        got = bp.signal.savgol_filter(X, window, order, mode=mode, **kw)
        close(got, sps.savgol_filter(X, window, order, mode=mode, **kw), 1e-9)


@pytest.mark.parametrize("n", [1, 3, 9, 101])
@pytest.mark.parametrize("length", [1, 2, 7, 500])
@pytest.mark.filterwarnings("ignore:kernel_size exceeds:UserWarning")
def test_running_medians_and_means(n, length):
    x = X[:, :length]
    close(bp.signal.medfilt(x, n), np.stack([sps.medfilt(row, n) for row in x]), 0)
    for mode, theirs in MODES.items():
        if mode != "zero" and n <= length:  # SciPy's median misreads signals shorter than its window
            close(bp.signal.medfilt(x, n, mode=mode), ndi.median_filter(x, (1, n), mode=theirs), 0)
        for width in (n, n + 1):
            close(bp.signal.moving_average(x, width, mode=mode), ndi.uniform_filter1d(x, width, mode=theirs), 1e-12)


def test_a_moving_average_does_not_drift():
    x = np.r_[np.full(1000, 1e12), np.zeros(3000)]
    assert not bp.signal.moving_average(x, 101)[1100:].any()


@settings(deadline=None, max_examples=50)
@given(n=st.integers(1, 60), half=st.integers(1, 20), seed=st.integers(0, 99))
def test_hampel(n, half, seed):
    x = np.round(np.random.default_rng(seed).standard_normal(n), 1)  # with ties
    want = x.copy()
    for i in range(n):
        w = x[max(0, i - half) : i + half + 1]
        median = np.median(w)
        if abs(x[i] - median) > 3 * 1.4826 * np.median(np.abs(w - median)):
            want[i] = median
    y, replaced = bp.signal.hampel(x, half)
    np.testing.assert_array_equal(y, want)
    assert replaced.dtype == bool
    np.testing.assert_array_equal(y[~replaced], x[~replaced])


def test_teager_kaiser():
    # Of a sine it is the square of amplitude times the sine of its angle.
    n = np.arange(400)
    np.testing.assert_allclose(bp.signal.teager_kaiser(3 * np.cos(0.3 * n + 1)), 9 * np.sin(0.3) ** 2, rtol=1e-12)
    assert not bp.signal.teager_kaiser(np.ones(2)).any()


@pytest.mark.parametrize("lam", [0.0, 10.0, 500.0])
@pytest.mark.parametrize("n", [1, 2, 3, 300])
def test_smoothness_priors(lam, n):
    d = np.diff(np.eye(n), n=2, axis=0) if n > 2 else np.zeros((0, n))
    x = X[:, :n]
    want = x - np.linalg.solve(np.eye(n) + lam**2 * d.T @ d, x.T).T
    close(bp.signal.detrend_smoothness_priors(x, lam), want, 1e-7 if lam > 100 else 1e-10)


def test_cubic_spline():
    t = np.sort(RNG.choice(1000, 30, replace=False)).astype(float)
    v = RNG.standard_normal(30)
    at = np.linspace(t[0] - 5, t[-1] + 5, 777)
    close(bp.signal.cubic_spline(t, v, at), CubicSpline(t, v, bc_type="natural")(at), 1e-9)
    close(bp.signal.cubic_spline([0, 2], [1, 5], [0.5, 3]), [2.0, 7.0], 1e-14)


@pytest.mark.parametrize("method", ["median", "morphological", "spline", "highpass"])
def test_baselines_go_and_beats_stay(method):
    fs = 250.0
    n = 5000
    t = np.arange(n) / fs
    beats = np.arange(100, n, 200)
    ecg = np.zeros(n)
    ecg[beats] = 1
    ecg = ndi.gaussian_filter1d(ecg, 3) * 7.5
    wander = 2 * np.sin(2 * np.pi * 0.15 * t) + 0.5
    points = beats - 40 if method == "spline" else None
    got = bp.signal.remove_baseline(ecg + wander, fs=fs, method=method, points=points)
    inside = slice(300, -300)
    assert np.abs(got - ecg)[inside].max() < 0.25
    assert got[beats][2:-2].min() > 0.75
    assert np.std((got - ecg)[inside]) < 0.1 * np.std(wander)


def test_median_baseline_is_two_medians():
    want = X - ndi.median_filter(ndi.median_filter(X, (1, 51), mode="nearest"), (1, 151), mode="nearest")
    close(bp.signal.remove_baseline(X, fs=250), want, 1e-12)


def test_morphological_baseline_is_an_opening_and_a_closing():
    opened = ndi.grey_opening(X, (1, 51), mode="nearest")
    want = X - ndi.grey_closing(opened, (1, 75), mode="nearest")
    close(bp.signal.remove_baseline(X, fs=250, method="morphological"), want, 1e-12)


@pytest.mark.parametrize("seconds", [10, 25, 31.4])
@pytest.mark.parametrize("fs", [250.0, 200.5])
@pytest.mark.parametrize("freqs", [None, [50.0], [50.0, 75.0]])
def test_line_fit_equals_mne(seconds, fs, freqs):
    n = int(seconds * fs)
    t = np.arange(n) / fs
    x = RNG.standard_normal((2, n)) + 3 * np.sin(2 * np.pi * 50 * t + 1) + 0.5 * np.sin(2 * np.pi * 75 * t)
    want = mne.filter.notch_filter(x.copy(), fs, freqs, method="spectrum_fit", filter_length="10s")
    close(bp.signal.remove_lines(x, freqs, fs=fs), want, 1e-9)
    tight = bp.signal.remove_lines(x, [50.0], fs=fs)
    around = np.abs(np.fft.rfftfreq(n, 1 / fs) - 50) < 0.2
    before, after = (np.abs(np.fft.rfft(v, axis=1))[:, around].max() for v in (x, tight))
    assert after < 0.2 * before


def test_zapline_takes_the_line_and_leaves_the_rest():
    fs, n = 500.0, 20000
    t = np.arange(n) / fs
    brain = RNG.standard_normal((8, 3)) @ ndi.gaussian_filter1d(RNG.standard_normal((3, n)), 6, axis=1) * 10
    line = RNG.standard_normal((8, 1)) * (np.sin(2 * np.pi * 50 * t) + 0.3 * np.sin(2 * np.pi * 150 * t + 1))
    noise = 0.05 * RNG.standard_normal((8, n))
    got = bp.signal.zapline(brain + line + noise, 50.0, fs=fs)
    f, before = sps.welch(brain + line + noise, fs, nperseg=1000)
    after = sps.welch(got, fs, nperseg=1000)[1]
    floor = sps.welch(brain + noise, fs, nperseg=1000)[1]
    at = np.abs(f - 50) < 0.6
    assert (after[:, at].max(axis=1) < 2 * floor[:, at].max(axis=1) + 1e-12).all()
    assert (before[:, at].max(axis=1) > 10 * floor[:, at].max(axis=1)).sum() >= 6
    far = (f > 1) & (f < 40)
    np.testing.assert_allclose(after[:, far], floor[:, far], rtol=0.1)
    np.testing.assert_allclose(bp.signal.zapline(brain + line, 50.0, fs=fs, n_remove=0), brain + line, atol=1e-9)


@pytest.mark.parametrize(("fs", "new_fs"), [(250.0, 100.0), (100.0, 250.0), (360.0, 128.0), (173.61, 100.0)])
@pytest.mark.parametrize("n", [1, 2, 63, 500, 1001])
def test_resample_fft_equals_mne(fs, new_fs, n):
    x = np.ascontiguousarray(X[:, :n])
    close(bp.signal.resample_fft(x, new_fs, fs=fs), mne.filter.resample(x, new_fs, fs, npad="auto"))
    close(bp.signal.resample_fft(x, new_fs, fs=fs, pad_samples=100), mne.filter.resample(x, new_fs, fs, npad=100))


def test_resample_fft_to_the_same_rate_changes_nothing():
    # MNE halves the power at fs / 2 here.
    close(bp.signal.resample_fft(X, 200, fs=200), X, 1e-13)


def test_what_is_refused():
    s = bp.signal
    for f, match in (
        (lambda: s.savgol_filter(X, 4, 2), "odd"),
        (lambda: s.savgol_filter(X, 5, 5), "order"),
        (lambda: s.savgol_filter(X[:, :4], 5, 2), "samples"),
        (lambda: s.medfilt(X, 4), "odd"),
        (lambda: s.medfilt(X, 3, mode="interp"), "mode"),
        (lambda: s.moving_average(X, 0), "window"),
        (lambda: s.hampel(X, 0), "half_width"),
        (lambda: s.remove_baseline(X, fs=250, method="spline"), "isoelectric"),
        (lambda: s.remove_baseline(X, fs=250, method="spline", points=[5, 3000]), "inside"),
        (lambda: s.remove_lines(X, 125.0, fs=250), "lines in Hz"),
        (lambda: s.zapline(X[0], 50, fs=250), "two channels"),
        (lambda: s.zapline(X[:, :100], 50, fs=250), "samples"),
        (lambda: s.cubic_spline([0, 0], [1, 1], [0]), "ascending"),
        (lambda: s.detrend_smoothness_priors(X, -1.0), "lambda"),
    ):
        with pytest.raises(ValueError, match=match):
            f()
