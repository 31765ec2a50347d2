"""The plan: the portfolio in order, then moves that are neighbors of what weighs."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mlwright.core.budget import Budget
from mlwright.core.learner import Fit, Limits, Matrix, Sample
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link
from mlwright.learners.constant import Constant
from mlwright.tuning.job import Outcome
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
    """Linear models come first where nothing presses; of texts, one fit of them may take all the time."""
    terms = csr_matrix(np.ones((large.n_rows, 4), np.float32))
    texts = replace(large, block=replace(large.block, terms=terms))

    def names(budget):
        plan = Plan(texts, 0, Latency.BALANCED, budget)
        plan.first()
        return [trial.configuration.name for trial in blended(plan)]

    counted, timed = names(Budget(max_trials=9)), names(Budget(time_limit_s=60.0))
    assert names(Budget(max_trials=9, time_limit_s=60.0)) == counted
    assert counted[0] == "linear, pieces"
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
    assert (first.learner, first.n_words > 0) == (("lightgbm", True) if is_sure else ("network", False))


def ended(configuration, number, loss, *, wants_more=True):
    """Return a finished trial whose two folds used up their rounds, or did not."""
    fit = Fit(model=Constant().fit(configuration, SAMPLE, None, Link.IDENTITY, Limits()).model, rounds=9)
    fit = replace(fit, wants_more=wants_more)
    outcomes = {fold: Outcome(number=fold, seconds=1.0, fit=fit) for fold in range(2)}
    return Trial(number, configuration, 2, outcomes=outcomes, loss=loss)


SAMPLE = Sample(Matrix(np.zeros((4, 1), np.float32)), np.arange(4.0))


def tried(plan):
    """Return what is left, by name; the plan is used up."""
    return {trial.configuration.name: trial.configuration for trial in blended(plan)}


def test_trees_that_ran_out_of_rounds_are_tried_with_larger_steps_soon(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(time_limit_s=60.0))
    plan.first()
    small = plan.next(every)
    trial = ended(small, 1, 0.5)
    plan.follow(trial, [trial])
    left = tried(plan)
    (name,) = [name for name in left if name.startswith(f"{small.name}, learning_rate ")]
    following = left[name]
    assert following.parameters["learning_rate"] == pytest.approx(
        3.5 * small.parameters["learning_rate"], rel=1e-2
    )
    assert following.features == small.features
    assert following.order > small.order
    again = ended(following, 2, 0.4)
    plan.follow(again, [trial, again])
    assert plan.n_left == 0, "larger still would be too large"


@pytest.mark.parametrize(("wants_more", "haste"), [(False, 1.0), (True, 2.0)])
def test_nothing_follows_what_came_to_its_end_or_was_in_haste(wants_more, haste, large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(time_limit_s=60.0))
    plan.first()
    trial = ended(replace(plan.next(every), haste=haste), 1, 0.5, wants_more=wants_more)
    n_before = plan.n_left
    plan.follow(trial, [trial])
    assert plan.n_left == n_before


@pytest.mark.parametrize(("short_loss", "follows"), [(0.5, True), (0.42, False), (None, True)])
def test_a_longer_network_is_tried_where_length_paid(short_loss, follows, large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(time_limit_s=60.0))
    plan.first()
    every_one = tried(plan)
    long, short = every_one["network"], every_one["network, short"]
    trials = [ended(long, 2, 0.4)]
    if short_loss is not None:
        trials.append(ended(short, 1, short_loss))
    plan.follow(trials[0], trials)
    assert list(tried(plan)) == ([f"network, epochs {4 * long.parameters['epochs']}"] if follows else [])


def test_no_longer_network_is_tried_while_the_long_one_is_to_come_or_runs(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(time_limit_s=60.0))
    plan.first()
    known = {one.name: one for one in portfolio(large)}
    short = ended(known["network, short"], 1, 0.4)
    n_before = plan.n_left
    plan.follow(short, [short])
    running = Trial(2, known["network"], 2)
    tried(plan)
    plan.follow(short, [short, running])
    assert (n_before > 0, plan.n_left) == (True, 0)


def test_the_name_of_a_sequel_of_a_sequel_says_the_last_value_alone(large):
    plan = Plan(large, 0, Latency.BALANCED, Budget(time_limit_s=60.0))
    plan.first()
    long = tried(plan)["network"]
    first = ended(long, 1, 0.8)
    plan.follow(first, [first])
    second = ended(plan.next(every), 2, 0.4)
    plan.follow(second, [first, second])
    third = ended(plan.next(every), 3, 0.2)
    assert third.configuration.name == "network, epochs 480"
    plan.follow(third, [first, second, third])
    assert plan.next(every) is None  # there is an end to it
