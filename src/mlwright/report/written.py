"""What training wrote, said in the language of the report.

The evidence is English. A sentence of it is looked up by its English words, and the values are put in again;
what a language has no words for, such as a finding of somebody's own rule, stays English and is marked so.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from mlwright.core.said import SENTENCES
from mlwright.report.figures import NONE, Evidence, brief, dig, is_number, number, shown, usual_digits
from mlwright.report.language import ENGLISH, language, say
from mlwright.report.measures import metric_called
from mlwright.report.text import Foreign, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME = Path(__file__).parent / "languages" / "written"
_LONGEST, _LARGE = 400, 1_000
_OPTION = re.compile(r"--[a-z-]+ $")
_SPEC = re.compile(r",?(\.[0-9])?[efg%]?")
"""How a number may be written: the evidence can be a stranger's, and others could fill the memory."""


def written(holder: Evidence, key: str, length: int = _LONGEST) -> Text:
    """Say the sentence that stands under a key of a part of the evidence; empty if none does."""
    text, made = holder.get(key), _parts(holder, key)
    if not text:
        return Text()
    return Text(_made(made)) if made else Text([_plain(str(text), length)])


def named(holder: Evidence, key: str, length: int = 60) -> Text:
    """Say the name that stands under a key: words of ours in the language, those of the data as they are."""
    made = _parts(holder, key)
    return Text(_made(made)) if made else Text([brief(holder.get(key) or "", length)])


def phrase(text: str) -> str:
    """Say words of ours that stand alone, such as the name of a rule; others stay as they are."""
    return translations(language()).get(text, text)


def are_all_said(holders: list[tuple[Evidence, str]]) -> bool:
    """Tell whether the language has words for the sentences under these keys."""
    told = (written(holder, key) for holder, key in holders)
    return not any(isinstance(part, Foreign) for text in told for part in text.parts)


@cache
def translations(code: str) -> Mapping[str, str]:
    """Return the sentences of a language by their English words; none for English."""
    place = _HOME / f"{code}.toml"
    if code == ENGLISH or not place.exists():
        return {}
    with place.open("rb") as file:
        tables = tomllib.load(file)
    return {words: other for table in tables.values() for words, other in table.items()}


def _parts(holder: Evidence, key: str) -> Evidence | None:
    """Return what the sentence under a key was made of; None in older evidence, or in that of a stranger."""
    made = dig(holder, SENTENCES, key)
    is_whole = isinstance(made, Mapping) and isinstance(made.get("values", {}), Mapping)
    return made if is_whole else None


def _plain(text: str, length: int) -> str:
    """Say words without values, or text that nobody knows words for."""
    if language() == ENGLISH or not re.search(r"[^\W\d_]", text):
        return brief(text, length)
    return translations(language()).get(text) or Foreign(brief(text, length))


def _made(made: Evidence) -> Iterator[str]:
    """Say words with values."""
    words, values = str(made.get("words")), made.get("values")
    if not isinstance(values, Mapping) or not values:
        yield _plain(words, _LONGEST)
        return
    other, specs = _in_language(words), {name: spec for _, name, spec, _ in _parsed(words) if name}
    for literal, name, spec, how in _parsed(words if other is None else other):
        if literal:
            yield Foreign(literal) if other is None else literal
        if name and how == "r" and _OPTION.search(literal):
            yield shlex.quote(str(values.get(name)))  # to be copied into a terminal
        elif name:
            yield from _value(name, values.get(name), spec or specs.get(name) or "", how)


def _in_language(words: str) -> str | None:
    """Return the same words in the language; None if it has none."""
    letters = "".join(literal for literal, *_ in _parsed(words))
    if language() == ENGLISH or not re.search(r"[^\W\d_]", letters):
        return words
    return translations(language()).get(words)


def _parsed(words: str) -> list[tuple[str, str | None, str | None, str | None]]:
    """Return words and holes; a stranger's that cannot be read are words alone."""
    try:
        return list(Formatter().parse(words))
    except ValueError:
        return [(words, None, None, None)]


def _value(name: str, value: Any, spec: str, how: str | None) -> Iterator[str]:
    if value is None:
        yield NONE
    elif isinstance(value, Mapping):
        yield from _made(value)
    elif is_number(value):
        yield _number(value, spec)
    else:
        told = metric_called(str(value)) if name == "metric" else brief(value, _LONGEST)
        yield say("marks.quote", text=told) if how == "r" else told


def _number(value: float, spec: str) -> str:
    if not spec or not _SPEC.fullmatch(spec):
        return number(value)
    words = format(value, ",.0f" if spec == "," and float(value).is_integer() else spec)
    if spec.endswith("g") and abs(value) >= _LARGE:
        return shown(usual_digits(float(words.replace(",", ""))), value)  # 25,560, not 2.556e+04
    return shown(f"{words[:-1]} %", value, 100) if spec.endswith("%") else shown(words, value)
