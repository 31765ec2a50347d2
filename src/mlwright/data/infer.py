"""What the columns mean: from raw cells to a schema, and every decision said as a finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.schema import NUMERIC, Column, Kind, Role, Schema
from mlwright.data import notes
from mlwright.data.cells import clean, text_of
from mlwright.data.dates import guess_dates
from mlwright.data.families import Family, families_of
from mlwright.data.kinds import is_key, is_row_number, kind_of_texts
from mlwright.data.numerals import guess_numerals, is_code_list, plain_numbers
from mlwright.data.parse import parse_column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from mlwright.core.arrays import Array
    from mlwright.core.finding import Finding
    from mlwright.data.raw import Cells, Raw

_ODD = frozenset(
    {
        "?",
        "na",
        "n/a",
        "nan",
        "null",
        "none",
        "-",
        "--",
        "---",
        ".",
        "..",
        "missing",
        "unknown",
        "#n/a",
        "n.a.",
    }
)
"""Spellings of "no value" where all other cells are numbers, dates or truths."""
_SURE = frozenset({"?", "nan", "null", "n/a", "#n/a"})
"""Those that are no level of a category either; "None" and "NA" may well be."""
_MAX_LEVELS = 1000
_NEEDED = frozenset({Role.TARGET, Role.TIME, Role.WEIGHT, Role.FEATURE, Role.ENTITY, Role.HISTORY})
"""Roles that somebody asked for and that need values: never an identifier."""


def infer(
    raw: Raw,
    *,
    target: str | None = None,
    roles: Mapping[str, Role] = {},
    exclude: Collection[str] = (),
) -> tuple[Schema, list[Finding]]:
    """Say what each column means.

    Parameters
    ----------
    raw
        The training rows.
    target
        The column to predict, if any; it keeps its natural kind.
    roles
        What other columns are for. A column named here as a feature is never dropped.
    exclude
        Columns that must not be used.

    Returns
    -------
    schema, findings
        All columns in their order. Identifiers, constants and excluded columns are unused; each such
        decision, and each about spellings, numbers and dates, is a finding.

    Raises
    ------
    MissingColumnError
        If a named column is not there.
    DataError
        If there are no rows, or a time column holds neither dates nor numbers.
    """
    if not raw.n_rows or not raw.columns:
        raise DataError(f"There are no {'rows' if raw.columns else 'columns'} in {raw.source}.")
    chosen = _roles(raw, target, roles, exclude)
    columns: list[Column] = []
    findings: list[Finding] = []
    for name, cells in raw.columns.items():
        column, noticed = _understand(name, cells, chosen.get(name))
        columns.append(column)
        findings.extend(noticed)
    return Schema(tuple(columns)), findings


def _roles(
    raw: Raw, target: str | None, roles: Mapping[str, Role], exclude: Collection[str]
) -> dict[str, Role]:
    """Gather the roles that were asked for, by column."""
    chosen = dict(roles) if target is None else {**roles, target: Role.TARGET}
    missing = [name for name in (*chosen, *exclude) if name not in raw.columns]
    if missing:
        raise MissingColumnError.among(dict.fromkeys(missing), raw.columns, raw.source)
    both = [name for name in exclude if chosen.get(name, Role.UNUSED) is not Role.UNUSED]
    if both:
        raise UsageError(f"Column {both[0]!r} is both excluded and used as {chosen[both[0]].value}.")
    return {**chosen, **dict.fromkeys(exclude, Role.UNUSED)}


def _understand(name: str, cells: Cells, role: Role | None) -> tuple[Column, list[Finding]]:
    """Describe one column."""
    if role is None and (n_bytes := _n_bytes(cells)):
        return Column(name=name, kind=Kind.TEXT, role=Role.UNUSED), [notes.binary(name, n_bytes)]
    column, findings = _natural(name, cells)
    parsed = parse_column(column, cells)
    column = _measure(column, parsed)
    if role not in _NEEDED:
        column = _set_apart(column, cells, parsed)
    elif column.kind is Kind.IDENTIFIER:
        column = _measure(replace(column, kind=_strings(parsed)), parsed)
    if role is Role.UNUSED:
        return replace(column, role=role), [notes.excluded(name)]
    if role is Role.ENTITY and column.kind is not Kind.CATEGORY:
        named = Column(name=name, kind=Kind.CATEGORY)  # whatever their cells look like, they are names
        column, findings = _measure(named, parse_column(named, cells)), []
    if role is Role.TIME and column.kind not in (Kind.NUMBER, Kind.DATETIME):
        raise DataError(
            f"Column {name!r} cannot tell the time: it holds {column.kind.value} cells such as "
            f"{str(next(iter(cells)))!r}. Use a column of dates or numbers."
        )
    if role is None:
        drops = column.kind in (Kind.IDENTIFIER, Kind.CONSTANT)
        findings.extend([notes.dropped(column, cells)] if drops else [])
        role = Role.UNUSED if drops else Role.FEATURE
    return replace(column, role=role), findings


def _n_bytes(cells: Cells) -> int:
    """Return how many bytes the first cell of a column has that is no text; 0 if it is, or holds no bytes."""
    first = next((cell for cell in cells if cell is not None), None)
    if not isinstance(first, bytes):
        return 0
    try:
        is_text = "\0" not in first.decode()
    except UnicodeDecodeError:
        is_text = False
    return 0 if is_text else len(first)


def _natural(name: str, cells: Cells) -> tuple[Column, list[Finding]]:
    """Choose the kind by the types of the cells, or by the texts."""
    match families_of(cells):
        case Family.TRUTH:
            return Column(name=name, kind=Kind.BOOLEAN), []
        case Family.NUMBER:
            return Column(name=name, kind=Kind.NUMBER), []
        case Family.DATE:
            return Column(name=name, kind=Kind.DATETIME), []
        case Family.NOTHING:
            return Column(name=name, kind=Kind.CONSTANT), []
        case Family.TEXT:
            return _natural_text(name, cells)


def _natural_text(name: str, cells: Cells) -> tuple[Column, list[Finding]]:
    """Choose the kind of texts."""
    values = cells.tolist() if isinstance(cells, np.ndarray) else cells
    if _are_quantities(values):
        return Column(name=name, kind=Kind.NUMBER), []
    spelled = Counter(_as_text(value) for value in values if value is not None)
    counts: Counter[str] = Counter()
    for text, count in spelled.items():
        counts[clean(text)] += count
    raw = set(spelled)
    del counts[""]
    odd = {text for text in counts if text.lower() in _ODD}
    rest = {text: count for text, count in counts.items() if text not in odd}
    findings: list[Finding] = []
    # Somebody wrote few whole numbers as text, without need: they are codes, and others may follow.
    is_coded = not odd and set(counts) == raw and all(map(str.isdecimal, counts))
    column = None
    if rest and not (is_coded and kind_of_texts(rest) is Kind.CATEGORY):
        column = _of_values(name, rest, len(values), findings)
    if column is None:
        odd = {text for text in odd if text.lower() in _SURE}
        rest = {text: count for text, count in counts.items() if text not in odd}
        key = bool(rest) and not findings and is_key(name, rest, len(values))
        kind = Kind.IDENTIFIER if key else kind_of_texts(rest) if rest else Kind.CONSTANT
        column = Column(name=name, kind=kind)
    if odd:
        findings.insert(0, notes.missing_spelling(name, {text: counts[text] for text in sorted(odd)}))
    if column.missing:
        findings.append(notes.unreadable(column, values))
    missing = {text.lower() for text in odd}.union(column.missing)
    return replace(column, missing=tuple(sorted(missing))), findings


def _are_quantities(values: Sequence[Any]) -> bool:
    """Tell quickly whether these are numbers beyond doubt: no codes, no spelling of "no value" among them."""
    numbers = plain_numbers(values)
    if numbers is None or np.isnan(numbers).sum() != sum(not text for text in values):
        return False
    signs = "".join(filter(None, values))
    return any(sign in signs for sign in ".-+eE")  # what is all digits may be a code


def _as_text(value: object) -> str:
    """Return a cell as a text that can be counted."""
    return value if type(value) is str else text_of(value)


def _of_values(name: str, counts: dict[str, int], n_rows: int, findings: list[Finding]) -> Column | None:
    """Recognize truths, numbers and dates; None for anything else.

    The column comes back with the spellings that cannot be read as missing.
    """
    if {text.lower() for text in counts} <= {"true", "false"}:
        return Column(name=name, kind=Kind.BOOLEAN)
    if all(text.isdecimal() for text in counts) and (is_code_list(counts) or is_key(name, counts, n_rows)):
        return None
    numerals = guess_numerals(counts)
    if numerals:
        if (numerals.decimal, numerals.thousands) != (".", ""):
            findings.append(notes.number_format(name, numerals, next(iter(counts))))
        return Column(
            name=name,
            kind=Kind.NUMBER,
            decimal=numerals.decimal,
            thousands=numerals.thousands,
            missing=tuple(text.lower() for text in numerals.unreadable),
        )
    dates = guess_dates(counts)
    if dates is None:
        return None
    if dates.is_mixed:
        findings.append(notes.mixed_dates(name, dates))
        return None
    if dates.other:
        findings.append(notes.ambiguous_dates(name, dates, next(iter(counts))))
    lost = tuple(text.lower() for text in dates.unreadable)
    return Column(name=name, kind=Kind.DATETIME, date_format=dates.format, missing=lost)


def _measure(column: Column, parsed: Array) -> Column:
    """Fill in what the parsed cells say: range, levels, share of missing."""
    if column.kind not in NUMERIC:
        counts = Counter(parsed.tolist())
        n_missing = counts.pop("", 0)
        named = counts if column.kind is Kind.CATEGORY else ()
        levels = sorted(named, key=lambda level: (-counts[level], level))[:_MAX_LEVELS]
        return replace(
            column,
            missing_share=n_missing / len(parsed),
            n_unique=len(counts),
            levels=tuple(levels),
        )
    known = parsed[~np.isnan(parsed)]
    return replace(
        column,
        missing_share=1 - len(known) / len(parsed),
        n_unique=len(np.unique(known)),
        low=float(known.min()) if len(known) else None,
        high=float(known.max()) if len(known) else None,
        is_integer=column.kind is Kind.NUMBER and bool(len(known) and np.all(known == np.floor(known))),
    )


def _set_apart(column: Column, cells: Cells, parsed: Array) -> Column:
    """Recognize constants and row numbers, which tell a model nothing."""
    if column.n_unique == 0 or (column.n_unique == 1 and not column.missing_share):
        return replace(column, kind=Kind.CONSTANT)
    if column.kind is Kind.NUMBER and column.is_integer and not column.missing_share:
        # Integers beyond double precision are compared as they are.
        exact = isinstance(cells, np.ndarray) and cells.dtype.kind in "iu"
        if is_row_number(column.name, np.asarray(cells) if exact else parsed):
            return replace(column, kind=Kind.IDENTIFIER)
    return column


def _strings(parsed: Array) -> Kind:
    """Return what an identifier is if somebody wants to use it."""
    counts = Counter(parsed.tolist())
    counts.pop("", None)
    return kind_of_texts(counts) if counts else Kind.CATEGORY
