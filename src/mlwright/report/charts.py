"""The pictures of a report. Each takes a part of the evidence and returns inline SVG, or "" without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from mlwright.report.figures import (
    Evidence,
    brief,
    decimals_of,
    dig,
    is_number,
    number,
    percent,
    seconds,
    value_of,
)
from mlwright.report.svg import WIDTH, Axis, drawing, line, tag, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Show = Callable[[object], str]

LEFT, RIGHT, TOP = 56, 396, 16


def comparison(rows: Sequence[tuple[str, Evidence | None]], metric: str) -> Markup:
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
        parts.append(text(WIDTH - 16, y - 14, value_of(estimate), f"value {kind}", "end"))
    parts.append(text(WIDTH / 2, height - 6, metric, "axis", "middle"))
    words = "; ".join(f"{name} {value_of(estimate)}" for name, estimate in rows)
    return drawing(f"{metric}: {words}", "Dots are the scores, bars their 95 % intervals.", height, *parts)


def _dot(axis: Axis, y: float, estimate: Evidence, kind: str) -> Markup:
    x = axis.at(estimate["value"])
    low, high = (estimate[k] if is_number(estimate.get(k)) else estimate["value"] for k in ("low", "high"))
    bar = line(axis.at(low or 0.0), y, axis.at(high or 0.0), y, f"whisker {kind}")
    return bar + tag("circle", cx=x, cy=y, r=6, class_=f"dot {kind}")


def _scale(axis: Axis, top: float, bottom: float) -> list[Markup]:
    parts = []
    for tick in axis.ticks():
        x = axis.at(tick)
        parts += [line(x, top, x, bottom, "grid"), text(x, bottom + 15, _tick(tick), "tick", "middle")]
    return parts


def _tick(value: float) -> str:
    return "0" if abs(value) < 1e-12 else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"


def importance(items: Sequence[Evidence], n: int = 12) -> Markup:
    """Draw how much the score worsens when a column is shuffled, strongest first."""
    rows = [(i["column"], i["drop"]) for i in items if is_number(dig(i, "drop", "value"))]
    rows = sorted(rows, key=lambda row: -row[1]["value"])[:n]
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
            tag("title", f"{column}: {value_of(drop)}"),
            x=min(zero, end), y=y, width=abs(end - zero), height=8, rx=2, class_="bar",
        )  # fmt: skip
        parts += [bar, span, text(16, y - 5, brief(column, 40), "name")]
        parts.append(text(WIDTH - 16, y - 5, number(drop["value"], places), "value", "end"))
    parts.append(
        text(WIDTH / 2, height - 4, "how much the score worsens without the column", "axis", "middle")
    )
    words = ", ".join(f"{brief(c, 40)} {value_of(d)}" for c, d in rows[:5])
    return drawing("What drives the answers", f"Strongest first: {words}.", height, *parts)


def agreement(points: Sequence[Evidence], title: str, axes: tuple[str, str], *, shares: bool) -> Markup:
    """Draw what was predicted against what was observed, with intervals and the line of perfection."""
    if not points:
        return Markup("")
    ends = [
        float(p[k]) for p in points for k in ("predicted", "observed", "low", "high") if is_number(p.get(k))
    ]
    low_high = [0.0, 1.0] if shares else ends
    x_axis, y_axis = Axis.around(low_high, LEFT, RIGHT), Axis.around(low_high, 256, TOP)
    show: Show = percent if shares else number
    parts = [*frame(x_axis, y_axis, axes, (show, show)), _diagonal(x_axis, y_axis)]
    path = " ".join(f"{x_axis.at(p['predicted']):.1f},{y_axis.at(p['observed']):.1f}" for p in points)
    parts.append(tag("polyline", points=path, class_="curve thin"))
    for p in points:
        x, y = x_axis.at(p["predicted"]), y_axis.at(p["observed"])
        note = (
            f"{axes[0]} {show(p['predicted'])}, {axes[1]} {show(p['observed'])} ({number(p.get('n'))} rows)"
        )
        if is_number(p.get("low")) and is_number(p.get("high")):
            parts.append(line(x, y_axis.at(p["low"]), x, y_axis.at(p["high"]), "whisker model"))
        parts.append(tag("circle", tag("title", note), cx=x, cy=y, r=5, class_="dot model"))
    about = f"{len(points)} groups of rows; the dashed line is perfect agreement."
    return drawing(title, about, 304, *parts)


def curve(points: Sequence[Evidence], title: str, axes: tuple[str, str]) -> Markup:
    """Draw a curve of shares against the line of guessing."""
    if len(points) < 2:
        return Markup("")
    x_axis, y_axis = Axis(0, 1, LEFT, RIGHT), Axis(0, 1, 256, TOP)
    places = [f"{x_axis.at(p['x']):.1f},{y_axis.at(p['y']):.1f}" for p in _thin(points)]
    corners = (
        f"{x_axis.at(0):.1f},{y_axis.at(0):.1f} {' '.join(places)} {x_axis.at(1):.1f},{y_axis.at(0):.1f}"
    )
    parts = [
        *frame(x_axis, y_axis, axes, (percent, percent)),
        tag("polygon", points=corners, class_="area"),
        _diagonal(x_axis, y_axis),
        tag("polyline", points=" ".join(places), class_="curve"),
    ]
    return drawing(title, "The dashed line is what guessing would give.", 304, *parts)


def _thin(points: Sequence[Evidence], most: int = 200) -> list[Evidence]:
    every = max(1, len(points) // most)
    kept = list(points[::every])
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def frame(x_axis: Axis, y_axis: Axis, axes: tuple[str, str], shows: tuple[Show, Show]) -> list[Markup]:
    """Draw grid, ticks and the names of both axes; `shows` write the ticks across and up."""
    parts = []
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts += [line(LEFT, y, RIGHT, y, "grid"), text(LEFT - 6, y + 4, shows[1](tick), "tick", "end")]
    for tick in x_axis.ticks():
        parts.append(text(x_axis.at(tick), 273, shows[0](tick), "tick", "middle"))
    parts.append(text((LEFT + RIGHT) / 2, 296, axes[0], "axis", "middle"))
    middle = (TOP + 256) / 2
    turn = f"rotate(-90 12 {middle:.0f})"
    parts.append(tag("text", axes[1], x=12, y=middle, transform=turn, text_anchor="middle", class_="axis"))
    return parts


def _diagonal(x_axis: Axis, y_axis: Axis) -> Markup:
    low, high = max(x_axis.low, y_axis.low), min(x_axis.high, y_axis.high)
    return line(x_axis.at(low), y_axis.at(low), x_axis.at(high), y_axis.at(high), "ideal")


def ledger(phases: Sequence[Evidence]) -> Markup:
    """Draw where the time went, in the order in which it was spent."""
    rows = [(p["phase"], float(p["seconds"])) for p in phases if is_number(p.get("seconds"))]
    total = sum(s for _, s in rows)
    if total <= 0:
        return Markup("")
    height, longest, parts = 30 * len(rows) + 8, max(s for _, s in rows), []
    for i, (name, spent) in enumerate(rows):
        y = 30 * i + 18
        width = max((WIDTH - 32) * spent / longest, 1.0)
        parts.append(tag("rect", x=16, y=y, width=width, height=6, rx=2, class_="bar"))
        parts += [text(16, y - 5, brief(name, 40), "name")]
        parts.append(text(WIDTH - 16, y - 5, seconds(spent), "value", "end"))
    most = max(rows, key=lambda row: row[1])
    title = f"{brief(most[0], 40)} took {percent(most[1] / total)} of the time"
    words = ", ".join(f"{brief(n, 40)} {seconds(s)}" for n, s in rows)
    return drawing(title, f"Seconds per phase: {words}.", height, *parts)
