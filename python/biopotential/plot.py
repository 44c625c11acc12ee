"""Plots that a cardiologist or neurologist reads: ECG paper, tachogram, Poincaré plot, EEG pages, spectra, head maps.

Every function returns a :class:`matplotlib.figure.Figure` that belongs to no window (pyplot isn't imported), so that it
works in a notebook, in a thread and on a machine without a display. Labels come in English or German (``lang=``).
Long traces are drawn as their minimum and maximum per pixel: a spike of one sample stays visible.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, Polygon
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike, NDArray

from biopotential._text import Text, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CLASS_COLORS",
    "band_power_over_time",
    "data_uri",
    "ecg_overview",
    "ecg_strip",
    "ecg_twelve_leads",
    "eeg_traces",
    "hrv_spectrum",
    "median_beats",
    "poincare",
    "spectra",
    "spectrogram",
    "tachogram",
    "timeline",
    "topographies",
]

Floats = NDArray[np.float64]

PAGE_MM = 180.0  # the text width of A4 with margins of 15 mm
EEG_PAGE_S = 10.8  # fills that width, beside the channel names, at 15 mm/s
INK = "#1b2733"
MUTED = "#5b6b7b"
ACCENT = "#0b5c8a"
ALERT = "#b3261e"
BAD = "#d9822b"
GOOD = "#2e7d4f"
GRID_THIN, GRID_THICK = "#f6d3cf", "#e9a29a"

# Okabe and Ito's palette, darkened where it meets white: told apart with red-green blindness too.
CLASS_COLORS: dict[str, str] = {"N": "#1b2733", "S": "#0072b2", "V": "#c2410c", "F": "#8a5a9e", "Q": "#7a7a7a"}
BAND_COLORS = ("#0b5c8a", "#2a9d8f", "#c98a00", "#c2410c", "#8a5a9e", "#5b6b7b")

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "path.simplify": True,
    "svg.hashsalt": "biopotential",
    "svg.fonttype": "path",
}


def data_uri(figure: Figure, kind: Literal["svg", "png"] = "svg", dpi: int = 200) -> str:
    """Encode the figure as a ``data:`` address for an ``<img>``; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    kind : "svg" or "png"
        Vector for few lines, pixels for dense ones.
    dpi : int
        Resolution of pixels.

    Returns
    -------
    str
    """
    buffer = io.BytesIO()
    with rc_context(_STYLE):
        if kind == "svg":
            figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
            mime = "image/svg+xml"
        else:
            figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
            mime = "image/png"
    return f"data:{mime};base64,{base64.b64encode(buffer.getvalue()).decode()}"


class _NotebookFigure(Figure):
    """A figure that Jupyter shows although no pyplot backend is active."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with rc_context(_STYLE):
            self.savefig(buffer, format="png", dpi=120)
        return buffer.getvalue()


def _figure(width_mm: float, height_mm: float) -> Figure:
    figure = _NotebookFigure(figsize=(width_mm / 25.4, height_mm / 25.4), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def _axes(figure: Figure, left: float, right: float, bottom: float, top: float) -> Axes:
    """Axes with margins in millimetres, so that no layout engine has to measure text."""
    width, height = figure.get_size_inches() * 25.4
    return figure.add_axes(
        (left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height)
    )


def _number_axis(axis: Any, t: Text) -> None:
    axis.set_major_formatter(FuncFormatter(lambda value, _: t.general(value)))


def _time_axis(ax: Axes, t: Text, duration_s: float) -> None:
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)
    step = next((s for s in steps if duration_s / s <= 10), 86400)
    ax.xaxis.set_major_locator(MultipleLocator(step))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: t.clock(value)))
    ax.set_xlabel(t("axis.time_hms") if duration_s >= 3600 else t("axis.time_ms"))


def _matrix(function: str, x: ArrayLike) -> Floats:
    values = np.atleast_2d(np.asarray(x, dtype=np.float64))
    if values.ndim != 2:
        raise ValueError(f"[{function}] wanted a 1-D or 2-D signal, got {values.ndim} dimensions")
    return values


def _check_fs(function: str, fs: float) -> float:
    if not (np.isfinite(fs) and fs > 0):
        raise ValueError(f"[{function}] wanted fs finite and > 0 Hz, got {fs}")
    return float(fs)


def _envelope(times: Floats, values: Floats, n_bins: int) -> tuple[Floats, Floats]:
    """Minimum and maximum per bin, in the order of time; the trace itself where it has few samples."""
    if values.size <= 4 * n_bins:
        return times, values
    starts = np.linspace(0, values.size, n_bins + 1)[:-1].astype(np.int64)
    low, high = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    out = np.empty(2 * n_bins)
    out[0::2], out[1::2] = low, high
    return np.repeat(times[starts], 2), out


