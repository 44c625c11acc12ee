"""Every file of the collection of formats and oddities, and what it must give: file by file, nothing left out.

A file gives samples (equal to a peer's or to stored reference numbers), samples with a warning that names the field, or
an error that says where it stands.
"""

from __future__ import annotations

import gzip
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import edfio
import numpy as np
import pytest
import wfdb

import biopotential as bp


def rows_of(recording: bp.Recording) -> list[np.ndarray]:
    """Channel after channel over the whole time, gaps as NaN."""
    rows = []
    for signal in recording.signals:
        n = max((round(s.start_s * signal.fs) + s.n_samples for s in signal.segments), default=0)
        whole = np.full((signal.n_channels, n), np.nan)
        for segment in signal.segments:
            first = round(segment.start_s * signal.fs)
            whole[:, first : first + segment.n_samples] = segment.data
        rows.extend(whole)
    return rows


def order_of(rates: list[int]) -> list[int]:
    """Positions of channels when those of one rate come together, as in `Recording.signals`."""
    return [i for rate in dict.fromkeys(rates) for i, other in enumerate(rates) if other == rate]


def equals_wfdb(path: Path) -> None:
    theirs = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False)
    for row, i in zip(rows_of(bp.read(path)), order_of(theirs.samps_per_frame), strict=True):
        np.testing.assert_array_equal(row, theirs.e_p_signal[i])


