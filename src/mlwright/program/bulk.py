"""Answers many rows at once: ONNX Runtime for all but the trees, and a faster walk through those.

The runtime goes through trees row by row, and at every node waits for whether it guessed the branch. The file
stays the truth: the walk is used where it gives the same bits, which is tried before it is relied on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.program import walk
from mlwright.program.cut import FLOATS, cut
from mlwright.program.front import split
from mlwright.program.nodes import Nodes
from mlwright.program.pairs import pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlwright.core.arrays import Array, Singles
    from mlwright.core.trees import Trees
    from mlwright.program.cut import Cut
    from mlwright.program.pairs import Pairs

FEWEST_ROWS, FEWEST_STEPS = 50_000, 300_000_000
"""Rows, and rows times trees, from which on the seconds that machine code takes to make are soon won back."""
_PROOF_ROWS = 2_048
_logger = logging.getLogger("mlwright.program")


@final
class Bulk:
    """A program cut at its trees.

    Parameters
    ----------
    start
        What opens the bytes of a program with the runtime.
    outputs
        The answers, in their order.
    """

    def __init__(
        self, parts: Cut, forests: dict[str, Pairs], start: Callable[[bytes], Any], outputs: list[str]
    ) -> None:
        self._reads, self._forests, self._outputs = parts.reads, forests, outputs
        before = parts.before()
        self._before: Any = start(before) if before else None
        given = {} if self._before is None else kinds_of(self._before)
        kinds = given | {name: (FLOATS, forest.n_scores) for name, forest in forests.items()}
        self._given, self._fed = list(given), [] if self._before is None else _names(self._before)
        self._after: Any = start(parts.after(kinds))
        self._read = _names(self._after)

    def run(self, feeds: Mapping[str, Array]) -> list[Array]:
        """Answer rows; `feeds` is what a session of the whole program is fed with."""
        known = dict(feeds)
        if self._before is not None:
            fed = {name: feeds[name] for name in self._fed}
            known.update(zip(self._given, self._before.run(self._given, fed), strict=True))
        for name, read in self._reads.items():
            known[name] = walk.scores_of(self._forests[name], known[read])
        answers: list[Array] = self._after.run(self._outputs, {name: known[name] for name in self._read})
        return answers


def hastened(data: bytes, n_rows: int, start: Callable[[bytes], Any], outputs: list[str]) -> Bulk | None:
    """Return a faster way through a program for so many rows; None if there is none, or it does not pay."""
    if n_rows < FEWEST_ROWS or not walk.is_there():
        return None
    parts = cut(split(data)[1])
    if parts is None:
        return None
    trees = _trees_of(data, parts)
    if n_rows * sum(each.n_trees for each in trees.values()) < FEWEST_STEPS:
        return None
    forests = {name: pairs for name, each in trees.items() if (pairs := pairs_of(each)) is not None}
    if len(forests) < len(trees):
        return None
    for name, pairs in forests.items():
        if not _is_same(start(parts.trees(name)), name, pairs, _hard_rows(trees[name])):
            _logger.warning("Trees are left to ONNX Runtime: a walk through them gave other bits.")
            return None
    return Bulk(parts, forests, start, outputs)


def _trees_of(data: bytes, parts: Cut) -> dict[str, Trees]:
    """Read the ensembles; none if they cannot be read back, as those of the first versions."""
    nodes = Nodes(data)
    try:
        return {name: nodes.trees(name) for name in parts.reads}
    except ArtifactError:
        return {}


def are_same(known: Sequence[Array], found: Sequence[Array]) -> bool:
    """Tell whether two ways gave the same answers, to the last bit."""
    return all(
        a.shape == b.shape and a.dtype == b.dtype and (a == b).all() if a.dtype == object
        else a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(known, found, strict=True)
    )  # fmt: skip


def _is_same(session: Any, name: str, pairs: Pairs, rows: Singles) -> bool:
    (read,) = _names(session)
    known = session.run([name], {read: rows})
    return are_same(known, [walk.scores_of(pairs, rows)])


def _hard_rows(trees: Trees) -> Singles:
    """Make rows of what trees could get wrong: thresholds, what lies beside them, and what is no number."""
    rng = np.random.default_rng(0)
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 3e38], np.float32)
    rows = np.empty((_PROOF_ROWS, int(trees.feature.max(initial=0)) + 1), np.float32)
    for feature in range(rows.shape[1]):
        here = np.append(trees.threshold[trees.feature == feature], np.float32(0))
        chosen = rng.choice(here, _PROOF_ROWS)
        to = np.where(rng.random(_PROOF_ROWS) < 0.5, np.float32(np.inf), np.float32(-np.inf))
        beside = np.where(rng.random(_PROOF_ROWS) < 0.6, np.nextafter(chosen, to), chosen)
        rows[:, feature] = np.where(rng.random(_PROOF_ROWS) < 0.1, rng.choice(odd, _PROOF_ROWS), beside)
    return rows


def kinds_of(session: Any) -> dict[str, tuple[str, int | None]]:
    """Return type and width of what a session gives; None where it is no table, or not known."""
    return {item.name: (item.type, _width(item.shape)) for item in session.get_outputs()}


def _width(shape: Sequence[int | str | None]) -> int | None:
    width = shape[1] if len(shape) == 2 else None
    return width if isinstance(width, int) else None


def _names(session: Any) -> list[str]:
    return [item.name for item in session.get_inputs()]
