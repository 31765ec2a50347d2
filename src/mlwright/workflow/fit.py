"""From typed rows to compiled programs: search, blend, refit, compile, prove."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, final

from mlwright.core.progress import Event, Listener
from mlwright.core.seeds import seed_for
from mlwright.core.task import Link, Task
from mlwright.data.split import folds
from mlwright.features.recipe import Recipe
from mlwright.program.compile import Parts, compile_program
from mlwright.program.prove import Proof, prove
from mlwright.program.runtime import Program
from mlwright.tuning.line import Line
from mlwright.tuning.refit import baseline as baseline_of
from mlwright.tuning.refit import curve_jobs, gain_of_rows, refit_jobs
from mlwright.tuning.refit import members as members_of
from mlwright.tuning.schedule import FINISH_S, S_PER_NODE, S_PER_ROW
from mlwright.tuning.search import Search
from mlwright.tuning.store import Store
from mlwright.tuning.workers import Crew, open_crew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.core.arrays import Integers
    from mlwright.core.budget import Budget
    from mlwright.core.dataset import Dataset
    from mlwright.tuning.job import Job
    from mlwright.tuning.trial import Member, Trial
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_SMALL_CELLS = 200_000
_SHORT_S = 4.0
_SURE = 1.64
"""Standard errors that a gain must exceed: one-sided, 95 %."""
_MOST_NODES_AT_HAND = 200_000
"""So much of the folds' models is compiled when the time is out: within a second or two."""


@final
@dataclass(slots=True)
class Built:
    """A compiled program with what it was compiled from."""

    parts: Parts
    data: bytes
    program: Program
    proof: Proof


@final
@dataclass(slots=True)
class Fitted:
    """What the search left: the judged program, the refitted one if any, and why."""

    search: Search
    judged: Built
    baseline: Parts
    refitted: Built | None = None
    refit_why: str = ""
    is_interrupted: bool = False
    decisions: list[dict[str, str]] = field(default_factory=list)


def fit(prepared: Prepared, options: TrainOptions, budget: Budget, listen: Listener) -> Fitted:
    """Search under the budget and compile the winner."""
    with _work_folder() as folder, _crew(prepared, budget) as crew:
        with budget.phase("features"):
            listen(_event(budget, "preparing", "making features"))
            recipe, store = make_store(
                prepared.train, prepared.task, options.seed, _fold_rows(prepared, options)
            )
            store.save(folder / "train")
        search = Search(
            store, folder / "train", crew, budget, options.seed, listen, prepare_s=budget.ledger[-1][1]
        )
        is_interrupted = False
        try:
            with budget.phase("search"):
                search.run()
        except KeyboardInterrupt:
            if not search.begun():
                raise
            is_interrupted = True
            search.ended = "interrupted by the user"
            crew.abandon()
        chosen = search.begun() if is_interrupted else search.choose()
        baseline = Parts(prepared.task, recipe, tuple(baseline_of(search)))
        finish = _Finish(prepared, options, budget, listen, search, recipe, folder)
        fitted = finish.run(chosen, baseline, refit=not is_interrupted)
        fitted.is_interrupted = is_interrupted
        return fitted


