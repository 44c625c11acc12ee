"""SCP-ECG against ecgdatakit, and a writer of our own."""

from __future__ import annotations

import binascii
import struct
from pathlib import Path

import numpy as np
import pytest
from ecgdatakit import FileParser

import biopotential as bp


def section(number: int, body: bytes) -> bytes:
    body += bytes(len(body) % 2)
    content = struct.pack("<HIBB", number, 16 + len(body), 20, 20) + (b"SCPECG" if number == 0 else bytes(6)) + body
    return struct.pack("<H", binascii.crc_hqx(content, 0xFFFF)) + content


def record(bodies: dict[int, bytes]) -> bytes:
    at = 6 + 16 + 120
    pointers, rest = b"", b""
    for number in range(12):
        if number == 0:
            pointers += struct.pack("<HII", 0, 16 + 120, 7)
            continue
        whole = section(number, bodies[number]) if number in bodies else b""
        pointers += struct.pack("<HII", number, len(whole), at + len(rest) + 1 if whole else 0)
        rest += whole
    content = struct.pack("<I", at + len(rest)) + section(0, pointers) + rest
    return struct.pack("<H", binascii.crc_hqx(content, 0xFFFF)) + content


def tag(number: int, value: bytes) -> bytes:
    return struct.pack("<BH", number, len(value)) + value


IDENTITY = (
    tag(0, b"Doe\0") + tag(1, b"John\0") + tag(2, b"ID-17\0") + tag(4, struct.pack("<HB", 49, 1))
    + tag(5, struct.pack("<HBB", 1970, 5, 6)) + tag(8, b"\1") + tag(16, b"Ward\0")
    + tag(25, struct.pack("<HBB", 2020, 1, 2)) + tag(26, bytes([3, 4, 5])) + tag(255, b"")
)  # fmt: skip
# Codes of a table of our own, 16 bits behind "11"; the last of the first table switches to the second.
OWN = [
    [("0", 0, 0), ("100", 0, 1), ("101", 0, -1), ("110", 16, 0), ("111", -1, 2)],
    [("0", 16, 0), ("1", -1, 1)],
]


def own_tables() -> bytes:
    out = struct.pack("<H", len(OWN))
    for table in OWN:
        out += struct.pack("<H", len(table))
        for code, extra, base in table:
            reverse = int(code[::-1], 2)
            out += struct.pack("<BBBhI", len(code), len(code) + max(extra, 0), extra >= 0, base, reverse)
    return out


def default_code(v: int) -> str:
    """The standard's default table."""
    if v == 0:
        return "0"
    if abs(v) <= 8:
        return "1" * abs(v) + "0" + ("1" if v < 0 else "0")
    if -128 <= v < 128:
        return "1111111110" + f"{v & 0xFF:08b}"
    return "1111111111" + f"{v & 0xFFFF:016b}"


def own_code(v: int) -> str:
    small = {0: "0", 1: "100", -1: "101"}
    # Every other way takes the second table and comes back.
    return small.get(v) or ("110" + f"{v & 0xFFFF:016b}" if v % 2 else "1110" + f"{v & 0xFFFF:016b}" + "1")


def coded(x: np.ndarray, coding: str, difference: int) -> bytes:
    d = x.astype(int).copy()
    if difference == 1:
        d[1:] = np.diff(x)
    elif difference == 2:
        d[2:] = np.diff(x, 2)
    d = (d + 32768) % 65536 - 32768
    if coding == "none":
        return d.astype("<i2").tobytes()
    bits = "".join(default_code(v) if coding == "default" else own_code(v) for v in d.tolist())
    bits += "0" * (-len(bits) % 16)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def rhythm(x: np.ndarray, coding: str, difference: int, *, nv: int = 2500, us: int = 2000, bimodal: int = 0) -> bytes:
    leads = [coded(row, coding, difference) for row in x]
    out = struct.pack("<HHBB", nv, us, difference, bimodal) + b"".join(struct.pack("<H", len(lead)) for lead in leads)
    return out + b"".join(leads)


