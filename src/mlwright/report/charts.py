"""The pictures of a report. Each takes a part of the evidence and returns inline SVG, or "" without it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    decimals_of,
    dig,
    estimate_text,
    in_hundred,
    is_number,
    number,
    percent,
    seconds,
    value_beside,
)
from mlwright.report.language import say, word
from mlwright.report.svg import WIDTH, Axis, drawing, labels, line, note, tag, text
from mlwright.report.text import capital

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Show = Callable[[object], str]

LEFT, RIGHT, TOP = 60, 396, 16
_SHORT_TICK, _LONGEST_TICK = 5, 12
"""Letters: more than so many leave no room for the name of an axis, and more than so many no room at all."""
_SIDE = 10
_RARE = 0.1
"""Chances that stay below this fill the picture; others are drawn from 0 to 1."""
"""Of the square of a hundred dots."""


def comparison(rows: Sequence[tuple[str, Evidence | None]], metric: str, axis_name: str = "") -> Markup:
    """Draw estimates of one metric below each other, with their intervals."""
    rows = [(name, e) for name, e in rows if e and is_number(e.get("value"))]
    if not rows:
        return Markup("")
    found = [(e or {}).get(key) for _, e in rows for key in ("value", "low", "high")]
    ends = [float(value) for value in found if value is not None and is_number(value)]
    axis = Axis.around(ends, 16, WIDTH - 16)
    height = 46 * len(rows) + 46
    parts: list[Markup] = _scale(axis, 8, height - 40)
    for i, (name, estimate) in enumerate(rows):
        y, kind = 46 * i + 36, "model" if i == 0 else "base"
        parts += [_dot(axis, y, estimate or {}, kind), text(16, y - 14, name, "name")]
        shown = value_beside(estimate, rows[0][1])
        parts.append(text(WIDTH - 16, y - 14, shown, f"value {kind}", "end"))
    parts.append(text(WIDTH / 2, height - 6, axis_name or metric, "axis", "middle"))
    words = "; ".join(f"{name} {value_beside(estimate, rows[0][1])}" for name, estimate in rows)
    return drawing(f"{metric}: {words}", say("charts.comparison"), height, *parts)


def _dot(axis: Axis, y: float, estimate: Evidence, kind: str) -> Markup:
    x = axis.at(estimate["value"])
    low, high = (estimate[k] if is_number(estimate.get(k)) else estimate["value"] for k in ("low", "high"))
    bar = line(axis.at(low or 0.0), y, axis.at(high or 0.0), y, f"whisker {kind}")
    return bar + tag("circle", note(estimate_text(estimate)), cx=x, cy=y, r=6, class_=f"dot {kind}")


def _scale(axis: Axis, top: float, bottom: float, show: Show | None = None) -> list[Markup]:
    parts: list[Markup] = []
    for x, words in labels(axis, show or _tick):
        parts += [line(x, top, x, bottom, "grid"), text(x, bottom + 15, words, "tick", "middle")]
    return parts


def _tick(value: float) -> str:
    return (
        "0"
        if abs(value) < 1e-12
        else number(value)
        if abs(value) >= 1000 or abs(value) < 1e-4
        else number(float(f"{value:.6g}"), _places(value))
    )


def _places(value: float) -> int:
    digits = f"{value:.6g}"
    return len(digits.partition(".")[2]) if "e" not in digits else 6


def hundred(rows: Sequence[tuple[str, Evidence | None]], title: str) -> Markup:
    """Draw a hundred cases for each row, as many of them full as the share says."""
    known = [(name, e) for name, e in rows if e and is_number(e.get("value"))][:2]
    if not known:
        return Markup("")
    width, parts = WIDTH / 2, []
    for i, (name, estimate) in enumerate(known):
        kind, left = ("model", "base")[i], width * i + 18
        n_full = _full(float(estimate["value"]))
        for k in range(_SIDE * _SIDE):
            x, y = left + 17 * (k % _SIDE) + 7, 14 + 17 * (k // _SIDE)
            parts.append(tag("circle", cx=x, cy=y, r=6, class_=f"case {kind if k < n_full else 'empty'}"))
        told = in_hundred(estimate["value"])
        parts.append(text(left, 203, told, f"count {kind}"))
        parts.append(text(left + 17 * len(told) + 10, 203, name, "name"))
    words = "; ".join(f"{name}: {in_hundred(e['value'])}" for name, e in known)
    return drawing(title, say("charts.hundred", told=words), 214, *parts)


def _full(share: float) -> int:
    """Return how many of a hundred dots are full: none or all only where that is so."""
    return round(100 * share) if share in (0, 1) else min(max(round(100 * share), 1), 99)


def importance(items: Sequence[Evidence], n: int = 12) -> Markup:
    """Draw how much the score worsens when a column is shuffled, strongest first."""
    rows = [(i["column"], i["drop"]) for i in items if is_number(dig(i, "drop", "value"))]
    rows = sorted(rows, key=lambda row: -float(row[1]["value"]))[:n]
    if not rows:
        return Markup("")
    ends = [float(d[k]) for _, d in rows for k in ("value", "low", "high") if is_number(d.get(k))]
    axis = Axis.around([0.0, *ends], 16, WIDTH - 16)
    height = 34 * len(rows) + 42
    parts = _scale(axis, 4, height - 36)
    zero, places = axis.at(0), decimals_of(rows[0][1])
    for i, (column, drop) in enumerate(rows):
        y, end = 34 * i + 22, axis.at(drop["value"])
        low, high = (axis.at(dig(drop, k, default=drop["value"])) for k in ("low", "high"))
        span = line(low, y + 4, high, y + 4, "span")
        bar = tag(
            "rect",
            note(f"{column}: {estimate_text(drop)}"),
            x=min(zero, end), y=y, width=abs(end - zero), height=8, rx=2, class_="bar",
        )  # fmt: skip
        parts += [bar, span, text(16, y - 5, brief(column, 40), "name")]
        parts.append(text(WIDTH - 16, y - 5, number(drop["value"], places), "value", "end"))
    parts.append(text(WIDTH / 2, height - 4, say("charts.worsens"), "axis", "middle"))
    words = ", ".join(f"{brief(c, 40)} {number(d['value'], places)}" for c, d in rows[:5])
    return drawing(say("charts.importance"), say("charts.strongest", columns=words), height, *parts)


def agreement(points: Sequence[Evidence], title: str, axes: tuple[str, str], *, shares: bool) -> Markup:
    """Draw what was predicted against what was observed, with intervals and the line of perfection."""
    if not points:
        return Markup("")
    ends = [
        float(p[k]) for p in points for k in ("predicted", "observed", "low", "high") if is_number(p.get(k))
    ]
    is_rare = shares and max(ends) < _RARE
    low_high = ends if not shares else [0.0, max(ends) if is_rare else 1.0]
    x_axis, y_axis = Axis.around(low_high, LEFT, RIGHT), Axis.around(low_high, 256, TOP)
    show: Show = number if not shares else partial(percent, decimals=1) if is_rare else percent
    parts = [*frame(x_axis, y_axis, axes, (show, show)), _diagonal(x_axis, y_axis)]
    path = " ".join(f"{x_axis.at(p['predicted']):.1f},{y_axis.at(p['observed']):.1f}" for p in points)
    parts.append(tag("polyline", points=path, class_="curve thin"))
    for p in points:
        x, y = x_axis.at(p["predicted"]), y_axis.at(p["observed"])
        if is_number(p.get("low")) and is_number(p.get("high")):
            parts.append(line(x, y_axis.at(p["low"]), x, y_axis.at(p["high"]), "whisker model"))
        told = say(
            "charts.group", x=axes[0], said=show(p["predicted"]), y=axes[1], true=show(p["observed"]),
            n=number(p.get("n")),
        )  # fmt: skip
        parts.append(tag("circle", note(told), cx=x, cy=y, r=5, class_="dot model"))
    return drawing(title, say("charts.agreement", n=str(len(points))), 304, *parts)


def curve(points: Sequence[Evidence], title: str, axes: tuple[str, str]) -> Markup:
    """Draw a curve of shares against the line of guessing."""
    if len(points) < 2:
        return Markup("")
    x_axis, y_axis = Axis(0, 1, LEFT, RIGHT), Axis(0, 1, 256, TOP)
    kept = _thin(points)
    places = [f"{x_axis.at(p['x']):.1f},{y_axis.at(p['y']):.1f}" for p in kept]
    corners = (
        f"{x_axis.at(0):.1f},{y_axis.at(0):.1f} {' '.join(places)} {x_axis.at(1):.1f},{y_axis.at(0):.1f}"
    )
    parts = [
        *frame(x_axis, y_axis, axes, (percent, percent)),
        tag("polygon", points=corners, class_="area"),
        _band(kept, x_axis, y_axis),
        _diagonal(x_axis, y_axis),
        tag("polyline", points=" ".join(places), class_="curve"),
    ]
    for p in _thin(kept, 24):
        told = say("charts.on_curve", x=axes[0], across=percent(p["x"]), y=axes[1], up=percent(p["y"]))
        parts.append(
            tag("circle", note(told), cx=x_axis.at(p["x"]), cy=y_axis.at(p["y"]), r=8, class_="spot")
        )
    key = "charts.curve_band" if is_number(kept[0].get("low")) else "charts.curve"
    return drawing(title, say(key), 304, *parts)


def _band(points: Sequence[Evidence], x_axis: Axis, y_axis: Axis) -> Markup:
    """Draw the intervals of a curve's points as one surface; nothing where they have none."""
    if not all(is_number(p.get("low")) and is_number(p.get("high")) for p in points):
        return Markup("")
    above = [f"{x_axis.at(p['x']):.1f},{y_axis.at(p['high']):.1f}" for p in points]
    below = [f"{x_axis.at(p['x']):.1f},{y_axis.at(p['low']):.1f}" for p in reversed(points)]
    return tag("polygon", points=" ".join([*above, *below]), class_="band")


