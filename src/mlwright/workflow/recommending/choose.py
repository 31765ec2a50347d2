"""Choosing: recommenders are tried on later events; the best are blended if that helps."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.progress import event
from mlwright.core.said import said
from mlwright.core.seeds import stream
from mlwright.core.shelves import RECOMMENDERS
from mlwright.evaluation.hits import PLACES
from mlwright.ranking.blend import Blend, Member, Stage, View, leveled
from mlwright.ranking.matrix import best
from mlwright.workflow.recommending.judged import HIDDEN_SCORE, ndcg
from mlwright.workflow.recommending.kept import Kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Floats, Integers, Singles
    from mlwright.core.budget import Budget
    from mlwright.core.progress import Listener
    from mlwright.core.recommender import FittedRecommender, Histories, Recommender, Settings
    from mlwright.workflow.recommending.judged import Exam
    from mlwright.workflow.recommending.kept import Tried

_LAST_S = 2.0
"""Kept for writing the evidence, when all is fitted and judged."""
_SLACK = 1.3
FITS, FITS_ONCE = 3.0, 2.0
"""What it takes to fit the winner on the events to learn from and then on all, and to prove both, in fits.

The second: where it is not fitted again.
"""
CELL_S = 1.5e-8
"""What it takes on a usual processor to score and rank, for each user and item [s]."""
_SHARE, _FEWEST_EVENTS = 0.4, 300_000
"""Trying each recommender once may take this share of the time, of long logs with fewer events."""
_TELLING_S = 0.2
_PACES = (0.5, 6.0)
"""How much longer work may take than on a usual processor; what is beyond was something else."""
_MORE = 1.5
"""Of what is slow: there are 1.25 to 1.5 times as many events in the end as candidates learn from."""
_WEIGHTS = (0.15, 0.3, 0.5, 1.0)
_MOST_MEMBERS, _LISTED = 3, 100
_WORTH = 1.0
"""A member joins if it gains a standard error: it costs time at every answer, and less may be chance."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A recommender with settings and a view, the nDCG of each judging user, and the seconds of a fit."""

    name: str
    settings: Settings
    view: View
    is_naive: bool
    values: Floats
    fit_s: float
    try_s: float = 0.0
    fitted: FittedRecommender | None = None

    @property
    def score(self) -> float:
        """The mean over users."""
        return float(self.values.mean())

    @property
    def error(self) -> float:
        """The standard error of the mean."""
        return float(self.values.std() / np.sqrt(max(1, len(self.values))))

    def fit(self, known: Histories, kept: Kept) -> FittedRecommender:
        """Fit it again."""
        return kept.fitted(self.name, self.settings, self.view.fits(known))

    def to_json(self) -> dict[str, Any]:
        """Return what the evidence says of it."""
        reach = 1.96 * self.error
        score = {
            "value": self.score,
            "low": self.score - reach,
            "high": self.score + reach,
            "direction": "max",
        }
        return {
            "learner": self.name,
            "settings": dict(self.settings),
            "view": self.view.to_json(),
            "is_naive": self.is_naive,
            "fit_s": self.fit_s,
            "score": score,
        }


