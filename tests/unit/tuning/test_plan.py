"""The plan: the portfolio in order, then moves that are neighbors of what weighs."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mlwright.core.budget import Budget
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.tuning.latency import Latency
from mlwright.tuning.plan import Plan, portfolio
from mlwright.tuning.trial import Trial


def every(_):
    return True


@pytest.fixture
def large(store_of):
    return store_of(n_rows=3_000)


def blended(plan):
    found = []
    while (one := plan.next(every)) is not None:
        found.append(Trial(len(found) + 1, one, 2, weight=1.0))
    return found


def test_the_baseline_comes_first_and_the_order_holds(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(max_trials=9))
    assert plan.first().order == 0
    orders = [trial.configuration.order for trial in blended(plan)]
    assert orders == sorted(orders)
    assert plan.n_left == 0


def test_what_does_not_fit_is_passed_over_and_kept(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(max_trials=9))
    plan.first()
    n_before = plan.n_left
    cheap = plan.next(lambda one: one.cost < 1.0)
    assert cheap.cost < 1.0
    assert plan.next(lambda _: False) is None
    assert plan.n_left == n_before - 1


def test_names_differ(large):
    names = [one.name for one in portfolio(large)]
    assert len(set(names)) == len(names)


def test_a_fast_answer_needs_no_combined_features(large):
    assert any(one.n_combined for one in portfolio(large))
    plan = Plan(large, 0, Latency.FAST, Budget(max_trials=9))
    assert not any(trial.configuration.n_combined for trial in blended(plan))


def test_a_move_changes_one_thing_a_little(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(max_trials=9))
    plan.first()
    parents = {trial.configuration.learner: trial for trial in blended(plan)}
    for trial in parents.values():
        for _ in range(20):
            moved = plan.move([trial])
            if moved is None:
                continue
            before, after = trial.configuration.parameters, moved.parameters
            changed = {name for name in before if before[name] != after[name]}
            assert len(changed) <= 1
            assert replace(moved, parameters=before, name=trial.configuration.name) == trial.configuration
            for name in changed:
                assert type(after[name]) is type(before[name])
                assert 0.4 < after[name] / before[name] < 2.6


def test_moves_have_names_of_their_own_and_are_the_same_again(large):
    found = []
    for _ in range(2):
        plan = Plan(large, 3, Latency.BALANCED, Budget(max_trials=9))
        plan.first()
        trials = blended(plan)
        found.append([plan.move(trials).name for _ in range(15)])
    assert found[0] == found[1]
    assert len(set(found[0])) == 15


def test_heavy_members_are_moved_more_often(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(max_trials=9))
    plan.first()
    trials = [trial for trial in blended(plan) if trial.configuration.learner in ("lightgbm", "network")][:9]
    trials = [trials[0], next(t for t in trials if t.configuration.learner == "network")]
    trials[0].weight, trials[1].weight = 0.95, 0.05
    moved = [plan.move(trials) for _ in range(40)]
    same = [one for one in moved if one.learner == "lightgbm"]
    assert len(same) > 20


def test_few_rows_get_no_moves(store_of):
    plan = Plan(store_of(n_rows=500), 0, Latency.BALANCED, Budget(max_trials=9))
    plan.first()
    assert plan.move(blended(plan)) is None


def test_the_baseline_is_not_moved(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(max_trials=9))
    assert plan.move([Trial(0, plan.first(), 2, weight=1.0)]) is None


def test_in_a_short_run_what_always_comes_to_something_is_tried_first(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(time_limit_s=10.0))
    assert plan.first().order == 0
    found = [trial.configuration for trial in blended(plan)]
    is_sure = [LEARNERS.get(one.learner).is_anytime and not one.n_combined for one in found]
    assert True in is_sure
    assert is_sure == sorted(is_sure, reverse=True)
    names = [one.name for one in found]
    assert sorted(names) == sorted(one.name for one in portfolio(large) if one.order > 0)
    first = [one.order for one in found if LEARNERS.get(one.learner).is_anytime and not one.n_combined]
    assert first == sorted(first)


def test_with_a_time_limit_the_first_candidate_always_comes_to_something(large):
    """Linear models of texts come first where nothing presses; one fit of them may take all the time."""
    terms = csr_matrix(np.ones((large.n_rows, 4), np.float32))
    texts = replace(large, block=replace(large.block, terms=terms))

    def names(budget):
        plan = Plan(texts, 0, Latency.BALANCED, budget)
        plan.first()
        return [trial.configuration.name for trial in blended(plan)]

    counted, timed = names(Budget(max_trials=9)), names(Budget(time_limit_s=60.0))
    assert names(Budget(max_trials=9, time_limit_s=60.0)) == counted
    assert counted[0] == "linear"
    assert timed[0] == next(one for one in counted if one.startswith("lightgbm"))
    assert timed[1:] == [one for one in counted if one != timed[0]]


@pytest.mark.parametrize(("n_classes", "is_sure"), [(3, True), (30, False)])
def test_of_many_classes_words_do_not_come_first_as_choosing_them_takes_time_for_each(
    n_classes, is_sure, large
):
    terms = csr_matrix(np.ones((large.n_rows, 200), np.float32))
    block = replace(large.block, terms=terms)
    target = np.arange(large.n_rows) % n_classes
    texts = replace(
        large, block=block, link=Link.SOFTMAX, n_classes=n_classes, target=target.astype(np.float64)
    )
    plan = Plan(texts, 0, Latency.BALANCED, Budget(time_limit_s=10.0))
    plan.first()
    first = plan.next(every)
    assert first.learner == "lightgbm"
    assert (first.n_words > 0) == is_sure