def equals_edfio(path: Path) -> None:
    ours = bp.read(path, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = (edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf)(path)
        annotations = theirs.annotations
        data = [signal.data for signal in theirs.signals]
    for row, i in zip(rows_of(ours), order_of([s.samples_per_data_record for s in theirs.signals]), strict=True):
        np.testing.assert_array_equal(row, data[i])
    assert ours.channel_names == [
        theirs.signals[i].label for i in order_of([s.samples_per_data_record for s in theirs.signals])
    ]
    np.testing.assert_allclose(ours.events.onset_s, [a.onset for a in annotations], atol=1e-9)
    assert list(ours.events.label) == [a.text for a in annotations]


@dataclass
class Warns:
    """Samples of that shape, a warning that matches, and `strict` refuses."""

    match: str
    shape: tuple[int, int]
    strict: bool = True

    def __call__(self, path: Path) -> None:
        recording = bp.read(path)
        signal = recording.signals[0]
        assert (signal.n_channels, signal.n_samples) == self.shape
        assert np.isfinite(signal.segments[0].data).any() or signal.n_samples == 0
        assert any(re.search(self.match, warning) for warning in recording.warnings), recording.warnings
        if self.strict:
            with pytest.raises(bp.ParseError, match=self.match):
                bp.read(path, strict=True)
        else:
            bp.read(path, strict=True)


@dataclass
class Refused:
    """A ParseError that matches, with that offset."""

    match: str
    offset: int | None = 0

    def __call__(self, path: Path) -> None:
        with pytest.raises(bp.ParseError, match=self.match) as caught:
            bp.read(path)
        assert caught.value.offset == self.offset
        assert Path(caught.value.file).parent == path.parent


@dataclass
class Lacks:
    """The header is sound, the file that it names is not there."""

    name: str

    def __call__(self, path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=self.name):
            bp.read(path)


@dataclass
class Annotations:
    """An annotation file without its record, equal to wfdb's."""

    fs: float = 250

    def __call__(self, path: Path) -> None:
        theirs = wfdb.rdann(str(path.with_suffix("")), path.suffix[1:])
        fs = theirs.fs or self.fs
        ours = bp.io.read_annotations(path, fs=fs)
        # wfdb-python drops every note at sample 0, also one that says how the file was made.
        ours = ours[~((ours.onset_s == 0) & (ours.label == '"'))]
        order = np.argsort(theirs.sample, kind="stable")
        np.testing.assert_array_equal(np.round(ours.onset_s * fs).astype(int), theirs.sample[order])
        # Codes that no symbol is assigned to have none in wfdb-python.
        symbols = [theirs.symbol[i] for i in order]
        assert [label for label, other in zip(ours.label, symbols, strict=True) if other == other] == [
            symbol for symbol in symbols if symbol == symbol
        ]


def gapped_record(path: Path) -> None:
    """A multi-segment record of variable layout, of which some segments are not there."""
    recording = bp.read(path)
    assert all("its samples are a gap" in w or "base date" in w for w in recording.warnings)
    assert len(recording.warnings) > 0
    with pytest.raises(bp.ParseError, match="wanted its file"):
        bp.read(path, strict=True)
    folder, seen = path.parent, 0
    for segment in recording.signals[0].segments:
        first = round(segment.start_s * recording.fs)
        theirs = wfdb.rdrecord(str(path.with_suffix("")), sampfrom=first, sampto=first + segment.n_samples)
        np.testing.assert_array_equal(segment.data, theirs.p_signal.T)
        seen += segment.n_samples
    there = [p for p in folder.glob("*_0*.hea") if p.with_suffix(".dat").exists()]
    assert seen == sum(wfdb.rdheader(str(p.with_suffix(""))).sig_len for p in there)


def only_gaps(path: Path) -> None:
    recording = bp.read(path, strict=True)
    assert recording.signals[0].segments == []
    assert recording.data.shape == (4, 0)
    assert recording.channel_names == ["II", "V", "MCL1", "ABP"]


def layout_only(path: Path) -> None:
    recording = bp.read(path, strict=True)
    assert recording.data.shape == (4, 0)
    assert "II" in recording


def empty_of_samples(path: Path) -> None:
    """EDF+ with annotations alone, equal to edfio's."""
    ours = bp.read(path, strict=True)
    assert ours.signals == []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = (edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf)(path).annotations
    np.testing.assert_allclose(ours.events.onset_s, [a.onset for a in theirs], atol=1e-9)
    assert list(ours.events.label) == [a.text for a in theirs]


def utf8_annotations(path: Path) -> None:
    equals_edfio(path)
    assert any(not label.isascii() for label in bp.read(path).events.label)


def edf_as_wfdb(path: Path) -> None:
    """An EDF+ file that was turned into WFDB: its annotation channel has become samples."""
    recording = bp.read(path)
    assert [s.fs for s in recording.signals] == [200, 51]
    edf = bp.read(path.with_suffix(".edf"))
    digital = edf.signals[0].digital
    np.testing.assert_array_equal(recording.signals[0].digital, digital)


Check = Callable[[Path], None]
UNKNOWN = Refused("wanted WFDB, EDF")
NEEDS_A_RATE = Refused("read_matlab takes the rate")


@dataclass
class Reads:
    """Samples of that shape and rate, equal to a peer's in test_other_formats.py."""

    kind: str
    shape: tuple[int, int]
    fs: float
    strict: bool = True

    def __call__(self, path: Path) -> None:
        recording = bp.read(path, strict=self.strict)
        signal = recording.signals[0]
        assert recording.format == self.kind
        assert (signal.n_channels, signal.n_samples) == self.shape
        assert signal.fs == pytest.approx(self.fs, rel=1e-6)
        assert all(np.isfinite(segment.data).all() for segment in signal.segments)


CARDIO: dict[str, Check] = {
    f"cardio_tests/{name}.{suffix}": equals_wfdb
    for name in ("A00001", "A00002", "A00004", "A00005", "A00008", "A00013")
    for suffix in ("hea", "mat")
} | {
    "cardio_tests/sample.edf": equals_edfio,
    "cardio_tests/sample.wav": UNKNOWN,
    "cardio_tests/sample.xml": Reads("Schiller EDI", (12, 5000), 500),
    "cardio_tests/sel100.hea": equals_wfdb,
    "cardio_tests/sel100.dat": equals_wfdb,
    "cardio_tests/sel100.atr": equals_wfdb,
    "cardio_tests/sel100.pu1": equals_wfdb,
}

EDF: dict[str, Check] = {
    "edf_corrupt/S001R01_truncated.edf": Warns("number of records.*end of the file at byte 1270411", (64, 9600)),
    "edf_corrupt/S001R03_crlf_damaged.edf": Refused("text-mode transfer", 17394),
    "edf_jl/bdf_test.bdf": equals_edfio,
    "edf_jl/bdf_test.edf": equals_edfio,
    "edf_jl/test.edf": equals_edfio,
    "edfio/SC4001EC-Hypnogram.bdf": empty_of_samples,
    "edfio/SC4001EC-Hypnogram.edf": empty_of_samples,
    "edfio/mne_test.bdf": equals_edfio,
    "edfio/mne_test.edf": equals_edfio,
    "edfio/short_psg.bdf": equals_edfio,
    "edfio/short_psg.edf": equals_edfio,
    "edfio/test_subsecond.bdf": equals_edfio,
    "edfio/test_subsecond.edf": equals_edfio,
    "mne_python_tests/edf/test.bdf": equals_edfio,
    "mne_python_tests/edf/test.edf": equals_edfio,
    "mne_python_tests/edf/test_bdf_stim_channel.bdf": equals_edfio,
    "mne_python_tests/edf/test_edf_stim_channel.edf": equals_edfio,
    "mne_python_tests/edf/test_stim_channel.edf": equals_edfio,
    "mne_python_tests/edf/test_uneven_samp.edf": equals_edfio,
    "nsrr_edfize/invalid-date.edf": Warns('startdate: wanted dd.mm.yy, got "00.00.00"', (5, 0)),
    "nsrr_edfize/simulated-01.edf": equals_edfio,
    "pyedflib/test_generator.bdf": equals_edfio,
    "pyedflib/test_generator.edf": equals_edfio,
    "pyedflib/test_generator_datarec_generator_2.bdf": equals_edfio,
    "pyedflib/test_legacy.edf": equals_edfio,
    "pyedflib/test_subsecond.edf": equals_edfio,
    "pyedflib/test_utf8.edf": utf8_annotations,
    "wfdb_python_sample/test_edfann.edf": empty_of_samples,
    "wfdb_python_sample/test_generator_2.edf": equals_edfio,
}

_S = "wfdb_python_sample"
_M = f"{_S}/multi-segment"
WFDB: dict[str, Check] = {
    **{
        f"{_S}/{name}": equals_wfdb
        for name in (
            *("03700181.hea", "03700181.dat", "03700181.gqrsh", "03700181.gqrsl", "03700181.sqrs"),
            *("100_3chan.hea", "100_3chan.dat", "3000003_0003.hea", "3000003_0003.dat"),
            *(f"{n}.{s}" for n in ("310derive", "310derive_2", "310derive_3") for s in ("hea", "dat")),
            *(f"{n}.{s}" for n in ("311derive", "311derive_2", "311derive_3") for s in ("hea", "dat")),
            *("a103l.hea", "a103l.mat", "a103l-no-len.hea", "binformats.hea", *(f"binformats.d{i}" for i in range(10))),
            *("p10143.hea", "p10143.dat", "s0010_re.hea", "s0010_re.dat", "s0010_re.xyz"),
            *("test01_00s.hea", "test01_00s.dat", "test01_00s_frame.hea", "test01_00s_skew.hea"),
            *("test01_00s_skewframe.hea", "test_generator_2.dat", "v102s.hea", "v102s.dat"),
        )
    },
    f"{_S}/test_generator_2.hea": edf_as_wfdb,
    f"{_S}/100-no-len.hea": Lacks("100.dat"),
    f"{_S}/100skew.hea": Lacks("100.dat"),
    f"{_S}/1003.hea": Lacks("1003.dat"),
    f"{_S}/12726.hea": Lacks("12726.dat"),
    f"{_S}/drive02.hea": Lacks("drive02.dat"),
    f"{_S}/drive02-no-len.hea": Lacks("drive02.dat"),
    f"{_S}/n16.hea": Lacks("n16.dat"),
    f"{_S}/n8_evoked_raw_95_F1_R9.hea": Lacks("n8_evoked_raw_95_F1_R9.dat"),
    f"{_S}/wave_4.hea": Lacks("wave_4.dat"),
    f"{_S}/100.qrs": Annotations(360),
    f"{_S}/1003.atr": Annotations(360),
    f"{_S}/12726.anI": Annotations(),
    f"{_S}/12726.wabp": Annotations(),
    f"{_S}/12726.wqrs": Annotations(),
    f"{_S}/huge.qrs": Annotations(),
    f"{_S}/SC4001E0-PSG.wav": UNKNOWN,
    **{f"{_M}/fixed1/v102s{suffix}.hea": equals_wfdb for suffix in ("", "_1", "_2", "_3")},
    f"{_M}/fixed1/v102s.dat": equals_wfdb,
    f"{_M}/p000878/p000878-2137-10-26-16-57.hea": gapped_record,
    f"{_M}/p000878/3269321_layout.hea": layout_only,
    **{f"{_M}/p000878/3269321_000{i}.{s}": equals_wfdb for i in (1, 2) for s in ("hea", "dat")},
    f"{_M}/s00001/s00001-2896-10-10-00-31.hea": gapped_record,
    f"{_M}/s00001/s00001-2896-10-09-01-56.hea": only_gaps,
    f"{_M}/s00001/3248903_layout.hea": layout_only,
    f"{_M}/s00001/3975656_layout.hea": layout_only,
    f"{_M}/s00001/s00001-2896-10-09-01-56n.hea": Warns('base date: "09/10/2896" lies beyond', (10, 1), strict=False),
    f"{_M}/s00001/s00001-2896-10-10-00-31n.hea": Warns('base date: "10/10/2896" lies beyond', (10, 1936), strict=False),
    f"{_M}/s00001/3248903n.dat": Refused("wanted WFDB"),
    f"{_M}/s00001/3975656n.dat": Refused("wanted WFDB"),
    **{
        f"{_M}/s00001/3975656_{i:04}.{s}": equals_wfdb
        for i in (1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16)
        for s in ("hea", "dat")
    },
    **{f"{_M}/s00001/3975656_{i:04}.hea": Lacks(f"3975656_{i:04}.dat") for i in (9, 10, 11)},
}

_B = "mne_python_tests"
VISION = Reads("BrainVision", (32, 7900), 1000)
OTHERS: dict[str, Check] = {
    **{f"{_B}/brainvision/{name}": VISION for name in ("test.eeg", "test.vmrk")},
    **{
        f"{_B}/brainvision/{name}.vhdr": VISION
        for name in (
            *("test", "test_highpass", "test_highpass_hz", "test_lowpass_s", "test_mixed_highpass"),
            *("test_mixed_highpass_hz", "test_mixed_lowpass", "test_mixed_lowpass_s"),
            *("test_partially_disabled_hw_filter", "test_units"),
        )
    },
    # Some of its markers lie behind the samples.
    f"{_B}/brainvision/testv2.vhdr": Warns('marker "Mk14"', (32, 7900)),
    f"{_B}/brainvision/testv2.vmrk": Warns('marker "Mk14"', (32, 7900)),
    f"{_B}/egi/test_egi.raw": Reads("MNE: RawEGI", (262, 77), 250),
    f"{_B}/nicolet/test_nicolet_raw.data": Reads("MNE: RawNicolet", (29, 512), 256),
    **{
        f"{_B}/edf/{name}.mat": NEEDS_A_RATE
        for name in ("test_bdf_eeglab", "test_edf_eeglab", "test_eeglab", "test_uneven_samp")
    },
    # Places of electrodes, averages, and the header of the Nicolet file: no recordings.
    **{
        f"{_B}/{name}": UNKNOWN
        for name in (
            *("besa/simulation.avr", "besa/simulation.elp", "besa/simulation.mul", "besa/simulation_oldstyle.avr"),
            *("besa/simulation_oldstyle.elp", "edf/biosemi.hpts", "brainvision/test.hpts"),
            "nicolet/test_nicolet_raw.head",
        )
    },
    "philips_sierra/1_04/3191723_ZZDEMOPTONLY_1-04_orig.xml": Reads("Philips Sierra", (12, 5500), 500),
    "philips_sierra/1_04/ad4d3d80-d165_1-04_converted.xml": Reads("aECG", (12, 5500), 500),
    "philips_sierra/1_04/ad4d3d80-d165_1-04_orig.xml": Reads("Philips Sierra", (12, 5500), 500),
    "philips_sierra/1_04_01/2020-5-18_15-48-11.xml": Reads("Philips Sierra", (12, 5500), 500),
    "pydicom/waveform_ecg.dcm": Reads("DICOM", (12, 10000), 1000),
    "xdf/clock_resets.xdf": Reads("XDF", (8, 27815), 92.93436959),
    "xdf/minimal.xdf": Reads("XDF", (3, 9), 10),
}

CHECKS = CARDIO | EDF | WFDB | OTHERS


# What is broken, or lacks a file that it names, by file: where the ParseError says that it goes wrong, which file isn't
# there, or that samples come with a warning. Files of other kinds (`UNKNOWN`, `NEEDS_A_RATE`) aren't broken.
WARNING = "warning"
BROKEN: dict[str, int | str] = {
    "edf_corrupt/S001R01_truncated.edf": WARNING,
    "edf_corrupt/S001R03_crlf_damaged.edf": 17394,
    "nsrr_edfize/invalid-date.edf": WARNING,
    f"{_B}/brainvision/testv2.vhdr": WARNING,
    f"{_B}/brainvision/testv2.vmrk": WARNING,
    f"{_M}/p000878/p000878-2137-10-26-16-57.hea": WARNING,
    f"{_M}/s00001/s00001-2896-10-10-00-31.hea": WARNING,
    f"{_M}/s00001/s00001-2896-10-09-01-56.hea": WARNING,
    f"{_M}/s00001/s00001-2896-10-09-01-56n.hea": WARNING,
    f"{_M}/s00001/s00001-2896-10-10-00-31n.hea": WARNING,
    **{f"{_M}/s00001/3975656_{i:04}.hea": f"3975656_{i:04}.dat" for i in (9, 10, 11)},
    f"{_S}/100-no-len.hea": "100.dat",
    f"{_S}/100skew.hea": "100.dat",
    f"{_S}/1003.hea": "1003.dat",
    f"{_S}/1003.atr": "1003.dat",
    f"{_S}/12726.hea": "12726.dat",
    **{f"{_S}/12726.{suffix}": "12726.dat" for suffix in ("anI", "wabp", "wqrs")},
    f"{_S}/drive02.hea": "drive02.dat",
    f"{_S}/drive02-no-len.hea": "drive02.dat",
    f"{_S}/n16.hea": "n16.dat",
    f"{_S}/n8_evoked_raw_95_F1_R9.hea": "n8_evoked_raw_95_F1_R9.dat",
    f"{_S}/wave_4.hea": "wave_4.dat",
    "xdf/clock_resets.xdf": WARNING,
}
# Warnings that say what was left out or who read it, not that something is wrong.
REMARKS = r"left out|experimental|^read through MNE"


def is_no_recording(path: Path) -> bool:
    """Licences, and the numbers and texts that other tests compare with."""
    return (
        path.suffix in {".repo", ".md", ".csv", ".txt", ".json"}
        or path.name == "LICENSE"
        or path.parent.name == "wfdb_python_target_output"
    )


def test_every_file_of_the_collection_is_listed(test_data: Path) -> None:
    folder = test_data / "formats"
    files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and not is_no_recording(p)}
    assert files == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_file(test_data: Path, name: str) -> None:
    CHECKS[name](test_data / "formats" / name)


