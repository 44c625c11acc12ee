"""Make a wheel for other machines: ``repair_wheel.py WHEEL FOLDER HDF5``.

auditwheel copies FFTW and what else is needed into the wheel. HDF5 is in it already where scripts/private_hdf5.sh could
build one, whose prefix is the third argument, and is copied like the others elsewhere.
LibTorch stays in the torch wheel: ``_models`` finds it
beside the package. What the wheel carries is under licences of its own; their texts go in too, and because FFTW is
among them the binary is distributed under GPL-3.0-or-later.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

GPL = Path("/usr/share/common-licenses/GPL-3")
TORCH = (
    "libtorch.so",
    "libtorch_cpu.so",
    "libtorch_global_deps.so",
    "libtorch_python.so",
    "libc10.so",
    "libgomp*.so*",
    "libshm.so",
)


def repair(wheel: Path, folder: Path) -> Path:
    """Copy the libraries in; the new wheel's path."""
    excluded = [argument for name in TORCH for argument in ("--exclude", name)]
    command = [sys.executable, "-m", "auditwheel", "repair", "--plat", "auto", *excluded, "--wheel-dir", folder, wheel]
    subprocess.run(command, check=True)
    (made,) = folder.glob("*.whl")
    return made


def package_of(library: str) -> str | None:
    """Debian's package of a carried library, whose name auditwheel gave a hash."""
    stem = re.sub(r"-[0-9a-f]{8}(?=\.so)", "", library)
    base = stem.split(".so")[0]
    found = subprocess.run(["dpkg-query", "-S", f"*/{base}.so.*"], capture_output=True, text=True, check=False)
    names = {line.split(":")[0] for line in found.stdout.splitlines() if not line.startswith("diversion")}
    runtime = sorted(name for name in names if not name.endswith("-dev"))
    return runtime[0] if runtime else None


def name_static_hdf5(info: Path, hdf5: Path) -> None:
    """Put the HDF5 that is linked into the io library among what the wheel carries: licence and bill of materials."""
    (info / "licenses" / "carried" / "hdf5.txt").write_bytes((hdf5 / "COPYING").read_bytes())
    version = (hdf5 / "version").read_text().strip()
    (bill,) = (info / "sboms").glob("*.json")
    document = json.loads(bill.read_text())
    purl = f"pkg:deb/debian/hdf5@{version.replace('+', '%2B')}?arch=source"
    document["components"].append(
        {"type": "library", "name": "hdf5", "version": version, "bom-ref": purl, "purl": purl}
    )
    bill.write_text(json.dumps(document))


def add_licences(wheel: Path, folder: Path, hdf5: Path) -> Path:
    """Add the licence texts of what the wheel carries, and its licence as a whole."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [sys.executable, "-m", "wheel", "unpack", "--dest", scratch, wheel], check=True, stdout=subprocess.DEVNULL
        )
        (tree,) = Path(scratch).iterdir()
        (info,) = tree.glob("*.dist-info")
        carried = info / "licenses" / "carried"
        carried.mkdir(parents=True)
        for library in sorted((tree / "biopotential.libs").glob("*.so*")):
            package = package_of(library.name)
            text = Path(f"/usr/share/doc/{package}/copyright")
            if package and text.exists():
                (carried / f"{package}.txt").write_bytes(text.read_bytes())
        if not list((tree / "biopotential.libs").glob("libhdf5*")):
            name_static_hdf5(info, hdf5)
        if GPL.exists():
            (carried / "GPL-3.txt").write_bytes(GPL.read_bytes())
        metadata = info / "METADATA"
        text_lines = metadata.read_text(encoding="utf-8")
        metadata.write_text(
            text_lines.replace("License-Expression: Apache-2.0", "License-Expression: GPL-3.0-or-later", 1),
            encoding="utf-8",
        )
        wheel.unlink()
        subprocess.run(
            [sys.executable, "-m", "wheel", "pack", "--dest-dir", folder, tree], check=True, stdout=subprocess.DEVNULL
        )
    (made,) = folder.glob("*.whl")
    return made


def main(wheel: Path, folder: Path, hdf5: Path) -> None:
    """Repair, add licences, say what came out."""
    print(add_licences(repair(wheel, folder), folder, hdf5))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
