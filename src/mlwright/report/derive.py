"""What the report works out of the evidence: shares and sums, so that each of them has a place, too."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlwright.core.evaluation import Direction
from mlwright.report.figures import Evidence, dig, is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

SELDOM = 0.25
"""Of the rows of a class: it is said to be seldom found if fewer are."""
MOST_MIXED = 10
"""Sorts of mistakes that are kept."""
PLACE = "derived"
"""Where it stands beside the evidence."""


def complete(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence and what follows from it, under "derived"."""
    return {**evidence, PLACE: derive(evidence)}


def derived(evidence: Evidence, *keys: str, default: Any = None) -> Any:
    """Look up what follows from the evidence, whether it was worked out before or not."""
    found = evidence.get(PLACE)
    return dig(derive(evidence) if found is None else found, *keys, default=default)


def derive(evidence: Evidence) -> dict[str, Any]:
    """Work out what sentences and pictures need beyond the evidence; None where it does not apply.

    Returns
    -------
    "confusion" ("shares" of each truth, "right", "usual": the share of the most frequent class, "true" and
    "said": how often each class is true, and answered, "mixed": the most frequent mistakes, "seldom": of many
    classes those that are seldom found, with their rows, "all", and those "found"),
    "calibration_gap" (mean distance between said and happened), "ranked" (area under the curve),
    "less_error" (than the baseline, a share), "longest" (the phase that took most of the time: its
    "share"), "further" (what three times as many rows take off the error: "low", "value" and "high" as
    shares of it), "through" (the share of test rows that a capacity lets through), "new_offered" (the share
    of offered items that nobody had taken before), "again_relevant" and "again_offered" (the shares of
    possible hits and of offered items that the user had taken before).
    """
    return {
        "confusion": _confusion(evidence),
        "calibration_gap": calibration_gap(dig(evidence, "calibration", default=[])),
        "ranked": area_under(dig(evidence, "roc", default=[])),
        "less_error": _less_error(evidence),
        "longest": _longest(evidence),
        "further": _further(evidence),
        "through": _through(evidence),
        "new_offered": _offered(evidence, "n_offered", "n_offered_new_items"),
        "again_relevant": _offered(evidence, "n_relevant", "n_relevant_seen"),
        "again_offered": _offered(evidence, "n_offered", "n_offered_seen"),
    }


def _confusion(evidence: Evidence) -> dict[str, Any] | None:
    counts, classes = (dig(evidence, "confusion", key, default=[]) for key in ("counts", "classes"))
    total = sum(map(sum, counts))
    if not total or len(classes) != len(counts):
        return None
    mixed = [
        {"truth": classes[i], "answer": classes[j], "n": n, "share": n / sum(row)}
        for i, row in enumerate(counts)
        for j, n in enumerate(row)
        if i != j and n
    ]
    return {
        "right": sum(row[i] for i, row in enumerate(counts)) / total,
        "usual": max(map(sum, counts)) / total,
        "shares": [[n / (sum(row) or 1) for n in row] for row in counts],
        "true": list(map(sum, counts)),
        "said": list(map(sum, zip(*counts, strict=True))),
        "mixed": sorted(mixed, key=lambda item: -item["n"])[:MOST_MIXED],
        "seldom": _seldom(counts, classes),
    }


def _seldom(counts: Sequence[Sequence[int]], classes: Sequence[Any]) -> dict[str, Any] | None:
    """Return which of many classes are seldom found, how many rows they have, and how many are found."""
    few = [i for i, row in enumerate(counts) if sum(row) and row[i] < SELDOM * sum(row)]
    if len(classes) < 3 or not few:
        return None
    found, everything = sum(counts[i][i] for i in few), sum(sum(counts[i]) for i in few)
    return {"classes": [classes[i] for i in few], "found": found, "all": everything}


def area_under(points: Sequence[Evidence]) -> float | None:
    """Return the area under a curve of {"x", "y"} points, None without a curve."""
    if len(points) < 2:
        return None
    pairs = sorted((float(p["x"]), float(p["y"])) for p in points)
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(pairs))


def calibration_gap(points: Sequence[Evidence]) -> float | None:
    """Return the mean distance between what was said and what happened, weighted by rows."""
    total = sum(p.get("n", 0) for p in points)
    if not total:
        return None
    return float(sum(abs(p["predicted"] - p["observed"]) * p.get("n", 0) for p in points) / total)


def _less_error(evidence: Evidence) -> float | None:
    name = dig(evidence, "task", "metric", default="")
    test, base = (dig(evidence, key, name, default={}) for key in ("test", "baseline"))
    value, other = test.get("value"), base.get("value")
    if test.get("direction") != Direction.MIN or not (is_number(value) and is_number(other)) or other <= 0:
        return None
    return 1.0 - float(value) / float(other)


def _longest(evidence: Evidence) -> dict[str, Any] | None:
    phases = [p for p in dig(evidence, "ledger", default=[]) if is_number(p.get("seconds"))]
    total = float(sum(p["seconds"] for p in phases))
    if total <= 0:
        return None
    most = max(phases, key=lambda phase: phase["seconds"])
    return {"phase": most["phase"], "share": float(most["seconds"]) / total}


def _further(evidence: Evidence) -> dict[str, float] | None:
    """Return what three times as many rows would take away, as shares of the loss."""
    further, learned = (dig(evidence, "learning_curve", key) for key in ("three_times", "points"))
    if not further or not learned or not is_number(dig(learned[-1], "loss", "value")):
        return None
    now = float(learned[-1]["loss"]["value"])
    if now <= 0 or not all(is_number(further.get(key)) for key in ("low", "value", "high")):
        return None
    return {key: float(further[key]) / now for key in ("low", "value", "high")}


def _through(evidence: Evidence) -> float | None:
    found = dig(evidence, "decision", default={})
    if not found.get("counts") or not found.get("n_rows"):
        return None
    return float(sum(one["n"] for one in found["counts"][1:]) / found["n_rows"])


def _offered(evidence: Evidence, whole: str, part: str) -> float | None:
    """Return a share of items that stand in the lists, or that could have been hits."""
    beside = dig(evidence, "ranking", "beside", default={})
    return float(beside[part] / beside[whole]) if beside.get(whole) and is_number(beside.get(part)) else None
