"""Rows to come: a date beyond which rows are harder to foresee than in between makes the split run forward.

Whether it is one is measured before anything is learned, by quick models on folds (`checks/price.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.checks.price import price_of_mixing
from mlwright.checks.single import MEASURES
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.core.schema import Kind, Role
from mlwright.data.rows import row_keys
from mlwright.data.split import GIVEN
from mlwright.workflow.prepare import held_back, scaled_by, sealed
from mlwright.workflow.time_order import NO_TIME

if TYPE_CHECKING:
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_FEWEST_ROWS, _FEWEST_TIMES, _MOST_DATES = 500, 20, 3
_MATTERS = 0.01
"""By so much of ROC AUC or R² a random split surely flatters, where the split shall run forward. Of 100
tables whose dates mean nothing 4 pass."""


def about_rows_to_come(prepared: Prepared, options: TrainOptions) -> Prepared:
    """Split anew along the date that matters most, if nobody named a time or a group and one matters."""
    told = options.time is not None or options.group is not None
    if told or prepared.train.times is not None or prepared.split.how == GIVEN:
        return prepared
    prices = [
        (price["flattery"]["low"], name, price)
        for name in _dates(prepared)
        if (price := _price(prepared, name, options.seed)) is not None
    ]
    if not prices:
        return prepared
    _, name, price = max(prices, key=lambda one: one[:2])
    return _forward(prepared, name, price, options)


def _dates(prepared: Prepared) -> list[str]:
    """Return the dates that every row has, those with most different times first."""
    if prepared.train.n_rows < _FEWEST_ROWS:
        return []
    found = []
    for column in prepared.schema.features:
        cells = prepared.everything.columns.get(column.name)
        if column.kind is Kind.DATETIME and cells is not None and not np.isnan(cells).any():
            found.append((-len(np.unique(cells)), column.name))
    return [name for n_times, name in sorted(found)[:_MOST_DATES] if -n_times >= _FEWEST_TIMES]


def _price(prepared: Prepared, name: str, seed: int) -> dict[str, Any] | None:
    """Return what mixing the times claims too much; None if that is nothing to speak of."""
    times = prepared.train.columns[name]
    price = price_of_mixing(prepared.train, times, len(prepared.task.classes), seed)
    flattery = price["flattery"]
    return price if flattery["low"] is not None and flattery["low"] >= _MATTERS else None


def _forward(prepared: Prepared, name: str, price: dict[str, Any], options: TrainOptions) -> Prepared:
    schema = prepared.schema.with_role(Role.TIME, name)
    everything = replace(prepared.everything, schema=schema, times=prepared.everything.columns[name])
    split, train, test = sealed(everything, prepared.task, options.seed)
    held, train, split = held_back(train, split, prepared.task, options)
    assert train.target is not None  # noqa: S101 - training rows have a target
    others = (one for one in prepared.findings if one.rule != "time_like")
    return replace(
        prepared, task=scaled_by(prepared.task, train.target), schema=schema, split=split, train=train,
        test=test, held=held, everything=everything, keys=row_keys(train.columns),
        findings=(*others, _finding(name, price)),
    )  # fmt: skip


def _finding(name: str, price: dict[str, Any]) -> Finding:
    measure, flattery = MEASURES[price["metric"]], price["flattery"]
    return Finding(
        rule="time_matters",
        severity=Severity.WARNING,
        column=name,
        message=said(
            "Rows that are later by {column!r} are harder to foresee than rows in between: a quick model "
            "that learns from as many rows reaches {metric} {proper:.2f} on them, not {random:.2f}. So the "
            "question is taken to be about rows to come: the model is judged on the latest rows, and "
            "validated forward in time.",
            column=name,
            metric=measure,
            proper=round(price["proper"]["value"], 4),
            random=round(price["random"]["value"], 4),
        ),
        evidence={"flattery": flattery, "metric": price["metric"], "n_rows": price["n_rows"]},
        remedy=said(
            "Confirm with --time {column}, or use --time {none} if predictions are for the same days.",
            column=name,
            none=NO_TIME,
        ),
        action="kept",
    )