def outcome(path: Path) -> int | str | None:
    """Say where it is broken, which file isn't there, that there is a warning of something wrong, or nothing."""
    try:
        recording = bp.read(path)
    except bp.ParseError as error:
        return error.offset if Path(error.file).is_file() else "an error without its file"
    except FileNotFoundError as error:
        return Path(error.filename).name
    assert len(recording.signals) > 0 or len(recording.events) > 0
    return WARNING if any(not re.search(REMARKS, warning) for warning in recording.warnings) else None


def test_every_broken_file_is_listed(test_data: Path) -> None:
    """Each broken file ends in samples and a warning, in a ParseError with its offset, or names the file it lacks."""
    folder = test_data / "formats"
    other_kinds = {name for name, check in CHECKS.items() if check in (UNKNOWN, NEEDS_A_RATE)}
    # Annotations without a record: none of the formats that `read` knows.
    other_kinds |= {name for name, check in CHECKS.items() if isinstance(check, Annotations)} - BROKEN.keys()
    other_kinds |= {f"{_M}/s00001/{name}" for name in ("3248903n.dat", "3975656n.dat")}
    found = {name: outcome(folder / name) for name in CHECKS if name not in other_kinds}
    assert {name: what for name, what in found.items() if what is not None} == BROKEN


def printed(path: Path) -> np.ndarray:
    """Numbers as the WFDB library's rdsamp prints them, channel by row; "-" is missing."""
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return np.array([[np.nan if word == "-" else float(word) for word in line.split()] for line in text.splitlines()]).T


