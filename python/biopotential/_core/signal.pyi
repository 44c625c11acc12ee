"""
Filters and spectra.
"""

from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "FilterDescription",
    "FirStream",
    "SosStream",
    "apply_json",
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

class FilterDescription:
    """
    What a filter does, read off its frequency response.

    ``str()`` of it is a text of several lines.
    """
    def __repr__(self) -> str: ...
    def __str__(self) -> str: ...
    @property
    def attenuation_db(self) -> float | None:
        """
        Smallest loss beyond the transitions.
        """
    @property
    def band(self) -> str:
        """
        lowpass, highpass, bandpass, bandstop, allpass or multiband.
        """
    @property
    def delay_s(self) -> float:
        """
        Group delay at the largest gain.
        """
    @property
    def fs(self) -> float:
        """
        Sampling rate in Hz.
        """
    @property
    def half_amplitude_hz(self) -> list[float]:
        """
        Where the gain crosses -6 dB.
        """
    @property
    def half_power_hz(self) -> list[float]:
        """
        Where the gain crosses -3 dB.
        """
    @property
    def kind(self) -> str:
        """
        FIR or IIR.
        """
    @property
    def length(self) -> int:
        """
        Taps, or sections.
        """
    @property
    def length_s(self) -> float:
        """
        Of the taps, or as long as the sections ring.
        """
    @property
    def linear_phase(self) -> bool:
        """
        Symmetric taps.
        """
    @property
    def peak_gain_db(self) -> float:
        """
        Largest gain.
        """
    @property
    def ringing_s(self) -> float:
        """
        Until the impulse response stays below 0.1 % of its maximum.
        """
    @property
    def stable(self) -> bool:
        """
        All poles inside the unit circle.
        """
    @property
    def transitions_hz(self) -> list[tuple[float, float]]:
        """
        From -1 dB to the stop band, for each transition.
        """
    @property
    def zero_phase(self) -> bool:
        """
        Applied with zero phase.
        """

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

