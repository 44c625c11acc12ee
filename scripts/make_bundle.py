"""Make what is carried into an environment without a network: ``make_bundle.py WHEEL FOLDER``.

FOLDER/wheels           our wheel and all that it needs, torch and JupyterLab included
FOLDER/requirements.txt every wheel with its SHA-256
FOLDER/SHA256SUMS       the same for every file of the bundle
FOLDER/sbom.cdx.json    what is in it (CycloneDX), the libraries that our wheel carries included
FOLDER/install.sh       makes a virtual environment from it
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]


def sha256(path: Path) -> str:
    """Hexadecimal digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def collect(wheel: Path, folder: Path) -> list[Path]:
    """Download what the wheel needs; every wheel, ours first."""
    pip = [sys.executable, "-m", "pip", "--quiet"]
    lock = ROOT / "requirements" / "lock.txt"
    folder.mkdir(parents=True)
    wants = [f"{wheel}[interop,notebooks]", "torch==2.13.0"]
    command = [*pip, "download", "--only-binary", ":all:", "--dest", folder, "-c", lock, *wants]
    subprocess.run(command, check=True)
    ours = folder / wheel.name
    return [ours, *sorted(path for path in folder.glob("*.whl") if path != ours)]


def requirements(wheels: list[Path]) -> str:
    """One pinned and hashed line per wheel."""
    lines = []
    for path in wheels:
        name, version, _, _ = parse_wheel_filename(path.name)
        lines.append(f"{canonicalize_name(name)}=={version} --hash=sha256:{sha256(path)}")
    return "\n".join(lines) + "\n"


def carried(wheel: Path) -> list[dict[str, object]]:
    """Components for the libraries inside our wheel, from the list that auditwheel left there."""
    found: list[dict[str, object]] = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if "/sboms/" in name and name.endswith(".json"):
                found += json.loads(archive.read(name)).get("components", [])
    return [component for component in found if component.get("name") != "biopotential"]


def sbom(wheels: list[Path], listed: Path) -> dict[str, object]:
    """CycloneDX: the wheels and what ours carries."""
    tool = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-format", "JSON", "--output-reproducible"]
    made = subprocess.run(
        [*tool, "--pyproject", ROOT / "pyproject.toml", listed], check=True, capture_output=True, text=True
    )
    document: dict[str, object] = json.loads(made.stdout)
    components = document["components"]
    assert isinstance(components, list)
    known = {(component["name"], component.get("version")) for component in components}
    components += [c for c in carried(wheels[0]) if (c["name"], c.get("version")) not in known]
    return document


def main(wheel: Path, folder: Path) -> None:
    """Make the bundle anew."""
    shutil.rmtree(folder, ignore_errors=True)
    wheels = collect(wheel.resolve(), folder / "wheels")
    listed = folder / "requirements.txt"
    listed.write_text(requirements(wheels))
    (folder / "sbom.cdx.json").write_text(json.dumps(sbom(wheels, listed), indent=2) + "\n")
    shutil.copy2(ROOT / "scripts" / "bundle" / "install.sh", folder / "install.sh")
    for name in ("LICENSE", "NOTICE"):
        shutil.copy2(ROOT / name, folder / name)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    (folder / "SHA256SUMS").write_text("".join(f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files))
    print(f"{folder}: {len(wheels)} wheels, {sum(path.stat().st_size for path in files) / 1e6:.0f} MB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
