"""History: what was known, at the time of a row, of earlier rows of the same entity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from mlwright.core.arrays import Singles

EVERYTHING = "all"
"""As the name of an entity: earlier rows of whomever."""
STATISTICS = ("count", "gap", "last", "mean_5", "mean_20", "mean_100", "mean")
"""Earlier rows whose outcome is known (100 at most); days from the last of them to this row (of times that
are numbers, their difference); its outcome; the mean outcome of the last 5, 20, 100 and of all."""
LEVELS = frozenset(STATISTICS[2:])
"""Those on the scale of the target: what it was before."""
WINDOWS = (5, 20, 100)
MOST_COUNTED = 100


def history_columns(entity: str) -> tuple[str, ...]:
    """Return what the columns are called that tell the history of this entity, in the order of `STATISTICS`.

    Examples
    --------
    >>> history_columns("author")[:2]
    ('history.author.count', 'history.author.gap')
    """
    return tuple(f"history.{entity}.{statistic}" for statistic in STATISTICS)


@final
@dataclass(frozen=True)
class Memory:
    """What is known of each entity after the last row that was learned from.

    `entity` is the column whose cells are its names, "" if there is a single one for all rows. `columns` are
    those that tell the history of a row, the count first: where that cell is missing, nobody gave a
    history and what is remembered answers. `values`, shape (len(levels) + 1, len(columns)), begins with
    what is known of an entity that is none of the `levels`.
    """

    entity: str
    columns: tuple[str, ...]
    levels: tuple[str, ...]
    values: Singles
