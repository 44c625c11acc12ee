"""The recordings that the project ships, and the reports on them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from typer.testing import CliRunner

import biopotential as bp
from biopotential.cli import app


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_ecg_is_what_its_generator_makes(root: Path, tmp_path: Path) -> None:
    bp.write(load(root / "data" / "generate_ecg.py").demo_ecg(), tmp_path / "demo-ecg.hea")
    made, shipped = bp.read(tmp_path / "demo-ecg.hea"), bp.read(root / "data" / "demo-ecg.hea")
    # Another mathematical library may round the last bit of a sample otherwise.
    np.testing.assert_allclose(made.data, shipped.data, atol=2e-3)
    assert made.channel_names == shipped.channel_names
    np.testing.assert_array_equal(made.events["label"], shipped.events["label"])
    np.testing.assert_allclose(made.events["onset_s"], shipped.events["onset_s"], atol=1e-9)


def test_the_ecg_report_finds_what_was_put_in(root: Path, tmp_path: Path) -> None:
    record = root / "data" / "demo-ecg"
    result = CliRunner().invoke(app, ["ecg", str(record), "-o", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["quality"]["reasons_s"] == {"flat": pytest.approx(10), "noise": pytest.approx(20)}
    events = bp.read(record).events
    at = events["onset_s"].to_numpy()
    analysed = ~((at >= 120) & (at < 140)) & ~((at >= 240) & (at < 250))
    assert found["summary"]["n_beats"] == pytest.approx(np.count_nonzero(analysed), abs=2)
    true_v = np.count_nonzero(analysed & (events["label"] == "V").to_numpy())
    assert found["network"]["counts"]["V"] == pytest.approx(true_v, abs=1)
