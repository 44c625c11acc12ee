import numpy as np
import pytest

import biopotential as bp


def train(times_s, fs, duration_s, width_s=0.010):
    t = np.arange(int(duration_s * fs)) / fs
    return np.exp(-0.5 * ((t[:, None] - np.asarray(times_s)) / width_s) ** 2).sum(axis=1)


TIMES = np.arange(0.5, 29.5, 0.8)


@pytest.mark.parametrize("method", ["default", "pan_tompkins"])
def test_takes_every_kind_of_array(method):
    x = train(TIMES, 250.0, 30) * 1000
    found = bp.ecg.find_r_peaks(x, fs=250.0, method=method)
    assert found.dtype == np.int64
    np.testing.assert_allclose(found, TIMES * 250, atol=2)
    strided = np.zeros(2 * x.size)[::2]
    strided[:] = x
    for other in (x.astype(np.float32), x.astype(np.int16), x.tolist(), strided):
        np.testing.assert_allclose(bp.ecg.find_r_peaks(other, fs=250.0, method=method), found, atol=1)


def test_leads_in_any_memory_order_agree():
    x = np.vstack([train(TIMES, 250.0, 30), -train(TIMES, 250.0, 30)])
    found = bp.ecg.find_r_peaks(x, fs=250.0)
    np.testing.assert_array_equal(bp.ecg.find_r_peaks(np.asfortranarray(x), fs=250.0), found)
    np.testing.assert_array_equal(bp.ecg.find_r_peaks(np.ascontiguousarray(x.T).T, fs=250.0), found)


def test_the_result_does_not_depend_on_what_comes_long_after():
    rng = np.random.default_rng(1)
    t = np.cumsum(rng.uniform(0.6, 1.0, 300))
    x = train(t, 200.0, t[-1] + 1) + 0.02 * rng.standard_normal(int((t[-1] + 1) * 200))
    whole = bp.ecg.find_r_peaks(x, fs=200.0)
    part = bp.ecg.find_r_peaks(x[:20000], fs=200.0)
    np.testing.assert_array_equal(whole[whole < 15000], part[part < 15000])


def test_noise_and_wander_cost_no_beat():
    rng = np.random.default_rng(2)
    t = np.cumsum(rng.uniform(0.5, 1.1, 200))
    n = int((t[-1] + 1) * 360)
    x = train(t, 360.0, t[-1] + 1) + 0.1 * rng.standard_normal(n) + 2 * np.sin(2 * np.pi * 0.3 * np.arange(n) / 360)
    x += 0.3 * np.sin(2 * np.pi * 50 * np.arange(n) / 360)
    found = bp.ecg.find_r_peaks(x, fs=360.0)
    assert len(found) == len(t)
    np.testing.assert_allclose(found, t * 360, atol=6)


@pytest.mark.parametrize("noise", [0, 1, 2])
@pytest.mark.parametrize("fs", [128.0, 360.0, 1000.0])
def test_noise_alone_has_no_beats(noise, fs):
    x = np.random.default_rng(noise).standard_normal((2, int(60 * fs)))
    assert len(bp.ecg.find_r_peaks(x[0], fs=fs)) == 0
    assert len(bp.ecg.find_r_peaks(x, fs=fs)) == 0


def test_beats_are_found_in_noise_of_their_own_band():
    rng = np.random.default_rng(4)
    t = np.cumsum(rng.normal(0.8, 0.03, 300))
    n = int((t[-1] + 1) * 250)
    noise = rng.standard_normal(n)
    noise = np.convolve(noise, [0.25, 0.5, 0.25], mode="same") * 0.3
    noise[: n // 3] = 0
    found = bp.ecg.find_r_peaks(train(t, 250.0, t[-1] + 1) + noise, fs=250.0)
    missed = sum(np.abs(found - s * 250).min() > 20 for s in t)
    false = sum(np.abs(t * 250 - f).min() > 20 for f in found)
    assert missed < 6
    assert false < 12


def test_tall_t_waves_are_no_beats():
    t = np.arange(0.5, 59.5, 0.85)
    n = 60 * 300
    x = train(t, 300.0, 60, 0.012) + 1.1 * train(t + 0.28, 300.0, 60, 0.035)
    x += 0.01 * np.random.default_rng(0).standard_normal(n)
    found = bp.ecg.find_r_peaks(x, fs=300.0)
    assert len(found) == len(t)
    np.testing.assert_allclose(found, t * 300, atol=4)


def test_real_records(test_data):
    errors = beats = 0
    for name in ("100", "106", "119", "208", "223"):
        rec = bp.read(test_data / "mitdb" / name)
        reference = rec.events[rec.events["label"].isin(list("NLRBAaJSVrFejnE/fQ?"))]["onset_s"].to_numpy() * rec.fs
        for x in (rec.data[0], rec.data):
            found = bp.ecg.find_r_peaks(x, fs=rec.fs)
            near = np.abs(found[np.clip(np.searchsorted(found, reference), 0, len(found) - 1)] - reference)
            before = np.abs(found[np.clip(np.searchsorted(found, reference) - 1, 0, len(found) - 1)] - reference)
            hits = np.count_nonzero(np.minimum(near, before) <= 0.15 * rec.fs)
            errors += len(reference) + len(found) - 2 * hits
            beats += len(reference)
    assert errors / beats < 0.004


@pytest.mark.parametrize("x", [np.zeros((2, 3, 4)), "abc", np.zeros(100, complex)])
def test_refuses_other_things(x):
    with pytest.raises(ValueError, match="find_r_peaks"):
        bp.ecg.find_r_peaks(x, fs=250.0)


@pytest.mark.parametrize("fs", [0, -250, np.nan, np.inf, 10])
def test_refuses_bad_rates(fs):
    with pytest.raises(ValueError, match="sampling rate"):
        bp.ecg.find_r_peaks(np.zeros(1000), fs=fs)
    with pytest.raises(ValueError, match="method"):
        bp.ecg.find_r_peaks(np.zeros(1000), fs=250.0, method="other")


def test_beat_windows_and_rr_features():
    x = np.vstack([np.arange(1000.0), np.ones(1000)])
    w = bp.ecg.beat_windows(x, [300, 500], fs=250.0, before_s=0.1, after_s=0.1, fs_out=250.0)
    assert w.shape == (2, 2, 50)
    np.testing.assert_array_equal(w[0, 0], np.arange(275, 325))
    assert bp.ecg.beat_windows(x[0], [], fs=250.0).shape == (0, 1, 126)
    table = bp.ecg.rr_features([0, 100, 250], fs=100.0)
    np.testing.assert_allclose(table["pre_rr_s"], [np.nan, 1.0, 1.5])
    with pytest.raises(ValueError, match="ascend"):
        bp.ecg.rr_features([5, 3], fs=100.0)
