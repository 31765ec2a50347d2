"""The words of a report: one file per language, from which sentences are made.

A language is a file in `languages/`; its name is the code. Every sentence has a key and holes in braces.
"""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

from mlwright.core.errors import UnknownNameError
from mlwright.report.text import Text, as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENGLISH = "en"
_HOME = Path(__file__).parent / "languages"
_SPOKEN: ContextVar[str] = ContextVar("SPOKEN", default=ENGLISH)


def languages() -> tuple[str, ...]:
    """Return the codes of the languages that there are."""
    return tuple(sorted(path.stem for path in _HOME.glob("*.toml")))


def check_language(code: str) -> None:
    """Raise UnknownNameError if there is no such language."""
    if code not in languages():
        raise UnknownNameError.among("language", code, languages())


@contextmanager
def spoken(code: str) -> Iterator[None]:
    """Write everything in the body in this language.

    Raises
    ------
    UnknownNameError
        There is no such language.
    """
    check_language(code)
    token = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language() -> str:
    """Return the code of the language that is spoken now."""
    return _SPOKEN.get()


def say(key: str, /, **holes: object) -> Text:
    """Write the sentence of a key; its holes are filled with texts, figures or anything that can be read."""
    return Text(_filled(catalogue(language())[key], holes))


def say_some(key: str, how_many: float, /, **holes: object) -> Text:
    """Write "KEY.one" for one, "KEY.many" for any other number."""
    return say(f"{key}.{'one' if how_many == 1 else 'many'}", **holes)


def known(key: str) -> bool:
    """Tell whether the language has words for a key; names of others, such as metrics, need not have."""
    return key in catalogue(language())


def word(key: str, otherwise: str) -> str:
    """Return the word for something that the evidence names, or its name if there is none."""
    return catalogue(language()).get(key, otherwise)


def keys_below(key: str) -> list[str]:
    """Return the names under a key, in the order of the file."""
    start = f"{key}."
    return [name.removeprefix(start) for name in catalogue(language()) if name.startswith(start)]


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """Return every sentence of a language by its key, "verdict.good" for example."""
    with (_HOME / f"{code}.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file), ""))


def _flat(table: Mapping[str, Any], start: str) -> Iterator[tuple[str, str]]:
    for key, item in table.items():
        if isinstance(item, str):
            yield f"{start}{key}", item
        else:
            yield from _flat(item, f"{start}{key}.")


def _filled(template: str, holes: Mapping[str, object]) -> Iterator[str]:
    for words, name, _, _ in Formatter().parse(template):
        yield words
        if name:
            yield as_text(holes[name])
