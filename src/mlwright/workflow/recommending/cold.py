"""Users of whom no item is known: what is popular, or what those take of whom the same is known."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.seeds import stream
from mlwright.core.shelves import RECOMMENDERS
from mlwright.ranking.blend import View
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.choose import Candidate
from mlwright.workflow.recommending.exams import exam_of, some
from mlwright.workflow.recommending.judge import paired
from mlwright.workflow.recommending.judged import ndcg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats, Singles
    from mlwright.core.budget import Budget
    from mlwright.core.recommender import Histories, Settings
    from mlwright.workflow.recommending.choose import Choice
    from mlwright.workflow.recommending.events import Events
    from mlwright.workflow.recommending.judged import Exam
    from mlwright.workflow.recommending.prepare import Log

_NAIVE, _BY_TRAITS = "popularity", "traits"
_N_PARTS = 3
_MOST_EVENTS = 300_000
"""Of users at random: estimates are over users, and these are enough."""
_FEWEST_USERS, _MOST_CELLS = 300, 4_000_000
"""Users who judge in each part, and cells of their scores."""
_SHARE = 0.1
"""Of the time that is left, at most, and one candidate more."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Users who are held out whole, and what all others took: nobody is judged by what they told."""

    known: Histories
    exam: Exam

    def values(self, name: str, settings: Settings, view: View) -> Floats:
        """Return the nDCG@10 of each user, of whom no item is known."""
        fitted = RECOMMENDERS.get(name).fit(view.fits(self.known), settings)

        def scores(asked: Histories) -> Singles:
            return fitted.scores(asked.keep(np.zeros(len(asked.items), bool)))

        return ndcg(self.exam.truth(self.exam.lists(scores)))


def choose_cold(log: Log, budget: Budget, seed: int) -> tuple[Candidate, Candidate] | None:
    """Choose by the events that candidates are chosen by, as if who judges had taken nothing before.

    Returns the best candidate and the best that knows nothing of users; None where there is no choice, or no
    time for one.
    """
    if log.traits is None or not log.traits.words:
        return None
    is_later = cut.cut(log.train, log.how, seed)
    sides = [log.train.take(np.flatnonzero(chosen)) for chosen in (~is_later, is_later)]
    parts = _parts(log, sides[0], sides[1], seed)
    if not parts:
        return None
    until = budget.left_s * (1.0 - _SHARE)
    known = parts[0].known
    plain = View(is_graded=False)
    views = (View(), plain) if log.scale.says != "nothing" else (plain,)
    popular = [(one, view) for one in RECOMMENDERS.get(_NAIVE).settings(known) for view in views]
    naive = _best(parts, _NAIVE, popular, budget, until)
    if naive is None:
        return None
    days = {0.0, naive.settings["days"]}
    proposed = [one for one in RECOMMENDERS.get(_BY_TRAITS).settings(known) if one["days"] in days]
    told = _best(parts, _BY_TRAITS, [(one, naive.view) for one in proposed], budget, until)
    if told is None:
        return None
    gain = told.values - naive.values
    is_better = gain.mean() > gain.std() / np.sqrt(len(gain))
    return (told if is_better else naive), naive


def judge_cold(log: Log, choice: Choice, seed: int) -> dict[str, Any] | None:
    """Judge the choice by the sealed test, fitted again without the users who judge, as if they were new.

    Returns
    -------
    "n_users", and estimates of nDCG@10 over them: "known" (what else is known of them is told), "unknown"
    (popularity) and "gain", the difference; None where that is not how new users are answered.
    """
    cold, naive = choice.cold, choice.cold_naive
    if cold is None or naive is None or cold is naive:
        return None
    parts = _parts(log, log.train, log.test, seed)
    if not parts:
        return None
    known, unknown = (_values(parts, one.name, one.settings, one.view) for one in (cold, naive))
    nothing = np.zeros(len(known))
    return {
        "n_users": len(known),
        "known": paired(known, nothing, seed).to_json(),
        "unknown": paired(unknown, nothing, seed).to_json(),
        "gain": paired(known, unknown, seed).to_json(),
    }


def _parts(log: Log, known: Events, later: Events, seed: int) -> list[_Part]:
    """Hold out a third of the users at a time; of very many, some take part."""
    rng = stream(seed, "new users")
    n_users = len(known.user_names)
    part = rng.integers(0, _N_PARTS, n_users)
    share = min(1.0, _MOST_EVENTS / max(1, known.n_events))
    part[rng.random(n_users) > share] = -1
    known = _of(known, part >= 0)
    asking, found = log.whole(known), []
    for number in range(_N_PARTS):
        others, judging = _of(known, part != number), _of(later, part == number)
        exam = some(exam_of(asking, judging, log.scale, hides=True), _FEWEST_USERS, _MOST_CELLS, seed)
        if exam.n_users and others.n_events:
            found.append(_Part(log.histories(others), exam))
    return found


def _of(events: Events, chosen: Any) -> Events:
    return events.take(np.flatnonzero((events.users >= 0) & chosen[np.maximum(events.users, 0)]))


def _best(
    parts: Sequence[_Part], name: str, proposed: Sequence[tuple[Settings, View]], budget: Budget, until: float
) -> Candidate | None:
    """Try settings until so many seconds are left; return the best, None if there was no time for one."""
    found: list[Candidate] = []
    for settings, view in proposed:
        if budget.left_s < until:
            break
        began = time.monotonic()
        values = _values(parts, name, settings, view)
        fit_s = (time.monotonic() - began) / len(parts)
        found.append(
            Candidate(
                name=name, settings=settings, view=view, is_naive=name == _NAIVE, values=values, fit_s=fit_s
            )
        )
    return max(found, key=lambda one: one.score, default=None)


def _values(parts: Sequence[_Part], name: str, settings: Settings, view: View) -> Floats:
    return np.concatenate([part.values(name, settings, view) for part in parts])
