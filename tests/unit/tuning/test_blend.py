"""The blend: weights that add up, chosen by the loss."""

import numpy as np
import pytest

from mlwright.core.task import Link, losses
from mlwright.testing.worlds import N_CLASSES
from mlwright.tuning.blend import blend, mean_loss


def world(link, n_rows=500, seed=0):
    """Return a target and answers of three candidates: two good ones with different errors, a bad one."""
    rng = np.random.default_rng(seed)
    if link is Link.IDENTITY:
        target = rng.normal(size=n_rows)
        return target, [(target + rng.normal(0, noise, n_rows))[:, None] for noise in (0.5, 0.5, 3.0)]
    n_classes = 2 if link is Link.SIGMOID else 4
    target = rng.integers(0, n_classes, n_rows).astype(float)
    given = []
    for trust in (1.0, 1.0, 0.0):
        shares = rng.random((n_rows, n_classes)) + trust * np.eye(n_classes)[target.astype(int)]
        given.append(shares / shares.sum(axis=1, keepdims=True))
    return target, given


@pytest.mark.parametrize("link", list(N_CLASSES))
def test_weights_add_up_and_the_blend_beats_its_best_part(link):
    target, given = world(link)
    weights = blend(link, target, given, seed=0)
    assert weights.shape == (3,)
    assert weights.sum() == pytest.approx(1.0)
    assert np.all((weights == 0) | (weights >= 0.04))
    assert weights[2] < min(weights[:2])
    mixed = sum(weight * one for weight, one in zip(weights, given, strict=True))
    assert losses(link, target, mixed).mean() < min(losses(link, target, one).mean() for one in given)


def test_the_better_one_is_picked():
    target = np.arange(50.0)
    weights = blend(Link.IDENTITY, target, [np.full((50, 1), 24.5), target[:, None]], seed=0)
    assert weights.tolist() == [0.0, 1.0]


def test_of_equal_ones_the_first_is_picked():
    target = np.arange(50.0)
    weights = blend(Link.IDENTITY, target, [target[:, None], target[:, None]], seed=0)
    assert weights.tolist() == [1.0, 0.0]


def test_one_candidate_has_all_the_weight():
    assert blend(Link.SIGMOID, np.array([0.0, 1.0]), [np.full((2, 2), 0.5)], seed=0).tolist() == [1.0]


@pytest.mark.parametrize("n_rows", [500, 30_000])
def test_the_same_seed_gives_the_same_weights(n_rows):
    target, given = world(Link.SOFTMAX, n_rows)
    first, second = (blend(Link.SOFTMAX, target, given, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_sure_mistake_does_not_break_the_blend():
    target = np.array([0.0, 1.0, 1.0, 0.0])
    sure = np.eye(2)[[0, 1, 0, 0]]
    weights = blend(Link.SIGMOID, target, [sure, np.full((4, 2), 0.5)], seed=0)
    assert np.isfinite(weights).all()
    loss, error = mean_loss(Link.SIGMOID, target, sure)
    assert np.isfinite([loss, error]).all()


@pytest.mark.parametrize("link", list(N_CLASSES))
def test_bags_of_rows_give_weights_too(link):
    target, given = world(link)
    weights = blend(link, target, given, seed=0, n_bags=10)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[2] < min(weights[:2])
    assert blend(link, target, given, seed=0, n_bags=10).tolist() == weights.tolist()


@pytest.mark.parametrize("n_bags", [0, 5])
def test_a_candidate_that_costs_more_than_it_gains_is_left_out(n_bags):
    target, given = world(Link.IDENTITY)
    free = blend(Link.IDENTITY, target, given, 0, n_bags)
    dear = blend(Link.IDENTITY, target, given, 0, n_bags, np.array([0.0, 5.0, 5.0]))
    assert (free[:2] > 0).all()
    assert dear.tolist() == [1.0, 0.0, 0.0]
