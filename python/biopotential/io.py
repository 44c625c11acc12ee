"""Read and write recordings: WFDB, EDF, EDF+, BDF, BrainVision and others; docs/formats.md lists them all."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from biopotential._bids import BidsRecording, read_bids, write_bids
from biopotential._core import io as _core
from biopotential._shipped import shipped
from biopotential.errors import ParseError
from biopotential.recording import Recording, from_mne

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "BidsRecording",
    "EdfWriter",
    "Hdf5Writer",
    "example",
    "open",
    "read",
    "read_annotations",
    "read_bids",
    "read_csv",
    "read_matlab",
    "write",
    "write_annotations",
    "write_bids",
    "write_wfdb",
]


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

    WFDB (record name, ``.hea``, or a signal file beside its header), EDF, EDF+C, EDF+D, BDF, BDF+, GDF, BrainVision
    (``.vhdr``, or ``.eeg`` beside it), XDF, DICOM waveforms, SCP-ECG, ISHNE Holter (with its ``.ann``), MFER, ECG in
    XML (HL7 aECG, Philips Sierra, GE MUSE, Schiller) and the project's HDF5 container. Samples stay in the file until
    they are asked for (XDF, SCP-ECG and XML excepted). Where MNE-Python is installed, files of other formats are read
    through it, and a warning says by which reader.

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
    try:
        return Recording(_core.read(os.fspath(path), strict=strict, annotators=list(annotators)))
    except ParseError as error:
        if _core.UNKNOWN_FORMAT not in str(error):
            raise
        recording = _read_through_mne(Path(path))
        if recording is None:
            raise
        return recording


def open(path: str | os.PathLike[str], *, strict: bool = False, annotators: Sequence[str] = ("atr",)) -> Recording:
    """Open a recording without its samples, however long it is.

    Headers and events are read at once; samples come from the file when `Signal.read` or `Recording.window` asks for
    them, only the stretches and channels that it asks for. `read` gives the same object: this name says that the file
    has to stay where it is.

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
        No known format, or content that breaks it.
    OSError
        The file can't be read.
    """
    return read(path, strict=strict, annotators=annotators)


class _StreamWriter:
    """What the writers share that take samples while they come in."""

    _core: Any

    def _arguments(
        self,
        channels: Sequence[str],
        unit: str | Sequence[str],
        physical_range: tuple[float, float] | Sequence[tuple[float, float]],
        start: np.datetime64 | None,
    ) -> dict[str, Any]:
        """Spell out for each channel what may be said of all."""
        names = list(channels)
        units = [unit] * len(names) if isinstance(unit, str) else list(unit)
        if len(units) != len(names):
            function = type(self).__name__
            raise ValueError(f"[{function}] wanted a unit for each of {len(names)} channels, got {len(units)}")
        ranges = np.broadcast_to(np.asarray(physical_range, dtype=float), (len(names), 2))
        return {
            "names": names,
            "units": units,
            "physical_min": ranges[:, 0].tolist(),
            "physical_max": ranges[:, 1].tolist(),
            "start_ns": None if start is None else int(start.astype("datetime64[ns]").astype(np.int64)),
        }

    def append(self, x: ArrayLike) -> None:
        """Add samples that follow on the last ones.

        Parameters
        ----------
        x : array_like
            Physical samples, shape (n_channels, n), or one channel (n,).

        Raises
        ------
        ValueError
            Another number of channels, an infinite sample, or a closed writer.
        """
        self._core.append(x)

    def annotate(self, onset_s: float, label: str, duration_s: float = 0.0) -> None:
        """Add an event, in seconds from the first sample."""
        self._core.annotate(round(onset_s * 1_000_000_000), label, round(duration_s * 1_000_000_000))

    def flush(self) -> None:
        """Make what came in survive a power cut, too."""
        self._core.flush()

    def close(self) -> None:
        """Write what is left, and finish the file."""
        self._core.close()

    @property
    def n_samples(self) -> int:
        """Samples per channel that came in."""
        return int(self._core.n_samples)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class EdfWriter(_StreamWriter):
    """Write EDF+ (BDF+ where the suffix is ``.bdf``) while samples come in.

    A whole record, of about a second, stands in the file as soon as its samples are there: a writer that is killed
    leaves a file that `read` takes up to its last whole record. Samples beyond a channel's range are clipped, labels of
    events cut to about 200 bytes; NaN repeats the sample before and comes back as NaN.

    Parameters
    ----------
    path : path_like
        A file that isn't there yet.
    fs : float
        Sampling rate in Hz.
    channels : sequence of str
        Names, at most 16 bytes each.
    unit : str or sequence of str
        Physical unit of all channels, or one each; at most 8 bytes.
    physical_range : tuple of float, or sequence of tuples
        Smallest and largest physical value of all channels, or of each.
    start : numpy.datetime64, optional
        Local start time.

    Raises
    ------
    ValueError
        No channel, names or ranges that EDF can't hold, fs <= 0.
    OSError
        The file is there already, or can't be made.

    Examples
    --------
    >>> with bp.io.EdfWriter("bed7.edf", fs=250, channels=["II"], unit="mV", physical_range=(-5, 5)) as writer:
    ...     for block in monitor:
    ...         writer.append(block)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        fs: float,
        channels: Sequence[str],
        unit: str | Sequence[str],
        physical_range: tuple[float, float] | Sequence[tuple[float, float]],
        start: np.datetime64 | None = None,
    ) -> None:
        self._core = _core.EdfWriter(os.fspath(path), fs=fs, **self._arguments(channels, unit, physical_range, start))


