"""The end of a training: the chosen candidates are fitted once more, compiled and proven."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.errors import SearchError
from mlwright.core.progress import Listener, event
from mlwright.core.said import said
from mlwright.program.compile import Parts
from mlwright.tuning.calibrate import class_factors
from mlwright.tuning.choice import weighed
from mlwright.tuning.curve import Curve, curve, curve_jobs
from mlwright.tuning.line import Line
from mlwright.tuning.outoffold import OutOfFold
from mlwright.tuning.policy import Policy, fit_policy
from mlwright.tuning.refit import members as members_of
from mlwright.tuning.refit import refit_jobs
from mlwright.workflow.affordable import Fits, affordable
from mlwright.workflow.build import Built, build, make_store, store_name
from mlwright.workflow.intervals import calibrate

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.core.arrays import Array, Integers
    from mlwright.core.budget import Budget
    from mlwright.core.evaluation import Estimate
    from mlwright.evaluation.conformal import Conformal
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.job import Job
    from mlwright.tuning.search import Search
    from mlwright.tuning.trial import Member, Trial
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_SURE = 1.64 / 1.96
"""Of the lower half of a 95 % interval: what a gain must exceed to be there with 95 %, one-sided."""
_MOST_NODES_AT_HAND = 80_000
"""So much of the folds' models is compiled when the time is out: within a second."""
_LATE = said("there was no time to fit it again on all rows")
_FAILED = said("what had most of the weight could not be fitted again")
_OF_FOLDS = {
    "what": said("models of the folds"),
    "why": said("there was no time left to fit once more on all training rows"),
}
_WORDS_ALONE = {
    "what": said("texts"),
    "choice": said("words alone"),
    "why": said("sequences of letters would have taken too much of the time"),
}
_CALIBRATED = {
    "what": said("calibration"),
    "choice": said("one factor per class"),
    "why": said(
        "on rows that did not fit them the factors lowered the log loss by more than a standard error"
    ),
}


@final
@dataclass(slots=True)
class Fitted:
    """What the search left: the judged program, the refitted one if any, and why.

    `conformal` makes intervals or sets of answers; None if nothing could calibrate it. A capacity becomes a
    cutoff by answers out of fold; without these it is not kept. `is_of_folds` tells that there was no time to
    fit once more, so that models of the folds ship. `rows` are those of all rows that the shipped program has
    learned from.
    """

    search: Search
    judged: Built
    baseline: Parts
    rows: Integers
    refitted: Built | None = None
    conformal: Conformal | None = None
    refit_why: str = ""
    is_interrupted: bool = False
    curve: Curve | None = None
    n_seeds: int = 1
    decisions: list[dict[str, str]] = field(default_factory=list)
    policy_why: str = ""
    is_capacity_kept: bool = True
    is_of_folds: bool = False


