"""The installed C++ package: what is built on it, with find_package only, compiles and runs."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import biopotential as bp


def run(*command: str | Path) -> str:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(root: Path) -> Path:
    path = root / "build" / "install"
    if not (path / "lib" / "cmake" / "biopotential").is_dir():
        pytest.skip("the C++ package is not installed: make cpp-package")
    return path


def build(source: Path, binary: Path, prefix: Path) -> Path:
    torch = importlib.util.find_spec("torch")
    where = [str(prefix)]
    if torch and torch.submodule_search_locations:
        where.append(str(Path(torch.submodule_search_locations[0]) / "share" / "cmake"))
    compiler = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    release = ["-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_PREFIX_PATH={';'.join(where)}"]
    run("cmake", "-G", "Ninja", "-S", source, "-B", binary, *release, *compiler)
    run("cmake", "--build", binary)
    return binary


@pytest.fixture(scope="module")
def tools(root: Path, prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A copy elsewhere, so that no path leads back into the source tree.
    source = tmp_path_factory.mktemp("tools") / "source"
    shutil.copytree(root / "cpp" / "tools", source)
    return build(source, source.parent / "build", prefix)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_ecg_rpeaks_equals_python(tools: Path, root: Path, demo_ecg: Path) -> None:
    found = [int(row["sample"]) for row in rows(run(tools / "ecg_rpeaks", demo_ecg))]
    recording = bp.read(demo_ecg)
    np.testing.assert_array_equal(found, bp.ecg.find_r_peaks(recording.data, fs=recording.fs))
    assert len(found) > 10


def test_ecg_rpeaks_refuses_what_is_no_recording(tools: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.hea"
    bad.write_bytes(b"\x00\xff not a header")
    done = subprocess.run([tools / "ecg_rpeaks", bad], capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert "bad" in done.stderr
    assert subprocess.run([tools / "ecg_rpeaks"], capture_output=True, check=False).returncode == 2


def test_predict_gives_probabilities(tools: Path, root: Path, demo_ecg: Path) -> None:
    models = sorted(path.parent for path in (root / "data" / "models").glob("*/model.json"))
    assert models
    table = rows(run(tools / "predict", models[0], demo_ecg))
    assert len(table) > 10
    for row in table:
        p = {name[2:]: float(value) for name, value in row.items() if name.startswith("p_")}
        assert sum(p.values()) == pytest.approx(1, abs=1e-4)
        assert row["class"] == max(p, key=lambda name: p[name])


def test_consumer_for_this_processor(root: Path, prefix: Path, tmp_path: Path) -> None:
    binary = build(root / "tests" / "consumer", tmp_path, prefix)
    run(binary / "consumer")


def test_readme_cpp_example(root: Path, prefix: Path, tmp_path: Path, demo_ecg: Path) -> None:
    (code,) = re.findall(r"```cpp\n(.*?)```", (root / "README.md").read_text(), flags=re.DOTALL)
    (tmp_path / "example.cpp").write_text(code)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(example LANGUAGES CXX)\n"
        "find_package(biopotential CONFIG REQUIRED COMPONENTS io ecg)\n"
        "add_executable(example example.cpp)\n"
        "target_link_libraries(example PRIVATE biopotential::io biopotential::ecg)\n"
    )
    binary = build(tmp_path, tmp_path / "build", prefix)
    out = run(binary / "example", demo_ecg)
    assert re.search(r"[1-9]\d* beats", out)


def test_missing_component_is_named(prefix: Path, tmp_path: Path) -> None:
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.24)\nproject(example LANGUAGES CXX)\n"
        "find_package(biopotential CONFIG REQUIRED COMPONENTS core no_such_component)\n"
    )
    done = subprocess.run(
        ["cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={prefix}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "no_such_component" in done.stderr


def test_no_third_party_header_but_eigens(prefix: Path) -> None:
    headers = sorted((prefix / "include").rglob("*.hpp"))
    assert headers
    standard = re.compile(r"#include <([a-z_0-9]+)>")
    for header in headers:
        assert not header.name.endswith("_internal.hpp")
        for line in header.read_text().splitlines():
            if line.startswith("#include"):
                assert standard.match(line) or '"biopotential/' in line or "<Eigen/" in line, f"{header}: {line}"
