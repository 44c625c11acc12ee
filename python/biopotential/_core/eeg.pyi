"""
EEG.
"""

from __future__ import annotations
import collections.abc
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "aperiodic",
    "app_entropy",
    "band_power",
    "bipolar",
    "channel_kind",
    "clean_channel_name",
    "connectivity",
    "default_bands",
    "detrended_fluctuation",
    "electrode_position",
    "find_artefacts",
    "find_bad_channels",
    "find_blinks",
    "fixed_epochs",
    "higuchi_fd",
    "hjorth",
    "ica",
    "interpolate",
    "irasa",
    "katz_fd",
    "line_length",
    "longitudinal_montage",
    "lziv_complexity",
    "perm_entropy",
    "petrosian_fd",
    "rereference",
    "robust_reference",
    "sample_entropy",
    "simulate",
    "slow_waves",
    "spectral_entropy",
    "spindles",
    "surface_laplacian",
    "svd_entropy",
    "transverse_montage",
    "without_components",
    "zero_crossings",
]

def aperiodic(
    freqs: typing.Any,
    psd: typing.Any,
    *,
    low_hz: typing.SupportsFloat | typing.SupportsIndex,
    high_hz: typing.SupportsFloat | typing.SupportsIndex,
    knee: bool,
    narrowest_hz: typing.SupportsFloat | typing.SupportsIndex,
    widest_hz: typing.SupportsFloat | typing.SupportsIndex,
    max_peaks: typing.SupportsInt | typing.SupportsIndex,
    min_height: typing.SupportsFloat | typing.SupportsIndex,
    peak_threshold: typing.SupportsFloat | typing.SupportsIndex,
) -> dict:
    """
    Fits of spectra as arrays and tuples; see biopotential.eeg.aperiodic.
    """

def app_entropy(
    x: typing.Any,
    order: typing.SupportsInt | typing.SupportsIndex = 2,
    tolerance: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> typing.Any:
    """
    Approximate entropy (Pincus 1991).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    order : int, default 2
        Length of the templates.
    tolerance : float, optional
        Default 0.2 * standard deviation (ddof 0).

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def band_power(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    epochs: collections.abc.Sequence[
        tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
    ] = [],
    bands: collections.abc.Sequence[
        tuple[typing.SupportsFloat | typing.SupportsIndex, typing.SupportsFloat | typing.SupportsIndex, str]
    ] = [],
    window_s: typing.SupportsFloat | typing.SupportsIndex = 4.0,
    edge_share: typing.SupportsFloat | typing.SupportsIndex = 0.95,
) -> dict:
    """
    Band powers of channels and epochs as arrays; see biopotential.eeg.band_power.
    """

def bipolar(
    x: typing.Any, channels: collections.abc.Sequence[str], montage: collections.abc.Sequence[tuple[str, str]]
) -> tuple[numpy.typing.NDArray[numpy.float64], list[str]]:
    """
    Differences of channels by their names, shape (n_derivations, n_samples), and the derivations' names.
    """

def channel_kind(name: str) -> str:
    """
    What a channel measures by its name: "eeg", "eog", "ecg", "emg" or "other".
    """

def clean_channel_name(name: str) -> str:
    """
    A channel's name as the 10-10 system writes it: "EEG Fpz-Cz" -> "Fpz-Cz", "Fc5." -> "FC5", "T3" -> "T7".
    """

def connectivity(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    epochs: collections.abc.Sequence[
        tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
    ],
    methods: collections.abc.Sequence[str],
    low_hz: typing.SupportsFloat | typing.SupportsIndex,
    high_hz: typing.SupportsFloat | typing.SupportsIndex,
    multitaper: bool,
    bandwidth_hz: typing.SupportsFloat | typing.SupportsIndex | None,
) -> tuple[numpy.typing.NDArray[numpy.float64], list[tuple[int, int]], list]:
    """
    Frequencies, pairs of channels, and an array per method; see biopotential.eeg.connectivity.
    """

def default_bands() -> list[tuple[float, float, str]]:
    """
    Edges in Hz and names of the default bands.
    """

def detrended_fluctuation(x: typing.Any) -> typing.Any:
    """
    Exponent of the detrended fluctuation analysis (Peng et al. 1994).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def electrode_position(name: str) -> tuple[float, float, float, float, float] | None:
    """
    Position of a 10-10 electrode: (x, y, z) on the unit sphere (x right, y nose, z up), then (x, y) in the azimuthal equidistant plane, where 1 is the line nasion-ear-inion; None where the name is no electrode's.
    """

def find_artefacts(
    x: typing.Any,
    filtered: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    epochs: collections.abc.Sequence[
        tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
    ],
    peak_to_peak_uv: typing.SupportsFloat | typing.SupportsIndex = 150.0,
    amplitude_z: typing.SupportsFloat | typing.SupportsIndex = 3.0,
) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.float64]]:
    """
    Sums of 1 missing, 2 flat, 4 clipped, 8 amplitude, 16 muscle; shape (n_epochs, n_channels), for x in uV; and each channel's amplitude limit.
    """

