"""Explaining: for rows, which columns moved the answer, in numbers and in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.dataset import Typed
from mlwright.core.errors import UsageError
from mlwright.core.task import check_of_rows
from mlwright.data.cells import text_of
from mlwright.data.parse import parse
from mlwright.data.read import read
from mlwright.report.why import why
from mlwright.workflow.ids import ROW_NUMBER, row_ids
from mlwright.workflow.output import check_output, write_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Integers
    from mlwright.core.explanation import Explanation
    from mlwright.data.raw import Raw


def explain(
    model: Model, data: object, *, n_rows: int | None = None, row: int | None = None
) -> dict[str, Any]:
    """Explain the answers to rows.

    Parameters
    ----------
    n_rows
        How many of the first rows; all unless given.
    row
        The number of the only row, from 1; not together with `n_rows`.

    Returns
    -------
    "target" and "rows": for each its "id" (the id columns, or "row" from 1), "class" (null for a value),
    "answer", "base", "columns" (name, "value", signed "amount"; strongest first) and "why" in words. Two
    classes are explained by the chance of the second, more by that of the chosen one. Amounts and base add
    up to the answer.

    Raises
    ------
    UsageError
        There is no such row, or the model was made before models could explain themselves.
    """
    check_of_rows(model.task, "Explaining by columns")
    raw, first = _chosen(read(data), n_rows, row)
    needed = [model.schema[name] for name in model.inputs]
    found = model.explain(Typed(parse(needed, raw, where=raw.source)))
    told, ids = reasons(model, found, raw.columns), row_ids(model, raw)
    if ROW_NUMBER in ids:
        ids[ROW_NUMBER] = ids[ROW_NUMBER] + first
    names = {name: [_plain(cell) for cell in cells] for name, cells in ids.items()}
    rows = [{"id": {name: cells[at] for name, cells in names.items()}, **one} for at, one in enumerate(told)]
    return {"target": model.task.target, "rows": rows}


def reasons(model: Model, found: Explanation, cells: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say for each explained row what moved its answer; `cells` are what to show, by column."""
    chosen = _chosen_answers(model, found)
    return [_told(model, cells, found, at, int(answer)) for at, answer in enumerate(chosen)]


def explain_file(
    model: Model, data: object, out: str | Path, *, n_rows: int | None = None, row: int | None = None
) -> int:
    """Write one line per row: ids, class, answer, base, "why", and the amount of every column.

    The format is that of the file's name; see `predict_file`. Returns the number of rows.
    """
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    check_output(out)
    lines = []
    for one in explain(model, data, n_rows=n_rows, row=row)["rows"]:
        amounts = {item["column"]: item["amount"] for item in one["columns"]}
        facts = {key: one[key] for key in ("class", "answer", "base", "why") if one[key] is not None}
        ids = {(f"{name}_id" if name in facts else name): cell for name, cell in one["id"].items()}
        lines.append(
            {**ids, **facts, **{f"amount_{name}": amounts[name] for name in model.inputs if name in amounts}}
        )
    write_frame(pl.DataFrame(lines, infer_schema_length=None), Path(out))
    return len(lines)


def _chosen(raw: Raw, n_rows: int | None, row: int | None) -> tuple[Raw, int]:
    """Return the rows that are asked for, and how many stand before them."""
    if row is None:
        end, start = raw.n_rows if n_rows is None else min(n_rows, raw.n_rows), 0
    else:
        start, end = row - 1, row
        if not 1 <= row <= raw.n_rows:
            message = f"There is no row {row:,} in {raw.source}, which has {raw.n_rows:,}; the first is 1."
            raise UsageError(message)
    return raw.take(np.arange(start, end)), start


def _chosen_answers(model: Model, found: Explanation) -> Integers:
    """Return which answer to explain for each row: the chance of the second of two, else the largest."""
    n_answers = len(model.task.classes)
    if n_answers > 2:
        largest: Integers = np.argmax(found.answers, axis=1)
        return largest
    return np.full(len(found.answers), max(0, n_answers - 1))


def _told(model: Model, cells: Mapping[str, Any], found: Explanation, at: int, answer: int) -> dict[str, Any]:
    amounts = found.amounts[at, answer]
    columns = [
        {
            "column": found.columns[place],
            # A history that nobody gave is no cell of the row.
            "value": _plain(cells[found.columns[place]][at]) if found.columns[place] in cells else None,
            "amount": float(amounts[place]),
        }
        for place in np.argsort(-np.abs(amounts), kind="stable")
    ]
    classes = model.task.classes
    told = {
        "class": classes[answer] if classes else None,
        "answer": float(found.answers[at, answer]),
        "base": float(found.base[answer]),
        "columns": columns,
    }
    return {**told, "why": why(told, model.task.target)}


def _plain(cell: Any) -> Any:
    """Return a cell as JSON knows it: numbers and truths as they are, all else as text; null if missing."""
    value = cell.item() if isinstance(cell, np.generic) else cell
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return text_of(value) or None
