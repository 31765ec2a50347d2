"""Words: whether a text holds a term, of the few hundred terms that tell trees most.

Themes blur single words, and thousands of columns would keep trees busy for minutes; chosen well, three
hundred do as well as all (benchmarks/ablations.md). That a term is there is exact, unlike its weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.seeds import stream
from mlwright.features.quick import boost

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph
    from mlwright.features.combine import Owners

_MOST_ROWS = 8_000
_SECOND_LOOK = 1_500
"""So many terms get a second look, all together."""
_MOST_TREES = 90
"""Of the quick model: it is made for every fold, and its time is one tree for each class and round."""
_SMOOTHING_ROWS = 10.0
"""A term that stands in few texts tells by chance."""


@final
@dataclass(frozen=True)
class Words:
    """The chosen terms: `places` among all, ascending, shape (n_words,)."""

    places: Array

    def transform(self, terms: Any) -> Singles:
        """Return 1 where a term is there and 0 where not, shape (n_rows, n_words), given their weights."""
        return np.asarray((terms[:, self.places] > 0).toarray(), dtype=np.float32)

    def owners(self, terms: Owners) -> Owners:
        """Return the owners of the features, given those of all terms."""
        return tuple(terms[place] for place in self.places.tolist())

    def lower(self, graph: Graph, terms: str) -> str:
        """Write them into the program."""
        chosen = graph.add("Gather", terms, graph.constant(self.places, np.int64), axis=1)
        is_there = graph.add("Less", graph.constant(0.0), chosen)
        return graph.add("Cast", is_there, to=np.dtype(np.float32))


def choose_words(
    terms: Any, single: Singles, target: Floats, n_classes: int, keep: int, seed: int
) -> Words | None:
    """Return at most `keep` terms, or None if there are none to choose from.

    First by how far the target of the texts that hold a term lies from that of all, in standard errors;
    then a quick model chooses among the best of these and `single`, the other features, of shape
    (n_rows, n_features).
    """
    if terms is None or not terms.shape[1]:
        return None
    n_rows = len(target)
    some = np.arange(n_rows)
    if n_rows > _MOST_ROWS:
        some = np.sort(stream(seed, "words rows").choice(n_rows, _MOST_ROWS, replace=False))
    told = _told(terms, target, n_classes)
    best = np.sort(np.argsort(-told, kind="stable")[:_SECOND_LOOK])
    words = Words(best[told[best] > 0])
    if len(words.places) <= keep:
        return words if len(words.places) else None
    given = np.hstack([single[some], words.transform(terms[some])])
    options = {"learning_rate": 0.2, "max_bin": 31, "feature_fraction": 0.3}
    quick = boost(given, target[some], n_classes, seed, rounds=60, most_trees=_MOST_TREES, **options)
    gains = np.asarray(quick.feature_importance("gain"))[single.shape[1] :]
    # Terms that the quick model had no use for fill up, the most telling first.
    order = np.lexsort((-told[words.places], -gains))
    return Words(np.sort(words.places[order[:keep]]))


def _told(terms: Any, target: Floats, n_classes: int) -> Floats:
    """Return for each term the largest standardized difference of the target, shape (n_terms,)."""
    goals = np.eye(n_classes)[target.astype(np.int64)] if n_classes > 2 else target[:, None]
    centered = (goals - goals.mean(axis=0)) / np.maximum(goals.std(axis=0), 1e-12)
    is_there = (terms > 0).T.tocsr()
    counts = np.asarray(is_there.sum(axis=1)).ravel()
    sums = np.asarray(is_there @ centered)
    found: Integers | Floats = np.abs(sums).max(axis=1) / np.sqrt(counts + _SMOOTHING_ROWS)
    return np.asarray(found, dtype=np.float64)
