"""Neural networks on ECG and EEG: model packages, run by LibTorch in C++.

A *package* is a folder of data (``model.json``, ``weights.safetensors``): nothing in it runs. TorchScript and
AOTInductor files are programs; they load only when ``format=`` says so. Needs the ``torch`` extra.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import struct
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from biopotential._core.core import sha256, torch_version
from biopotential._shipped import shipped as _shipped

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Model",
    "Prediction",
    "beat_inputs",
    "load",
    "package",
    "shipped",
    "side_features",
    "to_torch",
    "window_inputs",
]

_EMPTY_PIPELINE: dict[str, Any] = {"schema_version": 1, "steps": []}
_INSTALL = "bp.models needs PyTorch: pip install 'biopotential[torch]'"


def _native() -> Any:
    """Import the extension that is linked to LibTorch, after the torch wheel's libraries.

    Which torch it is, is settled before either is loaded: another one lacks symbols, or has others of their names.
    """
    built = torch_version()
    if not built:
        raise ImportError(f"{_INSTALL}; this biopotential was built without it, so build it anew with it")
    found = _installed_torch()
    if found is None:
        raise ImportError(_INSTALL)
    if found.split(".")[:2] != built.split(".")[:2]:
        raise ImportError(f"bp.models was built for torch {built}, but torch {found} is installed. {_INSTALL}")
    _load_libtorch()
    return importlib.import_module("biopotential._models")


def _load_libtorch() -> None:
    """Load the libraries that `_models` is linked to, where its run path may not lead.

    Without torch's Python part, which takes longer to import than all the rest of a report; `import torch` afterwards
    finds the same libraries. Where they don't load alone (a CUDA build's need torch's own search), torch is imported.
    """
    if "torch" in sys.modules:
        return
    spec = importlib.util.find_spec("torch")
    folders = (spec.submodule_search_locations if spec is not None else None) or []
    libraries = [Path(folder) / "lib" / f"lib{name}.so" for folder in folders for name in ("c10", "torch_cpu", "torch")]
    try:
        for library in libraries:
            ctypes.CDLL(str(library))
    except OSError:
        libraries = []
    if not libraries:
        importlib.import_module("torch")


def _installed_torch() -> str | None:
    """Version of the torch that `import torch` would find, from its files; None where there is none."""
    if "torch" in sys.modules:
        return str(sys.modules["torch"].__version__)
    spec = importlib.util.find_spec("torch")
    if spec is None:
        return None
    for folder in spec.submodule_search_locations or ():
        file = Path(folder) / "version.py"
        if file.is_file() and (found := re.search(r"""^__version__\b.*?=\s*['"]([^'"]+)""", file.read_text(), re.M)):
            return found[1]
    return importlib.metadata.version("torch")


@dataclass(frozen=True)
class Prediction:
    """What a network says about each window or beat.

    Attributes
    ----------
    probabilities : ndarray of float64, shape (n_windows, n_classes)
    starts : ndarray of int64, shape (n_windows,)
        First sample of each window, in samples of the signal that went in (negative where a beat's window begins
        before the signal).
    classes : list of str
    fs : float
        Sampling rate of the signal that went in.
    """

    probabilities: NDArray[np.float64]
    starts: NDArray[np.int64]
    classes: list[str]
    fs: float

    @property
    def labels(self) -> NDArray[np.str_]:
        """The likeliest class of each window, shape (n_windows,)."""
        if len(self.starts) == 0:
            return np.empty(0, dtype=np.asarray(self.classes).dtype)
        labels: NDArray[np.str_] = np.asarray(self.classes)[np.argmax(self.probabilities, axis=1)]
        return labels

    @property
    def starts_s(self) -> NDArray[np.float64]:
        """Window starts in seconds, shape (n_windows,)."""
        return self.starts / self.fs


