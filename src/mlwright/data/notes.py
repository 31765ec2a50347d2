"""The findings of `infer`, in words."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from unicodedata import normalize

from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.core.schema import Column, Kind
from mlwright.data.cells import clean, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlwright.data.dates import Dates
    from mlwright.data.numerals import Numerals

_SHOWN = 5

BINARY = "binary"
"""The finding that a column holds bytes that are no text."""


def missing_spelling(name: str, counts: Mapping[str, int]) -> Finding:
    """Say which texts are taken for "no value"."""
    shown = ", ".join(repr(text) for text in counts)
    return Finding(
        rule="missing_spelling",
        severity=Severity.NOTE,
        column=name,
        message=said(
            "{spellings} is taken for a missing value ({n} cells).", spellings=shown, n=sum(counts.values())
        ),
        evidence={"spellings": dict(counts)},
        remedy=said("Replace it by a word of its own if it is a real value."),
    )


def unreadable(column: Column, values: Iterable[object]) -> Finding:
    """Say which cells of a column of numbers or dates are neither, and where they are."""
    lost = frozenset(column.missing)
    hits = ((row, text) for row, text in enumerate(map(_shown, values), 1) if text.lower() in lost)
    found = list(hits)
    examples = list(islice(dict.fromkeys(text for _, text in found), _SHOWN))
    is_number = column.kind is Kind.NUMBER
    holes = {"n": len(found), "examples": ", ".join(map(repr, examples)), "row": found[0][0]}
    return Finding(
        rule="unparsable_number" if is_number else "unparsable_date",
        severity=Severity.WARNING,
        column=column.name,
        message=said(
            "{n} cells are no number and are taken for missing: {examples} (first in row {row}).", **holes
        )
        if is_number
        else said(
            "{n} cells are no date and are taken for missing: {examples} (first in row {row}).", **holes
        ),
        evidence={"n_cells": len(found), "examples": examples, "rows": [row for row, _ in found[:_SHOWN]]},
        remedy=said("Correct these cells in the data."),
    )


def number_format(name: str, numerals: Numerals, example: str) -> Finding:
    """Say how numbers that are not written plainly are read."""
    marks = said("decimal mark {mark!r}", mark=numerals.decimal)
    if numerals.thousands:
        more = {"mark": numerals.decimal, "thousands": numerals.thousands}
        marks = said("decimal mark {mark!r}, thousands mark {thousands!r}", **more)
    return Finding(
        rule="number_format",
        severity=Severity.NOTE,
        column=name,
        message=said(
            "Text such as {example!r} is read as numbers with {marks}.", example=example, marks=marks
        ),
        evidence={"decimal": numerals.decimal, "thousands": numerals.thousands, "example": example},
    )


def ambiguous_dates(name: str, dates: Dates, example: str) -> Finding:
    """Say that day and month cannot be told apart."""
    return Finding(
        rule="ambiguous_date",
        severity=Severity.WARNING,
        column=name,
        message=said(
            "Dates such as {example!r} fit {one} and {other}; read as {one}.",
            example=example,
            one=dates.format,
            other=dates.other,
        ),
        evidence={"format": dates.format, "other": dates.other, "example": example},
        remedy=said("Write dates as 2024-05-31."),
    )


def mixed_dates(name: str, dates: Dates) -> Finding:
    """Say that a column holds dates of two formats."""
    one, other = (shown or "ISO 8601" for shown in (dates.format, dates.other))
    return Finding(
        rule="mixed_dates",
        severity=Severity.WARNING,
        column=name,
        message=said(
            "The column mixes dates written as {one} and as {other}, so it is not read as dates.",
            one=one,
            other=other,
        ),
        evidence={"formats": [one, other]},
        remedy=said("Write all dates as 2024-05-31."),
        action="kept",
    )


def labels_alike(target: str, classes: Iterable[object]) -> list[Finding]:
    """Say which classes differ only in how they are written: by case, spaces, or the form of Unicode."""
    written: dict[str, list[object]] = {}
    for label in classes:
        key = " ".join(normalize("NFKC", str(label)).casefold().split())
        written.setdefault(key, []).append(label)
    return [
        Finding(
            rule="labels_alike",
            severity=Severity.WARNING,
            column=target,
            message=said("{labels} are taken for different classes.", labels=", ".join(map(ascii, same))),
            evidence={"labels": same},
            remedy=said("If they mean the same, write them the same way."),
            action="kept",
        )
        for same in written.values()
        if len(same) > 1
    ]


def excluded(name: str) -> Finding:
    """Say that a column was left out on demand."""
    return Finding(
        rule="excluded",
        severity=Severity.NOTE,
        column=name,
        message=said("The column is not used, as asked for."),
        action="dropped",
    )


def dropped(column: Column, cells: Iterable[object]) -> Finding:
    """Say why an identifier or a constant is not used."""
    example = _shown(next(iter(cells)))
    if column.kind is Kind.IDENTIFIER:
        message = said(
            "Every row has its own value, such as {example!r}: it names the row and says nothing else.",
            example=example,
        )
        remedy = said("It stands beside the answers; rename it if it is a quantity.")
    elif column.missing_share == 1:
        message, remedy = said("Every cell is missing."), said("Fill it, or leave it out.")
    else:
        message, remedy = said("Every cell is {example!r}.", example=example), said("Leave it out.")
    return Finding(
        rule=column.kind.value,
        severity=Severity.NOTE,
        column=column.name,
        message=message,
        evidence={"n_unique": column.n_unique, "missing_share": column.missing_share},
        remedy=remedy,
        action="dropped",
    )


def binary(name: str, n_bytes: int) -> Finding:
    """Say that a column of bytes is not used."""
    return Finding(
        rule=BINARY,
        severity=Severity.WARNING,
        column=name,
        message=said(
            "Its cells are bytes, {n:,} in the first, and no text: pictures, sound or archives cannot be "
            "learned from yet.",
            n=n_bytes,
        ),
        evidence={"n_bytes": n_bytes},
        remedy=said("Make columns of what they show, such as the output of a network for pictures."),
        action="dropped",
    )


def _shown(value: object) -> str:
    """Return a cell as people wrote it."""
    return clean(value) if isinstance(value, str) else text_of(value)