def _offset(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else 0.0


# --- ECG --------------------------------------------------------------------------------------------------------------


def _paper(width_mm: float, height_mm: float, footer_mm: float) -> tuple[Figure, Axes]:
    """ECG paper, its axes in millimetres: a thin line every one, a thick line every five."""
    figure = _figure(width_mm, height_mm + footer_mm)
    ax = _axes(figure, 0, 0, footer_mm, 0)
    ax.set_xlim(0, width_mm)
    ax.set_ylim(0, height_mm)
    ax.axis("off")
    columns, lines = np.arange(0, width_mm + 1), np.arange(0, height_mm + 1)
    for step, color, width in ((1, GRID_THIN, 0.35), (5, GRID_THICK, 0.6)):
        segments = [[(c, 0), (c, height_mm)] for c in columns[::step]]
        segments += [[(0, r), (width_mm, r)] for r in lines[::step]]
        ax.add_collection(LineCollection(segments, colors=color, linewidths=width, zorder=0))
    return figure, ax


def _calibration(ax: Axes, base_mm: float) -> None:
    """1 mV, 5 mm wide, at the left end of a row."""
    height = base_mm + 10
    ax.plot([1, 3, 3, 8, 8, 10], [base_mm, base_mm, height, height, base_mm, base_mm], color=INK, lw=0.8, zorder=2)


def _lead_name(ax: Axes, x_mm: float, y_mm: float, name: str) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
    ax.text(x_mm, y_mm, name, fontsize=9, fontweight="bold", va="top", zorder=4, bbox=box)


def _paper_scale(figure: Figure, mm_per_s: int) -> None:
    width, height = figure.get_size_inches() * 25.4
    label = f"{mm_per_s} mm/s · 10 mm/mV"
    figure.text(1.0 - 1 / width, 0.5 / height, label, fontsize=6.5, color=MUTED, ha="right", va="bottom")


def ecg_strip(
    x: ArrayLike,
    *,
    fs: float,
    names: Sequence[str] = (),
    start_s: float = 0.0,
    duration_s: float = 6.6,
    r_peaks: ArrayLike | None = None,
    classes: Sequence[str] | None = None,
    lang: str = "en",
) -> Figure:
    """Leads on ECG paper at 25 mm/s and 10 mm/mV; printed at 100 % the millimetres are true.

    Parameters
    ----------
    x : array_like, shape (n_samples,) or (n_leads, n_samples)
        Whole signal in mV.
    fs : float
        Sampling rate in Hz.
    names : sequence of str
        Lead names.
    start_s, duration_s : float
        The stretch to show; 6.6 s fill an A4 page beside the calibration pulse.
    r_peaks : array_like of int, optional
        R peaks, in samples of `x`; marked above the first lead.
    classes : sequence of str, optional
        A class for each R peak, written beside its mark.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    leads = _matrix("ecg_strip", x)
    fs = _check_fs("ecg_strip", fs)
    first = max(0, round(start_s * fs))
    last = min(leads.shape[1], round((start_s + duration_s) * fs))
    piece = leads[:, first:last]
    pulse_mm = 12.0
    width_mm = pulse_mm + duration_s * 25.0 + 3.0

    rows: list[tuple[float, float, float]] = []  # baseline above the bottom, lowest, highest, in mm
    bottom = 0.0
    for lead in piece[::-1]:
        finite = lead[np.isfinite(lead)]
        base = _offset(finite)
        low = float(np.clip(10 * (np.min(finite) - base), -25, -5)) if finite.size else -5.0
        high = float(np.clip(10 * (np.max(finite) - base), 12, 35)) if finite.size else 12.0
        low, high = 5 * np.floor((low - 2) / 5), 5 * np.ceil((high + 5) / 5)
        rows.append((bottom - low, low, high))
        bottom += high - low
    rows.reverse()
    height_mm = bottom
    footer_mm = 6.0

    with rc_context(_STYLE):
        figure, ax = _paper(width_mm, height_mm, footer_mm)
        times_mm = pulse_mm + ((np.arange(first, last) / fs) - start_s) * 25.0
        for row, lead in enumerate(piece):
            base, low, high = rows[row]
            _calibration(ax, base)
            shown = np.clip(base + 10 * (lead - _offset(lead)), base + low, base + high)
            ax.plot(times_mm, shown, color=INK, linewidth=0.75, zorder=3, solid_joinstyle="round")
            if row < len(names):
                _lead_name(ax, 1.0, base + high - 1, names[row])
        if r_peaks is not None:
            peaks = np.asarray(r_peaks, dtype=np.int64)
            base, low, high = rows[0]
            for index in np.flatnonzero((peaks >= first) & (peaks < last)).tolist():
                at = pulse_mm + (peaks[index] / fs - start_s) * 25.0
                label = classes[index] if classes is not None else ""
                color = CLASS_COLORS.get(label, ACCENT) if label else ACCENT
                ax.plot([at], [base + high - 4.3], marker="v", markersize=3.5, color=color, zorder=4, markeredgewidth=0)
                if label:
                    ax.text(
                        at,
                        base + high - 3.4,
                        label,
                        fontsize=7,
                        color=color,
                        ha="center",
                        va="bottom",
                        zorder=4,
                        fontweight="bold" if label != "N" else "normal",
                    )
        for second in range(int(np.floor(duration_s)) + 1):
            figure.text(
                (pulse_mm + 25 * second) / width_mm,
                (footer_mm - 1) / (height_mm + footer_mm),
                t.clock(start_s + second),
                fontsize=6.5,
                color=MUTED,
                ha="center",
                va="top",
            )
        _paper_scale(figure, 25)
    return figure


_LIMBS = {
    "standard": (("I", "II", "III"), ("aVR", "aVL", "aVF")),
    "cabrera": (("aVL", "I", "-aVR"), ("II", "aVF", "III")),
}


def ecg_twelve_leads(
    x: ArrayLike,
    *,
    fs: float,
    leads: Sequence[str],
    start_s: float = 0.0,
    layout: Literal["3x4", "6x2", "12x1"] = "3x4",
    order: Literal["standard", "cabrera"] = "standard",
    rhythm: str | None = "II",
    mm_per_s: Literal[25, 50] = 25,
) -> Figure:
    """Twelve leads as an electrocardiograph prints them; printed at 100 % the millimetres are true.

    Parameters
    ----------
    x : array_like, shape (n_leads, n_samples)
        In mV; limb leads that are missing are derived (`bp.ecg.standard_leads`), chest leads left out.
    fs : float
        Sampling rate in Hz.
    leads : sequence of str
        Names of the rows.
    start_s : float
        Where the page begins. It shows 10 s at 25 mm/s, 5 s at 50 mm/s.
    layout : {"3x4", "6x2", "12x1"}
        Rows and columns. The columns follow each other in time.
    order : {"standard", "cabrera"}
        Limb leads as I, II, III, aVR, aVL, aVF, or by angle: aVL, I, -aVR, II, aVF, III.
    rhythm : str or None
        The lead that runs through below, or none. A page of 12 rows has none.
    mm_per_s : {25, 50}
        Paper speed.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        Fewer than two of I, II, III; an unknown layout, order, speed or rhythm lead; bad fs.
    """
    from biopotential.ecg import STANDARD_LEADS, standard_leads

    fs = _check_fs("ecg_twelve_leads", fs)
    shapes = {"3x4": (3, 4), "6x2": (6, 2), "12x1": (12, 1)}
    for name, value, known in (("layout", layout, shapes), ("order", order, _LIMBS), ("mm_per_s", mm_per_s, (25, 50))):
        if value not in known:
            raise ValueError(f"[ecg_twelve_leads] wanted {name} of {', '.join(map(repr, known))}, got {value!r}")
    rows, columns = shapes[layout]
    table = standard_leads(_matrix("ecg_twelve_leads", x), leads=leads)
    table["-aVR"] = -table["aVR"]
    if rhythm is not None and rhythm not in table:
        raise ValueError(f"[ecg_twelve_leads] wanted a rhythm lead of {', '.join(map(str, table))}, got {rhythm!r}")
    names = [name for group in _LIMBS[order] for name in group] + list(STANDARD_LEADS[6:])
    lines = [[names[row + rows * column] for column in range(columns)] for row in range(rows)]
    if rhythm is not None and columns > 1:
        lines.append([rhythm])

    page_mm, pulse_mm, row_mm, footer_mm = 250.0, 12.0, 30.0 if rows == 3 else 20.0, 6.0
    width_mm, height_mm = pulse_mm + page_mm + 3.0, row_mm * len(lines) + 10
    with rc_context(_STYLE):
        figure, ax = _paper(width_mm, height_mm, footer_mm)
        for row, line in enumerate(lines):
            base = height_mm - 10 - row_mm * (row + 0.5)
            _calibration(ax, base)
            span_mm = page_mm / len(line)
            for column, name in enumerate(line):
                left = pulse_mm + column * span_mm
                if name not in table:
                    continue
                if column > 0:
                    ax.plot([left, left], [base - 2, base + 2], color=INK, linewidth=0.8, zorder=2)
                _lead_name(ax, left + 0.5, base + 13, name)
                first = round((start_s + column * span_mm / mm_per_s) * fs)
                last = round((start_s + (column + 1) * span_mm / mm_per_s) * fs)
                values = table[name].to_numpy()
                piece = values[max(0, first) : max(0, last)]
                times_mm = left + (np.arange(piece.size) + max(0, first) - first) / fs * mm_per_s
                shown = base + 10 * (piece - _offset(piece))
                ax.plot(times_mm, shown, color=INK, linewidth=0.75, zorder=3, solid_joinstyle="round")
        _paper_scale(figure, mm_per_s)
    return figure


def ecg_overview(
    x: ArrayLike,
    *,
    fs: float,
    name: str = "",
    line_s: float = 60.0,
    max_lines: int = 30,
    r_peaks: ArrayLike | None = None,
    classes: Sequence[str] | None = None,
    excluded_s: Sequence[tuple[float, float]] = (),
    lang: str = "en",
) -> Figure:
    """One lead, one line a minute: the whole recording, or its first `max_lines` lines (full disclosure).

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One lead in mV.
    fs : float
        Sampling rate in Hz.
    name : str
        Lead name.
    line_s : float
        Seconds a line.
    max_lines : int
        Lines a page at most.
    r_peaks, classes : array_like of int, sequence of str, optional
        Beats that aren't N get a mark of their class's colour.
    excluded_s : sequence of (float, float)
        Stretches without analysis, shaded.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    lead = _matrix("ecg_overview", x)[0]
    fs = _check_fs("ecg_overview", fs)
    per_line = max(1, round(line_s * fs))
    n_lines = min(max_lines, max(1, -(-lead.size // per_line)))
    finite = lead[np.isfinite(lead)]
    spread = float(np.percentile(finite, 99.5) - np.percentile(finite, 0.5)) if finite.size else 1.0
    scale = 0.85 / spread if spread > 0 else 1.0
    line_mm = 6.5 if n_lines > 12 else 9.0
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, n_lines * line_mm + 14)
        ax = _axes(figure, 14, 2, 9, 5)
        ax.set_xlim(0, line_s)
        ax.set_ylim(n_lines - 0.3, -0.7)
        for begin, end in excluded_s:
            for line in range(int(begin // line_s), min(n_lines - 1, int(end // line_s)) + 1):
                a, b = max(begin - line * line_s, 0), min(end - line * line_s, line_s)
                if b > a:
                    ax.fill_between([a, b], line - 0.48, line + 0.48, color=BAD, alpha=0.22, linewidth=0, zorder=0)
        xs: list[Floats] = []
        ys: list[Floats] = []
        gap = np.array([np.nan])
        for line in range(n_lines):
            piece = lead[line * per_line : (line + 1) * per_line]
            times, values = _envelope(np.arange(piece.size) / fs, piece, 1300)
            xs += [times, gap]
            ys += [np.clip(line - scale * (values - _offset(piece)), line - 0.68, line + 0.68), gap]
        ax.plot(np.concatenate(xs), np.concatenate(ys), color=INK, linewidth=0.45, zorder=2)
        if r_peaks is not None and classes is not None:
            seconds = np.asarray(r_peaks, dtype=np.float64) / fs
            labels = np.asarray(classes)
            for label, color in CLASS_COLORS.items():
                at = seconds[(labels == label) & (seconds < n_lines * line_s)]
                if label != "N" and at.size:
                    ax.scatter(
                        at % line_s,
                        at // line_s - 0.58,
                        s=7,
                        marker="v",
                        color=color,
                        zorder=3,
                        linewidths=0,
                        label=f"{label}: {t('class.' + label)}",
                    )
            if ax.get_legend_handles_labels()[0]:
                ax.legend(
                    loc="lower right",
                    bbox_to_anchor=(1.0, 1.0),
                    ncol=4,
                    borderpad=0,
                    handletextpad=0.1,
                    borderaxespad=0.1,
                )
        ax.set_yticks(np.arange(n_lines), [t.clock(i * line_s) for i in range(n_lines)])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.xaxis.set_major_locator(MultipleLocator(10 if line_s <= 60 else 60))
        _number_axis(ax.xaxis, t)
        ax.set_xlabel(t("axis.seconds_in_line"))
        ax.text(0, 1.002, name, transform=ax.transAxes, fontweight="bold", va="bottom")
    return figure


def tachogram(
    beat_times_s: ArrayLike,
    rr_ms: ArrayLike,
    *,
    used: ArrayLike | None = None,
    excluded_s: Sequence[tuple[float, float]] = (),
    duration_s: float | None = None,
    lang: str = "en",
) -> Figure:
    """RR intervals over time, with the heart rate as second scale.

    Parameters
    ----------
    beat_times_s : array_like, shape (n_intervals,)
        The beat that ends each interval, seconds.
    rr_ms : array_like, shape (n_intervals,)
        RR intervals, milliseconds.
    used : array_like of bool, optional
        Intervals that HRV counts (normal to normal); the others are drawn pale.
    excluded_s : sequence of (float, float)
        Stretches without analysis, shaded.
    duration_s : float, optional
        Length of the recording.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    times = np.asarray(beat_times_s, dtype=np.float64)
    intervals = np.asarray(rr_ms, dtype=np.float64)
    keep = np.ones(times.size, dtype=bool) if used is None else np.asarray(used, dtype=bool)
    end = duration_s if duration_s is not None else (float(times[-1]) if times.size else 1.0)
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, 55)
        ax = _axes(figure, 15, 15, 11, 5)
        for begin, stop in excluded_s:
            ax.axvspan(begin, stop, color=BAD, alpha=0.18, linewidth=0)
        shown = intervals[keep & np.isfinite(intervals)]
        if shown.size:
            low, high = np.percentile(shown, [0.5, 99.5])
            pad = max(60.0, 0.25 * (high - low))
            ax.set_ylim(max(150.0, low - pad), min(3000.0, high + pad))
        else:
            ax.set_ylim(400, 1400)
        if np.any(~keep):
            ax.plot(
                times[~keep],
                intervals[~keep],
                ".",
                color="#b9c2cb",
                markersize=2.2,
                label=t("plot.rr_not_used"),
                rasterized=True,
            )
        line = np.where(keep, intervals, np.nan)
        ax.plot(times, line, color=ACCENT, linewidth=0.5, alpha=0.6, rasterized=times.size > 4000)
        ax.plot(times, line, ".", color=ACCENT, markersize=2.2, label=t("plot.rr_used"), rasterized=True)
        ax.set_xlim(0, end)
        ax.set_ylabel(t("axis.rr_ms"))
        _number_axis(ax.yaxis, t)
        _time_axis(ax, t, end)
        ax.yaxis.grid(True, color="#e6eaee", linewidth=0.5)
        ax.set_axisbelow(True)
        rate = ax.secondary_yaxis("right", functions=(_to_rate, _to_rate))
        rate.set_ylabel(t("axis.heart_rate"))
        low, high = ax.get_ylim()
        ticks = [r for r in (20, 30, 40, 50, 60, 70, 80, 100, 120, 150, 200, 300) if low <= 60000 / r <= high]
        rate.set_yticks(ticks)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=2, borderpad=0, borderaxespad=0.2, markerscale=2)
    return figure


def _to_rate(value: ArrayLike) -> Floats:
    """Milliseconds to beats a minute, and back: the same formula."""
    return 60000.0 / np.maximum(np.asarray(value, dtype=np.float64), 1e-3)


def poincare(
    rr_ms: ArrayLike, *, sd1_ms: float, sd2_ms: float, pairs: ArrayLike | None = None, lang: str = "en"
) -> Figure:
    """Each RR interval against the one before, with the ellipse of SD1 and SD2 (Brennan et al. 2001).

    Parameters
    ----------
    rr_ms : array_like, shape (n_intervals,)
        RR intervals, milliseconds.
    sd1_ms, sd2_ms : float
        Half axes of the ellipse, milliseconds.
    pairs : array_like of bool, shape (n_intervals - 1,), optional
        Pairs to draw, where not every interval borders the next.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    intervals = np.asarray(rr_ms, dtype=np.float64)
    a, b = intervals[:-1], intervals[1:]
    keep = np.isfinite(a) & np.isfinite(b)
    if pairs is not None:
        keep &= np.asarray(pairs, dtype=bool)
    a, b = a[keep], b[keep]
    with rc_context(_STYLE):
        figure = _figure(88, 80)
        ax = _axes(figure, 15, 3, 11, 4)
        if a.size:
            both = np.concatenate([a, b])
            low, high = np.percentile(both, [0.2, 99.8])
            pad = max(50.0, 0.15 * (high - low))
            low, high = low - pad, high + pad
            ax.plot([low, high], [low, high], color="#b9c2cb", linewidth=0.7, linestyle="--")
            ax.plot(a, b, ".", color=ACCENT, markersize=2.2, alpha=0.45, rasterized=True, markeredgewidth=0)
            center = (float(np.mean(a)), float(np.mean(b)))
            if np.isfinite(sd1_ms) and np.isfinite(sd2_ms):
                ax.add_patch(
                    Ellipse(center, 2 * sd2_ms, 2 * sd1_ms, angle=45, fill=False, edgecolor=ALERT, linewidth=1.1)
                )
                for length, angle in ((sd1_ms, 135.0), (sd2_ms, 45.0)):
                    dx, dy = length * np.cos(np.deg2rad(angle)), length * np.sin(np.deg2rad(angle))
                    ax.plot([center[0], center[0] + dx], [center[1], center[1] + dy], color=ALERT, linewidth=1.1)
                ax.text(
                    0.03,
                    0.97,
                    f"SD1 {t.num(sd1_ms, 1)} ms\nSD2 {t.num(sd2_ms, 1)} ms",
                    transform=ax.transAxes,
                    va="top",
                    color=ALERT,
                    bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
                )
            ax.set_xlim(low, high)
            ax.set_ylim(low, high)
        ax.set_aspect("equal", adjustable="box")
        ax.set_xlabel(t("axis.rr_n"))
        ax.set_ylabel(t("axis.rr_n1"))
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(5))
            _number_axis(axis, t)
    return figure


def hrv_spectrum(
    freqs: ArrayLike, psd: ArrayLike, *, bands: Mapping[str, tuple[float, float]], lang: str = "en"
) -> Figure:
    """Spectrum of the RR intervals with the bands of the Task Force (1996).

    Parameters
    ----------
    freqs : array_like, shape (n_freqs,)
        Hz.
    psd : array_like, shape (n_freqs,)
        ms²/Hz.
    bands : mapping of str to (float, float)
        Name and edges in Hz.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    f, p = np.asarray(freqs, dtype=np.float64), np.asarray(psd, dtype=np.float64)
    with rc_context(_STYLE):
        figure = _figure(88, 80)
        ax = _axes(figure, 20, 3, 11, 4)
        shown = f <= 0.5
        for (name, (low, high)), color in zip(bands.items(), BAND_COLORS, strict=False):
            inside = (f >= low) & (f <= high)
            ax.fill_between(f[inside], p[inside], color=color, alpha=0.3, linewidth=0, label=name)
        ax.plot(f[shown], p[shown], color=INK, linewidth=0.8)
        ax.set_xlim(0, 0.5)
        ax.set_ylim(bottom=0)
        ax.set_xlabel(t("axis.frequency"))
        ax.set_ylabel(t("axis.psd_rr"))
        ax.yaxis.set_major_locator(MaxNLocator(5))
        for axis in (ax.xaxis, ax.yaxis):
            _number_axis(axis, t)
        ax.legend(loc="upper right", ncol=1)
    return figure


def median_beats(
    beats: Mapping[str, Floats],
    *,
    fs: float,
    r_index: int,
    counts: Mapping[str, int],
    spread: Mapping[str, tuple[Floats, Floats]] | None = None,
    fiducials: Mapping[str, Mapping[str, float]] | None = None,
    lang: str = "en",
) -> Figure:
    """Median beat of each class on ECG paper, with the fiducials that were found.

    Parameters
    ----------
    beats : mapping of str to ndarray, shape (n_samples,)
        Median beat in mV by class.
    fs : float
        Sampling rate in Hz.
    r_index : int
        Sample of the R peak within a beat.
    counts : mapping of str to int
        Beats in each median.
    spread : mapping of str to (ndarray, ndarray), optional
        Lower and upper quartile.
    fiducials : mapping of str to mapping of str to float, optional
        For a class, samples of P, QRS and T marks within the beat.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    fs = _check_fs("median_beats", fs)
    names = list(beats)
    n = max(1, len(names))
    width = PAGE_MM / max(n, 3)
    values = [b[np.isfinite(b)] for b in beats.values()]
    finite = np.concatenate(values) if values else np.zeros(0)
    low, high = (float(np.min(finite)), float(np.max(finite))) if finite.size else (-0.5, 1.0)
    low, high = 0.5 * np.floor((low - 0.25) / 0.5), 0.5 * np.ceil((high + 0.35) / 0.5)
    with rc_context(_STYLE):
        figure = _figure(width * n, 64)
        for column, name in enumerate(names):
            beat = beats[name]
            ax = _axes(
                figure, column * width + (13 if column == 0 else 4), width * n - (column + 1) * width + 1.5, 11, 8
            )
            ms = (np.arange(beat.size) - r_index) * 1000 / fs
            ax.set_xlim(ms[0], ms[-1])
            ax.set_ylim(low, high)
            for step, color, line in ((1, GRID_THIN, 0.3), (5, GRID_THICK, 0.5)):
                xs = np.arange(np.ceil(ms[0] / (40 * step)) * 40 * step, ms[-1] + 1, 40 * step)
                ys = np.arange(low, high + 0.01, 0.1 * step)
                segments = [[(v, low), (v, high)] for v in xs] + [[(ms[0], v), (ms[-1], v)] for v in ys]
                ax.add_collection(LineCollection(segments, colors=color, linewidths=line, zorder=0))
            color = CLASS_COLORS.get(name, INK)
            if spread is not None and name in spread:
                ax.fill_between(ms, *spread[name], color=color, alpha=0.18, linewidth=0, zorder=1)
            ax.plot(ms, beat, color=color, linewidth=1.2, zorder=3)
            marks = (fiducials or {}).get(name, {})
            for mark, sample in marks.items():
                if not np.isfinite(sample) or not 0 <= round(sample) < beat.size:
                    continue
                at = (sample - r_index) * 1000 / fs
                if mark.endswith("peak"):
                    letter = {"p_peak": "P", "r_peak": "R", "t_peak": "T"}.get(mark, "")
                    top = float(beat[round(sample)])
                    ax.plot([at], [top], "o", color=ACCENT, markersize=2.6, zorder=4)
                    ax.annotate(
                        letter,
                        (at, top),
                        (0, 4),
                        textcoords="offset points",
                        color=ACCENT,
                        ha="center",
                        fontweight="bold",
                        zorder=4,
                    )
                else:
                    ax.axvline(at, color=ACCENT, linewidth=0.7, linestyle=(0, (3, 2)), zorder=2)
            ax.set_title(
                f"{'' if name == 'all' else name + ': '}{t('class.' + name)}\nn = {counts.get(name, 0)}",
                color=color,
                fontsize=7.5,
                pad=3,
            )
            ax.xaxis.set_major_locator(MultipleLocator(200))
            _number_axis(ax.xaxis, t)
            _number_axis(ax.yaxis, t)
            if column == 0:
                ax.set_ylabel("mV")
            else:
                ax.set_yticklabels([])
            ax.set_xlabel("ms")
    return figure


def timeline(
    rows: Sequence[tuple[str, Sequence[tuple[float, float]], str]],
    *,
    duration_s: float,
    lang: str = "en",
) -> Figure:
    """Named rows of stretches over the time of the recording: quality, artefacts, events.

    Parameters
    ----------
    rows : sequence of (label, stretches, colour)
        Stretches are (begin, end) in seconds; a stretch without length is drawn as a tick.
    duration_s : float
        Length of the recording.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    least = max(duration_s, 1e-9) / 900  # about one pixel on screen
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, 6.0 * max(1, len(rows)) + 14)
        ax = _axes(figure, 44, 4, 11, 2)
        ax.set_xlim(0, max(duration_s, 1e-9))
        ax.set_ylim(len(rows) - 0.5, -0.5)
        for row, (_, stretches, color) in enumerate(rows):
            ax.add_patch(
                Polygon(
                    [(0, row - 0.32), (duration_s, row - 0.32), (duration_s, row + 0.32), (0, row + 0.32)],
                    facecolor="#f1f4f6",
                    edgecolor="none",
                    zorder=0,
                )
            )
            bars = [(begin, max(end - begin, least)) for begin, end in stretches]
            if bars:
                ax.broken_barh(bars, (row - 0.32, 0.64), facecolors=color, linewidth=0, zorder=2)
        ax.set_yticks(range(len(rows)), [label for label, _, _ in rows])
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        _time_axis(ax, t, duration_s)
    return figure


# --- EEG --------------------------------------------------------------------------------------------------------------


def eeg_traces(
    x: ArrayLike,
    *,
    fs: float,
    names: Sequence[str],
    start_s: float = 0.0,
    duration_s: float = EEG_PAGE_S,
    uv_per_mm: float | None = None,
    bad: Sequence[str] = (),
    marks: Sequence[tuple[float, float, str]] = (),
    lang: str = "en",
) -> Figure:
    """Draw a page of EEG, negative up, with its sensitivity in µV/mm (true when printed at 100 %).

    Parameters
    ----------
    x : array_like, shape (n_channels, n_samples)
        Whole signal in µV.
    fs : float
        Sampling rate in Hz.
    names : sequence of str
        Channel names, top to bottom.
    start_s, duration_s : float
        The stretch to show; 10.8 s fill an A4 page at 15 mm/s.
    uv_per_mm : float, optional
        Sensitivity; by default the clinical step that fits (7 µV/mm where the amplitude allows).
    bad : sequence of str
        Channels drawn pale.
    marks : sequence of (begin, end, label)
        Stretches in seconds of the recording to shade and name.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    signals = _matrix("eeg_traces", x)
    fs = _check_fs("eeg_traces", fs)
    if len(names) != signals.shape[0]:
        raise ValueError(f"[eeg_traces] wanted a name for each of {signals.shape[0]} channels, got {len(names)}")
    first, last = max(0, round(start_s * fs)), min(signals.shape[1], round((start_s + duration_s) * fs))
    piece = signals[:, first:last]
    row_mm = 9.0 if len(names) <= 24 else max(3.6, 230.0 / len(names))
    if uv_per_mm is None:
        uv_per_mm = _sensitivity(piece, row_mm)
    height = row_mm * len(names) + 18
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, height)
        ax = _axes(figure, 15, 3, 11, 7)
        ax.set_xlim(0, duration_s)
        ax.set_ylim(row_mm * len(names), 0)
        for second in range(int(duration_s) + 1):
            ax.axvline(second, color="#dfe5ea", linewidth=0.6, zorder=0)
        for begin, end, label in marks:
            a, b = max(begin - start_s, 0), min(end - start_s, duration_s)
            if b > a:
                ax.axvspan(a, b, color=BAD, alpha=0.16, linewidth=0, zorder=0)
                ax.text(a, -0.6, label, fontsize=6.5, color=BAD, va="bottom")
        times = np.arange(first, last) / fs - start_s
        for row, (name, trace) in enumerate(zip(names, piece, strict=True)):
            base = (row + 0.5) * row_mm
            # The axis runs downwards, so adding draws positive down and negative up.
            drawn = base + np.clip((trace - _offset(trace)) / uv_per_mm, -2.2 * row_mm, 2.2 * row_mm)
            ax.plot(*_envelope(times, drawn, 1500), color="#b9c2cb" if name in bad else INK, linewidth=0.55, zorder=2)
        ax.set_yticks([(row + 0.5) * row_mm for row in range(len(names))], names)
        ax.tick_params(axis="y", length=0, labelsize=7.5 if row_mm > 6 else 5.5)
        for name, tick in zip(names, ax.get_yticklabels(), strict=True):
            tick.set_color(BAD if name in bad else INK)
        ax.spines["left"].set_visible(False)
        ax.xaxis.set_major_locator(MultipleLocator(1))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: t.clock(value + start_s)))
        ax.set_xlabel(t("axis.time_ms"))
        # A bar of 1 s and a round count of µV at the lower right, outside the traces.
        figure.text(
            1 - 3 / PAGE_MM,
            1 - 1.2 / height,
            t("plot.eeg_scale", uv=t.general(uv_per_mm), speed=t.general((PAGE_MM - 18) / duration_s)),
            ha="right",
            va="top",
            fontsize=7.5,
            color=INK,
        )
    return figure


def _sensitivity(piece: Floats, row_mm: float) -> float:
    steps = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500)
    finite = np.where(np.isfinite(piece), piece, np.nan)
    if finite.size == 0 or not np.any(np.isfinite(finite)):
        return 7.0
    with np.errstate(invalid="ignore"):
        spans = [
            np.subtract(*np.percentile(row[np.isfinite(row)], [98, 2])) for row in finite if np.isfinite(row).any()
        ]
    wanted = float(np.median(spans)) / (1.25 * row_mm)
    return float(next((s for s in steps if s >= wanted), steps[-1]))


