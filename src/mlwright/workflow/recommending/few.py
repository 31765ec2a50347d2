"""Users of whom few items are known: who answers them, chosen and told by users who are held out whole."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.seeds import stream
from mlwright.core.shelves import RECOMMENDERS
from mlwright.ranking.blend import Blend, Member, Stage
from mlwright.workflow.recommending.choose import CELL_S, Candidate
from mlwright.workflow.recommending.exams import exam_of, some
from mlwright.workflow.recommending.judge import paired
from mlwright.workflow.recommending.judged import ndcg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.budget import Budget
    from mlwright.core.recommender import FittedRecommender, Histories, Recommender
    from mlwright.workflow.recommending.choose import Choice
    from mlwright.workflow.recommending.events import Events
    from mlwright.workflow.recommending.judged import Exam
    from mlwright.workflow.recommending.prepare import Log

_N_ITEMS = (1, 3, 5, 10)
"""Of each user held out so many items are told, one number after the other."""
_SHARE, _MOST_USERS, _FEWEST_USERS = 0.2, 600, 20
"""Of the users; none of fewer."""
_MOST_CELLS, _FEWEST_JUDGES = 4_000_000, 100
"""Scores in each exam."""
_FEWEST_TOLD = 20
"""Users of whom it is told what they got; fewer say nothing of others."""
_N_TRIES = 3
"""Of each recommender: settings, and with the first of them every look at histories."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Newcomers:
    """Users who are held out whole, of whom some items are told, and then one after the other more.

    They choose by what they liked later in the events to learn from, and tell what came of it by what they
    liked in the sealed test, where all that they took before is hidden.
    """

    are_held: Array
    choosing: tuple[Exam, ...] = ()
    telling: tuple[Exam, ...] = ()

    def without(self, events: Events) -> Events:
        """Return the events of all others."""
        return events.take(np.flatnonzero(~self.are_held[events.users]))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What users gave a recommender in several exams: nDCG, and of how many items each was told."""

    values: Floats
    n_told: Array

    def over(self, other: _Rows, most: int) -> Floats:
        """Return how much better each was off than with another, of those of whom so few are known."""
        found: Floats = (self.values - other.values)[self.n_told <= most]
        return found


def newcomers(log: Log, seed: int) -> Newcomers:
    """Hold users out at random, of all who have taken something to learn from."""
    events = log.train
    there = np.unique(events.users[events.users >= 0])
    n_held = min(_MOST_USERS, int(_SHARE * len(there)))
    are_held = np.zeros(len(events.user_names), bool)
    if n_held < _FEWEST_USERS:
        return Newcomers(are_held)
    chosen = stream(seed, "newcomers").permutation(there)[:n_held]
    are_held[chosen] = True
    pairs = list(_exams(log, are_held, seed))
    return Newcomers(are_held, tuple(one for one, _ in pairs), tuple(other for _, other in pairs))


def _exams(log: Log, are_held: Array, seed: int) -> Iterator[tuple[Exam, ...]]:
    """Tell the first items of these users; return whom to choose by, and who tells."""
    events, test = (
        one.take(np.flatnonzero((one.users >= 0) & are_held[one.users])) for one in (log.train, log.test)
    )
    age = np.zeros(events.n_events) if events.times is None else events.times
    order = np.lexsort((np.arange(events.n_events), age, events.users))
    starts = np.searchsorted(events.users[order], events.users[order], side="left")
    place = np.empty(events.n_events, np.int64)
    place[order] = np.arange(events.n_events) - starts
    hides = not log.allows_seen
    sealed = exam_of(log.whole(events), test, log.scale, hides=hides)
    for n_items in _N_ITEMS:
        first, later = (events.take(np.flatnonzero(chosen)) for chosen in (place < n_items, place >= n_items))
        choosing = exam_of(log.whole(first), later, log.scale, hides=hides)
        choosing = choosing.take(np.flatnonzero(choosing.asked.lengths == n_items))
        telling = sealed.take(np.flatnonzero(sealed.asked.lengths >= n_items))
        taken = telling.asked
        told = taken.keep(taken.positions >= np.repeat(taken.lengths - n_items, taken.lengths))
        telling = replace(telling, asked=told, taken=taken)
        yield tuple(some(one, _FEWEST_JUDGES, _MOST_CELLS, seed) for one in (choosing, telling))


def choose_few(
    held: Newcomers, known: Histories, exam: Exam, choice: Choice, budget: Budget, seed: int
) -> dict[str, Any] | None:
    """Let another recommender than the winner answer where few items are known, if that is better.

    `known` and `exam` are what candidates learned from and were judged by; who was judged there with few
    items has a say, too. Sets `choice.few` and `choice.few_most`.

    Returns
    -------
    "most", up to so many items another recommender answers, and its "learner" (0 and "" if the winner does);
    "by_items", for each number of items the users and the estimates of nDCG@10: "model", "popular" and the
    "gain". None where there were too few users or no time.
    """
    told = [one for one in held.telling if one.n_users >= _FEWEST_TOLD]
    few = np.flatnonzero(exam.asked.lengths <= _N_ITEMS[-1])
    exams = [one for one in (*held.choosing, exam.take(few)) if one.n_users]
    if not held.choosing or not held.choosing[0].n_users:
        return None
    winner = Blend(tuple(Member(_there(one), one.view, weight) for one, weight in choice.members))
    usual = _rows(winner, exams)
    found = _tried(known, exams, choice, budget)
    naive = max((one for one in found if one.candidate.is_naive), key=lambda one: one.score, default=None)
    if naive is None:
        return None
    best = max(found, key=lambda one: one.score)
    _, most = max((float(best.rows.over(usual, most).sum()), most) for most in _N_ITEMS)
    gain = best.rows.over(usual, most)
    if gain.mean() > _error(gain, len(exams)):
        choice.few, choice.few_most = best.candidate, most
        winner = replace(winner, stages=(Stage(most, best.member),))
    plain = Blend((naive.member,))
    return {
        "most": choice.few_most,
        "learner": "" if choice.few is None else choice.few.name,
        "by_items": [_told(one, winner, plain, seed) for one in told],
    }


def few_s(known: Histories) -> float:
    """Say about how long choosing takes on a usual processor [s]."""
    n_cells = (len(_N_ITEMS) + 1) * min(_MOST_CELLS, _MOST_USERS * known.n_items)
    n_cells = max(n_cells, len(_N_ITEMS) * _FEWEST_JUDGES * known.n_items)
    return sum(_N_TRIES * (one.seconds(known) + CELL_S * n_cells) for _, one in _shelf())


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Try:
    candidate: Candidate
    fitted: FittedRecommender
    rows: _Rows

    @property
    def score(self) -> float:
        return float(self.rows.values.mean())

    @property
    def member(self) -> Member:
        return Member(self.fitted, self.candidate.view)


def _shelf() -> Iterator[tuple[str, Recommender]]:
    for name in RECOMMENDERS.names():
        if RECOMMENDERS.get(name).is_for_few:
            yield name, RECOMMENDERS.get(name)


def _tried(known: Histories, exams: Sequence[Exam], choice: Choice, budget: Budget) -> list[_Try]:
    """Try each recommender with every look at histories, then other settings with the best look."""
    found: list[_Try] = []
    last_s = 0.0
    for name, recommender in sorted(_shelf(), key=lambda one: (not one[1].is_naive, one[1].order)):
        tried: list[_Try] = []
        for number, settings in enumerate(recommender.settings(known)[:_N_TRIES]):
            looks = choice.looks if not number else (max(tried, key=lambda one: one.score).candidate.view,)
            for look in looks:
                if (tried or found) and budget.left_s < choice.ending_s + 2.0 * last_s:
                    break
                began = time.monotonic()
                fitted = choice.kept.fitted(name, settings, look.fits(known))
                fit_s = time.monotonic() - began
                rows = _rows(Blend((Member(fitted, look),)), exams)
                last_s = time.monotonic() - began
                candidate = Candidate(
                    name=name, settings=settings, view=look, is_naive=recommender.is_naive,
                    values=rows.values, fit_s=fit_s, try_s=last_s,
                )  # fmt: skip
                tried.append(_Try(candidate, fitted, rows))
        found += [_first_of_the_best(tried, len(exams))] if tried else []
    return found


def _first_of_the_best(tried: Sequence[_Try], n_exams: int) -> _Try:
    """Return the first that is within a standard error of the best: settings are proposed usual ones first.

    Source: Breiman et al. (1984), Classification and Regression Trees.
    """
    best = max(tried, key=lambda one: one.score)
    for one in tried:
        less = best.rows.values - one.rows.values
        if less.mean() <= _error(less, n_exams):
            return one
    return best


def _error(gain: Floats, n_exams: int) -> float:
    """Return the standard error of a mean over users, each of whom judges in up to so many exams."""
    return float(gain.std() / np.sqrt(max(1.0, len(gain) / n_exams)))


def _rows(blend: Blend, exams: Sequence[Exam]) -> _Rows:
    values = [ndcg(exam.truth(exam.lists(blend.scores))) for exam in exams]
    return _Rows(np.concatenate(values), np.concatenate([exam.asked.lengths for exam in exams]))


def _told(exam: Exam, winner: Blend, plain: Blend, seed: int) -> dict[str, Any]:
    """Estimate what the model and what popularity give users of whom so many items are known."""
    model, popular = (_rows(one, [exam]).values for one in (winner, plain))
    nothing = np.zeros(len(model))
    return {
        "n_items": int(exam.asked.lengths[0]),
        "n_users": exam.n_users,
        "model": paired(model, nothing, seed).to_json(),
        "popular": paired(popular, nothing, seed).to_json(),
        "gain": paired(model, popular, seed).to_json(),
    }


def _there(candidate: Candidate) -> FittedRecommender:
    assert candidate.fitted is not None  # noqa: S101 - members are kept as they were fitted
    return candidate.fitted
