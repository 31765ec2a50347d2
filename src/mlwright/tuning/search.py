"""The search: tries configurations over the folds, within the budget, and blends the best.

With a time limit the clock decides how far it gets, and what is unfinished at the end is kept if all
its folds gave something. With a number of trials nothing looks at the clock.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import SearchError
from mlwright.core.learner import Configuration, Limits
from mlwright.core.progress import Event, Listener
from mlwright.core.seeds import seed_for
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import losses
from mlwright.tuning.blend import blend, mean_loss
from mlwright.tuning.job import ALL_ROWS, Job, Outcome, run_job
from mlwright.tuning.trial import Member, Trial

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.core.arrays import Floats
    from mlwright.core.budget import Budget
    from mlwright.tuning.store import Store
    from mlwright.tuning.workers import Crew

_TRIAL_SHARE = 0.3
"""One candidate may use this share of the whole time."""
_TRIALS_REFITTED = 4
_FIXED_RESERVE_S = 1.2
_RESERVE_PER_ROW_S = 2e-5


@final
@dataclass(slots=True)
class Search:
    """One search on one store. `trials` fill up as it goes; `ended` says why it stopped."""

    store: Store
    folder: Path
    crew: Crew
    budget: Budget
    seed: int
    listen: Listener
    trials: list[Trial] = field(default_factory=list)
    ended: str = ""
    _jobs: dict[int, tuple[Trial, Job]] = field(default_factory=dict)
    _n_jobs: int = 0

    @property
    def target(self) -> Floats:
        """Target of the rows that the folds judge, one fold after the other."""
        return np.concatenate([self.store.target[valid] for _, valid in self.store.folds])

    @property
    def finished(self) -> list[Trial]:
        """Trials of which every fold succeeded."""
        return [trial for trial in self.trials if trial.is_finished]

    def run(self) -> None:
        """Try configurations until none is left or the budget is spent. Ctrl-C passes through."""
        plan = self._plan()
        total = len(plan)
        self._run_here(plan.pop(0))
        waiting: list[Job] = []
        while plan or waiting or self._jobs:
            while self.crew.n_idle and (waiting or plan):
                if not waiting:
                    if not self._has_time_for(plan[0]):
                        self.ended = "the next candidate would not have fitted into the time limit"
                        plan.clear()
                        break
                    waiting = self._begin(plan.pop(0))
                job = waiting.pop(0)
                self.crew.start(replace(job, allowed_s=self._allowed_s()), self.folder)
            if not self._jobs:
                break
            outcome = self.crew.wait(self._patience_s())
            if outcome is None:
                self.ended = "the time for searching was used up"
                break
            waiting = self._take(outcome, waiting, total)
        if not self.ended:
            self.ended = "every candidate of the portfolio was tried"

    def _plan(self) -> list[Configuration]:
        found = []
        for name in LEARNERS.names():
            learner = LEARNERS.get(name)
            if self.store.link in learner.serves:
                found += [replace(c, learner=name) for c in learner.configurations(self.store.shape)]
        found.sort(key=lambda c: (c.order, c.name))
        return found if self.budget.max_trials is None else found[: 1 + self.budget.max_trials]

    def _run_here(self, configuration: Configuration) -> None:
        """Try the first and dullest candidate in this process: a model exists from here on."""
        for job in self._begin(configuration):
            self._take(run_job(self.store, job), [], 0)

    def _begin(self, configuration: Configuration) -> list[Job]:
        trial = Trial(len(self.trials), configuration, len(self.store.folds))
        self.trials.append(trial)
        jobs = []
        for fold in range(trial.n_folds):
            limits = Limits(seed=seed_for(self.seed, configuration.name, fold))
            job = Job(number=self._next_number(), configuration=configuration, fold=fold, limits=limits)
            self._jobs[job.number] = (trial, job)
            jobs.append(job)
        return jobs

    def _take(self, outcome: Outcome, waiting: list[Job], total: int) -> list[Job]:
        trial, job = self._jobs.pop(outcome.number)
        trial.outcomes[job.fold] = outcome
        if outcome.error:
            for other in [j for j in waiting if self._jobs[j.number][0] is trial]:
                self._jobs.pop(other.number)
                waiting.remove(other)
        elif trial.is_finished:
            trial.loss, trial.loss_error = mean_loss(self.store.link, self.target, trial.answers())
        done = sum(t.is_finished for t in self.trials)
        best = min((t.loss for t in self.finished), default=None)
        message = f"{trial.configuration.name}, fold {job.fold + 1} of {trial.n_folds}"
        left = None if self.budget.deadline is None else self.budget.left_s
        self.listen(
            Event(
                phase="searching",
                message=message,
                metric="loss",
                best=best,
                done=done,
                total=total,
                left_s=left,
            )
        )
        return waiting

    # --- time -----------------------------------------------------------------------------------

    def reserve_s(self) -> float:
        """Seconds that must stay for refitting the best, twice, and for compiling and judging."""
        best = sorted(self.finished, key=lambda t: t.loss)[:_TRIALS_REFITTED]
        single = [t.refit_s for t in best]
        n_workers = max(1, self.crew.n_workers)
        refits = max(2.0 * sum(single) / n_workers, max(single, default=0.0))
        return 1.25 * refits + _FIXED_RESERVE_S + _RESERVE_PER_ROW_S * self.store.n_rows

    def _search_end(self) -> float:
        assert self.budget.deadline is not None  # noqa: S101 - asked only with a time limit
        return self.budget.deadline - self.reserve_s()

    def _has_time_for(self, configuration: Configuration) -> bool:
        if self.budget.deadline is None:
            return True
        known = [(t.seconds, t.configuration.cost) for t in self.finished if t.configuration.cost > 0.3]
        per_cost = sum(s for s, _ in known) / sum(c for _, c in known) if known else 0.0
        needed = per_cost * configuration.cost / max(1, self.crew.n_workers)
        return time.monotonic() + 0.6 * needed < self._search_end()

    def _allowed_s(self) -> float | None:
        if self.budget.deadline is None or self.budget.time_limit_s is None:
            return None
        left = self._search_end() - time.monotonic()
        per_trial = _TRIAL_SHARE * self.budget.time_limit_s * max(1, self.crew.n_workers)
        at_once = max(self.crew.n_workers, len(self.store.folds), 1)
        return max(0.2, min(left, per_trial / at_once))

    def _patience_s(self) -> float | None:
        if self.budget.deadline is None:
            return None
        return max(0.0, self._search_end() - time.monotonic()) + 0.5

    # --- the result -----------------------------------------------------------------------------

    @property
    def has_candidate(self) -> bool:
        """Whether more than the baseline is finished."""
        return any(trial.number > 0 for trial in self.finished)

    def baseline(self) -> list[Member]:
        """Fit the first and dullest candidate on all rows."""
        jobs = self.refit_jobs([self.trials[0]])
        outcomes = {number: run_job(self.store, job) for number, (_, job) in jobs.items()}
        return [
            Member(t.configuration.name, 1.0, o.encoder, o.fit)
            for (t, _), o in zip(jobs.values(), outcomes.values(), strict=True)
            if o.encoder and o.fit
        ]

    def choose(self) -> list[Trial]:
        """Blend the finished trials and return those with weight, the heaviest first."""
        candidates = self.finished
        if not candidates:
            failed = next((t.failure for t in self.trials if t.failure), "no candidate finished in time")
            message = f"No model could be fitted: {failed.split(chr(10), 1)[0]}"
            raise SearchError(message)
        given = [trial.answers() for trial in candidates]
        weights = blend(self.store.link, self.target, given, self.seed)
        for trial, weight in zip(candidates, weights, strict=True):
            trial.weight = float(weight)
        return sorted((t for t in candidates if t.weight > 0), key=lambda t: -t.weight)

    def blended(self) -> Floats:
        """Return the out-of-fold answers of the blend."""
        total: Floats = np.sum([t.weight * t.answers() for t in self.finished if t.weight > 0], axis=0)
        return total

    def refit_jobs(self, chosen: list[Trial]) -> dict[int, tuple[Trial, Job]]:
        """Return the jobs that fit the chosen candidates on all rows, the longest first."""
        jobs = {}
        for trial in sorted(chosen, key=lambda t: -t.seconds):
            job = trial.refit_job(
                self._next_number(), ALL_ROWS, seed_for(self.seed, trial.configuration.name)
            )
            jobs[job.number] = (trial, job)
        return jobs

    def members(self, jobs: dict[int, tuple[Trial, Job]], outcomes: dict[int, Outcome]) -> list[Member]:
        """Put the refitted models together; one that failed leaves its weight to the others."""
        found = []
        for number, (trial, _) in sorted(jobs.items(), key=lambda item: -item[1][0].weight):
            outcome = outcomes.get(number)
            if outcome is None or outcome.fit is None or outcome.encoder is None:
                reason = "out of time" if outcome is None else outcome.error.split("\n", 1)[0]
                trial.note = f"refit failed: {reason}"
                continue
            name = trial.configuration.name
            found.append(Member(name, trial.weight, outcome.encoder, outcome.fit))
        total = sum(member.weight for member in found)
        return [replace(member, weight=member.weight / total) for member in found]

    def curve_jobs(self, trial: Trial) -> dict[int, Job]:
        """Return the jobs that fit a candidate on half the training rows of each fold."""
        jobs = {}
        for fold in range(trial.n_folds):
            job = Job(
                number=self._next_number(),
                configuration=trial.configuration,
                fold=fold,
                limits=Limits(seed=seed_for(self.seed, "half", fold)),
                share=0.5,
                allowed_s=self._allowed_s(),
            )
            jobs[job.number] = job
        return jobs

    def gain_of_rows(
        self, trial: Trial, jobs: dict[int, Job], outcomes: dict[int, Outcome]
    ) -> tuple[float, float] | None:
        """Return how much lower the loss is with all rows than with half, and its standard error.

        Paired over the rows of the folds; None if a fold is missing.
        """
        by_fold = {job.fold: outcomes[number].answers for number, job in jobs.items() if number in outcomes}
        parts = [by_fold.get(fold) for fold in range(trial.n_folds)]
        known = [part.astype(np.float64) for part in parts if part is not None]
        if len(known) < trial.n_folds:
            return None
        link, target = self.store.link, self.target
        gain = losses(link, target, np.concatenate(known)) - losses(link, target, trial.answers())
        return float(gain.mean()), float(gain.std() / np.sqrt(len(gain)))

    def _next_number(self) -> int:
        self._n_jobs += 1
        return self._n_jobs - 1
