"""Scores against hand-made cases, a brute-force matching and invariants."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biopotential as bp
from biopotential import evaluate

FS = 250.0
positions = st.lists(st.integers(0, 4000), max_size=30).map(lambda v: np.unique(np.asarray(v, dtype=np.int64)))


def most_pairs(reference: np.ndarray, found: np.ndarray, window: float) -> int:
    """Largest number of pairs within the window that do not cross, by dynamic programming."""
    best = np.zeros((len(reference) + 1, len(found) + 1), dtype=int)
    for i in range(len(reference)):
        for j in range(len(found)):
            hit = best[i, j] + 1 if abs(reference[i] - found[j]) <= window else 0
            best[i + 1, j + 1] = max(best[i, j + 1], best[i + 1, j], hit)
    return int(best[-1, -1])


@given(positions, positions)
@settings(deadline=None)
def test_matching_is_one_to_one_and_within_the_tolerance(reference: np.ndarray, found: np.ndarray) -> None:
    m = evaluate.match_beats(reference, found, fs=FS, tolerance_s=0.15)
    assert (np.abs(reference[m.reference] - found[m.found]) <= 0.15 * FS).all()
    assert (np.diff(m.reference) > 0).all()
    assert (np.diff(m.found) > 0).all()
    assert sorted([*m.reference, *m.missed]) == list(range(len(reference)))
    assert sorted([*m.found, *m.extra]) == list(range(len(found)))
    assert len(m.reference) <= most_pairs(reference, found, 0.15 * FS)
    back = evaluate.match_beats(found, reference, fs=FS, tolerance_s=0.15)
    assert len(back.reference) == len(m.reference)


@given(st.lists(st.integers(80, 400), min_size=1, max_size=30), st.data())
@settings(deadline=None)
def test_beats_far_apart_leave_no_choice(gaps: list[int], data: st.DataObject) -> None:
    reference = np.cumsum(gaps)
    kept = np.asarray(data.draw(st.lists(st.booleans(), min_size=len(gaps), max_size=len(gaps))))
    jitter = np.asarray(data.draw(st.lists(st.integers(-20, 20), min_size=len(gaps), max_size=len(gaps))))
    m = evaluate.match_beats(reference, (reference + jitter)[kept], fs=FS, tolerance_s=0.15)
    np.testing.assert_array_equal(m.reference, np.flatnonzero(kept))
    assert m.extra.size == 0


def test_the_nearer_of_two_is_taken() -> None:
    # 105 is nearer to 110 than 100 is, and then 100 has no partner.
    m = evaluate.match_beats([100, 105], [110], fs=100.0, tolerance_s=0.15)
    assert m.reference.tolist() == [1]
    assert m.missed.tolist() == [0]
    # With a partner for each, none is left over.
    m = evaluate.match_beats([100, 108], [105, 108], fs=100.0, tolerance_s=0.15)
    assert m.reference.tolist() == m.found.tolist() == [0, 1]


def test_beat_scores() -> None:
    reference = np.arange(100, 2000, 200)
    found = np.concatenate([reference[1:] + 2, [1990]])
    scores = evaluate.beat_scores(reference, found, fs=FS)
    row = scores.loc[0.05]
    assert (row["true_positive"], row["missed"], row["extra"]) == (9, 1, 1)
    assert row["sensitivity"] == pytest.approx(0.9)
    assert row["bias_ms"] == pytest.approx(8.0)
    assert row["sd_ms"] == pytest.approx(0.0, abs=1e-9)
    assert scores.loc[0.02, "true_positive"] == 9
    empty = evaluate.beat_scores([], [], fs=FS)
    assert empty["true_positive"].tolist() == [0, 0, 0]
    assert np.isnan(empty["sensitivity"]).all()


def events(rows: list[tuple[float, str]], subtypes: list[int] | None = None) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["onset_s", "label"])
    return table.assign(subtype=subtypes if subtypes is not None else 0)


def test_ec57_by_hand() -> None:
    reference = events(
        [
            (1, "N"),
            (2, "V"),
            (3, "A"),
            (4, "F"),
            (5, "V"),
            (6, "["),
            (6.5, "V"),
            (7, "]"),
            (8, "e"),
            (9, "+"),
            (10, "N"),
        ]
    )
    found = np.array([1.0, 2.0, 3.01, 4.0, 6.4, 8.0, 8.6, 10.0])
    labels = ["N", "V", "N", "V", "V", "S", "V", "V"]
    result = evaluate.ec57(reference, np.round(found * FS).astype(int), labels, fs=FS, skip_s=0)
    c = result.confusion
    assert c.loc["N", "N"] == 1
    assert c.loc["N", "V"] == 1
    assert c.loc["V", "V"] == 1
    assert c.loc["V", "O"] == 1
    assert c.loc["S", "N"] == 1
    assert c.loc["S", "S"] == 1  # the escape beat
    assert c.loc["F", "V"] == 1
    assert c.loc["O", "V"] == 1
    assert c.to_numpy().sum() == 8  # the flutter is out of both
    s = result.scores()
    assert s["qrs_sensitivity"] == pytest.approx(6 / 7)
    assert s["qrs_positive_predictivity"] == pytest.approx(6 / 7)
    assert s["veb_sensitivity"] == pytest.approx(1 / 2)
    assert s["veb_positive_predictivity"] == pytest.approx(1 / 3)  # the fusion beat counts neither way
    assert s["sveb_sensitivity"] == pytest.approx(1 / 2)
    other = evaluate.ec57(reference, np.round(found * FS).astype(int), labels, fs=FS, skip_s=0, aami="de_chazal")
    assert other.confusion.loc["N", "S"] == 1
    late = evaluate.ec57(reference, np.round(found * FS).astype(int), labels, fs=FS, skip_s=7.5)
    assert late.confusion.to_numpy().sum() == 3


def test_unreadable_stretches_have_a_column() -> None:
    reference = events([(1, "N"), (1.5, "~"), (2, "N"), (2.5, "~"), (3, "N")], [0, 0x30, 0, 0, 0])
    c = evaluate.ec57(reference, [250], fs=FS, skip_s=0).confusion
    assert c.loc["N", "X"] == 1
    assert c.loc["N", "O"] == 1
    assert c.loc["N", "N"] == 1


def test_summary_pools_and_averages() -> None:
    one = evaluate.ec57(events([(1, "N"), (2, "V")]), [250, 500], ["N", "V"], fs=FS, skip_s=0)
    two = evaluate.ec57(events([(1, "N"), (2, "N")]), [250], ["N"], fs=FS, skip_s=0)
    table = evaluate.summarize({"1": one, "2": two})
    assert table.loc["gross", "qrs_sensitivity"] == pytest.approx(3 / 4)
    assert table.loc["average", "qrs_sensitivity"] == pytest.approx(3 / 4)
    assert table.loc["average", "veb_sensitivity"] == 1  # the second record has no such beat
    assert np.isnan(table.loc["2", "veb_sensitivity"])


def test_on_a_real_record(test_data: Path) -> None:
    rec = bp.read(test_data / "mitdb" / "100")
    found = bp.ecg.find_r_peaks(rec.data, fs=rec.fs)
    scores = evaluate.ec57(rec.events, found, fs=rec.fs, skip_s=0).scores()
    assert scores["qrs_sensitivity"] > 0.999
    assert scores["qrs_positive_predictivity"] > 0.999
    # The reference against itself.
    beats = rec.events[rec.events["label"].isin(list(evaluate.AAMI_MAPS["bxb"]))]
    at = np.round(beats["onset_s"].to_numpy() * rec.fs).astype(np.int64)
    perfect = evaluate.ec57(rec.events, at, beats["label"].tolist(), fs=rec.fs, skip_s=0)
    assert perfect.scores().drop(["veb_false_positive_rate", "sveb_false_positive_rate"]).eq(1).all()


def test_delineation_scores() -> None:
    reference = {"qrs_onset": [100, 300, 500], "t_offset": [200, 400, 600]}
    found = pd.DataFrame({"qrs_onset": [102.0, 312.0, np.nan, 5000.0], "t_offset": [210.0, 390.0, 600.0, 5100.0]})
    table = evaluate.delineation_scores(reference, found, fs=FS)
    assert table.loc["qrs_onset", ["true_positive", "missed", "extra"]].tolist() == [1, 2, 1]
    assert table.loc["t_offset", "f1"] == 1
    assert table.loc["t_offset", "mean_ms"] == pytest.approx(0.0)
    assert table.attrs["macro_f1"] == pytest.approx((1 + 2 / 5) / 2)
    assert evaluate.delineation_scores(reference, found, fs=FS, margin=False).loc["t_offset", "extra"] == 1
    with pytest.raises(ValueError, match="t_offset"):
        evaluate.delineation_scores(reference, found[["qrs_onset"]], fs=FS)


def test_noise_has_the_ratio_asked_for() -> None:
    ecg = bp.ecg.simulate(600, fs=FS, muscle_mv=0.0, mains_mv=0.0, wander_mv=0.0, seed=5)
    noise = np.random.default_rng(0).normal(size=(2, 30 * 250))
    noisy, where = evaluate.add_noise(ecg.data, noise, ecg.r_peaks, fs=FS, snr_db=6.0)
    assert where.tolist() == [300 <= t / FS < 420 or t / FS >= 540 for t in range(len(where))]
    np.testing.assert_array_equal(noisy[:, ~where], ecg.data[:, ~where])
    for row in range(2):
        added = (noisy - ecg.data)[row, where]
        signal = evaluate.qrs_power(ecg.data[row], ecg.r_peaks, fs=FS)
        ratio = 10 * np.log10(signal / evaluate.noise_power(added, fs=FS))
        assert ratio == pytest.approx(6.0, abs=0.2)
    one, _ = evaluate.add_noise(ecg.data[0], noise[0], ecg.r_peaks, fs=FS, snr_db=6.0)
    np.testing.assert_array_equal(one, noisy[0])


def test_a_sine_has_its_own_power() -> None:
    t = np.arange(10_000) / 1000
    sine = 3.0 * np.sin(2 * np.pi * 10 * t)
    assert evaluate.noise_power(sine, fs=1000.0) == pytest.approx(4.5, rel=1e-6)
    peaks = np.arange(525, 9000, 500)
    assert evaluate.qrs_power(sine, peaks, fs=1000.0) == pytest.approx(4.5, rel=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: evaluate.match_beats([1, 2], [1], fs=0.0),
        lambda: evaluate.match_beats([2, 1], [1], fs=FS),
        lambda: evaluate.match_beats([1.5], [1], fs=FS),
        lambda: evaluate.match_beats([1], [1], fs=FS, tolerance_s=-1),
        lambda: evaluate.ec57(events([(1, "N")]), [250], ["N", "N"], fs=FS),
        lambda: evaluate.ec57(events([(1, "N")]), [250], ["x"], fs=FS),
        lambda: evaluate.ec57(events([(1, "N")]), [250], fs=FS, aami="aha"),  # type: ignore[arg-type]
        lambda: evaluate.summarize({}),
        lambda: evaluate.qrs_power(np.zeros(10), [], fs=FS),
        lambda: evaluate.noise_power(np.zeros(10), fs=FS),
        lambda: evaluate.add_noise(np.zeros(1000), np.zeros(1000), [500], fs=FS, snr_db=0.0),
        lambda: evaluate.add_noise(np.ones(1000), np.ones(1000), [500], fs=FS, snr_db=float("nan")),
    ],
)
def test_bad_input(call: object) -> None:
    with pytest.raises(ValueError, match=r"^\["):
        call()  # type: ignore[operator]
