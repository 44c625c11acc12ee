"""Fixtures that every module's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real recordings that BIOPOTENTIAL_TEST_DATA names; without it the test is skipped."""
    folder = os.environ.get("BIOPOTENTIAL_TEST_DATA")
    if not folder:
        pytest.skip("BIOPOTENTIAL_TEST_DATA is not set: needs real recordings")
    path = Path(folder)
    assert path.is_dir(), f"BIOPOTENTIAL_TEST_DATA names no folder: {folder}"
    return path
