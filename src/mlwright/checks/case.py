"""The case: a sample of the training rows, and what each column says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.checks.single import halves, look
from mlwright.core.rule import Case, Sequel
from mlwright.core.schema import NUMERIC
from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Integers
    from mlwright.core.dataset import Dataset
    from mlwright.core.task import Label

_FEWEST_SAMPLED, _MOST_SAMPLED = 1_000, 10_000
_LARGEST = 1e150
"""Numbers beyond have no square."""


def open_case(
    train: Dataset,
    classes: tuple[Label, ...],
    keys: Integers,
    positions: Integers,
    *,
    n_cells: int,
    test: Dataset | None = None,
    seed: int = 0,
) -> Case:
    """Sample training rows and look at every column once.

    Parameters
    ----------
    train
        The rows to learn from, with their target.
    classes
        The labels; empty for values.
    keys
        Equal for rows with equal features, shape (n_rows,).
    positions
        The place of each row in the file, shape (n_rows,), ascending.
    n_cells
        So many cells may be looked at, times the number of classes; at least 1,000 rows are, at most 10,000.
    test
        Rows that were given to judge by; only their columns are looked at.
    seed
        The same seed gives the same sample.
    """
    assert train.target is not None  # noqa: S101 - training rows have a target
    wide = max(1, len(train.columns)) * max(1, len(classes) // 2)
    most = int(np.clip(n_cells // wide, _FEWEST_SAMPLED, _MOST_SAMPLED))
    rng = stream(seed, "leaks")
    chosen = _some(train.n_rows, most, rng)
    rows = train.take(chosen)
    assert rows.target is not None  # noqa: S101 - training rows have a target
    is_first = halves(rows.n_rows, rows.groups, rng)
    singles = {
        name: look(name, train.schema[name].kind, _tame(cells), rows.target, len(classes), is_first)
        for name, cells in rows.columns.items()
    }
    given = None
    if test is not None:
        given = {name: _tame(c) for name, c in test.take(_some(test.n_rows, most, rng)).columns.items()}
    return Case(
        singles=singles,
        target=rows.target,
        classes=classes,
        groups=rows.groups,
        positions=positions[chosen],
        seed=seed,
        sequel=_sequel(train, positions, most),
        keys=keys,
        keyed_target=train.target,
        test=given,
    )


def _some(n_rows: int, most: int, rng: np.random.Generator) -> Integers:
    if n_rows <= most:
        return np.arange(n_rows)
    return np.sort(rng.choice(n_rows, most, replace=False))


def _tame(cells: Array) -> Array:
    return cells if cells.dtype == object else np.clip(cells, -_LARGEST, _LARGEST)


def _sequel(train: Dataset, positions: Integers, most: int) -> Sequel:
    """Take the last stretch of rows in the order of time, else of the file; groups one after another."""
    is_time = train.times is not None
    by = np.nan_to_num(train.times, nan=-np.inf) if train.times is not None else positions
    order = np.argsort(by, kind="stable")
    places = np.arange(len(order)) if is_time else positions[order]
    if train.groups is not None:
        regroup = np.argsort(train.groups[order], kind="stable")
        order = order[regroup]
        starts = np.cumsum(np.concatenate([[0], np.diff(train.groups[order]) != 0]))
        own = np.arange(len(order)) if is_time else places[regroup]
        places = own + starts * (len(order) + int(places.max(initial=0)) + 1)
    rows = train.take(order[-most:])
    columns: Columns = {
        name: _tame(cells) for name, cells in rows.columns.items() if train.schema[name].kind in NUMERIC
    }
    assert rows.target is not None  # noqa: S101 - training rows have a target
    return Sequel(columns=columns, target=rows.target, positions=places[-most:], is_time=is_time)
