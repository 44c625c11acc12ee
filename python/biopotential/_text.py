"""The words of reports and plots in the languages that the package speaks, and numbers as that language writes them."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib import resources

__all__ = ["LANGUAGES", "Text", "text"]

LANGUAGES = ("en", "de")


class Text:
    """Words and number formats of one language.

    Parameters
    ----------
    lang : str
        ``"en"`` or ``"de"``.
    """

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"[text] wanted lang one of {', '.join(LANGUAGES)}, got {lang!r}")
        source = resources.files("biopotential").joinpath("translations", f"{lang}.json")
        self.lang = lang
        self.words: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
        self._point, self._group = (",", "\u202f") if lang == "de" else (".", "\u202f")

    def __call__(self, key: str, **values: object) -> str:
        """Give the text of `key`, its ``{fields}`` filled in; floats are the caller's to format (`num`)."""
        return self.words[key].format(**values) if values else self.words[key]

    def has(self, key: str) -> bool:
        """Whether the language has a text for `key`."""
        return key in self.words

    def num(self, value: float | None, digits: int = 1) -> str:
        """Write a number with a fixed count of decimals; an en dash where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        plain = f"{value:,.{digits}f}"
        if float(plain.replace(",", "")) == 0:
            plain = plain.lstrip("-")
        return plain.translate({ord(","): self._group, ord("."): self._point, ord("-"): "−"})

    def general(self, value: float, significant: int = 3) -> str:
        """Write a number with so many significant digits, in fixed notation, without trailing zeros (for axes)."""
        if not math.isfinite(value):
            return "–"
        if value == 0:
            return "0"
        digits = max(0, significant - 1 - math.floor(math.log10(abs(value))))
        rounded = f"{value:.{digits}f}"
        if "." in rounded:
            rounded = rounded.rstrip("0").rstrip(".")
        return rounded.replace("-", "−").replace(".", self._point)

    def percent(self, share: float | None, digits: int = 1) -> str:
        """Write a share of 0 to 1 as per cent."""
        if share is None or not math.isfinite(share):
            return "–"
        return f"{self.num(100 * share, digits)}\u202f%"

    def clock(self, seconds: float) -> str:
        """Write a time in the recording as h:mm:ss or m:ss."""
        whole = round(seconds)
        hours, rest = divmod(whole, 3600)
        minutes, secs = divmod(rest, 60)
        return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


@lru_cache(maxsize=len(LANGUAGES))
def text(lang: str) -> Text:
    """Return the one `Text` of a language."""
    return Text(lang)
