"""WFDB records in every signal format and with gaps, read back by us and by wfdb-python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import wfdb

import biopotential as bp

# Bits of a sample; the smallest value stands for a missing one (format 8 has none).
BITS = {8: 16, 16: 16, 24: 24, 32: 32, 61: 16, 80: 8, 160: 16, 212: 12, 310: 10, 311: 10, 508: 8, 516: 16, 524: 24}
FLAC = (508, 516, 524)


def digital_record(folder: Path, digital: np.ndarray, per_frame: int = 1) -> bp.Recording:
    """A recording of these digital samples, shape (n_channels, n); the first channel may have several a frame."""
    folder.mkdir(exist_ok=True)
    n = digital.shape[1] // per_frame
    lines = [f"src {len(digital)} 100 {n}"]
    for c, row in enumerate(digital):
        step = per_frame if c == 0 else 1
        row[: n * step].astype("<i4").tofile(folder / f"src{c}.dat")
        lines.append(f"src{c}.dat 32{f'x{step}' if step > 1 else ''} 200({c})/mV 16 0 0 0 0 c{c}")
    (folder / "src.hea").write_text("\n".join(lines) + "\n")
    return bp.read(folder / "src")


def samples_for(fmt: int, n_channels: int, n: int) -> np.ndarray:
    limit = 2 ** (BITS[fmt] - 1) - 1
    rng = np.random.default_rng(fmt)
    if fmt == 8:
        return np.clip(rng.integers(-128, 128, (n_channels, n)).cumsum(axis=1), -30_000, 30_000)
    digital = rng.integers(-limit, limit, (n_channels, n), endpoint=True)
    digital[:, :2] = (-limit, limit)[: digital.shape[1]]
    return digital


@pytest.mark.parametrize("fmt", BITS)
@pytest.mark.parametrize(("n_channels", "n"), [(1, 1), (1, 2), (3, 3), (2, 4), (1, 5), (3, 10_001), (2, 8184)])
def test_every_format_keeps_every_sample(tmp_path: Path, fmt: int, n_channels: int, n: int) -> None:
    source = digital_record(tmp_path / "a", samples_for(fmt, n_channels, n))
    path = tmp_path / "x.hea"
    bp.io.write_wfdb(source, path, format=fmt)
    back = bp.read(path, strict=True)  # checks the checksums
    np.testing.assert_array_equal(back.signals[0].digital, source.signals[0].digital)
    assert back.signal_sha256() == source.signal_sha256()
    np.testing.assert_array_equal(back.data, source.data)
    assert {c.header["format"] for c in back.signals[0].channels} == {str(fmt)}
    theirs = wfdb.rdrecord(str(tmp_path / "x"), physical=False)
    assert theirs.fmt == [str(fmt)] * n_channels
    if fmt == 8 and n < 2:
        return  # wfdb-python makes no array of one difference
    np.testing.assert_array_equal(theirs.d_signal.T, source.signals[0].digital)
    np.testing.assert_array_equal(wfdb.rdrecord(str(tmp_path / "x")).p_signal.T, source.data)


@pytest.mark.parametrize("fmt", [f for f in BITS if f not in (8, 32)])
def test_missing_samples_get_the_formats_code(tmp_path: Path, fmt: int) -> None:
    x = np.sin(np.arange(500.0) / 7) * 3
    x[40:60] = np.nan
    made = bp.Recording.from_array([x, x[::-1]], fs=100, channels=["a", "b"], unit="mV")
    bp.io.write_wfdb(made, tmp_path / "x.hea", format=fmt)
    back = bp.read(tmp_path / "x", strict=True)
    np.testing.assert_array_equal(np.isnan(back.data), np.isnan(made.data))
    np.testing.assert_allclose(back.data, made.data, atol=1.05 * 6 / 2 ** min(BITS[fmt], 24))
    np.testing.assert_array_equal(wfdb.rdrecord(str(tmp_path / "x")).p_signal.T, back.data)


@pytest.mark.parametrize("fmt", FLAC)
@pytest.mark.parametrize("n_channels", [8, 9, 20])
def test_flac_of_many_channels_is_several_files(tmp_path: Path, fmt: int, n_channels: int) -> None:
    source = digital_record(tmp_path / "a", samples_for(fmt, n_channels, 5000))
    bp.io.write_wfdb(source, tmp_path / "x.hea", format=fmt)
    assert len(list(tmp_path.glob("x*.dat"))) == -(-n_channels // 8)
    assert (tmp_path / "x.dat").read_bytes()[:4] == b"fLaC"
    assert (tmp_path / "x.dat").read_bytes()[26:42] != bytes(16)  # the MD5 of the samples
    back = bp.read(tmp_path / "x", strict=True)
    assert back.signal_sha256() == source.signal_sha256()
    theirs = wfdb.rdrecord(str(tmp_path / "x"), physical=False)
    np.testing.assert_array_equal(theirs.d_signal.T, source.signals[0].digital)


@pytest.mark.parametrize("fmt", [16, 212, 310, 80, 516])
def test_several_rates(tmp_path: Path, fmt: int) -> None:
    source = digital_record(tmp_path / "a", samples_for(fmt, 3, 9000), per_frame=3)
    bp.io.write_wfdb(source, tmp_path / "x.hea", format=fmt)
    back = bp.read(tmp_path / "x", strict=True)
    assert [s.fs for s in back.signals] == [300, 100]
    assert back.signal_sha256() == source.signal_sha256()
    theirs = wfdb.rdrecord(str(tmp_path / "x"), physical=False, smooth_frames=False)
    for c, row in enumerate(theirs.e_d_signal):
        np.testing.assert_array_equal(row, source.signals[min(c, 1)].digital[max(c - 1, 0)])


def test_flac_is_smaller_than_what_it_came_from(tmp_path: Path, test_data: Path) -> None:
    source = bp.read(test_data / "mitdb" / "100")
    bp.io.write_wfdb(source, tmp_path / "x.hea", format=516, annotator="qrs")
    assert (tmp_path / "x.dat").stat().st_size < 0.7 * (test_data / "mitdb" / "100.dat").stat().st_size
    assert bp.read(tmp_path / "x", strict=True).signal_sha256() == source.signal_sha256()
    assert len(bp.read(tmp_path / "x", annotators=["qrs"]).events) == len(source.events)
    assert not (tmp_path / "x.atr").exists()


@pytest.mark.parametrize(
    ("fmt", "digital", "why"),
    [
        (80, [[0, 128]], "larger"),
        (80, [[0, -128]], "larger"),
        (310, [[0, 512]], "larger"),
        (212, [[0, -2048]], "larger"),
        (16, [[0, 40_000]], "larger"),
        (8, [[0, 200, 0]], "0 and 200"),
        (17, [[0, 1]], "format 8, 16"),
    ],
)
def test_samples_that_do_not_fit_are_refused(tmp_path: Path, fmt: int, digital: list[list[int]], why: str) -> None:
    source = digital_record(tmp_path / "a", np.array(digital))
    with pytest.raises(ValueError, match=why):
        bp.io.write_wfdb(source, tmp_path / "x.hea", format=fmt)
    assert not list(tmp_path.glob("*x*"))


def test_what_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none"):
        bp.io.write_wfdb(digital_record(tmp_path / "a", np.zeros((1, 0))), tmp_path / "x.hea", format=516)
    with pytest.raises(ValueError, match="layout"):
        bp.io.write_wfdb(digital_record(tmp_path / "a", np.zeros((1, 9))), tmp_path / "x.hea", layout="none")  # type: ignore[arg-type]
    x = np.sin(np.arange(300.0))
    x[9] = np.nan
    made = bp.Recording.from_array(x, fs=100, channels=["a"], unit="mV")
    with pytest.raises(ValueError, match="missing ones"):
        bp.io.write_wfdb(made, tmp_path / "x.hea", format=8)


def gapped(folder: Path, lengths: tuple[int, ...], lead: int) -> bp.Recording:
    """Stretches of two rates between gaps of 523 frames, after a gap of `lead` frames."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(2)
    lines = [f"~ {lead}"] if lead else []
    for k, n in enumerate(lengths):
        (folder / f"s{k}.dat").write_bytes(rng.integers(-2000, 2000, 3 * n, dtype="<i2").tobytes())
        (folder / f"s{k}.hea").write_text(
            f"s{k} 2 100 {n}\ns{k}.dat 16 200/mV 12 0 0 0 0 I\ns{k}.dat 16x2 100/mmHg 12 0 0 0 0 ABP\n"
        )
        lines += [f"s{k} {n}", "~ 523"]
    total = sum(int(line.split()[1]) for line in lines[:-1])
    text = f"g/{len(lines) - 1} 2 100 {total} 10:20:30 01/02/2003\n" + "\n".join(lines[:-1]) + "\n# a comment\n"
    (folder / "g.hea").write_text(text)
    recording = bp.read(folder / "g", strict=True)
    recording.events = pd.DataFrame({"onset_s": [0.5, 7.0], "label": ["N", "V"]})
    return recording


