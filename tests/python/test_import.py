"""What `import biopotential` may cost and may reach."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import biopotential

PACKAGE = Path(biopotential.__file__).parent
NETWORK = {
    "socket",
    "ssl",
    "urllib",
    "http",
    "requests",
    "aiohttp",
    "httpx",
    "ftplib",
    "smtplib",
    "socketserver",
    "xmlrpc",
}


def loaded_by(statement: str) -> set[str]:
    code = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    return set(
        json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    )


def imported_modules(source: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return names


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_by("import biopotential") & {
        "torch",
        "matplotlib",
        "pandas",
        "scipy",
        "mne",
        "typer",
        "pydantic",
        "jinja2",
    }


def test_import_takes_less_than_half_a_second() -> None:
    # The best of five: other programs on the machine delay single runs.
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import biopotential"], check=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.5


def test_no_module_imports_the_network() -> None:
    sources = sorted(PACKAGE.rglob("*.py"))
    assert sources
    found = {
        (str(source.relative_to(PACKAGE)), name)
        for source in sources
        for name in imported_modules(source)
        if name.split(".")[0] in NETWORK
    }
    assert not found


def test_import_loads_no_network_module() -> None:
    before = loaded_by("import numpy")
    assert not (loaded_by("import biopotential") - before) & NETWORK


def test_every_public_name_is_there() -> None:
    for name in biopotential.__all__:
        if name != "models":  # needs torch; its own tests load it
            assert getattr(biopotential, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = biopotential.no_such_name