def places(n: int, codes: list[int], flags: int = 0x44, first: int = 1) -> bytes:
    return bytes([len(codes), flags]) + b"".join(struct.pack("<IIB", first, first + n - 1, code) for code in codes)


def tables(coding: str) -> dict[int, bytes]:
    return {"none": {}, "default": {2: struct.pack("<H", 19999)}, "own": {2: own_tables()}}[coding]


@pytest.fixture
def samples() -> np.ndarray:
    rng = np.random.default_rng(0)
    t = np.arange(2000)
    return np.array([300 * np.sin(t / 40 + k) + rng.normal(0, 2 + 40 * k, t.size) for k in range(3)]).astype(int)


@pytest.mark.parametrize("coding", ["none", "default", "own"])
@pytest.mark.parametrize("difference", [0, 1, 2])
def test_codings_equal_ecgdatakit(tmp_path: Path, samples: np.ndarray, coding: str, difference: int) -> None:
    bodies = {1: IDENTITY, 3: places(2000, [1, 3, 62]), 6: rhythm(samples, coding, difference)} | tables(coding)
    path = tmp_path / "x.scp"
    path.write_bytes(record(bodies))
    ours = bp.read(path, strict=True)
    assert ours.format == "SCP-ECG"
    assert ours.channel_names == ["I", "V1", "aVR"]
    assert ours.fs == 500
    np.testing.assert_array_equal(ours.signals[0].digital, samples)
    np.testing.assert_array_equal(ours.data, samples * 2.5)
    assert ours.warnings == []
    assert ours.identity.start == np.datetime64("2020-01-02T03:04:05")
    assert ours.identity.fields == {
        "patient": "ID-17", "patient_name": "Doe, John", "birth_date": "1970-05-06", "sex": "M", "age": "49",
        "institution": "Ward",
    }  # fmt: skip
    theirs = FileParser().parse(path)
    assert [lead.label for lead in theirs.leads] == ours.channel_names
    for lead, mine in zip(theirs.leads, ours.data, strict=True):
        assert lead.sampling_rate == 500
        np.testing.assert_allclose(lead.samples * {"mV": 1000, "uV": 1}[lead.units], mine, rtol=1e-12)


@pytest.mark.parametrize("beat_nv", [2500, 1000])
def test_the_reference_beat_is_added_where_it_was_subtracted(tmp_path: Path, samples: np.ndarray, beat_nv: int) -> None:
    beat = (np.hanning(200)[None] * [[500], [-300], [900]]).astype(int)
    beats = [(0, 301, 400, 500), (1, 801, 900, 1000), (0, 1841, 1940, 2040)]
    four = struct.pack("<HHH", 400, 100, 3) + b"".join(struct.pack("<HIII", *b) for b in beats)
    bodies = {
        3: places(2000, [1, 2, 3], 0x45), 4: four, 5: rhythm(beat, "default", 2, nv=beat_nv),
        6: rhythm(samples, "default", 2),
    } | tables("default")  # fmt: skip
    path = tmp_path / "x.scp"
    path.write_bytes(record(bodies))
    ours = bp.read(path, strict=True)
    expected = samples * 2.5
    for kind, first, fiducial, last in beats:
        for t in range(first, min(last, 2000) + 1):
            k = t - fiducial + 100 - 1
            if kind == 0 and 0 <= k < 200:
                expected[:, t - 1] += beat[:, k] * beat_nv / 1000
    np.testing.assert_allclose(ours.data, expected, atol=1e-9)
    np.testing.assert_allclose(ours.events.onset_s, [399 / 500, 899 / 500, 1939 / 500])
    assert list(ours.events.aux) == ["type 0", "type 1", "type 0"]
    for lead, mine in zip(FileParser().parse(path).leads, ours.data, strict=True):
        np.testing.assert_allclose(lead.samples * {"mV": 1000, "uV": 1}[lead.units], mine, atol=1e-9)


