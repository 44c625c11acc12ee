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

__all__ = ["app", "main"]

USAGE, POLICY, INTEGRITY, BROKEN = 2, 4, 5, 6

app = typer.Typer(
    help="ECG and EEG from the raw file to the result. Research use only, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@contextmanager
def _exit_codes() -> Iterator[None]:
    """Say in one line what went wrong, and end with its code."""
    try:
        yield
    except bp.ParseError as error:
        code, message = BROKEN, str(error)
    except bp.PolicyError as error:
        code, message = POLICY, str(error)
    except bp.IntegrityError as error:
        code, message = INTEGRITY, str(error)
    except (ValueError, OSError) as error:
        code, message = USAGE, str(error)
    else:
        return
    typer.echo(f"biopotential: {message}", err=True)
    raise typer.Exit(code)


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
    record: Annotated[Path, typer.Argument(help="A file, or a WFDB record name.")],
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


@app.command()
def eeg(
    record: Annotated[Path, typer.Argument(help="An EEG file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for report.html, features.csv and result.json.")],
    lang: Annotated[str, typer.Option(help="Language of the report: en or de.")] = "en",
    mains: Annotated[float, typer.Option(help="Mains frequency in Hz.")] = 50.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print result.json's object.")] = False,
) -> None:
    """Measure an EEG and write its report."""
    with _exit_codes():
        from biopotential import report
        from biopotential._findings import eeg_findings

        result = report.write_eeg(eeg_findings(record, mains_hz=mains), out, lang=lang)
    typer.echo(json.dumps(result, ensure_ascii=False, allow_nan=False) if as_json else str(out / "report.html"))


def main() -> None:
    """Run the command."""
    app(prog_name="biopotential")
