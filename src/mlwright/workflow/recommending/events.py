"""Events: a log as numbers, and what its ratings or counts say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.finding import Finding, Severity
from mlwright.core.recommender import Histories
from mlwright.core.said import Said, one_after_the_other, said
from mlwright.ranking.order import different, in_order, n_different, runs
from mlwright.workflow.recommending import cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.data.raw import Raw
    from mlwright.workflow.recommending.columns import LogColumns

_MOST_LEVELS, _HIGHEST = 25, 100.0
"""More different whole numbers, or higher ones, are counts; fewer are grades on a scale."""
_LIKED = 0.7
"""So far up a scale begins what was liked: 4 of 5, 8 of 10."""
_WEAKEST = 0.05
_MANY_REPEATS = 0.1
"""From so many rows on that repeat a pair, users may want what they took before."""


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """What ratings say: "grades" on a scale, "counts" or "nothing"; of rows alone, "repeats" are counted."""

    says: str = "nothing"
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0

    @classmethod
    def of(cls, values: Floats | None) -> Scale:
        """Recognize it in the values, of which none is missing."""
        if values is None or not len(values) or values.min() == values.max():
            return cls()
        levels = different(values)
        low, high = float(levels[0]), float(levels[-1])
        is_whole = bool((levels == np.floor(levels)).all())
        if is_whole and low >= 0 and (len(levels) > _MOST_LEVELS or high > _HIGHEST):
            return cls("counts", low, high)
        step = float(np.diff(levels).min()) if len(levels) <= _MOST_LEVELS else (high - low) / _MOST_LEVELS
        return cls("grades", low, high, step)

    @classmethod
    def of_repeats(cls, events: Events) -> Scale:
        """Count how often users take the same, in a log without ratings."""
        pairs = events.users * len(events.item_names) + events.items
        most = int(np.unique(pairs, return_counts=True)[1].max(initial=1))
        return cls("repeats", 1.0, float(most)) if most > 1 else cls()

    @property
    def liked_from(self) -> float | None:
        """The least grade that is relevant; None where everything is."""
        return self.low + _LIKED * (self.high - self.low) if self.says == "grades" else None

    @property
    def least_liked(self) -> float | None:
        """A strength that all relevant grades are above, and no other; None where everything is relevant."""
        if self.liked_from is None:
            return None
        return float(self.strengths(np.array([self.liked_from]), 1)[0]) * (1.0 - 1e-4)

    def strengths(self, values: Floats | None, n_events: int) -> Singles:
        """Return how much each event weighs, in (0, 1]; an unknown value counts as a middling one."""
        if values is None or self.says == "nothing":
            return np.ones(n_events, np.float32)
        if self.says in ("counts", "repeats"):
            shares = np.log1p(np.maximum(values, 0.0)) / np.log1p(self.high)
        else:
            shares = (values - self.low + self.step) / (self.high - self.low + self.step)
        found: Singles = np.clip(np.nan_to_num(shares, nan=0.5), _WEAKEST, 1.0).astype(np.float32)
        return found

    def are_liked(self, values: Floats | None, n_events: int) -> Array:
        """Tell which events are relevant."""
        if values is None or self.liked_from is None:
            return np.ones(n_events, bool)
        return np.nan_to_num(values, nan=self.high) >= self.liked_from

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {"says": self.says, "low": self.low, "high": self.high, "step": self.step}


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """A log: numbers of users and items with their names, ratings and times [epoch s], None where unknown."""

    users: Integers
    items: Integers
    user_names: list[str]
    item_names: list[str]
    values: Floats | None = None
    times: Floats | None = None
    _known: dict[Scale, Histories] = field(default_factory=dict, init=False, repr=False)
    """Histories that were asked for before: of a long log they take their time."""

    @property
    def n_events(self) -> int:
        """How many events there are."""
        return len(self.users)

    def take(self, events: Array) -> Events:
        """Return some of the events, all names."""
        return replace(
            self,
            users=self.users[events],
            items=self.items[events],
            values=None if self.values is None else self.values[events],
            times=None if self.times is None else self.times[events],
        )

    def named(self, users: list[str], items: list[str]) -> Events:
        """Return the events with the numbers of other lists of names; what is not among them is below 0."""
        return replace(
            self,
            users=_places(self.user_names, users)[self.users],
            items=_places(self.item_names, items)[self.items],
            user_names=users,
            item_names=items,
        )

    def histories(self, scale: Scale) -> Histories:
        """Return what each user took, the latest first, each item once: counts add up, the last grade holds.

        At equal times, or without any, the last row is the latest. Events whose user or item is not known
        (below 0) are left out.
        """
        if scale not in self._known:
            self._known[scale] = self._histories(scale)
        return self._known[scale]

    def _histories(self, scale: Scale) -> Histories:
        are_known = (self.users >= 0) & (self.items >= 0)
        known = self if are_known.all() else self.take(np.flatnonzero(are_known))
        n_users, n_items = len(self.user_names), len(self.item_names)
        age = np.zeros(known.n_events) if known.times is None else -known.times
        latest = in_order(known.users, age, known.items, -np.arange(known.n_events))
        values = np.ones(known.n_events) if scale.says == "repeats" else known.values
        pairs = known.users[latest] * n_items + known.items[latest]
        places, begins = runs(pairs)
        if not begins.all():
            first = places[begins]
            if values is not None and scale.says in ("counts", "repeats"):
                totals = np.bincount(np.cumsum(begins) - 1, values[latest][places])
                values = values.copy()
                values[latest[first]] = totals
            latest = latest[np.sort(first)]
        chosen = replace(known, values=values).take(latest)
        starts = np.concatenate([[0], np.cumsum(np.bincount(chosen.users, minlength=n_users))])
        return Histories(
            starts=starts.astype(np.int64),
            items=chosen.items,
            strengths=scale.strengths(chosen.values, chosen.n_events),
            n_items=n_items,
            times=chosen.times,
        )


def read_events(raw: Raw, columns: LogColumns) -> tuple[Events, LogColumns, list[Finding]]:
    """Read a log; rows without user or item are left out, and what was odd is said.

    Ratings or times that were found by the name of their column alone and cannot be read are done without:
    the columns that come back are those that were read.

    Raises
    ------
    DataError
        There are no rows, or a rating or a time that was named cannot be read.
    """
    if not raw.n_rows:
        raise DataError(f"There are no rows in {raw.source}.")
    findings: list[Finding] = []
    users, user_names = cells.numbered(raw.columns[columns.user])
    items, item_names = cells.numbered(raw.columns[columns.item])
    found: dict[str, Any] = {"rating": None, "time": None}
    for role, read in (("rating", cells.ratings), ("time", cells.times)):
        name = columns.named.get(role, "")
        if not name:
            continue
        try:
            found[role], odd = read(raw, name)
            findings += odd
        except DataError as error:
            if role in columns.told:
                raise
            columns = columns.without(role)
            findings.append(_left_aside(role, name, error))
    events = Events(
        users=users,
        items=items,
        user_names=user_names,
        item_names=item_names,
        values=found["rating"],
        times=found["time"],
    )
    are_known = (users >= 0) & (items >= 0)
    n_known = int(are_known.sum())
    if n_known < raw.n_rows:
        findings.append(_left_out(raw.n_rows - n_known, columns))
        events = events.take(np.flatnonzero(are_known))
    if not n_known:
        raise DataError(f"No row of {raw.source} has both a user and an item.")
    return events, columns, findings


def check_known_items(known: Iterable[str], names: list[str], where: str) -> None:
    """Raise DataError if events name none of the items that are known: they name them otherwise."""
    if set(known).isdisjoint(names):
        raise DataError(
            f"No item of {where}, such as {names[0][:60]!r}, is one that was learned from, so nothing can be "
            "judged. Check that both name items alike: capitals, spaces and leading zeros count."
        )


def _left_aside(role: str, name: str, error: DataError) -> Finding:
    message = said(
        "Column {column!r} is called like a {role}, but cannot be read as one, so it is left out.",
        column=name,
        role=Said(role),
    )
    remedy = said(
        "If it is the {role}, mend its cells; name another column with --{option}. {error}",
        role=Said(role),
        option=role,
        error=str(error),
    )
    return _note("no_such_column", message, remedy, {}, name)


def noticed(events: Events, columns: LogColumns, *, allows_seen: bool) -> list[Finding]:
    """Say what a reader should know of a log."""
    pairs = events.users * len(events.item_names) + events.items
    n_again = events.n_events - n_different(pairs)
    found = []
    if n_again:
        message = said(
            "{n:,} of {all:,} rows repeat a pair of user and item.", n=n_again, all=events.n_events
        )
        says = Scale.of(None if events.values is None else events.values[~np.isnan(events.values)]).says
        remedies = {"counts": said("Counts were added up."), "grades": said("The latest grade holds.")}
        remedy = remedies.get(says, "")
        if n_again > _MANY_REPEATS * events.n_events and not allows_seen:
            again = said("To offer users what they took before, and to judge so, train with --allow-seen.")
            remedy = one_after_the_other([remedy, again])
        found.append(_note("repeated_pairs", message, remedy, {"n": n_again}))
    found += _nearly_equal(events, columns)
    if events.values is not None and (events.values < 0).any():
        n_below = int((events.values < 0).sum())
        message = said("{n:,} ratings are below zero; they are read as the low end of a scale.", n=n_below)
        found.append(_note("negative_ratings", message, "", {"n": n_below}, columns.rating))
    return found


def _nearly_equal(events: Events, columns: LogColumns) -> list[Finding]:
    """Say how many names of users, or of items, differ from another in capitals, spaces or zeros alone."""
    found = []
    for column, names in ((columns.user, events.user_names), (columns.item, events.item_names)):
        n_nearly = len(names) - len({_plain(name) for name in names})
        if not n_nearly:
            continue
        message = said(
            "{n:,} of {all:,} names differ from another in capitals, spaces or leading zeros alone; they are "
            "told apart.",
            n=n_nearly, all=len(names),
        )  # fmt: skip
        remedy = said("If they mean the same, write them alike.")
        found.append(_note("nearly_equal_names", message, remedy, {"n": n_nearly}, column))
    return found


def _plain(name: str) -> str:
    return " ".join(name.casefold().split()).lstrip("0")


def _note(rule: str, message: str, remedy: str, evidence: dict[str, Any], column: str = "") -> Finding:
    return Finding(
        rule=rule, severity=Severity.NOTE, message=message, remedy=remedy, evidence=evidence, column=column
    )


def _left_out(n_rows: int, columns: LogColumns) -> Finding:
    message = said(
        "{n:,} rows have no {user!r} or no {item!r} and were left out.",
        n=n_rows,
        user=columns.user,
        item=columns.item,
    )
    return Finding(
        rule="no_user_or_item", severity=Severity.WARNING, message=message, action="dropped",
        evidence={"n": n_rows},
    )  # fmt: skip


def _places(names: list[str], others: list[str]) -> Integers:
    """Return the places of names among others; each that is not there has a number of its own below 0."""
    if names == others:
        return np.arange(len(names))
    place = {name: at for at, name in enumerate(others)}
    return np.array([place.get(name, -1 - at) for at, name in enumerate(names)], np.int64)
