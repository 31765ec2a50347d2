"""What mistakes cost, as the user said it: read, checked against the question, and put into one matrix."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import DataError, MissingColumnError, UnknownNameError, UsageError
from mlwright.core.schema import Kind
from mlwright.data.labels import class_numbers, row_of
from mlwright.tuning.policy import Policy

if TYPE_CHECKING:
    from mlwright.core.arrays import Columns, Floats, Integers
    from mlwright.core.dataset import Dataset
    from mlwright.core.task import Task
    from mlwright.data.raw import Raw
    from mlwright.workflow.options import Cost, TrainOptions

PLACES = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
"""Where each cost of two classes stands: true class, decided class."""
_YES, _NO = frozenset({"yes", "true", "1", "1.0", "y"}), frozenset({"no", "false", "0", "0.0", "n"})


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was asked about decisions: a policy without its cutoff, and the `share` that may be acted on."""

    policy: Policy
    share: float | None = None
    capacity: str = ""

    def stakes_of(self, rows: Dataset) -> Floats | None:
        """Return the stakes of rows, shape (n_rows,); None without any."""
        return rows.columns[self.policy.stakes] if self.policy.stakes else None


def read_costs(
    options: TrainOptions, task: Task, rows: Dataset, known: Integers, n_rows: int
) -> Costs | None:
    """Turn options into costs; None if nothing was asked. The data hold `n_rows`; `known` are labeled.

    Raises
    ------
    UsageError
        An option does not fit the question, or says what cannot be.
    DataError
        The stakes are missing or negative somewhere.
    """
    cost, capacity, stakes = options.cost, options.capacity, options.stakes
    if cost is None and capacity is None:
        if stakes is not None:
            message = "--stakes multiplies the cost of a miss. Say what one costs with --cost: fn=1,fp=20."
            raise UsageError(message)
        if options.today is not None:
            message = "--today is compared with decisions. Say what mistakes cost with --cost: fn=500,fp=20."
            raise UsageError(message)
        return None
    if not task.classes:
        message = (
            f"--{'cost' if cost is not None else 'capacity'} is about deciding between classes; the target "
            f"{task.target!r} is a number. Leave it out, or make classes of the target."
        )
        raise UsageError(message)
    if len(task.classes) != 2 and (capacity is not None or stakes is not None):
        message = (
            f"--{'capacity' if capacity is not None else 'stakes'} is about acting or not, which needs two "
            f"classes; the target {task.target!r} has {len(task.classes)}. Give a cost matrix alone."
        )
        raise UsageError(message)
    matrix = _matrix({"fn": 1.0} if cost is None else cost, task)
    usual = 1.0 if stakes is None else _usual_stake(stakes, rows, known)
    share = None if capacity is None else _share(capacity, n_rows)
    if stakes is not None and not matrix[1, 0] > 0:
        message = f"--stakes multiplies the cost of a miss, which is {matrix[1, 0]:g}. Give --cost fn=1."
        raise UsageError(message)
    policy = Policy(matrix, stakes or "", usual)
    return Costs(policy=policy, share=share, capacity="" if capacity is None else str(capacity))


def _matrix(cost: Cost, task: Task) -> Floats:
    if isinstance(cost, Path) or (isinstance(cost, str) and "=" not in cost):
        return _from_file(Path(cost), task)
    if isinstance(cost, str) and cost.lower().endswith(".csv") and Path(cost).is_file():
        return _from_file(Path(cost), task)
    named = _named(cost) if isinstance(cost, str) else dict(cost)
    if len(task.classes) != 2:
        message = (
            f"--cost {', '.join(map(str, named))} is for two classes; the target {task.target!r} has "
            f"{len(task.classes)}. Give a CSV file with a cost matrix: a row per true class, "
            "a column per decision."
        )
        raise UsageError(message)
    matrix = np.zeros((2, 2))
    for name, value in named.items():
        if name not in PLACES:
            raise UnknownNameError.among("cost", name, PLACES)
        matrix[PLACES[name]] = _number(value, f"--cost {name}")
    return _sensible(matrix, task)


def _named(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = part.partition("=")
        if not sign:
            message = f"--cost holds {part!r}. Write names and amounts, such as fn=500,fp=20."
            raise UsageError(message)
        if name.strip() in found:
            message = f"--cost names {name.strip()!r} twice."
            raise UsageError(message)
        found[name.strip()] = _number(value, f"--cost {name.strip()}")
    return found


def _number(value: object, what: str) -> float:
    try:
        found = float(value)  # type: ignore[arg-type]  # what cannot be read is told below
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or abs(found) > 1e12:
        message = f"{what} is {str(value).strip()!r}; a finite amount is needed, such as 20."
        raise UsageError(message)
    return found


def _from_file(path: Path, task: Task) -> Floats:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file) if any(line)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        message = (
            f"The cost matrix {str(path)!r} cannot be read: {error}. Name a CSV file, or give amounts: "
            "fn=500,fp=20."
        )
        raise UsageError(message) from error
    n_classes = len(task.classes)
    if len(lines) != n_classes + 1 or any(len(line) != n_classes + 1 for line in lines):
        message = (
            f"The cost matrix {path.name!r} must have a header and a row for each of {n_classes} classes, "
            f"each with {n_classes + 1} cells: the true class, then what each decision costs."
        )
        raise UsageError(message)
    decided = _classes(lines[0][1:], task, path, "columns")
    true = _classes([line[0] for line in lines[1:]], task, path, "rows")
    matrix = np.zeros((n_classes, n_classes))
    for row, line in zip(true, lines[1:], strict=True):
        for column, cell in zip(decided, line[1:], strict=True):
            what = f"In {path.name!r} the cost of {task.classes[row]!r} decided as {task.classes[column]!r}"
            matrix[row, column] = _number(cell, what)
    return _sensible(matrix, task)


