"""BIDS-EEG: recordings in a data set's folder, with the tables beside them (Pernet et al. 2019, Sci Data 6:103)."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from biopotential.errors import ParseError
from biopotential.recording import Recording, mne_kind, volts_per

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BidsRecording", "read_bids", "write_bids"]

BIDS_VERSION = "1.10.0"
_ENTITIES = ("sub", "ses", "task", "acq", "run")
_DATA_SUFFIXES = (".edf", ".bdf", ".vhdr", ".set")
_NO_VALUE = "n/a"


class BidsRecording(Recording):
    """A recording and what its BIDS folder says of it.

    Attributes
    ----------
    entities : dict of str to str
        Labels in the file's name: ``sub``, ``ses``, ``task``, ``acq``, ``run``.
    sidecar : dict
        ``*_eeg.json`` with what it inherits: ``PowerLineFrequency``, ``EEGReference`` ...
    channel_table : pandas.DataFrame
        ``*_channels.tsv``: ``name``, ``type``, ``units``, ``status`` ... as text; empty where there is none.
    electrodes : pandas.DataFrame
        ``*_electrodes.tsv``: ``name``, ``x``, ``y``, ``z`` as numbers (NaN: not measured), and what else it has.
    coordinate_system : dict
        ``*_coordsystem.json``.
    """

    def __init__(
        self,
        core: Any,
        *,
        entities: dict[str, str],
        sidecar: dict[str, Any],
        channel_table: pd.DataFrame,
        electrodes: pd.DataFrame,
        coordinate_system: dict[str, Any],
    ) -> None:
        super().__init__(core)
        self.entities = entities
        self.sidecar = sidecar
        self.channel_table = channel_table
        self.electrodes = electrodes
        self.coordinate_system = coordinate_system

    @property
    def line_hz(self) -> float | None:
        """``PowerLineFrequency``; None where it isn't known."""
        value = self.sidecar.get("PowerLineFrequency")
        return float(value) if isinstance(value, int | float) else None

    @property
    def channel_types(self) -> dict[str, str]:
        """Type of each channel in the table: ``EEG``, ``EOG``, ``ECG``, ``TRIG`` ..."""
        return self._column("type")

    @property
    def bad_channels(self) -> list[str]:
        """Names of the channels whose status is bad."""
        return [name for name, status in self._column("status").items() if status == "bad"]

    def _column(self, name: str) -> dict[str, str]:
        table = self.channel_table
        return dict(zip(table["name"], table[name], strict=True)) if name in table else {}


def _parse_error(file: Path, offset: int | None, problem: str) -> ParseError:
    at = "" if offset is None else f", byte {offset}"
    error = ParseError(f"[read_bids] {file}{at}: {problem}")
    error.file, error.offset = str(file), offset
    return error


def _read_table(file: Path) -> pd.DataFrame:
    """Read a table of text; every row as long as the header."""
    import pandas as pd

    raw = file.read_bytes()
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    rows: list[list[str]] = []
    for line in raw[start:].split(b"\n"):
        text = line.rstrip(b"\r")
        if text:
            try:
                rows.append(text.decode("utf-8").split("\t"))
            except UnicodeDecodeError as error:
                raise _parse_error(file, start + error.start, "wanted UTF-8, got other bytes") from None
            if len(rows[-1]) != len(rows[0]):
                raise _parse_error(file, start, f"wanted {len(rows[0])} columns, got {len(rows[-1])}")
        start += len(line) + 1
    if not rows:
        raise _parse_error(file, 0, "wanted a header line, got none")
    if len(set(rows[0])) != len(rows[0]):
        raise _parse_error(file, 0, f"wanted names of columns that differ, got {rows[0]}")
    return pd.DataFrame(rows[1:], columns=rows[0], dtype=object)


def _numbers(file: Path, table: pd.DataFrame, column: str, otherwise: float) -> list[float]:
    """Parse a column of numbers, "n/a" as `otherwise`."""
    out = []
    for text in table[column]:
        try:
            out.append(otherwise if text.strip() in ("", _NO_VALUE) else float(text))
        except ValueError:
            raise _parse_error(file, None, f"wanted numbers in column {column}, got {text!r}") from None
    return out


