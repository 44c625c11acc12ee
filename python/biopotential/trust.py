"""What a secure processing environment asks of data and models: de-identification, seals, vetting."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from biopotential._core import trust as _core
from biopotential._core.trust import ProjectKey, admitted_aux, admitted_text, admitted_unit, is_pseudonym
from biopotential.errors import ParseError, PolicyError

__all__ = [
    "Deidentified",
    "Finding",
    "ProjectKey",
    "Seal",
    "Verification",
    "Vetted",
    "admit",
    "admitted_aux",
    "admitted_text",
    "admitted_unit",
    "deid",
    "is_pseudonym",
    "new_key",
    "seal",
    "use_admission",
    "verify",
    "vet",
]

StrPath = str | os.PathLike[str]

_CLEAN, _REVIEW, _REFUSED = "no known identifier found", "review", "refused"
_SUFFIXES = (".edf", ".bdf", ".hea", ".h5", ".hdf5")
_SOURCES = (*_SUFFIXES, ".vhdr", ".xdf", ".dcm")


@dataclass(frozen=True)
class Deidentified:
    """What `deid` did.

    Attributes
    ----------
    status : str
        The worst of all recordings: "no known identifier found", "review" or "refused".
    reports : list of dict
        One a recording, as the JSON file beside it; no value of the input stands in one.
    files : list of Path
        What was written; empty where anything was refused.
    """

    status: str
    reports: list[dict[str, Any]]
    files: list[Path]


def new_key(path: StrPath) -> Path:
    """Write a new master key for `deid`: 32 random bytes in a new file that only its owner may read.

    Parameters
    ----------
    path : path_like
        File to make, outside of the data. Whoever has it can link pseudonyms to patients; without it nobody can.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        It exists, or can't be written.
    """
    _core.new_key(os.fspath(path))
    return Path(path)


def _recordings(folder: Path) -> list[Path]:
    """All recordings below a folder, each once: the segments of a WFDB record belong to it."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SOURCES and p.is_file() and not p.is_symlink())
    segments = set()
    for path in found:
        if path.suffix == ".hea":
            lines = path.read_text(encoding="latin-1").splitlines()
            lines = [line for line in lines if line.strip() and not line.startswith("#")]
            if lines and "/" in lines[0].split()[0]:
                segments |= {path.parent / f"{line.split()[0]}.hea" for line in lines[1:]}
    return [path for path in found if path not in segments]


def _pseudonyms(given: Mapping[str, str] | StrPath | None) -> dict[str, str]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    with Path(given).open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(4096)
        file.seek(0)
        rows = [row for row in csv.reader(file, delimiter=";" if ";" in sample else ",") if row]
    if any(len(row) < 2 for row in rows):
        raise ValueError("[deid] wanted a list of pseudonyms with the columns original and pseudonym, got another")
    if rows and [cell.strip().lower() for cell in rows[0][:2]] == ["original", "pseudonym"]:
        rows = rows[1:]
    return {row[0].strip(): row[1].strip() for row in rows}


def _html(report: dict[str, Any]) -> str:
    import jinja2

    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template("deid.html.j2").render(r=report)


def _publish(work: Path, out: Path) -> list[Path]:
    """Give all files of the working folder their place, or none."""
    done: list[Path] = []
    try:
        # Headers last: a record that can be found is whole.
        for file in sorted(work.iterdir(), key=lambda path: (path.suffix in _SUFFIXES, path.name)):
            target = out / file.name
            try:
                os.link(file, target)
            except OSError:
                if target.exists():
                    raise FileExistsError(f"[deid] wanted a new file, got one that exists: {target}") from None
                file.rename(target)  # a file system without links
            done.append(target)
    except BaseException:
        for target in done:
            target.unlink(missing_ok=True)
        raise
    return done


