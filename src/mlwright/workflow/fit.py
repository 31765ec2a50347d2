"""From typed rows to compiled programs: search, blend, refit, compile, prove."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.interrupt import ending_is_near
from mlwright.core.processors import n_processors
from mlwright.core.progress import Listener, event
from mlwright.core.said import said
from mlwright.core.schema import Kind, Role
from mlwright.data.split import folds
from mlwright.program.compile import Parts
from mlwright.tuning.choice import choose
from mlwright.tuning.journaled import Crew, Journaled
from mlwright.tuning.latency import Latency
from mlwright.tuning.refit import baseline
from mlwright.tuning.search import Search
from mlwright.tuning.workers import open_crew
from mlwright.workflow.build import make_store, store_name
from mlwright.workflow.finish import Finish, Fitted
from mlwright.workflow.measure import scales
from mlwright.workflow.run import work_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlwright.core.arrays import Integers
    from mlwright.core.budget import Budget
    from mlwright.tuning.journal import Journal
    from mlwright.tuning.trial import Trial
    from mlwright.workflow.memory import Memory
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared
    from mlwright.workflow.run import Run

_SMALL_CELLS = 200_000
_SHORT_S = 4.0
_S_PER_LETTER, _TEXT_SHARE = 2e-6, 0.3
"""What features of texts take, measured on one slow core [s], and how much of the time left they may."""
_ROWS_FOR_ONE = 6_000
"""With so many rows one fold tells enough, if time is short."""


def fit(
    prepared: Prepared,
    options: TrainOptions,
    budget: Budget,
    listen: Listener,
    run: Run,
    memory: Memory | None = None,
) -> Fitted:
    """Search under the budget and compile the winner; what `run` knows already is not done again."""
    folder, in_haste = run.rows, _is_in_haste(prepared, budget)
    with (
        run.journal(work_on(prepared), options, budget, listen) as journal,
        _crew(prepared, budget, journal, memory) as crew,
    ):
        with budget.phase("features", is_busy=True):
            listen(event(budget, "preparing", "making features"))
            parts = fold_rows(prepared, options, is_short=budget.is_short)
            recipe, store = make_store(prepared.train, prepared.task, options.seed, parts, in_haste=in_haste)
            place = folder / store_name("train", n_folds=len(parts), in_haste=in_haste)
            store.save(place)
        search = Search(
            store,
            place,
            crew,
            budget,
            options.seed,
            listen,
            prepare_s=budget.ledger[-1][1],
            latency=Latency(options.latency),
            scales=scales(prepared, recipe, options),
        )
        is_interrupted = False
        try:
            with budget.phase("search"):
                search.run()
        except KeyboardInterrupt:
            if not search.begun():
                raise
            is_interrupted = True
            listen(event(budget, "interrupted", "keeping the best candidate so far"))
            search.ended = said("interrupted by the user")
            crew.abandon()
        if memory is not None:
            memory.check_search(search.trials)
        is_cut = is_interrupted or (search.has_baseline_alone and bool(search.begun()))
        chosen = search.begun() if is_cut else choose(search)
        if is_cut:
            leave_all_to(chosen[0], search.trials)
        dull = Parts(prepared.task, recipe, tuple(baseline(search)))
        finish = Finish(prepared, options, budget, listen, search, recipe, folder, in_haste)
        with ending_is_near() if is_interrupted else nullcontext():
            fitted = finish.run(chosen, dull, refit=not is_cut)
        fitted.is_interrupted = is_interrupted
        return fitted


def _is_in_haste(prepared: Prepared, budget: Budget) -> bool:
    """Tell whether features of texts would take more of the time than they are worth."""
    if budget.deadline is None:
        return False
    texts = [column.name for column in prepared.schema.features if column.kind in (Kind.STRING, Kind.TEXT)]
    n_letters = sum(sum(map(len, prepared.train.columns[name])) for name in texts)
    return n_letters * _S_PER_LETTER * budget.slowdown > _TEXT_SHARE * budget.left_s


def leave_all_to(chosen: Trial, trials: Iterable[Trial]) -> None:
    """Let one candidate answer alone, be it incomplete: the others, the baseline too, have no share in it."""
    for trial in trials:
        trial.weight = float(trial is chosen)


def fold_rows(
    prepared: Prepared, options: TrainOptions, *, is_short: bool = False
) -> list[tuple[Integers, Integers]]:
    """Return the rows to learn from and to be judged on, for every fold: rows that weigh nothing are in none.

    Raises
    ------
    DataError
        If all rows to learn from weigh nothing.
    """
    train = prepared.train
    assert train.target is not None  # noqa: S101 - training rows have a target
    # Else a fold could have nothing but such rows to learn from, or to be stopped by.
    counted = np.arange(train.n_rows) if train.weights is None else np.flatnonzero(train.weights)
    if not len(counted):
        name = prepared.schema.role_of(Role.WEIGHT)[0].name
        raise DataError(
            f"All {train.n_rows:,} rows to learn from weigh 0 in {name!r}: those that weigh more were set "
            "aside to judge. Weigh other rows, too, or bring rows to judge by with --test."
        )
    pairs = folds(
        train.target[counted],
        prepared.keys[counted],
        n_classes=len(prepared.task.classes),
        n_folds=n_folds(len(counted), is_short=is_short),
        groups=None if train.groups is None else train.groups[counted],
        times=None if train.times is None else train.times[counted],
        seed=options.seed,
    )
    return [(counted[learned], counted[judged]) for learned, judged in pairs]


def n_folds(n_rows: int, *, is_short: bool = False) -> int:
    """Choose the number of folds: many where rows are few and a fit is cheap."""
    if is_short and n_rows >= _ROWS_FOR_ONE:
        return 1
    for most, n in ((2_000, 8), (12_000, 5), (60_000, 3)):
        if n_rows < most:
            return n
    return 1


@contextmanager
def _crew(
    prepared: Prepared, budget: Budget, journal: Journal | None, memory: Memory | None
) -> Iterator[Crew]:
    n_cells = prepared.train.n_rows * max(1, len(prepared.train.columns))
    is_small = n_cells < _SMALL_CELLS and (budget.max_trials is not None or budget.left_s < _SHORT_S)
    n_workers, most_bytes = 0 if is_small else n_processors(), 0
    if memory is not None and n_workers:
        n_workers, most_bytes = memory.n_workers(n_workers, prepared)
    crew = open_crew(n_workers, most_bytes)
    if memory is not None:
        memory.watch(crew)
    try:
        yield crew if journal is None else Journaled(crew, journal)
    finally:
        crew.stop()
