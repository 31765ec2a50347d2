"""What a column says about the target by itself: a cheap look at every column, before any model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.prediction import Prediction
from mlwright.core.rule import Single
from mlwright.core.schema import NUMERIC
from mlwright.evaluation.score import estimate, value

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.evaluation import Estimate
    from mlwright.core.rule import Case
    from mlwright.core.schema import Kind

_MOST_VALUES, _N_QUANTILES = 64, 64
_PRIOR_ROWS = 2.0
"""So many rows of the mean are mixed into the mean of a level, which may rest on one row."""
_FEWEST_OF_CLASS = 20
_N_RESAMPLES = 200


def look(name: str, kind: Kind, cells: Array, target: Floats, n_classes: int, is_first: Array) -> Single:
    """Predict the target from one column, each half of the rows by the other.

    Parameters
    ----------
    name, kind
        Of the column.
    cells
        Typed cells, shape (n_rows,).
    target
        Class numbers or values, shape (n_rows,).
    n_classes
        0 for values.
    is_first
        Which rows are in the first half, shape (n_rows,).
    """
    numbers = cells if kind in NUMERIC else None
    codes, n_codes = _number_codes(cells) if kind in NUMERIC else text_codes(cells)
    prediction = told_by(codes, n_codes, target, n_classes, is_first)
    score = measure(target, prediction, n_classes)
    if numbers is not None and not n_classes and n_codes > _MOST_VALUES:
        fine = _interpolated(numbers, target, is_first, prediction)
        fine_score = measure(target, fine, n_classes)
        if fine_score > score:
            prediction, score = fine, fine_score
    return Single(
        name=name, kind=kind, codes=codes, n_codes=n_codes, cells=cells, numbers=numbers,
        prediction=prediction, score=score,
    )  # fmt: skip


def told_by(codes: Integers, n_codes: int, target: Floats, n_classes: int, is_first: Array) -> Floats:
    """Return the mean target of the rows with the same code in the other half, shape (n_rows, n_scores)."""
    wide = max(1, n_classes)
    found = np.empty((len(target), wide))
    for here in (is_first, ~is_first):
        there = ~here
        counts = np.bincount(codes[there], minlength=n_codes)[:, None]
        if n_classes:
            cell = codes[there] * wide + target[there].astype(np.int64)
            sums = np.bincount(cell, minlength=n_codes * wide).reshape(n_codes, wide)
        else:
            sums = np.bincount(codes[there], target[there], minlength=n_codes)[:, None]
        mean = sums.sum(axis=0) / max(1, int(counts.sum()))
        found[here] = ((sums + _PRIOR_ROWS * mean) / (counts + _PRIOR_ROWS))[codes[here]]
    return found


def measure(target: Floats, prediction: Floats, n_classes: int) -> float:
    """Return the ROC AUC or, for values, R²; that of guessing where it is undefined.

    Of three classes or more those with few rows are left out: their areas are noise.
    """
    metric, guess = metric_of(n_classes)
    if n_classes > 2:
        is_common = (np.bincount(target.astype(np.int64), minlength=n_classes) >= _FEWEST_OF_CLASS)[
            target.astype(np.int64)
        ]
        target, prediction = target[is_common], prediction[is_common]
    found = value(metric, target, as_prediction(prediction, n_classes))
    return found if np.isfinite(found) else guess


MEASURES = {"roc_auc": "ROC AUC", "r2": "R²"}
"""How people write what `metric_of` returns."""


def metric_of(n_classes: int) -> tuple[str, float]:
    """Return the metric of the court, and what guessing gets."""
    return ("roc_auc", 0.5) if n_classes else ("r2", 0.0)


def as_prediction(scores: Floats, n_classes: int) -> Prediction:
    """Wrap scores, shape (n_rows, n_scores)."""
    return Prediction.of_probabilities(scores) if n_classes else Prediction(scores)


def alone(case: Case, name: str) -> Estimate:
    """Return how well a column alone tells the target, with its interval."""
    return sure(case, case.singles[name].prediction)


def sure(case: Case, prediction: Floats) -> Estimate:
    """Return the score of any prediction of the target of the sample, with its interval."""
    metric, _ = metric_of(case.n_classes)
    given = as_prediction(prediction, case.n_classes)
    return estimate(metric, case.target, given, groups=case.groups, seed=case.seed, n_resamples=_N_RESAMPLES)


def halves(n_rows: int, groups: Array | None, rng: np.random.Generator) -> Array:
    """Divide rows, or groups of rows, at random in two halves, shape (n_rows,)."""
    if groups is None:
        return np.asarray(rng.permutation(n_rows) % 2 == 0)
    inverse = np.unique(groups, return_inverse=True)[1].ravel()
    return np.asarray((rng.permutation(int(inverse.max(initial=0)) + 1) % 2 == 0)[inverse])


def _number_codes(cells: Floats) -> tuple[Integers, int]:
    """Give few distinct values a number each, many one by quantile; 0 is missing."""
    is_known = ~np.isnan(cells)
    values = np.unique(cells[is_known])
    if len(values) > _MOST_VALUES:
        shares = np.linspace(0.0, 1.0, _N_QUANTILES + 1)[1:-1]
        values = np.unique(np.quantile(cells[is_known], shares, method="lower"))
        codes = np.searchsorted(values, cells, side="left") + 1
        n_codes = len(values) + 2
    else:
        codes, n_codes = np.searchsorted(values, cells) + 1, len(values) + 1
    return np.where(is_known, codes, 0).astype(np.int64), n_codes


def text_codes(cells: Array) -> tuple[Integers, int]:
    """Give texts numbers in the order of their first row, and return how many; 0 is missing."""
    numbers: dict[str, int] = {"": 0}
    codes = np.array([numbers.setdefault(cell, len(numbers)) for cell in cells.tolist()], dtype=np.int64)
    return codes, len(numbers)


def _interpolated(numbers: Floats, target: Floats, is_first: Array, coarse: Floats) -> Floats:
    """Tell a value from its neighbors in the other half: sees a function however steep."""
    found = coarse.copy()
    is_known = ~np.isnan(numbers)
    for here in (is_first, ~is_first):
        there = is_known & ~here
        values, at = np.unique(numbers[there], return_inverse=True)
        if len(values) < 2:
            continue
        means = np.bincount(at.ravel(), target[there]) / np.bincount(at.ravel())
        rows = np.flatnonzero(is_known & here)
        found[rows, 0] = np.interp(numbers[rows], values, means)
    return found
