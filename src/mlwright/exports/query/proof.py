"""Runs a query on the golden rows of its model, where the database is at hand, and compares the answers."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.dataset import Typed
from mlwright.core.errors import ProofError, UsageError
from mlwright.core.schema import NUMERIC, Kind
from mlwright.exports.query.dialect import identifier
from mlwright.exports.query.statement import INPUT, PREDICTION, Statement, id_columns
from mlwright.program.runtime import DECISION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array
    from mlwright.core.prediction import Prediction
    from mlwright.core.schema import Column

TOLERANCE = 1e-6
"""Largest difference of a probability, or of a value as a share of itself or of the target's spread."""
_BEYOND = re.compile(r"too (large|many|long|big)|stack overflow|at most \d+ tables", re.IGNORECASE)
"""How SQLite says that a query is larger than it takes; most of these have the code of any error."""


def prove(model: Model, statement: Statement) -> bool:
    """Compare the query with the program on the golden rows; False where the database is not installed.

    Raises
    ------
    ProofError
        An answer differs, or the database refuses the query.
    UsageError
        The query is larger than the dialect allows, or than the database takes.
    """
    run = _RUNNERS.get(statement.dialect.name)
    if run is None:
        return False
    typed = golden_rows(model)
    expected = model.answer(Typed(typed))
    ids = {name: list(range(len(expected.scores))) for name in id_columns(model)}
    cells = {**ids, **{name: _cells(model.schema[name], typed[name]) for name in model.inputs}}
    query = statement.text(INPUT)
    try:
        found = run(model, cells, query)
    except ImportError:
        return False
    except Exception as error:
        reason = str(error).split("\n", 1)[0][:300]
        if _BEYOND.search(reason):
            message = (
                f"The query is beyond a limit of {statement.dialect.title} ({reason}). Train a smaller "
                "model, with --latency fast or a shorter --time-limit, or choose another dialect."
            )
            raise UsageError(message) from error
        message = f"{statement.dialect.title} refuses the query: {reason} Please report this to mlwright."
        raise ProofError(message) from error
    _compare(model, statement, found, expected)
    return True


def _duckdb(model: Model, cells: Mapping[str, list[Any]], query: str) -> dict[str, list[Any]]:
    import duckdb  # noqa: PLC0415 - an extra

    kinds = {Kind.NUMBER: "DOUBLE", Kind.BOOLEAN: "BOOLEAN", Kind.DATETIME: "TIMESTAMP"}
    kind_of = {name: kinds.get(model.schema[name].kind, "VARCHAR") for name in model.inputs}
    with duckdb.connect() as connection:
        return _answers(connection, {name: kind_of.get(name, "BIGINT") for name in cells}, cells, query)


def _sqlite(model: Model, cells: Mapping[str, list[Any]], query: str) -> dict[str, list[Any]]:
    import sqlite3  # noqa: PLC0415 - not in every build of Python

    del model
    plain = {
        name: [cell.isoformat(" ") if isinstance(cell, datetime) else cell for cell in column]
        for name, column in cells.items()
    }
    with closing(sqlite3.connect(":memory:")) as connection:
        return _answers(connection, dict.fromkeys(cells, ""), plain, query)


_RUNNERS = {"duckdb": _duckdb, "sqlite": _sqlite}
"""The databases that run inside this process."""


def _answers(
    connection: Any, types: Mapping[str, str], cells: Mapping[str, list[Any]], query: str
) -> dict[str, list[Any]]:
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in types.items())
    connection.execute(f"CREATE TABLE {INPUT} ({columns})")
    marks = ", ".join("?" * len(cells))
    rows = list(zip(*cells.values(), strict=True))
    connection.executemany(f"INSERT INTO {INPUT} VALUES ({marks})", rows)  # noqa: S608 - only marks of ours
    found = connection.execute(query)
    names = [one[0] for one in found.description]
    answers = sorted(found.fetchall(), key=lambda row: row[0])  # by the first column of ids, or the number
    return {name: [row[place] for row in answers] for place, name in enumerate(names)}


def _cells(column: Column, typed: Array) -> list[Any]:
    """Return cells as a database types them, None for missing."""
    if column.kind not in NUMERIC:
        return [cell or None for cell in typed.tolist()]
    epoch = datetime(1970, 1, 1)  # noqa: DTZ001 - as databases hold it
    ways: dict[Kind, Callable[[float], Any]] = {
        Kind.BOOLEAN: bool,
        Kind.DATETIME: lambda seconds: epoch + timedelta(seconds=seconds),
    }
    return [None if np.isnan(cell) else ways.get(column.kind, float)(cell) for cell in typed.tolist()]


def golden_rows(model: Model) -> dict[str, Any]:
    """Return the golden rows as the program reads them, by column."""
    rows = model.golden["rows"]
    return {
        name: np.array([np.nan if cell is None else float(cell) for cell in rows[name]])
        if model.schema[name].kind in NUMERIC
        else np.array([str(cell) for cell in rows[name]], dtype=object)
        for name in model.inputs
    }


def _compare(
    model: Model, statement: Statement, found: Mapping[str, list[Any]], expected: Prediction
) -> None:
    task = model.task
    is_same = True
    if expected.labels is None:
        values = np.array(found[PREDICTION], dtype=np.float64)
        size = np.maximum(np.abs(expected.values), task.scale)
        difference = np.abs(values - expected.values) / size
    else:
        shares = [found[f"probability_{label}"] for label in task.classes]
        difference = np.abs(np.array(shares, dtype=np.float64).T - expected.scores)
        chosen = {PREDICTION: expected.labels, DECISION: expected.decisions}
        is_same = all(
            found[name] == [task.classes[number] for number in numbers]
            for name, numbers in chosen.items()
            if numbers is not None
        )
    if is_same and bool(np.all(difference <= TOLERANCE)):
        return
    message = (
        f"The query for {statement.dialect.title} answers the golden rows otherwise than the program, by "
        f"up to {float(np.max(difference)):.2g}. Nothing was written; please report this defect of mlwright."
    )
    raise ProofError(message)
