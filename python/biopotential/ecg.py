"""ECG: R peaks, beats, heart rate variability, signal quality, simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from biopotential._core import ecg as _ecg
from biopotential._core.ecg import beat_windows, find_r_peaks_pan_tompkins

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

__all__ = [
    "Simulated",
    "beat_windows",
    "find_r_peaks",
    "find_r_peaks_pan_tompkins",
    "hrv",
    "hrv_frequency",
    "hrv_nonlinear",
    "hrv_time",
    "nn_intervals",
    "nn_spectrum",
    "quality",
    "rr_features",
    "simulate",
]

Exclude = Literal["none", "implausible", "ectopic"]
REASONS = ("", "missing", "flat", "clipped", "noise")


def find_r_peaks(
    x: npt.ArrayLike, *, fs: float, method: Literal["default", "pan_tompkins"] = "default"
) -> npt.NDArray[np.int64]:
    """Locate R peaks in one lead, or in several that are fused.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        Any amplitude unit, either polarity. The default method bridges NaN and reports no beat in it; where no beats
        stand out (flat line, mains or noise only) there are none.
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


def _marks(normal: Any) -> npt.NDArray[np.int64] | None:
    return None if normal is None else np.asarray(normal, dtype=bool).astype(np.int64)


def _series(part: str, r_peaks: npt.ArrayLike, fs: float, exclude: Exclude, normal: Any, **options: float) -> pd.Series:
    import pandas as pd

    given = {"resample_hz": 4.0, "segment_s": 256.0, **options}
    values = _ecg._hrv(np.asarray(r_peaks), fs=fs, exclude=exclude, normal=_marks(normal), part=part, **given)
    series = pd.Series(values, dtype=float, name="hrv")
    series.attrs.update(exclude=exclude, standard="Task Force 1996", fs=fs)
    if part in ("frequency", "all"):
        series.attrs["spectrum"] = "natural cubic spline at {resample_hz:g} Hz, Welch, Hann {segment_s:g} s".format(
            **given
        )
    return series


def hrv(
    r_peaks: npt.ArrayLike, *, fs: float, exclude: Exclude = "implausible", normal: npt.ArrayLike | None = None
) -> pd.Series:
    """Measure heart rate variability: all of hrv_time, hrv_frequency and hrv_nonlinear.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    exclude : {"implausible", "none", "ectopic"}
        Which RR intervals are no NN intervals: those outside 0.25 to 3 s; none; or also those that differ by more than
        20 % from the median of the 11 around (premature beats, missed and false ones; in atrial fibrillation many).
    normal : array_like of bool, optional
        One value a beat; both intervals of a beat that is not normal are excluded.

    Returns
    -------
    pandas.Series
        The name carries the unit; NaN where there are too few beats. `attrs` says how it was made.

    Raises
    ------
    ValueError
        Bad fs, positions that do not ascend, an unknown `exclude`.
    """
    return _series("all", r_peaks, fs, exclude, normal)


def hrv_time(
    r_peaks: npt.ArrayLike, *, fs: float, exclude: Exclude = "implausible", normal: npt.ArrayLike | None = None
) -> pd.Series:
    """Measure heart rate variability in the time domain.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    exclude : {"implausible", "none", "ectopic"}
        Which RR intervals are no NN intervals: those outside 0.25 to 3 s; none; or also those that differ by more than
        20 % from the median of the 11 around (premature beats, missed and false ones; in atrial fibrillation many).
    normal : array_like of bool, optional
        One value a beat; both intervals of a beat that is not normal are excluded.

    Returns
    -------
    pandas.Series
        n_nn, excluded_percent (of the RR intervals), mean_nn_ms, median_nn_ms, min_nn_ms, max_nn_ms, mean_hr_bpm,
        sdnn_ms (ddof 1), rmssd_ms, sdsd_ms (signed differences, ddof 1), nn50, pnn50_percent and pnn20_percent (of the
        n - 1 differences), cvnn, sdann_ms and sdnn_index_ms (whole stretches of 5 min), hti (bins of 7.8125 ms) and
        tinn_ms.

    Raises
    ------
    ValueError
        Bad fs, positions that do not ascend, an unknown `exclude`.

    References
    ----------
    Task Force 1996, Circulation 93:1043.
    """
    return _series("time", r_peaks, fs, exclude, normal)


