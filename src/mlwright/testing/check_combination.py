"""What every combination keeps: a row's features depend on that row alone, the program computes the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.combination import Ingredients
from mlwright.features.combine import width
from mlwright.testing.claim import claim, claim_equal
from mlwright.testing.lowered import lowered_combination

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.core.combination import Candidate, Combination, FittedCombination

_N_ROWS = 200
_SIZES = (5, 7, 3)
_ODD = np.array([np.nan, 0.0, -0.0, 1e-30, 3e38, -3e38, 1.0], dtype=np.float32)


def check_combination(combination: Combination) -> None:
    """Raise AssertionError if a combination does not keep its contract.

    Examples
    --------
    >>> from mlwright.core.shelves import COMBINATIONS
    >>> check_combination(COMBINATIONS.get("arithmetic"))
    """
    rng = np.random.default_rng(0)
    rows, odd = _rows(rng), _rows(rng)
    odd.dense[rng.random(odd.dense.shape) < 0.4] = rng.choice(_ODD, 1)
    odd.dense[::3, 0] = rng.choice(_ODD, len(odd.dense[::3]))
    odd.keys[::5] = np.array(_SIZES) - 1
    for n_classes, target in _targets(rng).items():
        n_features = width(combination, n_classes)
        if not n_features:
            continue
        candidates = combination.propose([2, 0, 1], [1, 0, 2], rows.sizes)
        claim(len(candidates) > 0, "Nothing is proposed for three numbers and three keys.")
        fitted = combination.fit(candidates, rows, target, n_classes)
        for given in (rows, odd):
            found = fitted.transform(given)
            claim(
                found.shape == (_N_ROWS, n_features * len(candidates)),
                f"{len(candidates)} candidates of width {n_features} give features of shape {found.shape}.",
            )
            claim(found.dtype == np.float32, f"The features are {found.dtype}, not single precision.")
            claim(not np.isinf(found).any(), "A feature is infinite.")
            claim_equal(lowered_combination(fitted, given), found, "The program computes other features")
        _says_what_it_is_made_of(fitted, rows)
        _rows_are_alone(fitted, odd)
        _target_counts_only_if_said(combination, candidates, rows, target, n_classes)


def _rows(rng: np.random.Generator) -> Ingredients:
    dense = rng.normal(size=(_N_ROWS, 3)).astype(np.float32)
    dense[rng.random(dense.shape) < 0.1] = np.nan
    keys = np.column_stack([rng.integers(0, size - 1, _N_ROWS) for size in _SIZES]).astype(np.int32)
    return Ingredients(dense=dense, keys=keys, sizes=_SIZES)


def _targets(rng: np.random.Generator) -> dict[int, Floats]:
    return {
        0: rng.normal(size=_N_ROWS),
        2: rng.integers(0, 2, _N_ROWS).astype(np.float64),
        4: rng.integers(0, 4, _N_ROWS).astype(np.float64),
        60: rng.integers(0, 60, _N_ROWS).astype(np.float64),
    }


def _says_what_it_is_made_of(fitted: FittedCombination, rows: Ingredients) -> None:
    """Change one ingredient after the other: only features that name it may change."""
    before, made_of = fitted.transform(rows), fitted.made_of
    claim(len(made_of) == before.shape[1], f"{before.shape[1]} features, but {len(made_of)} say of what.")
    for kind in ("numbers", "keys"):
        for number in range(3):
            dense, keys = rows.dense.copy(), rows.keys.copy()
            table = dense if kind == "numbers" else keys
            table[:, number] = table[::-1, number]
            changed = Ingredients(dense=dense, keys=keys, sizes=rows.sizes)
            is_other = ~np.isclose(fitted.transform(changed), before, equal_nan=True).all(axis=0)
            named = np.array([number in getattr(one, kind) for one in made_of])
            claim(not (is_other & ~named).any(), f"A feature depends on {kind} {number} and does not say so.")


def _rows_are_alone(fitted: FittedCombination, rows: Ingredients) -> None:
    whole = fitted.transform(rows)
    order = np.random.default_rng(1).permutation(_N_ROWS)
    claim_equal(fitted.transform(rows.take(order)), whole[order], "Rows in another order get other features")
    claim_equal(fitted.transform(rows.take(order[:1])), whole[order[:1]], "A row alone gets other features")


def _target_counts_only_if_said(
    combination: Combination, candidates: list[Candidate], rows: Ingredients, target: Floats, n_classes: int
) -> None:
    if combination.uses_target:
        return
    one = combination.fit(candidates, rows, target, n_classes).transform(rows)
    other = combination.fit(candidates, rows, target[::-1].copy(), n_classes).transform(rows)
    claim_equal(one, other, "Another target gives other features, but `uses_target` is False")