def find_bad_channels(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex
) -> tuple[
    list[list[str]],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
]:
    """
    Reasons, robust z of amplitude and noise, shares of windows with low correlation and without a signal, for x in uV.
    """

def find_blinks(x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex) -> list[tuple[int, int, int, float]]:
    """
    Blinks in frontal channels (uV): peak, first sample, number of samples, amplitude in uV.
    """

def fixed_epochs(
    stretches: collections.abc.Sequence[
        tuple[typing.SupportsInt | typing.SupportsIndex, typing.SupportsInt | typing.SupportsIndex]
    ],
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    length_s: typing.SupportsFloat | typing.SupportsIndex,
    step_s: typing.SupportsFloat | typing.SupportsIndex = 0.0,
) -> numpy.typing.NDArray[numpy.int64]:
    """
    First sample and number of samples of fixed epochs within stretches (first, n), shape (n_epochs, 2).
    """

def higuchi_fd(x: typing.Any, kmax: typing.SupportsInt | typing.SupportsIndex = 10) -> typing.Any:
    """
    Higuchi's fractal dimension (1988).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    kmax : int, default 10

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def hjorth(
    x: typing.Any, *, fs: typing.SupportsFloat | typing.SupportsIndex | None = None
) -> tuple[typing.Any, typing.Any]:
    """
    Hjorth's mobility and complexity (1970); mobility is per sample, in Hz with fs.

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def ica(
    x: typing.Any,
    *,
    method: str,
    n_components: typing.SupportsInt | typing.SupportsIndex | None,
    max_iterations: typing.SupportsInt | typing.SupportsIndex,
    tolerance: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    numpy.typing.NDArray[numpy.float64],
    int,
    bool,
]:
    """
    Unmixing, mixing, means, shares, iterations, whether it converged.
    """

def interpolate(
    x: typing.Any,
    channels: collections.abc.Sequence[str],
    bad: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
) -> numpy.typing.NDArray[numpy.float64]:
    """
    x with the channels at those positions made from the others by spherical splines.
    """

def irasa(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    low_hz: typing.SupportsFloat | typing.SupportsIndex,
    high_hz: typing.SupportsFloat | typing.SupportsIndex,
    factors: collections.abc.Sequence[typing.SupportsFloat | typing.SupportsIndex],
    window_s: typing.SupportsFloat | typing.SupportsIndex,
) -> tuple[
    numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]
]:
    """
    Frequencies, aperiodic and oscillatory spectra; see biopotential.eeg.irasa.
    """

