"""What is known of items and of users, and filters that read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.data.cells import text_of
from mlwright.data.read import read
from mlwright.ranking.contents import SEVERAL
from mlwright.ranking.words import clear
from mlwright.workflow.recommending.columns import recognize_item, recognize_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array
    from mlwright.data.raw import Raw

_NEARLY_ALL, _MANY_LOST = 0.9, 0.5
_OR = re.compile(r"\sor\s[^=]{1,60}=", re.IGNORECASE)


@final
@dataclass(frozen=True, slots=True)
class SideTable:
    """What is known of items or users: their names, and columns of texts with a cell for each, or ""."""

    names: list[str]
    columns: dict[str, list[str]]
    what: str
    where: str
    n_again: int = 0
    """Rows that name whom a later one names, too."""

    @classmethod
    def read(cls, data: object, role: str, name: str) -> SideTable:
        """Read a table of a role, "item" or "user"; `name` is what the log calls the column of their names.

        The last of equal names holds.
        """
        raw = read(data)
        find = recognize_item if role == "item" else recognize_user
        key = find(raw.names, name, raw.source)
        return cls.of_raw(raw, role, key, [column for column in raw.names if column != key])

    @classmethod
    def of_raw(cls, raw: Raw, role: str, key: str, columns: Sequence[str]) -> SideTable:
        """Take some columns of rows that were read; `key` names whose they are."""
        names = [clear(text_of(cell)) for cell in list(raw.columns[key])]
        rows = {name: row for row, name in enumerate(names) if name}
        told = {name: [written_cell(raw.columns[name][row]) for row in rows.values()] for name in columns}
        n_again = sum(map(bool, names)) - len(rows)
        return cls(list(rows), told, role, f"{raw.source} (column {key!r})", n_again)

    def check(self, names: Sequence[str]) -> None:
        """Raise DataError if none of the log's items or users is in the table: they are named otherwise."""
        if not set(names) & set(self.names):
            raise DataError(
                f"No {self.what} of {self.where} is one of the log, such as {names[0]!r}. Check that "
                f"both name {self.what}s alike."
            )

    def noticed(self, names: Sequence[str]) -> list[Finding]:
        """Say how many of these names of the log are not in the table, and how many stand there twice."""
        found, lost = [], set(names) - set(self.names)
        if lost:
            are_many = len(lost) > _MANY_LOST * len(set(names))
            message = said(
                "{n:,} of {all:,} names of the log are not in {where}: nothing else is known of them.",
                n=len(lost),
                all=len(set(names)),
                where=self.where,
            )
            remedy = said("Check that both write names alike: capitals, spaces and leading zeros count.")
            found.append(
                Finding(
                    rule="not_in_the_table",
                    severity=Severity.WARNING if are_many else Severity.NOTE,
                    message=message,
                    remedy=remedy if are_many else "",
                    evidence={"n": len(lost), "of": len(set(names))},
                )
            )
        if self.n_again:
            message = said(
                "{n:,} rows of {where} name what a later row names, too: the last holds.",
                n=self.n_again,
                where=self.where,
            )
            found.append(
                Finding(
                    rule="twice_in_the_table", severity=Severity.NOTE, message=message, action="dropped",
                    evidence={"n": self.n_again},
                )
            )  # fmt: skip
        return found

    def of(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Return the columns for these items or users, in their order."""
        places = {name: place for place, name in enumerate(self.names)}
        found = [places.get(name) for name in names]
        return {
            name: ["" if place is None else cells[place] for place in found]
            for name, cells in self.columns.items()
        }


def written_cell(cell: Any) -> str:
    """Return the text of a cell; that of a list, as JSON and Parquet hold it, has "|" between its values."""
    if isinstance(cell, list | tuple | set | frozenset) or (isinstance(cell, np.ndarray) and cell.ndim):
        return "|".join(filter(None, map(text_of, cell)))
    return text_of(cell)


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
    if _OR.search(wanted):
        message = (
            f"The filter {wanted[:60]!r} asks for one or the other, which a filter cannot: its parts hold "
            "together, joined by and. Ask once for each."
        )
        raise UsageError(message)
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
