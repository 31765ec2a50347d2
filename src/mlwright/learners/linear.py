"""Regularized linear models by scikit-learn, on standardized features and word weights."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.learner import Configuration, Fit, FittedModel, Learner, Limits, Matrix, Sample, Shape
from mlwright.core.part import Layers
from mlwright.core.product import product
from mlwright.core.scaling import Scaling
from mlwright.core.task import OF_ROWS, Link, answers, losses

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Singles
    from mlwright.core.graph import Graph

_STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Inverse strengths of the penalty, strongest first; the fit walks along until validation gets worse."""
_MOST_STEPS = 100
"""Of the solver, from nothing; where it starts from the solution before, half of them do."""
_LOW = -12.0
"""The score of a class that the training rows of a fold do not hold."""
_PIECES, _FEW_ROWS = 12, 2_000
"""On few rows a straight line may do better than one with bends."""
_ORDER_OF_PIECES = 21
"""After the first trees."""
_QUICK_CELLS = 2_000_000
"""Up to here a fit takes seconds, so it comes first: a decent model exists early."""


@final
@dataclass(frozen=True)
class _Linear(FittedModel):
    """`means`: of the scaled features of the training rows, then of their words."""

    scaling: Scaling
    dense_weights: Singles
    term_weights: Singles | None
    bias: Singles
    means: Singles
    is_answer: bool = False
    n_nodes: int = 0

    def scores(self, matrix: Matrix) -> Floats:
        found = product(self.scaling.transform(matrix.dense), self.dense_weights)
        if self.term_weights is not None:
            found = found + matrix.terms @ self.term_weights
        return np.asarray(found + self.bias, dtype=np.float64)

    def lower(self, graph: Graph, dense: str, terms: str) -> str:
        reads, weights, means, n_scaled = [], [], [], len(self.dense_weights)
        if dense and n_scaled:
            reads.append(self.scaling.lower(graph, dense))
            weights.append(graph.constant(self.dense_weights))
            means.append(graph.constant(self.means[:n_scaled]))
        origins = self.scaling.origins if reads else ()
        if self.term_weights is not None:
            reads.append(terms)
            weights.append(graph.constant(self.term_weights))
            means.append(graph.constant(self.means[n_scaled:]))
            first = len(self.scaling.middle)
            origins += tuple(range(first, first + len(self.term_weights)))
        parts = [graph.add("MatMul", value, weight) for value, weight in zip(reads, weights, strict=True)]
        total = parts[0] if len(parts) == 1 else graph.add("Add", *parts)
        bias = graph.constant(self.bias[None, :])
        graph.parts.append(
            Layers(
                reads=tuple(reads), means=tuple(means), weights=(tuple(weights),), biases=(bias,),
                origins=origins,
            )
        )  # fmt: skip
        return graph.add("Add", total, bias)

    def edges(self, n_dense: int) -> list[Floats]:
        return [np.empty(0)] * n_dense


