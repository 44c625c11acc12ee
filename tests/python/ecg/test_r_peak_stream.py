import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biopotential as bp
from biopotential import evaluate


def stream_all(x, fs, cuts):
    stream = bp.ecg.RPeakStream(fs=fs)
    parts = [stream.push(block) for block in np.split(x, sorted(cuts))]
    return np.concatenate([*parts, stream.finish()])


def signal(fs, seed, noise=0.05, duration_s=40.0):
    s = bp.ecg.simulate(duration_s, fs=fs, seed=seed, ventricular_percent=5, heart_rate_bpm=60 + seed % 90)
    return s.data[0] + noise * np.random.default_rng(seed).standard_normal(s.data.shape[1]), s


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    fs=st.sampled_from([100.0, 128.0, 250.0, 257.5, 360.0, 1000.0]),
    noise=st.sampled_from([0.0, 0.05, 1.0]),
    data=st.data(),
)
def test_the_blocks_do_not_matter(seed, fs, noise, data):
    x, _ = signal(fs, seed, noise)
    for first, length in data.draw(st.lists(st.tuples(st.integers(0, x.size - 1), st.integers(1, 4000)), max_size=3)):
        x[first : first + length] = np.nan
    cuts = data.draw(st.lists(st.integers(0, x.size), max_size=40))
    whole = bp.ecg.find_r_peaks(x, fs=fs, method="causal")
    np.testing.assert_array_equal(stream_all(x, fs, cuts), whole)
    assert np.all(np.diff(whole) > 0)
    assert np.all(np.isfinite(x[whole]))


def test_single_samples():
    x, _ = signal(250.0, 3)
    np.testing.assert_array_equal(
        stream_all(x, 250.0, range(1, x.size)), bp.ecg.find_r_peaks(x, fs=250.0, method="causal")
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), first=st.integers(0, 9000), n=st.integers(0, 3000), split=st.floats(0, 1))
def test_lost_samples_count(seed, first, n, split):
    """skip(n) is n NaN, in one call or two, and moves nothing."""
    fs = 250.0
    x, _ = signal(fs, seed)
    lost = x.copy()
    lost[first : first + n] = np.nan
    n = min(n, x.size - first)
    stream = bp.ecg.RPeakStream(fs=fs)
    part = int(split * n)
    found = np.concatenate(
        [
            stream.push(x[:first]),
            stream.skip(part),
            stream.skip(n - part),
            stream.push(x[first + n :]),
        ]
    )
    assert stream.n_samples == x.size
    found = np.concatenate([found, stream.finish()])
    np.testing.assert_array_equal(found, bp.ecg.find_r_peaks(lost, fs=fs, method="causal"))


def test_a_long_loss_costs_nothing_and_keeps_the_time():
    fs = 500.0
    x, s = signal(fs, 5, noise=0.01)
    stream = bp.ecg.RPeakStream(fs=fs)
    before = np.concatenate([stream.push(x), stream.skip(10**15)])
    after = np.concatenate([stream.push(x), stream.finish()]) - 10**15 - x.size
    np.testing.assert_allclose(before[3:-1], after[3 : len(before) - 1], atol=2)
    assert evaluate.match_beats(s.r_peaks, after, fs=fs, tolerance_s=0.05).extra.size == 0


@pytest.mark.parametrize("fs", [100.0, 250.0, 360.0, 2000.0])
@pytest.mark.parametrize("scale", [1.0, -2000.0])
def test_finds_the_beats_within_the_latency(fs, scale):
    x, s = signal(fs, 7, noise=0.01, duration_s=60)
    stream = bp.ecg.RPeakStream(fs=fs)
    size = max(1, int(0.02 * fs))
    reported, delays = [], []
    for first in range(0, x.size, size):
        for p in stream.push(scale * x[first : first + size]):
            reported.append(p)
            delays.append((stream.n_samples - size - p) / fs)
    reported.extend(stream.finish())
    m = evaluate.match_beats(s.r_peaks, np.asarray(reported), fs=fs, tolerance_s=0.03)
    assert len(m.missed) + len(m.extra) <= 1
    late = np.asarray(delays)
    assert np.all(late <= stream.late_s)
    assert np.mean(late <= stream.latency_s) > 0.9
    assert stream.latency_s < 0.6


def test_copies_go_their_own_way():
    x, _ = signal(250.0, 9)
    stream = bp.ecg.RPeakStream(fs=250.0)
    stream.push(x[:5000])
    for twin in (copy.copy(stream), copy.deepcopy(stream)):
        twin.push(np.zeros(1000))
    rest = np.concatenate([stream.push(x[5000:]), stream.finish()])
    whole = bp.ecg.find_r_peaks(x, fs=250.0, method="causal")
    np.testing.assert_array_equal(rest, whole[len(whole) - len(rest) :])
    np.testing.assert_array_equal(np.concatenate([stream.push(x), stream.finish()]), whole)


@pytest.mark.parametrize(
    "x",
    [np.zeros(5000), np.full(5000, 3e5), np.full(5000, np.nan), np.zeros(1), np.zeros(0)],
)
def test_nothing_where_there_is_nothing(x):
    assert len(bp.ecg.find_r_peaks(x, fs=250.0, method="causal")) == 0


def test_mains_alone_has_no_beats_but_its_onset():
    x = np.sin(2 * np.pi * 50 * np.arange(60 * 250) / 250)
    assert len(bp.ecg.find_r_peaks(x, fs=250.0, method="causal")) <= 1


def test_noise_alone_is_told():
    x = np.random.default_rng(0).standard_normal(120 * 250)
    found = bp.ecg.find_r_peaks(x, fs=250.0, method="causal")
    assert len(found[found > 12 * 250]) <= 10


def test_arguments():
    for fs in (0, np.nan, 20):
        with pytest.raises(ValueError, match="sampling rate"):
            bp.ecg.RPeakStream(fs=fs)
    stream = bp.ecg.RPeakStream(fs=250.0)
    with pytest.raises(ValueError, match="skip"):
        stream.skip(-1)
    with pytest.raises(ValueError, match=r"RPeakStream\.push"):
        stream.push(np.zeros((2, 10)))
    assert stream.n_samples == 0
    assert len(stream.push([])) == 0
    assert len(stream.finish()) == 0


def test_real_records(test_data):
    errors = beats = 0
    for name in ("100", "106", "119", "208", "223"):
        rec = bp.read(test_data / "mitdb" / name)
        labels = rec.events["label"].isin(list("NLRBAaJSVrFejnE/fQ?"))
        reference = np.round(rec.events[labels]["onset_s"].to_numpy() * rec.fs).astype(np.int64)
        found = bp.ecg.find_r_peaks(rec.data[0], fs=rec.fs, method="causal")
        m = evaluate.match_beats(reference, found, fs=rec.fs, tolerance_s=0.15)
        errors += len(m.missed) + len(m.extra)
        beats += len(reference)
    assert errors / beats < 0.006
