"""EEG: band power, complexity, quality and the whole chain in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biopotential._bridge import bridged
from biopotential._core import eeg as _eeg
from biopotential._core.eeg import (
    app_entropy,
    channel_kind,
    clean_channel_name,
    detrended_fluctuation,
    electrode_position,
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
from biopotential.recording import volts_per

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "TEN_TWENTY",
    "Connectivity",
    "Ica",
    "Irasa",
    "Referenced",
    "Result",
    "RobustReference",
    "Simulated",
    "aperiodic",
    "app_entropy",
    "band_power",
    "channel_kind",
    "clean_channel_name",
    "connectivity",
    "detrended_fluctuation",
    "electrode_position",
    "find_bad_channels",
    "find_blinks",
    "higuchi_fd",
    "hjorth",
    "ica",
    "interpolate",
    "irasa",
    "katz_fd",
    "line_length",
    "lziv_complexity",
    "perm_entropy",
    "petrosian_fd",
    "process",
    "reference",
    "robust_reference",
    "sample_entropy",
    "simulate",
    "slow_waves",
    "spectral_entropy",
    "spindles",
    "surface_laplacian",
    "svd_entropy",
    "zero_crossings",
]

Band = tuple[float, float, str]

TEN_TWENTY = (
    "Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P7", "P3", "Pz", "P4", "P8", "O1", "O2"
)  # fmt: skip
"""The 19 electrodes of the 10-20 system on the head."""


def _names(function: str, n: int, channels: Sequence[str] | None) -> list[str]:
    """One name per channel: those given, or "0", "1" ..."""
    if channels is not None and len(channels) != n:
        raise ValueError(f"[{function}] wanted {n} channel names, got {len(channels)}")
    return [str(i) for i in range(n)] if channels is None else list(channels)


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
    names = _names("band_power", n_channels, channels)
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


_REASONS = {1: "missing", 2: "flat", 4: "clipped", 8: "amplitude", 16: "muscle"}


def _per_uv(function: str, unit: str | None) -> float:
    if unit is None:
        raise ValueError(f'[{function}] wanted unit="uV", "mV" or "V" with an array, got none')
    volts = volts_per(unit)
    if volts is None:
        raise ValueError(f'[{function}] wanted a unit of voltage ("uV", "mV", "V"), got {unit!r}')
    return volts * 1e6


def _to_uv(function: str, x: ArrayLike, unit: str | None) -> NDArray[np.float64]:
    """Convert samples to uV, refusing a scale that no EEG has."""
    data = np.asarray(x)
    if data.dtype.kind not in "fiu" or data.ndim not in (1, 2):
        raise ValueError(
            f"[{function}] wanted real x of shape (n_samples,) or (n_channels, n_samples), got shape {data.shape}, "
            f"dtype {data.dtype}"
        )
    out: NDArray[np.float64] = np.atleast_2d(data).astype(np.float64) * _per_uv(function, unit)
    spreads = [float(np.std(row[np.isfinite(row)])) for row in out if np.isfinite(row).any()]
    spreads = [s for s in spreads if s > 0]
    if spreads:
        spread = float(np.median(spreads))
        if spread < 0.01:
            likely = "V" if spread < 1e-3 else "mV"
            raise ValueError(
                f"[{function}] wanted EEG in {unit}, got a standard deviation of {spread:.3g} uV: "
                f'the samples are likely in {likely} (unit="{likely}")'
            )
        if spread > 20_000:
            raise ValueError(
                f"[{function}] wanted EEG in {unit}, got a standard deviation of {spread:.3g} uV: "
                'the samples are likely in uV (unit="uV"), or digital steps'
            )
    return out


def find_bad_channels(
    x: ArrayLike, *, fs: float, unit: str | None = None, channels: Sequence[str] | None = None
) -> pd.DataFrame:
    """Bad channels by PREP's deterministic criteria (Bigdely-Shamlo et al. 2015, Front Neuroinform 9:16).

    Numbers and channels are pyprep's; only what is flat is judged more strictly (a channel below 0.1 uV and a window
    below 1e-9 uV, where pyprep wants 1e-9 uV and exactly 0), and pyprep's own criterion on spectra (not PREP's) is left
    out.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples), at least 2 s.
    fs : float
        Sampling rate in Hz.
    unit : str
        "uV", "mV" or "V".
    channels : sequence of str, optional
        Names; default "0", "1" ...

    Returns
    -------
    DataFrame
        A row per channel: channel, bad, reasons ("missing", "flat", "deviation", "noise", "correlation", "dropout",
        joined by commas), deviation_z, noise_z (robust z of amplitude and of what lies above 50 Hz; NaN below four
        channels), low_correlation_share and dropout_share (of windows of 1 s).

    Raises
    ------
    ValueError
        Bad fs, unit or scale; less than 2 s.
    """
    import pandas as pd

    data = _to_uv("find_bad_channels", x, unit)
    names = _names("find_bad_channels", len(data), channels)
    reasons, deviation, noise, share, dropout = _eeg.find_bad_channels(data, fs=fs)
    return pd.DataFrame(
        {
            "channel": names,
            "bad": [bool(r) for r in reasons],
            "reasons": [",".join(r) for r in reasons],
            "deviation_z": deviation,
            "noise_z": noise,
            "low_correlation_share": share,
            "dropout_share": dropout,
        }
    )


def find_blinks(x: ArrayLike, *, fs: float, unit: str | None = None) -> pd.DataFrame:
    """Blinks in frontal channels (Fp1, Fp2), averaged, from 1 to 10 Hz.

    Parameters
    ----------
    x : array_like
        Shape (n_samples,) or (n_channels, n_samples), without NaN, at least 2 s.
    fs : float
        Sampling rate in Hz.
    unit : str
        "uV", "mV" or "V".

    Returns
    -------
    DataFrame
        onset_s, duration_s (above half of the peak), label ("blink"), peak_s, amplitude_uv.

    Raises
    ------
    ValueError
        NaN, bad fs, unit or scale; less than 2 s.
    """
    return _blink_table(_eeg.find_blinks(_to_uv("find_blinks", x, unit), fs=fs), fs, 0.0)


def _blink_table(blinks: list[tuple[int, int, int, float]], fs: float, start_s: float) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "onset_s": np.array([start_s + first / fs for _, first, _, _ in blinks], dtype=float),
            "duration_s": np.array([n / fs for _, _, n, _ in blinks], dtype=float),
            "label": np.array(["blink"] * len(blinks), dtype=object),
            "peak_s": np.array([start_s + peak / fs for peak, _, _, _ in blinks], dtype=float),
            "amplitude_uv": np.array([a for _, _, _, a in blinks], dtype=float),
        }
    )


@dataclass(frozen=True)
class Result:
    """What `process` finds.

    Attributes
    ----------
    features : DataFrame
        A row per epoch and channel: channel, epoch, onset_s, band powers in uV^2 and as shares, edge95_hz,
        alpha_peak_hz, spectral_entropy, perm_entropy (both normalized), hjorth_mobility_hz, hjorth_complexity,
        higuchi_fd, petrosian_fd. NaN where the epoch can't be analysed in that channel.
    quality : DataFrame
        A row per epoch and channel: channel, epoch, onset_s, ok, reasons ("missing", "flat", "clipped", "amplitude",
        "muscle", joined by commas).
    bad_channels : DataFrame
        As of `find_bad_channels`, judged over the longest stretch; "flat" and "missing" also where more than half of a
        channel's epochs are.
    events : DataFrame
        Blinks, as of `find_blinks`, where Fp1 or Fp2 is neither missing, flat nor noisy.
    freqs, psd : ndarray
        Hz, shape (n_freqs,), and median over analysable epochs in uV^2/Hz, shape (n_channels, n_freqs).
    epoch_s : ndarray, shape (n_epochs,)
        Onset of each epoch in seconds from the recording's start.
    epoch_length_s : float
    ok : ndarray of bool, shape (n_epochs, n_channels)
        Whether the epoch can be analysed in that channel.
    bands : dict of str to (low, high)
        Hz.
    limit_uv : ndarray, shape (n_channels,)
        Peak to peak within a second above which an epoch of that channel was lost as "amplitude".
    channels : list of str
        Cleaned names, in the order of psd.
    fs : float
        Hz.
    stretches : list of (start_s, first, n)
        Where each stretch without a gap starts, in seconds, and its samples.
    signals : ndarray, shape (n_channels, n_samples)
        The filtered signals in uV, gaps left out, that everything was measured on.
    parameters : list of (step, parameters)
        What was done, in order.
    analysable_share : float
        Of all channel epochs.
    reasons : dict of str to float
        Share of channel epochs lost by reason; one epoch can have several.
    unused_s : float
        Seconds that belong to no epoch: ends of stretches.
    """

    features: pd.DataFrame
    quality: pd.DataFrame
    bad_channels: pd.DataFrame
    events: pd.DataFrame
    freqs: NDArray[np.float64]
    psd: NDArray[np.float64]
    epoch_s: NDArray[np.float64]
    epoch_length_s: float
    ok: NDArray[np.bool_]
    bands: dict[str, tuple[float, float]]
    limit_uv: NDArray[np.float64]
    channels: list[str]
    fs: float
    stretches: list[Stretch]
    signals: NDArray[np.float64]
    parameters: list[tuple[str, dict[str, Any]]]
    analysable_share: float
    reasons: dict[str, float]
    unused_s: float

    def per_epoch(self, column: str) -> NDArray[np.float64]:
        """One column of `features` as an array, shape (n_epochs, n_channels)."""
        return self.features[column].to_numpy(dtype=np.float64).reshape(self.ok.shape)


Stretch = tuple[float, int, int]


def _eeg_of_recording(rec: Any) -> tuple[NDArray[np.float64], float, list[str], list[Stretch]]:
    """EEG channels of a recording in uV, with rate, names and stretches (start_s, first, n).

    Where no name is an EEG electrode's, the channels count whose name says nothing else either.
    """
    best: tuple[Any, list[int]] | None = None
    for kind in ("eeg", "other"):
        for signal in rec.signals:
            picked = [
                i
                for i, c in enumerate(signal.channels)
                if channel_kind(c.name) == kind and volts_per(c.unit) is not None
            ]
            if picked and (best is None or len(picked) > len(best[1])):
                best = (signal, picked)
        if best is not None:
            break
    if best is None:
        names = [c.name for s in rec.signals for c in s.channels]
        raise ValueError(f"[process] wanted a recording with EEG channels in V, mV or uV, got {names}")
    signal, picked = best
    stretches = [(float(s.start_s), int(s.first), int(s.n_samples)) for s in signal.segments]
    stored = np.asarray(signal.read(0, int(signal.n_samples), picked))
    factors = np.array([_per_uv("process", signal.channels[i].unit) for i in picked])
    names = [clean_channel_name(signal.channels[i].name) for i in picked]
    return _to_uv("process", stored * factors[:, None], "uV"), float(signal.fs), names, stretches


def _runs(finite: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last + 1 of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _filtered(
    data: NDArray[np.float64], stretches: Sequence[Stretch], fs: float, highpass_hz: float | None, notch: bool,
    mains_hz: float | None,
) -> NDArray[np.float64]:  # fmt: skip
    """Filter each stretch, and each run between missing samples, by itself."""
    from biopotential import signal

    if highpass_hz is None and not notch:
        return data
    out = np.full_like(data, np.nan)

    def run(rows: NDArray[np.int64], first: int, last: int) -> None:
        piece = data[rows, first:last]
        if highpass_hz is not None:
            piece = signal.highpass(piece, highpass_hz, fs=fs)
        if notch:
            piece = signal.notch_filter(piece, [mains_hz], fs=fs)
        out[rows, first:last] = piece

    for _, first, n in stretches:
        finite = np.isfinite(data[:, first : first + n])
        whole = finite.all(axis=1)
        if whole.any():
            run(np.flatnonzero(whole), first, first + n)
        for row in np.flatnonzero(~whole):
            for a, b in _runs(finite[row]):
                run(np.array([row]), first + a, first + b)
    return out


def _bridged(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a line over missing samples, except in channels that miss more than half."""
    present = np.isfinite(x).mean(axis=1)
    rows = (present > 0.5) & (present < 1)
    if not rows.any():
        return x
    out = x.copy()
    out[rows] = bridged(x[rows])
    return out