def _read_json(file: Path) -> dict[str, Any]:
    raw = file.read_bytes()
    try:
        value = json.loads(raw)
    except UnicodeDecodeError as error:
        raise _parse_error(file, error.start, "wanted UTF-8, got other bytes") from None
    except json.JSONDecodeError as error:
        offset = len(raw.decode("utf-8-sig", "replace")[: error.pos].encode())
        raise _parse_error(file, offset, f"wanted JSON, got {error.msg}") from None
    except RecursionError:
        raise _parse_error(file, 0, "wanted JSON, got too many levels") from None
    if not isinstance(value, dict):
        raise _parse_error(file, 0, f"wanted a JSON object, got {type(value).__name__}")
    return value


def _entities_of(name: str) -> dict[str, str]:
    return dict(re.findall(r"(?:^|_)([a-z]+)-([a-zA-Z0-9+]+)", name))


def _applicable(root: Path, data: Path, suffix: str, *, optional: Sequence[str] = ()) -> list[Path]:
    """Files that say something of `data`, the most general first (BIDS's inheritance principle).

    A file applies where it stands in the data's folder or above it, and its name has no entity that the data's lacks,
    but for those in `optional`.
    """
    wanted = _entities_of(data.name)
    found: list[Path] = []
    folder = data.parent
    while True:
        here = []
        for file in folder.glob(f"*{suffix}"):
            entities = {key: value for key, value in _entities_of(file.name).items() if key not in optional}
            if file.is_file() and entities.items() <= wanted.items():
                here.append((len(entities), file))
        found = [file for _, file in sorted(here)] + found
        if folder == root or folder.parent == folder:
            return found
        folder = folder.parent


def _label(name: str, value: str | int) -> str:
    text = str(value).removeprefix(f"{name}-")
    if not re.fullmatch(r"[a-zA-Z0-9]+", text) or (name == "run" and not text.isdigit()):
        kind = "a number" if name == "run" else "letters and digits"
        raise ValueError(f"[bids] wanted {kind} as {name}, got {value!r}")
    return text


def _labels(**values: str | int | None) -> dict[str, str]:
    return {name: _label(name, value) for name, value in values.items() if value is not None}


def _same_label(name: str, a: str, b: str) -> bool:
    return int(a) == int(b) if name == "run" and a.isdigit() and b.isdigit() else a == b


def _find(root: Path, wanted: Mapping[str, str]) -> Path:
    folder = root / f"sub-{wanted['sub']}"
    if not folder.is_dir():
        raise FileNotFoundError(2, "[read_bids] wanted a subject of the data set", str(folder))
    found = []
    for file in sorted([*folder.glob("eeg/*_eeg.*"), *folder.glob("ses-*/eeg/*_eeg.*")]):
        entities = _entities_of(file.name)
        if file.suffix in _DATA_SUFFIXES and all(
            name in entities and _same_label(name, entities[name], value) for name, value in wanted.items()
        ):
            found.append(file)
    asked = ", ".join(f"{name}-{value}" for name, value in wanted.items())
    if not found:
        raise FileNotFoundError(2, f"[read_bids] wanted a recording of {asked}, got none", str(folder))
    if len(found) > 1:
        names = ", ".join(file.name for file in found[:6])
        raise ValueError(f"[read_bids] wanted one recording of {asked}, got {len(found)} ({names}): say which")
    return found[0]


