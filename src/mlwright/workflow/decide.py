"""Decisions: what the policy saves on the sealed test, against what else one could do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.evaluation import Direction
from mlwright.evaluation.averages import Average, averages
from mlwright.workflow.costs import PLACES

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats, Integers
    from mlwright.core.evaluation import Estimate
    from mlwright.core.prediction import Prediction
    from mlwright.tuning.policy import Policy
    from mlwright.workflow.costs import Costs
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.prepare import Prepared

_FACTORS = (0.5, 2.0)
_MOST_CLASSES = 12


def judge_decisions(
    prepared: Prepared, fitted: Fitted, prediction: Prediction, seed: int
) -> dict[str, Any] | None:
    """Measure what the decisions of the judged program save; None if nobody said what mistakes cost."""
    costs, policy = prepared.costs, fitted.judged.parts.policy
    test, truth = prepared.test, prepared.test.target
    if costs is None or policy is None or truth is None or prediction.decisions is None:
        return None
    stakes, decided = costs.stakes_of(test), prediction.decisions
    paid = policy.paid(truth, decided, stakes)
    others = _alternatives(prepared, policy, prediction)
    worlds = _wrong_costs(prepared, policy, prediction)
    wanted = [Average(paid), *(Average(other - paid) for other in others.values())]
    wanted += [Average(lost) for _, lost in worlds]
    found = averages(wanted, Direction.MAX, groups=test.alike, seed=seed)
    cost, saved, lost = found[0], found[1 : 1 + len(others)], found[1 + len(others) :]
    labels, counts = prepared.task.classes, np.bincount(decided, minlength=len(prepared.task.classes))
    return {
        "costs": policy.costs.tolist(),
        "classes": list(labels),
        "stakes": policy.stakes or None,
        "usual_stake": policy.usual_stake if policy.stakes else None,
        "capacity": _capacity(costs, fitted),
        "cutoff": policy.cutoff,
        "threshold": policy.threshold,
        "why": fitted.policy_why,
        "n_rows": test.n_rows,
        "counts": [{"decision": label, "n": int(n)} for label, n in zip(labels, counts, strict=True)],
        "cost": _both(replace(cost, direction=Direction.MIN), test.n_rows),
        "against": [
            {"what": what, **_both(one, test.n_rows)} for what, one in zip(others, saved, strict=True)
        ],
        "sensitivity": [
            {**what, "lost": replace(one, direction=Direction.MIN).to_json()}
            for (what, _), one in zip(worlds, lost, strict=True)
        ],
    }


def _capacity(costs: Costs, fitted: Fitted) -> dict[str, Any] | None:
    if costs.share is None:
        return None
    return {"asked": costs.capacity, "share": costs.share, "is_kept": fitted.is_capacity_kept}


def _both(one: Estimate, n_rows: int) -> dict[str, Any]:
    """Return an amount per row and for all rows of the test."""
    total = replace(one, value=one.value * n_rows, low=one.low * n_rows, high=one.high * n_rows)
    return {"per_row": one.to_json(), "total": total.to_json()}


def _alternatives(prepared: Prepared, policy: Policy, prediction: Prediction) -> dict[str, Floats]:
    """Return what else one could do, and what each row of the test would then cost, shape (n_rows,)."""
    classes, test, costs = prepared.task.classes, prepared.test, prepared.costs
    truth, decisions = test.target, prediction.decisions
    assert truth is not None  # noqa: S101 - the sealed test has a target
    assert costs is not None  # noqa: S101 - asked only where costs were given
    assert decisions is not None  # noqa: S101 - as above
    stakes = costs.stakes_of(test)

    def always(number: int) -> Floats:
        return policy.paid(truth, np.full(test.n_rows, number, np.int64), stakes)

    found: dict[str, Floats] = {}
    if costs.share is not None:
        share = float(decisions.mean())
        found["doing nothing"] = always(0)
        found["acting on as many rows at random"] = share * always(1) + (1.0 - share) * always(0)
    elif len(classes) == 2:
        found |= {"doing nothing": always(0), "acting on everything": always(1)}
    elif len(classes) <= _MOST_CLASSES:
        found |= {f"always deciding {label}": always(number) for number, label in enumerate(classes)}
    if costs.share is None and prediction.labels is not None:
        found["deciding for the likeliest"] = policy.paid(truth, prediction.labels, stakes)
    if test.today is not None:
        found["today's rule"] = policy.paid(truth, test.today, stakes)
    return found


def _wrong_costs(
    prepared: Prepared, policy: Policy, prediction: Prediction
) -> list[tuple[dict[str, Any], Floats]]:
    """Return what is lost per row, shape (n_rows,), if a cost is half or twice of what was said.

    Lost against the decisions of least expected cost under the costs as they then are, with as many rows
    acted on at most as before where a capacity was given.
    """
    assert prepared.costs is not None  # noqa: S101 - asked only where costs were given
    truth, stakes = prepared.test.target, prepared.costs.stakes_of(prepared.test)
    assert truth is not None  # noqa: S101 - the sealed test has a target
    assert prediction.decisions is not None  # noqa: S101 - as above
    found = []
    for name, scaled in _moved(prepared, policy):
        for factor in _FACTORS:
            other = replace(policy, costs=scaled(factor), cutoff=0.0)
            best = other.decide(prediction.scores, stakes)
            if prepared.costs.share is not None:
                best = _fewer(other, prediction.scores, stakes, best, int(prediction.decisions.sum()))
            lost = other.paid(truth, prediction.decisions, stakes) - other.paid(truth, best, stakes)
            found.append(({"cost": name, "factor": factor}, lost))
    return found


def _fewer(
    policy: Policy, probabilities: Floats, stakes: Floats | None, acts: Integers, most: int
) -> Integers:
    """Act on the rows that save most, on so many at most."""
    order = np.argsort(-policy.savings(probabilities, stakes), kind="stable")
    kept = np.zeros_like(acts)
    kept[order[:most]] = acts[order[:most]]
    return kept


def _moved(prepared: Prepared, policy: Policy) -> list[tuple[str, Any]]:
    """Return the costs that may be wrong: single ones of two classes, else those of each true class."""

    def at(*places: tuple[Any, Any]) -> Any:
        def scaled(factor: float) -> Floats:
            costs = policy.costs.copy()
            for place in places:
                costs[place] *= factor
            return costs

        return scaled

    if len(policy.costs) == 2:
        return [(name, at(place)) for name, place in PLACES.items() if policy.costs[place] != 0.0]
    classes = prepared.task.classes[:_MOST_CLASSES]
    return [(f"mistakes about {label}", at((number, slice(None)))) for number, label in enumerate(classes)]
