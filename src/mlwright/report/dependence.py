"""How the answer goes with one column: a drawing and a sentence for each."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlwright.report.charts import LEFT, RIGHT, TOP, frame
from mlwright.report.figures import Evidence, brief, dig, is_number, number, percent, usual
from mlwright.report.language import say
from mlwright.report.svg import WIDTH, Axis, drawing, labels, line, note, tag, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

_BACK, _MAIN_PART = 0.05, 0.5
"""Of the way from end to end: so far back it may go; and of the height: less is no way to tell of."""
_OFTEN = 0.05
"""Chances below this are told with decimals."""
_SMALL_SHARE = 0.02
"""Of the height of the answer: less is called flat."""


def dependence(evidence: Evidence) -> list[dict[str, Any]]:
    """Return "column", "says" and "chart" for every column that was followed."""
    found = []
    for item in dig(evidence, "dependence", default=[]):
        what, says = _what(evidence, item), says_of(evidence, item)
        draw = _curve if _is_curve(item["points"]) else _dots
        found.append({"column": item["column"], "says": says, "chart": draw(item, says, what)})
    return found


def _what(evidence: Evidence, item: Evidence) -> str:
    target, label = (
        brief(dig(evidence, "task", "target", default=say("question.target")), 30),
        item.get("class"),
    )
    return target if label is None else say("goes.chance", target=target, label=brief(label, 20))


def _is_curve(points: Sequence[Evidence]) -> bool:
    return sum(is_number(point["at"]) for point in points) > 2


def _shown(item: Evidence) -> Callable[[object], str]:
    """Return what writes answers: numbers, or chances with as many digits as small ones need."""
    if item.get("class") is None:
        return number
    highest = max(float(point["mean"]) for point in item["points"])
    return partial(percent, decimals=0 if highest >= _OFTEN else 1 if highest >= _OFTEN / 10 else 2)


def is_flat(item: Evidence) -> bool:
    """Tell whether the mean answer hardly moves along the column, be it that others decide which way."""
    means = [float(point["mean"]) for point in item["points"]]
    return max(means) - min(means) <= _SMALL_SHARE * max(map(abs, means))


def says_of(evidence: Evidence, item: Evidence) -> str:
    """Say how the mean answer goes: up, down, highest where; or that it hardly moves."""
    show = _shown(item)
    points, what, column = item["points"], _what(evidence, item), brief(item["column"], 40)
    if is_flat(item):
        return say("goes.flat", column=column, what=what)
    known, at = [point for point in points if point["at"] is not None], partial(_at, points=points)
    top, bottom = max(points, key=lambda p: p["mean"]), min(points, key=lambda p: p["mean"])
    key = _course([point["mean"] for point in known], top["mean"] - bottom["mean"])
    if key and _is_curve(points):
        first, last = known[0], known[-1]
        holes = {"a": show(first["mean"]), "b": show(last["mean"])}
        return say(key, column=column, what=what, first=at(first), last=at(last), **holes)
    ends = {"high": show(top["mean"]), "low": show(bottom["mean"]), "top": at(top), "bottom": at(bottom)}
    if len(known) < _n_different(evidence, item["column"]):
        return say("goes.highest_of", what=what, column=column, n=number(len(known)), **ends)
    return say("goes.highest", what=what, column=column, **ends)


def _n_different(evidence: Evidence, column: str) -> int:
    columns = dig(evidence, "data", "columns", default=[])
    return next((int(one.get("n_unique") or 0) for one in columns if one.get("name") == column), 0)


def _course(means: Sequence[float], height: float) -> str:
    """Return "goes.rises" or "goes.falls"; "" if the answer does neither, or most of its height is elsewhere.

    Where cells are missing the answer may be another altogether: that is no part of the way along the column.
    """
    way = means[-1] - means[0] if means else 0.0
    if abs(way) < _MAIN_PART * height:
        return ""
    back = [step for a, b in pairwise(means) if (step := b - a) * way < -_BACK * abs(way) * abs(way)]
    return "" if back else "goes.rises" if way > 0 else "goes.falls"


def _at(point: Evidence, points: Sequence[Evidence]) -> str:
    at = point["at"]
    if at is None:
        return say("why.missing")
    if isinstance(at, bool):
        return say("goes.true" if at else "goes.false")
    return usual(at, _places(points)) if is_number(at) else brief(at, 30)


def _places(points: Sequence[Evidence]) -> list[float]:
    return [float(point["at"]) for point in points if is_number(point["at"])]


def _curve(item: Evidence, says: str, what: str) -> Markup:
    """Draw a line through the means, in the band that holds 8 in 10 rows; one across for missing cells."""
    points = [point for point in item["points"] if is_number(point["at"])]
    missing = [float(point["mean"]) for point in item["points"] if point["at"] is None]
    ends = [float(point[key]) for point in points for key in ("low", "high")] + missing
    x_axis = Axis.around(_places(points), LEFT, RIGHT)
    y_axis = Axis.around(ends, 256, TOP)
    show = _shown(item)
    places = [(x_axis.at(p["at"]), p) for p in points]
    upper = [f"{x:.1f},{y_axis.at(p['high']):.1f}" for x, p in places]
    lower = [f"{x:.1f},{y_axis.at(p['low']):.1f}" for x, p in reversed(places)]
    path = " ".join(f"{x:.1f},{y_axis.at(p['mean']):.1f}" for x, p in places)
    parts = [
        *frame(
            x_axis,
            y_axis,
            (brief(item["column"], 40), brief(what, 40)),
            (partial(usual, among=_places(points)), show),
        ),
        tag("polygon", points=" ".join([*upper, *lower]), class_="area"),
        tag("polyline", points=path, class_="curve"),
    ]
    for x, p in places:
        told = note(f"{_at(p, points)}: {show(p['mean'])}")
        parts.append(tag("circle", told, cx=x, cy=y_axis.at(p["mean"]), r=4, class_="dot model"))
    for mean in missing:
        y, words = y_axis.at(mean), f"{say('why.missing')}: {show(mean)}"
        parts += [line(LEFT, y, RIGHT, y, "ideal"), text(RIGHT - 4, y - 5, words, "tick", "end")]
    return drawing(says, say("goes.band"), 304, *parts)


def _dots(item: Evidence, says: str, what: str) -> Markup:
    """Draw one line per level: the mean, and a bar that holds 8 in 10 rows."""
    points, show = item["points"], _shown(item)
    axis = Axis.around([float(point[key]) for point in points for key in ("low", "high")], 16, WIDTH - 16)
    height = 34 * len(points) + 42
    parts: list[Markup] = []
    for x, words in labels(axis, show):
        parts += [line(x, 4, x, height - 36, "grid"), text(x, height - 21, words, "tick", "middle")]
    for i, point in enumerate(points):
        y = 34 * i + 26
        parts.append(line(axis.at(point["low"]), y, axis.at(point["high"]), y, "whisker model"))
        parts.append(
            tag("circle", note(_at(point, points)), cx=axis.at(point["mean"]), cy=y, r=5, class_="dot model")
        )
        parts += [text(16, y - 9, _at(point, points), "name")]
        parts.append(text(WIDTH - 16, y - 9, show(point["mean"]), "value", "end"))
    parts.append(text(WIDTH / 2, height - 4, brief(what, 60), "axis", "middle"))
    return drawing(says, say("goes.dots"), height, *parts)
