"""Training a recommender: read, cut, choose, fit, compile, judge; then fit again on everything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from mlwright.artifact.model import Model
from mlwright.core.budget import Budget
from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.core.progress import Event, event
from mlwright.core.shelves import TASKS
from mlwright.core.task import Task
from mlwright.report.card import model_card
from mlwright.workflow.recommending.attributes import read_attributes
from mlwright.workflow.recommending.choose import choose
from mlwright.workflow.recommending.evidence import Result, collect
from mlwright.workflow.recommending.memory import Memory
from mlwright.workflow.recommending.prepare import described, inner, prepare, sealed
from mlwright.workflow.recommending.program import build, golden, program_scores, schema_of

if TYPE_CHECKING:
    from mlwright.core.progress import Listener
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.recommending.prepare import Log
    from mlwright.workflow.recommending.program import Compiled

_FAMILY = "histories"


def train(
    data: object, target: str | None, options: TrainOptions, listen: Listener, started: float | None
) -> Model:
    """Do the whole job, within the budget.

    Raises
    ------
    DataError, UsageError
        The log or an option cannot be used; nothing was written.
    ProofError
        The program ranks otherwise than what was fitted; nothing ships.
    """
    if target is not None:
        message = (
            f"There is no target where items are recommended: --target {target} means nothing. Leave it out."
        )
        raise UsageError(message)
    budget = Budget(options.limit_s, options.max_trials, time.monotonic() if started is None else started)
    with budget.phase("read and understand", is_busy=True):
        listen(Event(phase="reading", message="reading and understanding the log"))
        log = prepare(data, options)
        attributes = _attributes(log, options)
    task = _task(log, options)
    with budget.phase("search"):
        known, judging = inner(log, log.how, options.seed)
        if not judging.n_users:
            message = (
                "No user liked anything later that is new to them, so there is nothing to choose by. Bring "
                "more events for each user."
            )
            raise DataError(message)
        choice = choose(
            known.histories(log.scale), judging, budget, listen,
            has_grades=log.scale.says != "nothing", most=options.max_trials,
        )  # fmt: skip
    with budget.phase("fit and prove"):
        listen(event(budget, "proving", "fitting on all events to learn from, compiling and proving"))
        learned = log.train.histories(log.scale)
        began = time.monotonic()
        judged = build(choice.fit(learned), task, learned, options.seed)
        build_s = time.monotonic() - began
    with budget.phase("judge"):
        listen(event(budget, "judging", "opening the sealed test"))
        result = Result(log=log, task=task, choice=choice, judged=judged, learned=learned)
        judging, result.n_there = sealed(log, options.seed)
        result.look(judging, program_scores(judged.program, task.classes), options.seed)
    shipped = _refit(result, options, budget, build_s, listen)
    # What users took in the sealed part is known of them, whether or not the program learned from it.
    known = log.train if log.is_given and not result.is_refitted else log.everything
    memory = Memory(
        users=log.train.user_names,
        histories=known.histories(log.scale),
        columns=log.columns,
        scale=log.scale,
        attributes=attributes,
    )
    return _wrap(result, shipped, memory, options, budget)


def _attributes(log: Log, options: TrainOptions) -> dict[str, list[str]]:
    table = options.tables.get("items")
    return {} if table is None else read_attributes(table, log.columns.item, log.items)


def _task(log: Log, options: TrainOptions) -> Task:
    """Pose the question: of the kinds of this family, the one that was asked for, or the first."""
    names = [name for name in TASKS.names() if TASKS.get(name).family == _FAMILY]
    name = options.kind if options.kind in names else names[0]
    kind = TASKS.get(name)
    if options.metric is not None and options.metric not in kind.metrics:
        raise UnknownNameError.among("metric", options.metric, kind.metrics, name)
    return Task(
        kind=name,
        link=kind.link,
        target=log.columns.item,
        metric=options.metric or kind.metrics[0],
        metrics=kind.metrics,
        classes=tuple(log.items),
    )


def _refit(
    result: Result, options: TrainOptions, budget: Budget, build_s: float, listen: Listener
) -> Compiled:
    """Fit the judged recipe on all events, if that is wanted and time is left."""
    log = result.log
    if options.refit == "no" or (options.refit == "auto" and log.is_given):
        result.refit_why = (
            "--refit no" if options.refit == "no" else "the file to judge by is not learned from"
        )
        return result.judged
    if budget.left_s < 2.0 * build_s + 1.0 and options.refit == "auto":
        result.refit_why = "there was no time left to fit again"
        return result.judged
    with budget.phase("refit"):
        listen(event(budget, "refitting", "fitting again with the latest events"))
        everything = log.everything.histories(log.scale)
        result.is_refitted = True
        result.refit_why = "users are recommended by all that they took"
        return build(result.choice.fit(everything), result.task, everything, options.seed)


def _wrap(result: Result, shipped: Compiled, memory: Memory, options: TrainOptions, budget: Budget) -> Model:
    task, is_timed = result.task, options.max_trials is None
    checked = golden(shipped.program, task, options.seed)
    evidence = collect(result, shipped, memory, options, budget)
    profile: dict[str, Any] = {
        "n_rows": memory.histories.n_users,
        "columns": {name: {"kind": "category"} for name in shipped.program.columns},
        "prediction": {},
    }
    if is_timed:
        evidence["ledger"] = [{"phase": name, "seconds": round(s, 3)} for name, s in budget.ledger]
        evidence["budget"]["elapsed_s"] = round(budget.elapsed_s, 3)
    contents = {
        "program": shipped.data,
        "runtime": shipped.program,
        "evidence": evidence,
        "profile": profile,
        "golden": checked,
        "intervals": None,
        "memory": memory.to_bytes(),
        "card": model_card(evidence),
        "facts": {
            "created": evidence["created"],
            "environment": evidence["environment"],
            "fingerprint": result.log.fingerprint,
        },
    }
    return Model(task, schema_of(described(result.log)), contents)
