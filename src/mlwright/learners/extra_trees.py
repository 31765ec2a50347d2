"""Extremely randomized trees by scikit-learn."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from mlwright.core.learner import Configuration, Fit, Learner, Limits, Matrix, Sample, Shape
from mlwright.core.task import OF_ROWS, Link
from mlwright.core.trees import Trees, probe_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Singles

_BATCH = 20
"""Trees grown between two looks at the clock."""


@final
class ExtraTrees(Learner):
    """Averaged trees with random thresholds. Source: Geurts, Ernst & Wehenkel 2006.

    Errors unlike those of boosting, which is why the blend likes a little of it on small data.
    """

    serves = OF_ROWS
    steps: ClassVar[Mapping[str, tuple[float, float]]] = {
        "max_features": (0.1, 1.0), "min_samples_leaf": (1, 30),
    }  # fmt: skip

    def configurations(self, shape: Shape) -> list[Configuration]:
        """Propose one forest, on small data only: its trees are large."""
        if shape.n_rows > 20_000 or shape.n_scores > 12:
            return []
        leaf = 2 if shape.n_rows < 5_000 else 3
        parameters = {"trees": 100, "max_features": 0.6, "min_samples_leaf": leaf, "max_depth": 20}
        return [
            Configuration(
                name="extra trees", order=28 if shape.n_rows < 8_000 else 33, cost=1.0, parameters=parameters
            )
        ]

    def fit(
        self, configuration: Configuration, train: Sample, valid: Sample | None, link: Link, limits: Limits
    ) -> Fit:
        """Grow trees in batches until there are enough or the time is up."""
        from sklearn import ensemble  # noqa: PLC0415 - heavy: imported where it is used

        options = dict(configuration.parameters)
        wanted = limits.rounds or int(options.pop("trees"))
        options.pop("trees", None)
        classify = link is not Link.IDENTITY
        family = ensemble.ExtraTreesClassifier if classify else ensemble.ExtraTreesRegressor
        forest = family(**options, n_estimators=0, warm_start=True, n_jobs=1, random_state=limits.seed)
        target = train.target.astype(np.int64) if classify else train.target
        filled = _fill(train.matrix.dense)
        is_truncated = False
        while len(getattr(forest, "estimators_", [])) < wanted and not is_truncated:
            forest.n_estimators = min(wanted, forest.n_estimators + _BATCH)
            with warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", "The number of unique classes"
                )  # who asks for many has them
                forest.fit(filled, target, sample_weight=train.weights)
            is_truncated = limits.deadline is not None and time.monotonic() >= limits.deadline
        trees = _read(forest, max(2, train.n_classes) if classify else 1)
        probe = probe_rows(trees, train.matrix.dense, limits.seed)

        def predict(dense: Singles) -> Floats:
            if not classify:
                return np.asarray(forest.predict(_fill(dense)))[:, None]
            shares = np.zeros((len(dense), trees.n_scores))
            shares[:, forest.classes_] = forest.predict_proba(_fill(dense))
            return shares

        return Fit(
            model=trees,
            rounds=trees.n_trees,
            is_truncated=is_truncated and trees.n_trees < wanted,
            valid_scores=None if valid is None else predict(valid.matrix.dense),
            probe=Matrix(probe),
            probe_scores=predict(probe),
            settings={**options, "n_estimators": trees.n_trees, "random_state": limits.seed},
        )


_ABSENT = np.float32(-1e30)
"""What missing cells become: far below everything, so that one split sets them apart."""


def _fill(dense: Singles) -> Singles:
    top = np.float32(1e30)
    return np.clip(np.where(np.isnan(dense), _ABSENT, dense), _ABSENT, top)


def _read(forest: Any, n_answers: int) -> Trees:
    """Read scikit-learn's trees; missing cells go where the fill value would, which is always left."""
    parts: list[dict[str, Array]] = []
    classes = getattr(forest, "classes_", np.zeros(1, dtype=np.int64))
    n_trees = len(forest.estimators_)
    for estimator in forest.estimators_:
        tree = estimator.tree_
        is_leaf = tree.children_left < 0
        values = np.zeros((tree.node_count, n_answers))
        found = tree.value[:, 0, :]
        if n_answers > 1:
            found = found / found.sum(axis=1, keepdims=True)
        values[:, classes] = found / n_trees
        values[~is_leaf] = 0.0
        parts.append(
            {
                "feature": np.where(is_leaf, -1, tree.feature),
                "threshold": np.where(is_leaf, 0.0, tree.threshold),
                "missing_left": np.ones(tree.node_count, dtype=bool),
                "left": np.maximum(tree.children_left, 0),
                "right": np.maximum(tree.children_right, 0),
                "values": values,
                "cover": np.where(is_leaf, tree.weighted_n_node_samples, 0.0),
            }
        )
    return Trees.join(parts, np.zeros(n_trees, dtype=np.int64), n_answers, is_answer=True)
