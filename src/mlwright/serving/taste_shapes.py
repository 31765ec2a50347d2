"""Shapes of what a recommender is asked and of what it offers, as JSON Schema; see `shapes` for rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.serving.tastes import (
    ABOUT,
    ALLOW_SEEN,
    FILTER,
    ITEM,
    LONGEST,
    LONGEST_FILTER,
    MOST,
    TAKEN,
    TOLD,
    USER,
    USUAL,
    K,
)

if TYPE_CHECKING:
    from mlwright.serving.shapes import Shape
    from mlwright.serving.tastes import Tastes

_N_EXAMPLE = 2
_TEXT: Shape = {"type": "string"}


def example(tastes: Tastes) -> dict[str, Any]:
    """Return a question as somebody might send it: popular items as a history, nobody's name."""
    return {TAKEN: tastes.popular(_N_EXAMPLE), K: USUAL}


def question(tastes: Tastes, *, is_closed: bool = False) -> Shape:
    """Return the shape of one question; `is_closed`: whether others than these fields are refused."""
    rated = {"item": _TEXT, "rating": {"type": "number"}}
    taken = {"type": "object", "required": ["item"], "properties": rated}
    names = list(tastes.memory.attributes)
    reads = f"Of {', '.join(names[:10])}: NAME=VALUE or NAME!=VALUE, several with and."
    properties = {
        USER: {"type": ["string", "integer"], "description": "Somebody of the log; others are new."},
        TAKEN: {
            "type": "array",
            "maxItems": LONGEST,
            "items": {"oneOf": [_TEXT, taken]},
            "description": "Items that somebody took, the latest first; instead of user.",
        },
        ITEM: {
            "type": ["string", "integer"],
            "description": "An item that others are to go with; instead of user.",
        },
        K: {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST,
            "description": f"How many; {USUAL} if not said.",
        },
        FILTER: {
            **_TEXT,
            "maxLength": LONGEST_FILTER,
            "description": reads if names else "Nothing is known of items that could be read.",
        },
        ALLOW_SEEN: {"type": "boolean", "description": "Whether to offer what was taken before, too."},
    }
    about = list(ABOUT)
    if tastes.memory.reader is not None:
        plain = ["string", "number", "null"]
        cell = {"type": [*plain, "array"], "items": {"type": plain}}
        properties[TOLD] = {
            "type": "object",
            "properties": dict.fromkeys(tastes.memory.reader.readings, cell),
            "additionalProperties": False,
            "description": "What else is known of the user; alone, of somebody who took nothing yet.",
        }
        about.append(TOLD)
    return {
        "type": "object",
        "title": "fields of a question",
        "properties": properties,
        **_asks(about),
        "additionalProperties": not is_closed,
        "example": example(tastes),
    }


def _asks(about: list[str]) -> Shape:
    """Ask for one of the fields that say whose taste it is; attributes may stand beside another, or alone."""
    if TOLD not in about:
        return {"oneOf": [{"required": [key]} for key in about]}
    return {"anyOf": [{"required": [key]} for key in about]}


def offer(tastes: Tastes) -> Shape:
    """Return the shape of what is offered for one question."""
    properties = {
        "item": {**_TEXT, "example": tastes.items[0]},
        "rank": {"type": "integer"},
        "score": {"type": "number"},
    }
    item = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "type": "object",
        "required": ["items", "is_known"],
        "properties": {"items": {"type": "array", "items": item}, "is_known": {"type": "boolean"}},
    }
