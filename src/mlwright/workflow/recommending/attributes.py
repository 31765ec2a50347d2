"""What is known of items, and filters that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.data.cells import text_of
from mlwright.data.read import read
from mlwright.ranking.contents import SEVERAL
from mlwright.ranking.words import clear
from mlwright.workflow.recommending.columns import recognize_item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array

_NEARLY_ALL = 0.9


@final
@dataclass(frozen=True, slots=True)
class ItemTable:
    """What is known of items: their names, and columns of texts with a cell for each, "" for nothing."""

    names: list[str]
    columns: dict[str, list[str]]
    where: str

    @classmethod
    def read(cls, data: object, item: str) -> ItemTable:
        """Read a table; `item` is what the log calls the column of names. The last of equal names holds."""
        raw = read(data)
        key = recognize_item(raw.names, item, raw.source)
        rows = {clear(text_of(cell)): row for row, cell in enumerate(list(raw.columns[key]))}
        rows.pop("", None)
        columns = {
            name: [text_of(cells[row]) for row in rows.values()]
            for name, cells in raw.columns.items()
            if name != key
        }
        return cls(list(rows), columns, f"{raw.source} (column {key!r})")

    def check(self, items: Sequence[str]) -> None:
        """Raise DataError if none of the log's items is in the table: they are named otherwise."""
        if not set(items) & set(self.names):
            raise DataError(
                f"No item of {self.where} is one of the log, such as {items[0]!r}. Check that both name "
                "items alike."
            )

    def of(self, items: Sequence[str]) -> dict[str, list[str]]:
        """Return the columns for these items, in their order."""
        places = {name: place for place, name in enumerate(self.names)}
        found = [places.get(item) for item in items]
        return {
            name: ["" if place is None else cells[place] for place in found]
            for name, cells in self.columns.items()
        }


def titles_of(attributes: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the column that people would call the items by: texts, one for each; () if there is none."""
    for cells in attributes.values():
        known = [cell for cell in cells if any(map(str.isalpha, cell)) and "://" not in cell]
        if len(known) >= _NEARLY_ALL * len(cells) and len(set(known)) >= _NEARLY_ALL * len(known):
            return cells
    return ()


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
    for name, value, is_turned in _conditions(wanted):
        if name not in attributes:
            if not attributes:
                message = (
                    "The model knows nothing of its items that a filter could read. Train with --items FILE."
                )
                raise UsageError(message)
            raise UnknownNameError.among("attribute of items", name, attributes)
        holds = np.array([_holds(cell, value) for cell in attributes[name]])
        found &= ~holds if is_turned else holds
    return found


def _conditions(wanted: str) -> list[tuple[str, str, bool]]:
    """Read a filter: names, values, and whether "!=" turns them around.

    A part without a sign belongs to the value before it, such as "rock and roll".
    """
    parts: list[str] = []
    for part in " ".join(wanted.split()).split(" and "):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += f" and {part}"
    found = []
    for part in parts:
        left, sign, value = part.partition("=")
        name = left.removesuffix("!").strip()
        if not (sign and name and value.strip()):
            message = f"The filter {part[:60]!r} cannot be read. Write ATTRIBUTE=VALUE, such as genre=drama."
            raise UsageError(message)
        found.append((name, value.strip(), left.endswith("!")))
    return found


def _holds(cell: str, value: str) -> bool:
    cell, value = cell.casefold(), value.strip().casefold()
    return cell == value or value in SEVERAL.split(cell)
