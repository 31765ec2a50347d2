"""Decisions: what the policy saves on the sealed test, against what else one could do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.evaluation import Direction
from mlwright.evaluation.averages import Average, averages
from mlwright.workflow.costs import PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Floats, Integers
    from mlwright.core.evaluation import Estimate
    from mlwright.core.prediction import Prediction
    from mlwright.core.task import Label
    from mlwright.tuning.policy import Policy
    from mlwright.workflow.costs import Costs
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.prepare import Prepared

_FACTORS = (0.5, 2.0)
BY_THE_MODEL = "deciding for the likeliest"
"""The one alternative that needs the model."""
_MOST_CLASSES = 12


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """Rows of known truth and what was decided for them.

    `stakes` and `today` have shape (n_rows,) or are None; `is_capped` tells that only so many rows may be
    acted on.
    """

    policy: Policy
    classes: tuple[Label, ...]
    truth: Floats
    prediction: Prediction
    stakes: Floats | None = None
    today: Integers | None = None
    is_capped: bool = False

    @property
    def decisions(self) -> Integers:
        """The class decided for each row, shape (n_rows,)."""
        assert self.prediction.decisions is not None  # noqa: S101 - asked of models that decide
        return self.prediction.decisions

    def paid(self, decisions: Integers) -> Floats:
        """Return what each row costs, decided so, shape (n_rows,)."""
        return self.policy.paid(self.truth, decisions, self.stakes)

    def alternatives(self) -> dict[str, Floats]:
        """Return what else one could do, and what each row would then cost, shape (n_rows,)."""

        def always(number: int) -> Floats:
            return self.paid(np.full(len(self.truth), number, np.int64))

        found: dict[str, Floats] = {}
        if self.is_capped:
            share = float(self.decisions.mean())
            found["doing nothing"] = always(0)
            found["acting on as many rows at random"] = share * always(1) + (1.0 - share) * always(0)
        elif len(self.classes) == 2:
            found |= {"doing nothing": always(0), "acting on everything": always(1)}
        elif len(self.classes) <= _MOST_CLASSES:
            found |= {f"always deciding {label}": always(number) for number, label in enumerate(self.classes)}
        if not self.is_capped and self.prediction.labels is not None:
            found[BY_THE_MODEL] = self.paid(self.prediction.labels)
        if self.today is not None:
            found["today's rule"] = self.paid(self.today)
        return found


def amounts(
    decided: Decided, groups: Array | None, seed: int, more: Sequence[Floats] = ()
) -> tuple[dict[str, Any], list[Estimate]]:
    """Measure what decisions cost and save; average `more` of shape (n_rows,) each, on the same resamples."""
    n_rows, paid, others = len(decided.truth), decided.paid(decided.decisions), decided.alternatives()
    wanted = [Average(paid), *(Average(other - paid) for other in others.values())]
    found = averages([*wanted, *(Average(one) for one in more)], Direction.MAX, groups=groups, seed=seed)
    counts = np.bincount(decided.decisions, minlength=len(decided.classes))
    told = {
        "n_rows": n_rows,
        "counts": [
            {"decision": label, "n": int(n)} for label, n in zip(decided.classes, counts, strict=True)
        ],
        "cost": _both(replace(found[0], direction=Direction.MIN), n_rows),
        "against": [
            {"what": what, **_both(one, n_rows)} for what, one in zip(others, found[1:], strict=False)
        ],
    }
    return told, found[len(wanted) :]


def judge_decisions(
    prepared: Prepared, fitted: Fitted, prediction: Prediction, seed: int
) -> dict[str, Any] | None:
    """Measure what the decisions of the judged program save; None if nobody said what mistakes cost."""
    costs, policy = prepared.costs, fitted.judged.parts.policy
    test, truth = prepared.test, prepared.test.target
    if costs is None or policy is None or truth is None or prediction.decisions is None:
        return None
    decided = Decided(
        policy=policy,
        classes=prepared.task.classes,
        truth=truth,
        prediction=prediction,
        stakes=costs.stakes_of(test),
        today=test.today,
        is_capped=costs.share is not None,
    )
    worlds = _wrong_costs(decided)
    told, lost = amounts(decided, test.alike, seed, [amount for _, amount in worlds])
    return {
        "costs": policy.costs.tolist(),
        "classes": list(prepared.task.classes),
        "stakes": policy.stakes or None,
        "usual_stake": policy.usual_stake if policy.stakes else None,
        "capacity": _capacity(costs, fitted),
        "cutoff": policy.cutoff,
        "threshold": policy.threshold,
        "why": fitted.policy_why,
        **told,
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


def _wrong_costs(decided: Decided) -> list[tuple[dict[str, Any], Floats]]:
    """Return what is lost per row, shape (n_rows,), if a cost is half or twice of what was said.

    Lost against the decisions of least expected cost under the costs as they then are, with as many rows
    acted on at most as before where a capacity was given.
    """
    scores, stakes = decided.prediction.scores, decided.stakes
    found = []
    for name, scaled in _moved(decided):
        for factor in _FACTORS:
            other = replace(decided.policy, costs=scaled(factor), cutoff=0.0)
            best = other.decide(scores, stakes)
            if decided.is_capped:
                best = _fewer(other, scores, stakes, best, int(decided.decisions.sum()))
            lost = other.paid(decided.truth, decided.decisions, stakes) - other.paid(
                decided.truth, best, stakes
            )
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


def _moved(decided: Decided) -> list[tuple[str, Any]]:
    """Return the costs that may be wrong: single ones of two classes, else those of each true class."""
    policy = decided.policy

    def at(*places: tuple[Any, Any]) -> Any:
        def scaled(factor: float) -> Floats:
            costs = policy.costs.copy()
            for place in places:
                costs[place] *= factor
            return costs

        return scaled

    if len(policy.costs) == 2:
        return [(name, at(place)) for name, place in PLACES.items() if policy.costs[place] != 0.0]
    classes = decided.classes[:_MOST_CLASSES]
    return [(f"mistakes about {label}", at((number, slice(None)))) for number, label in enumerate(classes)]