class Hdf5Writer(_StreamWriter):
    """Write the HDF5 container while samples come in, many hours of them.

    Chunk after chunk of about 64 KiB stands in the file as soon as its samples are there, the rest with `flush`. A
    writer that is killed at any moment leaves a file that `read` takes up to there, with a warning; others may read it
    meanwhile. The hash over the samples comes with `close`, for which they are read once more. `flush` writes the chunk
    that isn't whole anew each time, and its old bytes stay in the file: a flush every few seconds makes it larger, one
    every minute hardly.

    Parameters
    ----------
    path : path_like
        A file that isn't there yet.
    fs : float
        Sampling rate in Hz.
    channels : sequence of str
        Names.
    unit : str or sequence of str
        Physical unit of all channels, or one each.
    physical_range : tuple of float, or sequence of tuples, optional
        Smallest and largest physical value of all channels, or of each: samples are then digital, clipped to it.
        Without, they are float64 as they come.
    bits : {16, 24}
        Of digital samples; NaN keeps a value of its own.
    start : numpy.datetime64, optional
        Local start time.

    Raises
    ------
    ValueError
        No channel, ranges that are none, fs <= 0.
    OSError
        The file is there already, or can't be made.

    Examples
    --------
    >>> with bp.io.Hdf5Writer("bed7.h5", fs=250, channels=["II"], unit="mV", physical_range=(-5, 5)) as writer:
    ...     for block in monitor:
    ...         writer.append(block)
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        fs: float,
        channels: Sequence[str],
        unit: str | Sequence[str],
        physical_range: tuple[float, float] | Sequence[tuple[float, float]] | None = None,
        bits: Literal[16, 24] = 16,
        start: np.datetime64 | None = None,
    ) -> None:
        if bits not in (16, 24):
            raise ValueError(f"[Hdf5Writer] wanted 16 or 24 bits, got {bits}")
        # Without a range the samples aren't digital, and none is used.
        shared = self._arguments(channels, unit, (0.0, 0.0) if physical_range is None else physical_range, start)
        self._core = _core.Hdf5Writer(os.fspath(path), fs=fs, bits=0 if physical_range is None else bits, **shared)


def _read_through_mne(path: Path) -> Recording | None:
    """Read what is none of ours through MNE-Python; None where it can't read it either, or isn't installed."""
    try:
        import mne  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return None
    readers: list[Callable[[], Any]] = [lambda: mne.io.read_raw(path, verbose="error")]
    if path.suffix == ".raw":
        readers = [lambda: mne.io.read_raw_egi(path, verbose="error")]
    elif path.suffix == ".data":
        readers = [lambda: mne.io.read_raw_nicolet(path, ch_type="eeg", verbose="error")]
    for reader in readers:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                raw = reader()
                recording = from_mne(raw)
            except Exception:  # whatever a reader of MNE's does with a file that isn't its own
                continue
        name = type(raw).__name__
        recording._core.format = f"MNE: {name}"
        recording._core.warnings = [
            f"read through MNE-Python {mne.__version__} ({name})",
            *(str(warning.message) for warning in caught),
        ]
        return recording
    return None


def read_matlab(
    path: str | os.PathLike[str],
    *,
    fs: float,
    unit: str,
    variable: str | None = None,
    channels: Sequence[str] | None = None,
    gain: float = 1.0,
) -> Recording:
    """Read a numeric matrix of a MATLAB 4 or 5 file as a recording.

    MATLAB files say nothing of rate, names and units; the PhysioNet/CinC 2017 records, with a ``.hea`` beside them,
    come in by `read`. Whole numbers are digital samples, read when they are asked for.

    Parameters
    ----------
    path : path_like
        File of MATLAB 4, or 5 to 7 (7.3 is HDF5 and refused).
    fs : float
        Sampling rate in Hz.
    unit : str
        Physical unit of the samples after division by `gain`.
    variable : str, optional
        Name of the matrix; by default the only one, or ``val``.
    channels : sequence of str, optional
        A name per channel; "1", "2" ... by default. The matrix's longer side is time.
    gain : float
        Stored steps per physical unit.

    Returns
    -------
    Recording

    Raises
    ------
    ParseError
        No MATLAB file of those versions, or no such matrix.
    ValueError
        fs <= 0, gain 0, or names that don't fit the matrix.
    OSError
        The file can't be read.
    """
    return Recording(
        _core.read_matlab(
            os.fspath(path), fs=fs, variable=variable or "", channels=list(channels or ()), unit=unit, gain=gain
        )
    )


def write_wfdb(
    recording: Recording,
    path: str | os.PathLike[str],
    *,
    format: int | None = None,
    layout: Literal["variable", "fixed"] = "variable",
    annotator: str = "atr",
) -> None:
    """Write a WFDB record in a signal format of choice.

    A recording with gaps becomes a multi-segment record: ``<record>_0001.hea`` and ``.dat`` for each stretch, ``~`` for
    each gap. Gaps are whole frames: a stretch that starts between two moves by at most half a frame.

    Parameters
    ----------
    recording : Recording
        What to write. Digital samples and gains stand in the file as they were read; physical ones are scaled to the
        format's bits (24 at most).
    path : path_like
        Ends in ``.hea``; signal files and annotations stand beside it.
    format : {8, 16, 24, 32, 61, 80, 160, 212, 310, 311, 508, 516, 524}, optional
        Signal format. 508, 516 and 524 are FLAC, where the build has libFLAC: at most 8 channels of one rate a file,
        others follow in ``<record>_1.dat`` and so on. By default 212 where the channels had it, else the smallest of
        16, 24 and 32 that holds all samples.
    layout : {"variable", "fixed"}
        Of a multi-segment record: with a header that lists all channels, as MIMIC has it, or without.
    annotator : str
        Suffix of the annotation file, written where there are events.

    Raises
    ------
    ValueError
        Samples that the format doesn't hold (none is clipped), rates that share no frame, signals that don't start and
        pause together, or a name that WFDB doesn't allow.
    OSError
        A file can't be written.
    """
    if layout not in ("variable", "fixed"):
        raise ValueError(f'[write_wfdb] wanted the layout "variable" or "fixed", got {layout!r}')
    _core.write_wfdb(
        recording._core,
        os.fspath(path),
        format=format or 0,
        variable_layout=layout == "variable",
        annotator=annotator,
    )


def read_csv(
    path: str | os.PathLike[str],
    *,
    fs: float | None,
    units: str | Sequence[str],
    columns: Sequence[str] | None = None,
    delimiter: str = ",",
    decimal: str = ".",
    time_column: str | None = None,
    time_unit: Literal["s", "ms", "us"] = "s",
    header: bool = True,
    skip_rows: int = 0,
    comment: str | None = None,
    missing: Sequence[str] = ("", "NaN", "nan", "NA"),
) -> Recording:
    """Read a table of text, a row per sample, whose layout you declare.

    Parameters
    ----------
    path : path_like
        File of at most 2 GiB, in UTF-8 or Latin-1.
    fs : float or None
        Sampling rate in Hz; None takes it from the time column: the inverse of the mean step, whole Hz where that
        moves no sample by a tenth of a step.
    units : str or sequence of str
        Physical unit of all channels, or of each.
    columns : sequence of str, optional
        Columns to take, in this order; all but the time column by default. Without a header, the name of each column.
    delimiter : str
        One character between fields; a blank stands for any run of blanks and tabs. Fields may stand in double quotes.
    decimal : {".", ","}
        What stands in numbers.
    time_column : str, optional
        Column of times, which ascend; a step of more than 1.5 samples is a gap.
    time_unit : {"s", "ms", "us"}
        Unit of the time column.
    header : bool
        Whether the first row has the columns' names.
    skip_rows : int
        Lines before the header, or before the first row.
    comment : str, optional
        Lines that begin with this character are left out.
    missing : sequence of str
        Fields that are NaN.

    Returns
    -------
    Recording
        Samples as float64, in memory.

    Raises
    ------
    ParseError
        A row of other columns, a field that is no number, times that don't ascend, no such column.
    ValueError
        Neither fs nor a time column, fs <= 0, a number of units that doesn't fit.
    OSError
        The file can't be read.

    Examples
    --------
    >>> bp.io.read_csv("ecg.csv", fs=None, time_column="t", time_unit="ms", columns=["I", "II"], units="mV")
    """
    seconds = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
    if time_unit not in seconds:
        raise ValueError(f'[read_csv] wanted a time_unit "s", "ms" or "us", got {time_unit!r}')
    for name, text in (("delimiter", delimiter), ("decimal", decimal), ("comment", comment)):
        if text is not None and (len(text) != 1 or not text.isascii()):
            raise ValueError(f"[read_csv] wanted one ASCII character as {name}, got {text!r}")
    if fs is None and time_column is None:
        raise ValueError("[read_csv] wanted fs or a time_column, got neither")
    if fs is not None and not fs > 0:
        raise ValueError(f"[read_csv] wanted fs > 0, got {fs}")
    options = _core.CsvOptions()
    options.fs = fs or 0.0
    options.units = [units] if isinstance(units, str) else list(units)
    options.columns = list(columns or ())
    options.delimiter = delimiter
    options.decimal = decimal
    options.time_column = time_column or ""
    options.time_unit_s = seconds[time_unit]
    options.header = header
    options.skip_rows = skip_rows
    options.comment = comment or "\0"
    options.missing = list(missing)
    return Recording(_core.read_csv(os.fspath(path), options))


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
    came from elsewhere keep about six digits, and what EDF has no field for (missing samples, names of more than 16
    bytes, the end of samples within a record) stands in annotations of its own. WFDB's baseline is a whole number.
    BrainVision holds digital samples less their baseline, or 32-bit floating-point ones.

    Parameters
    ----------
    recording : Recording
        What to write.
    path : path_like
        ``.hea`` (WFDB, with ``.dat`` and ``.atr`` beside it), ``.edf``, ``.bdf``, ``.vhdr`` (BrainVision, with ``.eeg``
        and ``.vmrk`` beside it), or ``.h5`` and ``.hdf5``.

    Raises
    ------
    ValueError
        Another suffix, or a recording that the format can't hold: several rates in BrainVision, rates that share no
        frame in WFDB ...
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
