"""The question: recognized kinds, known metrics, later labels."""

import numpy as np
import pytest

from mlwright.core.errors import DataError, UnknownNameError
from mlwright.core.task import Task
from mlwright.workflow.question import encode, frame, recognize


def cells(values):
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array


rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["yes", "no"] * 5, "binary"),
        ([0, 1] * 5, "binary"),
        ([1.0, 0.0] * 5, "binary"),
        ([True, False] * 5, "binary"),
        ([-1.5, 2.5] * 5, "binary"),
        (["a", "b", "c"] * 5, "multiclass"),
        ([0, 1, 2] * 20, "multiclass"),
        ([1.0, 2.0, 3.0] * 20, "multiclass"),
        (list(range(10)) * 10, "multiclass"),
        ([0, 1, 2], "regression"),
        ([100, 2000, 30000, 4] * 20, "regression"),
        (list(range(100)), "regression"),
        (rng.normal(size=50).tolist(), "regression"),
        ([0.5, 1.0, 1.5] * 20, "regression"),
        (rng.poisson(40, 300).tolist(), "regression"),
    ],
)
def test_the_kind_is_recognized(values, kind):
    assert recognize(cells(values)) == kind


@pytest.mark.parametrize("values", [[], ["a"] * 5, [3.5] * 5])
def test_a_target_without_two_values_is_refused(values):
    with pytest.raises(DataError, match="nothing to learn"):
        recognize(cells(values))


def test_names_are_no_target():
    with pytest.raises(DataError, match="20 different values in 20 rows, such as 'name 0'"):
        recognize(cells([f"name {i}" for i in range(20)]))


def test_a_question_holds_all_that_is_known():
    task, outcome = frame(cells(["no", "yes"] * 3), "churn", None, None)
    assert task.kind == "binary"
    assert task.target == "churn"
    assert task.metric == "roc_auc"
    assert task.classes == outcome.classes == ("no", "yes")
    assert Task.from_json(task.to_json()) == task
    task, outcome = frame(cells([1.5, 2.5, 9.0]), "price", None, "mae")
    assert (task.metric, task.offset, task.scale) == ("mae", outcome.offset, outcome.scale)


def test_a_given_kind_wins():
    task, _ = frame(cells([0, 1, 2] * 20), "grade", "regression", None)
    assert task.kind == "regression"


def test_a_metric_of_another_kind_is_refused_with_those_of_this_kind():
    with pytest.raises(UnknownNameError, match=r"for regression.*Known: mae, mape, r2, rmse"):
        frame(cells([1.5, 2.5, 9.0]), "price", None, "roc_auc")
    with pytest.raises(UnknownNameError, match="Did you mean 'roc_auc'"):
        frame(cells([0, 1] * 3), "y", None, "rocauc")


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'binary'"):
        frame(cells([0, 1] * 3), "y", "binry", None)


@pytest.mark.parametrize("zero", [0, 0.0, "0", "0.0", False, "False", "false", np.int64(0), np.bool_(0)])
@pytest.mark.parametrize("known", [[0, 1], [False, True]])
def test_the_same_label_is_known_however_it_is_written(zero, known):
    task, _ = frame(cells(known * 3), "y", None, None)
    assert encode(task, cells([zero])).tolist() == [0]


@pytest.mark.parametrize("one", [1, 1.0, "1", " 1 ", True])
def test_text_labels_accept_numbers(one):
    task, _ = frame(cells(["1", "2", "3"] * 3), "y", None, None)
    assert encode(task, cells([one, "3"])).tolist() == [0, 2]


def test_labels_that_differ_only_in_writing_stay_apart():
    task, _ = frame(cells(["1", "1.0", "01"] * 3), "y", None, None)
    assert encode(task, cells(list(task.classes))).tolist() == [0, 1, 2]


def test_an_unknown_label_is_named_with_its_row():
    task, _ = frame(cells(["no", "yes"] * 3), "churn", None, None)
    with pytest.raises(DataError, match=r"row 2 is 'maybe', which is no known class: 'no', 'yes'"):
        encode(task, cells(["no", "maybe"]))


def test_later_values_are_read_as_numbers():
    task, _ = frame(cells([1.5, 2.5, 9.0]), "price", None, None)
    assert encode(task, cells([3, "4.5"])).tolist() == [3, 4.5]
    with pytest.raises(DataError, match="Column 'price', row 2: found 'cheap'"):
        encode(task, cells([3, "cheap"]))


def test_large_labels_are_known_by_every_digit_however_they_are_written():
    large = [-1234567890123456789, 1234567890123456700, 1234567890123456789]
    for classes in (large, [str(label) for label in large]):
        task, _ = frame(cells(classes * 3), "id", "multiclass", None)
        numbers = encode(task, cells(list(task.classes))).tolist()
        assert numbers == [0, 1, 2]
        assert encode(task, cells([int(label) for label in task.classes])).tolist() == numbers
        assert encode(task, cells([str(label) for label in task.classes])).tolist() == numbers