def read_bids(
    root: str | os.PathLike[str],
    *,
    subject: str,
    session: str | None = None,
    task: str | None = None,
    acquisition: str | None = None,
    run: str | int | None = None,
    strict: bool = False,
) -> BidsRecording:
    """Read a recording of a BIDS-EEG data set with the tables that belong to it.

    Samples come from the data file, which `read` opens, in its own units. Events come from ``*_events.tsv`` where there
    is one (``trial_type``, else ``value``, is the label), else from the data file. Sidecars are inherited from the
    folders above, as BIDS has it.

    Parameters
    ----------
    root : path_like
        Folder of the data set.
    subject, session, task, acquisition : str, optional
        Labels, without ``sub-`` and the like. What is left out may be anything, as long as one recording is meant.
    run : str or int, optional
        Its number, with or without leading zeros.
    strict : bool
        Refuse what a tolerant reader only notes in ``Recording.warnings``.

    Returns
    -------
    BidsRecording
        A `Recording` with ``channel_table``, ``bad_channels``, ``electrodes``, ``sidecar`` and ``line_hz``.

    Raises
    ------
    ValueError
        Several recordings have those labels, or a label isn't made of letters and digits.
    ParseError
        A file that breaks its format.
    OSError
        No such recording, or a file that can't be read.
    """
    from biopotential.io import read

    folder = Path(root)
    wanted = _labels(sub=subject, ses=session, task=task, acq=acquisition, run=run)
    data = _find(folder, wanted)
    recording = read(data, strict=strict)
    problems: list[str] = []

    sidecar: dict[str, Any] = {}
    for file in _applicable(folder, data, "_eeg.json"):
        sidecar |= _read_json(file)
    channels = _last_table(folder, data, "_channels.tsv")
    if "name" in channels:
        names = list(channels["name"])
        if sorted(names) != sorted(recording.channel_names):
            odd = sorted(set(names) ^ set(recording.channel_names))
            problems.append(f"channels.tsv: wanted the channels of {data.name}, got others ({', '.join(odd[:8])})")
    elif len(channels.columns):
        problems.append("channels.tsv: wanted a column name, got none")
        channels = channels.iloc[:, :0]
    events = _applicable(folder, data, "_events.tsv")
    if events:
        recording.events = _events_of(events[-1], recording.channel_names, problems)
    electrodes = _last_table(folder, data, "_electrodes.tsv", optional=("space",))
    if len(electrodes.columns):
        file = _applicable(folder, data, "_electrodes.tsv", optional=("space",))[-1]
        for axis in ("name", "x", "y", "z"):
            if axis not in electrodes:
                raise _parse_error(file, 0, f"wanted columns name, x, y and z, got {list(electrodes.columns)}")
            if axis != "name":
                electrodes[axis] = _numbers(file, electrodes, axis, float("nan"))
    systems = _applicable(folder, data, "_coordsystem.json", optional=("space",))
    if problems and strict:
        raise _parse_error(data, None, problems[0])
    recording._core.warnings = [*recording.warnings, *problems]
    return BidsRecording(
        recording._core,
        entities={name: value for name, value in _entities_of(data.name).items() if name in _ENTITIES},
        sidecar=sidecar,
        channel_table=channels,
        electrodes=electrodes,
        coordinate_system=_read_json(systems[-1]) if systems else {},
    )


def _last_table(root: Path, data: Path, suffix: str, *, optional: Sequence[str] = ()) -> pd.DataFrame:
    import pandas as pd

    files = _applicable(root, data, suffix, optional=optional)
    return _read_table(files[-1]) if files else pd.DataFrame()


def _events_of(file: Path, channel_names: Sequence[str], problems: list[str]) -> pd.DataFrame:
    """Rows of events.tsv as `Recording.events` takes them; those without an onset are left out."""
    import pandas as pd

    table = _read_table(file)
    if "onset" not in table:
        raise _parse_error(file, 0, f"wanted a column onset, got {list(table.columns)}")
    frame = pd.DataFrame({"onset_s": _numbers(file, table, "onset", float("nan"))})
    frame["duration_s"] = _numbers(file, table, "duration", 0.0) if "duration" in table else 0.0
    labels = table["trial_type"] if "trial_type" in table else pd.Series([_NO_VALUE] * len(table), dtype=object)
    if "value" in table:
        labels = labels.where(labels != _NO_VALUE, table["value"])
        frame["code"] = [_whole(text) for text in table["value"]]
    frame["label"] = labels.astype(object)
    frame["aux"] = table["aux"].replace(_NO_VALUE, "") if "aux" in table else ""
    known = set(channel_names)
    frame["channel"] = (
        [text if set(text.split(",")) <= known else "" for text in table["channel"]] if "channel" in table else ""
    )
    bad = frame["onset_s"].isna() | ~frame["onset_s"].abs().lt(9e9) | ~frame["duration_s"].between(0, 9e9)
    if bad.any():
        problems.append(f"events.tsv: wanted an onset and a duration >= 0, got {int(bad.sum())} rows without: left out")
    return frame[~bad]


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else 0


# --- writing ----------------------------------------------------------------------------------------------------------


