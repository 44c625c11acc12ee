"""
Filters and spectra.
"""

from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "FirStream",
    "SosStream",
    "apply_json",
    "bandpass",
    "bandstop",
    "butter",
    "design_fir",
    "detrend",
    "dpss",
    "fir_filter",
    "firwin",
    "highpass",
    "hilbert",
    "iirnotch",
    "integrate_band",
    "lowpass",
    "multitaper_psd",
    "notch_filter",
    "periodogram",
    "resample",
    "resample_poly",
    "resample_to",
    "sosfilt",
    "sosfilt_zi",
    "sosfiltfilt",
    "sosfreqz",
    "spectrogram",
    "stft",
    "welch",
]

class SosStream:
    """
    sosfilt block by block: the same output to the last bit, whatever the blocks.

    Parameters
    ----------
    sos : array_like of shape (n_sections, 6)
    n_channels : int
    """
    def __copy__(self) -> SosStream: ...
    def __deepcopy__(self, memo: dict) -> SosStream: ...
    def __init__(self, sos: typing.Any, n_channels: typing.SupportsInt | typing.SupportsIndex = 1) -> None: ...
    def push(self, block: typing.Any) -> numpy.ndarray:
        """
        Filter the next block of shape (n,) or (n_channels, n); returns the same shape.
        """
    def reset(self) -> None:
        """
        Back to rest.
        """
    @property
    def n_channels(self) -> int: ...

class FirStream:
    """
    Causal fir_filter block by block: the same output to the last bit.

    Parameters
    ----------
    h : array_like of shape (n_taps,)
    n_channels : int
    """
    def __copy__(self) -> FirStream: ...
    def __deepcopy__(self, memo: dict) -> FirStream: ...
    def __init__(self, h: typing.Any, n_channels: typing.SupportsInt | typing.SupportsIndex = 1) -> None: ...
    def push(self, block: typing.Any) -> numpy.ndarray:
        """
        Filter the next block of shape (n,) or (n_channels, n); returns the same shape.
        """
    def reset(self) -> None:
        """
        Back to rest.
        """
    @property
    def n_channels(self) -> int: ...

