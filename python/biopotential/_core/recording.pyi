"""
Recordings, signals, channels.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = ["Channel", "Recording", "Signal"]

class Channel:
    """
    One channel of a signal: what the file's header says of it.
    """
    def __repr__(self) -> str: ...
    @property
    def baseline(self) -> float:
        """
        Digital value of physical 0.
        """
    @property
    def digital_max(self) -> int:
        """
        Largest digital value that the file declares.
        """
    @property
    def digital_min(self) -> int:
        """
        Smallest digital value that the file declares.
        """
    @property
    def gain(self) -> float:
        """
        Physical units per digital step.
        """
    @property
    def header(self) -> dict[str, str]:
        """
        Other fields of the channel, raw text.
        """
    @property
    def name(self) -> str:
        """
        Name as the file has it.
        """
    @property
    def physical_max(self) -> float:
        """
        Physical value of digital_max as declared.
        """
    @property
    def physical_min(self) -> float:
        """
        Physical value of digital_min as declared.
        """
    @property
    def prefilter(self) -> str:
        """
        Filter text.
        """
    @property
    def transducer(self) -> str:
        """
        Transducer text.
        """
    @property
    def unit(self) -> str:
        """
        Physical unit as the file writes it; empty where it has none.
        """

class Signal:
    """
    Channels of one sampling rate; the samples stay in their file until they are read.
    """
    def read(
        self, first: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.float64]:
        """
        Samples [first, first + n) of all channels in physical units, shape (n_channels, n).
        """
    def read_channels(
        self,
        first: typing.SupportsInt | typing.SupportsIndex,
        n: typing.SupportsInt | typing.SupportsIndex,
        channels: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    ) -> numpy.typing.NDArray[numpy.float64]:
        """
        The same of some channels.
        """
    def read_digital(
        self, first: typing.SupportsInt | typing.SupportsIndex, n: typing.SupportsInt | typing.SupportsIndex
    ) -> numpy.typing.NDArray[numpy.int32]:
        """
        The same in digital steps, int32.
        """
    @property
    def channels(self) -> list[Channel]:
        """
        The channels.
        """
    @property
    def duration_s(self) -> float:
        """
        Seconds from the first sample to the end of the last, gaps included.
        """
    @property
    def fs(self) -> float:
        """
        Sampling rate in Hz.
        """
    @property
    def has_digital(self) -> bool:
        """
        Whether there are digital samples.
        """
    @property
    def n_samples(self) -> int:
        """
        Stored samples per channel, gaps left out.
        """
    @property
    def segments(self) -> list[tuple[int, int, int]]:
        """
        (start in ns, first sample, number of samples) of each stretch without a gap.
        """

class Recording:
    """
    Signals, events and identity as one; use biopotential.Recording.
    """
    def __init__(self) -> None: ...
    def add_signal(
        self,
        x: typing.Any,
        fs: typing.SupportsFloat | typing.SupportsIndex,
        names: collections.abc.Sequence[str],
        units: collections.abc.Sequence[str],
    ) -> None:
        """
        Append a signal of physical samples.
        """
    def events_to_columns(self) -> dict[str, typing.Any]:
        """
        Events, column by column.
        """
    def set_events(
        self,
        rows: list[
            tuple[
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
                str,
                collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
                str,
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
                typing.SupportsInt | typing.SupportsIndex,
                str,
            ]
        ],
    ) -> None:
        """
        Replace the events.
        """
    def signal_sha256(self) -> str:
        """
        SHA-256 over rate, names and samples.
        """
    @property
    def files(self) -> list[str]:
        """
        The files that were read for it.
        """
    @property
    def format(self) -> str:
        """
        Format of the file.
        """
    @format.setter
    def format(self, arg1: str) -> None: ...
    @property
    def identity_fields(self) -> dict[str, str]:
        """
        Raw identity text by field.
        """
    @identity_fields.setter
    def identity_fields(self, arg1: collections.abc.Mapping[str, str]) -> None: ...
    @property
    def signals(self) -> list[Signal]:
        """
        One signal per sampling rate.
        """
    @property
    def start_ns(self) -> int | None:
        """
        Local start time, ns since 1970-01-01.
        """
    @start_ns.setter
    def start_ns(self, arg1: typing.SupportsInt | typing.SupportsIndex | None) -> None: ...
    @property
    def warnings(self) -> list[str]:
        """
        What a tolerant reader found wrong.
        """
    @warnings.setter
    def warnings(self, arg1: collections.abc.Sequence[str]) -> None: ...
