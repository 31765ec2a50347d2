"""Evidence whose numbers know where they stand, so that a page can name the source of each.

Places are JSON pointers (RFC 6901), such as "/test/roc_auc/value". A number keeps its place when its sign is
taken off; whatever else is done to it gives a plain number, which belongs to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from mlwright.core.errors import UsageError


@final
class Number(float):
    """A number of the evidence with its place."""

    __slots__ = ("at",)
    at: str

    def __new__(cls, value: float, at: str) -> Number:
        """Keep the place beside the value."""
        made = super().__new__(cls, value)
        made.at = at
        return made

    def __neg__(self) -> Number:
        return Number(-float(self), self.at)

    def __abs__(self) -> Number:
        return Number(abs(float(self)), self.at)


@final
class Items(list[Any]):
    """A list of the evidence with its place: its length is a number, too."""

    def __init__(self, items: list[Any], at: str) -> None:
        super().__init__(items)
        self.at = at


def traced(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy whose numbers and lists know their places."""
    return {key: _traced(item, f"/{_escaped(key)}") for key, item in evidence.items()}


def _traced(value: Any, at: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _traced(item, f"{at}/{_escaped(key)}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return Items([_traced(item, f"{at}/{i}") for i, item in enumerate(value)], at)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Number(value, at)
    return value


def look_up(evidence: Mapping[str, Any], at: str) -> Any:
    """Return what stands at a JSON pointer.

    Raises
    ------
    UsageError
        Nothing stands there; the message names what does, one step before.
    """
    value: Any = evidence
    if not at.startswith("/"):
        message = f"{at!r} is no place in the evidence: places begin with a slash, such as '/{at[:60]}'."
        raise UsageError(message)
    for n_done, step in enumerate(at.split("/")[1:]):
        name = step.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, ValueError, TypeError):
            where = "/".join(at.split("/")[: n_done + 1]) or "/"
            message = f"Nothing stands at {at!r} of the evidence. At {where!r} there is: {_held(value)}."
            raise UsageError(message) from None
    return value


def _held(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(map(str, value)) or "nothing"
    return f"{len(value)} items" if isinstance(value, list) else str(value)[:300]


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")
