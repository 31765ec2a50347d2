"""Conformal answers: intervals and sets that hold the truth as often as asked, from errors that were made.

Each row of known truth gets a score: how badly the answer missed it. The quantile of the scores at a
level is what later answers are widened by. Whether the level is kept to the letter depends on where the
rows come from, not on the model: see `Mode`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError, UsageError

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction

LEVELS = (*(round(0.01 * step, 2) for step in range(1, 100)), 0.995, 0.999)
"""Quantiles are kept for these; a level between two gets that of the higher."""
USUAL_LEVEL = 0.9
_ROUNDING = 1e-6
"""Another processor may round a probability otherwise; a class on the edge of a set stays in."""


class Mode(StrEnum):
    """Which rows calibrate."""

    APPROXIMATE = "approximate"
    """Training rows, each answered by models that had not seen it: costs no rows, promises nothing."""
    CERTIFIED = "certified"
    """Rows that were held back from the training, answered by the very program that ships; in time order by
    the same recipe without them, as later rows will be by what has learned from all that came before."""


def scores(truth: Floats, prediction: Prediction) -> Floats:
    """Say how badly each answer missed the truth, shape (n_rows,), least is best.

    A value: the error, divided by the usual one where the program tells it. A class: the probability
    of all classes that the model thought likelier than the true one; if there is none, so that it was
    right, the probability of the true class below zero: the surer it was, the better.

    Source: Romano, Sesia and Candès (2020), Classification with valid and adaptive coverage, NeurIPS,
    section 2, with u = 0. Where they draw to break the ties of right answers, these are ordered by
    how sure they are, as in Sadinle, Lei and Wasserman (2019), Least ambiguous set-valued classifiers, JASA.
    """
    if prediction.labels is None:
        missed = np.abs(truth - prediction.values)
        return missed if prediction.difficulty is None else missed / prediction.difficulty
    of_classes = _class_scores(prediction.scores)
    found: Floats = of_classes[np.arange(len(truth)), truth.astype(np.int64)]
    return found


def _class_scores(probabilities: Floats) -> Floats:
    """Return the score of each class if it were the true one, shape (n_rows, n_classes)."""
    order = np.argsort(-probabilities, axis=1, kind="stable")
    ordered = np.take_along_axis(probabilities, order, axis=1)
    before = np.cumsum(ordered, axis=1) - ordered
    before[:, 0] = -np.minimum(ordered[:, 0], 1.0)  # in single precision a sure class may have a little more
    found = np.empty_like(before)
    np.put_along_axis(found, order, before, axis=1)
    return found


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Conformal:
    """What turns answers into intervals or sets: a quantile of scores for each level, ascending.

    A quantile is None where the rows are too few to promise the level. `n_groups` counts the groups or
    stretches of time that err alike; None when single rows are exchangeable.
    """

    mode: Mode
    levels: tuple[float, ...]
    quantiles: tuple[float | None, ...]
    n_rows: int
    n_groups: int | None = None

    @classmethod
    def fit(
        cls, mode: Mode, missed: Floats, groups: Array | None = None, *, is_promised: bool = True
    ) -> Conformal:
        """Take the quantiles of scores, shape (n_rows,).

        With `groups` (n_rows,) each group weighs the same; certified, the promise is about a row of a new
        group. Where it cannot be given, as in time order, the unit that it takes is not added either.

        Source: Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world, section 2;
        with groups Lee, Barber and Willett (2023), Distribution-free inference with hierarchical data.
        """
        n_groups = None if groups is None else len(np.unique(groups))
        has_unit = n_groups is None or (mode is Mode.CERTIFIED and is_promised)
        n_more = 1.0 if has_unit or n_groups is None else n_groups / max(1, len(missed))
        quantiles = weighted_quantiles(missed, groups, LEVELS, n_more)
        return cls(mode=mode, levels=LEVELS, quantiles=quantiles, n_rows=len(missed), n_groups=n_groups)

    @property
    def highest(self) -> float:
        """The highest level that so many rows can promise; 0 if there is none."""
        known = zip(self.levels, self.quantiles, strict=True)
        return max((level for level, quantile in known if quantile is not None), default=0.0)

    def quantile(self, level: float) -> float:
        """Return the score that this share of the truths does not exceed; raise UsageError if none can."""
        if not isinstance(level, int | float) or not 0.0 < level < 1.0:
            message = f"A level must lie between 0 and 1, such as {USUAL_LEVEL}; got {level!r}."
            raise UsageError(message)
        found = (q for known, q in zip(self.levels, self.quantiles, strict=True) if known >= level - 1e-9)
        quantile = next(found, None)
        if quantile is None:
            of = (
                f"{self.n_rows:,} rows"
                if self.n_groups is None
                else f"{self.n_groups:,} groups or stretches of time"
            )
            message = (
                f"The level {level:g} cannot be promised: the {of} that calibrated this model suffice for "
                f"{self.highest:g} at most. Ask for a lower level, or train on more rows."
            )
            raise UsageError(message)
        return quantile

    def intervals(self, prediction: Prediction, level: float) -> Floats:
        """Return the lower and the upper end for each row, shape (n_rows, 2)."""
        reach = np.full(len(prediction.scores), self.quantile(level))
        if prediction.difficulty is not None:
            reach = reach * prediction.difficulty
        return np.column_stack([prediction.values - reach, prediction.values + reach])

    def sets(self, prediction: Prediction, level: float) -> Array:
        """Return which classes are in the set of each row, shape (n_rows, n_classes).

        There is none in the rows that the model is least sure of, where it is right more often than asked.
        """
        inside: Array = _class_scores(prediction.scores) <= self.quantile(level) + _ROUNDING
        return inside

    def labels(self, prediction: Prediction, level: float, classes: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Return the labels in the set of each row, the likeliest first."""
        order = np.argsort(-prediction.scores, axis=1, kind="stable")
        return [
            tuple(classes[number] for number in row if is_in[number])
            for row, is_in in zip(order, self.sets(prediction, level), strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the mapping that `intervals.json` holds."""
        return {
            "mode": self.mode.value,
            "levels": list(self.levels),
            "quantiles": list(self.quantiles),
            "n_rows": self.n_rows,
            "n_groups": self.n_groups,
        }

    @classmethod
    def from_json(cls, value: Any) -> Conformal:
        """Rebuild; the opposite of `to_json`. Raises ArtifactError for what cannot be quantiles."""
        try:
            levels = tuple(float(level) for level in value["levels"])
            quantiles = tuple(None if q is None else float(q) for q in value["quantiles"])
            n_groups = None if value["n_groups"] is None else int(value["n_groups"])
            found = cls(
                mode=Mode(value["mode"]),
                levels=levels,
                quantiles=quantiles,
                n_rows=int(value["n_rows"]),
                n_groups=n_groups,
            )
        except (KeyError, TypeError, ValueError) as error:
            message = "intervals.json cannot be understood: it holds no levels with their quantiles."
            raise ArtifactError(message) from error
        known = [quantile for quantile in quantiles if quantile is not None]
        is_sound = (
            len(levels) == len(quantiles) > 0
            and all(0.0 < level < 1.0 for level in levels)
            and all(math.isfinite(quantile) and quantile >= -1.0 for quantile in known)
            and all(one < other for one, other in pairwise(levels))
            and all(one <= other for one, other in pairwise(known))
            and quantiles[: len(known)] == tuple(known)
        )
        if not is_sound:
            message = "intervals.json does not hold ascending quantiles for ascending levels."
            raise ArtifactError(message)
        return found


def weighted_quantiles(
    missed: Floats, groups: Array | None, levels: tuple[float, ...], n_more: float = 1.0
) -> tuple[float | None, ...]:
    """Return the least score below or at which lies at least this share of rows known and to come.

    The row to come may score anything, so it counts as one more unit of infinite score: with n rows the
    answer is the ⌈level (n + 1)⌉-th smallest, and None if there are not as many. `n_more` is the weight of
    that unit, 1 for a new group; less promises nothing.
    """
    if not len(missed):
        return (None,) * len(levels)
    weights = np.ones(len(missed))
    n_units = len(missed)
    if groups is not None:
        of_row, sizes = np.unique(groups, return_inverse=True, return_counts=True)[1:]
        weights, n_units = 1.0 / sizes[of_row.ravel()], len(sizes)
    order = np.argsort(missed, kind="stable")
    reached = np.cumsum(weights[order])
    found: list[float | None] = []
    for level in levels:
        at = int(np.searchsorted(reached, level * (n_units + n_more) - 1e-9))
        found.append(float(missed[order[at]]) if at < len(order) else None)
    return tuple(found)
