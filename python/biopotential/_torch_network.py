"""A declared network as a torch module: the twin, for training, of what the C++ library runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class _Recurrent(nn.Module):
    """An LSTM or GRU over time whose tensors carry torch's names without another level."""

    def __init__(self, kind: str, n_in: int, hidden: int, both: bool, sequence: bool) -> None:
        super().__init__()
        core = (nn.LSTM if kind == "lstm" else nn.GRU)(n_in, hidden, batch_first=True, bidirectional=both)
        for name, parameter in core.named_parameters():
            self.register_parameter(name, parameter)
        self._names = [name for name, _ in core.named_parameters()]
        self._kind, self._hidden, self._both, self._sequence = kind, hidden, both, sequence

    def forward(self, x: Tensor) -> Tensor:
        parameters = [getattr(self, name) for name in self._names]
        start = torch.zeros(2 if self._both else 1, len(x), self._hidden, dtype=x.dtype, device=x.device)
        if self._kind == "lstm":
            out, last, _ = torch.lstm(
                x.transpose(1, 2), [start, start], parameters, True, 1, 0.0, self.training, self._both, True
            )
        else:
            out, last = torch.gru(x.transpose(1, 2), start, parameters, True, 1, 0.0, self.training, self._both, True)
        return out.transpose(1, 2) if self._sequence else last.transpose(0, 1).flatten(1)


class _ConcatSide(nn.Module):
    def forward(self, x: Tensor, side: Tensor) -> Tensor:
        return torch.cat([x, side], dim=1)


class _Residual(nn.Module):
    def __init__(self, layers: nn.ModuleList, shortcut: nn.ModuleList | None) -> None:
        super().__init__()
        self.layers = layers
        if shortcut is not None:
            self.shortcut = shortcut
        self._has_shortcut = shortcut is not None

    def forward(self, x: Tensor, side: Tensor | None) -> Tensor:
        body = _run(self.layers, x, side)
        return body + (_run(self.shortcut, x, side) if self._has_shortcut else x)


def _run(layers: Any, x: Tensor, side: Tensor | None) -> Tensor:
    for layer in layers:
        x = layer(x, side) if isinstance(layer, _Residual | _ConcatSide) else layer(x)
    return x


class Network(nn.Module):
    """The layers of a declaration, in order."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, windows: Tensor, side: Tensor | None = None, *, logits: bool = False) -> Tensor:
        layers = list(self.layers)
        return _run(layers[:-1] if logits else layers, windows, side)


def _layer(item: dict[str, Any], n_in: int, shape: tuple[int, ...], n_side: int) -> nn.Module:
    kind = item["type"]
    value = {k: v for k, v in item.items() if k != "type"}
    if kind == "conv1d":
        return nn.Conv1d(n_in, **value)
    if kind == "batch_norm1d":
        return nn.BatchNorm1d(n_in, **value)
    if kind == "linear":
        return nn.Linear(n_in, **value)
    if kind in ("lstm", "gru"):
        return _Recurrent(
            kind, n_in, value["hidden_size"], value.get("bidirectional", False), value.get("sequence", False)
        )
    if kind in ("max_pool1d", "avg_pool1d"):
        value["stride"] = value.get("stride", 0) or value["kernel_size"]
        return nn.MaxPool1d(**value) if kind == "max_pool1d" else nn.AvgPool1d(**value)
    if kind == "residual":
        body, _ = _build(value["layers"], shape, n_side)
        shortcut = _build(value["shortcut"], shape, n_side)[0] if value.get("shortcut") else None
        return _Residual(body, shortcut)
    simple: dict[str, Any] = {
        "relu": nn.ReLU,
        "gelu": nn.GELU,
        "elu": nn.ELU,
        "sigmoid": nn.Sigmoid,
        "adaptive_avg_pool1d": nn.AdaptiveAvgPool1d,
        "dropout": nn.Dropout,
        "flatten": nn.Flatten,
        "concat_side": _ConcatSide,
    }
    if kind == "softmax":
        return nn.Softmax(dim=-1)
    made: nn.Module = simple[kind](**value)
    return made


def _build(
    items: Sequence[dict[str, Any]], shape: tuple[int, ...], n_side: int
) -> tuple[nn.ModuleList, tuple[int, ...]]:
    layers = nn.ModuleList()
    for item in items:
        layer = _layer(item, shape[0], shape, n_side)
        layers.append(layer)
        with torch.no_grad():  # torch itself says what shape comes out
            trial = _run([layer.eval()], torch.zeros(1, *shape), torch.zeros(1, n_side))
        layer.train()
        shape = tuple(trial.shape[1:])
    return layers, shape


def build(items: Sequence[dict[str, Any]], n_channels: int, n_samples: int, n_side: int) -> Network:
    """Build the network that takes (n, n_channels, n_samples) and (n, n_side)."""
    return Network(_build(items, (n_channels, n_samples), n_side)[0])
