"""Job: one fit of one configuration on one set of rows, in this process or in a worker."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.learner import Configuration, Fit, Limits, Sample
from mlwright.core.level import fit_on_level
from mlwright.core.seeds import seed_for
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link, answers

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers, Singles
    from mlwright.features.encoder import Encoder
    from mlwright.tuning.store import Store

ALL_ROWS = -1
_NO_MEMORY = "bad_alloc"
"""How C++ says that memory is out; libraries pass it on in errors of their own."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to fit. `fold` is a number, or ALL_ROWS; `share` < 1 takes that part of the training rows.

    `allowed_s` limits the time from the start of the fit [s]; None when work is counted.
    """

    number: int
    configuration: Configuration
    fold: int
    limits: Limits
    allowed_s: float | None = None
    share: float = 1.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a job. `error` is "" when it went well; `answers` are those of the fold's rows.

    An error by `is_chance` came from outside, such as a lack of memory: another time it may go well.
    """

    number: int
    seconds: float
    error: str = ""
    encoder: Encoder | None = None
    fit: Fit | None = None
    answers: Singles | None = None
    is_chance: bool = False


def run_job(store: Store, job: Job) -> Outcome:
    """Fit; whatever goes wrong is recorded, so that one bad candidate does not end the search."""
    start = time.monotonic()
    try:
        encoder, fit, given = _fit(store, job, start)
    except Exception as error:  # noqa: BLE001 - a candidate may fail in any way; the outcome says how
        text = f"{type(error).__name__}: {error}".strip()
        trace = traceback.format_exc(limit=-3)
        return Outcome(
            number=job.number,
            seconds=time.monotonic() - start,
            error=f"{text}\n{trace}",
            is_chance=isinstance(error, MemoryError | OSError) or _NO_MEMORY in text,
        )
    seconds = time.monotonic() - start
    return Outcome(number=job.number, seconds=seconds, encoder=encoder, fit=fit, answers=given)


def _fit(store: Store, job: Job, start: float) -> tuple[Encoder, Fit, Singles | None]:
    if job.fold == ALL_ROWS:
        train, valid = np.arange(store.n_rows), None
    else:
        train, valid = store.folds[job.fold]
    train = _part(np.asarray(train), job)
    encoder, matrix, rows = store.encoded.get(store, job, train, valid)
    weights = None if store.weights is None else np.asarray(store.weights[train])
    sample = Sample(matrix, np.asarray(store.target[train]), weights, store.n_classes)
    watched = None
    if valid is not None and rows is not None:
        watched_weights = None if store.weights is None else np.asarray(store.weights[valid])
        watched = Sample(rows, np.asarray(store.target[valid]), watched_weights, store.n_classes)
    limits = job.limits
    if job.allowed_s is not None:
        limits = Limits(
            deadline=start + job.allowed_s, rounds=limits.rounds, haste=limits.haste, seed=limits.seed
        )
    learner = LEARNERS.get(job.configuration.learner)
    if store.levels and store.link is Link.IDENTITY and job.configuration.order > 0:  # no baseline
        fit = fit_on_level(learner, job.configuration, (sample, watched), store.levels, limits)
    else:
        fit = learner.fit(job.configuration, sample, watched, store.link, limits)
    given = None
    if fit.valid_scores is not None:
        scores = fit.valid_scores if fit.model.is_answer else answers(store.link, fit.valid_scores)
        given = scores.astype(np.float32)
    return encoder, replace(fit, valid_scores=None), given  # the answers say the same


def _part(train: Integers, job: Job) -> Integers:
    if job.share >= 1.0:
        return train
    rng = np.random.default_rng(seed_for(job.limits.seed, "share"))
    return np.sort(rng.permutation(train)[: max(2, round(len(train) * job.share))])
