"""Learner: an unfitted recipe, one file each in `learners/`. FittedModel: what it becomes, plain data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Singles
    from mlwright.core.graph import Graph
    from mlwright.core.task import Link


_TERMS_OF_TEXT = 100.0
"""Short messages have 140, names with everything else about a person 90 (benchmarks/ablations.md)."""


@final
@dataclass(frozen=True, slots=True)
class Matrix:
    """What learners see: dense features (n_rows, n_dense), NaN is missing, and word weights or None.

    `categories` are the dense features that hold codes of categories, by number. The first `n_numbers` are
    numbers as rows hold them, all if None; the others stand for categories or are combined of others.
    """

    dense: Singles
    terms: Any = None
    categories: tuple[int, ...] = ()
    n_numbers: int | None = None

    def take(self, rows: Array) -> Matrix:
        """Return the chosen rows."""
        terms = None if self.terms is None else self.terms[rows]
        return replace(self, dense=self.dense[rows], terms=terms)


@final
@dataclass(frozen=True, slots=True)
class Sample:
    """Rows to learn from or to be watched on: features, target (n_rows,), weights or None.

    `n_classes` is 0 when the target holds values.
    """

    matrix: Matrix
    target: Floats
    weights: Floats | None = None
    n_classes: int = 0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a learner may know of the data before it proposes configurations.

    `n_terms` words and sequences of letters are known, `terms_per_row` stand in a row.
    """

    n_rows: int
    n_dense: int
    n_codes: int
    n_terms: int
    n_scores: int
    link: Link
    terms_per_row: float = 0.0

    @property
    def is_text(self) -> bool:
        """Whether rows hold texts to read; shorter ones are names, of which words tell little."""
        return self.terms_per_row >= _TERMS_OF_TEXT


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One candidate: a learner with its hyperparameters.

    `order` says when it is tried, lower first; 0 is kept for the baseline, of which there is one.
    `encodings` names how categories become numbers; `cost` > 0 is the time that it needs, in relation
    to others. One that `ignores_trend` does not see the features that grow with time. `n_combined` is how
    many features that are combined of others it gets, `n_words` how many that tell whether a word or a
    sequence of letters is there. `haste` >= 1 is that of `Limits`, from the start.
    """

    name: str
    order: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    encodings: tuple[str, ...] = ("frequency", "target_mean")
    cost: float = 0.1
    learner: str = ""
    ignores_trend: bool = False
    n_combined: int = 0
    n_words: int = 0
    haste: float = 1.0

    @property
    def features(self) -> tuple[tuple[str, ...], bool, int, int]:
        """What it sees: candidates with the same share their features."""
        return self.encodings, self.ignores_trend, self.n_combined, self.n_words


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far one fit may go.

    `deadline` is a time of `time.monotonic()` [s] or None when the budget is in work units; then
    nothing may depend on the clock. `rounds` fixes the number of boosting rounds (a refit);
    `haste` >= 1 multiplies learning rates to meet a deadline.
    """

    deadline: float | None = None
    rounds: int | None = None
    haste: float = 1.0
    seed: int = 0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sequel:
    """What is tried after a candidate that wanted more: the same, with one hyperparameter multiplied.

    The hyperparameter grows to `most` at most, the cost of the candidate by `cost`. With a `gain` it follows
    only one that is better by this share of the loss than its kin, those with the same learner and features,
    if none of them has a larger value.
    """

    parameter: str
    factor: float
    most: float
    cost: float
    gain: float | None = None


class FittedModel(ABC):
    """A fitted learner as plain data: no library objects, so it can be stored and lowered."""

    is_answer: bool
    """Whether the scores are probabilities already, so that no link is to be applied."""
    n_nodes: int
    """How many nodes its trees have; 0 without trees."""

    @abstractmethod
    def scores(self, matrix: Matrix) -> Floats:
        """Return raw scores, shape (n_rows, n_scores). The reference the program is proven against."""

    @abstractmethod
    def lower(self, graph: Graph, dense: str, terms: str) -> str:
        """Write the model into the program and return the name of its raw scores."""

    @abstractmethod
    def edges(self, n_dense: int) -> list[Floats]:
        """Return, per dense feature, values at which answers jump (the proof goes there)."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The outcome of one fit. `refit_share` of its time is what fitting it again will take.

    It `wants_more` if it used up its rounds and might have gone on to learn, without being in haste.
    `valid_scores` are raw scores of the validation rows by the library that trained the model;
    `probe_scores` those of `probe`, rows of features that test the translation into plain data.
    `settings`, JSON values, are what the model was fitted with in the end: whoever gives them and the same
    rows to the same library gets the same model.
    """

    model: FittedModel
    rounds: int = 0
    is_truncated: bool = False
    wants_more: bool = False
    haste: float = 1.0
    refit_share: float = 1.0
    valid_scores: Floats | None = None
    probe: Matrix | None = None
    probe_scores: Floats | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


class Learner(ABC):
    """A family of models."""

    serves: ClassVar[frozenset[Link]]
    grows_with_rows: ClassVar[bool] = False
    """Whether a fit on more rows deserves more rounds."""
    has_luck: ClassVar[bool] = True
    """Whether another seed gives another model."""
    is_smaller_in_haste: ClassVar[bool] = False
    """Whether larger steps of learning give a smaller model."""
    is_anytime: ClassVar[bool] = False
    """Whether a fit comes out well however soon its deadline is; in a short run these are tried first."""
    steps: ClassVar[Mapping[str, tuple[float, float]]] = {}
    """Hyperparameters that may be moved, with the smallest and the largest value that makes sense."""
    sequel: ClassVar[Sequel | None] = None
    """What to try after a candidate that wanted more."""

    @abstractmethod
    def configurations(self, shape: Shape) -> list[Configuration]:
        """Propose candidates for data of this shape."""

    @abstractmethod
    def fit(
        self, configuration: Configuration, train: Sample, valid: Sample | None, link: Link, limits: Limits
    ) -> Fit:
        """Fit one candidate; with `valid`, stop early by it."""
