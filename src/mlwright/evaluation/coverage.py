"""Coverage: how often intervals or sets held the truth, how large they were, and for which rows they fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.said import said
from mlwright.evaluation.averages import Average, averages
from mlwright.evaluation.detail import bins_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array, Floats
    from mlwright.core.prediction import Prediction
    from mlwright.evaluation.conformal import Conformal

_N_BINS, _MOST_LEVELS, _FEWEST_ROWS = 5, 6, 30


@final
@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one level or cut: the share of truths held, and the mean width or number of labels."""

    covered: Estimate
    size: Estimate


@final
@dataclass(frozen=True, slots=True)
class Cut:
    """Some of the rows: by a `column`, or by what was predicted if it is ""; `rows` are booleans."""

    column: str
    name: str
    rows: Array


def held(truth: Floats, prediction: Prediction, conformal: Conformal, level: float) -> tuple[Floats, Floats]:
    """Return whether each row's interval or set holds its truth (1 or 0), and how large it is."""
    if prediction.labels is None:
        low, high = conformal.intervals(prediction, level).T
        return ((low <= truth) & (truth <= high)).astype(np.float64), high - low
    inside = conformal.sets(prediction, level)
    is_held = inside[np.arange(len(truth)), truth.astype(np.int64)]
    return is_held.astype(np.float64), inside.sum(axis=1).astype(np.float64)


def coverage(
    truth: Floats,
    prediction: Prediction,
    conformal: Conformal,
    asked: Sequence[tuple[float, Array | None]],
    *,
    groups: Array | None = None,
    seed: int = 0,
) -> list[Coverage]:
    """Measure coverage and size for each level asked, over all rows (None) or over some (booleans)."""
    at = {level: held(truth, prediction, conformal, level) for level in {level for level, _ in asked}}
    wanted = [Average(at[level][0], rows, is_share=True) for level, rows in asked]
    wanted += [Average(at[level][1], rows) for level, rows in asked]
    found = averages(wanted, Direction.MAX, groups=groups, seed=seed)
    sizes = [replace(one, direction=Direction.MIN) for one in found[len(asked) :]]
    return [Coverage(*pair) for pair in zip(found[: len(asked)], sizes, strict=True)]


def cuts(prediction: Prediction, labels: Sequence[str], categories: Mapping[str, Array]) -> list[Cut]:
    """Cut rows by what was predicted, then by the commonest values of each column of categories.

    A cut has 30 rows or more. `labels` name the classes; `categories` hold cells, shape (n_rows,).
    """
    found = []
    if prediction.labels is None:
        for rows in bins_of(prediction.values, _N_BINS):
            chosen = np.zeros(len(prediction.values), dtype=bool)
            chosen[rows] = True
            ends = prediction.values[rows].min(), prediction.values[rows].max()
            name = said("{low:.4g} to {high:.4g}", low=float(ends[0]), high=float(ends[1]))
            found.append(Cut("", name, chosen))
    else:
        numbers, counts = np.unique(prediction.labels, return_counts=True)
        common = np.sort(numbers[np.argsort(-counts, kind="stable")][:_MOST_LEVELS])
        found += [Cut("", labels[number], prediction.labels == number) for number in common]
    for column, cells in categories.items():
        n_rows = Counter(cells.tolist())
        levels = sorted(n_rows, key=lambda level: (-n_rows[level], level))[:_MOST_LEVELS]
        found += [Cut(column, level or said("missing"), cells == level) for level in levels]
    return [part for part in found if int(part.rows.sum()) >= _FEWEST_ROWS]
