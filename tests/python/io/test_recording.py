"""The Recording class."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pytest

import biopotential as bp


def gapped(tmp_path: Path) -> bp.Recording:
    """An EDF+D file with a gap, made from a continuous one by moving the last record's time."""
    path = tmp_path / "gap.edf"
    x = np.arange(300.0)
    bp.write(bp.Recording.from_array(x, fs=100, channels=["a"], unit="uV"), path)
    content = path.read_bytes().replace(b"EDF+C", b"EDF+D").replace(b"+2\x14\x14\0", b"+9\x14\x14\0")
    path.write_bytes(content)
    return bp.read(path)


def test_data_is_read_once_and_owned_by_nobody_else(tmp_path: Path) -> None:
    bp.write(bp.Recording.from_array(np.zeros((2, 50)), fs=100, channels=["a", "b"], unit="mV"), tmp_path / "x.h5")
    recording = bp.read(tmp_path / "x.h5")
    assert recording.data is recording.data
    assert recording.data.dtype == np.float64
    assert recording.data.flags.c_contiguous
    assert recording.signals[0].data is recording.data


def test_gaps_are_segments(tmp_path: Path) -> None:
    signal = gapped(tmp_path).signals[0]
    with pytest.raises(ValueError, match="segments"):
        signal.data  # noqa: B018
    assert [segment.start_s for segment in signal.segments] == [0, 9]
    assert [segment.data.shape for segment in signal.segments] == [(1, 200), (1, 100)]
    assert signal.duration_s == 10
    with pytest.raises(ValueError, match="segments"):
        gapped(tmp_path)["a"]


def test_parts_are_read_without_the_rest() -> None:
    recording = bp.Recording.from_array(np.arange(20.0).reshape(2, 10), fs=10, channels=["a", "b"], unit="mV")
    signal = recording.signals[0]
    np.testing.assert_array_equal(signal.read(3, 2), [[3, 4], [13, 14]])
    np.testing.assert_array_equal(signal.read(3, 2, [1]), [[13, 14]])
    for first, n in ((-1, 2), (9, 2), (0, -1), (2**62, 2**62)):
        with pytest.raises(ValueError, match="samples within"):
            signal.read(first, n)
    with pytest.raises(ValueError, match="channels within"):
        signal.read(0, 1, [2])
    with pytest.raises(KeyError, match="no channel"):
        recording["c"]
    assert "a" in recording
    assert list(recording) == ["a", "b"]


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((2, 0)),
        np.zeros((2, 1)),
        np.asfortranarray(np.arange(20.0).reshape(2, 10)),
        np.arange(40.0).reshape(2, 20)[:, ::2],
        np.arange(20, dtype=np.int16).reshape(2, 10),
        np.arange(20, dtype=np.float32).reshape(2, 10),
        np.full((2, 10), np.nan),
    ],
)
def test_from_array_takes_every_array(x: np.ndarray) -> None:
    recording = bp.Recording.from_array(x, fs=99.5, channels=["a", "b"], unit=["mV", "uV"])
    np.testing.assert_array_equal(recording.data, x)
    assert recording.fs == 99.5
    assert [channel.unit for channel in recording.signals[0].channels] == ["mV", "uV"]


def test_from_array_refuses_what_does_not_fit() -> None:
    for fs in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"sampling rate|fs"):
            bp.Recording.from_array(np.zeros(5), fs=fs, channels=["a"], unit="mV")
    with pytest.raises(ValueError, match="shape"):
        bp.Recording.from_array(np.zeros((1, 2, 3)), fs=1, channels=["a"], unit="mV")
    with pytest.raises(ValueError, match="one name"):
        bp.Recording.from_array(np.zeros((2, 3)), fs=1, channels=["a"], unit="mV")
    events = pd.DataFrame({"onset_s": [0.0], "label": ["x"], "channel": ["zz"]})
    with pytest.raises(ValueError, match="channel of the recording"):
        bp.Recording.from_array(np.zeros(5), fs=1, channels=["a"], unit="mV", events=events)
    with pytest.raises(ValueError, match="onset_s"):
        bp.Recording.from_array(np.zeros(5), fs=1, channels=["a"], unit="mV", events=pd.DataFrame({"x": [1]}))


def test_events_can_be_replaced() -> None:
    recording = bp.Recording.from_array(np.zeros((2, 100)), fs=10, channels=["a", "b"], unit="mV")
    assert list(recording.events.columns[:4]) == ["onset_s", "duration_s", "label", "channel"]
    assert recording.events.empty
    recording.events = pd.DataFrame({"onset_s": [2.0, 1.0], "label": ["y", "x"], "channel": ["a,b", "b"]})
    assert list(recording.events.label) == ["x", "y"]
    assert list(recording.events.channel) == ["b", "a,b"]


def test_mne_and_back() -> None:
    rng = np.random.default_rng(1)
    events = pd.DataFrame({"onset_s": [0.5], "duration_s": [0.1], "label": ["blink"]})
    recording = bp.Recording.from_array(
        rng.normal(size=(2, 200)), fs=100, channels=["Cz", "ECG"], unit=["uV", "mV"], events=events
    )
    raw = recording.to_mne()
    assert raw.get_channel_types() == ["eeg", "ecg"]
    np.testing.assert_allclose(raw.get_data(), recording.data * [[1e-6], [1e-3]], rtol=1e-12)
    back = bp.from_mne(raw)
    np.testing.assert_allclose(back.data, recording.data, rtol=1e-12)
    assert [channel.unit for channel in back.signals[0].channels] == ["uV", "mV"]
    assert list(back.events.label) == ["blink"]
    np.testing.assert_allclose(back.events.onset_s, [0.5])


def test_mne_keeps_the_start(test_data: Path) -> None:
    path = sorted((test_data / "eegmmidb").rglob("*.edf"))[0]
    raw = bp.read(path).to_mne()
    assert raw.info["meas_date"] == mne.io.read_raw_edf(path, verbose="error").info["meas_date"]
    assert bp.from_mne(raw).identity.start == bp.read(path).identity.start


def test_several_rates_say_so(test_data: Path) -> None:
    recording = bp.read(test_data / "formats" / "edfio" / "short_psg.edf")
    assert len(recording.signals) > 1
    with pytest.raises(ValueError, match="sampling rate"):
        recording.data  # noqa: B018


@pytest.mark.parametrize(("n_channels", "n"), [(3, 1000), (1, 17_000_000), (2, 0)])
def test_the_hash_is_over_rate_length_names_and_samples(n_channels: int, n: int) -> None:
    """As documented, whether channels are read together or, where one is beyond 128 MiB, in blocks."""
    x = np.random.default_rng(0).normal(size=(n_channels, n))
    names = [f"c{i}" for i in range(n_channels)]
    digest = hashlib.sha256(struct.pack("<dq", 250.0, n))
    for name, row in zip(names, x, strict=True):
        digest.update(name.encode() + b"\0")
        digest.update(row.tobytes())
    assert bp.Recording.from_array(x, fs=250, channels=names, unit="uV").signal_sha256() == digest.hexdigest()
