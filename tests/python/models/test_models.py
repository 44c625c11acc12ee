"""Packages, programs and predictions against torch at run time."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import biopotential as bp

torch = pytest.importorskip("torch")
models = pytest.importorskip("biopotential.models")
try:
    models._native()
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)

FS = 100.0


def declaration(**changes: Any) -> dict[str, Any]:
    made = {
        "schema_version": 1,
        "name": "test",
        "description": "test",
        "network": [
            {"type": "conv1d", "out_channels": 4, "kernel_size": 5, "padding": 2, "stride": 2},
            {"type": "batch_norm1d"},
            {"type": "gelu"},
            {
                "type": "residual",
                "layers": [{"type": "conv1d", "out_channels": 6, "kernel_size": 3, "padding": 1}, {"type": "elu"}],
                "shortcut": [{"type": "conv1d", "out_channels": 6, "kernel_size": 1, "bias": False}],
            },
            {"type": "avg_pool1d", "kernel_size": 2},
            {"type": "lstm", "hidden_size": 5, "bidirectional": True, "sequence": True},
            {"type": "max_pool1d", "kernel_size": 2},
            {"type": "gru", "hidden_size": 7},
            {"type": "linear", "out_features": 3},
            {"type": "softmax"},
        ],
        "input": {"n_channels": 2, "fs": FS, "window_samples": 50, "unit": "uV"},
        "preprocessing": {"schema_version": 1, "steps": []},
        "windowing": {"kind": "fixed", "step_samples": 20},
        "classes": ["a", "b", "c"],
        "intended_use": "tests",
        "disclaimer": "research use, not a medical device",
        "licence": "Apache-2.0",
    }
    return {**made, **changes}


def make(path: Path, d: dict[str, Any]) -> tuple[Any, Any]:
    torch.manual_seed(0)
    network = models.to_torch(d).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
    models.package(path, declaration=d, weights=network.state_dict())
    return network, models.load(path)


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, 333))


def windows(x: np.ndarray, step: int = 20, n: int = 50) -> Any:
    return torch.tensor(np.stack([x[:, s : s + n] for s in range(0, x.shape[1] - n + 1, step)]), dtype=torch.float32)


def test_package_equals_torch(tmp_path: Path, x: np.ndarray) -> None:
    network, model = make(tmp_path / "p", declaration())
    out = model.predict(x, fs=FS)
    with torch.inference_mode():
        wanted = network(windows(x)).numpy()
    np.testing.assert_allclose(out.probabilities, wanted, atol=1e-6)
    np.testing.assert_array_equal(out.starts, np.arange(0, 284, 20))
    assert model.card["classes"] == ["a", "b", "c"]
    assert set(out.labels) <= {"a", "b", "c"}
    np.testing.assert_allclose(out.probabilities.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    "layout", [np.asfortranarray, lambda x: x.astype(np.float32), lambda x: np.repeat(x, 2, axis=1)[:, ::2]]
)
def test_array_contract(tmp_path: Path, x: np.ndarray, layout: Any) -> None:
    _, model = make(tmp_path / "p", declaration())
    wanted = model.predict(x, fs=FS).probabilities
    np.testing.assert_allclose(model.predict(layout(x), fs=FS).probabilities, wanted, atol=1e-5)


def test_threads_do_not_change_results(tmp_path: Path, x: np.ndarray) -> None:
    _, model = make(tmp_path / "p", declaration())
    before = bp.num_threads()
    try:
        bp.set_num_threads(1)
        one = model.predict(x, fs=FS).probabilities
        bp.set_num_threads(2)
        np.testing.assert_allclose(model.predict(x, fs=FS).probabilities, one, atol=1e-7)
    finally:
        bp.set_num_threads(before)


def test_window_inputs_are_what_predict_sees(tmp_path: Path, x: np.ndarray) -> None:
    d = declaration()
    network, model = make(tmp_path / "p", d)
    cut, starts = models.window_inputs(x, fs=FS, declaration=d)
    np.testing.assert_array_equal(cut[3], x[:, 60:110])
    out = model.predict(x, fs=FS)
    np.testing.assert_array_equal(starts, out.starts)
    with torch.inference_mode():
        wanted = network(torch.tensor(cut, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(out.probabilities, wanted, atol=1e-6)
    assert models.window_inputs(np.zeros((2, 0)), fs=FS, declaration=d)[0].shape == (0, 2, 50)
    assert models.window_inputs(x[:, :49], fs=FS, declaration=d)[0].shape == (0, 2, 50)
    for bad, fs, message in [
        (x[0], FS, "2 channels"),
        (x, 0.0, "fs"),
        (x, 99.5, "after preprocessing"),
        (np.full((2, 60), np.nan), FS, "finite"),
        (x[None], FS, "shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            models.window_inputs(bad, fs=fs, declaration=d)
    with pytest.raises(ValueError, match="fixed"):
        models.window_inputs(x[:1], fs=FS, declaration=beat_declaration())
    with pytest.raises(bp.ParseError):
        models.window_inputs(x, fs=FS, declaration={})
    assert model.windowing == "fixed"
    assert model.channel_names == []


def test_bad_signals(tmp_path: Path, x: np.ndarray) -> None:
    _, model = make(tmp_path / "p", declaration())
    assert model.predict(np.zeros((2, 0)), fs=FS).probabilities.shape == (0, 3)
    assert model.predict(x[:, :49], fs=FS).probabilities.shape == (0, 3)
    for bad, fs, message in [
        (x[0], FS, "2 channels"),
        (x, 99.5, "after preprocessing"),
        (x, 0.0, "fs"),
        (np.full((2, 60), np.nan), FS, "finite"),
        (x[None], FS, "shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.predict(bad, fs=fs)
    with pytest.raises(ValueError, match="beats"):
        model.predict_beats(x, [5, 80], fs=FS)


def beat_declaration() -> dict[str, Any]:
    return declaration(
        network=[
            {"type": "flatten"},
            {"type": "concat_side"},
            {"type": "linear", "out_features": 3},
            {"type": "softmax"},
        ],
        input={
            "n_channels": 1,
            "fs": 50,
            "window_samples": 20,
            "unit": "mV",
            "side_features": ["pre_rr_s", "post_ratio"],
        },
        windowing={"kind": "beats", "before_samples": 8},
        preprocessing={"schema_version": 1, "steps": [{"function": "resample", "parameters": {"fs": 50}}]},
    )


def test_beats_equal_torch(tmp_path: Path, x: np.ndarray) -> None:
    d = beat_declaration()
    network, model = make(tmp_path / "p", d)
    r = [3, 90, 180, 330]
    out = model.predict_beats(x[0], r, fs=FS)
    w, side = models.beat_inputs(x[0], r, fs=FS, declaration=d)
    y = bp.signal.resample_poly(x[0], 1, 2)
    np.testing.assert_allclose(w[1, 0], y[45 - 8 : 45 + 12], atol=1e-12)
    with torch.inference_mode():
        wanted = network(torch.tensor(w, dtype=torch.float32), torch.tensor(side, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(out.probabilities, wanted, atol=1e-6)
    assert model.predict_beats(x[0], [], fs=FS).probabilities.shape == (0, 3)
    for bad in ([3], [90, 3], [3, 400], [-1, 5]):
        with pytest.raises(ValueError, match="models"):
            model.predict_beats(x[0], bad, fs=FS)


MUTATIONS = {
    "newer schema": lambda d: d.update(schema_version=2),
    "unknown key": lambda d: d.update(extra=1),
    "missing key": lambda d: d.pop("disclaimer"),
    "unknown layer": lambda d: d["network"].insert(0, {"type": "python"}),
    "terabyte": lambda d: d["network"][0].update(out_channels=65536, kernel_size=65536, padding=65536),
    "classes": lambda d: d.update(classes=["a", "b"]),
    "same class twice": lambda d: d.update(classes=["a", "a", "b"]),
    "fs": lambda d: d["input"].update(fs=-1),
    "window": lambda d: d["input"].update(window_samples=2**40),
    "members elsewhere": lambda d: d.update(members={"../x": "0" * 64}),
    "pipeline": lambda d: d.update(preprocessing={"schema_version": 9, "steps": []}),
    "other shape": lambda d: d["network"][0].update(kernel_size=7, padding=3),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_hostile_declaration(tmp_path: Path, name: str) -> None:
    make(tmp_path / "p", declaration())
    file = tmp_path / "p" / "model.json"
    d = json.loads(file.read_text())
    MUTATIONS[name](d)
    file.write_text(json.dumps(d))
    with pytest.raises(bp.ParseError):
        models.load(tmp_path / "p")


def test_changed_weights(tmp_path: Path) -> None:
    make(tmp_path / "p", declaration())
    file = tmp_path / "p" / "weights.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(bp.IntegrityError, match="SHA-256"):
        models.load(tmp_path / "p")


def test_damaged_weights_never_crash(tmp_path: Path) -> None:
    make(tmp_path / "p", declaration())
    weights, card = tmp_path / "p" / "weights.safetensors", tmp_path / "p" / "model.json"
    content, d = weights.read_bytes(), json.loads(card.read_text())
    rng = np.random.default_rng(3)
    refused = 0
    for _ in range(300):
        damaged = bytearray(content)
        damaged[int(rng.integers(0, 1200))] = int(rng.integers(0, 256))
        damaged = damaged[: int(rng.integers(1, len(damaged)))] if rng.random() < 0.2 else damaged
        weights.write_bytes(damaged)
        d["members"] = {"weights.safetensors": hashlib.sha256(damaged).hexdigest()}
        card.write_text(json.dumps(d))
        try:
            models.load(tmp_path / "p")
        except bp.ParseError:
            refused += 1
    assert refused > 150


def test_package_is_all_or_nothing(tmp_path: Path) -> None:
    network = models.to_torch(declaration())
    with pytest.raises(bp.ParseError):
        models.package(tmp_path / "p", declaration=declaration(classes=["a"]), weights=network.state_dict())
    with pytest.raises(bp.ParseError):
        models.package(tmp_path / "p", declaration=declaration(), weights={})
    assert list(tmp_path.iterdir()) == []
    models.package(tmp_path / "p", declaration=declaration(), weights=network.state_dict())
    with pytest.raises(FileExistsError):
        models.package(tmp_path / "p", declaration=declaration(), weights=network.state_dict())


def test_safetensors_agree(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    make(tmp_path / "p", declaration())
    file = tmp_path / "p" / "weights.safetensors"
    theirs = safetensors.load_file(file)
    ours = models._native().read_safetensors(str(file))
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        np.testing.assert_array_equal(ours[name], value)
    models.package(tmp_path / "q", declaration=declaration(), weights=file)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript(tmp_path: Path, x: np.ndarray) -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(100, 3)).eval()
    torch.jit.trace(net, torch.zeros(4, 2, 50)).save(str(tmp_path / "m.pt"))
    described = {"n_channels": 2, "fs": FS, "window_samples": 50, "step_samples": 20, "classes": ["a", "b", "c"]}
    model = models.load(tmp_path / "m.pt", format="torchscript", activation="softmax", **described)
    with torch.inference_mode():
        wanted = torch.softmax(net(windows(x)), -1).numpy()
    np.testing.assert_allclose(model.predict(x, fs=FS).probabilities, wanted, atol=1e-6)
    with pytest.raises(OSError, match=r"model\.json"):
        models.load(tmp_path / "m.pt")
    (tmp_path / "bad.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(bp.ParseError, match="TorchScript"):
        models.load(tmp_path / "bad.pt", format="torchscript", **described)
    with pytest.raises(ValueError, match="format"):
        models.load(tmp_path / "m.pt", format="pickle")
    with pytest.raises(ValueError, match="classes"):
        models.load(tmp_path / "m.pt", format="torchscript")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="AOTInductor needs a compiler")
@pytest.mark.filterwarnings("ignore")
def test_aotinductor(tmp_path: Path, x: np.ndarray) -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(100, 3)).eval()
    exported = torch.export.export(
        net, (torch.zeros(4, 2, 50),), dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=256)},)
    )
    path = torch._inductor.aoti_compile_and_package(exported, package_path=str(tmp_path / "m.pt2"))
    model = models.load(
        path, format="aotinductor", n_channels=2, fs=FS, window_samples=50, step_samples=20, classes=["a", "b", "c"]
    )
    with torch.inference_mode():
        wanted = net(windows(x)).numpy()
    np.testing.assert_allclose(model.predict(x, fs=FS).probabilities, wanted, atol=1e-5)


def test_another_torch_is_an_import_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "1.0.0")
    with pytest.raises(ImportError, match=r"built for torch .* but torch 1\.0\.0"):
        models.load("anywhere")


def test_a_package_runs_without_importing_torch() -> None:
    code = """
import sys
import numpy as np
import biopotential as bp
model = bp.models.load(bp.models.shipped("beat_classifier"))
x = np.random.default_rng(0).normal(size=3600)
before = model.predict_beats(x, [500, 900, 1300], fs=360).probabilities
assert "torch" not in sys.modules
import torch
assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).shape == (1, 2)
after = model.predict_beats(x, [500, 900, 1300], fs=360).probabilities
np.testing.assert_array_equal(before, after)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
