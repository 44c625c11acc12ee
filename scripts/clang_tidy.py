"""Run clang-tidy over every source of ours in a build tree's compilation database: ``clang_tidy.py BUILD``.

The tests and what others generated are not checked. A source that passed is not checked again until it, a header of
ours that it includes, its command or the checks change.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# libstdc++ uses what it calls deprecated itself; clang doesn't know all of g++'s warnings.
EXTRA = ["--extra-arg=-Wno-deprecated-declarations", "--extra-arg=-Wno-unknown-warning-option"]


@cache
def ours(path: Path) -> frozenset[Path]:
    """Headers of this project that a file includes, directly or not."""
    names = re.findall(r'^#include "(biopotential/[^"]+)"', path.read_text(), flags=re.MULTILINE)
    direct = {ROOT / "cpp" / name for name in names}
    return frozenset(direct.union(*(ours(header) for header in direct)))


def key(source: Path, command: str, fixed: bytes) -> str:
    """Hash of everything that the result depends on."""
    digest = hashlib.sha256(fixed + command.encode())
    for file in (source, *sorted(ours(source))):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def main(build: Path) -> int:
    """Check; the number of sources with findings."""
    commands = json.loads((build / "compile_commands.json").read_text())
    commands = [command for command in commands if "/cpp/biopotential/" in command["file"]]
    stamps = build / "clang-tidy"
    stamps.mkdir(exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
    fixed = version + (ROOT / ".clang-tidy").read_bytes() + " ".join(EXTRA).encode()

    def check(command: dict[str, str]) -> bool:
        source = Path(command["file"])
        stamp = stamps / key(source, command["command"], fixed)
        if stamp.exists():
            return True
        done = subprocess.run(
            ["clang-tidy", "-p", build, "--quiet", *EXTRA, source], check=False, capture_output=True, text=True
        )
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="\n", flush=True)
            return False
        stamp.touch()
        return True

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [c["file"] for c, good in zip(commands, pool.map(check, commands), strict=True) if not good]
    print(f"clang-tidy: {len(commands)} sources, {len(failed)} with findings")
    return len(failed)


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
