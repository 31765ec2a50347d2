"""Sentences that stand in the evidence: English words, and the values among them.

The evidence holds each as one readable text. Its words and the values in it stand beside it, so that a report
can say the same in its own language: the English words are the key. Words are written where they are said,
`said("{n:,} rows have no time.", n=3)`, so that a test finds all of them and asks every language for its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from string import Formatter
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Iterator

SENTENCES = "sentences"
"""The key beside texts: by the key of each, its "words" with holes in braces and the "values" for them."""


_LONG = 1e15
"""A number of more digits is not read any more."""


@final
class Said(str):
    """A text that knows what it was made of; to whoever wants a string it is one."""

    __slots__ = ("values", "words")
    values: Mapping[str, Any]
    words: str

    def __new__(cls, words: str, values: Mapping[str, Any] | None = None) -> Said:
        """Fill the holes of the words, which are those of `str.format`."""
        made = super().__new__(cls, "".join(_filled(words, values)) if values else words)
        made.words, made.values = words, values or {}
        return made

    def to_json(self) -> dict[str, Any]:
        """Return words and, if there are any, values; sentences among them are written in the same way."""
        values = {name: _json(value) for name, value in self.values.items()}
        return {"words": self.words, "values": values} if values else {"words": self.words}


def _filled(words: str, values: Mapping[str, Any]) -> Iterator[str]:
    form = Formatter()
    for literal, name, spec, how in form.parse(words):
        yield literal
        if name:
            told = form.format_field(form.convert_field(values[name], how), spec or "")
            is_short = "e+" in told and (spec or "").endswith("g") and abs(float(told)) < _LONG
            yield f"{float(told):,.0f}" if is_short else told  # 31,400, not 3.14e+04


def _json(value: Any) -> Any:
    """Return a value of JSON, which knows no number that is none."""
    if isinstance(value, Said):
        return value.to_json()
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    return str(value)


def said(words: str, /, **values: Any) -> str:
    """Say a sentence: words in one piece, without values of their own, and JSON values for its holes."""
    return Said(words, values)


def one_after_the_other(parts: list[str], between: str = " ") -> str:
    """Join sentences; empty ones are left out."""
    kept = [part for part in parts if part]
    if len(kept) < 2:
        return kept[0] if kept else ""
    holes = between.join(f"{{part_{number}}}" for number in range(len(kept)))
    return Said(holes, {f"part_{number}": part for number, part in enumerate(kept)})


def spelled(told: Any) -> Any:
    """Return JSON values in which the words and values of sentences stand beside them, under `SENTENCES`."""
    if isinstance(told, Mapping):
        plain = {key: spelled(item) for key, item in told.items()}
        made = {key: item.to_json() for key, item in told.items() if isinstance(item, Said) and item}
        return {**plain, SENTENCES: made} if made else plain
    if isinstance(told, list | tuple):
        return [spelled(item) for item in told]
    return str(told) if isinstance(told, Said) else told