def ar_psd(
    x: typing.Any,
    order: typing.SupportsInt | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "burg",
    n_freqs: typing.SupportsInt | typing.SupportsIndex = 129,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Power spectrum of an autoregressive model.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    order : int
        1 to n_samples - 1.
    fs : float
        Sampling rate in Hz.
    method : {"burg", "yule_walker"}
    n_freqs : int
        From 0 to fs / 2.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    psd : ndarray of shape (n_freqs,) or (n_channels, n_freqs)
        unit^2 / Hz, one-sided.

    Raises
    ------
    ValueError
        An argument out of its range, NaN or infinity in x.
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

def bessel(
    order: typing.SupportsInt | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    btype: str = "lowpass",
    norm: str = "phase",
    output: str = "sos",
) -> typing.Any:
    """
    Bessel filter, which keeps shapes; equal to ``scipy.signal.bessel``.

    Parameters
    ----------
    order : int
        1 to 50 (bessel: to 25); a band filter has twice that many poles.
    ripple_db : float
        Largest loss in the pass band (cheby1, ellip).
    attenuation_db : float
        Smallest loss in the stop band (cheby2, ellip).
    cutoff : float or sequence of two floats
        Edges in Hz inside (0, fs / 2): two for a band, ascending.
    fs : float
        Sampling rate in Hz.
    btype : {"lowpass", "highpass", "bandpass", "bandstop"}
    norm : {"phase", "delay", "mag"}
        What the edge of a Bessel filter means, as SciPy's.
    output : {"sos", "zpk", "ba"}

    Returns
    -------
    sos : ndarray of shape (n_sections, 6)
        Rows b0 b1 b2 1 a1 a2.
    zeros, poles, gain : complex ndarrays and float
        With output="zpk".
    b, a : ndarrays of shape (n_poles + 1,)
        With output="ba"; only for low orders.

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def butter(
    order: typing.SupportsInt | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    btype: str = "lowpass",
    output: str = "sos",
) -> typing.Any:
    """
    Butterworth filter, flat in the pass band; equal to ``scipy.signal.butter``.

    Parameters
    ----------
    order : int
        1 to 50 (bessel: to 25); a band filter has twice that many poles.
    ripple_db : float
        Largest loss in the pass band (cheby1, ellip).
    attenuation_db : float
        Smallest loss in the stop band (cheby2, ellip).
    cutoff : float or sequence of two floats
        Edges in Hz inside (0, fs / 2): two for a band, ascending.
    fs : float
        Sampling rate in Hz.
    btype : {"lowpass", "highpass", "bandpass", "bandstop"}
    norm : {"phase", "delay", "mag"}
        What the edge of a Bessel filter means, as SciPy's.
    output : {"sos", "zpk", "ba"}

    Returns
    -------
    sos : ndarray of shape (n_sections, 6)
        Rows b0 b1 b2 1 a1 a2.
    zeros, poles, gain : complex ndarrays and float
        With output="zpk".
    b, a : ndarrays of shape (n_poles + 1,)
        With output="ba"; only for low orders.

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def buttord(
    pass_hz: typing.Any,
    stop_hz: typing.Any,
    pass_db: typing.SupportsFloat | typing.SupportsIndex,
    stop_db: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple:
    """
    Lowest Butterworth order that meets a specification; equal to ``scipy.signal.buttord``.

    Parameters
    ----------
    pass_hz, stop_hz : float or sequence of two floats
        Edges of pass and stop band in Hz, one inside the other for a band.
    pass_db : float
        Largest loss in the pass band.
    stop_db : float
        Smallest loss in the stop band.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    order : int
    cutoff : float or ndarray of shape (2,)
        For ``butter``.

    Raises
    ------
    ValueError
        Edges that no order of at most 10^6 meets, an argument out of its range.
    """

def cepstrum(x: typing.Any) -> numpy.ndarray:
    """
    Real cepstrum: inverse transform of the logarithm of the spectrum's magnitude.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        No samples, a spectrum with a zero, NaN or infinity in x.
    """

def cheby1(
    order: typing.SupportsInt | typing.SupportsIndex,
    ripple_db: typing.SupportsFloat | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    btype: str = "lowpass",
    output: str = "sos",
) -> typing.Any:
    """
    Chebyshev filter with ripple in the pass band; equal to ``scipy.signal.cheby1``.

    Parameters
    ----------
    order : int
        1 to 50 (bessel: to 25); a band filter has twice that many poles.
    ripple_db : float
        Largest loss in the pass band (cheby1, ellip).
    attenuation_db : float
        Smallest loss in the stop band (cheby2, ellip).
    cutoff : float or sequence of two floats
        Edges in Hz inside (0, fs / 2): two for a band, ascending.
    fs : float
        Sampling rate in Hz.
    btype : {"lowpass", "highpass", "bandpass", "bandstop"}
    norm : {"phase", "delay", "mag"}
        What the edge of a Bessel filter means, as SciPy's.
    output : {"sos", "zpk", "ba"}

    Returns
    -------
    sos : ndarray of shape (n_sections, 6)
        Rows b0 b1 b2 1 a1 a2.
    zeros, poles, gain : complex ndarrays and float
        With output="zpk".
    b, a : ndarrays of shape (n_poles + 1,)
        With output="ba"; only for low orders.

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def cheby2(
    order: typing.SupportsInt | typing.SupportsIndex,
    attenuation_db: typing.SupportsFloat | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    btype: str = "lowpass",
    output: str = "sos",
) -> typing.Any:
    """
    Chebyshev filter with ripple in the stop band; equal to ``scipy.signal.cheby2``.

    Parameters
    ----------
    order : int
        1 to 50 (bessel: to 25); a band filter has twice that many poles.
    ripple_db : float
        Largest loss in the pass band (cheby1, ellip).
    attenuation_db : float
        Smallest loss in the stop band (cheby2, ellip).
    cutoff : float or sequence of two floats
        Edges in Hz inside (0, fs / 2): two for a band, ascending.
    fs : float
        Sampling rate in Hz.
    btype : {"lowpass", "highpass", "bandpass", "bandstop"}
    norm : {"phase", "delay", "mag"}
        What the edge of a Bessel filter means, as SciPy's.
    output : {"sos", "zpk", "ba"}

    Returns
    -------
    sos : ndarray of shape (n_sections, 6)
        Rows b0 b1 b2 1 a1 a2.
    zeros, poles, gain : complex ndarrays and float
        With output="zpk".
    b, a : ndarrays of shape (n_poles + 1,)
        With output="ba"; only for low orders.

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def coherence(
    x: typing.Any,
    y: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    nperseg: typing.SupportsInt | typing.SupportsIndex = 256,
    noverlap: typing.SupportsInt | typing.SupportsIndex | None = None,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = "hann",
    detrend: typing.Any = "constant",
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Magnitude-squared coherence of the channels of x with those of y; equal to ``scipy.signal.coherence``.

    Parameters
    ----------
    x, y : array_like of shape (n_samples,) or (n_channels, n_samples)
        Of one shape.
    fs : float
        Sampling rate in Hz.
    nperseg, noverlap, nfft, window, detrend
        As for welch.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    coherence : ndarray of shape (n_freqs,) or (n_channels, n_freqs)
        NaN where a channel has no power.

    Raises
    ------
    ValueError
        Different shapes, no samples, NaN or infinity, an argument out of its range.
    """

def csd(
    x: typing.Any,
    y: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    nperseg: typing.SupportsInt | typing.SupportsIndex = 256,
    noverlap: typing.SupportsInt | typing.SupportsIndex | None = None,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = "hann",
    detrend: typing.Any = "constant",
    average: str = "mean",
    scaling: str = "density",
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.complex128]]:
    """
    Cross spectral density of the channels of x with those of y; equal to ``scipy.signal.csd``.

    Parameters
    ----------
    x, y : array_like of shape (n_samples,) or (n_channels, n_samples)
        Of one shape.
    fs : float
        Sampling rate in Hz.
    nperseg, noverlap, nfft, window, detrend, average, scaling
        As for welch.

    Returns
    -------
    freqs : ndarray of shape (n_freqs,)
    values : complex ndarray of shape (n_freqs,) or (n_channels, n_freqs)

    Raises
    ------
    ValueError
        Different shapes, no samples, NaN or infinity, an argument out of its range.
    """

def cubic_spline(t: typing.Any, v: typing.Any, at: typing.Any) -> numpy.typing.NDArray[numpy.float64]:
    """
    Natural cubic spline; equal to ``scipy.interpolate.CubicSpline(t, v, bc_type="natural")(at)``.

    Parameters
    ----------
    t : array_like of shape (n_knots,)
        Strictly ascending, two or more.
    v : array_like of shape (n_knots,)
    at : array_like of shape (n,)

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        Knots that don't ascend, NaN or infinity.
    """

def cwt(
    x: typing.Any, scales: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex, wavelet: str = "morl"
) -> tuple[typing.Any, numpy.typing.NDArray[numpy.float64]]:
    """
    Continuous wavelet transform; equal to ``pywt.cwt``, channels before scales.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    scales : float or sequence of floats
        In samples.
    fs : float
        Sampling rate in Hz.
    wavelet : str
        "morl", "mexh" (Ricker), or "cmorB-C" (complex Morlet of bandwidth B and centre C).

    Returns
    -------
    values : ndarray of shape (n_scales, n_samples) or (n_channels, n_scales, n_samples)
        Complex for "cmorB-C".
    freqs : ndarray of shape (n_scales,)
        Hz.

    Raises
    ------
    ValueError
        An unknown wavelet, scales out of their range, NaN or infinity in x.
    """

def describe(
    filter: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex, zero_phase: bool = False
) -> FilterDescription:
    """
    Describe a filter for people: edges, transitions, attenuation, length, ringing, delay.

    Parameters
    ----------
    filter : array_like of shape (n_taps,) or (n_sections, 6)
        Taps of an FIR, or second-order sections.
    fs : float
        Sampling rate in Hz.
    zero_phase : bool
        As ``fir_filter`` or ``sosfiltfilt`` apply it.

    Returns
    -------
    FilterDescription

    Raises
    ------
    ValueError
        Another shape, NaN or infinity, a filter that lets nothing through.
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

def detrend_smoothness_priors(
    x: typing.Any, lambda_: typing.SupportsFloat | typing.SupportsIndex = 500.0
) -> numpy.ndarray:
    """
    Remove a slow trend by smoothness priors: a high-pass for evenly spaced series such as resampled RR.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    lambda_ : float
        Weight of the trend's second difference, 0 to 10^7; the cut-off falls as it grows.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, lambda_ out of its range.

    References
    ----------
    Tarvainen, Ranta-aho & Karjalainen (2002), IEEE Trans. Biomed. Eng. 49:172.
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

def dwt(
    x: typing.Any, wavelet: str, *, mode: str = "symmetric"
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    One level of the discrete wavelet transform; equal to ``pywt.dwt``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    wavelet : str
        See wavelet_names.
    mode : str
        How the signal goes on beyond its ends: PyWavelets' names.

    Returns
    -------
    approximation, detail : ndarrays of shape (..., n)

    Raises
    ------
    ValueError
        No samples, NaN or infinity in x, an unknown wavelet or mode.

    References
    ----------
    Daubechies (1992), Ten Lectures on Wavelets, SIAM.
    """

def ellip(
    order: typing.SupportsInt | typing.SupportsIndex,
    ripple_db: typing.SupportsFloat | typing.SupportsIndex,
    attenuation_db: typing.SupportsFloat | typing.SupportsIndex,
    cutoff: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    btype: str = "lowpass",
    output: str = "sos",
) -> typing.Any:
    """
    Elliptic (Cauer) filter, the steepest of an order; equal to ``scipy.signal.ellip``.

    Parameters
    ----------
    order : int
        1 to 50 (bessel: to 25); a band filter has twice that many poles.
    ripple_db : float
        Largest loss in the pass band (cheby1, ellip).
    attenuation_db : float
        Smallest loss in the stop band (cheby2, ellip).
    cutoff : float or sequence of two floats
        Edges in Hz inside (0, fs / 2): two for a band, ascending.
    fs : float
        Sampling rate in Hz.
    btype : {"lowpass", "highpass", "bandpass", "bandstop"}
    norm : {"phase", "delay", "mag"}
        What the edge of a Bessel filter means, as SciPy's.
    output : {"sos", "zpk", "ba"}

    Returns
    -------
    sos : ndarray of shape (n_sections, 6)
        Rows b0 b1 b2 1 a1 a2.
    zeros, poles, gain : complex ndarrays and float
        With output="zpk".
    b, a : ndarrays of shape (n_poles + 1,)
        With output="ba"; only for low orders.

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

def firls(
    n_taps: typing.SupportsInt | typing.SupportsIndex,
    bands: typing.Any,
    desired: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Any = None,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    FIR of least squared error in bands; equal to ``scipy.signal.firls``.

    Parameters
    ----------
    n_taps : int
        Odd.
    bands : array_like of shape (2 * n_bands,)
        Edges in pairs, ascending inside [0, fs / 2] Hz.
    desired : array_like of shape (2 * n_bands,)
        Gain at every edge, linear in between.
    fs : float
        Sampling rate in Hz.
    weights : array_like of shape (n_bands,), optional

    Returns
    -------
    ndarray of shape (n_taps,)

    Raises
    ------
    ValueError
        An argument out of its range.
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

def firwin2(
    n_taps: typing.SupportsInt | typing.SupportsIndex,
    freqs: typing.Any,
    gains: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    window: typing.Any = "hamming",
    n_freqs: typing.SupportsInt | typing.SupportsIndex = 0,
    antisymmetric: bool = False,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    FIR by frequency sampling and a window; equal to ``scipy.signal.firwin2``.

    Parameters
    ----------
    n_taps : int
    freqs : array_like of shape (n,)
        Ascending from 0 to fs / 2 Hz; a frequency may occur twice, for a step.
    gains : array_like of shape (n,)
        Linear in between.
    fs : float
        Sampling rate in Hz.
    window : str or tuple
    n_freqs : int
        Points of the interpolation; 0: 1 + the next power of two.
    antisymmetric : bool
        Phase of 90 degrees.

    Returns
    -------
    ndarray of shape (n_taps,)

    Raises
    ------
    ValueError
        An argument out of its range; a gain at 0 or fs / 2 that the type can't have.
    """

def fit_ar(
    x: typing.Any, order: typing.SupportsInt | typing.SupportsIndex, *, method: str = "burg"
) -> tuple[numpy.typing.NDArray[numpy.float64], typing.Any]:
    """
    Autoregressive model of each channel minus its mean.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    order : int
        1 to n_samples - 1.
    method : {"burg", "yule_walker"}

    Returns
    -------
    a : ndarray of shape (order + 1,) or (n_channels, order + 1)
        x[i] + a[1] x[i-1] + ... = noise; a[0] = 1.
    variance : float or ndarray of shape (n_channels,)
        Of the noise.

    Raises
    ------
    ValueError
        An order out of its range, NaN or infinity in x.

    References
    ----------
    Burg (1975), Maximum entropy spectral analysis, Stanford; Kay (1988), Modern Spectral Estimation, ch. 7.
    """

def freqz(
    b: typing.Any,
    a: typing.Any = 1.0,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n: typing.SupportsInt | typing.SupportsIndex = 512,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.complex128]]:
    """
    Frequency response of b(z) / a(z); equal to ``scipy.signal.freqz``.

    Parameters
    ----------
    b, a : array_like of shape (n_taps,) or float
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
        An argument out of its range, NaN or infinity.
    """

def group_delay(
    b: typing.Any,
    a: typing.Any = 1.0,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n: typing.SupportsInt | typing.SupportsIndex = 512,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Group delay of b(z) / a(z) in samples; equal to ``scipy.signal.group_delay``.

    Parameters
    ----------
    b, a : array_like of shape (n_taps,) or float
    fs : float
        Sampling rate in Hz.
    n : int
        Number of frequencies from 0 to just below fs / 2.

    Returns
    -------
    freqs : ndarray of shape (n,)
        Hz.
    delay_samples : ndarray of shape (n,)
        0 where the gain is 0.

    Raises
    ------
    ValueError
        An argument out of its range, NaN or infinity.
    """

def hampel(
    x: typing.Any,
    half_width: typing.SupportsInt | typing.SupportsIndex,
    *,
    n_sigmas: typing.SupportsFloat | typing.SupportsIndex = 3.0,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.bool]]:
    """
    Replace spikes by the median of their surroundings (Hampel's filter).

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    half_width : int
        Samples on both sides; fewer count at the ends.
    n_sigmas : float
        A sample further than n_sigmas * 1.4826 * MAD from the median is a spike.

    Returns
    -------
    y : ndarray of the shape of x
    replaced : bool ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, an argument out of its range.

    References
    ----------
    Davies & Gather (1993), J. Am. Stat. Assoc. 88:782.
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

def idwt(
    approximation: typing.Any, detail: typing.Any, wavelet: str, *, mode: str = "symmetric"
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Inverse of dwt; equal to ``pywt.idwt``.

    Parameters
    ----------
    approximation, detail : array_like of shape (n,) or (n_channels, n)
    wavelet, mode : str
        As for dwt.

    Returns
    -------
    ndarray of shape (..., n_samples)

    Raises
    ------
    ValueError
        Different shapes, NaN or infinity, an unknown wavelet or mode.
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

def iirpeak(
    frequency: typing.SupportsFloat | typing.SupportsIndex,
    q: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Second-order peak as one section; equal to ``scipy.signal.iirpeak``.

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

def istft(
    values: typing.Any,
    *,
    nperseg: typing.SupportsInt | typing.SupportsIndex = 256,
    noverlap: typing.SupportsInt | typing.SupportsIndex | None = None,
    nfft: typing.SupportsInt | typing.SupportsIndex | None = None,
    window: typing.Any = "hann",
) -> typing.Any:
    """
    Signal of a short-time Fourier transform; equal to ``scipy.signal.istft``.

    Parameters
    ----------
    values : array_like of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)
        As stft returns them.
    nperseg, noverlap, nfft, window
        As for stft.

    Returns
    -------
    ndarray of shape (..., n_samples)
        Up to one step longer than what went into stft.

    Raises
    ------
    ValueError
        Another number of frequencies than nfft // 2 + 1, NaN or infinity.
    """

def iswt(levels: list, wavelet: str) -> typing.Any:
    """
    Inverse of swt; equal to ``pywt.iswt``.

    Parameters
    ----------
    levels : list of pairs of array_like
        As swt returns them.
    wavelet : str

    Returns
    -------
    ndarray of the shape of the coefficients

    Raises
    ------
    ValueError
        Levels of different shapes.
    """

def kaiser_atten(
    n_taps: typing.SupportsInt | typing.SupportsIndex,
    width_hz: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
) -> float:
    """
    Attenuation in dB of a Kaiser-window filter; equal to ``scipy.signal.kaiser_atten``.

    Parameters
    ----------
    n_taps : int
    width_hz : float
        Of the transition.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float
    """

def kaiser_beta(attenuation_db: typing.SupportsFloat | typing.SupportsIndex) -> float:
    """
    Parameter of a Kaiser window for an attenuation; equal to ``scipy.signal.kaiser_beta``.

    Parameters
    ----------
    attenuation_db : float

    Returns
    -------
    float
    """

def kaiserord(
    attenuation_db: typing.SupportsFloat | typing.SupportsIndex,
    width_hz: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[int, float]:
    """
    Length and window of an FIR by its attenuation and transition; equal to ``scipy.signal.kaiserord``.

    Parameters
    ----------
    attenuation_db : float
        At least 8.
    width_hz : float
        Of the transition.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    n_taps : int
    beta : float

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def lombscargle(
    times_s: typing.Any, x: typing.Any, freqs: typing.Any, *, normalize: str = "power", floating_mean: bool = False
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Lomb-Scargle periodogram of unevenly sampled values; ``scipy.signal.lombscargle`` at 2 pi freqs.

    Parameters
    ----------
    times_s : array_like of shape (n_samples,)
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        Without its mean.
    freqs : float or sequence of floats
        Hz.
    normalize : {"power", "normalize", "amplitude"}
        A^2 n / 4, the share of the energy, or A^2.
    floating_mean : bool
        Fit a mean at every frequency.

    Returns
    -------
    ndarray of shape (n_freqs,) or (n_channels, n_freqs)

    Raises
    ------
    ValueError
        Different lengths, NaN or infinity.

    References
    ----------
    Lomb (1976), Astrophys. Space Sci. 39:447; Scargle (1982), Astrophys. J. 263:835.
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

def medfilt(
    x: typing.Any, kernel_size: typing.SupportsInt | typing.SupportsIndex = 3, *, mode: str = "zero"
) -> numpy.ndarray:
    """
    Running median of each channel; equal to ``scipy.signal.medfilt``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    kernel_size : int
        Odd.
    mode : {"zero", "mirror", "reflect", "nearest", "wrap"}
        Beyond the ends: zeros as SciPy, or as ``scipy.ndimage.median_filter``.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, an even window.
    """

def minimum_phase(
    h: typing.Any, *, half: bool = True, n_fft: typing.SupportsInt | typing.SupportsIndex = 0
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Minimum-phase filter of a linear-phase one; equal to ``scipy.signal.minimum_phase``.

    Parameters
    ----------
    h : array_like of shape (n_taps,)
    half : bool
        Half the length, and a gain that is the square root of the given one; else the same length.
    n_fft : int
        Length of the transforms; 0: SciPy's rule.

    Returns
    -------
    ndarray of shape (ceil(n_taps / 2),) or (n_taps,)

    Raises
    ------
    ValueError
        Fewer than 3 taps, zeros only, n_fft < n_taps.
    """

def morlet_power(
    x: typing.Any,
    freqs: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n_cycles: typing.Any = 7.0,
    zero_mean: bool = False,
    decim: typing.SupportsInt | typing.SupportsIndex = 1,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Power in time and frequency; ``mne.time_frequency.tfr_array_morlet(output="power")``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    freqs : float or sequence of floats
        Hz, inside (0, fs / 2].
    fs : float
        Sampling rate in Hz.
    n_cycles : float or sequence of floats
        Of the wavelets: one number, or one a frequency.
    zero_mean : bool
        Subtract each wavelet's mean.
    decim : int
        Keep every so many samples.

    Returns
    -------
    ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

    Raises
    ------
    ValueError
        A wavelet (10 standard deviations) longer than the signal, NaN or infinity in x, an argument out of its range.

    References
    ----------
    Tallon-Baudry et al. (1997), J. Neurosci. 17:722.
    """

def morlet_tfr(
    x: typing.Any,
    freqs: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n_cycles: typing.Any = 7.0,
    zero_mean: bool = False,
    decim: typing.SupportsInt | typing.SupportsIndex = 1,
) -> numpy.typing.NDArray[numpy.complex128]:
    """
    Convolution with Morlet wavelets; ``mne.time_frequency.tfr_array_morlet(output="complex")``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    freqs : float or sequence of floats
        Hz, inside (0, fs / 2].
    fs : float
        Sampling rate in Hz.
    n_cycles : float or sequence of floats
        Of the wavelets: one number, or one a frequency.
    zero_mean : bool
        Subtract each wavelet's mean.
    decim : int
        Keep every so many samples.

    Returns
    -------
    ndarray of shape (n_freqs, n_times) or (n_channels, n_freqs, n_times)

    Raises
    ------
    ValueError
        A wavelet (10 standard deviations) longer than the signal, NaN or infinity in x, an argument out of its range.

    References
    ----------
    Tallon-Baudry et al. (1997), J. Neurosci. 17:722.
    """

def moving_average(
    x: typing.Any, n: typing.SupportsInt | typing.SupportsIndex, *, mode: str = "reflect"
) -> numpy.ndarray:
    """
    Mean of n samples around each; equal to ``scipy.ndimage.uniform_filter1d``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    n : int
        An even window reaches one sample further back than ahead.
    mode : {"reflect", "mirror", "nearest", "zero", "wrap"}

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, n < 1.
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

def remez(
    n_taps: typing.SupportsInt | typing.SupportsIndex,
    bands: typing.Any,
    desired: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    weights: typing.Any = None,
    grid_density: typing.SupportsInt | typing.SupportsIndex = 16,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    FIR of least maximal error in bands (Parks-McClellan); as ``scipy.signal.remez``.

    Parameters
    ----------
    n_taps : int
        3 to 2001.
    bands : array_like of shape (2 * n_bands,)
        Edges in pairs, ascending inside [0, fs / 2] Hz.
    desired : array_like of shape (n_bands,)
    fs : float
        Sampling rate in Hz.
    weights : array_like of shape (n_bands,), optional
    grid_density : int
        Frequencies for each degree of freedom.

    Returns
    -------
    ndarray of shape (n_taps,)

    Raises
    ------
    ValueError
        An argument out of its range; bands for which the exchange doesn't converge.

    References
    ----------
    Parks & McClellan (1972), IEEE Trans. Circuit Theory 19:189.
    """

def remove_baseline(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "median",
    short_window_s: typing.SupportsFloat | typing.SupportsIndex = 0.2,
    long_window_s: typing.SupportsFloat | typing.SupportsIndex = 0.6,
    cutoff_hz: typing.SupportsFloat | typing.SupportsIndex = 0.5,
    order: typing.SupportsInt | typing.SupportsIndex = 2,
    points: typing.Any = None,
    around_s: typing.SupportsFloat | typing.SupportsIndex = 0.02,
) -> numpy.ndarray:
    """
    Remove the wandering baseline of an ECG.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    fs : float
        Sampling rate in Hz.
    method : {"median", "morphological", "spline", "highpass"}
        Two running medians; opening and closing; a cubic spline through isoelectric points; a zero-phase Butterworth
        high-pass.
    short_window_s, long_window_s : float
        Both medians; or the opening and twice the closing.
    cutoff_hz, order : float and int
        Of the high-pass.
    points : array_like of int, optional
        Samples on the isoelectric line (before each QRS), ascending, for "spline".
    around_s : float
        The level at a point is the mean over so long a stretch.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, an argument out of its range, fewer than two points.

    References
    ----------
    de Chazal (2004), IEEE Trans. Biomed. Eng. 51:1196; Sun (2002), Comput. Biol. Med. 32:465; Meyer & Keiser (1977),
    Comput. Biomed. Res. 10:459.
    """

def remove_lines(
    x: typing.Any,
    freqs: typing.Any = None,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    window_s: typing.SupportsFloat | typing.SupportsIndex = 10.0,
    bandwidth_hz: typing.SupportsFloat | typing.SupportsIndex | None = None,
    p: typing.SupportsFloat | typing.SupportsIndex = 0.05,
    width_hz: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> numpy.ndarray:
    """
    Subtract sinusoids fitted in sliding windows; ``mne.filter.notch_filter(method="spectrum_fit")``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    freqs : float or sequence of floats, optional
        Lines in Hz; absent: those that an F test finds in each window.
    fs : float
        Sampling rate in Hz.
    window_s : float
        Length of the windows, half overlapping.
    bandwidth_hz : float, optional
        Full width of the tapers; 8 / window length where absent.
    p : float
        Of the F test, divided by the number of samples.
    width_hz : float, optional
        Frequencies within this width around each line go too; a 200th of the line where absent.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, fewer than 16 samples, an argument out of its range.

    References
    ----------
    Thomson (1982), Proc. IEEE 70:1055; Mitra & Bokil (2008), Observed Brain Dynamics.
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

def resample_fft(
    x: typing.Any,
    new_fs: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    pad_samples: typing.SupportsInt | typing.SupportsIndex | None = None,
) -> numpy.ndarray:
    """
    Resample through the spectrum after odd reflection; equal to ``mne.filter.resample(npad="auto")``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    new_fs, fs : float
        Hz.
    pad_samples : int, optional
        Samples reflected on each side; up to the next power of two where absent.

    Returns
    -------
    ndarray of shape (..., round(n_samples * new_fs / fs))

    Raises
    ------
    ValueError
        No samples, a rate out of its range, NaN or infinity in x.
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

def savgol_coeffs(
    window_length: typing.SupportsInt | typing.SupportsIndex,
    polyorder: typing.SupportsInt | typing.SupportsIndex,
    *,
    deriv: typing.SupportsInt | typing.SupportsIndex = 0,
    delta: typing.SupportsFloat | typing.SupportsIndex = 1.0,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Taps of a Savitzky-Golay filter; equal to ``scipy.signal.savgol_coeffs``.

    Parameters
    ----------
    window_length : int
        Odd.
    polyorder : int
        Below window_length.
    deriv : int
        Derivative of the polynomial.
    delta : float
        Distance of the samples, for derivatives.

    Returns
    -------
    ndarray of shape (window_length,)

    Raises
    ------
    ValueError
        An argument out of its range.
    """

def savgol_filter(
    x: typing.Any,
    window_length: typing.SupportsInt | typing.SupportsIndex,
    polyorder: typing.SupportsInt | typing.SupportsIndex,
    *,
    deriv: typing.SupportsInt | typing.SupportsIndex = 0,
    delta: typing.SupportsFloat | typing.SupportsIndex = 1.0,
    mode: str = "interp",
) -> numpy.ndarray:
    """
    Least-squares polynomials in a sliding window; equal to ``scipy.signal.savgol_filter``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    window_length : int
        Odd.
    polyorder : int
        Below window_length.
    deriv : int
        Derivative of the polynomial.
    delta : float
        Distance of the samples, for derivatives.
    mode : {"interp", "mirror", "reflect", "nearest", "zero", "wrap"}
        At the ends: the last window's polynomial, or what the signal is continued with.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        NaN or infinity in x, x shorter than the window ("interp"), an argument out of its range.

    References
    ----------
    Savitzky & Golay (1964), Anal. Chem. 36:1627.
    """

def sos_group_delay(
    sos: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n: typing.SupportsInt | typing.SupportsIndex = 512,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]:
    """
    Group delay of second-order sections in samples.

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
    delay_samples : ndarray of shape (n,)

    Raises
    ------
    ValueError
        sos of another shape, fs or n out of range.
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

def swt(x: typing.Any, wavelet: str, level: typing.SupportsInt | typing.SupportsIndex) -> list:
    """
    Stationary wavelet transform of a periodic signal; equal to ``pywt.swt``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
        n_samples is a multiple of 2^level.
    wavelet : str
    level : int

    Returns
    -------
    list of tuples of two ndarrays of the shape of x
        Approximation and detail, from the last level to the first.

    Raises
    ------
    ValueError
        A length that 2^level doesn't divide, NaN or infinity in x.
    """

def teager_kaiser(x: typing.Any) -> numpy.ndarray:
    """
    Teager-Kaiser energy x[i]^2 - x[i-1] x[i+1]; the ends repeat their neighbours.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)

    Returns
    -------
    ndarray of the shape of x
        Zeros for fewer than 3 samples.

    Raises
    ------
    ValueError
        NaN or infinity in x.

    References
    ----------
    Kaiser (1990), Proc. ICASSP, 381.
    """

def wavedec(
    x: typing.Any,
    wavelet: str,
    *,
    level: typing.SupportsInt | typing.SupportsIndex | None = None,
    mode: str = "symmetric",
) -> list:
    """
    Levels of the discrete wavelet transform; equal to ``pywt.wavedec``.

    Parameters
    ----------
    x : array_like of shape (n_samples,) or (n_channels, n_samples)
    wavelet : str
    level : int, optional
        As many as the wavelet fits where absent.
    mode : str
        As for dwt.

    Returns
    -------
    list of ndarrays
        Approximation of the last level, then the details from the last level to the first.

    Raises
    ------
    ValueError
        No samples, NaN or infinity in x, an argument out of its range.
    """

def wavelet_filters(
    wavelet: str,
) -> tuple[
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
]:
    """
    Filters of a wavelet: analysis low and high, synthesis low and high; ``pywt.Wavelet(name).filter_bank``.

    Parameters
    ----------
    wavelet : str
        "haar", "db1" to "db20", "sym2" to "sym20", "coif1" to "coif5", "bior1.1" to "bior6.8", "rbio1.1" to "rbio6.8".

    Returns
    -------
    tuple of four ndarrays of shape (n_taps,)

    Raises
    ------
    ValueError
        Another name.
    """

def wavelet_names() -> list[str]:
    """
    Names that wavelet_filters, dwt and swt know.

    Returns
    -------
    list of str
    """

def waverec(coefficients: list, wavelet: str, *, mode: str = "symmetric") -> typing.Any:
    """
    Inverse of wavedec; equal to ``pywt.waverec``.

    Parameters
    ----------
    coefficients : list of array_like
        As wavedec returns them.
    wavelet, mode : str

    Returns
    -------
    ndarray of shape (..., n_samples)

    Raises
    ------
    ValueError
        Coefficients whose lengths don't follow from each other, NaN or infinity.
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

def zapline(
    x: typing.Any,
    line_hz: typing.SupportsFloat | typing.SupportsIndex,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    n_remove: typing.SupportsInt | typing.SupportsIndex = 1,
    n_fft: typing.SupportsInt | typing.SupportsIndex | None = None,
) -> numpy.ndarray:
    """
    Remove line noise from many channels by spatial filters (ZapLine).

    Parameters
    ----------
    x : array_like of shape (n_channels, n_samples)
        At least two channels.
    line_hz : float
    fs : float
        Sampling rate in Hz.
    n_remove : int
        Components to project out.
    n_fft : int, optional
        Window that measures the line and its harmonics; about 1 s where absent.

    Returns
    -------
    ndarray of the shape of x

    Raises
    ------
    ValueError
        One channel, fewer samples than a window, NaN or infinity in x.

    References
    ----------
    de Cheveigne (2020), NeuroImage 207:116356.
    """