def deid(
    src: StrPath,
    out: StrPath,
    *,
    key: StrPath | ProjectKey,
    project: str = "",
    patient_id: str = "",
    issuer: str = "",
    pseudonyms: Mapping[str, str] | StrPath | None = None,
    time_of_day: Literal["drop", "hour", "keep"] = "drop",
    dates: Literal["shift", "drop"] = "shift",
    annotations: Literal["vocabulary", "drop"] = "vocabulary",
    roster: Sequence[str] = (),
    suffix: str | None = None,
    annotators: Sequence[str] = ("atr",),
) -> Deidentified:
    """Write recordings again without their patients' identity, then search the output for it.

    Nothing is copied: the output is serialised from what the reader understood. Patient and recording fields become a
    keyed pseudonym, dates move by one to 156 whole weeks per patient, text goes through a closed vocabulary, ages from
    90 on are one, files get new names; digital samples, gains, gaps and the times of annotations stay. Every identifier
    of the input is searched in every byte of the output, in several encodings and spellings. Beside each output stand
    a JSON and an HTML report that hold no value of the input. A waveform itself still identifies its person to someone
    who holds another recording of them; the reports say so.

    Parameters
    ----------
    src : path_like
        EDF, EDF+, BDF, WFDB or the project's HDF5, or a folder of them. Other formats that `biopotential.read` knows
        become HDF5.
    out : path_like
        Folder to write into. For one recording also a new file, whose suffix says the format.
    key : path_like or ProjectKey
        File of at least 32 secret bytes that only its owner may read (`new_key` makes one), outside of the data.
    project : str
        Name of the project or permit: two projects' pseudonyms of one patient can't be linked. Not with a ProjectKey,
        which has its own.
    patient_id : str
        The patient's id, where the file has none or a wrong one; with one recording only.
    issuer : str
        Namespace of the patient ids, such as a hospital.
    pseudonyms : mapping or path_like, optional
        Pseudonyms that a trust centre gave: patient id to pseudonym, or a CSV file of these two columns. A patient that
        isn't there is refused.
    time_of_day : {"drop", "hour", "keep"}
        What stays of the start's time of day.
    dates : {"shift", "drop"}
        Move dates by whole weeks, or leave them out.
    annotations : {"vocabulary", "drop"}
        Keep annotations whose every word the vocabulary holds and make the others "note", or make all of them that.
    roster : sequence of str
        More identifiers to search for: names of patients and staff.
    suffix : str, optional
        ".edf", ".bdf", ".hea" or ".h5"; the input's format by default (HDF5 for WFDB with gaps
        and for formats without a writer).
    annotators : sequence of str
        WFDB: annotation files to read.

    Returns
    -------
    Deidentified
        With status "review" a person must look at the reports; with "refused" nothing was written.

    Raises
    ------
    ParseError
        Content that is broken; the message quotes none of it.
    PolicyError
        A key file that others may read, a date that no shift brings into 1985 to 2084, an unknown patient.
    IntegrityError
        The output's samples aren't the input's.
    ValueError, OSError
        Arguments that make no sense; files that can't be read or written, or are there already.
    """
    source, target = Path(src), Path(out)
    if dates not in ("shift", "drop"):
        raise ValueError(f'[deid] wanted dates "shift" or "drop", got {dates!r}')
    if annotations not in ("vocabulary", "drop"):
        raise ValueError(f'[deid] wanted annotations "vocabulary" or "drop", got {annotations!r}')
    many = source.is_dir()
    as_file = target.suffix.lower() in _SUFFIXES and not target.is_dir()
    if many and (as_file or patient_id):
        raise ValueError("[deid] wanted a folder to write into and no patient_id for a folder of recordings")
    if isinstance(key, ProjectKey):
        if project:
            raise ValueError("[deid] wanted no project beside a ProjectKey, which has its own, got one")
        secret = key
    else:
        place = Path(key).resolve()
        folders = [target.resolve()] if not many else [target.resolve(), source.resolve()]
        if any(place.is_relative_to(folder) for folder in folders):
            raise PolicyError("[deid] wanted a key file outside of the data, got one among it")
        secret = ProjectKey.from_file(os.fspath(key), project=project)
    options: dict[str, Any] = {
        "patient_id": patient_id,
        "issuer": issuer,
        "pseudonyms": _pseudonyms(pseudonyms),
        "time_of_day": time_of_day,
        "direction": None,
        "drop_date": dates == "drop",
        "keep_annotations": annotations == "vocabulary",
        "roster": list(roster),
        "suffix": suffix or (target.suffix.lower() if as_file else ""),
        "stem": target.stem if as_file else "",
        "annotators": list(annotators),
    }
    sources = _recordings(source) if many else [source]
    if not sources:
        raise ValueError("[deid] wanted a folder with recordings, got none (EDF, BDF, WFDB or the project's HDF5)")

    def at(number: int) -> str:
        return f"recording {number + 1} of {len(sources)}: " if many else ""

    # One direction for all recordings of a patient, so that the intervals between them stay.
    directions: dict[str, str] = {}
    owners: list[str] = []
    if many:
        earliest: dict[str, int] = {}
        for number, path in enumerate(sources):
            try:
                owner, start = _core.subject_of(os.fspath(path), secret, options)
            except ParseError as error:
                raise ParseError(f"{at(number)}{error}") from None
            owners.append(owner)
            if start is not None:
                earliest[owner] = min(start, earliest.get(owner, start))
        directions = {owner: _core.shift_direction(start) for owner, start in earliest.items()}

    folder = target.parent if as_file else target
    had_folder = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".deid-", dir=folder))
    reports: list[dict[str, Any]] = []
    try:
        for number, path in enumerate(sources):
            if many:
                options["direction"] = directions.get(owners[number])
            try:
                _, text, _ = _core.deidentify(os.fspath(path), os.fspath(work), secret, options)
            except (ParseError, PolicyError) as error:
                raise type(error)(f"{at(number)}{error}") from None
            reports.append(json.loads(text))
        statuses = [report["status"] for report in reports]
        status = next((s for s in (_REFUSED, _REVIEW) if s in statuses), _CLEAN)
        if status == _REFUSED:
            return Deidentified(status, reports, [])
        for file in list(work.glob("*.deid.json")):
            report = json.loads(file.read_text(encoding="utf-8"))
            file.with_suffix(".html").write_text(_html(report), encoding="utf-8")
        return Deidentified(status, reports, _publish(work, folder))
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not had_folder and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@dataclass(frozen=True)
class Seal:
    """What `seal` made.

    Attributes
    ----------
    root : str
        SHA-256 root over all files and signal hashes: keep it where nobody who can write the folder can.
    files, bytes : int
        What is sealed.
    signals : dict of str to str
        Signal hash by recording: the same for every format and header that holds the same samples.
    """

    root: str
    files: int
    bytes: int
    signals: dict[str, str]