def hrv_frequency(
    r_peaks: npt.ArrayLike,
    *,
    fs: float,
    exclude: Exclude = "implausible",
    normal: npt.ArrayLike | None = None,
    resample_hz: float = 4.0,
    segment_s: float = 256.0,
) -> pd.Series:
    """Measure heart rate variability in the frequency domain.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    exclude : {"implausible", "none", "ectopic"}
        Which RR intervals are no NN intervals: those outside 0.25 to 3 s; none; or also those that differ by more than
        20 % from the median of the 11 around (premature beats, missed and false ones; in atrial fibrillation many).
    normal : array_like of bool, optional
        One value a beat; both intervals of a beat that is not normal are excluded.
    resample_hz : float
        Rate of the natural cubic spline through the NN intervals.
    segment_s : float
        Length of Welch's segments (Hann, half overlap, linear trend removed).

    Returns
    -------
    pandas.Series
        vlf_ms2 (0.0033-0.04 Hz), lf_ms2 (0.04-0.15), hf_ms2 (0.15-0.4), total_ms2, lf_nu and hf_nu (percent of total
        without VLF), lf_hf, lf_peak_hz, hf_peak_hz. LF and VLF need two minutes, HF one; NaN below.

    Raises
    ------
    ValueError
        Bad fs, positions that do not ascend, an unknown `exclude`, a resampling rate below 0.8 Hz.

    References
    ----------
    Task Force 1996, Circulation 93:1043.
    """
    return _series("frequency", r_peaks, fs, exclude, normal, resample_hz=resample_hz, segment_s=segment_s)


def hrv_nonlinear(
    r_peaks: npt.ArrayLike, *, fs: float, exclude: Exclude = "implausible", normal: npt.ArrayLike | None = None
) -> pd.Series:
    """Measure the nonlinear dynamics of the heart rate.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    exclude : {"implausible", "none", "ectopic"}
        Which RR intervals are no NN intervals: those outside 0.25 to 3 s; none; or also those that differ by more than
        20 % from the median of the 11 around (premature beats, missed and false ones; in atrial fibrillation many).
    normal : array_like of bool, optional
        One value a beat; both intervals of a beat that is not normal are excluded.

    Returns
    -------
    pandas.Series
        sd1_ms and sd2_ms (Poincare plot, ddof 1), sd1_sd2, sampen (m 2, r 0.2 SD), dfa_alpha1 (4-11 beats), dfa_alpha2
        (12-64 beats).

    Raises
    ------
    ValueError
        Bad fs, positions that do not ascend, an unknown `exclude`.

    References
    ----------
    Richman & Moorman 2000, AJP Heart 278:H2039; Peng et al. 1995, Chaos 5:82.
    """
    return _series("nonlinear", r_peaks, fs, exclude, normal)


def nn_intervals(
    r_peaks: npt.ArrayLike, *, fs: float, exclude: Exclude = "implausible", normal: npt.ArrayLike | None = None
) -> pd.DataFrame:
    """Select the NN intervals: the RR intervals that heart rate variability counts.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    exclude : {"implausible", "none", "ectopic"}
        As of `hrv`.
    normal : array_like of bool, optional
        As of `hrv`.

    Returns
    -------
    pandas.DataFrame
        A row an interval: beat (position in r_peaks of the beat that ends it), time_s (that beat's), nn_ms, adjacent
        (whether the interval before is an NN interval too).

    Raises
    ------
    ValueError
        Bad fs, positions that do not ascend, an unknown `exclude`.
    """
    import pandas as pd

    nn = _ecg._nn_intervals(r_peaks, fs=fs, exclude=exclude, normal=_marks(normal))
    ends = np.searchsorted(np.asarray(r_peaks), np.round(nn["time_s"] * fs).astype(np.int64))
    return pd.DataFrame(
        {"beat": ends, "time_s": nn["time_s"], "nn_ms": nn["nn_ms"], "adjacent": nn["adjacent"].astype(bool)}
    )


