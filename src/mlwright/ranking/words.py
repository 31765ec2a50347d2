"""How a history is written in a cell: items one behind the other, and their strengths likewise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HISTORY, STRENGTHS, HIDDEN, TRAITS = "history", "strengths", "hidden", "traits"
"""The columns that a program reads which ranks items; the last only if it looks at what is known of users."""
BETWEEN = "\x1f"
"""The unit separator of ASCII stands between items."""


def clear(text: str) -> str:
    """Return the text of an item as it can stand in a cell."""
    return text.replace(BETWEEN, " ").strip() if BETWEEN in text else text


def written(items: Iterable[str]) -> str:
    """Write items that are cleared, the latest first."""
    return BETWEEN.join(items)


def written_strengths(strengths: Iterable[float]) -> str:
    """Write numbers that single precision holds, in the order of their items."""
    return BETWEEN.join(f"{strength:.9g}" for strength in strengths)
