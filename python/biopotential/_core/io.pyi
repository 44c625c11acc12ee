"""
Readers and writers.
"""

from __future__ import annotations
import biopotential._core.recording
import collections.abc
import typing

__all__: list[str] = [
    "CsvOptions",
    "EdfWriter",
    "Hdf5Writer",
    "UNKNOWN_FORMAT",
    "read",
    "read_annotations",
    "read_csv",
    "read_matlab",
    "write",
    "write_annotations",
    "write_wfdb",
]

class CsvOptions:
    """
    How a table of text is laid out; biopotential.io.read_csv fills it.
    """

    comment: str
    decimal: str
    delimiter: str
    header: bool
    time_column: str
    def __init__(self) -> None: ...
    @property
    def columns(self) -> list[str]: ...
    @columns.setter
    def columns(self, arg0: collections.abc.Sequence[str]) -> None: ...
    @property
    def fs(self) -> float: ...
    @fs.setter
    def fs(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def missing(self) -> list[str]: ...
    @missing.setter
    def missing(self, arg0: collections.abc.Sequence[str]) -> None: ...
    @property
    def skip_rows(self) -> int: ...
    @skip_rows.setter
    def skip_rows(self, arg0: typing.SupportsInt | typing.SupportsIndex) -> None: ...
    @property
    def time_unit_s(self) -> float: ...
    @time_unit_s.setter
    def time_unit_s(self, arg0: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    @property
    def units(self) -> list[str]: ...
    @units.setter
    def units(self, arg0: collections.abc.Sequence[str]) -> None: ...

class EdfWriter:
    """
    Writes EDF+ while samples come in; use biopotential.io.EdfWriter.
    """
    def __init__(
        self,
        path: str,
        *,
        fs: typing.SupportsFloat | typing.SupportsIndex,
        names: collections.abc.Sequence[str],
        units: collections.abc.Sequence[str],
        physical_min: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        physical_max: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        start_ns: typing.SupportsInt | typing.SupportsIndex | None = None,
    ) -> None: ...
    def annotate(
        self,
        onset_ns: typing.SupportsInt | typing.SupportsIndex,
        label: str,
        duration_ns: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None:
        """
        Add an event.
        """
    def append(self, x: typing.Any) -> None:
        """
        Samples that follow on the last ones, shape (n_channels, n).
        """
    def close(self) -> None:
        """
        Finish the file.
        """
    def flush(self) -> None:
        """
        Write what came in, and sync the file to the disk.
        """
    @property
    def n_samples(self) -> int:
        """
        Samples per channel that came in.
        """

class Hdf5Writer:
    """
    Writes the HDF5 container while samples come in; use biopotential.io.Hdf5Writer.
    """
    def __init__(
        self,
        path: str,
        *,
        fs: typing.SupportsFloat | typing.SupportsIndex,
        names: collections.abc.Sequence[str],
        units: collections.abc.Sequence[str],
        physical_min: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        physical_max: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
        bits: typing.SupportsInt | typing.SupportsIndex,
        start_ns: typing.SupportsInt | typing.SupportsIndex | None = None,
    ) -> None: ...
    def annotate(
        self,
        onset_ns: typing.SupportsInt | typing.SupportsIndex,
        label: str,
        duration_ns: typing.SupportsInt | typing.SupportsIndex = 0,
    ) -> None:
        """
        Add an event.
        """
    def append(self, x: typing.Any) -> None:
        """
        Samples that follow on the last ones, shape (n_channels, n).
        """
    def close(self) -> None:
        """
        Finish the file.
        """
    def flush(self) -> None:
        """
        Write what came in, and sync the file to the disk.
        """
    @property
    def n_samples(self) -> int:
        """
        Samples per channel that came in.
        """

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

def read_csv(path: str, options: CsvOptions) -> biopotential._core.recording.Recording:
    """
    Read a table of text, a row per sample.
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

def write_wfdb(
    recording: biopotential._core.recording.Recording,
    path: str,
    *,
    format: typing.SupportsInt | typing.SupportsIndex = 0,
    variable_layout: bool = True,
    annotator: str = "atr",
) -> None:
    """
    Write a WFDB record; use biopotential.io.write_wfdb.
    """

UNKNOWN_FORMAT: str = (
    "wanted WFDB, EDF, BDF, GDF, BrainVision, XDF, DICOM, SCP-ECG, ISHNE, MFER, an ECG in XML or the project's HDF5"
)
