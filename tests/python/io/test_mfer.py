"""MFER against ecgdatakit, and a writer of our own."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from ecgdatakit import FileParser

import biopotential as bp

TYPES = {"i2": 0, "u2": 1, "i4": 2, "u1": 3, "i1": 5, "u4": 6, "f4": 7, "f8": 8}


def tlv(tag: int, value: bytes) -> bytes:
    """A definition with the shortest length."""
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    size = (len(value).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(value).to_bytes(size, "big") + value


def start(order: str = ">", identity: bool = True) -> bytes:
    out = tlv(0x40, b"MFR Standard 12 leads ECG".ljust(32)) + tlv(0x01, b"\1" if order == "<" else b"\0")
    out += tlv(0x02, b"\1\1\0")
    if identity:
        out += tlv(0x81, b"Doe^^John") + tlv(0x82, b"ID-17") + tlv(0x84, b"\1")
        out += tlv(0x83, bytes([49]) + struct.pack(order + "HH", 0, 1970) + bytes([5, 6]))
        out += tlv(0x85, struct.pack(order + "H", 2020) + bytes([1, 2, 3, 4, 5]) + struct.pack(order + "HH", 250, 0))
        out += tlv(0x17, b"maker^model^1^2") + tlv(0x16, b"a note")
    return out


def blocks(x: np.ndarray, block: int, kind: str) -> bytes:
    """Sequence after sequence, channel after channel, a block of samples each."""
    return b"".join(row[i : i + block].astype(kind).tobytes() for i in range(0, x.shape[1], block) for row in x)


def common(order: str, n_channels: int, block: int, kind: str, *, interval: tuple[int, int, int] = (1, -3, 2)) -> bytes:
    out = tlv(0x05, bytes([n_channels])) + tlv(0x04, struct.pack(order + "I", block)) + tlv(0x0A, bytes([TYPES[kind]]))
    out += tlv(0x0B, struct.pack(order + "Bbh", *interval)) + tlv(0x0C, struct.pack(order + "Bbh", 0, -6, 5))
    return out


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", TYPES)
def test_mfer_equals_ecgdatakit(tmp_path: Path, order: str, kind: str) -> None:
    x = np.random.default_rng(1).integers(0 if kind[0] == "u" else -90, 100, (2, 5000))
    data = start(order) + common(order, 2, 1000, kind)
    data += b"".join(b"\x3f" + bytes([c]) + tlv(0, tlv(0x09, bytes([code])))[1:] for c, code in enumerate([1, 62]))
    data += tlv(0x1E, blocks(x, 1000, order + kind)) + tlv(0x80, b"")
    path = tmp_path / "x.mwf"
    path.write_bytes(data)
    ours = bp.read(path, strict=True)
    assert ours.format == "MFER"
    assert ours.channel_names == ["I", "aVR"]
    assert ours.fs == 500
    assert ours.signals[0].has_digital == (kind not in ("u4", "f4", "f8"))
    np.testing.assert_allclose(ours.data, x * 5.0, rtol=1e-15)
    assert {channel.unit for channel in ours.signals[0].channels} == {"uV"}
    np.testing.assert_array_equal(ours.signals[0].read(990, 30, [1])[0], ours.data[1, 990:1020])
    assert ours.identity.start == np.datetime64("2020-01-02T03:04:05.250")
    for key, value in {
        "patient": "ID-17", "patient_name": "Doe^^John", "birth_date": "1970-05-06", "sex": "M", "age": "49",
        "manufacturer": "maker^model^1^2", "comments": "a note",
    }.items():  # fmt: skip
        assert ours.identity.fields[key] == value
    theirs = FileParser().parse(path)
    assert [lead.label for lead in theirs.leads] == ours.channel_names
    for lead, mine in zip(theirs.leads, ours.data, strict=True):
        assert (lead.sampling_rate, lead.units) == (500, "mV")
        np.testing.assert_allclose(lead.samples * 1000, mine, rtol=1e-12)


def test_offsets_missing_samples_and_an_end_mark(tmp_path: Path) -> None:
    x = np.array([[1, 2, -32768, 4], [10, 20, 30, 40]])
    own = tlv(0x0D, struct.pack(">h", 100)) + tlv(0x0C, struct.pack(">Bbh", 0, -3, 2)) + tlv(0x09, b"\0\x02my lead")
    data = start(identity=False) + common(">", 2, 4, "i2") + tlv(0x12, struct.pack(">h", -32768))
    data += b"\x3f\x01\x80" + own + b"\0\0" + tlv(0x1E, blocks(x, 4, ">i2"))
    (tmp_path / "x.mwf").write_bytes(data)
    recording = bp.read(tmp_path / "x.mwf", strict=True)
    np.testing.assert_array_equal(recording.data, [[5, 10, np.nan, 20], [220, 240, 260, 280]])
    assert [c.unit for c in recording.signals[0].channels] == ["uV", "mV"]
    assert recording.channel_names == ["channel 1", "my lead"]
    assert recording.identity.start is None


def test_channels_of_several_rates_and_frames_that_follow_on(tmp_path: Path) -> None:
    fast, slow = np.arange(40), np.arange(100, 110)
    data = start() + common(">", 2, 4, "i2")
    data += b"\x3f\x01" + tlv(0, tlv(0x04, b"\1") + tlv(0x0B, struct.pack(">Bbh", 1, -3, 8)) + tlv(0x0A, b"\x02"))[1:]
    for part in range(2):
        frame = b"".join(
            fast[i * 4 : i * 4 + 4].astype(">i2").tobytes() + slow[i : i + 1].astype(">i4").tobytes()
            for i in range(part * 5, part * 5 + 5)
        )
        data += tlv(0x06, b"\5") + tlv(0x1E, frame)
    data += tlv(0x41, struct.pack(">HII", 7, 20, 5) + b"stimulus")
    (tmp_path / "x.mwf").write_bytes(data)
    recording = bp.read(tmp_path / "x.mwf", strict=True)
    assert [signal.fs for signal in recording.signals] == [500, 125]
    np.testing.assert_array_equal(recording.signals[0].digital, [fast])
    np.testing.assert_array_equal(recording.signals[1].digital, [slow])
    np.testing.assert_array_equal(recording.signals[0].read(18, 4)[0], fast[18:22] * 5.0)
    assert list(recording.events.label) == ["stimulus"]
    np.testing.assert_allclose([recording.events.onset_s[0], recording.events.duration_s[0]], [0.04, 0.01])


def test_dominant_beats_are_left_out(tmp_path: Path) -> None:
    data = start() + common(">", 1, 8, "i2") + tlv(0x08, b"\0\1") + tlv(0x1E, bytes(16))
    data += tlv(0x08, b"\0\x09") + tlv(0x1E, bytes(16))
    (tmp_path / "x.mwf").write_bytes(data)
    recording = bp.read(tmp_path / "x.mwf", strict=True)
    assert recording.data.shape == (1, 8)
    assert "dominant beats" in recording.warnings[0]


@pytest.mark.parametrize(
    ("definition", "match"),
    [
        (tlv(0x0A, b"\x09"), "type of samples"),
        (tlv(0x0E, b"\0\1"), "compression"),
        (tlv(0x04, b"\0"), "block length"),
        (tlv(0x05, b"\0"), "channels: wanted 1 or more"),
        (tlv(0x05, b"\xff\xff"), "at least a byte"),
        (tlv(0x05, b"\xff\xff\xff\xff"), "channels"),
        (tlv(0x0B, b"\2\0\0\1"), "sampling interval"),
        (tlv(0x0B, b"\0"), "a unit, an exponent"),
        (b"\x16\x85\1\1\1\1\1", "at most 4 bytes"),
        (b"\x16\x84\xff\xff\xff\xff", "got the end"),
        (b"\x16\x80", "wanted a length"),
        (b"\x3f\0\x10\x3f\0\0", "wanted one level"),
        (b"\x67\x80" * 12, "levels"),
    ],
)
def test_definitions_that_make_no_sense(tmp_path: Path, definition: bytes, match: str) -> None:
    data = start() + common(">", 2, 4, "i2") + definition + tlv(0x1E, bytes(16))
    (tmp_path / "x.mwf").write_bytes(data)
    with pytest.raises(bp.ParseError, match=match) as error:
        bp.read(tmp_path / "x.mwf")
    assert error.value.offset is not None


def test_a_cut_frame_gives_its_whole_sequences(tmp_path: Path) -> None:
    x = np.arange(80).reshape(2, 40)
    data = start() + common(">", 2, 4, "i2") + tlv(0x1E, blocks(x, 4, ">i2"))
    path = tmp_path / "x.mwf"
    path.write_bytes(data[:-5])
    recording = bp.read(path)
    np.testing.assert_array_equal(recording.signals[0].digital, x[:, :36])
    assert any("waveform data" in warning for warning in recording.warnings)
    with pytest.raises(bp.ParseError, match="waveform data"):
        bp.read(path, strict=True)
    for n in range(8, len(data), 3):
        path.write_bytes(data[:n])
        try:
            assert bp.read(path).data.shape[0] == 2
        except bp.ParseError as error:
            assert error.offset is not None  # noqa: PT017
