"""Spherical splines and the robust reference against MNE and pyprep at run time."""

import mne
import numpy as np
import pytest
from pyprep import NoisyChannels
from pyprep.reference import Reference

from biopotential import eeg

NAMES = list(eeg.TEN_TWENTY)
FS = 200.0


@pytest.fixture(scope="module")
def x():
    return eeg.simulate(30, NAMES, fs=FS, seed=6).data


def raw_of(x, names=NAMES, radius=1.0):
    """MNE's recording with our electrode positions."""
    raw = mne.io.RawArray(x * 1e-6, mne.create_info(names, FS, "eeg"), verbose=False)
    places = {name: radius * np.array(eeg.electrode_position(name)[:3]) for name in names}
    raw.set_montage(mne.channels.make_dig_montage(places, coord_frame="head"))
    return raw


def test_interpolation_is_equal_to_mne(x):
    raw = raw_of(x)
    raw.info["bads"] = ["T8", "Pz", "Fp1"]
    expected = raw.interpolate_bads(reset_bads=False, origin=(0.0, 0.0, 0.0), verbose=False).get_data() * 1e6
    holed = x.copy()
    holed[NAMES.index("Pz"), 5] = np.nan
    out = eeg.interpolate(holed, ["T4", "Pz", "EEG FP1-Ref"], channels=NAMES)
    np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-9)
    assert np.isnan(holed).sum() == 1


def test_laplacian_is_equal_to_mne(x):
    raw = raw_of(x, radius=0.095)
    expected = mne.preprocessing.compute_current_source_density(raw, sphere=(0, 0, 0, 0.095), verbose=False).get_data()
    out = eeg.surface_laplacian(x * 1e-6, channels=NAMES, radius=0.095)
    np.testing.assert_allclose(out, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())
    # No current where the potential is the same everywhere.
    flat = eeg.surface_laplacian(np.tile(x[0], (19, 1)), channels=NAMES)
    assert np.abs(flat).max() < 1e-9


def test_robust_reference_is_equal_to_pyprep(x, monkeypatch):
    monkeypatch.setattr(NoisyChannels, "find_bad_by_PSD", lambda self: None)
    rng = np.random.default_rng(1)
    bad = x + 30 * rng.normal(size=x.shape[1])
    bad[NAMES.index("C4")] += 90 * rng.normal(size=x.shape[1])
    bad[NAMES.index("O1")] = 40 * np.cumsum(rng.normal(size=x.shape[1])) / 30
    bad[NAMES.index("F7")] = 0
    raw = raw_of(bad, radius=0.095)
    theirs = Reference(raw, {"ref_chs": NAMES, "reref_chs": NAMES}, ransac=False)
    theirs.perform_reference()
    out = eeg.robust_reference(bad, fs=FS, unit="uV", channels=NAMES)
    assert sorted(out.excluded) == sorted(theirs.noisy_channels["bad_all"])
    assert sorted(out.interpolated) == sorted(theirs.interpolated_channels)
    assert {"C4", "O1", "F7"} <= set(out.interpolated)
    # MNE fits the middle of the head to the electrodes.
    total = theirs.reference_signal_new * 1e6
    np.testing.assert_allclose(out.reference, total, atol=0.05)
    np.testing.assert_allclose(out.data, theirs.raw.get_data() * 1e6, atol=0.3)
    np.testing.assert_allclose(out.data.mean(axis=0), 0, atol=1e-9)


def test_robust_reference_of_good_channels_is_their_mean(x):
    out = eeg.robust_reference(x, fs=FS, unit="uV", channels=NAMES)
    if not out.excluded:
        np.testing.assert_allclose(out.reference, x.mean(axis=0), atol=1e-9)
    holed = x.copy()
    holed[3, 100] = np.nan
    missing = eeg.robust_reference(holed, fs=FS, unit="uV", channels=NAMES)
    assert "F3" in missing.interpolated
    assert np.isfinite(missing.data).all()


def test_array_contract(x):
    expected = eeg.interpolate(x, ["Cz"], channels=NAMES)
    np.testing.assert_array_equal(eeg.interpolate(np.asfortranarray(x), ["Cz"], channels=NAMES), expected)
    np.testing.assert_array_equal(eeg.interpolate(np.repeat(x, 2, axis=1)[:, ::2], ["Cz"], channels=NAMES), expected)
    np.testing.assert_allclose(eeg.interpolate(x.astype(np.float32), ["Cz"], channels=NAMES), expected, atol=1e-3)
    np.testing.assert_array_equal(eeg.interpolate(x, [], channels=NAMES), x)
    assert eeg.interpolate(x[:, :0], ["Cz"], channels=NAMES).shape == (19, 0)
    assert eeg.surface_laplacian(x[:, :1], channels=NAMES).shape == (19, 1)


@pytest.mark.parametrize(
    ("bad", "channels", "message"),
    [
        (["O9"], NAMES, "O9"),
        (["Cz"], [*NAMES[:-1], "nose"], "10-10"),
        (["Cz"], NAMES[:3], "channel"),
        (NAMES[:17], NAMES, "3 good"),
        (["Cz"], ["Fp1", "FP1", *NAMES[2:]], "two at one"),
    ],
)
def test_refusals(x, bad, channels, message):
    with pytest.raises(ValueError, match=message):
        eeg.interpolate(x, bad, channels=channels)


def test_refusals_of_the_others(x):
    with pytest.raises(ValueError, match="radius"):
        eeg.surface_laplacian(x, channels=NAMES, radius=0)
    with pytest.raises(ValueError, match="stiffness"):
        eeg.surface_laplacian(x, channels=NAMES, stiffness=1)
    with pytest.raises(ValueError, match="sampling rate"):
        eeg.robust_reference(x, fs=0, unit="uV", channels=NAMES)
    with pytest.raises(ValueError, match="unit"):
        eeg.robust_reference(x, fs=FS, channels=NAMES)
    with pytest.raises(ValueError, match="max_iterations"):
        eeg.robust_reference(x, fs=FS, unit="uV", channels=NAMES, max_iterations=0)
    with pytest.raises(ValueError, match="3 good"):
        eeg.robust_reference(np.zeros((19, 600)), fs=FS, unit="uV", channels=NAMES)