@final
@dataclass(slots=True)
class _Finish:
    """Refits the chosen candidates on the training rows, and perhaps on all, and compiles them."""

    prepared: Prepared
    options: TrainOptions
    budget: Budget
    listen: Listener
    search: Search
    recipe: Recipe
    folder: Path

    def run(self, chosen: list[Trial], baseline: Parts, *, refit: bool) -> Fitted:
        line = Line(self.search.crew)
        members: list[Member] = []
        everything: tuple[Recipe, list[Member]] | None = None
        why = "the run was interrupted; the judged program ships"
        if refit:
            try:
                with self.budget.phase("refit"):
                    members, everything, why = self._refit(chosen, line)
            except KeyboardInterrupt:
                self.search.crew.abandon()
        decisions = []
        if not members:
            members = at_hand(chosen)
            decisions.append(
                {
                    "what": "models of the folds",
                    "choice": f"{len(members)} averaged instead of a refit",
                    "why": "there was no time left to fit once more on all training rows",
                }
            )
        with self.budget.phase("compile and prove"):
            self.listen(_event(self.budget, "proving", "compiling the program and proving it equal"))
            judged = build(
                Parts(self.prepared.task, self.recipe, tuple(members)), self.prepared.train, self.options.seed
            )
            refitted = None
            if everything is not None:
                recipe, refit_members = everything
                parts = Parts(self.prepared.task, recipe, tuple(refit_members))
                refitted = build(parts, self.prepared.everything, self.options.seed)
        return Fitted(self.search, judged, baseline, refitted, why, decisions=decisions)

    def _refit(
        self, chosen: list[Trial], line: Line
    ) -> tuple[list[Member], tuple[Recipe, list[Member]] | None, str]:
        """Fit on the training rows and, unless more rows would not help, on all rows at the same time."""
        deadline = None if self.budget.deadline is None else self.budget.deadline - self._finish_s(chosen)
        self.listen(_event(self.budget, "refitting", "fitting the chosen candidates on all training rows"))
        wanted, why = self._wants_all_rows(chosen, line, deadline)
        jobs = refit_jobs(self.search, chosen)
        for _, job in jobs.values():
            line.add(job, self.search.folder)
        more: dict[int, tuple[Trial, Job]] = {}
        recipe = None
        if wanted:
            task, seed = self.prepared.task, self.options.seed
            recipe, store = make_store(self.prepared.everything, task, seed, [])
            store.save(self.folder / "everything")
            more = refit_jobs(self.search, chosen)
            for _, job in more.values():
                line.add(job, self.folder / "everything")
        line.drain(deadline)
        if any(number not in line.outcomes for number in jobs):
            self.search.crew.abandon()
            return [], None, "there was no time for it; the judged program ships"
        members = members_of(jobs, line.outcomes)
        if not wanted or recipe is None:
            return members, None, why
        if any(number not in line.outcomes for number in more):
            self.search.crew.abandon()
            return members, None, "there was no time for it; the judged program ships"
        refitted = members_of(more, line.outcomes)
        if not refitted:
            return members, None, "every fit on all rows failed; the judged program ships"
        return members, (recipe, refitted), why

    def _finish_s(self, chosen: list[Trial]) -> float:
        """Return the seconds that compiling, proving and judging will take, for two programs."""
        nodes = sum(trial.n_nodes for trial in chosen)
        return FINISH_S + 2 * nodes * S_PER_NODE + S_PER_ROW * self.prepared.train.n_rows

    def _wants_all_rows(self, chosen: list[Trial], line: Line, deadline: float | None) -> tuple[bool, str]:
        if self.options.refit == "no":
            return False, "refit was switched off; the judged program ships"
        if self.options.refit == "yes":
            return True, "asked for with --refit yes"
        if self.prepared.train.times is not None:
            return True, "in rows ordered by time the latest tell most about rows to come"
        return self._rows_help(chosen[0], line, deadline)

    def _rows_help(self, trial: Trial, line: Line, deadline: float | None) -> tuple[bool, str]:
        """Measure what a third of the rows would have given; more rows seldom hurt, so doubt means yes."""
        jobs = curve_jobs(self.search, trial)
        cost_s = 0.4 * trial.seconds / max(1, self.search.crew.n_workers)
        if deadline is not None and cost_s > deadline - time.monotonic() - self.search.schedule.reserve_s():
            return True, "more rows seldom hurt; there was no time to measure how much they help"
        for job in jobs.values():
            line.add(job, self.search.folder)
        line.drain(deadline)
        gain = gain_of_rows(self.search, trial, jobs, line.outcomes)
        if gain is None:
            return True, "more rows seldom hurt; the learning curve could not be measured"
        mean, reach = gain[0], _SURE * gain[1]
        shown = f"with all training rows the loss is {mean:.4g} ± {reach:.2g} lower than with a third of them"
        if mean > reach:
            return True, f"more rows help: {shown}"
        return False, f"more rows do not help beyond noise: {shown}; the judged program ships"


def at_hand(chosen: list[Trial]) -> list[Member]:
    """Return models that exist already: those of the best candidate's folds, as many as compile quickly."""
    members = min(chosen, key=lambda trial: trial.loss).fold_members(1.0)
    kept, n_nodes = members[:1], members[0].model.n_nodes
    for member in members[1:]:
        n_nodes += member.model.n_nodes
        if n_nodes > _MOST_NODES_AT_HAND:
            break
        kept.append(member)
    return [replace(member, weight=1.0 / len(kept)) for member in kept]


def make_store(
    dataset: Dataset, task: Task, seed: int, fold_rows: list[tuple[Integers, Integers]]
) -> tuple[Recipe, Store]:
    """Fit the recipe on these rows and put their features where workers find them."""
    recipe = Recipe.fit(dataset, seed_for(seed, "recipe"))
    target = dataset.target
    assert target is not None  # noqa: S101 - training rows have a target
    if task.link is Link.IDENTITY:
        target = (target - task.offset) / task.scale
    store = Store(
        block=recipe.transform(dataset.columns, dataset.n_rows),
        code_sizes=recipe.code_sizes,
        target=target,
        weights=dataset.weights,
        folds=tuple(fold_rows),
        link=task.link,
        n_classes=len(task.classes),
        trend=recipe.trend,
    )
    return recipe, store


def build(parts: Parts, dataset: Dataset, seed: int) -> Built:
    """Compile, load and prove."""
    data = compile_program(parts)
    program = Program(data)
    return Built(parts, data, program, prove(parts, program, dataset.columns, seed))


def _fold_rows(prepared: Prepared, options: TrainOptions) -> list[tuple[Integers, Integers]]:
    train = prepared.train
    assert train.target is not None  # noqa: S101 - training rows have a target
    return folds(
        train.target,
        prepared.keys,
        n_classes=len(prepared.task.classes),
        n_folds=n_folds(train.n_rows),
        groups=train.groups,
        times=train.times,
        seed=options.seed,
    )


def n_folds(n_rows: int) -> int:
    """Choose the number of folds: many where rows are few and a fit is cheap."""
    for most, n in ((2_000, 8), (12_000, 5), (60_000, 3)):
        if n_rows < most:
            return n
    return 1


@contextmanager
def _work_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mlwright-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _crew(prepared: Prepared, budget: Budget) -> Iterator[Crew]:
    n_cells = prepared.train.n_rows * max(1, len(prepared.train.columns))
    is_small = n_cells < _SMALL_CELLS and (budget.max_trials is not None or budget.left_s < _SHORT_S)
    crew = open_crew(0 if is_small else _n_processors())
    try:
        yield crew
    finally:
        crew.stop()


def _n_processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _event(budget: Budget, phase: str, message: str) -> Event:
    left = None if budget.deadline is None else budget.left_s
    return Event(phase=phase, message=message, left_s=left)
