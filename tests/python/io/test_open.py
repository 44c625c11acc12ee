"""Opening without reading: windows of time and channels, recordings of days."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import biopotential as bp


def test_open_gives_what_read_gives(test_data: Path) -> None:
    path = test_data / "mitdb" / "100"
    opened, read = bp.open(path), bp.read(path)
    np.testing.assert_array_equal(opened.window(10, 20), read.data[:, 3600:7200])
    np.testing.assert_array_equal(opened.window(0, read.signals[0].duration_s, ["V5"])[0], read["V5"])
    assert len(opened.events) == len(read.events)


def test_windows_start_and_stop_between_samples() -> None:
    x = np.arange(60.0).reshape(2, 30)
    recording = bp.Recording.from_array(x, fs=10, channels=["a", "b"], unit="mV")
    np.testing.assert_array_equal(recording.window(0, 3), x)
    np.testing.assert_array_equal(recording.window(0.5, 0.7), x[:, 5:7])
    np.testing.assert_array_equal(recording.window(0.55, 0.75, ["b"]), x[1:, 6:8])
    np.testing.assert_array_equal(recording.window(1, 1.3, ["b", "a"]), x[::-1, 10:13])
    np.testing.assert_array_equal(recording.window(0.1 * 3, 0.1 * 6), x[:, 3:6])
    assert recording.window(2, 2).shape == (2, 0)
    for start, stop in ((-1, 1), (2, 3.1), (2, 1), (5, 6)):
        with pytest.raises(ValueError, match="times within"):
            recording.window(start, stop)
    with pytest.raises(KeyError, match="no channel"):
        recording.window(0, 1, ["c"])


def test_windows_never_cross_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "gap.edf"
    bp.write(bp.Recording.from_array(np.arange(300.0), fs=100, channels=["a"], unit="uV"), path)
    path.write_bytes(path.read_bytes().replace(b"EDF+C", b"EDF+D").replace(b"+2\x14\x14\0", b"+9\x14\x14\0"))
    recording = bp.open(path)
    np.testing.assert_allclose(recording.window(0.5, 2), [np.arange(50, 200)], atol=0.01)
    np.testing.assert_allclose(recording.window(9, 10), [np.arange(200, 300)], atol=0.01)
    for start, stop in ((1, 9.5), (3, 4), (8.5, 9.5)):
        with pytest.raises(ValueError, match="0 to 2 s, 9 to 10 s"):
            recording.window(start, stop)


def long_with_events(path: Path, n_channels: int, n: int) -> None:
    """EDF+C of n seconds at 100 Hz, an event every minute; samples that were never written are a hole in the file."""
    fs = 100
    x = np.zeros((n_channels, 2 * fs))
    x[:, 0], x[:, 1] = 1, -1
    events = pd.DataFrame({"onset_s": [0.0], "label": ["x" * 30]})
    names = [f"c{i}" for i in range(n_channels)]
    bp.write(bp.Recording.from_array(x, fs=fs, channels=names, unit="uV", events=events), path)
    content = bytearray(path.read_bytes())
    header = int(content[184:192])
    record = (len(content) - header) // 2
    samples = 2 * fs * n_channels
    content[236:244] = str(n).encode().ljust(8)
    with path.open("wb") as file:
        file.write(content[:header])
        file.truncate(header + n * record)
        for k in range(n):
            file.seek(header + k * record + samples)
            file.write(b"+%d\x14\x14\0" % k + (b"+%d\x14minute\x14\0" % k if k % 60 == 0 else b""))


@pytest.mark.parametrize(("n_channels", "n"), [(1, 360_000), (120, 36_000)])
def test_the_events_of_long_files_are_read_in_parallel(tmp_path: Path, n_channels: int, n: int) -> None:
    """Records as they lie (1 channel), and annotations alone between samples that nobody asked for (120)."""
    path = tmp_path / "long.edf"
    long_with_events(path, n_channels, n)
    before, opened = bp.num_threads(), []
    for threads in (1, 2):
        bp.set_num_threads(threads)
        opened.append(bp.open(path, strict=True))
    bp.set_num_threads(before)
    for recording in opened:
        assert recording.signals[0].duration_s == n
        np.testing.assert_array_equal(recording.events.onset_s, np.arange(n // 60) * 60)
        assert set(recording.events.label) == {"minute"}
    with path.open("r+b") as file:  # a record in the middle has no time
        header, samples = 256 * (n_channels + 2), 200 * n_channels
        record = (path.stat().st_size - header) // n
        file.seek(header + 18_001 * record + samples)
        file.write(b"nonsense")
    broken = bp.open(path)
    assert [w.split(":")[0] for w in broken.warnings] == [
        f"annotations of record 18001 at byte {header + 18_001 * record + samples}",
        "time of record 18001",
    ]
    assert len(broken.signals[0].segments) == 1


def test_a_hundred_hours_open_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.edf"
    fs, hours = 256, 100
    x = np.zeros((8, 2 * fs))
    x[:, 0], x[:, 1] = 1, -1
    bp.write(bp.Recording.from_array(x, fs=fs, channels=[f"c{i}" for i in range(8)], unit="uV"), path)
    content = bytearray(path.read_bytes())
    header = int(content[184:192])
    record = (len(content) - header) // 2
    n = hours * 3600
    content[192:236] = b" " * 44  # plain EDF: no times in the records
    content[236:244] = str(n).encode().ljust(8)
    path.write_bytes(content[: header + record])
    with path.open("r+b") as file:
        file.truncate(header + n * record)  # what was never written takes no room
        file.seek(header + (n - 1) * record)
        file.write(content[header : header + record])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    recording = bp.open(path, strict=True)
    assert recording.signals[0].duration_s == hours * 3600
    window = recording.window(hours * 3600 - 1, hours * 3600, ["c3"])
    np.testing.assert_allclose(window[0, :3], [1, -1, 0], atol=1e-3)
    np.testing.assert_allclose(recording.window(180_000, 180_030), 0, atol=1e-3)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10  # KiB
