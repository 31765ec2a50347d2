"""Cells of a log as numbers: names of users and items, ratings, times; each column is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import Said, one_after_the_other, said
from mlwright.core.schema import Kind, Role
from mlwright.data.cells import text_of
from mlwright.data.dates import seconds_of
from mlwright.data.infer import infer
from mlwright.data.parse import parse_column
from mlwright.ranking.words import clear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats, Integers
    from mlwright.data.raw import Cells, Raw

_EXACT, _HUGE = 2**53, 1e150
"""Whole numbers up to the first survive in double precision. No rating is beyond the second."""
_FEW, _OFTEN = 1_000_000, 4
"""Whole numbers are looked up in a table that has so many places, or so many for each cell."""
_UNITS = ((1e17, 1e9, "nanoseconds"), (1e14, 1e6, "microseconds"), (1e11, 1e3, "milliseconds"))
"""Times since 1970 beyond these are no seconds: as such, 1e11 would lie in the year 5138."""
_MOMENT = (
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "([T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?Z?)?$"
)  # fmt: skip
"""Dates and moments that `read_date` and polars read alike."""
_DAY_LETTERS = 10


def numbered(cells: Cells) -> tuple[Integers, list[str]]:
    """Give each different text a number in order of the texts; -1 is missing."""
    codes, texts = _coded(cells)
    names = sorted({text for text in texts if text})
    place = {text: at for at, text in enumerate(names)}
    found: Integers = np.array([place.get(text, -1) for text in texts], np.int64)[codes]
    return found, names


def _coded(cells: Cells) -> tuple[Integers, list[str]]:
    """Return the different cells as texts, where some may be equal, and which of them each row holds."""
    kind = cells.dtype.kind if isinstance(cells, np.ndarray) else "O"
    if kind == "f":
        return _coded_doubles(np.asarray(cells, np.float64))
    if kind in "iu" and len(cells):
        return _coded_wholes(np.asarray(cells))
    if kind in "bM":
        different, codes = np.unique(np.asarray(cells), return_inverse=True)
        return codes, [clear(text_of(cell)) for cell in different]
    values: Sequence[Any] = cells.tolist() if isinstance(cells, np.ndarray) else cells
    if not set(map(type, values)) <= {str, type(None)}:
        values = list(map(text_of, values))
    places = {value: at for at, value in enumerate(dict.fromkeys(values))}
    codes = np.fromiter(map(places.__getitem__, values), np.int64, len(values))
    return codes, [clear(text_of(value)) for value in places]


def _coded_wholes(values: Integers) -> tuple[Integers, list[str]]:
    low, high = int(values.min()), int(values.max())
    if high - low > max(_FEW, _OFTEN * len(values)):
        different, codes = np.unique(values, return_inverse=True)
        return codes, list(map(str, different.tolist()))
    wide = np.int64 if values.dtype.kind == "i" else np.uint64
    at = (values.astype(wide) - wide(low)).astype(np.int64)
    is_there = np.zeros(high - low + 1, bool)
    is_there[at] = True
    codes = (np.cumsum(is_there) - 1)[at]
    return codes, [str(low + cell) for cell in np.flatnonzero(is_there).tolist()]


def _coded_doubles(values: Floats) -> tuple[Integers, list[str]]:
    """Read whole doubles as whole numbers; what is no number is missing."""
    known = np.isfinite(values) & (np.abs(values) < _EXACT)
    if known.any() and bool((values[known] == np.floor(values[known])).all()):
        codes, texts = _coded_wholes(values[known].astype(np.int64))
        others, more = np.unique(values[~known], return_inverse=True)
        found = np.empty(len(values), np.int64)
        found[known], found[~known] = codes, len(texts) + more
        return found, texts + [text_of(cell) for cell in others.tolist()]
    different, codes = np.unique(values, return_inverse=True)
    return codes, [text_of(cell) for cell in different.tolist()]


def ratings(raw: Raw, name: str) -> tuple[Floats | None, list[Finding]]:
    """Return the ratings or counts, NaN for none, or None where nothing is rated; and what was odd.

    Raises
    ------
    DataError
        The column holds something else.
    """
    cells = raw.columns[name]
    found = _numbers(cells)
    if found is None:
        column = infer(raw.select(name), roles={name: Role.FEATURE})[0][name]
        if column.kind not in (Kind.NUMBER, Kind.BOOLEAN):
            sample = next((cell for cell in map(text_of, cells) if cell), "")
            held = f"it holds cells such as {sample[:60]!r}" if sample else "all its cells are empty"
            raise DataError(
                f"Column {name!r} cannot rate: {held}. Ratings and counts are numbers; name another column "
                "with --rating, or leave it out."
            )
        found = parse_column(column, cells)
    found[np.abs(found) > _HUGE] = np.nan
    n_unknown = int(np.isnan(found).sum())
    if n_unknown == len(found):
        return None, []
    message = said(
        "{n:,} rows have no rating that is a number; they count as rated in the middle, and as liked.",
        n=n_unknown,
    )
    note = Finding(
        rule="no_rating", severity=Severity.NOTE, column=name, message=message, evidence={"n": n_unknown}
    )
    return found, [note] if n_unknown else []


def times(raw: Raw, name: str) -> tuple[Floats, list[Finding]]:
    """Return when events took place [epoch s, or in whatever unit they count], and what was odd.

    Rows without a time are as old as the oldest.

    Raises
    ------
    DataError
        The column tells no time.
    """
    cells, findings = raw.columns[name], []
    found = _numbers(cells)
    are_numbers = found is not None
    if found is None:
        found = _moments(cells)
    if found is None:
        column = infer(raw.select(name), roles={name: Role.TIME})[0][name]
        found, are_numbers = parse_column(column, cells), column.kind is Kind.NUMBER
    found, units = in_seconds(found) if are_numbers else (found, {})  # a date far ahead is no number
    is_unknown = np.isnan(found)
    n_unknown = int(is_unknown.sum())
    if n_unknown:
        message = said("{n:,} rows have no time; they count as the oldest.", n=n_unknown)
        findings.append(
            Finding(
                rule="no_time", severity=Severity.NOTE, column=name, message=message,
                evidence={"n": n_unknown},
            )
        )  # fmt: skip
        found[is_unknown] = np.nanmin(found) if n_unknown < len(found) else 0.0
    n_known = len(found) - n_unknown
    if len(units) > 1 or 0 < sum(units.values()) < n_known:
        shown = [
            said("{n:,} of {all:,} times are in {unit}", n=n, all=n_known, unit=Said(unit))
            for unit, n in units.items()
        ]
        found_in = one_after_the_other(shown, " and ")
        message = said("{times}.", times=found_in)
        if sum(units.values()) < n_known:
            message = said("{times}, the others in seconds.", times=found_in)
        findings.append(
            Finding(
                rule="mixed_times",
                severity=Severity.WARNING,
                column=name,
                message=message,
                evidence={"n": sum(units.values())},
                remedy=said("They were read as such; check where they come from."),
            )
        )
    return found, findings


def in_seconds(found: Floats) -> tuple[Floats, dict[str, int]]:
    """Turn times in finer units into seconds, and tell how many were in which."""
    units, size = {}, np.abs(found)
    for beyond, n_each, unit in _UNITS:
        are_finer = size > beyond
        if are_finer.any():
            units[unit] = int(are_finer.sum())
            found = np.where(are_finer, found / n_each, found)
            size = np.where(are_finer, 0.0, size)
    return np.array(found), units


def _numbers(cells: Cells) -> Floats | None:
    """Read typed numbers as `parse_column` does, with no need to look what they mean; None for others."""
    if not isinstance(cells, np.ndarray) or cells.dtype.kind not in "iuf":
        return None
    found: Floats = cells.astype(np.float64)
    found[~np.isfinite(found)] = np.nan
    return found


def _moments(cells: Cells) -> Floats | None:
    """Read moments at once, and texts all written like "2024-05-31 08:00:00", or all like "2024-05-31"."""
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        return seconds_of(cells) if np.isfinite(seconds_of(cells)).all() else None
    values = cells.tolist() if isinstance(cells, np.ndarray) else list(cells)
    if not set(map(type, values)) <= {str, type(None)}:
        return None
    try:
        texts = pl.Series(values, dtype=pl.String)
    except UnicodeError:  # half a character
        return None
    texts = texts.set(texts == "", None)
    n_known = len(texts) - texts.null_count()
    if not n_known or not texts.head(20).str.contains(_MOMENT).all() or not texts.str.contains(_MOMENT).all():
        return None
    n_days = int((texts.str.len_bytes() == _DAY_LETTERS).sum())
    if n_days not in (0, n_known):
        return None
    form = "%Y-%m-%d" if n_days else "%Y-%m-%d %H:%M:%S%.f"
    plain = texts.str.strip_suffix("Z").str.replace("T", " ", literal=True)
    found = seconds_of(plain.str.to_datetime(form, time_unit="us", strict=False).to_numpy())
    return None if int(np.isnan(found).sum()) > len(texts) - n_known else found