@dataclass(frozen=True)
class Finding:
    """One thing that isn't as it was sealed.

    Attributes
    ----------
    check : str
        "structure", "manifest", "file", "signal" or "root".
    path : str
        Where, in the folder.
    what : str
        What is wrong.
    hostile : bool
        Content that no tool writes by itself: links, paths that lead out of the folder, names that are one on other
        systems.
    """

    check: str
    path: str
    what: str
    hostile: bool


@dataclass(frozen=True)
class Verification:
    """What `verify` found; it is true where all is as it was sealed.

    Attributes
    ----------
    findings : list of Finding
        Empty where all is as it was.
    root : str
        Root hash of the content as it is.
    files, bytes : int
        What was verified.
    """

    findings: list[Finding]
    root: str
    files: int
    bytes: int

    def __bool__(self) -> bool:
        return not self.findings


def seal(
    folder: StrPath, *, name: str = "", description: str = "", licence: str = "", project: str = "", date: str = ""
) -> Seal:
    """Seal a folder in place: a BagIt bag (RFC 8493) with SHA-256 and SHA-512, RO-Crate metadata and signal hashes.

    The content moves to ``data/``. Nothing is fetched.

    Parameters
    ----------
    folder : path_like
        What to seal.
    name, description, licence, project : str
        For the metadata.
    date : str
        As 2026-05-17; today (or SOURCE_DATE_EPOCH) by default. The same content and date give the same bytes.

    Returns
    -------
    Seal

    Raises
    ------
    PolicyError
        Links, names that not every system takes, a folder that is sealed already.
    ValueError, OSError
        An empty folder; one that can't be read or written.
    """
    return Seal(*_core.seal(os.fspath(folder), name, description, licence, project, date))


