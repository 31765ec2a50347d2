"""Groups of the sealed test that the user wants to see, and columns that must not make a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.shelves import METRICS
from mlwright.evaluation.rates import compare_groups, rates_of
from mlwright.evaluation.score import estimate
from mlwright.evaluation.several import clearly_off
from mlwright.evaluation.weakness import FEWEST_ROWS
from mlwright.workflow.weak import conditions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array
    from mlwright.core.budget import Budget
    from mlwright.core.evaluation import Estimate
    from mlwright.core.prediction import Prediction
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

_N_RESAMPLES = 400
_NEEDED_S = 1.5


def asked_groups(
    prepared: Prepared, prediction: Prediction, options: TrainOptions, budget: Budget
) -> list[dict[str, Any]] | None:
    """Return the main metric of every group of the columns named with --slice; None without time."""
    found = []
    for name in options.slice:
        if budget.left_s < _NEEDED_S:
            return None
        masks, n_left_out = _masks(prepared, name)
        groups = [
            {
                "group": says,
                "n": int(mask.sum()),
                "score": _score(prepared, prediction, mask, options.seed).to_json(),
            }
            for says, mask in masks.items()
        ]
        metric = prepared.task.metric
        found.append({"column": name, "metric": metric, "groups": groups, "n_left_out": n_left_out})
    return found


def fairness(
    prepared: Prepared, prediction: Prediction, options: TrainOptions, budget: Budget
) -> list[dict[str, Any]] | None:
    """Compare the groups of every column named with --sensitive; None without time."""
    found = []
    for name in options.sensitive:
        if budget.left_s < _NEEDED_S:
            return None
        found.append(_one_column(prepared, prediction, name, options.seed))
    return found


def _one_column(prepared: Prepared, prediction: Prediction, name: str, seed: int) -> dict[str, Any]:
    task, test = prepared.task, prepared.test
    assert test.target is not None  # noqa: S101 - the sealed test has a target
    masks, n_left_out = _masks(prepared, name)
    told: dict[str, Any] = {
        "column": name,
        "is_feature": name in test.columns,
        "of": "answers" if prediction.decisions is None else "decisions",
        "metric": task.metric,
        "n_left_out": n_left_out,
        "groups": [],
        "gaps": {},
        "worst": None,
    }
    if not masks:
        return told
    rates, gaps = compare_groups(
        rates_of(test.target, prediction, len(task.classes)), masks, test.alike, seed
    )
    off = clearly_off([rates[says]["calibration"] for says in masks], 0.0)
    scores = {says: _score(prepared, prediction, mask, seed) for says, mask in masks.items()}
    told["groups"] = [
        {
            "group": says,
            "n": int(mask.sum()),
            "score": scores[says].to_json(),
            "rates": {rate: one.to_json() for rate, one in rates[says].items()},
            "off": side,
        }
        for (says, mask), side in zip(masks.items(), off, strict=True)
    ]
    told["gaps"] = {rate: {**gap.size.to_json(), "between": list(gap.between)} for rate, gap in gaps.items()}
    known = [says for says, score in scores.items() if np.isfinite(score.value)]
    if known:
        direction = METRICS.get(task.metric).direction
        worst = known[0]
        for says in known[1:]:
            if direction.is_better(scores[worst].value, scores[says].value):
                worst = says
        told["worst"] = {"group": worst, "score": scores[worst].to_json()}
    return told


def _masks(prepared: Prepared, name: str) -> tuple[dict[str, Array], int]:
    """Return the test rows of each group that is large enough, by its name, and how many rows are in none."""
    cells = {**prepared.test.columns, **prepared.test.watched}[name]
    masks = {}
    for condition in conditions_of(prepared, prepared.schema[name]):
        mask = condition.mask(cells)
        if mask.sum() >= FEWEST_ROWS:
            masks[condition.name] = mask
    counted: Sequence[Array] = list(masks.values())
    return masks, int(prepared.test.n_rows - sum(int(mask.sum()) for mask in counted))


def _score(prepared: Prepared, prediction: Prediction, mask: Array, seed: int) -> Estimate:
    test, rows = prepared.test, np.flatnonzero(mask)
    assert test.target is not None  # noqa: S101 - the sealed test has a target
    groups = None if test.alike is None else test.alike[rows]
    return estimate(
        prepared.task.metric, test.target[rows], prediction.take(rows), groups=groups, seed=seed,
        n_resamples=_N_RESAMPLES,
    )  # fmt: skip
