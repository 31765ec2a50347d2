"""The verdict on two models: does the difference show, and if not, how many rows would tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist
from typing import TYPE_CHECKING, final

from mlwright.core.evaluation import Direction
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.evaluation import Estimate

_SURE, _POWER = NormalDist().inv_cdf(0.975), NormalDist().inv_cdf(0.8)
_WIDTH_IN_ERRORS = 2 * _SURE


class Answer(StrEnum):
    """Whether to replace the model in place."""

    SHIP = "ship"
    """The new one is better beyond chance."""
    DO_NOT_SHIP = "do_not_ship"
    """The new one is worse beyond chance, or no different as far as it matters."""
    NOT_ENOUGH_DATA = "not_enough_data"
    """These rows cannot tell."""


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer, why, and how many rows would tell (None where that makes no sense)."""

    answer: Answer
    why: str
    n_needed: int | None = None


def verdict(difference: Estimate, n_rows: int, matters: float) -> Verdict:
    """Judge a paired difference, new minus old, from its 95 % interval.

    Two equal models get "ship" in 2.5 % of the comparisons: the interval is two-sided.

    Parameters
    ----------
    n_rows
        The rows that were compared.
    matters
        The smallest difference that would change anything, in units of the metric, >= 0.

    Source of the number of rows: the usual normal approximation for a paired comparison, a two-sided
    test at 5 % with a power of 80 %.
    """
    sign = 1.0 if difference.direction is Direction.MAX else -1.0
    gain = sign * difference.value
    low, high = sorted((sign * difference.low, sign * difference.high))
    if not (math.isfinite(low) and math.isfinite(high)):
        return Verdict(
            Answer.NOT_ENOUGH_DATA, said("the rows are too few, or of one class only, for an interval")
        )
    if low > 0:
        return Verdict(Answer.SHIP, said("the new model is better by more than chance can explain"))
    if high < 0:
        return Verdict(Answer.DO_NOT_SHIP, said("the new model is worse by more than chance can explain"))
    if low > -matters and high < matters:
        return Verdict(Answer.DO_NOT_SHIP, said("the models are equal, as far as a difference matters"))
    error = (high - low) / _WIDTH_IN_ERRORS
    wanted = max(gain, matters)
    why = said("the difference is within what chance alone would show")
    if wanted <= 0:
        return Verdict(Answer.NOT_ENOUGH_DATA, why)
    needed = math.ceil(n_rows * ((_SURE + _POWER) * error / wanted) ** 2)
    return Verdict(Answer.NOT_ENOUGH_DATA, why, n_needed=max(n_rows + 1, needed))
