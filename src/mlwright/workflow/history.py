"""History: rows are told what was known, at their time, of earlier rows of the same entity.

One code computes these columns for training, for the sealed test, and for whoever asks later with a table of
events. In the program they are ordinary inputs; a row that brings none is answered from what the model
remembers, so a prediction stays a function of row and model (docs/decisions/0031-history-features.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.finding import Finding, Severity
from mlwright.core.history import EVERYTHING, STATISTICS, Memory, history_columns
from mlwright.core.said import said
from mlwright.core.schema import Kind, Role, Schema
from mlwright.core.shelves import METRICS
from mlwright.data.infer import infer
from mlwright.data.ledger import Ledger
from mlwright.data.parse import labels, parse_column
from mlwright.data.read import read
from mlwright.data.scan import Scan
from mlwright.evaluation.score import score_all
from mlwright.workflow.question import encode
from mlwright.workflow.time_order import NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Floats, Singles
    from mlwright.core.dataset import Dataset
    from mlwright.core.task import Task
    from mlwright.data.raw import Raw
    from mlwright.program.runtime import Program
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_DAY_S = 86_400.0
_MOST_CLASSES = 2


@final
@dataclass(frozen=True)
class History:
    """Whose earlier rows tell about a row, and how long after its time the outcome of one is known."""

    schema: Schema
    task: Task
    entities: tuple[str, ...]
    delay_s: float = 0.0

    @classmethod
    def asked(cls, options: TrainOptions, raw: Raw, schema: Schema, task: Task) -> History | None:
        """Return the history that `train` was asked for; None if it was not.

        Raises
        ------
        UsageError
            It cannot be told: there is no time, the target has several classes, a name is taken.
        """
        if not options.history:
            return None
        if options.time is None or options.time == NO_TIME:
            message = "--history is what was known at the time of a row: name its column with --time COL."
            raise UsageError(message)
        if len(task.classes) > _MOST_CLASSES:
            message = (
                f"--history averages earlier outcomes, but {task.target!r} has {len(task.classes)} classes. "
                "It serves numbers and two classes; leave it out."
            )
            raise UsageError(message)
        if options.known_after_s and schema[options.time].kind is not Kind.DATETIME:
            message = f"--known-after needs dates, but {options.time!r} holds numbers. Leave it out."
            raise UsageError(message)
        if EVERYTHING in options.history and EVERYTHING in raw.columns:
            message = (
                f"--history {EVERYTHING} is that of all rows together, but the table has a column "
                f"{EVERYTHING!r}, too. Rename the column; the history of all rows is told without asking."
            )
            raise UsageError(message)
        entities = entities_of(options, raw.names)
        taken = [name for one in entities for name in history_columns(one) if name in raw.columns]
        if taken:
            message = f"The table has a column {taken[0]!r} already; rename it, as --history makes one."
            raise UsageError(message)
        return cls(schema, task, entities, options.known_after_s)

    @classmethod
    def of(cls, model: Model) -> History:
        """Return the history that a model was trained with; raise UsageError if it was without."""
        told = model.evidence.get("history")
        if told is None:
            message = (
                "This model was trained without --history, so earlier rows tell it nothing. Leave it out."
            )
            raise UsageError(message)
        return cls(model.schema, model.task, tuple(told["entities"]), float(told["known_after_s"]))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are added."""
        return tuple(name for entity in self.entities for name in history_columns(entity))

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns that a row must have to be told its history."""
        return (self._time, *(entity for entity in self.entities if entity != EVERYTHING))

    @property
    def _time(self) -> str:
        return self.schema.role_of(Role.TIME)[0].name

    def ledgers(self, tables: Sequence[Raw]) -> dict[str, Ledger]:
        """Enter all rows of these tables whose outcome is known, for each entity."""
        for table in tables:
            missing = [name for name in (*self.reads, self.task.target) if name not in table.columns]
            if missing:
                raise MissingColumnError.among(missing, table.names, table.source)
        times = np.concatenate([self._times(table) for table in tables])
        values = np.concatenate([self._outcomes(table) for table in tables])
        return {
            entity: Ledger.of(np.concatenate([self._names(entity, t) for t in tables]), times, values)
            for entity in self.entities
        }

    def told(self, rows: Raw, ledgers: dict[str, Ledger]) -> Raw:
        """Add the columns that tell what was known at the time of each row."""
        missing = [name for name in self.reads if name not in rows.columns]
        if missing:
            raise MissingColumnError.among(missing, rows.names, rows.source)
        times, found = self._times(rows), dict(rows.columns)
        unit = _DAY_S if self.schema[self._time].kind is Kind.DATETIME else 1.0
        for entity, ledger in ledgers.items():
            known = ledger.as_of(self._names(entity, rows), times, unit, self.delay_s)
            found |= zip(history_columns(entity), np.ascontiguousarray(known.T), strict=True)
        return replace(rows, columns=found)

    def through(self, scan: Scan, events: object) -> Scan:
        """Go through rows that are told what a table of events knows of their past."""
        missing = [name for name in self.reads if name not in scan.names]
        if missing:
            raise MissingColumnError.among(missing, scan.names, scan.source)
        ledgers = self.ledgers(_tables(events))

        def lots(names: tuple[str, ...]) -> Iterator[Raw]:
            wanted = [name for name in names if name not in self.columns]
            for lot in scan.lots(tuple(dict.fromkeys([*wanted, *self.reads]))):
                yield self.told(lot, ledgers).select(*names)

        return Scan(tuple(dict.fromkeys([*scan.names, *self.columns])), scan.n_rows, scan.source, lots)

    def described(self, rows: Raw) -> Schema:
        """Return the schema with the added columns, as these rows have them."""
        roles = dict.fromkeys(self.columns, Role.HISTORY)
        added, _ = infer(rows.select(*self.columns), roles=roles)
        return Schema((*self.schema.columns, *(replace(c, kind=Kind.NUMBER) for c in added)))

    def _times(self, rows: Raw) -> Floats:
        return parse_column(self.schema[self._time], rows.columns[self._time], n_before=rows.n_before)

    def _names(self, entity: str, rows: Raw) -> Array:
        if entity == EVERYTHING:
            return np.full(rows.n_rows, EVERYTHING, dtype=object)
        return parse_column(self.schema[entity], rows.columns[entity], n_before=rows.n_before)

    def _outcomes(self, rows: Raw) -> Floats:
        cells = labels(self.schema[self.task.target], rows.columns[self.task.target])
        known = np.flatnonzero(np.array([cell is not None for cell in cells], dtype=bool))
        values = np.full(len(cells), np.nan)
        if len(known):
            values[known] = encode(self.task, cells[known], known)
        return values


def entities_of(options: TrainOptions, names: Sequence[str]) -> tuple[str, ...]:
    """Return whose history is told: that of the columns asked for, and always that of all rows."""
    unknown = [name for name in options.history if name not in names and name != EVERYTHING]
    if unknown:
        raise MissingColumnError.among(
            unknown, names, f"the table (or {EVERYTHING!r}: one history for all rows)"
        )
    return tuple(dict.fromkeys([*options.history, EVERYTHING]))


def with_history(
    options: TrainOptions, raw: Raw, test: Raw | None, schema: Schema, task: Task
) -> tuple[Raw, Raw | None, Schema]:
    """Tell rows to learn from, and those to judge by, what was known at the time of each.

    Raises
    ------
    DataError
        No row names an entity.
    UsageError
        As `History.asked`.
    """
    history = History.asked(options, raw, schema, task)
    if history is None:
        return raw, test, schema
    ledgers = history.ledgers([raw])
    nobody = next((entity for entity, ledger in ledgers.items() if not len(ledger.names)), None)
    if nobody is not None:
        what = "a time" if nobody == EVERYTHING else f"{nobody!r} and a time"
        message = (
            f"No row of {raw.source} has {what} together with the target, so there is no history to tell. "
            f"Leave out --history {nobody}, or name another column."
        )
        raise DataError(message)
    learned = history.told(raw, ledgers)  # of the test it must not hear, however early it is
    judged = None if test is None else history.told(test, history.ledgers([raw, test]))
    return learned, judged, history.described(learned)


def with_memories(rows: Dataset) -> Dataset:
    """Return rows that know what is known of each entity after the last of them."""
    found = []
    for entity in (*(column.name for column in rows.schema.role_of(Role.ENTITY)), EVERYTHING):
        columns = history_columns(entity)
        if columns[0] not in rows.schema or rows.times is None or rows.target is None:
            continue
        is_one = entity == EVERYTHING
        names = np.full(rows.n_rows, EVERYTHING, dtype=object) if is_one else rows.columns[entity]
        ledger = Ledger.of(names, rows.times, rows.target)
        nobody = np.full((1, len(STATISTICS)), np.nan)
        nobody[0, 0] = 0.0
        values: Singles = np.vstack([nobody, ledger.latest()]).astype(np.float32)
        found.append(Memory("" if is_one else entity, columns, tuple(ledger.names.tolist()), values))
    return replace(rows, memories=tuple(found))


def tell(model: Model, data: object, events: object) -> Raw:
    """Return rows with the columns that tell what events knew of their past."""
    history = History.of(model)
    return history.told(read(data), history.ledgers(_tables(events)))


def judge_history(prepared: Prepared, program: Program, options: TrainOptions) -> dict[str, Any] | None:
    """Say what the answers are worth where nobody gives a history: the "history" of the evidence."""
    names = [column.name for column in prepared.schema.role_of(Role.HISTORY)]
    truth = prepared.test.target
    if not names or truth is None:
        return None
    nothing = dict.fromkeys(names, np.full(prepared.test.n_rows, np.nan))
    answers = program.run({**prepared.test.columns, **nothing})
    task = prepared.task
    scores = score_all(task.metrics, truth, answers, groups=prepared.test.alike, seed=options.seed)
    return {
        "entities": list(entities_of(options, prepared.schema.names)),
        "known_after_s": options.known_after_s,
        "columns": names,
        "remembered": {name: estimate.to_json() for name, estimate in scores.items()},
    }


def on_history(history: dict[str, Any] | None, scores: dict[str, Any], task: Task) -> list[Finding]:
    """Say what was known when the test was answered, and what the answers are worth without it."""
    if history is None:
        return []
    told, alone = (found[task.metric]["value"] for found in (scores["test"], history["remembered"]))
    holes = {
        "metric": METRICS.get(task.metric).title,
        **{
            key: said("none") if n is None else said("{n:.4g}", n=n)
            for key, n in (("told", told), ("alone", alone))
        },
    }
    message = said(
        "The test was answered with the outcomes of earlier rows known as soon as they happened: {metric} "
        "{told} against {alone} from what the model remembers of the rows that it learned from.",
        **holes,
    )
    if history["known_after_s"]:
        message = said(
            "The test was answered with the outcomes of earlier rows known after the time given: {metric} "
            "{told} against {alone} from what the model remembers of the rows that it learned from.",
            **holes,
        )
    return [
        Finding(
            rule="history",
            severity=Severity.NOTE,
            column=task.target,
            message=message,
            evidence={"told": told, "remembered": alone, "entities": history["entities"]},
            remedy=said("Give events with known outcomes to predict and evaluate: --history FILE."),
            action="kept",
        )
    ]


def _tables(events: object) -> list[Raw]:
    """Read a table of events, or several; a list of dicts is one."""
    if isinstance(events, list | tuple) and not any(isinstance(one, dict) for one in events):
        return [read(one) for one in events]
    return [read(events)]