def _classes(labels: list[str], task: Task, path: Path, what: str) -> list[int]:
    known = ", ".join(repr(label) for label in task.classes[:10])
    try:
        numbers = class_numbers(np.array(labels, dtype=object), task.classes).astype(int).tolist()
    except DataError as error:
        message = f"The {what} of the cost matrix {path.name!r} are {labels[:10]}; the classes are {known}."
        raise UsageError(message) from error
    if len(set(numbers)) != len(labels):
        message = f"The {what} of the cost matrix {path.name!r} name a class twice; the classes are {known}."
        raise UsageError(message)
    return list(numbers)


def _sensible(matrix: Floats, task: Task) -> Floats:
    """Refuse costs under which the answer does not matter."""
    if len(matrix) == 2:
        no, yes = (repr(label) for label in task.classes)
        if matrix[1, 0] <= matrix[1, 1]:
            message = (
                f"A miss (fn={matrix[1, 0]:g}) must cost more than a hit (tp={matrix[1, 1]:g}), else one "
                f"would never decide {yes}."
            )
            raise UsageError(message)
        if matrix[0, 1] < matrix[0, 0]:
            message = (
                f"A false alarm (fp={matrix[0, 1]:g}) must not cost less than leaving {no} alone "
                f"(tn={matrix[0, 0]:g}), else one would always decide {yes}."
            )
            raise UsageError(message)
    elif (matrix == matrix[:, :1]).all():
        message = "In the cost matrix every decision costs the same, so there is nothing to choose."
        raise UsageError(message)
    return matrix


def check_stakes(name: str | None, columns: Columns, rows: Integers, source: str) -> None:
    """Refuse stakes that are missing or negative in rows that were given to judge by: these of a file."""
    if name is not None and name in columns:
        _check_amounts(name, columns[name], rows, f" of {source}")


def _check_amounts(name: str, stakes: Floats, rows: Integers, where: str) -> None:
    bad = np.flatnonzero(~((stakes >= 0) & np.isfinite(stakes)))
    if len(bad):
        value: object = None if np.isnan(stakes[bad[0]]) else float(stakes[bad[0]])
        expected = f"a stake of 0 or more in every row with a target{where}"
        raise DataError.cell(name, row_of(int(bad[0]), rows), value, expected)


def _usual_stake(name: str, rows: Dataset, known: Integers) -> float:
    if name not in rows.schema:
        raise MissingColumnError.among([name], rows.schema.names)
    column = rows.schema[name]
    if column.kind is not Kind.NUMBER or name not in rows.columns:
        what = column.kind.value if column.kind is not Kind.NUMBER else column.role.value
        message = f"The stakes {name!r} must be a feature that holds numbers; it is used as {what}."
        raise UsageError(message)
    stakes = rows.columns[name]
    _check_amounts(name, stakes, known, "")
    if not stakes.max(initial=0.0) > 0:
        message = f"The stakes {name!r} are 0 in every row, so nothing is at risk. Name another column."
        raise UsageError(message)
    return float(stakes.mean())


def _share(capacity: str | float, n_rows: int) -> float:
    """Return the share of rows that may be acted on; a count is one of as many rows as the data hold."""
    text = str(capacity).strip()
    is_share = text.endswith("%")
    try:
        amount = float(text.removesuffix("%"))
    except ValueError:
        amount = math.nan
    if (
        not (math.isfinite(amount) and amount > 0)
        or (is_share and amount > 100)
        or (not is_share and amount < 1)
    ):
        message = (
            f"--capacity is {text!r}; give a number of rows from 1 on, such as 200, or a share such as 5%."
        )
        raise UsageError(message)
    return amount / 100.0 if is_share else min(1.0, amount / n_rows)


def decided_today(name: str | None, raw: Raw, rows: Integers, task: Task) -> Integers | None:
    """Read the decisions that were made so far: labels of the target, or yes and no, shape (n_rows,).

    Labels come first: where classes are 1 and 2, a rule that always said 1 meant the first of them.
    """
    if name is None:
        return None
    if name not in raw.columns:
        raise MissingColumnError.among([name], raw.names, raw.source)
    cells = np.asarray(raw.columns[name], dtype=object)[rows]
    texts = [str(cell).strip().lower() for cell in cells.tolist()]
    try:
        return class_numbers(cells, task.classes, rows).astype(np.int64)
    except DataError as error:
        if len(task.classes) == 2 and set(texts) <= _YES | _NO:
            return np.array([text in _YES for text in texts], dtype=np.int64)
        known = ", ".join(repr(label) for label in task.classes[:10])
        message = f"--today {name!r} must hold what was decided, one of {known}, in every row: {error}"
        raise UsageError(message) from error


def check_today(name: str | None, raw: Raw, target: str) -> None:
    """Refuse a column that cannot hold what was decided."""
    if name is None:
        return
    if name == target:
        message = f"--today names the target {name!r}; name the column that holds what was decided."
        raise UsageError(message)
    if name not in raw.columns:
        raise MissingColumnError.among([name], raw.names, raw.source)