def _thin(points: Sequence[Evidence], most: int = 200) -> list[Evidence]:
    every = max(1, len(points) // most)
    kept = list(points[::every])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def frame(x_axis: Axis, y_axis: Axis, axes: tuple[str, str], shows: tuple[Show, Show]) -> list[Markup]:
    """Draw grid, ticks and the names of both axes; `shows` write the ticks across and up."""
    parts, longest = [], 0
    for tick in y_axis.ticks():
        y, words = y_axis.at(tick), shows[1](tick)
        words = words if len(words) <= _LONGEST_TICK else f"{tick:.3g}"
        longest = max(longest, len(words))
        parts += [line(LEFT, y, RIGHT, y, "grid"), text(LEFT - 6, y + 4, words, "tick", "end")]
    parts += [text(x, 273, words, "tick", "middle") for x, words in labels(x_axis, shows[0])]
    parts.append(text((LEFT + RIGHT) / 2, 296, brief(axes[0], 52), "axis", "middle"))
    middle = (TOP + 256) / 2
    turn = f"rotate(-90 12 {middle:.0f})"
    up = brief(axes[1], 40)
    if longest > _SHORT_TICK:
        return [*parts, text(0, 9, up, "axis")]  # beside such numbers there is no room for a name
    parts.append(tag("text", up, x=12, y=middle, transform=turn, text_anchor="middle", class_="axis"))
    return parts


def _diagonal(x_axis: Axis, y_axis: Axis) -> Markup:
    low, high = max(x_axis.low, y_axis.low), min(x_axis.high, y_axis.high)
    return line(x_axis.at(low), y_axis.at(low), x_axis.at(high), y_axis.at(high), "ideal")


def phase(name: object) -> str:
    """Return what a part of the training is called."""
    return word(f"phases.{str(name).replace(' ', '_')}", brief(name, 40))


def ledger_title(evidence: Evidence) -> str:
    """Say what took most of the time."""
    most = derived(evidence, "longest")
    if not most:
        return ""
    return capital(say("charts.longest", phase=phase(most["phase"]), share=percent(most["share"])))


def ledger(evidence: Evidence) -> Markup:
    """Draw where the time went, in the order in which it was spent."""
    rows = [
        (p["phase"], p["seconds"]) for p in dig(evidence, "ledger", default=[]) if is_number(p.get("seconds"))
    ]
    if sum(float(spent) for _, spent in rows) <= 0:
        return Markup("")
    height, longest, parts = 30 * len(rows) + 8, max(float(s) for _, s in rows), []
    for i, (name, spent) in enumerate(rows):
        y = 30 * i + 18
        width = max((WIDTH - 32) * float(spent) / longest, 1.0)
        parts.append(tag("rect", x=16, y=y, width=width, height=6, rx=2, class_="bar"))
        parts += [text(16, y - 5, phase(name), "name")]
        parts.append(text(WIDTH - 16, y - 5, seconds(spent), "value", "end"))
    words = ", ".join(f"{phase(n)} {seconds(s)}" for n, s in rows)
    return drawing(ledger_title(evidence), say("charts.phases", phases=words), height, *parts)
