"""Sentences about intervals, sets and probabilities: what was promised, and what the sealed test says."""

from __future__ import annotations

from typing import Any

from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    has_interval,
    hundredths,
    in_hundred,
    is_number,
    number,
    percent,
    points,
    shown,
)
from mlwright.report.language import say
from mlwright.report.written import named, written

_MOST_WEAK = 3
_SMALL_GAP, _SMALL_PART = 0.03, 0.1
"""Chances off by less, and by less of the share of the rarer class, can be taken at their word."""
_FULL = 0.8
"""Labels in a set on average: where it is less, many sets are empty."""
_FEWEST_ROWS, _FAR_BELOW, _FAR_ABOVE = 30, 0.05, 0.1
"""Worth a word on the first screen: a part of so many rows, so far below the level that was asked for, and
a level that is held so much more often."""


def interval_lines(evidence: Evidence) -> list[str]:
    """Say how often intervals or sets held the truth, how large they are, and what that rests on."""
    found = dig(evidence, "intervals", default={})
    if not found.get("mode"):
        return [say("held.none", why=written(found, "why"))] if found.get("why") else []
    return [
        held_line(evidence),
        _size_line(evidence),
        *_weak_lines(evidence),
        *wide_lines(evidence),
        say("held.rests", why=written(found, "why")) if found.get("why") else "",
    ]


def held_line(evidence: Evidence) -> str:
    """Write the coverage as a count, such as "ranges that did so in 9 of 10"."""
    found = dig(evidence, "intervals", default={})
    covered = found.get("coverage") or {}
    if not is_number(covered.get("value")):
        return ""
    return say(
        f"held.{sort_of(found)}",
        count=_count(covered["value"]),
        target=brief(dig(evidence, "task", "target", default="value")),
        share=points(covered["value"]),
        low=points(covered.get("low")),
        high=points(covered.get("high")),
        level=percent(found.get("level")),
    )


def sort_of(found: Evidence) -> str:
    """Return "intervals" of values or "sets" of labels, the end of the keys of sentences that differ."""
    return "sets" if found.get("answers") == "sets" else "intervals"


def error_line(evidence: Evidence) -> str:
    """Say by how many points probabilities are off; "" without any."""
    error = dig(evidence, "calibration_error", default={})
    if not is_number(error.get("value")):
        return ""
    n, low, high = (hundredths(error.get(key), 1) for key in ("value", "low", "high"))
    if not has_interval(error):
        return say("held.error_alone", n=n)
    return say("held.error", n=n, low=low, high=high)


def trust_title(evidence: Evidence) -> str:
    """Say as the title of the picture what the section says: chance taken off, where that was worked out.

    Where little happens at all, a small gap is no proof, and a large one may be chance.
    """
    gap = dig(evidence, "calibration_error", "value", default=derived(evidence, "calibration_gap"))
    raw = derived(evidence, "calibration_gap", default=gap)
    may_be_chance = dig(evidence, "calibration_error", "low") == 0
    if is_number(gap) and gap > _SMALL_GAP and not may_be_chance:
        return say("charts.not_trusted", n=hundredths(gap))
    if may_be_chance and is_number(raw) and raw > min(_SMALL_GAP, _SMALL_PART * _rarer_share(evidence)):
        return say("charts.not_refuted")
    return say("charts.trusted")


def _rarer_share(evidence: Evidence) -> float:
    """Return the share of the rarer of two classes in the test; 1 where that is no question."""
    true = derived(evidence, "confusion", "true", default=[])
    return min(true) / sum(true) if len(true) == 2 and sum(true) else 1.0


def contract_line(evidence: Evidence) -> str:
    """Say which latency and size were asked for, and what was measured; "" if none was."""
    found = dig(evidence, "contract", default={})
    told: list[str] = []
    if is_number(found.get("max_latency_ms")):
        told.append(say("contract.latency", n=_ms(found["latency_ms"]), most=_ms(found["max_latency_ms"])))
    if is_number(found.get("max_size_bytes")):
        told.append(say("contract.size", n=_kb(found["size_bytes"]), most=_kb(found["max_size_bytes"])))
    if not told:
        return ""
    both = told[0] if len(told) == 1 else say("contract.both", one=told[0], other=told[1])
    return say("contract.line", told=both, how=written(found, "how"))


