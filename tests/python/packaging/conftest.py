"""What the packaging tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo_ecg(root: Path) -> Path:
    """The ECG that the project ships."""
    (header,) = (root / "data").glob("*.hea")
    return header


@pytest.fixture(scope="session")
def wheel(root: Path) -> Path:
    """The repaired wheel."""
    found = sorted((root / "dist").glob("biopotential-*.whl"))
    if not found:
        pytest.skip("no wheel: make wheel")
    (path,) = found
    return path
