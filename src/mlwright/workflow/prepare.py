"""From data to a question with typed rows, and a test that nobody looks at until the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.dataset import Dataset
from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.finding import Finding, Severity
from mlwright.core.history import EVERYTHING
from mlwright.core.said import said
from mlwright.core.schema import NUMERIC, Column, Role, Schema
from mlwright.core.shelves import TASKS
from mlwright.data.infer import infer
from mlwright.data.notes import BINARY, labels_alike
from mlwright.data.parse import labels, parse, parse_column
from mlwright.data.read import read
from mlwright.data.rows import row_keys
from mlwright.data.split import GIVEN, Split, hold_back, prove, seal
from mlwright.workflow.costs import Costs, check_stakes, check_today, decided_today, read_costs
from mlwright.workflow.doubts import groups_seen_before, seen_before
from mlwright.workflow.history import with_history, with_memories
from mlwright.workflow.question import encode, frame
from mlwright.workflow.time_order import NO_TIME, with_time
from mlwright.workflow.watched import watched_cells

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from mlwright.core.arrays import Array, Columns, Floats, Integers
    from mlwright.core.task import Outcome, Task
    from mlwright.data.raw import Raw
    from mlwright.workflow.options import TrainOptions


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The question and its rows: `train` to learn from, `test` to judge by, `everything` for a refit.

    `leaks` are the decisions of the leak court, as in the evidence; `held` are training rows that were held
    back to calibrate intervals and sets, and `costs` is what was said about decisions: None if there is none.
    `cells`, as they came, are for a model in place: of a test that was given, else of `everything`.
    """

    task: Task
    schema: Schema
    findings: tuple[Finding, ...]
    split: Split
    train: Dataset
    test: Dataset
    everything: Dataset
    keys: Integers
    n_rows_read: int
    fingerprint: str
    name: str
    cells: Raw | None = None
    leaks: tuple[dict[str, Any], ...] = ()
    price: dict[str, Any] | None = None
    held: Dataset | None = None
    costs: Costs | None = None

    @property
    def test_cells(self) -> Raw | None:
        """The rows of the test as they came, for a model in place; None if there is none."""
        if self.cells is None or self.split.how == GIVEN:
            return self.cells
        return self.cells.take(self.split.test)

    def take(self, rows: Integers) -> Dataset:
        """Return some of all rows, in ascending order; without a copy if it is all."""
        is_all = len(rows) == self.everything.n_rows
        return with_memories(self.everything if is_all else self.everything.take(rows))


def prepare(data: object, target: str, options: TrainOptions) -> Prepared:
    """Read, understand, pose the question, and seal the test."""
    return pose(read(data), target, options)


def pose(raw: Raw, target: str, options: TrainOptions) -> Prepared:
    """Understand rows that were read, pose the question, and seal the test."""
    _check_size(raw, target)
    roles = _roles(options)
    if target in roles:
        message = f"{target!r} is the target and cannot be {roles[target].value} at the same time."
        raise UsageError(message)
    check_today(options.today, raw, target)
    unknown = [name for name in options.vouch if name not in raw.columns]
    if unknown:
        raise MissingColumnError.among(unknown, raw.names, raw.source)
    schema, findings = infer(raw, target=target, roles=roles, exclude=options.left_out)
    if options.time is None and options.group is None:
        schema, found = with_time(schema, raw)
        findings += found
    cells = labels(schema[target], raw.columns[target])
    known = np.flatnonzero(np.array([cell is not None for cell in cells]))
    if not len(known):
        message = f"The target {target!r} of {raw.source} is empty in every row. Choose another target."
        raise DataError(message)
    _check_features(schema, target, raw, findings)
    if len(known) < len(cells):
        findings.append(_missing_target(target, len(cells) - len(known), len(cells)))
    task, outcome = frame(cells[known], target, options.kind, options.metric, known)
    findings += labels_alike(target, task.classes)
    given = None if options.test is None else read(options.test)
    raw, given, schema = with_history(options, raw, given, schema, task)
    dataset = _dataset(schema, raw, known, outcome)
    costs = read_costs(options, task, dataset, known, raw.n_rows)
    dataset = replace(
        dataset,
        today=decided_today(options.today, raw, known, task),
        watched=watched_cells(raw, schema, known, options),
    )
    split, train, test, dataset, as_given = _divide(dataset, raw, known, task, options, given)
    if given is not None:
        findings += [*seen_before(split), *groups_seen_before(split)]
    held, train, split = held_back(train, split, task, options)
    assert train.target is not None  # noqa: S101 - it was just read
    return Prepared(
        task=scaled_by(task, train.target),
        held=held,
        costs=costs,
        schema=schema,
        findings=tuple(findings),
        split=split,
        train=with_memories(train),
        test=test,
        everything=dataset,
        keys=row_keys(train.columns),
        n_rows_read=raw.n_rows,
        fingerprint=fingerprint(dataset),
        name=options.name or raw.source,
        cells=as_given,
    )


