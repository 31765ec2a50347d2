"""Sentences about what the search was worth: over the simplest candidate, for itself, and with more rows."""

from __future__ import annotations

from mlwright.core.evaluation import Direction
from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    decimals_of,
    dig,
    estimate_text,
    is_number,
    number,
    shown,
    size_of,
    value_of,
)
from mlwright.report.language import say
from mlwright.report.measures import metric_title
from mlwright.report.words import in_place_line, sign_of


def worth(evidence: Evidence) -> list[str]:
    """Say what the choice among candidates and the number of rows are worth, in a few sentences."""
    found = [
        in_place_line(evidence),
        _over_the_simplest(evidence),
        _optimism(evidence),
        _more_rows(evidence),
    ]
    return [sentence for sentence in found if sentence]


def learning_points(evidence: Evidence) -> list[tuple[str, Evidence]]:
    """Return the learning curve as named estimates, the most rows first."""
    points = dig(evidence, "learning_curve", "points", default=[])
    return [
        (say("learning.rows", n=number(p.get("n_rows"))), p["loss"])
        for p in reversed(points)
        if p.get("loss")
    ]


def learning_title(evidence: Evidence) -> str:
    """Say in a few words what the learning curve shows."""
    share = derived(evidence, "further", default={})
    if not share:
        return say("learning.title")
    if share["low"] > 0:
        return say("learning.more", share=_percent(share["value"]))
    return say("learning.flat")


def _over_the_simplest(evidence: Evidence) -> str:
    gain, name = (dig(evidence, "selection", "simplest", key) for key in ("gain", "name"))
    sign = sign_of(gain) if gain and name else None
    if sign is None:
        return ""
    holes = {"name": brief(name, 40), "metric": metric_title(dig(evidence, "task", "metric", default=""))}
    if sign < 1:
        return say("worth.simple_will_do", gain=estimate_text(gain), **holes)
    return say("worth.over_simple", gain=estimate_text(size_of(gain)), **holes)


def _optimism(evidence: Evidence) -> str:
    found = dig(evidence, "selection", default={})
    if not is_number(found.get("optimism")) or not found.get("corrected"):
        return ""
    flip = 1 if dig(found, "apparent", "direction") == Direction.MAX else -1
    flattery = abs(found["optimism"]) if flip * found["optimism"] > 0 else 0.0
    return say(
        "worth.optimism",
        n=number(found.get("n_candidates")),
        flattery=shown(f"{float(f'{float(flattery):.1g}'):g}", flattery),
        metric=metric_title(dig(evidence, "task", "metric", default="")),
        honest=number(found["corrected"]["value"], decimals_of(found["apparent"])),
    )


def _more_rows(evidence: Evidence) -> str:
    further, share = dig(evidence, "learning_curve", "three_times"), derived(evidence, "further", default={})
    if not further or not share:
        return ""
    title = metric_title(dig(evidence, "learning_curve", "measure", default="loss"))
    if share["low"] <= 0:
        return say("worth.no_more_rows", metric=title)
    ends = {key: _percent(share[key]) for key in ("low", "high")}
    return say("worth.more_rows", metric=title, size=value_of(further), **ends)


def _percent(share: float) -> str:
    """Write a share in percent, to one digit below ten: curves do not foresee more than that."""
    hundredths = 100.0 * share
    return shown(f"{hundredths:.0f}" if hundredths >= 9.5 else f"{hundredths:.1g}", share, 100)
