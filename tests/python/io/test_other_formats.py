"""BrainVision, XDF, DICOM, XML, MATLAB, and what MNE reads: against MNE, pybv, pyxdf, pydicom and SciPy."""

from __future__ import annotations

import struct
from pathlib import Path

import mne
import numpy as np
import pandas as pd
import pybv
import pydicom
import pytest
import pyxdf
import scipy.io

import biopotential as bp

VOLTS = {"V": 1.0, "mV": 1e-3, "µV": 1e-6, "uV": 1e-6, "nV": 1e-9}


def header(tmp_path: Path, *, extra: str = "", form: str = "INT_16", n: int = 2, **replaced: str) -> Path:
    """A BrainVision header of two channels with resolutions 0.5 and 2."""
    common = {
        "Codepage": "UTF-8",
        "DataFile": "x.eeg",
        "MarkerFile": "x.vmrk",
        "DataFormat": "BINARY",
        "DataOrientation": "MULTIPLEXED",
        "NumberOfChannels": str(n),
        "SamplingInterval": "4000",
    } | replaced
    lines = "\n".join(f"{key}={value}" for key, value in common.items() if value)
    path = tmp_path / "x.vhdr"
    path.write_text(
        f"Brain Vision Data Exchange Header File Version 1.0\n; a comment\n\n[Common Infos]\n{lines}\n\n"
        f"[Binary Infos]\nBinaryFormat={form}\n{extra}\n[Channel Infos]\nCh1=Fp\\1z,ref,0.5,µV\nCh2=ECG,,2,mV\n\n"
        "[Comment]\nCh1=not a channel\n",
        encoding="utf-8",
    )
    return path


TYPES = {"INT_16": "i2", "UINT_16": "u2", "INT_32": "i4", "IEEE_FLOAT_32": "f4", "IEEE_FLOAT_64": "f8"}


