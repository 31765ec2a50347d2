"""The price of the wrong split: what a random one would have claimed of the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.checks.single import as_prediction, halves, look, metric_of
from mlwright.checks.witness import judged_in, strongest
from mlwright.core.seeds import stream
from mlwright.data.rows import row_keys
from mlwright.data.split import folds
from mlwright.evaluation.score import compare, estimate

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.dataset import Dataset

_MOST_ROWS, _N_FOLDS = 5_000, 3


def price_of_random(train: Dataset, n_classes: int, seed: int) -> dict[str, Any] | None:
    """Judge one quick model by random folds and by folds as groups and times demand, on the same rows.

    None where rows have neither groups nor times: then random folds are the right ones.

    Returns
    -------
    "metric"; "n_rows" that both judged; "random" and "proper", estimates; "flattery", the paired difference,
    random less proper. Intervals resample what errs alike.
    """
    if train.groups is None and train.times is None:
        return None
    rows = train.take(_whole_groups(train, stream(seed, "price")))
    return _compared(rows, (None, None), n_classes, seed)


def price_of_mixing(train: Dataset, times: Floats, n_classes: int, seed: int) -> dict[str, Any]:
    """Judge one quick model by folds forward in `times`, and by the same folds of times dealt at random.

    Both learn from as many rows, so what differs is what rows to come are harder to foresee by than rows in
    between. `times`: shape (n_rows,), none missing.

    Returns
    -------
    What `price_of_random` returns; "random" is with the times dealt at random.
    """
    rng = stream(seed, "price")
    dated = replace(train, groups=None, times=times)
    rows = dated.take(_whole_groups(dated, rng))
    assert rows.times is not None  # noqa: S101 - they were just set
    return _compared(rows, (None, rng.permutation(rows.times)), n_classes, seed)


def _compared(
    rows: Dataset, other: tuple[Array | None, Floats | None], n_classes: int, seed: int
) -> dict[str, Any]:
    """Judge by folds with `other` groups and times, and with those of the rows."""
    target = rows.target
    assert target is not None  # noqa: S101 - training rows have a target
    is_first = halves(rows.n_rows, rows.groups, stream(seed, "price halves"))
    singles = [
        look(name, rows.schema[name].kind, cells, target, n_classes, is_first)
        for name, cells in rows.columns.items()
    ]
    best, given = strongest(singles), []
    for groups, times in (other, (rows.groups, rows.times)):
        pairs = folds(
            target, row_keys(rows.columns), n_classes=n_classes, n_folds=_N_FOLDS, groups=groups, times=times,
            seed=seed,
        )  # fmt: skip
        given.append(judged_in(pairs, best, target, n_classes, seed=seed))
    judged = np.flatnonzero(~np.isnan(given[0][:, 0] + given[1][:, 0]))
    metric, _ = metric_of(n_classes)
    alike, truth = rows.alike, target[judged]
    like = None if alike is None else alike[judged]
    one, two = (as_prediction(scores[judged], n_classes) for scores in given)
    return {
        "metric": metric,
        "n_rows": len(judged),
        "random": estimate(metric, truth, one, groups=like, seed=seed).to_json(),
        "proper": estimate(metric, truth, two, groups=like, seed=seed).to_json(),
        "flattery": compare(metric, truth, one, two, groups=like, seed=seed).to_json(),
    }


def _whole_groups(train: Dataset, rng: np.random.Generator) -> Integers:
    """Return rows, at most about 5,000: all rows of the groups drawn, or any rows without groups."""
    if train.n_rows <= _MOST_ROWS:
        return np.arange(train.n_rows)
    if train.groups is None:
        return np.sort(rng.choice(train.n_rows, _MOST_ROWS, replace=False))
    of_row = np.unique(train.groups, return_inverse=True)[1].ravel()
    order = rng.permutation(int(of_row.max()) + 1)
    enough = np.cumsum(np.bincount(of_row)[order]) <= _MOST_ROWS
    enough[:2] = True
    return np.flatnonzero(np.isin(of_row, order[enough]))
