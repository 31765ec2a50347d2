"""The search: tries configurations over the folds, within the budget, and blends the best.

With a time limit the clock decides how far it gets, and what is unfinished at the end is kept if all
its folds gave something. With a number of trials nothing looks at the clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.learner import Limits
from mlwright.core.progress import Event, Listener
from mlwright.core.said import said
from mlwright.core.seeds import seed_for
from mlwright.core.task import losses
from mlwright.tuning.blend import blend, mean_loss
from mlwright.tuning.job import Job, Outcome, run_job
from mlwright.tuning.latency import Latency
from mlwright.tuning.plan import Plan
from mlwright.tuning.race import gains_nothing
from mlwright.tuning.schedule import Schedule
from mlwright.tuning.trial import Trial, thin_out

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.core.arrays import Floats
    from mlwright.core.budget import Budget
    from mlwright.core.learner import Configuration
    from mlwright.tuning.contract import Scales
    from mlwright.tuning.journaled import Crew
    from mlwright.tuning.store import Store


_MOST_IN_VAIN = 3
"""After so many candidates without a gain the search ends."""
_GAIN = 0.1
"""What counts as a gain of the blend, in its standard errors."""
_ENOUGH = 4


@final
@dataclass(slots=True)
class Search:
    """One search on one store. `trials` fill up as it goes; `ended` says why it stopped.

    With `scales` every candidate is measured, and `most_copies` says how many of each the blend can afford.
    """

    store: Store
    folder: Path
    crew: Crew
    budget: Budget
    seed: int
    listen: Listener
    prepare_s: float = 0.0
    latency: Latency = Latency.BALANCED
    scales: Scales | None = None
    most_copies: int = 99
    trials: list[Trial] = field(default_factory=list)
    ended: str = ""
    schedule: Schedule = field(init=False)
    _plan: Plan = field(init=False)
    _jobs: dict[int, tuple[Trial, Job]] = field(default_factory=dict)
    _n_jobs: int = 0
    _blended: list[Trial] = field(default_factory=list)
    _mixed: Floats | None = None
    _n_in_vain: int = 0

    def __post_init__(self) -> None:
        self._plan = Plan(self.store, self.seed, self.latency, self.budget)
        self.schedule = Schedule(
            self.budget,
            self.crew.n_workers,
            self.store.n_rows,
            len(self.store.folds),
            self.trials,
            self.prepare_s,
            self.latency,
        )

    @property
    def target(self) -> Floats:
        """Target of the rows that the folds judge, one fold after the other."""
        return np.concatenate([self.store.target[valid] for _, valid in self.store.folds])

    @property
    def finished(self) -> list[Trial]:
        """Trials of which every fold succeeded, and that keep what is asked of answers."""
        return [trial for trial in self.trials if trial.is_finished and trial.keeps]

    def run(self) -> None:
        """Try configurations until none helps or the budget is spent. Ctrl-C passes through."""
        self._run_here(self._plan.first())
        waiting: list[Job] = []
        while True:
            while self.crew.n_idle:
                if not waiting:
                    following = self._next()
                    if following is None:
                        break
                    waiting = self._begin(following)
                job = waiting.pop(0)
                allowed_s = self.schedule.allowed_s(job.configuration, job.fold)
                self.crew.start(replace(job, allowed_s=allowed_s), self.folder)
            if not self._jobs:
                return
            outcome = self.crew.wait(self.schedule.patience_s())
            if outcome is None:
                self.ended = said("the time for searching was used up")
                return
            waiting = self._take(outcome, waiting)

    def _next(self) -> Configuration | None:
        """Return what to begin now; None while it depends on what is running, or at the end."""
        if self.budget.max_trials is not None and len(self.trials) > self.budget.max_trials:
            self.ended = said("as many were tried as asked for")
            return None
        found = self._plan.next(self.schedule.has_time_for)
        if found is not None or self._jobs:
            return found
        if self._plan.n_left:
            self.ended = said("the next candidate would not have fitted into the time limit")
            return None
        if self._n_in_vain >= _MOST_IN_VAIN:
            self.ended = said("the last {n} candidates gained nothing", n=_MOST_IN_VAIN)
            return None
        found = self._plan.move(self._blended)
        if found is None:
            self.ended = said("every candidate of the portfolio was tried")
        elif not self.schedule.has_time_for(found):
            self.ended = said("the next candidate would not have fitted into the time limit")
            return None
        self._n_in_vain += 1  # until it has gained something
        return found

    def _run_here(self, configuration: Configuration) -> None:
        """Try the first and dullest candidate in this process: a model exists from here on."""
        for job in self._begin(configuration):
            self._take(run_job(self.store, job), [])

    def _begin(self, configuration: Configuration) -> list[Job]:
        trial = Trial(len(self.trials), configuration, len(self.store.folds))
        self.trials.append(trial)
        jobs = []
        for fold in range(trial.n_folds):
            seed = seed_for(self.seed, configuration.name, fold)
            limits = Limits(haste=configuration.haste, seed=seed)
            job = Job(number=self.next_number(), configuration=configuration, fold=fold, limits=limits)
            self._jobs[job.number] = (trial, job)
            jobs.append(job)
        return jobs

    def _take(self, outcome: Outcome, waiting: list[Job]) -> list[Job]:
        trial, job = self._jobs.pop(outcome.number)
        # In the order of the folds, whichever ended first: sums and notes must not depend on the clock.
        trial.outcomes = dict(sorted({**trial.outcomes, job.fold: outcome}.items()))
        if outcome.error or self._is_hopeless(trial):
            for other in [j for j in waiting if self._jobs[j.number][0] is trial]:
                self._jobs.pop(other.number)
                waiting.remove(other)
        if trial.is_finished:
            trial.loss, trial.loss_error = mean_loss(self.store.link, self.target, trial.answers())
            if self.scales is not None:
                self._plan.weigh(trial, self.scales)
            if self.budget.max_trials is None:  # which candidate ends first depends on the clock
                self._plan.follow(trial, self.trials)
            self._blend_anew()
            thin_out(self.trials, n_kept=0 if self.scales is None else 1)
        best = min((t.loss for t in self.finished), default=None)
        message = f"{trial.configuration.name}, fold {job.fold + 1} of {trial.n_folds}"
        done = sum(t.is_finished for t in self.trials)
        left = None if self.budget.deadline is None else self.budget.left_s
        self.listen(
            Event(
                phase="searching",
                message=message,
                metric="loss",
                best=best,
                done=done,
                total=len(self.trials) + self._plan.n_left,
                left_s=left,
            )
        )
        return waiting

    def _blend_anew(self) -> None:
        """Weigh what is finished, and note whether the blend gained by the last one."""
        before = self._mixed
        finished = self.finished
        weights = blend(self.store.link, self.target, [t.answers() for t in finished], self.seed)
        for trial, weight in zip(finished, weights, strict=True):
            trial.weight = float(weight)
        self._blended = [trial for trial in finished if trial.weight > 0]
        self._mixed = self.blended()
        if before is None:
            return
        gains = losses(self.store.link, self.target, before) - losses(
            self.store.link, self.target, self._mixed
        )
        enough = _GAIN * float(gains.std()) / np.sqrt(len(gains))
        if float(gains.mean()) > enough:
            self._n_in_vain = 0

    def _is_hopeless(self, trial: Trial) -> bool:
        """Only where time counts: which fold ends first depends on the clock."""
        if self.budget.max_trials is not None or self._mixed is None or len(self.finished) < _ENOUGH:
            return False
        if not gains_nothing(self.store, trial, self._mixed, self.target):
            return False
        trial.note = "stopped early: the blend would have gained nothing"
        return True

    @property
    def has_baseline_alone(self) -> bool:
        """Whether nothing but the dullest candidate is complete."""
        return all(trial.number == 0 for trial in self.finished)

    def begun(self) -> list[Trial]:
        """Return what is at hand when the search is cut short: one candidate, or none.

        The best of which every fold is in, else the first of which any is; the baseline is none.
        """
        whole = sorted((t for t in self.finished if t.number > 0), key=lambda trial: trial.loss)
        partial = [t for t in self.trials if t.number > 0 and t.outcomes and not t.failure and t.keeps]
        return (whole or partial)[:1]

    def blended(self) -> Floats:
        """Return the out-of-fold answers of the blend."""
        total: Floats = np.sum([t.weight * t.answers() for t in self.finished if t.weight > 0], axis=0)
        return total

    def next_number(self) -> int:
        """Return a number for a job, unlike all before."""
        self._n_jobs += 1
        return self._n_jobs - 1
