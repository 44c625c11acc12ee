import numpy as np
import pytest

import biopotential as bp


def test_simulated_recording_is_good_and_its_beats_are_found():
    s = bp.ecg.simulate(60, fs=250.0, leads=["II", "V1", "V5"], seed=1)
    assert s.data.shape == (3, 15000)
    table = bp.ecg.quality(s.data, fs=s.fs)
    assert len(table) == 18
    assert (table["reason"] == "").all()
    found = bp.ecg.find_r_peaks(s.data, fs=s.fs)
    np.testing.assert_allclose(found, s.r_peaks, atol=3)
    assert set(s.labels) == {"N"}


def test_quality_does_not_depend_on_unit_or_memory_order():
    s = bp.ecg.simulate(40, fs=250.0, seed=2)
    a = bp.ecg.quality(s.data, fs=250.0)
    for other in (1000 * s.data, np.asfortranarray(s.data), s.data.astype(np.float32)):
        b = bp.ecg.quality(other, fs=250.0)
        np.testing.assert_allclose(a["index"], b["index"], atol=1e-4)


@pytest.mark.parametrize(("x", "reason"), [(np.zeros(5000), "flat"), (np.full(5000, np.nan), "missing")])
def test_quality_of_nothing(x, reason):
    table = bp.ecg.quality(x, fs=250.0)
    assert (table["reason"] == reason).all()
    assert (table["index"] == 0).all()


def test_quality_of_short_input():
    assert len(bp.ecg.quality(np.zeros(0), fs=250.0)) == 0
    assert len(bp.ecg.quality(np.zeros(1), fs=250.0)) == 1
    with pytest.raises(ValueError, match="window"):
        bp.ecg.quality(np.zeros(100), fs=250.0, window_s=0)


def test_most_of_a_clean_real_recording_is_good(test_data):
    wfdb = pytest.importorskip("wfdb")
    x = wfdb.rdrecord(str(test_data / "mitdb" / "100")).p_signal.T
    table = bp.ecg.quality(x, fs=360.0)
    assert (table["reason"] == "").mean() > 0.95


def test_simulate_refuses_bad_arguments():
    with pytest.raises(ValueError, match="lead"):
        bp.ecg.simulate(10, fs=250.0, leads=["X"])
    with pytest.raises(ValueError, match="duration"):
        bp.ecg.simulate(-1, fs=250.0)