def _divide(
    dataset: Dataset, raw: Raw, known: Array, task: Task, options: TrainOptions, given: Raw | None
) -> tuple[Split, Dataset, Dataset, Dataset, Raw | None]:
    """Seal the test; return the split, both sides, all rows and, for a model in place, cells as they came.

    The dataset holds the `known` rows of `raw`; `given` is the test, if one was.
    """
    if given is None:
        split, train, test = sealed(dataset, task, options.seed)
        return split, train, test, dataset, None if options.baseline is None else raw.take(known)
    test, labeled = _read_test(given, dataset.schema, task, options)
    both = _stack(dataset, test, group_numbers(dataset.schema, raw, known, (given, labeled)))
    return _given(dataset.n_rows, both), dataset, test, both, given.take(labeled)


def sealed(dataset: Dataset, task: Task, seed: int) -> tuple[Split, Dataset, Dataset]:
    """Split rows as their groups and times demand; return both sides, too."""
    assert dataset.target is not None  # noqa: S101 - training rows have a target
    split = seal(
        dataset.target, row_keys(dataset.columns), n_classes=len(task.classes), groups=dataset.groups,
        times=dataset.times, seed=seed,
    )  # fmt: skip
    return split, dataset.take(split.train), dataset.take(split.test)


def held_back(
    train: Dataset, split: Split, task: Task, options: TrainOptions
) -> tuple[Dataset | None, Dataset, Split]:
    """Take rows to calibrate by out of the training rows, if they are wanted."""
    if not options.is_certified:
        return None, train, split
    assert train.target is not None  # noqa: S101 - training rows have a target
    keys = row_keys(train.columns)
    learned, held = hold_back(
        train.target, keys, n_classes=len(task.classes), groups=train.groups, times=train.times,
        seed=options.seed,
    )  # fmt: skip
    apart = prove(learned, held, keys, train.groups, train.times)
    proof = {
        **split.proof,
        "n_train": len(learned),
        "n_held_back": len(held),
        "n_held_back_shared_duplicates": apart["n_shared_duplicates"],
        "n_held_back_shared_groups": apart["n_shared_groups"],
    }
    return (
        train.take(held),
        train.take(learned),
        replace(split, train=split.train[learned], held=split.train[held], proof=proof),
    )


def scaled_by(task: Task, values: Floats) -> Task:
    """Center and scale by the rows that are learned from: what the test holds must not be in a program."""
    if task.classes:
        return task
    try:
        outcome = TASKS.get(task.kind).read(values)
    except DataError:  # these rows do not vary, so any scale is as good
        return task
    return replace(task, offset=outcome.offset, scale=outcome.scale)


