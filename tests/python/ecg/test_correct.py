import warnings

import numpy as np
import pytest

import biopotential as bp


def beats(seed, n=300):
    rng = np.random.default_rng(seed)
    k = np.arange(n)
    rr = 800 + 35 * np.sin(0.5 * k) + 25 * np.sin(1.37 * k + 1) + 15 * np.sin(0.083 * k) + rng.normal(0, 4, n)
    return np.cumsum(rr).astype(np.int64)


def with_faults(seed, n=1200, every=37):
    """Beats of which some are lost, doubled or moved, and what was done to each that came out."""
    rng = np.random.default_rng(seed)
    out, faulty = [], []
    for i, t in enumerate(beats(seed, n)):
        kind = rng.choice(["missed", "extra", "ectopic"]) if i % every == every - 1 and i > 40 else ""
        if kind == "missed":
            continue
        if kind == "extra":
            out.append((t - rng.integers(250, 550), True))
        out.append((t - rng.integers(220, 380) if kind == "ectopic" else t, kind == "ectopic"))
    positions, faulty = zip(*out, strict=True)
    return np.array(positions), np.array(faulty)


@pytest.mark.parametrize("seed", range(4))
def test_the_faults_are_neurokits(seed):
    neurokit2 = pytest.importorskip("neurokit2")
    peaks, _ = with_faults(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        info, clean = neurokit2.signal_fixpeaks(peaks, sampling_rate=1000, method="kubios", iterative=False)
    ours = bp.ecg.correct_r_peaks(peaks, fs=1000.0, iterate=False)
    for theirs, fault in (
        ("ectopic", "ectopic"),
        ("missed", "missed"),
        ("extra", "extra"),
        ("longshort", "long_short"),
    ):
        expected = [i for i in info[theirs] if 1 < i < len(peaks) - 1]
        np.testing.assert_array_equal(np.flatnonzero(ours.beats["fault"] == fault), expected)
    # Theirs counts the places of faults that follow another one differently.
    assert len(ours.r_peaks) == len(clean)
    assert np.mean(np.abs(ours.r_peaks - clean) <= 1.001) > 0.95


@pytest.mark.parametrize("seed", range(3))
def test_sensitivity_and_specificity(seed):
    peaks, faulty = with_faults(seed, n=4000)
    found = (bp.ecg.correct_r_peaks(peaks, fs=1000.0).beats["fault"] != "").to_numpy()
    # A moved beat shows at itself or at its neighbour.
    near = found | np.roll(found, 1) | np.roll(found, -1)
    around = faulty | np.roll(faulty, 1) | np.roll(faulty, -1)
    gap = np.concatenate([[False], np.diff(peaks) > 1300])
    assert near[faulty | gap].mean() >= 0.97
    assert (~found)[~(around | gap | np.roll(gap, 1) | np.roll(gap, -1))].mean() >= 0.999


def test_raw_and_corrected_come_back():
    peaks = np.delete(beats(1), [100, 200])
    kept = peaks.copy()
    c = bp.ecg.correct_r_peaks(peaks, fs=1000.0)
    np.testing.assert_array_equal(peaks, kept)
    np.testing.assert_array_equal(c.beats["r_peak"], peaks)
    np.testing.assert_allclose(c.beats["rr_s"][1:], np.diff(peaks) / 1000)
    assert c.beats["fault"][100] == "missed"
    assert c.beats["fault"][199] == "missed"
    assert len(c.r_peaks) == 300
    assert c.changed[[100, 200]].all()
    assert c.changed.sum() <= 6
    np.testing.assert_allclose(c.rr_s, np.diff(c.r_peaks) / 1000)
    assert c.rounds >= 1


def test_a_day_is_quick_and_ends_are_safe():
    day = beats(2, 100_000)
    assert len(bp.ecg.correct_r_peaks(day, fs=1000.0).r_peaks) == pytest.approx(100_000, abs=100)
    for n in range(5):
        assert len(bp.ecg.correct_r_peaks(day[:n], fs=1000.0).r_peaks) == n
    for bad, fs in (([3, 3], 100.0), ([1, 2], 0.0), ([1.5, 2], 100.0), ([[1, 2]], 100.0), ([1, 2], np.nan)):
        with pytest.raises(ValueError, match="correct_r_peaks"):
            bp.ecg.correct_r_peaks(bad, fs=fs)
