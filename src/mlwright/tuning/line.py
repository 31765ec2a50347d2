"""Line: jobs that wait for a crew, first come first served, and the outcomes that came back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.tuning.job import Job, Outcome
    from mlwright.tuning.journaled import Crew

_PATIENCE_S, _PATIENCE_SHARE = 2.0, 0.25
"""How long to wait for jobs of others [s]: about what a new process takes; at most this share of the time."""


@final
@dataclass(slots=True)
class Line:
    """A queue of jobs with one crew behind it."""

    crew: Crew
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    _waiting: list[tuple[Job, Path]] = field(default_factory=list)
    _running: set[int] = field(default_factory=set)

    def add(self, job: Job, folder: Path) -> None:
        """Put a job, on the rows stored in `folder`, at the end; it starts if someone is idle."""
        self._waiting.append((job, folder))
        self._start()

    def drain(self, deadline: float | None) -> bool:
        """Wait until every job has ended; False if the deadline [`time.monotonic()`] came first.

        Somebody before may have left jobs behind that overshoot their time. Soon they are in the way.
        """
        begun = time.monotonic()
        patience = None if deadline is None else min(_PATIENCE_S, _PATIENCE_SHARE * (deadline - begun))
        while self._waiting or self._running:
            self._start()
            is_held_up = bool(self._waiting) and len(self._running) < self.crew.n_workers
            end = begun + patience if is_held_up and patience is not None else deadline
            outcome = self.crew.wait(None if end is None else max(0.0, end - time.monotonic()))
            if outcome is None and end != deadline:
                self.crew.abandon(self._running)
                patience = None
                continue
            if outcome is None:
                return False
            if outcome.number in self._running:  # else a late job of somebody before
                self._running.remove(outcome.number)
                self.outcomes[outcome.number] = outcome
        return True

    def _start(self) -> None:
        while self._waiting and self.crew.n_idle:
            job, folder = self._waiting.pop(0)
            self._running.add(job.number)
            self.crew.start(job, folder)
