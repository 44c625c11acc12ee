"""What the training scripts say about a classifier: scores per class, with intervals over whole recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def scores(confusion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sensitivity, positive predictivity and F1 per class, shape (3, n_classes); NaN where a class is absent."""
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sensitivity = hit / confusion.sum(axis=-1)
        predictivity = hit / confusion.sum(axis=-2)
        f1 = 2 * hit / (confusion.sum(axis=-1) + confusion.sum(axis=-2))
    return np.stack([sensitivity, predictivity, f1], axis=-2)


def metrics(
    confusions: NDArray[np.float64],
    classes: Sequence[str],
    rng: np.random.Generator,
    *,
    items: str = "n_beats",
    groups: str = "n_patients",
) -> dict[str, Any]:
    """Pooled scores with 95 % intervals from 2,000 bootstrap draws of whole groups.

    `confusions`: shape (n_groups, n_reference, n_predicted); classes beyond `classes` are what was missed or false.
    """
    pooled = scores(confusions.sum(axis=0))
    draws = rng.integers(0, len(confusions), (2000, len(confusions)))
    spread = scores(confusions[draws].sum(axis=1))
    out: dict[str, Any] = {
        "confusion": confusions.sum(axis=0).astype(int).tolist(),
        "rows": "reference",
        "columns": "predicted",
    }
    for c, name in enumerate(classes):
        out[name] = {
            items: int(confusions[:, c].sum()),
            groups: int((confusions[:, c].sum(axis=1) > 0).sum()),
        }
        for s, score in enumerate(("sensitivity", "positive_predictivity", "f1")):
            usable = spread[:, s, c][np.isfinite(spread[:, s, c])]
            interval = np.percentile(usable, [2.5, 97.5]).round(3).tolist() if len(usable) else None
            value = None if np.isnan(pooled[s, c]) else round(float(pooled[s, c]), 4)
            out[name][score] = {"value": value, "ci95": interval}
    return out
