"""What is wrong with a body that should be JSON, in words that say where and what to do."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, final

from mlwright.serving.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYTE = re.compile(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)")
_WORD = re.compile(rb"-?(NaN|Infinity|nan|inf|None|undefined|True|False)\b")
_INSTEAD = {b"True": "true", b"False": "false"}
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half of a character that is escaped as two."""
_HALF_SAYS = "a text holds one half of an escaped pair, such as \\ud83d without what follows it"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LARGEST = sys.float_info.max
_MOST_DIGITS = 4_300
"""Python makes no whole number of more."""
_MOST_SHOWN, _MOST_STEPS, _MOST_LETTERS = 60, 20, 200


def fault_of(body: bytes, error: Exception) -> str:
    """Say why a body is not JSON; bytes are counted from 0."""
    if not body:
        return "it is empty"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return not_utf8(body)
    if "out of range" in str(error):
        return f"a number in it is beyond {_LARGEST:g}"
    found = _BYTE.fullmatch(str(error))
    if found is None:
        is_whole = body.rstrip().endswith((b"}", b"]", b'"')) and _HALF.search(body)
        return _HALF_SAYS if is_whole else "it ends before it is complete"
    what, place = found[1][:_MOST_LETTERS], int(found[2])
    what = _HALF_SAYS if "surrogate" in what else what
    return f"{_meant(body, place) or what} (byte {place})"


def not_utf8(body: bytes) -> str:
    """Say which byte is not UTF-8, and what to do."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return f"line {line} holds the byte 0x{body[error.start]:02x}, which is not UTF-8; write it as UTF-8"
    return "it is not UTF-8; write it as UTF-8"


def check_range(body: bytes, row: int | None = None) -> None:
    """Raise a problem (422) that names a number which cannot be held, if one is why JSON was refused."""
    try:
        found = _too_large(json.loads(body, parse_float=_kept, parse_int=_whole))
    except (ValueError, RecursionError):
        return
    if found is not None:
        path, number = found
        detail = (
            f"{_where(path, row)}: found {number[:_MOST_SHOWN]}, and no number beyond {_LARGEST:g} can be "
            "read."
        )
        raise Problem(422, "cell", detail, terse="A number is too large.")


@final
class _TooLarge(str):
    """How a number was written that cannot be held."""

    __slots__ = ()


def _kept(text: str) -> float | _TooLarge:
    value = float(text)
    return _TooLarge(text) if abs(value) == float("inf") else value


def _whole(text: str) -> float | _TooLarge:
    """Keep a whole number that is too long; of others it only matters that they are there."""
    return _TooLarge(text) if len(text.removeprefix("-")) > _MOST_DIGITS else 0.0


def _too_large(found: object) -> tuple[tuple[str | int, ...], _TooLarge] | None:
    """Find the first number that is too large, and the way that leads to it.

    One way is kept, and no copy of it for each value: a body of 1 MB would take gigabytes.
    """
    steps: list[str | int] = []
    inside: list[Iterator[tuple[str | int, object]]] = [iter([("", found)])]
    while inside:
        for step, value in inside[-1]:
            if isinstance(value, _TooLarge):
                return (*steps, step)[1:], value
            if isinstance(value, dict | list):
                steps.append(step)
                inside.append(iter(value.items()) if isinstance(value, dict) else enumerate(value))
                break
        else:
            inside.pop()
            del steps[-1:]
    return None


def _where(path: tuple[str | int, ...], row: int | None) -> str:
    """Write a way as columns and rows, if it leads to a cell of a row, else step by step, the first ones."""
    steps = path if row is None else (row - 1, *path)
    if len(steps) == 1 and isinstance(steps[0], str):
        steps = (0, *steps)
    if len(steps) == 2 and isinstance(steps[0], int) and isinstance(steps[1], str):
        return f"Column {steps[1][:_MOST_SHOWN]!r}, row {steps[0] + 1}"
    written = [
        f"[{step}]" if isinstance(step, int) else f".{step[:_MOST_SHOWN]}" for step in path[:_MOST_STEPS]
    ]
    return f"At ${''.join(written)}{'…' if len(path) > _MOST_STEPS else ''}"


def _meant(body: bytes, place: int) -> str:
    """Say what to write instead of what Python or JavaScript would; "" if it is something else."""
    if body.startswith(_BYTE_ORDER_MARK):
        return "it begins with a byte order mark, which JSON has not"
    if body[place : place + 1] == b"'":
        return "names and texts stand between double quotes"
    for found in _WORD.finditer(body, max(0, place - 10), place + 10):
        if found.start() <= place <= found.end():
            word = found[0].decode()
            return f"{word} is not JSON; write {_INSTEAD.get(found[1], 'null')}"
    return ""