def _bad_channels(
    data: NDArray[np.float64], stretches: Sequence[Stretch], fs: float, names: list[str], codes: NDArray[np.uint8]
) -> pd.DataFrame:
    """`find_bad_channels` over the longest stretch, with what the epochs say."""
    import pandas as pd

    _, first, n = max(stretches, key=lambda s: s[2])
    if n >= 2 * fs:
        table = find_bad_channels(_bridged(data[:, first : first + n]), fs=fs, unit="uV", channels=names)
    else:
        table = pd.DataFrame({"channel": names, "bad": False, "reasons": ""})
        table[["deviation_z", "noise_z", "low_correlation_share", "dropout_share"]] = np.nan
    texts = [[r for r in text.split(",") if r] for text in table["reasons"]]
    for bit, reason in ((1, "missing"), (2, "flat")):
        for i in np.flatnonzero(((codes & bit) > 0).mean(axis=0) > 0.5):
            if reason not in texts[i]:
                texts[i].insert(0, reason)
    table["reasons"] = [",".join(t) for t in texts]
    table["bad"] = [bool(t) for t in texts]
    return table


def process(
    x: Any,
    *,
    fs: float | None = None,
    unit: str | None = None,
    channels: Sequence[str] | None = None,
    highpass_hz: float | None = 0.5,
    mains_hz: float | None = 50.0,
    epoch_s: float = 4.0,
    bands: Sequence[Band] = (),
    peak_to_peak_uv: float = 150.0,
    amplitude_z: float = 3.0,
) -> Result:
    """Quality, band powers and complexity of an EEG in one call: what ``biopotential eeg`` shows.

    The signal keeps its reference (see `reference`). Each stretch without a gap is high-passed and freed of mains by
    itself, with MNE's zero-phase FIR filters. Each channel of each epoch is judged by itself: missing samples, flat
    line and clipping in what was recorded, amplitude and muscle after the filters. The amplitude limit is the
    channel's own, `amplitude_z` robust standard deviations above the median of its epochs, because what is ordinary
    differs between channels: with one limit for all, each blink voids Fp1. On real recordings it comes out near
    autoreject's limits (Jas et al. 2017, NeuroImage 159:417), and 1 to 7 % of the channel epochs are lost. Blinks are
    found, not removed.

    Parameters
    ----------
    x : Recording or array_like
        A recording, whose EEG channels are taken by name and converted by their units, gaps respected; or samples of
        shape (n_channels, n_samples) or (n_samples,).
    fs, unit : float, str
        Sampling rate in Hz and unit ("uV", "mV", "V"): with an array only, and then necessary.
    channels : sequence of str, optional
        Names of an array's channels; blinks need Fp1 or Fp2.
    highpass_hz : float or None, default 0.5
        Lower edge of what passes; None: no high-pass.
    mains_hz : float or None, default 50
        Frequency of the notch, which is left out within 2 Hz of fs / 2; None: no notch.
    epoch_s : float, default 4
        Length of epochs in seconds.
    bands : sequence of (low, high, name), optional
        As of `band_power`.
    peak_to_peak_uv : float, default 150
        The least amplitude limit within a second; 400 uV where a channel has fewer than 8 epochs.
    amplitude_z : float, default 3
        As above.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        No EEG, no whole epoch, fs or unit missing or given twice, a scale that no EEG has.
    """
    import pandas as pd

    if hasattr(x, "signals"):
        if fs is not None or unit is not None or channels is not None:
            raise ValueError("[process] wanted fs, unit and channels with an array only, got them with a recording")
        raw, rate, names, stretches = _eeg_of_recording(x)
    else:
        if fs is None:
            raise ValueError("[process] wanted fs in Hz with an array, got none")
        raw = _to_uv("process", x, unit)
        rate = float(fs)
        names = [str(i) for i in range(len(raw))] if channels is None else [clean_channel_name(c) for c in channels]
        stretches = [(0.0, 0, raw.shape[1])]
    if len(names) != len(raw):
        raise ValueError(f"[process] wanted {len(raw)} channel names, got {len(names)}")

    positions = _eeg.fixed_epochs([(first, n) for _, first, n in stretches], fs=rate, length_s=epoch_s)
    if len(positions) == 0:
        longest = max((n for _, _, n in stretches), default=0) / rate
        raise ValueError(f"[process] wanted a stretch of at least {epoch_s} s, got {longest:g} s")
    epochs = [(int(first), int(n)) for first, n in positions]
    onsets = np.array(
        [next(s + (first - f) / rate for s, f, n in stretches if f <= first < f + n) for first, _ in epochs]
    )
    n_epochs, n_channels, length = len(epochs), len(names), epochs[0][1]

    notch = mains_hz is not None and mains_hz + 2 < rate / 2
    data = _filtered(raw, stretches, rate, highpass_hz, notch, mains_hz)
    parameters: list[tuple[str, dict[str, Any]]] = []
    if highpass_hz is not None:
        parameters.append(("highpass", {"low": highpass_hz, "method": "fir"}))
    if notch:
        parameters.append(("notch_filter", {"freqs": [mains_hz]}))
    codes, limits = _eeg.find_artefacts(
        raw, data, fs=rate, epochs=epochs, peak_to_peak_uv=peak_to_peak_uv, amplitude_z=amplitude_z
    )
    parameters.append(("find_artefacts", {"peak_to_peak_uv": peak_to_peak_uv, "amplitude_z": amplitude_z}))
    ok = codes == 0
    power = _eeg.band_power(data, fs=rate, epochs=epochs, bands=list(bands))
    parameters.append(("band_power", {"epoch_s": epoch_s, "window_s": min(4.0, epoch_s)}))
    stack = np.stack([data[:, first : first + length] for first, _ in epochs])
    mobility, complexity = hjorth(stack, fs=rate)
    columns: dict[str, NDArray[np.float64]] = {}
    used = list(bands) or _eeg.default_bands()
    for i, (_, _, name) in enumerate(used):
        columns[name] = power["absolute"][:, :, i]
    for i, (_, _, name) in enumerate(used):
        columns[f"{name}_rel"] = power["relative"][:, :, i]
    columns["edge95_hz"] = power["edge_hz"]
    columns["alpha_peak_hz"] = power["alpha_peak_hz"]
    columns["spectral_entropy"] = np.asarray(spectral_entropy(stack, fs=rate, method="welch", normalize=True))
    columns["perm_entropy"] = np.asarray(perm_entropy(stack, normalize=True))
    columns["hjorth_mobility_hz"] = np.asarray(mobility)
    columns["hjorth_complexity"] = np.asarray(complexity)
    columns["higuchi_fd"] = np.asarray(higuchi_fd(stack))
    columns["petrosian_fd"] = np.asarray(petrosian_fd(stack))

    keys = {
        "channel": np.tile(np.array(names, dtype=object), n_epochs),
        "epoch": np.repeat(np.arange(n_epochs), n_channels),
        "onset_s": np.repeat(onsets, n_channels),
    }
    features = pd.DataFrame({**keys, **{k: np.where(ok, v, np.nan).ravel() for k, v in columns.items()}})
    texts = {c: ",".join(r for bit, r in _REASONS.items() if c & bit) for c in np.unique(codes).tolist()}
    quality = pd.DataFrame({**keys, "ok": ok.ravel(), "reasons": [texts[c] for c in codes.ravel().tolist()]})

    bad = _bad_channels(data, stretches, rate, names, codes)
    # Many blinks make a frontal channel deviate from the others: that is no reason to overlook them.
    blind = [bool({"missing", "flat", "noise"} & set(text.split(","))) for text in bad["reasons"]]
    frontal = [i for i, name in enumerate(names) if name in ("Fp1", "Fp2") and not blind[i]]
    tables = [_blink_table([], rate, 0.0)]
    for start_s, first, n in stretches:
        front = _bridged(data[frontal, first : first + n])
        front = front[np.isfinite(front).all(axis=1)]
        if n >= 2 * rate and len(front):
            tables.append(_blink_table(_eeg.find_blinks(front, fs=rate), rate, start_s))
    filled = [t for t in tables if len(t)]
    events = pd.concat(filled, ignore_index=True) if filled else tables[0]

    masked = np.where(ok[:, :, None], power["psd"], np.nan)
    psd = np.full(masked.shape[1:], np.nan)
    for i in range(n_channels):
        if ok[:, i].any():
            psd[i] = np.median(masked[ok[:, i], i], axis=0)
    return Result(
        features=features,
        quality=quality,
        bad_channels=bad,
        events=events,
        freqs=power["freqs"],
        psd=psd,
        epoch_s=onsets,
        epoch_length_s=length / rate,
        ok=ok,
        bands={name: (low, high) for low, high, name in used},
        limit_uv=limits,
        channels=names,
        fs=rate,
        stretches=stretches,
        signals=data,
        parameters=parameters,
        analysable_share=float(ok.mean()),
        reasons={r: float(((codes & bit) > 0).mean()) for bit, r in _REASONS.items()},
        unused_s=(sum(n for _, _, n in stretches) - n_epochs * length) / rate,
    )


