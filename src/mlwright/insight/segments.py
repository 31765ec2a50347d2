"""Segments: groups of users who look for the same, and whether other users would have been grouped alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.seeds import stream
from mlwright.insight.peaks import largest_peak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats, Integers

_COUNTS = (2, 3, 4, 5, 6, 8, 10)
"""How many segments are tried."""
_FEWEST_USERS, _FEWEST_EVENTS = 60, 3
_MOST_FITTED = 20_000
_N_DIRECTIONS = 24
_N_PAIRS = 3
_STABLE = 0.4
"""The adjusted Rand index of two groupings that learned from different users."""
_N_SHOWN = 8
SMALLEST_CELL = 20
"""Fewer users are not described: they could be recognized."""
_LIFT_PRIOR = 20.0
"""Events added before a lift is taken, at the usual share: few events are luck."""


@final
@dataclass(frozen=True, slots=True)
class Segments:
    """`of` holds the segment of each user, shape (n_users,), -1 for those with too few events.

    `segments` describe them, the largest first; `stability` is an adjusted Rand index, at most 1.
    """

    of: Integers
    segments: tuple[dict[str, Any], ...]
    stability: float
    tried: dict[int, float]

    @property
    def is_stable(self) -> bool:
        """Whether other users would have been grouped alike."""
        return self.stability >= _STABLE

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "segments": list(self.segments),
            "stability": self.stability,
            "is_stable": self.is_stable,
            "share_without": float((self.of < 0).mean()) if len(self.of) else 1.0,
            "tried": {str(n): stability for n, stability in self.tried.items()},
        }


def find_segments(users: Integers, things: Integers, names: Sequence[str], seed: int = 0) -> Segments | None:
    """Group users by what they have to do with; None if there are too few.

    Parameters
    ----------
    users, things
        Who and what, as numbers from 0 on, one pair per event, shape (n_events,).
    names
        What the things are called: items, or topics of what was read.

    Notes
    -----
    Counts are damped and weighted by how telling a thing is, brought to few directions, and users grouped
    by the angle between them (spherical k-means); `largest_peak` chooses how many groups.

    Source: Dhillon & Modha 2001; stability: Hubert & Arabie 1985.
    """
    n_users = int(users.max()) + 1 if len(users) else 0
    n_events = np.bincount(users, minlength=n_users)
    active = np.flatnonzero(n_events >= _FEWEST_EVENTS)
    if len(active) < _FEWEST_USERS or len(names) < 3:
        return None
    points = _points(users, things, n_users, len(names), seed)[active]
    tried, found = _choose(points, seed)
    if not found:
        return None
    n_groups = largest_peak(tried)
    groups = found[n_groups]
    order = np.argsort(-np.bincount(groups, minlength=n_groups), kind="stable")
    of = np.full(n_users, -1, dtype=np.int64)
    of[active] = np.argsort(order)[groups]
    described = tuple(_describe(number, of, users, things, names) for number in range(n_groups))
    return Segments(of, described, tried[n_groups], tried)


def _points(users: Integers, things: Integers, n_users: int, n_things: int, seed: int) -> Floats:
    """Return users as points of length 1, shape (n_users, n_directions)."""
    from scipy.sparse import csr_matrix, diags  # noqa: PLC0415 - heavy
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 - heavy

    counts = csr_matrix((np.ones(len(users)), (users, things)), shape=(n_users, n_things))
    counts.data = np.log1p(counts.data)
    n_with = np.maximum(1, np.bincount(counts.indices, minlength=n_things))
    weighted = (counts @ diags(np.log1p(n_users / n_with))).tocsr()
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    weighted = diags(1.0 / np.maximum(norms, 1e-9)) @ weighted
    n_directions = min(_N_DIRECTIONS, *weighted.shape)
    _, _, directions = randomized_svd(weighted, n_directions, n_iter=4, random_state=seed)
    points = np.asarray(weighted @ directions.T)
    found: Floats = points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)
    return found


def _choose(points: Floats, seed: int) -> tuple[dict[int, float], dict[int, Integers]]:
    """Return how stable each number of groups is, and the groups of all users."""
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415 - heavy

    rng = stream(seed, "segments")
    pairs = []
    for _ in range(_N_PAIRS):
        order = rng.permutation(len(points))[:_MOST_FITTED]
        pairs.append((order[: len(order) // 2], order[len(order) // 2 :]))
    tried, found = {}, {}
    for n_groups in _COUNTS:
        if n_groups * SMALLEST_CELL > len(points):
            break
        whole = _grouped(points, points[np.sort(rng.permutation(len(points))[:_MOST_FITTED])], n_groups, seed)
        if np.bincount(whole, minlength=n_groups).min() < SMALLEST_CELL:
            continue  # a group of few is no segment
        agreed = [
            adjusted_rand_score(*(_grouped(points, points[half], n_groups, seed) for half in pair))
            for pair in pairs
        ]
        tried[n_groups], found[n_groups] = float(np.mean(agreed)), whole
    return tried, found


def _grouped(points: Floats, fitted: Floats, n_groups: int, seed: int) -> Integers:
    """Return the group of each point when these points decide."""
    from sklearn.cluster import KMeans  # noqa: PLC0415 - heavy
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - as above

    # Threads wait for each other at each of the many short rounds, on a busy machine most of the time; and
    # how many there are would change last digits.
    with threadpool_limits(1):
        model = KMeans(n_groups, n_init=4, max_iter=100, random_state=seed).fit(fitted)
        return np.asarray(model.predict(points), dtype=np.int64)


def _describe(
    number: int, of: Integers, users: Integers, things: Integers, names: Sequence[str]
) -> dict[str, Any]:
    """Say how large a segment is, and what it has to do with more than others."""
    is_own = of[users] == number
    found = more_than_usual(things[is_own], things, users[is_own], names)
    label = ", ".join(str(item["name"]) for item in found[:3]) or "nothing in particular"
    return {
        "label": label,
        "n_users": int((of == number).sum()),
        "share_of_users": float((of == number).mean()),
        "share_of_events": float(is_own.mean()),
        "more_than_usual": found,
    }


def more_than_usual(
    own: Integers, every: Integers, owners: Integers, names: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the things that are a larger share of some events than of all, the most telling first.

    `own` and `owners` are things and users of some events, `every` the things of all. What fewer than
    `SMALLEST_CELL` users have to do with is left out.
    """
    n_things = len(names)
    counts, usual = np.bincount(own, minlength=n_things), np.bincount(every, minlength=n_things) / len(every)
    pairs = np.unique(np.column_stack([own, owners]), axis=0) if len(own) else np.empty((0, 2), np.int64)
    n_users = np.bincount(pairs[:, 0], minlength=n_things)
    total = max(1, len(own))
    lift = (counts + _LIFT_PRIOR * usual) / ((total + _LIFT_PRIOR) * np.maximum(usual, 1e-12))
    weight = np.where(
        (n_users >= SMALLEST_CELL) & (lift > 1.0), counts * np.log(np.maximum(lift, 1e-12)), 0.0
    )
    best = [at for at in np.argsort(-weight, kind="stable")[:_N_SHOWN] if weight[at] > 0]
    return [
        {
            "name": names[at],
            "share": float(counts[at] / total),
            "lift": float(lift[at]),
            "n_users": int(n_users[at]),
        }
        for at in best
    ]


def table_of(segments: Integers, topics: Integers, users: Integers, n_segments: int, n_topics: int) -> Array:
    """Return the share of each topic in the events of each segment; NaN where too few users are behind it."""
    found = np.full((n_segments, n_topics), np.nan)
    for segment in range(n_segments):
        is_own = (segments == segment) & (topics >= 0)
        for topic in range(n_topics):
            here = is_own & (topics == topic)
            if len(np.unique(users[here])) >= SMALLEST_CELL:
                found[segment, topic] = here.sum() / is_own.sum()
    return found
