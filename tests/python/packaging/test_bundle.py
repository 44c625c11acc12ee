"""What is carried into an environment without a network installs and runs there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# No network but 127.0.0.1, which Jupyter's kernels and Dask's workers need.
INSIDE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    request = struct.pack("16sh14x", b"lo", 0x41)  # IFF_UP | IFF_RUNNING
    fcntl.ioctl(s, 0x8914, request)                # SIOCSIFFLAGS
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture(scope="module")
def bundle(root: Path) -> Path:
    path = root / "dist" / "bundle"
    if not (path / "SHA256SUMS").exists():
        pytest.skip("no bundle: make bundle")
    return path


@pytest.fixture(scope="module")
def no_network() -> list[str]:
    prefix = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", INSIDE]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no network namespaces")
    return prefix


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


def test_sbom_names_every_wheel(bundle: Path) -> None:
    document = json.loads((bundle / "sbom.cdx.json").read_text())
    assert document["bomFormat"] == "CycloneDX"
    names = {component["name"].lower().replace("_", "-") for component in document["components"]}
    for line in (bundle / "requirements.txt").read_text().splitlines():
        assert line.split("==")[0] in names, line
        assert "--hash=sha256:" in line
    assert any("fftw" in name for name in names)
    assert any("hdf5" in name for name in names)


def test_installs_and_runs_without_a_network(bundle: Path, no_network: list[str], tmp_path: Path) -> None:
    out = run(*no_network, sys.executable, "-c", "import socket; socket.create_server(('127.0.0.1', 0))", cwd=tmp_path)
    assert out == ""
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)"
    done = subprocess.run([*no_network, sys.executable, "-c", reach], capture_output=True, check=False)
    assert done.returncode != 0
    target = tmp_path / "venv"
    run(*no_network, "sh", bundle / "install.sh", target, sys.executable, cwd=tmp_path)
    run(*no_network, target / "bin" / "biopotential", "demo", "-o", tmp_path / "out", cwd=tmp_path)
    assert len(sorted((tmp_path / "out").rglob("report.html"))) == 2


def test_a_changed_wheel_is_refused(bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(bundle, copy, copy_function=lambda source, target: Path(target).symlink_to(source))
    ours = next((copy / "wheels").glob("biopotential-*.whl"))
    content = bytearray(ours.read_bytes())
    content[len(content) // 2] ^= 1
    ours.unlink()
    ours.write_bytes(content)
    done = subprocess.run(
        ["sh", copy / "install.sh", tmp_path / "venv", sys.executable], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert ours.name in done.stdout + done.stderr
    assert not (tmp_path / "venv").exists()
