"""References against MNE at run time."""

import mne
import numpy as np
import pytest

from biopotential import eeg

NAMES = ["Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P7", "P3", "Pz", "P4", "P8", "O1",
         "O2", "M1", "M2"]  # fmt: skip


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(1).normal(scale=20, size=(21, 9000))


@pytest.fixture
def raw(x):
    return mne.io.RawArray(x.copy(), mne.create_info(NAMES, 200, "eeg"), verbose=False)


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [("average", "average"), ("mastoids", ["M1", "M2"]), (["Cz"], ["Cz"]), (["O1", "O2", "Pz"], ["O1", "O2", "Pz"])],
)
def test_equal_to_mne(x, raw, kind, theirs):
    expected = raw.set_eeg_reference(theirs, verbose=False).get_data()
    data, channels = eeg.reference(x, kind, channels=NAMES)
    np.testing.assert_allclose(data, expected, rtol=1e-12, atol=1e-12)
    assert channels == NAMES


def test_average_without_bad_channels(x, raw):
    raw.info["bads"] = ["T8", "Pz"]
    expected = raw.set_eeg_reference("average", verbose=False).get_data()
    out = eeg.reference(x, channels=[f"EEG {n}" for n in NAMES], exclude=["T8", "Pz"]).data
    bad = np.isin(NAMES, ["T8", "Pz"])
    np.testing.assert_allclose(out[~bad], expected[~bad], rtol=1e-12, atol=1e-12)
    # MNE leaves bad channels at the old reference; ours gives all channels the same one.
    np.testing.assert_array_equal(expected[bad], x[bad])
    np.testing.assert_allclose((x - out)[bad], np.tile((x - out)[0], (2, 1)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("kind", "n", "first"),
    [
        ("longitudinal", 18, ["Fp1-F7", "F7-T7", "T7-P7", "P7-O1", "Fp1-F3"]),
        ("transverse", 18, ["F7-Fp1", "Fp1-Fp2", "Fp2-F8", "F7-F3", "F3-Fz"]),
    ],
)
def test_montages_are_equal_to_mne(x, raw, kind, n, first):
    data, channels = eeg.reference(x, kind, channels=NAMES)
    assert len(channels) == n
    assert channels[:5] == first
    assert len(set(channels)) == n
    anodes, cathodes = zip(*(name.split("-") for name in channels), strict=True)
    expected = mne.set_bipolar_reference(
        raw, list(anodes), list(cathodes), drop_refs=False, on_bad="ignore", verbose=False
    )
    np.testing.assert_allclose(data, expected.get_data(picks=channels), rtol=1e-12, atol=1e-12)


def test_older_names_and_missing_electrodes(x):
    data, channels = eeg.reference(x[:4], "longitudinal", channels=["FP1", "EEG F7-Ref", "T3", "T5"])
    assert channels == ["Fp1-F7", "F7-T7", "T7-P7"]
    np.testing.assert_array_equal(data, x[:3] - x[1:4])
    data, channels = eeg.reference(x[:2], [("A", "B"), ("B", "A")], channels=["A", "B"])
    assert channels == ["A-B", "B-A"]
    np.testing.assert_array_equal(data[0], -data[1])


def test_array_contract(x):
    expected = eeg.reference(x).data
    np.testing.assert_array_equal(eeg.reference(np.asfortranarray(x)).data, expected)
    np.testing.assert_array_equal(eeg.reference(np.repeat(x, 2, axis=1)[:, ::2]).data, expected)
    integers = (10 * x).astype(np.int16)
    np.testing.assert_array_equal(eeg.reference(integers).data, eeg.reference(integers.astype(float)).data)
    np.testing.assert_allclose(eeg.reference(x.astype(np.float32)).data, expected, atol=1e-4)
    np.testing.assert_array_equal(eeg.reference(x[0]).data, np.zeros(9000))
    assert eeg.reference(x[:, :0]).data.shape == (21, 0)
    assert eeg.reference(x[:, :1]).data.shape == (21, 1)
    holed = x.copy()
    holed[3, 7] = np.nan
    out = eeg.reference(holed).data
    assert np.isnan(out[:, 7]).all()
    assert np.isfinite(np.delete(out, 7, axis=1)).all()
    assert np.isfinite(np.delete(eeg.reference(holed, channels=NAMES, exclude=["F3"]).data[:, 7], 3)).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "nose", "channels": NAMES}, "nose"),
        ({"kind": "mastoids"}, "channels"),
        ({"kind": "mastoids", "channels": [str(i) for i in range(21)]}, "M1 and M2"),
        ({"kind": "longitudinal", "channels": [str(i) for i in range(21)]}, "electrodes"),
        ({"kind": ["Cz", "O9"], "channels": NAMES}, "O9"),
        ({"kind": ["Cz", "Cz"], "channels": NAMES}, "twice"),
        ({"kind": [], "channels": NAMES}, "at least one"),
        ({"kind": [("Cz", "Fz", "Pz")], "channels": NAMES}, "pairs"),
        ({"kind": "longitudinal", "channels": ["Fp1", "FP1", *NAMES[2:]]}, "2 times"),
        ({"kind": "average", "channels": NAMES[:3]}, "21 channel names"),
        ({"kind": "average", "channels": NAMES, "exclude": NAMES}, "at least one"),
        ({"kind": "mastoids", "channels": NAMES, "exclude": ["Cz"]}, "exclude"),
    ],
)
def test_refusals(x, arguments, message):
    with pytest.raises(ValueError, match=message):
        eeg.reference(x, **arguments)
    with pytest.raises(ValueError, match="shape"):
        eeg.reference(np.zeros((2, 2, 2)))
