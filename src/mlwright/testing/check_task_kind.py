"""What every task kind keeps: labels become numbers and come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.shelves import METRICS
from mlwright.core.task import Link
from mlwright.testing.claim import claim, claim_close

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.core.task import TaskKind

_TARGETS: dict[Link, tuple[tuple[Any, ...], ...]] = {
    Link.IDENTITY: ((1.5, -2.25, 1e6, 0.0), (3, 4, 2**40, 5), (1e-12, 2e-12, 4e-12)),
    Link.SIGMOID: (
        ("no", "yes", "no", "yes"),
        (0, 1, 1, 0),
        (True, False, True, False),
        (1.5, 2.5, 1.5, 2.5),
    ),
    Link.SOFTMAX: (("b", "a", "c"), (3, 1, 2), ("Ä", "ä", "東", " "), (0.5, 1.5, 2.5)),
    Link.RANKING: (("b", "a", "c"), ("Ä", "ä", "東", "x y")),
}
"""Targets for each link; every row is repeated ten times."""


def check_task_kind(kind: TaskKind) -> None:
    """Raise AssertionError if a kind of question does not keep its contract.

    Examples
    --------
    >>> from mlwright.core.shelves import TASKS
    >>> check_task_kind(TASKS.get("regression"))
    """
    claim(kind.link in tuple(Link), f"{kind.link!r} is no link.")
    claim(kind.metrics, "No metric is named, so nothing can be judged.")
    unknown = set(kind.metrics) - set(METRICS.names())
    claim(not unknown, f"These metrics are not on the shelf: {sorted(unknown)}.")
    claim(len(set(kind.metrics)) == len(kind.metrics), f"A metric is named twice: {kind.metrics}.")
    for target in _TARGETS[kind.link]:
        cells = _cells(target * 10)
        _claims_are_shares(kind, cells)
        _labels_come_back(kind, cells)
    _a_constant_is_refused(kind)


def _cells(values: tuple[Any, ...]) -> Array:
    cells = np.empty(len(values), dtype=object)
    cells[:] = values
    return cells


def _claims_are_shares(kind: TaskKind, cells: Array) -> None:
    share = kind.claims(cells)
    claim(0 <= share <= 1, f"`claims` gives {share}, which does not lie in [0, 1].")
    claim(kind.claims(cells[::-1].copy()) == share, "`claims` depends on the order of the rows.")


def _labels_come_back(kind: TaskKind, cells: Array) -> None:
    outcome = kind.read(cells)
    shown = f"The target {cells[:4].tolist()}"
    claim(
        outcome.values.shape == cells.shape and outcome.values.dtype == np.float64,
        f"{shown} gives values of shape {outcome.values.shape} and type {outcome.values.dtype}.",
    )
    claim(outcome.scale > 0, f"{shown} gives the scale {outcome.scale}.")
    if not outcome.classes:
        claim_close(outcome.values, cells.astype(np.float64), f"{shown} is not kept", 0.0)
        scaled = (outcome.values - outcome.offset) / outcome.scale
        claim(abs(scaled.mean()) < 1e-6 and abs(scaled.std() - 1.0) < 1e-6, f"{shown} is not standardized.")
        prediction = kind.answer(outcome.values[:, None])
        claim(prediction.labels is None, "A value has no labels.")
        claim_close(prediction.values, outcome.values, f"{shown} does not come back", 0.0)
        return
    claim(len(set(outcome.classes)) == len(outcome.classes), f"{shown} gives a class twice.")
    numbers = outcome.values.astype(int)
    back = [outcome.classes[number] for number in numbers]
    claim(back == cells.tolist(), f"{shown} comes back as {back[:4]}.")
    again = kind.read(cells[::-1].copy())
    claim(again.classes == outcome.classes, f"{shown}: the order of the classes depends on that of the rows.")
    prediction = kind.answer(np.eye(len(outcome.classes))[numbers])
    claim(prediction.labels is not None, "Probabilities have labels.")
    assert prediction.labels is not None  # noqa: S101 - for the type checker
    claim_close(prediction.labels, numbers, f"{shown}: the sure class is not the answer", 0.0)


def _a_constant_is_refused(kind: TaskKind) -> None:
    cells = _cells((7,) * 20)
    claim(kind.claims(cells) == 0, "A target of one value is claimed, but there is nothing to learn.")
    try:
        kind.read(cells)
    except DataError:
        return
    claim(False, "A target of one value is read without a DataError.")  # noqa: FBT003 - it does not hold