def verify(path: StrPath, *, root: str = "") -> Verification:
    """Verify a sealed folder, or another BagIt bag with SHA-256 or SHA-512 manifests.

    Every file must be there, unchanged, and no other; signal hashes and root must be right. Who can write all files can
    also write a new seal: give the `root` that the folder had, from elsewhere, to notice that.

    Parameters
    ----------
    path : path_like
        The folder.
    root : str
        Root hash that it must have.

    Returns
    -------
    Verification

    Raises
    ------
    ParseError
        No bag.
    OSError
        It can't be read.
    """
    findings, found, files, n_bytes = _core.verify_seal(os.fspath(path), root)
    return Verification([Finding(*finding) for finding in findings], found, files, n_bytes)


@dataclass(frozen=True)
class Vetted:
    """What `vet` found.

    Attributes
    ----------
    model_class : {"A", "B", "C", "D"}
        Data only, interpreted code, native code, refused.
    format : str
        "package", "safetensors", "npy", "npz", "TorchScript", "pt2", "native code" ...
    sha256 : str
        Of the file; of a package, of its ``model.json``.
    reasons : list of str
        Why it is not of a better class.
    operators : list of str
        TorchScript: the operators that its code names.
    members : list of (name, bytes, kind)
        Of an archive or a folder.
    """

    model_class: Literal["A", "B", "C", "D"]
    format: str
    sha256: str
    reasons: list[str]
    operators: list[str]
    members: list[tuple[str, int, str]]


def vet(path: StrPath) -> Vetted:
    """Tell what a model file can do, by its content and never by its name; nothing in it runs.

    A: a model package, safetensors, npy and npz without objects. B: TorchScript whose code names only operators of an
    allow-list, exported programs without native code. C: ELF, PE or Mach-O, alone or as a member of an archive. D:
    pickles, HDF5, archives that are encrypted, nested, lying, overlapping or not alone in their file, and all that is
    not known. A class says what a file could do, not that it is harmless.

    Parameters
    ----------
    path : path_like
        File, or folder of a model package.

    Returns
    -------
    Vetted

    Raises
    ------
    OSError
        It can't be read.
    """
    return Vetted(*_core.vet(os.fspath(path)))  # type: ignore[arg-type]


def use_admission(path: StrPath | None) -> None:
    """Let `biopotential.models.load` take programs only from a list, for the rest of the process.

    Model packages hold data only and load as before. A program loads if its SHA-256 as it is now stands in the list.

    Parameters
    ----------
    path : path_like or None
        JSON file that `admit` writes; None takes any program again.

    Raises
    ------
    ParseError
        No list of admitted models.
    OSError
        It can't be read.
    """
    if path is None:
        _core.remove_admission()
    else:
        _core.install_admission([(model["sha256"], model["class"]) for model in _admitted(Path(path))])


def _admitted(path: Path) -> list[dict[str, str]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != "biopotential-admission/1":
            raise KeyError("schema")
        return [{key: str(model[key]) for key in ("sha256", "class", "format")} for model in content["models"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(f"[admission] wanted a list of admitted models, got another content: {path}") from error


def admit(model: StrPath, path: StrPath) -> Vetted:
    """Add a program to a list of admitted models, after a person has decided that it may run.

    Parameters
    ----------
    model : path_like
        TorchScript, an exported program, or native code.
    path : path_like
        JSON file of the list; made where there is none.

    Returns
    -------
    Vetted
        Of class B or C.

    Raises
    ------
    PolicyError
        Class D, which is never admitted, or class A, which needs no admission.
    ParseError, OSError
        Another file in the place of the list; files that can't be read or written.
    """
    found = vet(model)
    if found.model_class not in ("B", "C"):
        raise PolicyError(f"[admit] wanted a program of class B or C, got class {found.model_class}: {found.format}")
    place = Path(path)
    models = _admitted(place) if place.exists() else []
    if found.sha256 not in {entry["sha256"] for entry in models}:
        models.append({"sha256": found.sha256, "class": found.model_class, "format": found.format})
    text = json.dumps({"schema": "biopotential-admission/1", "models": models}, indent=1) + "\n"
    work = place.with_name(f".{place.name}.new")
    work.write_text(text, encoding="utf-8")
    work.replace(place)
    return found
