"""Traits: what is known of users besides what they took, as words that several of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.recommender import Traits
from mlwright.ranking.contents import Reading
from mlwright.ranking.words import clear

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array

_MOST_WORDS = 2_000
"""Those that most users share; as many columns has the system of equations that learns from them."""


@final
@dataclass(frozen=True, slots=True)
class TraitReader:
    """How cells of users become words: a reading for each column, and the words that several share."""

    readings: dict[str, Reading]
    words: tuple[str, ...]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[str]], learned: Array) -> TraitReader:
        """Recognize what columns say; `learned`, shape (n_users,), tells whose cells may be looked at."""
        rows = np.flatnonzero(learned).tolist()
        readings = {name: Reading.of([cells[row] for row in rows]) for name, cells in columns.items()}
        readings = {name: reading for name, reading in readings.items() if reading.says != "nothing"}
        counts: dict[str, int] = {}
        for row in rows:
            for word in _said(readings, {name: columns[name][row] for name in readings}, ""):
                counts[word] = counts.get(word, 0) + 1
        shared = [word for word, n in counts.items() if n > 1]
        return cls(readings, tuple(sorted(shared, key=lambda word: (-counts[word], word))[:_MOST_WORDS]))

    def said(self, cells: Mapping[str, str], who: str = "the user") -> list[str]:
        """Return the words that the cells of a user say, those that are known alone.

        Raises
        ------
        DataError
            A cell of a column of numbers is none.
        """
        known = frozenset(self.words)
        return [word for word in _said(self.readings, cells, who) if word in known]

    def readable(self, columns: Mapping[str, Sequence[str]]) -> tuple[dict[str, list[str]], int]:
        """Return the columns that are read, without cells of columns of numbers that are none; how many."""
        found, n_lost = {}, 0
        for name, reading in self.readings.items():
            cells = [cell if reading.reads(cell) else "" for cell in columns[name]]
            n_lost += sum(one != other for one, other in zip(cells, columns[name], strict=True))
            found[name] = cells
        return found, n_lost

    def traits(self, columns: Mapping[str, Sequence[str]], users: Sequence[str]) -> Traits:
        """Return what is known of several users, a cell for each in every column; DataError as above."""
        places = {word: place for place, word in enumerate(self.words)}
        said = [
            _said(self.readings, {name: cells[at] for name, cells in columns.items()}, f"user {user!r}")
            for at, user in enumerate(users)
        ]
        known = [sorted(places[word] for word in words if word in places) for words in said]
        return Traits.of(self.words, known)

    def to_json(self) -> dict[str, Any]:
        """Return what is stored; the opposite of `from_json`."""
        columns = [
            {"name": name, "says": reading.says, "edges": list(reading.edges)}
            for name, reading in self.readings.items()
        ]
        return {"columns": columns, "words": list(self.words)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> TraitReader:
        """Read it."""
        readings = {one["name"]: Reading(one["says"], tuple(one["edges"])) for one in stored["columns"]}
        return cls(readings, tuple(stored["words"]))


def _said(readings: Mapping[str, Reading], cells: Mapping[str, str], who: str) -> list[str]:
    """Return words such as "gender=f"; of a column that is missing, none."""
    found = []
    for name, reading in readings.items():
        cell = cells.get(name, "")
        try:
            words = reading.words(cell)
        except ValueError as error:
            message = (
                f"Column {name!r} of {who} holds {cell[:30]!r}; it is a column of numbers. Write a "
                "number, or leave it empty if it is not known."
            )
            raise DataError(message) from error
        found += [clear(f"{name}={word}") for word in words]
    return found
