"""Spindles and slow waves against YASA at run time."""

import warnings

import numpy as np
import pytest
import yasa

from biopotential import eeg

FS = 100.0
SPINDLE = {"start_s": "Start", "peak_s": "Peak", "end_s": "End", "duration_s": "Duration", "amplitude_uv": "Amplitude",
           "sigma_amplitude_uv": "AmpFiltered", "rms_uv": "RMS", "abs_power": "AbsPower", "rel_power": "RelPower",
           "frequency_hz": "Frequency", "oscillations": "Oscillations", "symmetry": "Symmetry"}  # fmt: skip
WAVE = {"start_s": "Start", "negative_peak_s": "NegPeak", "middle_s": "MidCrossing", "positive_peak_s": "PosPeak",
        "end_s": "End", "duration_s": "Duration", "negative_uv": "ValNegPeak", "positive_uv": "ValPosPeak",
        "peak_to_peak_uv": "PTP", "slope_uv_per_s": "Slope", "frequency_hz": "Frequency"}  # fmt: skip


def sleep(fs, seconds=600, seed=1):
    """Background, slow waves and spindles now and then, in three channels of which the last has neither."""
    rng = np.random.default_rng(seed)
    n = int(seconds * fs)
    quiet = {"alpha_uv": 0, "blinks_per_minute": 0, "mains_uv": 0}
    x = eeg.simulate(seconds, ["Fz", "Cz", "Oz"], fs=fs, background_uv=8, seed=seed, **quiet).data[:, :n].copy()
    t = np.arange(n) / fs
    for at in np.arange(5, seconds - 5, 6.3):
        at += rng.uniform(-1, 1)
        envelope = np.exp(-(((t - at) / rng.uniform(0.3, 0.6)) ** 2))
        x[:2] += rng.uniform(15, 35) * envelope * np.sin(2 * np.pi * rng.uniform(12.2, 14.5) * (t - at))
    for at in np.arange(3, seconds - 5, 4.1):
        at += rng.uniform(-1, 1)
        x[:2] -= rng.uniform(60, 120) * np.sin(2 * np.pi * 0.9 * (t - at)) * (np.abs(t - at - 0.5) < 0.55)
    return x


def compare(ours, theirs, columns, **tolerance):
    expected = theirs.summary()
    assert len(ours) == len(expected) > 30
    assert ours["channel"].tolist() == expected["Channel"].tolist()
    for mine, other in columns.items():
        np.testing.assert_allclose(ours[mine], expected[other], err_msg=mine, **tolerance)


@pytest.mark.parametrize("fs", [FS, 128.5, 200.0])
def test_spindles_are_equal_to_yasa(fs):
    x = sleep(fs)
    ours = eeg.spindles(x, fs=fs, unit="uV", channels=["a", "b", "c"])
    theirs = yasa.spindles_detect(x, fs, ch_names=["a", "b", "c"])
    compare(ours, theirs, SPINDLE, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("fs", [FS, 128.5])
def test_slow_waves_are_equal_to_yasa(fs):
    x = sleep(fs)
    ours = eeg.slow_waves(x, fs=fs, unit="uV", channels=["a", "b", "c"])
    theirs = yasa.sw_detect(x, fs, ch_names=["a", "b", "c"])
    compare(ours, theirs, WAVE, rtol=1e-4, atol=1e-4)


def test_only_what_is_included_counts():
    x = sleep(FS)
    asleep = np.zeros(x.shape[1], dtype=bool)
    asleep[20000:40000] = True
    hypno = asleep.astype(int) * 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = yasa.spindles_detect(x, FS, hypno=hypno, include=2, ch_names=["a", "b", "c"])
        waves = yasa.sw_detect(x, FS, hypno=hypno, include=2, ch_names=["a", "b", "c"])
    compare(eeg.spindles(x, fs=FS, unit="uV", channels=["a", "b", "c"], include=asleep), theirs, SPINDLE, rtol=1e-6)
    compare(
        eeg.slow_waves(x, fs=FS, unit="uV", channels=["a", "b", "c"], include=asleep), waves, WAVE, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("find", [eeg.spindles, eeg.slow_waves])
def test_array_contract(find):
    x = sleep(FS, 60)
    expected = find(x, fs=FS, unit="uV")
    assert expected.equals(find(np.asfortranarray(x), fs=FS, unit="uV"))
    assert expected.equals(find(np.repeat(x, 2, axis=1)[:, ::2], fs=FS, unit="uV"))
    assert len(find(x.astype(np.float32), fs=FS, unit="uV")) == len(expected)
    np.testing.assert_allclose(find(x * 1e-3, fs=FS, unit="mV").iloc[:, 1:], expected.iloc[:, 1:], rtol=1e-9)
    alone = find(x[0], fs=FS, unit="uV")
    np.testing.assert_array_equal(alone["start_s"], expected.loc[expected["channel"] == "0", "start_s"])
    none = find(np.random.default_rng(0).normal(size=1000), fs=FS, unit="uV")
    assert len(none) == 0
    assert list(none.columns) == list(expected.columns)
    assert len(find(np.zeros((2, 1000)), fs=FS, unit="uV")) == 0


@pytest.mark.parametrize("find", [eeg.spindles, eeg.slow_waves])
def test_refusals(find):
    x = sleep(FS, 20)
    with pytest.raises(ValueError, match="sampling rate"):
        find(x, fs=0, unit="uV")
    with pytest.raises(ValueError, match="unit"):
        find(x, fs=FS)
    with pytest.raises(ValueError, match="likely in V"):
        find(x * 1e-6, fs=FS, unit="uV")
    with pytest.raises(ValueError, match="samples"):
        find(x[:, :100], fs=FS, unit="uV")
    with pytest.raises(ValueError, match="include"):
        find(x, fs=FS, unit="uV", include=[True])
    with pytest.raises(ValueError, match="band"):
        find(x, fs=FS, unit="uV", band_hz=(15.0, 12.0))
    holed = x.copy()
    holed[1, 5] = np.nan
    with pytest.raises(ValueError, match="finite"):
        find(holed, fs=FS, unit="uV")


def test_limits_that_contradict():
    x = sleep(FS, 20)
    with pytest.raises(ValueError, match="durations"):
        eeg.spindles(x, fs=FS, unit="uV", duration_s=(2.0, 1.0))
    with pytest.raises(ValueError, match="fs / 2"):
        eeg.spindles(x, fs=50.0, unit="uV")
