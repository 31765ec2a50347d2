"""Sentences about intervals, sets and probabilities: what was promised, and what the sealed test says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.report.figures import Evidence, brief, dig, estimate_text, is_number, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_WEAK = 3


def interval_lines(evidence: Evidence) -> list[str]:
    """Say how often intervals or sets held the truth, how large they are, and what that rests on."""
    found = dig(evidence, "intervals", default={})
    if not found.get("mode"):
        return [f"There are none: {found['why']}."] if found.get("why") else []
    return [held_line(evidence), _size_line(evidence), *_weak_lines(found), f"{_capital(found['why'])}."]


def held_line(evidence: Evidence) -> str:
    """Write the coverage as a count, such as "9 of 10 of such intervals held the true price"."""
    found = dig(evidence, "intervals", default={})
    covered = found.get("coverage") or {}
    if not is_number(covered.get("value")):
        return ""
    target = brief(dig(evidence, "task", "target", default="value"))
    return (
        f"{_count(covered['value'])} of such {found.get('answers')} held the true {target} on the sealed "
        f"test: {points(covered['value'])} (95 % interval {points(covered.get('low'))} to "
        f"{points(covered.get('high'))}) where {percent(found.get('level'))} was asked."
    )


def error_line(evidence: Evidence) -> str:
    """Say by how many points probabilities are off; "" without any."""
    error = dig(evidence, "calibration_error", default={})
    if not is_number(error.get("value")):
        return ""
    ends = [f"{100 * error[end]:.1f}" for end in ("low", "high") if is_number(error.get(end))]
    span = f" (95 % interval {' to '.join(ends)})" if len(ends) == 2 else ""
    return (
        f"Its probabilities are off by {100 * error['value']:.1f} points on average{span}, chance taken off: "
        "the expected calibration error."
    )


def contract_line(evidence: Evidence) -> str:
    """Say which latency and size were asked for, and what was measured; "" if none was."""
    found = dig(evidence, "contract", default={})
    told = []
    if is_number(found.get("max_latency_ms")):
        measured = f"{found['latency_ms']:.3g} ms"
        told.append(f"one row takes {measured} where at most {found['max_latency_ms']:.3g} ms were asked for")
    if is_number(found.get("max_size_bytes")):
        measured = f"{found['size_bytes'] / 1e3:,.1f} KB"
        asked = f"{found['max_size_bytes'] / 1e3:,.1f} KB"
        told.append(f"the model file has {measured} where at most {asked} were asked for")
    return f"As measured, {' and '.join(told)} ({found['how']})." if told else ""


def points(share: object) -> str:
    """Write a share with one decimal, such as "91.2 %"."""
    return f"{100 * float(share):.1f} %" if is_number(share) else number(share)  # type: ignore[arg-type]  # a number


def _count(share: float) -> str:
    tenths = round(10 * share)
    if abs(share - tenths / 10) <= 0.02 and 0 < tenths < 10:
        return f"{tenths} of 10"
    return f"{round(100 * share)} of 100"


def _size_line(evidence: Evidence) -> str:
    found = dig(evidence, "intervals", default={})
    if found.get("answers") == "sets":
        return (
            f"A set holds {estimate_text(found.get('size'))} labels on average. Where the model is right "
            "more often than asked, sets are empty for the rows that it is least sure of."
        )
    return (
        f"They are {estimate_text(found.get('size'))} wide on average; the width depends on "
        f"{found.get('depends_on')}."
    )


def _weak_lines(found: Evidence) -> list[str]:
    """Name the slices in which fewer truths were held than asked, beyond chance."""
    weak = [part for part in found.get("slices") or [] if part["off"] < 0]
    weak.sort(key=lambda part: part["coverage"]["value"])
    return [
        f"Fewer where {slice_name(part)}: {points(part['coverage']['value'])} of {number(part['n'])} rows."
        for part in weak[:_MOST_WEAK]
    ]


def slice_name(part: Evidence) -> str:
    """Write which rows a slice holds."""
    what = brief(part["column"], 40) if part.get("column") else "the answer"
    return f"{what} is {brief(part.get('slice'), 40)}"


def slice_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the lines of the table of slices."""
    parts: Sequence[Evidence] = dig(evidence, "intervals", "slices", default=[])
    return [{**part, "name": slice_name(part)} for part in parts]


def _capital(text: object) -> str:
    words = str(text)
    return f"{words[:1].upper()}{words[1:]}"
