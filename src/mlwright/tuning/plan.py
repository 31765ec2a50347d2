"""Plan: what to try next. First the portfolio; then small moves around what weighs in the blend."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

from mlwright.core.seeds import stream
from mlwright.core.shelves import LEARNERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlwright.core.budget import Budget
    from mlwright.core.learner import Configuration, Sequel
    from mlwright.tuning.contract import Scales
    from mlwright.tuning.latency import Latency
    from mlwright.tuning.store import Store
    from mlwright.tuning.trial import Trial

_FEW_ROWS = 2_000
"""Below, the best of many moves would be the luckiest."""
_SMALLEST_FACTOR, _LARGEST_FACTOR = 1.3, 2.0
_MANY_CLASSES = 10
"""Above, choosing words takes seconds, and each round of trees is as many trees."""


@final
class Plan:
    """Hands out one configuration after the other; depends on the seed and on what it is told alone."""

    def __init__(self, store: Store, seed: int, latency: Latency, budget: Budget) -> None:
        self._store, self._seed = store, seed
        self._portfolio = [one for one in portfolio(store) if not (latency.is_fast and one.n_combined)]
        if budget.deadline is not None and budget.max_trials is None:
            self._portfolio = _in_time(self._portfolio, store, n_sure=None if budget.is_short else 1)
        self._n_moves = 0
        self._haste: dict[str, float] = {}

    @property
    def n_left(self) -> int:
        """How many of the portfolio are left."""
        return len(self._portfolio)

    def first(self) -> Configuration:
        """Return the dullest candidate."""
        return self._portfolio.pop(0)

    def next(self, fits: Callable[[Configuration], bool]) -> Configuration | None:
        """Return the first of the portfolio that fits into the time; None if none does."""
        for number, one in enumerate(self._portfolio):
            if fits(one):
                return self._hurried(self._portfolio.pop(number))
        return None

    def follow(self, trial: Trial, trials: Sequence[Trial]) -> None:
        """Put what is to be tried after a finished candidate that wanted more among what is left."""
        parent = trial.configuration
        sequel = LEARNERS.get(parent.learner).sequel
        if sequel is None or not trial.wants_more or parent.haste > 1.0:
            return
        value = parent.parameters[sequel.parameter]
        more = sequel.factor * value
        if more > sequel.most or not self._leads(trial, trials, sequel):
            return
        more = round(more) if isinstance(value, int) else float(f"{more:.3g}")
        parts = [part for part in parent.name.split(", ") if not part.startswith(f"{sequel.parameter} ")]
        one = replace(
            parent,
            name=", ".join([*parts, f"{sequel.parameter} {more}"]),
            order=parent.order + 1,
            cost=sequel.cost * parent.cost,
            parameters={**parent.parameters, sequel.parameter: more},
        )
        later = (n for n, other in enumerate(self._portfolio) if other.order > one.order)
        self._portfolio.insert(next(later, len(self._portfolio)), one)

    def _leads(self, trial: Trial, trials: Sequence[Trial], sequel: Sequel) -> bool:
        """Tell whether a candidate is so much better than what went less far as the sequel asks.

        Only one of those that differ in nothing else may have a sequel: the one that goes furthest.
        """
        if sequel.gain is None:
            return True
        parent, name = trial.configuration, sequel.parameter

        def is_kin(one: Configuration) -> bool:
            return (one.learner, one.features) == (parent.learner, parent.features) and one is not parent

        def is_same(one: Configuration) -> bool:
            return is_kin(one) and {**one.parameters, name: 0} == {**parent.parameters, name: 0}

        value = parent.parameters[name]
        known = [*(t.configuration for t in trials), *self._portfolio]
        if any(is_same(one) and one.parameters[name] >= value for one in known):
            return False
        kin = [t for t in trials if t.is_finished and is_kin(t.configuration)]
        losses = [t.loss for t in kin if t.configuration.parameters[name] < value]
        return trial.loss <= (1.0 - sequel.gain) * min(losses, default=math.inf)

    def weigh(self, trial: Trial, scales: Scales) -> None:
        """Measure a finished candidate; one that breaks its contract is tried smaller, as its kin is."""
        scales.weigh(trial)
        haste = scales.haste(trial)
        if haste is not None:
            self._haste[trial.configuration.learner] = haste
            self._portfolio.insert(0, trial.configuration)

    def _hurried(self, configuration: Configuration) -> Configuration:
        haste = self._haste.get(configuration.learner, 1.0)
        if haste <= configuration.haste:
            return configuration
        name = configuration.name.removesuffix(f", pace {configuration.haste:g}")
        return replace(configuration, name=f"{name}, pace {haste:g}", haste=haste)

    def move(self, blended: Sequence[Trial]) -> Configuration | None:
        """Return a neighbor of one in the blend, the heavier the likelier; None if there is none."""
        rng = stream(self._seed, "move", self._n_moves)
        self._n_moves += 1
        parents = [trial for trial in blended if LEARNERS.get(trial.configuration.learner).steps]
        if not parents or self._store.n_rows < _FEW_ROWS:
            return None
        weights = [trial.weight for trial in parents]
        total = sum(weights)
        parent = parents[int(rng.choice(len(parents), p=[w / total for w in weights]))].configuration
        steps = LEARNERS.get(parent.learner).steps
        name = sorted(steps)[int(rng.integers(len(steps)))]
        low, high = steps[name]
        factor = float(rng.uniform(_SMALLEST_FACTOR, _LARGEST_FACTOR))
        value: Any = parent.parameters[name] * (factor if rng.random() < 0.5 else 1.0 / factor)
        value = min(high, max(low, value))
        value = round(value) if isinstance(parent.parameters[name], int) else float(f"{value:.2g}")
        moved = f"{_root(parent)}, {name} {value} (move {self._n_moves})"
        return replace(parent, name=moved, parameters={**parent.parameters, name: value})


def _root(configuration: Configuration) -> str:
    """Return the name without the move that led to it."""
    parts = configuration.name.split(", ")
    kept = [
        part for part in parts[1:] if part in ("short", "long", "pieces", "combined", "words", "no trend")
    ]
    return ", ".join([parts[0], *kept])


def _in_time(portfolio: list[Configuration], store: Store, n_sure: int | None) -> list[Configuration]:
    """Put the first `n_sure`, all if None, that come out well however soon the end is after the baseline.

    They make a decent model early, and tell what others will take.
    """
    sure = [one for one in portfolio[1:] if not _is_late(one, store.n_classes)][:n_sure]
    return [portfolio[0], *sure, *(one for one in portfolio[1:] if one not in sure)]


def _is_late(configuration: Configuration, n_classes: int) -> bool:
    """Tell whether it may come to nothing if time is short.

    Combined features cost time before the fit, and so do words, for each class.
    """
    has_slow_words = configuration.n_words > 0 and n_classes > _MANY_CLASSES
    is_anytime = LEARNERS.get(configuration.learner).is_anytime
    return not is_anytime or configuration.n_combined > 0 or has_slow_words


def portfolio(store: Store) -> list[Configuration]:
    """Return every candidate that the learners propose, in the order in which they are tried."""
    found = []
    for name in LEARNERS.names():
        learner = LEARNERS.get(name)
        if store.link in learner.serves:
            found += [replace(one, learner=name) for one in learner.configurations(store.shape)]
    if store.trend:
        blind = [replace(c, name=f"{c.name}, no trend", ignores_trend=True) for c in found if c.encodings]
        found += blind
    return sorted(found, key=lambda one: (one.order, one.name))