@final
@dataclass(slots=True)
class Choice:
    """What was tried, and the members of the winner with their weights.

    Candidates learned from `n_events`, of `n_inside` that there were to choose by. `end_s` [s] is kept for
    proving and judging; `pace` is how much longer work takes than on a usual processor. `looks` are how
    histories may be looked at. `cold` answers users of whom no item is known, and `cold_naive` is the best
    naive way to do so; None without a table of users. `few` answers those of whom no more than `few_most` are
    known, None if the winner does; `few_told` says how well. `growth` says what half of the users would have
    given. What comes in the end takes `blend_s` [s] on a usual processor, and then `n_fits` fits.
    """

    tried: list[Candidate]
    members: list[tuple[Candidate, float]] = field(default_factory=list)
    naive: Candidate | None = None
    ended: str = said("every candidate was tried")
    blended: float = 0.0
    n_events: int = 0
    n_inside: int = 0
    cold: Candidate | None = None
    cold_naive: Candidate | None = None
    few: Candidate | None = None
    few_most: int = 0
    few_told: dict[str, Any] | None = None
    looks: tuple[View, ...] = (View(is_graded=False),)
    growth: dict[str, Any] | None = None
    n_fits: float = FITS
    blend_s: float = 0.0
    end_s: float = 0.0
    pace: float = 1.0
    kept: Kept = field(default_factory=Kept)

    @property
    def ending_s(self) -> float:
        """How long it may take to fit the winner, and then to end [s]."""
        fits_s = sum(one.fit_s for one in self.fits)
        return self.n_fits * fits_s + self.pace * self.end_s + _LAST_S

    @property
    def fits(self) -> list[Candidate]:
        """All that are fitted in the end."""
        return [one for one in (*(one for one, _ in self.members), self.cold, self.few) if one is not None]

    def affordable(self, budget: Budget) -> float:
        """Return how many events the winner can learn from, twice, in the time that is left.

        Never fewer than candidates learned from; costs are taken to grow with the events.
        """
        each = sum(one.fit_s for one in self.fits) / max(1, self.n_events)
        left_s = budget.left_s - _LAST_S - self.pace * self.end_s
        return max(self.n_events, left_s / (self.n_fits * max(each, 1e-9)))

    def fit(self, known: Histories) -> Blend:
        """Fit the winner."""
        kept = self.kept
        members = tuple(Member(one.fit(known, kept), one.view, weight) for one, weight in self.members)
        stages = tuple(
            Stage(most, Member(one.fit(known, kept), one.view))
            for most, one in ((0, self.cold), (self.few_most, self.few))
            if one is not None
        )
        return Blend(members, stages)

    def fit_naive(self, known: Histories, winner: Blend) -> Blend:
        """Fit the best of those that have to be beaten, if it is not a member of the winner already."""
        assert self.naive is not None  # noqa: S101 - popularity is always tried
        for (one, _), member in zip(self.members, winner.members, strict=True):
            if one is self.naive:
                return Blend((Member(member.fitted, one.view),))
        return Blend((Member(self.naive.fit(known, self.kept), self.naive.view),))


def events_in_time(known: Histories, exam: Exam, budget: Budget, most: float, seed: int) -> Histories:
    """Return the users at random from whom every recommender can learn once in a part of the time."""
    shelf = [RECOMMENDERS.get(name) for name in RECOMMENDERS.names()]
    found = known.some(most, stream(seed, "users to learn from"))
    while len(found.items) > _FEWEST_EVENTS and np.isfinite(budget.left_s):
        once = sum(_expected(one, found, exam) for one in shelf if not one.is_slow)
        if budget.slowdown * once <= _SHARE * budget.left_s:
            break
        found = known.some(len(found.items) / 2, stream(seed, "users to learn from"))
    return found


def _expected(recommender: Recommender, known: Histories, exam: Exam) -> float:
    """Return about how long it takes to try a recommender on a usual processor [s]; 0 if it is not tried."""
    if not recommender.settings(known):
        return 0.0
    n_views = len(recommender.fades) if known.times is not None else 1
    return recommender.seconds(known) + n_views * CELL_S * exam.n_users * known.n_items


