"""Readers against wfdb, edfio, MNE and pyEDFlib on real files."""

from __future__ import annotations

from pathlib import Path

import mne
import numpy as np
import pyedflib
import pytest
import wfdb

import biopotential as bp


@pytest.mark.parametrize("record", ["100", "101"])
def test_mitdb_equals_wfdb(test_data: Path, record: str) -> None:
    path = test_data / "mitdb" / record
    ours = bp.read(path)
    theirs = wfdb.rdrecord(str(path))
    np.testing.assert_array_equal(ours.data, theirs.p_signal.T)
    np.testing.assert_array_equal(ours.signals[0].digital, wfdb.rdrecord(str(path), physical=False).d_signal.T)
    assert ours.fs == theirs.fs
    assert ours.channel_names == theirs.sig_name
    assert ours.files == [path.with_suffix(suffix) for suffix in (".hea", ".dat", ".atr")]
    np.testing.assert_array_equal(ours["MLII"], ours.data[0])
    assert ours.identity.fields["comments"].split("\n") == theirs.comments
    annotation = wfdb.rdann(str(path), "atr")
    np.testing.assert_array_equal(np.round(ours.events.onset_s * ours.fs).astype(int), annotation.sample)
    assert list(ours.events.label) == annotation.symbol
    assert list(ours.events.aux) == [text.rstrip("\0") for text in annotation.aux_note]
    assert list(ours.events.subtype) == list(annotation.subtype)
    assert list(ours.events.num) == list(annotation.num)


def test_twelve_leads_equal_wfdb(test_data: Path) -> None:
    headers = sorted((test_data / "cinc2021").glob("*.hea"))[:10]
    assert headers
    for header in headers:
        ours, theirs = bp.read(header), wfdb.rdrecord(str(header.with_suffix("")))
        np.testing.assert_array_equal(ours.data, theirs.p_signal.T, err_msg=str(header))
        assert ours.channel_names == theirs.sig_name