@pytest.mark.parametrize(
    ("target", "record", "first", "n", "digital"),
    [
        ("record-1f.gz", "binformats", 0, None, True),
        ("record-multi-variable-a", "multi-segment/s00001/s00001-2896-10-10-00-31", 14428365, 10, False),
        ("record-multi-variable-d", "multi-segment/p000878/p000878-2137-10-26-16-57", 3550, 3950, True),
    ],
)
def test_numbers_of_the_wfdb_library(
    test_data: Path, target: str, record: str, first: int, n: int | None, digital: bool
) -> None:
    """What the WFDB library itself printed, independent of wfdb-python."""
    expected = printed(test_data / "formats" / "wfdb_python_target_output" / target)
    recording = bp.read(test_data / "formats" / "wfdb_python_sample" / record)
    signal = recording.signals[0]
    if digital:
        position = sum(s.n_samples for s in signal.segments if round(s.start_s * signal.fs) < first)
        ours = signal._core.read_digital(position, (n or signal.n_samples) - (0 if first == 0 else 200)).astype(float)
        expected = expected[:, -ours.shape[1] :]
    else:
        ours = np.array(rows_of(recording))[:, first : first + n] if n else np.array(rows_of(recording))
    for row, wanted in zip(ours, expected, strict=False):
        np.testing.assert_allclose(row, wanted, atol=0.6e-8)
