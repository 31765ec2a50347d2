"""Files of a project from templates, in the style that its own checks ask for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 110


def render(template: str, context: Mapping[str, Any]) -> bytes:
    """Fill a template of this name, such as "train.py"."""
    return _environment().get_template(f"{template}.j2").render(context).encode()


def has_learner(name: str) -> bool:
    """Tell whether a project can learn with this learner."""
    return name.isidentifier() and (_TEMPLATES / "learners" / f"{name}.py.j2").exists()


def quoted(value: object) -> str:
    """Write a Python literal as formatters do: with double quotes, unless that needs more escapes."""
    if not isinstance(value, str):
        return repr(value)
    mark = "'" if value.count('"') > value.count("'") else '"'
    body = "".join(sign if sign in "'\"" else repr(sign)[1:-1] for sign in value)
    return mark + body.replace(mark, f"\\{mark}") + mark


def words(text: str) -> str:
    """Return what can stand in a sentence of any document: no quotes, no line breaks, not too long."""
    return re.sub(r"[^\w .,:()/-]+", " ", text)[:60].strip() or "its target"


def sequence(values: Iterable[object]) -> str:
    """Write a tuple, packed into lines if it is long."""
    return _packed([quoted(value) for value in values], "(", ")")


def mapping(values: Mapping[str, object]) -> str:
    """Write a dictionary, packed into lines if it is long."""
    items = [f"{quoted(key)}: {_value(value)}" for key, value in values.items()]
    return _packed(items, "{", "}")


def functions(names: Iterable[str], prefix: str = "") -> str:
    """Write a dictionary of functions by their names."""
    return _packed([f'"{name}": {prefix}{name}' for name in names], "{", "}")


def _value(value: object) -> str:
    if not isinstance(value, tuple | list):
        return quoted(value)
    return "(" + ", ".join(map(quoted, value)) + ("," if len(value) == 1 else "") + ")"


def _packed(items: list[str], start: str, end: str) -> str:
    comma = "," if start == "(" and len(items) == 1 else ""
    flat = start + ", ".join(items) + comma + end
    if len(flat) <= _WIDTH - 24:  # what stands before it has room
        return flat
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) > _WIDTH - 8:
            lines.append("")
        lines[-1] += f"{item}, "
    body = "\n".join(f"    {line.rstrip()}" for line in lines)
    return f"{start}\n{body}\n{end}  # fmt: skip"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 - Python and Markdown, not HTML; strings of others are written as literals
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        names=sequence, mapping=mapping, functions=functions, literal=quoted, words=words
    )
    return environment
