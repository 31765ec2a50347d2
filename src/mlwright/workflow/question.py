"""The question: from target cells and a few words to a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import DataError, UnknownNameError
from mlwright.core.shelves import TASKS
from mlwright.core.task import Task
from mlwright.data.labels import as_cells, class_numbers, row_of

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.task import Outcome


def recognize(values: Array) -> str:
    """Return the kind of question that fits a target best.

    Parameters
    ----------
    values
        Target cells, none missing, shape (n_rows,).

    Raises
    ------
    DataError
        If no kind fits.
    """
    claims = {name: TASKS.get(name).claims(values) for name in TASKS.names()}
    best = max(claims, key=lambda name: claims[name])  # of equal claims the first name
    if claims[best] > 0:
        return best
    cells = as_cells(values)
    n_distinct = len(set(cells))
    if n_distinct < 2:
        shown = f" ({cells[0]!r})" if cells else ""
        raise DataError(
            f"The target has {n_distinct} different value{shown}, so there is nothing to learn. "
            "Choose another target."
        )
    raise DataError(
        f"No kind of question fits the target: {n_distinct:,} different values in {len(cells):,} rows, "
        f"such as {cells[0]!r}. Choose another target, or give its --kind: {', '.join(TASKS.names())}."
    )


def frame(
    values: Array, target: str, kind: str | None, metric: str | None, rows: Integers | None = None
) -> tuple[Task, Outcome]:
    """Pose the question: choose the kind and the metric, and read the target.

    Parameters
    ----------
    values
        Target cells, none missing, shape (n_rows,).
    target
        Name of the target column.
    kind
        Id of a task kind; None to recognize it.
    metric
        Id of a metric; None for the default of the kind.
    rows
        Which rows these cells are of, from 0, shape (n_rows,), for a message; None for all.

    Raises
    ------
    DataError
        If the cells cannot be a target of this kind.
    UnknownNameError
        If the kind or the metric does not exist, or does not serve this kind.
    """
    name = recognize(values) if kind is None else kind
    chosen = TASKS.get(name)
    if metric is not None and metric not in chosen.metrics:
        raise UnknownNameError.among("metric", metric, chosen.metrics, name)
    outcome = chosen.read(values, rows)
    task = Task(
        kind=name,
        link=chosen.link,
        target=target,
        metric=metric or chosen.metrics[0],
        metrics=chosen.metrics,
        classes=outcome.classes,
        offset=outcome.offset,
        scale=outcome.scale,
    )
    return task, outcome


def encode(task: Task, values: Array, rows: Integers | None = None) -> Floats:
    """Turn target cells of later rows into class numbers or values, shape (n_rows,).

    Labels may be written otherwise than in training: 1, 1.0, "1" and True are the same class unless
    the classes tell them apart. `rows` says which rows these are, from 0; None for all.

    Raises
    ------
    DataError
        If a cell is no known class, or no finite number.
    """
    if task.classes:
        return class_numbers(values, task.classes, rows)
    cells = as_cells(values)
    numbers = np.empty(len(cells))
    for place, cell in enumerate(cells):
        try:
            numbers[place] = float(cell)
        except (TypeError, ValueError):
            numbers[place] = np.nan
        if not np.isfinite(numbers[place]):
            raise DataError.cell(task.target, row_of(place, rows), cell, "a finite number")
    return numbers
