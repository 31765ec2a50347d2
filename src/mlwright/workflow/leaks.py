"""Leaks: what gives the answer away is left out before anything is learned, and that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.checks.case import open_case
from mlwright.checks.court import Clock, Sitting, Verdict, try_all
from mlwright.checks.leaks import Leaks
from mlwright.checks.price import price_of_random
from mlwright.checks.single import metric_of
from mlwright.checks.structure import unnamed_groups, unnamed_times
from mlwright.checks.words import finding_of, record_of
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.core.schema import Role
from mlwright.data.rows import row_keys
from mlwright.data.split import GIVEN, n_held_copies, without_new_copies
from mlwright.workflow.doubts import SEEN, seen_before
from mlwright.workflow.history import with_memories
from mlwright.workflow.prepare import held_back, scaled_by, sealed
from mlwright.workflow.rows_to_come import about_rows_to_come

if TYPE_CHECKING:
    from mlwright.core.budget import Budget
    from mlwright.core.dataset import Dataset
    from mlwright.core.rule import Case
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_FEWEST_ROWS = 50
_CELLS_A_SECOND, _MOST_CELLS = 10_000, 600_000
"""How many cells are looked at for a second of the time limit; a look costs about a microsecond a cell."""
_SHARE, _GRAVE_SHARE, _LEFT_SHARE, _TOO_SHORT_S = 0.05, 0.25, 0.5, 1.0
"""Shares of the limit that a look may take, that hearing the gravest may, and that must be left after it."""


def without_leaks(prepared: Prepared, options: TrainOptions, budget: Budget) -> Prepared:
    """Hold court on the training rows, and leave out the columns that are proven to leak."""
    if prepared.train.n_rows < _FEWEST_ROWS:
        return prepared
    clock = _clock(budget)
    if not clock.has_time():
        return replace(prepared, findings=(*prepared.findings, _not_heard(0)))
    limit_s = options.limit_s
    n_cells = _MOST_CELLS if limit_s is None else min(_MOST_CELLS, int(limit_s * _CELLS_A_SECOND))
    given = prepared.test if prepared.split.how == GIVEN else None
    case = open_case(
        prepared.train, prepared.task.classes, prepared.keys, prepared.split.train,
        n_cells=n_cells, test=given, seed=options.seed,
    )  # fmt: skip
    sitting = try_all(case, clock)
    # Histories are made of the past alone, and whose rows these are is known: the user says so.
    histories = [c.name for role in (Role.HISTORY, Role.ENTITY) for c in prepared.schema.role_of(role)]
    vouched = frozenset(case.singles if options.leaks == Leaks.KEEP else [*options.vouch, *histories])
    doomed = _doomed(prepared, sitting) - vouched if options.leaks == Leaks.DROP else frozenset()
    findings, records = _told(sitting, case, doomed, vouched)
    accused = {r.column for r in sitting.rulings if r.verdict is not Verdict.KEEP}
    findings += _structure(prepared.train, case, accused, options)
    if sitting.is_cut:
        findings.append(_not_heard(len(sitting.rulings)))
    prepared = replace(prepared, findings=(*prepared.findings, *findings), leaks=tuple(records))
    prepared = _without(prepared, doomed, options) if doomed else prepared
    if clock.has_time(is_grave=True):
        prepared = about_rows_to_come(prepared, options)
    if clock.has_time():
        price = price_of_random(prepared.train, len(prepared.task.classes), options.seed)
        prepared = replace(prepared, price=price)
    return prepared


def _clock(budget: Budget) -> Clock:
    """Leave time for learning: never in the last half of the limit is there time for the court."""
    limit_s, began_s = budget.time_limit_s, budget.elapsed_s
    if limit_s is None:
        return Clock()

    def has_time(share: float) -> bool:
        is_far = budget.left_s > _LEFT_SHARE * limit_s
        if budget.max_trials is not None:
            return is_far  # work is counted; the clock only guards the contract
        return is_far and limit_s >= _TOO_SHORT_S and budget.elapsed_s - began_s < share * limit_s

    return Clock(lambda: has_time(_SHARE), lambda: has_time(_GRAVE_SHARE))


def _doomed(prepared: Prepared, sitting: Sitting) -> frozenset[str]:
    """Return the columns to leave out; a time that steers the split stays, and stakes that decide."""
    proven = {ruling.column for ruling in sitting.rulings if ruling.verdict is Verdict.DROP}
    features = {column.name for column in prepared.schema.features if column.role is Role.FEATURE}
    stakes = {prepared.costs.policy.stakes} if prepared.costs else set()
    return frozenset(proven & features - stakes)


def _told(
    sitting: Sitting, case: Case, doomed: frozenset[str], vouched: frozenset[str]
) -> tuple[list[Finding], list[dict[str, Any]]]:
    metric, _ = metric_of(case.n_classes)
    findings, records = [], []
    for ruling in sitting.rulings:
        action = "dropped" if ruling.column in doomed else "kept"
        records.append(record_of(ruling, metric, action))
        if ruling.verdict is not Verdict.KEEP:
            is_vouched = ruling.column in vouched
            findings.append(finding_of(ruling, metric, action, is_vouched=is_vouched))
    return findings, records


def _structure(train: Dataset, case: Case, accused: set[str], options: TrainOptions) -> list[Finding]:
    """Say which groups and times the split does not know of."""
    found = []
    if options.group is None:
        found += [one for one in unnamed_groups(train, case) if one.column not in accused]
    if options.time is None:
        found += unnamed_times(train, case, accused)
    return found


def _without(prepared: Prepared, doomed: frozenset[str], options: TrainOptions) -> Prepared:
    """Forget the columns; rows that have thereby become copies of each other stand on one side again."""
    schema = prepared.schema.with_role(Role.UNUSED, *doomed)

    def kept(rows: Dataset) -> Dataset:
        columns = {name: cells for name, cells in rows.columns.items() if name not in doomed}
        return replace(rows, schema=schema, columns=columns)

    everything = kept(prepared.everything)
    held = None if prepared.held is None else kept(prepared.held)
    less = replace(
        prepared, schema=schema, everything=everything, train=kept(prepared.train), test=kept(prepared.test),
        held=held,
    )  # fmt: skip
    keys = row_keys(everything.columns)
    split = without_new_copies(prepared.split, keys, everything.groups, everything.times)
    if split is None:
        less = _sealed_anew(less, options)
    else:
        is_less = len(split.test) < less.test.n_rows
        less = replace(less, split=split, test=everything.take(split.test) if is_less else less.test)
        less = _apart(less, n_held_copies(split, keys), options)
    findings = less.findings
    if less.split.how == GIVEN:
        findings = (*(one for one in findings if one.rule != SEEN), *seen_before(less.split))
    return replace(less, findings=findings, keys=keys[less.split.train])


def _sealed_anew(prepared: Prepared, options: TrainOptions) -> Prepared:
    """Seal the test again: too little of it would be left otherwise."""
    split, _, test = sealed(prepared.everything, prepared.task, options.seed)
    return _held_back_anew(replace(prepared, split=split, test=test), options)


def _apart(prepared: Prepared, n_held_copies: int, options: TrainOptions) -> Prepared:
    """See to it that rows held back are no copies of rows to learn from; beside a given test, count them."""
    if prepared.split.how != GIVEN:
        return _held_back_anew(prepared, options) if n_held_copies else prepared
    if prepared.held is None:
        return prepared
    proof = {**prepared.split.proof, "n_held_back_shared_duplicates": n_held_copies}
    return replace(prepared, split=replace(prepared.split, proof=proof))


def _held_back_anew(prepared: Prepared, options: TrainOptions) -> Prepared:
    """Part the rows beside the test into those to learn from and those to calibrate by, if any are wanted."""
    rows = np.sort(np.concatenate([prepared.split.train, prepared.split.held]))
    whole = replace(prepared.split, train=rows, held=rows[:0])
    held, train, split = held_back(prepared.everything.take(rows), whole, prepared.task, options)
    assert train.target is not None  # noqa: S101 - training rows have a target
    task = scaled_by(prepared.task, train.target)
    return replace(prepared, task=task, train=with_memories(train), held=held, split=split)


def _not_heard(n_rulings: int) -> Finding:
    return Finding(
        rule="leaks_cut",
        severity=Severity.WARNING,
        message=said("There was no time to look for all kinds of leaks."),
        evidence={"n_columns_accused": n_rulings},
        remedy=said(
            "Give more with --time-limit, or look without a limit: mlwright profile DATA --target COL."
        ),
    )
