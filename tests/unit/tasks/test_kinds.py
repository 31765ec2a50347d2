"""Task kinds: what they claim, how they read a target, what they refuse."""

import json

import numpy as np
import pytest

from mlwright.core.errors import DataError
from mlwright.core.shelves import METRICS, TASKS
from mlwright.core.strict_json import read_strictly
from mlwright.core.task import Link


def cells(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_every_kind_names_metrics_that_exist():
    for name in TASKS.names():
        assert set(TASKS.get(name).metrics) <= set(METRICS.names())


def test_defaults_are_the_first_metrics_and_links_fit():
    found = {name: (TASKS.get(name).metrics[0], TASKS.get(name).link) for name in TASKS.names()}
    assert found == {
        "binary": ("roc_auc", Link.SIGMOID),
        "multiclass": ("log_loss", Link.SOFTMAX),
        "recommendation": ("ndcg_at_10", Link.RANKING),
        "regression": ("rmse", Link.IDENTITY),
    }


def test_the_second_class_in_order_is_the_positive_one():
    outcome = TASKS.get("binary").read(cells("yes", "no", "no", "yes"))
    assert outcome.classes == ("no", "yes")
    assert outcome.values.tolist() == [1, 0, 0, 1]
    assert outcome.values.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ((10, 9, 100, 9, 10, 100), (9, 10, 100)),
        (("b", "a", "c"), ("a", "b", "c")),
        ((1.0, 3, 2.0), (1, 2, 3)),
        ((0.5, 2.5, 1.5), (0.5, 1.5, 2.5)),
    ],
)
def test_classes_are_sorted_by_size_or_alphabet(values, classes):
    outcome = TASKS.get("multiclass").read(cells(*values))
    assert outcome.classes == classes
    assert [type(label) for label in outcome.classes] == [type(label) for label in classes]


def test_false_comes_before_true():
    outcome = TASKS.get("binary").read(cells(*[True, False, np.True_, False]))
    assert outcome.classes == (False, True)
    assert outcome.values.tolist() == [1, 0, 1, 0]


def test_a_class_of_one_row_stops_two_classes_but_not_more():
    with pytest.raises(DataError, match=r"'yes' has one row\. At least 2 rows per class"):
        TASKS.get("binary").read(cells("no", "no", "yes"))
    assert TASKS.get("multiclass").read(cells("a", "a", "b", "c")).classes == ("a", "b", "c")


@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_constant_target_is_refused(kind):
    with pytest.raises(DataError, match="Choose another target"):
        TASKS.get(kind).read(cells(7, 7, 7))


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_strings_mixed_with_numbers_are_refused(kind):
    with pytest.raises(DataError, match=r"mixes a number \(1, row 1\) and a string \('a', row 3\)"):
        TASKS.get(kind).read(cells(1, 1, "a", "a"))


def test_more_than_a_thousand_classes_are_refused():
    with pytest.raises(DataError, match=r"1,001 classes.*Group rare labels"):
        TASKS.get("multiclass").read(cells(*[f"c{i}" for i in range(1001)]))


def test_a_quantity_is_centered_and_scaled_by_the_population():
    outcome = TASKS.get("regression").read(cells(1, 2.0, 6))
    assert outcome.values.tolist() == [1, 2, 6]
    assert outcome.offset == 3
    assert outcome.scale == pytest.approx(np.std([1, 2, 6]))
    assert outcome.classes == ()


@pytest.mark.parametrize("odd", ["high", True])
def test_a_quantity_must_be_a_number(odd):
    with pytest.raises(DataError, match=r"row 2 is .* --kind multiclass"):
        TASKS.get("regression").read(cells(1.5, odd, 2.0))


@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_an_infinite_target_is_refused(kind):
    with pytest.raises(DataError, match=r"row 2: found inf, expected a finite number"):
        TASKS.get(kind).read(cells(1.5, float("inf"), 2.0))


@pytest.mark.parametrize(("kind", "n_scores"), [("binary", 2), ("multiclass", 3), ("regression", 1)])
def test_answers_are_predictions(kind, n_scores):
    scores = np.random.default_rng(0).random((4, n_scores))
    prediction = TASKS.get(kind).answer(scores)
    assert (prediction.scores == scores).all()
    assert (prediction.labels is None) == (kind == "regression")


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([10**20, 2 * 10**20], (1e20, 2e20)),
        ([1e22, 2e22], (1e22, 2e22)),
        ([2**62 + 1, 2**62], (2**62, 2**62 + 1)),
        ([2**63, 1], (1.0, 2.0**63)),
    ],
)
def test_classes_of_any_size_are_told_apart_and_can_be_saved(values, classes):
    outcome = TASKS.get("binary").read(cells(*values * 2))
    assert outcome.classes == classes
    assert outcome.values.tolist() == [float(value == classes[1]) for value in values * 2]
    assert read_strictly(json.dumps(list(classes))) == list(classes)


def test_whole_numbers_that_nothing_keeps_apart_are_refused():
    with pytest.raises(DataError, match=r"18446744073709551615.*beyond 64 bits.*as texts"):
        TASKS.get("binary").read(cells(2**64 - 1, 2**64, 2**64 - 1, 2**64))