class Referenced(NamedTuple):
    """A signal after `reference`.

    Attributes
    ----------
    data : ndarray, shape (n_channels, n_samples)
        Unit of the input.
    channels : list of str
        Name of each row.
    """

    data: NDArray[np.float64]
    channels: list[str]


_MASTOIDS = (("M1", "M2"), ("A1", "A2"))


def reference(
    x: ArrayLike,
    kind: str | Sequence[str] | Sequence[tuple[str, str]] = "average",
    *,
    channels: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
) -> Referenced:
    """Refer an EEG to something else.

    Names are compared as `clean_channel_name` writes them. NaN propagates: where a channel of the reference misses a
    sample, every channel misses it, so name bad channels in `exclude`.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples) or (n_samples,), any unit.
    kind : str or sequence, default "average"
        "average": minus the mean of all channels; "mastoids": minus the mean of M1 and M2 (or A1 and A2);
        "longitudinal" (double banana) and "transverse": chains of bipolar derivations after the American Clinical
        Neurophysiology Society, of which those without both electrodes are left out; a sequence of names: minus the
        mean of these channels; a sequence of (anode, cathode): these derivations.
    channels : sequence of str, optional
        A name per row of x; necessary for everything but "average" without `exclude`.
    exclude : sequence of str
        Channels that don't count for the average. It is subtracted from them too (MNE leaves its bad channels at the
        old reference).

    Returns
    -------
    Referenced
        Data and channel names; the result can be unpacked.

    Raises
    ------
    ValueError
        Names missing, not found or given twice, no derivation possible, an unknown kind.

    References
    ----------
    Acharya et al. 2016, J Clin Neurophysiol 33:312 (montages). Equal to mne.set_eeg_reference and
    mne.set_bipolar_reference.
    """
    n_channels = 1 if np.ndim(x) == 1 else len(np.asarray(x))
    names = _names("reference", n_channels, channels)
    if channels is None and not (kind == "average" and not exclude):
        raise ValueError("[reference] wanted channels, the names of the rows, got none")

    def rows(wanted: Sequence[str]) -> list[int]:
        return _rows_of("reference", wanted, names)

    if exclude and kind != "average":
        raise ValueError(f"[reference] wanted exclude with the average only, got it with {kind!r}")
    if isinstance(kind, str):
        if kind in ("longitudinal", "transverse"):
            montage = _eeg.longitudinal_montage() if kind == "longitudinal" else _eeg.transverse_montage()
            return Referenced(*_eeg.bipolar(x, names, montage))
        if kind == "average":
            without = set(rows(exclude))
            used = [i for i in range(n_channels) if i not in without]
        elif kind == "mastoids":
            clean = {clean_channel_name(name) for name in names}
            pair = next((p for p in _MASTOIDS if clean.issuperset(p)), None)
            if pair is None:
                raise ValueError(f"[reference] wanted M1 and M2, or A1 and A2, among the channels, got {names}")
            used = rows(pair)
        else:
            raise ValueError(
                '[reference] wanted "average", "mastoids", "longitudinal", "transverse", names or pairs of names, '
                f"got {kind!r}"
            )
        return Referenced(_eeg.rereference(x, used), names)
    single = [item for item in kind if isinstance(item, str)]
    if len(single) == len(kind):
        return Referenced(_eeg.rereference(x, rows(single)), names)
    pairs = [(str(item[0]), str(item[1])) for item in kind if not isinstance(item, str) and len(item) == 2]
    if len(pairs) != len(kind):
        raise ValueError(f"[reference] wanted names or pairs of names, got {list(kind)!r}")
    return Referenced(*_eeg.bipolar(x, names, pairs))


