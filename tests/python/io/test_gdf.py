"""GDF against MNE (to 2.20, what it reads) and libbiosig (2.51, its own), and a writer of our own for the rest."""

from __future__ import annotations

import datetime
import shutil
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import mne
import numpy as np
import pytest

import biopotential as bp

# Name of the type, its code, and how its samples stand in the file.
TYPES = {
    "i1": 1, "u1": 2, "<i2": 3, "<u2": 4, "<i4": 5, "<u4": 6, "<i8": 7, "<u8": 8, "<f4": 16, "<f8": 17,
    "int24": 279, "uint24": 535,
}  # fmt: skip
DIGITAL = {"i1", "u1", "<i2", "<u2", "<i4", "int24", "uint24"}


def packed(x: np.ndarray, kind: str) -> bytes:
    """Samples as the type stands in the file."""
    if kind.endswith("int24"):
        return b"".join(int(v).to_bytes(3, "little", signed=kind == "int24") for v in x)
    return x.astype(kind).tobytes()


@dataclass
class Line:
    """A channel of a file to write; samples shape (n_records, samples in a record)."""

    name: str
    x: np.ndarray
    kind: str = "<i2"
    limits: tuple[float, float, float, float] = (-100.0, 100.0, -1000.0, 1000.0)
    unit: tuple[str, int] = ("uV", 4275)


@dataclass
class Gdf:
    """A GDF file as the standard has it."""

    lines: list[Line]
    version: str = "2.20"
    record_s: tuple[int, int] = (1, 1)
    events: list[tuple[int, int, int, int]] = field(default_factory=list)  # position, type, channel, duration
    event_fs: float = 100.0
    mode: int = 3
    tags: bytes = b""
    n_records: int | None = None
    patient: bytes = b"P001 Doe_John"

    def bytes(self) -> bytes:
        number = float(self.version)
        ns, n_records = len(self.lines), self.lines[0].x.shape[0]
        tags = self.tags + bytes(-len(self.tags) % 256)
        header_bytes = 256 * (ns + 1) + len(tags)
        stated = n_records if self.n_records is None else self.n_records
        out = b"GDF " + self.version.encode()
        if number < 1.9:
            out += self.patient.ljust(80, b"\0") + b"a recording".ljust(80, b"\0") + b"2020010203040550"
            out += struct.pack("<q", header_bytes) + bytes(44) + struct.pack("<qIII", stated, *self.record_s, ns)
        else:
            out += self.patient.ljust(66, b"\0") + bytes(10) + bytes([0, 70, 180, 2]) + b"a recording".ljust(64, b"\0")
            out += bytes(16) + struct.pack("<QQ", moment(2020, 1, 2, 3, 4, 5), moment(1970, 5, 6))
            out += struct.pack("<H", header_bytes // 256) + bytes(50) + struct.pack("<q", stated)
            seconds = self.record_s[0] / self.record_s[1]
            out += struct.pack("<d", seconds) if number > 2.2 else struct.pack("<II", *self.record_s)
            out += struct.pack("<HH", ns, 0)
        assert len(out) == 256
        columns = [
            [line.name.encode().ljust(16, b"\0") for line in self.lines],
            [b"AgAgCl".ljust(80, b"\0")] * ns,
        ]
        low, high, digital_low, digital_high = zip(*(line.limits for line in self.lines), strict=True)
        if number < 1.9:
            columns.append([line.unit[0].encode().ljust(8) for line in self.lines])
        else:
            columns.append([bytes(6)] * ns)
            columns.append([struct.pack("<H", line.unit[1]) for line in self.lines])
        columns += [[struct.pack("<d", v) for v in low], [struct.pack("<d", v) for v in high]]
        form = "<q" if number < 1.9 else "<d"
        for limit in (digital_low, digital_high):
            columns.append([struct.pack(form, int(v) if number < 1.9 else v) for v in limit])
        if number < 1.9:
            columns.append([b"HP 0.1 Hz".ljust(80)] * ns)
        else:
            columns.append([bytes(68)] * ns)
            columns += [[struct.pack("<f", hz)] * ns for hz in (70, 0.5, 50)]
        columns.append([struct.pack("<I", line.x.shape[1]) for line in self.lines])
        columns.append([struct.pack("<I", TYPES[line.kind]) for line in self.lines])
        columns.append([bytes(32)] * ns)
        out += b"".join(part for column in columns for part in column) + tags
        assert len(out) == header_bytes
        for record in range(n_records):
            out += b"".join(packed(line.x[record], line.kind) for line in self.lines)
        if self.events:
            position, kind, channel, duration = zip(*self.events, strict=True)
            n = len(self.events)
            if number < 1.94:
                out += bytes([self.mode]) + int(self.event_fs).to_bytes(3, "little") + struct.pack("<I", n)
            else:
                out += bytes([self.mode]) + n.to_bytes(3, "little") + struct.pack("<f", self.event_fs)
            out += np.array(position, "<u4").tobytes() + np.array(kind, "<u2").tobytes()
            if self.mode & 2:
                out += np.array(channel, "<u2").tobytes() + np.array(duration, "<u4").tobytes()
        return out


def moment(*when: int) -> int:
    """Days since the year 0 in units of 2^-32."""
    since = datetime.datetime(*when) - datetime.datetime(1970, 1, 1)
    return round((since.total_seconds() / 86400 + 719529) * 2**32)


def wave(n_records: int, n: int, seed: int = 0, low: int = -900, high: int = 900) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (n_records, n))


