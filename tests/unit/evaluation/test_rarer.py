"""The rarer of two classes has measures of its own where it is the first."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import precision_score, recall_score

from mlwright.core.prediction import Prediction
from mlwright.evaluation.rarer import rarer_class


def answers(rng, n_rows, share):
    truth = (rng.random(n_rows) < share).astype(float)
    chances = np.clip(0.6 * truth + 0.4 * rng.random(n_rows), 0, 1)
    return truth, Prediction.of_probabilities(np.column_stack([1 - chances, chances]))


def test_the_first_class_is_scored_as_scikit_learn_scores_it():
    truth, prediction = answers(np.random.default_rng(0), 600, 0.9)
    found = rarer_class(("fails", "passes"), truth, prediction)
    assert (found["class"], found["n"]) == ("fails", int((truth == 0).sum()))
    assert found["precision"]["value"] == precision_score(truth, prediction.labels, pos_label=0)
    assert found["recall"]["value"] == recall_score(truth, prediction.labels, pos_label=0)
    assert found["recall"]["low"] <= found["recall"]["value"] <= found["recall"]["high"]


def test_a_class_that_is_never_said_is_found_in_none():
    truth = np.array([0.0] * 5 + [1.0] * 95)
    found = rarer_class((0, 1), truth, Prediction.of_probabilities(np.tile([0.2, 0.8], (100, 1))))
    assert found["recall"]["value"] == found["precision"]["value"] == 0.0


def test_where_the_second_is_the_rarer_nothing_is_told():
    truth, prediction = answers(np.random.default_rng(1), 600, 0.2)
    assert rarer_class((0, 1), truth, prediction) is None
    assert rarer_class((0, 1), np.ones(600), prediction) is None
    assert rarer_class((0, 1), truth[:0], prediction.take(slice(0, 0))) is None
    assert rarer_class((0, 1, 2), 1 - truth, prediction) is None