def katz_fd(x: typing.Any) -> typing.Any:
    """
    Katz's fractal dimension (1988).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def line_length(x: typing.Any, mean: bool = False) -> typing.Any:
    """
    Sum (or mean) of the absolute differences between neighbours (Esteller et al. 2001).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    """

def longitudinal_montage() -> list[tuple[str, str]]:
    """
    Anode and cathode of the double banana.
    """

def lziv_complexity(x: typing.Any, normalize: bool = False) -> typing.Any:
    """
    Lempel-Ziv complexity (1976) of whole symbols >= 0; binarize a signal first: (x >= median).astype(int).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    normalize : bool, default False
        Divide by n / log_b(n), b the number of different symbols.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def perm_entropy(
    x: typing.Any,
    order: typing.SupportsInt | typing.SupportsIndex = 3,
    delay: typing.SupportsInt | typing.SupportsIndex = 1,
    normalize: bool = False,
) -> typing.Any:
    """
    Permutation entropy in bits (Bandt & Pompe 2002).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    order : int, default 3
        2 to 8.
    delay : int, default 1
    normalize : bool, default False
        Divide by log2(order!).

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def petrosian_fd(x: typing.Any) -> typing.Any:
    """
    Petrosian's fractal dimension (1995).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def rereference(
    x: typing.Any, reference: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex]
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Each channel minus the mean of the channels at those positions, shape of x; see biopotential.eeg.reference.
    """

def robust_reference(
    x: typing.Any,
    channels: collections.abc.Sequence[str],
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    max_iterations: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], list[int], list[int]]:
    """
    Referenced signals (uV), the reference, positions excluded from it, positions interpolated.
    """

def sample_entropy(
    x: typing.Any,
    order: typing.SupportsInt | typing.SupportsIndex = 2,
    tolerance: typing.SupportsFloat | typing.SupportsIndex | None = None,
) -> typing.Any:
    """
    Sample entropy (Richman & Moorman 2000).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    order : int, default 2
        Length of the templates.
    tolerance : float, optional
        Default 0.2 * standard deviation (ddof 0). Agreement is < tolerance below 5000 samples, <= from there, as in antropy.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def simulate(
    duration_s: typing.SupportsFloat | typing.SupportsIndex,
    channels: collections.abc.Sequence[str],
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    background_uv: typing.SupportsFloat | typing.SupportsIndex,
    correlation_rad: typing.SupportsFloat | typing.SupportsIndex,
    alpha_uv: typing.SupportsFloat | typing.SupportsIndex,
    alpha_hz: typing.SupportsFloat | typing.SupportsIndex,
    eyes_block_s: typing.SupportsFloat | typing.SupportsIndex,
    blinks_per_minute: typing.SupportsFloat | typing.SupportsIndex,
    blink_uv: typing.SupportsFloat | typing.SupportsIndex,
    muscle_per_minute: typing.SupportsFloat | typing.SupportsIndex,
    muscle_uv: typing.SupportsFloat | typing.SupportsIndex,
    mains_uv: typing.SupportsFloat | typing.SupportsIndex,
    mains_hz: typing.SupportsFloat | typing.SupportsIndex,
    flat: collections.abc.Sequence[str],
    noisy: collections.abc.Sequence[str],
    noise_uv: typing.SupportsFloat | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> dict:
    """
    Signal and ground truth as arrays; see biopotential.eeg.simulate.
    """

def slow_waves(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    include: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    low_hz: typing.SupportsFloat | typing.SupportsIndex,
    high_hz: typing.SupportsFloat | typing.SupportsIndex,
) -> dict:
    """
    Columns of biopotential.eeg.slow_waves, positions in samples.
    """

def spectral_entropy(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    method: str = "fft",
    nperseg: typing.SupportsInt | typing.SupportsIndex | None = None,
    normalize: bool = False,
) -> typing.Any:
    """
    Entropy of the power spectrum in bits (Inouye et al. 1991).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    fs : float
        Sampling rate in Hz.
    method : {"fft", "welch"}
        Periodogram, or Welch's method with windows of nperseg (256) samples.
    normalize : bool, default False
        Divide by log2 of the number of frequencies.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def spindles(
    x: typing.Any,
    *,
    fs: typing.SupportsFloat | typing.SupportsIndex,
    include: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
    low_hz: typing.SupportsFloat | typing.SupportsIndex,
    high_hz: typing.SupportsFloat | typing.SupportsIndex,
    shortest_s: typing.SupportsFloat | typing.SupportsIndex,
    longest_s: typing.SupportsFloat | typing.SupportsIndex,
    min_distance_s: typing.SupportsFloat | typing.SupportsIndex,
    rel_power: typing.SupportsFloat | typing.SupportsIndex,
    correlation: typing.SupportsFloat | typing.SupportsIndex,
    rms_sd: typing.SupportsFloat | typing.SupportsIndex,
) -> dict:
    """
    Columns of biopotential.eeg.spindles, positions in samples.
    """

def surface_laplacian(
    x: typing.Any,
    channels: collections.abc.Sequence[str],
    *,
    radius: typing.SupportsFloat | typing.SupportsIndex,
    lambda2: typing.SupportsFloat | typing.SupportsIndex,
    stiffness: typing.SupportsInt | typing.SupportsIndex,
    n_terms: typing.SupportsInt | typing.SupportsIndex,
) -> numpy.typing.NDArray[numpy.float64]:
    """
    Current source density of channels at 10-10 positions, shape of x.
    """

def svd_entropy(
    x: typing.Any,
    order: typing.SupportsInt | typing.SupportsIndex = 3,
    delay: typing.SupportsInt | typing.SupportsIndex = 1,
    normalize: bool = False,
) -> typing.Any:
    """
    Entropy in bits of the singular values of the delay embedding (Roberts et al. 1999).

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    order : int, default 3
    delay : int, default 1
    normalize : bool, default False
        Divide by log2(order).

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """

def transverse_montage() -> list[tuple[str, str]]:
    """
    Anode and cathode of the transverse montage.
    """

def without_components(
    x: typing.Any,
    unmixing: typing.Any,
    mixing: typing.Any,
    mean: typing.Any,
    exclude: collections.abc.Sequence[typing.SupportsInt | typing.SupportsIndex],
) -> numpy.typing.NDArray[numpy.float64]:
    """
    x without some components, shape of x.
    """

def zero_crossings(x: typing.Any, normalize: bool = False) -> typing.Any:
    """
    Changes of the sign bit; 0 counts as positive.

    Parameters
    ----------
    x : array_like
        Shape (n_samples,), (n_channels, n_samples) or (n_epochs, n_channels, n_samples).
        A channel that holds NaN or infinity gives NaN and leaves the others alone.
    normalize : bool, default False
        Divide by the number of samples.

    Returns
    -------
    float or ndarray
        One value per channel: a float, shape (n_channels,) or (n_epochs, n_channels).

    Raises
    ------
    ValueError
        A signal that is too short, or a bad parameter.

    Notes
    -----
    Equal to antropy's function of that purpose.
    """
