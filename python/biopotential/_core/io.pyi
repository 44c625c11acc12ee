"""
Readers and writers.
"""

from __future__ import annotations
import biopotential._core.recording
import collections.abc
import typing

__all__: list[str] = ["UNKNOWN_FORMAT", "read", "read_annotations", "read_matlab", "write", "write_annotations"]

def read(
    path: str, *, strict: bool = False, annotators: collections.abc.Sequence[str] = ["atr"]
) -> biopotential._core.recording.Recording:
    """
    Read a recording; biopotential.read wraps the result.

    Parameters
    ----------
    path : str
        File, or WFDB record name.
    strict : bool
        Refuse what a tolerant reader only warns of.
    annotators : list of str
        WFDB annotation files to read where they exist.

    Raises
    ------
    ParseError
        No known format, or content that breaks it.
    OSError
        The file can't be read.
    """

def read_annotations(
    path: str, *, fs: typing.SupportsFloat | typing.SupportsIndex, strict: bool = False
) -> biopotential._core.recording.Recording:
    """
    Read a WFDB annotation file: a recording that holds only its events.
    """

def read_matlab(
    path: str,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    variable: str = "",
    channels: collections.abc.Sequence[str] = [],
    unit: str = "",
    gain: typing.SupportsFloat | typing.SupportsIndex = 1.0,
) -> biopotential._core.recording.Recording:
    """
    Read a numeric matrix of a MATLAB 4 or 5 file as samples.
    """

def write(recording: biopotential._core.recording.Recording, path: str) -> None:
    """
    Write a recording in the format that the suffix names.

    Parameters
    ----------
    recording : Recording
        What to write.
    path : str
        Ends in .hea, .edf, .bdf, .vhdr, .h5 or .hdf5.

    Raises
    ------
    ValueError
        Another suffix, or a recording that the format can't hold.
    OSError
        The file can't be written.
    """

def write_annotations(
    recording: biopotential._core.recording.Recording, path: str, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> None:
    """
    Write a recording's events as a WFDB annotation file.
    """

UNKNOWN_FORMAT: str = "wanted WFDB, EDF, BDF, BrainVision, XDF, DICOM, an ECG in XML or the project's HDF5"
