"""Read and write recordings: WFDB, EDF, EDF+, BDF and the project's HDF5 container."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from biopotential._core import io as _core
from biopotential._shipped import shipped
from biopotential.recording import Recording

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["example", "read", "read_annotations", "write", "write_annotations"]


def example(kind: Literal["ecg", "eeg"]) -> Path:
    """Path of the simulated recording that comes with the package.

    Parameters
    ----------
    kind : {"ecg", "eeg"}
        Five minutes of two ECG leads with ectopic beats and noise (WFDB), or three minutes of a 19-channel EEG with
        alpha, blinks, muscle and mains (EDF+).

    Returns
    -------
    Path
        To `read`.

    Raises
    ------
    ValueError
        Another kind.
    """
    names = {"ecg": "demo-ecg.hea", "eeg": "demo-eeg.edf"}
    if kind not in names:
        raise ValueError(f'[example] wanted "ecg" or "eeg", got {kind!r}')
    return shipped(names[kind])


def read(path: str | os.PathLike[str], *, strict: bool = False, annotators: Sequence[str] = ("atr",)) -> Recording:
    """Read a recording, whatever its format: told by content.

    WFDB (record name, ``.hea``, or a signal file beside its header), EDF, EDF+C, EDF+D, BDF, BDF+ and the project's
    HDF5 container. Samples stay in the file until they are asked for.

    Parameters
    ----------
    path : path_like
        File, or WFDB record name.
    strict : bool
        Refuse what a tolerant reader only notes in ``Recording.warnings``.
    annotators : sequence of str
        WFDB: annotation files ``<record>.<annotator>`` to read where they exist.

    Returns
    -------
    Recording

    Raises
    ------
    ParseError
        No known format, or content that breaks it; it knows file and byte offset.
    OSError
        The file can't be read.
    """
    return Recording(_core.read(os.fspath(path), strict=strict, annotators=list(annotators)))


def read_annotations(path: str | os.PathLike[str], *, fs: float, strict: bool = False) -> pd.DataFrame:
    """Read a WFDB annotation file.

    Parameters
    ----------
    path : path_like
        Annotation file, as ``100.atr``.
    fs : float
        Sampling rate in Hz of the record, for files that state none.
    strict : bool
        Refuse a file without an end mark.

    Returns
    -------
    pandas.DataFrame
        As ``Recording.events``.

    Raises
    ------
    ParseError
        Content that is no annotation file.
    OSError
        The file can't be read.
    """
    return Recording(_core.read_annotations(os.fspath(path), fs=fs, strict=strict)).events


def write(recording: Recording, path: str | os.PathLike[str]) -> None:
    """Write a recording in the format that the suffix names; the file appears complete or not at all.

    Digital samples and gains stand in the file as they were read. Physical samples (`Recording.from_array`) are scaled
    to 16 bits in WFDB and EDF (24 in BDF), and kept as float64 in HDF5. EDF's limits have eight characters: gains that
    came from elsewhere keep about six digits. WFDB's baseline is a whole number.

    Parameters
    ----------
    recording : Recording
        What to write.
    path : path_like
        ``.hea`` (WFDB, with ``.dat`` and ``.atr`` beside it), ``.edf``, ``.bdf``, or ``.h5`` and ``.hdf5``.

    Raises
    ------
    ValueError
        Another suffix, or a recording that the format can't hold: gaps in WFDB, NaN in EDF ...
    OSError
        The file can't be written.
    """
    _core.write(recording._core, os.fspath(path))


def write_annotations(recording: Recording, path: str | os.PathLike[str], *, fs: float) -> None:
    """Write a recording's events as a WFDB annotation file.

    Parameters
    ----------
    recording : Recording
        Its events are written; labels that are no WFDB symbol become notes with the label in ``aux``.
    path : path_like
        Annotation file, as ``100.atr``.
    fs : float
        Sampling rate in Hz in which the file counts.

    Raises
    ------
    ValueError
        fs <= 0.
    OSError
        The file can't be written.
    """
    _core.write_annotations(recording._core, os.fspath(path), fs=fs)
