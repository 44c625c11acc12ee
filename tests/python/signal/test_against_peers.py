"""Results equal SciPy's and MNE's."""

from __future__ import annotations

import copy

import mne
import numpy as np
import pytest
import scipy.signal as sps
from hypothesis import given, settings
from hypothesis import strategies as st

import biopotential as bp

mne.set_log_level("ERROR")
RNG = np.random.default_rng(7)
X = np.cumsum(RNG.standard_normal((5, 6000)), axis=1) * 0.1 + RNG.standard_normal((5, 6000))


def close(got, want, rtol=1e-10):
    want = np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * max(np.abs(want).max(initial=0), 1e-300))


@pytest.mark.parametrize("btype", ["lowpass", "highpass", "bandpass", "bandstop"])
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("fs", [100.0, 360.0, 511.7])
def test_butter(btype, order, fs):
    cutoff = [5.0, 15.0] if btype.startswith("band") else 12.0
    close(
        bp.signal.butter(order, cutoff, fs=fs, btype=btype),
        sps.butter(order, cutoff, btype, fs=fs, output="sos"),
        1e-11,
    )


@settings(deadline=None, max_examples=60)
@given(
    order=st.integers(1, 6),
    fs=st.floats(50, 5000),
    edges=st.tuples(st.floats(0.02, 0.45), st.floats(0.02, 0.45)).map(sorted).filter(lambda e: e[1] - e[0] > 0.02),
    n=st.integers(60, 900),
    n_channels=st.integers(1, 11),
)
def test_sosfilt_and_sosfiltfilt(order, fs, edges, n, n_channels):
    cutoff = [e * fs for e in edges]
    sos = bp.signal.butter(order, cutoff, fs=fs, btype="bandpass")
    close(sos, sps.butter(order, cutoff, "bandpass", fs=fs, output="sos"), 1e-9)
    x = np.random.default_rng(n).standard_normal((n_channels, n))
    np.testing.assert_array_equal(bp.signal.sosfilt(sos, x), sps.sosfilt(sos, x))
    close(bp.signal.sosfiltfilt(sos, x), sps.sosfiltfilt(sos, x))


def test_sosfilt_state():
    sos = bp.signal.butter(4, [5, 15], fs=360, btype="bandpass")
    close(bp.signal.sosfilt_zi(sos), sps.sosfilt_zi(sos))
    zi = RNG.standard_normal((sos.shape[0], 5, 2))
    got, want = bp.signal.sosfilt(sos, X, zi=zi), sps.sosfilt(sos, X, zi=zi)
    np.testing.assert_array_equal(got[0], want[0])
    np.testing.assert_array_equal(got[1], want[1])


@pytest.mark.parametrize("window", ["hamming", "hann", "blackman", ("kaiser", 6.0)])
@pytest.mark.parametrize(("cutoff", "pass_zero"), [(20.0, True), (20.0, False), ([10, 40], True), ([10, 40], False)])
def test_firwin(window, cutoff, pass_zero):
    close(
        bp.signal.firwin(101, cutoff, fs=250, window=window, pass_zero=pass_zero),
        sps.firwin(101, cutoff, fs=250, window=window, pass_zero=pass_zero),
        1e-12,
    )


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 40.0), (0.5, None), (None, 30.0), (0.3, 35.0), (62.0, 30.0), (0.1, 100.0)]
)
@pytest.mark.parametrize("fs", [250.0, 500.0, 256.4])
def test_design_fir(low, high, fs):
    close(bp.signal.design_fir(low, high, fs=fs), mne.filter.create_filter(None, fs, low, high), 1e-12)


def test_narrow_stop_band():
    h = bp.signal.design_fir(52.0, 48.0, fs=500)
    _, gain = sps.freqz(h, 1, [10, 45, 48.5, 50, 51.5, 55, 100], fs=500)
    np.testing.assert_allclose(np.abs(gain), [1, 1, 0.5, 0, 0.5, 1, 1], atol=3e-3)


@pytest.mark.parametrize("n", [400, 1000, 6000])
@pytest.mark.filterwarnings("ignore:filter_length:RuntimeWarning")
def test_bands_fir(n):
    x = np.ascontiguousarray(X[:, :n])
    close(bp.signal.bandpass(x, 1, 40, fs=500), mne.filter.filter_data(x, 500, 1, 40))
    close(bp.signal.highpass(x, 0.5, fs=500), mne.filter.filter_data(x, 500, 0.5, None))
    close(bp.signal.lowpass(x, 30, fs=500), mne.filter.filter_data(x, 500, None, 30))
    close(bp.signal.bandstop(x, 30, 62, fs=500), mne.filter.filter_data(x, 500, 62, 30))
    close(bp.signal.notch_filter(x, [50, 100], fs=500), mne.filter.notch_filter(x, 500, [50, 100]))


def test_bands_iir():
    sos = sps.butter(4, [1, 40], "bandpass", fs=500, output="sos")
    close(bp.signal.bandpass(X, 1, 40, fs=500, method="iir"), sps.sosfiltfilt(sos, X))
    close(
        bp.signal.bandpass(X, 1, 40, fs=500, method="iir", padding="mne"),
        mne.filter.filter_data(X, 500, 1, 40, method="iir"),
    )


def test_notch_iir():
    close(bp.signal.iirnotch(50, 30, fs=360)[0], np.concatenate(sps.iirnotch(50, 30, fs=360)))


@settings(deadline=None, max_examples=60)
@given(up=st.integers(1, 40), down=st.integers(1, 40), n=st.integers(1, 700))
def test_resample_poly(up, down, n):
    x = np.random.default_rng(n).standard_normal((2, n))
    close(bp.signal.resample_poly(x, up, down), sps.resample_poly(x, up, down, axis=1), 1e-11)