def _ms(value: float) -> str:
    return shown(f"{value:.3g} ms", value)


def _kb(n_bytes: float) -> str:
    return shown(f"{n_bytes / 1e3:,.1f} KB", n_bytes, 1e-3)


def _count(share: float) -> str:
    tenths = round(10 * share)
    if abs(share - tenths / 10) <= 0.02 and 0 < tenths < 10:
        return say("held.of_ten", n=shown(str(tenths), share, 10))
    return say("held.of_hundred", n=in_hundred(share))


def _size_line(evidence: Evidence) -> str:
    found = dig(evidence, "intervals", default={})
    if sort_of(found) == "sets":
        size = found.get("size") or {}
        are_some_empty = is_number(size.get("value")) and size["value"] < 1  # on average, so some must be
        return say("held.labels_empty" if are_some_empty else "held.labels", n=estimate_text(size))
    return say("held.width", n=estimate_text(found.get("size")), depends=written(found, "depends_on"))


def broken_part(evidence: Evidence) -> Evidence | None:
    """Return the part in which the fewest of the truths that were promised were held; None without one."""
    level = dig(evidence, "intervals", "level")
    if not is_number(level):
        return None
    found = [
        part
        for part in _parts(evidence)
        if (part.get("off") or 0) < 0
        and part["n"] >= _FEWEST_ROWS
        and part["coverage"]["value"] < level - _FAR_BELOW
    ]
    return min(found, key=lambda part: part["coverage"]["value"], default=None)


def is_mostly_empty(evidence: Evidence, part: Evidence) -> bool:
    """Tell whether sets hold few truths in a part because many name no class at all there."""
    size = dig(part, "size", "value")
    return sort_of(dig(evidence, "intervals", default={})) == "sets" and is_number(size) and size < _FULL


def wide_lines(evidence: Evidence) -> list[str]:
    """Say, if so, that ranges hold far more truths than was asked."""
    one = wide_level(evidence)
    if one is None:
        return []
    return [say("watch.wide", n=points(one["coverage"]["value"]), level=percent(one["level"]))]


def wide_level(evidence: Evidence) -> Evidence | None:
    """Return the level that is held far too often, beyond chance, and most so; None if there is none.

    Sets of labels may hold the truth more often than asked, because the next smaller ones hold it less often.
    """
    found = dig(evidence, "intervals", default={})
    if sort_of(found) == "sets":
        return None
    above = [
        (one["coverage"]["low"] - one["level"], one)
        for one in found.get("levels") or []
        if has_interval(one.get("coverage")) and one["coverage"]["low"] > one["level"] + _FAR_ABOVE
    ]
    return max(above, key=lambda pair: pair[0])[1] if above else None


def _weak_lines(evidence: Evidence) -> list[str]:
    """Name the slices in which fewer truths were held than asked, beyond chance."""
    weak = [part for part in _parts(evidence) if (part.get("off") or 0) < 0]
    weak.sort(key=lambda part: part["coverage"]["value"])
    return [
        say("held.fewer", rows=slice_name(part), share=points(part["coverage"]["value"]), n=number(part["n"]))
        for part in weak[:_MOST_WEAK]
    ]


def slice_name(part: Evidence) -> str:
    """Write which rows a slice holds."""
    what = brief(part["column"], 40) if part.get("column") else say("held.the_answer")
    return say("held.slice", what=what, slice=named(part, "slice", 40))


def slice_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the lines of the table of slices."""
    return [{**part, "name": slice_name(part)} for part in _parts(evidence)]


def _parts(evidence: Evidence) -> list[Evidence]:
    """Return the slices, without any that holds every row: that is the whole once more."""
    n_test = dig(evidence, "split", "n_test")
    return [part for part in dig(evidence, "intervals", "slices", default=[]) if part["n"] != n_test]