def test_decimated_stretches_are_interpolated(tmp_path: Path) -> None:
    n, zones = 400, [(41, 80), (241, 300)]
    x = np.arange(n)[None] * [[1], [-2]]  # a line comes back whole between the middles of what was averaged
    stored: list[list[int]] = [[], []]
    for lead, row in enumerate(x):
        t = 1
        while t <= n:
            if any(a <= t <= b for a, b in zones):
                stored[lead].append(int(row[t - 1]))
                t += 1
            else:
                stored[lead].append(round(float(row[t - 1 : t + 3].mean())))
                t += 4
    four = struct.pack("<HHH", 0, 0, 2) + struct.pack("<HIII", 0, 41, 60, 80) + struct.pack("<HIII", 0, 241, 270, 300)
    four += b"".join(struct.pack("<II", *zone) for zone in zones)
    bodies = {
        3: places(n, [1, 2]), 4: four, 5: rhythm(x[:, :4], "default", 0),
        6: rhythm(np.array(stored), "default", 0, us=8000, bimodal=1),
    } | tables("default")  # fmt: skip
    (tmp_path / "x.scp").write_bytes(record(bodies))
    recording = bp.read(tmp_path / "x.scp", strict=True)
    assert recording.fs == 500
    assert "experimental" in recording.warnings[0]
    error = np.abs(recording.signals[0].digital - x)
    assert error.max() <= 4  # held constant before the first middle of a stretch and behind the last
    for a, b in zones:
        np.testing.assert_array_equal(error[:, a - 1 : b], 0)
    assert error[:, 5:35].max() <= 1


@pytest.mark.parametrize(
    ("bodies", "match"),
    [
        ({3: b"", 6: b""}, "leads"),
        ({3: places(4, [1]), 6: bytes(2)}, "a size of each lead"),
        ({3: places(4, [1])}, "wanted section 6"),
        ({6: rhythm(np.ones((1, 4), int), "none", 0)}, "wanted section 3"),
        ({3: places(4, [1]), 6: struct.pack("<HHBBH", 0, 2000, 0, 0, 0)}, "nV > 0"),
        ({3: places(4, [1]), 6: struct.pack("<HHBBH", 1, 2000, 3, 0, 0)}, "order 0 to 2"),
        ({3: places(4, [1]), 6: struct.pack("<HHBBH", 1, 2000, 0, 0, 99)}, "the section's end"),
        ({3: places(0, [1]), 6: bytes(20)}, "wanted samples"),
        ({2: b"\1\0\5\0", 3: places(4, [1]), 6: bytes(20)}, "Huffman tables"),
        ({3: places(4, [1], 0x45), 6: rhythm(np.ones((1, 4), int), "none", 0)}, "wanted section 5"),
    ],
)
def test_records_that_make_no_sense(tmp_path: Path, bodies: dict[int, bytes], match: str) -> None:
    (tmp_path / "x.scp").write_bytes(record(bodies))
    with pytest.raises(bp.ParseError, match=match) as error:
        bp.read(tmp_path / "x.scp")
    assert error.value.offset is not None


def test_wrong_checksums_sizes_and_short_data_are_warnings(tmp_path: Path, samples: np.ndarray) -> None:
    data = record({3: places(2000, [1, 2, 3]), 6: rhythm(samples, "none", 0)})
    path = tmp_path / "x.scp"
    broken = bytearray(data)
    broken[-1] ^= 1
    path.write_bytes(bytes(broken))
    warnings = bp.read(path).warnings
    assert [w.split(":")[0] for w in warnings] == ["checksum of the record", "checksum of section 6"]
    with pytest.raises(bp.ParseError, match="checksum"):
        bp.read(path, strict=True)
    path.write_bytes(record({3: places(3000, [1, 2, 3]), 6: rhythm(samples, "none", 0)}))
    recording = bp.read(path)
    np.testing.assert_array_equal(recording.signals[0].digital, samples)
    assert "wanted 3000 samples" in recording.warnings[0]
    for n in range(22, len(data), 97):
        path.write_bytes(data[:n])
        try:
            bp.read(path)
        except bp.ParseError as error:
            assert error.offset is not None  # noqa: PT017