EVENTS = [(1, 0x0300, 0, 0), (101, 0x0301, 1, 50), (251, 0x0302, 2, 7)]


@pytest.mark.parametrize("version", ["1.25", "2.20"])
@pytest.mark.parametrize("kind", [k for k in TYPES if k != "<u8"])
def test_types_equal_mne(tmp_path: Path, version: str, kind: str) -> None:
    low = 0 if kind.startswith(("u", "<u")) else -100
    lines = [Line(name, wave(6, 100, seed, low, 100), kind) for seed, name in enumerate(["Fz", "Cz"])]
    path = tmp_path / "x.gdf"
    path.write_bytes(Gdf(lines, version, events=EVENTS).bytes())
    ours = bp.read(path, strict=True)
    assert ours.format == f"GDF {version}"
    assert ours.fs == 100
    assert ours.channel_names == ["Fz", "Cz"]
    stored = np.array([line.x.ravel() for line in lines])
    np.testing.assert_allclose(ours.data, (stored + 1000) * 0.1 - 100, rtol=1e-12, atol=1e-11)
    assert ours.signals[0].has_digital == (kind in DIGITAL)
    if kind in DIGITAL:
        np.testing.assert_array_equal(ours.signals[0].digital, stored)
    np.testing.assert_array_equal(ours.signals[0].read(250, 200, [1])[0], ours.data[1, 250:450])
    np.testing.assert_allclose(ours.events.onset_s, [0, 1, 2.5])
    np.testing.assert_allclose(ours.events.duration_s, [0, 0.5, 0.07])
    assert list(ours.events.channel) == ["", "Fz", "Cz"]
    assert ours.identity.start == np.datetime64("2020-01-02T03:04:05") + np.timedelta64(500 * (version == "1.25"), "ms")
    assert ours.identity.fields["patient"] == "P001 Doe_John"
    assert ours.identity.fields.get("birth_date") == (None if version == "1.25" else "1970-05-06")
    if kind in ("int24", "uint24"):
        return  # MNE has no such types
    raw = mne.io.read_raw_gdf(path, verbose="error")
    assert (raw.info["sfreq"], raw.ch_names) == (ours.fs, ours.channel_names)
    np.testing.assert_allclose(ours.data * 1e-6, raw.get_data(), rtol=1e-12, atol=1e-20)
    assert list(ours.events.label) == list(raw.annotations.description)
    np.testing.assert_allclose(ours.events.onset_s, raw.annotations.onset, atol=1e-9)
    np.testing.assert_allclose(ours.events.duration_s[1:], raw.annotations.duration[1:], atol=1e-9)  # MNE: no zeros
    since = raw.info["meas_date"].replace(tzinfo=None) - ours.identity.start.astype("datetime64[us]").item()
    assert abs(since) < datetime.timedelta(milliseconds=0.1)


