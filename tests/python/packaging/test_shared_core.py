"""Both extension modules use one copy of the core: one number of threads, one set of hooks, the same exceptions."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import biopotential as bp
from biopotential._core.core import torch_version

MODEL = "beat_classifier"


@pytest.fixture
def probe(root: Path) -> Iterator[ctypes.CDLL]:
    """A library that is linked to the core and installs hooks in it; see hook_probe.cpp."""
    path = root / "build" / "release" / "tests" / "python" / "hook_probe.so"
    if not path.exists():
        pytest.skip(f"{path} is not built")
    library = ctypes.CDLL(str(path))  # its need of the core is met by the copy that biopotential has loaded
    library.probe_install()
    yield library
    library.probe_remove()


def test_hooks_reach_both_extensions(probe: ctypes.CDLL, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    missing = tmp_path / "missing.edf"
    with pytest.raises(FileNotFoundError):
        bp.read(missing)
    by_core = probe.probe_reads()
    assert by_core > 0
    with pytest.raises(bp.PolicyError, match="refused: package"):  # thrown in the probe, caught in _models
        bp.models.load(bp.models.shipped(MODEL))
    assert probe.probe_reads() > by_core
    probe.probe_remove()
    assert bp.models.load(bp.models.shipped(MODEL)).classes


def test_threads_reach_both_extensions(probe: ctypes.CDLL) -> None:
    torch = pytest.importorskip("torch")
    probe.probe_remove()
    model = bp.models.load(bp.models.shipped(MODEL))
    x = np.zeros((model.n_channels, 3600))
    before = bp.num_threads()
    try:
        for n in (1, 3, 2):
            bp.set_num_threads(n)
            model.predict_beats(x, [400, 800, 1200], fs=model.fs)
            assert torch.get_num_threads() == n  # LibTorch is told by _models, which asks the core
            assert probe.probe_threads() == n
    finally:
        bp.set_num_threads(before)


def fake_torch(folder: Path, version: str) -> Path:
    (folder / "torch").mkdir()
    (folder / "torch" / "version.py").write_text(f"from typing import Optional\n\n__version__ = '{version}+cpu'\n")
    (folder / "torch" / "__init__.py").write_text("raise AssertionError('imported')\n")
    return folder


@pytest.mark.parametrize("version", ["2.12.1", "3.13.0", "2.1.0"])
def test_another_torch_is_named_before_it_is_loaded(tmp_path: Path, version: str) -> None:
    built = torch_version()
    assert built
    code = (
        f"import sys; sys.path.insert(0, {str(fake_torch(tmp_path, version))!r})\n"
        "import biopotential as bp\n"
        "try:\n    bp.models.load('x')\nexcept ImportError as error:\n    print(error)\n"
        "print('biopotential._models' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    message, loaded = done.stdout.splitlines()
    assert f"built for torch {built}, but torch {version}+cpu is installed" in message
    assert loaded == "False"


def test_without_torch(tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'torch' else find(name, package)\n"
        "import biopotential as bp\n"
        "try:\n    bp.models.load('x')\nexcept ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'biopotential[torch]'" in done.stdout