class _Folder:
    """Files that are made aside and then take their places, all of them or none."""

    def __init__(self, root: Path, *, replace: bool) -> None:
        self.root = root
        self.replace = replace
        self.targets: list[Path] = []
        self.staged = Path(tempfile.mkdtemp(prefix=".biopotential-", dir=root))

    def place(self, target: Path, *, replace: bool = False) -> Path:
        """Where to write what becomes `target`."""
        if target.exists() and not (replace or self.replace):
            raise FileExistsError(17, "[write_bids] wanted a new file, or overwrite=True", str(target))
        self.targets.append(target)
        made = self.staged / target.relative_to(self.root)
        made.parent.mkdir(parents=True, exist_ok=True)
        return made

    def put(self, target: Path, text: str, *, replace: bool = False) -> None:
        """Write a text file; one that is there already with the same text stays."""
        if not (target.is_file() and target.read_bytes() == text.encode()):
            self.place(target, replace=replace).write_bytes(text.encode())

    def commit(self) -> None:
        done: list[tuple[Path, Path | None]] = []
        folders: list[Path] = []
        try:
            for target in self.targets:
                made = self.staged / target.relative_to(self.root)
                folders.extend(folder for folder in target.parents if not folder.exists())
                target.parent.mkdir(parents=True, exist_ok=True)
                kept = None
                if target.exists():
                    kept = made.with_name(made.name + ".before")
                    target.replace(kept)
                done.append((target, kept))
                made.replace(target)
        except BaseException:
            for target, kept in reversed(done):
                target.unlink(missing_ok=True)
                if kept is not None:
                    kept.replace(target)
            for folder in sorted(set(folders), key=lambda folder: -len(folder.parts)):
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
            raise


