"""Sentences from evidence, by rules: the question, the answer, the verdict and what it means.

No rule asks which kind of task or which metric it is: a sentence is written when the evidence holds
what it needs (a confusion matrix, a curve, residuals), so a new kind or metric needs no new words here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import MissingDependencyError, UnknownNameError
from mlwright.core.evaluation import Direction
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    in_hundred,
    in_ten,
    interval_of,
    is_number,
    listing,
    number,
    percent,
    seconds,
    value_beside,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the model should be used. `tone` is "good", "unsure" or "bad"."""

    tone: str
    title: str
    reason: str


def metric_title(name: str) -> str:
    """Return the metric's name for people; an unknown metric keeps its id, without underscores."""
    metric = _metric(name)
    return metric.title if metric else name.replace("_", " ")


def metric_says(name: str) -> str:
    """Return the plain sentence that explains a metric, "" when it is unknown."""
    metric = _metric(name)
    return metric.says if metric else ""


def _metric(name: str) -> Any:
    from mlwright.core.shelves import METRICS  # noqa: PLC0415 - the shelf needs numpy, a sentence does not

    try:
        return METRICS.get(name)
    except (UnknownNameError, MissingDependencyError):
        return None  # evidence of a newer or older version: the id alone must do


def question(evidence: Evidence) -> str:
    """Write the question that was asked of the data."""
    asked = dig(evidence, "task", "question")
    if asked:
        return brief(asked, 120)
    target, classes = brief(dig(evidence, "task", "target", default="the target")), _classes(evidence)
    if not classes:
        return f"How high is {target}?"
    if len(classes) <= 5:
        return f"Is {target} {listing(classes, 'or')}?"
    return f"Which of {len(classes)} classes is {target}?"


def gain_sign(evidence: Evidence) -> int | None:
    """Return 1 if the model beats the baseline beyond chance, -1 if it loses, 0 if neither, else None."""
    gain = dig(evidence, "gain", default={})
    if not (is_number(gain.get("low")) and is_number(gain.get("high"))):
        return None
    flip = 1 if gain.get("direction") == Direction.MAX else -1
    ends = sorted((flip * gain["low"], flip * gain["high"]))
    return 1 if ends[0] > 0 else -1 if ends[1] < 0 else 0


def open_errors(findings: Sequence[Evidence]) -> list[Evidence]:
    """Return the findings of severity "error" that nobody has acted on yet."""
    return [f for f in findings if f.get("severity") == "error" and f.get("action") != "dropped"]


def verdict(evidence: Evidence) -> Verdict:
    """Say whether this model should be used, and why."""
    sign, n_test = gain_sign(evidence), number(dig(evidence, "split", "n_test"))
    unit = dig(evidence, "split", "unit", default="rows")
    dull = dig(evidence, "task", "baseline", default="a baseline that ignores every column")
    if sign is None:
        told = [finding.get("message") for finding in open_errors(dig(evidence, "findings", default=[]))]
        reason = next(filter(None, told), "The evidence holds no comparison with a baseline.")
        return Verdict("unsure", "Not judged", reason)
    if sign < 1:
        how = "worse than" if sign < 0 else "not better, beyond chance, than"
        reason = f"On {n_test} sealed test {unit} the model is {how} {dull}."
        return Verdict("bad", "Do not ship", reason)
    errors = open_errors(dig(evidence, "findings", default=[]))
    if errors:
        column = errors[0].get("column")
        about = f"{brief(column, 40)}: " if column else ""
        reason = f"It beats the baseline, but first deal with this: {about}{errors[0].get('message', '')}"
        return Verdict("bad", "Do not ship yet", reason)
    reason = f"On {n_test} sealed test {unit} it beats the baseline by more than chance can explain."
    return Verdict("good", "Ready to ship", reason)