def typed_rows(raw: Raw, schema: Schema, task: Task) -> tuple[Columns, Floats, Integers]:
    """Read labeled rows with a schema that is known: columns, target, and which rows were used."""
    if task.target not in raw.columns:
        raise MissingColumnError.among([task.target], raw.names, raw.source)
    cells = labels(schema[task.target], raw.columns[task.target])
    known = np.flatnonzero(np.array([cell is not None for cell in cells], dtype=bool))
    if not len(known):
        message = f"The target {task.target!r} of {raw.source} is empty in every row; nothing can be judged."
        raise DataError(message)
    columns = parse(schema.features, raw, where=raw.source)
    return {name: values[known] for name, values in columns.items()}, encode(task, cells[known], known), known


def _check_size(raw: Raw, target: str) -> None:
    if target not in raw.columns:
        raise MissingColumnError.among([target], raw.names, raw.source)
    if raw.n_rows < 2:
        message = (
            f"{raw.source} has {raw.n_rows} row{'s' * (raw.n_rows != 1)}; at least 2 are needed to learn."
        )
        raise DataError(message)


def _check_features(schema: Schema, target: str, raw: Raw, findings: Sequence[Finding]) -> None:
    if not schema.features:
        binary = {one.column for one in findings if one.rule == BINARY}
        message = (
            f"No usable feature is left beside the target {target!r} in {raw.source}: "
            f"{_why_unused(schema, binary)}. Add columns that describe the rows."
        )
        raise DataError(message)


def _roles(options: TrainOptions) -> Mapping[str, Role]:
    roles = dict.fromkeys(options.id, Role.ID)
    roles |= dict.fromkeys([name for name in options.history if name != EVERYTHING], Role.ENTITY)
    time = None if options.time == NO_TIME else options.time
    for name, role in ((options.group, Role.GROUP), (time, Role.TIME), (options.weight, Role.WEIGHT)):
        if name:
            roles[name] = role
    if options.stakes is not None:
        roles.setdefault(options.stakes, Role.FEATURE)
    return roles


def _why_unused(schema: Schema, binary: Container[str | None]) -> str:
    unused = [
        f"{c.name!r} is {c.role.value} ({'bytes that are no text' if c.name in binary else c.kind.value})"
        for c in schema
        if c.role is not Role.TARGET
    ]
    return ", ".join(unused[:5]) or "there are no other columns"


def _missing_target(target: str, n_missing: int, n_rows: int) -> Finding:
    return Finding(
        rule="missing_target",
        severity=Severity.WARNING if n_missing > 0.05 * n_rows else Severity.NOTE,
        column=target,
        message=said(
            "The target is empty in {n:,} of {all:,} rows; these were left out.", n=n_missing, all=n_rows
        ),
        evidence={"n_missing": n_missing, "n_rows": n_rows},
        remedy=said(
            "Find out why it is empty; if that is not by chance, the model may be wrong for such rows."
        ),
        action="dropped",
    )


def _dataset(schema: Schema, raw: Raw, rows: Array, outcome: Outcome) -> Dataset:
    columns = parse(schema.features, raw, where=raw.source)
    ids = parse(schema.role_of(Role.ID), raw, where=raw.source)
    return Dataset(
        schema=schema,
        columns={name: values[rows] for name, values in columns.items()},
        n_rows=len(rows),
        target=outcome.values,
        groups=group_numbers(schema, raw, rows),
        times=row_times(schema, raw, rows),
        weights=_weights(schema, raw, rows),
        ids={name: values[rows] for name, values in ids.items()},
    )


def group_numbers(schema: Schema, raw: Raw, rows: Array, *more: tuple[Raw, Array]) -> Array | None:
    """Return the number of each row's group, those of `more` tables below; None without a group column."""
    found = schema.role_of(Role.GROUP)
    if not found or found[0].name not in raw.columns:
        return None
    tables = ((raw, rows), *more)
    cells = [parse_column(found[0], table.columns[found[0].name])[chosen] for table, chosen in tables]
    return np.unique(np.concatenate(cells), return_inverse=True)[1]


