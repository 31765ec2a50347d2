"""Gradient-boosted trees by LightGBM."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from mlwright.core.learner import Configuration, Fit, Learner, Limits, Matrix, Sample, Sequel, Shape
from mlwright.core.library import bare
from mlwright.core.task import OF_ROWS, Link
from mlwright.core.trees import Trees, probe_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Singles

_OBJECTIVES = {Link.IDENTITY: "regression", Link.SIGMOID: "binary", Link.SOFTMAX: "multiclass"}
_METRICS = {Link.IDENTITY: "l2", Link.SIGMOID: "binary_logloss", Link.SOFTMAX: "multi_logloss"}
_PROBE_ROUNDS = 8
_MANY_ROWS = 4_000
_TRAINING_SHARE = 0.8
_NEARLY_ALL = 0.985
"""Of the rounds: whose best is among the last would have gone on to learn."""
_HYPERPARAMETERS = (
    "rounds", "learning_rate", "num_leaves", "feature_fraction", "bagging_fraction", "min_data_in_leaf",
    "lambda_l1", "lambda_l2", "extra_trees",
)  # fmt: skip
_PORTFOLIO: list[tuple[str, float, tuple[Any, ...]]] = [
    ("small trees", 1.2, (1500, 0.0134, 20, 0.43, 0.71, 2, 0.51, 0.51, False)),
    ("deep", 2.5, (800, 0.0114, 84, 0.53, 0.98, 3, 0.03, 0.84, False)),
    ("randomized", 1.0, (1500, 0.018, 39, 0.46, 0.88, 3, 0.24, 0.36, True)),
    ("tiny trees", 2.0, (3000, 0.0127, 5, 0.73, 0.85, 12, 0.24, 0.3, True)),
    ("wide", 3.0, (800, 0.018, 180, 0.4, 0.95, 12, 0.77, 1.6, True)),
    ("stumps", 2.0, (3000, 0.02, 2, 0.59, 0.84, 17, 0.08, 0.77, False)),
]
"""Name, cost, and the hyperparameters in the order above."""
_FEW_BINS, _BINS, _ROWS_FOR_BINS = 63, 255, 20_000
_COARSE = ("deep", "wide")
"""Those that learn noise from fine bins; so does who may choose among many combined features."""
_COMBINED = ("small trees", "deep", "randomized")
"""Those that are tried with combined features as well."""
_ORDER_FEW = {"small trees": 20, "randomized": 24, "tiny trees": 26, "deep": 36, "wide": 60, "stumps": 50}
_ORDER_SOME = {"small trees": 20, "randomized": 26, "deep": 30, "tiny trees": 32, "wide": 60, "stumps": 70}
_ORDER_MANY = {"small trees": 20, "deep": 24, "randomized": 36, "tiny trees": 50, "wide": 60, "stumps": 70}
"""When each is tried, below 2,000 rows, below 8,000 and above; with combined features a little later."""
_LATER = {"small trees": 2, "deep": 4, "randomized": 10}
_WITH_SETS, _SETS_LATER = "small trees", 3
_SETS = {"cat_smooth": 10.0, "cat_l2": 1.0, "max_cat_to_onehot": 8, "min_data_per_group": 20}
"""The library's own splits of categories, by sets of up to 32 codes; they part levels that no order parts."""
_WITH_WORDS = {"small trees": 1, "randomized": 22}
"""When those are tried that see words; of texts the first of all tells most, of names they tell little."""
_NAMES_LATER = 44
_N_WORDS, _FEWEST_TERMS = 300, 100
_ROUNDS_OF_WORDS = {"rounds": 500}
"""Single words soon tell all that they can of classes; who expects more rounds would hurry for nothing."""
_MOST_CELLS_OF_WORDS = 100_000_000
_N_COMBINED = 60
_ROWS_TO_COMBINE, _ROWS_TO_COMBINE_FOR_VALUES = 1_000, 500
"""With fewer rows chance picks the combinations; a number tells more than a class."""
_MISSING_NONE = 0
_LIBRARY_ZERO = np.float32(1.1e-35)
"""The library reads smaller numbers as zero; the program does not. No real feature lives there."""


