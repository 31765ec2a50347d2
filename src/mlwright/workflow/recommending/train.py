"""Training a recommender: read, cut, choose, fit, compile, judge; then fit again on everything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.artifact.model import Model
from mlwright.core.budget import Budget
from mlwright.core.errors import DataError, UnknownNameError, UsageError
from mlwright.core.progress import Event, event
from mlwright.core.said import said
from mlwright.core.seeds import stream
from mlwright.core.shelves import TASKS
from mlwright.core.task import Task
from mlwright.ranking.words import TRAITS
from mlwright.report.card import model_card
from mlwright.workflow.memory import memory_watch
from mlwright.workflow.recommending.attributes import titles_of
from mlwright.workflow.recommending.choose import FITS, FITS_ONCE, Choice, choose, events_in_time
from mlwright.workflow.recommending.cold import choose_cold, judge_cold
from mlwright.workflow.recommending.evidence import Result, collect
from mlwright.workflow.recommending.exams import inner, sealed, some
from mlwright.workflow.recommending.few import choose_few, few_s, newcomers
from mlwright.workflow.recommending.growth import growth
from mlwright.workflow.recommending.kept import Kept
from mlwright.workflow.recommending.memory import Memory
from mlwright.workflow.recommending.prepare import described, prepare, work_on
from mlwright.workflow.recommending.price import price
from mlwright.workflow.recommending.program import build, golden, program_scores, schema_of
from mlwright.workflow.run import open_run

if TYPE_CHECKING:
    from mlwright.core.progress import Listener
    from mlwright.core.recommender import Histories
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.recommending.judged import Exam
    from mlwright.workflow.recommending.prepare import Log
    from mlwright.workflow.recommending.program import Compiled

_FAMILY = "histories"
_MOST_TO_CHOOSE = 2_000_000
"""Events that candidates learn from; the winner learns from as many as time allows."""
_READING = "read and understand"
_BUILD_S, _CELL_S, _EVENT_S = 2e-5, 1.5e-8, 3e-7
"""What it takes on a usual processor [s] to compile, prove and load, for each item; to rank an item for a
user, twice; and to put together what everybody took once more, for each event."""
_JUDGING, _FEWEST_JUDGES = 0.5, 500
"""The part of the time that is left in which users judge, and so many of them judge in any case."""
_AGAIN = 0.3
"""The part of reading that is done again to fit again: numbering items, and who took what."""


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
    OutOfMemoryError
        The memory limit is too low.
    """
    if target is not None:
        message = (
            f"There is no target where items are recommended: --target {target} means nothing. Leave it out."
        )
        raise UsageError(message)
    budget = Budget(options.limit_s, options.max_trials, time.monotonic() if started is None else started)
    with open_run(options) as run, memory_watch(options.memory_limit_bytes, data) as watch:
        with budget.phase(_READING, is_busy=True):
            listen(Event(phase="reading", message="reading and understanding the log"))
            log = prepare(data, options)
            judging, n_there = sealed(log, options.seed)
            if not judging.n_users:
                where = "set aside to judge by" if not log.is_given else "of the file to judge by"
                raise DataError(_nobody(where, hides=not log.allows_seen))
        task = _task(log, options)
        with run.journal(work_on(log, task), options, budget, listen) as journal:
            result, shipped = _fitted(log, task, (judging, n_there), options, budget, listen, Kept(journal))
    # What users took in the sealed part is known of them, whether or not the program learned from it.
    ships = result.shipping
    known = ships.train if log.is_given and not result.is_refitted else ships.everything
    memory = Memory.of(ships, known, reads_traits=TRAITS in shipped.program.columns)
    model = _wrap(result, shipped, memory, options, budget)
    if watch is not None and options.max_trials is None:
        model.evidence["budget"]["memory_peak_bytes"] = watch.peak_bytes
    return model