def write_bids(
    recording: Recording,
    root: str | os.PathLike[str],
    *,
    subject: str,
    task: str,
    session: str | None = None,
    acquisition: str | None = None,
    run: str | int | None = None,
    suffix: Literal[".edf", ".bdf", ".vhdr"] = ".edf",
    line_hz: float | None = None,
    reference: str | None = None,
    types: Mapping[str, str] | None = None,
    bad_channels: Sequence[str] | None = None,
    electrodes: pd.DataFrame | None = None,
    coordinate_system: str | None = None,
    coordinate_unit: str = "m",
    sidecar: Mapping[str, Any] | None = None,
    name: str = "EEG recordings",
    overwrite: bool = False,
) -> Path:
    """Write a recording into a BIDS-EEG data set, which is begun where there is none.

    The data file, ``*_eeg.json``, ``*_channels.tsv`` and, where there are any, ``*_events.tsv`` and
    ``*_electrodes.tsv`` appear together or not at all; ``participants.tsv`` gets a row for a new subject. What a
    `BidsRecording` knows (types, bad channels, electrodes, sidecar) is kept where no argument says otherwise. The data
    file holds the recording's identity as `write` writes it: take it out before (`bp.trust.deid`) where the data set is
    to be shared.

    Parameters
    ----------
    recording : Recording
        What to write.
    root : path_like
        Folder of the data set, made where it isn't there.
    subject, task, session, acquisition : str
        Labels of letters and digits.
    run : str or int, optional
        Its number.
    suffix : {".edf", ".bdf", ".vhdr"}
        Format of the data file.
    line_hz : float, optional
        Mains frequency in Hz; "n/a" where nobody knows.
    reference : str, optional
        Reference of the EEG, as ``"Cz"`` or ``"average"``; "n/a" where nobody knows.
    types : mapping of str to str, optional
        BIDS type by channel; by default told from names and units as in `Recording.to_mne`.
    bad_channels : sequence of str, optional
        Their status is ``bad``, that of the others ``good``.
    electrodes : pandas.DataFrame, optional
        Columns ``name``, ``x``, ``y``, ``z`` (NaN: not measured).
    coordinate_system : str, optional
        BIDS name of the electrodes' coordinate system, as ``"CapTrak"``; ``"Other"`` by default.
    coordinate_unit : {"m", "mm", "cm"}
        Unit of the positions.
    sidecar : mapping, optional
        More fields of ``*_eeg.json``.
    name : str
        Name of a data set that is begun.
    overwrite : bool
        Replace the recording's files where they are there.

    Returns
    -------
    Path
        The data file.

    Raises
    ------
    ValueError
        Labels, types or tables that don't fit, or a recording that the format can't hold.
    FileExistsError
        The recording is there already.
    OSError
        A file can't be written.
    """
    from biopotential.io import write

    entities = _labels(sub=subject, ses=session, task=task, acq=acquisition, run=run)
    if suffix not in (".edf", ".bdf", ".vhdr"):
        raise ValueError(f'[write_bids] wanted suffix ".edf", ".bdf" or ".vhdr", got {suffix!r}')
    known = recording if isinstance(recording, BidsRecording) else None
    kept: dict[str, Any] = {}
    if known is not None:
        types = known.channel_types if types is None else types
        bad_channels = known.bad_channels if bad_channels is None else bad_channels
        if electrodes is None and len(known.electrodes.columns):
            electrodes, kept = known.electrodes, known.coordinate_system
    channels = _channel_rows(recording, types or {}, list(bad_channels or ()), known)
    if electrodes is not None:
        missing = {"name", "x", "y", "z"} - set(electrodes.columns)
        if missing:
            raise ValueError(f"[write_bids] wanted electrodes with name, x, y, z, got {list(electrodes.columns)}")

    folder = Path(root)
    begun = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    place = folder.joinpath(f"sub-{entities['sub']}", *(f"ses-{entities[k]}" for k in ("ses",) if k in entities), "eeg")

    def path(kind: str, *, without: Sequence[str] = (), space: str = "") -> Path:
        parts = [f"{entity}-{entities[entity]}" for entity in _ENTITIES if entity in entities and entity not in without]
        return place / "_".join([*parts, *([f"space-{space}"] if space else []), kind])

    out = _Folder(folder, replace=overwrite)
    try:
        data = path(f"eeg{suffix}")
        others = [other for s in _DATA_SUFFIXES if s != suffix and (other := path(f"eeg{s}")).exists()]
        if others:
            raise FileExistsError(17, "[write_bids] wanted one data file, got one of another format", str(others[0]))
        _place_shared(out, folder, entities["sub"], name)
        fields = _sidecar(recording, channels, entities["task"], line_hz, reference, known) | dict(sidecar or {})
        out.put(path("eeg.json"), _json_text(fields))
        out.put(path("channels.tsv"), _table_text(channels))
        if len(recording.events):
            table, described = _event_rows(recording)
            out.put(path("events.tsv"), _table_text(table))
            out.put(path("events.json"), _json_text(described))
        if electrodes is not None:
            space = coordinate_system or kept.get("EEGCoordinateSystem", "Other")
            system = {"EEGCoordinateSystem": space, "EEGCoordinateUnits": coordinate_unit}
            if space == "Other":
                system["EEGCoordinateSystemDescription"] = _NO_VALUE
            first = ["name", "x", "y", "z"]
            rows = electrodes[[*first, *(column for column in electrodes if column not in first)]]
            # Positions belong to a session, not to what was done in it.
            where = partial(path, without=("task", "run"), space="" if space == "Other" else space)
            out.put(where("electrodes.tsv"), _table_text(rows))
            out.put(where("coordsystem.json"), _json_text(kept or system))
        staged = out.place(data)
        write(recording, staged)
        for companion in (".vmrk", ".eeg") if suffix == ".vhdr" else ():
            if staged.with_suffix(companion).exists():
                out.place(data.with_suffix(companion))
        # The header comes last: who sees it finds the rest.
        out.targets.remove(data)
        out.targets.append(data)
        out.commit()
    finally:
        shutil.rmtree(out.staged, ignore_errors=True)
        for made in begun:
            if made.is_dir() and not any(made.iterdir()):
                made.rmdir()
    return data


def _json_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return _NO_VALUE if value != value else repr(float(value))
    text = re.sub(r"[\t\r\n]+", " ", str(value)).strip()
    return text or _NO_VALUE


def _table_text(table: pd.DataFrame) -> str:
    lines = ["\t".join(map(str, table.columns))]
    lines.extend("\t".join(_cell(value) for value in row) for row in table.itertuples(index=False))
    return "\n".join(lines) + "\n"


