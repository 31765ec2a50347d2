"""Combine: features made of several others, chosen by what they add to the single ones.

Thousands of candidates are cheap to compute and to rank on a few thousand rows; keeping some dozen
of them keeps training and serving fast. Source of the idea: "TabPrep", arXiv 2606.02384; the cut to a
few by what single features leave unexplained is ours (benchmarks/ablations.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.combination import Candidate, Combination, FittedCombination, Ingredients
from mlwright.core.seeds import stream
from mlwright.core.shelves import COMBINATIONS
from mlwright.features.bins import Bins
from mlwright.features.inner import inner_folds
from mlwright.features.quick import boost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.graph import Graph
    from mlwright.core.step import Block

_MOST_ROWS = 6_000
_BEST_NUMBERS = 24
_BEST_KEYS = 14
_QUANTILES = 24
_MAX_CLASSES = 12
_SECOND_LOOK = 3
"""So many times more candidates than wanted get a second look, all together."""


@final
@dataclass(frozen=True)
class Combined:
    """The chosen candidates of each combination, fitted; `names` are the ids of the combinations."""

    bins: Bins
    parts: tuple[FittedCombination, ...]
    names: tuple[str, ...]

    def transform(self, block: Block, sizes: tuple[int, ...]) -> Singles:
        """Return the features, shape (n_rows, n_features)."""
        rows = ingredients(block, sizes, self.bins)
        return np.hstack([part.transform(rows) for part in self.parts])

    def owners(self, dense: Owners, codes: Owners) -> Owners:
        """Return the owners of the features, given those of the dense features and of the codes."""
        keys = codes + tuple(dense[column] for column in self.bins.columns)
        candidates = [one for part in self.parts for one in part.made_of]
        sources = [
            [*(dense[number] for number in one.numbers), *(keys[key] for key in one.keys)]
            for one in candidates
        ]
        return tuple(tuple(dict.fromkeys(name for names in those for name in names)) for those in sources)

    def lower(self, graph: Graph, dense: str, codes: str) -> list[str]:
        """Write all of them into the program."""
        keys = [graph.add("Cast", codes, to=np.dtype(np.int64))] if codes else []
        if len(self.bins.columns):
            keys.append(self.bins.lower(graph, dense))
        joined = graph.add("Concat", *keys, axis=1) if len(keys) > 1 else "".join(keys)
        return [part.lower(graph, dense, joined) for part in self.parts]


Owners = tuple[tuple[str, ...], ...]
"""For each feature the raw columns that it is made of."""
Chosen = tuple[Bins, dict[str, list[Candidate]]]
"""Candidates by the name of their combination; the bins give meaning to the keys."""


def ingredients(block: Block, sizes: tuple[int, ...], bins: Bins) -> Ingredients:
    """Return what combinations read: keys are the codes, then the bins."""
    assert block.dense is not None  # noqa: S101 - a recipe always gives dense features
    assert block.codes is not None  # noqa: S101 - a recipe always gives codes, if with no columns
    keys = np.hstack([block.codes, bins.transform(block.dense)]).astype(np.int32)
    return Ingredients(dense=block.dense, keys=keys, sizes=sizes + bins.sizes)


def fit_combined(
    chosen: Chosen, block: Block, sizes: tuple[int, ...], target: Floats, n_classes: int, seed: int
) -> tuple[Combined, Singles]:
    """Fit what was chosen on training rows; return also their own features, out of fold."""
    bins, candidates = chosen
    rows = ingredients(block, sizes, bins)
    parts, features = [], []
    for name, those in candidates.items():
        combination = COMBINATIONS.get(name)
        parts.append(combination.fit(those, rows, target, n_classes))
        features.append(_out_of_fold(combination, parts[-1], those, rows, target, n_classes, seed))
    return Combined(bins, tuple(parts), tuple(candidates)), np.hstack(features)


def choose(
    block: Block,
    sizes: tuple[int, ...],
    encoded: Singles,
    target: Floats,
    n_classes: int,
    keep: int,
    seed: int,
) -> Chosen | None:
    """Rank all candidates on some of the rows and return the best `keep`; None if there is none.

    `encoded` holds the single features, shape (n_rows, n_features): dense ones first.
    """
    assert block.dense is not None  # noqa: S101 - a recipe always gives dense features
    bins = Bins.fit(block.dense)
    some = _some_rows(len(target), seed)
    rows = ingredients(block, sizes, bins).take(some)
    truth, single = target[some], encoded[some]
    residual, importance = _leave_unexplained(single, truth, n_classes, seed)
    numbers = _best_numbers(rows.dense, importance)
    keys = _best_keys(rows, truth, n_classes)
    ranked = []
    for name in COMBINATIONS.names():
        combination = COMBINATIONS.get(name)
        if not width(combination, n_classes):
            continue
        for candidate in combination.propose(numbers, keys, rows.sizes):
            seen = combination.sketch(candidate, rows)
            share = _share(_groups(seen), residual)
            if share > 0:
                ranked.append((share, name, candidate))
    ranked.sort(key=lambda one: (-one[0], one[1], one[2]))
    wanted = _grouped(_without_copies(ranked)[: _SECOND_LOOK * keep])
    if not wanted:
        return None
    best = _second_look(wanted, rows, single, truth, n_classes, keep, seed)
    return _renumber(bins, best, len(sizes))


def width(combination: Combination, n_classes: int) -> int:
    """Return how many features one candidate gives; 0 when the classes are too many."""
    if not combination.uses_target or n_classes <= 2:
        return 1
    return n_classes if n_classes <= _MAX_CLASSES else 0


def _some_rows(n_rows: int, seed: int) -> Integers:
    if n_rows <= _MOST_ROWS:
        return np.arange(n_rows)
    return np.sort(stream(seed, "combine rows").choice(n_rows, _MOST_ROWS, replace=False))


def _leave_unexplained(single: Singles, target: Floats, n_classes: int, seed: int) -> tuple[Floats, Floats]:
    """Return what a quick model of the single features misses, (n_rows, n_scores), and their importance."""
    quick = boost(
        single, target, n_classes, seed, rounds=40, learning_rate=0.15, max_bin=63, feature_fraction=0.7
    )
    given = np.asarray(quick.predict(single, num_threads=1)).reshape(len(single), -1)
    return _wanted(target, n_classes) - given, np.asarray(quick.feature_importance("gain"))


def _wanted(target: Floats, n_classes: int) -> Floats:
    if n_classes <= 2:
        return target[:, None].astype(np.float64)
    return np.eye(n_classes)[target.astype(np.int64)]


def _best_numbers(dense: Singles, importance: Floats) -> list[int]:
    varied = [c for c in range(dense.shape[1]) if len(np.unique(dense[~np.isnan(dense[:, c]), c])) > 2]
    return sorted(varied, key=lambda column: (-importance[column], column))[:_BEST_NUMBERS]


def _best_keys(rows: Ingredients, target: Floats, n_classes: int) -> list[int]:
    centered = _wanted(target, n_classes)
    centered = centered - centered.mean(axis=0)
    shares = [_share(rows.keys[:, key], centered) for key in range(len(rows.sizes))]
    return sorted(range(len(shares)), key=lambda key: (-shares[key], key))[:_BEST_KEYS]


def _groups(seen: Array) -> Integers:
    """Return small group numbers: of groups as they are, of numbers by quantile, ties together."""
    if seen.dtype.kind in "iu":
        return np.unique(seen, return_inverse=True)[1]
    order = np.argsort(seen, kind="stable")
    ranked = seen[order]
    is_first = np.concatenate([[True], ranked[1:] != ranked[:-1]])
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(seen)), 0))
    quantile = first * _QUANTILES // len(seen)
    quantile[np.isnan(ranked)] = _QUANTILES
    found = np.empty(len(seen), np.int64)
    found[order] = quantile
    return found


def _share(groups: Array, residual: Floats) -> float:
    """Return the share of the residual's squares that group means explain, less that of chance."""
    counts = np.bincount(groups)
    explained = 0.0
    for column in residual.T:
        sums = np.bincount(groups, weights=column)
        explained += float((sums * sums / np.maximum(counts, 1)).sum())
    total = float((residual * residual).sum())
    return explained / max(total, 1e-300) - float((counts > 0).sum()) / len(groups)


