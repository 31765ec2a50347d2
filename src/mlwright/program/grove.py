"""All trees of a program, side by side, so that one pass explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.shapley import Forest
from mlwright.core.trees import Trees

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.program.nodes import Nodes

_Ensemble = tuple[int, dict[str, Any], Trees]


@final
class Grove:
    """Forests, each of the ensembles whose leaves give as many numbers.

    Parameters
    ----------
    parts
        Those that are trees, by number: "reads", "scores" and "owners" (see `program.sums`).
    """

    def __init__(self, parts: Mapping[int, dict[str, Any]], nodes: Nodes, n_players: int) -> None:
        ensembles = [(number, part, nodes.trees(part["scores"])) for number, part in parts.items()]
        widths = sorted({trees.values.shape[1] for _, _, trees in ensembles})
        self._n_players = n_players
        self._forests = [
            _Wood([one for one in ensembles if one[2].values.shape[1] == width], n_players)
            for width in widths
        ]

    def scores(self, values: Mapping[str, Array] | None) -> dict[int, tuple[Floats, Floats]]:
        """Return for each part the scores when nothing is known, and what each player adds to them.

        `values` holds what the parts read of one row, each of shape (n_features,); without, nothing is added.
        """
        found = {}
        for wood in self._forests:
            found.update(wood.scores(values))
        return found


@final
class _Wood:
    """Ensembles that became one forest: their features and their scores one after the other."""

    def __init__(self, ensembles: list[_Ensemble], n_players: int) -> None:
        self._reads = list(dict.fromkeys(part["reads"] for _, part, _ in ensembles))
        owners = {part["reads"]: np.array(part["owners"], dtype=np.int64) for _, part, _ in ensembles}
        starts = np.cumsum([0, *(len(owners[name]) for name in self._reads)]).tolist()
        first = dict(zip(self._reads, starts[:-1], strict=True))
        self._slices: dict[int, slice] = {}
        n_scores = 0
        for number, _, trees in ensembles:
            self._slices[number] = slice(n_scores, n_scores + trees.n_scores)
            n_scores += trees.n_scores
        features = [first[part["reads"]] for _, part, _ in ensembles]
        scores = [there.start for there in self._slices.values()]
        joined = _joined([trees for _, _, trees in ensembles], features, scores, n_scores)
        self._forest = Forest(joined, np.concatenate([owners[name] for name in self._reads]), n_players)
        self._n_players = n_players

    def scores(self, values: Mapping[str, Array] | None) -> dict[int, tuple[Floats, Floats]]:
        amounts: Floats = np.zeros((len(self._forest.base), self._n_players))
        if values is not None:
            amounts = self._forest.amounts(np.concatenate([values[name] for name in self._reads]))
        return {n: (self._forest.base[there], amounts[there]) for n, there in self._slices.items()}


def _joined(ensembles: list[Trees], features: list[int], scores: list[int], n_scores: int) -> Trees:
    """Put ensembles together, with their features and their scores moved by so many."""
    starts = np.cumsum([0, *(len(trees.feature) for trees in ensembles)]).tolist()

    def all_of(name: str, shifts: list[int] | None = None) -> Integers:
        moved = shifts or [0] * len(ensembles)
        return np.concatenate(
            [getattr(trees, name) + shift for trees, shift in zip(ensembles, moved, strict=True)]
        )

    feature = np.where(all_of("feature") < 0, -1, all_of("feature", features))
    return Trees(
        feature=feature,
        threshold=np.concatenate([trees.threshold for trees in ensembles]),
        missing_left=np.concatenate([trees.missing_left for trees in ensembles]),
        left=all_of("left", starts[:-1]),
        right=all_of("right", starts[:-1]),
        values=np.concatenate([trees.values for trees in ensembles]),
        roots=all_of("roots", starts[:-1]),
        target=all_of("target", scores),
        n_scores=n_scores,
        is_equal=np.concatenate([trees.is_equal for trees in ensembles]),
        cover=np.concatenate([trees.cover for trees in ensembles]),
        n_nodes=len(feature),
    )
