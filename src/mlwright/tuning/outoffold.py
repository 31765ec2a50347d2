"""Out of fold: what the chosen blend answers to training rows, each by models that had not seen the row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.shelves import TASKS
from mlwright.core.task import Link
from mlwright.tuning.calibrate import apply_factors
from mlwright.tuning.spread import disagreement, fit_spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.prediction import Prediction
    from mlwright.core.task import Task
    from mlwright.tuning.search import Search
    from mlwright.tuning.spread import Spread


@final
@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Answers of a blend, one fold after the other.

    `rows` are their numbers among the training rows, shape (n_rows,). `target` and `given`, shapes
    (n_rows,) and (n_rows, n_answers), are in the units of the learners; `apart` is the disagreement of
    the candidates about a value.
    """

    rows: Integers
    target: Floats
    given: Floats
    apart: Floats

    @classmethod
    def of(cls, search: Search, weights: Mapping[str, float]) -> OutOfFold | None:
        """Blend what the search knows; None if a candidate did not get through all folds.

        `weights`, of all 1, are by name of the candidate.
        """
        trials = {trial.configuration.name: trial for trial in search.trials if trial.is_finished}
        if not weights or not set(weights) <= set(trials):
            return None
        parts = [(weight, trials[name].answers()) for name, weight in weights.items()]
        given: Floats = np.sum([weight * answers for weight, answers in parts], axis=0)
        apart = np.zeros(len(given))
        if search.store.link is Link.IDENTITY:
            apart = disagreement([(weight, answers[:, 0]) for weight, answers in parts], given[:, 0])
        rows = np.concatenate([np.asarray(valid) for _, valid in search.store.folds])
        return cls(rows, search.target, given, apart)

    def spread(self, link: Link, seed: int, alike: Array | None) -> Spread | None:
        """Learn how far off a value usually is; None for classes, or where nothing tells.

        `alike` numbers the training rows that err alike; None if all are independent.
        """
        if link is not Link.IDENTITY:
            return None
        here = None if alike is None else alike[self.rows]
        return fit_spread(self.target, self.given[:, 0], self.apart, seed, here)

    def prediction(self, task: Task, factors: tuple[float, ...], spread: Spread | None) -> Prediction:
        """Return what the program would have answered, in the units of the target."""
        kind = TASKS.get(task.kind)
        if task.link is not Link.IDENTITY:
            return kind.answer(apply_factors(self.given, np.array(factors)) if factors else self.given)
        answered = kind.answer(self.given * task.scale + task.offset)
        if spread is None:
            return answered
        return replace(answered, difficulty=spread.of(self.given[:, 0], self.apart) * task.scale)
