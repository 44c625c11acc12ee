"""The wheel carries what it needs: it runs with the build tree and the system's libraries out of reach."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# What every Linux has (the manylinux policies allow it), and the interpreter's own.
BASE = (
    "ld-linux",
    "libc.so",
    "libm.so",
    "libdl.so",
    "libpthread.so",
    "librt.so",
    "libresolv.so",
    "libstdc++.so",
    "libgcc_s.so",
    "libutil.so",
    "libexpat.so",
)


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel_venv(root: Path, wheel: Path) -> Path:
    """An environment with the wheel and its dependencies. These stay between runs; the wheel is installed each time."""
    lock = root / "requirements" / "lock.txt"
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        needs = [line for line in archive.read(name).decode().splitlines() if line.startswith("Requires-Dist")]
    key = hashlib.sha256(lock.read_bytes() + "\n".join(needs).encode()).hexdigest()[:16]
    venv = root / ".cache" / f"wheel-venv-{key}"
    python = venv / "bin" / "python"
    if not (venv / "complete").exists():
        shutil.rmtree(venv, ignore_errors=True)
        run(sys.executable, "-m", "venv", venv)
        run(python, "-m", "pip", "install", "torch==2.13.0")
        run(python, "-m", "pip", "install", "-c", lock, wheel)
        (venv / "complete").touch()
    run(python, "-m", "pip", "install", "--force-reinstall", "--no-deps", "--no-index", wheel)
    return venv


def out_of_reach(root: Path) -> list[str]:
    """A command prefix: the build tree, the project's environment and the system's FFTW and HDF5 are hidden."""
    inside = (
        f'for d in "{root}/build" "{root}/.venv"; do mount -t tmpfs none "$d" || exit 99; done; '
        "for f in $(find /usr/lib /lib /usr/local/lib -name 'libfftw3*.so*' -o -name 'libhdf5*.so*' "
        "-o -name 'libsz.so*' -o -name 'libaec.so*'); do mount --bind /dev/null $(readlink -f $f) || exit 99; done; "
        'exec "$@"'
    )
    prefix = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", inside, "bash"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine allows no mount namespaces")
    return prefix


def test_content(wheel: Path) -> None:
    assert "manylinux" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [archive.read(n).decode() for n in names if n.endswith(".dist-info/METADATA")]
    libraries = [n.rsplit("/", 1)[-1] for n in names if n.startswith("biopotential.libs/")]
    for carried in ("libfftw3-", "libcrypto-"):
        assert any(library.startswith(carried) for library in libraries), carried
    if any(n.endswith("licenses/carried/hdf5.txt") for n in names):
        # Built without the S3 driver and linked into the io library: nothing that could reach a network comes along.
        network = ("libhdf5", "libcurl", "libssl", "libkrb5", "libldap", "libssh")
        assert not [library for library in libraries if library.startswith(network)]
    else:
        assert any(library.startswith("libhdf5") for library in libraries)
    assert not [library for library in libraries if library.startswith(("libtorch", "libc10", "libgomp"))]
    assert any(n.startswith("biopotential/data/models/") and n.endswith("/model.json") for n in names)
    assert "biopotential/py.typed" in names
    assert any(n.startswith("biopotential/_core/") and n.endswith(".pyi") for n in names)
    # FFTW is under the GPL, so what carries it is too.
    assert "License-Expression: GPL-3.0-or-later" in metadata
    assert any(n.endswith("licenses/carried/GPL-3.txt") for n in names)
    assert any("licenses/carried/libfftw3" in n for n in names)


def test_every_library_comes_from_the_environment(root: Path, wheel_venv: Path, tmp_path: Path) -> None:
    code = """
import sys, numpy
def mapped():
    return {line.split(maxsplit=5)[5].strip() for line in open("/proc/self/maps") if ".so" in line}
before = mapped()
import biopotential._core
print("\\n".join(sorted(mapped() - before)))
"""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    loaded = run(wheel_venv / "bin" / "python", "-I", "-c", code, env=environment, cwd=tmp_path).split()
    assert any("libfftw3" in path for path in loaded)
    assert any("libbiopotential_io" in path for path in loaded)
    strangers = [p for p in loaded if not p.startswith(str(wheel_venv)) and not Path(p).name.startswith(BASE)]
    assert not strangers


@pytest.mark.usefixtures("demo_ecg")
def test_demo_with_everything_else_out_of_reach(root: Path, wheel_venv: Path, tmp_path: Path) -> None:
    hidden = out_of_reach(root)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path)}
    python = wheel_venv / "bin" / "python"
    gone = "import ctypes; ctypes.CDLL('libfftw3.so.3')"
    done = subprocess.run([*hidden, python, "-c", gone], capture_output=True, text=True, check=False, env=environment)
    assert "OSError" in done.stderr  # the test hides what it says it hides
    run(*hidden, wheel_venv / "bin" / "biopotential", "demo", "-o", tmp_path / "out", env=environment, cwd=tmp_path)
    reports = sorted((tmp_path / "out").rglob("report.html"))
    assert len(reports) == 2
    for report in reports:
        assert (report.parent / "features.csv").exists()
        assert (report.parent / "result.json").exists()
