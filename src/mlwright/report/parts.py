"""Parts of the sealed test in words: where the model is weak, and how it treats groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    hundredths,
    is_number,
    listing,
    number,
    percent,
    value_beside,
)
from mlwright.report.language import say, say_some, word
from mlwright.report.measures import metric_title
from mlwright.report.written import named, written

if TYPE_CHECKING:
    from collections.abc import Sequence

_OF_SHARES = frozenset({"selection_rate", "true_positive_rate", "false_positive_rate", "error_rate"})
_GAPS = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "error_rate", "error",
)  # fmt: skip


def weak_line(evidence: Evidence) -> str:
    """Say whether parts of the test are worse than the rest; "" if the evidence is older than that."""
    search, found = dig(evidence, "slice_search"), dig(evidence, "slices", default=[])
    if not search:
        return ""
    if search.get("why_not"):
        return say("weak.why_not", why=written(search, "why_not"))
    n_tested = search.get("n_tested", 0)
    if not n_tested:
        return say("weak.too_few")
    tested = say_some("weak.parts", n_tested, n=number(n_tested))
    if not found:
        return say("weak.none", tested=tested)
    return say_some("weak.found", len(found), tested=tested, n=str(len(found)))


def slices(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the weak slices with the title of their metric and whether it is too sure there."""
    return [
        {
            **one,
            "title": metric_title(one["metric"]),
            "rule": named(one, "rule", 120),
            "surprise": say("weak.too_sure" if one.get("is_surprised") else "weak.not_too_sure"),
        }
        for one in dig(evidence, "slices", default=[])
    ]


def weak_sentence(one: Evidence) -> str:
    """Write one weak slice as a sentence."""
    return say(
        "weak.sentence",
        rule=named(one, "rule", 120),
        metric=metric_title(one["metric"]),
        inside=estimate_text(one["inside"]),
        outside=value_beside(one["outside"], one["inside"]),
        n=number(one["n"]),
    )


def groups(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the groups that the user asked for, with titles."""
    return [
        {**one, "groups": _named(one), "title": metric_title(one["metric"]), "rest": _rest(one)}
        for one in dig(evidence, "groups", default=[])
    ]


def fairness(evidence: Evidence) -> list[dict[str, Any]]:
    """Return sensitive columns with their groups and with sentences about the gaps."""
    label = brief((dig(evidence, "task", "classes", default=[]) or ["yes"])[-1], 30)
    target = brief(dig(evidence, "task", "target", default=say("question.target")), 40)
    found = []
    for one in dig(evidence, "fairness", default=[]):
        rates = list(one["groups"][0]["rates"]) if one["groups"] else []
        of = one.get("of", "answers")
        rows = [{**group, "rates": [group["rates"][rate] for rate in rates]} for group in _named(one)]
        told = _told(one, {"target": target, "label": label}, of)
        found.append(
            {
                "column": one["column"],
                "title": metric_title(one["metric"]),
                "use": say("fair.read" if one["is_feature"] else "fair.not_read"),
                "heads": [_head(rate, label, of) for rate in rates],
                "groups": rows,
                "told": told,
                "says": [sentence for sentence, _ in told],
                "rest": _rest(one),
            }
        )
    return found


def _head(rate: str, label: str, of: str) -> str:
    key = f"fair.heads.{of}.{rate}"
    return say(key, label=label) if word(key, "") else rate.replace("_", " ")


def _told(one: Evidence, asked: dict[str, str], of: str) -> list[tuple[str, bool]]:
    """Return sentences, each with whether it tells of a gap beyond chance."""
    if len(one["groups"]) < 2:
        return [(say("fair.too_few"), False)]
    told = [
        (_gap_line(one, rate, gap, asked, of), bool(gap.get("low")))
        for rate in _GAPS
        if (gap := dig(one, "gaps", rate)) is not None and gap["between"][0] != gap["between"][1]
    ]
    worst = one.get("worst")
    if worst:
        score = estimate_text(worst["score"])
        line = say(
            "fair.worst", group=_name(one, worst["group"]), metric=metric_title(one["metric"]), score=score
        )
        told.append((line, False))
    off = [group for group in one["groups"] if group["off"]]
    if off:
        names = [_off(one, group) for group in off]
        told.append((say("fair.off", groups=listing(names)), True))
    return told


def _named(one: Evidence) -> list[dict[str, Any]]:
    """Return the groups of a column with their names in the language."""
    return [{**group, "group": named(group, "group")} for group in one["groups"]]


def _name(one: Evidence, group: str) -> str:
    """Return the name of a group in the language."""
    return next((named(it, "group", 30) for it in one["groups"] if it["group"] == group), brief(group, 30))


def _off(one: Evidence, group: Evidence) -> str:
    return say("fair.too_high" if group["off"] > 0 else "fair.too_low", group=_name(one, group["group"]))


def _gap_line(one: Evidence, rate: str, gap: Evidence, asked: dict[str, str], of: str) -> str:
    rates = {group["group"]: group["rates"] for group in one["groups"]}
    show = percent if rate in _OF_SHARES else number
    top, bottom = gap["between"]
    high, low = (show(rates[group][rate]["value"]) for group in (top, bottom))
    return say(
        f"fair.gaps.{of}.{rate}",
        **asked,
        high=high,
        low=low,
        column=brief(one["column"], 40),
        top=_name(one, top),
        bottom=_name(one, bottom),
        gap=_gap(gap, is_share=rate in _OF_SHARES),
    )


def _gap(gap: Evidence, *, is_share: bool) -> str:
    if not (is_number(gap.get("low")) and is_number(gap.get("high"))):
        return say("fair.gap.unknown")
    if not gap["low"]:
        return say("fair.gap.chance")
    if not is_share:
        return say("fair.gap.size", gap=estimate_text(gap))
    ends: Sequence[str] = [hundredths(gap[key]) for key in ("value", "low", "high")]
    return say("fair.gap.points", n=ends[0], low=ends[1], high=ends[2])


def _rest(one: Evidence) -> str:
    n_left = one.get("n_left_out", 0)
    return say("fair.rest", n=number(n_left)) if n_left else ""
