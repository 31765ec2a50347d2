"""Fitting again: the chosen candidates on all rows, with several seeds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlwright.core.seeds import seed_for
from mlwright.core.shelves import LEARNERS
from mlwright.tuning.job import ALL_ROWS, Job, Outcome, run_job
from mlwright.tuning.trial import Member, Trial

if TYPE_CHECKING:
    from mlwright.tuning.search import Search

_MOST_NODES = 100_000
"""A candidate with more nodes in all its repeats would make a slow program."""
_LEAST_WEIGHT = 0.5
"""What is left of a blend without those that failed is the blend that was judged only by name."""


def baseline(search: Search) -> list[Member]:
    """Fit the first and dullest candidate on all rows, in this process."""
    jobs = refit_jobs(search, [search.trials[0]])
    search.trials[0].weight, before = 1.0, search.trials[0].weight
    outcomes = {number: run_job(search.store, job) for number, (_, job) in jobs.items()}
    found = members(jobs, outcomes)
    search.trials[0].weight = before
    return found


def refit_jobs(search: Search, chosen: list[Trial], repeat: int = 0) -> dict[int, tuple[Trial, Job]]:
    """Return the jobs that fit the chosen candidates on all rows, the longest first.

    Further repeats have other seeds; candidates in which chance plays no part, or that would make
    the program slow, are not repeated.
    """
    jobs = {}
    # Equally long ones by number: the order of `chosen`, when weights are equal, is not to matter either.
    for trial in sorted(chosen, key=lambda t: (-t.seconds, t.number)):
        has_luck = LEARNERS.get(trial.configuration.learner).has_luck
        if repeat and not (has_luck and trial.n_nodes * (repeat + 1) < _MOST_NODES):
            continue
        seed = seed_for(search.seed, trial.configuration.name, *([repeat] if repeat else []))
        job = trial.refit_job(search.next_number(), ALL_ROWS, seed)
        jobs[job.number] = (trial, job)
    return jobs


def members(jobs: dict[int, tuple[Trial, Job]], outcomes: dict[int, Outcome]) -> list[Member]:
    """Put the refitted models together; one that failed leaves its weight to the others.

    None if those that failed had most of the weight: what nobody has judged is not to answer alone.
    """
    found = []
    by_trial: dict[int, list[Outcome]] = {}
    trials = {trial.number: trial for trial, _ in jobs.values()}
    for number, (trial, _) in sorted(jobs.items()):
        outcome = outcomes.get(number)
        if outcome is None or outcome.fit is None or outcome.encoder is None:
            reason = "out of time" if outcome is None else outcome.error.split("\n", 1)[0]
            trial.note = f"refit failed: {reason}"
            continue
        by_trial.setdefault(trial.number, []).append(outcome)
    for trial in sorted(trials.values(), key=lambda t: (-t.weight, t.number)):
        fitted = by_trial.get(trial.number, [])
        for outcome in fitted:
            assert outcome.encoder is not None  # noqa: S101 - checked above
            assert outcome.fit is not None  # noqa: S101 - checked above
            weight = trial.weight / len(fitted)
            found.append(Member(trial.configuration.name, weight, outcome.encoder, outcome.fit))
    total = sum(member.weight for member in found)
    if total < _LEAST_WEIGHT * sum(trial.weight for trial in trials.values()):
        return []
    return [replace(member, weight=member.weight / total) for member in found]
