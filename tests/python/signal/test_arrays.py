"""What goes in, what comes out, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

import biopotential as bp

SOS = bp.signal.butter(2, [5, 15], fs=200, btype="bandpass")
H = bp.signal.firwin(31, 20.0, fs=200)
FILTERS = {
    "sosfilt": lambda x: bp.signal.sosfilt(SOS, x),
    "sosfiltfilt": lambda x: bp.signal.sosfiltfilt(SOS, x),
    "fir_filter": lambda x: bp.signal.fir_filter(H, x),
    "causal": lambda x: bp.signal.fir_filter(H, x, causal=True),
    "bandpass": lambda x: bp.signal.bandpass(x, 5, 15, fs=200),
    "iir": lambda x: bp.signal.bandpass(x, 5, 15, fs=200, method="iir"),
    "notch_filter": lambda x: bp.signal.notch_filter(x, 50, fs=200),
    "notch_iir": lambda x: bp.signal.notch_filter(x, 50, fs=200, method="iir"),
    "detrend": bp.signal.detrend,
    "hilbert": bp.signal.hilbert,
    "resample_poly": lambda x: bp.signal.resample_poly(x, 2, 3),
    "resample": lambda x: bp.signal.resample(x, 150),
    "resample_fft": lambda x: bp.signal.resample_fft(x, 150, fs=200),
    "savgol_filter": lambda x: bp.signal.savgol_filter(x, 11, 3),
    "medfilt": lambda x: bp.signal.medfilt(x, 5),
    "moving_average": lambda x: bp.signal.moving_average(x, 7),
    "hampel": lambda x: bp.signal.hampel(x, 5)[0],
    "teager_kaiser": bp.signal.teager_kaiser,
    "smoothness_priors": bp.signal.detrend_smoothness_priors,
    "baseline": lambda x: bp.signal.remove_baseline(x, fs=200),
    "baseline_morphological": lambda x: bp.signal.remove_baseline(x, fs=200, method="morphological"),
    "remove_lines": lambda x: bp.signal.remove_lines(x, 50.0, fs=200),
    "welch": lambda x: bp.signal.welch(x, fs=200, nperseg=64)[1],
    "periodogram": lambda x: bp.signal.periodogram(x, fs=200)[1],
    "spectrogram": lambda x: bp.signal.spectrogram(x, fs=200, nperseg=64)[2],
    "stft": lambda x: bp.signal.stft(x, fs=200, nperseg=64)[2],
    "csd": lambda x: bp.signal.csd(x, x, fs=200, nperseg=64)[1],
    "coherence": lambda x: bp.signal.coherence(x, np.roll(x, 1, axis=-1), fs=200, nperseg=64)[1],
    "lombscargle": lambda x: bp.signal.lombscargle(np.arange(np.shape(x)[-1]), x, [0.1, 0.2]),
    "fit_ar": lambda x: bp.signal.fit_ar(x, 4)[0],
    "ar_psd": lambda x: bp.signal.ar_psd(x, 4, fs=200)[1],
    "cepstrum": bp.signal.cepstrum,
    "dwt": lambda x: bp.signal.dwt(x, "db4")[1],
    "wavedec": lambda x: bp.signal.wavedec(x, "db4", level=3)[0],
    "swt": lambda x: bp.signal.swt(x, "db4", 3)[0][1],
    "morlet_tfr": lambda x: bp.signal.morlet_tfr(x, [10, 30], fs=200),
    "morlet_power": lambda x: bp.signal.morlet_power(x, [10, 30], fs=200, decim=3),
    "cwt": lambda x: bp.signal.cwt(x, [2, 8], fs=200)[0],
    "multitaper": lambda x: bp.signal.multitaper_psd(x, fs=200)[1],
}
X = np.round(np.random.default_rng(1).standard_normal((3, 400)) * 100)


@pytest.mark.parametrize("f", FILTERS.values(), ids=FILTERS.keys())
def test_layouts_and_types_give_the_same(f):
    want = f(X)
    for same in (
        np.asfortranarray(X),
        np.repeat(X, 2, axis=1)[:, ::2],
        X.astype(np.float32),
        X.astype(np.int16),
        X[::-1][::-1],
    ):
        np.testing.assert_array_equal(f(same), want)
    np.testing.assert_allclose(f(X[1]), want[1], rtol=1e-12, atol=1e-10)


@pytest.mark.parametrize("f", FILTERS.values(), ids=FILTERS.keys())
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_is_refused(f, bad):
    x = X.copy()
    x[1, 200] = bad
    with pytest.raises(ValueError, match=r"finite samples.*channel 1 at sample 200"):
        f(x)


@pytest.mark.parametrize("f", FILTERS.values(), ids=FILTERS.keys())
def test_dimensions_are_refused(f):
    for x in (np.zeros((2, 2, 400)), np.zeros((1, 1), complex), np.zeros(400, complex)):
        with pytest.raises(ValueError, match=r"^\["):
            f(x)


@pytest.mark.parametrize(
    "name",
    [
        "sosfilt",
        "fir_filter",
        "causal",
        "bandpass",
        "notch_filter",
        "detrend",
        "hilbert",
        "medfilt",
        "moving_average",
        "hampel",
        "teager_kaiser",
        "smoothness_priors",
        "baseline",
        "baseline_morphological",
    ],
)
def test_empty_and_one_sample(name):
    assert FILTERS[name](np.zeros(0)).shape == (0,)
    assert FILTERS[name](np.zeros((3, 0))).shape == (3, 0)
    assert FILTERS[name](np.zeros((0, 9))).shape == (0, 9)
    assert np.isfinite(FILTERS[name](np.ones((2, 1)))).all()


@pytest.mark.parametrize(
    "name",
    [
        "sosfiltfilt",
        "iir",
        "resample",
        "resample_fft",
        "savgol_filter",
        "remove_lines",
        "csd",
        "coherence",
        "fit_ar",
        "ar_psd",
        "cepstrum",
        "dwt",
        "wavedec",
        "morlet_tfr",
        "morlet_power",
        "cwt",
        "welch",
        "periodogram",
        "spectrogram",
        "stft",
        "multitaper",
    ],
)
def test_too_short_is_refused(name):
    with pytest.raises(ValueError, match="samples"):
        FILTERS[name](np.zeros(0))


def test_constant():
    x = np.full((2, 500), 3.0)
    np.testing.assert_allclose(bp.signal.lowpass(x, 20, fs=200), x, rtol=1e-12)
    np.testing.assert_allclose(bp.signal.bandpass(x, 5, 15, fs=200), 0, atol=1e-12)
    np.testing.assert_allclose(bp.signal.detrend(x), 0, atol=1e-12)
    np.testing.assert_allclose(bp.signal.welch(x, fs=200)[1], 0, atol=1e-25)


@pytest.mark.parametrize("fs", [0.0, -1.0, np.nan, np.inf])
def test_rates_are_refused(fs):
    for f in (
        lambda: bp.signal.butter(2, 5, fs=fs),
        lambda: bp.signal.bandpass(X, 5, 15, fs=fs),
        lambda: bp.signal.notch_filter(X, 50, fs=fs),
        lambda: bp.signal.welch(X, fs=fs),
        lambda: bp.signal.apply({"schema_version": 1, "steps": []}, X, fs=fs),
    ):
        with pytest.raises(ValueError, match="sampling rate"):
            f()


@pytest.mark.parametrize(("low", "high"), [(0, 10), (-1, 10), (10, 5), (5, 100), (5, 200), (np.nan, 10), (5, 5)])
@pytest.mark.parametrize("method", ["fir", "iir"])
def test_edges_are_refused(low, high, method):
    for f in (bp.signal.bandpass, bp.signal.bandstop):
        with pytest.raises(ValueError, match=f.__name__):
            f(X, low, high, fs=200, method=method)


def test_unknown_choices_are_named():
    with pytest.raises(ValueError, match=r"btype as one of .*got sideways"):
        bp.signal.butter(2, 5, fs=200, btype="sideways")
    with pytest.raises(ValueError, match="method as one of fir, iir"):
        bp.signal.bandpass(X, 5, 15, fs=200, method="best")


def step(function, **parameters):
    return {"function": function, "parameters": parameters}


def test_apply_runs_the_functions():
    pipeline = {
        "schema_version": 1,
        "steps": [
            step("detrend"),
            step("bandpass", low=1, high=40, method="iir"),
            step("notch", freqs=[50]),
            step("resample", fs=100),
            step("standardize"),
            step("scale", factor=2, offset=1),
            step("clip", low=-3, high=3),
        ],
    }
    got, fs = bp.signal.apply(pipeline, X, fs=200)
    x = bp.signal.notch_filter(bp.signal.bandpass(bp.signal.detrend(X), 1, 40, fs=200, method="iir"), [50], fs=200)
    x = bp.signal.resample_poly(x, 1, 2)
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    assert fs == 100
    np.testing.assert_allclose(got, np.clip(2 * x + 1, -3, 3), rtol=1e-11, atol=1e-12)
    again, _ = bp.signal.apply(json.dumps(pipeline), X[0], fs=200)
    np.testing.assert_allclose(again, got[0], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (step("blur"), "blur"),
        (step("bandpass", low=1), "high"),
        (step("bandpass", low=1, high=40, width=3), "width"),
        (step("bandpass", low="1", high=40), "low as a number"),
        (step("highpass", low=1, method="magic"), "magic"),
        (step("clip", low=2, high=1), "low <= high"),
        ({"function": "detrend", "version": 2}, "version 1"),
    ],
)
def test_apply_names_what_it_refuses(bad, message):
    with pytest.raises(ValueError, match=message):
        bp.signal.apply({"schema_version": 1, "steps": [bad]}, X, fs=200)


def test_apply_leaves_its_input_and_bridges_no_samples():
    x = X.copy()
    got, _ = bp.signal.apply({"schema_version": 1, "steps": [step("scale", factor=0)]}, x, fs=200)
    np.testing.assert_array_equal(x, X)
    assert not got.any()
    empty, _ = bp.signal.apply({"schema_version": 1, "steps": [step("standardize")]}, np.zeros((2, 0)), fs=200)
    assert empty.shape == (2, 0)
    flat, _ = bp.signal.apply({"schema_version": 1, "steps": [step("standardize")]}, np.full(50, 0.1), fs=200)
    assert not flat.any()


@pytest.mark.parametrize(("fs", "new_fs", "n"), [(360, 128, 143), (250, 250, 400), (173.61, 100, 230)])
def test_resample_to(fs, new_fs, n):
    assert bp.signal.resample_to(X, new_fs, fs=fs).shape == (3, n)


def test_streams_refuse_and_keep_their_state():
    stream = bp.signal.SosStream(SOS, 3)
    first = stream.push(X[:, :100])
    with pytest.raises(ValueError, match="3 channels"):
        stream.push(X[:2])
    with pytest.raises(ValueError, match="finite"):
        stream.push(np.full((3, 4), np.nan))
    np.testing.assert_array_equal(np.hstack([first, stream.push(X[:, 100:])]), bp.signal.sosfilt(SOS, X))
    stream.reset()
    np.testing.assert_array_equal(stream.push(X), bp.signal.sosfilt(SOS, X))
