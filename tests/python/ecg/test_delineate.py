import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import biopotential as bp

FIDUCIALS = ["p_onset", "p_peak", "p_offset", "qrs_onset", "r_peak", "qrs_offset", "t_onset", "t_peak", "t_offset"]


@pytest.fixture(scope="module")
def ecg():
    return bp.ecg.simulate(60, fs=250.0, leads=("II", "V1", "V5"), seed=3)


def assert_ordered(table):
    rows = table[FIDUCIALS].to_numpy(float).ravel()
    rows = rows[np.isfinite(rows)]
    assert np.all(np.diff(rows) >= 0)
    for row in table[FIDUCIALS].to_numpy(float):
        for wave in (row[:3], row[6:]):
            assert np.isnan(wave).all() or (np.diff(wave) > 0).all()


def test_has_a_row_a_beat_with_units_in_the_names(ecg):
    table = bp.ecg.delineate(ecg.data[0], ecg.r_peaks, fs=ecg.fs)
    assert list(table.columns[:9]) == FIDUCIALS
    assert len(table) == len(ecg.r_peaks)
    np.testing.assert_array_equal(table["r_peak"], ecg.r_peaks)
    assert_ordered(table)
    assert table["p_peak"].notna().mean() > 0.9
    assert table["t_peak"].notna().mean() > 0.9
    assert table["qrs_ms"].between(40, 140).all()
    assert table["pr_ms"].dropna().between(80, 250).mean() > 0.9
    assert {"r_amplitude", "st_level", "qtc_hodges_ms", "p_probability"} <= set(table.columns)


def test_amplitudes_are_in_millivolt_where_the_unit_is_known(ecg):
    bare = bp.ecg.delineate(ecg.data[0], ecg.r_peaks, fs=ecg.fs)
    known = bp.ecg.delineate(ecg.data[0] * 1000, ecg.r_peaks, fs=ecg.fs, unit="uV")
    np.testing.assert_allclose(known["r_amplitude_mv"], bare["r_amplitude"], rtol=1e-9)
    np.testing.assert_allclose(known["st_slope_mv_per_s"], bare["st_slope_per_s"], rtol=1e-6, atol=1e-9)
    assert "r_amplitude" not in known


def test_takes_every_kind_of_array(ecg):
    x = np.round(ecg.data * 1000)
    expected = bp.ecg.delineate(x, ecg.r_peaks, fs=ecg.fs)
    strided = np.zeros((3, 2 * x.shape[1]))[:, ::2]
    strided[:] = x
    for other in (x.astype(np.float32), x.astype(np.int16), np.asfortranarray(x), strided, x.tolist()):
        got = bp.ecg.delineate(other, ecg.r_peaks.tolist(), fs=ecg.fs)
        np.testing.assert_array_equal(got["t_offset"], expected["t_offset"])
    one = bp.ecg.delineate(x[0], ecg.r_peaks, fs=ecg.fs)
    again = bp.ecg.delineate(x[:1], ecg.r_peaks, fs=ecg.fs)
    np.testing.assert_array_equal(one.to_numpy(), again.to_numpy())


def test_threads_change_nothing(ecg):
    n = bp.num_threads()
    x = np.tile(ecg.data, 12)
    peaks = np.concatenate([ecg.r_peaks + k * ecg.data.shape[1] for k in range(12)])
    many = bp.ecg.delineate(x, peaks, fs=ecg.fs)
    try:
        bp.set_num_threads(1)
        np.testing.assert_array_equal(bp.ecg.delineate(x, peaks, fs=ecg.fs).to_numpy(), many.to_numpy())
    finally:
        bp.set_num_threads(n)


def test_ends_and_nothing():
    x = np.random.default_rng(0).standard_normal(500)
    assert len(bp.ecg.delineate(x, [], fs=250.0)) == 0
    assert len(bp.ecg.delineate([], [], fs=250.0)) == 0
    assert_ordered(bp.ecg.delineate(x, [0, 499], fs=250.0))
    constant = bp.ecg.delineate(np.ones(500), [100, 300], fs=250.0)
    assert constant[["p_peak", "qrs_onset", "t_peak"]].isna().all(axis=None)
    missing = bp.ecg.delineate(np.full(500, np.nan), [100, 300], fs=250.0)
    assert missing[["p_peak", "qrs_onset", "t_peak", "r_amplitude"]].isna().all(axis=None)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([50.0, 99.9, 250.0, 2000.0]), st.booleans())
def test_the_order_holds_on_anything(seed, fs, missing):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 3000))
    x = np.cumsum(rng.standard_normal((2, n)), axis=1) * 10.0 ** rng.integers(-6, 6)
    if missing:
        x[:, rng.random(n) < 0.02] = np.nan
    peaks = np.unique(rng.integers(0, n, size=int(rng.integers(0, 60))))
    assert_ordered(bp.ecg.delineate(x, peaks, fs=fs))


@pytest.mark.parametrize(
    ("x", "peaks", "options"),
    [
        (np.zeros((2, 3, 4)), [0], {"fs": 250.0}),
        (np.zeros(100), [0], {"fs": 0}),
        (np.zeros(100), [0], {"fs": np.nan}),
        (np.zeros(100), [0], {"fs": 20.0}),
        (np.zeros(100), [100], {"fs": 250.0}),
        (np.zeros(100), [5, 5], {"fs": 250.0}),
        (np.zeros(100), [1.5], {"fs": 250.0}),
        (np.zeros(100), [5], {"fs": 250.0, "unit": "furlong"}),
        (np.zeros(100), [5], {"fs": 250.0, "min_probability": 2}),
        (np.zeros((0, 100)), [5], {"fs": 250.0}),
    ],
)
def test_refuses(x, peaks, options):
    with pytest.raises(ValueError, match="delineate"):
        bp.ecg.delineate(x, peaks, **options)


def test_boundaries_on_real_patients(test_data):
    wfdb = pytest.importorskip("wfdb")
    folder = test_data / "ludb" / "data"
    hits = {"N": [0, 0], "t": [0, 0], "p": [0, 0]}
    for record in sorted(folder.glob("*.hea"))[:30]:
        rec = bp.read(record)
        x = rec[next(name for name in rec.channel_names if name.lower() == "ii")]
        table = bp.ecg.delineate(x, bp.ecg.find_r_peaks(x, fs=rec.fs), fs=rec.fs)
        marks = wfdb.rdann(str(record.with_suffix("")), "ii")
        for column, symbol, tolerance_s in (
            ("qrs_onset", "N", 0.04),
            ("t_offset", "t", 0.1),
            ("p_onset", "p", 0.05),
        ):
            step = 1 if symbol == "t" else -1
            found = table[column].dropna().to_numpy()
            for i, mark in enumerate(marks.symbol):
                if mark == symbol and 0 <= i + step < len(marks.symbol) and marks.symbol[i + step] in "()":
                    hits[symbol][0] += bool((np.abs(found - marks.sample[i + step]) <= tolerance_s * rec.fs).any())
                    hits[symbol][1] += 1
    for found, of in hits.values():
        assert of > 100
        assert found / of > 0.93
