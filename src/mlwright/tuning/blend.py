"""Blend: how much each candidate contributes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.task import Link, losses

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats

_ROUNDS = 25
_MAX_ROWS = 20_000
_SMALLEST_WEIGHT = 0.04
_FEW_ROWS = 6_000
"""Above, bags agree with each other."""


def blend(
    link: Link, target: Floats, given: list[Floats], seed: int, n_bags: int = 0, prices: Floats | None = None
) -> Floats:
    """Choose weights, shape (n_candidates,), greedily and with replacement.

    Judged by the proper loss, not by the metric: it is smoother, so there is less to overfit. Weights
    below 4 % are dropped; they cost time at every prediction and earn nothing that can be measured.

    Parameters
    ----------
    target
        Class numbers or scaled values, shape (n_rows,).
    given
        Out-of-fold answers of each candidate, shape (n_rows, n_answers).
    n_bags
        On few rows, average the weights over so many samples of the rows drawn with replacement.
    prices
        The share of the loss that each candidate must take away to be let in, shape (n_candidates,).

    Source: Caruana et al. 2004, "Ensemble selection from libraries of models", sections 2 and 2.3; bags
    of rows instead of models (benchmarks/ablations.md).
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(len(target))
    if len(rows) > _MAX_ROWS:
        rows = rng.choice(rows, _MAX_ROWS, replace=False)
    truth = target[rows]
    stack = _relevant(link, truth, [answers[rows] for answers in given])
    if n_bags and len(rows) < _FEW_ROWS:
        bags = [rng.integers(0, len(rows), len(rows)) for _ in range(n_bags)]
        found = [_greedy(link, truth[bag], [one[bag] for one in stack], prices) for bag in bags]
        weights: Floats = np.mean(found, axis=0)
    else:
        weights = _greedy(link, truth, stack, prices)
    weights[weights < min(_SMALLEST_WEIGHT, float(weights.max()))] = 0.0
    return np.asarray(weights / weights.sum())


def _greedy(link: Link, truth: Floats, stack: list[Floats], prices: Floats | None) -> Floats:
    chosen = np.zeros(len(stack))
    entry = np.zeros(len(stack))
    if prices is not None:
        entry = prices * min(_loss(link, truth, one) for one in stack)
    total = np.zeros_like(stack[0])
    best_loss, best = np.inf, chosen
    for size in range(1, _ROUNDS + 1):
        paid = float(entry[chosen > 0].sum())
        tries = [_loss(link, truth, (total + one) / size) for one in stack]
        costs = [loss + paid + entry[i] * (chosen[i] == 0) for i, loss in enumerate(tries)]
        pick = int(np.argmin(costs))
        chosen = chosen.copy()
        chosen[pick] += 1
        total = total + stack[pick]
        if costs[pick] < best_loss - 1e-9:
            best_loss, best = costs[pick], chosen
    return np.asarray(best / best.sum())


def _relevant(link: Link, truth: Floats, given: list[Floats]) -> list[Floats]:
    """Keep of each answer the one number that the loss looks at."""
    if link is Link.IDENTITY:
        return [answers[:, 0].astype(np.float64) for answers in given]
    rows, classes = np.arange(len(truth)), truth.astype(np.int64)
    return [answers[rows, classes].astype(np.float64) for answers in given]


def _loss(link: Link, truth: Floats, mixed: Floats) -> float:
    if link is Link.IDENTITY:
        return float(np.mean((truth - mixed) ** 2))
    return float(-np.mean(np.log(np.clip(mixed, 1e-7, 1.0))))


def mean_loss(link: Link, target: Floats, given: Floats) -> tuple[float, float]:
    """Return the mean proper loss and its standard error."""
    each = losses(link, target, given)
    return float(each.mean()), float(each.std() / np.sqrt(len(each)))
