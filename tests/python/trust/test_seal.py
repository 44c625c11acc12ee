from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import biopotential as bp
from biopotential.cli import app


def fill(folder: Path) -> Path:
    folder.mkdir()
    (folder / "sub").mkdir()
    x = np.random.default_rng(1).integers(-1000, 1000, 1000) / 10
    recording = bp.Recording.from_array(x, fs=100, channels=["ECG"], unit="uV")
    bp.write(recording, folder / "a.edf")
    recording = bp.read(folder / "a.edf")
    bp.write(recording, folder / "sub" / "b.h5")
    bp.write(recording, folder / "w.hea")
    (folder / "sub" / "Übersicht 1.csv").write_text("a,b\n1,2\n")
    (folder / ".hidden").write_bytes(b"")
    return folder


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = fill(tmp_path / "set")
    bp.trust.seal(folder, name="Demo", project="P-1", date="2026-05-17")
    return folder


def test_a_sealed_folder_is_a_bag_and_verifies(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set")
    before = {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    made = bp.trust.seal(folder, name="Demo", licence="https://example.org/l", project="P-1", date="2026-05-17")
    after = {p.relative_to(folder / "data"): p.read_bytes() for p in (folder / "data").rglob("*") if p.is_file()}
    crate = json.loads(after.pop(Path("ro-crate-metadata.json")))
    assert after == before
    assert made.files == len(before) + 1
    assert set(made.signals) == {"a.edf", "sub/b.h5", "w.hea"}
    assert made.signals["a.edf"] == bp.read(folder / "data" / "a.edf").signal_sha256()
    for name in ("sha256", "sha512"):
        for line in (folder / f"manifest-{name}.txt").read_text().splitlines():
            digest, path = line.split("  ", 1)
            assert hashlib.new(name, (folder / path).read_bytes()).hexdigest() == digest
    root = next(node for node in crate["@graph"] if node["@id"] == "./")
    assert len(root["hasPart"]) == len(before)
    assert root["sourceOrganization"]["@id"] == "#project"
    result = bp.trust.verify(folder, root=made.root)
    assert result
    assert result.root == made.root
    assert result.files == made.files
    # The same content gives the same root.
    again = bp.trust.seal(
        fill(tmp_path / "again"), name="Demo", licence="https://example.org/l", project="P-1", date="2026-05-17"
    )
    assert again.root == made.root


def test_bagit_python_agrees(sealed: Path) -> None:
    bagit = pytest.importorskip("bagit")
    bag = bagit.Bag(str(sealed))
    assert bag.is_valid()
    (sealed / "data" / "a.edf").write_bytes(b"x")
    assert not bag.is_valid()


def test_a_bag_of_another_tool_verifies(tmp_path: Path) -> None:
    bagit = pytest.importorskip("bagit")
    folder = fill(tmp_path / "set")
    bagit.make_bag(str(folder), checksums=["sha256"])
    assert bp.trust.verify(folder)
    (folder / "data" / "w.dat").unlink()
    assert [f.path for f in bp.trust.verify(folder).findings if f.what == "missing"] == ["data/w.dat"]


def test_every_flipped_byte_is_found(sealed: Path) -> None:
    files = sorted(p for p in sealed.rglob("*") if p.is_file() and p.stat().st_size)
    sizes = [p.stat().st_size for p in files]
    rng = np.random.default_rng(7)
    for i in range(1000):
        # Half of the flips hit any byte, half any file, so that small ones get theirs.
        file = (
            files[rng.choice(len(files), p=np.array(sizes) / sum(sizes))] if i % 2 else files[rng.integers(len(files))]
        )
        good = file.read_bytes()
        raw = bytearray(good)
        at = int(rng.integers(len(raw)))
        raw[at] ^= 1 << int(rng.integers(8))
        file.write_bytes(raw)
        result = bp.trust.verify(sealed)
        assert not result, (file, at)
        name = file.relative_to(sealed).as_posix()
        assert any(finding.path == name or name.startswith("tagmanifest") for finding in result.findings), (
            name,
            result,
        )
        file.write_bytes(good)
    assert bp.trust.verify(sealed)


def test_added_removed_renamed_and_swapped_files_are_found(sealed: Path) -> None:
    def findings() -> set[tuple[str, str]]:
        return {
            (f.path, f.what.split(" (")[0].split(" in ")[0])
            for f in bp.trust.verify(sealed).findings
            if f.check == "file"
        }

    data = sealed / "data"
    for place in (data / "new", data / "sub" / "new", sealed / "new", sealed / "tagmanifest-md5.txt"):
        place.write_bytes(b"")
        name = place.relative_to(sealed).as_posix()
        assert any(path == name for path, _ in findings()), name
        place.unlink()
    kept = (data / "w.dat").read_bytes()
    (data / "w.dat").unlink()
    assert ("data/w.dat", "missing") in findings()
    (data / "w2.dat").write_bytes(kept)
    assert {("data/w.dat", "missing"), ("data/w2.dat", "not")} <= findings()
    (data / "w2.dat").rename(data / "w.dat")
    assert bp.trust.verify(sealed)
    a, b = (data / "a.edf").read_bytes(), (data / "sub" / "b.h5").read_bytes()
    (data / "a.edf").write_bytes(b)
    (data / "sub" / "b.h5").write_bytes(a)
    assert {("data/a.edf", "changed"), ("data/sub/b.h5", "changed")} <= findings()
    (data / "a.edf").write_bytes(a)
    (data / "sub" / "b.h5").write_bytes(b)
    for tag in (
        "manifest-sha256.txt",
        "manifest-sha512.txt",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha512.txt",
        "bagit.txt",
        "bag-info.txt",
        "biopotential-seal.json",
    ):
        text = (sealed / tag).read_bytes()
        (sealed / tag).unlink()
        assert not bp.trust.verify(sealed), tag
        (sealed / tag).write_bytes(text)
    assert bp.trust.verify(sealed)


def test_a_new_seal_over_other_content_needs_the_root(sealed: Path, tmp_path: Path) -> None:
    root = bp.trust.verify(sealed).root
    forged = tmp_path / "forged"
    shutil.copytree(sealed / "data", forged)
    (forged / "ro-crate-metadata.json").unlink()
    (forged / "a.edf").unlink()
    bp.trust.seal(forged, name="Demo", project="P-1", date="2026-05-17")
    assert bp.trust.verify(forged)  # who can write all can seal anew
    result = bp.trust.verify(forged, root=root)
    assert [f.check for f in result.findings] == ["root"]


def test_a_header_rewrite_keeps_the_signal_hash_and_one_bit_changes_it(tmp_path: Path) -> None:
    folder = fill(tmp_path / "set")
    made = bp.trust.seal(folder)
    assert made.signals["a.edf"] == made.signals["sub/b.h5"]
    file = folder / "data" / "a.edf"
    good = file.read_bytes()
    file.write_bytes(good[:8] + b"SOMEONE".ljust(80) + good[88:])
    assert {f.check for f in bp.trust.verify(folder).findings} == {"file", "root"}
    raw = bytearray(good)
    header = int(raw[184:192])
    sample = struct.unpack_from("<h", raw, header)[0]
    struct.pack_into("<h", raw, header, sample ^ 1)
    file.write_bytes(raw)
    assert {f.check for f in bp.trust.verify(folder).findings} == {"file", "root", "signal"}


def test_hostile_folders(sealed: Path, tmp_path: Path) -> None:
    os.symlink("/etc/passwd", sealed / "data" / "link")  # noqa: PTH211
    result = bp.trust.verify(sealed)
    assert any(f.hostile and f.path == "data/link" for f in result.findings)
    assert CliRunner().invoke(app, ["verify", str(sealed)]).exit_code == 6
    (sealed / "data" / "link").unlink()
    manifest = sealed / "manifest-sha512.txt"
    good = manifest.read_bytes()
    for path in ("../../etc/passwd", "/etc/passwd", "data/../../x", "data\\x"):
        manifest.write_bytes(good + b"0" * 128 + b"  " + path.encode() + b"\n")
        assert any(f.hostile for f in bp.trust.verify(sealed).findings)
    for garbage in (b"", b"\0" * 100, b"\xff\xfe", good[:-1], b"x" * 100_000):
        manifest.write_bytes(garbage)
        assert not bp.trust.verify(sealed)
    manifest.write_bytes(good)
    (sealed / "data" / "A.EDF").write_bytes(b"")
    assert any(f.hostile for f in bp.trust.verify(sealed).findings)
    folder = tmp_path / "links"
    folder.mkdir()
    os.symlink("/etc/passwd", folder / "link")  # noqa: PTH211
    for bad in ("a.txt", "A.txt"):
        (folder / bad).write_bytes(b"")
    with pytest.raises(bp.PolicyError):
        bp.trust.seal(folder)
    (folder / "link").unlink()
    with pytest.raises(bp.PolicyError, match="differs"):
        bp.trust.seal(folder)
    assert sorted(p.name for p in folder.iterdir()) == ["A.txt", "a.txt"]
    for name in ("con.txt", "a:b", "end.", "back\\slash", "new\nline", "100%"):
        one = tmp_path / "one"
        one.mkdir()
        (one / name).write_bytes(b"")
        with pytest.raises(bp.PolicyError):
            bp.trust.seal(one)
        shutil.rmtree(one)


def test_usage_and_verbs(sealed: Path, tmp_path: Path) -> None:
    run = CliRunner()
    shown = run.invoke(app, ["verify", str(sealed), "--json"])
    assert shown.exit_code == 0
    root = json.loads(shown.output)["root"]
    assert run.invoke(app, ["verify", str(sealed), "--root", root]).exit_code == 0
    assert run.invoke(app, ["verify", str(sealed), "--root", "0" * 64]).exit_code == 5
    (sealed / "data" / "w.dat").unlink()
    shown = run.invoke(app, ["verify", str(sealed)])
    assert shown.exit_code == 5
    assert "data/w.dat: missing" in shown.output
    assert run.invoke(app, ["verify", str(tmp_path / "none")]).exit_code == 2
    assert run.invoke(app, ["seal", str(sealed)]).exit_code == 4
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run.invoke(app, ["verify", str(empty)]).exit_code == 6
    assert run.invoke(app, ["seal", str(empty)]).exit_code == 2
    folder = fill(tmp_path / "another")
    assert json.loads(run.invoke(app, ["seal", str(folder), "--json"]).output)["files"] == 7
    with pytest.raises(ValueError, match="YYYY"):
        bp.trust.seal(fill(tmp_path / "third"), date="today")
