"""Schedule: what still fits into the time, and how long one fit may take."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from mlwright.core.budget import Budget
    from mlwright.core.learner import Configuration
    from mlwright.tuning.latency import Latency
    from mlwright.tuning.trial import Trial

_TRIAL_SHARE = 0.2
"""One candidate may use this share of the whole time."""
_LITTLE_WEIGHT = 0.1
_WORTH = 0.35
"""A candidate that gets this share of the time it wants still comes out well: it learns in larger steps."""
_FINISH_S, _S_PER_NODE, _S_PER_ROW = 1.2, 6e-6, 2e-5
"""What it takes to choose, compile, prove and judge, measured on one slow core [s]."""
_ROWS_TO_REPEAT, _REPEATS_SHARE = 20_000, 0.7
_FIRST_MARGIN, _REFIT_MARGIN = 1.6, 1.25
_BETWEEN_S = 1.0
"""Between searching and fitting again: a last fold is waited for, blends are compared, features made [s]."""
_CURVE_SHARE = 0.08
CURVE_COST = 1 / 9 + 1 / 3
"""What the learning curve costs, as a share of the folds of the candidate."""
_TELLING_COST = 0.3
"""Candidates cheaper than this tell nothing about the speed of the machine."""


@final
@dataclass(frozen=True, slots=True)
class Schedule:
    """Looks at the clock for a search; with a budget in work units it never does.

    `trials` is the growing list of the search; `prepare_s` is what it took to make the features [s],
    and will take once more on all rows.
    """

    budget: Budget
    n_workers: int
    n_rows: int
    n_folds: int
    trials: list[Trial]
    prepare_s: float
    latency: Latency

    @property
    def n_refits(self) -> int:
        """How often each chosen candidate is fitted again, with other seeds, and averaged.

        On few rows one fit is as much luck as learning, and costs next to nothing.
        """
        if self.latency.is_fast:
            return 1
        return 3 if self.n_rows < 2_000 else 2 if self.n_rows < 6_000 else 1

    def n_refits_now(self, chosen: list[Trial]) -> int:
        """Return how often that is when the time that is left is used: once more on up to 20,000 rows."""
        if self.budget.deadline is None or self.latency.is_fast:
            return self.n_refits
        most = self.n_refits + (1 if self.n_rows < _ROWS_TO_REPEAT else 0)
        each = 2.0 * sum(trial.refit_s for trial in chosen) / max(1, self.n_workers)
        left = self.budget.left_s - self.finish_s(sum(trial.n_nodes for trial in chosen)) - self.prepare_s
        return max(1, min(most, int(_REPEATS_SHARE * left / max(each, 1e-3))))

    def reserve_s(self) -> float:
        """Return the seconds to keep for refitting the blend of the moment, twice, compiling and judging.

        What has little weight is left out if it would take too long. What is being tried keeps its own time,
        see `allowed_s`.
        """
        finished = [trial for trial in self.trials if trial.is_finished]
        best = sorted(finished, key=lambda t: t.loss)[:1]
        best += [trial for trial in finished if trial.weight > _LITTLE_WEIGHT and trial not in best]
        single = [trial.refit_s * self.n_refits for trial in best]
        refits = max(2.0 * sum(single) / max(1, self.n_workers), max(single, default=0.0))
        nodes = sum(trial.n_nodes for trial in best)
        again = _REFIT_MARGIN * (refits + self.prepare_s)
        return _BETWEEN_S + again + self.finish_s(nodes) + self.curve_reserve_s()

    def can_refit(self, chosen: list[Trial]) -> bool:
        """Tell whether these can be fitted on the training rows and on all rows in the time that is left."""
        if self.budget.deadline is None:
            return True
        single = [trial.refit_s for trial in chosen]
        refits = max(2.0 * sum(single) / max(1, self.n_workers), max(single, default=0.0))
        rest = self.finish_s(sum(trial.n_nodes for trial in chosen)) + self.curve_reserve_s()
        return _REFIT_MARGIN * (refits + self.prepare_s) + rest <= self.budget.left_s

    def curve_s(self, trial: Trial) -> float:
        """Return the seconds that the learning curve of a candidate will take."""
        return CURVE_COST * trial.seconds / max(1, self.n_workers)

    def allowed_for_curve_s(self, trial: Trial, share: float) -> float | None:
        """Return how long a fit of its learning curve on a share of the rows may take [s]: such a share."""
        return None if self.budget.deadline is None else max(0.2, share * trial.seconds / trial.n_folds)

    def curve_reserve_s(self) -> float:
        """Return the seconds kept for the learning curve: a small share of the limit at most."""
        finished = [trial for trial in self.trials if trial.is_finished]
        if not finished or self.budget.time_limit_s is None:
            return 0.0
        needed = self.curve_s(min(finished, key=lambda t: t.loss))
        return needed if needed < _CURVE_SHARE * self.budget.time_limit_s else 0.0

    def finish_s(self, n_nodes: int) -> float:
        """Return the seconds to compile, prove and judge two programs, each of so many nodes per seed."""
        return self._finish_alone_s(n_nodes) * self.budget.slowdown

    def _finish_alone_s(self, n_nodes: int) -> float:
        """Return the same for a machine with nothing else to do."""
        return _FINISH_S + 2 * self.n_refits * n_nodes * _S_PER_NODE + _S_PER_ROW * self.n_rows

    def has_time_for(self, configuration: Configuration) -> bool:
        """Tell whether a candidate is likely to end before the reserve begins."""
        if self.budget.deadline is None:
            return True
        known = [t for t in self.trials if t.is_finished and t.configuration.cost > _TELLING_COST]
        kin = [t for t in known if t.configuration.learner == configuration.learner]
        cost = sum(t.configuration.cost for t in kin or known)
        per_cost = sum(t.seconds for t in kin or known) / cost if cost else 0.0
        needed = per_cost * configuration.cost / max(1, self.n_workers)
        needed *= 1.0 + self._refit_folds / max(1.0, self.n_folds / max(1, self.n_workers))
        return time.monotonic() + _WORTH * needed < self._search_end()

    def allowed_s(self, configuration: Configuration, fold: int = 0) -> float | None:
        """Return how long a fit of this fold that starts now may take [s]; None when work is counted.

        So long that the folds after it may take as long, and fitting the candidate again.
        """
        if self.budget.deadline is None or self.budget.time_limit_s is None:
            return None
        n_workers = max(1, self.n_workers)
        left = self._search_end() - time.monotonic()
        if self._has_candidate:
            left /= max(1, math.ceil((self.n_folds - fold) / n_workers)) + self._refit_folds
        per_trial = _TRIAL_SHARE * self.budget.time_limit_s * n_workers
        at_once = max(n_workers, self.n_folds)
        return max(0.2, min(left, min(1.0, configuration.cost) * per_trial / at_once))

    @property
    def _refit_folds(self) -> float:
        """How many times longer than one fold fitting a candidate again takes, twice, at once if possible."""
        growth = self.n_folds / (self.n_folds - 1) if self.n_folds > 1 else 1.2
        return _REFIT_MARGIN * growth * max(1.0, 2.0 / max(1, self.n_workers))

    def patience_s(self) -> float | None:
        """Return how long to wait for a fold at most [s]."""
        if self.budget.deadline is None:
            return None
        return max(0.0, self._search_end() - time.monotonic()) + 0.5

    @property
    def _has_candidate(self) -> bool:
        return any(trial.number > 0 and trial.is_finished for trial in self.trials)

    def _search_end(self) -> float:
        assert self.budget.deadline is not None  # noqa: S101 - asked only with a time limit
        if self._has_candidate:
            return self.budget.deadline - self.reserve_s()
        # Until one candidate is complete nothing is kept for fitting again: a fold is better than a constant.
        # The margin is for a machine that is slow without having shown it.
        return self.budget.deadline - max(_FIRST_MARGIN, self.budget.slowdown) * self._finish_alone_s(0)
