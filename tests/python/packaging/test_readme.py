"""The README tells the truth."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_python_example_runs(root: Path, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), flags=re.DOTALL)
    assert len(code.strip().splitlines()) <= 12
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_make_knows_the_commands(root: Path) -> None:
    makefile = (root / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^    )make ([a-z-]+)", (root / "README.md").read_text(), flags=re.MULTILINE))
    assert {"demo", "test", "check"} <= named
    for name in named:
        assert re.search(rf"^{name}:", makefile, flags=re.MULTILINE), name


def test_links_lead_somewhere(root: Path) -> None:
    for page in (root / "README.md", root / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
