"""Line: jobs that wait for a crew, first come first served, and the outcomes that came back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.tuning.job import Job, Outcome
    from mlwright.tuning.workers import Crew


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
        """Wait until every job has ended; False if the deadline [`time.monotonic()`] came first."""
        while self._waiting or self._running:
            self._start()
            timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
            outcome = self.crew.wait(timeout)
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