def headline(evidence: Evidence) -> str:
    """Write the main result in one sentence."""
    name = dig(evidence, "task", "metric", default="")
    test, base = dig(evidence, "test", name), dig(evidence, "baseline", name)
    tail = f"; the baseline gets {value_beside(base, test)}" if base else ""
    n_test = number(dig(evidence, "split", "n_test"))
    rules = [finding.get("rule") for finding in dig(evidence, "findings", default=[])]
    seen = "rows, some of which it has learned from" if "test_seen" in rules else "rows it never saw"
    if dig(evidence, "split", "unit"):
        seen = f"{dig(evidence, 'split', 'unit')}, by what they did after all that it learned from"
    return f"{metric_title(name)} {estimate_text(test)} on {n_test} {seen}{tail}."


def gain_line(evidence: Evidence) -> str:
    """Compare with the baseline in one sentence."""
    gain, name = dig(evidence, "gain"), dig(evidence, "task", "metric", default="")
    sign = gain_sign(evidence)
    if not gain or sign is None or not is_number(gain.get("value")):
        return ""
    size = {**gain, **{key: abs(gain[key]) for key in ("value", "low", "high")}}
    if sign == 0:
        return f"The difference to the baseline, {estimate_text(gain)}, may be chance."
    size["low"], size["high"] = sorted((size["low"], size["high"]))
    what = "Better" if sign > 0 else "Worse"
    share = _smaller_error(evidence, name) if sign > 0 else ""
    return f"{what} than the baseline by {value_of(size)} (95 % sure: {interval_of(size)}){share}."


def _smaller_error(evidence: Evidence, name: str) -> str:
    test, base = dig(evidence, "test", name, default={}), dig(evidence, "baseline", name, default={})
    value, other = test.get("value"), base.get("value")
    if test.get("direction") != Direction.MIN or not (is_number(value) and is_number(other)) or other <= 0:
        return ""
    return f", which is {percent(1 - value / other)} less error"


def meaning(evidence: Evidence) -> list[str]:
    """Say what the model's quality means in practice, a few sentences, best first."""
    return [*_hits(evidence), *_found(evidence), *_ranks(evidence), *_misses(evidence)]


def _classes(evidence: Evidence) -> list[str]:
    return [brief(label, 30) for label in dig(evidence, "task", "classes", default=[])]


def _hits(evidence: Evidence) -> list[str]:
    counts, classes = (dig(evidence, "confusion", key, default=[]) for key in ("counts", "classes"))
    total = sum(map(sum, counts))
    if not total or len(classes) != len(counts):
        return []
    right = sum(row[i] for i, row in enumerate(counts)) / total
    most = max(range(len(counts)), key=lambda i: sum(counts[i]))
    usual, label = sum(counts[most]) / total, brief(classes[most], 30)
    dull = f"Always answering {label} would get {usual * 100:.0f} right."
    return [f"Of 100 new rows it gets about {right * 100:.0f} right. {dull}"]


def _found(evidence: Evidence) -> list[str]:
    counts, classes = (dig(evidence, "confusion", key, default=[]) for key in ("counts", "classes"))
    if len(counts) != 2 or len(classes) != 2 or not sum(counts[1]):
        return []
    label, hits, called = brief(classes[1], 30), counts[1][1], counts[0][1] + counts[1][1]
    found = f"It finds {in_ten(hits / sum(counts[1]))} of the rows that are {label}"
    if not called:
        return [f"{found}: it never gives that answer."]
    return [f"{found}; when it says {label}, it is right {in_hundred(hits / called)}."]


def _ranks(evidence: Evidence) -> list[str]:
    area = area_under(dig(evidence, "roc", default=[]))
    if area is None:
        return []
    label = _classes(evidence)[-1] if _classes(evidence) else "positive"
    return [f"Shown one row that is {label} and one that is not, it tells them apart {in_hundred(area)}."]