@final
@dataclass(slots=True)
class Finish:
    """Refits the chosen candidates on the training rows, and perhaps on all, and compiles them."""

    prepared: Prepared
    options: TrainOptions
    budget: Budget
    listen: Listener
    search: Search
    recipe: Recipe
    folder: Path
    in_haste: bool = False
    _curve: Curve | None = None
    _n_seeds: int = 1

    def run(self, chosen: list[Trial], baseline: Parts, *, refit: bool) -> Fitted:
        """Return the programs; without `refit`, of what is at hand."""
        fits = self._fits(chosen, refit=refit)
        decisions = list(fits.decisions)
        with self.budget.phase("compile and prove"):
            self.listen(event(self.budget, "proving", "compiling the program and proving it equal"))
            if self.search.scales is not None:
                fits = affordable(self.search, fits, list(baseline.members))
                chosen, decisions = weighed(self.search), list(fits.decisions)
            factors = self._factors(chosen, refit=refit)
            decisions += [_CALIBRATED] if factors else []
            decisions += [_WORDS_ALONE] if self.in_haste else []
            parts = Parts(self.prepared.task, self.recipe, tuple(fits.members), factors)
            known, alike = OutOfFold.of(self.search, parts.weights), self.prepared.train.alike
            spread = None if known is None else known.spread(parts.task.link, self.options.seed, alike)
            policy, policy_why = self._policy(known, factors)
            parts = replace(parts, spread=spread, policy=policy)
            judged, refitted = build(parts, self.prepared.train, self.options.seed), None
            conformal, rows = calibrate(self.prepared, judged, known), self.prepared.split.train
            if fits.everything is not None:
                recipe, refit_members = fits.everything
                parts = Parts(self.prepared.task, recipe, tuple(refit_members), factors, spread, policy)
                rows = self._more_rows()
                refitted = build(parts, self.prepared.take(rows), self.options.seed)
            if refitted is not None and self.prepared.held is not None:
                judged, refitted = refitted, None  # the sealed test is as new to it
        return Fitted(
            self.search,
            judged,
            baseline,
            rows,
            refitted,
            conformal,
            fits.why,
            curve=self._curve,
            n_seeds=self._n_seeds,
            decisions=decisions,
            policy_why=policy_why,
            is_capacity_kept=known is not None,
            is_of_folds=fits.is_of_folds,
        )

    def _more_rows(self) -> Integers:
        """Return the rows of the second fit: all, but the sealed test where rows were held back."""
        split = self.prepared.split
        if self.prepared.held is not None:
            return np.sort(np.concatenate([split.train, split.held]))
        return np.arange(self.prepared.everything.n_rows)

    def _fits(self, chosen: list[Trial], *, refit: bool) -> Fits:
        """Fit once more if there is time; else take what is at hand."""
        members: list[Member] = []
        everything: tuple[Recipe, list[Member]] | None = None
        why = said("the run ended before a candidate was complete")
        if refit:
            try:
                with self.budget.phase("refit"):
                    members, everything, why = self._refit(chosen, Line(self.search.crew))
            except KeyboardInterrupt:
                self.search.crew.abandon()
        if members:
            return Fits(members=members, everything=everything, why=why)
        members = at_hand(chosen, self.search.begun(), is_timed=self.prepared.train.times is not None)
        choice = said("{n} averaged instead of a refit", n=len(members))
        decision = {**_OF_FOLDS, "choice": choice, **({"why": why} if why == _FAILED else {})}
        return Fits(members=members, everything=None, why=why, is_of_folds=True, decisions=(decision,))

    def _policy(self, known: OutOfFold | None, factors: tuple[float, ...]) -> tuple[Policy | None, str]:
        """Choose what to decide by answers out of fold; without any, expected costs alone decide."""
        costs, task = self.prepared.costs, self.prepared.task
        if costs is None:
            return None, ""
        if known is None:
            return costs.policy, said(
                "the run ended before answers out of fold were there: expected costs decide"
            )
        given = known.prediction(task, factors, None).scores
        stakes = costs.stakes_of(self.prepared.train)
        stakes = None if stakes is None else stakes[known.rows]
        return fit_policy(
            costs.policy, known.target, given, stakes, costs.share, self.options.seed, self._alike(known.rows)
        )

    def _factors(self, chosen: list[Trial], *, refit: bool) -> tuple[float, ...]:
        if not refit:
            return ()
        mixed = sum(trial.weight * trial.answers() for trial in chosen)
        link = self.search.store.link
        alike = self._alike(self._judged())
        factors = class_factors(link, self.search.target, np.asarray(mixed), self.options.seed, alike)
        return () if factors is None else tuple(factors.tolist())

    def _judged(self) -> Integers:
        """Return the training rows that the folds judge, one fold after the other."""
        return np.concatenate([valid for _, valid in self.search.store.folds])

    def _alike(self, rows: Integers) -> Array | None:
        """Return a number for each of these training rows, equal where rows err alike."""
        alike = self.prepared.train.alike
        return None if alike is None else alike[rows]

    def _refit(
        self, chosen: list[Trial], line: Line
    ) -> tuple[list[Member], tuple[Recipe, list[Member]] | None, str]:
        """Fit on the training rows and, unless more rows would not help, on all rows at the same time."""
        deadline = None if self.budget.deadline is None else self.budget.deadline - self._finish_s(chosen)
        self.listen(event(self.budget, "refitting", "fitting the chosen candidates on all training rows"))
        wanted, why = self._wants_all_rows(chosen, line, deadline)
        recipe, folders = self.recipe, [self.search.folder]
        begun = self._add(chosen, line, folders[0])  # the workers are busy while features are made here
        if wanted:
            task, seed = self.prepared.task, self.options.seed
            rows = self.prepared.take(self._more_rows())
            recipe, store = make_store(rows, task, seed, [], in_haste=self.in_haste)
            folders.append(self.folder / store_name("everything", in_haste=self.in_haste))
            store.save(folders[1])
        rounds = [[begun, *(self._add(chosen, line, folder) for folder in folders[1:])]]
        # Further rounds, with other seeds, on the same rows; what time cuts is left out of both programs.
        n_copies = min(self.search.most_copies, self.search.schedule.n_refits_now(chosen))
        repeats = range(1, n_copies)
        rounds += [[self._add(chosen, line, folder, repeat) for folder in folders] for repeat in repeats]
        if not line.drain(deadline):
            self.search.crew.abandon()
        if not _is_done(rounds[0][0], line):
            return [], None, _LATE
        complete = [parts for parts in rounds if all(_is_done(jobs, line) for jobs in parts)]
        self._n_seeds = max(1, len(complete))
        members = members_of(_joined(complete or rounds[:1], 0), line.outcomes)
        if not (wanted and members):
            return members, None, why if members else _FAILED
        if not complete:
            return members, None, _LATE
        refitted = members_of(_joined(complete, 1), line.outcomes)
        why = why if refitted else _FAILED
        return members, (recipe, refitted) if refitted else None, why

    def _add(self, chosen: list[Trial], line: Line, folder: Path, repeat: int = 0) -> Jobs:
        jobs = refit_jobs(self.search, chosen, repeat)
        for _, job in jobs.values():
            line.add(job, folder)
        return jobs

    def _finish_s(self, chosen: list[Trial]) -> float:
        """Return the seconds that compiling, proving and judging will take, for two programs."""
        nodes = sum(trial.n_nodes for trial in chosen)
        return self.search.schedule.finish_s(nodes)

    def _wants_all_rows(self, chosen: list[Trial], line: Line, deadline: float | None) -> tuple[bool, str]:
        self._curve = self._measure_curve(chosen[0], line, deadline)
        settled = self._settled()
        if self.options.refit != "no" and time.monotonic() + self.search.prepare_s > (deadline or np.inf):
            return False, _LATE
        if settled is not None:
            return settled
        if self._curve is None:
            return True, said("more rows seldom hurt; there was no time to measure how much they help")
        return _helps(self._curve.gain())

    def _settled(self) -> tuple[bool, str] | None:
        """Return whether all rows are wanted where that needs no measuring."""
        is_timed = self.prepared.train.times is not None
        if self.prepared.held is not None and not is_timed:
            return False, said("the rows held back certify the judged program, so that one ships")
        if self.options.refit == "no":
            return False, said("refit was switched off")
        if self.prepared.held is not None:
            return True, said(
                "when the latest rows had calibrated, it learned from them too, as it will be used"
            )
        if self.options.refit == "yes":
            return True, said("asked for with --refit yes")
        if is_timed:
            return True, said("in rows ordered by time the latest tell most about rows to come")
        return None

    def _measure_curve(self, trial: Trial, line: Line, deadline: float | None) -> Curve | None:
        schedule = self.search.schedule
        needed = schedule.curve_s(trial) + schedule.reserve_s() - schedule.curve_reserve_s()
        if deadline is not None and needed > self.budget.left_s:
            return None
        jobs = curve_jobs(self.search, trial)
        for job in jobs.values():
            line.add(job, self.search.folder)
        line.drain(deadline)
        alike = self._alike(self._judged())
        return curve(self.search, trial, jobs, line.outcomes, alike, self.prepared.task.scale)


