"""Readers against wfdb, edfio, MNE and pyEDFlib on real files."""

from __future__ import annotations

import warnings
from pathlib import Path

import edfio
import mne
import numpy as np
import pyedflib
import pytest
import wfdb

import biopotential as bp

DATA_MISSING = (FileNotFoundError, bp.ParseError)


def channels_of(recording: bp.Recording) -> list[np.ndarray]:
    return [row for signal in recording.signals for segment in signal.segments for row in segment.data]


def order_of(rates: list[int]) -> list[int]:
    return [i for rate in dict.fromkeys(rates) for i, other in enumerate(rates) if other == rate]


@pytest.mark.parametrize("record", ["100", "101"])
def test_mitdb_equals_wfdb(test_data: Path, record: str) -> None:
    path = test_data / "mitdb" / record
    ours = bp.read(path)
    theirs = wfdb.rdrecord(str(path))
    np.testing.assert_array_equal(ours.data, theirs.p_signal.T)
    np.testing.assert_array_equal(ours.signals[0].digital, wfdb.rdrecord(str(path), physical=False).d_signal.T)
    assert ours.fs == theirs.fs
    assert ours.channel_names == theirs.sig_name
    np.testing.assert_array_equal(ours["MLII"], ours.data[0])
    assert ours.identity.fields["comments"].split("\n") == theirs.comments
    annotation = wfdb.rdann(str(path), "atr")
    np.testing.assert_array_equal(np.round(ours.events.onset_s * ours.fs).astype(int), annotation.sample)
    assert list(ours.events.label) == annotation.symbol
    assert list(ours.events.aux) == [text.rstrip("\0") for text in annotation.aux_note]
    assert list(ours.events.subtype) == list(annotation.subtype)
    assert list(ours.events.num) == list(annotation.num)


def test_every_wfdb_file_equals_wfdb(test_data: Path) -> None:
    compared = 0
    for header in [
        *sorted((test_data / "formats").rglob("*.hea")),
        *sorted((test_data / "cinc2021").glob("*.hea"))[:10],
    ]:
        try:
            ours = bp.read(header)
        except DATA_MISSING:
            continue
        theirs = wfdb.rdrecord(str(header.with_suffix("")), smooth_frames=False)
        for row, i in zip(channels_of(ours), order_of(theirs.samps_per_frame), strict=True):
            np.testing.assert_array_equal(row, theirs.e_p_signal[i], err_msg=str(header))
        compared += 1
    assert compared > 30


def test_every_annotation_file_equals_wfdb(test_data: Path) -> None:
    folder = test_data / "formats" / "wfdb_python_sample"
    compared = 0
    for name in ("100.qrs", "1003.atr", "12726.anI", "12726.wabp", "12726.wqrs", "03700181.gqrsh", "huge.qrs"):
        path = folder / name
        if not path.exists():
            continue
        theirs = wfdb.rdann(str(path.with_suffix("")), path.suffix[1:])
        fs = theirs.fs or 250
        ours = bp.io.read_annotations(path, fs=fs)
        # wfdb-python drops every note at sample 0, also one that says how the file was made.
        ours = ours[~((ours.onset_s == 0) & (ours.label == '"'))]
        np.testing.assert_array_equal(np.round(ours.onset_s * fs).astype(int), np.sort(theirs.sample), err_msg=name)
        compared += 1
    assert compared >= 5


def test_every_edf_file_equals_edfio(test_data: Path) -> None:
    compared = 0
    files = [*sorted((test_data / "formats").rglob("*.[eb]df")), *sorted((test_data / "eegmmidb").rglob("*.edf"))[:2]]
    for path in files:
        if not path.exists():
            continue
        ours = bp.read(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                theirs = (edfio.read_bdf if path.suffix == ".bdf" else edfio.read_edf)(path)
                annotations = theirs.annotations
            except UnicodeDecodeError:
                continue
            data = [signal.data for signal in theirs.signals]
        rates = [signal.samples_per_data_record for signal in theirs.signals]
        for row, i in zip(channels_of(ours), order_of(rates), strict=True):
            np.testing.assert_array_equal(row, data[i], err_msg=str(path))
        np.testing.assert_allclose(ours.events.onset_s, [a.onset for a in annotations], atol=1e-9)
        compared += 1
    assert compared > 20


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


def test_multi_segment_headers_are_refused_clearly(test_data: Path) -> None:
    header = test_data / "formats" / "wfdb_python_sample" / "multi-segment" / "fixed1" / "v102s.hea"
    with pytest.raises(bp.ParseError, match="multi-segment"):
        bp.read(header)


def test_a_missing_file_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        bp.read(tmp_path / "none.edf")
    with pytest.raises(OSError, match="regular file"):
        bp.read(tmp_path)
    (tmp_path / "text.edf").write_text("not a recording")
    with pytest.raises(bp.ParseError, match="WFDB, EDF"):
        bp.read(tmp_path / "text.edf")
