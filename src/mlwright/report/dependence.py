"""How the answer goes with one column: a drawing and a sentence for each."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlwright.report.charts import LEFT, RIGHT, TOP, frame
from mlwright.report.figures import Evidence, brief, dig, is_number, number, percent
from mlwright.report.svg import WIDTH, Axis, drawing, line, tag, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

_SMALL_SHARE = 0.02
"""Of the height of the answer: less is called flat."""


def dependence(evidence: Evidence) -> list[dict[str, Any]]:
    """Return "column", "says" and "chart" for every column that was followed."""
    found = []
    for item in dig(evidence, "dependence", default=[]):
        label, target = item.get("class"), brief(dig(evidence, "task", "target", default="the answer"), 30)
        what = target if label is None else f"chance that {target} is {brief(label, 20)}"
        says = _says(item, what)
        is_curve = _is_curve(item["points"])
        chart = _curve(item, says, what) if is_curve else _dots(item, says, what)
        found.append({"column": item["column"], "says": says, "chart": chart})
    return found


def _is_curve(points: Sequence[Evidence]) -> bool:
    return sum(is_number(point["at"]) for point in points) > 2


def _says(item: Evidence, what: str) -> str:
    """Say how the mean answer goes: up, down, highest where; or that it hardly moves."""
    show = number if item.get("class") is None else percent
    points = item["points"]
    top, bottom = max(points, key=lambda p: p["mean"]), min(points, key=lambda p: p["mean"])
    column = brief(item["column"], 40)
    if top["mean"] - bottom["mean"] <= _SMALL_SHARE * max(abs(top["mean"]), abs(bottom["mean"])):
        return f"On its own {column} hardly moves the {what}."
    known = [point for point in points if point["at"] is not None]
    if _is_curve(points):
        first, last = known[0], known[-1]
        steps = [b["mean"] - a["mean"] for a, b in pairwise(known)]
        for sign, word in ((1, "rises"), (-1, "falls")):
            if all(sign * step >= -0.05 * (top["mean"] - bottom["mean"]) for step in steps):
                ends = f"from {show(first['mean'])} to {show(last['mean'])}"
                span = f"goes from {_at(first)} to {_at(last)}"
                return f"As {column} {span}, the {what} {word} {ends} on average."
    high = f"{show(top['mean'])} where {column} is {_at(top)}"
    low = f"{show(bottom['mean'])}, where it is {_at(bottom)}"
    return f"The {what} is highest on average, {high}, and lowest, {low}."


def _at(point: Evidence) -> str:
    at = point["at"]
    if at is None:
        return "missing"
    if isinstance(at, bool):
        return "true" if at else "false"
    return number(at) if is_number(at) else brief(at, 30)


def _curve(item: Evidence, says: str, what: str) -> Markup:
    """Draw a line through the means, in the band that holds 8 in 10 rows."""
    points = [point for point in item["points"] if is_number(point["at"])]
    ends = [float(point[key]) for point in points for key in ("low", "high")]
    x_axis = Axis.around([float(point["at"]) for point in points], LEFT, RIGHT)
    y_axis = Axis.around(ends, 256, TOP)
    show = number if item.get("class") is None else percent
    places = [(x_axis.at(p["at"]), p) for p in points]
    upper = [f"{x:.1f},{y_axis.at(p['high']):.1f}" for x, p in places]
    lower = [f"{x:.1f},{y_axis.at(p['low']):.1f}" for x, p in reversed(places)]
    path = " ".join(f"{x:.1f},{y_axis.at(p['mean']):.1f}" for x, p in places)
    parts = [
        *frame(x_axis, y_axis, (brief(item["column"], 40), brief(what, 40)), (number, show)),
        tag("polygon", points=" ".join([*upper, *lower]), class_="area"),
        tag("polyline", points=path, class_="curve"),
    ]
    for x, p in places:
        note = f"{_at(p)}: {show(p['mean'])}"
        parts.append(
            tag("circle", tag("title", note), cx=x, cy=y_axis.at(p["mean"]), r=3, class_="dot model")
        )
    return drawing(says, "The line is the mean answer, the band holds 8 in 10 rows.", 304, *parts)


def _dots(item: Evidence, says: str, what: str) -> Markup:
    """Draw one line per level: the mean, and a bar that holds 8 in 10 rows."""
    points, show = item["points"], number if item.get("class") is None else percent
    axis = Axis.around([float(point[key]) for point in points for key in ("low", "high")], 16, WIDTH - 16)
    height = 34 * len(points) + 42
    parts: list[Markup] = []
    for tick in axis.ticks():
        x = axis.at(tick)
        parts += [line(x, 4, x, height - 36, "grid"), text(x, height - 21, show(tick), "tick", "middle")]
    for i, point in enumerate(points):
        y = 34 * i + 26
        parts.append(line(axis.at(point["low"]), y, axis.at(point["high"]), y, "whisker model"))
        parts.append(tag("circle", cx=axis.at(point["mean"]), cy=y, r=5, class_="dot model"))
        parts += [text(16, y - 9, _at(point), "name")]
        parts.append(text(WIDTH - 16, y - 9, show(point["mean"]), "value", "end"))
    parts.append(text(WIDTH / 2, height - 4, brief(what, 60), "axis", "middle"))
    return drawing(says, "Dots are mean answers, bars hold 8 in 10 rows.", height, *parts)
