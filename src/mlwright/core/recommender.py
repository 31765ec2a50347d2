"""Histories, what users took; Recommender, what learns from them, one file each in `recommenders/`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph

    Settings = Mapping[str, float]
    """Hyperparameters of a recommender."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What is known of users besides what they took: words, and who has which of them.

    The words of user u have the numbers `codes[starts[u]:starts[u + 1]]`, each once.
    """

    words: tuple[str, ...]
    starts: Integers
    codes: Integers

    @classmethod
    def of(cls, words: tuple[str, ...], said: Sequence[Sequence[int]]) -> Traits:
        """Put together what is known of each user, as numbers of words."""
        starts = np.cumsum([0, *map(len, said)]).astype(np.int64)
        return cls(words, starts, np.array([code for one in said for code in one], np.int64))

    def take(self, users: Array) -> Traits:
        """Return those of the chosen users, in that order."""
        lengths = np.diff(self.starts)[users]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.repeat(self.starts[users] - starts[:-1], lengths) + np.arange(starts[-1])
        return Traits(self.words, starts, self.codes[at])

    def joined(self, other: Traits) -> Traits:
        """Return these users, and behind them others of whom the same words can be known."""
        starts = np.concatenate([self.starts, self.starts[-1] + other.starts[1:]])
        return Traits(self.words, starts, np.concatenate([self.codes, other.codes]))

    def said(self, user: int) -> list[str]:
        """Return the words of a user."""
        at = slice(int(self.starts[user]), int(self.starts[user + 1]))
        return [self.words[code] for code in self.codes[at].tolist()]


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histories:
    """What users took: the items of user u stand at `starts[u]:starts[u + 1]`, the latest first, each once.

    `items` are numbers below `n_items`, the most frequent item first; `strengths` in (0, 1] say how
    much each was liked or used. `times` [epoch s], of the same shape (n_events,), are None where
    nobody knows when. `contents` is what else is known of the items, a sparse matrix (n_items, n_features)
    with rows of length 1, or 0 where nothing is; `traits` what else is known of the users. None without any.
    """

    starts: Integers
    items: Integers
    strengths: Singles
    n_items: int
    times: Floats | None = None
    contents: Any = None
    traits: Traits | None = None

    @property
    def n_users(self) -> int:
        """How many users there are."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> Integers:
        """How many items each user took, shape (n_users,)."""
        found: Integers = np.diff(self.starts)
        return found

    @property
    def users(self) -> Integers:
        """The user of each event, shape (n_events,)."""
        return np.repeat(np.arange(self.n_users), self.lengths)

    @property
    def positions(self) -> Integers:
        """How many items the user took after this one, shape (n_events,)."""
        found: Integers = np.arange(len(self.items)) - np.repeat(self.starts[:-1], self.lengths)
        return found

    @property
    def counts(self) -> Integers:
        """How many users took each item, shape (n_items,)."""
        return np.bincount(self.items, minlength=self.n_items)

    def take(self, users: Array) -> Histories:
        """Return the histories of the chosen users, in that order."""
        lengths = self.lengths[users]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        at = np.repeat(self.starts[users] - starts[:-1], lengths) + np.arange(starts[-1])
        found = self._at(at, starts)
        return found if self.traits is None else replace(found, traits=self.traits.take(users))

    def padded(self, n_more: int) -> Histories:
        """Return the same with so many users more, of whom nothing is known."""
        starts, traits = np.pad(self.starts, (0, n_more), mode="edge"), self.traits
        if traits is not None:
            traits = replace(traits, starts=np.pad(traits.starts, (0, n_more), mode="edge"))
        return replace(self, starts=starts, traits=traits)

    def some(self, most_events: float, rng: np.random.Generator) -> Histories:
        """Return users at random with so many events together; all of them if there are no more."""
        if len(self.items) <= most_events:
            return self
        order = rng.permutation(self.n_users)
        n_users = int(np.searchsorted(np.cumsum(self.lengths[order]), most_events, side="right"))
        return self.take(np.sort(order[: max(1, n_users)]))

    def keep(self, is_kept: Array) -> Histories:
        """Return the same users without some of their events; `is_kept` has shape (n_events,)."""
        kept = np.concatenate([[0], np.cumsum(is_kept)])
        return self._at(np.flatnonzero(is_kept), kept[self.starts])

    def _at(self, events: Integers, starts: Integers) -> Histories:
        return replace(
            self,
            starts=starts.astype(np.int64),
            items=self.items[events],
            strengths=self.strengths[events],
            times=None if self.times is None else self.times[events],
        )

    def weighing(self, weights: Singles) -> Histories:
        """Return the same events with other strengths."""
        return replace(self, strengths=weights.astype(np.float32))


@final
@dataclass(frozen=True, slots=True)
class Given:
    """Values of a program that scores histories; there is one item more than there are, for what is unknown.

    `codes` (n_rows, n_words) are items and `weights`, of the same shape, how much each counts; `dense`
    (n_rows, n_items + 1) are the weights at their items; `n_rows` is a shape, [n_rows, 1]. `traits`
    (n_rows, n_words) are the words of the users, "" in a program that does not read them.
    """

    codes: str
    weights: str
    dense: str
    n_rows: str
    traits: str = ""


class FittedRecommender(ABC):
    """A fitted recommender as plain data. Its scores have no unit; the highest is the best."""

    reads_traits: ClassVar[bool] = False
    """Whether it looks at what is known of a user besides the history."""

    @abstractmethod
    def scores(self, asked: Histories) -> Singles:
        """Return scores, shape (n_users, n_items). The reference the program is proven against."""

    @abstractmethod
    def lower(self, graph: Graph, given: Given) -> str:
        """Write the same into a program: the name of a value (n_rows, n_items + 1) in single precision."""


class Recommender(ABC):
    """A way to learn from histories."""

    is_naive: ClassVar[bool] = False
    """Whether it is one of those that others have to beat; these are tried before the others."""
    is_for_repeats: ClassVar[bool] = False
    """Whether it is tried only where users may be offered what they took before."""
    is_for_few: ClassVar[bool] = False
    """Whether it is also tried for those of whom few items are known."""
    order: ClassVar[int] = 0
    """When it is tried, lower first."""
    is_slow: ClassVar[bool] = False
    """Whether others are much quicker.

    Such a recommender is tried when all others were, if the time that is left is enough for it, and learns
    from events as they are: by strength, where there are strengths.
    """
    fades: ClassVar[tuple[tuple[float, float], ...]] = (
        (1.0, 1.0), (0.5, 0.97), (0.3, 0.97), (0.3, 0.9), (0.1, 0.95), (0.1, 0.9),
    )  # fmt: skip
    """How the items of a history may fade with age, as floor and decay; the first where nobody knows when."""

    @abstractmethod
    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose settings for a log of this size; none where it would take too long or too much memory."""

    @abstractmethod
    def seconds(self, known: Histories) -> float:
        """Say about how long a fit takes on a usual processor that has nothing else to do [s]."""

    @abstractmethod
    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Fit one candidate."""
