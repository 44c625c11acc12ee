"""
ECG.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "RPeakStream",
    "beat_windows",
    "find_r_peaks",
    "find_r_peaks_causal",
    "find_r_peaks_christov",
    "find_r_peaks_elgendi",
    "find_r_peaks_engzee",
    "find_r_peaks_gqrs",
    "find_r_peaks_hamilton",
    "find_r_peaks_kalidas",
    "find_r_peaks_martinez",
    "find_r_peaks_pan_tompkins",
    "find_r_peaks_xqrs",
]

class RPeakStream:
    """
    R peaks of one lead while its samples come in.

    The peaks are those of find_r_peaks(method="causal") on the whole signal, whatever the sizes of the blocks. That is a
    method of its own, because the default one looks ahead by minutes.

    Parameters
    ----------
    fs : float
        Sampling rate in Hz, at least 50.

    Raises
    ------
    ValueError
        Bad fs.
    """
    def __copy__(self) -> RPeakStream: ...
    def __deepcopy__(self, memo: dict) -> RPeakStream: ...
    def __init__(self, *, fs: typing.SupportsFloat | typing.SupportsIndex) -> None: ...
    def finish(self) -> numpy.typing.NDArray[numpy.int64]:
        """
        Return the peaks that were still waited for; the stream is then as new.
        """
    def push(self, block: typing.Any) -> numpy.typing.NDArray[numpy.int64]:
        """
        Take the next samples, shape (n,), NaN where lost; returns the positions of the beats that are certain now, in samples since the start (int64).
        """
    def reset(self) -> None:
        """
        As new.
        """
    def skip(self, n: typing.SupportsInt | typing.SupportsIndex) -> numpy.typing.NDArray[numpy.int64]:
        """
        Tell that n samples were lost: the positions of later beats count them. Returns peaks like push.
        """
    @property
    def fs(self) -> float: ...
    @property
    def late_s(self) -> float:
        """
        ... a beat of the first two seconds, or one found by searching back, than this.
        """
    @property
    def latency_s(self) -> float:
        """
        A beat is reported no later than this after it, once levels are learnt.
        """
    @property
    def n_samples(self) -> int:
        """
        Samples so far, lost ones counted.
        """

def _correct_r_peaks(
    r_peaks: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex, iterate: bool
) -> dict: ...
def _delineate(
    x: typing.Any,
    r_peaks: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    min_probability: typing.SupportsFloat | typing.SupportsIndex,
) -> dict: ...
def _frank_leads(x: typing.Any, *, method: str) -> numpy.typing.NDArray[numpy.float64]: ...
def _hrv(
    r_peaks: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    exclude: str,
    normal: typing.Any,
    part: str,
    resample_hz: typing.SupportsFloat | typing.SupportsIndex,
    segment_s: typing.SupportsFloat | typing.SupportsIndex,
) -> dict: ...
def _leads_of_frank(xyz: typing.Any) -> numpy.typing.NDArray[numpy.float64]: ...
def _limb_leads(x: typing.Any) -> numpy.typing.NDArray[numpy.float64]: ...
def _nn_intervals(
    r_peaks: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex, exclude: str, normal: typing.Any
) -> dict: ...
def _nn_spectrum(
    r_peaks: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    exclude: str,
    normal: typing.Any,
    resample_hz: typing.SupportsFloat | typing.SupportsIndex,
    segment_s: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]: ...
def _quality(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    window_s: typing.SupportsFloat | typing.SupportsIndex,
) -> dict: ...
def _rhythm(
    times_s: typing.Any,
    counts: typing.Any,
    p_probability: typing.Any,
    *,
    bradycardia_bpm: typing.SupportsFloat | typing.SupportsIndex,
    tachycardia_bpm: typing.SupportsFloat | typing.SupportsIndex,
    pause_s: typing.SupportsFloat | typing.SupportsIndex,
    asystole_s: typing.SupportsFloat | typing.SupportsIndex,
) -> dict: ...
def _rr_features(r_peaks: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex) -> dict: ...
def _simulate(
    duration_s: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    leads: collections.abc.Sequence[str],
    heart_rate_bpm: typing.SupportsFloat | typing.SupportsIndex,
    lf_ms: typing.SupportsFloat | typing.SupportsIndex,
    hf_ms: typing.SupportsFloat | typing.SupportsIndex,
    ventricular_percent: typing.SupportsFloat | typing.SupportsIndex,
    supraventricular_percent: typing.SupportsFloat | typing.SupportsIndex,
    wander_mv: typing.SupportsFloat | typing.SupportsIndex,
    muscle_mv: typing.SupportsFloat | typing.SupportsIndex,
    mains_mv: typing.SupportsFloat | typing.SupportsIndex,
    mains_hz: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.int64], str]: ...
def _vector_measures(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    qrs_onset: typing.Any,
    qrs_offset: typing.Any,
    t_onset: typing.Any,
    t_offset: typing.Any,
    method: str,
) -> dict: ...
def beat_windows(
    x: typing.Any,
    r_peaks: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    before_s: typing.SupportsFloat | typing.SupportsIndex = 0.25,
    after_s: typing.SupportsFloat | typing.SupportsIndex = 0.45,
    fs_out: typing.SupportsFloat | typing.SupportsIndex = 180.0,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Cut every beat from a signal and bring it to one sampling rate.

    Parameters
    ----------
    x : array_like, shape (n_channels, n_samples) or (n_samples,)
        Signal. NaN comes through; beyond the ends the first or last sample is held.
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate of x in Hz.
    before_s, after_s : float
        The window around the R peak in seconds.
    fs_out : float
        Sampling rate of the windows in Hz.

    Returns
    -------
    numpy.ndarray, shape (n_beats, n_channels, n)
        n = round((before_s + after_s) * fs_out).

    Raises
    ------
    ValueError
        Rates or window not > 0, positions outside x or not ascending.
    """

def find_r_peaks(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]: ...
def find_r_peaks_causal(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with what RPeakStream gives block by block.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN counts as lost samples.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.
    """

def find_r_peaks_christov(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with Christov's combined adaptive threshold.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Christov 2004, BioMedical Engineering OnLine 3:28.
    """

def find_r_peaks_elgendi(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with Elgendi's two moving averages.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Elgendi, Jonkman & De Boer 2010, BIOSIGNALS 428.
    """

def find_r_peaks_engzee(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with the detector of Engelse and Zeelenberg as modified by Lourenco.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Engelse & Zeelenberg 1979, Computers in Cardiology 6:37. Lourenco et al. 2012, BIOSIGNALS 49.
    """

def find_r_peaks_gqrs(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with a detector like WFDB's gqrs.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    The manual page of gqrs, WFDB.
    """

def find_r_peaks_hamilton(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with Hamilton's detector.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Hamilton 2002, Computers in Cardiology 29:101.
    """

def find_r_peaks_kalidas(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with the stationary wavelet transform.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Kalidas & Tamil 2017, IEEE BIBE 457.
    """

def find_r_peaks_martinez(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with the wavelet detector of Martinez.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Martinez et al. 2004, IEEE TBME 51:570.
    """

def find_r_peaks_pan_tompkins(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with the detector of Pan and Tompkins.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    Pan & Tompkins 1985, IEEE TBME 32:230.
    """

def find_r_peaks_xqrs(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> numpy.typing.NDArray[numpy.int64]:
    """
    Locate R peaks in one lead with a detector like WFDB's XQRS.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead, any amplitude unit. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS.

    Raises
    ------
    ValueError
        Bad fs, or x not one-dimensional.

    References
    ----------
    wfdb-python, processing.XQRS.
    """
