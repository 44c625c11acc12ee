"""Filters, resampling and spectra with SciPy's and MNE-Python's definitions.

Signals are arrays of shape (n_samples,) or (n_channels, n_samples); results have the same number of dimensions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from biopotential._core.signal import (
    FilterDescription,
    FirStream,
    SosStream,
    apply_json,
    ar_psd,
    bandpass,
    bandstop,
    bessel,
    butter,
    buttord,
    cepstrum,
    cheby1,
    cheby2,
    coherence,
    csd,
    cubic_spline,
    cwt,
    describe,
    design_fir,
    detrend,
    detrend_smoothness_priors,
    dpss,
    dwt,
    ellip,
    fir_filter,
    firls,
    firwin,
    firwin2,
    fit_ar,
    freqz,
    group_delay,
    hampel,
    highpass,
    hilbert,
    idwt,
    iirnotch,
    iirpeak,
    integrate_band,
    istft,
    iswt,
    kaiser_atten,
    kaiser_beta,
    kaiserord,
    lombscargle,
    lowpass,
    medfilt,
    minimum_phase,
    morlet_power,
    morlet_tfr,
    moving_average,
    multitaper_psd,
    notch_filter,
    periodogram,
    remez,
    remove_baseline,
    remove_lines,
    resample,
    resample_fft,
    resample_poly,
    resample_to,
    savgol_coeffs,
    savgol_filter,
    sos_group_delay,
    sosfilt,
    sosfilt_zi,
    sosfiltfilt,
    sosfreqz,
    spectrogram,
    stft,
    swt,
    teager_kaiser,
    wavedec,
    wavelet_filters,
    wavelet_names,
    waverec,
    welch,
    zapline,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "FilterDescription",
    "FirStream",
    "SosStream",
    "apply",
    "ar_psd",
    "bandpass",
    "bandstop",
    "bessel",
    "butter",
    "buttord",
    "cepstrum",
    "cheby1",
    "cheby2",
    "coherence",
    "csd",
    "cubic_spline",
    "cwt",
    "describe",
    "design_fir",
    "detrend",
    "detrend_smoothness_priors",
    "dpss",
    "dwt",
    "ellip",
    "fir_filter",
    "firls",
    "firwin",
    "firwin2",
    "fit_ar",
    "freqz",
    "group_delay",
    "hampel",
    "highpass",
    "hilbert",
    "idwt",
    "iirnotch",
    "iirpeak",
    "integrate_band",
    "istft",
    "iswt",
    "kaiser_atten",
    "kaiser_beta",
    "kaiserord",
    "lombscargle",
    "lowpass",
    "medfilt",
    "minimum_phase",
    "morlet_power",
    "morlet_tfr",
    "moving_average",
    "multitaper_psd",
    "notch_filter",
    "periodogram",
    "remez",
    "remove_baseline",
    "remove_lines",
    "resample",
    "resample_fft",
    "resample_poly",
    "resample_to",
    "savgol_coeffs",
    "savgol_filter",
    "sos_group_delay",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "sosfreqz",
    "spectrogram",
    "stft",
    "swt",
    "teager_kaiser",
    "wavedec",
    "wavelet_filters",
    "wavelet_names",
    "waverec",
    "welch",
    "zapline",
]


def apply(pipeline: str | Mapping[str, Any], x: npt.ArrayLike, *, fs: float) -> tuple[npt.NDArray[np.float64], float]:
    """Run a declared preprocessing pipeline.

    Parameters
    ----------
    pipeline : str or mapping
        JSON text or the object it stands for: ``{"schema_version": 1, "steps": [{"function": "bandpass",
        "parameters": {"low": 0.5, "high": 40}}, ...]}``. Steps: bandpass, bandstop, highpass, lowpass, notch,
        resample, detrend, standardize, scale, clip.
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        One stretch without a gap.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    x : ndarray
        As many dimensions as the input; another number of samples after a resample step.
    fs : float
        Sampling rate of the result in Hz.

    Raises
    ------
    ParseError
        The pipeline isn't of the schema.
    ValueError
        A step or parameter that doesn't exist, named in the message; NaN or infinity in x.
    """
    if not isinstance(pipeline, str | Mapping):
        raise ValueError(f"[apply] pipeline as JSON text or a mapping, got {type(pipeline).__name__}")
    text = pipeline if isinstance(pipeline, str) else json.dumps(dict(pipeline))
    return apply_json(text, x, fs=fs)
