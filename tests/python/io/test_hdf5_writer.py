"""The HDF5 container written while samples come in."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import h5py
import numpy as np
import pytest

import biopotential as bp

OPEN = "wanted a file whose writer has closed it"


def writer(path: Path, **other: object) -> bp.io.Hdf5Writer:
    options = {"fs": 250, "channels": ["a", "b"], "unit": "uV"} | other
    return bp.io.Hdf5Writer(path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [0, 1, 999, 16_384, 40_000])
@pytest.mark.parametrize("block", [37, 20_000])
def test_floating_point_samples_come_back_as_they_are(tmp_path: Path, n: int, block: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, n)) * 80
    x[0, 5:9] = np.nan
    start = np.datetime64("2021-02-03T04:05:06.25")
    with writer(tmp_path / "x.h5", start=start) as out:
        for first in range(0, n, block):
            out.append(x[:, first : first + block])
        assert out.n_samples == n
    back = bp.read(tmp_path / "x.h5", strict=True)
    assert back.warnings == []
    assert back.fs == 250
    assert back.channel_names == ["a", "b"]
    assert back.identity.start == start
    np.testing.assert_array_equal(back.data, x)
    with h5py.File(tmp_path / "x.h5") as file:
        np.testing.assert_array_equal(file["signals/0/samples"][:], x)
        assert file.attrs["signal_sha256"].decode() == back.signal_sha256()


@pytest.mark.parametrize("bits", [16, 24])
def test_digital_samples_are_clipped_and_keep_missing_ones(tmp_path: Path, bits: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 50_000)) * 80
    x[0, 100:350] = x[1, -10:] = np.nan
    x[1, 5] = 1e6
    with writer(tmp_path / "x.h5", physical_range=[(-400, 400), (-500, 300)], bits=bits) as out:
        out.append(x[:, :600])
        for k in range(400):
            out.annotate(k * 0.1, f"event {k} é", 0.05)
        out.append(x[:, 600:])
    back = bp.read(tmp_path / "x.h5", strict=True)
    assert back.signals[0].has_digital
    np.testing.assert_array_equal(np.isnan(back.data), np.isnan(x))
    assert back.data[1, 5] == pytest.approx(300)
    x = np.clip(x, [[-400], [-500]], [[400], [300]])
    np.testing.assert_allclose(back.data, x, atol=0.51 * 800 / (2**bits - 2))
    np.testing.assert_allclose(back.events.onset_s, np.arange(400) * 0.1)
    assert list(back.events.label)[-1] == "event 399 é"
    # Another way to the same container gives the same signal.
    bp.write(back, tmp_path / "y.h5")
    assert bp.read(tmp_path / "y.h5", strict=True).signal_sha256() == back.signal_sha256()


def test_others_read_what_was_flushed(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    x = np.random.default_rng(1).normal(size=(2, 20_000))
    with writer(path) as out:
        assert bp.read(path).signals[0].n_samples == 0
        out.append(x[:, :100])
        out.annotate(0.1, "first")
        assert bp.read(path).signals[0].n_samples == 0
        out.flush()
        first = bp.read(path)
        assert [w[: len(OPEN)] for w in first.warnings] == [OPEN]
        with pytest.raises(bp.ParseError, match=OPEN):
            bp.read(path, strict=True)
        assert list(first.events.label) == ["first"]
        out.append(x[:, 100:])
        out.flush()
        np.testing.assert_array_equal(first.data, x[:, :100])  # an old view keeps what it saw
        second = bp.read(path)
        np.testing.assert_array_equal(second.data, x)
        with h5py.File(path, "r", swmr=True) as file:
            np.testing.assert_array_equal(file["signals/0/samples"][:], x)
    np.testing.assert_array_equal(bp.read(path, strict=True).data, x)


def test_what_it_cannot_do_is_refused(tmp_path: Path) -> None:
    for options in (
        {"channels": []},
        {"unit": ["uV"]},
        {"bits": 12},
        {"physical_range": (1, 1)},
        {"physical_range": (0, np.inf)},
        {"fs": 0},
        {"fs": np.nan},
    ):
        with pytest.raises(ValueError, match="Hdf5Writer"):
            writer(tmp_path / "x.h5", **options)
    assert not (tmp_path / "x.h5").exists()
    with pytest.raises(OSError, match="none"):
        writer(tmp_path / "none" / "x.h5")
    with writer(tmp_path / "x.h5") as out:
        for bad in (np.zeros((3, 5)), np.zeros(5), np.full((2, 3), np.inf)):
            with pytest.raises(ValueError, match="wanted"):
                out.append(bad)
        out.append(np.asfortranarray(np.ones((2, 10), dtype=np.float32)))
        out.append(np.ones((2, 10), dtype=np.int16)[:, ::2])
    assert bp.read(tmp_path / "x.h5").data.shape == (2, 15)
    with pytest.raises(ValueError, match="closed"):
        out.append(np.zeros((2, 1)))
    with pytest.raises(ValueError, match="closed"):
        out.annotate(0, "x")
    with pytest.raises(FileExistsError):
        writer(tmp_path / "x.h5")


def sample(first: int, n: int) -> np.ndarray:
    at = np.arange(first, first + n)
    return np.array([at * 7919 % 4001, at * 104_729 % 5003], dtype=float)


def _write_forever(path: str, told: object, block: int, physical_range: tuple[float, float] | None) -> None:
    out = writer(Path(path), physical_range=physical_range)
    n = 0
    while True:
        out.append(sample(n, block))
        n += block
        if n // block % 3 == 0:
            out.annotate(n / 250, f"at {n}")
            out.flush()
            told.value = n  # type: ignore[attr-defined]


@pytest.mark.parametrize("physical_range", [None, (-8192, 8191)])
@pytest.mark.parametrize("block", [61, 5000])
@pytest.mark.parametrize("wait_s", [0.0, 0.02, 0.05, 0.1])
def test_a_killed_writer_leaves_what_was_flushed(
    tmp_path: Path, physical_range: tuple[float, float] | None, block: int, wait_s: float
) -> None:
    path = tmp_path / "x.h5"
    context = multiprocessing.get_context("spawn")
    told = context.Value("q", 0, lock=False)
    process = context.Process(target=_write_forever, args=(str(path), told, block, physical_range))
    process.start()
    while told.value < 4 * block and process.is_alive():
        process.join(0.01)
    process.join(wait_s)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    flushed = told.value
    recording = bp.read(path)
    assert recording.warnings[0].startswith(OPEN)
    n = recording.signals[0].n_samples
    assert n >= flushed >= 4 * block
    np.testing.assert_allclose(recording.data, sample(0, n), atol=0.2)
    assert f"at {flushed}" in list(recording.events.label)
    # What was saved becomes a whole file.
    bp.write(recording, tmp_path / "y.h5")
    np.testing.assert_array_equal(bp.read(tmp_path / "y.h5", strict=True).data, recording.data)
