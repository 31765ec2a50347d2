"""Counted answers: the ratios of confusion-table cells that several metrics share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Integers
    from mlwright.core.prediction import Prediction

MANY = 32
"""With more classes than this, ratios are linearized: two columns instead of two per class."""


def chosen(prediction: Prediction) -> Integers:
    """Return the class number chosen for each row, shape (n_rows,)."""
    if prediction.labels is not None:
        return prediction.labels
    labels: Integers = np.argmax(prediction.scores, axis=1).astype(np.int64)
    return labels


def classes_met(truth: Floats, prediction: Prediction) -> Integers:
    """Return the classes to average over: the second of two, else all in the truth or the answers."""
    if prediction.scores.shape[1] == 2:
        return np.array([1], dtype=np.int64)
    return np.union1d(truth.astype(np.int64), chosen(prediction))


def ratio_parts(
    truth: Floats, prediction: Prediction, classes: Integers, of_truth: float, of_answers: float
) -> Floats:
    """Split the mean over classes of (a + b) hits / (a true + b answered) into parts.

    This family holds recall (a, b = 1, 0), precision (0, 1) and F1 (1, 1).

    Parameters
    ----------
    truth
        Class numbers, shape (n_rows,).
    prediction
        What the model chose.
    classes
        Class numbers to average over. One with an empty ratio counts as 0, as in scikit-learn; only
        a positive class that never occurs leaves the ratio undefined.
    of_truth, of_answers
        The weights a and b.

    Returns
    -------
    Numerators, then denominators, one column per class, shape (n_rows, 2 n_classes). With many
    classes the first-order projection and a column of ones instead, which have the same mean.
    """
    true, answers = truth.astype(np.int64), chosen(prediction)
    hits = np.where(true == answers, of_truth + of_answers, 0.0)
    if len(classes) > MANY:
        return _projected(true, answers, hits, classes, (of_truth, of_answers))
    is_true = true[:, None] == classes
    tops = np.where(is_true, hits[:, None], 0.0)
    bottoms = of_truth * is_true + of_answers * (answers[:, None] == classes)
    counts_as_0 = is_true.any(axis=0) | (len(classes) > 1)
    bottoms[:, ~bottoms.any(axis=0) & counts_as_0] = 1.0
    return np.concatenate([tops, bottoms], axis=1)


def _projected(
    true: Integers, answers: Integers, hits: Floats, classes: Integers, weights: tuple[float, float]
) -> Floats:
    """Linearize the mean ratio in the weights of the rows, shape (n_rows, 2)."""
    of_truth, of_answers = weights
    n_rows, n_classes = len(true), int(max(true.max(), answers.max())) + 1
    bottom = of_truth * np.bincount(true, minlength=n_classes) / n_rows
    bottom += of_answers * np.bincount(answers, minlength=n_classes) / n_rows
    top = np.bincount(true, hits, minlength=n_classes) / n_rows
    ratio = np.divide(top, bottom, out=np.zeros(n_classes), where=bottom > 0)
    scale = np.zeros(n_classes)
    scale[classes] = 1.0 / np.where(bottom > 0, bottom, np.inf)[classes] / len(classes)
    moves = (hits - of_truth * ratio[true]) * scale[true] - of_answers * (ratio * scale)[answers]
    return np.column_stack([ratio[classes].mean() + moves, np.ones(n_rows)])


def combine_ratios(means: Floats) -> Floats:
    """Average the ratios of `ratio_parts`, leaving out those that are undefined."""
    tops, bottoms = np.split(means, 2, axis=-1)
    is_defined = bottoms > 0
    ratios = np.divide(tops, bottoms, out=np.zeros(tops.shape), where=is_defined)
    n_defined = is_defined.sum(axis=-1)
    total = np.full(n_defined.shape, np.nan)
    np.divide(ratios.sum(axis=-1), n_defined, out=total, where=n_defined > 0)
    return np.clip(total, 0.0, 1.0)
