"""ECG: R peaks, beats, heart rate variability, signal quality, simulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from biopotential._core import ecg as _ecg
from biopotential._core.ecg import (
    RPeakStream,
    beat_windows,
    find_r_peaks_causal,
    find_r_peaks_christov,
    find_r_peaks_elgendi,
    find_r_peaks_engzee,
    find_r_peaks_gqrs,
    find_r_peaks_hamilton,
    find_r_peaks_kalidas,
    find_r_peaks_martinez,
    find_r_peaks_pan_tompkins,
    find_r_peaks_xqrs,
)
from biopotential._core.eeg import channel_kind
from biopotential.recording import VOLTS, volts_per

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from biopotential.models import Model

__all__ = [
    "STANDARD_LEADS",
    "Corrected",
    "RPeakStream",
    "Result",
    "Rhythm",
    "Simulated",
    "beat_windows",
    "classify_beats",
    "correct_r_peaks",
    "delineate",
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
    "frank_leads",
    "hrv",
    "hrv_frequency",
    "hrv_nonlinear",
    "hrv_time",
    "leads_of_frank",
    "nn_intervals",
    "nn_spectrum",
    "process",
    "quality",
    "rhythm",
    "rr_features",
    "simulate",
    "standard_leads",
    "vector_measures",
]

Exclude = Literal["none", "implausible", "ectopic"]
STANDARD_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
FrankMethod = Literal["kors", "inverse_dower"]
REASONS = ("", "missing", "flat", "clipped", "noise")


RPeakMethod = Literal[
    "default",
    "causal",
    "pan_tompkins",
    "hamilton",
    "christov",
    "elgendi",
    "engzee",
    "martinez",
    "kalidas",
    "gqrs",
    "xqrs",
]

_ONE_LEAD = {
    "causal": find_r_peaks_causal,
    "pan_tompkins": find_r_peaks_pan_tompkins,
    "hamilton": find_r_peaks_hamilton,
    "christov": find_r_peaks_christov,
    "elgendi": find_r_peaks_elgendi,
    "engzee": find_r_peaks_engzee,
    "martinez": find_r_peaks_martinez,
    "kalidas": find_r_peaks_kalidas,
    "gqrs": find_r_peaks_gqrs,
    "xqrs": find_r_peaks_xqrs,
}


def find_r_peaks(x: npt.ArrayLike, *, fs: float, method: RPeakMethod = "default") -> npt.NDArray[np.int64]:
    """Locate R peaks in one lead, or in several that are fused.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        Any amplitude unit, either polarity. NaN is bridged, and no beat is reported in it.
    fs : float
        Sampling rate in Hz, at least 50.
    method : str
        "default" takes one lead or several; where no beats stand out (flat line, mains or noise only) it finds none.
        "causal" is what `RPeakStream` gives while samples come in, for one lead.
        The others are the field's, built from their papers, for one lead: "pan_tompkins" (1985), "hamilton" (2002),
        "christov" (2004), "elgendi" (2010), "engzee" (Engelse & Zeelenberg, modified 2012), "martinez" (2004, wavelet),
        "kalidas" (2017, stationary wavelet), and "gqrs" and "xqrs", which resemble WFDB's. Their thresholds follow
        whatever there is, noise alone too.

    Returns
    -------
    numpy.ndarray of int64
        Ascending sample positions of the largest deflection of each QRS, whatever the method; empty if there is none.

    Raises
    ------
    ValueError
        Bad fs, an unknown method, or an array of another shape.
    """
    if method == "default":
        return np.asarray(_ecg.find_r_peaks(x, fs=fs), dtype=np.int64)
    find = _ONE_LEAD.get(method)
    if find is None:
        raise ValueError(f"[find_r_peaks] method of default, {', '.join(_ONE_LEAD)} was wanted, got {method!r}")
    return np.asarray(find(x, fs=fs), dtype=np.int64)


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


_AMPLITUDES = (
    "p_amplitude",
    "q_amplitude",
    "r_amplitude",
    "s_amplitude",
    "t_amplitude",
    "st_level",
    "st_slope_per_s",
)
_FIDUCIALS = ("p_onset", "p_peak", "p_offset", "qrs_onset", "r_peak", "qrs_offset", "t_onset", "t_peak", "t_offset")


def _mv(name: str) -> str:
    return "st_slope_mv_per_s" if name == "st_slope_per_s" else f"{name}_mv"


def _per_mv(function: str, unit: str | None) -> float:
    if unit is None:
        raise ValueError(f'[{function}] wanted unit="mV", "uV" or "V" with an array, got none')
    factor = volts_per(unit)
    if factor is None:
        raise ValueError(f'[{function}] wanted a unit of voltage ("mV", "uV", "V"), got {unit!r}')
    return factor * 1e3


def delineate(
    x: npt.ArrayLike, r_peaks: npt.ArrayLike, *, fs: float, unit: str | None = None, min_probability: float = 0.5
) -> pd.DataFrame:
    """Find onset, peak and offset of P, QRS and T of every beat, and measure them.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        Any amplitude unit, unfiltered. NaN is bridged; a wave that touches it is absent.
    r_peaks : array_like of int
        Ascending sample positions, as `find_r_peaks` gives them.
    fs : float
        Sampling rate in Hz, at least 50.
    unit : str, optional
        Unit of x ("mV", "uV", "V"). With it amplitudes are in mV and their columns end in ``_mv``; without it they are
        in the unit of x.
    min_probability : float
        A wave less probable than this is absent.

    Returns
    -------
    pandas.DataFrame
        A row a beat. Positions in samples, NaN where the wave is absent, always in this order: p_onset, p_peak,
        p_offset, qrs_onset, r_peak, qrs_offset, t_onset, t_peak, t_offset. Then p_probability and t_probability (that
        there is a wave, also where it is reported absent); rr_ms (to the beat before), pr_ms (P onset to QRS onset),
        qrs_ms, qt_ms, qtc_bazett_ms, qtc_fridericia_ms, qtc_framingham_ms, qtc_hodges_ms (by the RR interval before);
        and of the first lead, from the mean of the 20 ms before the QRS: p_amplitude, q_amplitude and s_amplitude
        (lowest of the QRS before and after the R peak, 0 or below), r_amplitude (largest deflection, signed),
        t_amplitude, st_level (60 ms after the QRS), st_slope_per_s (20 to 80 ms after it).

        Several leads are delineated each by itself and fused: lower quartile of onsets, median of peaks, upper
        quartile of offsets over the leads that show the wave.

    Raises
    ------
    ValueError
        Bad fs, positions that don't ascend or lie outside x, an unknown unit.

    Notes
    -----
    QRS: where the slope rises above and falls below a share of its top. P and T: the extreme that stands out most;
    its ends are where the signal is farthest from a chord (the triangle rule). P waves are probable where the 12 beats
    before and after show the same wave at the same place, and little else.

    References
    ----------
    Bazett 1920, Heart 7:353; Fridericia 1920, Acta Med Scand 53:469; Sagie et al. 1992, Am J Cardiol 70:797;
    Hodges et al. 1983, J Am Coll Cardiol 1:694.
    """
    import pandas as pd

    if not 0 <= min_probability <= 1:
        raise ValueError(f"[delineate] wanted min_probability from 0 to 1, got {min_probability}")
    factor = None if unit is None else _per_mv("delineate", unit)
    peaks = np.asarray(r_peaks)
    if peaks.size == 0:
        peaks = np.zeros(0, np.int64)
    raw = _ecg._delineate(x, peaks, fs=fs, min_probability=min_probability)
    raw["r_peak"] = peaks.astype(np.int64)
    columns: dict[str, Any] = {name: raw[name] for name in _FIDUCIALS}
    columns |= {name: values for name, values in raw.items() if name not in columns and name not in _AMPLITUDES}
    for name in _AMPLITUDES:
        if factor is None:
            columns[name] = raw[name][0]
        else:
            columns[_mv(name)] = raw[name][0] * factor
    return pd.DataFrame(columns)


def _rows_by_lead(function: str, x: npt.ArrayLike, leads: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Rows of x by the standard's spelling of their names; limb leads that two others give are added."""
    rows = np.asarray(x, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[0] != len(leads):
        raise ValueError(f"[{function}] wanted x of shape ({len(leads)}, n_samples), a row a lead, got {rows.shape}")
    spelling = {name.upper(): name for name in STANDARD_LEADS}
    found: dict[str, npt.NDArray[np.float64]] = {}
    for name, row in zip(leads, rows, strict=True):
        standard = spelling.get(name.strip().upper().removeprefix("LEAD ").removeprefix("ECG ").strip())
        if standard is None:
            continue
        if standard in found:
            raise ValueError(f"[{function}] wanted each lead once, got {standard} twice")
        found[standard] = row
    if "I" not in found and {"II", "III"} <= found.keys():
        found["I"] = found["II"] - found["III"]
    if "II" not in found and {"I", "III"} <= found.keys():
        found["II"] = found["I"] + found["III"]
    return found


def _independent(function: str, x: npt.ArrayLike, leads: Sequence[str]) -> npt.NDArray[np.float64]:
    found = _rows_by_lead(function, x, leads)
    wanted = ("I", "II", *STANDARD_LEADS[6:])
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ValueError(f"[{function}] wanted two of I, II, III, and V1 to V6; {', '.join(missing)} is missing")
    return np.stack([found[name] for name in wanted])


def standard_leads(x: npt.ArrayLike, *, leads: Sequence[str]) -> pd.DataFrame:
    """Order leads as a printed ECG does, and derive the limb leads that two others give.

    Parameters
    ----------
    x : array_like, shape (n_leads, n_samples)
        Any amplitude unit.
    leads : sequence of str
        Names of the rows; upper and lower case, and "ECG" or "lead" before a name, don't matter. Two of I, II, III at
        least; leads of other names are left out.

    Returns
    -------
    pandas.DataFrame
        A column a lead, in the order of `STANDARD_LEADS`, a row a sample: the six limb leads and what there is of V1 to
        V6. Leads in x stay as they are; III = II - I (Einthoven), aVR = -(I + II) / 2, aVL = I - II / 2 and
        aVF = II - I / 2 (Goldberger) are derived where they are missing. Mason-Likar electrodes (on the trunk) give the
        same sums, of leads that differ from those of the limbs.

    Raises
    ------
    ValueError
        Fewer than two of I, II, III; a lead twice; names and rows that differ in number.
    """
    import pandas as pd

    found = _rows_by_lead("standard_leads", x, leads)
    if not {"I", "II"} <= found.keys():
        raise ValueError(f"[standard_leads] wanted two of I, II, III, got {', '.join(leads)}")
    derived = dict(zip(STANDARD_LEADS[:6], _ecg._limb_leads(np.stack([found["I"], found["II"]])), strict=True))
    rows = {**derived, **found}
    return pd.DataFrame({name: rows[name] for name in STANDARD_LEADS if name in rows})


def frank_leads(x: npt.ArrayLike, *, leads: Sequence[str], method: FrankMethod = "kors") -> npt.NDArray[np.float64]:
    """Frank's orthogonal leads X, Y, Z (the vectorcardiogram) from the standard ones.

    Parameters
    ----------
    x : array_like, shape (n_leads, n_samples)
        Any amplitude unit.
    leads : sequence of str
        Names of the rows: two of I, II, III, and V1 to V6, in any order.
    method : {"kors", "inverse_dower"}
        Coefficients: by regression (Kors), or from the volume conductor (Dower's matrix inverted).

    Returns
    -------
    numpy.ndarray, shape (3, n_samples)
        X (positive to the left), Y (to the feet), Z (to the back), in the unit of x.

    Raises
    ------
    ValueError
        A lead that is missing or there twice; an unknown method.

    References
    ----------
    Kors et al. 1990, Eur Heart J 11:1083; Edenbrandt & Pahlm 1988, J Electrocardiol 21:361.
    """
    out: npt.NDArray[np.float64] = _ecg._frank_leads(_independent("frank_leads", x, leads), method=method)
    return out


def leads_of_frank(xyz: npt.ArrayLike) -> pd.DataFrame:
    """Show what Frank's leads would look like in the standard ones (Dower et al. 1980, Clin Cardiol 3:87).

    Parameters
    ----------
    xyz : array_like, shape (3, n_samples)
        X, Y, Z, any amplitude unit.

    Returns
    -------
    pandas.DataFrame
        A column a lead, in the order of `STANDARD_LEADS`, a row a sample.

    Raises
    ------
    ValueError
        Not three rows.
    """
    return standard_leads(_ecg._leads_of_frank(xyz), leads=("I", "II", *STANDARD_LEADS[6:]))


def vector_measures(
    x: npt.ArrayLike,
    waves: pd.DataFrame,
    *,
    fs: float,
    leads: Sequence[str],
    unit: str | None = None,
    method: FrankMethod = "kors",
) -> pd.DataFrame:
    """Measure the heart's vector beat by beat: axis, QRS-T angles, ventricular gradient.

    Parameters
    ----------
    x : array_like, shape (n_leads, n_samples)
        Two of I, II, III, and V1 to V6.
    waves : pandas.DataFrame
        As `delineate` gives it: qrs_onset, qrs_offset, t_onset and t_offset in samples.
    fs : float
        Sampling rate in Hz.
    leads : sequence of str
        Names of the rows of x.
    unit : str, optional
        Unit of x ("mV", "uV", "V"). With it amplitudes are in mV and their columns end in ``_mv`` and ``_mv_s``;
        without it they are in the unit of x.
    method : {"kors", "inverse_dower"}
        As of `frank_leads`.

    Returns
    -------
    pandas.DataFrame
        A row a beat: frontal_axis_deg (of the QRS area in I and aVF; 0 to the left, 90 to the feet, up to 180),
        qrs_t_angle_deg (between the mean vectors of QRS and T), qrs_t_peak_angle_deg (between their longest vectors),
        qrs_magnitude, t_magnitude (length of the longest vector), ventricular_gradient (length of the integral from
        QRS onset to T offset, unit x s). Vectors are taken from the level of the 10 ms before the QRS. NaN where a wave
        is absent or samples of it are missing.

    Raises
    ------
    ValueError
        A lead or column that is missing, a bad fs, an unknown unit or method.

    References
    ----------
    Kors et al. 2003, J Electrocardiol 36 Suppl:59; Wilson et al. 1934, Am Heart J 10:46.
    """
    import pandas as pd

    missing = [name for name in ("qrs_onset", "qrs_offset", "t_onset", "t_offset") if name not in waves]
    if missing:
        raise ValueError(f"[vector_measures] wanted the columns of delineate, {', '.join(missing)} is missing")
    factor = None if unit is None else _per_mv("vector_measures", unit)
    columns: dict[str, Any] = _ecg._vector_measures(
        _independent("vector_measures", x, leads),
        fs=fs,
        qrs_onset=waves["qrs_onset"].to_numpy(np.float64),
        qrs_offset=waves["qrs_offset"].to_numpy(np.float64),
        t_onset=waves["t_onset"].to_numpy(np.float64),
        t_offset=waves["t_offset"].to_numpy(np.float64),
        method=method,
    )
    if factor is not None:
        for name in ("qrs_magnitude", "t_magnitude"):
            columns[f"{name}_mv"] = columns.pop(name) * factor
        columns["ventricular_gradient_mv_s"] = columns.pop("ventricular_gradient") * factor
    return pd.DataFrame(columns)


def classify_beats(
    x: npt.ArrayLike, r_peaks: npt.ArrayLike, *, fs: float, unit: str, model: Model | None = None
) -> pd.DataFrame:
    """Classify beats by a neural network.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        As many leads as the model takes, unfiltered, without NaN.
    r_peaks : array_like of int
        Ascending sample positions, as `find_r_peaks` gives them.
    fs : float
        Sampling rate in Hz.
    unit : str
        Unit of x ("mV", "uV", "V").
    model : bp.models.Model, optional
        Any with `predict_beats`; default the shipped beat classifier (AAMI classes N, S, V, F, Q from one lead), which
        needs the ``torch`` extra. Its card says how well it does.

    Returns
    -------
    pandas.DataFrame
        A row a beat: class, then p_N and so on, the probability of each class.

    Raises
    ------
    ValueError
        Bad fs or unit, NaN, another number of leads, positions that don't ascend or lie outside x.
    ImportError
        torch is missing.
    """
    import pandas as pd

    from biopotential import models

    factor = _per_mv("classify_beats", unit)
    if model is None:
        model = models.load(models.shipped("beat_classifier"))
    to_model = 1.0 / _per_mv("classify_beats", model.unit)
    found = model.predict_beats(np.asarray(x, dtype=np.float64) * (factor * to_model), r_peaks, fs=fs)
    probabilities = {f"p_{name}": found.probabilities[:, i] for i, name in enumerate(found.classes)}
    return pd.DataFrame({"class": found.labels.astype(object), **probabilities})


_KINDS = ("bradycardia", "tachycardia", "pause", "asystole", "irregular", "atrial fibrillation")


@dataclass(frozen=True)
class Rhythm:
    """Rate and rhythm of a row of beats.

    Attributes
    ----------
    mean_hr_bpm, min_hr_bpm, max_hr_bpm : float
        60 / mean RR interval; lowest and highest mean over 8 intervals in a row. NaN without an interval.
    irregular_share : float
        Share of the time in which the RR intervals are as disordered as in atrial fibrillation.
    af_share : float
        Share of that time in which fibrillation is probable; NaN where P waves weren't given.
    af_probability : numpy.ndarray, shape (n_beats,)
        Probability of atrial fibrillation in the 30 intervals around each beat, from RR intervals and P waves.
    entropy : numpy.ndarray, shape (n_beats,)
        Coefficient of sample entropy of the 30 intervals around each beat; above -1.4 they are irregular.
    episodes : pandas.DataFrame
        The timeline, ascending: kind ("bradycardia", "tachycardia", "pause", "asystole", "irregular",
        "atrial fibrillation"), onset_s, duration_s, value (lowest or highest rate in bpm, seconds of a pause, highest
        entropy or probability), first_beat, last_beat.
    """

    mean_hr_bpm: float
    min_hr_bpm: float
    max_hr_bpm: float
    irregular_share: float
    af_share: float
    af_probability: npt.NDArray[np.float64] = field(repr=False)
    entropy: npt.NDArray[np.float64] = field(repr=False)
    episodes: pd.DataFrame = field(repr=False)


def rhythm(
    times_s: npt.ArrayLike,
    *,
    counts: npt.ArrayLike | None = None,
    p_probability: npt.ArrayLike | None = None,
    bradycardia_bpm: float = 50.0,
    tachycardia_bpm: float = 100.0,
    pause_s: float = 2.0,
    asystole_s: float = 4.0,
) -> Rhythm:
    """Find rates, pauses and episodes of brady- and tachycardia and of irregular intervals in a row of beats.

    Irregular intervals alone can be frequent ectopic beats too; with P waves fibrillation has a probability of its own
    (five folds on CinC 2017, A against N: sensitivity 94.4 %, specificity 95.8 %). Research use: no diagnosis.

    Parameters
    ----------
    times_s : array_like, shape (n_beats,)
        Ascending times of beats in seconds.
    counts : array_like of bool, shape (n_beats,), optional
        False where the interval that ends at a beat is unknown (after a gap, in noise).
    p_probability : array_like, shape (n_beats,), optional
        Probability of each beat's P wave, as `delineate` gives it; fibrillation is looked for.
    bradycardia_bpm, tachycardia_bpm : float
        8 intervals in a row (each the median of 5) beyond these rates are an episode.
    pause_s, asystole_s : float
        An interval longer than the first is a pause, of at least the second asystole.

    Returns
    -------
    Rhythm

    Raises
    ------
    ValueError
        Times that don't ascend, `counts` of another length, a limit that isn't > 0.

    References
    ----------
    Lake & Moorman 2011, AJP Heart 300:H319 (entropy); Kusumoto et al. 2019, Circulation 140:e382 (bradycardia);
    Page et al. 2016, Circulation 133:e506 (tachycardia); Clifford et al. 2015, Comput Cardiol 42:273 (asystole).
    """
    import pandas as pd

    times = np.asarray(times_s, dtype=np.float64)
    flags = np.ones(times.shape, np.int64) if counts is None else np.asarray(counts, dtype=bool).astype(np.int64)
    raw = _ecg._rhythm(
        times,
        flags,
        np.zeros(0) if p_probability is None else p_probability,
        bradycardia_bpm=bradycardia_bpm,
        tachycardia_bpm=tachycardia_bpm,
        pause_s=pause_s,
        asystole_s=asystole_s,
    )
    rows = raw.pop("episodes")
    episodes = pd.DataFrame(
        {
            "kind": np.array([_KINDS[row[0]] for row in rows], dtype=object),
            "onset_s": np.array([row[3] for row in rows], dtype=float),
            "duration_s": np.array([row[4] for row in rows], dtype=float),
            "value": np.array([row[5] for row in rows], dtype=float),
            "first_beat": np.array([row[1] for row in rows], dtype=np.int64),
            "last_beat": np.array([row[2] for row in rows], dtype=np.int64),
        }
    )
    return Rhythm(episodes=episodes, **raw)


_FAULTS = ("", "ectopic", "missed", "extra", "long_short")


@dataclass(frozen=True)
class Corrected:
    """What `correct_r_peaks` finds: raw and corrected intervals side by side.

    Attributes
    ----------
    r_peaks : numpy.ndarray of float64
        Corrected positions in samples, ascending; inserted and moved beats lie between samples.
    changed : numpy.ndarray of bool
        Where a beat of r_peaks was inserted or moved.
    rr_s : numpy.ndarray of float64
        Corrected intervals in seconds, one fewer than r_peaks.
    beats : pandas.DataFrame
        The beats that came in: r_peak, rr_s (to the one before; NaN for the first), fault: "" for none, "ectopic",
        "missed" (a beat is missing before this one), "extra" or "long_short" (misplaced).
    rounds : int
        How often it was corrected.
    """

    r_peaks: npt.NDArray[np.float64]
    changed: npt.NDArray[np.bool_]
    rr_s: npt.NDArray[np.float64]
    beats: pd.DataFrame
    rounds: int


def correct_r_peaks(r_peaks: npt.ArrayLike, *, fs: float, iterate: bool = True) -> Corrected:
    """Find extra, missed, misplaced and ectopic beats by their intervals, and correct them.

    The input isn't changed, and nothing here is applied by other functions of its own accord.

    Parameters
    ----------
    r_peaks : array_like of int
        Ascending sample positions.
    fs : float
        Sampling rate in Hz.
    iterate : bool
        Correct again as long as there are fewer faults than before; `beats` tells the faults of the first round.

    Returns
    -------
    Corrected

    Raises
    ------
    ValueError
        Bad fs, or positions that don't ascend.

    Notes
    -----
    Faults are those of NeuroKit2's ``signal_fixpeaks(method="kubios")``, but the first two beats and the last are
    never changed, and where several beats were added or removed the places of later faults are counted from all of
    them.

    References
    ----------
    Lipponen & Tarvainen 2019, J Med Eng Technol 43:173.
    """
    import pandas as pd

    peaks = np.asarray(r_peaks)
    if peaks.size == 0:
        peaks = np.zeros(0, np.int64)
    raw = _ecg._correct_r_peaks(peaks, fs=fs, iterate=iterate)
    peaks = peaks.astype(np.int64)
    beats = pd.DataFrame(
        {
            "r_peak": peaks,
            "rr_s": np.concatenate([[np.nan], np.diff(peaks) / fs])[: peaks.size],
            "fault": np.asarray(_FAULTS, dtype=object)[raw["faults"]],
        }
    )
    corrected = np.asarray(raw["r_peaks"], dtype=np.float64)
    return Corrected(corrected, raw["changed"].astype(bool), np.diff(corrected) / fs, beats, int(raw["rounds"]))


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
        Rate of the natural cubic spline through the NN intervals; straight lines where intervals were excluded.
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


# What the spread of an ECG can be, in mV: smaller or larger is another unit.
_LEAST_MV, _MOST_MV = 0.002, 20.0
_LEAD_NAMES = frozenset(
    ["i", "ii", "iii", "avr", "avl", "avf", "v", "vx", "vy", "vz", "cm5", "cc5", "mli", "mlii", "mliii"]
    + [f"{kind}{k}" for kind in ("v", "mv") for k in range(1, 7)]
)


def _to_mv(function: str, x: npt.ArrayLike, unit: str | None) -> npt.NDArray[np.float64]:
    """Convert samples to mV, refusing a scale that no ECG has."""
    data = np.asarray(x)
    if data.dtype.kind not in "fiu" or data.ndim not in (1, 2):
        raise ValueError(
            f"[{function}] wanted real x of shape (n_samples,) or (n_leads, n_samples), got shape {data.shape}, "
            f"dtype {data.dtype}"
        )
    factor = _per_mv(function, unit)
    out: npt.NDArray[np.float64] = np.atleast_2d(data).astype(np.float64)
    if factor != 1:
        out *= factor
    finite = [row if ok.all() else row[ok] for row, ok in zip(out, np.isfinite(out), strict=True)]
    spreads = [s for s in (float(np.std(row)) for row in finite if row.size) if s > 0]
    spread = float(np.median(spreads)) if spreads else np.nan
    if spread < _LEAST_MV or spread > _MOST_MV:
        likely = [u for u in ("mV", "uV", "V") if 0.02 <= spread / factor * VOLTS[u.lower()] * 1e3 <= 5]
        hint = f'in {likely[0]} (unit="{likely[0]}")' if likely else "digital steps without their gain"
        if likely == ["uV"]:
            hint += ", or digital steps"
        raise ValueError(
            f"[{function}] wanted an ECG in {unit}, got a standard deviation of {spread / factor:.3g} {unit}: "
            f"the samples are likely {hint}"
        )
    return out


def _is_lead(name: str) -> bool:
    words = name.lower().replace("-", " ").replace("_", " ").split()
    return any(w in ("ecg", "ekg") for w in words) or (len(words) == 1 and words[0] in _LEAD_NAMES)


@dataclass(frozen=True)
class Result:
    """What `process` finds.

    Attributes
    ----------
    beats : pandas.DataFrame
        A row a beat: time_s (from the recording's start), the columns of `delineate` (stored samples, mV) and of
        `rr_features`, ok (False where no lead can be analysed).
    quality : pandas.DataFrame
        As of `quality`, `lead` by name, times from the recording's start.
    hrv : pandas.Series
        As of `hrv`, from the beats that are ok; intervals across gaps don't count.
    rhythm : Rhythm
        As of `rhythm`; pauses only where the signal is quiet.
    excluded : pandas.DataFrame
        Stretches that can't be analysed in any lead: start_s, end_s, reason ("gap", "missing", "flat", "clipped",
        "noise").
    r_peaks : numpy.ndarray of int64
        Stored samples.
    leads : list of str
        Names.
    fs : float
        Hz.
    analysable_share : float
        Of the stored time: at least one lead can be analysed.
    reasons : dict of str to float
        Share of the time of all leads lost by reason.
    """

    beats: pd.DataFrame = field(repr=False)
    quality: pd.DataFrame = field(repr=False)
    hrv: pd.Series = field(repr=False)
    rhythm: Rhythm
    excluded: pd.DataFrame = field(repr=False)
    r_peaks: npt.NDArray[np.int64] = field(repr=False)
    leads: list[str]
    fs: float
    analysable_share: float
    reasons: dict[str, float]


_Stretch = tuple[float, int, int]


def _ecg_of_recording(
    rec: Any, leads: Sequence[str] | None
) -> tuple[npt.NDArray[np.float64], float, list[str], list[_Stretch]]:
    """ECG leads of a recording in mV, with rate, names and stretches (start_s, first, n)."""
    best: tuple[Any, list[int]] | None = None
    for signal in rec.signals:
        volts = [i for i, c in enumerate(signal.channels) if volts_per(c.unit) is not None]
        if leads is not None:
            picked = [i for i in volts if signal.channels[i].name in leads]
        else:
            picked = [i for i in volts if _is_lead(signal.channels[i].name)]
            # Else those whose name says nothing; an EEG is no ECG.
            picked = picked or [i for i in volts if channel_kind(signal.channels[i].name) == "other"]
        named = any(_is_lead(signal.channels[i].name) for i in picked)
        if picked and (best is None or (named, len(picked)) > (_any_lead(*best), len(best[1]))):
            best = (signal, picked)
    names = [c.name for s in rec.signals for c in s.channels]
    if leads is not None and (best is None or len(best[1]) != len(set(leads))):
        raise ValueError(f"[process] wanted leads of one rate in V, mV or uV out of {names}, got {list(leads)}")
    if best is None:
        raise ValueError(f"[process] wanted a recording with ECG leads in V, mV or uV, got {names}")
    signal, picked = best
    stretches = [(float(s.start_s), int(s.first), int(s.n_samples)) for s in signal.segments]
    x = np.asarray(signal.read(0, int(signal.n_samples), picked))
    factors = np.array([_per_mv("process", signal.channels[i].unit) for i in picked])
    if (factors != 1).any():
        x = x * factors[:, None]
    return _to_mv("process", x, "mV"), float(signal.fs), [signal.channels[i].name for i in picked], stretches


def _any_lead(signal: Any, picked: list[int]) -> bool:
    return any(_is_lead(signal.channels[i].name) for i in picked)


def _quiet(x: npt.NDArray[np.float64], first: int, last: int, height: npt.NDArray[np.float64], fs: float) -> bool:
    """Whether a lead shows no deflection of half a beat between two beats, and isn't dead."""
    margin = round(0.2 * fs)
    window = max(1, round(0.1 * fs))
    for row, h in zip(x[:, first + margin : last - margin], height, strict=True):
        if row.size < 2 * window or not h > 0 or not np.isfinite(row).all():
            continue
        # Swings within 100 ms: drift is no deflection.
        n = row.size // window * window
        swing = np.ptp(row[:n].reshape(-1, window), axis=1)
        if (swing == 0).mean() < 0.5 and swing.max() < 0.5 * h:
            return True
    return False


def process(
    x: Any,
    *,
    fs: float | None = None,
    unit: str | None = None,
    leads: Sequence[str] | None = None,
    exclude: Exclude = "implausible",
) -> Result:
    """Quality, beats, waves, heart rate variability and rhythm of an ECG in one call.

    Parameters
    ----------
    x : Recording or array_like
        A recording, whose ECG leads (named so, else all in V, mV or uV that no name makes an EEG, EOG or EMG) are
        converted to mV, gaps respected; or samples of shape (n_leads, n_samples) or (n_samples,). Unfiltered;
        NaN counts as missing.
    fs, unit : float, str
        Sampling rate in Hz, at least 50, and unit ("mV", "uV", "V"): with an array only, and then necessary.
    leads : sequence of str, optional
        Which leads of a recording, or the names of an array's.
    exclude : {"implausible", "none", "ectopic"}
        Which RR intervals `hrv` leaves out.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        No ECG, fs or unit missing or given twice, a scale that no ECG has (the message names the likely unit).
    """
    import pandas as pd

    if hasattr(x, "signals"):
        if fs is not None or unit is not None:
            raise ValueError("[process] wanted fs and unit with an array only, got them with a recording")
        data, rate, names, stretches = _ecg_of_recording(x, leads)
    else:
        if fs is None:
            raise ValueError("[process] wanted fs in Hz with an array, got none")
        data = _to_mv("process", x, unit)
        rate = float(fs)
        names = [str(i) for i in range(len(data))] if leads is None else list(leads)
        stretches = [(0.0, 0, data.shape[1])]
    if len(names) != len(data) or not names:
        raise ValueError(f"[process] wanted {len(data)} names of at least one lead, got {len(names)}")

    tables, qualities, lost = [], [], []
    analysable = 0.0
    previous_end = None
    for start_s, first, n in stretches:
        if previous_end is not None and start_s > previous_end:
            lost.append((previous_end, start_s, "gap"))
        previous_end = start_s + n / rate
        part = data[:, first : first + n]
        judged = quality(part, fs=rate)
        grid = judged["reason"].to_numpy().reshape(len(names), -1)
        edges = judged["end_s"].to_numpy()[: grid.shape[1]]
        starts = judged["start_s"].to_numpy()[: grid.shape[1]]
        usable = (grid == "").any(axis=0)
        analysable += float((edges - starts)[usable].sum())
        # The reason of the lead that comes nearest to being usable: the least grave.
        rank = {reason: i for i, reason in enumerate(REASONS)}
        for k in np.flatnonzero(~usable).tolist():
            reason = max(grid[:, k], key=lambda r: rank[r])
            lost.append((start_s + float(starts[k]), start_s + float(edges[k]), str(reason)))
        peaks = find_r_peaks(part, fs=rate)
        table = delineate(part, peaks, fs=rate, unit="mV")
        window = np.clip(np.searchsorted(edges, peaks / rate, side="right"), 0, max(len(edges) - 1, 0))
        features = rr_features(peaks, fs=rate)
        ok = usable[window] if len(usable) else np.zeros(0, dtype=bool)
        table.insert(0, "time_s", start_s + peaks / rate)
        table = pd.concat([table, features], axis=1)
        table["ok"] = ok
        # An interval counts between two beats that are ok, with no unusable window between; a pause only where quiet.
        counts = np.zeros(len(peaks), dtype=bool)
        if len(peaks) > 1:
            bad_until = np.concatenate([[0], np.cumsum(~usable)])
            clear = bad_until[window[1:] + 1] == bad_until[window[:-1]]
            counts[1:] = clear
            height = (
                np.array(
                    [
                        np.median([np.ptp(row[max(0, p - round(0.05 * rate)) : p + round(0.05 * rate)]) for p in peaks])
                        for row in np.nan_to_num(part)
                    ]
                )
                if (np.diff(peaks) > 2 * rate).any()
                else np.zeros(len(names))
            )
            for k in (np.flatnonzero(np.diff(peaks) > 2 * rate) + 1).tolist():
                counts[k] = _quiet(part, int(peaks[k - 1]), int(peaks[k]), height, rate)
        table["_counts"] = counts
        table[list(_FIDUCIALS)] += first
        tables.append(table)
        judged["start_s"] += start_s
        judged["end_s"] += start_s
        judged["lead"] = np.asarray(names, dtype=object)[judged["lead"]]
        qualities.append(judged)

    beats = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    judged = pd.concat(qualities, ignore_index=True)
    counts = beats.pop("_counts").to_numpy()
    length = (judged["end_s"] - judged["start_s"]).to_numpy()
    total = float(length.sum())
    excluded = pd.DataFrame(lost, columns=["start_s", "end_s", "reason"]).sort_values("start_s", ignore_index=True)

    time_s = beats["time_s"].to_numpy()
    normal = beats["ok"].to_numpy().copy()
    # Beats at a gap: the interval between them isn't one.
    edge = np.cumsum([len(t) for t in tables])[:-1]
    edge = edge[(edge > 0) & (edge < len(beats))]
    normal[edge] = False
    normal[edge - 1] = False
    clock = np.round(time_s * rate).astype(np.int64)
    found = rhythm(time_s, counts=counts, p_probability=beats["p_probability"].to_numpy())
    return Result(
        beats=beats,
        quality=judged,
        hrv=hrv(clock, fs=rate, exclude=exclude, normal=normal),
        rhythm=found,
        excluded=excluded,
        r_peaks=beats["r_peak"].to_numpy(dtype=np.int64),
        leads=names,
        fs=rate,
        analysable_share=analysable / (total / len(names)) if total > 0 else 0.0,
        reasons={r: float(length[judged["reason"] == r].sum() / total) if total else 0.0 for r in REASONS if r},
    )