def spectra(
    freqs: ArrayLike,
    psd: ArrayLike,
    *,
    names: Sequence[str],
    max_hz: float = 45.0,
    bad: Sequence[str] = (),
    lang: str = "en",
) -> Figure:
    """Power spectral density of every channel, in small panels on one common scale (dB).

    Parameters
    ----------
    freqs : array_like, shape (n_freqs,)
        Hz.
    psd : array_like, shape (n_channels, n_freqs)
        µV²/Hz.
    names : sequence of str
    max_hz : float
        Upper end of the frequency axes.
    bad : sequence of str
        Channels drawn pale.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    f, p = np.asarray(freqs, dtype=np.float64), _matrix("spectra", psd)
    shown = (f >= 0.5) & (f <= max_hz)
    f = f[shown]
    level = 10 * np.log10(np.maximum(p[:, shown], 1e-12))
    n = len(names)
    columns = 5 if n <= 25 else 8
    lines = max(1, -(-n // columns))
    line_mm = 24.0 if columns == 5 else 17.0
    finite = level[np.isfinite(level) & (level > -110)]
    low, high = np.percentile(finite, [1, 99.9]) if finite.size else (-20.0, 20.0)
    low, high = 10 * np.floor(low / 10), 10 * np.ceil(high / 10)
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, lines * line_mm + 15)
        ax = _axes(figure, 14, 2, 11, 4)
        ax.set_xlim(0, columns)
        ax.set_ylim(lines, 0)
        width, height = 0.9, 0.84
        traces, colors, frames = [], [], []
        for i in range(n):
            column, line = i % columns, i // columns
            x = column + width * (f / max_hz)
            y = line + 0.1 + height * (1 - np.clip((level[i] - low) / (high - low), 0, 1))
            traces.append(np.column_stack([x, y]))
            colors.append("#b9c2cb" if names[i] in bad else ACCENT)
            frames.append([(column, line + 0.1), (column, line + 0.1 + height), (column + width, line + 0.1 + height)])
            ax.text(
                column + width - 0.02,
                line + 0.13,
                names[i],
                ha="right",
                va="top",
                fontweight="bold",
                fontsize=7.5,
                color=BAD if names[i] in bad else INK,
            )
        guides = [
            [
                (i % columns + width * hz / max_hz, i // columns + 0.1),
                (i % columns + width * hz / max_hz, i // columns + 0.1 + height),
            ]
            for i in range(n)
            for hz in range(10, int(max_hz), 10)
        ]
        ax.add_collection(LineCollection(guides, colors="#e6eaee", linewidths=0.5, zorder=0))
        ax.add_collection(LineCollection(frames, colors=MUTED, linewidths=0.5, zorder=1))
        ax.add_collection(LineCollection(traces, colors=colors, linewidths=0.9, zorder=2))
        # One scale: printed at the left column and under the lowest panel of each column.
        ax.set_yticks(
            [v for line in range(lines) for v in (line + 0.1, line + 0.1 + height)],
            [t.general(v) for _ in range(lines) for v in (high, low)],
        )
        lowest = [max((i // columns for i in range(n) if i % columns == c), default=0) for c in range(min(columns, n))]
        for column, line in enumerate(lowest):
            for hz in (0, 20, 40) if columns > 5 else (0, 10, 20, 30, 40):
                if hz <= max_hz:
                    ax.text(
                        column + width * hz / max_hz,
                        line + 0.1 + height + 0.03,
                        str(hz),
                        ha="center",
                        va="top",
                        fontsize=6.5,
                        color=MUTED,
                    )
        ax.set_xticks([])
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        ax.tick_params(axis="y", length=0, labelsize=6.5)
        ax.set_xlabel(t("axis.frequency"), labelpad=9)
        ax.set_ylabel(t("axis.psd_db"))
    return figure


def spectrogram(
    times_s: ArrayLike,
    freqs: ArrayLike,
    psd: ArrayLike,
    *,
    name: str = "",
    max_hz: float = 45.0,
    lang: str = "en",
) -> Figure:
    """Power of one channel over time and frequency.

    Parameters
    ----------
    times_s : array_like, shape (n_times,)
        Centres of the windows, seconds.
    freqs : array_like, shape (n_freqs,)
        Hz.
    psd : array_like, shape (n_freqs, n_times)
        µV²/Hz.
    name : str
        Channel.
    max_hz : float
        Upper end of the frequency axis.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    f, at = np.asarray(freqs, dtype=np.float64), np.asarray(times_s, dtype=np.float64)
    shown = (f > 0) & (f <= max_hz)
    level = 10 * np.log10(np.maximum(_matrix("spectrogram", psd)[shown], 1e-12))
    finite = level[np.isfinite(level) & (level > -110)]
    low, high = np.percentile(finite, [5, 99]) if finite.size else (-20.0, 20.0)
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, 62)
        ax = _axes(figure, 14, 25, 11, 6)
        if level.size:
            half_t = (at[1] - at[0]) / 2 if at.size > 1 else 0.5
            half_f = (f[1] - f[0]) / 2 if f.size > 1 else 0.5
            extent = (at[0] - half_t, at[-1] + half_t, f[shown][0] - half_f, f[shown][-1] + half_f)
            image = ax.imshow(
                level,
                origin="lower",
                aspect="auto",
                extent=extent,
                cmap="viridis",
                vmin=low,
                vmax=high,
                interpolation="nearest",
            )
            bar_axes = _axes(figure, PAGE_MM - 20, 16, 11, 6)
            bar = figure.colorbar(image, cax=bar_axes)
            bar.set_label(t("axis.psd_db"))
            bar.outline.set_linewidth(0.4)
            _number_axis(bar.ax.yaxis, t)
            _time_axis(ax, t, float(at[-1] + half_t))
        ax.set_ylabel(t("axis.frequency"))
        _number_axis(ax.yaxis, t)
        ax.set_title(name, loc="left", fontweight="bold", pad=3)
    return figure


