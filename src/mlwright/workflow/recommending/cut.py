"""Which events judge, and by which rule: later ones if times are known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.seeds import stream
from mlwright.ranking.order import in_order

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.workflow.recommending.events import Events

_SHARE = 0.2
_DATES_S = (1e8, 2.5e11)
"""Seconds since 1970 that are told as dates: from 1973 on, up to the year 9892."""
_MOST_LATER = 0.5
"""A cut in time that would judge by more events is none: then each user is cut."""
_WITH_PAST = 0.5
"""A cut in time judges users with a past; where fewer events than this are theirs, each user is cut."""
LATER_TIME, LATER_SHARE, LAST, RANDOM = (
    "later in time", "the later fifth of each user", "the last of each user", "a random fifth of each user"
)  # fmt: skip


def cut(events: Events, how: str, seed: int) -> Array:
    """Tell which events judge, shape (n_events,).

    But for a cut in time, users with fewer than 3 events judge nothing.
    """
    if how == LATER_TIME and events.times is not None:
        found: Array = events.times > np.quantile(events.times, 1.0 - _SHARE)
        if not found.any():  # so many events share the last time, such as a year
            found = events.times == events.times.max()
        if found.mean() <= _MOST_LATER:
            return found
    chance = stream(seed, "events").random(events.n_events)
    age = chance if events.times is None or how == RANDOM else -events.times
    order = in_order(events.users, age, chance)
    lengths = np.bincount(events.users, minlength=len(events.user_names))
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    place = np.empty(events.n_events)
    place[order] = np.arange(events.n_events) - np.repeat(starts, lengths)
    n_judging = np.ones(len(lengths)) if how == LAST else np.maximum(1.0, np.round(_SHARE * lengths))
    n_judging = np.where(lengths < 3, 0.0, n_judging)
    return place < n_judging[events.users]


def usual(events: Events) -> str:
    """Choose the rule for a log without rows to judge by."""
    times = events.times
    if times is None or times.min() == times.max():
        return RANDOM
    is_late = cut(events, LATER_TIME, 0)
    known = np.zeros(len(events.user_names), bool)
    known[events.users[~is_late]] = True
    if is_late.any() and known[events.users[is_late]].mean() >= _WITH_PAST:
        return LATER_TIME
    return LATER_SHARE


def rule_of(train: Events, test: Events) -> str:
    """Tell by which rule rows to judge by were chosen, both with numbers of the same lists of users."""
    if train.times is None or test.times is None or train.times.min() == test.times.max():
        return RANDOM
    if (test.times >= np.quantile(train.times, 0.999)).mean() > 0.99:
        return LATER_TIME
    latest = np.full(len(train.user_names), -np.inf)
    np.maximum.at(latest, train.users, train.times)
    known = test.take(np.flatnonzero(test.users >= 0))
    assert known.times is not None  # noqa: S101 - test has times
    is_later = known.times >= latest[known.users]
    if not len(is_later) or is_later.mean() < 0.95:
        return RANDOM
    per_user = np.bincount(known.users)
    return LAST if float(np.median(per_user[per_user > 0])) == 1.0 else LATER_SHARE


def spans(train: Floats | None, test: Floats | None) -> dict[str, float | str | None]:
    """Return when the first and the last event of both sides took place; None without times."""
    ends = {"train": train, "test": test}
    return {
        f"{which}_{name}_time": None if times is None or not len(times) else _told(find(times))
        for name, times in ends.items()
        for which, find in (("first", np.min), ("last", np.max))
    }


def _told(time: float) -> float | str:
    """Write seconds since 1970 as a date; numbers that are no date, such as steps, stay what they are."""
    if not _DATES_S[0] <= time <= _DATES_S[1]:
        return float(time)
    return datetime.fromtimestamp(float(time), UTC).replace(tzinfo=None).isoformat(timespec="seconds")
