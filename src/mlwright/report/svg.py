"""Small drawings as inline SVG. Every text is escaped by the builder, so no caller can forget it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from markupsafe import Markup

from mlwright.report.text import Figure, Text

if TYPE_CHECKING:
    from collections.abc import Callable

_LETTER = 6.5
"""Units that a letter below an axis takes up."""
WIDTH = 420
"""Units across. Small on purpose: the text stays readable when a phone shrinks the drawing."""


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """Write one element; `class_` and `text_anchor` become `class` and `text-anchor`."""
    shown = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value))
        for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, shown, Markup("").join(_plain(children)))


def _plain(children: tuple[object, ...]) -> list[str]:
    return [child if isinstance(child, str) else str(child) for child in children]


def _short(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def drawing(title: str, description: str, height: int, *children: object) -> Markup:
    """Write a whole drawing that a screen reader announces by its title and description."""
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        *children,
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label=f"{title}. {description}",
        class_="chart",
    )


def text(x: float, y: float, words: object, kind: str = "", anchor: str = "start") -> Markup:
    """Write words at a place; figures remember where they come from."""
    return tag("text", *_marked(words), x=x, y=y, text_anchor=anchor, class_=kind or "label")


def note(words: object) -> Markup:
    """Write what is shown when the drawing is pointed at there."""
    return tag("title", str(words))


def _marked(words: object) -> list[Markup | str]:
    parts = words.parts if isinstance(words, Text) else (words if isinstance(words, str) else str(words),)
    return [
        tag("tspan", str(part).replace("-", "\N{MINUS SIGN}"), **_places(part))
        if isinstance(part, Figure)
        else str(part)
        for part in parts
    ]


def _places(figure: Figure) -> dict[str, str]:
    return {
        key.replace("-", "_").replace("value", "data_value"): item for key, item in figure.attributes.items()
    }


def labels(axis: Axis, show: Callable[[float], str]) -> list[tuple[float, str]]:
    """Return the places of ticks and their words; where all would touch each other, every second or third."""
    told = [(tick, show(tick)) for tick in axis.ticks()]
    room = abs(axis.end - axis.start) / (_LETTER * (max(map(len, (words for _, words in told))) + 2))
    every = math.ceil(len(told) / max(1.0, room))
    return [(axis.at(tick), words) for tick, words in told[::every]]


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """Draw a straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


@final
@dataclass(frozen=True, slots=True)
class Axis:
    """A straight scale from data to drawing units."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: list[float], start: float, end: float) -> Axis:
        """Return an axis whose ends are round numbers that enclose the values."""
        low, high = min(values), max(values)
        step = _step(high - low or abs(high) or 1.0)
        floor, ceiling = math.floor(low / step), math.ceil(high / step)
        return cls(floor * step, (ceiling + (ceiling == floor)) * step, start, end)

    def at(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return four to six round values."""
        step = _step(self.high - self.low)
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _step(span: float) -> float:
    rough = span / 5
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * k for k in (1, 2, 5, 10) if rough <= power * k * 1.0001)