def row_times(schema: Schema, raw: Raw, rows: Array) -> Floats | None:
    """Return the time of each row, shape (n_rows,); None if there is no time column."""
    found = schema.role_of(Role.TIME)
    return _numbers(found, raw, rows) if found and found[0].name in raw.columns else None


def _numbers(columns: tuple[Column, ...], raw: Raw, rows: Array) -> Floats | None:
    return parse_column(columns[0], raw.columns[columns[0].name])[rows] if columns else None


def _weights(schema: Schema, raw: Raw, rows: Array) -> Floats | None:
    found = schema.role_of(Role.WEIGHT)
    if found and found[0].kind not in NUMERIC:
        message = f"Column {found[0].name!r} cannot weigh rows: it holds no numbers ({found[0].kind.value})."
        raise UsageError(message)
    weights = _numbers(found, raw, rows)
    if weights is None:
        return None
    bad = np.flatnonzero(~(weights >= 0))
    if len(bad):
        raise DataError.cell(
            found[0].name, int(rows[bad[0]]) + 1, float(weights[bad[0]]), "a weight of 0 or more"
        )
    with np.errstate(over="ignore"):
        total = weights.sum()
    if not 0 < total < np.inf:
        name = found[0].name
        message = f"The weights in {name!r} add up to {total:.3g}; a finite number above 0 is needed."
        raise DataError(message)
    return weights


def _read_test(raw: Raw, schema: Schema, task: Task, options: TrainOptions) -> tuple[Dataset, Integers]:
    """Return the rows to judge by whose target is known, and which those are."""
    columns, target, known = typed_rows(raw, schema, task)
    check_stakes(options.stakes, columns, known, raw.source)
    needed = [c.name for c in schema if c.role in (Role.GROUP, Role.TIME, Role.WEIGHT)]
    missing = [name for name in needed if name not in raw.columns]
    if missing:
        raise MissingColumnError.among(missing, raw.names, raw.source)
    test = Dataset(
        schema=schema,
        columns=columns,
        n_rows=len(known),
        target=target,
        groups=group_numbers(schema, raw, known),
        times=row_times(schema, raw, known),
        weights=_weights(schema, raw, known),
        today=decided_today(options.today, raw, known, task),
        watched=watched_cells(raw, schema, known, options),
    )
    return test, known


def _given(n_learned: int, both: Dataset) -> Split:
    learned, judged = np.split(np.arange(both.n_rows), [n_learned])
    proof = prove(learned, judged, row_keys(both.columns), both.groups, both.times)
    return Split(train=learned, test=judged, how=GIVEN, proof=proof)


def _stack(one: Dataset, other: Dataset, groups: Array | None) -> Dataset:
    def both(a: Array | None, b: Array | None) -> Array | None:
        return None if a is None or b is None else np.concatenate([a, b])

    columns = {name: np.concatenate([values, other.columns[name]]) for name, values in one.columns.items()}
    return replace(
        one,
        columns=columns,
        n_rows=one.n_rows + other.n_rows,
        target=both(one.target, other.target),
        groups=groups,
        times=both(one.times, other.times),
        weights=both(one.weights, other.weights),
        today=both(one.today, other.today),
        ids={},
        watched={},
    )


def fingerprint(dataset: Dataset) -> str:
    """Hash names, cells and target; equal data give equal fingerprints on every machine."""
    digest = sha256()
    for name, values in dataset.columns.items():
        digest.update(name.encode())
        if values.dtype == object:
            digest.update("\x1f".join(values).encode("utf-8", "surrogatepass"))
        else:
            digest.update(np.ascontiguousarray(values).tobytes())
    if dataset.target is not None:
        digest.update(dataset.target.tobytes())
    return digest.hexdigest()


def describe_columns(schema: Schema) -> list[dict[str, Any]]:
    """Return the columns for the evidence, with at most 20 levels each."""
    return [replace(column, levels=column.levels[:20]).to_json() for column in schema]
