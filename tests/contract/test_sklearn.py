"""The estimators keep every promise that scikit-learn checks, and take frames as they are."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlwright import train
from mlwright.sklearn import AutoClassifier, AutoRegressor

N_ROWS = 120


@parametrize_with_checks([AutoClassifier(max_trials=1), AutoRegressor(max_trials=1)])
def test_the_estimators_keep_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def orders():
    rng = np.random.default_rng(0)
    days = rng.integers(0, 700, N_ROWS)
    frame = pd.DataFrame(
        {
            "size": rng.normal(size=N_ROWS),
            "color": rng.choice(["red", "green", None], N_ROWS),
            "ordered": [datetime(2023, 1, 1) + timedelta(days=int(day)) for day in days],  # noqa: DTZ001
            "note": rng.choice(["please deliver to the back door", "no need to ring the bell twice"], N_ROWS),
        }
    )
    return frame.assign(size=frame["size"].where(frame.index % 7 > 0))


@pytest.fixture(scope="module")
def is_late(orders):
    return np.where((orders["color"] == "red") ^ (orders.index % 11 == 0), "late", "in time")


@pytest.fixture(scope="module")
def fitted(orders, is_late):
    return AutoClassifier(max_trials=1, random_state=0).fit(orders, is_late)


def test_a_frame_of_numbers_categories_dates_and_text_is_learned_from_as_it_is(fitted, orders, is_late):
    assert fitted.feature_names_in_.tolist() == list(orders.columns)
    assert fitted.classes_.tolist() == ["in time", "late"]
    assert {column.kind for column in fitted.model_.schema} >= {"number", "category", "datetime"}
    assert fitted.score(orders, is_late) > 0.85


def test_a_polars_frame_and_an_arrow_table_answer_as_the_pandas_frame_does(fitted, orders):
    expected = fitted.predict_proba(orders)
    frame = pl.from_pandas(orders)
    assert np.array_equal(fitted.predict_proba(frame), expected)
    assert np.array_equal(fitted.predict_proba(frame.to_arrow()), expected)


def test_another_order_of_the_columns_is_refused_as_everywhere_in_scikit_learn(fitted, orders):
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(orders[orders.columns[::-1]])


def test_a_pickled_estimator_answers_bit_for_bit_the_same(fitted, orders):
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301
    assert np.array_equal(again.predict_proba(orders), fitted.predict_proba(orders))
    assert again.model_.evidence == fitted.model_.evidence


def test_the_same_random_state_gives_the_same_program_as_train_gives(fitted, orders, is_late):
    assert clone(fitted).fit(orders, is_late).model_.program == fitted.model_.program
    direct = train(orders.assign(target=is_late), "target", kind="binary", max_trials=1, seed=0)
    assert direct.program == fitted.model_.program


def test_what_was_fitted_can_be_saved_and_speaks_in_labels(fitted, orders, tmp_path):
    fitted.model_.save(tmp_path / "late.mlw")
    assert set(fitted.model_.predict(orders)) == {"in time", "late"}


@pytest.mark.parametrize(
    "labels", [["?", "!"], ["1.0", "2.0"], ["a", "a "], ["true", "false"], [-1, 1], [0.0, 2.0]]
)
def test_labels_come_back_as_they_were_given(labels):
    X = np.random.default_rng(1).normal(size=(60, 2))
    y = np.array(labels)[(X[:, 0] > 0).astype(int)]
    fitted = AutoClassifier(max_trials=1, random_state=0, refit="no").fit(X, y)
    assert fitted.classes_.dtype == y.dtype
    assert fitted.score(X, y) > 0.9


def test_more_classes_than_a_recognized_question_has_are_classes_still():
    X = np.repeat(np.arange(30.0), 4)[:, None]
    fitted = AutoClassifier(max_trials=1, random_state=0, refit="no").fit(X, X.ravel() * 7)
    assert fitted.predict_proba(X).shape == (120, 30)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="1 class"):
        AutoClassifier(max_trials=1).fit([[1.0], [2.0]], ["a", "a"])


def test_a_group_does_not_straddle_the_sealed_test(orders, is_late):
    grouped = orders.assign(customer=np.arange(N_ROWS) // 4)
    model = (
        AutoClassifier(max_trials=1, random_state=0, group="customer", refit="no")
        .fit(grouped, is_late)
        .model_
    )
    assert model.evidence["split"]["proof"]["n_shared_groups"] == 0


def test_cross_validation_works_on_a_frame(orders):
    target = np.nan_to_num(orders["size"]) * 3 + 1
    # The target is computed from a column, which looks like a leak: vouched for, it may be learned from.
    regressor = AutoRegressor(max_trials=1, random_state=0, refit="no", leaks="keep")
    assert cross_val_score(regressor, orders, target, cv=3).min() > 0.8