def test_several_rates_are_signals_of_their_own(tmp_path: Path) -> None:
    lines = [
        Line("EEG", wave(4, 256), "<i2"),
        Line("Resp", wave(4, 32, 1), "<i4", unit=("mV", 4274)),
        Line("rare", wave(4, 0), "<i2"),
        Line("EOG", wave(4, 256, 2), "int24"),
        Line("Pressure", wave(4, 32, 3).astype(float) / 7, "<f8", (-9.0, 9.0, -9.0, 9.0), ("mmHg", 3872)),
    ]
    path = tmp_path / "x.gdf"
    path.write_bytes(Gdf(lines, "2.51", (2, 1), [(65, 5, 4, 128)], 128.0).bytes())
    recording = bp.read(path, strict=True)
    assert [signal.fs for signal in recording.signals] == [128, 16]
    assert [[c.name for c in s.channels] for s in recording.signals] == [["EEG", "EOG"], ["Resp", "Pressure"]]
    assert [c.unit for c in recording.signals[1].channels] == ["mV", "mmHg"]
    np.testing.assert_array_equal(recording.signals[0].digital, [lines[0].x.ravel(), lines[3].x.ravel()])
    np.testing.assert_array_equal(recording.signals[1].data[1], lines[4].x.ravel())
    assert not recording.signals[1].has_digital
    assert list(recording.events.channel) == ["EOG"]
    np.testing.assert_allclose([recording.events.onset_s[0], recording.events.duration_s[0]], [0.5, 1])


def test_onset_and_end_codes_are_one_event_and_descriptions_its_label(tmp_path: Path) -> None:
    text = b"\0".join([b"nothing", b"blink", b"movement"]) + b"\0"
    tags = b"\x01" + len(text).to_bytes(3, "little") + text + b"\x07" + (4).to_bytes(3, "little") + b"Ward"
    events = [(1, 1, 0, 0), (51, 2, 0, 0), (76, 0x8001, 0, 0), (81, 0x8003, 0, 0)]
    path = tmp_path / "x.gdf"
    path.write_bytes(Gdf([Line("a", wave(1, 100))], "2.51", events=events, mode=1, tags=tags).bytes())
    recording = bp.read(path, strict=True)
    assert list(recording.events.label) == ["blink", "movement", str(0x8003)]
    np.testing.assert_allclose(recording.events.onset_s, [0, 0.5, 0.8])
    np.testing.assert_allclose(recording.events.duration_s, [0.75, 0, 0])
    assert recording.identity.fields["institution"] == "Ward"


def test_a_recorder_that_was_killed_leaves_whole_records(tmp_path: Path) -> None:
    x = wave(5, 100)
    path = tmp_path / "x.gdf"
    path.write_bytes(Gdf([Line("a", x)], n_records=-1).bytes()[:-30])
    assert bp.read(path, strict=True).data.shape == (1, 400)
    path.write_bytes(Gdf([Line("a", x)]).bytes()[:-30])
    recording = bp.read(path)
    np.testing.assert_array_equal(recording.signals[0].digital[0], x.ravel()[:400])
    assert "records" in recording.warnings[0]
    with pytest.raises(bp.ParseError, match="records"):
        bp.read(path, strict=True)


