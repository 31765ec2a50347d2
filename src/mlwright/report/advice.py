"""Sentences about decisions: on what to act, what it saves, and what wrong costs would lose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.report.figures import (
    Evidence,
    brief,
    decimals_of,
    dig,
    interval_of,
    is_number,
    number,
    value_of,
)  # fmt: skip
from mlwright.report.promises import points

if TYPE_CHECKING:
    from collections.abc import Sequence


def decision_lines(evidence: Evidence) -> list[str]:
    """Say what is decided and what that saves, against every alternative; nothing without costs."""
    found = dig(evidence, "decision", default={})
    if not found:
        return []
    against = [_against(one, evidence) for one in found.get("against", [])]
    lines = [advice(evidence), *against, _capacity(found), _sensitivity(found)]
    return [line for line in lines if line]


def advice(evidence: Evidence) -> str:
    """Write the policy with what it saves in one sentence; "" without costs."""
    found = dig(evidence, "decision", default={})
    counts: Sequence[Evidence] = found.get("counts") or []
    against: Sequence[Evidence] = found.get("against") or []
    if not counts or not against:
        return ""
    saved = against[0]
    amount = dig(saved, "per_row", "value", default=0.0)
    total = number(abs(dig(saved, "total", "value", default=0.0)))
    what = "saves" if amount >= 0 else "costs"
    size = f"{_amount(saved['per_row'])} a row against {saved['what']}, {total} in all"
    return f"{_who(found)}: it {what} {size}."


def _who(found: Evidence) -> str:
    counts, n_rows = found["counts"], number(found.get("n_rows"))
    if len(counts) != 2:
        parts = ", ".join(f"{number(one['n'])} as {brief(one['decision'], 30)}" for one in counts[:6])
        return f"Decide by the least expected cost of each row ({parts} of {n_rows} test rows)"
    label = brief(counts[1]["decision"], 30)
    where = "where acting is expected to save more than it costs"
    if is_number(found.get("threshold")):
        where = f"whose chance of {label} is above {points(found['threshold'])}"
    return f"Decide {label} for the {number(counts[1]['n'])} of {n_rows} test rows {where}"


def _amount(estimate: Evidence) -> str:
    """Write the size of an amount and its interval, both without their common sign."""
    if estimate.get("value") is not None and estimate["value"] < 0:
        flipped = {"value": -estimate["value"], "low": None, "high": None}
        if is_number(estimate.get("low")) and is_number(estimate.get("high")):
            flipped |= {"low": -estimate["high"], "high": -estimate["low"]}
        estimate = flipped
    if decimals_of(estimate) is None:
        return value_of(estimate)
    return f"{value_of(estimate)} (95 % interval {interval_of(estimate)})"


def _against(one: Evidence, evidence: Evidence) -> str:
    saved, names = one["per_row"], dig(evidence, "decision", "against", default=[])
    if one is names[0] or not is_number(saved.get("value")):
        return ""
    low, high = saved.get("low"), saved.get("high")
    if is_number(low) and is_number(high) and low <= 0 <= high:
        return f"Against {one['what']} the difference, {_amount(saved)} a row, may be chance."
    return f"Against {one['what']} it {'saves' if saved['value'] > 0 else 'costs'} {_amount(saved)} a row."


def _capacity(found: Evidence) -> str:
    capacity = found.get("capacity")
    if not capacity:
        return ""
    asked, share = brief(capacity.get("asked"), 20), points(capacity.get("share"))
    shown = asked if asked.endswith("%") else f"{asked} rows ({share} of the data)"
    if not capacity["is_kept"]:
        return (
            f"At most {shown} may be acted on, but that is not kept: the run ended before there were "
            "answers to choose a cutoff by. Train again with more time."
        )
    acted = [one["n"] for one in found["counts"][1:]]
    there = points(sum(acted) / found["n_rows"]) if found.get("n_rows") else share
    return (
        f"At most {shown} may be acted on. A row is decided alone, so this became a fixed cutoff, from "
        "answers to training rows that the models had not seen; of the sealed test it lets "
        f"{there} through."
    )


def _sensitivity(found: Evidence) -> str:
    """Name the wrong cost that would lose most."""
    worlds = [one for one in found.get("sensitivity") or [] if is_number(dig(one, "lost", "value"))]
    if not worlds:
        return ""
    worst = max(worlds, key=lambda one: one["lost"]["value"])
    if worst["lost"]["value"] <= 0:
        return "If a cost were half or twice of what was said, other decisions would have saved no more."
    size = "half" if worst["factor"] < 1 else "twice"
    return (
        f"What if the costs are wrong: at worst, were {brief(worst['cost'], 40)} {size} of what was said, "
        f"{_amount(worst['lost'])} a row would be lost against decisions made for that cost."
    )