def choose(
    known: Histories, exam: Exam, budget: Budget, listen: Listener, *,
    most: int | None, choice: Choice, more_s: float = 0.0,
) -> Choice:  # fmt: skip
    """Try candidates on events to learn from and users who judge; `most` limits their number.

    So much time is left for what is chosen afterwards: `more_s` [s on a usual processor].
    """
    choice.n_events, choice.pace = len(known.items), budget.slowdown
    recommenders = {name: RECOMMENDERS.get(name) for name in RECOMMENDERS.names()}
    recommenders = {
        name: one for name, one in recommenders.items() if not (exam.hides and one.is_for_repeats)
    }
    shelf = sorted(recommenders, key=lambda name: (not recommenders[name].is_naive, recommenders[name].order))
    waiting = {name: list(recommenders[name].settings(known)) for name in shelf}
    expected = {name: _expected(recommenders[name], known, exam) for name in shelf}
    choice.blend_s = CELL_S * exam.n_users * known.n_items * len(shelf) + more_s
    while any(waiting.values()):
        cheap = [name for name in shelf if waiting[name] and not recommenders[name].is_slow]
        for name in cheap or shelf:  # the usual settings of each first, then the others in turn
            if not waiting[name]:
                continue
            is_late = bool(choice.tried) and _ahead(choice, expected, name) > budget.left_s
            if is_late or (most is not None and len(choice.tried) >= max(1, most)):
                choice.ended = said("as many as asked for were tried")
                if is_late:
                    choice.ended = said("the time for the search was used up")
                waiting[name] = []
                continue
            _try(choice, name, waiting[name].pop(0), known, exam)
            leader = max(choice.tried, key=lambda one: one.score)
            told = event(budget, "searching", f"{name}: nDCG@10 {choice.tried[-1].score:.4f}")
            listen(replace(told, metric="ndcg_at_10", best=leader.score, done=len(choice.tried)))
    choice.naive = max((one for one in choice.tried if one.is_naive), key=lambda one: one.score)
    _blend(choice, exam)
    return choice


def _ahead(choice: Choice, expected: Mapping[str, float], name: str) -> float:
    """Return how long it may take to try a recommender once more, and then to end [s].

    How long those before it took, beside what was expected of them, says how fast this machine is. In the end
    the best are fitted twice, and judged. What is slow leaves time to fit it on all events, not only on some.
    """
    costs = {one.name: one.try_s for one in choice.tried}
    usual = sum(expected[one.name] for one in choice.tried)
    took = sum(one.try_s for one in choice.tried)
    if took > _TELLING_S:
        choice.pace = min(_PACES[1], max(_PACES[0], took / max(usual, _TELLING_S)))
    fits: dict[str, float] = {}
    for one in sorted(choice.tried, key=lambda one: one.score):
        fits[one.name] = one.fit_s
    coming = _SLACK * max(costs.get(name, 0.0), choice.pace * expected[name])
    if RECOMMENDERS.get(name).is_slow:
        fits[name] = _MORE * max(choice.pace * expected[name], fits.get(name, 0.0))
    fits.setdefault(name, coming)
    last = sorted(fits.values())[-_MOST_MEMBERS:]
    return coming + choice.n_fits * sum(last) + choice.pace * (choice.blend_s + choice.end_s) + _LAST_S


def _try(choice: Choice, name: str, settings: Settings, known: Histories, exam: Exam) -> None:
    """Fit with these settings and every look at histories, and keep the best view."""
    recommender = RECOMMENDERS.get(name)
    fades = recommender.fades if known.times is not None else recommender.fades[:1]
    rivals = [one for one in choice.tried if one.name == name]
    looks = choice.looks[:1] if recommender.is_slow else choice.looks
    if rivals:  # which look helps it has been seen
        looks = (max(rivals, key=lambda one: one.score).view.without_age,)
    began = time.monotonic()

    def work() -> Tried:
        view, values, fit_s, fitted = _best_view(recommender, settings, (looks, fades), known, exam)
        return view, values, fit_s, time.monotonic() - began, fitted

    facts = (
        name,
        dict(settings),
        tuple(one.to_json() for one in looks),
        tuple(fades),
        len(known.items),
        exam.n_users,
    )
    view, values, fit_s, try_s, fitted = choice.kept.tried(facts, name, work)
    winner = Candidate(
        name=name,
        settings=settings,
        view=view,
        is_naive=recommender.is_naive,
        values=values,
        fit_s=fit_s,
        try_s=try_s,
        fitted=fitted,
    )
    for rival in [
        one for one in rivals if one.fitted is not None
    ]:  # the fitted form is kept of the best of each name alone
        if rival.score >= winner.score:
            winner = replace(winner, fitted=None)
        else:
            choice.tried[choice.tried.index(rival)] = replace(rival, fitted=None)
    choice.tried.append(winner)


