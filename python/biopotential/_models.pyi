"""
Networks through LibTorch; use it through biopotential.models.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "Model",
    "beat_inputs",
    "check_package",
    "load_package",
    "load_program",
    "plan",
    "read_safetensors",
    "side_features",
    "window_inputs",
]

class Model:
    """
    A loaded network with its preprocessing and windowing.
    """
    def predict(self, x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex) -> tuple: ...
    def predict_beats(
        self, x: typing.Any, r_peaks: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
    ) -> tuple: ...
    @property
    def card(self) -> str: ...
    @property
    def classes(self) -> list[str]: ...
    @property
    def fs(self) -> float: ...
    @property
    def n_channels(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def window_samples(self) -> int: ...
    @property
    def windowing(self) -> str: ...

def beat_inputs(
    x: typing.Any, r_peaks: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex, declaration: str
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]: ...
def check_package(path: str) -> str:
    """
    Read and check a package without building its network; its card as JSON.
    """

def load_package(path: str) -> Model: ...
def load_program(
    *,
    path: str,
    torchscript: bool,
    n_channels: typing.SupportsInt | typing.SupportsIndex,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    window_samples: typing.SupportsInt | typing.SupportsIndex,
    step_samples: typing.SupportsInt | typing.SupportsIndex | None,
    before_samples: typing.SupportsInt | typing.SupportsIndex | None,
    classes: collections.abc.Sequence[str],
    unit: str,
    side_features: collections.abc.Sequence[str],
    preprocessing: str,
    activation: str,
) -> Model: ...
def plan(declaration: str) -> dict:
    """
    Name and shape of every tensor that a declaration's network needs.
    """

def read_safetensors(path: str) -> dict:
    """
    The floating-point tensors of a safetensors file, as float32.
    """

def side_features() -> list[str]: ...
def window_inputs(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex, declaration: str
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.int64]]: ...
