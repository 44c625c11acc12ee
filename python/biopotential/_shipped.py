"""Where the recordings and models lie that the package ships."""

from __future__ import annotations

from pathlib import Path

__all__ = ["shipped"]


def shipped(name: str) -> Path:
    """Path of a file or folder under ``data/``: of the installed package, or of the checkout."""
    here = Path(__file__).resolve().parent
    for root in (here / "data", here.parents[1] / "data"):
        if (root / name).exists():
            return root / name
    raise ValueError(f"[shipped] wanted something that biopotential ships, got {name!r}")
