"""Sentences about what the search was worth: over the simplest candidate, for itself, and with more rows."""

from __future__ import annotations

from mlwright.core.evaluation import Direction
from mlwright.report.figures import (
    Evidence,
    brief,
    decimals_of,
    dig,
    estimate_text,
    is_number,
    number,
    value_of,
)
from mlwright.report.words import metric_title


def worth(evidence: Evidence) -> list[str]:
    """Say what the choice among candidates and the number of rows are worth, in a few sentences."""
    found = [
        _over_the_one_in_place(evidence),
        _over_the_simplest(evidence),
        _optimism(evidence),
        _more_rows(evidence),
    ]
    return [sentence for sentence in found if sentence]


def learning_points(evidence: Evidence) -> list[tuple[str, Evidence]]:
    """Return the learning curve as named estimates, the most rows first."""
    points = dig(evidence, "learning_curve", "points", default=[])
    return [(f"{number(p.get('n_rows'))} rows", p["loss"]) for p in reversed(points) if p.get("loss")]


def learning_title(evidence: Evidence) -> str:
    """Say in a few words what the learning curve shows."""
    share = _further_share(evidence)
    if share is None:
        return "What more rows brought"
    if share[0] > 0:
        return f"Three times as many rows would take about {_percent(share[1])} % off the error"
    return "More rows like these would hardly help"


def _over_the_one_in_place(evidence: Evidence) -> str:
    found = dig(evidence, "in_place", default={})
    if not found.get("difference"):
        return ""
    title = metric_title(found.get("metric", ""))
    return (
        f"Against the model in place: {found.get('why')}. Its {title} on the sealed test is "
        f"{estimate_text(found.get('old'))}, that of the new one {estimate_text(found.get('new'))}."
    )


def _over_the_simplest(evidence: Evidence) -> str:
    gain, name = (
        dig(evidence, "selection", "simplest", "gain"),
        dig(evidence, "selection", "simplest", "name"),
    )
    if not gain or not name or not (is_number(gain.get("low")) and is_number(gain.get("high"))):
        return ""
    flip = 1 if gain.get("direction") == Direction.MAX else -1
    ends = sorted((flip * gain["low"], flip * gain["high"]))
    title = metric_title(dig(evidence, "task", "metric", default=""))
    if ends[0] <= 0:
        return (
            "On rows that the folds judged, the blend is not better beyond chance than the simplest "
            f"candidate ({brief(name, 40)}): the difference in {title} is {estimate_text(gain)}. "
            "The simple one may do."
        )
    size = {"value": flip * gain["value"], "low": ends[0], "high": ends[1]}
    return (
        f"On rows that the folds judged, the blend is better than its simplest candidate ({brief(name, 40)}) "
        f"by {estimate_text(size)} in {title}."
    )


def _optimism(evidence: Evidence) -> str:
    found = dig(evidence, "selection", default={})
    if not is_number(found.get("optimism")) or not found.get("corrected"):
        return ""
    flip = 1 if dig(found, "apparent", "direction") == Direction.MAX else -1
    title, places = metric_title(dig(evidence, "task", "metric", default="")), decimals_of(found["apparent"])
    flattery = max(0.0, flip * found["optimism"])
    shown, honest = number(float(f"{flattery:.1g}")), number(found["corrected"]["value"], places)
    return (
        f"Choosing among {number(found.get('n_candidates'))} candidates flatters the score on those rows by "
        f"{shown}; without that {title} is {honest}. The sealed test had no part in the choice."
    )


def _more_rows(evidence: Evidence) -> str:
    further, share = dig(evidence, "learning_curve", "three_times"), _further_share(evidence)
    if not further or share is None:
        return ""
    title = metric_title(dig(evidence, "learning_curve", "measure", default="loss"))
    if share[0] <= 0:
        lead = f"Three times as many rows would not lower the {title} beyond chance"
        return f"{lead}: other columns would help more than more rows."
    return (
        f"Three times as many rows would lower the {title} by about {value_of(further)} "
        f"({_percent(share[0])} to {_percent(share[2])} % of it), if the curve goes on as it went."
    )


def _percent(share: float) -> str:
    """Write a share in percent, to one digit below ten: curves do not foresee more than that."""
    percent = 100.0 * share
    return f"{percent:.0f}" if percent >= 9.5 else f"{percent:.1g}"


def _further_share(evidence: Evidence) -> tuple[float, float, float] | None:
    """Return what three times as many rows would take away, as shares of the loss: low, value, high."""
    further, points = dig(evidence, "learning_curve", "three_times"), learning_points(evidence)
    if not further or not points or not is_number(points[0][1].get("value")):
        return None
    now = float(points[0][1]["value"])
    if now <= 0 or not all(is_number(further.get(key)) for key in ("low", "value", "high")):
        return None
    return further["low"] / now, further["value"] / now, further["high"] / now
