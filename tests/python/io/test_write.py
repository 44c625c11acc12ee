"""Writers: what goes in comes out, in our reader and in those of others."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
from pathlib import Path

import edfio
import h5py
import hypothesis.extra.numpy as hnp
import mne
import numpy as np
import pandas as pd
import pytest
import wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import biopotential as bp

SUFFIXES = (".hea", ".edf", ".bdf", ".h5")  # BrainVision has no zero: test_other_formats.py
RELAXED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(n: int = 1000, fs: float = 250.0) -> bp.Recording:
    rng = np.random.default_rng(3)
    events = pd.DataFrame(
        {"onset_s": [0.0, 1.5], "label": ["N", "V"], "duration_s": [0.0, 0.25], "channel": ["", "two"]}
    )
    return bp.Recording.from_array(
        rng.normal(size=(2, n)).cumsum(axis=1), fs=fs, channels=["one", "two"], unit="mV", events=events
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_physical_samples_survive_to_half_a_step(tmp_path: Path, suffix: str) -> None:
    recording = made()
    path = tmp_path / f"r{suffix}"
    bp.write(recording, path)
    back = bp.read(path, strict=True)
    assert back.fs == 250
    assert back.channel_names == ["one", "two"]
    assert [channel.unit for channel in back.signals[0].channels] == ["mV", "mV"]
    bits = {".hea": 16, ".edf": 16, ".bdf": 24, ".h5": 52}[suffix]
    span = np.ptp(recording.data, axis=1, keepdims=True)
    # Half a digital step, a whole one where WFDB's whole-numbered baseline shifts them.
    assert np.all(np.abs(back.data - recording.data) <= 1.05 * span / 2**bits)
    assert list(back.events.label) == ["N", "V"]
    np.testing.assert_allclose(back.events.onset_s, [0, 1.5])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_digital_samples_survive_byte_for_byte(tmp_path: Path, test_data: Path, suffix: str) -> None:
    for source in (test_data / "mitdb" / "100", sorted((test_data / "eegmmidb").rglob("*.edf"))[0]):
        recording = bp.read(source)
        path = tmp_path / f"r{suffix}"
        bp.write(recording, path)
        back = bp.read(path, strict=True)
        np.testing.assert_array_equal(back.signals[0].digital, recording.signals[0].digital)
        assert back.signal_sha256() == recording.signal_sha256()
        assert len(back.events) == len(recording.events)


def test_wfdb_reads_what_we_write(tmp_path: Path, test_data: Path) -> None:
    source = test_data / "mitdb" / "100"
    bp.write(bp.read(source), tmp_path / "x.hea")
    ours, theirs = wfdb.rdrecord(str(tmp_path / "x")), wfdb.rdrecord(str(source))
    np.testing.assert_array_equal(ours.p_signal, theirs.p_signal)
    assert ours.fmt == theirs.fmt == ["212", "212"]
    assert ours.comments == theirs.comments
    assert ours.checksum == theirs.checksum
    mine, other = wfdb.rdann(str(tmp_path / "x"), "atr"), wfdb.rdann(str(source), "atr")
    np.testing.assert_array_equal(mine.sample, other.sample)
    assert mine.symbol == other.symbol
    assert [text.rstrip("\0") for text in mine.aux_note] == [text.rstrip("\0") for text in other.aux_note]
    assert (tmp_path / "x.dat").read_bytes() == source.with_suffix(".dat").read_bytes()


def test_edfio_and_mne_read_what_we_write(tmp_path: Path, test_data: Path) -> None:
    source = sorted((test_data / "eegmmidb").rglob("*.edf"))[0]
    recording = bp.read(source)
    bp.write(recording, tmp_path / "x.edf")
    theirs = edfio.read_edf(tmp_path / "x.edf")
    np.testing.assert_array_equal(np.array([s.data for s in theirs.signals]), recording.data)
    assert [a.text for a in theirs.annotations] == list(recording.events.label)
    raw = mne.io.read_raw_edf(tmp_path / "x.edf", preload=True, verbose="error")
    original = mne.io.read_raw_edf(source, preload=True, verbose="error")
    np.testing.assert_array_equal(raw.get_data(), original.get_data())
    np.testing.assert_allclose(raw.annotations.onset, original.annotations.onset)
    assert raw.info["meas_date"] == original.info["meas_date"]


def test_h5py_reads_what_we_write_and_bytes_repeat(tmp_path: Path, test_data: Path) -> None:
    recording = bp.read(test_data / "mitdb" / "100")
    bp.write(recording, tmp_path / "a.h5")
    bp.write(recording, tmp_path / "b.h5")
    digests = {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("a.h5", "b.h5")}
    assert len(digests) == 1
    with h5py.File(tmp_path / "a.h5") as file:
        samples = file["signals/0/samples"]
        assert samples.dtype == np.int16
        np.testing.assert_array_equal(samples[:], recording.signals[0].digital)
        physical = samples.attrs["gain"][:, None] * samples[:] + samples.attrs["offset"][:, None]
        np.testing.assert_allclose(physical, recording.data, rtol=1e-12, atol=1e-12)
        assert file.attrs["signal_sha256"].decode() == recording.signal_sha256()
        assert file.attrs["schema_version"] == 1


@pytest.mark.parametrize(
    "spoil", ["soft", "external", "virtual", "storage", "huge", "compact", "string", "float32", "filter", "missing"]
)
def test_hostile_hdf5_is_refused(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "a.h5"
    bp.write(made(), path)
    with h5py.File(path, "a") as file:
        group = file["signals/0"]
        del group["samples"]
        if spoil == "soft":
            group["other"] = np.zeros((2, 1000))
            group["samples"] = h5py.SoftLink("/signals/0/other")
        elif spoil == "external":
            group["samples"] = h5py.ExternalLink("/etc/hostname", "/x")
        elif spoil == "virtual":
            layout = h5py.VirtualLayout((2, 1000), "f8")
            layout[:] = h5py.VirtualSource(str(path), "metadata", shape=(2, 1000))
            group.create_virtual_dataset("samples", layout)
        elif spoil == "storage":
            group.create_dataset("samples", (2, 1000), "f8", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])
        elif spoil == "huge":
            group.create_dataset("samples", (2, 2**45), "f8", chunks=(2, 1000), compression="gzip")
        elif spoil == "compact":
            group["samples"] = np.zeros((2, 1000))
        elif spoil == "string":
            group["samples"] = np.array([[b"x"] * 1000] * 2)
        elif spoil == "float32":
            group.create_dataset("samples", data=np.zeros((2, 1000), "f4"), chunks=(2, 1000))
        elif spoil == "filter":
            group.create_dataset("samples", data=np.zeros((2, 1000)), chunks=(2, 1000), fletcher32=True)
    with pytest.raises(bp.ParseError, match=r"samples|chunk"):
        bp.read(path)


@pytest.mark.parametrize("libver", ["earliest", "v110"])
@pytest.mark.parametrize("columns", [7, 100, 1000])
def test_other_tables_of_chunks_are_read(tmp_path: Path, libver: str, columns: int) -> None:
    """The same container, written anew by h5py with chunks of its own: B-trees, arrays and single chunks."""
    bp.write(made(), tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5") as old, h5py.File(tmp_path / "b.h5", "w", libver=(libver, "v110")) as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value
        old.copy("metadata", new)
        new.create_dataset(
            "signals/0/samples",
            data=old["signals/0/samples"][:],
            chunks=(2, columns),
            compression="gzip",
            shuffle=columns != 100,
        )
    ours = bp.read(tmp_path / "b.h5", strict=True)
    np.testing.assert_array_equal(ours.data, made().data)
    np.testing.assert_array_equal(ours.signals[0].read(95, 120), made().data[:, 95:215])


def test_another_hdf5_file_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3)
    with pytest.raises(bp.ParseError, match="format"):
        bp.read(tmp_path / "a.h5")


@RELAXED
@given(
    digital=hnp.arrays(
        np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=30), elements=st.floats(-1e4, 1e4)
    ),
    suffix=st.sampled_from(SUFFIXES),
    fs=st.sampled_from([1.0, 100.0, 128.0, 250.0, 360.0, 512.0]),
)
def test_write_then_read_twice_is_stable(tmp_path: Path, digital: np.ndarray, suffix: str, fs: float) -> None:
    names = [f"c{i}" for i in range(len(digital))]
    try:
        bp.write(bp.Recording.from_array(digital, fs=fs, channels=names, unit="uV"), tmp_path / f"a{suffix}")
    except ValueError as error:
        assert "eight characters" in str(error)  # noqa: PT017
        return
    once = bp.read(tmp_path / f"a{suffix}", strict=True)
    bp.write(once, tmp_path / f"b{suffix}")
    twice = bp.read(tmp_path / f"b{suffix}", strict=True)
    np.testing.assert_array_equal(once.data, twice.data)
    assert once.data.shape == digital.shape
    assert once.signal_sha256() == twice.signal_sha256()


@RELAXED
@given(
    content=st.binary(max_size=2000), start=st.sampled_from([b"", b"0       ", b"\xffBIOSEMI", b"\x89HDF\r\n\x1a\n"])
)
def test_arbitrary_bytes_are_a_parse_error(tmp_path: Path, content: bytes, start: bytes) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(start + content)
    with pytest.raises((bp.ParseError, OSError)):
        bp.read(path)


@RELAXED
@given(content=st.text(max_size=300), data=st.binary(max_size=100))
def test_arbitrary_headers_never_do_worse(tmp_path: Path, content: str, data: bytes) -> None:
    (tmp_path / "x.hea").write_text(content, encoding="utf-8")
    (tmp_path / "x.dat").write_bytes(data)
    (tmp_path / "x.atr").write_bytes(data)
    try:
        for part in bp.read(tmp_path / "x").signals:
            assert part.data.shape == (part.n_channels, part.n_samples)
        bp.io.read_annotations(tmp_path / "x.atr", fs=250)
    except (bp.ParseError, OSError):
        pass


def _write_forever(path: str) -> None:
    recording = made(200_000)
    while True:
        bp.write(recording, path)


@pytest.mark.parametrize("suffix", [".edf", ".h5"])
def test_a_killed_writer_leaves_a_whole_file_or_none(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    context = multiprocessing.get_context("spawn")
    for delay in (0.3, 0.45, 0.6):
        process = context.Process(target=_write_forever, args=(str(path),))
        process.start()
        while not path.exists():
            process.join(0.01)
        process.join(delay)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert bp.read(path, strict=True).signals[0].n_samples == 200_000


@pytest.mark.parametrize("suffix", [".txt", "", ".EDFX"])
def test_an_unknown_suffix_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match=r"\.hea"):
        bp.write(made(), tmp_path / f"x{suffix}")


def test_nan_is_kept_where_the_format_can(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 200)
    x[50:60] = np.nan
    recording = bp.Recording.from_array(x, fs=100, channels=["a"], unit="mV")
    for suffix in (".hea", ".h5"):
        bp.write(recording, tmp_path / f"x{suffix}")
        np.testing.assert_array_equal(np.isnan(bp.read(tmp_path / f"x{suffix}").data[0]), np.isnan(x))


@pytest.mark.parametrize("suffix", [".edf", ".bdf"])
def test_edf_marks_missing_samples(tmp_path: Path, suffix: str) -> None:
    x = np.stack([np.linspace(-1, 1, 1000), np.linspace(5, 6, 1000)])
    x[0, :3] = x[0, 300:450] = x[1, 449:451] = x[1, 990:] = np.nan
    recording = bp.Recording.from_array(x, fs=100, channels=["a", "b"], unit="mV")
    bp.write(recording, tmp_path / f"x{suffix}")
    back = bp.read(tmp_path / f"x{suffix}", strict=True)
    np.testing.assert_array_equal(np.isnan(back.data), np.isnan(x))
    np.testing.assert_allclose(back.data, x, atol=1e-4)
    assert back.events.empty
    np.testing.assert_array_equal(back.signals[0].read(440, 20), back.data[:, 440:460])
    # Another reader sees the sample before, and an annotation.
    theirs = (edfio.read_bdf if suffix == ".bdf" else edfio.read_edf)(tmp_path / f"x{suffix}")
    np.testing.assert_allclose(theirs.signals[0].data[300:450], x[0, 299], atol=1e-4)
    assert sum("missing samples of channel" in a.text for a in theirs.annotations) == 4


def test_edf_keeps_wfdbs_code_for_missing(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 200)
    x[50:60] = np.nan
    bp.write(bp.Recording.from_array(x, fs=100, channels=["a"], unit="mV"), tmp_path / "x.hea")
    first = bp.read(tmp_path / "x.hea")
    bp.write(first, tmp_path / "x.edf")
    back = bp.read(tmp_path / "x.edf", strict=True)
    assert back.signal_sha256() == first.signal_sha256()
    np.testing.assert_array_equal(np.isnan(back.data), np.isnan(first.data))


def test_edf_keeps_long_names_and_units(tmp_path: Path) -> None:
    names = [
        "a name that is longer than sixteen",
        "a name that is longer than seventeen",
        "Größe der längsten Welle",
        "b",
    ]
    units = ["mV", "millivolt/second", "µV", ""]
    x = np.arange(800.0).reshape(4, 200)
    events = pd.DataFrame({"onset_s": [1.0], "label": ["x"], "channel": [names[1]]})
    recording = bp.Recording.from_array(x, fs=100, channels=names, unit=units, events=events)
    bp.write(recording, tmp_path / "x.edf")
    back = bp.read(tmp_path / "x.edf", strict=True)
    assert back.channel_names == names
    assert [channel.unit for channel in back.signals[0].channels] == units
    assert list(back.events.channel) == [names[1]]
    labels = [s.label for s in edfio.read_edf(tmp_path / "x.edf").signals]
    assert len(set(labels)) == 4
    assert labels[0] == "a name that is l"


@pytest.mark.parametrize("lengths", [(317, 250, 401), (1, 1, 1), (100, 200, 300), (999, 1, 50)])
def test_edf_holds_gaps_within_records(tmp_path: Path, test_data: Path, lengths: tuple[int, ...]) -> None:
    """A recording with gaps comes from WFDB segments; starts, lengths and samples survive."""
    rng = np.random.default_rng(2)
    lines = []
    for k, n in enumerate(lengths):
        (tmp_path / f"s{k}.dat").write_bytes(rng.integers(-2000, 2000, 3 * n, dtype="<i2").tobytes())
        (tmp_path / f"s{k}.hea").write_text(
            f"s{k} 2 100 {n}\ns{k}.dat 16 200/mV 12 0 0 0 0 I\ns{k}.dat 16x2 100/mmHg 12 0 0 0 0 ABP\n"
        )
        lines += [f"s{k} {n}", "~ 523"]
    (tmp_path / "r.hea").write_text(f"r/{len(lines)} 2 100 {sum(lengths) + 523 * len(lengths)}\n" + "\n".join(lines))
    recording = bp.read(tmp_path / "r")
    bp.write(recording, tmp_path / "x.edf")
    back = bp.read(tmp_path / "x.edf", strict=True)
    assert back.format == "EDF+D"
    assert back.signal_sha256() == recording.signal_sha256()
    for ours, theirs in zip(back.signals, recording.signals, strict=True):
        assert [(s.start_s, s.n_samples) for s in ours.segments] == [(s.start_s, s.n_samples) for s in theirs.segments]
        for a, b in zip(ours.segments, theirs.segments, strict=True):
            np.testing.assert_allclose(a.data, b.data, rtol=1e-9, atol=1e-9)  # EDF's gain is a quotient of limits
