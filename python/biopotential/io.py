"""Read and write recordings: WFDB, EDF, EDF+, BDF and the project's HDF5 container."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from biopotential._core import io as _core
from biopotential.recording import Recording

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read", "read_annotations"]


def read(path: str | os.PathLike[str], *, strict: bool = False, annotators: Sequence[str] = ("atr",)) -> Recording:
    """Read a recording, whatever its format: told by content.

    WFDB (record name, ``.hea``, or a signal file beside its header), EDF, EDF+C, EDF+D, BDF, BDF+. Samples stay in
    the file until they are asked for.

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