def _rows_of(function: str, wanted: Sequence[str], channels: Sequence[str]) -> list[int]:
    """Positions of channels by name, compared as `clean_channel_name` writes them."""
    clean = [clean_channel_name(name) for name in channels]
    missing = [name for name in wanted if clean_channel_name(name) not in clean]
    if missing:
        raise ValueError(f"[{function}] wanted channels among {list(channels)}, got {missing}")
    return [clean.index(clean_channel_name(name)) for name in wanted]


def interpolate(x: ArrayLike, bad: Sequence[str], *, channels: Sequence[str]) -> NDArray[np.float64]:
    """Make channels from the others by spherical splines.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples). NaN in a channel that is replaced doesn't matter.
    bad : sequence of str
        The channels to replace.
    channels : sequence of str
        A name per row, each an electrode of the 10-10 system.

    Returns
    -------
    ndarray
        Shape of x, new.

    Raises
    ------
    ValueError
        A name that is no electrode's or not there, fewer than 3 good channels.

    References
    ----------
    Perrin et al. 1989, EEG Clin Neurophysiol 72:184. Equal to mne's interpolate_bads for the positions of
    `electrode_position`.
    """
    out: NDArray[np.float64] = _eeg.interpolate(x, list(channels), _rows_of("interpolate", bad, channels))
    return out


def surface_laplacian(
    x: ArrayLike,
    *,
    channels: Sequence[str],
    radius: float = 1.0,
    lambda2: float = 1e-5,
    stiffness: int = 4,
    n_terms: int = 50,
) -> NDArray[np.float64]:
    """Surface Laplacian (current source density) by spherical splines, after the average reference.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples).
    channels : sequence of str
        A name per row, each an electrode of the 10-10 system.
    radius : float
        Of the head; 0.095 gives volts per square metre from volts.
    lambda2, stiffness, n_terms : float, int, int
        Regularization, stiffness and Legendre terms of the spline.

    Returns
    -------
    ndarray
        Shape of x, in its unit per squared unit of the radius.

    Raises
    ------
    ValueError
        A name that is no electrode's, fewer than 3 channels, two at one place, bad options.

    References
    ----------
    Perrin et al. 1989, EEG Clin Neurophysiol 72:184. Equal to mne.preprocessing.compute_current_source_density for the
    positions of `electrode_position`.
    """
    out: NDArray[np.float64] = _eeg.surface_laplacian(
        x, list(channels), radius=radius, lambda2=lambda2, stiffness=stiffness, n_terms=n_terms
    )
    return out


