"""Recordings: signals, events and identity, as files hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biopotential._core import recording as _core
from biopotential._core.recording import Channel

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Channel", "Identity", "Recording", "Segment", "Signal", "from_mne"]

_NS = 1_000_000_000
_EVENT_COLUMNS = ("onset_s", "duration_s", "label", "channel", "aux", "code", "subtype", "num", "source")


@dataclass(frozen=True)
class Identity:
    """Who and when, apart from the signals.

    Attributes
    ----------
    fields : dict of str to str
        Raw text by field: ``patient``, ``recording``, ``comments`` ...
    start : numpy.datetime64 or None
        Local start time, without a time zone.
    """

    fields: Mapping[str, str]
    start: np.datetime64 | None


class Segment:
    """One stretch of a signal without a gap.

    Attributes
    ----------
    start_s : float
        Seconds from the recording's start.
    first, n_samples : int
        Position of its first stored sample, and how many follow.
    """

    def __init__(self, signal: Signal, start_ns: int, first: int, n_samples: int) -> None:
        self._signal = signal
        self.start_s = start_ns / _NS
        self.first = first
        self.n_samples = n_samples

    @cached_property
    def data(self) -> NDArray[np.float64]:
        """Physical samples, float64 of shape (n_channels, n_samples)."""
        return self._signal.read(self.first, self.n_samples)

    def __repr__(self) -> str:
        return f"Segment(start_s={self.start_s}, n_samples={self.n_samples})"


class Signal:
    """Channels of one sampling rate.

    The samples stay in their file until they are asked for.
    """

    def __init__(self, core: Any) -> None:
        self._core = core

    @property
    def fs(self) -> float:
        """Sampling rate in Hz."""
        return float(self._core.fs)

    @cached_property
    def channels(self) -> list[Channel]:
        """The channels: name, unit, gain and what else the header says."""
        return list(self._core.channels)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channels)

    @property
    def n_samples(self) -> int:
        """Stored samples per channel, gaps left out."""
        return int(self._core.n_samples)

    @property
    def duration_s(self) -> float:
        """Seconds from the first sample to the end of the last, gaps included."""
        return float(self._core.duration_s)

    @cached_property
    def segments(self) -> list[Segment]:
        """Stretches without a gap, in time; one where the signal has none."""
        return [Segment(self, *segment) for segment in self._core.segments]

    @cached_property
    def data(self) -> NDArray[np.float64]:
        """Physical samples, float64 of shape (n_channels, n_samples); read once, then the same array.

        Raises
        ------
        ValueError
            The signal has gaps: use `segments`, each with ``data`` of its own.
        """
        self._require_no_gaps()
        if self.segments:
            return self.segments[0].data
        return self.read(0, 0)

    @cached_property
    def digital(self) -> NDArray[np.int32]:
        """Digital samples, int32 of shape (n_channels, n_samples).

        Raises
        ------
        ValueError
            The signal has gaps, or physical samples only.
        """
        self._require_no_gaps()
        digital: NDArray[np.int32] = self._core.read_digital(0, self.n_samples)
        return digital

    @property
    def has_digital(self) -> bool:
        """Whether there are digital samples."""
        return bool(self._core.has_digital)

    def read(self, first: int, n: int, channels: Sequence[int] | None = None) -> NDArray[np.float64]:
        """Read some samples without the rest.

        Parameters
        ----------
        first, n : int
            Stored samples [first, first + n).
        channels : sequence of int, optional
            Positions of channels; all by default.

        Returns
        -------
        numpy.ndarray
            Physical samples, float64 of shape (n_channels, n).

        Raises
        ------
        ValueError
            Samples or channels that aren't there.
        """
        if channels is None:
            samples: NDArray[np.float64] = self._core.read(first, n)
        else:
            samples = self._core.read_channels(first, n, list(channels))
        return samples

    def _require_no_gaps(self) -> None:
        n = len(self._core.segments)
        if n > 1:
            raise ValueError(
                f"[data] wanted a signal without gaps, got {n} segments: use .segments, each with its .data"
            )

    def __repr__(self) -> str:
        names = ", ".join(channel.name for channel in self.channels[:6]) + (", ..." if self.n_channels > 6 else "")
        return f"Signal(fs={self.fs:g}, n_samples={self.n_samples}, channels=[{names}])"


class Recording:
    """A recording: signals (one per sampling rate), events and identity.

    Get one from `biopotential.read`, `Recording.from_array` or `biopotential.from_mne`.
    """

    def __init__(self, core: Any) -> None:
        self._core = core

    @classmethod
    def from_array(
        cls,
        x: ArrayLike,
        *,
        fs: float,
        channels: Sequence[str],
        unit: str | Sequence[str],
        events: pd.DataFrame | None = None,
    ) -> Recording:
        """Make a recording from physical samples.

        EDF and WFDB files store them as 16-bit integers, scaled to each channel's range; HDF5 stores them as they are.

        Parameters
        ----------
        x : array_like
            Shape (n_channels, n_samples), or one channel (n_samples,); copied.
        fs : float
            Sampling rate in Hz.
        channels : sequence of str
            A name per channel.
        unit : str or sequence of str
            Physical unit of all channels, or one each.
        events : pandas.DataFrame, optional
            Columns ``onset_s`` and ``label``; ``duration_s``, ``channel``, ``aux`` where wanted.

        Returns
        -------
        Recording

        Raises
        ------
        ValueError
            Shapes that don't fit, fs <= 0, or events that name no channel of the recording.
        """
        names = [channels] if isinstance(channels, str) else list(channels)
        units = [unit] * len(names) if isinstance(unit, str) else list(unit)
        core = _core.Recording()
        core.add_signal(x, fs, names, units)
        recording = cls(core)
        if events is not None:
            recording.events = events
        return recording

    @cached_property
    def signals(self) -> list[Signal]:
        """One signal per sampling rate, in the file's order."""
        return [Signal(signal) for signal in self._core.signals]

    @property
    def format(self) -> str:
        """Format of the file: "WFDB", "EDF+C" ...; empty for a recording that was made."""
        return str(self._core.format)

    @property
    def warnings(self) -> list[str]:
        """What a tolerant reader found wrong: the field, what was wanted, what stood there."""
        return list(self._core.warnings)

    @property
    def files(self) -> list[Path]:
        """The files that were read for it: header, signals, annotations; none for a recording that was made."""
        return [Path(file) for file in self._core.files]

    @property
    def identity(self) -> Identity:
        """Who and when."""
        start = self._core.start_ns
        return Identity(dict(self._core.identity_fields), None if start is None else np.datetime64(start, "ns"))

    def _signal(self) -> Signal:
        if len(self.signals) != 1:
            rates = ", ".join(f"{signal.fs:g}" for signal in self.signals)
            raise ValueError(
                f"[recording] wanted one sampling rate, got {len(self.signals)} ({rates} Hz): use .signals"
            )
        return self.signals[0]

    @property
    def data(self) -> NDArray[np.float64]:
        """Physical samples of the only signal, float64 of shape (n_channels, n_samples)."""
        return self._signal().data

    @property
    def fs(self) -> float:
        """Sampling rate of the only signal in Hz."""
        return self._signal().fs

    @property
    def channel_names(self) -> list[str]:
        """Names of all channels, signal after signal."""
        return [channel.name for signal in self.signals for channel in signal.channels]

    def _locate(self, name: str) -> tuple[Signal, int]:
        found = [(s, i) for s in self.signals for i, channel in enumerate(s.channels) if channel.name == name]
        if len(found) != 1:
            if found:
                raise KeyError(f"several channels are named {name!r}")
            raise KeyError(f"no channel is named {name!r}; there are: {', '.join(self.channel_names)}")
        return found[0]

    def window(self, start_s: float, stop_s: float, channels: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Read a stretch of time without the rest: what `biopotential.open` is for.

        Parameters
        ----------
        start_s, stop_s : float
            Seconds from the recording's start; samples at start_s <= t < stop_s.
        channels : sequence of str, optional
            Names, all of one rate, in the order wanted; all channels by default.

        Returns
        -------
        numpy.ndarray
            Physical samples, float64 of shape (n_channels, n_samples).

        Raises
        ------
        ValueError
            Channels of several rates, times that lie outside, or a gap within them.
        KeyError
            A name that no channel has, or several.
        """
        if channels is None:
            signal, rows = self._signal(), None
        else:
            found = [self._locate(name) for name in channels]
            signal = found[0][0] if found else self._signal()
            if any(other is not signal for other, _ in found):
                raise ValueError("[window] wanted channels of one rate, got several")
            rows = [row for _, row in found]
        for segment in signal.segments:
            # A sample belongs to the window from its own time on; the slack is what decimal times lack.
            first = int(np.ceil((start_s - segment.start_s) * signal.fs - 1e-6))
            stop = int(np.ceil((stop_s - segment.start_s) * signal.fs - 1e-6))
            if 0 <= first <= stop <= segment.n_samples:
                return signal.read(segment.first + first, stop - first, rows)
        spans = ", ".join(f"{s.start_s:g} to {s.start_s + s.n_samples / signal.fs:g} s" for s in signal.segments[:8])
        raise ValueError(
            f"[window] wanted times within {spans or 'no samples at all'}, got {start_s:g} to {stop_s:g} s"
        )

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """One channel, float64 of shape (n_samples,)."""
        signal, row = self._locate(name)
        if "data" in signal.__dict__:
            samples: NDArray[np.float64] = signal.data[row]
        else:
            signal._require_no_gaps()
            samples = signal.read(0, signal.n_samples, [row])[0]
        return samples

    def __contains__(self, name: object) -> bool:
        return name in self.channel_names

    def __iter__(self) -> Iterator[str]:
        return iter(self.channel_names)

    @cached_property
    def _events(self) -> pd.DataFrame:
        import pandas as pd

        columns = self._core.events_to_columns()
        names = self.channel_names
        channel = [
            ",".join(names[i] if 0 <= i < len(names) else str(i) for i in numbers) for numbers in columns["channels"]
        ] or [""] * len(columns["label"])
        return pd.DataFrame(
            {
                "onset_s": columns["onset_ns"] / _NS,
                "duration_s": columns["duration_ns"] / _NS,
                "label": np.array(columns["label"], dtype=object),
                "channel": np.array(channel, dtype=object),
                "aux": np.array(columns["aux"], dtype=object),
                "code": columns["code"],
                "subtype": columns["subtype"],
                "num": columns["num"],
                "source": np.array(columns["source"], dtype=object),
            },
            columns=list(_EVENT_COLUMNS),
        )

    @property
    def events(self) -> pd.DataFrame:
        """Events, ascending in onset.

        Columns: ``onset_s`` and ``duration_s`` (seconds from the recording's start), ``label`` (WFDB: the annotation's
        symbol; EDF+: its text), ``channel`` (empty: all), ``aux`` (WFDB: the auxiliary text), ``code``, ``subtype``,
        ``num`` and ``source``. Assign a DataFrame to replace them.
        """
        return self._events

    @events.setter
    def events(self, frame: pd.DataFrame) -> None:
        missing = {"onset_s", "label"} - set(frame.columns)
        if missing:
            raise ValueError(f"[events] wanted columns onset_s and label, got {list(frame.columns)}")
        n = len(frame)

        def column(name: str, default: Any) -> list[Any]:
            return frame[name].tolist() if name in frame else [default] * n

        rows = []
        for onset, duration, label, channel, aux, code, subtype, num, source in zip(
            frame["onset_s"].tolist(),
            column("duration_s", 0.0),
            frame["label"].tolist(),
            column("channel", ""),
            column("aux", ""),
            column("code", 0),
            column("subtype", 0),
            column("num", 0),
            column("source", ""),
            strict=True,
        ):
            if not (np.isfinite(onset) and np.isfinite(duration) and abs(onset) < 9e9 and 0 <= duration < 9e9):
                raise ValueError(
                    f"[events] wanted a finite onset and a duration >= 0 in seconds, got {onset} and {duration}"
                )
            numbers = self._channel_numbers(str(channel)) if channel else []
            rows.append(
                (
                    round(onset * _NS),
                    round(duration * _NS),
                    str(label),
                    numbers,
                    str(aux),
                    code,
                    subtype,
                    num,
                    str(source),
                )
            )
        self._core.set_events(rows)
        self.__dict__.pop("_events", None)

    def _channel_numbers(self, text: str) -> list[int]:
        names = self.channel_names
        if text in names:
            return [names.index(text)]
        numbers = []
        for name in text.split(","):
            if name in names:
                numbers.append(names.index(name))
            elif name.isdigit():
                numbers.append(int(name))
            else:
                raise ValueError(f"[events] wanted a channel of the recording ({', '.join(names)}), got {name!r}")
        return numbers

    def signal_sha256(self) -> str:
        """SHA-256 over rate, channel names and digital samples: the same for every file that holds the same signal."""
        return str(self._core.signal_sha256())

    def to_mne(self) -> Any:
        """Convert to an ``mne.io.RawArray`` in volts (needs the interop extra).

        Channels in V, mV, uV or nV become volts. Their type is ``ecg``, ``eog``, ``emg`` or ``eeg`` by name and unit;
        channels in other units are ``misc`` with their numbers as they are. Events become annotations.

        Returns
        -------
        mne.io.RawArray

        Raises
        ------
        ValueError
            Several sampling rates, or gaps.
        ImportError
            MNE isn't installed.
        """
        import mne  # type: ignore[import-untyped,import-not-found,unused-ignore]

        signal = self._signal()
        scale, kinds = (
            zip(*(mne_kind(channel) for channel in signal.channels), strict=True) if signal.channels else ((), ())
        )
        info = mne.create_info([channel.name for channel in signal.channels], signal.fs, list(kinds), verbose="error")
        raw = mne.io.RawArray(signal.data * np.asarray(scale)[:, None], info, verbose="error")
        start = self.identity.start
        if start is not None:
            seconds, rest = divmod(int(start.astype("datetime64[ns]").astype(np.int64)), _NS)
            raw.set_meas_date((seconds, rest // 1000))
        events = self.events
        if len(events):
            label = [f"{row.label} {row.aux}".strip() for row in events[["label", "aux"]].itertuples(index=False)]
            annotations = mne.Annotations(
                events["onset_s"].to_numpy(), events["duration_s"].to_numpy(), label, orig_time=raw.info["meas_date"]
            )
            raw.set_annotations(annotations, verbose="error")
        return raw

    def __repr__(self) -> str:
        return f"Recording(format={self.format!r}, signals={self.signals!r})"


# Volts per unit, by its lower-case name.
VOLTS = {"v": 1.0, "mv": 1e-3, "uv": 1e-6, "µv": 1e-6, "μv": 1e-6, "nv": 1e-9}
_ECG_NAMES = ("ecg", "ekg", "mlii", "i", "ii", "iii", "avr", "avl", "avf", "v", "v1", "v2", "v3", "v4", "v5", "v6")


def volts_per(unit: str) -> float | None:
    """Volts that a unit is, whatever its case; None for one that is no voltage."""
    return VOLTS.get(unit.strip().lower())


def mne_kind(channel: Channel) -> tuple[float, str]:
    """Volts per unit of a channel, and MNE's name of its kind, told from name and unit."""
    scale = volts_per(channel.unit)
    if scale is None:
        return 1.0, "misc"
    name = channel.name.strip().lower()
    for kind in ("ecg", "eog", "emg", "eeg"):
        if kind in name:
            return scale, kind
    return scale, "ecg" if name in _ECG_NAMES or "ekg" in name else "eeg"


def from_mne(raw: Any) -> Recording:
    """Make a recording from an MNE ``Raw`` object (needs the interop extra).

    MNE holds volts; EEG, EOG and EMG become uV, ECG mV, other channels stay as they are, with MNE's unit.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Continuous data; annotations become events.

    Returns
    -------
    Recording
    """
    import pandas as pd

    scales = {
        "eeg": (1e6, "uV"),
        "eog": (1e6, "uV"),
        "emg": (1e6, "uV"),
        "seeg": (1e6, "uV"),
        "ecog": (1e6, "uV"),
        "ecg": (1e3, "mV"),
    }
    kinds = raw.get_channel_types()
    factors, units = zip(*(scales.get(kind, (1.0, "")) for kind in kinds), strict=True)
    offset = raw.first_time if raw.annotations.orig_time is not None else 0.0
    annotations = pd.DataFrame(
        {
            "onset_s": np.asarray(raw.annotations.onset, dtype=float) - offset,
            "duration_s": np.asarray(raw.annotations.duration, dtype=float),
            "label": [str(text) for text in raw.annotations.description],
        }
    )
    recording = Recording.from_array(
        raw.get_data() * np.asarray(factors)[:, None],
        fs=raw.info["sfreq"],
        channels=raw.ch_names,
        unit=list(units),
        events=annotations,
    )
    if raw.info["meas_date"] is not None:
        when = raw.info["meas_date"].replace(tzinfo=None)
        recording._core.start_ns = int(np.datetime64(when, "us").astype("datetime64[ns]").astype(np.int64))
    return recording
