"""The learning curve: what fewer rows would have given, and what three times as many may give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.learner import Limits
from mlwright.core.seeds import seed_for
from mlwright.core.task import Link, losses
from mlwright.evaluation.resample import Units, interval
from mlwright.tuning.job import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats
    from mlwright.tuning.job import Outcome
    from mlwright.tuning.search import Search
    from mlwright.tuning.trial import Trial

GROWTH = 3
"""Each point of the curve has three times the rows of the one before: twice would often hide in noise."""
_SHARES = (GROWTH**-2, GROWTH**-1)
_FEWEST_ROWS = 30


@final
@dataclass(frozen=True, slots=True)
class Curve:
    """Losses of the same rows, shape (n_rows, n_points), by models that learned from ever more rows.

    `n_learned` counts the rows that each point learned from; the last point is the whole fold. `alike`
    numbers rows that err alike, shape (n_rows,), or is None. `scale` is that of a target of values, else 0.
    """

    losses: Floats
    n_learned: tuple[int, ...]
    alike: Array | None
    scale: float = 0.0

    def gain(self) -> Estimate:
        """Return how much lower the loss is with all rows than with a third."""
        return self._estimate(lambda means: means[..., -2] - means[..., -1], Direction.MAX)

    def points(self) -> list[Estimate]:
        """Return the log loss of each point; for values, the root mean squared error."""
        return [self._mean(number) for number in range(len(self.n_learned))]

    def further(self) -> Estimate | None:
        """Return how much lower that may become with three times as many rows; None with two points.

        A power law falls by a constant factor from step to step, so the last gain times the ratio of the
        last two is the next. The ratio is kept in [0, 1]: gains do not grow, and neither does the share of
        the loss that a step takes away, or the curve would end below 0.

        Source: Cortes et al. 1993, "Learning curves: asymptotic values and rate of convergence".
        """
        if len(self.n_learned) < 3:
            return None

        def ahead(means: Floats) -> Floats:
            before, last = means[..., -3] - means[..., -2], means[..., -2] - means[..., -1]
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(before > 0, np.clip(last / before, 0.0, 1.0), 1.0)
                share = np.where(means[..., -2] > 0, last / means[..., -2], 0.0)
            gain = np.where(last > 0, np.minimum(last * ratio, means[..., -1] * share), 0.0)
            return self._shown(means[..., -1]) - self._shown(np.maximum(means[..., -1] - gain, 0.0))

        return self._estimate(ahead, Direction.MAX)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON shape stored in the evidence."""
        further = self.further()
        return {
            "measure": "rmse" if self.scale else "log_loss",
            "points": [
                {"n_rows": n, "loss": estimate.to_json()}
                for n, estimate in zip(self.n_learned, self.points(), strict=True)
            ],
            "three_times": None if further is None else further.to_json(),
        }

    def _mean(self, number: int) -> Estimate:
        return self._estimate(lambda means: self._shown(means[..., number]), Direction.MIN)

    def _shown(self, means: Floats) -> Floats:
        return np.asarray(np.sqrt(means) * self.scale if self.scale else means)

    def _estimate(self, statistic: Any, direction: Direction) -> Estimate:
        units = Units.of(len(self.losses), self.alike, 0)
        sums = units.sums(self.losses)
        low, high = interval(statistic, units, sums, units.resampled_means(sums, 0, 1000))
        return Estimate(float(statistic(self.losses.mean(axis=0))), low, high, direction)


def curve_jobs(search: Search, trial: Trial) -> dict[int, Job]:
    """Return the jobs that fit a candidate on parts of the training rows of each fold, the larger first."""
    jobs = {}
    fewest = min(len(train) for train, _ in search.store.folds)
    for share in sorted(_SHARES, reverse=True):
        if share * fewest < _FEWEST_ROWS:
            continue
        for fold in range(trial.n_folds):
            job = Job(
                number=search.next_number(),
                configuration=trial.configuration,
                fold=fold,
                limits=Limits(seed=seed_for(search.seed, "curve", fold)),
                share=share,
                allowed_s=search.schedule.allowed_for_curve_s(trial, share),
            )
            jobs[job.number] = job
    return jobs


def curve(
    search: Search,
    trial: Trial,
    jobs: Mapping[int, Job],
    outcomes: Mapping[int, Outcome],
    alike: Array | None,
    scale: float,
) -> Curve | None:
    """Put the parts together; None if a fold of every share is missing.

    `alike` numbers the rows that the folds judge, one fold after the other; `scale` is that of the target.
    """
    link, target = search.store.link, search.target
    n_rows = float(np.mean([len(train) for train, _ in search.store.folds]))
    columns, n_learned = [], []
    for share in _SHARES:
        by_fold = {
            jobs[n].fold: outcomes[n].answers for n in jobs if jobs[n].share == share and n in outcomes
        }
        known = [part.astype(np.float64) for part in by_fold.values() if part is not None]
        if len(known) < trial.n_folds:
            continue
        given = [np.asarray(by_fold[fold], np.float64) for fold in range(trial.n_folds)]
        columns.append(losses(link, target, np.concatenate(given)))
        n_learned.append(round(share * n_rows))
    if not columns:
        return None
    columns.append(losses(link, target, trial.answers()))
    scale = scale if link is Link.IDENTITY else 0.0
    return Curve(np.column_stack(columns), (*n_learned, round(n_rows)), alike, scale)
