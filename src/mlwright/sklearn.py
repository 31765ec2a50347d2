"""scikit-learn estimators around `train`, for those who work with its pipelines and its searches.

    from mlwright.sklearn import AutoClassifier

    cross_val_score(AutoClassifier(time_limit=30), frame, labels)

What was fitted is `model_`, a `Model` like any other: it can be saved and brought into production.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import assert_all_finite, check_consistent_length, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mlwright.core.errors import DataError
from mlwright.core.schema import Role
from mlwright.core.shelves import TASKS
from mlwright.core.task import Link
from mlwright.data.frames import from_frame
from mlwright.data.infer import infer
from mlwright.data.parse import labels as read_labels
from mlwright.data.raw import Raw
from mlwright.workflow.options import from_arguments
from mlwright.workflow.train import train

if TYPE_CHECKING:
    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Floats

_TARGET = "target"


@final
class AutoClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Find, blend and prove a classifier.

    `X` may be a numeric array, in which NaN is missing, or a pandas, polars or Arrow frame with columns
    of any kind: numbers, categories, dates, text.

    Parameters
    ----------
    time_limit
        Seconds, or text such as "10m"; not looked at if `max_trials` is given.
    metric
        What the evidence states first, such as "log_loss"; None for the default of the question.
    max_trials
        Counts candidates instead of time; then an equal `random_state` gives an equal model.
    random_state
        A number, a numpy generator of the old kind, or None for another seed at each fit.
    refit
        Whether the judged recipe is fitted again on all rows: "auto", "yes" or "no".
    leaks
        What to do about columns that give the answer away: "drop" what is proven, "warn" and leave all in,
        or "keep": you vouch for all columns.
    group, time
        Names of columns of `X` that must not straddle the sealed test; "x0", "x1", … in an array. With
        the time "none" rows that stand in the order of a date are judged at random all the same.
    options
        Further options of `mlwright.train` by name, such as {"exclude": ["region"], "memory_limit": "4GB"}.

    Attributes
    ----------
    classes_
        The labels, sorted, shape (n_classes,).
    model_
        The fitted `Model`, with its evidence. It answers with the places of the labels in `classes_`
        where they would not survive being read from a table, such as "?" or "1.0".
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Examples
    --------
    >>> from mlwright.sklearn import AutoClassifier
    >>> X, y = [[float(n)] for n in range(40)], [n >= 20 for n in range(40)]
    >>> AutoClassifier(max_trials=1, random_state=0).fit(X, y).predict([[3.0]])
    array([False])
    """

    def __init__(  # noqa: PLR0913, PLR0917 - scikit-learn reads hyperparameters from the signature
        self,
        time_limit: str | float | None = 60.0,
        metric: str | None = None,
        max_trials: int | None = None,
        random_state: Any = None,
        refit: str = "auto",
        leaks: str = "drop",
        group: str | None = None,
        time: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.time_limit = time_limit
        self.metric = metric
        self.max_trials = max_trials
        self.random_state = random_state
        self.refit = refit
        self.leaks = leaks
        self.group = group
        self.time = time
        self.options = options

    def fit(self, X: Any, y: Any) -> AutoClassifier:
        """Learn from rows, shape (n_rows, n_features), and their labels, shape (n_rows,)."""
        rows, target = _read_training(self, X, y)
        check_classification_targets(target)
        self.classes_, numbers = np.unique(target, return_inverse=True)
        if len(self.classes_) < 2:
            message = f"y holds 1 class, {self.classes_[0]!r}; at least two are needed to tell them apart."
            raise DataError(message)
        link = Link.SIGMOID if len(self.classes_) == 2 else Link.SOFTMAX
        self.model_ = _train(self, rows, target if _reads_back(target) else numbers, link, y)
        return self

    def predict(self, X: Any) -> Array:
        """Return the most probable label of each row, shape (n_rows,)."""
        chosen = np.argmax(_answer(self, X), axis=1)
        labels: Array = self.classes_[chosen]
        return labels

    def predict_proba(self, X: Any) -> Floats:
        """Return probabilities in the order of `classes_`, shape (n_rows, n_classes)."""
        return _answer(self, X)

    def __sklearn_tags__(self) -> Any:
        return _tag(super().__sklearn_tags__(), self)


@final
class AutoRegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Find, blend and prove a regressor.

    See `AutoClassifier` for what `X` may be, for the parameters and for the attributes.

    Examples
    --------
    >>> from mlwright.sklearn import AutoRegressor
    >>> X, y = [[float(n)] for n in range(40)], [3.0 * n for n in range(40)]
    >>> AutoRegressor(max_trials=1, random_state=0).fit(X, y).predict([[10.0]]).round()
    array([30.])
    """

    def __init__(  # noqa: PLR0913, PLR0917 - scikit-learn reads hyperparameters from the signature
        self,
        time_limit: str | float | None = 60.0,
        metric: str | None = None,
        max_trials: int | None = None,
        random_state: Any = None,
        refit: str = "auto",
        leaks: str = "drop",
        group: str | None = None,
        time: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.time_limit = time_limit
        self.metric = metric
        self.max_trials = max_trials
        self.random_state = random_state
        self.refit = refit
        self.leaks = leaks
        self.group = group
        self.time = time
        self.options = options

    def fit(self, X: Any, y: Any) -> AutoRegressor:
        """Learn from rows, shape (n_rows, n_features), and their values, shape (n_rows,)."""
        rows, target = _read_training(self, X, y)
        self.model_ = _train(self, rows, target.astype(np.float64), Link.IDENTITY, y)
        return self

    def predict(self, X: Any) -> Floats:
        """Return the value of each row, shape (n_rows,)."""
        return _answer(self, X)[:, 0]

    def __sklearn_tags__(self) -> Any:
        return _tag(super().__sklearn_tags__(), self)


def _tag(tags: Any, estimator: Any) -> Any:
    """Say what scikit-learn should expect."""
    tags.input_tags.allow_nan = True
    tags.input_tags.string = True
    tags.non_deterministic = estimator.max_trials is None  # then the clock decides how far it gets
    return tags


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns") or hasattr(X, "__arrow_c_stream__")


def _read_training(estimator: Any, X: Any, y: Any) -> tuple[Raw, Array]:
    """Check rows and target as scikit-learn does; the cells of a frame stay as they are."""
    if not _is_frame(X):
        X, y = validate_data(estimator, X, y, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=2)
        return from_frame(X, "X"), y
    validate_data(estimator, X, y, skip_check_array=True)
    target = column_or_1d(y, warn=True)
    assert_all_finite(target, input_name="y")
    check_consistent_length(X, target)
    return from_frame(X, "X"), target


def _train(estimator: Any, rows: Raw, target: Array, link: Link, y: Any) -> Model:
    """Put the target beside the features, under a name that none of them has, and train."""
    name = str(getattr(y, "name", None) or _TARGET)
    while name in rows.columns:
        name = f"{name}_"
    seed = estimator.random_state
    if not isinstance(seed, int | np.integer):
        seed = check_random_state(seed).randint(2**31 - 1)
    options = from_arguments(
        {
            "time_limit": estimator.time_limit,
            "metric": estimator.metric,
            "max_trials": estimator.max_trials,
            "seed": int(seed),
            "refit": estimator.refit,
            "leaks": estimator.leaks,
            "group": estimator.group,
            "time": estimator.time,
            "kind": next(kind for kind in TASKS.names() if TASKS.get(kind).link is link),
            **(estimator.options or {}),  # type: ignore[typeddict-item]  # names are checked when they are read
        }
    )
    return train({**rows.columns, name: target}, name, options)


def _reads_back(target: Array) -> bool:
    """Tell whether labels survive being read from a table; "?" would be missing, "1.0" a number."""
    schema, _ = infer(Raw({_TARGET: target}, len(target)), roles={_TARGET: Role.TARGET})
    return bool(read_labels(schema[_TARGET], target).tolist() == target.tolist())


def _answer(estimator: Any, X: Any) -> Floats:
    """Check rows against those of `fit` and answer them; columns are found by their place."""
    check_is_fitted(estimator)
    if _is_frame(X):
        validate_data(estimator, X, reset=False, skip_check_array=True)
    else:
        X = validate_data(estimator, X, reset=False, dtype=None, ensure_all_finite="allow-nan")
    model: Model = estimator.model_
    names = [column.name for column in model.schema if column.role is not Role.TARGET]
    cells = from_frame(X, "X").columns.values()
    return model.answer(dict(zip(names, cells, strict=True))).scores
