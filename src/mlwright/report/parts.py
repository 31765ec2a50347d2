"""Parts of the sealed test in words: where the model is weak, and how it treats groups."""

from __future__ import annotations

from typing import Any

from mlwright.report.figures import Evidence, brief, dig, estimate_text, is_number, listing, number, percent
from mlwright.report.words import metric_title

_HEADS = {
    "selection_rate": "{chosen} {label}",
    "true_positive_rate": "found of those that are {label}",
    "false_positive_rate": "wrongly {chosen} {label}",
    "error_rate": "mistakes",
    "calibration": "said less true",
    "error": "distance from the truth",
}
_GAPS = {
    "selection_rate": "It {chooses} {label} {high} of the time where {where}",
    "true_positive_rate": "Of rows that are {label} it finds {high} where {where}",
    "false_positive_rate": "Of rows that are not {label} it takes {high} for it where {where}",
    "error_rate": "{wrong} {high} of the time where {where}",
    "error": "It misses the truth by {high} where {where}",
}
_VERBS = {
    "answers": {"chosen": "answered", "chooses": "answers", "wrong": "It is wrong"},
    "decisions": {"chosen": "decided", "chooses": "decides", "wrong": "Its decision is not the true class"},
}
_OF_SHARES = frozenset({"selection_rate", "true_positive_rate", "false_positive_rate", "error_rate"})


def weak_line(evidence: Evidence) -> str:
    """Say whether parts of the test are worse than the rest; "" if the evidence is older than that."""
    search, found = dig(evidence, "slice_search"), dig(evidence, "slices", default=[])
    if not search:
        return ""
    if search.get("why_not"):
        return f"Weak parts were not looked for: {search['why_not']}."
    n_tested = search.get("n_tested", 0)
    if not n_tested:
        return "No part of the test could be looked into: it takes 30 rows, and at most half of all."
    tested = f"{number(n_tested)} part{'s' * (n_tested != 1)} of at least 30 test rows"
    if not found:
        return f"No part is clearly worse than the rest: {tested} were looked at."
    sure = "the chance that any of these is here by accident is below 5 %"
    verb = "is" if len(found) == 1 else "are"
    return f"Of {tested}, {len(found)} {verb} clearly worse than the rest; {sure}."


def slices(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the weak slices with the title of their metric and whether it is too sure there."""
    return [
        {
            **one,
            "title": metric_title(one["metric"]),
            "surprise": "yes" if one.get("is_surprised") else "not beyond chance",
        }
        for one in dig(evidence, "slices", default=[])
    ]


def weak_sentence(one: Evidence) -> str:
    """Write one weak slice as a sentence."""
    elsewhere = number(dig(one, "outside", "value"))
    size = f"{metric_title(one['metric'])} {estimate_text(one['inside'])} on {number(one['n'])} test rows"
    return f"Where {one['rule']}: {size}, {elsewhere} elsewhere."


def groups(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the groups that the user asked for, with titles."""
    return [
        {**one, "title": metric_title(one["metric"]), "rest": _rest(one)}
        for one in dig(evidence, "groups", default=[])
    ]


def fairness(evidence: Evidence) -> list[dict[str, Any]]:
    """Return sensitive columns with their groups and with sentences about the gaps."""
    label = brief((dig(evidence, "task", "classes", default=[]) or ["yes"])[-1], 30)
    found = []
    for one in dig(evidence, "fairness", default=[]):
        rates = list(one["groups"][0]["rates"]) if one["groups"] else []
        verbs = _VERBS[one.get("of", "answers")]
        rows = [{**group, "rates": [group["rates"][rate] for rate in rates]} for group in one["groups"]]
        use = "The model reads this column." if one["is_feature"] else "The model does not read this column."
        found.append(
            {
                "column": one["column"],
                "title": metric_title(one["metric"]),
                "use": use if one["is_feature"] else f"{use} Others may say the same.",
                "heads": [_HEADS.get(rate, rate).format(label=label, **verbs) for rate in rates],
                "groups": rows,
                "says": _says(one, label),
                "rest": _rest(one),
            }
        )
    return found


def _says(one: Evidence, label: str) -> list[str]:
    if len(one["groups"]) < 2:
        return ["There are not two groups of at least 30 test rows to compare."]
    said = []
    rates = {group["group"]: group["rates"] for group in one["groups"]}
    for rate, text in _GAPS.items():
        gap = dig(one, "gaps", rate)
        if gap is None:
            continue
        show = percent if rate in _OF_SHARES else number
        top, bottom = gap["between"]
        high, low = (show(rates[group][rate]["value"]) for group in (top, bottom))
        where = f"{brief(one['column'], 40)} is {brief(top, 30)}, {low} where it is {brief(bottom, 30)}"
        lead = text.format(label=label, high=high, where=where, **_VERBS[one.get("of", "answers")])
        said.append(f"{lead}: {_gap(gap, is_share=rate in _OF_SHARES)}.")
    worst = one.get("worst")
    if worst:
        title = metric_title(one["metric"])
        group, score = brief(worst["group"], 30), estimate_text(worst["score"])
        said.append(f"The worst score is that of {group}: {title} {score}.")
    off = [group for group in one["groups"] if group["off"]]
    if off:
        sides = {1: "too high", -1: "too low"}
        names = listing([f"{brief(group['group'], 30)} ({sides[group['off']]})" for group in off])
        said.append(f"What it says is off, beyond chance, for {names}.")
    return said


def _gap(gap: Evidence, *, is_share: bool) -> str:
    low, high = gap.get("low"), gap.get("high")
    if not (is_number(low) and is_number(high)):
        return "too few rows to say how sure that is"
    if not low:
        return "the gap may be chance"
    if not is_share:
        return f"a gap of {estimate_text(gap)}"
    points = [f"{float(gap[key]) * 100:.0f}" for key in ("value", "low", "high")]
    return f"a gap of {points[0]} points ({points[1]} to {points[2]})"


def _rest(one: Evidence) -> str:
    n_left = one.get("n_left_out", 0)
    return f"{number(n_left)} test rows are in groups too small to be judged." if n_left else ""