def apply_json(
    pipeline: str, x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> tuple[numpy.typing.NDArray[numpy.float64], float]:
    """
    Run a pipeline given as JSON text; see apply.
    """

def bandpass(
    x: typing.Any,
    low: typing.SupportsFloat | typing.SupportsIndex,
    high: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "fir",
    order: typing.SupportsInt | typing.SupportsIndex = 4,
    padding: str = "scipy",
) -> numpy.ndarray:
    """
    Keep the frequencies from low to high.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        Any unit; without gaps.
    low, high : float
        Edges of the pass band in Hz (of the stop band for bandstop).
    fs : float
        Sampling rate in Hz.
    method : {"fir", "iir"}
        MNE-Python's default zero-phase FIR, or a Butterworth filter run forward and backward.
    order : int
        Of the Butterworth filter.
    padding : {"scipy", "mne"}
        Of the Butterworth filter: see sosfiltfilt.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        Edges outside (0, fs / 2), NaN or infinity in x, x too short for an IIR filter.
    """

def bandstop(
    x: typing.Any,
    low: typing.SupportsFloat | typing.SupportsIndex,
    high: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "fir",
    order: typing.SupportsInt | typing.SupportsIndex = 4,
    padding: str = "scipy",
) -> numpy.ndarray:
    """
    Remove the frequencies from low to high.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        Any unit; without gaps.
    low, high : float
        Edges of the pass band in Hz (of the stop band for bandstop).
    fs : float
        Sampling rate in Hz.
    method : {"fir", "iir"}
        MNE-Python's default zero-phase FIR, or a Butterworth filter run forward and backward.
    order : int
        Of the Butterworth filter.
    padding : {"scipy", "mne"}
        Of the Butterworth filter: see sosfiltfilt.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        Edges outside (0, fs / 2), NaN or infinity in x, x too short for an IIR filter.
    """

def butter(
    order: typing.SupportsInt | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    btype: str = "lowpass",
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Butterworth filter as second-order sections; equal to ``scipy.signal.butter(output="sos")``.

    Parameters
    ----------
    order : int
        1 to 50; a band filter has twice that many poles.
    cutoff : float or sequence of two floats
        Edges in Hz inside (0, fs / 2): two for a band, ascending.
    fs : float
        Sampling rate in Hz.
    btype : {"lowpass", "highpass", "bandpass", "bandstop"}

    Returns
    -------
    ndarray of shape (n_sections, 6)
        Rows b0 b1 b2 1 a1 a2.

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def design_fir(
    low: typing.SupportsFloat | typing.SupportsIndex | None,
    high: typing.SupportsFloat | typing.SupportsIndex | None,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    window: str = "hamming",
    low_transition_hz: typing.SupportsFloat | typing.SupportsIndex | None = None,
    high_transition_hz: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    MNE-Python's automatic zero-phase FIR; equal to ``mne.filter.create_filter``.

    Parameters
    ----------
    low, high : float or None
        Edges of the pass band in Hz; low > high removes what lies between.
    fs : float
        Sampling rate in Hz.
    window : {"hamming", "hann", "blackman"}
    low_transition_hz, high_transition_hz : float, optional
        Widths of the transitions; MNE's rule where absent.

    Returns
    -------
    ndarray of shape (n_taps,)
        n_taps is odd.

    Raises
    ------
    ValueError
        An edge or a transition out of its range.
    """

def detrend(x: typing.Any, *, type: str = "linear") -> numpy.ndarray:
    """
    Remove each channel's mean or least-squares line; equal to ``scipy.signal.detrend``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    type : {"linear", "constant"}

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x.
    """

def dpss(
    n: typing.SupportsInt | typing.SupportsIndex,
    nw: typing.SupportsFloat | typing.SupportsIndex,
    k: typing.SupportsInt | typing.SupportsIndex,
    *,
    periodic: bool = False,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Slepian tapers of energy 1 and the share of it inside the band; ``scipy.signal.windows.dpss(norm=2)``.

    Parameters
    ----------
    n : int
        Samples.
    nw : float
        Half bandwidth times n, inside (0, n / 2).
    k : int
        Number of tapers.

    Returns
    -------
    windows : ndarray of shape (k, n)
    ratios : ndarray of shape (k,)

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def fir_filter(h: typing.Any, x: typing.Any, *, causal: bool = False) -> numpy.ndarray:
    """
    Zero-phase FIR after MNE's odd reflection of the ends ("reflect_limited"), or causal from rest.

    Parameters
    ----------
    h : array_like of shape (n_taps,)
        Symmetric and odd for zero phase.
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    causal : bool
        y[i] = sum_k h[k] x[i - k], as ``scipy.signal.lfilter(h, 1, x)``.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x or h; an even number of taps (zero phase).
    """

def firwin(
    n_taps: typing.SupportsInt | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    pass_zero: bool = True,
    window: typing.Any = "hamming",
) -> numpy.typing.NDArray[numpy.float64]:
    """
    FIR by the window method; equal to ``scipy.signal.firwin``.

    Parameters
    ----------
    n_taps : int
    cutoff : float or sequence of floats
        Ascending edges in Hz inside (0, fs / 2).
    fs : float
        Sampling rate in Hz.
    pass_zero : bool
        DC lies in a band that passes.
    window : str or tuple
        "hamming", "hann", "blackman", "boxcar", ("kaiser", beta).

    Returns
    -------
    ndarray of shape (n_taps,)

    Raises
    ------
    ValueError
        An argument out of its range; even n_taps with a gain at fs / 2.
    """

def highpass(
    x: typing.Any,
    low: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "fir",
    order: typing.SupportsInt | typing.SupportsIndex = 4,
    padding: str = "scipy",
) -> numpy.ndarray:
    """
    Keep the frequencies above low.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        Any unit; without gaps.
    low, high : float
        Edges of the pass band in Hz (of the stop band for bandstop).
    fs : float
        Sampling rate in Hz.
    method : {"fir", "iir"}
        MNE-Python's default zero-phase FIR, or a Butterworth filter run forward and backward.
    order : int
        Of the Butterworth filter.
    padding : {"scipy", "mne"}
        Of the Butterworth filter: see sosfiltfilt.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        Edges outside (0, fs / 2), NaN or infinity in x, x too short for an IIR filter.
    """

def hilbert(x: typing.Any) -> numpy.ndarray:
    """
    Analytic signal; equal to ``scipy.signal.hilbert``. Its absolute value is the envelope.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)

    Returns
    -------
    complex ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x.
    """

def iirnotch(
    frequency: typing.SupportsFloat | typing.SupportsIndex,
    q: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Second-order notch as one section; equal to ``scipy.signal.iirnotch``.

    Parameters
    ----------
    frequency : float
        Hz.
    q : float
        Quality factor: frequency / width at -3 dB.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray of shape (1, 6)

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def integrate_band(
    freqs: typing.Any,
    psd: typing.Any,
    low: typing.SupportsFloat | typing.SupportsIndex,
    high: typing.SupportsFloat | typing.SupportsIndex,
    *,
    rule: str = "simpson",
) -> typing.Any:
    """
    Integral of a spectrum over low <= f <= high: frequencies at both edges count, nothing is interpolated.

    Parameters
    ----------
    freqs : array_like of shape (n_freqs,)
        Hz, evenly spaced.
    psd : array_like of shape (n_freqs,) or (n_channels, n_freqs)
    low, high : float
        Hz.
    rule : {"simpson", "trapezoid"}

    Returns
    -------
    float or ndarray of shape (n_channels,)
        0 where fewer than two frequencies lie in the band.

    Raises
    ------
    ValueError
        low > high, arrays of different lengths.
    """

def lowpass(
    x: typing.Any,
    high: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "fir",
    order: typing.SupportsInt | typing.SupportsIndex = 4,
    padding: str = "scipy",
) -> numpy.ndarray:
    """
    Keep the frequencies below high.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        Any unit; without gaps.
    low, high : float
        Edges of the pass band in Hz (of the stop band for bandstop).
    fs : float
        Sampling rate in Hz.
    method : {"fir", "iir"}
        MNE-Python's default zero-phase FIR, or a Butterworth filter run forward and backward.
    order : int
        Of the Butterworth filter.
    padding : {"scipy", "mne"}
        Of the Butterworth filter: see sosfiltfilt.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        Edges outside (0, fs / 2), NaN or infinity in x, x too short for an IIR filter.
    """

def multitaper_psd(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    bandwidth: typing.SupportsFloat | typing.SupportsIndex | None = None,
    low_bias: bool = True,
    normalization: str = "length",
    remove_dc: bool = True,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Multitaper spectrum; equal to ``mne.time_frequency.psd_array_multitaper``, but for the order of the results.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    fs : float
        Sampling rate in Hz.
    bandwidth : float, optional
        Full width in Hz; 8 * fs / n_samples where absent.
    low_bias : bool
        Keep only tapers with more than 90 % of their energy inside the band.
    normalization : {"length", "full"}
        MNE's default, or unit^2 / Hz.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)

    Raises
    ------
    ValueError
        NaN or infinity in x, a bandwidth out of its range.

    References
    ----------
    Thomson (1982), Proc. IEEE 70:1055.
    """

def notch_filter(
    x: typing.Any,
    freqs: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "fir",
    width_hz: typing.SupportsFloat | typing.SupportsIndex | None = None,
    transition_hz: typing.SupportsFloat | typing.SupportsIndex = 1.0,
    q: typing.SupportsFloat | typing.SupportsIndex = 30.0,
) -> numpy.ndarray:
    """
    Remove lines; "fir" is equal to ``mne.filter.notch_filter``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    freqs : float or sequence of floats
        Hz.
    fs : float
        Sampling rate in Hz.
    method : {"fir", "iir"}
        Zero-phase FIR, or second-order notches run forward and backward.
    width_hz : float, optional
        Of each stop band of the FIR; frequency / 200 where absent.
    transition_hz : float
        Of both sides of a stop band together.
    q : float
        Quality factor of the IIR notch.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        Stop bands that overlap or leave (0, fs / 2), NaN or infinity in x.
    """

def periodogram(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = "boxcar",
    detrend: typing.Any = "constant",
    scaling: str = "density",
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Periodogram of the whole signal; equal to ``scipy.signal.periodogram``. Arguments as welch.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)

    Raises
    ------
    ValueError
        No samples, NaN or infinity in x.
    """

def resample(x: typing.Any, num: typing.SupportsInt | typing.SupportsIndex) -> numpy.ndarray:
    """
    Change the number of samples through the spectrum; equal to ``scipy.signal.resample``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        Taken as periodic.
    num : int
        Samples of the result.

    Returns
    -------
    ndarray of shape (..., num)

    Raises
    ------
    ValueError
        num < 1, no samples, NaN or infinity in x.
    """

def resample_poly(
    x: typing.Any, up: typing.SupportsInt | typing.SupportsIndex, down: typing.SupportsInt | typing.SupportsIndex
) -> numpy.ndarray:
    """
    Change the rate by up / down through a polyphase FIR; equal to ``scipy.signal.resample_poly``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    up, down : int

    Returns
    -------
    ndarray of shape (..., ceil(n_samples * up / down))

    Raises
    ------
    ValueError
        up or down < 1, NaN or infinity in x.
    """

def resample_to(
    x: typing.Any,
    new_fs: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.ndarray:
    """
    Resample from fs to new_fs: polyphase where their ratio is a small fraction, through the spectrum otherwise.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    new_fs, fs : float
        Hz.

    Returns
    -------
    ndarray of shape (..., about n_samples * new_fs / fs)

    Raises
    ------
    ValueError
        A rate out of its range, NaN or infinity in x.
    """

def sosfilt(sos: typing.Any, x: typing.Any, *, zi: typing.Any = None) -> typing.Any:
    """
    Causal filter by second-order sections; equal to ``scipy.signal.sosfilt``.

    Parameters
    ----------
    sos : array_like of shape (n_sections, 6)
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    zi : array_like of shape (n_sections, 2) or (n_sections, n_channels, 2), optional
        State to start from; rest where absent.

    Returns
    -------
    y : ndarray of the shape of x
    zf : ndarray of the shape of zi
        Only where zi was given.

    Raises
    ------
    ValueError
        NaN or infinity in x, arrays of another shape.
    """

def sosfilt_zi(sos: typing.Any) -> numpy.typing.NDArray[numpy.float64]:
    """
    State of the sections in a steady response to a step of 1; equal to ``scipy.signal.sosfilt_zi``.

    Parameters
    ----------
    sos : array_like of shape (n_sections, 6)

    Returns
    -------
    ndarray of shape (n_sections, 2)

    Raises
    ------
    ValueError
        sos of another shape or with a pole at DC.
    """

def sosfiltfilt(
    sos: typing.Any,
    x: typing.Any,
    *,
    padlen: typing.SupportsInt | typing.SupportsIndex | None = None,
    padding: str = "scipy",
) -> numpy.ndarray:
    """
    Filter forward and backward: zero phase; equal to ``scipy.signal.sosfiltfilt``.

    Parameters
    ----------
    sos : array_like of shape (n_sections, 6)
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    padlen : int, optional
        Samples of odd reflection on each side.
    padding : {"scipy", "mne"}
        Default of padlen: three times the number of taps, or as long as the filter rings (MNE).

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x; x not longer than padlen ("scipy").
    """

def sosfreqz(
    sos: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n: typing.SupportsInt | typing.SupportsIndex = 512,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.complex128]]:
    """
    Frequency response of second-order sections; equal to ``scipy.signal.freqz_sos``.

    Parameters
    ----------
    sos : array_like of shape (n_sections, 6)
    fs : float
        Sampling rate in Hz.
    n : int
        Number of frequencies from 0 to just below fs / 2.

    Returns
    -------
    freqs : ndarray of shape (n,)
        Hz.
    response : complex ndarray of shape (n,)

    Raises
    ------
    ValueError
        sos of another shape, fs or n out of range.
    """

def spectrogram(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    nperseg: typing.SupportsInt | typing.SupportsIndex = 256,
    noverlap: typing.SupportsInt | typing.SupportsIndex | None = None,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = ("tukey", 0.25),
    detrend: typing.Any = "constant",
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.ndarray]:
    """
    Power spectra of consecutive segments; equal to ``scipy.signal.spectrogram``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    fs : float
        Sampling rate in Hz.
    nperseg : int
    noverlap : int, optional
        nperseg // 8 where absent.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    times_s : ndarray of shape (n_times,)
        Middle of each segment.
    psd : ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

    Raises
    ------
    ValueError
        No samples, NaN or infinity in x, an argument out of its range.
    """

def stft(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    nperseg: typing.SupportsInt | typing.SupportsIndex = 256,
    noverlap: typing.SupportsInt | typing.SupportsIndex | None = None,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = "hann",
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.ndarray]:
    """
    Short-time Fourier transform; equal to ``scipy.signal.stft``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    fs : float
        Sampling rate in Hz.
    nperseg : int
    noverlap : int, optional
        nperseg // 2 where absent.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    times_s : ndarray of shape (n_times,)
    values : complex ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

    Raises
    ------
    ValueError
        No samples, NaN or infinity in x, an argument out of its range.
    """

def welch(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    nperseg: typing.SupportsInt | typing.SupportsIndex = 256,
    noverlap: typing.SupportsInt | typing.SupportsIndex | None = None,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = "hann",
    detrend: typing.Any = "constant",
    average: str = "mean",
    scaling: str = "density",
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Welch's power spectrum; equal to ``scipy.signal.welch``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    fs : float
        Sampling rate in Hz.
    nperseg : int
        Samples a segment; the whole signal where it is shorter.
    noverlap : int, optional
        nperseg // 2 where absent.
    nfft : int, optional
        Length of the transform, padded with zeros; nperseg where absent.
    window : str or tuple
        Periodic: "hann", "hamming", "blackman", "boxcar", ("kaiser", beta), ("tukey", share).
    detrend : {"constant", "linear", False}
    average : {"mean", "median"}
        The median is corrected for its bias.
    scaling : {"density", "spectrum"}
        unit^2 / Hz or unit^2.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)

    Raises
    ------
    ValueError
        No samples, NaN or infinity in x, an argument out of its range.

    References
    ----------
    Welch (1967), IEEE Trans. Audio Electroacoust. 15:70.
    """
