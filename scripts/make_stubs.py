"""Write the type stubs of the extension modules into a folder: ``make_stubs.py FOLDER``.

The stubs in ``python/biopotential`` come from here (``make stubs``); a test compares them with the built modules.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main(target: Path) -> None:
    """Generate, tidy and place the stubs."""
    modules = ["_core"]
    if importlib.util.find_spec("biopotential._models") and importlib.util.find_spec("torch"):
        modules.append("_models")
    here = str(Path(sys.executable).parent)
    with tempfile.TemporaryDirectory() as scratch:
        for module in modules:
            subprocess.run(
                [sys.executable, "-m", "pybind11_stubgen", f"biopotential.{module}", "-o", scratch, "--exit-code"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        made = Path(scratch) / "biopotential"
        ruff = Path(here) / "ruff"
        config = Path(__file__).resolve().parents[1] / "pyproject.toml"
        for command in (["check", "--select", "I,UP,F401", "--fix-only", "--quiet"], ["format", "--quiet"]):
            subprocess.run([ruff, *command, "--config", config, made], check=True)
        for old in (*target.glob("_core*.pyi"), *target.glob("_models*.pyi")):
            old.unlink()
        for name in ("_core", "_models"):
            shutil.rmtree(target / name, ignore_errors=True)
        shutil.copytree(made, target, dirs_exist_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
