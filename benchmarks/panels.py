"""Draws small panels of lines over a logarithmic axis as one SVG file, with the report's own builder."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.report.svg import WIDTH, Axis, line, tag, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 220, 62, WIDTH - 20, 34, 180
COLORS = ("#0b6e5f", "#b4541a", "#3a5fa8", "#8a3b8f", "#6b6b6b", "#a88a00", "#b02a3c", "#2f7d32")
STYLE = """
svg { background: #fff; font: 12px system-ui, sans-serif; fill: #333 }
.title { font-size: 13px; font-weight: 600 } .head { font-size: 16px; font-weight: 600 }
.grid { stroke: #ddd } .limit { stroke: #b02a3c; stroke-dasharray: 4 3 } .line { fill: none; stroke-width: 2 }
"""


@final
@dataclass(frozen=True, slots=True)
class Panel:
    """Lines by name, each of points (x, y) with x above 0; `limit` is drawn across."""

    title: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    limit: float | None = None


def page(title: str, panels: Sequence[Panel]) -> str:
    """Put panels side by side, two in a row, under a title and a legend."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    colors = {name: COLORS[number % len(COLORS)] for number, name in enumerate(names)}
    head = 44 + 16 * len(names)
    height = head + HEIGHT * math.ceil(len(panels) / 2)
    parts = [tag("style", STYLE), text(16, 26, title, "head")]
    for number, name in enumerate(names):
        y = 46 + 16 * number
        parts.append(tag("circle", cx=22, cy=y - 4, r=5, fill=colors[name]))
        parts.append(text(34, y, name))
    for number, panel in enumerate(panels):
        x, y = WIDTH * (number % 2), head + HEIGHT * (number // 2)
        parts.append(tag("g", *_draw(panel, colors), transform=f"translate({x} {y})"))
    return str(
        tag(
            "svg",
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {2 * WIDTH} {height}",
            role="img",
            aria_label=title,
        )
    )


def _draw(panel: Panel, colors: Mapping[str, str]) -> list[Markup]:
    points = [point for points in panel.series.values() for point in points]
    parts = [text(LEFT, 18, panel.title, "title")]
    if not points:
        return [*parts, text(LEFT, 60, "no runs")]
    powers = [math.log10(x) for x, _ in points]
    x_axis = Axis(min(powers), max(powers), LEFT, RIGHT)
    tops = [y for _, y in points] + ([panel.limit] if panel.limit else [])
    y_axis = Axis.around([0.0, *tops], BOTTOM, TOP)
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts += [line(LEFT, y, RIGHT, y, "grid"), text(LEFT - 6, y + 4, f"{tick:,.5g}", "", "end")]
    for value in sorted({x for x, _ in points}):
        parts.append(text(x_axis.at(math.log10(value)), BOTTOM + 18, _brief(value), "", "middle"))
    if panel.limit:
        parts.append(line(LEFT, y_axis.at(panel.limit), RIGHT, y_axis.at(panel.limit), "limit"))
    for name, given in panel.series.items():
        places = [(x_axis.at(math.log10(x)), y_axis.at(y)) for x, y in given]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(tag("polyline", points=path, class_="line", stroke=colors[name]))
        parts += [tag("circle", cx=x, cy=y, r=3.5, fill=colors[name]) for x, y in places]
    return parts


def _brief(value: float) -> str:
    return f"{value / 1e6:g}M" if value >= 1e6 else f"{value / 1e3:g}k" if value >= 1e3 else f"{value:g}"
