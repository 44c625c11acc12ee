"""The command ``biopotential``.

Exit codes: 0 ok, 2 usage, 3 needs review, 4 refused by policy, 5 integrity failure, 6 hostile or broken input.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

import biopotential as bp
from biopotential._exit import REVIEW, exit_code
from biopotential._verbs_trust import add_trust_verbs

__all__ = ["app", "main"]


app = typer.Typer(
    help="ECG and EEG from the raw file to the result. Research use only, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Record = Annotated[Path, typer.Argument(help="A file, or a WFDB record name.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for report.html, features.csv and result.json.")]
Lang = Annotated[str, typer.Option(help="Language of the report: en or de.")]
Mains = Annotated[float, typer.Option(help="Mains frequency in Hz.")]
Json = Annotated[bool, typer.Option("--json", help="Print result.json's object.")]
Model = Annotated[Path | None, typer.Option(help="Folder of a model package to run.")]


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Say in one line what went wrong, and end with its code."""
    try:
        yield
    except (ValueError, OSError, bp.PolicyError, bp.IntegrityError) as error:
        typer.echo(f"biopotential: {error}", err=True)
        raise typer.Exit(exit_code(error)) from None


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(bp.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def _facts(path: Path) -> dict[str, Any]:
    recording = bp.read(path)
    return {
        "record": path.name,
        "format": recording.format,
        "signals": [
            {
                "fs_hz": signal.fs,
                "duration_s": signal.duration_s,
                "n_samples": signal.n_samples,
                "n_segments": len(signal.segments),
                "channels": [{"name": channel.name, "unit": channel.unit} for channel in signal.channels],
            }
            for signal in recording.signals
        ],
        "events": {str(label): int(count) for label, count in recording.events["label"].value_counts().items()},
        "signal_sha256": recording.signal_sha256(),
        "warnings": recording.warnings,
    }


@app.command()
def info(
    record: Record,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
) -> None:
    """Say what a recording holds; no patient identity is shown."""
    with _exit_codes():
        facts = _facts(record)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, allow_nan=False))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(f"[bold]{escape(facts['record'])}[/bold]  {escape(facts['format'])}")
    table = Table("Channel", "Unit", "Rate (Hz)", "Duration (s)", "Segments")
    for signal in facts["signals"]:
        for channel in signal["channels"]:
            table.add_row(
                escape(channel["name"]),
                escape(channel["unit"]),
                f"{signal['fs_hz']:g}",
                f"{signal['duration_s']:.3f}",
                str(signal["n_segments"]),
            )
    console.print(table)
    if facts["events"]:
        console.print("Events: " + escape(", ".join(f"{label} {count}" for label, count in facts["events"].items())))
    console.print(f"Signal SHA-256: {facts['signal_sha256']}")
    for warning in facts["warnings"]:
        console.print(f"[yellow]Warning:[/yellow] {escape(warning)}")


@contextmanager
def _working(what: str) -> Iterator[None]:
    """Show on a terminal that something goes on."""
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


def _tell(results: dict[Path, dict[str, Any]], as_json: bool) -> None:
    """Print where the reports are, or all of them as JSON; a result that needs review ends with its code."""
    if as_json:
        found = list(results.values())
        typer.echo(json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, allow_nan=False))
    else:
        for folder in results:
            typer.echo(str(folder / "report.html"))
    if any(result["needs_review"] for result in results.values()):
        raise typer.Exit(REVIEW)


@app.command()
def ecg(
    record: Record,
    out: Out,
    lead: Annotated[list[str] | None, typer.Option(help="Use this lead only; may be given several times.")] = None,
    model: Model = None,
    network: Annotated[bool, typer.Option(help="Classify beats by a neural network.")] = True,
    lang: Lang = "en",
    mains: Mains = 50.0,
    as_json: Json = False,
) -> None:
    """Measure an ECG, classify its beats and write its report."""
    with _exit_codes(), _working(f"ECG {record.name}"):
        result = bp.report.ecg(record, out, leads=lead or (), model=model, network=network, mains_hz=mains, lang=lang)
    _tell({out: result}, as_json)


@app.command()
def eeg(
    record: Record,
    out: Out,
    model: Model = None,
    network: Annotated[bool, typer.Option(help="Let a neural network look for artefacts.")] = True,
    lang: Lang = "en",
    mains: Mains = 50.0,
    as_json: Json = False,
) -> None:
    """Measure an EEG, let a network look for artefacts, and write its report."""
    with _exit_codes(), _working(f"EEG {record.name}"):
        result = bp.report.eeg(record, out, model=model, network=network, mains_hz=mains, lang=lang)
    _tell({out: result}, as_json)


@app.command()
def demo(out: Out, lang: Lang = "en", as_json: Json = False) -> None:
    """Write the reports of the simulated ECG and EEG that come with the package, in OUT/ecg and OUT/eeg."""
    with _exit_codes(), _working("Demonstration"):
        ecg_result = bp.report.ecg(bp.io.example("ecg"), out / "ecg", lang=lang)
        eeg_result = bp.report.eeg(bp.io.example("eeg"), out / "eeg", lang=lang)
    _tell({out / "ecg": ecg_result, out / "eeg": eeg_result}, as_json)


@app.command()
def convert(
    sources: Annotated[list[Path], typer.Argument(help="Recordings, then the target: a file, or with --to a folder.")],
    to: Annotated[str, typer.Option(help="Suffix of the format, such as .edf or .h5: the target is a folder.")] = "",
    force: Annotated[bool, typer.Option(help="Replace what is there.")] = False,
    jobs: Annotated[int, typer.Option(help="Recordings at a time; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list, one object a recording.")] = False,
) -> None:
    """Write recordings in another format, and say whether the samples are still the same to the last bit.

    One that fails doesn't stop the others; the exit code is that of the gravest failure.
    """
    from biopotential._convert import convert_all, plan

    with _exit_codes():
        tasks = plan(sources, to=to, force=force)
    outcomes = convert_all(tasks, jobs=jobs)
    if as_json:
        typer.echo(json.dumps([outcome.as_dict() for outcome in outcomes], ensure_ascii=False))
    for outcome in outcomes:
        if outcome.error:
            typer.echo(f"biopotential: {outcome.source}: {outcome.error}", err=True)
            continue
        for warning in outcome.warnings:
            typer.echo(f"biopotential: {outcome.source}: {warning}", err=True)
        if not as_json:
            same = "the same samples" if outcome.same_samples else "samples rounded to what the format holds"
            typer.echo(f"{outcome.target}: {same} (SHA-256 {outcome.signal_sha256})")
    code = max((outcome.exit_code for outcome in outcomes), default=0)
    if code:
        raise typer.Exit(code)


add_trust_verbs(app, _exit_codes)


def main() -> None:
    """Run the command."""
    app(prog_name="biopotential")