def _misses(evidence: Evidence) -> list[str]:
    quantiles = dig(evidence, "residuals", "quantiles", default={})
    sentences = []
    for low, high, often in (("0.25", "0.75", "Half of the time"), ("0.05", "0.95", "9 times in 10")):
        if is_number(quantiles.get(low)) and is_number(quantiles.get(high)):
            span = f"{_beside(quantiles[low])} and {_beside(quantiles[high])}"
            sentences.append(f"{often} the truth lies between {span} the answer.")
    return sentences


def _beside(residual: float) -> str:
    size = float(f"{abs(residual):.2g}")  # two digits are all that a sentence needs
    return f"{number(size)} {'below' if residual < 0 else 'above'}"


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


def drivers(evidence: Evidence, n: int = 3) -> list[Evidence]:
    """Return the columns that matter beyond chance, the strongest first."""
    found = [
        item
        for item in dig(evidence, "importance", default=[])
        if dig(item, "drop", "low", default=0) > 0 and is_number(item["drop"].get("value"))
    ]
    return sorted(found, key=lambda item: -float(item["drop"]["value"]))[:n]


def drivers_line(evidence: Evidence) -> str:
    """Name what matters most, and say what could not be measured in the time."""
    named = listing([brief(item["column"], 40) for item in drivers(evidence)])
    n_left = dig(evidence, "importance_left_out", default=0) or 0
    n_known = len(dig(evidence, "importance", default=[]))
    if not n_known:
        return "there was no time to measure them" if n_left else ""
    found = named or "none beyond chance"
    if not n_left:
        return found
    return f"{found} ({n_known} of {n_known + n_left} columns measured: those that move the answers most)"


def refit_line(evidence: Evidence) -> str:
    """Say whether the shipped program is the judged one."""
    if not dig(evidence, "refit"):
        return "The model file holds the program that was judged."
    why = str(dig(evidence, "refit", "why", default="")).rstrip(".")
    if dig(evidence, "refit", "done"):
        n_rows = number(dig(evidence, "refit", "n_rows"))
        lead = f"The judged recipe was refitted on all {n_rows} rows; the score is that of the judged program"
    else:
        lead = "The model file holds the program that was judged, byte for byte"
    return f"{lead} ({why})." if why else f"{lead}."


def split_line(evidence: Evidence) -> str:
    """Say how the test rows were chosen."""
    split = dig(evidence, "split", default={})
    n_train, n_test = number(split.get("n_train")), number(split.get("n_test"))
    how, unit = str(split.get("how") or "set aside").rstrip("."), split.get("unit") or "rows"
    return f"{n_train} rows to learn from, {n_test} {unit} sealed before anything was learned ({how})."


def price_line(evidence: Evidence) -> str:
    """Say what a random split would have claimed; "" where it is the right one, or was not tried."""
    price = dig(evidence, "split", "price", default={})
    gap = price.get("flattery")
    if not gap or not (is_number(gap.get("low")) and is_number(gap.get("high"))):
        return ""
    title, flip = metric_title(price["metric"]), 1 if gap.get("direction") == Direction.MAX else -1
    lead = (
        f"Judged by random folds a quick model gets {title} {estimate_text(price['random'])}, by folds like "
        f"this split {estimate_text(price['proper'])}"
    )
    low = min(flip * gap["low"], flip * gap["high"])
    if low > 0:
        return f"{lead}: a random split would have claimed too much."
    return f"{lead}: here a random split would have claimed about the same."


def budget_line(evidence: Evidence) -> str:
    """Say what the search was allowed, what it took, and why it ended."""
    budget = dig(evidence, "budget", default={})
    limit, trials = budget.get("time_limit_s"), budget.get("max_trials")
    allowed = f" of {seconds(limit)} allowed" if limit else f" for {number(trials)} trials" if trials else ""
    ended = str(budget.get("ended") or "").rstrip(".")
    return f"Training took {seconds(budget.get('elapsed_s'))}{allowed}{f': {ended}' if ended else ''}."
