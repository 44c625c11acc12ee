"""`pip install .`, with and without torch in the environment."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import biopotential


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def copy_of(root: Path, folder: Path) -> Path:
    ignore = shutil.ignore_patterns(".git", ".venv", ".cache", "build", "dist", "out", "*.so", "__pycache__")
    return Path(shutil.copytree(root, folder / "source", ignore=ignore))


def test_this_installation_has_models() -> None:
    # `make` installs with `pip`, torch being there.
    assert importlib.util.find_spec("torch")
    assert list(Path(biopotential.__file__).parent.glob("_models*.so"))


@pytest.mark.slow
def test_isolated_build_finds_the_environments_torch(root: Path, tmp_path: Path) -> None:
    source = copy_of(root, tmp_path)
    launcher = ["-C", "cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", *launcher, "-w", tmp_path, ".", cwd=source)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.startswith("biopotential/_models.")]


@pytest.mark.slow
def test_without_torch(root: Path, tmp_path: Path) -> None:
    source = copy_of(root, tmp_path)
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=tmp_path)
    python = venv / "bin" / "python"
    lock = root / "requirements" / "lock.txt"
    run(python, "-m", "pip", "install", "pip>=25.1", cwd=source)
    run(python, "-m", "pip", "install", "-c", lock, "--group", "build", cwd=source)
    launcher = ["-C", "cmake.define.CMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run(python, "-m", "pip", "install", "--no-build-isolation", "-c", lock, *launcher, ".", cwd=source)
    run(python, "-c", "import biopotential as bp; bp.ecg, bp.eeg, bp.signal, bp.read", cwd=tmp_path)
    code = "import biopotential as bp\ntry:\n    bp.models.load('x')\nexcept ImportError as error:\n    print(error)"
    assert "biopotential[torch]" in run(python, "-c", code, cwd=tmp_path)
