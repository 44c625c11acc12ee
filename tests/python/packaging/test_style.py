"""The tools that check style, types and stubs have nothing to say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"


def tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_ruff(root: Path) -> None:
    run(tool("ruff"), "check", ".", cwd=root)


def test_ruff_format(root: Path) -> None:
    run(tool("ruff"), "format", "--check", ".", cwd=root)


def test_mypy(root: Path) -> None:
    run(tool("mypy"), "--cache-dir", root / "build" / "mypy", cwd=root)


def test_clang_format(root: Path) -> None:
    sources = sorted(
        path
        for folder in ("cpp", "python", "tests")
        for path in (root / folder).rglob("*")
        if path.suffix in {".cpp", ".hpp"}
    )
    assert sources
    run(tool("clang-format"), "--dry-run", "--Werror", *sources, cwd=root)


def test_stubs_are_current(root: Path, tmp_path: Path) -> None:
    tool("pybind11-stubgen")
    run(sys.executable, root / "scripts" / "make_stubs.py", tmp_path, cwd=root)
    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*.pyi")}
    assert made
    package = root / "python" / "biopotential"
    kept = {
        path.relative_to(package): path.read_text()
        for path in package.rglob("*.pyi")
        if path.relative_to(package).parts[0].startswith(("_core", "_models"))
    }
    assert kept.keys() == made.keys(), "run `make stubs`"
    stale = [str(name) for name in made if made[name] != kept[name]]
    assert not stale, f"run `make stubs`: {stale}"