Jobs = dict[int, "tuple[Trial, Job]"]


def _helps(gain: Estimate) -> tuple[bool, str]:
    """Return whether more rows help beyond noise, and say so."""
    shown = {key: getattr(gain, key) for key in ("value", "low", "high")}
    if gain.value > _SURE * (gain.value - gain.low):
        return True, said(
            "more rows help: learning from all rows instead of a third lowers the loss on other rows by "
            "{value:.2g} ({low:.2g} to {high:.2g})",
            **shown,
        )
    return False, said(
        "more rows do not help beyond noise: learning from all rows instead of a third lowers the loss "
        "on other rows by {value:.2g} ({low:.2g} to {high:.2g})",
        **shown,
    )


def _is_done(jobs: Jobs, line: Line) -> bool:
    return all(number in line.outcomes for number in jobs)


def _joined(rounds: list[list[Jobs]], store: int) -> Jobs:
    return {number: pair for parts in rounds for number, pair in parts[store].items()}


def at_hand(chosen: list[Trial], best: list[Trial], *, is_timed: bool = False) -> list[Member]:
    """Return models that exist already: those of the best candidate's folds, as many as compile quickly.

    `best` are candidates to turn to where no chosen one has its models still. Of rows ordered by time the
    last fold is the latest: its model alone has learned from nearly all rows.
    """
    in_turn = [*sorted(chosen, key=lambda trial: trial.loss), *best]
    members = next((found for trial in in_turn if (found := trial.fold_members(1.0))), [])
    if not members:
        message = "No model could be fitted to these rows; look at their values with `mlwright profile`."
        raise SearchError(message)
    if is_timed:
        members = members[-1:]
    kept, n_nodes = members[:1], members[0].model.n_nodes
    for member in members[1:]:
        n_nodes += member.model.n_nodes
        if n_nodes > _MOST_NODES_AT_HAND:
            break
        kept.append(member)
    return [replace(member, weight=1.0 / len(kept)) for member in kept]
