"""The simulator."""

import numpy as np
import pytest

from biopotential import eeg


def test_blinks_and_alpha_are_where_they_belong():
    x, peaks = eeg.simulate(60, ["Fp1", "Fp2", "Cz", "O1", "O2"], fs=200, seed=3)
    assert x.shape == (5, 12000)
    again, _ = eeg.simulate(60, ["Fp1", "Fp2", "Cz", "O1", "O2"], fs=200, seed=3)
    np.testing.assert_array_equal(x, again)
    other, _ = eeg.simulate(60, ["Fp1", "Fp2", "Cz", "O1", "O2"], fs=200, seed=4)
    assert np.abs(x - other).max() > 1
    found = eeg.find_blinks(x[:2], fs=200, unit="uV")
    np.testing.assert_allclose(found["peak_s"], peaks / 200, atol=0.05)
    power = eeg.band_power(x, fs=200)
    # The weights at O1 and Cz are 1.04 and 0.5: four times the power, less what the background adds to both.
    assert power["alpha"][3] > 3 * power["alpha"][2]
    assert power["alpha_peak_hz"][3] == pytest.approx(10, abs=0.2)


def test_refusals():
    with pytest.raises(ValueError, match="10-10"):
        eeg.simulate(1, ["nose"], fs=100)
    with pytest.raises(ValueError, match="sampling rate"):
        eeg.simulate(1, ["Cz"], fs=0)
