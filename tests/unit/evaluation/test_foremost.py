"""The tenth of cases that a model puts first: what stands in it."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.prediction import Prediction
from mlwright.evaluation.foremost import first_tenth


def of_chances(chances):
    return Prediction.of_probabilities(np.column_stack([1 - chances, chances]))


def test_a_perfect_order_puts_the_few_first():
    truth = np.zeros(1000)
    truth[::25] = 1
    found = first_tenth(("no", "yes"), truth, of_chances(0.01 + 0.3 * truth))
    assert (found["class"], found["share"], found["n"]) == ("yes", 0.04, 100)
    assert found["recall"]["value"] == 1.0
    assert found["precision"]["value"] == pytest.approx(0.4)


def test_the_rarer_class_may_be_the_first():
    truth = np.ones(1000)
    truth[::25] = 0
    found = first_tenth(("no", "yes"), truth, of_chances(0.6 + 0.3 * truth))
    assert (found["class"], found["recall"]["value"]) == ("no", 1.0)


def test_equal_chances_are_as_good_as_drawn_at_random():
    truth = np.repeat([1.0, 0.0], [200, 1800])
    same = of_chances(np.full(2_000, 0.1))
    found = [first_tenth((0, 1), truth, same, seed=seed) for seed in range(40)]
    assert np.mean([one["recall"]["value"] for one in found]) == pytest.approx(0.1, abs=0.01)
    assert first_tenth((0, 1), truth, same, seed=7) == found[7]


def test_nothing_is_told_of_what_cannot_be_counted():
    chances = np.linspace(0.1, 0.9, 200)
    truth = (np.arange(200) % 2).astype(float)
    assert first_tenth((0, 1), truth, of_chances(chances)) is not None
    assert first_tenth((0, 1), truth[:90], of_chances(chances[:90])) is None
    assert first_tenth((0, 1), np.ones(200), of_chances(chances)) is None
    assert first_tenth((0, 1, 2), truth, of_chances(chances)) is None