def same_stretches(ours: bp.Recording, theirs: bp.Recording) -> None:
    assert len(ours.signals) == len(theirs.signals)
    for a, b in zip(ours.signals, theirs.signals, strict=True):
        assert [(s.start_s, s.first, s.n_samples) for s in a.segments] == [
            (s.start_s, s.first, s.n_samples) for s in b.segments
        ]
        for x, y in zip(a.segments, b.segments, strict=True):
            np.testing.assert_array_equal(x.data, y.data)


@pytest.mark.parametrize("layout", ["variable", "fixed"])
@pytest.mark.parametrize("fmt", [None, 212, 516])
@pytest.mark.parametrize(("lengths", "lead"), [((317, 250, 401), 0), ((1, 1, 1), 5), ((100,), 50), ((4092, 3), 0)])
def test_gaps_become_segments(
    tmp_path: Path, layout: str, fmt: int | None, lengths: tuple[int, ...], lead: int
) -> None:
    source = gapped(tmp_path / "a", lengths, lead)
    bp.io.write_wfdb(source, tmp_path / "x.hea", format=fmt, layout=layout)  # type: ignore[arg-type]
    back = bp.read(tmp_path / "x", strict=True)
    same_stretches(back, source)
    assert back.signal_sha256() == source.signal_sha256()
    assert back.warnings == []
    np.testing.assert_array_equal(back.events.onset_s, [0.5, 7.0])
    assert back.identity == source.identity
    header = (tmp_path / "x.hea").read_text().splitlines()
    assert header[1].split()[0] == ("x_layout" if layout == "variable" else "~" if lead else "x_0001")