@final
class Linear(Learner):
    """Ridge and logistic regression, of words also by how much they tell of the classes.

    Source: Hoerl & Kennard 1970; le Cessie & van Houwelingen 1992; Wang & Manning 2012, "Baselines and
    bigrams", section 2.3 (log-count ratios), with the largest ratio of all classes.
    """

    serves = OF_ROWS
    has_luck = False

    def configurations(self, shape: Shape) -> list[Configuration]:
        """Propose a plain one, one that bends, or both, and one that weighs words, unless rows are very many.

        On texts they come first; of texts only classes tell which words to weigh.
        """
        if shape.n_rows * max(1, shape.n_scores) > 2_000_000:
            return []
        is_quick = shape.n_rows * (shape.n_dense + shape.n_codes) < _QUICK_CELLS
        order = 1 if shape.is_text else 10 if is_quick else 35
        encodings = ("one_hot", "target_mean")
        plain = Configuration(
            name="linear", order=order, cost=1.0 if shape.n_terms else 0.5, encodings=encodings
        )
        found = [plain]
        if not shape.is_text:
            bent = replace(plain, name="linear, pieces", parameters={"pieces": _PIECES})
            few = shape.n_rows < _FEW_ROWS
            found = [plain, replace(bent, order=_ORDER_OF_PIECES)] if few else [bent]
        if shape.n_terms and shape.link is not Link.IDENTITY:
            place = order + 1 if shape.is_text else _ORDER_OF_PIECES + 1
            found.append(replace(plain, name="linear, ratios", order=place, parameters={"ratios": True}))
        return found

    def fit(
        self, configuration: Configuration, train: Sample, valid: Sample | None, link: Link, limits: Limits
    ) -> Fit:
        """Walk from strong to weak penalties; `rounds` counts the steps, so a refit ends where this did."""
        n_pieces = configuration.parameters.get("pieces", 0)
        scaling = Scaling.fit(train.matrix.dense, n_pieces, train.matrix.n_numbers)
        inputs = _join(scaling, train.matrix)
        means = np.asarray(inputs.mean(axis=0), dtype=np.float32).ravel()
        ratios = _ratios(train) if configuration.parameters.get("ratios") else None
        if ratios is not None:
            inputs = _join(scaling, replace(train.matrix, terms=_times(train.matrix.terms, ratios)))
        n_dense = len(scaling.origins)
        best: tuple[float, int, _Linear] | None = None
        solver = _Solver(link, train, limits.seed, _MOST_STEPS if valid is None else _MOST_STEPS // 2)
        is_truncated = False
        first = 0 if limits.rounds is None else limits.rounds - 1
        for step in range(first, len(_STRENGTHS)):
            coefficients, bias = solver.solve(inputs, _STRENGTHS[step])
            terms = coefficients[n_dense:] if train.matrix.terms is not None else None
            if terms is not None and ratios is not None:
                terms = terms * ratios[:, None]
            model = _Linear(scaling, coefficients[:n_dense], terms, bias, means)
            if valid is None:
                best = (0.0, step + 1, model)
                break
            given = answers(link, model.scores(valid.matrix))
            loss = float(np.mean(losses(link, valid.target, given)))
            if best is not None and loss > best[0]:
                break
            best = (loss, step + 1, model)
            is_truncated = limits.deadline is not None and time.monotonic() >= limits.deadline
            if is_truncated:
                break
        assert best is not None  # noqa: S101 - the loop runs at least once
        probe = train.matrix.take(np.random.default_rng(limits.seed).integers(0, len(train.target), 200))
        _, rounds, model = best
        return Fit(
            model=model,
            rounds=rounds,
            is_truncated=is_truncated,
            refit_share=min(1.0, 2.0 / (rounds - first + 1)),
            valid_scores=None if valid is None else model.scores(valid.matrix),
            probe=probe,
            probe_scores=model.scores(probe),
            settings={**configuration.parameters, "strength": _STRENGTHS[rounds - 1], "seed": limits.seed},
        )


def _ratios(train: Sample) -> Singles:
    """Return for each word how much more frequent it is in some class than in the others, as a logarithm."""
    classes = np.arange(max(2, train.n_classes))
    is_of = (train.target[:, None] == classes).astype(np.float64)
    weighed = is_of if train.weights is None else is_of * train.weights[:, None]
    counts = np.asarray(train.matrix.terms.T @ weighed) + 1.0
    others = counts.sum(axis=1, keepdims=True) - counts
    found = np.log(counts / counts.sum(axis=0)) - np.log(others / others.sum(axis=0))
    return np.asarray(np.abs(found).max(axis=1), dtype=np.float32)


def _times(terms: Any, factors: Singles) -> Any:
    found = terms.tocsr().copy()
    found.data = found.data * factors[found.indices]
    return found


def _join(scaling: Scaling, matrix: Matrix) -> Any:
    dense = scaling.transform(matrix.dense)
    if matrix.terms is None:
        return dense
    from scipy.sparse import csr_matrix, hstack  # noqa: PLC0415 - heavy, training only

    return hstack([csr_matrix(dense), matrix.terms], format="csr")


@final
class _Solver:
    """scikit-learn's solver for one link, started from the solution before."""

    def __init__(self, link: Link, train: Sample, seed: int, most_steps: int) -> None:
        from sklearn import linear_model  # noqa: PLC0415 - heavy: imported where it is used

        self.link, self.train = link, train
        if link is Link.IDENTITY:
            self.model: Any = linear_model.Ridge(random_state=seed, solver="auto", tol=1e-3)
        else:
            self.model = linear_model.LogisticRegression(
                warm_start=True, max_iter=most_steps, tol=1e-4, random_state=seed
            )

    def solve(self, inputs: Any, strength: float) -> tuple[Singles, Singles]:
        """Return coefficients (n_features, n_scores) and bias (n_scores,)."""
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415 - heavy

        target = self.train.target
        if self.link is Link.IDENTITY:
            self.model.alpha = 1.0 / strength
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # near-copies of columns are what the penalty is for
                self.model.fit(inputs, target, sample_weight=self.train.weights)
            coefficients = self.model.coef_.reshape(1, -1)
            return coefficients.T.astype(np.float32), np.array([self.model.intercept_], np.float32)
        if len(np.unique(target)) < 2:
            return self._sure(inputs.shape[1])
        self.model.C = strength
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # early steps of the walk may be rough
            warnings.filterwarnings("ignore", "The number of unique classes")  # who asks for many has them
            self.model.fit(inputs, target.astype(np.int64), sample_weight=self.train.weights)
        return self._spread()

    def _sure(self, n_features: int) -> tuple[Singles, Singles]:
        """Answer the only class of these rows, whatever the features: tiny folds may hold no other."""
        only = int(self.train.target[0])
        if self.link is Link.SIGMOID:
            return np.zeros((n_features, 1), np.float32), np.array([_LOW if only == 0 else -_LOW], np.float32)
        bias = np.where(np.arange(self.train.n_classes) == only, 0.0, _LOW)
        return np.zeros((n_features, self.train.n_classes), np.float32), bias.astype(np.float32)

    def _spread(self) -> tuple[Singles, Singles]:
        coefficients, bias = self.model.coef_, self.model.intercept_
        if self.link is Link.SIGMOID:
            return coefficients.T.astype(np.float32), bias.astype(np.float32)
        if len(self.model.classes_) == 2:  # then the library gives one score, the log odds of the second
            coefficients, bias = np.vstack([-coefficients, coefficients]) / 2, np.append(-bias, bias) / 2
        # A class without a row in this fold gets no coefficients and a very low score.
        wide = np.zeros((self.train.n_classes, coefficients.shape[1]))
        low = np.full(self.train.n_classes, _LOW)
        wide[self.model.classes_], low[self.model.classes_] = coefficients, bias
        return wide.T.astype(np.float32), low.astype(np.float32)
