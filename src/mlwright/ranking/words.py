"""How a history is written in a cell: items one behind the other, and their strengths likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORY, STRENGTHS, HIDDEN, TRAITS = "history", "strengths", "hidden", "traits"
"""The columns that a program reads which ranks items; the last only if it looks at what is known of users."""
BETWEEN, NOTHING = "\x1f", "\x01"
"""The unit separator of ASCII stands between items, and in a program this where there are no more."""


def clear(text: str) -> str:
    """Return the text of an item as it can stand in a cell."""
    if BETWEEN not in text and NOTHING not in text:
        return text
    return text.replace(BETWEEN, " ").replace(NOTHING, " ").strip()


def written(items: Iterable[str]) -> str:
    """Write items that are cleared, the latest first."""
    return BETWEEN.join(items)


def written_strengths(strengths: Iterable[float]) -> str:
    """Write numbers that single precision holds, in the order of their items."""
    return BETWEEN.join(f"{strength:.9g}" for strength in strengths)