def _without_copies(ranked: list[tuple[float, str, Candidate]]) -> list[tuple[float, str, Candidate]]:
    """Leave out numbers that order the rows as one before did: they explain exactly as much."""
    found, seen = [], set()
    for share, name, candidate in ranked:
        key = round(share, 10)
        if key not in seen:
            seen.add(key)
            found.append((share, name, candidate))
    return found


def _grouped(ranked: list[tuple[float, str, Candidate]]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for _, name, candidate in ranked:
        found.setdefault(name, []).append(candidate)
    return {name: found[name] for name in sorted(found)}


def _second_look(
    wanted: Mapping[str, list[Candidate]],
    rows: Ingredients,
    single: Singles,
    target: Floats,
    n_classes: int,
    keep: int,
    seed: int,
) -> dict[str, list[Candidate]]:
    """Let a quick model choose among many candidates and the single features together."""
    given, owners = [single], []
    for name, those in wanted.items():
        combination = COMBINATIONS.get(name)
        fitted = combination.fit(those, rows, target, n_classes)
        given.append(_out_of_fold(combination, fitted, those, rows, target, n_classes, seed))
        owners += [(name, one) for one in those for _ in range(width(combination, n_classes))]
    if sum(len(those) for those in wanted.values()) <= keep:
        return dict(wanted)
    options = {"learning_rate": 0.1, "max_bin": 31, "feature_fraction": 0.3}
    quick = boost(np.hstack(given), target, n_classes, seed, rounds=60, **options)
    gains: dict[tuple[str, Candidate], float] = {}
    importance = quick.feature_importance("gain")[single.shape[1] :]
    for owner, gain in zip(owners, importance, strict=True):
        gains[owner] = gains.get(owner, 0.0) + float(gain)
    best = sorted(gains, key=lambda owner: (-gains[owner], owner))[:keep]
    return _grouped([(0.0, name, one) for name, one in sorted(best)])


def _out_of_fold(
    combination: Combination,
    fitted: FittedCombination,
    candidates: list[Candidate],
    rows: Ingredients,
    target: Floats,
    n_classes: int,
    seed: int,
) -> Singles:
    """Return the features of training rows, from other rows where the target is used."""
    found = fitted.transform(rows)
    if combination.uses_target:
        for inside, outside in inner_folds(rows.dense, rows.keys, seed):
            other = combination.fit(candidates, rows.take(outside), target[outside], n_classes)
            found[inside] = other.transform(rows.take(inside))
    return found


def _renumber(bins: Bins, chosen: dict[str, list[Candidate]], n_codes: int) -> Chosen:
    """Keep the bins that are used, and number the keys of the candidates accordingly."""
    keys = {key for those in chosen.values() for one in those for key in one.keys}
    used = sorted(key - n_codes for key in keys if key >= n_codes)
    new = {n_codes + old: n_codes + number for number, old in enumerate(used)}

    def moved(one: Candidate) -> Candidate:
        return replace(one, keys=tuple(new.get(key, key) for key in one.keys))

    return bins.take(used), {name: [moved(one) for one in those] for name, those in chosen.items()}
