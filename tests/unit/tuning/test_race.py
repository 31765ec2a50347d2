"""The race: useless candidates end after their first folds, weak but different ones do not."""

import numpy as np

from mlwright.core.learner import Configuration
from mlwright.tuning.job import Outcome
from mlwright.tuning.race import gains_nothing
from mlwright.tuning.trial import Trial


def world(store_of):
    store = store_of(n_rows=6_000, n_folds=3)
    target = np.concatenate([store.target[valid] for _, valid in store.folds])
    rng = np.random.default_rng(1)
    mixed = (target + rng.normal(0, 0.3, len(target)))[:, None]
    return store, target, mixed, rng


def trial_of(store, fold_answers):
    outcomes = {
        fold: Outcome(number=fold, seconds=1.0, answers=given.astype(np.float32))
        for fold, given in fold_answers.items()
    }
    return Trial(1, Configuration(name="one", order=1), len(store.folds), outcomes=outcomes)


def test_noise_gains_nothing(store_of):
    store, target, mixed, rng = world(store_of)
    noise = rng.normal(size=(2_000, 1)) * 3.0
    assert gains_nothing(store, trial_of(store, {1: noise}), mixed, target)


def test_worse_alone_but_with_other_errors_goes_on(store_of):
    store, target, mixed, rng = world(store_of)
    other = (target[:2_000] + rng.normal(0, 0.6, 2_000))[:, None]
    assert not gains_nothing(store, trial_of(store, {0: other}), mixed, target)


def test_few_rows_say_nothing(store_of):
    store = store_of(n_rows=300, n_folds=3)
    target = np.concatenate([store.target[valid] for _, valid in store.folds])
    assert not gains_nothing(store, trial_of(store, {0: np.full((100, 1), 9.0)}), target[:, None], target)


def test_what_is_complete_stays(store_of):
    store, target, mixed, _ = world(store_of)
    bad = {fold: np.full((2_000, 1), 9.0) for fold in range(3)}
    trial = trial_of(store, bad)
    assert not gains_nothing(store, trial, mixed, target)