@pytest.mark.parametrize("orientation", ["MULTIPLEXED", "VECTORIZED"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("form", TYPES)
def test_brainvision_binary_types_and_orientations(tmp_path: Path, form: str, order: str, orientation: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0 if form == "UINT_16" else -30000, 30000, (2, 5000)).astype(order + TYPES[form])
    if form.startswith("IEEE"):
        x = (x * 0.37).astype(x.dtype)
    (tmp_path / "x.eeg").write_bytes((x.T if orientation == "MULTIPLEXED" else x).tobytes())
    extra = "UseBigEndianOrder=YES" if order == ">" else ""
    recording = bp.read(
        header(tmp_path, extra=extra, form=form, DataOrientation=orientation, MarkerFile=""), strict=True
    )
    assert recording.fs == 250
    assert recording.channel_names == ["Fp,z", "ECG"]
    assert [channel.unit for channel in recording.signals[0].channels] == ["µV", "mV"]
    np.testing.assert_array_equal(recording.data, x.astype(float) * [[0.5], [2]])
    np.testing.assert_array_equal(recording.signals[0].read(1234, 100, [1])[0], recording.data[1, 1234:1334])
    assert recording.signals[0].has_digital == (not form.startswith("IEEE"))
    if recording.signals[0].has_digital:
        np.testing.assert_array_equal(recording.signals[0].digital, x.astype(int))
    if form != "IEEE_FLOAT_64" and order == "<" and form != "UINT_16":
        raw = mne.io.read_raw_brainvision(tmp_path / "x.vhdr", verbose="error")
        np.testing.assert_allclose(raw.get_data(), recording.data * [[1e-6], [1e-3]], rtol=1e-12)


@pytest.mark.parametrize("orientation", ["MULTIPLEXED", "VECTORIZED"])
def test_brainvision_ascii(tmp_path: Path, orientation: str) -> None:
    x = np.arange(20.0).reshape(2, 10) / 4
    rows = x.T if orientation == "MULTIPLEXED" else x
    lines = ["Fp1 ECG"] * (orientation == "MULTIPLEXED") + [
        ("" if orientation == "MULTIPLEXED" else "name ") + " ".join(f"{v:.2f}".replace(".", ",") for v in row)
        for row in rows
    ]
    (tmp_path / "x.eeg").write_text("\n".join(lines) + "\n")
    options = "SkipLines=1\nSkipColumns=0" if orientation == "MULTIPLEXED" else "SkipLines=0\nSkipColumns=1"
    path = header(tmp_path, DataFormat="ASCII", DataOrientation=orientation, MarkerFile="")
    path.write_text(path.read_text("utf-8").replace("[Binary", f"[ASCII Infos]\nDecimalSymbol=,\n{options}\n[Binary"))
    np.testing.assert_array_equal(bp.read(path).data, x * [[0.5], [2]])
    (tmp_path / "x.eeg").write_text("1 2 x\n1 2 x\n")
    with pytest.raises(bp.ParseError, match="wanted"):
        bp.read(path)


def test_brainvision_segments_have_true_onsets(tmp_path: Path) -> None:
    x = np.arange(2000, dtype="<i2").reshape(1000, 2)
    (tmp_path / "x.eeg").write_bytes(x.tobytes())
    (tmp_path / "x.vmrk").write_text(
        "Brain Vision Data Exchange Marker File, Version 1.0\n[Common Infos]\nDataFile=x.eeg\n[Marker Infos]\n"
        "Mk1=New Segment,,1,1,0,20200102030405000000\nMk2=Stimulus,S  1,101,1,1\n"
        "Mk3=New Segment,,501,1,0,20200102030410500000\nMk4=Comment,a\\1b,511,25,0\n"
    )
    recording = bp.read(header(tmp_path, SegmentationType="MARKERBASED"), strict=True)
    signal = recording.signals[0]
    assert [(s.start_s, s.first, s.n_samples) for s in signal.segments] == [(0, 0, 500), (5.5, 500, 500)]
    assert recording.identity.start == np.datetime64("2020-01-02T03:04:05", "ns")
    assert list(recording.events.label) == ["Stimulus/S  1", "Comment/a,b"]
    np.testing.assert_allclose(recording.events.onset_s, [0.4, 5.5 + 10 / 250])
    np.testing.assert_allclose(recording.events.duration_s, [0, 0.1])
    assert list(recording.events.channel) == ["Fp,z", ""]
    bp.write(recording, tmp_path / "y.vhdr")
    back = bp.read(tmp_path / "y.vhdr", strict=True)
    assert back.signal_sha256() == recording.signal_sha256()
    assert [(s.start_s, s.n_samples) for s in back.signals[0].segments] == [(0, 500), (5.5, 500)]
    pd.testing.assert_frame_equal(back.events, recording.events)


@pytest.mark.parametrize(
    ("replaced", "match"),
    [
        ({"NumberOfChannels": "0"}, "NumberOfChannels"),
        ({"NumberOfChannels": "many"}, "NumberOfChannels"),
        ({"SamplingInterval": "0"}, "SamplingInterval"),
        ({"DataOrientation": "SIDEWAYS"}, "DataOrientation"),
        ({"DataFormat": "ZIP"}, "DataFormat"),
        ({"DataFile": "../x.eeg"}, "a file beside"),
        ({"DataFile": "/etc/passwd"}, "a file beside"),
        ({"DataFile": ""}, "wanted DataFile"),
        ({"DataType": "FREQUENCYDOMAIN"}, "TIMEDOMAIN"),
    ],
)
def test_brainvision_headers_that_make_no_sense(tmp_path: Path, replaced: dict[str, str], match: str) -> None:
    (tmp_path / "x.eeg").write_bytes(bytes(400))
    with pytest.raises(bp.ParseError, match=match):
        bp.read(header(tmp_path, **replaced))


def test_brainvision_warns_of_what_it_mends(tmp_path: Path) -> None:
    (tmp_path / "x.eeg").write_bytes(bytes(403))
    path = header(tmp_path, MarkerFile="none.vmrk", DataPoints="99")
    recording = bp.read(path)
    assert recording.data.shape == (2, 100)
    text = " ".join(recording.warnings)
    for part in ("3 bytes more", "DataPoints", "MarkerFile"):
        assert part in text
    with pytest.raises(bp.ParseError):
        bp.read(path, strict=True)


def test_mne_reads_the_brainvision_that_we_write(tmp_path: Path, test_data: Path) -> None:
    for source in (test_data / "mitdb" / "100", sorted((test_data / "eegmmidb").rglob("*.edf"))[0]):
        recording = bp.read(source)
        bp.write(recording, tmp_path / "x.vhdr")
        back = bp.read(tmp_path / "x.vhdr", strict=True)
        np.testing.assert_allclose(back.data, recording.data, rtol=3e-7, atol=1e-6 * np.ptp(recording.data))
        raw = mne.io.read_raw_brainvision(tmp_path / "x.vhdr", verbose="error")
        unit = recording.signals[0].channels[0].unit
        np.testing.assert_allclose(raw.get_data(), back.data * VOLTS[unit], rtol=1e-6, atol=1e-12)
        onsets = [a["onset"] for a in raw.annotations if not a["description"].startswith("New Segment")]
        np.testing.assert_allclose(onsets, recording.events.onset_s, atol=1 / recording.fs)
        assert back.identity.start == recording.identity.start
    assert "INT_16" in (tmp_path / "x.vhdr").read_text("utf-8")


def test_what_pybv_writes(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(3, 700)) * 1e-4
    events = [{"onset": 100, "duration": 1, "description": 7, "type": "Stimulus", "channels": "all"}]
    pybv.write_brainvision(
        data=x, sfreq=512, ch_names=["a", "b", "c"], fname_base="x", folder_out=tmp_path, events=events,
        resolution=0.1, unit="µV", fmt="binary_int16",
    )  # fmt: skip
    recording = bp.read(tmp_path / "x.vhdr")
    raw = mne.io.read_raw_brainvision(tmp_path / "x.vhdr", verbose="error")
    assert recording.fs == raw.info["sfreq"]
    np.testing.assert_allclose(recording.data * 1e-6, raw.get_data(), rtol=1e-12)
    np.testing.assert_allclose(recording.events.onset_s, [100 / 512])


@pytest.mark.parametrize("name", ["test", "test_units", "testv2", "test_highpass"])
def test_brainvision_equals_mne(test_data: Path, name: str) -> None:
    path = test_data / "formats" / "mne_python_tests" / "brainvision" / f"{name}.vhdr"
    ours = bp.read(path)
    raw = mne.io.read_raw_brainvision(path, verbose="error")
    theirs = raw.get_data()
    for i, channel in enumerate(ours.signals[0].channels):
        if channel.unit in VOLTS:
            np.testing.assert_allclose(ours.data[i] * VOLTS[channel.unit], theirs[i], rtol=1e-12, err_msg=channel.name)
    inside = raw.annotations.onset * 1000 < 7900
    labels = [d for d, within in zip(raw.annotations.description, inside, strict=True) if within]
    assert list(ours.events.label) == [d for d in labels if not d.startswith("New Segment")]


def test_xdf_equals_pyxdf(test_data: Path) -> None:
    for name in ("minimal", "clock_resets"):
        path = test_data / "formats" / "xdf" / f"{name}.xdf"
        ours = bp.read(path)
        streams, _ = pyxdf.load_xdf(path)
        zero = min(stream["time_stamps"][0] for stream in streams)
        for stream in streams:
            times = stream["time_stamps"] - zero
            if stream["info"]["channel_format"][0] == "string":
                np.testing.assert_allclose(ours.events.onset_s, times, atol=1e-6)
                assert list(ours.events.label) == [row[0] for row in stream["time_series"]]
                continue
            (signal,) = ours.signals
            whole = np.concatenate([segment.data for segment in signal.segments], axis=1)
            np.testing.assert_array_equal(whole, stream["time_series"].T)
            np.testing.assert_allclose(signal.fs, stream["info"]["effective_srate"], rtol=1e-6)
            for segment in signal.segments:
                np.testing.assert_allclose(segment.start_s, times[segment.first], atol=1e-6)
    assert "nominal_srate" in ours.warnings[0]


def chunk(tag: int, content: bytes) -> bytes:
    return b"\x04" + struct.pack("<I", len(content) + 2) + struct.pack("<H", tag) + content


def xdf(kind: str, n_channels: int, samples: bytes, n: int, rate: int = 10) -> bytes:
    info = (
        f"<info><name>s</name><channel_count>{n_channels}</channel_count><nominal_srate>{rate}</nominal_srate>"
        f"<channel_format>{kind}</channel_format><desc><channels><channel><label>Cz</label><unit>microvolts</unit>"
        "</channel></channels></desc></info>"
    )
    return (
        b"XDF:" + chunk(1, b"<info/>") + chunk(2, struct.pack("<I", 1) + info.encode())
        + chunk(3, struct.pack("<I", 1) + b"\x01" + bytes([n]) + samples)
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "float32", "double64"])
def test_xdf_number_types(tmp_path: Path, kind: str) -> None:
    dtype = {"int8": "<i1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "float32": "<f4", "double64": "<f8"}[kind]
    x = np.array([[1, -2], [3, 4], [-5, 100]], dtype=dtype)
    samples = b"".join(
        (b"\x08" + struct.pack("<d", 5.0) if i == 0 else b"\x00") + row.tobytes() for i, row in enumerate(x)
    )
    (tmp_path / "x.xdf").write_bytes(xdf(kind, 2, samples, 3))
    recording = bp.read(tmp_path / "x.xdf", strict=True)
    np.testing.assert_array_equal(recording.data, x.T.astype(float))
    assert recording.channel_names == ["Cz", "s 2"]
    assert recording.signals[0].channels[0].unit == "uV"
    streams, _ = pyxdf.load_xdf(tmp_path / "x.xdf")
    np.testing.assert_array_equal(streams[0]["time_series"].T, recording.data)


def test_xdf_of_a_killed_recorder_keeps_what_is_whole(tmp_path: Path) -> None:
    whole = xdf("int16", 1, b"\x08" + struct.pack("<d", 1.0) + b"\x05\x00" + b"\x00\x06\x00", 2)
    (tmp_path / "x.xdf").write_bytes(whole + chunk(3, struct.pack("<I", 1) + b"\x01\x01\x00\x07\x00")[:-3])
    recording = bp.read(tmp_path / "x.xdf")
    np.testing.assert_array_equal(recording.data, [[5, 6]])
    assert "chunk at byte" in recording.warnings[0]
    with pytest.raises(bp.ParseError, match="chunk at byte"):
        bp.read(tmp_path / "x.xdf", strict=True)
    for n in range(5, len(whole), 7):
        (tmp_path / "x.xdf").write_bytes(whole[:n])
        try:
            bp.read(tmp_path / "x.xdf")
        except bp.ParseError as error:
            assert error.offset is not None  # noqa: PT017


def test_dicom_equals_pydicom(test_data: Path) -> None:
    path = test_data / "formats" / "pydicom" / "waveform_ecg.dcm"
    ours = bp.read(path, strict=True)
    theirs = pydicom.dcmread(path)
    np.testing.assert_array_equal(ours.data, theirs.waveform_array(0).T)
    assert ours.fs == 1000
    assert ours.channel_names == ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"]
    assert {channel.unit for channel in ours.signals[0].channels} == {"uV"}
    assert ours.identity.fields["patient"] == theirs.PatientID
    assert ours.identity.start == np.datetime64("2013-01-25T10:59:19", "ns")
    assert "MEDIAN BEAT" in ours.warnings[0]
    positions = [
        np.atleast_1d(a.ReferencedSamplePositions)
        for a in theirs.WaveformAnnotationSequence
        if "ReferencedSamplePositions" in a and a.ReferencedWaveformChannels[0] == 1
    ]
    expected = np.sort(np.concatenate(positions)).astype(int) - 1
    np.testing.assert_array_equal(np.round(ours.events.onset_s * 1000).astype(int), expected)


@pytest.mark.parametrize(("interpretation", "dtype"), [("SS", "<i2"), ("US", "<u2"), ("SB", "i1"), ("UB", "u1")])
@pytest.mark.parametrize("implicit", [False, True])
def test_dicom_sample_types(tmp_path: Path, interpretation: str, dtype: str, implicit: bool) -> None:
    x = np.random.default_rng(4).integers(0, 100, (50, 2)).astype(dtype)
    x[3, 1] = 77
    channels = []
    for number, (gain, correction, baseline) in enumerate([(0.5, 1, 0), (2, 1.5, -10)]):
        channel = pydicom.Dataset()
        channel.ChannelLabel = f"c{number}"
        channel.ChannelSensitivity, channel.ChannelSensitivityCorrectionFactor = gain, correction
        channel.ChannelBaseline = baseline
        unit = pydicom.Dataset()
        unit.CodeValue = "mV"
        channel.ChannelSensitivityUnitsSequence = [unit]
        channels.append(channel)
    group = pydicom.Dataset()
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples, group.SamplingFrequency = 2, 50, "250"
    group.ChannelDefinitionSequence = channels
    group.WaveformBitsAllocated = 8 * np.dtype(dtype).itemsize
    group.WaveformSampleInterpretation = interpretation
    group.add_new(0x54001010, "OW" if group.WaveformBitsAllocated == 16 else "OB", x.tobytes())
    group.MultiplexGroupTimeOffset = "1500"
    data = pydicom.Dataset()
    data.PatientName, data.StudyDate, data.StudyTime = "A^B", "20010203", "040506.5"
    data.WaveformSequence = [group]
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.9.1.2", "1.2.3"
    file = pydicom.FileDataset(tmp_path / "x.dcm", data, preamble=b"\0" * 128, file_meta=meta)
    file.save_as(tmp_path / "x.dcm", enforce_file_format=True)
    recording = bp.read(tmp_path / "x.dcm", strict=True)
    np.testing.assert_array_equal(recording.signals[0].digital, x.T)
    np.testing.assert_allclose(recording.data, pydicom.dcmread(tmp_path / "x.dcm").waveform_array(0).T, rtol=1e-14)
    assert recording.signals[0].segments[0].start_s == 1.5
    assert recording.identity.start == np.datetime64("2001-02-03T04:05:06.5", "ns")
    content = (tmp_path / "x.dcm").read_bytes()
    for n in range(140, len(content) - 1, 13):
        (tmp_path / "y.dcm").write_bytes(content[:n])
        with pytest.raises(bp.ParseError):
            bp.read(tmp_path / "y.dcm")


def test_philips_equals_its_conversion_to_aecg(test_data: Path) -> None:
    """The same ECG as its device stored it and as its maker converted it: mains filtering is all that differs."""
    folder = test_data / "formats" / "philips_sierra" / "1_04"
    stored = bp.read(folder / "ad4d3d80-d165_1-04_orig.xml", strict=True)
    converted = bp.read(folder / "ad4d3d80-d165_1-04_converted.xml", strict=True)
    assert stored.channel_names == converted.channel_names
    assert stored.fs == converted.fs == 500
    assert stored.identity.start == converted.identity.start == np.datetime64("2008-12-23T19:44:46", "ns")
    assert stored.data.shape == (12, 5500)
    difference = stored.data - converted.data
    assert np.abs(difference).max() <= 20  # four steps of 5 uV
    power = (np.abs(np.fft.rfft(difference - difference.mean(axis=1, keepdims=True), axis=1)) ** 2).sum(axis=0)
    assert np.argmax(power) * 500 / 5500 == pytest.approx(60)


def test_limb_leads_of_the_philips_files_keep_einthovens_law(test_data: Path) -> None:
    for name in ("1_04/3191723_ZZDEMOPTONLY_1-04_orig.xml", "1_04_01/2020-5-18_15-48-11.xml"):
        r = bp.read(test_data / "formats" / "philips_sierra" / name, strict=True)
        # The calibration pulse at the end is no potential difference.
        for error in (
            r["III"] - (r["II"] - r["I"]),
            r["aVR"] + (r["I"] + r["II"]) / 2,
            r["aVL"] - (r["I"] - r["III"]) / 2,
            r["aVF"] - (r["II"] + r["III"]) / 2,
        ):
            assert np.quantile(np.abs(error), 0.9) <= 10


AECG = """<?xml version="1.0"?><AnnotatedECG xmlns="urn:hl7-org:v3"><component><series>
<component><sequenceSet>
<component><sequence><code code="TIME_ABSOLUTE"/><value><head value="20200102030405.250"/>
<increment value="2" unit="ms"/></value></sequence></component>
<component><sequence><code code="MDC_ECG_LEAD_II"/><value><origin value="10" unit="uV"/>
<scale value="2.5" unit="uV"/><digits>1 2
 3 -4</digits></value></sequence></component>
</sequenceSet></component>
<subjectOf><annotationSet><component><annotation><code code="MDC_ECG_BEAT"/>
<value code="MDC_ECG_BEAT_NORMAL"/><support><supportingROI>
<component><boundary><code code="TIME_ABSOLUTE"/><value><low value="20200102030405.252"/>
<high value="20200102030405.256"/></value></boundary></component>
<component><boundary><code code="MDC_ECG_LEAD_II"/></boundary></component></supportingROI></support>
</annotation></component></annotationSet></subjectOf></series></component></AnnotatedECG>"""


def test_aecg_scales_times_and_annotations(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "x.xml").write_bytes(AECG.encode(encoding))
        recording = bp.read(tmp_path / "x.xml", strict=True)
        np.testing.assert_array_equal(recording.data, [[12.5, 15, 17.5, 0]])
        assert recording.fs == 500
        assert recording.identity.start == np.datetime64("2020-01-02T03:04:05.250", "ns")
        assert list(recording.events.label) == ["MDC_ECG_BEAT_NORMAL"]
        np.testing.assert_allclose(recording.events.onset_s, [0.002])
        np.testing.assert_allclose(recording.events.duration_s, [0.004])
        assert list(recording.events.channel) == ["II"]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("<AnnotatedECG", '<!DOCTYPE x [<!ENTITY a "aaaa">]><AnnotatedECG', "entities of its own"),
        ("<AnnotatedECG", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><AnnotatedECG', "entities of its own"),
        ("1 2\n", "1 x\n", "whole numbers"),
        ('value="2.5"', 'value="0"', "scale other than 0"),
        ('unit="ms"', 'unit="d"', "wanted s, ms or us"),
        ('value="2" unit', 'value="0" unit', "sampling rate"),
        ("</series>", "", "wanted XML"),
        ("AnnotatedECG", "Other", "AnnotatedECG"),
        ("sequenceSet", "other", "sequenceSet"),
        ("increment", "other", "increment"),
    ],
)
def test_aecg_that_makes_no_sense(tmp_path: Path, old: str, new: str, match: str) -> None:
    (tmp_path / "x.xml").write_text(AECG.replace(old, new))
    with pytest.raises(bp.ParseError, match=match):
        bp.read(tmp_path / "x.xml")


def test_entities_that_grow_are_refused_at_once(tmp_path: Path) -> None:
    levels = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    (tmp_path / "x.xml").write_text(f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]><AnnotatedECG>&l11;</AnnotatedECG>')
    with pytest.raises(bp.ParseError, match="entities of its own"):
        bp.read(tmp_path / "x.xml")


@pytest.mark.parametrize("version", ["4", "5"])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("dtype", ["i2", "u1", "i4", "f8"])
@pytest.mark.parametrize("transposed", [False, True])
def test_matlab_equals_scipy(tmp_path: Path, version: str, compress: bool, dtype: str, transposed: bool) -> None:
    x = np.random.default_rng(6).integers(0, 200, (3, 400)).astype(dtype)
    content = {"val": x.T if transposed else x, "text": "no matrix", "other": np.zeros(2)}
    scipy.io.savemat(tmp_path / "x.mat", content, format=version, do_compression=compress and version == "5")
    recording = bp.io.read_matlab(tmp_path / "x.mat", fs=300, unit="mV", gain=1000)
    np.testing.assert_array_equal(recording.data, x / 1000)
    assert recording.fs == 300
    assert recording.channel_names == ["1", "2", "3"]
    assert bp.io.read_matlab(tmp_path / "x.mat", fs=300, unit="", variable="other").data.shape == (1, 2)
    with pytest.raises(bp.ParseError, match='"none"'):
        bp.io.read_matlab(tmp_path / "x.mat", fs=300, unit="", variable="none")
    with pytest.raises(ValueError, match="3 channel names"):
        bp.io.read_matlab(tmp_path / "x.mat", fs=300, unit="", channels=["a"])
    for fs in (0, -1, np.nan):
        with pytest.raises(ValueError, match="fs"):
            bp.io.read_matlab(tmp_path / "x.mat", fs=fs, unit="")
    with pytest.raises(bp.ParseError, match="read_matlab takes the rate"):
        bp.read(tmp_path / "x.mat")
    data = (tmp_path / "x.mat").read_bytes()
    for n in range(0, len(data), 97):
        (tmp_path / "y.mat").write_bytes(data[:n])
        with pytest.raises((bp.ParseError, ValueError)):
            bp.io.read_matlab(tmp_path / "y.mat", fs=300, unit="", variable="other")


def test_cinc2017_matlab_equals_its_wfdb_record(test_data: Path) -> None:
    path = test_data / "cinc2017" / "A00001.mat"
    np.testing.assert_array_equal(bp.io.read_matlab(path, fs=300, unit="mV", gain=1000).data, bp.read(path).data)


def test_what_mne_reads_comes_in_through_mne(test_data: Path, tmp_path: Path) -> None:
    path = test_data / "formats" / "mne_python_tests" / "egi" / "test_egi.raw"
    recording = bp.read(path)
    raw = mne.io.read_raw_egi(path, verbose="error")
    assert recording.format == "MNE: RawEGI"
    assert f"read through MNE-Python {mne.__version__} (RawEGI)" in recording.warnings
    assert recording.fs == raw.info["sfreq"]
    np.testing.assert_allclose(recording["E1"] * 1e-6, raw.get_data(picks=["E1"])[0], rtol=1e-9)
    info = mne.create_info(["Cz"], 100, "eeg", verbose="error")
    mne.io.RawArray(np.arange(500.0)[None] * 1e-6, info, verbose="error").save(tmp_path / "x_raw.fif", verbose="error")
    np.testing.assert_allclose(bp.read(tmp_path / "x_raw.fif")["Cz"], np.arange(500.0), rtol=1e-6)
