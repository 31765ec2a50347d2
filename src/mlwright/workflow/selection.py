"""What the choice among candidates is worth: its own optimism, and the gain over the simplest of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.seeds import stream
from mlwright.core.shelves import METRICS, TASKS
from mlwright.core.task import Link
from mlwright.evaluation.score import compare, estimate
from mlwright.tuning.blend import blend

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.budget import Budget
    from mlwright.core.evaluation import Estimate
    from mlwright.core.prediction import Prediction
    from mlwright.core.task import Task
    from mlwright.tuning.search import Search
    from mlwright.tuning.trial import Trial
    from mlwright.workflow.prepare import Prepared

_BAGS, _FEWEST_BAGS, _MOST_ROWS = 40, 10, 5_000
_LAST_S = 0.5
_SIMPLE = ("linear", "lightgbm small trees", "extra trees")
"""What people would have tried first, in that order."""


def selection(prepared: Prepared, search: Search, seed: int, budget: Budget) -> dict[str, Any] | None:
    """Return what the out-of-fold answers claim, and how much of that the choice itself made up.

    None if nothing but the baseline is complete.

    Returns
    -------
    "n_candidates"; "apparent", the score of the blend on the rows that also chose it; "optimism" by the
    bootstrap, None without time; "corrected", the one less the other; "simplest" with the "name" and
    "score" of the simplest candidate and the paired "gain" of the blend over it.

    Source: Tsamardinos et al. 2018, "Bootstrapping the out-of-sample predictions for efficient and accurate
    cross-validation" (BBC-CV), here with the choice made by all rows as a control variate.
    """
    candidates = [trial for trial in search.finished if trial.number > 0]
    if not candidates or not any(trial.weight > 0 for trial in candidates):
        return None
    rows = _Judged(prepared, search)
    chosen = rows.prediction(search.blended())
    apparent = estimate(rows.task.metric, rows.truth, chosen, groups=rows.alike, seed=seed)
    optimism = rows.optimism(search.finished, seed, budget)
    simplest = _simplest(candidates)
    plain = rows.prediction(simplest.answers())
    gain = compare(rows.task.metric, rows.truth, chosen, plain, groups=rows.alike, seed=seed)
    own = estimate(rows.task.metric, rows.truth, plain, groups=rows.alike, seed=seed)
    return {
        "n_candidates": len(search.finished),
        "apparent": apparent.to_json(),
        "optimism": optimism,
        "corrected": None if optimism is None else _less(apparent, optimism).to_json(),
        "simplest": {
            "name": simplest.configuration.name,
            "score": own.to_json(),
            "gain": gain.to_json(),
        },
    }


@final
class _Judged:
    """The rows that the folds judged, one fold after the other."""

    def __init__(self, prepared: Prepared, search: Search) -> None:
        self.task: Task = prepared.task
        self._link, self._scaled = search.store.link, search.target
        judged = np.concatenate([valid for _, valid in search.store.folds])
        target = prepared.train.target
        assert target is not None  # noqa: S101 - training rows have a target
        alike = prepared.train.alike
        self.truth: Floats = target[judged]
        self.alike: Array | None = None if alike is None else alike[judged]

    def prediction(self, given: Floats) -> Prediction:
        """Turn answers of learners into predictions."""
        if self._link is Link.IDENTITY:
            given = given * self.task.scale + self.task.offset
        return TASKS.get(self.task.kind).answer(given)

    def optimism(self, trials: list[Trial], seed: int, budget: Budget) -> float | None:
        """Return how much better the metric is on rows that helped to choose than on rows that did not.

        Weights are chosen by rows drawn with replacement, those that err alike together, and judged by the
        rows that were not drawn, beside the weights that all rows chose. The mean difference is the optimism;
        None if there was no time for enough of them. Both choose in one pass, where what ships averages
        twenty samples of rows, so this errs on the side of too much.
        """
        rng = stream(seed, "optimism")
        rows, units = self._some(rng)
        n_units = int(units.max()) + 1
        scaled, given = self._scaled[rows], [trial.answers()[rows] for trial in trials]
        usual = blend(self._link, scaled, given, seed)
        differences = []
        for _ in range(_BAGS):
            if budget.left_s < _LAST_S:
                break
            counts = np.bincount(rng.integers(0, n_units, n_units), minlength=n_units)[units]
            bag, outside = np.repeat(np.arange(len(rows)), counts), np.flatnonzero(counts == 0)
            if len(outside):
                weights = blend(self._link, scaled[bag], [one[bag] for one in given], seed)
                others, truth = [one[outside] for one in given], self.truth[rows[outside]]
                differences.append(self._score(others, usual, truth) - self._score(others, weights, truth))
        known = [difference for difference in differences if np.isfinite(difference)]
        return float(np.mean(known)) if len(known) >= _FEWEST_BAGS else None

    def _some(self, rng: np.random.Generator) -> tuple[Integers, Integers]:
        """Return rows, at most about 5,000, and the number of the unit that each is drawn with."""
        n_rows = len(self.truth)
        units = np.arange(n_rows) if self.alike is None else np.unique(self.alike, return_inverse=True)[1]
        n_units = int(units.max()) + 1
        n_kept = max(2, round(n_units * min(1.0, _MOST_ROWS / n_rows)))
        rows = np.flatnonzero(np.isin(units, rng.permutation(n_units)[:n_kept]))
        return rows, np.unique(units[rows], return_inverse=True)[1]

    def _score(self, given: list[Floats], weights: Floats, truth: Floats) -> float:
        metric = METRICS.get(self.task.metric)
        mixed = np.tensordot(weights, np.stack(given), axes=1)
        return float(metric.combine(metric.parts(truth, self.prediction(mixed)).mean(axis=0)))


def _simplest(candidates: list[Trial]) -> Trial:
    for name in _SIMPLE:
        for trial in candidates:
            if trial.configuration.name == name:
                return trial
    return min(candidates, key=lambda trial: (trial.cost, trial.number))


def _less(apparent: Estimate, optimism: float) -> Estimate:
    """Move an estimate by the optimism that it contains."""
    ends = (apparent.low - optimism, apparent.high - optimism)
    return type(apparent)(apparent.value - optimism, *ends, apparent.direction)
