"""Decisions: least expected cost, a cutoff that pays, little regret where the best rule is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.tuning.policy import Policy, fit_policy

amounts = st.floats(0.5, 100)


def two(fn=1.0, fp=1.0, *, tp=0.0, tn=0.0, **given):
    return Policy(np.array([[tn, fp], [fn, tp]]), **given)


def shares(yes):
    return np.column_stack([1 - yes, yes])


def world(seed, n_rows):
    """Return the chance of each row, and what came of it."""
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-rng.normal(-1.0, 1.5, n_rows)))
    return chance, (rng.random(n_rows) < chance).astype(float), rng


def value(policy, chance, decided, stakes=None):
    """Return what decisions save on average against doing nothing, by the true chances."""
    both = [
        [policy.paid(np.full(len(chance), truth), d, stakes) for truth in (0.0, 1.0)]
        for d in (np.zeros_like(decided), decided)
    ]
    saved = [(1 - chance) * (both[0][0] - both[1][0]), chance * (both[0][1] - both[1][1])]
    return float(np.mean(saved[0] + saved[1]))


@settings(max_examples=80, deadline=None)
@given(amounts, amounts, st.floats(-5, 0), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_one_acts_exactly_where_that_costs_less(fn, fp, tp, chances):
    policy, yes = two(fn, fp, tp=tp), np.array(chances)
    expected = shares(yes) @ policy.costs
    sure = np.abs(expected[:, 0] - expected[:, 1]) > 1e-9
    np.testing.assert_array_equal(policy.decide(shares(yes))[sure], (expected[:, 1] < expected[:, 0])[sure])
    above = yes > policy.threshold
    np.testing.assert_array_equal(policy.decide(shares(yes))[sure], above[sure])


def test_of_more_classes_the_least_expected_cost_is_decided():
    rng = np.random.default_rng(0)
    policy = Policy(rng.uniform(0, 10, (4, 4)))
    given = rng.dirichlet(np.ones(4), 50)
    expected = [[sum(row[j] * policy.costs[j, k] for j in range(4)) for k in range(4)] for row in given]
    np.testing.assert_array_equal(policy.decide(given), np.argmin(expected, axis=1))


def test_stakes_multiply_a_miss_and_nothing_else():
    policy, stakes = two(2.0, 3.0, stakes="amount", usual_stake=5.0), np.array([0.0, 10.0, np.nan, -4.0])
    misses = policy.paid(np.ones(4), np.zeros(4, int), stakes)
    np.testing.assert_array_equal(misses, [0.0, 20.0, 10.0, 0.0])
    np.testing.assert_array_equal(policy.paid(np.zeros(4), np.ones(4, int), stakes), np.full(4, 3.0))
    np.testing.assert_array_equal(policy.decide(shares(np.full(4, 0.4)), stakes), [0, 1, 1, 0])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("fn", "fp", "bend", "most"),
    [(1.0, 1.0, 1.0, 0.02), (10.0, 1.0, 1.0, 0.02), (1.0, 4.0, 1.0, 0.02), (1.0, 1.0, 3.0, 0.05),
     (10.0, 1.0, 3.0, 0.02)],
)  # fmt: skip
def test_the_regret_is_small_whether_probabilities_are_right_or_far_too_low(seed, fn, fp, bend, most):
    chance, truth, _ = world(seed, 4_000)
    fresh, _, _ = world(seed + 100, 50_000)
    policy = two(fn, fp)
    oracle = value(policy, fresh, policy.decide(shares(fresh)))
    chosen, _ = fit_policy(policy, truth, shares(chance**bend), None, None, seed)
    assert oracle - value(policy, fresh, chosen.decide(shares(fresh**bend))) <= most * oracle


def test_rows_with_one_chance_are_acted_on_together():
    yes = np.where(np.arange(1_000) < 400, 0.4, 0.2)
    truth = (np.arange(1_000) < 280).astype(
        float
    )  # those that came first, so a cut within them would look best
    chosen, _ = fit_policy(two(), truth, shares(yes), None, None, 0)
    np.testing.assert_array_equal(chosen.decide(shares(yes)), yes > 0.3)


def test_all_rows_are_acted_on_where_that_pays():
    truth = (np.random.default_rng(0).random(600) < 0.9).astype(float)
    yes = np.full(600, 0.3)
    chosen, _ = fit_policy(two(), truth, shares(yes), None, None, 0)
    assert chosen.decide(shares(yes)).all()


def test_a_cutoff_that_groups_like_by_chance_is_not_taken():
    """Twelve groups, all of one outcome each: single rows seem to prove a lot."""
    taken = {"rows": 0, "groups": 0}
    for seed in range(40):
        rng = np.random.default_rng(seed)
        alike = np.repeat(np.arange(12), 50)
        yes = np.repeat(rng.uniform(0.2, 0.8, 12), 50)
        truth = (rng.random(12) < yes[::50]).astype(float)[alike]
        for name, groups in (("rows", None), ("groups", alike)):
            taken[name] += fit_policy(two(), truth, shares(yes), None, None, seed, groups)[0].cutoff != 0.0
    assert taken["groups"] <= 10
    assert taken["rows"] > 2 * taken["groups"]


def test_right_probabilities_are_mostly_left_alone():
    found = [fit_policy(two(5.0, 1.0), world(s, 2_000)[1], shares(world(s, 2_000)[0]), None, None, s)
             for s in range(20)]  # fmt: skip
    assert sum(policy.cutoff != 0.0 for policy, _ in found) <= 4


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 1.0])
def test_a_capacity_is_kept_and_spent_on_what_saves_most(share):
    chance, truth, rng = world(0, 3_000)
    stakes = rng.lognormal(0, 1, 3_000)
    policy = two(10.0, 0.5, stakes="amount")
    chosen, _ = fit_policy(policy, truth, shares(chance), stakes, share, 0)
    acts = chosen.decide(shares(chance), stakes) == 1
    assert acts.mean() <= share
    assert float(np.float32(chosen.cutoff)) == chosen.cutoff  # the program compares in single precision
    free = fit_policy(policy, truth, shares(chance), stakes, None, 0)[0].decide(shares(chance), stakes) == 1
    assert acts.sum() >= min(int(share * 3_000), free.sum()) - 1
    saved = policy.savings(shares(chance), stakes)
    assert saved[acts].min() >= saved[~acts].max() - 1e-6


def test_few_rows_choose_no_cutoff():
    chance, truth, _ = world(0, 150)
    assert fit_policy(two(5.0, 1.0), truth, shares(chance**3), None, None, 0)[0].cutoff == 0.0
