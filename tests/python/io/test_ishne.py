"""ISHNE Holter files against ecgdatakit, and a writer of our own."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from ecgdatakit import FileParser

import biopotential as bp

CODES = {"X": 2, "I": 5, "II": 6, "V1": 11, "V5": 15, "ES": 17}


def crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, by long division of the message's bits."""
    value = 0xFFFF
    for byte in data:
        for bit in range(8):
            top = (value >> 15) ^ (byte >> (7 - bit) & 1)
            value = (value << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    return value


def header(
    leads: list[str], n: int, *, magic: bytes = b"ISHNE1.0", fs: int = 200, resolution: int = 2500, more: bytes = b""
) -> bytes:
    def twelve(values: list[int]) -> bytes:
        return struct.pack("<12h", *(values + [-9] * (12 - len(values))))

    fixed = struct.pack("<iiii", len(more), n, 522, 522 + len(more)) + struct.pack("<h", 1)
    fixed += b"John".ljust(40, b"\0") + b"Doe".ljust(40, b"\0") + b"ID-17".ljust(20, b"\0")
    fixed += (
        struct.pack("<hh", 1, 1) + struct.pack("<9h", 6, 5, 1970, 2, 1, 2020, 3, 1, 2020) + struct.pack("<3h", 3, 4, 5)
    )
    fixed += struct.pack("<h", len(leads)) + twelve([CODES[lead] for lead in leads]) + twelve([1] * len(leads))
    fixed += twelve([resolution] * len(leads)) + struct.pack("<h", 0) + b"a recorder".ljust(40, b"\0")
    fixed += struct.pack("<h", fs) + bytes(80 + 80 + 88) + more
    return magic + struct.pack("<H", crc(fixed)) + fixed


@pytest.fixture
def samples() -> np.ndarray:
    return np.random.default_rng(0).integers(-3000, 3000, (3, 4000)).astype("<i2")


@pytest.mark.parametrize("more", [b"", b"a note"])
@pytest.mark.parametrize("count_all", [False, True])
def test_ishne_equals_ecgdatakit(tmp_path: Path, samples: np.ndarray, more: bytes, count_all: bool) -> None:
    n = samples.size if count_all else samples.shape[1]
    path = tmp_path / "x.ecg"
    path.write_bytes(header(["I", "V1", "ES"], n, more=more) + samples.T.tobytes())
    ours = bp.read(path, strict=True)
    assert ours.format == "ISHNE"
    assert ours.channel_names == ["I", "V1", "ES"]
    assert ours.fs == 200
    np.testing.assert_array_equal(ours.signals[0].digital, samples)
    np.testing.assert_allclose(ours.data, samples * 2500e-6, rtol=1e-15)
    np.testing.assert_array_equal(ours.signals[0].read(1000, 50, [1])[0], ours.data[1, 1000:1050])
    assert ours.identity.start == np.datetime64("2020-01-02T03:04:05")
    assert {key: ours.identity.fields[key] for key in ("patient", "patient_name", "birth_date", "sex")} == {
        "patient": "ID-17", "patient_name": "Doe, John", "birth_date": "1970-05-06", "sex": "M",
    }  # fmt: skip
    assert ours.identity.fields.get("comments", "") == more.decode()
    theirs = FileParser().parse(path)
    assert [lead.label for lead in theirs.leads] == ours.channel_names
    for lead, mine in zip(theirs.leads, ours.data, strict=True):
        assert (lead.sampling_rate, lead.units) == (200, "mV")
        np.testing.assert_allclose(lead.samples, mine, rtol=1e-12)


def test_beats_stand_beside(tmp_path: Path, samples: np.ndarray) -> None:
    (tmp_path / "x.ecg").write_bytes(header(["I"], 4000) + samples[0].tobytes())
    beats = struct.pack("<I", 100) + b"".join(
        struct.pack("<ccH", label, b" ", since)
        for label, since in [(b"N", 0), (b"V", 120), (b"N", 40000), (b"!", 0), (b"N", 9)]
    )
    (tmp_path / "x.ann").write_bytes(header(["I"], 4000, magic=b"ANN  1.0") + beats)
    for recording in (bp.read(tmp_path / "x.ecg", strict=True), bp.read(tmp_path / "x.ann", strict=True)):
        assert list(recording.events.label) == ["N", "V", "N"]
        np.testing.assert_allclose(recording.events.onset_s, [0.5, 1.1, 201.1])
        assert any("timeout" in warning for warning in recording.warnings)
    assert bp.read(tmp_path / "x.ann").signals == []
    assert len(bp.read(tmp_path / "x.ecg").signals) == 1


@pytest.mark.parametrize(
    ("at", "value", "match"),
    [
        (8, b"\0\0", "checksum"),
        (14, b"\1\0\0\0", "samples"),
        (22, b"\1\0\0\0", "place of the ECG"),
        (206, b"\0\0", "resolution"),
    ],
)
def test_headers_that_are_mended_with_a_warning(
    tmp_path: Path, samples: np.ndarray, at: int, value: bytes, match: str
) -> None:
    data = bytearray(header(["I", "II", "X"], 4000) + samples.T.tobytes())
    data[at : at + len(value)] = value
    (tmp_path / "x.ecg").write_bytes(data)
    recording = bp.read(tmp_path / "x.ecg")
    np.testing.assert_array_equal(recording.signals[0].digital, samples)
    assert any(match in warning for warning in recording.warnings)
    with pytest.raises(bp.ParseError):
        bp.read(tmp_path / "x.ecg", strict=True)


@pytest.mark.parametrize(
    ("at", "value", "match"),
    [(272, b"\0\0", "sampling rate"), (156, b"\x0d\0", "leads"), (10, b"\xff\xff\xff\x7f", "variable block")],
)
def test_headers_that_make_no_sense(tmp_path: Path, samples: np.ndarray, at: int, value: bytes, match: str) -> None:
    data = bytearray(header(["I", "II", "X"], 4000) + samples.T.tobytes())
    data[at : at + len(value)] = value
    (tmp_path / "x.ecg").write_bytes(data)
    with pytest.raises(bp.ParseError, match=match) as error:
        bp.read(tmp_path / "x.ecg")
    assert error.value.offset == at


def test_cut_files_are_read_or_refused(tmp_path: Path, samples: np.ndarray) -> None:
    data = header(["I"], 4000) + samples[0].tobytes()
    for n in [*range(8, 530, 13), 600]:
        (tmp_path / "x.ecg").write_bytes(data[:n])
        if n < 522:
            with pytest.raises(bp.ParseError, match="522"):
                bp.read(tmp_path / "x.ecg")
        else:
            assert bp.read(tmp_path / "x.ecg").data.shape == (1, (n - 522) // 2)