class Model:
    """A loaded network with its preprocessing and windowing; made by `load`."""

    def __init__(self, native: Any) -> None:
        self._native = native

    @property
    def card(self) -> dict[str, Any]:
        """The package's ``model.json``; empty for a TorchScript or AOTInductor program."""
        text: str = self._native.card
        card: dict[str, Any] = json.loads(text) if text else {}
        return card

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the probabilities' columns."""
        return list(self._native.classes)

    @property
    def fs(self) -> float:
        """Sampling rate in Hz that the network works at, after preprocessing."""
        return float(self._native.fs)

    @property
    def n_channels(self) -> int:
        """Number of channels that a signal must have."""
        return int(self._native.n_channels)

    @property
    def channel_names(self) -> list[str]:
        """Names of the channels in their order; empty where the model leaves them open."""
        names: list[str] = self.card["input"].get("channel_names", []) if self.card else []
        return list(names)

    @property
    def windowing(self) -> str:
        """Which windows it classifies: ``"fixed"`` (`predict`) or ``"beats"`` (`predict_beats`)."""
        return str(self._native.windowing)

    @property
    def unit(self) -> str:
        """Unit that a signal must be in."""
        return str(self._native.unit)

    @property
    def sha256(self) -> str:
        """Hash of the file; of a package, of its ``model.json``, which names the hash of its weights."""
        return str(self._native.sha256)

    def __repr__(self) -> str:
        name = self.card.get("name", "program")
        return f"<Model {name}: {self.n_channels} channel(s), {self.fs:g} Hz, classes {', '.join(self.classes)}>"

    def predict(self, x: ArrayLike, *, fs: float) -> Prediction:
        """Classify windows at the model's step.

        Parameters
        ----------
        x : array_like, shape (n_channels, n_samples) or (n_samples,)
            In the model's `unit`.
        fs : float
            Sampling rate in Hz.

        Returns
        -------
        Prediction
            No window where the signal is shorter than one.

        Raises
        ------
        ValueError
            A model of beats; another number of channels; NaN; a rate that the model's preprocessing doesn't bring to
            its own.
        """
        probabilities, starts = self._native.predict(x, fs=fs)
        return Prediction(probabilities, starts, self.classes, float(fs))

    def predict_beats(self, x: ArrayLike, r_peaks: ArrayLike, *, fs: float) -> Prediction:
        """Classify the beats at given R peaks, as `bp.ecg.find_r_peaks` returns them.

        Parameters
        ----------
        x : array_like, shape (n_channels, n_samples) or (n_samples,)
            In the model's `unit`.
        r_peaks : array_like of int, shape (n_beats,)
            Ascending sample positions.
        fs : float
            Sampling rate in Hz.

        Returns
        -------
        Prediction
            A row a beat.

        Raises
        ------
        ValueError
            As `predict`; a model of fixed windows; positions outside x or not ascending.
        """
        probabilities, starts = self._native.predict_beats(x, r_peaks, fs=fs)
        return Prediction(probabilities, starts, self.classes, float(fs))


def load(
    path: str | os.PathLike[str],
    *,
    format: Literal["package", "torchscript", "aotinductor"] = "package",
    n_channels: int | None = None,
    fs: float | None = None,
    window_samples: int | None = None,
    step_samples: int | None = None,
    before_samples: int | None = None,
    classes: Sequence[str] | None = None,
    unit: str = "",
    side_features: Sequence[str] = (),
    preprocessing: Mapping[str, Any] | None = None,
    activation: Literal["none", "softmax", "sigmoid"] = "none",
) -> Model:
    """Load a model.

    Parameters
    ----------
    path : path-like
        A package's folder, or a TorchScript ``.pt`` or AOTInductor ``.pt2`` file.
    format : {"package", "torchscript", "aotinductor"}
        A package is data. The others are programs that run with your rights: never guessed from the file, and to be
        loaded only from someone whose program you would run.
    n_channels, fs, window_samples, classes
        What a program takes in and gives out; required for programs, refused for a package, which says it itself.
    step_samples, before_samples : int, optional
        Fixed windows at this step, or windows that begin this many samples before an R peak; for programs, one of them.
    unit, side_features, preprocessing, activation
        The rest of a program's description: see docs/model-package.md.

    Returns
    -------
    Model

    Raises
    ------
    ParseError
        The content is not a package: an unknown key or layer, a newer schema, shapes that don't fit, too large.
    IntegrityError
        The weights' SHA-256 is not the declared one.
    PolicyError
        Admission refused the model.
    ImportError
        torch is missing, or another version than the one that biopotential was built for.
    """
    native = _native()
    described = [n_channels, fs, window_samples, step_samples, before_samples, classes, preprocessing]
    if format == "package":
        if any(d is not None for d in described) or unit or side_features or activation != "none":
            raise ValueError("[models.load] wanted no input description beside a package, which has its own, got one")
        return Model(native.load_package(os.fspath(path)))
    if format not in ("torchscript", "aotinductor"):
        raise ValueError(f"[models.load] wanted format 'package', 'torchscript' or 'aotinductor', got {format!r}")
    if n_channels is None or fs is None or window_samples is None or classes is None:
        raise ValueError(
            "[models.load] wanted n_channels, fs, window_samples and classes of a program, got not all of them"
        )
    return Model(
        native.load_program(
            path=os.fspath(path),
            torchscript=format == "torchscript",
            n_channels=n_channels,
            fs=fs,
            window_samples=window_samples,
            step_samples=step_samples,
            before_samples=before_samples,
            classes=list(classes),
            unit=unit,
            side_features=list(side_features),
            preprocessing=json.dumps(preprocessing or _EMPTY_PIPELINE),
            activation=activation,
        )
    )