def topographies(
    values: Mapping[str, ArrayLike], *, positions: ArrayLike, unit: str, names: Sequence[str] = (), lang: str = "en"
) -> Figure:
    """Head maps seen from above, nose up, one for each row of values, each on its own scale.

    Between electrodes the map is the biharmonic spline through them (Sandwell 1987).

    Parameters
    ----------
    values : mapping of str to array_like, shape (n_channels,)
        Title and values; NaN leaves the channel out.
    positions : array_like, shape (n_channels, 2)
        x to the right ear, y to the nose; radius 1 is the line through nasion, ears and inion.
    unit : str
        Unit of the values.
    names : sequence of str
        Channel names, written where there are at most 32.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    at = np.asarray(positions, dtype=np.float64)
    count = max(1, len(values))
    cell = PAGE_MM / max(count, 4)
    reach = max(1.12, float(np.max(np.hypot(at[:, 0], at[:, 1]))) * 1.06 if at.size else 1.12)
    line = np.linspace(-reach, reach, 72)
    grid_x, grid_y = np.meshgrid(line, line)
    outside = np.hypot(grid_x, grid_y) > reach
    with rc_context(_STYLE):
        figure = _figure(cell * count, cell + 16)
        for column, (title, row) in enumerate(values.items()):
            z = np.asarray(row, dtype=np.float64)
            keep = np.isfinite(z)
            ax = _axes(figure, column * cell + 2, cell * count - (column + 1) * cell + 2, 14, 6)
            ax.set_xlim(-reach - 0.02, reach + 0.02)
            ax.set_ylim(-reach - 0.02, reach + 0.13)
            ax.set_aspect("equal")
            ax.axis("off")
            ax.set_title(title, fontweight="bold", pad=2)
            if np.count_nonzero(keep) >= 4:
                field = _biharmonic(at[keep], z[keep], grid_x, grid_y)
                low, high = float(np.min(z[keep])), float(np.max(z[keep]))
                if high <= low:
                    high = low + 1e-9
                field = np.ma.array(np.clip(field, low, high), mask=outside)
                image = ax.imshow(
                    field,
                    origin="lower",
                    extent=(-reach, reach, -reach, reach),
                    cmap="YlGnBu",
                    vmin=low,
                    vmax=high,
                    interpolation="bilinear",
                    zorder=0,
                )
                image.set_clip_path(Circle((0, 0), reach, transform=ax.transData))
                bar_axes = _axes(figure, column * cell + 0.2 * cell, cell * count - (column + 0.8) * cell, 9, cell + 5)
                bar = figure.colorbar(image, cax=bar_axes, orientation="horizontal", ticks=[low, high])
                bar.ax.set_xticklabels([t.general(low, 2), t.general(high, 2)])
                bar.outline.set_linewidth(0.4)
                bar.ax.tick_params(length=0, labelsize=6.5, pad=1.5)
                bar.ax.set_xlabel(unit, fontsize=6.5, labelpad=-6)
            ax.add_patch(Circle((0, 0), 1.0, fill=False, edgecolor=INK, linewidth=0.9))
            ax.plot([-0.1, 0, 0.1], [0.995, 1.12, 0.995], color=INK, linewidth=0.9)
            ax.plot(at[keep, 0], at[keep, 1], ".", color=INK, markersize=2)
            if len(names) == at.shape[0] and at.shape[0] <= 32:
                for name, (px, py), inside in zip(names, at, keep, strict=True):
                    if inside:
                        ax.annotate(
                            name,
                            (px, py),
                            (0, 1.5),
                            textcoords="offset points",
                            fontsize=4.8,
                            ha="center",
                            va="bottom",
                            color=INK,
                        )
    return figure


def _biharmonic(at: Floats, z: Floats, grid_x: Floats, grid_y: Floats) -> Floats:
    """Compute the surface of least bending through the points: Green's function r² (ln r - 1) with a constant term."""

    def green(r: Floats) -> Floats:
        safe = np.maximum(r, 1e-12)
        return np.asarray(np.where(r > 0, safe**2 * (np.log(safe) - 1), 0.0))

    n = at.shape[0]
    system = np.ones((n + 1, n + 1))
    system[:n, :n] = green(np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1]))
    system[n, n] = 0.0
    weights, *_ = np.linalg.lstsq(system, np.append(z, 0.0), rcond=None)
    distance = np.hypot(grid_x[..., None] - at[:, 0], grid_y[..., None] - at[:, 1])
    return np.asarray(green(distance) @ weights[:n] + weights[n])


