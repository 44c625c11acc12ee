"""Formats without a writer are de-identified by conversion: nothing that says who stays."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import biopotential as bp

SAMPLES = np.random.default_rng(0).integers(-500, 500, (8, 5000))


@pytest.fixture(scope="module")
def writer(root: Path) -> Callable[[str], ModuleType]:
    """The module that writes a format for its reader's tests."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, root / "tests" / "python" / "io" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load


def gdf(m: ModuleType) -> bytes:
    return m.Gdf([m.Line(f"EEG {i}", row.reshape(1, -1)) for i, row in enumerate(SAMPLES)], "2.51").bytes()


def ishne(m: ModuleType) -> bytes:
    return m.header(["I", "V1", "V5"], 5000, more=b"seen by Dr Quux") + SAMPLES[:3].T.astype("<i2").tobytes()


def mfer(m: ModuleType) -> bytes:
    return m.start() + m.common(">", 2, 100, "i2") + m.tlv(0x1E, m.blocks(SAMPLES[:2], 100, ">i2"))


def muse(m: ModuleType) -> bytes:
    return m.muse(SAMPLES, [200, 600, 1000]).encode("iso-8859-1")


def scp(m: ModuleType) -> bytes:
    bodies = {1: m.IDENTITY, 3: m.places(5000, [1, 2, 3]), 6: m.rhythm(SAMPLES[:3], "default", 2)}
    return m.record(bodies | m.tables("default"))


FORMATS = {
    "test_scp": (scp, [b"ID-17", b"Doe", b"John", b"1970", b"Ward"]),
    "test_gdf": (gdf, [b"P001", b"Doe", b"a recording", b"1970"]),
    "test_ishne": (ishne, [b"ID-17", b"Doe", b"John", b"Quux", b"1970", b"a recorder"]),
    "test_mfer": (mfer, [b"ID-17", b"Doe", b"John", b"1970", b"maker"]),
    "test_muse": (muse, [b"ID-17", b"ller", b"rg", b"1970", b"Ward"]),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("suffix", [".h5", ".edf"])
def test_identity_stays_behind(writer: Callable[[str], ModuleType], tmp_path: Path, name: str, suffix: str) -> None:
    make, secrets = FORMATS[name]
    source = tmp_path / "in" / "x.bin"
    source.parent.mkdir()
    source.write_bytes(make(writer(name)))
    before = bp.read(source)
    assert before.identity.fields["patient"]
    key = bp.trust.new_key(tmp_path / "secret.key")
    result = bp.trust.deid(source, tmp_path / "out", key=key, suffix=suffix)
    assert "refused" not in result.status
    (output,) = (tmp_path / "out").rglob(f"*{suffix}")
    after = bp.read(output)
    # The eight characters of EDF's limits move samples by a part of a step.
    np.testing.assert_allclose(after.data, before.data, rtol=1e-5, atol=0.1)
    assert after.identity.start is None or after.identity.start != before.identity.start
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            # Two letters may be chance in samples; words are none.
            for secret in (s for s in secrets if len(s) > 2):
                assert secret not in content, (path, secret)
    fields = " ".join(after.identity.fields.values()).encode()
    assert not any(secret in fields for secret in secrets)
