"""The verbs of the trust module: ``keygen``, ``deid``, ``seal``, ``verify``, ``vet``."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer

import biopotential as bp
from biopotential._exit import BROKEN, INTEGRITY, POLICY, REVIEW

__all__ = ["add_trust_verbs"]


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def add_trust_verbs(app: typer.Typer, exit_codes: Callable[[], AbstractContextManager[Any]]) -> None:
    """Add the verbs to the command; `exit_codes` turns errors into messages and codes."""

    @app.command()
    def keygen(
        file: Annotated[Path, typer.Argument(help="New file for the key; keep it outside of the data.")],
    ) -> None:
        """Make a secret key for pseudonyms, readable by you alone."""
        with exit_codes():
            bp.trust.new_key(file)

    @app.command()
    def deid(
        src: Annotated[Path, typer.Argument(help="EDF, BDF, WFDB or the project's HDF5, or a folder of them.")],
        out: Annotated[Path, typer.Argument(help="Folder to write into; for one recording also a new file.")],
        key: Annotated[Path, typer.Option(help="File of secret bytes (keygen makes one).")],
        project: Annotated[str, typer.Option(help="Project or permit; each has pseudonyms of its own.")] = "",
        patient_id: Annotated[str, typer.Option(help="The patient's id, where the file has none.")] = "",
        issuer: Annotated[str, typer.Option(help="Namespace of the patient ids, such as a hospital.")] = "",
        pseudonyms: Annotated[Path | None, typer.Option(help="CSV of a trust centre: original, pseudonym.")] = None,
        time_of_day: Annotated[str, typer.Option(help="drop, hour or keep.")] = "drop",
        dates: Annotated[str, typer.Option(help="shift (whole weeks) or drop.")] = "shift",
        annotations: Annotated[str, typer.Option(help="vocabulary (closed list of words) or drop.")] = "vocabulary",
        roster: Annotated[Path | None, typer.Option(help="More names to search for, a line each.")] = None,
        suffix: Annotated[str | None, typer.Option(help=".edf, .bdf, .hea or .h5.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print the reports.")] = False,
    ) -> None:
        """Write recordings without their patients' identity, and search the output for it."""
        with exit_codes():
            result = bp.trust.deid(
                src,
                out,
                key=key,
                project=project,
                patient_id=patient_id,
                issuer=issuer,
                pseudonyms=pseudonyms,
                time_of_day=time_of_day,  # type: ignore[arg-type]
                dates=dates,  # type: ignore[arg-type]
                annotations=annotations,  # type: ignore[arg-type]
                roster=_lines(roster),
                suffix=suffix,
            )
        if as_json:
            found = {
                "status": result.status,
                "files": [path.name for path in result.files],
                "reports": result.reports,
            }
            typer.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
        else:
            typer.echo(f"{result.status}: {len(result.reports)} recording(s), {len(result.files)} files")
            for reason in sorted({reason for report in result.reports for reason in report["reasons"]}):
                typer.echo(reason, err=True)
        if result.status == "refused":
            raise typer.Exit(POLICY)
        if result.status == "review":
            raise typer.Exit(REVIEW)

    @app.command()
    def seal(
        folder: Annotated[Path, typer.Argument(help="Folder to seal in place; its content moves to data/.")],
        name: Annotated[str, typer.Option(help="Name of the data set.")] = "",
        description: Annotated[str, typer.Option(help="What it holds.")] = "",
        licence: Annotated[str, typer.Option(help="Licence, as a URL or text.")] = "",
        project: Annotated[str, typer.Option(help="Project or permit.")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
    ) -> None:
        """Seal a folder: hashes of every file and recording (BagIt), metadata (RO-Crate), a root hash to keep."""
        with exit_codes():
            made = bp.trust.seal(folder, name=name, description=description, licence=licence, project=project)
        if as_json:
            typer.echo(
                json.dumps({"root": made.root, "files": made.files, "bytes": made.bytes, "signals": made.signals})
            )
        else:
            typer.echo(f"{made.files} files, {made.bytes} bytes, {len(made.signals)} recordings")
            typer.echo(f"root {made.root}")

    @app.command()
    def verify(
        path: Annotated[Path, typer.Argument(help="Sealed folder, or another BagIt bag.")],
        root: Annotated[str, typer.Option(help="Root hash that it must have.")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
    ) -> None:
        """Verify a sealed folder, and say what fails and where."""
        with exit_codes():
            result = bp.trust.verify(path, root=root)
        if as_json:
            found = [vars(finding) for finding in result.findings]
            typer.echo(json.dumps({"ok": bool(result), "root": result.root, "files": result.files, "findings": found}))
        else:
            for finding in result.findings:
                typer.echo(f"{finding.check}: {finding.path}: {finding.what}")
            typer.echo(f"{'ok' if result else 'FAILED'}: {result.files} files, root {result.root}")
        if any(finding.hostile for finding in result.findings):
            raise typer.Exit(BROKEN)
        if result.findings:
            raise typer.Exit(INTEGRITY)

    @app.command()
    def vet(
        model: Annotated[Path, typer.Argument(help="Model file, or folder of a model package.")],
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for machines.")] = False,
    ) -> None:
        """Tell what a model can do: A data only, B interpreted, C native code, D refused (exit 4). Nothing runs."""
        with exit_codes():
            found = bp.trust.vet(model)
        if as_json:
            members = [{"name": name, "bytes": size, "kind": kind} for name, size, kind in found.members]
            shown = {
                "class": found.model_class,
                "format": found.format,
                "sha256": found.sha256,
                "reasons": found.reasons,
                "operators": found.operators,
                "members": members,
            }
            typer.echo(json.dumps(shown))
        else:
            typer.echo(f"class {found.model_class}: {found.format}")
            for reason in found.reasons:
                typer.echo(reason)
        if found.model_class == "D":
            raise typer.Exit(POLICY)