def _best_view(
    recommender: Recommender, settings: Settings, views: tuple[Any, Any], known: Histories, exam: Exam
) -> tuple[View, Floats, float, FittedRecommender]:
    """Fit with every look (`views` are these, and fades), and return the view that users are happiest with.

    Also the nDCG of each, the seconds of its fit, and what was fitted.
    """
    looks, fades = views
    found: list[tuple[View, Floats, float, FittedRecommender]] = []
    for look in looks:
        began = time.monotonic()
        if found:  # how fast histories fade has been seen
            view = max(found, key=lambda one: float(one[1].mean()))[0]
            fades = ((view.floor, view.decay),)
        fitted = recommender.fit(look.fits(known), settings)
        fit_s = time.monotonic() - began
        for view in (replace(look, floor=floor, decay=decay) for floor, decay in fades):
            lists = exam.lists(Blend((Member(fitted, view),)).scores)
            found.append((view, ndcg(exam.truth(lists)), fit_s, fitted))
    return max(found, key=lambda one: float(one[1].mean()))


def _blend(choice: Choice, exam: Exam) -> None:
    """Start with the best and add, one by one, what helps most; weights relate to the first."""
    ranked = sorted((one for one in choice.tried if one.fitted is not None), key=lambda one: -one.score)
    places, scores = _shortlist(ranked, exam)

    def values(total: Singles) -> Floats:
        top = best(total, PLACES)
        is_there = np.take_along_axis(total, top, axis=1) > HIDDEN_SCORE / 2
        lists = np.full((len(total), PLACES), -1, np.int64)  # of a few items there are fewer
        lists[:, : top.shape[1]] = np.where(is_there, np.take_along_axis(places, top, axis=1), -1)
        return ndcg(exam.truth(lists))

    chosen, total, reached = [(0, 1.0)], scores[0], values(scores[0])
    while len(chosen) < min(_MOST_MEMBERS, len(ranked)):
        used = [number for number, _ in chosen]
        tried = [
            (values(total + np.float32(weight) * scores[number]), number, weight)
            for number in range(len(ranked))
            if number not in used
            for weight in _WEIGHTS
        ]
        joined, number, weight = max(tried, key=lambda one: float(one[0].mean()))
        gain = joined - reached
        if gain.mean() <= _WORTH * gain.std() / np.sqrt(len(gain)):
            break
        chosen.append((number, weight))
        total, reached = total + np.float32(weight) * scores[number], joined
    choice.members = [(ranked[number], weight) for number, weight in chosen]
    choice.blended = float(reached.mean())


def _shortlist(ranked: list[Candidate], exam: Exam) -> tuple[Integers, list[Singles]]:
    """Return the items that anybody ranks high for a user, and their scores by each candidate.

    All have shape (n_users, n_listed); an item that is listed twice scores only once.
    """
    rounds = [_listed(ranked, lot) for lot in exam.lots()]
    places = np.concatenate([found for found, _ in rounds])
    return places, [np.concatenate(parts) for parts in zip(*(scores for _, scores in rounds), strict=True)]


def _listed(ranked: list[Candidate], exam: Exam) -> tuple[Integers, list[Singles]]:
    scores = []
    for one in ranked:
        assert one.fitted is not None  # noqa: S101 - only such are blended
        found = leveled(one.fitted.scores(one.view.of(exam.asked)))
        exam.hide(found)
        scores.append(found)
    n_most = min(_LISTED, exam.asked.n_items)
    high = [np.argpartition(-one, n_most - 1, axis=1)[:, :n_most] for one in scores]
    places = np.sort(np.concatenate(high, axis=1), axis=1)
    is_again = np.zeros(places.shape, bool)
    is_again[:, 1:] = places[:, 1:] == places[:, :-1]
    listed = [np.where(is_again, HIDDEN_SCORE, np.take_along_axis(one, places, axis=1)) for one in scores]
    return places, listed
