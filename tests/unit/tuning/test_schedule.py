"""What still fits into the time, and what is kept for the end."""

from types import SimpleNamespace

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.learner import Configuration
from mlwright.tuning.job import Outcome
from mlwright.tuning.latency import Latency
from mlwright.tuning.schedule import Schedule
from mlwright.tuning.trial import Trial

FOLDS, N_ROWS = 4, 8_000


def trial_of(number, seconds, *, learner="linear", cost=1.0, weight=0.0, loss=1.0):
    """A finished candidate whose every fold took so long."""
    fit = SimpleNamespace(
        model=SimpleNamespace(n_nodes=0), rounds=1, haste=1.0, refit_share=1.0, is_truncated=False,
        wants_more=False,
    )  # fmt: skip
    outcome = Outcome(number=0, seconds=seconds, encoder=object(), fit=fit, answers=np.zeros((1, 1)))
    configuration = Configuration(name=f"c{number}", order=number, learner=learner, cost=cost)
    outcomes = dict.fromkeys(range(FOLDS), outcome)
    return Trial(number, configuration, FOLDS, outcomes, weight=weight, loss=loss)


def schedule_of(*trials, time_limit_s=100.0, n_workers=2):
    budget = Budget(time_limit_s=time_limit_s)
    return Schedule(budget, n_workers, N_ROWS, FOLDS, list(trials), 0.0, Latency.BALANCED)


def test_time_is_kept_for_the_blend_and_not_for_what_has_no_weight_in_it():
    light = trial_of(1, 1.0, weight=1.0, loss=0.1)
    alone = schedule_of(light).reserve_s()
    assert schedule_of(light, trial_of(2, 30.0, loss=0.2)).reserve_s() == pytest.approx(alone)
    assert schedule_of(light, trial_of(2, 30.0, loss=0.2, weight=0.4)).reserve_s() > alone + 30.0


def test_the_best_is_reckoned_with_before_it_has_weight():
    best = trial_of(1, 10.0, loss=0.1)
    assert schedule_of(best).reserve_s() > 10.0


def test_every_fold_of_a_candidate_may_take_as_long_and_fitting_it_again_as_well():
    schedule = schedule_of(trial_of(1, 45.0, weight=1.0, loss=0.1))
    new = Configuration(name="new", order=2, learner="linear", cost=1.0)
    first, third = schedule.allowed_s(new, 0), schedule.allowed_s(new, 2)
    left = schedule.budget.left_s - schedule.reserve_s()
    assert first < third
    # Two folds at a time, twice, then two fits on all rows side by side, a third longer each.
    assert 2.0 * first + first * 4 / 3 < left < 2.0 * first + 2.0 * first * 4 / 3


def test_what_one_learner_took_tells_nothing_about_another_that_was_seen():
    slow, quick = trial_of(1, 100.0, loss=0.2), trial_of(2, 0.5, learner="network", loss=0.1, weight=1.0)
    schedule = schedule_of(slow, quick, time_limit_s=60.0)

    def fits(learner):
        return schedule.has_time_for(Configuration(name="new", order=3, learner=learner, cost=1.0))

    assert fits("network")
    assert not fits("linear")
    assert not fits("lightgbm"), "of what was never seen the mean of the others is expected"
