"""Progress: what long work tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from mlwright.core.budget import Budget


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened during long work.

    `phase` is a short name such as "reading", "searching", "proving"; `message` one line for people.
    `best` is the best score so far of `metric`; `done` of `total` candidates are finished;
    `left_s` seconds are left of the budget. None where unknown. What `is_lasting` should stay readable.
    """

    phase: str
    message: str
    metric: str = ""
    best: float | None = None
    done: int | None = None
    total: int | None = None
    left_s: float | None = None
    is_lasting: bool = False


Listener = Callable[[Event], None]


def event(budget: Budget, phase: str, message: str) -> Event:
    """Return an event that says how much of the time is left."""
    left = None if budget.deadline is None else budget.left_s
    return Event(phase=phase, message=message, left_s=left)


def silence(event: Event) -> None:
    """Ignore an event."""
    del event