def nn_spectrum(
    r_peaks: npt.ArrayLike,
    *,
    fs: float,
    exclude: Exclude = "implausible",
    normal: npt.ArrayLike | None = None,
    resample_hz: float = 4.0,
    segment_s: float = 256.0,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Estimate the spectrum of the NN intervals that `hrv_frequency` integrates.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    exclude : {"implausible", "none", "ectopic"}
        As of `hrv`.
    normal : array_like of bool, optional
        As of `hrv`.
    resample_hz, segment_s : float
        As of `hrv_frequency`.

    Returns
    -------
    freqs : numpy.ndarray, shape (n_freqs,)
        Hz.
    psd : numpy.ndarray, shape (n_freqs,)
        ms^2/Hz. Both are empty with fewer than 16 intervals or less than a minute.

    Raises
    ------
    ValueError
        Bad fs or options, positions that do not ascend, an unknown `exclude`.
    """
    freqs, psd = _ecg._nn_spectrum(
        r_peaks, fs=fs, exclude=exclude, normal=_marks(normal), resample_hz=resample_hz, segment_s=segment_s
    )
    return freqs, psd[0]


def quality(x: npt.ArrayLike, *, fs: float, window_s: float = 10.0) -> pd.DataFrame:
    """Judge each lead window by window.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        Any amplitude unit; NaN counts as missing.
    fs : float
        Sampling rate in Hz, at least 50.
    window_s : float
        Length of a window in seconds, at least 1.

    Returns
    -------
    pandas.DataFrame
        A row a lead and window: lead, start_s, end_s, missing, flat, clipped (shares of samples), ksqi, ssqi, psqi,
        bassqi, hfsqi, index (0 to 1) and reason: "" where it can be analysed, else "missing", "flat", "clipped" or
        "noise".

    Raises
    ------
    ValueError
        Bad fs or window.

    References
    ----------
    Li, Mark & Clifford 2008, Physiol Meas 29:15; Clifford et al. 2012, Physiol Meas 33:1419.
    """
    import pandas as pd

    raw = _ecg._quality(x, fs=fs, window_s=window_s)
    start, end, reason = raw.pop("start_s"), raw.pop("end_s"), raw.pop("reason")
    n_leads, n_windows = reason.shape
    columns: dict[str, Any] = {
        "lead": np.repeat(np.arange(n_leads), n_windows),
        "start_s": np.tile(start, n_leads),
        "end_s": np.tile(end, n_leads),
        **{name: values.ravel() for name, values in raw.items()},
        "reason": np.asarray(REASONS, dtype=object)[reason.ravel()],
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True)
class Simulated:
    """A simulated ECG and its true beats.

    Attributes
    ----------
    data : numpy.ndarray, shape (n_leads, n_samples)
        In mV.
    fs : float
        Sampling rate in Hz.
    r_peaks : numpy.ndarray of int64
        Middle of each QRS in samples.
    labels : numpy.ndarray of str
        "N", "V" or "S" for each beat.
    leads : tuple of str
        Names of the rows of `data`.
    """

    data: npt.NDArray[np.float64] = field(repr=False)
    fs: float
    r_peaks: npt.NDArray[np.int64] = field(repr=False)
    labels: npt.NDArray[np.str_] = field(repr=False)
    leads: tuple[str, ...]


def simulate(
    duration_s: float,
    *,
    fs: float,
    leads: Sequence[str] = ("II", "V1"),
    heart_rate_bpm: float = 70.0,
    lf_ms: float = 25.0,
    hf_ms: float = 20.0,
    ventricular_percent: float = 0.0,
    supraventricular_percent: float = 0.0,
    wander_mv: float = 0.1,
    muscle_mv: float = 0.01,
    mains_mv: float = 0.005,
    mains_hz: float = 50.0,
    seed: int = 0,
) -> Simulated:
    """Simulate an ECG with known beats, the same for a seed everywhere.

    Parameters
    ----------
    duration_s : float
        Length in seconds.
    fs : float
        Sampling rate in Hz, at least 50.
    leads : sequence of str
        Of I, II, III, aVR, aVL, aVF, V1 ... V6, MLII.
    heart_rate_bpm : float
        Mean rate, 20 to 250.
    lf_ms, hf_ms : float
        Standard deviation of the RR interval around 0.1 and 0.25 Hz.
    ventricular_percent, supraventricular_percent : float
        Premature beats: wide ones with a compensatory pause, narrow ones without.
    wander_mv, muscle_mv, mains_mv : float
        Baseline wander (SD), muscle noise (SD) and mains (amplitude).
    mains_hz : float
        Mains frequency.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Simulated
        Signal in mV and beats.

    Raises
    ------
    ValueError
        A rate, duration or option out of range, an unknown lead.

    References
    ----------
    McSharry et al. 2003, IEEE TBME 50:289; Dower et al. 1980, Clin Cardiol 3:87.
    """
    names = [leads] if isinstance(leads, str) else list(leads)
    x, r_peaks, labels = _ecg._simulate(
        duration_s,
        fs=fs,
        leads=names,
        heart_rate_bpm=heart_rate_bpm,
        lf_ms=lf_ms,
        hf_ms=hf_ms,
        ventricular_percent=ventricular_percent,
        supraventricular_percent=supraventricular_percent,
        wander_mv=wander_mv,
        muscle_mv=muscle_mv,
        mains_mv=mains_mv,
        mains_hz=mains_hz,
        seed=seed,
    )
    return Simulated(x, float(fs), np.asarray(r_peaks, np.int64), np.asarray(list(labels), dtype=np.str_), tuple(names))