def test_edf_equals_mne_and_pyedflib(test_data: Path) -> None:
    path = sorted((test_data / "eegmmidb").rglob("*.edf"))[0]
    ours = bp.read(path)
    theirs = mne.io.read_raw_edf(path, preload=True, verbose="error")
    np.testing.assert_allclose(ours.data * 1e-6, theirs.get_data(), rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(ours.events.onset_s, theirs.annotations.onset, atol=1e-9)
    assert list(ours.events.label) == list(theirs.annotations.description)
    with pyedflib.EdfReader(str(path)) as reader:
        np.testing.assert_array_equal(ours.signals[0].digital[0], reader.readSignal(0, digital=True))


def test_a_truncated_edf_warns_and_strict_refuses(test_data: Path) -> None:
    path = test_data / "formats" / "edf_corrupt" / "S001R01_truncated.edf"
    recording = bp.read(path)
    assert "number of records" in recording.warnings[0]
    with pytest.raises(bp.ParseError) as caught:
        bp.read(path, strict=True)
    assert caught.value.offset == path.stat().st_size
    assert caught.value.file == str(path)


@pytest.mark.parametrize("fmt", ["508", "516", "524"])
@pytest.mark.parametrize("offset", [0, 700])
def test_flac_equals_wfdb(tmp_path: Path, fmt: str, offset: int) -> None:
    limit = 2 ** (int(fmt) - 501) - 1
    rng = np.random.default_rng(5)
    digital = np.clip(rng.normal(size=(20_000, 3)).cumsum(axis=0) * limit / 300, -limit, limit).astype(np.int64)
    digital[100:110, 1] = -limit - 1
    wfdb.wrsamp(
        "x", 250, ["mV"] * 3, ["a", "b", "c"], d_signal=digital, fmt=[fmt] * 3, adc_gain=[200.0] * 3, baseline=[0] * 3,
        write_dir=str(tmp_path),
    )  # fmt: skip
    if offset:
        header = (tmp_path / "x.hea").read_text()
        header = header.replace(f"x.dat {fmt} ", f"x.dat {fmt}+{offset} ").replace(" 20000\n", f" {20_000 - offset}\n")
        (tmp_path / "x.hea").write_text(header)
    ours = bp.read(tmp_path / "x", strict=offset == 0)
    np.testing.assert_array_equal(ours.signals[0].digital, digital[offset:].T)
    np.testing.assert_array_equal(ours.data, wfdb.rdrecord(str(tmp_path / "x")).p_signal.T)
    assert np.isnan(ours.data[1]).sum() == (0 if offset else 10)
    for first in (15_000, 3, 9_999, 19_000 - offset):
        np.testing.assert_array_equal(
            ours.signals[0].read(first, 500, [2])[0], ours.data[2, first : first + 500], err_msg=str(first)
        )
    content = bytearray((tmp_path / "x.dat").read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    (tmp_path / "x.dat").write_bytes(content)
    with pytest.raises(bp.ParseError, match="FLAC data of sample"):
        bp.read(tmp_path / "x").data  # noqa: B018


def segments(tmp_path: Path, lines: str, *, layout: bool = False) -> Path:
    """Two segments of 100 samples at 100 Hz whose channels have several samples a frame and gains of their own."""
    rng = np.random.default_rng(7)
    for k, gain in ((1, 200), (2, 100)):
        samples = rng.integers(-2000, 2000, 300, dtype="<i2")
        (tmp_path / f"s{k}.dat").write_bytes(samples.tobytes())
        (tmp_path / f"s{k}.hea").write_text(
            f"s{k} 2 100 100\ns{k}.dat 16 {gain}/mV 12 0 0 0 0 I\ns{k}.dat 16x2 100/mmHg 12 0 0 0 0 ABP\n"
        )
    if layout:
        (tmp_path / "layout.hea").write_text(
            "layout 3 100 0\n~ 0 200/mV 12 0 0 0 0 II\n~ 0x2 100/mmHg 12 0 0 0 0 ABP\n~ 0 200/mV 12 0 0 0 0 I\n"
        )
    (tmp_path / "r.hea").write_text(lines)
    return tmp_path / "r"


def test_segments_of_a_variable_layout_have_rates_gains_and_gaps(tmp_path: Path) -> None:
    path = segments(tmp_path, "r/5 3 100 450\nlayout 0\n~ 50\ns1 100\ns2 100\n~ 200\n", layout=True)
    ours = bp.read(path, strict=True)
    theirs = wfdb.rdrecord(str(path), smooth_frames=False)
    assert ours.channel_names == ["II", "I", "ABP"]
    slow, fast = ours.signals
    assert (slow.fs, fast.fs) == (100, 200)
    assert [(s.start_s, s.n_samples) for s in slow.segments] == [(0.5, 200)]
    np.testing.assert_array_equal(slow.data[0], np.full(200, np.nan))
    np.testing.assert_array_equal(slow.data[1], theirs.e_p_signal[2][50:250])
    np.testing.assert_array_equal(fast.data[0], theirs.e_p_signal[1][100:500])
    assert not slow.has_digital  # two gains
    assert fast.has_digital
    assert fast.digital.shape == (1, 400)


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        ("r/3 2 100 300\ns1 100\ns2 100\ns1 50\n", "wanted 100 samples of segment"),
        ("r/2 2 100 200\ns1 100\n", "wanted 2 segment lines"),
        ("r/1 2 100 200\ns1 100\ns2 100\n", "end of the header after 1 segments"),
        ("r/2 2 100 200\n../s1 100\ns2 100\n", "a segment beside the header"),
        ("r/2 2 100 200\nr 100\ns2 100\n", "got a multi-segment record"),
        ("r/2 2 250 200\ns1 100\ns2 100\n", "wanted the record's 250 Hz"),
        ("r/2 3 100 200\nnone 0\ns2 100\n", "wanted"),
    ],
)
def test_segments_that_do_not_fit_are_refused(tmp_path: Path, lines: str, match: str) -> None:
    with pytest.raises(bp.ParseError, match=match):
        bp.read(segments(tmp_path, lines))


def test_a_record_of_a_thousand_segments_opens_few_files(tmp_path: Path) -> None:
    path = segments(tmp_path, "r/2000 2 100 200000\n" + "s1 100\ns2 100\n" * 1000)
    recording = bp.read(path)
    one, two = bp.read(tmp_path / "s1"), bp.read(tmp_path / "s2")
    assert recording.signals[0].n_samples == 200_000
    np.testing.assert_array_equal(recording.signals[0].read(199_900, 100), two.signals[0].data)
    np.testing.assert_array_equal(recording.signals[0].data[:, :100], one.signals[0].data)


