"""Trees as nested questions, with chains of equalities put back together as sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.exports.query.term import Term, Terms, Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@final
@dataclass(frozen=True, slots=True)
class Question:
    """Go to `yes` if the feature is at most the threshold (or among `among`), else to `no`.

    `feature` is a number of the features of the forest; `null_is_yes` tells where NULL goes.
    """

    feature: int
    threshold: float
    among: tuple[float, ...]
    null_is_yes: bool
    yes: Tree
    no: Tree
    size: int


Tree = Question | float
"""A question, or what a leaf gives."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees whose leaves are added, one after the other and rounded to single precision each time."""

    trees: tuple[Tree, ...]


def as_forest(terms: Terms, cells: list[Term], attributes: Mapping[str, Any]) -> list[Term]:
    """Return the scores of a TreeEnsembleRegressor, one term each, made of one for each portion of trees."""
    nodes = _Nodes(attributes)
    found = []
    for target in range(int(attributes["n_targets"])):
        total: tuple[Term, ...] = ()
        for some in _portions(nodes.trees(target), terms.portion):
            # What has been added so far comes first, then the features that these trees ask for.
            used = sorted({feature for tree in some for feature in _features(tree)})
            place = {feature: number for number, feature in enumerate(used)}
            forest = Forest(tuple(_renumbered(tree, place) for tree in some))
            edge = sum(_largest(tree) for tree in some) + (
                max(-total[0].low, total[0].high) if total else 0.0
            )
            term = terms.make(
                "forest", Type.SINGLE, *total, *(cells[feature] for feature in used),
                data=(forest, bool(total)), low=-edge, high=edge,
            )  # fmt: skip
            total = (term,)
        found.append(total[0] if total else terms.constant(0.0, Type.SINGLE))
    return found


def _portions(trees: list[Tree], most: tuple[int, int] | None) -> Iterator[list[Tree]]:
    """Cut a list where a portion would have too many trees or questions."""
    some: list[Tree] = []
    for tree in trees:
        if most and some and (len(some) == most[0] or sum(map(size, some)) + size(tree) > most[1]):
            yield some
            some = []
        some.append(tree)
    if some:
        yield some


@final
class _Nodes:
    """The node lists of an ensemble, trees found by position."""

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        self.tree_of = np.array(attributes["nodes_treeids"], dtype=np.int64)
        starts = np.flatnonzero(np.diff(self.tree_of, prepend=-1))
        first = np.repeat(starts, np.diff([*starts, len(self.tree_of)]))
        self.roots: list[int] = starts.tolist()
        self.feature: list[int] = attributes["nodes_featureids"]
        self.threshold: list[float] = np.array(attributes["nodes_values"], np.float32).astype(float).tolist()
        self.mode: list[str] = attributes["nodes_modes"]
        self.null_is_yes: list[int] = attributes["nodes_missing_value_tracks_true"]
        self.yes: list[int] = (np.array(attributes["nodes_truenodeids"]) + first).tolist()
        self.no: list[int] = (np.array(attributes["nodes_falsenodeids"]) + first).tolist()
        trees = np.array(attributes["target_treeids"], dtype=np.int64)
        by_id = dict(zip(self.tree_of[starts].tolist(), starts.tolist(), strict=True))
        at = np.array([by_id[tree] for tree in trees.tolist()]) + np.array(attributes["target_nodeids"])
        weights = np.array(attributes["target_weights"], np.float32).astype(float)
        self.leaf: dict[tuple[int, int], float] = dict(
            zip(zip(at.tolist(), attributes["target_ids"], strict=True), weights.tolist(), strict=True)
        )

    def trees(self, target: int) -> list[Tree]:
        """Return the trees that add to a score, in their order."""
        own = {int(self.tree_of[node]) for node, to in self.leaf if to == target}
        return [self._tree(root, target) for root in self.roots if int(self.tree_of[root]) in own]

    def _tree(self, node: int, target: int) -> Tree:
        if self.mode[node] == "LEAF":
            return self.leaf.get((node, target), 0.0)
        feature, yes, no = self.feature[node], self.yes[node], self.no[node]
        among: list[float] = []
        if self.mode[node] == "BRANCH_EQ":
            among.append(self.threshold[node])
            while self._continues(no, feature, yes):
                among.append(self.threshold[no])
                no = self.no[no]
        one, other = self._tree(yes, target), self._tree(no, target)
        return Question(
            feature, self.threshold[node], tuple(among), bool(self.null_is_yes[node]), one, other,
            1 + size(one) + size(other),
        )  # fmt: skip

    def _continues(self, node: int, feature: int, yes: int) -> bool:
        """Tell whether this node asks for one more value of the same set."""
        is_alike = self.mode[node] == "BRANCH_EQ" and not self.null_is_yes[node]
        return is_alike and self.feature[node] == feature and self.yes[node] == yes


def size(tree: Tree) -> int:
    """Return the number of questions of a tree."""
    return tree.size if isinstance(tree, Question) else 0


def questions(forest: Forest) -> Iterator[Question]:
    """Yield all questions of a forest."""
    stack: list[Tree] = list(forest.trees)
    while stack:
        tree = stack.pop()
        if isinstance(tree, Question):
            yield tree
            stack += [tree.yes, tree.no]


def _features(tree: Tree) -> set[int]:
    if not isinstance(tree, Question):
        return set()
    return {tree.feature} | _features(tree.yes) | _features(tree.no)


def _renumbered(tree: Tree, place: Mapping[int, int]) -> Tree:
    if not isinstance(tree, Question):
        return tree
    yes, no = _renumbered(tree.yes, place), _renumbered(tree.no, place)
    return replace(tree, feature=place[tree.feature], yes=yes, no=no)


def _largest(tree: Tree) -> float:
    return max(_largest(tree.yes), _largest(tree.no)) if isinstance(tree, Question) else abs(tree)


def threshold_text(threshold: float) -> str:
    """Return the shortest decimal that cuts single precision where the threshold does.

    Every number from the threshold up to, but not including, the next single does.
    """
    following = float(np.nextafter(np.float32(threshold), np.float32(np.inf)))
    for digits in range(1, 17):
        text = f"{threshold:.{digits - 1}e}"
        for found in (text, _above(text)):
            if threshold <= float(found) < following:
                return shortened(found)
    return repr(threshold)


def _above(text: str) -> str:
    """Return the next larger decimal with as many digits."""
    mantissa, power = text.split("e")
    digits = len(mantissa.partition(".")[2])
    return f"{float(mantissa) + 10.0**-digits:.{digits}f}e{power}"


def shortened(text: str) -> str:
    """Write a number such as 1.250e+01 as 12.5, if that is short."""
    plain = f"{np.format_float_positional(float(text), trim='-')}"
    mantissa, _, power = text.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    other = f"{mantissa}e{int(power)}" if power else mantissa
    return plain if len(plain) <= len(other) + 2 and float(plain) == float(text) else other
