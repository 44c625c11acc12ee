"""Missing samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["bridged"]


def bridged(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace missing samples by straight lines; a row without any sample becomes 0."""
    out = x.copy()
    at = np.arange(out.shape[1])
    for row in out:
        finite = np.isfinite(row)
        if not finite.any():
            row[:] = 0.0
        elif not finite.all():
            row[~finite] = np.interp(at[~finite], at[finite], row[finite])
    return out
