"""Changes: which rows a new model answers otherwise than the one in place, where, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.dataset import Typed
from mlwright.core.errors import UsageError
from mlwright.core.said import said
from mlwright.core.schema import NUMERIC

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Schema
    from mlwright.data.raw import Raw

_MOST_ROWS, _MOST_REASONS, _MOST_PLACES = 8, 3, 5
_FEWEST, _N_GROUPS, _N_LEVELS = 30, 5, 12


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """Labeled rows as two models read them: `raw` cells, of which those in `known` have a truth, and answers.

    `columns` are typed for the new model, `others` for the old one; `before` and `after` are their answers.
    """

    raw: Raw
    known: Integers
    truth: Floats
    columns: Columns
    others: Columns
    before: Prediction
    after: Prediction


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


def changes(old: Model, new: Model, both: Both) -> dict[str, Any]:
    """Return what changed on labeled rows, and for those that moved most also why.

    Returns
    -------
    What `what_changed` does; "rows": for each its number as "row" (from 1), "truth", "old" and "new" answers,
    the "distance" and "why": the columns that moved it most, "column", "value" and "amount" (none for models
    made before models could explain themselves); "inputs": the columns that only the "old" or only the "new"
    one reads.
    """
    before, after = both.before, both.after
    distance = np.abs(after.scores - before.scores).max(axis=1)
    top = np.argsort(-distance, kind="stable")[:_MOST_ROWS]
    top = top[distance[top] > 0]
    reasons = _why(old, new, _rows(both.others, top), _rows(both.columns, top), after.take(top))
    answers = [_answers(new, one) for one in (both.truth, before, after)]
    return {
        **what_changed(both.truth, before, after, both.columns, new.schema),
        "rows": [
            {
                "row": int(both.known[at]) + 1,
                **{key: found[at] for key, found in zip(("truth", "old", "new"), answers, strict=True)},
                "distance": float(distance[at]),
                "why": [{**one, "value": _cell(both.raw, one["column"], int(both.known[at]))} for one in why],
            }
            for at, why in zip(top.tolist(), reasons, strict=True)
        ],
        "inputs": {
            "old": [name for name in old.inputs if name not in new.inputs],
            "new": [name for name in new.inputs if name not in old.inputs],
        },
    }


def _cell(raw: Raw, column: str, row: int) -> str | None:
    cell = raw.columns[column][row] if column in raw.columns else None  # a history is not in the file
    return None if cell is None else str(cell)


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
    try:
        one, other = new.explain(Typed(columns)), old.explain(Typed(others))
    except UsageError:
        return [[] for _ in after.scores]
    chosen = np.zeros(len(after.scores), int) if after.labels is None else after.labels
    if len(new.task.classes) == 2:  # the chance of the second is explained, whichever was chosen
        chosen = np.ones(len(after.scores), int)
    found = []
    for at, answer in enumerate(chosen.tolist()):
        moved = dict(zip(one.columns, one.amounts[at, answer].tolist(), strict=True))
        for name, amount in zip(other.columns, other.amounts[at, answer].tolist(), strict=True):
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
        said("{low:.4g} to {high:.4g}", low=low, high=high): known
        & (cells >= low)
        & ((cells < high) | (high == last) & (cells == last))
        for low, high in pairs
    }