def edf_bytes(tmp_path: Path, **fields: bytes) -> Path:
    """A valid EDF file in which fields of the header were replaced."""
    places = {"patient": (8, 80), "date": (168, 8), "time": (176, 8), "reserved": (192, 44), "records": (236, 8)} | {
        "label": (256, 16), "transducer": (256 + 2 * 16, 80), "unit": (256 + 2 * 96, 8),
    }  # fmt: skip
    path = tmp_path / "x.edf"
    bp.write(bp.Recording.from_array(np.arange(300.0), fs=100, channels=["EEG Fz"], unit="uV"), path)
    content = bytearray(path.read_bytes())
    for name, value in fields.items():
        at, width = places[name]
        content[at : at + width] = value.ljust(width)
    path.write_bytes(content)
    return path


def test_edf_text_is_utf8_or_latin1(tmp_path: Path) -> None:
    for encoding in ("utf-8", "latin-1"):
        path = edf_bytes(
            tmp_path, label="Blé µ".encode(encoding), patient="X X X Müller".encode(encoding),
            transducer="Größe".encode(encoding), unit="µV".encode(encoding),
        )  # fmt: skip
        recording = bp.read(path, strict=True)
        assert recording.channel_names == ["Blé µ"]
        assert recording.signals[0].channels[0].unit == "µV"
        assert recording.signals[0].channels[0].transducer == "Größe"
        assert recording.identity.fields["patient"] == "X X X Müller"
        assert len(recording["Blé µ"]) == 300


@pytest.mark.parametrize(
    ("date", "time", "start", "sound"),
    [
        (b"01.02.03", b"04.05.06", "2003-02-01T04:05:06", True),
        (b"31.12.84", b"23.59.59", "2084-12-31T23:59:59", True),
        (b"01.01.85", b"00.00.00", "1985-01-01T00:00:00", True),
        (b"01/02/03", b"04:05:06", "2003-02-01T04:05:06", False),
        (b"1.2.03", b"4.5.6", "2003-02-01T04:05:06", False),
        (b" 1. 2. 3", b" 4: 5: 6", "2003-02-01T04:05:06", False),
        (b"00.00.00", b"04.05.06", None, False),
        (b"31.02.99", b"04.05.06", None, False),
        (b"01.02.03", b"24.00.00", None, False),
        (b"", b"", None, False),
        (b"20030201", b"040506", None, False),
    ],
)
def test_edf_dates(tmp_path: Path, date: bytes, time: bytes, start: str | None, sound: bool) -> None:
    path = edf_bytes(tmp_path, date=date, time=time, reserved=b"")
    recording = bp.read(path)
    assert recording.identity.start == (None if start is None else np.datetime64(start, "ns"))
    assert recording.data.shape == (1, 300)
    if sound:
        assert bp.read(path, strict=True).warnings == []
    else:
        assert any("startdate" in w or "starttime" in w for w in recording.warnings)
        with pytest.raises(bp.ParseError, match=r"startdate|starttime"):
            bp.read(path, strict=True)


@pytest.mark.parametrize(("records", "n"), [(b"-1", 300), (b"7", 300), (b"2", 200), (b"many", 300), (b"3.0", 300)])
def test_edf_record_counts(tmp_path: Path, records: bytes, n: int) -> None:
    path = edf_bytes(tmp_path, records=records)
    recording = bp.read(path)
    np.testing.assert_allclose(recording.data[0], np.arange(n), atol=0.01)
    assert "number of records" in recording.warnings[0]
    with pytest.raises(bp.ParseError, match="number of records"):
        bp.read(path, strict=True)


def test_edf_labels_that_stand_twice_are_kept(tmp_path: Path) -> None:
    x = np.arange(200.0).reshape(2, 100)
    bp.write(bp.Recording.from_array(x, fs=100, channels=["EEG", "EEG"], unit="uV"), tmp_path / "x.edf")
    recording = bp.read(tmp_path / "x.edf", strict=True)
    assert recording.channel_names == ["EEG", "EEG"]
    np.testing.assert_allclose(recording.data, x, atol=0.01)
    with pytest.raises(KeyError, match="several channels"):
        recording["EEG"]


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bp.read(tmp_path / "none.edf")
    with pytest.raises(OSError, match="regular file"):
        bp.read(tmp_path)
    (tmp_path / "text.edf").write_text("not a recording")
    with pytest.raises(bp.ParseError, match="WFDB, EDF"):
        bp.read(tmp_path / "text.edf")
