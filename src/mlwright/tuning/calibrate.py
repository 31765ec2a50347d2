"""Calibrate: probabilities of a blend moved where its out-of-fold answers show that they are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.task import Link, losses
from mlwright.tuning.halves import pays

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_MOST_ROWS = 20_000
_FEWEST_ROWS = 500
_PENALTY = 1e-3
"""On squared log factors: where rows are few, factors stay near one."""


def class_factors(
    link: Link, target: Floats, given: Floats, seed: int, alike: Array | None = None
) -> Floats | None:
    """Return a factor per class, to multiply probabilities by before they are made to add up to one.

    Blends of boosted trees neglect rare classes; this moves the whole class, not single rows, so it
    has one parameter per class to fit. None, unless the log loss of rows that did not fit the factors
    is lower by more than one standard error.

    Parameters
    ----------
    target
        Class numbers, shape (n_rows,).
    given
        Out-of-fold probabilities of the blend, shape (n_rows, n_classes).
    alike
        A number per row, equal where rows err alike, shape (n_rows,); None if all are independent.
    """
    if link is not Link.SOFTMAX or len(target) < _FEWEST_ROWS:
        return None
    order = np.random.default_rng(seed).permutation(len(target))[:_MOST_ROWS]

    def gain(one: Integers, other: Integers) -> Floats:
        moved = apply_factors(given[other], _fit(target, given, one))
        return losses(link, target[other], given[other]) - losses(link, target[other], moved)

    return _fit(target, given, order) if pays(gain, order, alike) else None


def apply_factors(given: Floats, factors: Floats) -> Floats:
    """Multiply by the factors and make every row add up to one again."""
    moved = given * factors
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def _fit(target: Floats, given: Floats, rows: Integers) -> Floats:
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy, training only

    logs = np.log(np.clip(given[rows], 1e-7, 1.0))
    classes = target[rows].astype(np.int64)
    shares = np.bincount(classes, minlength=given.shape[1]) / len(rows)

    def loss(moves: Floats) -> tuple[float, Floats]:
        moved = logs + moves
        moved = moved - moved.max(axis=1, keepdims=True)
        powers = np.exp(moved)
        sums = powers.sum(axis=1)
        value = float(np.mean(np.log(sums) - moved[np.arange(len(rows)), classes]))
        slope = (powers / sums[:, None]).mean(axis=0) - shares
        return value + _PENALTY * float(moves @ moves), slope + 2 * _PENALTY * moves

    found = minimize(loss, np.zeros(given.shape[1]), jac=True, method="L-BFGS-B")
    factors = np.exp(found.x - found.x.mean())
    return np.asarray(factors.astype(np.float32), dtype=np.float64)
