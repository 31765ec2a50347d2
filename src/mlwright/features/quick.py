"""A quick model: only to see which features matter, never part of a program."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlwright.core.library import bare

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Singles


def boost(
    inputs: Singles,
    target: Floats,
    n_classes: int,
    seed: int,
    *,
    rounds: int,
    most_trees: float = math.inf,
    **options: float | bool,
) -> Any:
    """Return a small LightGBM booster; with many classes, of half the rounds, or of fewer."""
    library = bare("lightgbm")
    parameters: dict[str, Any] = {
        "objective": "regression" if n_classes == 0 else "binary" if n_classes == 2 else "multiclass",
        "num_leaves": 15, "verbosity": -1, "num_threads": 1, "seed": seed, "deterministic": True,
        "force_row_wise": True, "min_data_in_leaf": max(1, min(20, len(target) // 20)), **options,
    }  # fmt: skip
    if n_classes > 2:
        parameters["num_class"] = n_classes
        rounds = max(1, int(min(max(10, rounds // 2), most_trees // n_classes)))
    return library.train(parameters, library.Dataset(inputs, target), rounds)
