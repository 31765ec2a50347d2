"""The suites see what they are for: each broken plug-in fails, with a message that says why."""

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.evaluation import Direction
from mlwright.core.learner import Configuration, FittedModel, Learner
from mlwright.core.prediction import Prediction
from mlwright.core.shelves import ENCODINGS, LEARNERS, METRICS, STEPS, TASKS
from mlwright.core.step import Block, Encoding, FittedStep, Step, Table
from mlwright.core.task import Link
from mlwright.testing.check_encoding import check_encoding
from mlwright.testing.check_learner import check_learner
from mlwright.testing.check_metric import check_metric
from mlwright.testing.check_step import check_step
from mlwright.testing.check_task_kind import check_task_kind
from mlwright.testing.worlds import N_CLASSES, odd_rows, table, world


def fails(check, *arguments, says):
    with pytest.raises(AssertionError, match=says):
        check(*arguments)


class ChangedModel(FittedModel):
    def __init__(self, model, change):
        self.model, self.change = model, change
        self.is_answer, self.n_nodes = model.is_answer, model.n_nodes

    def scores(self, matrix):
        return self.change(self.model.scores(matrix))

    def lower(self, graph, dense, terms):
        return self.model.lower(graph, dense, terms)

    def edges(self, n_dense):
        return self.model.edges(n_dense)


class ChangedLearner(Learner):
    """The dullest learner there is, with one change to its scores."""

    def __init__(self, change=lambda scores: scores, serves=(Link.SOFTMAX,), cost=0.1):
        self.change, self.serves, self.cost = change, frozenset(serves), cost

    def configurations(self, _shape):
        return [Configuration(name="changed", order=1, cost=self.cost)]

    def fit(self, configuration, train, valid, link, limits):
        fit = LEARNERS.get(LEARNERS.names()[0]).fit(configuration, train, valid, link, limits)
        return replace(fit, model=ChangedModel(fit.model, self.change), valid_scores=None)


def seen_together(scores):
    return scores + len(scores) * np.array([1e-4, -1e-4, 0.0])


@pytest.mark.parametrize(
    ("learner", "says"),
    [
        (ChangedLearner(serves=()), "serves no link"),
        (ChangedLearner(cost=0.0), "it must be > 0"),
        (ChangedLearner(lambda s: s[:, :1]), "the scores have the shape"),
        (ChangedLearner(lambda s: s * np.nan), "has the scores"),
        (ChangedLearner(lambda s: s * 0.5), "do not add up to 1"),
        (ChangedLearner(lambda s: np.eye(3)[np.zeros(len(s), int)]), "worse than that of the constant"),
        (ChangedLearner(seen_together), "a row alone has other scores"),
        (ChangedLearner(lambda s: s + np.array([1e-4, -1e-4, 0])), "the program has other scores"),
    ],
)
def test_a_learner_with_a_fault_is_found(learner, says):
    fails(check_learner, learner, says=says)


class ChangedStep(Step):
    def __init__(self, change):
        self.change = change

    def fit(self, dataset, seed):
        fitted = STEPS.get("number").fit(dataset, seed)
        return ChangedFittedStep(fitted, self.change) if fitted else None


class ChangedFittedStep(FittedStep):
    def __init__(self, fitted, change):
        self.fitted, self.change = fitted, change

    @property
    def layout(self):
        return self.fitted.layout

    def transform(self, columns):
        return Block(dense=self.change(self.fitted.transform(columns).dense))

    def lower(self, graph, inputs):
        return self.fitted.lower(graph, inputs)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda dense: dense[:, :1], "the layout says"),
        (lambda dense: dense.astype(np.float64), "not single precision"),
        (lambda dense: dense - np.nanmax(dense, axis=0), "depends on the other rows"),
        (lambda dense: dense * np.float32(1.001), "differs from `transform`"),
    ],
)
def test_a_step_with_a_fault_is_found(change, says):
    with np.errstate(invalid="ignore", over="ignore"):
        fails(check_step, ChangedStep(change), says=says)


class Lookup(Encoding):
    """Means of the target that nobody says are means of the target."""

    def __init__(self, values):
        self.values = values

    def fit(self, codes, n_codes, target, _n_classes):
        return Table(self.values(codes, n_codes, target))


def means(codes, n_codes, target):
    sums = np.bincount(codes, weights=target, minlength=n_codes)
    return (sums / np.maximum(np.bincount(codes, minlength=n_codes), 1))[:, None].astype(np.float32)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (means, "`uses_target` is False"),
        (lambda codes, _, __: np.zeros((codes.max(), 1), np.float32), "needs a row for each"),
        (lambda _, n, __: np.zeros((n, 1)), "not single precision"),
        (lambda codes, n, _: np.full((n, 1), codes[0], np.float32), "in another order"),
    ],
)
def test_an_encoding_with_a_fault_is_found(values, says):
    fails(check_encoding, Lookup(values), says=says)


def test_a_metric_with_a_fault_is_found(monkeypatch):
    metric = METRICS.get("mae")
    monkeypatch.setattr(type(metric), "direction", Direction.MAX)
    fails(check_metric, metric, Link.IDENTITY, says="max is better")
    monkeypatch.setattr(type(metric), "direction", Direction.MIN)
    monkeypatch.setattr(type(metric), "parts", lambda _, t, p: np.cumsum(np.abs(t - p.values))[:, None])
    fails(check_metric, metric, Link.IDENTITY, says="in another order")
    monkeypatch.setattr(type(metric), "says", "no sentence")
    fails(check_metric, metric, Link.IDENTITY, says="no sentence")


def test_a_task_kind_with_a_fault_is_found(monkeypatch):
    kind = TASKS.get("multiclass")
    monkeypatch.setattr(type(kind), "answer", lambda _, s: Prediction.of_probabilities(1 - s))
    fails(check_task_kind, kind, says="the sure class is not the answer")
    monkeypatch.setattr(type(kind), "metrics", ("no such metric",))
    fails(check_task_kind, kind, says="not on the shelf")


def test_worlds_are_the_same_every_time_and_their_truth_is_known():
    for link in N_CLASSES:
        one, other = world(link), world(link)
        np.testing.assert_array_equal(one.train.matrix.dense, other.train.matrix.dense)
        np.testing.assert_array_equal(one.valid.target, other.valid.target)
        assert one.best.shape == (len(one.valid.target), one.n_answers)
    assert set(odd_rows()) == set(table().columns)
    assert set(ENCODINGS.names())
