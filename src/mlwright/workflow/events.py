"""Events: what people write about, view and do, when nobody asks for a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.schema import Column, Kind, Role
from mlwright.data.cells import clean, text_of
from mlwright.data.distinct import distinct
from mlwright.data.infer import infer
from mlwright.data.parse import parse_column
from mlwright.data.raw import Raw
from mlwright.data.read import read
from mlwright.insight.activity import activity
from mlwright.insight.segments import SMALLEST_CELL, find_segments, table_of
from mlwright.insight.topics import find_topics
from mlwright.insight.trends import find_trends
from mlwright.workflow.recommending.cells import in_seconds

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.insight.segments import Segments
    from mlwright.insight.topics import Topics

ROLES = ("user", "item", "text", "time")
_EPOCH_S = (6.3e8, 4.1e9)
"""The years from 1990 to 2100, in seconds since 1970."""
_MOST_ITEMS = 30
"""Items whose trends are told where there is no text; the most frequent."""


def describe_events(
    data: object,
    *,
    user: str | None = None,
    item: str | None = None,
    text: str | None = None,
    time: str | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Say what a table of events holds: topics of its texts, segments of its users, trends over time.

    Parameters
    ----------
    user, item, text, time
        Names of columns: who, what, in which words, when. At least one of the first three.

    Returns
    -------
    "n_events", "roles" (the columns by what they are), "topics", "segments" (of users: by topics if there are
    stable ones, else by items), "who_with_what" (the share of each topic in what each segment does),
    "trends", "users", "items": each null where no column tells it, or too few rows do.

    Raises
    ------
    UsageError, MissingColumnError, DataError
        No role was named; a column is not there; the time column holds no dates.
    """
    raw = data if isinstance(data, Raw) else read(data)
    roles = {"user": user, "item": item, "text": text, "time": time}
    _check(raw, roles)
    topics = None if text is None else find_topics(_texts(raw, text), seed)
    users, _ = _numbers(raw, user)
    items, item_names = _numbers(raw, item)
    segments = _segments(users, items, item_names, topics, seed)
    shown = _shown(users, items, len(item_names))
    return {
        "n_events": raw.n_rows,
        "roles": roles,
        "topics": None if topics is None else topics.to_json(),
        "segments": None if segments is None else segments.to_json(),
        "who_with_what": _who_with_what(users, segments, topics),
        "trends": None if time is None else _trends(_times(raw, time), items, item_names, shown, topics),
        "users": _activity(users),
        "items": _activity(items, item_names, shown),
    }


def _check(raw: Raw, roles: dict[str, str | None]) -> None:
    named = [name for name in roles.values() if name is not None]
    missing = [name for name in named if name not in raw.columns]
    if missing:
        raise MissingColumnError.among(missing, raw.names, raw.source)
    if not any(roles[one] for one in ("user", "item", "text")):
        raise UsageError(
            "Events need a column of users, items or texts: name one with --user, --item or --text."
        )
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        message = f"Column {twice[0]!r} was named for two of --user, --item, --text and --time. Name it once."
        raise UsageError(message)
    if not raw.n_rows:
        raise DataError(f"There are no rows in {raw.source}.")


def _texts(raw: Raw, name: str) -> list[str]:
    return ["" if cell is None else text_of(cell) for cell in raw.columns[name]]


def _numbers(raw: Raw, name: str | None) -> tuple[Integers | None, list[str]]:
    """Return the number of each cell, -1 where it is empty, and what the numbers stand for."""
    if name is None:
        return None, []
    cells = parse_column(Column(name=name, kind=Kind.CATEGORY), raw.columns[name])
    levels, numbers = distinct(cells)
    if levels and levels[0] == "":
        return numbers - 1, [clean(one) for one in levels[1:]]
    return numbers, levels


def _times(raw: Raw, name: str) -> Floats:
    """Return epoch seconds; numbers are taken for them, or finer, if that gives years from 1990 to 2100."""
    schema, _ = infer(raw.select(name), roles={name: Role.TIME})
    times = parse_column(schema[name], raw.columns[name])
    if schema[name].kind is Kind.DATETIME:
        return times
    times, _ = in_seconds(times)
    known = times[~np.isnan(times)]
    if not len(known) or known.min() <= _EPOCH_S[0] or known.max() >= _EPOCH_S[1]:
        found = f"numbers from {known.min():g} to {known.max():g}" if len(known) else "nothing"
        raise DataError(
            f"Column {name!r} cannot tell the time: it holds neither dates nor seconds since 1970 (or milli-,"
            f" micro-, nanoseconds), but {found}. Name another column with --time, or leave it out."
        )
    return times


def _segments(
    users: Integers | None, items: Integers | None, names: list[str], topics: Topics | None, seed: int
) -> Segments | None:
    """Group users by the topics of what they have to do with or, without stable ones, by the items."""
    if users is None:
        return None
    if topics is not None and (topics.is_stable or items is None):
        things, called = topics.of, [topic.label for topic in topics.topics]
    elif items is not None:
        things, called = items, names
    else:
        return None
    known = (users >= 0) & (things >= 0)
    if not known.any():
        return None
    return find_segments(users[known], things[known], called, seed)


def _who_with_what(
    users: Integers | None, segments: Segments | None, topics: Topics | None
) -> dict[str, Any] | None:
    if users is None or segments is None or topics is None:
        return None
    padded = np.full(max(int(users.max()) + 1, len(segments.of)) + 1, -1, dtype=np.int64)
    padded[: len(segments.of)] = segments.of  # the last stands for events without a user
    shares = table_of(padded[users], topics.of, users, len(segments.segments), len(topics.topics))
    return {
        "segments": [one["label"] for one in segments.segments],
        "topics": [topic.label for topic in topics.topics],
        "shares": [[None if np.isnan(cell) else float(cell) for cell in row] for row in shares],
    }


def _activity(
    numbers: Integers | None, names: list[str] | None = None, shown: Array | None = None
) -> dict[str, Any] | None:
    """Say how events are spread; None where no cell names anything."""
    known = None if numbers is None else numbers[numbers >= 0]
    return None if known is None or not len(known) else activity(known, names, shown)


def _shown(users: Integers | None, items: Integers | None, n_items: int) -> Array | None:
    """Tell which items enough users have to do with to be named; None where nobody tells the users."""
    if users is None or items is None:
        return None
    known = (users >= 0) & (items >= 0)
    pairs = np.unique(users[known] * n_items + items[known])
    return np.bincount(pairs % max(1, n_items), minlength=n_items) >= SMALLEST_CELL


def _trends(
    times: Floats, items: Integers | None, names: list[str], shown: Array | None, topics: Topics | None
) -> dict[str, Any] | None:
    if topics is not None:
        return find_trends(times, topics.of, [topic.label for topic in topics.topics])
    if items is None:
        return None
    counts = np.bincount(items[items >= 0], minlength=len(names))
    if shown is not None:
        counts = np.where(shown, counts, 0)
    most = np.argsort(-counts, kind="stable")[:_MOST_ITEMS]
    most = most[counts[most] > 0]
    if not len(most):
        return None
    places = np.full(len(names) + 1, -1, dtype=np.int64)
    places[most] = np.arange(len(most))
    return find_trends(times, places[items], [names[at] for at in most])
