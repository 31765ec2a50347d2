"""Text for people in which every number remembers where in the evidence it stands.

To whoever wants a string it is one; to a page each number is an element with its exact value and its place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markupsafe import Markup

_OPTION = re.compile(r"((?<![\w-])--[a-z][a-z-]*)")


@final
class Figure(str):
    """A number as people read it."""

    __slots__ = ("at", "exact", "per")
    exact: float
    at: str
    per: float

    def __new__(cls, shown: str, exact: float, at: str, per: float = 1.0) -> Figure:
        """Remember the exact value, its place, and per how many it is shown: 100 for percent."""
        made = super().__new__(cls, shown)
        made.exact, made.at, made.per = exact, at, per
        return made

    @property
    def attributes(self) -> dict[str, str]:
        """Return what the element that shows it carries."""
        found = {"value": f"{float(self.exact):.12g}", "data-at": self.at}
        return found if self.per == 1 else {**found, "data-per": f"{self.per:g}"}

    def __html__(self) -> Markup:
        """Write it as an element that shows its exact value when pointed at."""
        from markupsafe import Markup  # noqa: PLC0415 - services, which have no pages, do without it

        told = Markup("").join(Markup(' {}="{}"').format(key, item) for key, item in self.attributes.items())
        return Markup("<data{}>{}</data>").format(told, str(self).replace("-", "\N{MINUS SIGN}"))


@final
class Foreign(str):
    """English words on a page of another language, marked for whoever reads it aloud."""

    __slots__ = ()

    def __html__(self) -> Markup:
        """Write them as an element that names their language."""
        from markupsafe import Markup  # noqa: PLC0415 - as above

        return Markup('<span lang="en">{}</span>').format(str(self))


@final
class Text(str):
    """Words with figures among them."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str] = ()) -> Text:
        """Join the parts; those of another text become its own."""
        flat = [one for part in parts for one in (part.parts if isinstance(part, Text) else (part,)) if one]
        made = super().__new__(cls, "".join(flat))
        made.parts = tuple(flat)
        return made

    def __html__(self) -> Markup:
        """Escape the words, mark the figures, and keep options such as --time in one piece."""
        from markupsafe import Markup, escape  # noqa: PLC0415 - as above

        plain = Markup('<span class="sort">{}</span>')

        def marked(part: str) -> Iterator[str]:
            if isinstance(part, Figure | Foreign):
                yield escape(part)
                return
            for number, piece in enumerate(_OPTION.split(part)):
                yield plain.format(piece) if number % 2 else escape(piece)

        return Markup("").join(piece for part in self.parts for piece in marked(part))


def join(items: Iterable[str], between: str = " ") -> Text:
    """Put texts one after the other; empty ones are left out."""
    parts: list[str] = []
    for item in items:
        if item:
            parts += [between, item] if parts else [item]
    return Text(parts)


def capital(told: Text) -> Text:
    """Begin with a large letter."""
    first, *others = told.parts or ("",)
    large = first if isinstance(first, Figure) else type(first)(f"{first[:1].upper()}{first[1:]}")
    return Text([large, *others])


def sentence(told: Text) -> Text:
    """Return words as a sentence: with a large letter and a full stop."""
    return Text([capital(told), "."])


def as_text(value: Any) -> str:
    """Return what can stand in a sentence, figures and texts as they are."""
    return value if isinstance(value, str) else str(value)
