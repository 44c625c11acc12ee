from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import biopotential as bp
from biopotential.cli import app

torch = pytest.importorskip("torch")


class Runs:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


class Net(torch.nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv1d(1, 4, 3)
        self.lstm = torch.nn.GRU(4, 4, batch_first=True)
        self.head = torch.nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
        y = torch.relu(self.conv(x))
        z, _ = self.lstm(y.transpose(1, 2))
        return torch.softmax(self.head(z.mean(1)), 1)


def jit(module: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(module)


def save_jit(module: Any, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jit(module).save(str(path))


def repack(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def safetensors(header: dict[str, Any] | bytes, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def cls(path: Path) -> str:
    return bp.trust.vet(path).model_class


def test_data_is_class_a(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 4), np.float32))
    np.savez(tmp_path / "x.npz", a=np.ones(3), b=np.zeros((2, 2), np.int16))
    np.savez_compressed(tmp_path / "y.npz", a=np.arange(100))
    good = safetensors(
        {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"a": "b"}}, bytes(16)
    )
    (tmp_path / "w.pickle").write_bytes(good)  # the name says nothing
    for name, kind in (("x.npy", "npy"), ("x.npz", "npz"), ("y.npz", "npz"), ("w.pickle", "safetensors")):
        found = bp.trust.vet(tmp_path / name)
        assert (found.model_class, found.format, found.reasons) == ("A", kind, [])
    package = bp.models.shipped("beat_classifier")
    assert (cls(package), bp.trust.vet(package).format) == ("A", "package")
    changed = tmp_path / "package"
    shutil.copytree(package, changed)
    raw = bytearray((changed / "weights.safetensors").read_bytes())
    raw[-1] ^= 1
    (changed / "weights.safetensors").write_bytes(raw)
    assert cls(changed) == "D"
    shutil.copytree(package, tmp_path / "more")
    (tmp_path / "more" / "hook.py").write_text("")
    assert cls(tmp_path / "more") == "D"


def test_torchscript_is_class_b_and_lists_its_operators(tmp_path: Path) -> None:
    save_jit(Net(), tmp_path / "net.safetensors")
    found = bp.trust.vet(tmp_path / "net.safetensors")
    assert (found.model_class, found.format) == ("B", "TorchScript"), found.reasons
    assert {"torch.relu", "torch.softmax"} <= set(found.operators)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(Net().eval(), torch.zeros(1, 1, 32))
        traced.save(str(tmp_path / "traced"))
    assert cls(tmp_path / "traced") == "B", bp.trust.vet(tmp_path / "traced").reasons


def test_exported_programs(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(
            torch.nn.Sequential(torch.nn.Conv1d(1, 2, 3), torch.nn.ReLU()), (torch.zeros(1, 1, 16),)
        )
        torch.export.save(program, tmp_path / "net.pt2")
    found = bp.trust.vet(tmp_path / "net.pt2")
    assert (found.model_class, found.format) == ("B", "pt2"), found.reasons
    elf = b"\x7fELF\x02\x01\x01" + bytes(100)
    repack(tmp_path / "net.pt2", tmp_path / "native.pt2", lambda m: m.update({"net/data/aotinductor/model/x.so": elf}))
    assert cls(tmp_path / "native.pt2") == "C"
    repack(tmp_path / "net.pt2", tmp_path / "hidden.pt2", lambda m: m.update({"net/data/weights/w9": elf}))
    assert cls(tmp_path / "hidden.pt2") == "C"
    repack(
        tmp_path / "net.pt2",
        tmp_path / "source.pt2",
        lambda m: m.update({"net/data/aotinductor/model/x.cpp": b"int f();"}),
    )
    assert cls(tmp_path / "source.pt2") == "C"
    mark = tmp_path / "RAN"
    inner = io.BytesIO()
    torch.save(Runs(mark), inner)
    repack(
        tmp_path / "net.pt2",
        tmp_path / "evil.pt2",
        lambda m: m.update({"net/data/sample_inputs/model.pt": inner.getvalue()}),
    )
    assert cls(tmp_path / "evil.pt2") == "D"
    assert not mark.exists()


@pytest.mark.parametrize(
    "magic", [b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xca\xfe\xba\xbe", b"!<arch>\n"]
)
def test_native_code_is_class_c(tmp_path: Path, magic: bytes) -> None:
    (tmp_path / "weights.safetensors").write_bytes(magic + bytes(200))
    assert cls(tmp_path / "weights.safetensors") == "C"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", magic + bytes(200))
    assert cls(tmp_path / "a.npz") == "C"


def test_torchscript_that_reaches_files_is_refused(tmp_path: Path) -> None:
    written = str(tmp_path / "WRITTEN")

    class Saves(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
            return x

    save_jit(Saves(), tmp_path / "plain")
    assert cls(tmp_path / "plain") == "B"
    bodies = [
        f'torch.save(x, "{written}")',
        f'torch.from_file("{written}", True, 4)',
        f'ops.aten.from_file("{written}", True, 4)',
        'ops.aten.save(x, "x")',
        'ops.own.run("x")',
        'print("x")',
        "torch.unheard_of(x)",
    ]
    for body in bodies:

        def change(members: dict[str, bytes], body: str = body) -> None:
            code = next(name for name in members if name.endswith(".py"))
            members[code] = members[code].replace(b"    return x", f"    _0 = {body}\n    return x".encode())
            assert body.encode() in members[code]

        repack(tmp_path / "plain", tmp_path / "evil", change)
        found = bp.trust.vet(tmp_path / "evil")
        assert found.model_class == "D", body
        assert "not on the list" in found.reasons[0]
    mark = tmp_path / "RAN"
    repack(tmp_path / "plain", tmp_path / "evil", lambda m: m.update({"plain/data.pkl": pickle.dumps(Runs(mark), 2)}))
    assert cls(tmp_path / "evil") == "D"
    repack(tmp_path / "plain", tmp_path / "evil", lambda m: m.update({"plain/other.pkl": pickle.dumps(Runs(mark), 2)}))
    assert cls(tmp_path / "evil") == "D"
    assert not mark.exists()
    assert not Path(written).exists()


def test_pickles_are_refused_whatever_they_hold(tmp_path: Path) -> None:
    mark = tmp_path / "RAN"
    for protocol in range(6):
        for value in (Runs(mark), {"w": [1.0, 2.0]}, "text"):
            (tmp_path / "m").write_bytes(pickle.dumps(value, protocol))
            assert bp.trust.vet(tmp_path / "m").model_class == "D"
            assert bp.trust.vet(tmp_path / "m").format == "pickle"
    torch.save(Net().state_dict(), tmp_path / "state.pt")
    assert (cls(tmp_path / "state.pt"), bp.trust.vet(tmp_path / "state.pt").format) == ("D", "torch pickle")
    torch.save(Runs(mark), tmp_path / "run.pt")
    torch.save(Runs(mark), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert cls(tmp_path / "run.pt") == cls(tmp_path / "old.pt") == "D"
    np.save(tmp_path / "o.npy", np.array([Runs(mark)], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "o.npz", a=np.ones(2), b=np.array([Runs(mark)], dtype=object))
    assert cls(tmp_path / "o.npy") == cls(tmp_path / "o.npz") == "D"
    assert not mark.exists()


def zips(tmp_path: Path) -> dict[str, bytes]:
    out: dict[str, bytes] = {}
    array = io.BytesIO()
    np.save(array, np.arange(50.0))

    def made(**changes: Any) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", changes.get("method", zipfile.ZIP_STORED)) as archive:
            for name in changes.get("names", ["a.npy"]):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    archive.writestr(zipfile.ZipInfo(name), changes.get("content", array.getvalue()))
            archive.comment = changes.get("comment", b"")
        return target.getvalue()

    good = made()
    assert cls_of(tmp_path, good) == "A"
    out["comment"] = made(comment=b"x")
    out["behind a PDF"] = b"%PDF-1.4\n" + good
    out["bytes behind"] = good + b"x"
    out["a name twice"] = made(names=["a.npy", "a.npy"])
    for name in ("../a.npy", "/a.npy", "a\\b.npy", "c:a.npy", "x/../a.npy"):
        out[f"name {name}"] = made(names=[name])
    out["zip in zip"] = made(content=good)
    central = good.rindex(b"PK\x01\x02")
    out["another local name"] = good.replace(b"a.npy", b"b.npy", 1)
    out["another local size"] = good[:22] + b"\1" + good[23:]
    out["another CRC"] = (
        good[:14]
        + bytes([good[14] ^ 1])
        + good[15 : central + 16]
        + bytes([good[central + 16] ^ 1])
        + good[central + 17 :]
    )
    out["encrypted"] = good[: central + 8] + b"\1" + good[central + 9 :]
    out["changed content"] = good[:60] + bytes([good[60] ^ 1]) + good[61:]
    out["bytes between"] = good[:central] + b"hidden" + good[central:]
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(50_000_000))
    out["bomb"] = bomb.getvalue()
    two = made(names=["a.npy", "b.npy"])
    first, second = two.index(b"PK\x01\x02"), two.rindex(b"PK\x01\x02")
    out["overlap"] = two[: second + 42] + two[first + 42 : first + 46] + two[second + 46 :]
    out["empty"] = b"PK\x05\x06" + bytes(18)
    out["cut"] = good[:-10]
    out["keras"] = made(names=["config.json"], content=b"{}")
    return out


def cls_of(folder: Path, content: bytes) -> str:
    (folder / "model").write_bytes(content)
    return cls(folder / "model")


def test_lying_archives_are_refused(tmp_path: Path) -> None:
    for what, content in zips(tmp_path).items():
        assert cls_of(tmp_path, content) == "D", what


def test_hostile_safetensors_are_refused(tmp_path: Path) -> None:
    tensor = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    assert cls_of(tmp_path, safetensors({"w": tensor}, bytes(8))) == "A"
    hostile = {
        "length 2**62": struct.pack("<Q", 2**62) + b"{}",
        "bytes behind": safetensors({"w": tensor}, bytes(9)),
        "too few": safetensors({"w": tensor}, bytes(7)),
        "gap": safetensors({"w": {**tensor, "data_offsets": [1, 9]}}, bytes(9)),
        "overlap": safetensors({"w": tensor, "v": {**tensor, "data_offsets": [4, 12]}}, bytes(12)),
        "backwards": safetensors({"w": {**tensor, "data_offsets": [8, 0]}}, bytes(8)),
        "negative": safetensors({"w": {**tensor, "shape": [-2]}}, bytes(8)),
        "huge shape": safetensors({"w": {**tensor, "shape": [2**62, 2**62]}}, bytes(8)),
        "unknown type": safetensors({"w": {**tensor, "dtype": "OBJ"}}, bytes(8)),
        "more keys": safetensors({"w": {**tensor, "code": "x"}}, bytes(8)),
        "a key twice": safetensors(
            b'{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
            b"x",
        ),
        "nested": safetensors(b'{"w":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b""),
        "metadata that is no text": safetensors({"__metadata__": {"a": 1}}, b""),
        "no object": safetensors(b"[]      ", b""),
        "pickle": pickle.dumps({"a": 1}),
        "nothing": b"",
        "one byte": b"{",
    }
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps({"a": 1}))
    content = zipped.getvalue()
    hostile["polyglot"] = safetensors(
        {"w": {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}}, content
    )
    for what, content in hostile.items():
        assert cls_of(tmp_path, content) == "D", what


def test_mutations_never_crash(tmp_path: Path) -> None:
    save_jit(Net(), tmp_path / "net")
    np.savez_compressed(tmp_path / "x.npz", a=np.arange(100))
    rng = np.random.default_rng(5)
    for source in ("net", "x.npz"):
        good = (tmp_path / source).read_bytes()
        for _ in range(300):
            raw = bytearray(good)
            for at in rng.integers(0, len(raw), rng.integers(1, 5)):
                raw[at] = rng.integers(0, 256)
            assert (
                cls_of(tmp_path, bytes(raw[: rng.integers(1, len(raw) + 1)] if rng.random() < 0.3 else raw)) in "ABCD"
            )


def test_verb(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(pickle.dumps({}))
    shown = CliRunner().invoke(app, ["vet", str(tmp_path / "m"), "--json"])
    assert shown.exit_code == 4
    assert json.loads(shown.output)["class"] == "D"
    shown = CliRunner().invoke(app, ["vet", str(bp.models.shipped("beat_classifier")), "--json"])
    assert shown.exit_code == 0
    assert json.loads(shown.output)["class"] == "A"
    assert CliRunner().invoke(app, ["vet", str(tmp_path / "none")]).exit_code == 2


def test_admission(tmp_path: Path) -> None:
    save_jit(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(8, 2)), tmp_path / "net.ts")

    def load() -> object:
        return bp.models.load(
            tmp_path / "net.ts",
            format="torchscript",
            n_channels=1,
            fs=100,
            window_samples=8,
            step_samples=8,
            classes=["a", "b"],
        )

    allowed = tmp_path / "admitted.json"
    (tmp_path / "p").write_bytes(pickle.dumps({}))
    with pytest.raises(bp.PolicyError, match="class D"):
        bp.trust.admit(tmp_path / "p", allowed)
    with pytest.raises(bp.PolicyError, match="class A"):
        bp.trust.admit(bp.models.shipped("beat_classifier"), allowed)
    allowed.write_text('{"schema": "biopotential-admission/1", "models": []}')
    try:
        bp.trust.use_admission(allowed)
        bp.models.load(bp.models.shipped("beat_classifier"))
        with pytest.raises(bp.PolicyError, match="admitted"):
            load()
        assert bp.trust.admit(tmp_path / "net.ts", allowed).model_class == "B"
        bp.trust.admit(tmp_path / "net.ts", allowed)
        assert len(json.loads(allowed.read_text())["models"]) == 1
        bp.trust.use_admission(allowed)
        load()
        save_jit(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(8, 2)), tmp_path / "net.ts")
        with pytest.raises(bp.PolicyError, match="admitted"):
            load()
    finally:
        bp.trust.use_admission(None)
    load()
    allowed.write_text("[]")
    with pytest.raises(bp.ParseError):
        bp.trust.use_admission(allowed)
