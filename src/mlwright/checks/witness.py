"""What a quick model makes of some columns together: the score with a suspect, and without it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.single import as_prediction, metric_of
from mlwright.core.schema import Kind
from mlwright.core.seeds import stream
from mlwright.evaluation.score import compare, estimate
from mlwright.features.quick import boost

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.evaluation import Estimate
    from mlwright.core.rule import Case, Single

_MOST_ROWS, _MOST_ROWS_MANY_CLASSES = 3_000, 2_000
_MOST_COLUMNS = 40
_MANY_CLASSES = 4
_FEWEST_IN_LEVEL = 5
_ROUNDS = 30
_N_RESAMPLES = 300


@final
class Witness:
    """Answers what some columns tell together, always on the same rows and folds."""

    def __init__(self, case: Case, readings: Mapping[str, Floats]) -> None:
        self._case = case
        self._readings = readings
        most = _MOST_ROWS if case.n_classes <= _MANY_CLASSES else _MOST_ROWS_MANY_CLASSES
        rows = np.arange(case.n_rows)
        if len(rows) > most:
            rows = np.sort(stream(case.seed, "witness").choice(case.n_rows, most, replace=False))
        self._rows = rows
        self._target = case.target[rows]
        self._groups = None if case.groups is None else case.groups[rows]
        self._heard: dict[frozenset[str], Floats] = {}

    def hear(self, names: Iterable[str]) -> Estimate:
        """Return the score of a model of these columns, out of fold, with its interval."""
        metric, _ = metric_of(self._case.n_classes)
        given = as_prediction(self._answers(frozenset(names)), self._case.n_classes)
        return estimate(
            metric, self._target, given, groups=self._groups, seed=self._case.seed, n_resamples=_N_RESAMPLES
        )

    def gain(self, names: Iterable[str], others: Iterable[str]) -> Estimate:
        """Return how much better `names` tell the target than `others`, on the same rows."""
        metric, _ = metric_of(self._case.n_classes)
        one, other = (
            as_prediction(self._answers(frozenset(those)), self._case.n_classes) for those in (names, others)
        )
        return compare(metric, self._target, one, other, groups=self._groups, seed=self._case.seed)

    def _answers(self, names: frozenset[str]) -> Floats:
        if names not in self._heard:
            singles = [
                replace(single, numbers=self._readings.get(name, single.numbers))
                for name, single in self._case.singles.items()
                if name in names
            ]
            self._heard[names] = out_of_fold(
                strongest(singles), self._target, self._case.n_classes,
                rows=self._rows, groups=self._groups, seed=self._case.seed,
            )  # fmt: skip
        return self._heard[names]


def strongest(singles: Iterable[Single]) -> list[Single]:
    """Return what a quick model reads: the columns that tell most alone; texts only if they are numbers."""
    read = (single for single in singles if single.numbers is not None or single.kind is not Kind.TEXT)
    return sorted(read, key=lambda single: -single.score)[:_MOST_COLUMNS]


def out_of_fold(
    singles: Sequence[Single],
    target: Floats,
    n_classes: int,
    *,
    rows: Array | None = None,
    groups: Array | None = None,
    seed: int = 0,
) -> Floats:
    """Return what a quick model of the other folds says about each row, shape (n_rows, n_scores).

    `rows` are those of the singles that `target`, shape (n_rows,), belongs to; None for all. Without
    columns the answer is the mean.
    """
    n_folds = 3 if n_classes <= _MANY_CLASSES else 2
    fold = _folds(len(target), groups, n_folds, seed)
    pairs = [(np.flatnonzero(fold != number), np.flatnonzero(fold == number)) for number in range(n_folds)]
    return judged_in(pairs, singles, target, n_classes, rows=rows, seed=seed)


def judged_in(
    pairs: Sequence[tuple[Integers, Integers]],
    singles: Sequence[Single],
    target: Floats,
    n_classes: int,
    *,
    rows: Array | None = None,
    seed: int = 0,
) -> Floats:
    """Return what a quick model says about each row, shape (n_rows, n_scores).

    `pairs` hold the rows to learn from and to be judged on; rows that no pair judges get NaN.
    """
    inside = np.arange(len(target)) if rows is None else rows
    found = np.full((len(target), max(1, n_classes)), np.nan)
    for train, valid in pairs:
        here, there = np.zeros((2, len(target)), dtype=bool)
        here[valid], there[train] = True, True
        wanted = np.eye(n_classes)[target[there].astype(np.int64)] if n_classes else target[there][:, None]
        found[here] = wanted.mean(axis=0) if there.any() else 0.0
        if not singles or not here.any() or len(np.unique(target[there])) < 2:
            continue
        matrix = np.column_stack([_feature(single, inside, there, target, n_classes) for single in singles])
        found[here] = _told(matrix, here, there, target, n_classes, seed)
    return found


def _told(matrix: Singles, here: Array, there: Array, target: Floats, n_classes: int, seed: int) -> Floats:
    options: dict[str, float | bool] = {"learning_rate": 0.15, "max_bin": 63}
    if n_classes > _MANY_CLASSES:
        options |= {"num_leaves": 7, "learning_rate": 0.3}
    shift, scale = (0.0, 1.0) if n_classes else (target[there].mean(), target[there].std() or 1.0)
    model = boost(matrix[there], (target[there] - shift) / scale, n_classes, seed, rounds=_ROUNDS, **options)
    told = np.asarray(model.predict(matrix[here], num_threads=1), dtype=np.float64)
    if n_classes == 2:
        return np.column_stack([1.0 - told, told])
    return told.reshape(int(here.sum()), -1) * scale + shift


def _folds(n_rows: int, groups: Array | None, n_folds: int, seed: int) -> Integers:
    of_row = np.arange(n_rows) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
    drawn: Integers = stream(seed, "witness folds").permutation(int(of_row.max(initial=0)) + 1) % n_folds
    return drawn[of_row]


def _feature(single: Single, rows: Array, there: Array, target: Floats, n_classes: int) -> Singles:
    """Return numbers as they are, and levels in the order of their mean target in the other folds."""
    if single.numbers is not None:
        return np.clip(single.numbers[rows], -3e38, 3e38).astype(np.float32)
    codes = single.codes[rows]
    wanted = target
    if n_classes > 2:
        wanted = (target == np.bincount(target.astype(np.int64)).argmax()).astype(np.float64)
    counts = np.bincount(codes[there], minlength=single.n_codes)
    sums = np.bincount(codes[there], wanted[there], minlength=single.n_codes)
    means = np.full(single.n_codes, np.nan)
    is_common = counts >= _FEWEST_IN_LEVEL
    means[is_common] = sums[is_common] / counts[is_common]
    means[is_common] = np.argsort(np.argsort(means[is_common], kind="stable"), kind="stable")
    return means[codes].astype(np.float32)
