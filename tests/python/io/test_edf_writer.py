"""EDF written while samples come in."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import edfio
import numpy as np
import pytest

import biopotential as bp


def writer(path: Path, fs: float = 250, **other: object) -> bp.io.EdfWriter:
    options = {"channels": ["a", "b"], "unit": "uV", "physical_range": (-400, 400)} | other
    return bp.io.EdfWriter(path, fs=fs, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
@pytest.mark.parametrize("fs", [250.0, 99.5, 1.0, 0.25])
@pytest.mark.parametrize("n", [0, 1, 999, 1000, 2500])
def test_blocks_of_any_size_come_back(tmp_path: Path, suffix: str, fs: float, n: int) -> None:
    path = tmp_path / f"x{suffix}"
    x = np.random.default_rng(0).normal(size=(2, n)) * 80
    start = np.datetime64("2021-02-03T04:05:06.25")
    with writer(path, fs, start=start) as out:
        for first in range(0, n, 37):
            out.append(x[:, first : first + 37])
        assert out.n_samples == n
    back = bp.read(path, strict=True)
    assert back.fs == fs
    np.testing.assert_allclose(back.data, x, atol=800 / 65534 * 0.51 + 1e-9)
    assert back.channel_names == ["a", "b"]
    if n:
        assert back.identity.start == start
        with_peer = (edfio.read_bdf if suffix == ".bdf" else edfio.read_edf)(path)
        np.testing.assert_allclose(with_peer.signals[1].data[:n], back.data[1], rtol=1e-12)


def test_events_missing_samples_and_clipping(tmp_path: Path) -> None:
    x = np.zeros((2, 1000))
    x[0, 100:350] = x[1, 990:] = np.nan
    x[1, 5] = 1e6
    with writer(tmp_path / "x.edf") as out:
        out.append(x[:, :600])
        for k in range(40):  # more than the records have room for
            out.annotate(k * 0.1, f"event {k} " + "é" * 60, 0.05)
        out.annotate(1, "long " * 100)
        out.append(x[:, 600:])
        out.flush()
    back = bp.read(tmp_path / "x.edf", strict=True)
    assert back.data.shape == (2, 1000)
    np.testing.assert_array_equal(np.isnan(back.data), np.isnan(x))
    assert back.data[1, 5] == pytest.approx(400)
    labels = list(back.events.label)
    assert sum(label.startswith("event") for label in labels) == 40
    assert any(label.startswith("long long") for label in labels)
    np.testing.assert_allclose(back.events.duration_s[back.events.label.str.startswith("event")], 0.05)


def test_what_it_cannot_do_is_refused(tmp_path: Path) -> None:
    for options in (
        {"channels": []},
        {"channels": ["a" * 17, "b"]},
        {"unit": ["uV"]},
        {"unit": "microvolts"},
        {"physical_range": (1, 1)},
        {"physical_range": (0, np.inf)},
        {"fs": 0},
        {"fs": -5},
        {"fs": np.nan},
        {"fs": np.pi},
    ):
        with pytest.raises(ValueError, match="EdfWriter"):
            writer(tmp_path / "x.edf", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "x.edf").exists()
    with writer(tmp_path / "x.edf") as out:
        for bad in (np.zeros((3, 5)), np.zeros(5), np.full((2, 3), np.inf)):
            with pytest.raises(ValueError, match="wanted"):
                out.append(bad)
        out.append(np.asfortranarray(np.ones((2, 10), dtype=np.float32)))
        out.append(np.ones((2, 10), dtype=np.int16)[:, ::2])
    assert bp.read(tmp_path / "x.edf").data.shape == (2, 15)
    with pytest.raises(ValueError, match="closed"):
        out.append(np.zeros((2, 1)))
    with pytest.raises(FileExistsError):
        writer(tmp_path / "x.edf")


def _write_forever(path: str) -> None:
    out = writer(Path(path))
    k = 0
    while True:
        out.append(np.full((2, 125), k % 300, dtype=float))
        k += 1
        time.sleep(0.001)


def test_a_killed_writer_leaves_whole_records(tmp_path: Path) -> None:
    path = tmp_path / "x.edf"
    process = multiprocessing.get_context("spawn").Process(target=_write_forever, args=(str(path),))
    process.start()
    while not path.exists() or path.stat().st_size < 20_000:
        process.join(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    recording = bp.read(path)
    n = recording.signals[0].n_samples
    assert n >= 250
    assert n % 250 == 0
    expected = np.repeat(np.arange(n // 125) % 300, 125)
    np.testing.assert_allclose(recording.data, [expected, expected], atol=0.01)
    assert "number of records" in recording.warnings[0]
