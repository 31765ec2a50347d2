"""Users who judge: whose later events tell whether a ranking was right, of very many some at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.seeds import stream
from mlwright.ranking.order import are_among, different
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.judged import Exam

if TYPE_CHECKING:
    from mlwright.core.recommender import Histories
    from mlwright.workflow.recommending.events import Events, Scale
    from mlwright.workflow.recommending.prepare import Log

_MOST_CELLS = 30_000_000
_FEWEST_USERS = 300
_MOST_SEALED, _FEWEST_SEALED = 60_000_000, 3_000
"""Cells of scores, users by items, that choosing may take, and that judging in the end may take."""


def exam_of(known: Histories, later: Events, scale: Scale, *, hides: bool) -> Exam:
    """Let users judge by what they liked later; what they took before counts only if it is not hidden.

    Users that `later` has beyond the histories took nothing before, and nothing is known of them.
    """
    n_items, n_more = known.n_items, len(later.user_names) - known.n_users
    asked = known.padded(n_more)
    liked = later.take(np.flatnonzero(scale.are_liked(later.values, later.n_events) & (later.users >= 0)))
    n_new = max(0, -int(liked.items.min(initial=0)))  # items that nobody knew have numbers below 0
    width = n_items + n_new
    pairs = different(liked.users * width + liked.items + n_new)
    if hides:
        is_asked = np.zeros(asked.n_users, bool)
        is_asked[liked.users] = True
        theirs = np.flatnonzero(np.repeat(is_asked, asked.lengths))
        taken = np.sort(asked.users[theirs] * width + asked.items[theirs] + n_new)
        pairs = pairs[~are_among(pairs, taken)]
    users, items = np.divmod(pairs, width)
    starts = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=asked.n_users))])
    relevant = np.maximum(items - n_new, -1)  # which item it is that nobody knew is of no matter here
    whole = Exam(asked=asked, starts=starts.astype(np.int64), relevant=relevant, hides=hides)
    return whole.take(np.flatnonzero(np.diff(whole.starts)))


def inner(log: Log, how: str, seed: int) -> tuple[Events, Exam]:
    """Cut the events to learn from once more, to choose by: events to learn from, and users who judge."""
    is_later = cut.cut(log.train, how, seed)
    known, later = log.train.take(np.flatnonzero(~is_later)), log.train.take(np.flatnonzero(is_later))
    return known, some(log.exam(known, later), _FEWEST_USERS, _MOST_CELLS, seed)


def sealed(log: Log, seed: int) -> tuple[Exam, int]:
    """Return the users who judge in the end, and how many there are; of very many, some at random."""
    return judges(log.exam(log.train, log.test), seed)


def judges(whole: Exam, seed: int) -> tuple[Exam, int]:
    """Return the users who judge, of very many some at random, and how many there are."""
    return some(whole, _FEWEST_SEALED, _MOST_SEALED, seed), whole.n_users


def some(whole: Exam, fewest: int, most_cells: int, seed: int) -> Exam:
    """Return users at random, as many as fit into so many cells of scores, and no fewer than these."""
    most = max(fewest, most_cells // max(1, whole.asked.n_items))
    if whole.n_users <= most:
        return whole
    return whole.take(np.sort(stream(seed, "judging users").permutation(whole.n_users)[:most]))
