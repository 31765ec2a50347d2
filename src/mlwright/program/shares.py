"""From shares in scores to shares in answers: what adds up to the log odds is made to add up to the chance.

A link bends the sum. Its effect is shared in proportion along the straight way from the base to the row:
every amount is multiplied by the mean slope of the link on that way, which adds up exactly (for one score
this is the change of the answer divided by the change of the score). Source: Chen, Lundberg & Lee 2022,
"Explaining a series of models by propagating Shapley values"; for several scores Aumann & Shapley 1974.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.quadrature import gauss
from mlwright.core.task import Link, answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.arrays import Floats

_N_POINTS = 32
_FLAT = 1e-9


def link_amounts(link: Link, base: Floats, amounts: Floats) -> tuple[Floats, Floats]:
    """Return base and amounts of the answers, given those of the scores.

    `base` has shape (n_scores,), `amounts` (n_scores, n_players); the results n_answers in place of n_scores.
    """
    if link is Link.IDENTITY:
        return base, amounts
    if link is Link.SIGMOID:
        return _one_score(base, amounts)

    def softmax(scores: Floats) -> tuple[Floats, Floats]:
        shares = answers(link, scores)
        return shares, shares[:, :, None] * (np.eye(shares.shape[1]) - shares[:, None, :])

    return along(softmax, base, amounts)


def factor_amounts(factors: Floats, base: Floats, amounts: Floats) -> tuple[Floats, Floats]:
    """Return base and amounts after calibration: one factor per class, then made to add up to one."""

    def calibrated(given: Floats) -> tuple[Floats, Floats]:
        moved = given * factors
        total = moved.sum(axis=1)
        shares = moved / total[:, None]
        slopes = (np.eye(len(factors)) - shares[:, :, None]) * (factors / total[:, None])[:, None, :]
        return shares, slopes

    return along(calibrated, base, amounts)


def along(
    function: Callable[[Floats], tuple[Floats, Floats]], base: Floats, amounts: Floats
) -> tuple[Floats, Floats]:
    """Carry amounts through a function of several values.

    `function` maps values, shape (n_points, n_in), to results (n_points, n_out) and their slopes
    (n_points, n_out, n_in).
    """
    points, shares = gauss(_N_POINTS)
    change = amounts.sum(axis=1)
    slopes = function(base + points[:, None] * change)[1]
    mean = np.tensordot(shares, slopes, axes=1)
    start, end = function(np.stack([base, base + change]))[0]
    return start, exact(mean @ amounts, end - start)


def exact(amounts: Floats, change: Floats) -> Floats:
    """Make the amounts of each answer, shape (n_answers, n_players), add up to its change exactly.

    What is missing by rounding and by quadrature is shared in proportion to the sizes of the amounts.
    """
    sizes = np.abs(amounts)
    total = sizes.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, sizes / np.where(total > 0, total, 1.0), 1.0 / amounts.shape[1])
    found: Floats = amounts + shares * (change - amounts.sum(axis=1))[:, None]
    return found


def _one_score(base: Floats, amounts: Floats) -> tuple[Floats, Floats]:
    change = float(amounts.sum())
    before, after = _chance(float(base[0])), _chance(float(base[0]) + change)
    slope = (after - before) / change if abs(change) > _FLAT else before * (1.0 - before)
    moved = slope * amounts[0]
    return np.array([1.0 - before, before]), np.stack([-moved, moved])


def _chance(score: float) -> float:
    return 1.0 / (1.0 + exp(-min(80.0, max(-80.0, score))))