def shipped(name: str) -> Path:
    """Folder of a model package that biopotential ships, such as ``"beat_classifier"``."""
    folder = _shipped(f"models/{name}")
    if not (folder / "model.json").is_file():
        raise ValueError(f"[models.shipped] wanted a shipped model, got {name!r}")
    return folder


def beat_inputs(
    x: ArrayLike, r_peaks: ArrayLike, *, fs: float, declaration: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Windows and side features as a beat model's network sees them: what training takes.

    Parameters
    ----------
    x, r_peaks, fs
        As `Model.predict_beats`.
    declaration : mapping
        A package's declaration; its input, windowing and preprocessing count.

    Returns
    -------
    windows : ndarray, shape (n_beats, n_channels, window_samples)
    side : ndarray, shape (n_beats, n_side)
    """
    result = _native().beat_inputs(x, r_peaks, fs=fs, declaration=_as_json(declaration))
    windows: NDArray[np.float64] = result[0]
    side: NDArray[np.float64] = result[1]
    return windows, side


def side_features() -> list[str]:
    """Names of the features of a beat that a declaration may ask for beside its window: docs/model-package.md."""
    return list(_native().side_features())


def window_inputs(
    x: ArrayLike, *, fs: float, declaration: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cut fixed windows as a model's network sees them: what training takes.

    Parameters
    ----------
    x, fs
        As `Model.predict`.
    declaration : mapping
        A package's declaration; its input, windowing and preprocessing count.

    Returns
    -------
    windows : ndarray, shape (n_windows, n_channels, window_samples)
    starts : ndarray of int64, shape (n_windows,)
        As of `Prediction`.
    """
    result = _native().window_inputs(x, fs=fs, declaration=_as_json(declaration))
    windows: NDArray[np.float64] = result[0]
    starts: NDArray[np.int64] = result[1]
    return windows, starts


def _as_json(declaration: Mapping[str, Any]) -> str:
    """Give the declaration as JSON, with a place holder where the weights' hash is not known yet."""
    return json.dumps({"members": {"weights.safetensors": "0" * 64}, **declaration}, allow_nan=False)


def _safetensors(weights: Mapping[str, Any]) -> bytes:
    """Serialize float32 tensors, sorted by name, so that the same weights give the same bytes."""
    header: dict[str, Any] = {}
    blocks: list[bytes] = []
    at = 0
    for name in sorted(weights):
        value = weights[name]
        array = np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)
        block = array.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + len(block)]}
        blocks.append(block)
        at += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(blocks)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def package(
    path: str | os.PathLike[str],
    *,
    declaration: Mapping[str, Any],
    weights: Mapping[str, Any] | str | os.PathLike[str],
) -> Path:
    """Write a model package: all of it or nothing.

    Parameters
    ----------
    path : path-like
        Folder to create; it must not exist.
    declaration : mapping
        ``model.json`` without ``members``, which this function fills in; docs/model-package.md lists its keys.
    weights : mapping or path-like
        A state_dict of `to_torch`'s module (``num_batches_tracked`` is left out), or a safetensors file.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParseError
        A declaration that `load` would refuse, or weights that don't fit it.
    FileExistsError
        Something is at `path` already.
    """
    native = _native()
    target = Path(path)
    if target.exists():
        raise FileExistsError(f"[models.package] wanted a new folder, got one that exists: {target}")
    if isinstance(weights, Mapping):
        content = _safetensors({k: v for k, v in weights.items() if not k.endswith("num_batches_tracked")})
    else:
        content = Path(weights).read_bytes()
    members = {"weights.safetensors": sha256(content)}
    text = json.dumps({**declaration, "members": members}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _write(work / "weights.safetensors", content)
        _write(work / "model.json", text.encode())
        native.check_package(str(work))
        work.chmod(0o755)
        work.rename(target)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return target


def to_torch(declaration: Mapping[str, Any]) -> torch.nn.Module:
    """Build a declaration's network as a ``torch.nn.Module`` for training.

    Its ``forward(windows, side=None)`` takes (n, n_channels, window_samples) and (n, n_side) and returns what the last
    layer gives, and its state_dict has the names that `package` wants. ``forward(..., logits=True)`` leaves out the
    last layer, a softmax or sigmoid, for a loss on logits.

    Raises
    ------
    ParseError
        A declaration that `load` would refuse.
    """
    native = _native()
    native.plan(_as_json(declaration))
    from biopotential._torch_network import build

    source = declaration["input"]
    return build(
        declaration["network"],
        int(source["n_channels"]),
        int(source["window_samples"]),
        len(source.get("side_features", ())),
    )