@pytest.mark.parametrize(
    ("at", "value", "match"),
    [
        (4, b"7.77", "version"),
        (252, b"\xff\xff\0\0", "channels"),
        (256 + 220, b"\x12\0\0\0", "type of channel"),
        (256 + 216, b"\0\0\0\0", "samples in a record"),
    ],
)
def test_headers_that_make_no_sense(tmp_path: Path, at: int, value: bytes, match: str) -> None:
    data = bytearray(Gdf([Line("a", wave(2, 50))]).bytes())
    data[at : at + len(value)] = value
    (tmp_path / "x.gdf").write_bytes(data)
    with pytest.raises(bp.ParseError, match=match) as error:
        bp.read(tmp_path / "x.gdf")
    assert error.value.offset is not None


@pytest.mark.parametrize(
    ("at", "value", "match"),
    [
        (184, b"\x01\0", "header"),
        (244, bytes(8), "duration of a record"),
        (256 + 104, struct.pack("<dd", 5, 5), "limits"),
        (256 * 2 + 2 * 50 * 2, b"\x03\xff\xff\xff", "event table"),
        (256 * 2 + 2 * 50 * 2 + 4, struct.pack("<f", 1e-12), "285 years"),
    ],
)
def test_headers_that_are_mended_with_a_warning(tmp_path: Path, at: int, value: bytes, match: str) -> None:
    x = wave(2, 50)
    data = bytearray(Gdf([Line("a", x)], events=[(1, 1, 0, 0)]).bytes())
    data[at : at + len(value)] = value
    (tmp_path / "x.gdf").write_bytes(data)
    recording = bp.read(tmp_path / "x.gdf")
    np.testing.assert_array_equal(recording.signals[0].digital[0], x.ravel())
    assert match in recording.warnings[0]
    with pytest.raises(bp.ParseError, match=match):
        bp.read(tmp_path / "x.gdf", strict=True)


def test_cut_files_are_read_or_refused(tmp_path: Path) -> None:
    data = Gdf([Line("a", wave(2, 50)), Line("b", wave(2, 50))], events=EVENTS).bytes()
    for n in range(5, len(data), 41):
        (tmp_path / "x.gdf").write_bytes(data[:n])
        try:
            assert bp.read(tmp_path / "x.gdf").data.shape[0] == 2
        except bp.ParseError as error:
            assert error.offset is not None  # noqa: PT017


def test_a_record_larger_than_memory_should_hold_is_read_in_pieces(tmp_path: Path) -> None:
    lines = [Line(name, wave(1, 1_500_000, seed)) for seed, name in enumerate("ab")]
    path = tmp_path / "x.gdf"
    path.write_bytes(Gdf(lines, record_s=(1500, 1)).bytes())
    recording = bp.read(path)
    assert recording.fs == 1000
    np.testing.assert_array_equal(recording.signals[0].digital, [line.x[0] for line in lines])
    np.testing.assert_array_equal(recording.signals[0].read(1_400_000, 9)[1], recording.data[1, 1_400_000:1_400_009])


@pytest.mark.skipif(shutil.which("save2gdf") is None, reason="needs save2gdf of biosig-tools")
@pytest.mark.parametrize("name", ["pyedflib/test_generator.edf", "edfio/short_psg.edf", "edf_jl/bdf_test.bdf"])
def test_what_biosig_writes(tmp_path: Path, test_data: Path, name: str) -> None:
    source = test_data / "formats" / name
    subprocess.run(["save2gdf", str(source), str(tmp_path / "x.gdf")], check=True, capture_output=True)
    ours, edf = bp.read(tmp_path / "x.gdf"), bp.read(source)
    assert ours.format == "GDF 2.51"
    by_name = {channel.name: signal.data[i] for signal in ours.signals for i, channel in enumerate(signal.channels)}
    for signal in edf.signals:
        for i, channel in enumerate(signal.channels):
            if channel.name in by_name and len(by_name[channel.name]) == signal.n_samples:
                step = abs(channel.gain) * 1.01  # it writes physical values back as digital ones, and cuts them
                np.testing.assert_allclose(by_name[channel.name], signal.data[i], atol=step, err_msg=channel.name)
    assert len(by_name) >= sum(signal.n_channels for signal in edf.signals)