class RobustReference(NamedTuple):
    """A signal after `robust_reference`.

    Attributes
    ----------
    data : ndarray, shape (n_channels, n_samples)
        uV, bad channels interpolated.
    reference : ndarray, shape (n_samples,)
        uV: what was subtracted.
    excluded : list of str
        Channels that were interpolated when the reference was estimated.
    interpolated : list of str
        Channels that are interpolated in `data`: bad after referencing, or never usable.
    """

    data: NDArray[np.float64]
    reference: NDArray[np.float64]
    excluded: list[str]
    interpolated: list[str]


def robust_reference(
    x: ArrayLike, *, fs: float, unit: str | None = None, channels: Sequence[str], max_iterations: int = 4
) -> RobustReference:
    """Refer to the mean of the channels that are good against it, as PREP does.

    Starting from the median of the channels, rounds of finding bad channels (`find_bad_channels`), interpolating them
    and taking the mean.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples), at least 2 s; channels with NaN are bad.
    fs : float
        Sampling rate in Hz.
    unit : str
        "uV", "mV" or "V".
    channels : sequence of str
        A name per row, each an electrode of the 10-10 system.
    max_iterations : int
        Of the rounds.

    Returns
    -------
    RobustReference

    Raises
    ------
    ValueError
        Bad fs, unit or scale, a name that is no electrode's, fewer than 3 good channels.

    References
    ----------
    Bigdely-Shamlo et al. 2015, Front Neuroinform 9:16. As pyprep's, without RANSAC and its criterion on spectra.
    """
    names = list(channels)
    data, mean, excluded, interpolated = _eeg.robust_reference(
        _to_uv("robust_reference", x, unit), names, fs=fs, max_iterations=max_iterations
    )
    return RobustReference(data, mean, [names[i] for i in excluded], [names[i] for i in interpolated])


@dataclass(frozen=True)
class Simulated:
    """A simulated EEG and what is true of it.

    Attributes
    ----------
    data : ndarray, shape (n_channels, n_samples)
        In uV, negative as recorded (blinks are positive at Fp1 and Fp2).
    fs : float
        Sampling rate in Hz.
    channels : list of str
        Names of the rows.
    blink_peaks : ndarray of int64, shape (n_blinks,)
        Samples.
    eyes_closed, muscle : ndarray of int64, shape (n, 2)
        First sample and number of samples of each period with closed eyes, and of each muscle burst.
    bad_channels : dict of str to str
        "flat" or "noisy".
    """

    data: NDArray[np.float64]
    fs: float
    channels: list[str]
    blink_peaks: NDArray[np.int64]
    eyes_closed: NDArray[np.int64]
    muscle: NDArray[np.int64]
    bad_channels: dict[str, str] = field(default_factory=dict)

    def eyes(self) -> pd.DataFrame:
        """Events "eyes open" and "eyes closed" (onset_s, duration_s, label), for `Recording.from_array`."""
        import pandas as pd

        rows: list[tuple[float, float, str]] = []
        reached = 0
        for first, n in [*self.eyes_closed.tolist(), [self.data.shape[1], 0]]:
            rows += [(reached / self.fs, (first - reached) / self.fs, "eyes open")] * (first > reached)
            rows += [(first / self.fs, n / self.fs, "eyes closed")] * (n > 0)
            reached = first + n
        return pd.DataFrame(rows if len(self.eyes_closed) else [], columns=["onset_s", "duration_s", "label"])


def simulate(
    duration_s: float,
    channels: Sequence[str] = TEN_TWENTY,
    *,
    fs: float,
    background_uv: float = 12.0,
    correlation_rad: float = 2.5,
    alpha_uv: float = 20.0,
    alpha_hz: float = 10.0,
    eyes_block_s: float = 0.0,
    blinks_per_minute: float = 12.0,
    blink_uv: float = 150.0,
    muscle_per_minute: float = 0.0,
    muscle_uv: float = 30.0,
    mains_uv: float = 2.0,
    mains_hz: float = 50.0,
    flat: Sequence[str] = (),
    noisy: Sequence[str] = (),
    noise_uv: float = 80.0,
    seed: int = 1,
) -> Simulated:
    """Simulate an EEG with known alpha, blinks, muscle bursts and bad channels.

    Each channel is a sum. Background: relaxations an octave apart, whose power falls as 1/f, and which correlate
    between electrodes at an angle a on the head by exp(-a / correlation_rad). Alpha: one oscillator whose phase
    diffuses (a peak half a hertz wide) and whose amplitude waxes and wanes, strongest at the back. Blinks: Gaussians,
    strongest at Fp1 and Fp2. Muscle: bursts of differenced white noise, 0.5 to 2 s, over one temple. Mains: one sine
    in all channels. The same seed gives the same signal on every platform up to the rounding of sin and exp.

    Parameters
    ----------
    duration_s : float
        Seconds.
    channels : sequence of str
        10-10 electrodes in any way of writing them; default `TEN_TWENTY`.
    fs : float
        Sampling rate in Hz.
    background_uv : float
        Standard deviation of the background.
    correlation_rad : float
        As above; neighbours of the 10-20 system are about 0.6 rad apart.
    alpha_uv, alpha_hz : float
        Amplitude with closed eyes at the back of the head, frequency.
    eyes_block_s : float
        Eyes are open and closed in turn, this long each: a fifth of alpha while open, blinks only then. 0: alpha and
        blinks throughout.
    blinks_per_minute, blink_uv : float
        How often while the eyes are open, and amplitude at Fp1 and Fp2.
    muscle_per_minute, muscle_uv : float
        How often, and standard deviation at the temple.
    mains_uv, mains_hz : float
        Amplitude and frequency.
    flat, noisy : sequence of str
        Channels that are constantly 0, or carry white noise of `noise_uv` beside their signal.
    noise_uv : float
        Standard deviation.
    seed : int
        >= 0.

    Returns
    -------
    Simulated

    Raises
    ------
    ValueError
        Bad fs or option, less than one sample, a channel that is no electrode of the 10-10 system.
    """
    if seed < 0:
        raise ValueError(f"[simulate] wanted a seed >= 0, got {seed}")
    names = list(channels)
    out = _eeg.simulate(
        duration_s,
        names,
        fs=fs,
        background_uv=background_uv,
        correlation_rad=correlation_rad,
        alpha_uv=alpha_uv,
        alpha_hz=alpha_hz,
        eyes_block_s=eyes_block_s,
        blinks_per_minute=blinks_per_minute,
        blink_uv=blink_uv,
        muscle_per_minute=muscle_per_minute,
        muscle_uv=muscle_uv,
        mains_uv=mains_uv,
        mains_hz=mains_hz,
        flat=list(flat),
        noisy=list(noisy),
        noise_uv=noise_uv,
        seed=seed,
    )
    bad = {**dict.fromkeys(noisy, "noisy"), **dict.fromkeys(flat, "flat")}
    return Simulated(fs=float(fs), channels=names, bad_channels=bad, **out)


