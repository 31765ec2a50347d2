"""Rulings in words: findings for people, and the record for the evidence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mlwright.checks.court import Ruling, Verdict
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import Said, one_after_the_other, said
from mlwright.core.shelves import METRICS

if TYPE_CHECKING:
    from mlwright.core.evaluation import Estimate


def finding_of(ruling: Ruling, metric: str, action: str, *, is_vouched: bool) -> Finding:
    """Say what a column is charged with, on what evidence, and what was done.

    Parameters
    ----------
    ruling
        On a column or on the table, not cleared.
    metric
        Id of the metric of the court.
    action
        "dropped" or "kept".
    is_vouched
        Whether the user answers for the columns: then it is a note.
    """
    charge = ruling.first
    proven = ruling.verdict is Verdict.DROP
    is_open = (proven and action != "dropped") or ruling.is_decisive
    severity = Severity.ERROR if is_open else Severity.WARNING
    return Finding(
        rule=charge.rule,
        severity=Severity.NOTE if is_vouched else severity,
        column=ruling.column,
        message=one_after_the_other([_opening(ruling, action), charge.message, _scores(ruling, metric)]),
        evidence=_evidence(ruling),
        remedy="" if is_vouched else _remedy(ruling, action),
        action=action,
    )


def record_of(ruling: Ruling, metric: str, action: str) -> dict[str, Any]:
    """Return the entry of `evidence["leaks"]`."""
    return {
        "column": ruling.column or None,
        "charge": ruling.first.rule,
        "title": ruling.first.title,
        "says": ruling.first.says,
        "charges": [charge.rule for charge in ruling.charges],
        "message": ruling.first.message,
        "evidence": {"metric": metric, **_evidence(ruling)},
        "verdict": ruling.verdict.value,
        "is_decisive": ruling.is_decisive,
        "why": ruling.why,
        "action": action,
        "honest": _json(ruling.without),
    }


def _evidence(ruling: Ruling) -> dict[str, Any]:
    scores = {
        "alone": ruling.alone, "with": ruling.with_it, "without": ruling.without, "gain": ruling.gain,
    }  # fmt: skip
    said = {name: _json(estimate) for name, estimate in scores.items() if estimate is not None}
    return {**said, **ruling.first.evidence}


def _opening(ruling: Ruling, action: str) -> str:
    if not ruling.column:
        return ""
    title = Said(ruling.first.title)
    if ruling.verdict is not Verdict.DROP:
        return said("Possible leak: it {title}.", title=title)
    if action == "dropped":
        return said("Leak, left out: it {title}.", title=title)
    return said("Leak: it {title}.", title=title)


def _scores(ruling: Ruling, metric: str) -> str:
    title = METRICS.get(metric).title
    if ruling.with_it is not None and ruling.without is not None:
        return said(
            "A quick model of the columns that nothing strong is said against gets {metric} {without}, with "
            "this one {with_it}.",
            metric=title,
            without=_shown(ruling.without),
            with_it=_shown(ruling.with_it),
        )
    if ruling.alone is None:
        return ""
    return said("Alone it gets {metric} {alone}.", metric=title, alone=_shown(ruling.alone))


def _remedy(ruling: Ruling, action: str) -> str:
    name = ruling.column
    if not name:
        return ruling.first.says
    if action == "dropped":
        known = said("If it is known when a prediction is made, use --vouch {column!r}.", column=name)
        return one_after_the_other([Said(ruling.first.says), known])
    return said(
        "Find out when it is filled in. If with the answer or after it, use --exclude {column!r}; if before, "
        "--vouch {column!r}.",
        column=name,
    )


def _shown(estimate: Estimate) -> str:
    ends = {name: round(getattr(estimate, name), 4) for name in ("value", "low", "high")}
    return said("{value:.3f} ({low:.3f} to {high:.3f})", **ends)


def _json(estimate: Estimate | None) -> dict[str, Any] | None:
    """Return the JSON shape; what is undefined becomes null, because JSON has no NaN."""
    if estimate is None:
        return None
    found = estimate.to_json()
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in found.items()}