@settings(deadline=None, max_examples=60)
@given(n=st.integers(1, 500), num=st.integers(1, 500))
def test_resample(n, num):
    x = np.random.default_rng(n).standard_normal((2, n))
    close(bp.signal.resample(x, num), sps.resample(x, num, axis=1))


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(8, 1500),
    nperseg=st.integers(4, 300),
    share=st.floats(0, 0.9),
    average=st.sampled_from(["mean", "median"]),
    scaling=st.sampled_from(["density", "spectrum"]),
    detrend=st.sampled_from(["constant", "linear", False]),
    window=st.sampled_from(["hann", "hamming", "blackman"]),
)
def test_welch(n, nperseg, share, average, scaling, detrend, window):
    nperseg = min(n, nperseg)
    x = np.random.default_rng(n).standard_normal((3, n)) + 5
    kw = dict(
        fs=250.5,
        nperseg=nperseg,
        noverlap=int(share * nperseg),
        average=average,
        scaling=scaling,
        detrend=detrend,
        window=window,
    )
    got, want = bp.signal.welch(x, **kw), sps.welch(x, **kw)
    close(got[0], want[0])
    close(got[1], want[1])


def test_periodogram_spectrogram_stft():
    for got, want in zip(bp.signal.periodogram(X, fs=250), sps.periodogram(X, 250), strict=True):
        close(got, want)
    for n in (6000, 5555):
        for got, want in zip(bp.signal.spectrogram(X[:, :n], fs=250), sps.spectrogram(X[:, :n], 250), strict=True):
            close(got, want)
        for nperseg in (128, 129):
            ours, theirs = bp.signal.stft(X[:, :n], fs=250, nperseg=nperseg), sps.stft(X[:, :n], 250, nperseg=nperseg)
            for got, want in zip(ours, theirs, strict=True):
                close(got, want)


@pytest.mark.parametrize("n", [500, 2001])
def test_multitaper(n):
    windows, ratios = bp.signal.dpss(n, 4.0, 7)
    want = sps.windows.dpss(n, 4.0, 7, norm=2, return_ratios=True)
    close(windows, want[0], 1e-9)
    close(ratios, want[1], 1e-9)
    for kw in ({}, {"normalization": "full"}, {"bandwidth": 3.0}, {"low_bias": False}):
        psd, freqs = mne.time_frequency.psd_array_multitaper(X[:, :n], 250.0, **kw)
        got = bp.signal.multitaper_psd(X[:, :n], fs=250, **kw)
        close(got[0], freqs)
        close(got[1], psd, 1e-9)


def test_detrend_hilbert_response():
    close(bp.signal.detrend(X), sps.detrend(X))
    close(bp.signal.detrend(X, type="constant"), sps.detrend(X, type="constant"))
    for n in (1, 2, 5, 500, 997):
        close(bp.signal.hilbert(X[:, :n]), sps.hilbert(X[:, :n]))
    sos = sps.butter(4, [5, 15], "bandpass", fs=360, output="sos")
    for got, want in zip(bp.signal.sosfreqz(sos, fs=360), sps.freqz_sos(sos, fs=360), strict=True):
        close(got, want)


@pytest.mark.parametrize("n", [1, 3, 4, 11, 12])
def test_integrate_band(n):
    from scipy.integrate import simpson

    freqs, psd = np.arange(200) * 0.25, RNG.random(200)
    keep = (freqs >= 4) & (freqs <= 4 + 0.25 * n)
    assert bp.signal.integrate_band(freqs, psd, 4, 4 + 0.25 * n) == pytest.approx(
        simpson(psd[keep], dx=0.25), rel=1e-12
    )
    got = bp.signal.integrate_band(freqs, psd, 4, 4 + 0.25 * n, rule="trapezoid")
    assert got == pytest.approx(np.trapezoid(psd[keep], dx=0.25), rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(blocks=st.lists(st.integers(0, 2500), min_size=1, max_size=12), n_channels=st.integers(1, 9))
def test_streams_equal_offline(blocks, n_channels):
    n = sum(blocks)
    x = np.random.default_rng(n).standard_normal((n_channels, n))
    sos = bp.signal.butter(3, [5, 15], fs=360, btype="bandpass")
    h = bp.signal.firwin(77, 20.0, fs=360)
    cuts = np.cumsum(blocks)[:-1]
    for stream, offline in (
        (bp.signal.SosStream(sos, n_channels), bp.signal.sosfilt(sos, x)),
        (bp.signal.FirStream(h, n_channels), bp.signal.fir_filter(h, x, causal=True)),
    ):
        twin = copy.copy(stream)
        parts = [stream.push(b) for b in np.split(x, cuts, axis=1)]
        np.testing.assert_array_equal(np.concatenate(parts, axis=1), offline)
        np.testing.assert_array_equal(twin.push(x), offline)
    close(bp.signal.fir_filter(h, x, causal=True), sps.lfilter(h, 1, x) if n else x, 1e-12)


def test_results_dont_depend_on_threads():
    before = bp.num_threads()
    sos = bp.signal.butter(4, [1, 40], fs=500, btype="bandpass")
    results = []
    try:
        for n_threads in (1, 2, 3):
            bp.set_num_threads(n_threads)
            x = np.vstack([X, X[::-1]])
            results.append(
                [bp.signal.sosfiltfilt(sos, x), bp.signal.bandpass(x, 1, 40, fs=500), bp.signal.welch(x, fs=500)[1]]
            )
    finally:
        bp.set_num_threads(before)
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
