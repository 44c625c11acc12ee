"""How well detectors, delineators and classifiers do, counted as the standards count.

Beats are compared as the standard EC57 asks and WFDB's ``bxb`` does it; boundaries of waves as the CSE working party
and the delineation papers do it; noise is mixed in as WFDB's ``nst`` does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AAMI_MAPS",
    "Ec57",
    "Matches",
    "add_noise",
    "beat_scores",
    "delineation_scores",
    "ec57",
    "match_beats",
    "noise_power",
    "qrs_power",
    "summarize",
]

CLASSES = ("N", "S", "V", "F", "Q")
ROWS = (*CLASSES, "O")
COLUMNS = (*CLASSES, "O", "X")
AamiMap = Literal["bxb", "de_chazal"]

# bxb puts escape beats of atrium and junction into S; the machine-learning papers after de Chazal put them into N.
_SHARED = {**dict.fromkeys("NLRB", "N"), **dict.fromkeys("JASa", "S"), **dict.fromkeys("VrE", "V")}
_SHARED |= {"F": "F", **dict.fromkeys("Q/f?", "Q")}
AAMI_MAPS: dict[str, dict[str, str]] = {
    "bxb": {**_SHARED, **dict.fromkeys("jen", "S")},
    "de_chazal": {**_SHARED, **dict.fromkeys("je", "N"), "n": "S"},
}


def _positions(function: str, name: str, values: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(values)
    if given.size == 0:
        return np.zeros(0, dtype=np.int64)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ValueError(f"[{function}] wanted {name} as whole samples, got shape {given.shape}, dtype {given.dtype}")
    positions = given.astype(np.int64)
    if (np.diff(positions) < 0).any():
        raise ValueError(f"[{function}] wanted {name} ascending, got positions that are not")
    return positions


def _check_fs(function: str, fs: float) -> float:
    if not (np.isfinite(fs) and fs > 0):
        raise ValueError(f"[{function}] wanted fs > 0 Hz, got {fs}")
    return float(fs)


def _check_tolerance(function: str, tolerance_s: float) -> float:
    if not tolerance_s >= 0:
        raise ValueError(f"[{function}] wanted tolerance_s >= 0, got {tolerance_s}")
    return tolerance_s


@dataclass(frozen=True)
class Matches:
    """Which found beat is which reference beat.

    Attributes
    ----------
    reference, found : ndarray of int64, shape (n_matches,)
        Positions in the two lists of beats, pair by pair.
    missed : ndarray of int64
        Reference beats that nothing was found for.
    extra : ndarray of int64
        Found beats that are none of the reference.
    """

    reference: NDArray[np.int64]
    found: NDArray[np.int64]
    missed: NDArray[np.int64]
    extra: NDArray[np.int64]


def match_beats(reference: ArrayLike, found: ArrayLike, *, fs: float, tolerance_s: float = 0.15) -> Matches:
    """Pair beats one to one, as WFDB's bxb does.

    Going through both lists in time, the earlier of two beats is paired with the later one if they are no more than the
    tolerance apart, and it is nearer than the one after it, or that one has a nearer partner itself.

    Parameters
    ----------
    reference, found : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    tolerance_s : float
        Largest distance of a pair; the standard's is 0.15.

    Returns
    -------
    Matches

    Raises
    ------
    ValueError
        Bad fs or tolerance, positions that aren't ascending whole numbers.

    References
    ----------
    ANSI/AAMI EC57:2012; Moody, WFDB Applications Guide, bxb.
    """
    fs = _check_fs("match_beats", fs)
    window = _check_tolerance("match_beats", tolerance_s) * fs
    return _match(_positions("match_beats", "reference", reference), _positions("match_beats", "found", found), window)


def _match(reference: NDArray[np.int64], found: NDArray[np.int64], window: float) -> Matches:
    ref, test = [*reference.tolist(), np.inf, np.inf], [*found.tolist(), np.inf, np.inf]
    pairs: list[tuple[int, int]] = []
    missed: list[int] = []
    extra: list[int] = []
    i = j = 0
    while i < len(reference) or j < len(found):
        first, second = (ref[i : i + 2], test[j : j + 2]) if ref[i] <= test[j] else (test[j : j + 2], ref[i : i + 2])
        distance = second[0] - first[0]
        # Beside the pair: the later beat with the one after the earlier, and the two that would remain.
        rival = abs(second[0] - first[1])
        remaining = abs(second[1] - first[1]) if np.isfinite(second[1]) and np.isfinite(first[1]) else np.inf
        if distance <= window and (distance < rival or remaining < rival):
            pairs.append((i, j))
            i += 1
            j += 1
        elif ref[i] <= test[j]:
            missed.append(i)
            i += 1
        else:
            extra.append(j)
            j += 1
    both = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    return Matches(both[:, 0], both[:, 1], np.asarray(missed, dtype=np.int64), np.asarray(extra, dtype=np.int64))


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _paired(
    reference: NDArray[np.int64], found: NDArray[np.int64], window: float, fs: float
) -> tuple[dict[str, float], NDArray[np.float64]]:
    """Count a comparison, and give the distances of its pairs in ms (found minus reference)."""
    m = _match(reference, found, window)
    hits = len(m.reference)
    row = {
        "n_reference": len(reference),
        "n_found": len(found),
        "true_positive": hits,
        "missed": len(m.missed),
        "extra": len(m.extra),
        "sensitivity": _share(hits, len(reference)),
        "positive_predictivity": _share(hits, len(found)),
        "f1": _share(2 * hits, len(reference) + len(found)),
    }
    return row, (found[m.found] - reference[m.reference]) * 1000 / fs


def beat_scores(
    reference: ArrayLike, found: ArrayLike, *, fs: float, tolerances_s: Sequence[float] = (0.15, 0.05, 0.02)
) -> pd.DataFrame:
    """Count how many beats were found, and how near.

    Parameters
    ----------
    reference, found : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    tolerances_s : sequence of float
        Largest distances of a pair, a row each.

    Returns
    -------
    pandas.DataFrame
        Index tolerance_s; n_reference, n_found, true_positive, missed, extra, sensitivity, positive_predictivity, f1
        (NaN without a beat to divide by), and of the pairs: bias_ms (found minus reference), sd_ms (ddof 0), mad_ms
        (median distance from the median).

    Raises
    ------
    ValueError
        As `match_beats`.
    """
    import pandas as pd

    fs = _check_fs("beat_scores", fs)
    ref, test = _positions("beat_scores", "reference", reference), _positions("beat_scores", "found", found)
    rows = []
    for tolerance in tolerances_s:
        row, error = _paired(ref, test, _check_tolerance("beat_scores", tolerance) * fs, fs)
        some = len(error) > 0
        row["bias_ms"] = float(np.mean(error)) if some else np.nan
        row["sd_ms"] = float(np.std(error)) if some else np.nan
        row["mad_ms"] = float(np.median(np.abs(error - np.median(error)))) if some else np.nan
        rows.append(row)
    return pd.DataFrame(rows, index=pd.Index(list(tolerances_s), name="tolerance_s", dtype=float))


@dataclass(frozen=True)
class Ec57:
    """A beat-by-beat comparison.

    Attributes
    ----------
    confusion : pandas.DataFrame
        Counts. Rows: the reference's class N, S, V, F, Q, or O where the reference has no beat. Columns: the class that
        was found, O where none was, X where none was while the reference says that the signal can't be read.
    """

    confusion: pd.DataFrame

    def scores(self) -> pd.Series:
        """Statistics of EC57.

        Returns
        -------
        pandas.Series
            qrs_sensitivity, qrs_positive_predictivity, veb_sensitivity, veb_positive_predictivity,
            veb_false_positive_rate, veb_f1 and the same of sveb. As the standard says, F and Q beats that were called V
            (or S) count neither for nor against; beats in X count as not found. NaN without a beat to divide by.
        """
        import pandas as pd

        counts = self.confusion.loc[list(ROWS), list(COLUMNS)].to_numpy(dtype=float)

        def total(rows: Sequence[str], columns: Sequence[str]) -> float:
            picked = np.ix_([ROWS.index(r) for r in rows], [COLUMNS.index(c) for c in columns])
            return float(counts[picked].sum())

        hits = total(CLASSES, CLASSES)
        out = {
            "qrs_sensitivity": _share(hits, total(CLASSES, COLUMNS)),
            "qrs_positive_predictivity": _share(hits, total(ROWS, CLASSES)),
        }
        for name, own in (("veb", "V"), ("sveb", "S")):
            # F and Q beats that were called so are no errors, and no successes either.
            others = [row for row in CLASSES if row not in (own, "F", "Q")]
            true_positive = total([own], [own])
            false_negative = total([own], COLUMNS) - true_positive
            false_positive = total([*others, "O"], [own])
            true_negative = total(others, [column for column in COLUMNS if column != own])
            out[f"{name}_sensitivity"] = _share(true_positive, true_positive + false_negative)
            out[f"{name}_positive_predictivity"] = _share(true_positive, true_positive + false_positive)
            out[f"{name}_false_positive_rate"] = _share(false_positive, true_negative + false_positive)
            out[f"{name}_f1"] = _share(2 * true_positive, 2 * true_positive + false_negative + false_positive)
        return pd.Series(out)

    def __add__(self, other: Ec57) -> Ec57:
        """Pool two comparisons."""
        return Ec57(self.confusion + other.confusion)


def _stretches(events: pd.DataFrame, begin: str, end: str, last_s: float) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    open_s: float | None = None
    for onset, label in zip(events["onset_s"].tolist(), events["label"].tolist(), strict=True):
        if label == begin and open_s is None:
            open_s = onset
        elif label == end and open_s is not None:
            out.append((open_s, onset))
            open_s = None
    return [*out, (open_s, last_s)] if open_s is not None else out


def _unreadable(events: pd.DataFrame, last_s: float) -> list[tuple[float, float]]:
    """Stretches between noise annotations that say that no lead can be read (both upper bits of the subtype)."""
    out: list[tuple[float, float]] = []
    open_s: float | None = None
    noise = events[events["label"] == "~"]
    subtypes = noise["subtype"].tolist() if "subtype" in noise else [0] * len(noise)
    for onset, subtype in zip(noise["onset_s"].tolist(), subtypes, strict=True):
        shut = int(subtype) & 0x30 == 0x30
        if shut and open_s is None:
            open_s = onset
        elif not shut and open_s is not None:
            out.append((open_s, onset))
            open_s = None
    return [*out, (open_s, last_s)] if open_s is not None else out


def _inside(times_s: NDArray[np.float64], stretches: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(times_s), dtype=bool)
    for begin, end in stretches:
        inside |= (times_s >= begin) & (times_s <= end)
    return inside


def ec57(
    events: pd.DataFrame,
    found: ArrayLike,
    labels: Sequence[str] | None = None,
    *,
    fs: float,
    aami: AamiMap = "bxb",
    skip_s: float = 300.0,
    tolerance_s: float = 0.15,
) -> Ec57:
    """Compare found beats and their classes with a reference beat by beat, as WFDB's bxb does.

    Beats between the marks of ventricular flutter or fibrillation (``[`` and ``]``) are left out of both.

    Parameters
    ----------
    events : pandas.DataFrame
        The reference, as `Recording.events` of a WFDB record: onset_s, label (annotation symbols), subtype.
    found : array_like of int
        Ascending sample positions.
    labels : sequence of str, optional
        A class (N, S, V, F, Q) or WFDB symbol for each; default all N: then only the QRS scores mean something.
    fs : float
        Sampling rate in Hz of `found`.
    aami : {"bxb", "de_chazal"}
        Which symbols are which class: `AAMI_MAPS`.
    skip_s : float
        Beats before are not counted, a detector's time to learn. The standard's is 300; 0 counts all.
    tolerance_s : float
        Largest distance of a pair.

    Returns
    -------
    Ec57

    Raises
    ------
    ValueError
        Bad fs, positions, labels of another number or unknown, an unknown map.

    References
    ----------
    ANSI/AAMI EC57:2012; Moody, WFDB Applications Guide, bxb.
    """
    import pandas as pd

    fs = _check_fs("ec57", fs)
    if aami not in AAMI_MAPS:
        raise ValueError(f"[ec57] wanted aami one of {', '.join(AAMI_MAPS)}, got {aami!r}")
    symbols = AAMI_MAPS[aami]
    test = _positions("ec57", "found", found)
    if labels is not None and len(labels) != len(test):
        raise ValueError(f"[ec57] wanted a label for each of {len(test)} beats, got {len(labels)}")
    known = {**symbols, **{c: c for c in CLASSES}}
    given = ["N"] * len(test) if labels is None else [str(label) for label in labels]
    unknown = sorted(set(given) - known.keys())
    if unknown:
        raise ValueError(f"[ec57] wanted labels N, S, V, F, Q or WFDB's symbols, got {unknown[0]!r}")
    test_class = np.array([known[label] for label in given], dtype=object)
    is_beat = events["label"].isin(list(symbols)).to_numpy()
    ref_s = events["onset_s"].to_numpy(dtype=float)[is_beat]
    ref_class = np.array([symbols[label] for label in events["label"].to_numpy()[is_beat]], dtype=object)
    last_s = max([float(events["onset_s"].max()) if len(events) else 0.0, float(test[-1] / fs) if len(test) else 0.0])
    flutter = _stretches(events, "[", "]", last_s)
    keep = (ref_s >= skip_s) & ~_inside(ref_s, flutter)
    ref_s, ref_class = ref_s[keep], ref_class[keep]
    test_s = test / fs
    keep = (test_s >= skip_s) & ~_inside(test_s, flutter)
    test, test_class = test[keep], test_class[keep]

    ref = np.round(ref_s * fs).astype(np.int64)
    m = _match(ref, test, tolerance_s * fs)
    counts = np.zeros((len(ROWS), len(COLUMNS)), dtype=np.int64)
    row_of = {name: i for i, name in enumerate(ROWS)}
    column_of = {name: i for i, name in enumerate(COLUMNS)}
    for row, column in zip(ref_class[m.reference].tolist(), test_class[m.found].tolist(), strict=True):
        counts[row_of[row], column_of[column]] += 1
    shut = _inside(ref_s, _unreadable(events, last_s))
    for i in m.missed.tolist():
        counts[row_of[ref_class[i]], column_of["X" if shut[i] else "O"]] += 1
    for j in m.extra.tolist():
        counts[row_of["O"], column_of[test_class[j]]] += 1
    confusion = pd.DataFrame(counts, index=list(ROWS), columns=list(COLUMNS))
    return Ec57(confusion)


def summarize(comparisons: Mapping[str, Ec57]) -> pd.DataFrame:
    """Table the scores of several records.

    Parameters
    ----------
    comparisons : mapping of str to Ec57
        By record.

    Returns
    -------
    pandas.DataFrame
        A row a record, then "gross" (all beats pooled) and "average" (mean over the records that have such beats).

    Raises
    ------
    ValueError
        No record.
    """
    import pandas as pd

    if not comparisons:
        raise ValueError("[summarize] wanted at least one record, got none")
    table = pd.DataFrame({name: comparison.scores() for name, comparison in comparisons.items()}).T
    first, *others = comparisons.values()
    pooled = first
    for other in others:
        pooled = pooled + other
    average = table.mean()
    table.loc["gross"] = pooled.scores()
    table.loc["average"] = average
    return table


# Tolerances in ms of the papers that compare delineators on LUDB and QTDB.
BOUNDARY_TOLERANCE_MS: dict[str, float] = {
    "p_onset": 50.0, "p_peak": 50.0, "p_offset": 50.0, "qrs_onset": 40.0, "qrs_offset": 40.0,
    "t_onset": 50.0, "t_peak": 50.0, "t_offset": 100.0,
}  # fmt: skip


def delineation_scores(
    reference: Mapping[str, ArrayLike],
    found: Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    fs: float,
    tolerance_ms: Mapping[str, float] | None = None,
    margin: bool = True,
) -> pd.DataFrame:
    """Compare the boundaries of waves with a reference.

    Parameters
    ----------
    reference : mapping of str to array_like of int
        Ascending samples by boundary: p_onset, p_peak, p_offset, qrs_onset, qrs_offset, t_onset, t_peak, t_offset.
    found : mapping or DataFrame
        The same, such as what `bp.ecg.delineate` returns; NaN counts as absent.
    fs : float
        Sampling rate in Hz.
    tolerance_ms : mapping of str to float, optional
        Largest distance of a hit; default P 50, QRS 40, T onset and peak 50, T offset 100.
    margin : bool
        Leave out what was found farther than the tolerance outside of all that the reference marks: most references
        mark only part of a recording.

    Returns
    -------
    pandas.DataFrame
        A row a boundary: n_reference, n_found, true_positive, missed, extra, sensitivity, positive_predictivity, f1,
        mean_ms and sd_ms (found minus reference, ddof 0). `attrs["macro_f1"]` is the mean of f1.

    Raises
    ------
    ValueError
        Bad fs, a boundary that `found` lacks or that has no tolerance, positions that don't ascend.

    References
    ----------
    CSE Working Party 1985, Eur Heart J 6:815; Kalyakulina et al. 2020, IEEE Access 8:186181.
    """
    import pandas as pd

    fs = _check_fs("delineation_scores", fs)
    tolerances = {**BOUNDARY_TOLERANCE_MS, **(tolerance_ms or {})}
    marked = {name: _positions("delineation_scores", name, values) for name, values in reference.items()}
    present = [values for values in marked.values() if len(values)]
    rows = {}
    for name, ref in marked.items():
        if name not in found or name not in tolerances:
            raise ValueError(f"[delineation_scores] wanted {name} with a tolerance in what was found, got none")
        window = tolerances[name] * fs / 1000
        given = np.asarray(found[name], dtype=float)
        test = np.sort(np.round(given[np.isfinite(given)])).astype(np.int64)
        if margin and present:
            low, high = min(v[0] for v in present) - window, max(v[-1] for v in present) + window
            test = test[(test >= low) & (test <= high)]
        row, error = _paired(ref, test, window, fs)
        row["mean_ms"] = float(np.mean(error)) if len(error) else np.nan
        row["sd_ms"] = float(np.std(error)) if len(error) else np.nan
        rows[name] = row
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.attrs["macro_f1"] = float(table["f1"].mean()) if len(table) else float("nan")
    return table


def _trimmed_mean(values: NDArray[np.float64]) -> float:
    """Mean without the largest and the smallest 5 %."""
    cut = int(0.05 * len(values))
    kept = np.sort(values)[cut : len(values) - cut]
    return float(np.mean(kept))


def qrs_power(x: ArrayLike, r_peaks: ArrayLike, *, fs: float) -> float:
    """Power of an ECG's QRS complexes as nst defines it: of a sine with their mean peak-to-peak amplitude.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead.
    r_peaks : array_like of int
        Ascending sample positions inside x.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float
        A^2 / 8 in squared units of x; A is the mean without the highest and lowest 5 % of the amplitudes within 50 ms
        of each peak.

    Raises
    ------
    ValueError
        Bad fs, no beat, positions outside x.
    """
    fs = _check_fs("qrs_power", fs)
    signal = np.asarray(x, dtype=float)
    peaks = _positions("qrs_power", "r_peaks", r_peaks)
    if signal.ndim != 1 or len(peaks) == 0 or peaks[0] < 0 or peaks[-1] >= len(signal):
        raise ValueError(f"[qrs_power] wanted beats inside one lead, got {len(peaks)} beats, shape {signal.shape}")
    reach = round(0.05 * fs)
    amplitudes = np.array([np.ptp(signal[max(0, p - reach) : p + reach + 1]) for p in peaks.tolist()])
    return _trimmed_mean(amplitudes) ** 2 / 8


def noise_power(noise: ArrayLike, *, fs: float) -> float:
    """Power of noise as nst defines it: the square of the mean RMS of its seconds, each without its own mean.

    Parameters
    ----------
    noise : array_like, shape (n_samples,)
        At least one second.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float
        In squared units of `noise`; the mean leaves out the highest and lowest 5 % of the seconds.

    Raises
    ------
    ValueError
        Bad fs, less than a second, another shape.
    """
    fs = _check_fs("noise_power", fs)
    signal = np.asarray(noise, dtype=float)
    second = round(fs)
    if signal.ndim != 1 or len(signal) < second:
        raise ValueError(f"[noise_power] wanted at least one second of one channel, got shape {signal.shape}")
    seconds = signal[: len(signal) // second * second].reshape(-1, second)
    return _trimmed_mean(seconds.std(axis=1)) ** 2


def add_noise(
    x: ArrayLike,
    noise: ArrayLike,
    r_peaks: ArrayLike,
    *,
    fs: float,
    snr_db: float,
    first_s: float = 300.0,
    period_s: float = 120.0,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Mix noise into an ECG by turns, as WFDB's nst does.

    Each lead gets the noise channel of its row, repeated where it is shorter, scaled so that the lead's QRS power is
    `snr_db` above the noise's.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        ECG.
    noise : array_like, shape (n_noise,) or (n_channels, n_noise)
        At x's rate; row r % n_channels goes into lead r.
    r_peaks : array_like of int
        Reference beats.
    fs : float
        Sampling rate in Hz.
    snr_db : float
        Ratio of powers in dB.
    first_s : float
        Noise begins here ...
    period_s : float
        ... and is there for so long, then absent for so long, by turns.

    Returns
    -------
    noisy : ndarray of float64
        Of x's shape.
    is_noisy : ndarray of bool, shape (n_samples,)

    Raises
    ------
    ValueError
        Bad fs, shapes, ratio or times, a lead without a QRS, a channel without noise.

    References
    ----------
    Moody, Muldrow & Mark 1984, Comput Cardiol 11:381; WFDB Applications Guide, nst.
    """
    fs = _check_fs("add_noise", fs)
    if not np.isfinite(snr_db) or not first_s >= 0 or not period_s > 0:
        raise ValueError(
            f"[add_noise] wanted a finite snr_db, first_s >= 0, period_s > 0, got {snr_db}, {first_s}, {period_s}"
        )
    given = np.asarray(x, dtype=float)
    leads, channels = np.atleast_2d(given), np.atleast_2d(np.asarray(noise, dtype=float))
    if given.ndim not in (1, 2) or channels.ndim != 2 or channels.shape[1] == 0:
        raise ValueError(f"[add_noise] wanted leads and noise by rows, got {given.shape} and {channels.shape}")
    at = np.arange(leads.shape[1])
    is_noisy = (at >= first_s * fs) & (((at - first_s * fs) // (period_s * fs)) % 2 == 0)
    out = leads.copy()
    for row, lead in enumerate(out):
        channel = channels[row % len(channels)]
        signal, level = qrs_power(lead, r_peaks, fs=fs), noise_power(channel, fs=fs)
        if not (signal > 0 and level > 0):
            raise ValueError(f"[add_noise] wanted a QRS and noise in row {row}, got powers {signal:g} and {level:g}")
        gain = np.sqrt(signal / level * 10 ** (-snr_db / 10))
        lead[is_noisy] += gain * channel[at[is_noisy] % len(channel)]
    return out.reshape(given.shape), is_noisy