@pytest.mark.parametrize("fmt", [16, 212, 516])
def test_wfdb_reads_our_segments(tmp_path: Path, fmt: int) -> None:
    """wfdb-python gives gaps as NaN, frames smoothed to the slowest rate unless asked."""
    source = gapped(tmp_path / "a", (317, 250, 401), 0)
    bp.io.write_wfdb(source, tmp_path / "x.hea", format=fmt)
    theirs = wfdb.rdrecord(str(tmp_path / "x"))
    assert theirs.sig_name == ["I", "ABP"]
    signal = source.signals[0]
    expected = np.full(317 + 250 + 401 + 2 * 523, np.nan)
    for segment in signal.segments:
        first = round(segment.start_s * 100)
        expected[first : first + segment.n_samples] = segment.data[0]
    np.testing.assert_array_equal(theirs.p_signal[:, 0], expected)
    assert wfdb.rdheader(str(tmp_path / "x")).comments == ["a comment"]


def test_gaps_of_edf_move_by_less_than_half_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "gap.edf"
    events = pd.DataFrame({"onset_s": [0.0], "label": ["a label that makes room"]})
    bp.write(bp.Recording.from_array(np.arange(300.0), fs=100, channels=["a"], unit="uV", events=events), path)
    old, new = b"+2\x14\x14" + bytes(7), b"+2.504\x14\x14" + bytes(3)
    assert path.read_bytes().count(old) == 1
    path.write_bytes(path.read_bytes().replace(b"EDF+C", b"EDF+D").replace(old, new))
    source = bp.read(path)
    assert [s.start_s for s in source.signals[0].segments] == [0, 2.504]
    bp.write(source, tmp_path / "x.hea")
    back = bp.read(tmp_path / "x", strict=True)
    assert [s.start_s for s in back.signals[0].segments] == [0, 2.5]
    assert back.signal_sha256() == source.signal_sha256()


def test_a_real_record_with_gaps(tmp_path: Path, test_data: Path) -> None:
    folder = test_data / "formats" / "wfdb_python_sample" / "multi-segment" / "p000878"
    source = bp.read(folder / "p000878-2137-10-26-16-57")
    bp.write(source, tmp_path / "x.hea")
    back = bp.read(tmp_path / "x", strict=True)
    same_stretches(back, source)
    for a, b in zip(back.signals[0].segments, source.signals[0].segments, strict=True):
        where = (slice(None), slice(a.first, a.first + a.n_samples))
        ours = back.signals[0]._core.read_digital(0, back.signals[0].n_samples)[where]
        theirs = source.signals[0]._core.read_digital(0, back.signals[0].n_samples)[where]
        there = np.isfinite(b.data)  # each format has a code of its own for a missing sample
        np.testing.assert_array_equal(ours[there], theirs[there])
