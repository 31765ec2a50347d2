"""Dates as people write them, and as seconds since 1970."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats

_DAYS = (
    *("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%d.%m.%y"),
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d/%b/%Y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_MONTHS = ("%b-%y", "%b-%Y", "%b %Y", "%B %Y", "%Y, %B", "%Y, %b", "%Y-%m", "%Y/%m", "%m/%Y")
_MACHINES = ("%a %b %d %H:%M:%S %z %Y",)
FORMATS = (*(day + time for day in _DAYS for time in _TIMES), *_MONTHS, *_MACHINES)
"""Formats that are recognized besides ISO 8601, month first where day and month cannot be told apart."""

_LIKELY = re.compile(r"(?=.*\d)[A-Za-z\d]+[-/., ].*[\dZzCMm]")
_ZONE = r" ?(?:Z|[+-](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d)?|[0-5]\d(?:[0-5]\d)?)?)"
_CLOCK = rf"[T ](?!24)\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:{_ZONE})?(?: UTC)?"
_ISO = re.compile(rf"\d{{4}}[-/]\d\d[-/]\d\d(?:{_CLOCK})?", re.ASCII)
"""What every Python reads alike, and `exports/query` in databases."""
_EPOCH, _EPOCH_UTC = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)  # noqa: DTZ001 - cells without a zone are in UTC
FIRST_S, END_S = -62135596800, 253402300800
"""The years 1 to 9999 in UTC, which Python's datetime can hold; doubles round their last microsecond up."""
_SAMPLE, _PROBE = 20, 2000
_ENOUGH_SHARE = 0.99
_ENOUGH_CELLS = 20


@final
@dataclass(frozen=True, slots=True)
class Dates:
    """How the dates of a column are written.

    `format` is that of `Column.date_format`; `other` another one that fits all cells as well, or,
    where `is_mixed`, one that some of them need instead.
    """

    format: str
    unreadable: tuple[str, ...] = ()
    other: str = ""
    is_mixed: bool = False


def read_date(text: str, date_format: str = "") -> float:
    """Read seconds since 1970; a time without a zone is UTC.

    Raises
    ------
    ValueError
        If the text is not written in this format ("" means ISO 8601).
    """
    text = text.strip()
    if date_format:
        return seconds(datetime.strptime(text, date_format))  # noqa: DTZ007 - UTC where none is named
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    day, clock = text[:10].replace("/", "-"), text[10:]
    return seconds(datetime.fromisoformat(day + clock.removesuffix(" UTC")))


def seconds(moment: date) -> float:
    """Return the seconds since 1970 of a date or datetime, down to microseconds."""
    if type(moment) is datetime:
        since = moment - (_EPOCH if moment.tzinfo is None else _EPOCH_UTC)
        return float(since.days * 86400 + since.seconds) + since.microseconds / 1e6
    if isinstance(moment, datetime):  # pandas' own, whose differences may overflow
        return float(calendar.timegm(moment.utctimetuple())) + moment.microsecond / 1e6
    return float(calendar.timegm(moment.timetuple()))


def seconds_of(moments: Array) -> Floats:
    """Return the seconds since 1970 of a datetime64 array, NaN for NaT; equal to `seconds` of each."""
    whole = moments.astype("datetime64[s]")
    rest = (moments - whole).astype("timedelta64[us]").astype(np.float64)
    numbers = whole.astype(np.int64)
    known = ~np.isnat(moments) & (numbers >= FIRST_S) & (numbers < END_S)
    out: Floats = np.where(known, numbers.astype(np.float64) + rest / 1e6, np.nan)
    return out


def guess_dates(counts: Mapping[str, int]) -> Dates | None:
    """Find the format in which the texts (with their counts) are dates; None if they are not."""
    sample = list(islice(counts, 0, None, 1 + len(counts) // _SAMPLE))
    if sum(map(_is_likely, sample)) <= len(sample) // 2:
        return None
    if all(_reads(text, "") for text in counts):
        return Dates("")
    formats = [f for f in ("", *FORMATS) if any(_reads(text, f) for text in sample)]
    probe = list(islice(counts, 0, None, 1 + len(counts) // _PROBE))
    return _choose(counts, _leading(probe, formats)) if formats else None


def _leading(probe: list[str], formats: list[str]) -> list[str]:
    """Keep the formats worth trying on all cells: those that fit them all, or the best and its complement."""
    lost = {f: {text for text in probe if not _reads(text, f)} for f in formats}
    best = min(formats, key=lambda f: len(lost[f]))
    if not lost[best]:
        return [f for f in formats if not lost[f]]
    return list(dict.fromkeys([best, min(formats, key=lambda f: len(lost[f] & lost[best]))]))


def _choose(counts: Mapping[str, int], formats: list[str]) -> Dates | None:
    """Choose the format that fits most cells, and see whether another one is needed or would do."""
    lost = {f: {text for text in counts if not _reads(text, f)} for f in formats}
    best = min(formats, key=lambda f: sum(counts[text] for text in lost[f]))
    total, n_lost = sum(counts.values()), sum(counts[text] for text in lost[best])
    if not n_lost:
        return Dates(best, other=_rival(counts, best, [f for f in formats if not lost[f]]))
    second = min(formats, key=lambda f: sum(counts[text] for text in lost[f] & lost[best]))
    n_both = sum(counts[text] for text in lost[second] & lost[best])
    if n_both <= (1 - _ENOUGH_SHARE) * total and n_both < n_lost:
        return Dates(best, other=second, is_mixed=True)
    if total - n_lost >= max(_ENOUGH_SHARE * total, _ENOUGH_CELLS):
        return Dates(best, tuple(sorted(lost[best])))
    return None


def _rival(counts: Mapping[str, int], best: str, formats: list[str]) -> str:
    """Return a format that reads the same texts as other dates; "" if there is none."""
    return next((f for f in formats if any(read_date(t, f) != read_date(t, best) for t in counts)), "")


def _is_likely(text: str) -> bool:
    """Tell cheaply whether a text may be a date at all."""
    return 5 < len(text) < 40 and bool(_LIKELY.fullmatch(text) or _LIKELY.match(text))


def _reads(text: str, date_format: str) -> bool:
    """Tell whether a text is a date in this format. Versions such as "1.2.10" are not."""
    if date_format.startswith("%d.%m.%y") and len(text) < 8:
        return False
    try:
        read_date(text, date_format)
    except (ValueError, OverflowError):
        return False
    return True
