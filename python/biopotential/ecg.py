"""ECG: R peaks and beats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from biopotential._core import ecg as _ecg
from biopotential._core.ecg import beat_windows, find_r_peaks_pan_tompkins

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

__all__ = ["beat_windows", "find_r_peaks", "find_r_peaks_pan_tompkins", "rr_features"]


def find_r_peaks(
    x: npt.ArrayLike, *, fs: float, method: Literal["default", "pan_tompkins"] = "default"
) -> npt.NDArray[np.int64]:
    """Locate R peaks in one lead, or in several that are fused.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        Any amplitude unit, either polarity. The default method bridges NaN and reports no beat in it; a flat
        line or mains hum alone has none.
    fs : float
        Sampling rate in Hz, at least 50.
    method : {"default", "pan_tompkins"}
        "pan_tompkins" is the classical detector (Pan & Tompkins 1985), for one lead without NaN.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS; empty if there is none.

    Raises
    ------
    ValueError
        Bad fs, an unknown method, or an array of another shape.
    """
    if method == "pan_tompkins":
        return np.asarray(find_r_peaks_pan_tompkins(x, fs=fs), dtype=np.int64)
    if method != "default":
        raise ValueError(f'[find_r_peaks] method "default" or "pan_tompkins" was wanted, got {method!r}')
    return np.asarray(_ecg.find_r_peaks(x, fs=fs), dtype=np.int64)


def rr_features(r_peaks: npt.ArrayLike, *, fs: float) -> pd.DataFrame:
    """Measure the RR intervals around each beat.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    pandas.DataFrame
        A row a beat: pre_rr_s, post_rr_s (NaN at the ends), local_rr_s (median of the 10 intervals before and after),
        pre_ratio and post_ratio (divided by local_rr_s).

    Raises
    ------
    ValueError
        Bad fs, or positions that do not ascend.
    """
    import pandas as pd

    return pd.DataFrame(_ecg._rr_features(r_peaks, fs=fs))