def _place_shared(out: _Folder, root: Path, subject: str, name: str) -> None:
    """Begin the data set's own files where they aren't there, and list this participant."""
    import pandas as pd

    from biopotential._core.core import version

    if not (root / "dataset_description.json").exists():
        description = {
            "Name": name,
            "BIDSVersion": BIDS_VERSION,
            "DatasetType": "raw",
            "GeneratedBy": [{"Name": "biopotential", "Version": version()}],
        }
        out.put(root / "dataset_description.json", _json_text(description))
    if not any(root.glob("README*")):
        out.put(root / "README", f"{name}: EEG recordings in BIDS.\n")
    participants = root / "participants.tsv"
    table = _read_table(participants) if participants.exists() else pd.DataFrame({"participant_id": []}, dtype=object)
    if "participant_id" not in table:
        raise _parse_error(participants, 0, f"wanted a column participant_id, got {list(table.columns)}")
    if f"sub-{subject}" not in set(table["participant_id"]):
        row = {column: _NO_VALUE for column in table.columns} | {"participant_id": f"sub-{subject}"}
        out.put(participants, _table_text(pd.concat([table, pd.DataFrame([row])])), replace=True)


def _channel_rows(
    recording: Recording, types: Mapping[str, str], bad: Sequence[str], known: BidsRecording | None
) -> pd.DataFrame:
    import pandas as pd

    names = recording.channel_names
    if len(set(names)) != len(names):
        raise ValueError("[write_bids] wanted a name for each channel alone, got one that several have")
    for what, given in (("types", types), ("bad_channels", bad)):
        odd = [name for name in given if name not in names]
        if odd and known is None:
            raise ValueError(f"[write_bids] wanted {what} of the recording's channels, got {odd[0]!r}")
    rows = []
    for signal in recording.signals:
        for channel in signal.channels:
            unit = channel.unit.strip()
            rows.append(
                {
                    "name": channel.name,
                    "type": types.get(channel.name, mne_kind(channel)[1].upper()),
                    "units": ("µ" + unit[1:]) if unit and unit[0] in "uμ" and volts_per(unit) else unit,
                    "sampling_frequency": float(signal.fs),
                    "status": "bad" if channel.name in bad else "good",
                }
            )
    return pd.DataFrame(rows, columns=["name", "type", "units", "sampling_frequency", "status"])


def _sidecar(
    recording: Recording,
    channels: pd.DataFrame,
    task: str,
    line_hz: float | None,
    reference: str | None,
    known: BidsRecording | None,
) -> dict[str, Any]:
    kept = known.sidecar if known is not None else {}
    kinds = channels["type"].value_counts()
    n_segments = max((len(signal.segments) for signal in recording.signals), default=0)
    out = {
        **kept,
        "TaskName": task,
        "EEGReference": reference if reference is not None else kept.get("EEGReference", _NO_VALUE),
        "PowerLineFrequency": line_hz if line_hz is not None else kept.get("PowerLineFrequency", _NO_VALUE),
        "SamplingFrequency": max((signal.fs for signal in recording.signals), default=0.0),
        "SoftwareFilters": kept.get("SoftwareFilters", _NO_VALUE),
        "RecordingDuration": max((signal.duration_s for signal in recording.signals), default=0.0),
        "RecordingType": "discontinuous" if n_segments > 1 else "continuous",
    }
    for kind, key in (
        ("EEG", "EEG"),
        ("EOG", "EOG"),
        ("ECG", "ECG"),
        ("EMG", "EMG"),
        ("MISC", "Misc"),
        ("TRIG", "Trigger"),
    ):
        out[f"{key}ChannelCount"] = int(kinds.get(kind, 0))
    return out


def _event_rows(recording: Recording) -> tuple[pd.DataFrame, dict[str, Any]]:
    """events.tsv, and what its columns mean."""
    events = recording.events
    table = events[["onset_s", "duration_s", "label"]].copy()
    table.columns = ["onset", "duration", "trial_type"]
    described: dict[str, Any] = {"trial_type": {"Description": "Label of the event"}}
    if len(recording.signals) == 1 and len(recording.signals[0].segments) <= 1:
        table["sample"] = [round(onset * recording.fs) for onset in events["onset_s"]]
        described["sample"] = {"Description": "Onset in samples from the first, counted from 0"}
    if (events["code"] != 0).any():
        table["value"] = events["code"]
        described["value"] = {"Description": "Number of the event's kind"}
    if (events["channel"] != "").any():
        table["channel"] = events["channel"]
        described["channel"] = {"Description": "Channels that the event belongs to; n/a: all"}
    if (events["aux"] != "").any():
        table["aux"] = events["aux"]
        described["aux"] = {"Description": "Further text of the event"}
    return table, described