def aperiodic(
    freqs: ArrayLike,
    psd: ArrayLike,
    *,
    low_hz: float = 1.0,
    high_hz: float = 40.0,
    mode: Literal["fixed", "knee"] = "fixed",
    channels: Sequence[str] | None = None,
    peak_width_hz: tuple[float, float] = (0.5, 12.0),
    max_peaks: int | None = None,
    min_height: float = 0.0,
    peak_threshold: float = 2.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit the aperiodic part and the peaks of power spectra, as specparam does.

    Parameters
    ----------
    freqs : array_like, shape (n_freqs,)
        Hz, ascending in equal steps.
    psd : array_like, shape (n_freqs,) or (n_channels, n_freqs)
        Power, linear.
    low_hz, high_hz : float
        The range that is fitted, both edges included; 0 Hz is always left out.
    mode : {"fixed", "knee"}
        log10 P = offset - exponent * log10 f, or log10 P = offset - log10(knee + f ** exponent).
    channels : sequence of str, optional
        Names; default "0", "1" ...
    peak_width_hz : (float, float)
        Least and largest bandwidth of a peak.
    max_peaks : int, optional
        Default: no limit.
    min_height, peak_threshold : float
        A peak is higher than `min_height` (log10 of power) and than `peak_threshold` standard deviations of the
        spectrum that the peaks before left.

    Returns
    -------
    fits : DataFrame
        A row per channel: channel, offset, knee (0 with "fixed"), exponent, r_squared, error (mean absolute difference
        of log10 power), n_peaks. NaN where a spectrum holds NaN, infinity or no power.
    peaks : DataFrame
        A row per peak, ascending in frequency: channel, center_hz, power (log10, above the aperiodic part),
        bandwidth_hz (two standard deviations).

    Raises
    ------
    ValueError
        Shapes that don't fit, fewer than 4 frequencies in the range, an unknown mode, limits that contradict.

    References
    ----------
    Donoghue et al. 2020, Nat Neurosci 23:1655. Agrees with specparam within the tolerance of its fits (1e-5).
    """
    import pandas as pd

    if mode not in ("fixed", "knee"):
        raise ValueError(f'[aperiodic] wanted mode "fixed" or "knee", got {mode!r}')
    out = _eeg.aperiodic(
        freqs,
        psd,
        low_hz=low_hz,
        high_hz=high_hz,
        knee=mode == "knee",
        narrowest_hz=peak_width_hz[0],
        widest_hz=peak_width_hz[1],
        max_peaks=np.iinfo(np.int64).max if max_peaks is None else max_peaks,
        min_height=min_height,
        peak_threshold=peak_threshold,
    )
    n = len(out["offset"])
    names = _names("aperiodic", n, channels)
    rows = out.pop("peaks")
    peaks = pd.DataFrame(rows, columns=["channel", "center_hz", "power", "bandwidth_hz"])
    counts = np.bincount(peaks["channel"].to_numpy(dtype=np.int64), minlength=n)
    peaks["channel"] = [names[i] for i, *_ in rows]
    return pd.DataFrame({"channel": names, **out, "n_peaks": counts}), peaks


class Irasa(NamedTuple):
    """Spectra split by `irasa`.

    Attributes
    ----------
    freqs : ndarray, shape (n_freqs,)
        Hz.
    aperiodic, oscillatory : ndarray, shape (n_channels, n_freqs)
        Unit squared per Hz; their sum is the whole spectrum.
    fits : DataFrame
        A row per channel: channel, intercept and slope of log(aperiodic) over log(f), r_squared, std_oscillatory.
    """

    freqs: NDArray[np.float64]
    aperiodic: NDArray[np.float64]
    oscillatory: NDArray[np.float64]
    fits: pd.DataFrame


def irasa(
    x: ArrayLike,
    *,
    fs: float,
    low_hz: float = 1.0,
    high_hz: float = 30.0,
    factors: Sequence[float] = (),
    window_s: float = 4.0,
    channels: Sequence[str] | None = None,
) -> Irasa:
    """Split spectra into an aperiodic and an oscillatory part by irregular resampling.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples) or (n_samples,); NaN is refused.
    fs : float
        Sampling rate in Hz.
    low_hz, high_hz : float
        Range of the result. The signal must be free of filters from low_hz / max(factors) to high_hz * max(factors).
    factors : sequence of float, optional
        Resampling factors above 1; default 1.1, 1.15 ... 1.9.
    window_s : float, default 4
        Welch's windows (Hamming, half overlapping, median).
    channels : sequence of str, optional
        Names; default "0", "1" ...

    Returns
    -------
    Irasa
        Frequencies, aperiodic and oscillatory spectra (1-D for 1-D x), and a table of fits.

    Raises
    ------
    ValueError
        Bad fs, range or factors; NaN; a signal shorter than max(factors) windows.

    References
    ----------
    Wen & Liu 2016, Brain Topogr 29:13. Equal to yasa.irasa.
    """
    import pandas as pd

    freqs, fractal, rest = _eeg.irasa(
        x, fs=fs, low_hz=low_hz, high_hz=high_hz, factors=list(factors), window_s=window_s
    )
    rows, others = np.atleast_2d(fractal), np.atleast_2d(rest)
    names = _names("irasa", len(rows), channels)
    logs, powers = np.log(freqs), np.log(rows)
    centered = powers - powers.mean(axis=1, keepdims=True)
    slope = centered @ (logs - logs.mean()) / np.sum((logs - logs.mean()) ** 2)
    intercept = powers.mean(axis=1) - slope * logs.mean()
    residual = powers - intercept[:, None] - slope[:, None] * logs
    fits = pd.DataFrame(
        {
            "channel": names,
            "intercept": intercept,
            "slope": slope,
            "r_squared": 1 - np.sum(residual**2, axis=1) / np.sum(centered**2, axis=1),
            "std_oscillatory": others.std(axis=1, ddof=1),
        }
    )
    return Irasa(freqs, fractal, rest, fits)


class Connectivity(NamedTuple):
    """Coupling of all pairs of channels.

    Attributes
    ----------
    freqs : ndarray, shape (n_freqs,)
        Hz.
    pairs : list of (str, str)
        Names (a, b) of each pair, a before b.
    values : dict of str to ndarray, shape (n_pairs, n_freqs)
        By method.
    channels : list of str
        All names.
    """

    freqs: NDArray[np.float64]
    pairs: list[tuple[str, str]]
    values: dict[str, NDArray[np.float64]]
    channels: list[str]

    def table(self, bands: Sequence[Band] = ()) -> pd.DataFrame:
        """Means over bands: a row per pair and band (channel_a, channel_b, band, and a column per method).

        Both edges of a band belong to it; one that holds no frequency of the result is left out.
        """
        import pandas as pd

        rows = []
        for low, high, name in list(bands) or _eeg.default_bands():
            inside = (self.freqs >= low) & (self.freqs <= high)
            if inside.any():
                means = {method: v[:, inside].mean(axis=1) for method, v in self.values.items()}
                a, b = ([pair[i] for pair in self.pairs] for i in (0, 1))
                rows.append(pd.DataFrame({"channel_a": a, "channel_b": b, "band": name, **means}))
        columns = ["channel_a", "channel_b", "band", *self.values]
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)

    def matrix(self, method: str, low_hz: float, high_hz: float) -> NDArray[np.float64]:
        """Mean over a band as a matrix, shape (n_channels, n_channels): row a, column b; the rest is 0."""
        inside = (self.freqs >= low_hz) & (self.freqs <= high_hz)
        if not inside.any():
            raise ValueError(f"[connectivity] wanted a band that holds a frequency, got {low_hz} to {high_hz} Hz")
        out = np.zeros((len(self.channels), len(self.channels)))
        out[np.triu_indices(len(self.channels), 1)] = self.values[method][:, inside].mean(axis=1)
        return out


def connectivity(
    x: ArrayLike,
    *,
    fs: float,
    method: str | Sequence[str] = "wpli",
    epoch_s: float | None = None,
    low_hz: float = 1.0,
    high_hz: float = 45.0,
    mode: Literal["multitaper", "fourier"] = "multitaper",
    bandwidth_hz: float | None = None,
    channels: Sequence[str] | None = None,
) -> Connectivity:
    """Coupling of all pairs of channels over epochs.

    Parameters
    ----------
    x : array_like
        Shape (n_epochs, n_channels, n_samples), or (n_channels, n_samples) with `epoch_s`; NaN is refused.
    fs : float
        Sampling rate in Hz.
    method : str or sequence of str
        "coh" (magnitude of coherency), "imcoh" (its imaginary part; Nolte et al. 2004), "plv" (Lachaux et al. 1999),
        "ciplv" (Bruna et al. 2018), "ppc" (Vinck et al. 2010), "pli" (Stam et al. 2007), "pli2_unbiased", "dpli" (above
        0.5 where a leads), "wpli" and "wpli2_debiased" (Vinck et al. 2011).
    epoch_s : float
        Length of the epochs to cut a continuous signal into.
    low_hz, high_hz : float
        Range of frequencies, both edges included.
    mode : {"multitaper", "fourier"}
        DPSS tapers, or one Hann window.
    bandwidth_hz : float, optional
        Full width of the tapers' band; default eight frequency steps.
    channels : sequence of str, optional
        Names; default "0", "1" ...

    Returns
    -------
    Connectivity

    Raises
    ------
    ValueError
        Bad fs or range, an unknown method, no whole epoch, NaN, `epoch_s` missing or too much.

    References
    ----------
    As above. Equal to mne_connectivity.spectral_connectivity_epochs for the pairs (a, b).
    """
    data = np.asarray(x)
    if data.ndim == 3:
        if epoch_s is not None:
            raise ValueError("[connectivity] wanted epoch_s with a continuous signal only, got it with epochs")
        n_epochs, n_channels, length = data.shape
        data = np.moveaxis(data, 0, 1).reshape(n_channels, n_epochs * length)
        epochs = [(i * length, length) for i in range(n_epochs)]
    else:
        if epoch_s is None:
            raise ValueError("[connectivity] wanted epoch_s with a continuous signal, got none")
        n_channels = 1 if data.ndim == 1 else len(data)
        cut = _eeg.fixed_epochs([(0, data.shape[-1] if data.ndim else 0)], fs=fs, length_s=epoch_s)
        epochs = [(int(first), int(n)) for first, n in cut]
    if mode not in ("multitaper", "fourier"):
        raise ValueError(f'[connectivity] wanted mode "multitaper" or "fourier", got {mode!r}')
    methods = [method] if isinstance(method, str) else list(method)
    names = _names("connectivity", n_channels, channels)
    freqs, pairs, values = _eeg.connectivity(
        data,
        fs=fs,
        epochs=epochs,
        methods=methods,
        low_hz=low_hz,
        high_hz=high_hz,
        multitaper=mode == "multitaper",
        bandwidth_hz=bandwidth_hz,
    )
    return Connectivity(freqs, [(names[a], names[b]) for a, b in pairs], dict(zip(methods, values, strict=True)), names)


def _included(function: str, include: ArrayLike | None, n: int) -> list[int]:
    if include is None:
        return []
    mask = np.asarray(include)
    if mask.shape != (n,) or mask.dtype != np.bool_:
        raise ValueError(
            f"[{function}] wanted include as bool of shape ({n},), got shape {mask.shape}, dtype {mask.dtype}"
        )
    flags: list[int] = mask.astype(np.uint8).tolist()
    return flags


def _events(out: dict[str, Any], names: list[str], fs: float, positions: dict[str, str]) -> pd.DataFrame:
    """Events as a table: channel names, positions in seconds, then the measures."""
    import pandas as pd

    rows = out.pop("channel")
    times = {name: out.pop(key) / fs for key, name in positions.items()}
    columns: dict[str, Any] = {"channel": [names[i] for i in rows], **times}
    columns["duration_s"] = times["end_s"] - times["start_s"]
    return pd.DataFrame(columns | out)


def spindles(
    x: ArrayLike,
    *,
    fs: float,
    unit: str | None = None,
    channels: Sequence[str] | None = None,
    include: ArrayLike | None = None,
    band_hz: tuple[float, float] = (12.0, 15.0),
    duration_s: tuple[float, float] = (0.5, 2.0),
    min_distance_s: float = 0.5,
    rel_power: float = 0.2,
    correlation: float = 0.65,
    rms_sd: float = 1.5,
) -> pd.DataFrame:
    """Find sleep spindles.

    A spindle is where three criteria hold together: the spindle band holds at least `rel_power` of 1-30 Hz, it
    correlates with 1-30 Hz by at least `correlation`, and its RMS is `rms_sd` trimmed standard deviations above its
    mean (10 uV at most).

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples) or (n_samples,); NaN is refused.
    fs : float
        Sampling rate in Hz, above 60.
    unit : str
        "uV", "mV" or "V".
    channels : sequence of str, optional
        Names; default "0", "1" ...
    include : array_like of bool, shape (n_samples,), optional
        Samples that count, such as those of N2 and N3; default all.
    band_hz : (float, float)
        Spindle band.
    duration_s : (float, float)
        Shortest and longest, exclusive.
    min_distance_s : float
        Spindles nearer to each other are one.
    rel_power, correlation, rms_sd : float
        As above.

    Returns
    -------
    DataFrame
        A row per spindle: channel, start_s, peak_s, end_s, duration_s, amplitude_uv (peak to peak, 1-30 Hz),
        sigma_amplitude_uv (spindle band), rms_uv, abs_power (median log10 of uV^2), rel_power, frequency_hz,
        oscillations, symmetry (0 to 1); without rows where there is none.

    Raises
    ------
    ValueError
        Bad fs, unit, scale, band or durations; NaN; less than 2 s.

    References
    ----------
    Vallat & Walker 2021, eLife 10:e70092; Lacourse et al. 2019, J Neurosci Methods 316:3. Equal to
    yasa.spindles_detect.
    """
    data = _to_uv("spindles", x, unit)
    out = _eeg.spindles(
        data,
        fs=fs,
        include=_included("spindles", include, data.shape[1]),
        low_hz=band_hz[0],
        high_hz=band_hz[1],
        shortest_s=duration_s[0],
        longest_s=duration_s[1],
        min_distance_s=min_distance_s,
        rel_power=rel_power,
        correlation=correlation,
        rms_sd=rms_sd,
    )
    names = _names("spindles", len(data), channels)
    return _events(out, names, fs, {"first": "start_s", "peak": "peak_s", "last": "end_s"})


def slow_waves(
    x: ArrayLike,
    *,
    fs: float,
    unit: str | None = None,
    channels: Sequence[str] | None = None,
    include: ArrayLike | None = None,
    band_hz: tuple[float, float] = (0.3, 1.5),
) -> pd.DataFrame:
    """Find slow waves: a negative half wave of 0.3 to 1.5 s and 40 to 200 uV with a positive one behind it.

    Parameters
    ----------
    x : array_like
        Shape (n_channels, n_samples) or (n_samples,); NaN is refused.
    fs : float
        Sampling rate in Hz, at least 20.
    unit : str
        "uV", "mV" or "V".
    channels : sequence of str, optional
        Names; default "0", "1" ...
    include : array_like of bool, shape (n_samples,), optional
        Samples that count, such as those of N2 and N3; default all.
    band_hz : (float, float)
        Band that is searched.

    Returns
    -------
    DataFrame
        A row per wave: channel, start_s, negative_peak_s, middle_s, positive_peak_s, end_s, duration_s, negative_uv,
        positive_uv, peak_to_peak_uv (75 to 350), slope_uv_per_s, frequency_hz; without rows where there is none.

    Raises
    ------
    ValueError
        Bad fs, unit, scale or band; NaN; less than 2 s.

    References
    ----------
    Massimini et al. 2004, J Neurosci 24:6862; Carrier et al. 2011, Eur J Neurosci 33:758. Equal to yasa.sw_detect.
    """
    data = _to_uv("slow_waves", x, unit)
    out = _eeg.slow_waves(
        data, fs=fs, include=_included("slow_waves", include, data.shape[1]), low_hz=band_hz[0], high_hz=band_hz[1]
    )
    names = _names("slow_waves", len(data), channels)
    positions = {"first": "start_s", "negative_peak": "negative_peak_s", "middle": "middle_s",
                 "positive_peak": "positive_peak_s", "last": "end_s"}  # fmt: skip
    return _events(out, names, fs, positions)


@dataclass(frozen=True)
class Ica:
    """Independent components, found by `ica`.

    Components are ordered by the variance that they explain; each has variance 1, and its largest weight in the mixing
    is positive.

    Attributes
    ----------
    unmixing : ndarray, shape (n_components, n_channels)
    mixing : ndarray, shape (n_channels, n_components)
        Each column is a component's topography.
    mean : ndarray, shape (n_channels,)
    explained : ndarray, shape (n_components,)
        Share of the signal's variance.
    channels : list of str
    method : str
    iterations : int
    converged : bool
    """

    unmixing: NDArray[np.float64]
    mixing: NDArray[np.float64]
    mean: NDArray[np.float64]
    explained: NDArray[np.float64]
    channels: list[str]
    method: str
    iterations: int
    converged: bool

    def sources(self, x: ArrayLike) -> NDArray[np.float64]:
        """Time courses of the components, shape (n_components, n_samples)."""
        data = np.asarray(x, dtype=np.float64)
        if data.ndim != 2 or len(data) != len(self.mean):
            raise ValueError(f"[sources] wanted x of shape ({len(self.mean)}, n_samples), got shape {data.shape}")
        out: NDArray[np.float64] = self.unmixing @ (data - self.mean[:, None])
        return out

    def apply(self, x: ArrayLike, exclude: Sequence[int]) -> NDArray[np.float64]:
        """Return x without some components, in its shape; what lies outside the components is kept."""
        out: NDArray[np.float64] = _eeg.without_components(
            x, self.unmixing, self.mixing, self.mean, [int(i) for i in exclude]
        )
        return out

    def correlations(self, x: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
        """Correlate each component with a signal, such as the mean of Fp1 and Fp2 (blinks) or an ECG.

        Returns
        -------
        ndarray, shape (n_components,)
            Pearson's r; NaN where the reference is constant.
        """
        sources = self.sources(x)
        other = np.asarray(reference, dtype=np.float64)
        if other.shape != sources.shape[1:]:
            raise ValueError(f"[correlations] wanted {sources.shape[1]} samples of a reference, got {other.shape}")
        other = other - other.mean()
        sources = sources - sources.mean(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            r: NDArray[np.float64] = sources @ other / (np.linalg.norm(sources, axis=1) * np.linalg.norm(other))
        return r


def ica(
    x: ArrayLike,
    *,
    n_components: int | None = None,
    method: Literal["picard", "fastica"] = "picard",
    channels: Sequence[str] | None = None,
    max_iterations: int = 500,
    tolerance: float = 1e-7,
    seed: int = 1,
) -> Ica:
    """Find independent components.

    High-pass the signal first (1 Hz), and leave bad channels and stretches out: ICA spends components on them.

    Parameters
    ----------
    x : array_like, shape (n_channels, n_samples)
        Any unit; NaN is refused.
    n_components : int, optional
        Principal components to keep; default the rank of the data (one less after an average reference).
    method : {"picard", "fastica"}
        Picard converges to the gradient's `tolerance`; FastICA (symmetric, log cosh) until no direction's cosine
        changes by more.
    channels : sequence of str, optional
        Names; default "0", "1" ...
    max_iterations : int
    tolerance : float
    seed : int
        Of the first directions; >= 0.

    Returns
    -------
    Ica
        `converged` says whether it did.

    Raises
    ------
    ValueError
        NaN, too few samples, more components than the rank, a constant signal, a bad option.

    References
    ----------
    Ablin, Cardoso & Gramfort 2018, IEEE TSP 66:4040; Hyvarinen 1999, IEEE TNN 10:626.
    """
    if seed < 0:
        raise ValueError(f"[ica] wanted a seed >= 0, got {seed}")
    unmixing, mixing, mean, explained, iterations, converged = _eeg.ica(
        x, method=method, n_components=n_components, max_iterations=max_iterations, tolerance=tolerance, seed=seed
    )
    names = _names("ica", len(mean), channels)
    return Ica(unmixing, mixing, mean, explained, names, method, iterations, converged)
