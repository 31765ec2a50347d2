"""Budget: how much time or work may be spent, and where it went."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from mlwright.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_SLOWDOWN, _TELLING_S = 4.0, 0.1
_SHORT_S = 20.0
_UNITS_S = {
    "": 1.0,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
}


def parse_duration(
    value: str | float, what: str = "time limit", such_as: str = "'60s', '10m', '1h'"
) -> float:
    """Read seconds from a number or from text such as "60s", "10m", "1.5h", "30d", "2ms".

    `what` it is, and texts that would do, are for the message of the UsageError.
    """
    if isinstance(value, str):
        match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(us|µs|ms|s|m|min|h|d)?\s*", value.lower())
        if not match:
            message = f"A {what} of {value!r} cannot be read. Give seconds or text such as {such_as}."
            raise UsageError(message)
        value = float(match[1]) * _UNITS_S[match[2] or ""]
    if not 0 < value < float("inf"):
        message = f"A {what} must be positive, got {value!r} seconds."
        raise UsageError(message)
    return float(value)


@final
@dataclass(slots=True)
class Budget:
    """A contract: end by `time_limit_s`, or after `max_trials` candidates, whichever is given.

    With `max_trials` nothing may depend on the clock, so that the same seed gives the same bytes.
    """

    time_limit_s: float | None = None
    max_trials: int | None = None
    started: float = field(default_factory=time.monotonic)
    ledger: list[tuple[str, float]] = field(default_factory=list)
    _busy_s: list[tuple[float, float]] = field(default_factory=list)

    @property
    def deadline(self) -> float | None:
        """The time of `time.monotonic()` at which all must be done [s]; None if work is counted."""
        return None if self.time_limit_s is None else self.started + self.time_limit_s

    @property
    def is_short(self) -> bool:
        """Whether there is hardly time for more than one good candidate."""
        return self.max_trials is None and self.time_limit_s is not None and self.time_limit_s <= _SHORT_S

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def left_s(self) -> float:
        """Seconds left; infinite when work is counted."""
        return float("inf") if self.deadline is None else self.deadline - time.monotonic()

    @property
    def slowdown(self) -> float:
        """How much longer this process waits than it computes: 1 alone on the machine, 2 or 3 on a busy one.

        Only phases count in which it had nothing to wait for but the processor.
        """
        wall, busy = (sum(parts) for parts in zip(*self._busy_s, strict=True)) if self._busy_s else (0.0, 0.0)
        return min(_MOST_SLOWDOWN, max(1.0, wall / busy)) if busy > _TELLING_S else 1.0

    @contextmanager
    def phase(self, name: str, *, is_busy: bool = False) -> Iterator[None]:
        """Enter the time that a phase takes into the ledger; it `is_busy` if it computes all the time."""
        start, processor = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self.ledger.append((name, time.monotonic() - start))
            if is_busy:
                self._busy_s.append((time.monotonic() - start, time.process_time() - processor))
