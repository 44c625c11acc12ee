"""EEG: band power and complexity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from biopotential._core import eeg as _eeg
from biopotential._core.eeg import (
    app_entropy,
    detrended_fluctuation,
    higuchi_fd,
    hjorth,
    katz_fd,
    line_length,
    lziv_complexity,
    perm_entropy,
    petrosian_fd,
    sample_entropy,
    spectral_entropy,
    svd_entropy,
    zero_crossings,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "app_entropy",
    "band_power",
    "detrended_fluctuation",
    "higuchi_fd",
    "hjorth",
    "katz_fd",
    "line_length",
    "lziv_complexity",
    "perm_entropy",
    "petrosian_fd",
    "sample_entropy",
    "spectral_entropy",
    "svd_entropy",
    "zero_crossings",
]

Band = tuple[float, float, str]


def band_power(
    x: ArrayLike,
    *,
    fs: float,
    bands: Sequence[Band] = (),
    channels: Sequence[str] | None = None,
    epoch_s: float | None = None,
    window_s: float = 4.0,
) -> pd.DataFrame:
    """Power in frequency bands by Welch's method (Hamming, median) and Simpson's rule.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples) or (n_samples,). A channel-epoch with NaN gives NaN.
    fs : float
        Sampling rate in Hz.
    bands : sequence of (low, high, name), optional
        In Hz, both edges included. Default delta 0.5-4, theta 4-8, alpha 8-12, sigma 12-16, beta 16-30, gamma 30-40.
    channels : sequence of str, optional
        Names; default "0", "1" ...
    epoch_s : float, optional
        Length of epochs in seconds; default one epoch of everything.
    window_s : float, default 4
        Length of Welch's windows in seconds.

    Returns
    -------
    DataFrame
        A row per channel and epoch: channel, epoch, onset_s, the bands' power (unit squared), ``<band>_rel`` (share of
        the power from the lowest to the highest edge), edge95_hz, alpha_peak_hz (NaN: no peak from 7 to 13 Hz).

    Raises
    ------
    ValueError
        fs not finite and > 0, a band with fewer than two frequencies, a signal shorter than an epoch.

    References
    ----------
    Welch 1967, IEEE Trans Audio 15:70; definition of yasa.bandpower (Vallat & Walker 2021, eLife 10:e70092).
    """
    import pandas as pd

    data = np.asarray(x)
    n_channels = 1 if data.ndim == 1 else data.shape[0]
    names = [str(i) for i in range(n_channels)] if channels is None else list(channels)
    if len(names) != n_channels:
        raise ValueError(f"[band_power] wanted {n_channels} channel names, got {len(names)}")
    n_samples = data.shape[-1] if data.ndim else 0
    epochs: list[tuple[int, int]] = []
    if epoch_s is not None:
        epochs = [(int(first), int(n)) for first, n in _eeg.fixed_epochs([(0, n_samples)], fs=fs, length_s=epoch_s)]
        if not epochs:
            raise ValueError(f"[band_power] wanted at least one epoch of {epoch_s} s, got {n_samples / fs:g} s")
    power = _eeg.band_power(x, fs=fs, epochs=epochs, bands=list(bands), window_s=window_s)
    onsets = [first / fs for first, _ in epochs] or [0.0]
    n_epochs = len(onsets)
    table: dict[str, Any] = {
        "channel": np.tile(np.array(names, dtype=object), n_epochs),
        "epoch": np.repeat(np.arange(n_epochs), n_channels),
        "onset_s": np.repeat(onsets, n_channels),
    }
    used = [name for _, _, name in (list(bands) or _eeg.default_bands())]
    for i, name in enumerate(used):
        table[name] = power["absolute"][:, :, i].ravel()
    for i, name in enumerate(used):
        table[f"{name}_rel"] = power["relative"][:, :, i].ravel()
    table["edge95_hz"] = power["edge_hz"].ravel()
    table["alpha_peak_hz"] = power["alpha_peak_hz"].ravel()
    return pd.DataFrame(table)