@final
class LightGBM(Learner):
    """Histogram gradient boosting. Source: Ke et al. 2017, "LightGBM", section 3.

    The configurations are those that a large study of portfolios picked first (randomized splits,
    few columns per tree, slow learning; tiny trees for additive structure). On small data, those that
    could learn noise from them have fewer histogram bins, which saves half their time.
    """

    serves = OF_ROWS
    grows_with_rows = True
    is_smaller_in_haste = True
    is_anytime = True
    steps: ClassVar[Mapping[str, tuple[float, float]]] = {
        "num_leaves": (2, 256), "feature_fraction": (0.15, 1.0), "min_data_in_leaf": (1, 200),
        "lambda_l2": (0.01, 20.0),
    }  # fmt: skip
    sequel = Sequel(parameter="learning_rate", factor=3.5, most=0.08, cost=0.8)

    def configurations(self, shape: Shape) -> list[Configuration]:
        """Propose the portfolio for this amount of data."""
        few_bins = _FEW_BINS if shape.n_rows < _ROWS_FOR_BINS else _BINS
        small = shape.n_rows < 5_000
        is_value = shape.link is Link.IDENTITY
        fewest = _ROWS_TO_COMBINE_FOR_VALUES if is_value else _ROWS_TO_COMBINE
        unwanted = {"wide"} if shape.n_rows < 2_000 else set() if small else {"stumps"}
        found = []
        for name, cost, values in _PORTFOLIO:
            if name in unwanted:
                continue
            parameters = dict(zip(_HYPERPARAMETERS, values, strict=True))
            parameters |= {"bagging_freq": 1, "max_bin": few_bins if name in _COARSE else _BINS}
            one = Configuration(
                name=f"lightgbm {name}", order=_order(name, shape), cost=cost, parameters=parameters
            )
            found.append(one)
            if name in _COMBINED and shape.n_rows >= fewest:
                combined = f"lightgbm {name}, combined"
                later = _order(name, shape) + _LATER[name]
                coarse = {**parameters, "max_bin": few_bins}
                found.append(
                    replace(
                        one,
                        name=combined,
                        order=later,
                        cost=1.8 * cost,
                        parameters=coarse,
                        n_combined=_N_COMBINED,
                    )
                )
            if name in _WITH_WORDS and shape.n_terms >= _FEWEST_TERMS:
                n_words = min(_N_WORDS, _MOST_CELLS_OF_WORDS // shape.n_rows)
                few = {**one.parameters, **({} if is_value else _ROUNDS_OF_WORDS)}
                words = f"lightgbm {name}, words"
                order = _WITH_WORDS[name] + (0 if shape.is_text else _NAMES_LATER)
                found.append(
                    replace(one, name=words, order=order, cost=1.5 * cost, parameters=few, n_words=n_words)
                )
            if name == _WITH_SETS and shape.n_codes:
                sets = {**one.parameters, **_SETS, "as_categories": True}
                later = _order(name, shape) + _SETS_LATER
                found.append(
                    replace(
                        one,
                        name=f"lightgbm {name}, sets",
                        order=later,
                        parameters=sets,
                        encodings=("frequency",),
                    )
                )
        return found

    def fit(
        self, configuration: Configuration, train: Sample, valid: Sample | None, link: Link, limits: Limits
    ) -> Fit:
        """Boost until the validation loss stops falling, the rounds are used up or the time is."""
        library = bare("lightgbm")
        parameters = _library_parameters(configuration, train, link, limits)
        rounds = int(parameters.pop("rounds"))
        rounds = limits.rounds or max(20, round(rounds / limits.haste))
        codes = list(train.matrix.categories) if parameters.pop("as_categories", False) else []
        data = library.Dataset(
            train.matrix.dense,
            label=train.target,
            weight=train.weights,
            params=parameters,
            categorical_feature=codes,
        )
        data.construct()
        watched = []
        if valid is not None:
            watched = [
                library.Dataset(valid.matrix.dense, label=valid.target, weight=valid.weights, reference=data)
            ]
        patience = _patience(parameters["learning_rate"], len(train.target))
        watch = _Watch(limits, rounds, patience if valid is not None else None)
        booster = library.train(
            parameters, data, num_boost_round=rounds, valid_sets=watched, callbacks=[watch]
        )
        kept = watch.best_round if valid is not None else booster.current_iteration()
        fit = _describe(booster, kept, train, valid, limits, watch)
        settings = {"parameters": parameters, "rounds": rounds, "splits_sets": bool(codes)}
        return replace(fit, settings=settings)


def _order(name: str, shape: Shape) -> int:
    """Try first what usually wins: plain before deep trees on few rows, deep ones sooner on many."""
    if shape.n_rows < 2_000:
        return _ORDER_FEW[name]
    return _ORDER_SOME[name] if shape.n_rows < 8_000 else _ORDER_MANY[name]


def _library_parameters(
    configuration: Configuration, train: Sample, link: Link, limits: Limits
) -> dict[str, Any]:
    found = {
        **configuration.parameters,
        "objective": _OBJECTIVES[link],
        "metric": _METRICS[link],
        "num_threads": 1,
        "seed": limits.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "feature_pre_filter": False,
    }
    if link is Link.SOFTMAX:
        found["num_class"] = train.n_classes
    found["min_data_in_leaf"] = max(1, min(found["min_data_in_leaf"], len(train.target) // 20))
    if found["bagging_fraction"] * len(train.target) < 1:
        found["bagging_fraction"] = 1.0  # a bag without a row is a fatal error of the library
    # One tree per class and round: with many classes fewer, bolder rounds cost less and serve faster.
    boldness = min(4.0, max(1.0, (train.n_classes / 2) ** 0.5)) if link is Link.SOFTMAX else 1.0
    found["rounds"] = round(found["rounds"] / boldness)
    # The rates suit small data; on more rows the rounds would run out before the loss stops falling.
    rate = found["learning_rate"] * (2.0 if len(train.target) >= _MANY_ROWS else 1.0)
    found["learning_rate"] = min(0.3, rate * boldness * limits.haste)
    return found


def _patience(rate: float, n_rows: int) -> int:
    """Wait shorter for a better round where steps are larger, and where there are rows to tell soon."""
    return max(20, round(min(300.0, 5.0 / rate) * min(1.0, 10_000 / n_rows)))


@final
class _Watch:
    """Callback: keeps the best round, and ends training when it is beaten long enough or time is up."""

    order = 30
    before_iteration = False

    def __init__(self, limits: Limits, rounds: int, patience: int | None) -> None:
        self.limits, self.rounds, self.patience = limits, rounds, patience
        self.best_loss, self.best_round = np.inf, 0
        self.is_truncated = False
        self.haste = limits.haste
        self._started = time.monotonic()
        self._end = np.inf
        if limits.deadline is not None:
            # What follows training (predicting the fold, reading the trees) takes its share.
            self._end = self._started + _TRAINING_SHARE * (limits.deadline - self._started)

    def __call__(self, env: Any) -> None:
        stop = bare("lightgbm").callback.EarlyStopException
        round_number = env.iteration + 1
        if env.evaluation_result_list:
            loss = env.evaluation_result_list[0][2]
            if loss < self.best_loss:
                self.best_loss, self.best_round = loss, round_number
        if self.limits.deadline is not None:
            now = time.monotonic()
            if round_number == _PROBE_ROUNDS and self.limits.rounds is None:
                self._hurry(env, now)
            if now >= self._end:
                self.is_truncated = True
                raise stop(self.best_round - 1, env.evaluation_result_list)
        if self.patience is not None and round_number - self.best_round >= max(
            self.patience, 0.3 * self.best_round
        ):
            raise stop(self.best_round - 1, env.evaluation_result_list)

    def _hurry(self, env: Any, now: float) -> None:
        """Learn faster when the rounds to come would not fit: a coarser model beats a truncated one."""
        needed = (now - self._started) / _PROBE_ROUNDS * self.rounds
        left = self._end - now
        if needed <= left or self.limits.haste > 1.0:
            return
        factor = min(8.0, needed / max(left, 1e-3))
        rate = min(0.3, env.params["learning_rate"] * factor)
        self.haste = rate / env.params["learning_rate"]
        env.model.reset_parameter({"learning_rate": rate})


def _describe(
    booster: Any, kept: int, train: Sample, valid: Sample | None, limits: Limits, watch: _Watch
) -> Fit:
    trees = read_trees(booster.model_to_string(num_iteration=kept), max(1, booster.num_model_per_iteration()))
    probe = probe_rows(trees, train.matrix.dense, limits.seed)
    probe[np.abs(probe) <= _LIBRARY_ZERO] = 0.0

    def predict(dense: Singles) -> Floats:
        raw = booster.predict(dense, raw_score=True, num_iteration=kept, num_threads=1)
        return np.asarray(raw, dtype=np.float64).reshape(len(dense), -1)

    return Fit(
        model=trees,
        rounds=kept,
        is_truncated=watch.is_truncated,
        wants_more=watch.haste == 1.0 and not watch.is_truncated and kept >= _NEARLY_ALL * watch.rounds,
        haste=watch.haste,
        valid_scores=None if valid is None else predict(valid.matrix.dense),
        probe=Matrix(probe),
        probe_scores=predict(probe),
    )


def read_trees(text: str, n_scores: int) -> Trees:
    """Read LightGBM's text format into plain arrays.

    Split nodes come first, then leaves; children are numbers of split nodes, or leaves as ~number.
    A cell that is missing where none was in training counts as zero: LightGBM's rule, kept here.
    """
    parts: list[dict[str, Array]] = []
    for block in text.split("\nTree=")[1:]:
        fields = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
        parts.append(_read_tree(fields))
    return Trees.join(parts, np.arange(len(parts)) % n_scores, n_scores)


def _numbers(text: str, dtype: type[np.generic]) -> Array:
    return np.fromstring(text, dtype=dtype, sep=" ")


def _read_tree(fields: dict[str, str]) -> dict[str, Array]:
    leaves = _numbers(fields["leaf_value"], np.float64)
    n_leaves = len(leaves)
    if n_leaves == 1:
        empty = np.zeros(1, dtype=np.int64)
        return {
            "feature": empty - 1, "threshold": np.zeros(1), "missing_left": empty > 0,
            "left": empty, "right": empty, "values": leaves[:, None], "cover": np.ones(1),
        }  # fmt: skip
    n_splits = n_leaves - 1
    sets = _sets(fields)
    threshold = _numbers(fields["threshold"], np.float64)
    decision = _numbers(fields["decision_type"], np.int64)
    default_left = (decision & 2) > 0
    missing_left = np.where((decision >> 2) & 3 == _MISSING_NONE, threshold >= 0.0, default_left)

    def children(name: str) -> Array:
        child = _numbers(fields[name], np.int64)
        return np.concatenate([np.where(child < 0, n_splits + ~child, child), np.zeros(n_leaves, np.int64)])

    def padded(values: Array, fill: float | bool) -> Array:  # noqa: FBT001 - a fill value
        return np.concatenate([values, np.full(n_leaves, fill, dtype=values.dtype)])

    tree = {
        "feature": padded(_numbers(fields["split_feature"], np.int64), -1),
        "threshold": padded(threshold, 0.0),
        "missing_left": padded(missing_left, False),  # noqa: FBT003 - a fill value
        "left": children("left_child"),
        "right": children("right_child"),
        "values": np.concatenate([np.zeros(n_splits), leaves])[:, None],
        "cover": np.concatenate([np.zeros(n_splits), _numbers(fields["leaf_count"], np.float64)]),
    }
    is_set = (decision & 1) > 0
    return _expand(tree, np.flatnonzero(is_set), sets) if is_set.any() else tree


def _sets(fields: dict[str, str]) -> list[Array]:
    """Return the codes that go left, for every split of a category, in the order of their numbers."""
    if int(fields.get("num_cat", "0")) == 0:
        return []
    ends = _numbers(fields["cat_boundaries"], np.int64)
    words = _numbers(fields["cat_threshold"], np.int64).astype(np.uint32)
    found = []
    for start, end in pairwise(ends):
        bits = np.unpackbits(words[start:end].view(np.uint8), bitorder="little")
        found.append(np.flatnonzero(bits))
    return found


def _expand(tree: dict[str, Array], splits: Array, sets: list[Array]) -> dict[str, Array]:
    """Turn splits by a set of codes into chains of nodes, one per code, that share their left child.

    A missing code is in no set, so it goes right all along.
    """
    tree = {**tree, "is_equal": np.zeros(len(tree["feature"]), dtype=bool)}
    more: dict[str, list[Array]] = {name: [values] for name, values in tree.items()}
    n_nodes = len(tree["feature"])
    for node in splits:
        codes = sets[int(tree["threshold"][node])].astype(np.float64)
        rest = np.arange(n_nodes, n_nodes + len(codes) - 1)
        last = tree["right"][node]
        chain = {name: np.repeat(values[node : node + 1], len(rest), axis=0) for name, values in tree.items()}
        chain["threshold"], chain["is_equal"] = codes[1:], np.ones(len(rest), dtype=bool)
        chain["missing_left"] = np.zeros(len(rest), dtype=bool)
        chain["right"] = np.concatenate([rest[1:], [last]])[: len(rest)].astype(np.int64)
        tree["right"][node] = rest[0] if len(rest) else last
        tree["threshold"][node], tree["is_equal"][node] = codes[0], True
        tree["missing_left"][node] = False
        for name, values in chain.items():
            more[name].append(values)
        n_nodes += len(rest)
    return {name: np.concatenate(parts) for name, parts in more.items()}