def band_power_over_time(
    times_s: ArrayLike,
    powers: Mapping[str, ArrayLike],
    *,
    duration_s: float,
    excluded_s: Sequence[tuple[float, float]] = (),
    lang: str = "en",
) -> Figure:
    """Power of each band over time, logarithmic.

    Parameters
    ----------
    times_s : array_like, shape (n_epochs,)
        Centres of the epochs, seconds.
    powers : mapping of str to array_like, shape (n_epochs,)
        Band name and power in µV².
    duration_s : float
        Length of the recording.
    excluded_s : sequence of (float, float)
        Stretches without analysis, shaded.
    lang : str
        ``"en"`` or ``"de"``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    t = text(lang)
    at = np.asarray(times_s, dtype=np.float64)
    with rc_context(_STYLE):
        figure = _figure(PAGE_MM, 58)
        ax = _axes(figure, 15, 4, 11, 6)
        for begin, end in excluded_s:
            ax.axvspan(begin, end, color=BAD, alpha=0.18, linewidth=0)
        for (name, values), color in zip(powers.items(), BAND_COLORS, strict=False):
            series = np.asarray(values, dtype=np.float64)
            ax.plot(
                at,
                np.where(series > 0, series, np.nan),
                color=color,
                linewidth=1.0,
                label=name,
                marker="." if at.size < 80 else "",
                markersize=3,
            )
        ax.set_yscale("log")
        ax.set_xlim(0, max(duration_s, 1e-9))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: t.general(value)))
        ax.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
        ax.yaxis.grid(True, color="#e6eaee", linewidth=0.5)
        ax.set_axisbelow(True)
        ax.set_ylabel(t("axis.power_uv2"))
        _time_axis(ax, t, duration_s)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncol=6, borderpad=0, borderaxespad=0.2)
    return figure
