"""Events: a log as numbers, and what its ratings or counts say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.finding import Finding, Severity
from mlwright.core.recommender import Histories
from mlwright.core.said import Said, said
from mlwright.core.schema import Role
from mlwright.data.cells import text_of
from mlwright.data.infer import infer
from mlwright.data.parse import parse_column
from mlwright.ranking.words import clear

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.data.raw import Cells, Raw
    from mlwright.workflow.recommending.columns import LogColumns

_MOST_LEVELS, _HIGHEST = 25, 100.0
"""More different whole numbers, or higher ones, are counts; fewer are grades on a scale."""
_LIKED = 0.7
"""So far up a scale begins what was liked: 4 of 5, 8 of 10."""
_WEAKEST = 0.05
_MILLIS = 1e11
"""Times since 1970 beyond this are milliseconds: as seconds, they would lie in the year 5138."""


@final
@dataclass(frozen=True, slots=True)
class Scale:
    """What the column of ratings says: "grades" on a scale, "counts", or "nothing"."""

    says: str = "nothing"
    low: float = 0.0
    high: float = 1.0
    step: float = 1.0

    @classmethod
    def of(cls, values: Floats | None) -> Scale:
        """Recognize it in the values, of which none is missing."""
        if values is None or not len(values) or values.min() == values.max():
            return cls()
        levels = np.unique(values)
        low, high = float(levels[0]), float(levels[-1])
        is_whole = bool((levels == np.floor(levels)).all())
        if is_whole and low >= 0 and (len(levels) > _MOST_LEVELS or high > _HIGHEST):
            return cls("counts", low, high)
        step = float(np.diff(levels).min()) if len(levels) <= _MOST_LEVELS else (high - low) / _MOST_LEVELS
        return cls("grades", low, high, step)

    @property
    def liked_from(self) -> float | None:
        """The least grade that is relevant; None where everything is."""
        return self.low + _LIKED * (self.high - self.low) if self.says == "grades" else None

    def strengths(self, values: Floats | None, n_events: int) -> Singles:
        """Return how much each event weighs, in (0, 1]; an unknown value counts as a middling one."""
        if values is None or self.says == "nothing":
            return np.ones(n_events, np.float32)
        if self.says == "counts":
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
        known = self.take(np.flatnonzero((self.users >= 0) & (self.items >= 0)))
        n_users, n_items = len(self.user_names), len(self.item_names)
        age = np.zeros(known.n_events) if known.times is None else -known.times
        order = np.lexsort((-np.arange(known.n_events), known.items, age, known.users))
        pairs = known.users[order] * n_items + known.items[order]
        _, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
        latest = order[np.sort(first)]
        values = known.values
        if values is not None and scale.says == "counts":
            totals = np.bincount(inverse.ravel(), values[order], len(first))
            values = values.copy()
            values[order[first]] = totals
        chosen = replace(known, values=values).take(latest)
        starts = np.concatenate([[0], np.cumsum(np.bincount(chosen.users, minlength=n_users))])
        return Histories(
            starts=starts.astype(np.int64),
            items=chosen.items,
            strengths=scale.strengths(chosen.values, chosen.n_events),
            n_items=n_items,
            times=chosen.times,
        )


def read_events(raw: Raw, columns: LogColumns) -> tuple[Events, list[Finding]]:
    """Read a log; rows without user or item are left out, and what was odd is said.

    Raises
    ------
    DataError
        There are no rows, or a rating or a time cannot be read.
    """
    if not raw.n_rows:
        raise DataError(f"There are no rows in {raw.source}.")
    findings: list[Finding] = []
    users, user_names = _numbered(raw.columns[columns.user])
    items, item_names = _numbered(raw.columns[columns.item])
    events = Events(
        users=users,
        items=items,
        user_names=user_names,
        item_names=item_names,
        values=_values(raw, columns.rating),
        times=_times(raw, columns.time, findings),
    )
    kept = np.flatnonzero((users >= 0) & (items >= 0))
    if len(kept) < raw.n_rows:
        findings.append(_left_out(raw.n_rows - len(kept), columns))
    if not len(kept):
        raise DataError(f"No row of {raw.source} has both a user and an item.")
    return events.take(kept), findings


def readable(raw: Raw, columns: LogColumns) -> tuple[LogColumns, list[Finding]]:
    """Do without ratings or times that were found by the name of their column alone and cannot be read."""
    found: list[Finding] = []
    for role, parse in (("rating", _values), ("time", lambda raw, name: _times(raw, name, []))):
        name = columns.named.get(role, "")
        if (
            not name
            or role in columns.told
            or getattr(raw.columns[name], "dtype", np.dtype("O")).kind in "iufM"
        ):
            continue
        try:
            parse(raw, name)
        except DataError as error:
            columns = columns.without(role)
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
            found.append(_note("no_such_column", message, remedy, {}, name))
    return columns, found


def noticed(events: Events, columns: LogColumns) -> list[Finding]:
    """Say what a reader should know of a log."""
    pairs = events.users * len(events.item_names) + events.items
    n_again = events.n_events - len(np.unique(pairs))
    found = []
    if n_again:
        message = said(
            "{n:,} of {all:,} rows repeat a pair of user and item.", n=n_again, all=events.n_events
        )
        says = Scale.of(None if events.values is None else events.values[~np.isnan(events.values)]).says
        remedies = {"counts": said("Counts were added up."), "grades": said("The latest grade holds.")}
        remedy = remedies.get(says, said(""))
        found.append(_note("repeated_pairs", message, remedy, {"n": n_again}))
    if events.values is not None and (events.values < 0).any():
        n_below = int((events.values < 0).sum())
        message = said("{n:,} ratings are below zero; they are read as the low end of a scale.", n=n_below)
        found.append(_note("negative_ratings", message, "", {"n": n_below}, columns.rating))
    return found


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


def _numbered(cells: Cells) -> tuple[Integers, list[str]]:
    """Give each different text a number in order of the texts; -1 is missing."""
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    values = cells if isinstance(cells, np.ndarray) and cells.dtype.kind != "O" else list(cells)
    column = (
        pl.Series("", values, strict=False)
        if not _is_mixed(values)
        else pl.Series("", list(map(text_of, values)))
    )
    different = column.unique()
    texts = [clear(text_of(value)) for value in different.to_list()]
    names = sorted({text for text in texts if text})
    place = {text: at for at, text in enumerate(names)}
    codes = pl.DataFrame({"value": different, "code": [place.get(text, -1) for text in texts]})
    joined = pl.DataFrame({"value": column}).join(
        codes, on="value", how="left", nulls_equal=True, maintain_order="left"
    )
    return joined["code"].to_numpy().astype(np.int64), names


def _is_mixed(values: Any) -> bool:
    """Tell whether cells are of several types, which a typed column would change."""
    return not isinstance(values, np.ndarray) and len({type(value) for value in values} - {type(None)}) > 1


def _values(raw: Raw, name: str) -> Floats | None:
    if not name:
        return None
    schema, _ = infer(raw.select(name), roles={name: Role.FEATURE})
    column = schema[name]
    found = parse_column(column, raw.columns[name])
    if found.dtype != np.float64:
        sample = next((cell for cell in found.tolist() if cell), "")
        raise DataError(
            f"Column {name!r} cannot rate: it holds cells such as {sample!r}. Ratings and counts are "
            "numbers; name another column with --rating."
        )
    return None if np.isnan(found).all() else found


def _times(raw: Raw, name: str, findings: list[Finding]) -> Floats | None:
    if not name:
        return None
    schema, _ = infer(raw.select(name), roles={name: Role.TIME})
    found = parse_column(schema[name], raw.columns[name])
    n_unknown = int(np.isnan(found).sum())
    if n_unknown:
        message = said("{n:,} rows have no time; they count as the oldest.", n=n_unknown)
        findings.append(_note("no_time", message, "", {"n": n_unknown}, name))
        found = np.where(np.isnan(found), np.nanmin(found) if n_unknown < len(found) else 0.0, found)
    is_millis = np.abs(found) > _MILLIS
    if is_millis.any():
        found = np.where(is_millis, found / 1e3, found)
        if not is_millis.all():
            n_millis = int(is_millis.sum())
            message = said(
                "{n:,} of {all:,} times are in milliseconds, the others in seconds.",
                n=n_millis,
                all=len(found),
            )
            findings.append(
                Finding(
                    rule="mixed_times",
                    severity=Severity.WARNING,
                    column=name,
                    message=message,
                    evidence={"n": n_millis},
                    remedy=said("They were read as such; check where they come from."),
                )
            )
    return found


def _places(names: list[str], others: list[str]) -> Integers:
    """Return the places of names among others; each that is not there has a number of its own below 0."""
    place = {name: at for at, name in enumerate(others)}
    return np.array([place.get(name, -1 - at) for at, name in enumerate(names)], np.int64)
