"""What is known of items, and filters that read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.data.cells import text_of
from mlwright.data.read import read
from mlwright.ranking.words import clear
from mlwright.workflow.recommending.columns import recognize_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array

_SEVERAL = re.compile(r"\s*[|;,]\s*")
"""Stands between the values of a cell that holds several, such as genres."""


def read_attributes(data: object, item: str, items: Sequence[str]) -> dict[str, list[str]]:
    """Read a table of items: columns of texts with a cell for each item, "" where nothing is known."""
    raw = read(data)
    key = recognize_item(raw.names, item, raw.source)
    rows = {clear(text_of(cell)): row for row, cell in enumerate(list(raw.columns[key]))}
    places = [rows.get(name) for name in items]
    if all(place is None for place in places):
        raise DataError(
            f"No item of {raw.source} (column {key!r}) is one of the log, such as {items[0]!r}. Check "
            "that both name items alike."
        )
    return {
        name: ["" if place is None else text_of(cells[place]) for place in places]
        for name, cells in raw.columns.items()
        if name != key
    }


def matching(wanted: str, attributes: Mapping[str, Sequence[str]], n_items: int) -> Array:
    """Tell which items a filter such as "genre=drama" lets through, shape (n_items,).

    Several stand behind each other with " and "; "!=" turns one around. Letters may be large or small,
    and a cell with several values, such as "Action|Drama", holds each of them.

    Raises
    ------
    UsageError
        The filter cannot be read, or names an attribute that the model does not know.
    """
    found = np.ones(n_items, bool)
    for part in re.split(r"\s+and\s+", wanted.strip()):
        pieces = re.fullmatch(r"(.+?)\s*(!?=)\s*(.+)", part)
        if pieces is None:
            message = f"The filter {part!r} cannot be read. Write ATTRIBUTE=VALUE, such as genre=drama."
            raise UsageError(message)
        name, sign, value = pieces.groups()
        if name not in attributes:
            if not attributes:
                message = (
                    "The model knows nothing of its items that a filter could read. Train with --items FILE."
                )
                raise UsageError(message)
            raise UnknownNameError.among("attribute of items", name, attributes)
        holds = np.array([_holds(cell, value) for cell in attributes[name]])
        found &= ~holds if sign == "!=" else holds
    return found


def _holds(cell: str, value: str) -> bool:
    cell, value = cell.casefold(), value.strip().casefold()
    return cell == value or value in _SEVERAL.split(cell)
