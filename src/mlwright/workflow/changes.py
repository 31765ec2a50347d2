"""Changes: which rows a new model answers otherwise than the one in place, where, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.dataset import Typed
from mlwright.core.schema import NUMERIC
from mlwright.data.read import read
from mlwright.workflow.prepare import typed_rows

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Schema

_MOST_ROWS, _MOST_REASONS, _MOST_PLACES = 8, 3, 5
_FEWEST, _N_GROUPS, _N_LEVELS = 30, 5, 12


def what_changed(
    truth: Floats, old: Prediction, new: Prediction, columns: Columns, schema: Schema
) -> dict[str, Any]:
    """Count the answers that changed, and say in which groups of rows they are farthest apart.

    Returns
    -------
    "n_rows"; "is_value": the answers are values, not classes; "n_changed": rows with another class or value;
    "n_better" and "n_worse": of those, where it became right or wrong, or came closer to the truth or went
    away; "middle": the median distance of the answers, in probability or in the target's unit; "where":
    "column", "group", "n" and the mean "distance", the largest first.
    """
    distance = np.abs(new.scores - old.scores).max(axis=1)
    if new.labels is None or old.labels is None:
        far = [np.abs(one.values - truth) for one in (old, new)]
        changed, better, worse = new.values != old.values, far[1] < far[0], far[1] > far[0]
    else:
        changed = new.labels != old.labels
        better, worse = (changed & (one.labels == truth) for one in (new, old))
    return {
        "n_rows": len(truth),
        "is_value": new.labels is None,
        "n_changed": int(changed.sum()),
        "n_better": int(better.sum()),
        "n_worse": int(worse.sum()),
        "middle": float(np.median(distance)),
        "where": _where(columns, schema, distance),
    }


def changes(old: Model, new: Model, data: object) -> dict[str, Any]:
    """Return what changed on labeled rows, and for those that moved most also why.

    Returns
    -------
    What `what_changed` does; "rows": for each its number as "row" (from 1), "truth", "old" and "new" answers,
    the "distance" and "why": the columns that moved it most, "column", "value" and "amount"; "inputs": the
    columns that only the "old" or only the "new" one reads.
    """
    raw = read(data)
    columns, truth, known = typed_rows(raw, new.schema, new.task)
    others, _, _ = typed_rows(raw, old.schema, old.task)
    before, after = old.answer(Typed(others)), new.answer(Typed(columns))
    found = what_changed(truth, before, after, columns, new.schema)
    inputs = {
        "old": [name for name in old.inputs if name not in new.inputs],
        "new": [name for name in new.inputs if name not in old.inputs],
    }
    distance = np.abs(after.scores - before.scores).max(axis=1)
    top = np.argsort(-distance, kind="stable")[:_MOST_ROWS]
    top = top[distance[top] > 0]
    reasons = _why(old, new, _rows(others, top), _rows(columns, top), after.take(top)) if len(top) else []
    label = _answers(new, truth), _answers(new, before), _answers(new, after)
    rows = [
        {
            "row": int(known[at]) + 1, "truth": label[0][at], "old": label[1][at], "new": label[2][at],
            "distance": float(distance[at]), "why": why,
        }
        for at, why in zip(top.tolist(), reasons, strict=True)
    ]  # fmt: skip
    for row in rows:
        for reason in row["why"]:
            cell = raw.columns[reason["column"]][row["row"] - 1]
            reason["value"] = None if cell is None else str(cell)
    return {**found, "rows": rows, "inputs": inputs}


def _rows(columns: Columns, rows: Array) -> Columns:
    return {name: cells[rows] for name, cells in columns.items()}


def _answers(model: Model, given: Prediction | Floats) -> list[Any]:
    """Write answers or truths: labels, or values."""
    classes = model.task.classes
    if isinstance(given, np.ndarray):
        return [classes[int(one)] for one in given] if classes else given.tolist()
    return given.values.tolist() if given.labels is None else [classes[one] for one in given.labels.tolist()]


def _why(
    old: Model, new: Model, others: Columns, columns: Columns, after: Prediction
) -> list[list[dict[str, Any]]]:
    """Say which columns moved each row from the old answer to the new one: differences of their amounts."""
    one, other = new.explain(Typed(columns)), old.explain(Typed(others))
    chosen = np.zeros(len(after.scores), int) if after.labels is None else after.labels
    if len(new.task.classes) == 2:
        chosen = np.ones(len(after.scores), int)
    found = []
    for at, answer in enumerate(chosen.tolist()):
        moved = dict(
            zip(one.columns, one.amounts[at, min(answer, one.amounts.shape[1] - 1)].tolist(), strict=True)
        )
        for name, amount in zip(
            other.columns, other.amounts[at, min(answer, other.amounts.shape[1] - 1)].tolist(), strict=True
        ):
            moved[name] = moved.get(name, 0.0) - amount
        top = sorted(moved.items(), key=lambda item: -abs(item[1]))[:_MOST_REASONS]
        found.append([{"column": name, "amount": amount} for name, amount in top])
    return found


def _where(columns: Columns, schema: Schema, distance: Floats) -> list[dict[str, Any]]:
    least = max(_FEWEST, len(distance) // 50)
    found: list[dict[str, Any]] = []
    for name, cells in columns.items():
        for group, rows in _groups(cells, is_number=schema[name].kind in NUMERIC).items():
            if least <= rows.sum() < len(distance):
                found.append(
                    {
                        "column": name,
                        "group": group,
                        "n": int(rows.sum()),
                        "distance": float(distance[rows].mean()),
                    }
                )
    found.sort(key=lambda one: -float(one["distance"]))
    usual = float(distance.mean()) if len(distance) else 0.0
    return [one for one in found if float(one["distance"]) > usual][:_MOST_PLACES]


def _groups(cells: Array, *, is_number: bool) -> dict[str, Array]:
    if not is_number:
        return {str(level): cells == level for level, _ in Counter(cells.tolist()).most_common(_N_LEVELS)}
    known = np.isfinite(cells)
    if not known.any():
        return {}
    edges = np.unique(np.quantile(cells[known], np.linspace(0, 1, _N_GROUPS + 1), method="lower"))
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    last = edges[-1]
    return {
        f"{low:.4g} to {high:.4g}": known
        & (cells >= low)
        & ((cells < high) | (high == last) & (cells == last))
        for low, high in pairs
    }
