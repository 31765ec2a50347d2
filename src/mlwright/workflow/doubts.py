"""Doubts about a result: what a reader must know before believing the scores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.finding import Finding, Severity
from mlwright.core.said import one_after_the_other, said
from mlwright.core.shelves import METRICS
from mlwright.evaluation.verdict import Answer
from mlwright.workflow.decide import BY_THE_MODEL
from mlwright.workflow.naive import called

if TYPE_CHECKING:
    from mlwright.core.prediction import Prediction
    from mlwright.core.task import Task
    from mlwright.data.split import Split
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.prepare import Prepared

SEEN = "test_seen"
"""The finding that rows given to judge by are copies of rows to learn from."""
_FEWEST_TEST_ROWS = 30
_MOST_SEEN_SHARE = 0.05
_SMALLEST_GAIN = 1e-7
_MOST_SHORT = 0.02
_MOST_OF_IT = 0.5
"""Of the mean squared error: from so much on, being wrong in one direction is what is wrong."""


def doubts(
    prepared: Prepared, fitted: Fitted, scores: dict[str, Any], intervals: dict[str, Any]
) -> list[Finding]:
    """Return what speaks against believing or using the model, the worst first."""
    dull = scores["baseline"][prepared.task.metric]["value"]
    found = _one_class(prepared) if dull is None and prepared.task.classes else []
    if not found and not _is_better(scores["gain"], dull):
        rule = scores["baseline_rule"] if fitted.search.begun() else None
        plain = _not_better(prepared, fitted, scores["gain"])
        found.append(plain if rule is None else _not_better_than_naive(plain, prepared, rule))
    found += _coverage(intervals)
    if prepared.test.n_rows < _FEWEST_TEST_ROWS:
        found.append(_few_rows(prepared.test.n_rows))
    if fitted.is_interrupted:
        found.append(_interrupted())
    return found


def _coverage(intervals: dict[str, Any]) -> list[Finding]:
    """Say that intervals or sets hold the truth less often than asked, beyond chance."""
    held = intervals.get("coverage")
    if held is None or held["high"] is None or held["high"] >= intervals["level"] - _MOST_SHORT:
        return []
    return [
        Finding(
            rule="coverage",
            severity=Severity.WARNING,
            message=said(
                "The {what} of level {level:g} hold the truth in only {value:.1%} of the sealed test (95 % "
                "interval {low:.1%} to {high:.1%}).",
                what=said("sets") if intervals["answers"] == "sets" else said("intervals"),
                level=intervals["level"],
                **{key: held[key] for key in ("value", "low", "high")},
            ),
            evidence={"level": intervals["level"], "coverage": held},
            remedy=said("Ask for a higher level than you need, or train with --intervals certified."),
            action="kept",
        )
    ]


def below_zero(prepared: Prepared, prediction: Prediction) -> list[Finding]:
    """Say that values are answered below zero where none to learn from is: prices, counts, times."""
    known = prepared.train.target
    if prepared.task.classes or known is None or known.min() < 0:
        return []
    below = prediction.values[prediction.values < 0]
    if not len(below):
        return []
    return [
        Finding(
            rule="below_zero",
            severity=Severity.NOTE,
            column=prepared.task.target,
            message=said(
                "{n:,} of {all:,} answers on the sealed test are below 0, the lowest {least:.4g}, though no "
                "value to learn from is.",
                n=len(below),
                all=len(prediction.values),
                least=float(below.min()),
            ),
            evidence={"n": len(below), "n_test": len(prediction.values), "lowest": float(below.min())},
            remedy=said("Take 0 for them where the answer is used."),
            action="kept",
        )
    ]


def level_moved(task: Task, scores: dict[str, Any]) -> list[Finding]:
    """Say that values are answered too low throughout, or too high, so that their mean alone were nearer.

    So it is where the target rose or fell after the rows to learn from: a baseline that learned from the
    same rows is wrong in the same direction, and says nothing.
    """
    test = scores["test"]
    fit, error = test.get("r2"), test.get("rmse")
    mean = (scores["residuals"] or {}).get("mean")
    if task.classes or fit is None or error is None or mean is None:
        return []
    if fit["high"] is None or fit["high"] >= 0 or mean**2 < _MOST_OF_IT * error["value"] ** 2:
        return []
    told: dict[str, Any] = {"size": abs(mean), **{key: fit[key] for key in ("value", "low", "high")}}
    above = said(
        "The truth of the sealed test lies {size:.3g} above the answers on average: the level has moved "
        "since the rows to learn from, and the mean of the test alone would be nearer (R² {value:.3g}, 95 % "
        "interval {low:.3g} to {high:.3g}).",
        **told,
    )
    below = said(
        "The truth of the sealed test lies {size:.3g} below the answers on average: the level has moved "
        "since the rows to learn from, and the mean of the test alone would be nearer (R² {value:.3g}, 95 % "
        "interval {low:.3g} to {high:.3g}).",
        **told,
    )
    return [
        Finding(
            rule="level_moved",
            severity=Severity.ERROR,
            column=task.target,
            message=above if mean > 0 else below,
            evidence={"mean_residual": mean, "r2": fit},
            remedy=said(
                "Tell it what was true lately with --history, learn from the latest rows alone, or let it "
                "answer the change instead of the level."
            ),
            action="kept",
        )
    ]


def costs_more(decision: dict[str, Any] | None) -> list[Finding]:
    """Say that a rule that needs no model is cheaper, beyond chance, than deciding by the model."""
    rivals = [] if decision is None else [one for one in decision["against"] if one["what"] != BY_THE_MODEL]
    saved = min((one["per_row"] for one in rivals), key=lambda saved: float(saved["value"]), default=None)
    if saved is None or saved["high"] is None or saved["high"] >= 0:
        return []
    return [
        Finding(
            rule="costs_more",
            severity=Severity.ERROR,
            message=said(
                "With these costs the best rule that needs no model is cheaper than deciding by the model, "
                "by {value:.4g} a row (95 % interval {low:.4g} to {high:.4g}).",
                value=-saved["value"],
                low=-saved["high"],
                high=-saved["low"],
            ),
            evidence={"saved": saved},
            remedy=said("Use that rule, or correct the costs."),
            action="kept",
        )
    ]


def seen_before(split: Split) -> list[Finding]:
    """Say how many rows of a given test the model can answer from memory."""
    n_seen, n_test = int(split.proof["n_shared_duplicates"]), len(split.test)
    if not n_seen:
        return []
    return [
        Finding(
            rule=SEEN,
            severity=Severity.ERROR if n_seen > _MOST_SEEN_SHARE * n_test else Severity.WARNING,
            message=said(
                "{n:,} of the {all:,} rows given to judge by are copies of rows to learn from.",
                n=n_seen,
                all=n_test,
            ),
            evidence={"n_seen": n_seen, "n_test": n_test},
            remedy=said("The scores are too good. Judge by rows that are not in the training data."),
            action="kept",
        )
    ]


def groups_seen_before(split: Split) -> list[Finding]:
    """Say how many groups of a given test the model has met."""
    n_seen = split.proof["n_shared_groups"]
    if not n_seen:
        return []
    return [
        Finding(
            rule="test_groups_seen",
            severity=Severity.WARNING,
            message=said(
                "{n:,} groups have rows to learn from and rows among those given to judge by.", n=int(n_seen)
            ),
            evidence={"n_shared_groups": n_seen},
            remedy=said(
                "The scores hold for groups that it knows. Judge by other groups if new ones will come."
            ),
            action="kept",
        )
    ]


def in_place(found: dict[str, Any] | None) -> list[Finding]:
    """Say whether the new model should replace the one in place, unless it should."""
    if found is None:
        return []
    findings = []
    if found["seen"]["old"]:
        return [
            Finding(
                rule="in_place_has_seen_the_test",
                severity=Severity.WARNING,
                message=said(
                    "The model in place has learned from {share:.0%} of the rows that judge, so they cannot "
                    "tell which model is better.",
                    share=found["seen"]["old"],
                ),
                evidence={"n_rows": found["n_rows"], "seen": found["seen"]},
                remedy=said("Bring rows that neither has seen with --test."),
                action="kept",
            )
        ]
    if found["verdict"] != Answer.SHIP:
        is_sure = found["verdict"] == Answer.DO_NOT_SHIP
        remedy: str = said("Keep the model in place.")
        if found["n_needed"]:
            more = said("About {n:,} rows to judge by would tell.", n=found["n_needed"])
            remedy = one_after_the_other([remedy, more])
        findings.append(
            Finding(
                rule="not_better_than_in_place",
                severity=Severity.ERROR if is_sure else Severity.WARNING,
                message=said(
                    "Against the model in place: {why}. The difference in {metric} is {value}, 95 % "
                    "interval {low} to {high}.",
                    why=found["why"],
                    metric=METRICS.get(found["metric"]).title,
                    **_shown(found["difference"]),
                ),
                evidence={key: found[key] for key in ("verdict", "difference", "n_rows", "n_needed")},
                remedy=remedy,
                action="kept",
            )
        )
    return findings


def _is_better(gain: dict[str, Any], dull: float | None) -> bool:
    sign = 1.0 if gain["direction"] == "max" else -1.0
    low, high = gain["low"], gain["high"]
    if low is None or high is None or dull is None:
        return False
    # Differences in the last digits are arithmetic, not skill.
    size = max(abs(dull), abs(dull + gain["value"]))
    return bool(min(sign * low, sign * high) > _SMALLEST_GAIN * size)


def _one_class(prepared: Prepared) -> list[Finding]:
    """Say that all rows to judge by are of one class, where that leaves the metric undefined."""
    truth = prepared.test.target
    assert truth is not None  # noqa: S101 - the sealed test has a target
    met = np.unique(truth)
    if len(met) != 1:
        return []
    label, metric = prepared.task.classes[int(met[0])], METRICS.get(prepared.task.metric).title
    return [
        Finding(
            rule="one_class_in_the_test",
            severity=Severity.ERROR,
            column=prepared.task.target,
            message=said(
                "All {n:,} rows to judge by are {label}, so {metric} cannot be computed.",
                n=len(truth),
                label=str(label),
                metric=metric,
            ),
            evidence={"class": label, "n_test": len(truth)},
            remedy=said("Judge by rows of every class."),
            action="kept",
        )
    ]


def _not_better(prepared: Prepared, fitted: Fitted, gain: dict[str, Any]) -> Finding:
    metric = METRICS.get(prepared.task.metric).title
    remedy = said("Do not use it. Bring more rows, or columns that tell more about the target.")
    if not fitted.search.begun():
        remedy = said("Nothing but the baseline could be fitted in this time. Give more with --time-limit.")
    return Finding(
        rule="not_better_than_baseline",
        severity=Severity.ERROR,
        column=prepared.task.target,
        message=said(
            "On the sealed test the model is not better than the baseline beyond noise: the difference in "
            "{metric} is {value}, 95 % interval {low} to {high}.",
            metric=metric,
            **_shown(gain),
        ),
        evidence={"gain": gain, "n_test": prepared.test.n_rows},
        remedy=remedy,
        action="kept",
    )


def _not_better_than_naive(finding: Finding, prepared: Prepared, rule: dict[str, Any]) -> Finding:
    """Say the same of a naive forecast, and that it can be used in place of the model."""
    rival = called(rule)
    remedy = said(
        "Do not use it: {baseline} does as well and needs no model. Or tell the model what was true lately, "
        "with --history.",
        baseline=rival,
    )
    if rule["is_rolling"]:
        remedy = said("Do not use it: {baseline} does as well and needs no model.", baseline=rival)
    return replace(
        finding,
        message=said(
            "On the sealed test the model is not better than {baseline} beyond noise: the difference in "
            "{metric} is {value}, 95 % interval {low} to {high}.",
            baseline=rival,
            metric=METRICS.get(prepared.task.metric).title,
            **_shown(finding.evidence["gain"]),
        ),
        evidence={**finding.evidence, "baseline_rule": rule["name"]},
        remedy=remedy,
    )


def _few_rows(n_rows: int) -> Finding:
    return Finding(
        rule="few_test_rows",
        severity=Severity.WARNING,
        message=said(
            "Only {n} rows were there to judge by; scores and intervals from so few mean little.", n=n_rows
        ),
        evidence={"n_test": n_rows},
        remedy=said("Bring more rows, or rows to judge by with --test."),
    )


def _interrupted() -> Finding:
    return Finding(
        rule="interrupted",
        severity=Severity.WARNING,
        message=said("The run was interrupted; the best candidate so far was kept as it stood."),
        remedy=said("Train again and let it end for the full search."),
        action="kept",
    )


def _shown(estimate: dict[str, Any]) -> dict[str, str]:
    """Return the three numbers of an estimate, to be said."""

    def show(number: float | None) -> str:
        return said("unknown") if number is None else said("{n:.3g}", n=number)

    return {key: show(estimate[key]) for key in ("value", "low", "high")}