def _fitted(
    log: Log,
    task: Task,
    judges: tuple[Exam, int],
    options: TrainOptions,
    budget: Budget,
    listen: Listener,
    kept: Kept,
) -> tuple[Result, Compiled]:
    """Choose, fit, judge by the sealed users (`judges`, and how many there are), and fit again."""
    judging, n_there = judges
    n_fits = FITS_ONCE if _is_final(log, options) else FITS
    choice = Choice([], kept=kept, n_fits=n_fits, end_s=_end_s(log, judging))
    with budget.phase("search"):
        choice.cold, choice.cold_naive = choose_cold(log, budget, options.seed) or (None, None)
        choice = _chosen(log, options, budget, listen, choice)
    with budget.phase("split"):
        told = price(log, choice, budget, options.seed)
    with budget.phase("fit and prove"):
        listen(event(budget, "proving", "fitting on all events to learn from, compiling and proving"))
        learned = log.histories(log.train)
        began = time.monotonic()
        most = choice.affordable(budget)
        winner = choice.fit(_some(learned, most, options))
        judged = build(winner, task, learned, options.seed)
        build_s = time.monotonic() - began
    with budget.phase("judge"):
        listen(event(budget, "judging", "opening the sealed test"))
        result = Result(
            log=log, task=task, choice=choice, judged=judged, learned=learned, winner=winner, price=told,
            most_events=most,
        )  # fmt: skip
        result.n_there = n_there
        if np.isfinite(budget.left_s):  # of very many items, fewer users may have to do
            cells = max(0.0, _JUDGING * budget.left_s / (choice.pace * _CELL_S))
            judging = some(judging, _FEWEST_JUDGES, int(cells), options.seed)
        scores = program_scores(judged.program, task.classes)
        result.look(judging, scores, titles_of(log.attributes), options.seed)
        result.ranking["more_users"] = choice.growth
        result.ranking["new_users"] = judge_cold(log, choice, options.seed)
        result.ranking["few_items"] = choice.few_told
    return result, _refit(result, options, budget, build_s, listen)


def _end_s(log: Log, judging: Exam) -> float:
    """Return about how long proving, judging and writing take on a usual processor [s]."""
    n_items, n_events = len(log.items), log.train.n_events + log.test.n_events
    return _BUILD_S * n_items + _CELL_S * judging.n_users * n_items + _EVENT_S * n_events


def _chosen(log: Log, options: TrainOptions, budget: Budget, listen: Listener, choice: Choice) -> Choice:
    """Try candidates on the events to learn from, cut once more as the test was."""
    inside, judging = inner(log, log.how, options.seed)
    if not judging.n_users:
        raise DataError(_nobody("to choose by", hides=not log.allows_seen))
    held = newcomers(log, options.seed)
    known = log.histories(held.without(inside))
    choice.n_inside, choice.looks = len(known.items), log.looks
    known = events_in_time(known, judging, budget, _MOST_TO_CHOOSE, options.seed)
    choice = choose(
        known, judging, budget, listen, most=options.max_trials, choice=choice, more_s=few_s(known)
    )
    choice.few_told = choose_few(held, known, judging, choice, budget, options.seed)
    choice.growth = growth(known, judging, choice, budget, options.seed)
    return choice


def _nobody(which: str, *, hides: bool) -> str:
    if not hides:
        return f"In the events {which} no user liked anything, so nothing can be judged. Bring more events."
    return (
        f"In the events {which} no user liked anything that is new to them, so nothing can be judged: what "
        "was taken before is not recommended again. Bring more events for each user, or train with "
        "--allow-seen if users are to be offered what they took before."
    )


def _some(known: Histories, most_events: float, options: TrainOptions) -> Histories:
    """Return users at random, of very many: what goes with what is known from fewer, too."""
    return known.some(most_events, stream(options.seed, "users to learn from"))


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


def _is_final(log: Log, options: TrainOptions) -> bool:
    """Tell whether what is judged is what ships."""
    return options.refit == "no" or (options.refit == "auto" and log.is_given)


def _refit(
    result: Result, options: TrainOptions, budget: Budget, build_s: float, listen: Listener
) -> Compiled:
    """Fit the judged recipe on all events, if that is wanted and time is left."""
    log = result.log
    if _is_final(log, options):
        result.refit_why = said("the file to judge by is not learned from")
        if options.refit == "no":
            result.refit_why = said("refit was switched off")
        return result.judged
    more_s = sum(seconds for name, seconds in budget.ledger if name == _READING)
    if budget.left_s < 2.0 * build_s + _AGAIN * more_s + 1.0 and options.refit == "auto":
        result.refit_why = said("there was no time left to fit again")
        return result.judged
    with budget.phase("refit"):
        listen(event(budget, "refitting", "fitting again with the latest events"))
        result.ships = log.grown()
        everything = result.ships.histories(result.ships.everything)
        result.is_refitted = True
        result.refit_why = said("users are recommended by all that they took")
        learned = _some(everything, result.most_events, options)
        result.n_learned = len(learned.items)
        return build(result.choice.fit(learned), result.shipped_task, everything, options.seed)


def _wrap(result: Result, shipped: Compiled, memory: Memory, options: TrainOptions, budget: Budget) -> Model:
    task, is_timed = result.shipped_task, options.max_trials is None
    words = () if memory.reader is None else memory.reader.words
    checked = golden(shipped.program, task, words, options.seed)
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
    return Model(task, schema_of(shipped.program.columns, described(result.log)), contents)
